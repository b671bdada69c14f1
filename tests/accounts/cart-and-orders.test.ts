import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cart } from '@/commerce/cart';
import { MAX_LINES, MAX_QUANTITY } from '@/commerce/pricing';
import { accountCartKeyOf, cartKeyOf } from '@/edge/cart-token';
import { joinCart } from '@/edge/carts';
import { createKv, type Kv } from '@/edge/kv';
import { bestDatabase } from '../databases';
import { FADING, HOME, type OrderShop, openOrderShop, SCARCE, TWEED } from '../orders/order-shop';
import { bearer, openBrowser, PASSWORD, type Said, signUp, tokensOf } from './people';

let shop: OrderShop;
let kv: Kv;
beforeAll(async () => {
  shop = await openOrderShop(bestDatabase('account_carts').start);
  kv = createKv({ url: shop.platform.env.KV_REST_API_URL!, token: shop.platform.env.KV_REST_API_TOKEN! });
});
afterAll(() => shop?.close());

const quantities = (cart: Cart) =>
  Object.fromEntries(cart.items.map(({ variantId, quantity }) => [variantId, quantity]));

describe("an account's cart", () => {
  it('is the one that the guest filled, and the same on every device', async () => {
    const email = 'cart1@example.test';
    const browser = openBrowser(shop);
    await browser.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 2 } });
    await signUp(shop, browser, email);
    expect(browser.jar.has('cart')).toBe(false);
    const here = await browser.call<Cart>('GET', '/api/cart');
    expect(quantities(here.body)).toEqual({ [TWEED]: 2 });
    expect(here.body.email).toBe(email);
    const { accessToken } = await tokensOf(shop, email);
    const there = await shop.call<Cart>('GET', '/api/cart', { headers: bearer(accessToken) });
    expect(there.body).toEqual(here.body);
  });

  it('takes up what a guest chose meanwhile: quantities add up, what the guest said last goes first', async () => {
    const email = 'cart2@example.test';
    const browser = openBrowser(shop);
    await signUp(shop, browser, email);
    await browser.call('POST', '/api/cart/items', {
      body: { variantId: TWEED, quantity: 2, metadata: { gift: 'no' } },
    });
    await browser.call('POST', '/api/cart/items', { body: { variantId: FADING, quantity: 1 } });
    await browser.call('PATCH', '/api/cart', { body: { shippingAddress: { ...HOME, name: 'Old' } } });
    await browser.call('POST', '/api/auth/logout');
    expect((await browser.call<Cart>('GET', '/api/cart')).body.items).toEqual([]);
    await browser.call('POST', '/api/cart/items', { body: { variantId: FADING, quantity: 3 } });
    await browser.call('POST', '/api/cart/items', {
      body: { variantId: TWEED, quantity: 1, metadata: { gift: 'yes' } },
    });
    await browser.call('PATCH', '/api/cart', { body: { shippingAddress: { ...HOME, name: 'New' } } });
    await browser.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    const { body } = await browser.call<Cart>('GET', '/api/cart');
    expect(body.items.map(({ variantId, quantity, metadata }) => [variantId, quantity, metadata])).toEqual([
      [TWEED, 2, { gift: 'no' }],
      [FADING, 4, {}],
      [TWEED, 1, { gift: 'yes' }],
    ]);
    expect(body.shippingAddress?.name).toBe('New');
  });

  it('loses nothing that does not fit: the rest stays with the guest', async () => {
    const email = 'cart3@example.test';
    const browser = openBrowser(shop);
    await signUp(shop, browser, email);
    await browser.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: MAX_QUANTITY - 1 } });
    await browser.call('POST', '/api/auth/logout');
    await browser.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 5 } });
    await browser.call('POST', '/api/cart/items', { body: { variantId: FADING, quantity: 1 } });
    await browser.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    const own = await browser.call<Cart>('GET', '/api/cart');
    expect(quantities(own.body)).toEqual({ [TWEED]: MAX_QUANTITY, [FADING]: 1 });
    await browser.call('POST', '/api/auth/logout');
    const rest = await browser.call<Cart>('GET', '/api/cart');
    expect(quantities(rest.body)).toEqual({ [TWEED]: 4 });
  });

  it('holds no more lines than a cart may, and joining twice joins once', async () => {
    const browser = openBrowser(shop);
    const accountId = await signUp(shop, browser, 'cart4@example.test');
    const lines = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({ variantId: TWEED, metadata: { line: from + index } }));
    for (const body of lines(0, MAX_LINES - 1)) await browser.call('POST', '/api/cart/items', { body });
    const guest = openBrowser(shop);
    for (const body of lines(1_000, 3)) await guest.call('POST', '/api/cart/items', { body });
    const guestKey = await cartKeyOf(guest.jar.get('cart')!);
    const join = () => joinCart(kv, { guestKey, accountId, email: 'cart4@example.test' });
    expect(await join()).toBe('rest');
    expect((await browser.call<Cart>('GET', '/api/cart')).body.items).toHaveLength(MAX_LINES);
    expect((await guest.call<Cart>('GET', '/api/cart')).body.items.map(({ metadata }) => metadata)).toEqual([
      { line: 1_001 },
      { line: 1_002 },
    ]);
    expect(await join()).toBe('rest');
    expect((await guest.call<Cart>('GET', '/api/cart')).body.items).toHaveLength(2);
  });

  it('is joined once by two logins at once', async () => {
    const email = 'cart5@example.test';
    const browser = openBrowser(shop);
    const accountId = await signUp(shop, browser, email);
    await browser.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 1 } });
    const guest = openBrowser(shop);
    await guest.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 10 } });
    const guestKey = await cartKeyOf(guest.jar.get('cart')!);
    await Promise.all(Array.from({ length: 8 }, () => joinCart(kv, { guestKey, accountId, email })));
    expect(quantities((await browser.call<Cart>('GET', '/api/cart')).body)).toEqual({ [TWEED]: 11 });
  });

  it('is reached by no token that names it', async () => {
    const browser = openBrowser(shop);
    const accountId = await signUp(shop, browser, 'cart6@example.test');
    await browser.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 1 } });
    for (const token of [accountId, accountCartKeyOf(accountId)]) {
      const { body } = await shop.call<Cart>('GET', '/api/cart', { headers: { 'x-cart-token': token } });
      expect(body.items).toEqual([]);
    }
  });
});

describe("an account's orders", () => {
  async function order(browser: ReturnType<typeof openBrowser>, email: string, variantId = TWEED) {
    await browser.call('POST', '/api/cart/items', { body: { variantId, quantity: 1 } });
    const { body: cart } = await browser.call<Cart>('PATCH', '/api/cart', {
      body: { shippingMethodId: 'ship_post', shippingAddress: HOME },
    });
    return browser.call<{ order: { id: string; number: number } }>('POST', '/api/orders', {
      headers: { 'idempotency-key': crypto.randomUUID() },
      body: {
        email,
        shippingAddress: HOME,
        shippingMethodId: 'ship_post',
        payment: { provider: 'local', card: 'success' },
        expectedTotal: cart.totals.total,
      },
    });
  }

  it('are those that it placed, and those that a guest placed with its address before', async () => {
    const email = 'orders1@example.test';
    const browser = openBrowser(shop);
    const asGuest = await order(browser, 'Orders1@Example.test', SCARCE);
    expect(asGuest.status).toBe(201);
    const other = await order(openBrowser(shop), 'somebody@example.test');
    await signUp(shop, browser, email);
    const asOwner = await order(browser, 'at-work@example.test');
    expect(asOwner.status).toBe(201);
    const { accessToken } = await tokensOf(shop, email);
    const headers = bearer(accessToken);
    const listed = await shop.call<Said>('GET', '/api/orders', { headers });
    expect(listed.body.items.map(({ id }) => id)).toEqual([asOwner.body.order.id, asGuest.body.order.id]);
    expect((await shop.call('GET', `/api/orders/${asGuest.body.order.id}`, { headers })).status).toBe(200);
    expect((await shop.call('GET', `/api/orders/${other.body.order.id}`, { headers })).status).toBe(404);
    expect((await shop.call('POST', `/api/orders/${other.body.order.id}/cancellation`, { headers })).status).toBe(404);
    expect((await shop.call('POST', `/api/orders/${asOwner.body.order.id}/cancellation`, { headers })).status).toBe(
      200,
    );
  });

  it('come page by page, the newest first', async () => {
    const email = 'orders2@example.test';
    const browser = openBrowser(shop);
    await signUp(shop, browser, email);
    const placed: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      placed.unshift((await order(browser, email)).body.order.id);
      // The cart is emptied behind the answer.
      await shop.settled();
    }
    const first = await browser.call<{ items: { id: string }[]; nextCursor: string }>('GET', '/api/orders?limit=2');
    const rest = await browser.call<{ items: { id: string }[]; nextCursor: null }>(
      'GET',
      `/api/orders?limit=2&cursor=${first.body.nextCursor}`,
    );
    expect([...first.body.items, ...rest.body.items].map(({ id }) => id)).toEqual(placed);
    expect(rest.body.nextCursor).toBeNull();
    expect((await browser.call('GET', '/api/orders?cursor=x')).status).toBe(422);
  });

  it('are not placed by a session that has ended, whatever KV knows', async () => {
    const email = 'orders3@example.test';
    const browser = openBrowser(shop);
    const accountId = await signUp(shop, browser, email);
    await browser.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 1 } });
    const stolen = new Map(browser.jar);
    await browser.call('POST', '/api/auth/logout', { body: { everywhere: true } });
    await kv.del([`auth:${accountId}`]);
    for (const [name, value] of stolen) browser.jar.set(name, value);
    const { status, body } = await order(browser, email);
    expect([status, (body as unknown as Said).code]).toEqual([401, 'session_ended']);
  });

  it('stay with the shop when the account goes, and nothing else does', async () => {
    const email = 'orders4@example.test';
    const browser = openBrowser(shop);
    await signUp(shop, browser, email);
    const placed = await order(browser, email);
    await browser.call('POST', '/api/me/addresses', { body: { address: HOME } });
    const file = await browser.call<{ orders: { id: string }[]; addresses: unknown[] }>('GET', '/api/me/export');
    expect(file.headers.get('content-disposition')).toContain('attachment');
    expect(file.body.orders.map(({ id }) => id)).toEqual([placed.body.order.id]);
    expect(file.body.addresses).toHaveLength(1);
    expect(JSON.stringify(file.body)).not.toMatch(/argon2|hash|public_key/i);
    expect((await browser.call('DELETE', '/api/me')).status).toBe(204);
    expect([...browser.jar.keys()].filter((name) => name !== 'device' && !name.startsWith('order_access'))).toEqual([]);
    expect(
      (await openBrowser(shop).call('POST', '/api/auth/login', { body: { email, password: PASSWORD } })).status,
    ).toBe(401);
    await shop.settled();
    const letters = (await shop.mails()).filter(({ to }) => to.includes(email)).map(({ subject }) => subject);
    expect(letters).toContain('Your account was deleted');
    const again = openBrowser(shop);
    await signUp(shop, again, email);
    expect((await again.call<Cart>('GET', '/api/cart')).body.items).toEqual([]);
  });
});
