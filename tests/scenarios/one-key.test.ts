import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { orders } from '@/db/schema';
import { bestDatabase } from '@/tests/databases';
import { breaches, type OrderShop, openOrderShop, TWEED } from '@/tests/orders/order-shop';

const REQUESTS = 100;

const database = bestDatabase('ord_one_key');

describe(`${REQUESTS} requests at once with one key, on ${database.server}`, () => {
  let shop: OrderShop;
  beforeAll(async () => {
    shop = await openOrderShop(database.start);
  });
  afterAll(() => shop.close());

  async function burst(requests = REQUESTS) {
    const filled = await shop.fill([TWEED, 1]);
    const request = shop.orderRequest(filled);
    const before = await shop.db.$count(orders);
    const answers = await Promise.all(
      Array.from({ length: requests }, () => shop.call('POST', '/api/orders', request)),
    );
    return { answers, request, made: (await shop.db.$count(orders)) - before };
  }

  it('have one effect; the others are told to wait, or hear the same answer', async () => {
    const { answers, request, made } = await burst();
    expect(made).toBe(1);
    const placed = answers.filter(({ status }) => status === 201);
    expect(placed.length).toBeGreaterThanOrEqual(1);
    expect(new Set(placed.map(({ text }) => text)).size).toBe(1);
    expect(placed.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    for (const { status, body, headers } of answers.filter((answer) => answer.status !== 201)) {
      expect([status, body.code, headers.get('retry-after')]).toEqual([409, 'request_in_progress', '1']);
    }
    const again = await shop.call('POST', '/api/orders', request);
    expect(again.text).toBe(placed[0]?.text);

    const orderId = placed[0]?.body.order.id;
    const { env } = shop.platform;
    const intents = await fetch(`${env.LOCAL_PAYMENTS_URL}/intents?reference=${orderId}`, {
      headers: { authorization: `Bearer ${env.LOCAL_PAYMENTS_SECRET_KEY}` },
    });
    expect(((await intents.json()) as { items: unknown[] }).items).toHaveLength(1);
    await shop.settled();
    expect(await breaches(shop.db)).toEqual([]);
  });

  // One connection does one request after the other, so only a server shows the race.
  it.skipIf(database.server === 'PGlite')(
    'would have many without the two constraints: the negative control',
    async () => {
      vi.spyOn(console, 'error').mockImplementation(() => {});
      await shop.db.execute(sql`alter table idempotency_keys drop constraint idempotency_keys_scope_key_pk`);
      await shop.db.execute(sql`drop index orders_cart_unique`);
      expect((await burst(20)).made).toBeGreaterThan(1);
    },
  );
});
