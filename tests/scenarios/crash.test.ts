import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { orders } from '@/db/schema';
import { bestDatabase } from '@/tests/databases';
import { type Fate, underFate } from '@/tests/orders/fate';
import { breaches, type OrderShop, openOrderShop, type Placed, TWEED } from '@/tests/orders/order-shop';

const database = bestDatabase('ord_crash');
const CARDS = ['success', 'decline'];

/** The machine stops while an order is placed: before or after each request that it sends to a neighbour. */
describe(`a crash at any point of placing an order, on ${database.server}`, () => {
  let shop: OrderShop;
  beforeAll(async () => {
    // What fails here is meant to, and says so.
    vi.spyOn(console, 'error').mockImplementation(() => {});
    shop = await openOrderShop(database.start);
  });
  afterAll(() => shop.close());

  interface Intent {
    status: string;
    amountCaptured: number;
  }

  async function intentsOf(orderId: string): Promise<Intent[]> {
    const { LOCAL_PAYMENTS_URL, LOCAL_PAYMENTS_SECRET_KEY } = shop.platform.env;
    const response = await fetch(`${LOCAL_PAYMENTS_URL}/intents?reference=${orderId}`, {
      headers: { authorization: `Bearer ${LOCAL_PAYMENTS_SECRET_KEY}` },
    });
    return ((await response.json()) as { items: Intent[] }).items;
  }

  /** A minute goes by: leases and locks of the dead run out. */
  async function aMinutePasses(): Promise<void> {
    await shop.db.batch([
      shop.db.execute(sql`update payments set updated_at = updated_at - interval '1 minute'`),
      shop.db.execute(sql`update idempotency_keys set locked_until = locked_until - interval '1 minute'`),
      shop.db.execute(sql`
        update outbox set locked_until = locked_until - interval '2 minutes',
          available_at = available_at - interval '20 minutes' where delivered_at is null`),
    ]);
  }

  async function lettersOf(number: number): Promise<string[]> {
    return (await shop.mails()).map(({ subject }) => subject).filter((subject) => subject.includes(` ${number} `));
  }

  for (const card of CARDS) {
    it(`leaves an order whole or absent, and at most one charge, with the card ${card}`, async () => {
      const unharmed = await shop.fill([TWEED, 1]);
      const whole = await underFate(
        () => 'live',
        () => shop.order(unharmed, { card }),
      );
      await shop.settled();
      let unfinished = 0;
      const points = whole.requests.flatMap((label, index) =>
        (['die_before', 'die_after'] as Fate[]).map((fate) => ({ label, index, fate })),
      );
      for (const { label, index, fate } of points) {
        const point = `${fate} ${index} ${label}`;
        const before = await shop.db.$count(orders);
        const filled = await shop.fill([TWEED, 1]);
        const request = shop.orderRequest(filled, { card });
        const { outcome } = await underFate(
          (_, at) => (at === index ? fate : 'live'),
          () => shop.call<Placed>('POST', '/api/orders', request),
        );
        const left = await shop.db.execute<{ status: string }>(
          sql`select status from orders order by number desc limit ${(await shop.db.$count(orders)) - before}`,
        );
        if (outcome === 'died' && left.rows[0]?.status === 'pending') unfinished += 1;

        await aMinutePasses();
        await shop.cron('payments');
        await shop.cron('outbox');
        const made = (await shop.db.$count(orders)) - before;
        expect(made, point).toBeLessThanOrEqual(1);

        // The shopper's own program repeats what it heard no answer to.
        const again = await shop.call('POST', '/api/orders', request);
        expect(again.status, `${point}: ${again.text}`).toBe(card === 'decline' ? 402 : 201);
        await shop.settled();
        const { rows } = await shop.db.execute<{ id: string; number: string; status: string }>(
          sql`select id, number, status from orders order by number desc limit ${(await shop.db.$count(orders)) - before}`,
        );
        expect(rows, point).toHaveLength(1);
        const [order] = rows as [{ id: string; number: string; status: string }];
        expect(order.status, point).toBe(card === 'decline' ? 'cancelled' : 'confirmed');
        const intents = await intentsOf(order.id);
        expect(intents, point).toHaveLength(1);
        expect(intents[0]?.amountCaptured, point).toBe(card === 'decline' ? 0 : filled.total.amount);
        expect(await lettersOf(Number(order.number)), point).toHaveLength(card === 'decline' ? 0 : 1);
        expect(await breaches(shop.db), point).toEqual([]);
      }
      // Had nothing been left undone, this would have shown nothing: the negative control.
      expect(points.length).toBeGreaterThanOrEqual(30);
      expect(unfinished).toBeGreaterThan(0);
    }, 300_000);
  }
});
