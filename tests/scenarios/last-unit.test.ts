import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stock } from '@/db/schema';
import { bestDatabase } from '@/tests/databases';
import { breaches, LAST, type OrderShop, openOrderShop } from '@/tests/orders/order-shop';

const ROUNDS = 10;

const database = bestDatabase('ord_last_unit');

describe(`two shoppers and one unit, on ${database.server}`, () => {
  let shop: OrderShop;
  beforeAll(async () => {
    shop = await openOrderShop(database.start);
  });
  afterAll(() => shop.close());

  async function race(firstCard = 'success') {
    await shop.db.update(stock).set({ onHand: sql`held + 1` }).where(eq(stock.variantId, LAST));
    const [ada, eve] = await Promise.all([shop.fill([LAST, 1]), shop.fill([LAST, 1])]);
    return Promise.all([shop.order(ada, { card: firstCard }), shop.order(eve)]);
  }

  it(`end in one order and one clear 409, ${ROUNDS} times over`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [ada, eve] = await race();
      const [winner, loser] = ada.status === 201 ? [ada, eve] : [eve, ada];
      expect([winner.status, loser.status, loser.body.code]).toEqual([201, 409, 'out_of_stock']);
      expect(loser.body.shortages).toEqual([expect.objectContaining({ variantId: LAST, requested: 1, available: 0 })]);
    }
    await shop.settled();
    expect(await breaches(shop.db)).toEqual([]);
  });

  it('end in an order for the second where the first walks away, without waiting for cron', async () => {
    await shop.db.update(stock).set({ onHand: sql`held + 1` }).where(eq(stock.variantId, LAST));
    const [ada, eve] = await Promise.all([shop.fill([LAST, 1]), shop.fill([LAST, 1])]);
    expect((await shop.order(ada, { card: 'three_d_secure' })).body.payment.status).toBe('requires_action');
    expect((await shop.order(eve)).body.code).toBe('out_of_stock');
    await shop.db.execute(sql`update orders set expires_at = now() - interval '1 second' where status = 'pending'`);
    expect((await shop.order(eve)).status).toBe(201);
    await shop.settled();
    expect(await breaches(shop.db)).toEqual([]);
  });

  it('would both get it without the function and the constraint: the negative control', async () => {
    await shop.db.execute(sql`alter table stock drop constraint stock_held_within_on_hand`);
    await shop.db.execute(sql`
        create or replace function hold_stock(p_order_id text, p_lines jsonb) returns void language sql as $$
          update stock s set held = held + (l ->> 'quantity')::integer
          from jsonb_array_elements(p_lines) l where s.variant_id = l ->> 'variantId' and s.location_id = 'loc_mill'
        $$`);
    const answers = await race();
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(await breaches(shop.db)).toContain(`stock below zero or oversold: ${LAST}`);
  });
});
