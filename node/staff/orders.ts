/** Orders as the staff sees and cancels them. */
import { and, asc, eq, or, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { orderEvents, orders } from '@/db/schema';
import { drainAfterResponse } from '../deliveries';
import { idOf, notFound, pageInput, pageOf, SearchInput } from '../lists';
import { type OrderRecord, readOrder } from '../order-record';
import { orderView } from '../order-view';
import { showStock } from '../orders';
import { cancelOrder } from '../payment-sweep';
import { actorIdOf, deed, logged } from './audit';
import { permittedOperation } from './operation';

const ListOrders = v.object({
  ...pageInput,
  status: v.optional(v.picklist(['pending', 'confirmed', 'cancelled'], 'There is no such status.')),
  q: v.optional(SearchInput),
});

/** Orders, the newest first; `q` is an order's number or a part of its mail address. */
export const listStaffOrdersOperation = permittedOperation(
  { method: 'GET', path: '/api/admin/orders', access: ['orders:read'], query: ListOrders },
  async ({ db }, _actor, { query }) => {
    const { status, q } = query;
    const page = pageOf(JSON.stringify(['staff-orders', status, q]), query, { by: orders.number, as: 'number' });
    const rows = await db
      .select({
        id: orders.id,
        number: orders.number,
        status: orders.status,
        paymentStatus: orders.paymentStatus,
        fulfilmentStatus: orders.fulfilmentStatus,
        accountId: orders.accountId,
        email: orders.email,
        totalMinor: orders.totalMinor,
        currency: orders.currency,
        createdAt: orders.createdAt,
      })
      .from(orders)
      .where(
        and(
          status === undefined ? undefined : eq(orders.status, status),
          q
            ? or(
                sql`strpos(lower(${orders.email}), lower(${q})) > 0`,
                /^\d{1,15}$/.test(q) ? eq(orders.number, Number(q)) : undefined,
              )
            : undefined,
          page.isAfter,
        ),
      )
      .orderBy(page.order)
      .limit(page.take);
    return page.reply(
      rows,
      ({ number }) => number,
      ({ totalMinor, currency, ...row }) => ({ ...row, total: { amount: totalMinor, currency } }),
    );
  },
);

/** An order with its whole history. */
export const getStaffOrderOperation = permittedOperation(
  { method: 'GET', path: '/api/admin/orders/{orderId}', access: ['orders:read'] },
  async (context) => {
    const id = idOf(context, 'orderId');
    const [record, events] = await Promise.all([
      readOrder(context.db, id),
      context.db.select().from(orderEvents).where(eq(orderEvents.orderId, id)).orderBy(asc(orderEvents.id)),
    ]);
    if (!record) throw noOrder();
    return {
      body: {
        ...staffView(record),
        events: events.map(({ type, actor, data, createdAt }) => ({ type, actor, data, at: createdAt })),
      },
    };
  },
);

const CancelOrder = v.strictObject({
  reason: v.pipe(
    v.string('This must be a text.'),
    v.trim(),
    v.nonEmpty('Say why, for those who ask later.'),
    v.maxLength(500, 'This must be at most 500 characters.'),
  ),
});

/**
 * Cancels an order that was not sent yet, as its shopper could: money goes back, and a letter says that the shop cancelled.
 * `reason` stands in the order's history, for the staff alone. Repeating it changes nothing. Throws
 * `order_not_cancellable`, and `request_in_progress` or `payment_provider_unavailable` while nobody can know whether it
 * is paid.
 */
export const cancelStaffOrderOperation = permittedOperation(
  { method: 'POST', path: '/api/admin/orders/{orderId}/cancellation', access: ['orders:write'], body: CancelOrder },
  async (context, actor, { body: { reason } }) => {
    const { db } = context;
    const found = await readOrder(db, idOf(context, 'orderId'));
    if (!found) throw noOrder();
    const record = await cancelOrder(db, found, {
      actor: `${actor.kind}:${actorIdOf(actor)}`,
      reason: 'by_shop',
      note: reason,
      beside: ({ order }, to) => {
        const before = { status: order.status, paymentStatus: order.paymentStatus };
        const after = { status: to.status, paymentStatus: to.paymentStatus, reason };
        return [
          db.execute(sql`
            with change as (
              select ${order.id}::text as subject_id, ${JSON.stringify(before)}::jsonb as before,
                ${JSON.stringify(after)}::jsonb as after),
            ${logged(deed(context, actor, 'order.cancelled', 'orders'))}
            select subject_id from change`),
        ];
      },
    });
    await showStock(context, record);
    drainAfterResponse(context);
    return { body: staffView(record) };
  },
);

function staffView(record: OrderRecord) {
  return { ...orderView(record), accountId: record.order.accountId };
}

function noOrder() {
  return notFound('There is no such order.');
}
