/** What an account's owner sees and keeps: their data, sessions and addresses, all of it to take along or to delete. */
import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { accountAddresses, oauthIdentities, passkeys, sessions } from '@/db/account-schema';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { orders } from '@/db/schema';
import { AddressInput, inputError } from '@/edge/cart-input';
import { accountCartKeyOf } from '@/edge/cart-token';
import { type Context, operation } from '@/edge/http';
import { NameInput } from './account-input';
import { letterStatement } from './account-letters';
import { drainAfterResponse } from './deliveries';
import { idOf, notFound } from './lists';
import { logFault } from './log';
import { runBatch, type Statement } from './order-record';
import { clearedCookies, endSessions, requireRecentLogin, requireSession } from './sessions';
import { leaveStaffStatement, refusingLastOwner } from './staff/members';
import { requireOwnFactor } from './staff/totp';

const MAX_ADDRESSES = 50;

/** The caller's account, and how it may be signed in to. */
export const getMeOperation = operation(
  { method: 'GET', path: '/api/me', caller: requireSession },
  async (context, { caller: session }) => {
    return { body: await readProfile(context, session.account.id) };
  },
);

const Update = v.object({ name: NameInput });

/** Sets the name; answers the account. */
export const updateMeOperation = operation(
  { method: 'PATCH', path: '/api/me', body: Update, caller: requireSession },
  async (context, { body: { name }, caller: { account } }) => {
    await context.db.execute(sql`update accounts set name = ${name} where id = ${account.id}`);
    return { body: await readProfile(context, account.id) };
  },
);

/**
 * Deletes the account with its sessions, addresses and keys. Its orders are kept, as the law wants, and belong to nobody.
 * Throws `login_required`, `second_factor_required` for staff who signed in without the one that they have, and
 * `last_owner` for the one who could let others in.
 */
export const deleteMeOperation = operation(
  { method: 'DELETE', path: '/api/me', caller: requireSession },
  async (context, { caller: session }) => {
    const { db, kv } = context;
    requireRecentLogin(session, context.now);
    await requireOwnFactor(context, session);
    const { id } = session.account;
    await refusingLastOwner(
      endSessions(context, id, 'all', 'everywhere', {
        first: [
          leaveStaffStatement(context, id),
          letterStatement(
            db,
            { template: 'account_deleted', data: {} },
            sql`select email from accounts where id = ${id}`,
          ),
        ],
        last: [db.execute(sql`delete from accounts where id = ${id}`)],
      }),
    );
    await kv.del([accountCartKeyOf(id)]).catch((error) => logFault('cart_not_deleted', error));
    drainAfterResponse(context);
    return { status: 204, cookies: clearedCookies(context) };
  },
);

/** Everything that the shop has of the account, as a file. */
export const exportMeOperation = operation(
  { method: 'GET', path: '/api/me/export', caller: requireSession },
  async (context, { caller: { account } }) => {
    const { db } = context;
    const [profile, ...parts] = await Promise.all([
      readProfile(context, account.id),
      db.select().from(accountAddresses).where(eq(accountAddresses.accountId, account.id)),
      db
        .select({
          id: sessions.id,
          userAgent: sessions.userAgent,
          place: sessions.place,
          createdAt: sessions.createdAt,
          lastSeenAt: sessions.lastSeenAt,
          endedAt: sessions.endedAt,
        })
        .from(sessions)
        .where(eq(sessions.accountId, account.id))
        .orderBy(asc(sessions.createdAt)),
      db
        .select({
          id: passkeys.id,
          name: passkeys.name,
          createdAt: passkeys.createdAt,
          lastUsedAt: passkeys.lastUsedAt,
        })
        .from(passkeys)
        .where(eq(passkeys.accountId, account.id)),
      db
        .select({ issuer: oauthIdentities.issuer, subject: oauthIdentities.subject, email: oauthIdentities.email })
        .from(oauthIdentities)
        .where(eq(oauthIdentities.accountId, account.id)),
      readOrdersForExport(context, account.id),
    ]);
    const [addresses, sessionRows, passkeyRows, identities, orderRows] = parts;
    return {
      headers: { 'content-disposition': 'attachment; filename="selvedge-account.json"' },
      body: {
        account: profile,
        addresses: addresses.map(addressView),
        sessions: sessionRows,
        passkeys: passkeyRows,
        identities,
        orders: orderRows,
      },
    };
  },
);

/** The account's live sessions, the caller's own first. */
export const listSessionsOperation = operation(
  { method: 'GET', path: '/api/me/sessions', caller: requireSession },
  async (context, { caller: session }) => {
    const rows = await context.db
      .select({
        id: sessions.id,
        userAgent: sessions.userAgent,
        place: sessions.place,
        amr: sessions.amr,
        createdAt: sessions.createdAt,
        lastSeenAt: sessions.lastSeenAt,
      })
      .from(sessions)
      .where(
        and(eq(sessions.accountId, session.account.id), isNull(sessions.endedAt), sql`${sessions.expiresAt} > now()`),
      )
      .orderBy(desc(sql`${sessions.id} = ${session.sessionId}`), desc(sessions.lastSeenAt))
      .limit(100);
    return {
      body: { items: rows.map((row) => ({ ...row, isCurrent: row.id === session.sessionId })), nextCursor: null },
    };
  },
);

/** Ends one of the account's sessions. Throws `not_found` for one that is over, or is another account's. */
export const endSessionOperation = operation(
  { method: 'DELETE', path: '/api/me/sessions/{sessionId}', caller: requireSession },
  async (context, { caller: { account, sessionId } }) => {
    const id = idOf(context, 'sessionId');
    const ended = await endSessions(context, account.id, [id], 'revoked');
    if (!ended?.count) throw notFound('There is no such session.');
    return { status: 204, cookies: id === sessionId ? clearedCookies(context) : [] };
  },
);

/** The account's addresses, the default one first. */
export const listAddressesOperation = operation(
  { method: 'GET', path: '/api/me/addresses', caller: requireSession },
  async (context, { caller: { account } }) => {
    const rows = await context.db
      .select()
      .from(accountAddresses)
      .where(eq(accountAddresses.accountId, account.id))
      .orderBy(desc(accountAddresses.isDefault), asc(accountAddresses.createdAt));
    return { body: { items: rows.map(addressView), nextCursor: null } };
  },
);

const SaveAddress = v.object({ address: AddressInput, isDefault: v.optional(v.boolean()) });

/** Keeps an address; the first one is the default. Throws `too_many_addresses` beyond 50. */
export const addAddressOperation = operation(
  { method: 'POST', path: '/api/me/addresses', body: SaveAddress, caller: requireSession },
  async (context, { body: { address, isDefault = false }, caller: { account } }) => {
    const id = newId('addr');
    const [, , added] = (await runBatch(context.db, [
      lockAccount(context.db, account.id),
      context.db.execute(sql`
        update account_addresses set is_default = false
        where account_id = ${account.id} and is_default and ${isDefault} and ${hasRoom(account.id)}`),
      context.db.execute(sql`
        insert into account_addresses (id, account_id, address, is_default)
        select ${id}, ${account.id}, ${JSON.stringify(address)}::jsonb, ${isDefault} or not exists (
          select 1 from account_addresses where account_id = ${account.id} and is_default)
        where ${hasRoom(account.id)}
        returning is_default`),
    ])) as [unknown, unknown, { rows: { is_default: boolean }[] }];
    const [row] = added.rows;
    if (!row) throw inputError('too_many_addresses', 'address', `An account keeps at most ${MAX_ADDRESSES} addresses.`);
    return { status: 201, body: { id, address, isDefault: row.is_default } };
  },
);

const hasRoom = (accountId: string) =>
  sql`${MAX_ADDRESSES} > (select count(*) from account_addresses where account_id = ${accountId})`;

const ChangeAddress = v.object({ address: v.optional(AddressInput), isDefault: v.optional(v.literal(true)) });

/** Changes one of the account's addresses, or makes it the default. Throws `not_found`. */
export const updateAddressOperation = operation(
  { method: 'PATCH', path: '/api/me/addresses/{addressId}', body: ChangeAddress, caller: requireSession },
  async (context, { body: { address, isDefault = false }, caller: { account } }) => {
    const { db } = context;
    const id = idOf(context, 'addressId');
    const [, , changed] = (await runBatch(db, [
      lockAccount(db, account.id),
      db.execute(sql`
        update account_addresses set is_default = false
        where account_id = ${account.id} and is_default and id <> ${id} and ${isDefault}
          and exists (select 1 from account_addresses where id = ${id} and account_id = ${account.id})`),
      db.execute(sql`
        update account_addresses
        set address = coalesce(${address ? JSON.stringify(address) : null}::jsonb, address),
          is_default = is_default or ${isDefault}
        where id = ${id} and account_id = ${account.id} returning address, is_default as "isDefault"`),
    ])) as [unknown, unknown, { rows: Record<string, unknown>[] }];
    const [row] = changed.rows;
    if (!row) throw notFound('There is no such address.');
    return { body: { id, ...row } };
  },
);

/** Forgets one of the account's addresses. Throws `not_found`. */
export const removeAddressOperation = operation(
  { method: 'DELETE', path: '/api/me/addresses/{addressId}', caller: requireSession },
  async (context, { caller: { account } }) => {
    const { rows } = await context.db.execute(sql`
      delete from account_addresses
      where id = ${idOf(context, 'addressId')} and account_id = ${account.id} returning id`);
    if (rows.length === 0) throw notFound('There is no such address.');
    return { status: 204 };
  },
);

/**
 * The first statement of a batch that counts what an account has: of two at once the second one sees what the first did. A
 * statement of its own, since each sees the rows as they were when it began.
 */
function lockAccount(db: Db, accountId: string): Statement {
  return db.execute(sql`select from accounts where id = ${accountId} for update`);
}

async function readProfile({ db }: Pick<Context, 'db'>, accountId: string): Promise<Record<string, unknown>> {
  const { rows } = await db.execute(sql`
    select a.id, a.email, a.name, a.created_at as "createdAt", a.password_hash is not null as "hasPassword",
      a.customer_group_id as "customerGroup",
      (select count(*)::int from passkeys p where p.account_id = a.id) as "passkeys",
      (select count(*)::int from oauth_identities i where i.account_id = a.id) as "identities",
      (select jsonb_build_object('role', r.id, 'title', r.title, 'permissions', r.permissions)
        from staff_members m join staff_roles r on r.id = m.role_id
        where m.account_id = a.id and m.disabled_at is null) as staff
    from accounts a where a.id = ${accountId}`);
  const [row] = rows;
  if (!row) throw notFound('There is no such account.');
  return { ...row, createdAt: new Date(row.createdAt as string) };
}

function readOrdersForExport({ db }: Pick<Context, 'db'>, accountId: string) {
  return db
    .select({
      id: orders.id,
      number: orders.number,
      status: orders.status,
      email: orders.email,
      currency: orders.currency,
      totalMinor: orders.totalMinor,
      shippingAddress: orders.shippingAddress,
      billingAddress: orders.billingAddress,
      createdAt: orders.createdAt,
    })
    .from(orders)
    .where(eq(orders.accountId, accountId))
    .orderBy(asc(orders.number));
}

function addressView({ id, address, isDefault }: typeof accountAddresses.$inferSelect) {
  return { id, address, isDefault };
}
