import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerEntries, orderEvents } from '@/db/schema';
import { settleByPayment } from '@/node/settlement';
import { bestDatabase } from '@/tests/databases';
import { breaches, type OrderShop, openOrderShop, TWEED } from './order-shop';

const database = bestDatabase('ord_ledger');

describe(`the ledger, on ${database.server}`, () => {
  let shop: OrderShop;
  beforeAll(async () => {
    shop = await openOrderShop(database.start);
  });
  afterAll(() => shop.close());

  async function paidOrder() {
    const { body } = await shop.order(await shop.fill([TWEED, 2]));
    const { rows } = await shop.db.execute<{ id: string; intent: string }>(
      sql`select id, provider_payment_id as intent from payments where order_id = ${body.order.id}`,
    );
    return { order: body.order, payment: rows[0]! };
  }

  const constraintOf = (error: Error & { cause?: { constraint?: string }; constraint?: string }) =>
    error.constraint ?? error.cause?.constraint;

  it('books a sale without its tax, and the money that settles it', async () => {
    const { order } = await paidOrder();
    const { rows } = await shop.db.execute<{ entry: string }>(sql`
      select split_part(transaction_id, ':', 2) || ' ' || account || ' ' || amount_minor as entry
      from ledger_entries where order_id = ${order.id} order by id`);
    // 39.98 € of cloth and 4.95 € of post contain 19 %: 6.38 € and 0.79 €.
    expect(rows.map((row) => row.entry)).toEqual([
      'sale customer 4493',
      'sale sales -3360',
      'sale shipping -416',
      'sale tax -717',
      'capture provider 4493',
      'capture customer -4493',
    ]);
  });

  it('refuses a transaction that does not sum to zero, at the commit', async () => {
    const { order, payment } = await paidOrder();
    const entry = { transactionId: 'lopsided', orderId: order.id, paymentId: payment.id, currency: 'EUR' };
    const write = shop.db.batch([
      shop.db.insert(ledgerEntries).values({ ...entry, account: 'provider', amountMinor: 100 }),
      shop.db.insert(ledgerEntries).values({ ...entry, account: 'customer', amountMinor: -99 }),
    ]);
    await expect(write.catch((error) => constraintOf(error))).resolves.toBe('ledger_entries_balanced');
    // Two that sum to zero together and not in each currency.
    const mixed = shop.db.batch([
      shop.db.insert(ledgerEntries).values({ ...entry, account: 'provider', amountMinor: 100 }),
      shop.db.insert(ledgerEntries).values({ ...entry, account: 'customer', amountMinor: -100, currency: 'USD' }),
    ]);
    await expect(mixed.catch((error) => constraintOf(error))).resolves.toBe('ledger_entries_balanced');
  });

  it('and the history of an order are never changed', async () => {
    await paidOrder();
    for (const [table, statement] of [
      ['ledger_entries', sql`update ledger_entries set amount_minor = amount_minor * 2`],
      ['ledger_entries', sql`delete from ledger_entries`],
      ['ledger_entries', sql`truncate ledger_entries`],
      ['order_events', sql`update order_events set actor = 'nobody'`],
      ['order_events', sql`delete from order_events`],
      ['order_events', sql`truncate order_events`],
    ] as const) {
      const refused = shop.db.execute(statement).catch((error) => constraintOf(error));
      await expect(refused).resolves.toBe(`${table}_append_only`);
    }
    expect(await shop.db.$count(orderEvents)).toBeGreaterThan(0);
  });

  it('keeps refunds within captures when 100 come at once', async () => {
    const { order, payment } = await paidOrder();
    const { amount, currency } = order.totals.total;
    const news = (refundedMinor: number) => ({
      id: payment.intent,
      reference: order.id,
      status: 'succeeded' as const,
      currency,
      amountMinor: amount,
      capturedMinor: amount,
      refundedMinor,
      failureCode: null,
      redirectUrl: null,
    });
    // The provider's sums so far, in whatever order they arrive; the last two are more than was ever paid.
    const sums = Array.from({ length: 100 }, (_, index) => Math.round((amount * (index + 1)) / 98));
    const outcomes = await Promise.allSettled(
      sums.map((sum) => settleByPayment(shop.db, order.id, news(sum), { actor: 'provider' })),
    );
    // Under such a crowd some give up; their news come again.
    for (const [index, { status }] of outcomes.entries()) {
      if (status === 'rejected') {
        await settleByPayment(shop.db, order.id, news(sums[index]!), { actor: 'provider' }).catch(() => {});
      }
    }
    const { rows } = await shop.db.execute<{ captured: string; refunded: string }>(sql`
      select captured_minor as captured, refunded_minor as refunded from payments where id = ${payment.id}`);
    expect([Number(rows[0]?.captured), Number(rows[0]?.refunded)]).toEqual([amount, amount]);
    expect(await breaches(shop.db)).toEqual([]);
  });

  it('would take anything without its trigger: the negative control', async () => {
    const { order } = await paidOrder();
    await shop.db.execute(sql`drop trigger ledger_entries_balanced on ledger_entries`);
    await shop.db.insert(ledgerEntries).values({
      transactionId: 'lopsided',
      orderId: order.id,
      account: 'customer',
      currency: 'EUR',
      amountMinor: 1,
    });
    expect(await breaches(shop.db)).toContain(`the ledger does not sum to zero: ${order.id}`);
  });
});
