import { sql } from 'drizzle-orm';
import { CommerceError } from '@/commerce/error';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { letterSql } from '../account-letters';
import { runBatch } from '../order-record';
import type { ProviderAccount } from './provider';

/** A provider's account that logs in to an account here. */
export interface Identity {
  id: string;
  issuer: string;
  email: string;
  createdAt: string;
  lastUsedAt: string;
}

/** A provider's account whose mail address the provider vouches for. */
export type VouchedAccount = ProviderAccount & { verifiedEmail: string };

/** The account that a provider's account logs in to, noting that it was used; null where it is linked to none. */
export async function accountOfIdentity(db: Db, { issuer, subject }: ProviderAccount): Promise<string | null> {
  const { rows } = await db.execute(sql`
    update oauth_identities set last_used_at = now()
    where issuer = ${issuer} and subject = ${subject} returning account_id`);
  return (rows[0] as { account_id: string } | undefined)?.account_id ?? null;
}

/**
 * Links a provider's account to the account of its mail address, which is made where there is none, and answers that
 * account's id. However many do so at once, there is one account. The owner of one that was there is told by mail.
 */
export async function linkByEmail(db: Db, account: VouchedAccount, providerTitle: string): Promise<string> {
  const { issuer, subject, verifiedEmail: email, name } = account;
  const id = newId('acct');
  const results = await runBatch(db, [
    // Two logins of one provider's account wait for each other, so that none makes an account that nothing logs in to.
    db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`oauth ${issuer} ${subject}`}, 0))`),
    db.execute(sql`
      insert into accounts (id, email, name)
      select ${id}, ${email}, ${name}
      where not exists (select 1 from oauth_identities where issuer = ${issuer} and subject = ${subject})
      on conflict ((lower(email))) do nothing`),
    // A statement of its own: it sees the account that another may have made meanwhile.
    db.execute(sql`
      with linked as (
        insert into oauth_identities (issuer, subject, account_id, email)
        select ${issuer}, ${subject}, id, ${email} from accounts where lower(email) = lower(${email}::text)
        on conflict (issuer, subject) do nothing returning account_id),
      letter as (${linkedLetter(providerTitle, sql`linked.account_id <> ${id}`)})
      select 1 from linked`),
    db.execute(sql`select account_id from oauth_identities where issuer = ${issuer} and subject = ${subject}`),
  ]);
  const { rows } = results.at(-1) as { rows: { account_id: string }[] };
  if (!rows[0]) throw new Error('A provider’s account was linked and is not there.');
  return rows[0].account_id;
}

/**
 * Links a provider's account to a signed-in account, while that session lives, and where its mail address is the
 * account's own or `isRecent` says that the login was. The owner is told by mail. False where it may not be, or the
 * provider's account has just been linked by another.
 */
export async function linkToSession(
  db: Db,
  { issuer, subject, verifiedEmail: email }: VouchedAccount,
  session: { id: string; accountId: string; isRecent: boolean },
  providerTitle: string,
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    with linked as (
      insert into oauth_identities (issuer, subject, account_id, email)
      select ${issuer}, ${subject}, a.id, ${email}
      from sessions s join accounts a on a.id = s.account_id
      where s.id = ${session.id} and a.id = ${session.accountId}
        and s.ended_at is null and s.expires_at > now() and s.epoch = a.session_epoch
        and (${session.isRecent}::boolean or lower(a.email) = lower(${email}::text))
      on conflict (issuer, subject) do nothing returning account_id),
    letter as (${linkedLetter(providerTitle, sql`true`)})
    select account_id from linked`);
  return rows.length > 0;
}

/** The providers' accounts that log in to an account, the oldest first. */
export async function listIdentities(db: Db, accountId: string): Promise<Identity[]> {
  const { rows } = await db.execute(sql`
    select ${IDENTITY_ID} as id, i.issuer, i.email, i.created_at, i.last_used_at from oauth_identities i
    where i.account_id = ${accountId} order by i.created_at, i.issuer, i.subject`);
  return (rows as Record<'id' | 'issuer' | 'email' | 'created_at' | 'last_used_at', string>[]).map((row) => ({
    id: row.id,
    issuer: row.issuer,
    email: row.email,
    createdAt: new Date(row.created_at).toISOString(),
    lastUsedAt: new Date(row.last_used_at).toISOString(),
  }));
}

/**
 * Takes a provider's account off an account, and tells the owner by mail. `titles` names the providers that the shop still
 * offers, by issuer. Throws `not_found`, and `last_login_method` where there would be no password, passkey or such provider
 * left.
 */
export async function unlinkIdentity(
  db: Db,
  accountId: string,
  id: string,
  titles: Record<string, string>,
): Promise<void> {
  const isThis = sql`i.account_id = ${accountId} and ${IDENTITY_ID} = ${id}`;
  const [, removed, left] = (await runBatch(db, [
    // Whoever takes away a way to log in locks the account first: two who take one each would leave none.
    db.execute(sql`select 1 from accounts where id = ${accountId} for update`),
    db.execute(sql`
      with removed as (
        delete from oauth_identities i
        where ${isThis}
          and (exists (select 1 from accounts a where a.id = i.account_id and a.password_hash is not null)
            or exists (select 1 from passkeys p where p.account_id = i.account_id)
            or exists (
              select 1 from oauth_identities o
              where o.account_id = i.account_id and (o.issuer, o.subject) <> (i.issuer, i.subject)
                and o.issuer = any(${sql.param(Object.keys(titles))}::text[])))
        returning account_id, issuer),
      letter as (${letterSql(sql`
        select 'provider_unlinked',
          jsonb_build_object('provider', coalesce(${JSON.stringify(titles)}::jsonb ->> removed.issuer, removed.issuer)),
          a.email
        from removed join accounts a on a.id = removed.account_id`)})
      select 1 from removed`),
    db.execute(sql`select 1 from oauth_identities i where ${isThis}`),
  ])) as [unknown, { rows: unknown[] }, { rows: unknown[] }];
  if (removed.rows.length > 0) return;
  if (left.rows.length === 0) throw new CommerceError('not_found', 'There is no such login at a provider.');
  throw new CommerceError('last_login_method', 'Without this there would be no way to log in. Add another one first.');
}

/** What an identity is called in addresses: it tells nothing of the provider's own ids. */
const IDENTITY_ID = sql`encode(sha256(convert_to(i.issuer || ' ' || i.subject, 'UTF8')), 'hex')`;

function linkedLetter(providerTitle: string, condition: ReturnType<typeof sql>) {
  const data = JSON.stringify({ provider: providerTitle });
  return letterSql(sql`
    select 'provider_linked', ${data}::jsonb, a.email
    from linked join accounts a on a.id = linked.account_id where ${condition}`);
}
