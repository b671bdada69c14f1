import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orders, products } from '@/db/schema';
import { FADING, HOME, type OrderShop, openOrderShop, TWEED } from '@/tests/orders/order-shop';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop.close());

describe('POST /api/orders answers 422', () => {
  it('cart_empty without a cart, with one that is gone, and with nothing in it', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const request = shop.orderRequest(filled);
    const { 'x-cart-token': _, ...headers } = request.headers!;
    const gone = { ...headers, 'x-cart-token': 'x'.repeat(43) };
    for (const sent of [headers, gone]) {
      const { status, body } = await shop.call('POST', '/api/orders', { ...request, headers: sent });
      expect([status, body.code]).toEqual([422, 'cart_empty']);
    }
    await shop.call('DELETE', `/api/cart/items/${filled.cart.items[0]?.id}`, {
      headers: { 'x-cart-token': filled.token },
    });
    const { status, body } = await shop.order(filled);
    expect([status, body.code]).toEqual([422, 'cart_empty']);
  });

  it('idempotency_key_reused for another body under the same key', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const key = crypto.randomUUID();
    expect((await shop.order(filled, { key })).status).toBe(201);
    const other = await shop.order(filled, { key, body: { email: 'eve@example.com' } });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('cart_not_ready for what can no longer be bought', async () => {
    const filled = await shop.fill([TWEED, 1], [FADING, 1]);
    await shop.db
      .update(products)
      .set({ status: 'archived' })
      .where(eq(products.slug, FADING.slice(4)));
    const { status, body } = await shop.order(filled);
    expect([status, body.code]).toEqual([422, 'cart_not_ready']);
    expect(body.errors).toEqual([expect.objectContaining({ path: 'items.1', code: 'variant_unavailable' })]);
  });

  it.each([
    ['without a way of shipping', { shippingMethodId: null }, 'shippingMethodId', 'shipping_method_missing'],
    ['with one that is not there', { shippingMethodId: 'ship_dove' }, 'shippingMethodId', 'shipping_unavailable'],
  ])('cart_not_ready %s', async (_, sent, path, code) => {
    const { status, body } = await shop.order(await shop.fill([TWEED, 1]), { body: sent });
    expect([status, body.code]).toEqual([422, 'cart_not_ready']);
    expect(body.errors).toEqual([expect.objectContaining({ path, code })]);
  });

  it('country_not_sold_to for an address elsewhere', async () => {
    const shippingAddress = { ...HOME, country: 'FR' };
    const { status, body } = await shop.order(await shop.fill([TWEED, 1]), { body: { shippingAddress } });
    expect([status, body.code]).toEqual([422, 'country_not_sold_to']);
    expect(body.errors?.map((error) => error.path)).toEqual(['shippingAddress.country']);
  });

  it.each<[string, Record<string, unknown>]>([
    ['email', { email: 'nobody' }],
    ['email', { email: 'a@example.com\r\nBcc: eve@example.com' }],
    ['email', { email: 'a@example.com, eve@example.com' }],
    ['shippingAddress.name', { shippingAddress: { ...HOME, name: 'Ada\nBcc: eve@example.com' } }],
    ['shippingAddress.postalCode', { shippingAddress: { ...HOME, postalCode: undefined } }],
    ['billingAddress.country', { billingAddress: { ...HOME, country: 'Germany' } }],
    ['payment.card', { payment: { provider: 'local', card: '4242424242424242' } }],
    ['payment.provider', { payment: { provider: 'barter' } }],
    ['expectedTotal.amount', { expectedTotal: { amount: -1, currency: 'EUR' } }],
    ['expectedTotal.amount', { expectedTotal: { amount: Number.MAX_VALUE, currency: 'EUR' } }],
    ['expectedTotal.amount', { expectedTotal: { amount: '2494', currency: 'EUR' } }],
    ['expectedTotal.amount', { expectedTotal: { amount: 24.94, currency: 'EUR' } }],
    ['expectedTotal.currency', { expectedTotal: { amount: 2494, currency: 'eur' } }],
  ])('invalid_input at %s for %j', async (path, sent) => {
    const before = await shop.db.$count(orders);
    const { status, body } = await shop.order(await shop.fill([TWEED, 1]), { body: sent });
    expect([status, body.code]).toEqual([422, 'invalid_input']);
    expect(body.errors?.map((error) => error.path)).toContain(path);
    expect(await shop.db.$count(orders)).toBe(before);
  });

  it('takes no price from the client', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const sent = { items: [{ variantId: TWEED, unitPrice: { amount: 1, currency: 'EUR' } }], totals: { total: 1 } };
    const { body } = await shop.order(filled, { body: sent });
    expect(body.order.totals.total).toEqual(filled.total);
  });
});
