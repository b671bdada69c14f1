import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cart } from '@/commerce/cart';
import { bestDatabase } from '@/tests/databases';
import { percentOff, promotion } from '../edge/rule-inputs';
import { TWEED } from '../orders/order-shop';
import { openPromotionShop, type PromotionShop, RULES } from '../orders/promotion-shop';

const database = bestDatabase('attack_rushes');

describe(`rushes on promotions, on ${database.server}`, () => {
  let shop: PromotionShop;
  beforeAll(async () => {
    shop = await openPromotionShop(database.start);
  });
  afterAll(() => shop?.close());

  it('one quote of a promotion with one use is no more than one order, also once the promotion is taken away', async () => {
    await shop.setRules({
      ...RULES,
      promotions: [promotion('leaked', percentOff(90), { codes: ['LEAKED'], usageLimit: 1 })],
    });
    const carts = await Promise.all(Array.from({ length: 3 }, () => shop.fillWith(['LEAKED'], [TWEED, 1])));
    const quoted = await shop.call<Cart & { quote: string }>('POST', '/api/prices', {
      body: {
        currency: 'EUR',
        country: 'DE',
        postalCode: '10115',
        items: [{ variantId: TWEED, quantity: 1 }],
        coupons: ['LEAKED'],
        shippingMethodId: 'ship_post',
      },
    });
    const { quote } = quoted.body;
    expect((await shop.order(carts[0]!, { body: { email: 'a@example.com', quote } })).status).toBe(201);
    expect((await shop.order(carts[1]!, { body: { email: 'b@example.com', quote } })).status).toBe(409);
    await shop.setRules({ ...RULES, promotions: [] });
    expect((await shop.order(carts[1]!, { body: { email: 'b@example.com', quote } })).status).not.toBe(201);
    expect((await shop.order(carts[2]!, { body: { email: 'c@example.com', quote } })).status).not.toBe(201);
  });

  it('a conversion that makes no payable price stops nobody who buys in another currency, and nobody once it is gone', async () => {
    await shop.db.execute(sql`
      insert into shipping_prices (method_id, currency, from_measure, amount_minor) values ('ship_post', 'SEK', 0, 500)`);
    const rounding = { incrementMinor: 1, lessMinor: 0, mode: 'nearest' as const };
    const add = () => shop.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 1 } });
    await shop.setRules({ ...RULES, conversions: [{ from: 'EUR', to: 'SEK', rate: '999999999', rounding }] });
    await shop.call('GET', '/api/cart');
    expect.soft((await add()).status).toBe(201);
    expect.soft((await add()).status).toBe(201);
    await shop.setRules({ ...RULES, conversions: [] });
    expect.soft((await add()).status).toBe(201);
  });
});
