import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idempotencyKeys, prices } from '@/db/schema';
import { breaches, FADING, type OrderShop, openOrderShop, SCARCE, TWEED } from '@/tests/orders/order-shop';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop.close());

describe('POST /api/orders answers 409', () => {
  it('price_changed with the new total, and takes that total under the same key', async () => {
    const filled = await shop.fill([FADING, 2]);
    const key = crypto.randomUUID();
    await shop.db.update(prices).set({ amountMinor: 900 }).where(eq(prices.variantId, FADING));
    const refused = await shop.order(filled, { key });
    expect([refused.status, refused.body.code]).toEqual([409, 'price_changed']);
    expect(refused.body).toMatchObject({
      expectedTotal: filled.total,
      total: { amount: 2295, currency: 'EUR' },
      totals: { subtotal: { amount: 1800, currency: 'EUR' } },
    });
    const agreed = await shop.order(filled, { key, total: refused.body.total as typeof filled.total });
    expect(agreed.status).toBe(201);
    expect(agreed.body.order.totals.total.amount).toBe(2295);
  });

  it('price_changed for another currency, however equal the number', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const { status, body } = await shop.order(filled, { total: { ...filled.total, currency: 'USD' } });
    expect([status, body.code]).toEqual([409, 'price_changed']);
  });

  it('out_of_stock with the lines and how many are left, and holds nothing', async () => {
    const filled = await shop.fill([TWEED, 1], [SCARCE, 3]);
    const { status, body } = await shop.order(filled);
    expect([status, body.code]).toEqual([409, 'out_of_stock']);
    expect(body.errors).toEqual([expect.objectContaining({ path: 'items.1', code: 'insufficient_stock' })]);
    expect(body.shortages).toEqual([
      expect.objectContaining({ itemId: filled.cart.items[1]?.id, variantId: SCARCE, requested: 3, available: 2 }),
    ]);
    await shop.settled();
    expect(await breaches(shop.db)).toEqual([]);
  });

  it('out_of_stock for two lines that share what there is', async () => {
    const { token } = await shop.fill([SCARCE, 2]);
    const headers = { 'x-cart-token': token };
    const body = { variantId: SCARCE, quantity: 1, metadata: { note: 'wrapped' } };
    const cart = await shop.call<{ totals: { total: { amount: number; currency: string } } }>(
      'POST',
      '/api/cart/items',
      {
        body,
        headers,
      },
    );
    const refused = await shop.order({ token, total: cart.body.totals.total });
    expect([refused.status, refused.body.code]).toEqual([409, 'out_of_stock']);
    expect(refused.body.errors?.map(({ path }) => path)).toEqual(['items.0', 'items.1']);
  });

  it('order_already_placed where the cart was paid for under another key', async () => {
    const filled = await shop.fill([TWEED, 1]);
    // The cart is emptied behind the answer; this request comes before that.
    const [first, second] = await Promise.all([shop.order(filled), shop.order(filled)]);
    const statuses = [first.status, second.status].sort();
    expect(statuses).toEqual([201, 409]);
    const [placed, refused] = first.status === 201 ? [first, second] : [second, first];
    expect(['order_already_placed', 'request_in_progress']).toContain(refused.body.code);
    if (refused.body.code === 'order_already_placed') expect(refused.body.orderId).toBe(placed.body.order.id);
    else expect(refused.headers.get('retry-after')).toBe('1');
  });

  it('request_in_progress with Retry-After while the first request runs', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const request = shop.orderRequest(filled);
    const [first, second] = await Promise.all([
      shop.call('POST', '/api/orders', request),
      shop.call('POST', '/api/orders', request),
    ]);
    const refused = [first, second].find(({ status }) => status === 409);
    if (refused) {
      expect(refused.body.code).toBe('request_in_progress');
      expect(refused.headers.get('retry-after')).toBe('1');
    } else expect(second.text).toBe(first.text);
    expect(
      await shop.db.$count(idempotencyKeys, eq(idempotencyKeys.key, request.headers?.['idempotency-key'] ?? '')),
    ).toBe(1);
  });
});

describe('POST /api/orders/{id}/cancellation', () => {
  const cancel = (id: string, token: string) =>
    shop.call<{ status: string; paymentStatus: string }>('POST', `/api/orders/${id}/cancellation`, {
      headers: { 'x-order-token': token },
    });

  it('gives an unpaid order up at its provider too', async () => {
    const { body } = await shop.order(await shop.fill([TWEED, 1]), { card: 'three_d_secure' });
    const cancelled = await cancel(body.order.id, body.order.accessToken);
    expect(cancelled.body).toMatchObject({ status: 'cancelled', paymentStatus: 'failed' });
    const page = await fetch(body.payment.redirectUrl!);
    expect(await page.text()).not.toContain('Approve');
  });

  it('sends the money of a paid one back, once', async () => {
    const { body } = await shop.order(await shop.fill([SCARCE, 1]));
    await Promise.all([1, 2, 3].map(() => cancel(body.order.id, body.order.accessToken)));
    await shop.settled();
    const { body: order } = await shop.call<{ status: string; paymentStatus: string; number: number }>(
      'GET',
      `/api/orders/${body.order.id}`,
      { headers: { 'x-order-token': body.order.accessToken } },
    );
    expect(order).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' });
    const subjects = (await shop.mails()).map(({ subject }) => subject).filter((s) => s.includes(String(order.number)));
    expect(subjects.sort()).toEqual([
      expect.stringMatching(/^We refunded €54\.95 for your order/),
      expect.stringMatching(/is confirmed$/),
      expect.stringMatching(/was cancelled$/),
    ]);
    expect(await breaches(shop.db)).toEqual([]);
  });
});
