import { and, eq, sql } from 'drizzle-orm';
import { CommerceError } from '@/commerce/error';
import type { Db } from '@/db/client';
import { idempotencyKeys } from '@/db/schema';
import type { Statement } from './order-record';
import { prune } from './prune';
import { sha256 } from './secrets';

/** A request that may come again, recognised by who sent it where, under which key, with what body. */
export interface Claim {
  scope: string;
  key: string;
  requestHash: string;
}

export interface KeptAnswer {
  status: number;
  body: string;
}

/** What is known of a claim: nothing, its answer, or an order whose request died before it answered. */
export type Earlier = null | { answer: KeptAnswer } | { orderId: string };

const MAX_KEY_LENGTH = 255;
/** Longer than any request runs: a request that has not answered by then is taken for dead. */
const RUN_SECONDS = 30;
const KEPT_HOURS = 24;

/**
 * The claim of a request. Two callers may use the same key. Throws `idempotency_key_required` without the header and
 * `idempotency_key_invalid` for one that is too long.
 */
export function claimOf(request: Request, caller: string, body: unknown): Claim {
  const key = request.headers.get('idempotency-key');
  if (key === null || key === '') {
    throw new CommerceError(
      'idempotency_key_required',
      'Send an Idempotency-Key, a new one for each thing you want done.',
    );
  }
  if (key.length > MAX_KEY_LENGTH) {
    throw new CommerceError('idempotency_key_invalid', `An Idempotency-Key has at most ${MAX_KEY_LENGTH} characters.`);
  }
  return {
    scope: sha256(`${caller}\n${request.method} ${new URL(request.url).pathname.replace(/\/$/, '')}`),
    key,
    // Of the parsed body: spaces and the order of its members do not make another request.
    requestHash: sha256(JSON.stringify(body)),
  };
}

/**
 * What came of an earlier request with this claim. One that died is handed to exactly one caller, to finish. Throws
 * `idempotency_key_reused` for another body, and `request_in_progress` while the other still runs.
 */
export async function findEarlier(db: Db, claim: Claim): Promise<Earlier> {
  const [row] = await db
    .select()
    .from(idempotencyKeys)
    .where(sql`${isClaim(claim)} and ${idempotencyKeys.expiresAt} > now()`);
  if (!row) return null;
  if (row.requestHash !== claim.requestHash) {
    throw new CommerceError('idempotency_key_reused', 'This Idempotency-Key came before with another body.');
  }
  if (row.responseStatus !== null && row.responseBody !== null) {
    return { answer: { status: row.responseStatus, body: row.responseBody } };
  }
  const [taken] = await db
    .update(idempotencyKeys)
    .set({ lockedUntil: runEnds() })
    .where(sql`${isClaim(claim)} and response_status is null and locked_until < now()`)
    .returning({ orderId: idempotencyKeys.orderId });
  if (taken?.orderId) return { orderId: taken.orderId };
  throw new CommerceError('request_in_progress', 'The first request with this Idempotency-Key still runs.');
}

/** The first statements of the batch that does what was claimed; the primary key lets only one such batch through. */
export function claimStatements(db: Db, claim: Claim, orderId: string): Statement[] {
  return [
    db.delete(idempotencyKeys).where(sql`${isClaim(claim)} and expires_at <= now()`),
    db.insert(idempotencyKeys).values({
      ...claim,
      orderId,
      lockedUntil: runEnds(),
      expiresAt: sql`now() + make_interval(hours => ${KEPT_HOURS})`,
    }),
  ];
}

/** The constraint by which a second batch with the same claim is refused. */
export const CLAIM_CONSTRAINT = 'idempotency_keys_scope_key_pk';

/**
 * Keeps the answer that every repeat will hear, and answers which one that is: the first to be kept, should two have
 * finished the same request.
 */
export async function keepAnswer(db: Db, claim: Claim, answer: KeptAnswer): Promise<KeptAnswer> {
  const [kept] = await db
    .update(idempotencyKeys)
    .set({
      responseStatus: sql`coalesce(response_status, ${answer.status})`,
      responseBody: sql`coalesce(response_body, ${answer.body})`,
    })
    .where(isClaim(claim))
    .returning({ status: idempotencyKeys.responseStatus, body: idempotencyKeys.responseBody });
  return kept?.status && kept.body ? { status: kept.status, body: kept.body } : answer;
}

/** Forgets keys that are past their time. */
export function pruneIdempotencyKeys(db: Db): Promise<void> {
  return prune(
    db,
    (limit) => sql`
      delete from idempotency_keys where (scope, key) in (
        select scope, key from idempotency_keys where expires_at <= now() limit ${limit})`,
  );
}

const isClaim = ({ scope, key }: Claim) => and(eq(idempotencyKeys.scope, scope), eq(idempotencyKeys.key, key));
const runEnds = () => sql`now() + make_interval(secs => ${RUN_SECONDS})`;
