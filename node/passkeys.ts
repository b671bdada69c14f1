/** Passkeys: logging in with one, and the account's own list of them. */
import { and, asc, eq, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { passkeys } from '@/db/account-schema';
import type { Db } from '@/db/client';
import { type Context, operation } from '@/edge/http';
import { DeliveryInput, NameInput } from './account-input';
import { letterSql } from './account-letters';
import { drainAfterResponse } from './deliveries';
import { oauthProviders } from './oauth/providers';
import { runBatch, type Statement } from './order-record';
import { requireRecentLogin, requireSession, type Session, startSession } from './sessions';
import { requireOwnFactor } from './staff/totp';
import {
  askForNewPasskey,
  askForPasskey,
  CredentialId,
  NewPasskeyInput,
  PasskeyInput,
  verifyNewPasskey,
  verifyPasskey,
} from './webauthn';

const MAX_PASSKEYS = 20;

const PasskeyName = v.pipe(NameInput, v.nonEmpty('This must not be empty.'));

/** What `navigator.credentials.get` needs, whoever asks. */
export const askLoginPasskeyOperation = operation(
  { method: 'POST', path: '/api/auth/passkey/options' },
  async (context) => ({ body: await askForPasskey(context) }),
);

const Login = v.object({ response: PasskeyInput, session: DeliveryInput });

/** Signs in with a passkey. Throws `challenge_invalid`, `login_failed` and `passkey_cloned`. */
export const loginWithPasskeyOperation = operation(
  { method: 'POST', path: '/api/auth/passkey', body: Login },
  async (context, { body: { response, session } }) => {
    const { accountId, amr } = await verifyPasskey(context, response);
    const reply = await startSession(context, { accountId, amr, delivery: session });
    // The letter about a new device.
    drainAfterResponse(context);
    return reply;
  },
);

/** The account's passkeys, the oldest first. */
export const listPasskeysOperation = operation(
  { method: 'GET', path: '/api/me/passkeys', caller: requireSession },
  async (context, { caller: { account } }) => {
    const items = await context.db
      .select(shown)
      .from(passkeys)
      .where(eq(passkeys.accountId, account.id))
      .orderBy(asc(passkeys.createdAt), asc(passkeys.id));
    return { body: { items, nextCursor: null } };
  },
);

/**
 * What `navigator.credentials.create` needs. Throws `login_required`, and `second_factor_required` for staff whose login
 * was without the second factor that they have.
 */
export const askNewPasskeyOperation = operation(
  { method: 'POST', path: '/api/me/passkeys/options', caller: requireSession },
  async (context, { caller: session }) => {
    requireRecentLogin(session, context.now);
    await requireOwnFactor(context, session);
    return { body: await askForNewPasskey(context, session.account) };
  },
);

const Addition = v.object({ response: NewPasskeyInput, name: v.optional(PasskeyName, 'Passkey') });

/**
 * Adds a passkey, and tells the owner by mail. Throws `login_required`, `second_factor_required`, `challenge_invalid`,
 * `passkey_invalid`, `passkey_exists` for one that an account has already, and `too_many_passkeys`.
 */
export const addPasskeyOperation = operation(
  { method: 'POST', path: '/api/me/passkeys', body: Addition, caller: requireSession },
  async (context, { body: { response, name }, caller: session }) => {
    const { db } = context;
    requireRecentLogin(session, context.now);
    await requireOwnFactor(context, session);
    const { id: accountId } = session.account;
    const passkey = await verifyNewPasskey(context, accountId, response);
    const [, added, [item]] = (await runBatch(db, [
      lockAccount(db, accountId),
      db.execute(sql`
        with changed as (
          insert into passkeys (id, account_id, public_key, counter, transports, is_backed_up, name)
          select ${passkey.id}, a.id, ${passkey.publicKey}, ${passkey.counter}, ${sql.param(passkey.transports)}::text[],
            ${passkey.isBackedUp}, ${name}
          from accounts a
          where a.id = ${accountId} and ${isAlive(session)}
            and ${MAX_PASSKEYS} > (select count(*) from passkeys p where p.account_id = a.id)
          on conflict (id) do nothing returning account_id, name),
        letter as (${letterAbout('passkey_added')})
        select 1 from changed`),
      db.select(shown).from(passkeys).where(eq(passkeys.id, passkey.id)),
    ])) as [unknown, { rows: unknown[] }, Record<string, unknown>[]];
    if (added.rows.length === 0) {
      // Ended while the answer was verified: whoever was signed out adds no way back in.
      await requireSession(context);
      if (item) throw new CommerceError('passkey_exists', 'This passkey was added already.');
      throw new CommerceError(
        'too_many_passkeys',
        `An account has at most ${MAX_PASSKEYS} passkeys. Remove one first.`,
      );
    }
    drainAfterResponse(context);
    return { status: 201, body: item };
  },
);

/** Whether the session still lives when the statement runs, of the account `a`. */
const isAlive = ({ sessionId }: Session) => sql`exists (
  select from sessions s
  where s.id = ${sessionId} and s.account_id = a.id and s.epoch = a.session_epoch and s.ended_at is null)`;

const Renaming = v.object({ name: PasskeyName });

/** Names a passkey. Throws `not_found` for another account's as for none. */
export const renamePasskeyOperation = operation(
  { method: 'PATCH', path: '/api/me/passkeys/{passkeyId}', body: Renaming, caller: requireSession },
  async (context, { body: { name }, caller: { account } }) => {
    const [item] = await context.db
      .update(passkeys)
      .set({ name })
      .where(and(eq(passkeys.id, idOf(context)), eq(passkeys.accountId, account.id)))
      .returning(shown);
    if (!item) throw notFound();
    return { body: item };
  },
);

/**
 * Removes a passkey, and tells the owner by mail. Throws `login_required`, `second_factor_required`, `not_found`, and
 * `last_login_method` where there would be no password, other passkey or provider left.
 */
export const removePasskeyOperation = operation(
  { method: 'DELETE', path: '/api/me/passkeys/{passkeyId}', caller: requireSession },
  async (context, { caller: session }) => {
    const { db } = context;
    requireRecentLogin(session, context.now);
    await requireOwnFactor(context, session);
    const isOwn = sql`p.id = ${idOf(context)} and p.account_id = ${session.account.id}`;
    const issuers = oauthProviders().map(({ issuer }) => issuer);
    const [, removed, left] = (await runBatch(db, [
      lockAccount(db, session.account.id),
      db.execute(sql`
        with changed as (
          delete from passkeys p
          where ${isOwn}
            and (exists (select 1 from accounts a where a.id = p.account_id and a.password_hash is not null)
              or exists (select 1 from passkeys o where o.account_id = p.account_id and o.id <> p.id)
              or exists (
                select 1 from oauth_identities i
                where i.account_id = p.account_id and i.issuer = any(${sql.param(issuers)}::text[])))
          returning account_id, name),
        letter as (${letterAbout('passkey_removed')})
        select 1 from changed`),
      db.execute(sql`select 1 from passkeys p where ${isOwn}`),
    ])) as [unknown, { rows: unknown[] }, { rows: unknown[] }];
    if (removed.rows.length === 0) {
      if (left.rows.length === 0) throw notFound();
      throw new CommerceError(
        'last_login_method',
        'Without this there would be no way to log in. Add another one first.',
      );
    }
    drainAfterResponse(context);
    return { status: 204 };
  },
);

const shown = {
  id: passkeys.id,
  name: passkeys.name,
  isBackedUp: passkeys.isBackedUp,
  createdAt: passkeys.createdAt,
  lastUsedAt: passkeys.lastUsedAt,
};

/** Of two who take away a way to log in at once, each would leave the other's: whoever does locks the account first. */
function lockAccount(db: Db, accountId: string): Statement {
  return db.execute(sql`select 1 from accounts where id = ${accountId} for update`);
}

function letterAbout(template: 'passkey_added' | 'passkey_removed') {
  return letterSql(sql`
    select ${template}::text, jsonb_build_object('name', changed.name), a.email
    from changed join accounts a on a.id = changed.account_id`);
}

/** The id in the path; what cannot be one is not there. */
function idOf({ params }: Context): string {
  if (!v.is(CredentialId, params.passkeyId)) throw notFound();
  return params.passkeyId;
}

function notFound(): CommerceError {
  return new CommerceError('not_found', 'There is no such passkey.');
}
