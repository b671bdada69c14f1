/** Moves an order on by what its provider says or its shopper asks, each time in one batch that is guarded. */
import { eq, sql } from 'drizzle-orm';
import { type CancellationReason, moveByCancellation, moveByPayment, type OrderMove } from '@/commerce/order-status';
import type { Db } from '@/db/client';
import { databaseFault, isLostRace, pauseBefore } from '@/db/fault';
import { ledgerEntries, orderEvents, orders, payments, stockHolds } from '@/db/schema';
import { ledger } from './ledger';
import { changeOrder, type OrderRecord, orderStateOf, readOrder, type Statement } from './order-record';
import { type Message, outboxStatement } from './outbox';
import type { Intent } from './payments/provider';
import { releaseStatement } from './promotion-uses';

/** Who moved an order, for its history; staff and keys by their ids. */
type Actor = 'shopper' | 'provider' | 'system' | `staff:${string}` | `api_key:${string}`;

/** Who cancels an order and why. */
export interface Cancellation {
  actor: Actor;
  reason: CancellationReason;
  /** For the order's history; no shopper sees it. */
  note?: string;
  /** What is written in the batch that cancels it, and in no other. */
  beside?(from: OrderRecord, to: OrderMove['state']): Statement[];
}

/** What moves an order: a cancellation, or news that may come to one. */
type Cause = Pick<Cancellation, 'actor'> & Partial<Cancellation>;

const MAX_TRIES = 6;

/**
 * Brings an order to what its provider says of the payment, whatever was said before and however often: late, repeated
 * and overtaken news change nothing. Answers the order as it then is.
 */
export async function settleByPayment(
  db: Db,
  orderId: string,
  intent: Intent,
  { seen, ...cause }: Cause & { /** As it was read just now. */ seen?: OrderRecord },
): Promise<OrderRecord> {
  return settle(db, orderId, seen, (record) => {
    const { payment } = record;
    const isOther = payment.providerPaymentId !== null && payment.providerPaymentId !== intent.id;
    if (isOther || intent.amountMinor !== payment.amountMinor || intent.currency !== payment.currency) {
      // Not what was asked for, so not ours to confirm. It is left as it is for a person to look at.
      console.error(JSON.stringify({ level: 'error', code: 'payment_differs', orderId, intentId: intent.id }));
      return null;
    }
    const move = moveByPayment(orderStateOf(record), intent, cause.reason);
    return move && statementsOf(db, record, move, cause, intent);
  });
}

/** Cancels an order that the provider knows nothing of, or that is paid. Throws `order_not_cancellable`. */
export async function settleByCancellation(
  db: Db,
  orderId: string,
  { seen, ...cancellation }: Cancellation & { seen?: OrderRecord },
): Promise<OrderRecord> {
  return settle(db, orderId, seen, (record) => {
    const move = moveByCancellation(orderStateOf(record), cancellation.reason);
    return move && statementsOf(db, record, move, cancellation);
  });
}

async function settle(
  db: Db,
  orderId: string,
  seen: OrderRecord | undefined,
  decide: (record: OrderRecord) => Statement[] | null,
): Promise<OrderRecord> {
  for (let tries = 1; ; tries += 1) {
    const record = tries === 1 && seen ? seen : await readOrder(db, orderId);
    if (!record) throw new Error(`There is no order ${orderId} to settle.`);
    const statements = decide(record);
    if (!statements) return record;
    try {
      return await changeOrder(db, orderId, statements);
    } catch (error) {
      const fault = databaseFault(error);
      // An answer lost on the way, or a race lost: what is there now is read again, and it decides whether to repeat.
      if (!fault || tries === MAX_TRIES || (fault.sqlState !== null && !isLostRace(fault))) throw error;
      await pauseBefore(tries);
    }
  }
}

/** A move as the statements of one batch; the first aborts it if the order is no longer what the move was decided on. */
function statementsOf(db: Db, record: OrderRecord, move: OrderMove, cause: Cause, intent?: Intent): Statement[] {
  const { order, payment } = record;
  const { state, effects } = move;
  const now = sql`now()`;
  const captured = effects.includes('captured') ? payment.amountMinor : payment.capturedMinor;
  const statements: Statement[] = [
    db.execute(
      sql`select lock_order(${order.id}, ${order.status}, ${order.paymentStatus}, ${payment.refundedMinor}::bigint)`,
    ),
    db
      .update(orders)
      .set({ status: state.status, paymentStatus: state.paymentStatus, updatedAt: now })
      .where(eq(orders.id, order.id)),
    db
      .update(payments)
      .set({
        status: state.payment,
        capturedMinor: captured,
        refundedMinor: state.refundedMinor,
        providerPaymentId: intent?.id ?? payment.providerPaymentId,
        redirectUrl: state.payment === 'requires_action' ? (intent?.redirectUrl ?? payment.redirectUrl) : null,
        failureCode: intent?.failureCode ?? payment.failureCode,
        updatedAt: now,
      })
      .where(eq(payments.id, payment.id)),
  ];
  // In the order in which placing takes them: whoever went the other way round could wait for it in a circle.
  if (effects.includes('cancelled')) statements.push(releaseStatement(db, order.id));
  if (move.stock === 'release') statements.push(db.execute(sql`select release_stock(${order.id})`));
  if (move.stock === 'commit') {
    statements.push(
      db
        .update(stockHolds)
        .set({ status: 'committed', updatedAt: now })
        .where(sql`${eq(stockHolds.orderId, order.id)} and ${eq(stockHolds.status, 'held')}`),
    );
  }

  const events = eventsOf(record, move, cause.note).map((event) => ({
    orderId: order.id,
    actor: cause.actor,
    ...event,
  }));
  statements.push(db.insert(orderEvents).values(events));
  if (effects.includes('cancelled')) statements.push(...(cause.beside?.(record, state) ?? []));
  const entries = [
    ...(effects.includes('confirmed') ? ledger.sale(record) : []),
    ...(effects.includes('captured') ? ledger.capture(record, captured) : []),
    ...(effects.includes('sale_reversed') ? ledger.saleReversal(record) : []),
    ...(effects.includes('refunded')
      ? ledger.refund(record, state.refundedMinor - payment.refundedMinor, state.refundedMinor)
      : []),
  ];
  if (entries.length > 0) statements.push(db.insert(ledgerEntries).values(entries));
  const messages = messagesOf(record, move);
  if (messages.length > 0) statements.push(outboxStatement(db, messages));
  return statements;
}

function eventsOf({ payment }: OrderRecord, { state, effects, reason }: OrderMove, note?: string) {
  const events: { type: string; data: Record<string, unknown> }[] = [];
  if (state.payment !== payment.status) events.push({ type: `payment.${state.payment}`, data: {} });
  if (effects.includes('confirmed')) events.push({ type: 'order.confirmed', data: {} });
  if (effects.includes('cancelled')) {
    events.push({ type: 'order.cancelled', data: { reason, ...(note === undefined ? {} : { note }) } });
  }
  if (effects.includes('refunded')) {
    events.push({ type: 'payment.refunded', data: { amountMinor: state.refundedMinor - payment.refundedMinor } });
  }
  return events;
}

function messagesOf({ order, payment, lines }: OrderRecord, { state, stock, effects, reason }: OrderMove): Message[] {
  const messages: Message[] = [];
  if (effects.includes('confirmed')) {
    messages.push(
      { topic: 'order.confirmed', aggregateId: order.id, payload: { orderId: order.id } },
      { topic: 'cart.completed', aggregateId: order.cartId, payload: { orderId: order.id } },
    );
  }
  // A declined card is answered on the spot, and a superseded order was replaced by the shopper: neither needs a letter.
  // Nor does one that was never confirmed to anybody, and that whoever placed it takes back: the address may be a stranger's.
  const isTold =
    reason === 'expired' || reason === 'by_shop' || (reason === 'requested' && order.status === 'confirmed');
  if (effects.includes('cancelled') && isTold) {
    messages.push({ topic: 'order.cancelled', aggregateId: order.id, payload: { orderId: order.id, reason } });
  }
  if (effects.includes('refund_due')) {
    const amountMinor = payment.amountMinor - state.refundedMinor;
    messages.push({ topic: 'payment.refund', aggregateId: payment.id, payload: { orderId: order.id, amountMinor } });
  }
  if (effects.includes('refunded')) {
    const amountMinor = state.refundedMinor - payment.refundedMinor;
    messages.push({
      topic: 'order.refunded',
      aggregateId: order.id,
      payload: { orderId: order.id, amountMinor, refundedMinor: state.refundedMinor },
    });
  }
  if (stock === 'release') messages.push(stockMessage(order.id, lines, 1));
  return messages;
}

/** Tells that an order took (`sign` -1) or gave back (1) what its lines say. */
export function stockMessage(
  orderId: string,
  lines: { variantId: string | null; quantity: number }[],
  sign: 1 | -1,
): Extract<Message, { topic: 'stock.changed' }> {
  const deltas: Record<string, number> = {};
  for (const { variantId, quantity } of lines) {
    if (variantId !== null) deltas[variantId] = (deltas[variantId] ?? 0) + sign * quantity;
  }
  return { topic: 'stock.changed', aggregateId: `stock:${orderId}`, payload: { deltas } };
}
