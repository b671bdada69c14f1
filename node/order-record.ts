import { asc, type Column, eq, inArray } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { OrderState } from '@/commerce/order-status';
import type { Db } from '@/db/client';
import { orderAdjustments, orderLines, orders, orderTaxLines, payments } from '@/db/schema';

/** An order with its payment and all that explains its total, as they were at one moment. */
export interface OrderRecord {
  order: typeof orders.$inferSelect;
  payment: typeof payments.$inferSelect;
  lines: (typeof orderLines.$inferSelect)[];
  /** What promotions took off lines and shipping. */
  adjustments: (typeof orderAdjustments.$inferSelect)[];
  taxLines: (typeof orderTaxLines.$inferSelect)[];
}

/** The order, or null where there is none. One round trip. */
export async function readOrder(db: Db, orderId: string): Promise<OrderRecord | null> {
  return orderRecordOf(await runBatch(db, readStatements(db, [orderId])));
}

/** Those of the orders that there are, in no order. One round trip. */
export async function readOrders(db: Db, orderIds: string[]): Promise<OrderRecord[]> {
  if (orderIds.length === 0) return [];
  const [heads, lines, adjustments, taxLines] = (await runBatch(db, readStatements(db, orderIds))) as Rows;
  const of = <Row extends { orderId: string }>(rows: Row[], id: string) => rows.filter(({ orderId }) => orderId === id);
  return heads.map((head) => {
    const { id } = head.order;
    return { ...head, lines: of(lines, id), adjustments: of(adjustments, id), taxLines: of(taxLines, id) };
  });
}

/** Runs statements as one atomic batch, and answers the order as the batch left it. */
export async function changeOrder(db: Db, orderId: string, statements: Statement[]): Promise<OrderRecord> {
  const results = await runBatch(db, [...statements, ...readStatements(db, [orderId])]);
  const record = orderRecordOf(results.slice(-READ_STATEMENTS));
  if (!record) throw new Error(`The order ${orderId} was changed and is not there.`);
  return record;
}

/** One statement of a batch. */
export type Statement = BatchItem<'pg'>;

/** One atomic transaction in one round trip; its constraints decide. */
export function runBatch(db: Db, statements: Statement[]): Promise<unknown[]> {
  return db.batch(statements as [Statement, ...Statement[]]);
}

/** What decides how the order may move. */
export function orderStateOf({ order, payment }: OrderRecord): OrderState {
  return {
    status: order.status,
    paymentStatus: order.paymentStatus,
    fulfilmentStatus: order.fulfilmentStatus,
    payment: payment.status,
    amountMinor: payment.amountMinor,
    refundedMinor: payment.refundedMinor,
  };
}

const READ_STATEMENTS = 4;

type Rows = [
  Pick<OrderRecord, 'order' | 'payment'>[],
  OrderRecord['lines'],
  OrderRecord['adjustments'],
  OrderRecord['taxLines'],
];

function readStatements(db: Db, orderIds: string[]): Statement[] {
  const isOf = (column: Column) => inArray(column, orderIds);
  return [
    db
      .select({ order: orders, payment: payments })
      .from(orders)
      .innerJoin(payments, eq(payments.orderId, orders.id))
      .where(isOf(orders.id)),
    db.select().from(orderLines).where(isOf(orderLines.orderId)).orderBy(asc(orderLines.position)),
    db.select().from(orderAdjustments).where(isOf(orderAdjustments.orderId)).orderBy(asc(orderAdjustments.id)),
    db.select().from(orderTaxLines).where(isOf(orderTaxLines.orderId)).orderBy(asc(orderTaxLines.position)),
  ];
}

function orderRecordOf(results: unknown[]): OrderRecord | null {
  const [[head], lines, adjustments, taxLines] = results as Rows;
  return head ? { ...head, lines, adjustments, taxLines } : null;
}
