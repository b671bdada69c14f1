/**
 * What must still happen outside Postgres. A message is written in the transaction that it tells of, and delivered at
 * least once: every delivery is idempotent. Messages of one aggregate are delivered in their order, others beside each
 * other.
 */
import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { outbox } from '@/db/schema';
import { describeError } from '@/edge/http';
import type { LetterMessage } from './account-letters';
import { logFault } from './log';
import type { Statement } from './order-record';
import { prune } from './prune';

/** What each topic carries. */
interface Payloads {
  'order.confirmed': { orderId: string };
  'order.cancelled': { orderId: string; reason: string };
  /** `refundedMinor` is the sum after this refund. */
  'order.refunded': { orderId: string; amountMinor: number; refundedMinor: number };
  'payment.refund': { orderId: string; amountMinor: number };
  'cart.completed': { orderId: string };
  /** Units by variant that became available (positive) or were taken (negative). */
  'stock.changed': { deltas: Record<string, number> };
  /** A promotion was used up, or came free again. */
  'rules.changed': Record<string, never>;
  /** One letter about an account; see `LetterData`. */
  'account.letter': { to: string } & LetterMessage;
  /** Sessions that the edge must not take for good any more. */
  'session.ended': { accountId: string; sessionIds?: string[]; epoch?: number };
  'catalog.changed': { variantIds?: string[]; slugs?: string[]; everything?: boolean };
}

type Topic = keyof Payloads;

export type Message = {
  [T in Topic]: {
    topic: T /** Messages of one aggregate are delivered in order. */;
    aggregateId: string;
    payload: Payloads[T];
  };
}[Topic];

/** A message that was claimed. Its id is the same in every attempt. */
export type Delivery = Message & { id: number; attempts: number };

export type Deliver = (delivery: Delivery) => Promise<void>;

/** Longer than any delivery takes; after it, a message whose dispatcher died is taken by another. */
const LEASE_SECONDS = 60;
const MAX_ATTEMPTS = 12;
const BITE = 20;
const LONGEST_PAUSE_SECONDS = 900;

/** Which of `outbox due` can be delivered now: the first of its aggregate, its time come, and nobody's at the moment. */
const IS_DUE = sql`
  due.delivered_at is null and due.dead_at is null
  and due.available_at <= now() and (due.locked_until is null or due.locked_until < now())
  and not exists (
    select 1 from outbox earlier
    where earlier.aggregate_id = due.aggregate_id and earlier.id < due.id
      and earlier.delivered_at is null and earlier.dead_at is null)`;

/** The statement that writes messages, for the batch that they tell of. */
export function outboxStatement(db: Db, messages: Message[]): Statement {
  return db.insert(outbox).values(messages);
}

/**
 * Delivers what is due, until nothing is or the time is up. Safe beside any number of others: a message is claimed under
 * a lease. Answers how many were delivered, and how many wait that could be delivered now.
 */
export async function drainOutbox(
  db: Db,
  deliver: Deliver,
  { limitMs = 20_000 }: { limitMs?: number } = {},
): Promise<{ processed: number; remaining: number }> {
  const deadline = performance.now() + limitMs;
  let processed = 0;
  while (performance.now() < deadline) {
    const claimed = await claim(db);
    if (claimed.length === 0) break;
    const delivered = await Promise.all(claimed.map((delivery) => attempt(db, delivery, deliver)));
    processed += delivered.filter(Boolean).length;
  }
  const { rows } = await db.execute<{ count: string }>(sql`select count(*) from outbox due where ${IS_DUE}`);
  const remaining = Number(rows[0]?.count ?? 0);
  return { processed, remaining };
}

/** Forgets what was delivered a week ago. */
export function pruneOutbox(db: Db): Promise<void> {
  return prune(
    db,
    (limit) => sql`
      delete from outbox where id in (
        select id from outbox where delivered_at < now() - interval '7 days' limit ${limit})`,
  );
}

/**
 * Takes the first waiting message of each aggregate, some at a time. One statement, so that the claim is there as soon
 * as the message is answered; rows that another is just claiming are left to it.
 */
async function claim(db: Db): Promise<Delivery[]> {
  const { rows } = await db.execute<{
    id: string;
    topic: Topic;
    aggregate_id: string;
    payload: Payloads[Topic];
    attempts: number;
  }>(sql`
    update outbox set locked_until = now() + make_interval(secs => ${LEASE_SECONDS}), attempts = attempts + 1
    where id in (
      select due.id from outbox due where ${IS_DUE}
      order by due.id limit ${BITE}
      for update skip locked)
    returning id, topic, aggregate_id, payload, attempts`);
  return rows.map(
    (row) =>
      ({
        id: Number(row.id),
        topic: row.topic,
        aggregateId: row.aggregate_id,
        payload: row.payload,
        attempts: row.attempts,
      }) as Delivery,
  );
}

async function attempt(db: Db, delivery: Delivery, deliver: Deliver): Promise<boolean> {
  try {
    // A message that ends the process each time must come to rest too.
    if (delivery.attempts > MAX_ATTEMPTS) throw new Error('Every attempt ended without an answer.');
    await deliver(delivery);
  } catch (error) {
    await fail(db, delivery, error);
    return false;
  }
  await db.update(outbox).set({ deliveredAt: sql`now()`, lockedUntil: null }).where(eq(outbox.id, delivery.id));
  return true;
}

/** Puts the message off, twice as long each time and never quite alike, or to rest. */
async function fail(db: Db, { id, topic, attempts }: Delivery, error: unknown): Promise<void> {
  logFault('delivery_failed', error, { id, topic, attempts });
  const dead = attempts >= MAX_ATTEMPTS;
  const pauseSeconds = Math.min(2 ** attempts, LONGEST_PAUSE_SECONDS) * (0.5 + Math.random() / 2);
  await db
    .update(outbox)
    .set({
      lastError: describeError(error).slice(0, 500),
      lockedUntil: null,
      availableAt: sql`now() + make_interval(secs => ${pauseSeconds}::double precision)`,
      deadAt: dead ? sql`now()` : null,
    })
    // Only while the claim is still ours: another may have taken it over and delivered it.
    .where(and(eq(outbox.id, id), eq(outbox.attempts, attempts), sql`delivered_at is null`));
}
