/**
 * Sessions: who is signed in, decided by Postgres. A session is one login on one device; its refresh token is traded for a
 * successor each time (`rotate_refresh_token` in the migrations), and one that comes twice ends it.
 */
import { randomBytes } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import { CommerceError } from '@/commerce/error';
import type { sessions } from '@/db/account-schema';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { ACCESS_TTL_SECONDS } from '@/edge/access-token';
import { ACCESS_COOKIE, callerOf, REFRESH_COOKIE, sessionEnded, unauthenticated } from '@/edge/caller';
import { cartKeyOf, cartTokenOf } from '@/edge/cart-token';
import { joinCart } from '@/edge/carts';
import { cookieName, readCookie, setCookie, setHint } from '@/edge/cookies';
import type { Context, Reply } from '@/edge/http';
import { markEnded } from '@/edge/session-marks';
import { letterStatement } from './account-letters';
import { logFault } from './log';
import { runBatch, type Statement } from './order-record';
import { prune } from './prune';
import { hmac, sha256 } from './secrets';
import { signAccessToken } from './signing-keys';

export interface Session {
  sessionId: string;
  account: SessionAccount;
  /** How the person was recognised (RFC 8176). */
  amr: string[];
  authenticatedAt: Date;
  createdAt: Date;
}

interface SessionAccount {
  id: string;
  email: string;
  name: string;
  customerGroupId: string | null;
}

interface SessionStart {
  accountId: string;
  amr: string[];
  delivery: SessionDelivery;
  /** The account's, as it was when the person proved who they are; left out where nothing came between. */
  epoch?: number;
  /** Where that was not just now. */
  authenticatedAt?: Date;
}

export type EndReason = NonNullable<(typeof sessions.$inferSelect)['endReason']>;

/** A browser keeps its session in cookies; others are told its tokens. */
export type SessionDelivery = 'cookie' | 'token';

/** A session that is not used for so long ends; it never lives longer than a year. */
const IDLE_SECONDS = 60 * 24 * 60 * 60;
/** Tabs that refresh at once are answered the same successor within this time. */
const GRACE_SECONDS = 10;
/** What could do harm in the hands of whoever finds an open browser asks for a login not longer ago. */
const RECENT_LOGIN_SECONDS = 10 * 60;
const DEVICE_TTL_SECONDS = 365 * 24 * 60 * 60;
const DEVICE_COOKIE = 'device';
/** Tells pages that are the same for everybody to mark that somebody is signed in; nothing rests on it. */
const HINT_COOKIE = 'signed_in';

/**
 * The session of the caller, as Postgres knows it now; null for a guest. Throws `token_invalid`, `token_expired`, and
 * `session_ended` for one that is over.
 */
export async function findSession(context: Context): Promise<Session | null> {
  const found = await findSessionWith(context, sql`null`);
  return found?.session ?? null;
}

/**
 * As `findSession`, with what else there is to know of the account, in the same round trip: `beside` selects it, as one
 * value of JSON, of the account `a`.
 */
export async function findSessionWith<Beside>(
  context: Context,
  beside: SQL,
): Promise<{ session: Session; beside: Beside | null } | null> {
  const caller = await callerOf(context);
  if (!caller) return null;
  const { rows } = await context.db.execute(sql`
    select s.amr, s.authenticated_at, s.created_at, a.email, a.name, a.customer_group_id, (${beside})::jsonb as beside
    from sessions s join accounts a on a.id = s.account_id
    where s.id = ${caller.sessionId} and a.id = ${caller.accountId} and s.epoch = ${caller.epoch}
      and s.epoch = a.session_epoch and s.ended_at is null and s.expires_at > now()`);
  const row = rows[0] as unknown as (SessionRow & { beside: Beside | null }) | undefined;
  if (!row) throw sessionEnded();
  const session = {
    sessionId: caller.sessionId,
    account: {
      id: caller.accountId,
      email: row.email,
      name: row.name,
      customerGroupId: row.customer_group_id,
    },
    amr: row.amr,
    authenticatedAt: new Date(row.authenticated_at),
    createdAt: new Date(row.created_at),
  };
  return { session, beside: row.beside };
}

/** As `findSession`, but throws `unauthenticated` for a guest. */
export async function requireSession(context: Context): Promise<Session> {
  const session = await findSession(context);
  if (!session) throw unauthenticated();
  return session;
}

/** Throws `login_required` where the person last proved who they are more than ten minutes ago. */
export function requireRecentLogin(session: Session, now: Date): void {
  if (!isRecentLogin(session, now)) throw new CommerceError('login_required', 'Sign in again to do this.');
}

/** Whether the person proved who they are in the last ten minutes. */
export function isRecentLogin({ authenticatedAt }: Session, now: Date): boolean {
  return now.getTime() - authenticatedAt.getTime() <= RECENT_LOGIN_SECONDS * 1000;
}

/**
 * Begins a session and answers it: the account, and, for `token`, the tokens; otherwise they are cookies. The guest's cart
 * becomes the account's (see `joinCart`), and so do the orders that were placed as a guest with its mail address. Where the
 * account was used from other devices and never from this one, its owner is told by mail. Throws `session_ended` where the
 * account is gone, or no longer in the `epoch` in which the person proved who they are.
 */
export async function startSession(context: Context, start: SessionStart): Promise<Reply> {
  const { accountId, amr, delivery, epoch = null, authenticatedAt = null } = start;
  const { db, request } = context;
  const sessionId = newId('sess');
  const refreshToken = `rt_${randomBytes(32).toString('base64url')}`;
  const device = deviceOf(context) ?? randomBytes(32).toString('base64url');
  const deviceHash = sha256(device);
  const userAgent = (request.headers.get('user-agent') ?? '').slice(0, 300);
  const place = placeOf(request);
  // What comes after the session is of the session: where none was begun, nothing else happens.
  const isOurs = sql`s.id = ${sessionId} and a.id = s.account_id`;
  const results = await runBatch(db, [
    db.execute(sql`
      insert into sessions (id, account_id, epoch, amr, authenticated_at, user_agent, place, expires_at)
      select ${sessionId}, id, session_epoch, ${sql.param(amr)}::text[],
        coalesce(${authenticatedAt?.toISOString() ?? null}::timestamptz, now()), ${userAgent}, ${place},
        now() + make_interval(secs => ${IDLE_SECONDS})
      from accounts where id = ${accountId} and session_epoch = coalesce(${epoch}::integer, session_epoch)`),
    db.execute(sql`
      insert into refresh_tokens (hash, session_id, generation)
      select ${sha256(refreshToken)}, id, 0 from sessions where id = ${sessionId}`),
    letterStatement(
      db,
      { template: 'new_device', data: { sessionId, device: userAgent, place } },
      sql`select a.email from sessions s, accounts a where ${isOurs}
        and exists (select 1 from account_devices d where d.account_id = a.id)
        and not exists (select 1 from account_devices d where d.account_id = a.id and d.device_hash = ${deviceHash})`,
    ),
    db.execute(sql`
      insert into account_devices (account_id, device_hash)
      select account_id, ${deviceHash} from sessions where id = ${sessionId}
      on conflict (account_id, device_hash) do update set last_seen_at = now()`),
    db.execute(sql`
      update orders o set account_id = a.id from sessions s, accounts a
      where ${isOurs} and o.account_id is null and lower(o.email) = lower(a.email)`),
    db.execute(sql`
      select a.email, a.name, s.epoch, s.authenticated_at, a.session_epoch, a.customer_group_id
      from sessions s, accounts a where ${isOurs}`),
  ]);
  const { rows } = results.at(-1) as { rows: (AccountRow & BegunRow)[] };
  const [begun] = rows;
  if (!begun) throw sessionEnded();
  if (delivery === 'cookie') await endEarlier(context);
  const reply = await deliver(context, {
    delivery,
    account: { ...begun, id: accountId },
    claims: { sessionId, epoch: begun.epoch, amr, authTime: secondsOf(begun.authenticated_at) },
    refreshToken,
  });
  return {
    ...reply,
    cookies: [...(reply.cookies ?? []), setCookie(context, DEVICE_COOKIE, device, DEVICE_TTL_SECONDS)],
  };
}

/**
 * Trades a refresh token for its successor and a new access token. Throws `session_ended` for one that is none, is over,
 * or comes again later than its grace, which ends the session: either it or its successor was stolen.
 */
export async function refreshSession(context: Context, token: string, delivery: SessionDelivery): Promise<Reply> {
  const successor = `rt_${hmac(context.env.AUTH_SECRET, `refresh:${token}`)}`;
  const { rows } = await context.db.execute(sql`
    with r as (
      select * from rotate_refresh_token(${sha256(token)}, ${sha256(successor)},
        make_interval(secs => ${GRACE_SECONDS}), make_interval(secs => ${IDLE_SECONDS}))),
    message as (
      insert into outbox (topic, aggregate_id, payload)
      select 'session.ended', 'session:' || s.account_id,
        jsonb_build_object('accountId', s.account_id, 'sessionIds', jsonb_build_array(s.id))
      from r join sessions s on s.id = r.session_id where r.outcome = 'reused')
    select r.outcome, s.id, s.account_id, s.epoch, s.amr, s.authenticated_at, a.email, a.name, a.session_epoch,
      a.customer_group_id
    from r left join sessions s on s.id = r.session_id left join accounts a on a.id = s.account_id`);
  const row = rows[0] as unknown as RefreshRow;
  if (row.outcome === 'reused') {
    // Where KV fails, the outbox tells it.
    await markEnded(context.kv, { accountId: row.account_id, sessionIds: [row.id] }).catch((error) =>
      logFault('session_not_marked', error),
    );
  }
  if (row.outcome !== 'rotated' && row.outcome !== 'repeated') throw sessionEnded();
  // One that began just as all others were ended.
  if (row.epoch !== row.session_epoch) throw sessionEnded();
  return deliver(context, {
    delivery,
    account: { ...row, id: row.account_id },
    claims: {
      sessionId: row.id,
      epoch: row.epoch,
      amr: row.amr,
      authTime: secondsOf(row.authenticated_at),
    },
    refreshToken: successor,
  });
}

/**
 * The account and session that a refresh token belongs to, also one that was replaced since; null for none, and where the
 * session is over: whoever was signed out has no say any more.
 */
export async function sessionOfRefreshToken(
  db: Db,
  token: string,
): Promise<{ accountId: string; sessionId: string } | null> {
  const { rows } = await db.execute(sql`
    select s.id, s.account_id from refresh_tokens t join sessions s on s.id = t.session_id
    where t.hash = ${sha256(token)} and s.ended_at is null and s.expires_at > now()`);
  const row = rows[0] as { id: string; account_id: string } | undefined;
  return row ? { accountId: row.account_id, sessionId: row.id } : null;
}

/** The refresh token that a request brings: in its body, or in the browser's cookie. */
export function refreshTokenOf(context: Context, given: string | undefined): string | null {
  const token = given ?? readCookie(context.request, cookieName(context, REFRESH_COOKIE));
  return token !== null && /^rt_[\w-]{43}$/.test(token) ? token : null;
}

/** The `Set-Cookie`s that take a browser's session away. */
export const clearedCookies = (context: Context): string[] => [
  ...[ACCESS_COOKIE, REFRESH_COOKIE].map((name) => setCookie(context, name, '', 0)),
  setHint(context, HINT_COOKIE, '', 0),
];

/** What the browser's device cookie holds, for whoever asks whether a device is known; null without one. */
export function deviceOf(context: Context): string | null {
  const device = readCookie(context.request, cookieName(context, DEVICE_COOKIE));
  return device !== null && /^[\w-]{43}$/.test(device) ? device : null;
}

/**
 * The statement that ends sessions, for the batch that has the reason: these, or all, with every access token of theirs.
 * Its outbox message tells KV; `endSessions` tells it at once. All end only where `onlyIf` holds of the account.
 */
function endSessionsStatement(
  db: Db,
  accountId: string,
  which: 'all' | string[],
  reason: EndReason,
  onlyIf: SQL,
): Statement {
  const aggregate = `session:${accountId}`;
  if (which === 'all') {
    return db.execute(sql`
      with account as (
        update accounts set session_epoch = session_epoch + 1 where id = ${accountId} and ${onlyIf}
        returning id, session_epoch),
      ended as (
        update sessions set ended_at = now(), end_reason = ${reason}
        where account_id in (select id from account) and ended_at is null returning id),
      message as (
        insert into outbox (topic, aggregate_id, payload)
        select 'session.ended', ${aggregate}::text,
          jsonb_build_object('accountId', ${accountId}::text, 'epoch', session_epoch) from account)
      select session_epoch as epoch, (select count(*)::int from ended) as count from account`);
  }
  return db.execute(sql`
    with ended as (
      update sessions set ended_at = now(), end_reason = ${reason}
      where account_id = ${accountId} and id = any(${sql.param(which)}::text[]) and ended_at is null returning id),
    message as (
      insert into outbox (topic, aggregate_id, payload)
      select 'session.ended', ${aggregate}::text,
        jsonb_build_object('accountId', ${accountId}::text, 'sessionIds', jsonb_agg(id)) from ended having count(*) > 0)
    select null as epoch, (select count(*)::int from ended) as count`);
}

/**
 * Ends sessions in Postgres, in one batch with the statements before and after, then tells KV; answers how many there
 * were, and for all the account's epoch from now on. Where KV fails, the outbox tells it. All end only where `onlyIf`
 * holds of the account after the statements before; null where it does not.
 */
export async function endSessions(
  context: Pick<Context, 'db' | 'kv'>,
  accountId: string,
  which: 'all' | string[],
  reason: EndReason,
  { first = [], last = [], onlyIf = sql`true` }: { first?: Statement[]; last?: Statement[]; onlyIf?: SQL } = {},
): Promise<{ count: number; epoch: number | null } | null> {
  const end = endSessionsStatement(context.db, accountId, which, reason, onlyIf);
  const results = await runBatch(context.db, [...first, end, ...last]);
  const { rows } = results[first.length] as { rows: { epoch: number | null; count: number }[] };
  const [ended] = rows;
  if (!ended) return null;
  // Where nothing ended, the ids are whatever somebody wrote, and no names for fields in KV.
  if (which !== 'all' && ended.count === 0) return ended;
  const marks = which === 'all' ? { epoch: ended.epoch ?? 0 } : { sessionIds: which };
  await markEnded(context.kv, { accountId, ...marks }).catch((error) => logFault('session_not_marked', error));
  return ended;
}

/** Ends the session whose cookies are about to be replaced: nobody could sign out of it any more. */
async function endEarlier(context: Context): Promise<void> {
  const token = refreshTokenOf(context, undefined);
  const earlier = token && (await sessionOfRefreshToken(context.db, token));
  if (earlier) await endSessions(context, earlier.accountId, [earlier.sessionId], 'logout');
}

/** Forgets sessions that ended or expired a month ago, with their refresh tokens, and devices that nobody has any more. */
export async function pruneSessions(db: Db): Promise<void> {
  await prune(
    db,
    (limit) => sql`
      delete from sessions where id in (
        select id from sessions where least(expires_at, coalesce(ended_at, expires_at)) < now() - interval '30 days'
        limit ${limit})`,
  );
  await prune(
    db,
    (limit) => sql`
      delete from account_devices where (account_id, device_hash) in (
        select account_id, device_hash from account_devices
        where last_seen_at < now() - make_interval(secs => ${DEVICE_TTL_SECONDS}) limit ${limit})`,
  );
}

interface SessionRow {
  amr: string[];
  authenticated_at: string;
  created_at: string;
  email: string;
  name: string;
  customer_group_id: string | null;
}

interface AccountRow {
  email: string;
  name: string;
  session_epoch: number;
  customer_group_id: string | null;
}

interface BegunRow {
  epoch: number;
  authenticated_at: string;
}

interface RefreshRow extends AccountRow, BegunRow {
  outcome: 'rotated' | 'repeated' | 'reused' | 'ended' | 'unknown';
  id: string;
  account_id: string;
  amr: string[];
}

interface Delivered {
  delivery: SessionDelivery;
  account: AccountRow & { id: string };
  claims: { sessionId: string; epoch: number; amr: string[]; authTime: number };
  refreshToken: string;
}

async function deliver(context: Context, { delivery, account, claims, refreshToken }: Delivered): Promise<Reply> {
  const accessToken = await signAccessToken(context, {
    accountId: account.id,
    customerGroup: account.customer_group_id,
    ...claims,
  });
  const body = {
    account: { id: account.id, email: account.email, name: account.name },
    expiresIn: ACCESS_TTL_SECONDS,
  };
  const cartCookies = await takeCart(context, account);
  if (delivery === 'token') return { body: { ...body, accessToken, refreshToken }, cookies: cartCookies };
  return {
    body,
    cookies: [
      setCookie(context, ACCESS_COOKIE, accessToken, ACCESS_TTL_SECONDS),
      setCookie(context, REFRESH_COOKIE, refreshToken, IDLE_SECONDS),
      setHint(context, HINT_COOKIE, '1', IDLE_SECONDS),
      ...cartCookies,
    ],
  };
}

/** Joins the guest's cart. Where KV fails it stays as it was, under its own cookie, and is joined at the next refresh. */
async function takeCart(context: Context, account: { id: string; email: string }): Promise<string[]> {
  const guest = cartTokenOf(context);
  if (!guest) return [];
  try {
    const guestKey = await cartKeyOf(guest.token);
    const joined = await joinCart(context.kv, { guestKey, accountId: account.id, email: account.email });
    return joined === 'all' && guest.fromCookie ? [setCookie(context, 'cart', '', 0)] : [];
  } catch (error) {
    logFault('cart_not_joined', error);
    return [];
  }
}

const secondsOf = (moment: string) => Math.floor(new Date(moment).getTime() / 1000);

/** Where the platform places the caller's address, in words; empty where it does not. */
function placeOf(request: Request): string {
  // Elsewhere a client may say of itself what it likes.
  if (process.env.VERCEL !== '1') return '';
  const city = request.headers.get('x-vercel-ip-city');
  const country = request.headers.get('x-vercel-ip-country');
  const parts = [city && decodeURIComponentSafely(city), country].filter(Boolean);
  return parts
    .join(', ')
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, 100);
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
