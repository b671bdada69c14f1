import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cart } from '@/commerce/cart';
import { prices, products, shippingPrices } from '@/db/schema';
import * as cartOperations from '@/edge/cart-operations';
import { cartKeyOf } from '@/edge/cart-token';
import { completeCart } from '@/edge/carts';
import { invalidateCatalog } from '@/edge/snapshot';
import { clientOf, type Problem } from './calls';
import { DRAFT, EUROS_ONLY, HOME, LINEN, openShop, PLENTY, PRICELESS, SCARCE, type Shop, TWEED, VOUCHER } from './shop';

const call = clientOf(Object.values(cartOperations));

/** Everything a cart promises, on one kind of KV. */
export function cartSuite(kvName: string, redisUrl?: string): void {
  let shop: Shop;

  beforeAll(async () => {
    shop = await openShop(redisUrl);
  });

  afterEach(() => vi.restoreAllMocks());
  afterAll(() => shop.close());

  // ---------------------------------------------------------------- how the suite speaks

  const eur = (amount: number) => ({ amount, currency: 'EUR' });
  const add = (variantId: string, quantity = 1, headers = {}, metadata?: unknown) =>
    call('POST', '/api/cart/items', { body: { variantId, quantity, metadata }, headers });
  const by = (cart: Cart) => ({ 'x-cart-token': cart.token as string });

  async function newCart(variantId = TWEED, quantity = 1) {
    const { body } = await add(variantId, quantity);
    return { cart: body, token: by(body) };
  }

  async function expectProblem(
    pending: Promise<{ status: number; body: unknown }>,
    status: number,
    code: string,
    path?: string,
  ) {
    const answer = await pending;
    const body = answer.body as Problem;
    expect({ status: answer.status, code: body.code }).toEqual({ status, code });
    if (path !== undefined) expect(body.errors).toContainEqual(expect.objectContaining({ path }));
    return body;
  }

  const codes = (list: { code: string }[]) => list.map(({ code }) => code);

  describe(`a cart on ${kvName}`, () => {
    // ---------------------------------------------------------------- making and reaching it

    describe('is made', () => {
      it('by the first item, and tells its token once', async () => {
        const { status, body, headers } = await add(TWEED, 2);
        expect(status).toBe(201);
        expect(headers.get('etag')).toBe('"1"');
        expect(body.token).toMatch(/^[\w-]{43}$/);
        expect(headers.get('x-cart-token')).toBe(body.token);
        expect(body.id).toMatch(/^cart_[0-9a-z]{26}$/);
        expect(body.items).toEqual([
          expect.objectContaining({ variantId: TWEED, quantity: 2, unitPrice: eur(1999), total: eur(3998) }),
        ]);
        const again = await call('GET', '/api/cart', { headers: by(body) });
        expect(again.body).toEqual({ ...body, token: undefined });
        expect(again.headers.get('etag')).toBe('"1"');
      });

      it('by its details too', async () => {
        const { status, body } = await call('PATCH', '/api/cart', { body: { email: 'ada@example.test' } });
        expect(status).toBe(201);
        expect(body).toMatchObject({ version: 1, email: 'ada@example.test', items: [] });
      });

      it('in the market that is wished for, or seen by the edge, or at home', async () => {
        const make = async (body: object, headers = {}) => {
          const answer = await call('POST', '/api/cart/items', { body: { variantId: TWEED, ...body }, headers });
          return [answer.body.country, answer.body.currency];
        };
        expect(await make({ currency: 'JPY', country: 'US' })).toEqual(['US', 'JPY']);
        expect(await make({}, { 'x-vercel-ip-country': 'US' })).toEqual(['US', 'USD']);
        expect(await make({}, { 'x-vercel-ip-country': 'AQ' })).toEqual(['DE', 'EUR']);
      });

      it('not by reading', async () => {
        const { status, body, headers } = await call('GET', '/api/cart');
        expect(status).toBe(200);
        expect(body).toMatchObject({ id: null, version: 0, items: [], totals: { total: eur(0) } });
        expect(codes(body.requirements)).toContain('cart_empty');
        expect(headers.get('set-cookie')).toBeNull();
      });

      it('anew, under another token, where the caller brings a token whose cart is gone', async () => {
        const stale = 'A'.repeat(43);
        const { status, body } = await add(TWEED, 1, { 'x-cart-token': stale });
        expect(status).toBe(201);
        expect(body.token).not.toBe(stale);
        expect((await call('GET', '/api/cart', { headers: { 'x-cart-token': stale } })).body.id).toBeNull();
      });
    });

    describe('is reached', () => {
      it('by a cookie that no script can read', async () => {
        const made = await add(TWEED);
        const cookie = made.headers.get('set-cookie') as string;
        expect(cookie).toBe(`cart=${made.body.token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax`);
        const headers = { cookie: `theme=dark; ${cookie.split(';')[0]}; other=1`, origin: 'http://shop.test' };
        const read = await call('GET', '/api/cart', { headers });
        expect(read.body.id).toBe(made.body.id);
        const written = await add(TWEED, 1, headers);
        expect(written.body.items[0]?.quantity).toBe(2);
        expect(written.headers.get('set-cookie')).toBe(cookie);
      });

      it('on https by a cookie of this host alone', async () => {
        const secure = clientOf(Object.values(cartOperations), 'https://shop.test');
        const made = await secure('POST', '/api/cart/items', { body: { variantId: TWEED } });
        const cookie = made.headers.get('set-cookie') as string;
        expect(cookie).toMatch(/^__Host-cart=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure$/);
        const plain = { cookie: `cart=${made.body.token}` };
        expect((await secure('GET', '/api/cart', { headers: plain })).body.id).toBeNull();
        const own = { cookie: cookie.split(';')[0] as string };
        expect((await secure('GET', '/api/cart', { headers: own })).body.id).toBe(made.body.id);
      });

      it('by the header before the cookie, and then sets no cookie', async () => {
        const one = await newCart();
        const other = await newCart();
        const headers = { ...one.token, cookie: `cart=${other.cart.token}` };
        expect((await call('GET', '/api/cart', { headers })).body.id).toBe(one.cart.id);
        expect((await add(TWEED, 1, headers)).headers.get('set-cookie')).toBeNull();
      });

      it.each(['', 'x', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}=`, `${'A'.repeat(42)}*`])(
        'not by what is no token: %j',
        async (token) => {
          const { status, body } = await call('GET', '/api/cart', { headers: { 'x-cart-token': token } });
          expect([status, body.id]).toEqual([200, null]);
        },
      );

      it('by nothing that KV holds', async () => {
        const { cart } = await newCart();
        const stored = await shop.kv.run(
          {
            source:
              "local found = {} for _, key in ipairs(redis.call('KEYS', 'cart:*')) do found[#found + 1] = key .. table.concat(redis.call('HGETALL', key), ' ') end return table.concat(found, ' ')",
          },
          [],
          [],
        );
        expect(stored).toContain(cart.id);
        expect(stored).not.toContain(cart.token);
      });
    });

    it('lives for 30 days from its last write', async () => {
      const { token, cart } = await newCart();
      const key = `cart:${Buffer.from(
        await crypto.subtle.digest('SHA-256', new TextEncoder().encode(cart.token)),
      ).toString('base64url')}`;
      const ttl = () => shop.kv.run({ source: "return redis.call('TTL', KEYS[1])" }, [key], []);
      await shop.kv.run({ source: "return redis.call('EXPIRE', KEYS[1], 60)" }, [key], []);
      expect(await ttl()).toBeLessThanOrEqual(60);
      await add(TWEED, 1, token);
      expect(Number(await ttl())).toBeGreaterThan(30 * 24 * 3600 - 60);
    });

    // ---------------------------------------------------------------- lines

    describe('keeps its lines', () => {
      it('one for a variant and metadata, whatever order the metadata comes in', async () => {
        const { token } = await newCart(TWEED);
        await add(TWEED, 1, token, { gift: true, to: { name: 'Ö', at: 'noon' } });
        await add(TWEED, 2, token, { to: { at: 'noon', name: 'Ö' }, gift: true });
        const { body } = await add(TWEED, 4, token);
        expect(body.items.map(({ quantity, metadata }) => ({ quantity, metadata }))).toEqual([
          { quantity: 5, metadata: {} },
          { quantity: 3, metadata: { gift: true, to: { name: 'Ö', at: 'noon' } } },
        ]);
        expect(new Set(body.items.map(({ id }) => id)).size).toBe(2);
      });

      it('in the order in which they were added, also when there are many', async () => {
        const { token } = await newCart(PLENTY[0]);
        for (const id of PLENTY.slice(1, 60).reverse()) await add(id, 1, token);
        const { body } = await add(PLENTY[0] as string, 1, token);
        expect(body.items.map(({ variantId }) => variantId)).toEqual([PLENTY[0], ...PLENTY.slice(1, 60).reverse()]);
      });

      it('under an id that stays while quantity and others change', async () => {
        const { cart, token } = await newCart(TWEED);
        const id = cart.items[0]?.id as string;
        await add(LINEN, 1, token);
        const { body } = await call('PATCH', `/api/cart/items/${id}`, { body: { quantity: 7 }, headers: token });
        expect(body.items[0]).toMatchObject({ id, quantity: 7, total: eur(13993) });
        const removed = await call('DELETE', `/api/cart/items/${id}`, { headers: token });
        expect(removed.body.items.map(({ variantId }) => variantId)).toEqual([LINEN]);
        const readded = await add(TWEED, 1, token);
        expect(readded.body.items[1]).toMatchObject({ id, quantity: 1 });
      });

      it('until their quantity is set to none', async () => {
        const { cart, token } = await newCart(TWEED);
        const path = `/api/cart/items/${cart.items[0]?.id}`;
        expect((await call('PATCH', path, { body: { quantity: 0 }, headers: token })).body.items).toEqual([]);
        await expectProblem(call('PATCH', path, { body: { quantity: 1 }, headers: token }), 404, 'item_not_found');
      });

      it('and knows no others', async () => {
        const { token } = await newCart(TWEED);
        for (const id of ['item_nothing', 'item_linen00000000000000000000', 'var_x', '%20', "item_x'--"]) {
          const path = `/api/cart/items/${id}`;
          await expectProblem(call('PATCH', path, { body: { quantity: 1 }, headers: token }), 404, 'item_not_found');
          await expectProblem(call('DELETE', path, { headers: token }), 404, 'item_not_found');
        }
        await expectProblem(call('DELETE', '/api/cart/items/item_nothing'), 404, 'item_not_found');
      });
    });

    // ---------------------------------------------------------------- bounds

    describe('holds to its bounds', () => {
      it('999 of a line, however they come together', async () => {
        const { cart, token } = await newCart(TWEED, 998);
        expect((await add(TWEED, 1, token)).status).toBe(200);
        await expectProblem(add(TWEED, 1, token), 422, 'quantity_above_limit', 'quantity');
        const path = `/api/cart/items/${cart.items[0]?.id}`;
        await expectProblem(
          call('PATCH', path, { body: { quantity: 1000 }, headers: token }),
          422,
          'quantity_above_limit',
          'quantity',
        );
        await expectProblem(add(TWEED, 1000), 422, 'quantity_above_limit', 'quantity');
        const { body } = await call('GET', '/api/cart', { headers: token });
        expect(body).toMatchObject({ version: 2, items: [{ quantity: 999 }] });
      });

      it('100 lines, counted down again as they go', async () => {
        const { cart, token } = await newCart(PLENTY[0]);
        await Promise.all(PLENTY.slice(1, 100).map((id) => add(id, 1, token)));
        await expectProblem(add(PLENTY[100] as string, 1, token), 422, 'too_many_lines', 'variantId');
        // More of a line that is there is no new line.
        expect((await add(PLENTY[1] as string, 1, token)).status).toBe(200);
        await call('DELETE', `/api/cart/items/${cart.items[0]?.id}`, { headers: token });
        const { body } = await add(PLENTY[100] as string, 1, token);
        expect(body.items).toHaveLength(100);
      });

      it.each([0, -1, 1.5, 1e300, '1', null, true, [1], {}])('no quantity of %j', async (quantity) => {
        const body = { variantId: TWEED, quantity };
        await expectProblem(call('POST', '/api/cart/items', { body }), 422, 'invalid_input', 'quantity');
      });

      it('metadata to an object of 2 KB, in bytes', async () => {
        const { token } = await newCart(TWEED);
        const fits = { note: 'ö'.repeat(1018) };
        expect((await add(TWEED, 1, token, fits)).body.items[1]?.metadata).toEqual(fits);
        for (const metadata of [{ note: 'ö'.repeat(1019) }, [], 'text', 1]) {
          await expectProblem(add(TWEED, 1, token, metadata), 422, 'invalid_input', 'metadata');
        }
      });

      it('to what can be bought', async () => {
        for (const id of [DRAFT, 'var_01h455vb4pex5vsknk084sn02q', 'prod_x', '../x', "var_'; drop table carts"]) {
          await expectProblem(add(id), 422, 'variant_not_found', 'variantId');
        }
        for (const id of ['', 1, null, 'x'.repeat(65)]) {
          await expectProblem(add(id as string), 422, 'invalid_input', 'variantId');
        }
        await expectProblem(add(PRICELESS), 422, 'amount_out_of_range', 'variantId');
      });

      it('to the currencies that a thing is sold in', async () => {
        const { token } = await newCart(EUROS_ONLY);
        const dollars = await call('PATCH', '/api/cart', { body: { currency: 'USD' }, headers: token });
        expect(dollars.body.items[0]).toMatchObject({ total: { amount: 0, currency: 'USD' } });
        expect(dollars.body.requirements).toContainEqual({ code: 'variant_not_sold_in_currency', path: 'items.0' });
        await expectProblem(add(EUROS_ONLY, 1, token), 422, 'variant_not_sold_in_currency', 'variantId');
      });

      it('and takes no price from a client', async () => {
        const body = { variantId: TWEED, quantity: 1, unitPrice: eur(1), price: 1, total: eur(1), currency: 'EUR' };
        const { body: cart } = await call('POST', '/api/cart/items', { body });
        expect(cart.totals.total).toEqual(eur(1999));
      });
    });

    // ---------------------------------------------------------------- details

    describe('takes details', () => {
      it('and moves to the country of its shipping address', async () => {
        const { token } = await newCart(TWEED);
        const inAmerica = { ...HOME, line2: ' ', region: 'CA', country: 'US' };
        const body = { shippingAddress: inAmerica, currency: 'USD', shippingMethodId: 'ship_post' };
        const { body: cart } = await call('PATCH', '/api/cart', { body, headers: token });
        expect(cart).toMatchObject({ country: 'US', currency: 'USD', shippingMethodId: 'ship_post' });
        expect(cart.shippingAddress).toEqual({ ...HOME, region: 'CA', country: 'US' });
        // 21.99 and 4.95, 8.25 % of each on top: 1.81 and 0.41.
        expect(cart.totals).toEqual({
          subtotal: { amount: 2199, currency: 'USD' },
          discount: { amount: 0, currency: 'USD' },
          shipping: { amount: 495, currency: 'USD' },
          tax: { amount: 222, currency: 'USD' },
          total: { amount: 2916, currency: 'USD' },
          taxIncluded: false,
        });
      });

      it('leaves what is not named, and clears what is null', async () => {
        const { token } = await newCart(TWEED);
        const body = { email: ' Ada@Example.test ', shippingAddress: HOME, billingAddress: HOME };
        await call('PATCH', '/api/cart', { body: { ...body, shippingMethodId: 'ship_bike' }, headers: token });
        const kept = await call('PATCH', '/api/cart', { body: { email: null }, headers: token });
        expect(kept.body).toMatchObject({
          email: null,
          shippingAddress: HOME,
          billingAddress: HOME,
          shippingMethodId: 'ship_bike',
        });
        const nothing = { shippingAddress: null, billingAddress: null, shippingMethodId: null };
        const cleared = await call('PATCH', '/api/cart', { body: nothing, headers: token });
        expect(cleared.body).toMatchObject(nothing);
      });

      it('until nothing blocks an order', async () => {
        const { cart, token } = await newCart(TWEED);
        expect(codes(cart.requirements)).toEqual([
          'email_missing',
          'shipping_address_missing',
          'shipping_method_missing',
        ]);
        const body = { email: 'ada@example.test', shippingAddress: HOME, shippingMethodId: 'ship_post' };
        const { body: ready } = await call('PATCH', '/api/cart', { body, headers: token });
        expect(ready.requirements).toEqual([]);
        // 19.99 and 4.95 contain 3.19 and 0.79 of tax.
        expect(ready.totals).toMatchObject({ tax: eur(398), total: eur(2494), taxIncluded: true });
        expect(ready.taxLines).toEqual([{ label: 'MwSt.', rateBps: 1900, net: eur(2096), amount: eur(398) }]);
      });

      it('and tells when country or method no longer fit', async () => {
        const { token } = await newCart(TWEED);
        const body = { shippingAddress: HOME, shippingMethodId: 'ship_bike' };
        await call('PATCH', '/api/cart', { body, headers: token });
        const { body: moved } = await call('PATCH', '/api/cart', { body: { country: 'JP' }, headers: token });
        expect(moved.requirements).toEqual(
          expect.arrayContaining([
            { code: 'shipping_address_in_other_country', path: 'shippingAddress.country' },
            { code: 'shipping_unavailable', path: 'shippingMethodId' },
          ]),
        );
        expect(moved.totals.shipping).toEqual(eur(0));
      });

      it('ships nothing where there is nothing to send', async () => {
        const { token } = await newCart(VOUCHER);
        const body = { email: 'ada@example.test', shippingAddress: HOME, shippingMethodId: 'ship_post' };
        const { body: cart } = await call('PATCH', '/api/cart', { body, headers: token });
        expect(cart.totals.shipping).toEqual(eur(0));
        expect(cart.requirements).toEqual([]);
      });

      it.each([
        ['currency', { currency: 'CHF' }, 'currency_not_sold'],
        ['currency', { currency: 'eur' }, 'invalid_input'],
        ['currency', { currency: null }, 'invalid_input'],
        ['country', { country: 'AQ' }, 'country_not_sold_to'],
        ['country', { country: 'constructor' }, 'invalid_input'],
        ['country', { country: 'US', shippingAddress: HOME }, 'invalid_input'],
        ['email', { email: 'ada' }, 'invalid_input'],
        ['email', { email: 'ada@example' }, 'invalid_input'],
        ['email', { email: 'ada@example.test\r\nBcc: eve@example.test' }, 'invalid_input'],
        ['email', { email: `${'a'.repeat(250)}@b.cd` }, 'invalid_input'],
        ['shippingMethodId', { shippingMethodId: 'ship_none' }, 'shipping_method_unknown'],
        ['shippingAddress.country', { shippingAddress: { ...HOME, country: 'AQ' } }, 'country_not_sold_to'],
        ['shippingAddress.country', { shippingAddress: { ...HOME, country: 'Germany' } }, 'invalid_input'],
        ['shippingAddress.postalCode', { shippingAddress: { ...HOME, postalCode: ' ' } }, 'invalid_input'],
        ['shippingAddress.postalCode', { shippingAddress: { ...HOME, postalCode: undefined } }, 'invalid_input'],
        ['shippingAddress.name', { shippingAddress: { ...HOME, name: 'Ada\nLovelace' } }, 'invalid_input'],
        ['shippingAddress.line1', { shippingAddress: { ...HOME, line1: 'x'.repeat(201) } }, 'invalid_input'],
        ['shippingAddress.line2', { shippingAddress: { ...HOME, line2: 'a\u0007' } }, 'invalid_input'],
        ['billingAddress.city', { billingAddress: { ...HOME, city: '' } }, 'invalid_input'],
      ])('refuses a %s that cannot be: %j', async (path, body, code) => {
        const { token } = await newCart(TWEED);
        await expectProblem(call('PATCH', '/api/cart', { body, headers: token }), 422, code, path);
        expect((await call('GET', '/api/cart', { headers: token })).body.version).toBe(1);
      });

      it('offers the ways of shipping that its country and currency have', async () => {
        const { token } = await newCart(TWEED);
        const options = async (body: object) => {
          await call('PATCH', '/api/cart', { body, headers: token });
          const answer = await call<{ items: object[] }>('GET', '/api/cart/shipping-options', { headers: token });
          return answer.body.items;
        };
        expect(await options({ country: 'DE' })).toEqual([
          expect.objectContaining({ id: 'ship_post', title: 'Post', price: eur(495) }),
          expect.objectContaining({ id: 'ship_bike', title: 'Bike', price: eur(900) }),
        ]);
        expect(await options({ country: 'JP', currency: 'JPY' })).toEqual([
          expect.objectContaining({ id: 'ship_post', price: { amount: 495, currency: 'JPY' } }),
        ]);
      });

      it('but no code that the shop does not have', async () => {
        const { token } = await newCart(TWEED);
        const apply = (code: unknown) => call('POST', '/api/cart/coupons', { body: { code }, headers: token });
        await expectProblem(apply('WOOL10'), 422, 'coupon_unknown', 'code');
        await expectProblem(apply(''), 422, 'invalid_input', 'code');
        await expectProblem(call('DELETE', '/api/cart/coupons/WOOL10', { headers: token }), 404, 'coupon_not_found');
      });
    });

    // ---------------------------------------------------------------- at once

    describe('loses nothing', () => {
      it('of 200 additions that come at once', async () => {
        const { token } = await newCart(TWEED);
        const answers = await Promise.all(Array.from({ length: 199 }, () => add(TWEED, 1, token)));
        expect(answers.every(({ status }) => status === 200)).toBe(true);
        // Every answer shows a state of its own: no two writes saw the same cart.
        expect(new Set(answers.map(({ body }) => body.version)).size).toBe(199);
        for (const { body } of answers) expect(body.items[0]?.quantity).toBe(body.version);
        const { body } = await call('GET', '/api/cart', { headers: token });
        expect(body).toMatchObject({ version: 200, items: [{ quantity: 200 }] });
      });

      it('of different lines, details and removals that come at once', async () => {
        const { cart, token } = await newCart(TWEED);
        await Promise.all([
          ...PLENTY.slice(0, 50).map((id) => add(id, 2, token)),
          call('PATCH', '/api/cart', { body: { email: 'ada@example.test' }, headers: token }),
          call('PATCH', '/api/cart', { body: { shippingMethodId: 'ship_bike' }, headers: token }),
          call('DELETE', `/api/cart/items/${cart.items[0]?.id}`, { headers: token }),
        ]);
        const { body } = await call('GET', '/api/cart', { headers: token });
        expect(body).toMatchObject({ version: 54, email: 'ada@example.test', shippingMethodId: 'ship_bike' });
        expect(body.items.map(({ quantity }) => quantity)).toEqual(Array.from({ length: 50 }, () => 2));
      });

      it('but would, if writes were a read and a write: the negative control', async () => {
        const key = 'test:read-then-write';
        await shop.kv.set(key, '0', { ttlSeconds: 60 });
        const addOne = async () => {
          const before = Number(await shop.kv.get(key));
          await shop.kv.set(key, String(before + 1), { ttlSeconds: 60 });
        };
        await Promise.all(Array.from({ length: 200 }, addOne));
        expect(Number(await shop.kv.get(key))).toBeLessThan(200);
      });

      it('past its bounds either: of 50 that would each pass 999, those that fit are taken', async () => {
        const { token } = await newCart(TWEED, 980);
        const answers = await Promise.all(Array.from({ length: 50 }, () => add(TWEED, 1, token)));
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
        expect((await call('GET', '/api/cart', { headers: token })).body.items[0]?.quantity).toBe(999);
      });
    });

    describe('honours If-Match', () => {
      const set = (cart: Cart, quantity: number, ifMatch: string) =>
        call('PATCH', `/api/cart/items/${cart.items[0]?.id}`, {
          body: { quantity },
          headers: { ...by(cart), 'if-match': ifMatch },
        });

      it('and tells the version that there is', async () => {
        const { cart } = await newCart(TWEED);
        expect((await set(cart, 2, '"1"')).headers.get('etag')).toBe('"2"');
        const problem = await expectProblem(set(cart, 3, '"1"'), 412, 'version_mismatch');
        expect(problem.version).toBe(2);
      });

      it('in every form that HTTP has', async () => {
        const { cart } = await newCart(TWEED);
        expect((await set(cart, 2, '*')).status).toBe(200);
        expect((await set(cart, 2, '"7", "2"')).status).toBe(200);
        expect((await set(cart, 2, 'W/"3"')).status).toBe(200);
        for (const tag of ['4', '"44"', '"abc"', '', '"4 "']) {
          await expectProblem(set(cart, 2, tag), 412, 'version_mismatch');
        }
      });

      it('on a cart that is not there', async () => {
        const make = (ifMatch: string) => add(TWEED, 1, { 'if-match': ifMatch });
        await expectProblem(make('*'), 412, 'version_mismatch');
        await expectProblem(make('"1"'), 412, 'version_mismatch');
        // `"0"` is the tag of the empty cart that reading answers.
        expect((await make('"0"')).status).toBe(201);
      });

      it('so that of 20 writers who saw one version one wins', async () => {
        const { cart } = await newCart(TWEED);
        const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => set(cart, index + 2, '"1"')));
        expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)]);
      });
    });

    describe('that was ordered', () => {
      const ordered = [{ variantId: TWEED, metadata: {}, quantity: 1 }];

      async function orderedCart() {
        const { cart, token } = await newCart(TWEED);
        const key = await cartKeyOf(cart.token as string);
        const read = async () => (await call('GET', '/api/cart', { headers: token })).body;
        return { token, read, seen: { key, id: cart.id as string, version: 1 } };
      }

      it('is gone, and only once', async () => {
        const { seen, read } = await orderedCart();
        expect(await completeCart(shop.kv, { ...seen, id: 'cart_other' }, ordered)).toBe('other');
        expect((await read()).id).toBe(seen.id);
        expect(await completeCart(shop.kv, seen, ordered)).toBe('gone');
        expect(await completeCart(shop.kv, seen, ordered)).toBe('other');
        expect((await read()).id).toBeNull();
      });

      it('keeps what was added since, as another cart', async () => {
        const { seen, read, token } = await orderedCart();
        await add(TWEED, 2, token);
        await add(LINEN, 4, token, { note: 'as a present' });
        expect(await completeCart(shop.kv, seen, ordered)).toBe('rest');
        const rest = await read();
        expect(rest.items.map(({ variantId, quantity }) => [variantId, quantity])).toEqual([
          [TWEED, 2],
          [LINEN, 4],
        ]);
        expect(rest.id).not.toBe(seen.id);
        expect(rest.version).toBe(4);
        expect(await completeCart(shop.kv, seen, ordered)).toBe('other');
      });

      it('is gone where only its address changed since', async () => {
        const { seen, read, token } = await orderedCart();
        await call('PATCH', '/api/cart', { body: { email: 'ada@example.com' }, headers: token });
        expect(await completeCart(shop.kv, seen, ordered)).toBe('gone');
        expect((await read()).id).toBeNull();
      });

      it('lets a line be taken out that was ordered with metadata', async () => {
        const { seen, read, token } = await orderedCart();
        await add(TWEED, 3, token, { note: 'b', a: 1 });
        const withNote = { variantId: TWEED, metadata: { a: 1, note: 'b' }, quantity: 3 };
        expect(await completeCart(shop.kv, { ...seen, version: 99 }, [withNote])).toBe('rest');
        expect((await read()).items.map(({ quantity }) => quantity)).toEqual([1]);
      });
    });

    // ---------------------------------------------------------------- cost

    it('costs one round trip to KV and no SQL a write, when warm', async () => {
      const { cart, token } = await newCart(TWEED);
      const path = `/api/cart/items/${cart.items[0]?.id}`;
      const requests = {
        add: () => add(TWEED, 1, token),
        'add with metadata': () => add(TWEED, 1, token, { note: 'x' }),
        set: () => call('PATCH', path, { body: { quantity: 5 }, headers: token }),
        details: () => call('PATCH', '/api/cart', { body: { email: 'ada@example.test' }, headers: token }),
        read: () => call('GET', '/api/cart', { headers: token }),
        options: () => call('GET', '/api/cart/shipping-options', { headers: token }),
        remove: () => call('DELETE', path, { headers: token }),
        make: () => add(TWEED),
      };
      // The scripts are known to the server from here on, and what is remembered stays young on however slow a machine.
      const now = Date.now();
      vi.spyOn(Date, 'now').mockReturnValue(now + 5_000);
      await add(TWEED, 1, token);
      for (const [name, request] of Object.entries(requests)) {
        const before = { ...shop.platform.counters };
        const { trips, status } = await request();
        expect(status).toBeLessThan(300);
        expect({ name, ...trips }).toEqual({ name, kv: 1, db: 0 });
        expect(shop.platform.counters).toEqual({ kv: before.kv + 1, sql: before.sql });
      }
    });

    // ---------------------------------------------------------------- what changed

    describe('tells what changed', () => {
      beforeEach(() => invalidateCatalog(shop.kv, { everything: true }));

      const reprice = async (amountMinor: number) => {
        await shop.db.update(prices).set({ amountMinor }).where(eq(prices.variantId, LINEN));
        await invalidateCatalog(shop.kv, { variantIds: [LINEN] });
      };

      it('a price, from the very next request on', async () => {
        const { cart, token } = await newCart(LINEN, 3);
        expect(cart.totals.total).toEqual(eur(999));
        try {
          await reprice(400);
          const { body } = await call('GET', '/api/cart', { headers: token });
          expect(body.totals.total).toEqual(eur(1200));
          expect(codes(body.warnings)).toEqual(['price_changed']);
          await reprice(410);
          const written = await call('PATCH', `/api/cart/items/${cart.items[0]?.id}`, {
            body: { quantity: 1 },
            headers: token,
          });
          expect(written.body.totals.total).toEqual(eur(410));
          const seen = await add(LINEN, 1, token);
          expect(seen.body.warnings).toEqual([]);
        } finally {
          await reprice(333);
        }
      });

      it('a thing that is gone: it costs nothing, blocks the order, and can be taken out', async () => {
        const { cart, token } = await newCart(LINEN);
        await add(TWEED, 1, token);
        const publish = async (status: 'active' | 'draft') => {
          await shop.db
            .update(products)
            .set({ status })
            .where(eq(products.id, LINEN.replace('var_', 'prod_')));
          await invalidateCatalog(shop.kv, { variantIds: [LINEN] });
        };
        await publish('draft');
        try {
          const { body } = await call('GET', '/api/cart', { headers: token });
          expect(body.items[0]).toMatchObject({ variantId: LINEN, total: eur(0) });
          expect(body.totals.total).toEqual(eur(1999));
          expect(body.requirements).toContainEqual({ code: 'variant_unavailable', path: 'items.0' });
          const path = `/api/cart/items/${cart.items[0]?.id}`;
          const set = await call('PATCH', path, { body: { quantity: 2 }, headers: token });
          expect(set.body.items[0]?.quantity).toBe(2);
          expect((await call('DELETE', path, { headers: token })).body.items).toHaveLength(1);
        } finally {
          await publish('active');
        }
      });

      it('fewer units than are wanted, over all lines of a variant', async () => {
        const { cart, token } = await newCart(SCARCE, 2);
        expect(cart.warnings).toEqual([]);
        const { body } = await add(SCARCE, 1, token, { gift: true });
        expect(body.warnings).toEqual([{ code: 'insufficient_stock', path: 'items.1', message: 'Only 2 are left.' }]);
        expect(body.requirements).toContainEqual({ code: 'insufficient_stock', path: 'items.1' });
      });

      it('a currency that the shop gave up: priced in the nearest, and not to be ordered so', async () => {
        const made = await call('POST', '/api/cart/items', { body: { variantId: TWEED, currency: 'KWD' } });
        await shop.db.delete(shippingPrices).where(eq(shippingPrices.currency, 'KWD'));
        await invalidateCatalog(shop.kv, { everything: true });
        const { body } = await call('GET', '/api/cart', { headers: by(made.body) });
        expect(body).toMatchObject({ currency: 'EUR', totals: { total: eur(1999) } });
        expect(codes(body.requirements)).toContain('currency_not_sold');
      });
    });
  });
}
