/**
 * Payments whose outcome is not known yet: asking again, and giving up. Everything here may be repeated and run beside
 * itself: the provider does each thing once, and an order moves only from where it was seen.
 */
import { eq, type SQL, sql } from 'drizzle-orm';
import { CommerceError } from '@/commerce/error';
import type { Db } from '@/db/client';
import { payments } from '@/db/schema';
import { logFault } from './log';
import { type OrderRecord, readOrder } from './order-record';
import type { CreateIntent, Intent } from './payments/provider';
import { requireProvider } from './payments/providers';
import { type Cancellation, settleByCancellation, settleByPayment } from './settlement';

const BITE = 25;
/** A payment that somebody looked at in this time is left to them. */
const LOOKED_AT_SECONDS = 20;
/** A shopper who looks at an order has its payment looked at again after this time. */
const IDLE_SECONDS = 3;
/** No request to a provider is on its way for longer than this. */
const IN_FLIGHT_SECONDS = 60;

const REQUESTED: Cancellation = { actor: 'shopper', reason: 'requested' };
const SUPERSEDED: Cancellation = { actor: 'shopper', reason: 'superseded' };
const EXPIRED: Cancellation = { actor: 'system', reason: 'expired' };

/** Asks the provider for the order's money, for the first time or again with the same words, and settles by its answer. */
export async function requestPayment(db: Db, record: OrderRecord): Promise<OrderRecord> {
  const { order, payment } = record;
  const intent =
    payment.amountMinor === 0
      ? freeIntent(record)
      : await requireProvider(payment.provider).create({
          orderId: order.id,
          currency: payment.currency,
          amountMinor: payment.amountMinor,
          ...(payment.request as Pick<CreateIntent, 'method' | 'returnUrl'>),
        });
  return settleByPayment(db, order.id, intent, { actor: 'shopper', seen: record });
}

/**
 * Looks after payments that are still open: asks their provider, asks for the money again where a crash or an outage came
 * between, and cancels what has expired. A bounded bite; `remaining` says how many more are due.
 */
export async function sweepPayments(db: Db, { limit = BITE } = {}): Promise<{ processed: number; remaining: number }> {
  const due = sql`p.status in ('pending', 'requires_action', 'processing') and o.status = 'pending'
    and p.updated_at < now() - make_interval(secs => ${LOOKED_AT_SECONDS})`;
  // Touching the rows is the claim: a sweep beside this one takes others.
  const { rows } = await db.execute<{ order_id: string }>(sql`
    update payments set updated_at = now() where id in (
      select p.id from payments p join orders o on o.id = p.order_id where ${due}
      order by p.updated_at limit ${limit} for update of p skip locked)
    returning order_id`);
  const outcomes = await Promise.allSettled(rows.map((row) => reconcile(db, row.order_id)));
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') logFault('payment_not_reconciled', outcome.reason);
  }
  const { rows: counted } = await db.execute<{ count: string }>(
    sql`select count(*) from payments p join orders o on o.id = p.order_id where ${due}`,
  );
  return {
    processed: outcomes.filter(({ status }) => status === 'fulfilled').length,
    remaining: Number(counted[0]?.count ?? 0),
  };
}

/** Cancels expired orders that hold any of the variants, and answers how many: for stock that is wanted now. */
export function releaseExpired(db: Db, variantIds: string[]): Promise<number> {
  return cancelExpired(
    db,
    sql`select from stock_holds h
      where h.order_id = o.id and h.status = 'held' and h.variant_id = any(${sql.param(variantIds)}::text[])`,
  );
}

/** The same for orders that use any of the promotions: for a use that is wanted now. */
export function releaseExpiredUses(db: Db, promotionIds: string[]): Promise<number> {
  return cancelExpired(
    db,
    sql`select from promotion_uses u
      where u.order_id = o.id and u.status = 'counted' and u.promotion_id = any(${sql.param(promotionIds)}::text[])`,
  );
}

async function cancelExpired(db: Db, holds: SQL): Promise<number> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select o.id from orders o where o.status = 'pending' and o.expires_at < now() and exists (${holds})
    order by o.expires_at limit ${BITE}`);
  const outcomes = await Promise.allSettled(rows.map((row) => reconcile(db, row.id)));
  return outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value?.order.status === 'cancelled')
    .length;
}

/**
 * Makes way for another order of the same cart: cancels the payment of one that is not paid yet, then the order. Throws
 * `order_already_placed` where the provider says that it is paid, and `request_in_progress` while nobody can know.
 */
export async function supersede(db: Db, record: OrderRecord | null): Promise<void> {
  if (!record || record.order.status === 'cancelled') return;
  const settled = record.order.status === 'pending' ? await giveUp(db, record, SUPERSEDED) : record;
  if (settled.order.status === 'cancelled') return;
  throw new CommerceError('order_already_placed', 'This cart was ordered already.', {
    facts: { orderId: settled.order.id },
  });
}

/**
 * Cancels an order, on its shopper's wish where nobody else is named: an unpaid one at the provider first. Throws
 * `order_not_cancellable`.
 */
export async function cancelOrder(db: Db, record: OrderRecord, cancellation = REQUESTED): Promise<OrderRecord> {
  const settled = record.order.status === 'pending' ? await giveUp(db, record, cancellation) : record;
  return settleByCancellation(db, settled.order.id, { ...cancellation, seen: settled });
}

/**
 * Looks after one payment unless somebody did a moment ago, such as the request that is placing its order. Tells whether
 * it did.
 */
export async function reconcileIfIdle(db: Db, { order, payment }: OrderRecord): Promise<boolean> {
  const claimed = await db
    .update(payments)
    .set({ updatedAt: sql`now()` })
    .where(sql`${eq(payments.id, payment.id)} and updated_at < now() - make_interval(secs => ${IDLE_SECONDS})`)
    .returning({ id: payments.id });
  if (claimed.length === 0) return false;
  await reconcile(db, order.id);
  return true;
}

/** Finds out what became of an order's payment, and gives it up if it has expired. */
async function reconcile(db: Db, orderId: string): Promise<OrderRecord | null> {
  const record = await readOrder(db, orderId);
  if (record?.order.status !== 'pending') return record;
  const { order, payment } = record;
  if (order.expiresAt.getTime() <= Date.now()) return giveUp(db, record, EXPIRED);
  if (payment.providerPaymentId === null) return requestPayment(db, record);
  const intent = await requireProvider(payment.provider).get(payment.providerPaymentId);
  return settleByPayment(db, order.id, intent, { actor: 'system', seen: record });
}

/**
 * Cancels at the provider first, and here only as the provider answers: so no money is taken for an order that is gone.
 * Should it be taken after all, by a request that was long on its way, it is sent back when the news of it come.
 */
async function giveUp(db: Db, record: OrderRecord, cancellation: Cancellation): Promise<OrderRecord> {
  const { order, payment } = record;
  const provider = requireProvider(payment.provider);
  const intentId = payment.providerPaymentId ?? (await provider.find(order.id))?.id;
  if (intentId !== undefined) {
    return settleByPayment(db, order.id, await provider.cancel(intentId), { ...cancellation, seen: record });
  }
  if (Date.now() - order.createdAt.getTime() < IN_FLIGHT_SECONDS * 1000) {
    throw new CommerceError('request_in_progress', 'This order is being placed at this moment.');
  }
  return settleByCancellation(db, order.id, { ...cancellation, seen: record });
}

/** What costs nothing is paid: no provider is asked for nothing. */
function freeIntent({ order, payment }: OrderRecord): Intent {
  return {
    id: `free_${order.id}`,
    reference: order.id,
    status: 'succeeded',
    currency: payment.currency,
    amountMinor: 0,
    capturedMinor: 0,
    refundedMinor: 0,
    failureCode: null,
    redirectUrl: null,
  };
}
