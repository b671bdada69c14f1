/**
 * The back-off for guesses at passwords and codes. An attempt is counted before the guess is looked at, and taken back
 * when it was right: so guesses that come all at once are no more than those that come one by one.
 */
import { type SQL, sql } from 'drizzle-orm';
import { CommerceError } from '@/commerce/error';
import { BACKOFFS, type Backoff, type BackoffScope, type GuessKind, waitsOf } from '@/commerce/login-backoff';
import type { Db } from '@/db/client';
import { edgeEnv } from '@/edge/env';
import { prune } from './prune';
import { hmac } from './secrets';

export interface Guess {
  kind: GuessKind;
  /** What was typed to name the account, in small letters, or the account's id. It need not exist. */
  account: string;
  /** As `clientAddress` has it; all whose address nobody vouches for count as one. */
  address: string | null;
  /** The hash of a device cookie that this account is known to have been used with; null for any other device. */
  knownDevice: string | null;
}

/**
 * Counts an attempt before its guess is looked at. One statement; of attempts that come at once, only as many pass as
 * are free. An attempt that is refused is not counted. Throws `too_many_attempts`, with the seconds to wait in its fact
 * `retryAfterSeconds`, alike for accounts that are there and that are not.
 */
export async function beginGuess(db: Db, guess: Guess, now: Date): Promise<void> {
  const buckets = bucketsOf(guess);
  const at = sql`${now.toISOString()}::timestamptz`;
  const keys = keyList(buckets);
  // One after the other in the same order always: each waits for the one before, so that no two attempts lock crosswise.
  const steps = buckets.map(({ key, backoff }, index) => {
    const waits = waitsOf(backoff);
    const isOpen =
      index === 0
        ? sql`not exists (select from login_failures where key in (${keys}) and blocked_until > ${at})`
        : sql`exists (select from ${step(index - 1)})`;
    return sql`${step(index)} as (
      insert into login_failures as f (key, count, last_at, blocked_until)
      select ${key}, 1, ${at}, ${waitEnd(at, waits, sql`1`)} where ${isOpen}
      on conflict (key) do update set (count, last_at, blocked_until) = (
        select n, ${at}, ${waitEnd(at, waits, sql`n`)}
        from (select least(
          ${waits.length}::integer,
          greatest(0, f.count - ${forgotten(at, backoff)}) + 1
        ) as n) counted
      ) where f.blocked_until <= ${at}
      returning 1)`;
  });
  const { rows } = await db.execute<{ passes: boolean; wait: number }>(sql`
    with ${sql.join(steps, sql`, `)}
    select exists (select from ${step(buckets.length - 1)}) as passes,
      ceil(extract(epoch from (select max(blocked_until) from login_failures where key in (${keys})) - ${at}))::integer
        as wait`);
  const [{ passes, wait }] = rows as [{ passes: boolean; wait: number | null }];
  if (passes) return;
  // What a simultaneous attempt has just written is not seen by this one.
  const retryAfterSeconds = Math.max(1, wait ?? 1);
  throw new CommerceError('too_many_attempts', 'Too many attempts failed of late. Wait a moment, then try again.', {
    facts: { retryAfterSeconds },
  });
}

/**
 * Takes back the attempt of a guess that was right. What this account and address, or this device, failed before is
 * forgotten. Of all others' failures nothing is: who knows one account's password gets no more guesses at another's.
 */
export async function endGuess(db: Db, guess: Guess): Promise<void> {
  const buckets = bucketsOf(guess);
  const steps = buckets.map(({ key, scope, backoff }, index) => {
    const inTurn = index === 0 ? sql`true` : sql`(select count(*) from ${step(index - 1)}) >= 0`;
    if (scope === 'known_device' || scope === 'account_and_address') {
      return sql`${step(index)} as (delete from login_failures where key = ${key} and ${inTurn} returning 1)`;
    }
    const less = sql`greatest(1, f.count - 1)`;
    return sql`${step(index)} as (
      update login_failures as f
      set count = ${less}, blocked_until = ${waitEnd(sql`f.last_at`, waitsOf(backoff), less)}
      where key = ${key} and ${inTurn}
      returning 1)`;
  });
  await db.execute(sql`with ${sql.join(steps, sql`, `)} select count(*) from ${step(buckets.length - 1)}`);
}

/** Forgets what no back-off looks at any more; leaves alone what is being counted. */
export function pruneLoginFailures(db: Db): Promise<void> {
  return prune(
    db,
    (limit) => sql`
      delete from login_failures where key in (
        select key from login_failures where last_at < now() - interval '1 day'
        order by last_at limit ${limit} for update skip locked)`,
  );
}

interface Bucket {
  key: string;
  scope: BackoffScope;
  backoff: Backoff;
}

/** What an attempt counts against, in the order in which the rows are locked. */
function bucketsOf({ kind, account, address, knownDevice }: Guess): Bucket[] {
  const bucket = (scope: BackoffScope, ...parts: (string | null)[]): Bucket => ({
    key: hmac(edgeEnv().AUTH_SECRET, JSON.stringify(['login-failures', kind, scope, ...parts])),
    scope,
    backoff: BACKOFFS[kind][scope],
  });
  if (knownDevice !== null) return [bucket('known_device', account, knownDevice)];
  return [
    bucket('account_and_address', account, address),
    ...(address === null ? [] : [bucket('address', address)]),
    bucket('account', account),
  ];
}

const step = (index: number): SQL => sql.raw(`step_${index}`);

const keyList = (buckets: Bucket[]): SQL =>
  sql.join(
    buckets.map(({ key }) => sql`${key}`),
    sql`, `,
  );

/** When the wait after the nth failure is over. */
const waitEnd = (from: SQL, waits: number[], n: SQL): SQL =>
  sql`${from} + make_interval(secs => (${`{${waits.join(',')}}`}::integer[])[${n}])`;

/** How many failures were forgotten since the last one. Clocks differ: none, where that one seems yet to come. */
const forgotten = (at: SQL, { forgetSeconds }: Backoff): SQL =>
  sql`floor(greatest(0, extract(epoch from ${at} - f.last_at)) / ${forgetSeconds}::integer)::integer`;
