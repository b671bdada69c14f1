import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cart } from '@/commerce/cart';
import type { Order } from '@/node/order-view';
import { underFate } from '@/tests/orders/fate';
import {
  BACKORDER,
  breaches,
  HOME,
  LAST,
  type OrderShop,
  openOrderShop,
  SCARCE,
  TWEED,
} from '@/tests/orders/order-shop';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop.close());

const read = (id: string, token: string) =>
  shop.call<Order>('GET', `/api/orders/${id}`, { headers: { 'x-order-token': token } });

describe('POST /api/orders answers 201', () => {
  it('with a paid order, whose figures are those of the cart', async () => {
    const filled = await shop.fill([TWEED, 2], [SCARCE, 1]);
    const { status, body, headers } = await shop.order(filled);
    expect(status).toBe(201);
    expect(body.payment).toEqual({ status: 'succeeded' });
    expect(body.order).toMatchObject({
      status: 'confirmed',
      paymentStatus: 'paid',
      fulfilmentStatus: 'unfulfilled',
      totals: filled.cart.totals,
      shippingMethod: { id: 'ship_post', title: 'Post' },
      shippingAddress: HOME,
      billingAddress: HOME,
    });
    expect(body.order.items.map(({ variantId, quantity, total }) => [variantId, quantity, total.amount])).toEqual([
      [TWEED, 2, 3998],
      [SCARCE, 1, 5000],
    ]);
    expect(headers.get('location')).toBe(`/api/orders/${body.order.id}`);

    const again = await read(body.order.id, body.order.accessToken);
    const { accessToken, ...order } = body.order;
    expect(again.body).toEqual(order);
    expect(accessToken).toMatch(/^[\w-]{43}$/);
  });

  it('with a cookie that reaches the order, for scripts to see nothing of', async () => {
    const { body, headers } = await shop.order(await shop.fill([TWEED, 1]));
    const cookie = headers.get('set-cookie') ?? '';
    expect(cookie).toContain(`order_access_${body.order.id}=${body.order.accessToken};`);
    expect(cookie).toContain('HttpOnly; SameSite=Lax');
    const seen = await shop.call('GET', `/api/orders/${body.order.id}`, { headers: { cookie: cookie.split(';')[0]! } });
    expect(seen.status).toBe(200);
  });

  it('and the next read shows the stock that is left', async () => {
    const stockOf = async () =>
      (await shop.call<{ variants: { stock: { available: number } }[] }>('GET', `/api/products/${LAST.slice(4)}`)).body
        .variants[0]?.stock.available;
    expect(await stockOf()).toBe(1);
    const before = shop.revalidated.size;
    await shop.order(await shop.fill([LAST, 1]));
    expect(await stockOf()).toBe(0);
    // Its own page, and the lists in which it is now sold out.
    expect(shop.revalidated.size).toBeGreaterThan(before);
    expect([...shop.revalidated]).toEqual(expect.arrayContaining([`product:${LAST.slice(4)}`, 'collection:all']));
  });

  it('with a letter, and the cart is gone', async () => {
    const filled = await shop.fill([TWEED, 3]);
    const { body } = await shop.order(filled);
    await shop.settled();
    const letters = (await shop.mails()).filter(({ subject }) => subject.includes(String(body.order.number)));
    expect(letters).toHaveLength(1);
    expect(letters[0]?.to).toEqual(['ada@example.com']);
    expect(letters[0]?.text).toContain('3 × Cloth tweed, Indigo');
    expect(letters[0]?.html).toContain('€64.92');
    const cart = await shop.call<Cart>('GET', '/api/cart', { headers: { 'x-cart-token': filled.token } });
    expect(cart.body.items).toEqual([]);
  });

  it('with where to go for 3-D Secure, and the bank decides', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const { status, body } = await shop.order(filled, { card: 'three_d_secure' });
    expect(status).toBe(201);
    expect(body.payment.status).toBe('requires_action');
    expect(body.order.status).toBe('pending');
    const { id, accessToken } = body.order;
    expect((await read(id, accessToken)).body.payment).toEqual(body.payment);

    const approve = { method: 'POST', body: new URLSearchParams({ decision: 'approve' }), redirect: 'manual' } as const;
    const back = await fetch(body.payment.redirectUrl!, approve);
    expect(back.headers.get('location')).toBe(`${shop.siteUrl}/orders/${id}`);
    expect((await read(id, accessToken)).body).toMatchObject({ status: 'confirmed', payment: { status: 'succeeded' } });
  });

  it('and cancels where the bank refuses, so that the cart can be ordered again', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const { body } = await shop.order(filled, { card: 'three_d_secure' });
    await fetch(body.payment.redirectUrl!, { method: 'POST', body: new URLSearchParams({ decision: 'refuse' }) }).catch(
      () => {},
    );
    const order = (await read(body.order.id, body.order.accessToken)).body;
    expect(order).toMatchObject({ status: 'cancelled', payment: { status: 'failed' } });
    expect((await shop.order(filled)).status).toBe(201);
  });

  it.each(['late', 'out_of_order'])('as processing for the card %s, until the provider tells', async (card) => {
    const { body } = await shop.order(await shop.fill([TWEED, 1]), { card });
    expect(body.payment.status).toBe('processing');
    const { id, accessToken } = body.order;
    await expect
      .poll(async () => (await read(id, accessToken)).body.status, { timeout: 15_000, interval: 100 })
      .toBe('confirmed');
  });

  it('for the card that tells twice, with one letter', async () => {
    const { body } = await shop.order(await shop.fill([TWEED, 1]), { card: 'twice' });
    await shop.settled();
    await expect
      .poll(
        async () => (await shop.mails()).filter(({ subject }) => subject.includes(String(body.order.number))).length,
      )
      .toBe(1);
  });

  it('for what is sold on without stock, taking what is there', async () => {
    const { status } = await shop.order(await shop.fill([BACKORDER, 5]));
    expect(status).toBe(201);
    expect((await shop.order(await shop.fill([BACKORDER, 5]))).status).toBe(201);
  });

  it('as processing where the provider cannot be reached; the sweep asks again with the same key', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const { outcome } = await underFate(
      (label) => (label.startsWith('payments') ? 'refuse' : 'live'),
      () => shop.order(filled),
    );
    if (outcome === 'died') throw new Error('nothing was to die');
    expect(outcome.status).toBe(201);
    expect(outcome.body.payment.status).toBe('processing');
    await shop.db.execute("update payments set updated_at = now() - interval '1 minute' where status = 'pending'");
    expect((await shop.cron('payments')).processed).toBe(1);
    const { id, accessToken } = outcome.body.order;
    expect((await read(id, accessToken)).body).toMatchObject({ status: 'confirmed', payment: { status: 'succeeded' } });
  });

  it('again, byte for byte, for the same key and body', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const request = shop.orderRequest(filled);
    const first = await shop.call('POST', '/api/orders', request);
    const second = await shop.call('POST', '/api/orders', request);
    expect(second.status).toBe(201);
    expect(second.text).toBe(first.text);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('set-cookie')).toBe(first.headers.get('set-cookie'));
  });

  it('to two callers who chose the same key, each with an order', async () => {
    const key = 'the same';
    const mine = await shop.order(await shop.fill([TWEED, 1]), { key });
    const yours = await shop.order(await shop.fill([TWEED, 1]), { key });
    expect([mine.status, yours.status]).toEqual([201, 201]);
    expect(mine.body.order.id).not.toBe(yours.body.order.id);
  });

  it('for another try while the first waits for the bank, which is given up first', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const first = await shop.order(filled, { card: 'three_d_secure' });
    const second = await shop.order(filled);
    expect(second.status).toBe(201);
    const given = await read(first.body.order.id, first.body.order.accessToken);
    expect(given.body).toMatchObject({ status: 'cancelled', payment: { status: 'failed' } });
  });

  it('and leaves nothing out of balance', async () => {
    await shop.settled();
    expect(await breaches(shop.db)).toEqual([]);
  });
});
