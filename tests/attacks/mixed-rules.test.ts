import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '@/db/client';
import { placeOrder } from '@/node/placement';
import { bestDatabase } from '@/tests/databases';
import { percentOff, priceList, promotion } from '../edge/rule-inputs';
import { HOME, TWEED } from '../orders/order-shop';
import { openPromotionShop, type PromotionShop, RULES } from '../orders/promotion-shop';

const database = bestDatabase('attack_mixed');

describe(`rules that are loaded while an order is priced, on ${database.server}`, () => {
  let shop: PromotionShop;
  beforeAll(async () => {
    shop = await openPromotionShop(database.start);
  });
  afterAll(() => shop?.close());

  it('are the old ones or the new ones, never the prices of some with the promotions of the others', async () => {
    // Before: 10.00 by a list. After: half of 15.00 by the same list. The post is 4.95; half of 10.00 is nobody's price.
    await shop.setRules({ ...RULES, promotions: [], priceLists: [priceList('list', TWEED, 1000, {})] });
    const after = {
      ...RULES,
      promotions: [promotion('half', percentOff(50))],
      priceLists: [priceList('list', TWEED, 1500, {})],
    };
    let variantsRead: Promise<unknown> | null = null;
    const db = new Proxy(shop.db, {
      get(target, name) {
        if (name !== 'execute') return Reflect.get(target, name);
        return async (query: Parameters<Db['execute']>[0]) => {
          if (variantsRead) {
            const first = variantsRead;
            await first;
            await shop.setRules(after);
            variantsRead = null;
            Object.defineProperty(db, 'execute', { value: target.execute.bind(target) });
            return target.execute(query);
          }
          variantsRead = Promise.resolve(target.execute(query));
          return variantsRead;
        };
      },
    }) as Db;
    const cart = {
      key: 'cart:mixed',
      id: 'cart_mixed',
      version: 1,
      currency: 'EUR',
      country: 'DE',
      email: null,
      shippingAddress: HOME,
      billingAddress: null,
      shippingMethodId: 'ship_post',
      channel: 'web',
      vatId: null,
      group: null,
      coupons: [],
      lines: [{ id: 'item_mixed', variantId: TWEED, quantity: 1, metadata: {} }],
    };
    const input = {
      email: 'ada@example.com',
      shippingAddress: HOME,
      shippingMethodId: 'ship_post',
      payment: { provider: 'local', card: 'success' },
      expectedTotal: { amount: 1, currency: 'EUR' },
    };
    const deps = { db, now: new Date(), siteUrl: shop.siteUrl, authSecret: 'x'.repeat(32) };
    const refusal = await placeOrder(cart, input as never, {} as never, deps).catch((error) => error);
    expect(refusal.code).toBe('price_changed');
    expect([1000 + 495, 750 + 495]).toContain(refusal.facts.total.amount);
  });
});
