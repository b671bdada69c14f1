/**
 * What catalog, cart and prices promise, asked of the same handlers on three hosts: plain Node, workerd, and the built
 * Next app. No expectation may depend on the host.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cart } from '@/commerce/cart';
import type { Product } from '@/commerce/catalog';
import type { ShippingChoice } from '@/commerce/shipping-choice';
import { createDb } from '@/db/client';
import { newId } from '@/db/ids';
import { CONFIRMED_FOR_MS } from '@/edge/catalog-memory';
import { issueGroupPass } from '@/edge/group-pass';
import { readQuote } from '@/edge/quote-token';
import { type Platform, startPlatform } from '@/local/platform';
import { signAccessToken } from '@/node/signing-keys';
import { sharedDir } from '../shared-dir';
import { stockShop } from './fixture';
import { hosts, type RunningHost } from './hosts';

const AUTH_SECRET = 'contract'.repeat(4);

const vectors = sharedDir('vectors/json-test-suite');

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ dataDir: null });
  await stockShop(platform.env);
});

afterAll(() => platform.close());

describe.each(hosts.filter(({ available }) => available))('on $name', ({ start }) => {
  let host: RunningHost;

  beforeAll(async () => {
    host = await start({ ...platform.env, AUTH_SECRET, CRON_SECRET: 'contract'.repeat(4) });
  });

  afterAll(() => host?.close());

  // ---------------------------------------------------------------- how the suite speaks

  async function call<Body = Record<string, unknown>>(method: string, path: string, body?: unknown, headers = {}) {
    const response = await host.fetch(path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : null) as Body };
  }

  async function product(slug: string): Promise<Product> {
    return (await call<Product>('GET', `/api/products/${slug}?currency=EUR`)).body;
  }

  async function variantId(slug: string): Promise<string> {
    return (await product(slug)).variants[0]!.id;
  }

  async function newCart(slug: string, quantity = 1) {
    const { body } = await call<Cart>('POST', '/api/cart/items', { variantId: await variantId(slug), quantity });
    return { cart: body, token: { 'x-cart-token': body.token! } };
  }

  const trips = (headers: Headers) => {
    const [, kv, db] = /kv;desc="(\d+)";dur=[\d.]+, db;desc="(\d+)";dur=[\d.]+/.exec(headers.get('server-timing')!)!;
    return { kv: Number(kv), db: Number(db) };
  };

  type Answer = { status: number; headers: Headers; body: Record<string, unknown> };

  function expectProblem(answer: Answer, status: number, code: string, path?: string) {
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: expect.any(String),
      title: expect.any(String),
      status,
      detail: expect.any(String),
      code,
      requestId: answer.headers.get('x-request-id'),
    });
    if (path !== undefined) expect(answer.body.errors).toContainEqual(expect.objectContaining({ path }));
  }

  // ---------------------------------------------------------------- who asks

  describe('an access token', () => {
    const accessToken = (secondsAgo = 0) =>
      signAccessToken(
        {
          db: createDb({ url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT }),
          env: { AUTH_SECRET, SITE_URL: platform.env.SITE_URL } as never,
          url: new URL(platform.env.SITE_URL!),
          now: new Date(Date.now() - secondsAgo * 1000),
        },
        {
          accountId: newId('acct'),
          sessionId: newId('sess'),
          epoch: 0,
          customerGroup: null,
          amr: ['pwd'],
          authTime: 0,
        },
      );
    const read = (token: string) => call('GET', '/api/cart', undefined, { authorization: `Bearer ${token}` });

    it('is taken while it is good, for one trip to KV and, with keys that are known, no SQL', async () => {
      expect((await read(await accessToken())).status).toBe(200);
      const { status, headers } = await read(await accessToken());
      expect(status).toBe(200);
      expect(trips(headers).db).toBe(0);
    });

    it('is refused when it has expired, and when it is none of ours', async () => {
      expectProblem(await read(await accessToken(600)), 401, 'token_expired');
      const [header, payload, signature] = (await accessToken()).split('.') as [string, string, string];
      expectProblem(await read(`${header}.${payload}.${signature.slice(0, -4)}AAAA`), 401, 'token_invalid');
      const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
      expectProblem(await read(`${none}.${payload}.`), 401, 'token_invalid');
    });

    it('is signed by a key that is published', async () => {
      const { kid } = JSON.parse(Buffer.from((await accessToken()).split('.')[0]!, 'base64url').toString());
      const { status, headers, body } = await call<{ keys: unknown[] }>('GET', '/.well-known/jwks.json');
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('public, max-age=300');
      expect(body.keys).toEqual([
        { kty: 'OKP', crv: 'Ed25519', alg: 'Ed25519', use: 'sig', kid, x: expect.any(String) },
      ]);
    });
  });

  // ---------------------------------------------------------------- catalog

  describe('the catalog', () => {
    it('lists products with prices and stock', async () => {
      const { status, body, headers } = await call<{ items: Product[]; nextCursor: string | null }>(
        'GET',
        '/api/products?limit=5',
      );
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('application/json');
      expect(body.items).toHaveLength(5);
      expect(body.nextCursor).toEqual(expect.any(String));
      expect(body.items[0]).toMatchObject({
        id: expect.stringMatching(/^prod_/),
        slug: expect.any(String),
        title: expect.any(String),
        description: expect.any(String),
        collections: [expect.objectContaining({ slug: 'scarves' })],
        media: [],
        variants: [
          expect.objectContaining({
            id: expect.stringMatching(/^var_/),
            sku: expect.any(String),
            options: expect.any(Object),
            price: { amount: expect.any(Number), currency: 'EUR' },
            compareAtPrice: null,
            stock: { available: expect.any(Number), policy: 'deny' },
          }),
        ],
      });
    });

    it('pages to the end without a double', async () => {
      const slugs: string[] = [];
      let cursor: string | null = null;
      do {
        const path: string = `/api/products?limit=7&sort=title${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
        const { body } = await call<{ items: Product[]; nextCursor: string | null }>('GET', path);
        slugs.push(...body.items.map(({ slug }) => slug));
        cursor = body.nextCursor;
      } while (cursor);
      expect(slugs).toHaveLength(30);
      expect(new Set(slugs).size).toBe(30);
    });

    it('prices in the currency that is asked for, yen without decimals', async () => {
      const { body } = await call<Product>('GET', '/api/products/scarf-1?currency=JPY');
      expect(body.variants[0]!.price).toEqual({ amount: 6401, currency: 'JPY' });
    });

    it('finds a misspelt word', async () => {
      const { body } = await call<{ items: Product[] }>('GET', '/api/products?q=herringbon');
      expect(body.items.map(({ slug }) => slug)).toEqual(['scarf-2']);
    });

    it('answers collections', async () => {
      const { body } = await call<{ items: { slug: string }[]; nextCursor: null }>('GET', '/api/collections');
      expect(body).toMatchObject({ items: [{ slug: 'scarves', title: 'Scarves' }], nextCursor: null });
      expect((await call('GET', '/api/collections/scarves')).body).toMatchObject({ slug: 'scarves' });
    });

    it('says what is wrong with a question', async () => {
      expectProblem(await call('GET', '/api/products?limit=0'), 422, 'invalid_input', 'limit');
      expectProblem(await call('GET', '/api/products?cursor=nonsense'), 422, 'invalid_input', 'cursor');
      expectProblem(await call('GET', '/api/products?sort=colour'), 422, 'invalid_input', 'sort');
      expect((await call('GET', '/api/products?currency=XXX')).status).toBe(422);
      expectProblem(await call('GET', '/api/products/nothing'), 404, 'not_found');
      expectProblem(await call('GET', '/api/collections/nothing'), 404, 'not_found');
    });

    it.each(['/api/products/%ff', '/api/collections/%E0%A4%A', '/api/cart/items/%'])(
      'has nothing at %s',
      async (path) => {
        const method = path.includes('cart') ? 'DELETE' : 'GET';
        const { status, headers, body } = await call(method, path);
        expect(status).toBe(404);
        expect(headers.get('content-type')).toBe('application/problem+json');
        expect(body).toMatchObject({ code: 'not_found', requestId: headers.get('x-request-id') });
      },
    );

    it('is answered without SQL when it is warm', async () => {
      for (const path of ['/api/products?limit=20', '/api/products/scarf-1']) {
        await call('GET', path);
        // In a rush not even KV is asked; after it once.
        await new Promise((resolve) => setTimeout(resolve, CONFIRMED_FOR_MS + 5));
        const { headers } = await call('GET', path);
        expect(trips(headers)).toEqual({ kv: 1, db: 0 });
      }
    });

    it('is healthy', async () => {
      const { status, body } = await call('GET', '/api/health');
      expect(status).toBe(200);
      expect(body).toMatchObject({ status: 'ok', kv: { status: 'ok' }, db: { status: 'ok' } });
    });
  });

  // ---------------------------------------------------------------- cart

  describe('the cart', () => {
    it('is empty for a stranger', async () => {
      const { status, body } = await call<Cart>('GET', '/api/cart');
      expect(status).toBe(200);
      expect(body).toMatchObject({ items: [], totals: { total: { amount: 0 } } });
      expect(body.token).toBeUndefined();
    });

    it('is made by the first item, tells its token once, and is reached by it', async () => {
      const { cart, token } = await newCart('scarf-1', 2);
      expect(cart).toMatchObject({
        id: expect.stringMatching(/^cart_/),
        version: 1,
        currency: 'EUR',
        items: [
          { quantity: 2, unitPrice: { amount: 4001, currency: 'EUR' }, total: { amount: 8002, currency: 'EUR' } },
        ],
        totals: { subtotal: { amount: 8002, currency: 'EUR' }, tax: { amount: 1278, currency: 'EUR' } },
      });
      const again = await call<Cart>('GET', '/api/cart', undefined, token);
      expect(again.body.items).toEqual(cart.items);
      expect(again.body.token).toBeUndefined();
    });

    it('gives browsers their token in a cookie that no script can read', async () => {
      const answer = await call('POST', '/api/cart/items', { variantId: await variantId('scarf-1'), quantity: 1 });
      const cookie = answer.headers.get('set-cookie')!;
      expect(cookie).toMatch(/HttpOnly/i);
      expect(cookie).toMatch(/SameSite=Lax/i);
      const { body } = await call<Cart>('GET', '/api/cart', undefined, { cookie: cookie.split(';')[0] });
      expect(body.items).toHaveLength(1);
    });

    it('costs one KV round trip and no SQL a write, when warm', async () => {
      const { cart, token } = await newCart('scarf-1');
      const { id: itemId, variantId } = cart.items[0]!;
      const askAll = async () => [
        await call('POST', '/api/cart/items', { variantId, quantity: 1 }, token),
        await call('PATCH', `/api/cart/items/${itemId}`, { quantity: 5 }, token),
        await call('PATCH', '/api/cart', { email: 'ada@example.test' }, token),
        await call('DELETE', `/api/cart/items/${itemId}`, undefined, token),
        await call('POST', '/api/cart/items', { variantId, quantity: 1 }, token),
        await call('GET', '/api/cart', undefined, token),
      ];
      // Next gives every route an isolate of its own, and each has to have read the rules and the variant once.
      await askAll();
      const before = { ...platform.counters };
      const answers = await askAll();
      expect(platform.counters).toEqual({ kv: before.kv + answers.length, sql: before.sql });
      for (const { status, headers } of answers) {
        expect(status).toBe(200);
        expect(trips(headers)).toEqual({ kv: 1, db: 0 });
      }
    });

    it('keeps all of 200 additions that come at once', async () => {
      const { cart, token } = await newCart('scarf-1');
      const item = { variantId: cart.items[0]!.variantId, quantity: 1 };
      const answers = await Promise.all(
        Array.from({ length: 199 }, () => call('POST', '/api/cart/items', item, token)),
      );
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      const { body } = await call<Cart>('GET', '/api/cart', undefined, token);
      expect(body.items[0]!.quantity).toBe(200);
      expect(body.version).toBe(200);
    });

    it('honours If-Match', async () => {
      const { cart, token } = await newCart('scarf-1');
      const path = `/api/cart/items/${cart.items[0]!.id}`;
      const first = await call<Cart>('PATCH', path, { quantity: 2 }, { ...token, 'if-match': '"1"' });
      expect(first.status).toBe(200);
      expect(first.headers.get('etag')).toBe('"2"');
      expectProblem(
        await call('PATCH', path, { quantity: 3 }, { ...token, 'if-match': '"1"' }),
        412,
        'version_mismatch',
      );
    });

    it('counts tax as its country does', async () => {
      const { token } = await newCart('scarf-1', 1);
      const { body } = await call<Cart>(
        'PATCH',
        '/api/cart',
        { country: 'US', currency: 'USD', shippingMethodId: 'ship_standard' },
        token,
      );
      // 44.01 + 5.00, and 8.25 % of each on top, rounded line by line: 3.63 + 0.41.
      expect(body.totals).toMatchObject({
        subtotal: { amount: 4401, currency: 'USD' },
        shipping: { amount: 500, currency: 'USD' },
        tax: { amount: 404, currency: 'USD' },
        total: { amount: 5305, currency: 'USD' },
      });
    });

    it('says what still blocks an order, and nothing once all is there', async () => {
      const { cart, token } = await newCart('scarf-1');
      expect(cart.requirements.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['email_missing', 'shipping_address_missing', 'shipping_method_missing']),
      );
      const options = await call<{ items: { id: string; price: unknown }[] }>(
        'GET',
        '/api/cart/shipping-options',
        undefined,
        token,
      );
      expect(options.body.items).toEqual([
        expect.objectContaining({ id: 'ship_standard', price: { amount: 500, currency: 'EUR' } }),
      ]);
      const address = { name: 'Ada', line1: 'Webergasse 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
      const { body } = await call<Cart>(
        'PATCH',
        '/api/cart',
        { email: 'ada@example.test', shippingAddress: address, shippingMethodId: 'ship_standard' },
        token,
      );
      expect(body.requirements).toEqual([]);
    });

    it('warns when there is less than is wanted', async () => {
      const { cart } = await newCart('scarf-3', 3);
      expect(cart.warnings).toContainEqual(expect.objectContaining({ code: 'insufficient_stock' }));
      expect(cart.requirements).toContainEqual(expect.objectContaining({ code: 'insufficient_stock' }));
    });

    it.each([
      ['no variant', { quantity: 1 }, 'variantId'],
      ['an unknown variant', { variantId: 'var_01h455vb4pex5vsknk084sn02q', quantity: 1 }, 'variantId'],
      ['a quantity of none', { quantity: 0 }, 'quantity'],
      ['a negative quantity', { quantity: -1 }, 'quantity'],
      ['half a unit', { quantity: 0.5 }, 'quantity'],
      ['a thousand units', { quantity: 1000 }, 'quantity'],
      ['a quantity in words', { quantity: '1' }, 'quantity'],
      ['metadata over 2 KB', { quantity: 1, metadata: { note: 'x'.repeat(2048) } }, 'metadata'],
    ])('refuses %s, with the path', async (_name, item, path) => {
      const whole =
        'variantId' in item || path === 'variantId' ? item : { variantId: await variantId('scarf-1'), ...item };
      const answer = await call('POST', '/api/cart/items', whole);
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toContainEqual(expect.objectContaining({ path }));
    });

    it('takes no price from a client', async () => {
      const item = {
        variantId: await variantId('scarf-1'),
        quantity: 1,
        unitPrice: { amount: 1, currency: 'EUR' },
        price: 1,
      };
      const { body } = await call<Cart>('POST', '/api/cart/items', item);
      expect(body.items?.[0]?.unitPrice.amount ?? 4001).toBe(4001);
    });

    it('holds 999 of a line and no more', async () => {
      const { cart, token } = await newCart('scarf-1', 999);
      const answer = await call('POST', '/api/cart/items', { variantId: cart.items[0]!.variantId, quantity: 1 }, token);
      expect(answer.status).toBe(422);
      expect((await call<Cart>('GET', '/api/cart', undefined, token)).body.items[0]!.quantity).toBe(999);
    });

    it('holds 100 lines and no more', async () => {
      const { cart, token } = await newCart('scarf-1');
      const add = (note: number) =>
        call(
          'POST',
          '/api/cart/items',
          { variantId: cart.items[0]!.variantId, quantity: 1, metadata: { note } },
          token,
        );
      for (let note = 0; note < 99; note += 1) expect((await add(note)).status).toBe(200);
      expect((await add(99)).status).toBe(422);
    });

    it('knows nothing of an item that is not in it', async () => {
      const { token } = await newCart('scarf-1');
      expect((await call('PATCH', '/api/cart/items/item_nothing', { quantity: 1 }, token)).status).toBe(404);
      expect((await call('DELETE', '/api/cart/items/item_nothing', undefined, token)).status).toBe(404);
    });

    it('is not reached by another token', async () => {
      await newCart('scarf-1');
      const { body } = await call<Cart>('GET', '/api/cart', undefined, { 'x-cart-token': 'A'.repeat(43) });
      expect(body.items).toEqual([]);
    });

    it('refuses codes that do not exist', async () => {
      const { token } = await newCart('scarf-1');
      expect((await call('POST', '/api/cart/coupons', { code: 'NOTHING' }, token)).status).toBe(422);
      expect((await call('DELETE', '/api/cart/coupons/NOTHING', undefined, token)).status).toBe(404);
    });

    it('takes a code in any case, says what it takes off, and lets it go again', async () => {
      const { token } = await newCart('scarf-1', 2);
      const { status, body } = await call<Cart>('POST', '/api/cart/coupons', { code: 'ten' }, token);
      expect(status).toBe(200);
      const minor = (amount: number) => ({ amount, currency: 'EUR' });
      // 10 % of 80.02.
      expect(body).toMatchObject({
        version: 2,
        coupons: [{ code: 'TEN' }],
        totals: { subtotal: minor(8002), discount: minor(800), total: minor(7202) },
        items: [
          {
            total: minor(7202),
            adjustments: [{ promotionId: 'ten', label: '10 % off', code: 'TEN', amount: minor(-800) }],
          },
        ],
        promotions: [{ promotionId: 'ten', status: 'applied', amount: minor(-800), reason: null }],
        warnings: [],
      });
      const taken = await call<Cart>('DELETE', '/api/cart/coupons/TEN', undefined, token);
      expect(taken.body).toMatchObject({ version: 3, coupons: [], totals: { discount: minor(0) } });
      expectProblem(await call('DELETE', '/api/cart/coupons/TEN', undefined, token), 404, 'coupon_not_found');
    });

    it('keeps a code that does not apply yet, and says what is missing', async () => {
      const { token } = await newCart('scarf-1');
      const { body } = await call<Cart>('POST', '/api/cart/coupons', { code: 'BIG' }, token);
      expect(body.warnings).toEqual([expect.objectContaining({ code: 'coupon_not_applicable', path: 'coupons.0' })]);
      expect(body.promotions).toEqual([
        expect.objectContaining({
          code: 'BIG',
          status: 'not_applied',
          reason: expect.objectContaining({ code: 'needs_amount', missingAmount: { amount: 45_999, currency: 'EUR' } }),
        }),
      ]);
    });

    it('makes a cart by a code, and costs one KV round trip and no SQL when warm', async () => {
      const made = await call<Cart>('POST', '/api/cart/coupons', { code: 'TEN' });
      expect([made.status, made.body.coupons]).toEqual([201, [{ code: 'TEN' }]]);
      const token = { 'x-cart-token': made.body.token! };
      await call('DELETE', '/api/cart/coupons/TEN', undefined, token);
      for (const answer of [
        await call('POST', '/api/cart/coupons', { code: 'POST' }, token),
        await call('DELETE', '/api/cart/coupons/POST', undefined, token),
      ]) {
        expect([answer.status, trips(answer.headers)]).toEqual([200, { kv: 1, db: 0 }]);
      }
    });

    it('prices by channel, and net for a business abroad', async () => {
      const { cart, token } = await newCart('scarf-5');
      expect(cart.totals.total.amount).toBe(4005);
      const patch = async (body: object) => (await call<Cart>('PATCH', '/api/cart', body, token)).body;
      expect(await patch({ channel: 'app' })).toMatchObject({ channel: 'app', totals: { total: { amount: 3500 } } });
      // 20 % contained in 40.05 are 6.68 (6.675).
      const abroad = { channel: 'web', country: 'AT', vatId: 'atu13585627' };
      expect(await patch(abroad)).toMatchObject({
        vatId: 'ATU13585627',
        totals: { subtotal: { amount: 3337 }, tax: { amount: 0 }, total: { amount: 3337 }, taxIncluded: false },
        taxLines: [],
      });
      expect(await patch({ vatId: null })).toMatchObject({ vatId: null, totals: { total: { amount: 4005 } } });
      expectProblem(await call('PATCH', '/api/cart', { vatId: 'ATU13585626' }, token), 422, 'invalid_input', 'vatId');
      expectProblem(await call('PATCH', '/api/cart', { channel: 'A b' }, token), 422, 'invalid_input', 'channel');
    });

    it('takes a group pass of this shop, and no other', async () => {
      const { token } = await newCart('scarf-5');
      const pass = (secret: string) => issueGroupPass('wholesale', 1, { secret, now: new Date() });
      const member = await call<Cart>('PATCH', '/api/cart', { groupPass: await pass(AUTH_SECRET) }, token);
      expect(member.body.totals.total.amount).toBe(3000);
      const forged = await call('PATCH', '/api/cart', { groupPass: await pass('another'.repeat(5)) }, token);
      expectProblem(forged, 422, 'group_pass_invalid', 'groupPass');
    });

    it('offers ways of shipping at what they would cost, and names those that it cannot go', async () => {
      const { token } = await newCart('scarf-1');
      const options = async () =>
        (await call<ShippingChoice>('GET', '/api/cart/shipping-options', undefined, token)).body;
      await call('POST', '/api/cart/coupons', { code: 'POST' }, token);
      const eur = (amount: number) => ({ amount, currency: 'EUR' });
      expect(await options()).toEqual({
        items: [expect.objectContaining({ id: 'ship_standard', price: eur(0), fullPrice: eur(500) })],
        unavailable: [],
      });
    });

    it('refuses a page of another site', async () => {
      const answer = await call(
        'POST',
        '/api/cart/items',
        { variantId: await variantId('scarf-1'), quantity: 1 },
        { cookie: 'cart=x', origin: 'https://evil.test' },
      );
      expectProblem(answer, 403, 'cross_site_request');
    });
  });

  // ---------------------------------------------------------------- prices

  describe('a quote', () => {
    it('prices items without a cart', async () => {
      const items = [{ variantId: await variantId('scarf-1'), quantity: 3 }];
      const { status, body } = await call('POST', '/api/prices', {
        currency: 'EUR',
        country: 'DE',
        items,
        coupons: [],
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({ totals: { subtotal: { amount: 12003, currency: 'EUR' } } });
    });

    it('agrees with the cart of the same items', async () => {
      const { cart } = await newCart('scarf-2', 7);
      const items = cart.items.map(({ variantId: id, quantity }) => ({ variantId: id, quantity }));
      const { body } = await call('POST', '/api/prices', { currency: 'EUR', country: 'DE', items, coupons: [] });
      expect(body.totals).toEqual(cart.totals);
    });

    it('says what promotions make of it, and signs it for a quarter of an hour', async () => {
      const items = [{ variantId: await variantId('scarf-1'), quantity: 2 }];
      const body = {
        currency: 'EUR',
        country: 'DE',
        items,
        coupons: ['ten', 'post'],
        shippingMethodId: 'ship_standard',
      };
      // At once, since the key is made by whoever is first.
      const answers = await Promise.all(
        Array.from({ length: 10 }, () =>
          call<{ quote: string; quoteExpiresAt: string; totals: object }>('POST', '/api/prices', body),
        ),
      );
      for (const { status, body: priced } of answers) {
        expect(status).toBe(200);
        expect(priced.totals).toMatchObject({
          discount: { amount: 800 },
          shipping: { amount: 0 },
          total: { amount: 7202 },
        });
        const quote = await readQuote(priced.quote, { secret: AUTH_SECRET, now: new Date() });
        expect(quote).toMatchObject({
          coupons: ['TEN', 'POST'],
          totals: { total: 7202 },
          shipping: { id: 'ship_standard' },
        });
        const seconds = (Date.parse(priced.quoteExpiresAt) - Date.now()) / 1000;
        expect(seconds).toBeGreaterThan(890 - 60);
        expect(seconds).toBeLessThanOrEqual(900);
        expect(await readQuote(priced.quote, { secret: 'another'.repeat(5), now: new Date() })).toBe('invalid');
      }
    });

    it('prices by channel and VAT id as the cart does', async () => {
      const items = [{ variantId: await variantId('scarf-5'), quantity: 1 }];
      const total = async (more: object) =>
        (await call<Cart>('POST', '/api/prices', { currency: 'EUR', country: 'AT', items, ...more })).body.totals;
      expect(await total({ channel: 'app' })).toMatchObject({ total: { amount: 3500 } });
      expect(await total({ vatId: 'ATU13585627' })).toMatchObject({ total: { amount: 3337 }, taxIncluded: false });
    });

    it.each([
      ['a VAT id that is none', { vatId: 'ATU1' }],
      ['a pass that is none', { groupPass: 'x' }],
      ['eleven codes', { coupons: Array(11).fill('TEN') }],
      ['an unknown currency', { currency: 'XXX' }],
      ['a country the shop does not sell to', { country: 'AQ' }],
      ['a country that is none', { country: 'Germany' }],
      ['no items at all', { items: undefined }],
      ['a huge quantity', { items: [{ variantId: 'var_x', quantity: 1e300 }] }],
    ])('refuses %s', async (_name, wrong) => {
      const items = [{ variantId: await variantId('scarf-1'), quantity: 1 }];
      expect(
        (await call('POST', '/api/prices', { currency: 'EUR', country: 'DE', items, coupons: [], ...wrong })).status,
      ).toBe(422);
    });

    it('refuses bodies that are too large, too deep or no JSON', async () => {
      expectProblem(await call('POST', '/api/prices', { pad: 'x'.repeat(65_536) }), 413, 'payload_too_large');
      const send = (body: string) =>
        host.fetch('/api/prices', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      expect((await send('['.repeat(1000))).status).toBe(400);
      expect((await send('{"items":')).status).toBe(400);
    });

    it.skipIf(!vectors)('answers every public JSON case without a fault of its own', async () => {
      for (const name of readdirSync(vectors!)) {
        const body = readFileSync(join(vectors!, name));
        const { status } = await host.fetch('/api/prices', {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json' },
        });
        expect(status, name).toBeGreaterThanOrEqual(400);
        expect(status, name).toBeLessThan(500);
      }
    });
  });
});
