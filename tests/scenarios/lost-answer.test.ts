import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { orders } from '@/db/schema';
import { bestDatabase } from '@/tests/databases';
import { underFate } from '@/tests/orders/fate';
import { breaches, type OrderShop, openOrderShop, TWEED } from '@/tests/orders/order-shop';
import { randomFrom } from '@/tests/orders/random';

const database = bestDatabase('ord_lost_answer');
const ORDERS = 40;

/** The database commits, and the answer is lost on the way: nobody can tell that from a request that never arrived. */
describe(`an answer of the database that is lost, on ${database.server}`, () => {
  let shop: OrderShop;
  beforeAll(async () => {
    // What fails here is meant to, and says so.
    vi.spyOn(console, 'error').mockImplementation(() => {});
    shop = await openOrderShop(database.start);
  });
  afterAll(() => shop.close());

  it(`loses nothing and doubles nothing, whichever it is, in ${ORDERS} orders`, async () => {
    for (let seed = 1; seed <= ORDERS; seed += 1) {
      const random = randomFrom(seed);
      const filled = await shop.fill([TWEED, 1]);
      const request = shop.orderRequest(filled);
      const before = await shop.db.$count(orders);
      const lost: string[] = [];
      const { outcome } = await underFate(
        (label) => {
          if (!label.startsWith('sql') || random() > 0.3) return 'live';
          lost.push(label);
          return 'lose';
        },
        () => shop.call('POST', '/api/orders', request),
      );
      if (outcome === 'died') throw new Error('nothing was to die');
      // 503, or told to wait for the request of which no answer came: then the shopper's program asks again.
      expect([201, 409, 503], `${seed}: ${outcome.text}`).toContain(outcome.status);
      await shop.db.execute(sql`update idempotency_keys set locked_until = now() - interval '1 second'`);
      const again = await shop.call('POST', '/api/orders', request);
      expect(again.status, `${seed}: ${again.text} after ${lost.join(', ')}`).toBe(201);
      if (outcome.status === 201) expect(again.text).toBe(outcome.text);
      expect((await shop.db.$count(orders)) - before, `${seed}: ${lost.join(', ')}`).toBe(1);
      await shop.settled();
    }
    await shop.db.execute(sql`
      update outbox set locked_until = null, available_at = now() where delivered_at is null`);
    await shop.cron('outbox');
    expect(await breaches(shop.db)).toEqual([]);
    const letters = await shop.mails();
    expect(letters).toHaveLength(ORDERS);
  }, 300_000);

  it.each([1, 5])(
    'recovers by itself where the answer to the batch that places the order is lost %i times',
    async (lost) => {
      const filled = await shop.fill([TWEED, 1]);
      const before = await shop.db.$count(orders);
      let sent = 0;
      const { outcome } = await underFate(
        (label) => {
          if (!label.includes('delete from idempotency_keys')) return 'live';
          sent += 1;
          return sent <= lost ? 'lose' : 'live';
        },
        () => shop.order(filled),
      );
      if (outcome === 'died') throw new Error('nothing was to die');
      expect(sent).toBe(lost + 1);
      expect(outcome.status).toBe(201);
      expect((await shop.db.$count(orders)) - before).toBe(1);
    },
  );

  it('would be two orders if the batch did not recognise itself: the negative control', async () => {
    await shop.settled();
    await shop.db.execute(sql`alter table idempotency_keys drop constraint idempotency_keys_scope_key_pk`);
    await shop.db.execute(sql`drop index orders_cart_unique`);
    const filled = await shop.fill([TWEED, 1]);
    const request = shop.orderRequest(filled);
    const before = await shop.db.$count(orders);
    const place = () =>
      underFate(
        (label) => (label.includes('delete from idempotency_keys') ? 'die_after' : 'live'),
        () => shop.call('POST', '/api/orders', request),
      );
    await Promise.all([place(), place()]);
    expect((await shop.db.$count(orders)) - before).toBe(2);
  });
});
