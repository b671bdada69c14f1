import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Cart } from '@/commerce/cart';
import { prices } from '@/db/schema';
import { addCartItem, updateCart } from '@/edge/cart-operations';
import { edgeEnv } from '@/edge/env';
import { readQuote } from '@/edge/quote-token';
import { quotePrices } from '@/edge/quotes';
import { invalidateCatalog } from '@/edge/snapshot';
import { clientOf, type Problem } from './calls';
import { DRAFT, EUROS_ONLY, HOME, LINEN, openShop, PLENTY, PRICELESS, SCARCE, type Shop, TWEED } from './shop';

const call = clientOf([quotePrices, addCartItem, updateCart]);

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});

afterAll(() => shop.close());

const quote = (body: unknown) =>
  call<Omit<Cart, 'id'> & { quote: string; quoteExpiresAt: string }>('POST', '/api/prices', { body });

describe('a quote', () => {
  it('prices items in a market, without a cart', async () => {
    const items = [
      { variantId: TWEED, quantity: 3 },
      { variantId: LINEN, quantity: 1 },
    ];
    const { status, body, headers } = await quote({
      currency: 'USD',
      country: 'US',
      items,
      shippingMethodId: 'ship_post',
    });
    expect(status).toBe(200);
    expect(headers.get('set-cookie')).toBeNull();
    expect(body).toMatchObject({
      currency: 'USD',
      country: 'US',
      items: [{ total: { amount: 6597 } }, { total: { amount: 399 } }],
      // 8.25 % of 65.97, of 3.99 and of 4.95, each rounded: 5.44, 0.33 and 0.41.
      totals: {
        subtotal: { amount: 6996 },
        shipping: { amount: 495 },
        tax: { amount: 618, currency: 'USD' },
        total: { amount: 8109 },
        taxIncluded: false,
      },
      requirements: [],
      warnings: [],
    });
  });

  it('costs what a cart of the same items costs', async () => {
    const cart = await call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 7 } });
    const { body } = await quote({ items: [{ variantId: TWEED, quantity: 7 }] });
    expect(body.totals).toEqual(cart.body.totals);
  });

  it('asks KV once and Postgres not at all, when warm', async () => {
    const items = [{ variantId: TWEED }, { variantId: LINEN }];
    await quote({ items });
    expect((await quote({ items })).trips).toEqual({ kv: 1, db: 0 });
  });

  it('costs what a cart in the same place with the same way of shipping costs', async () => {
    const made = await call('PATCH', '/api/cart', { body: { shippingAddress: HOME, shippingMethodId: 'ship_post' } });
    const headers = { 'x-cart-token': made.body.token as string };
    const cart = await call('POST', '/api/cart/items', { body: { variantId: LINEN, quantity: 3 }, headers });
    const { country, postalCode } = HOME;
    const { body } = await quote({
      country,
      postalCode,
      shippingMethodId: 'ship_post',
      items: [{ variantId: LINEN, quantity: 3 }],
    });
    expect([body.totals, body.taxLines]).toEqual([cart.body.totals, cart.body.taxLines]);
  });

  it('comes with a token of this shop that holds its figures, and until when', async () => {
    const { body } = await quote({ items: [{ variantId: TWEED, quantity: 2 }], shippingMethodId: 'ship_post' });
    const signing = { secret: edgeEnv().AUTH_SECRET, now: new Date() };
    const claims = await readQuote(body.quote, signing);
    if (typeof claims === 'string') throw new Error(claims);
    expect(claims).toMatchObject({
      currency: 'EUR',
      country: 'DE',
      channel: 'web',
      group: null,
      vatId: null,
      zone: 'de',
      coupons: [],
      promotions: [],
      shipping: { id: 'ship_post', title: 'Post', off: [] },
      // 19 % contained in 39.98 and in 4.95.
      lines: [{ variantId: TWEED, quantity: 2, unit: 1999, total: 3998, tax: 638, rateBps: 1900, off: [] }],
      tax: [['MwSt.', 1900, 3776, 717]],
      totals: { subtotal: 3998, discount: 0, shipping: 495, tax: 717, total: 4493, taxIncluded: true },
    });
    expect(new Date(claims.exp * 1000).toISOString()).toBe(body.quoteExpiresAt);
    const again = await quote({ items: [{ variantId: TWEED, quantity: 2 }], shippingMethodId: 'ship_post' });
    expect(again.body.quote).not.toBe(body.quote);
  });

  it('comes from Postgres where KV is away, while carts wait for it', async () => {
    const reach = globalThis.fetch;
    vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) =>
      String(input).startsWith(shop.platform.env.KV_REST_API_URL!)
        ? Promise.reject(new TypeError('fetch failed'))
        : reach(input, init),
    );
    vi.spyOn(console, 'error').mockImplementation(() => {});
    try {
      const { status, body, trips } = await quote({ items: [{ variantId: TWEED }] });
      expect([status, body.totals.total.amount]).toEqual([200, 1999]);
      expect(trips.db).toBeGreaterThan(0);
      const cart = await call<Problem>('POST', '/api/cart/items', { body: { variantId: TWEED } });
      expect([cart.status, cart.body.code]).toEqual([503, 'kv_unavailable']);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it('shows a changed price at once', async () => {
    const total = async () => (await quote({ items: [{ variantId: LINEN }] })).body.totals.total.amount;
    const reprice = async (amountMinor: number) => {
      await shop.db.update(prices).set({ amountMinor }).where(eq(prices.variantId, LINEN));
      await invalidateCatalog(shop.kv, { variantIds: [LINEN] });
    };
    expect(await total()).toBe(333);
    try {
      await reprice(350);
      expect(await total()).toBe(350);
    } finally {
      await reprice(333);
    }
  });

  it('warns of stock and of codes that do not apply', async () => {
    const { body } = await quote({ items: [{ variantId: SCARCE, quantity: 3 }], coupons: ['WOOL10'] });
    expect(body.warnings.map(({ code, path }) => [code, path])).toEqual([
      ['insufficient_stock', 'items.0'],
      ['coupon_not_applicable', 'coupons.0'],
    ]);
    expect(body.totals.discount.amount).toBe(0);
  });

  const one = [{ variantId: TWEED, quantity: 1 }];
  it.each<[string, string, unknown]>([
    ['invalid_input', 'items', {}],
    ['invalid_input', 'items', { items: [] }],
    ['invalid_input', 'items', { items: 'all' }],
    ['too_many_lines', 'items', { items: [...PLENTY].map((variantId) => ({ variantId })) }],
    ['invalid_input', 'items.0.quantity', { items: [{ variantId: TWEED, quantity: 0 }] }],
    ['invalid_input', 'items.0.quantity', { items: [{ variantId: TWEED, quantity: '1' }] }],
    ['invalid_input', 'items.0.quantity', { items: [{ variantId: TWEED, quantity: 1e300 }] }],
    ['quantity_above_limit', 'items.1.quantity', { items: [...one, { variantId: LINEN, quantity: 1000 }] }],
    ['variant_not_found', 'items.1.variantId', { items: [...one, { variantId: DRAFT }] }],
    ['variant_not_found', 'items.0.variantId', { items: [{ variantId: 'constructor' }] }],
    ['variant_not_sold_in_currency', 'items.0.variantId', { items: [{ variantId: EUROS_ONLY }], currency: 'USD' }],
    ['amount_out_of_range', 'items.0.unitPrice', { items: [{ variantId: PRICELESS }] }],
    ['currency_not_sold', 'currency', { items: one, currency: 'CHF' }],
    ['invalid_input', 'currency', { items: one, currency: '__proto__' }],
    ['country_not_sold_to', 'country', { items: one, country: 'AQ' }],
    ['invalid_input', 'country', { items: one, country: 'Germany' }],
    ['invalid_input', 'coupons', { items: one, coupons: Array(11).fill('X') }],
    ['invalid_input', 'coupons.1', { items: one, coupons: ['X', 'Y Z'] }],
    ['invalid_input', 'coupons', { items: one, coupons: 'X' }],
    ['invalid_input', 'channel', { items: one, channel: 'Web' }],
    ['invalid_input', 'vatId', { items: one, vatId: 'DE136695975' }],
    ['invalid_input', 'postalCode', { items: one, postalCode: 'x'.repeat(21) }],
    ['invalid_input', 'region', { items: one, region: 1 }],
    ['group_pass_invalid', 'groupPass', { items: one, groupPass: 'x' }],
  ])('refuses with %s at %s: %j', async (code, path, body) => {
    const answer = await call<Problem>('POST', '/api/prices', { body });
    expect([answer.status, answer.body.code]).toEqual([422, code]);
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ path }));
  });

  it('takes infinity for no number', async () => {
    const request = new Request('http://shop.test/api/prices', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"items":[{"variantId":"${TWEED}","quantity":1e309}]}`,
    });
    expect((await quotePrices.handle(request)).status).toBe(422);
  });
});
