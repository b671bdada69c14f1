import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Cart } from '@/commerce/cart';
import type { ShippingChoice } from '@/commerce/shipping-choice';
import { writeRules } from '@/db/rules';
import * as cartOperations from '@/edge/cart-operations';
import { cartKeyOf } from '@/edge/cart-token';
import { completeCart } from '@/edge/carts';
import { edgeEnv } from '@/edge/env';
import { issueGroupPass } from '@/edge/group-pass';
import { quotePrices } from '@/edge/quotes';
import { invalidateCatalog } from '@/edge/snapshot';
import { clientOf, type Problem } from './calls';
import { percentOff, priceList, promotion, taxZone } from './rule-inputs';
import { HOME, LINEN, openShop, type Shop, TWEED, VOUCHER } from './shop';

const call = clientOf([...Object.values(cartOperations), quotePrices]);

/** More codes than a cart holds. */
const MANY = Array.from({ length: 50 }, (_, index) => `MANY${String(index).padStart(2, '0')}`);

const DAY_MS = 24 * 60 * 60 * 1000;

/** Codes, VAT ids, channels, group passes and ways of shipping in carts, on one kind of KV. */
export function promotionSuite(kvName: string, redisUrl?: string): void {
  let shop: Shop;

  beforeAll(async () => {
    shop = await openShop(redisUrl);
    await writeRules(shop.db, {
      customerGroups: [{ id: 'wholesale', title: 'Wholesale' }],
      priceLists: [
        priceList('wholesale', TWEED, 1500, { customerGroups: ['wholesale'], priority: 1 }),
        priceList('app', TWEED, 1900, { channels: ['app'] }),
      ],
      taxZones: [
        taxZone('DE', 'MwSt.', 1900),
        taxZone('AT', 'USt.', 2000, { reverseCharge: true }),
        taxZone('JP', 'Tax', 1000),
      ],
      promotions: [
        promotion('wool', percentOff(10), { title: '10 % off', codes: ['WOOL10', 'WINTER10'] }),
        promotion(
          'five',
          { kind: 'amount_off', of: null, per: 'order', amountMinor: { EUR: 500 } },
          { codes: ['FIVER'], conditions: [{ kind: 'subtotal', of: null, fromMinor: { EUR: 5000 } }], priority: -1 },
        ),
        promotion('welcome', percentOff(5), {
          codes: ['WELCOME'],
          conditions: [{ kind: 'first_order' }],
          usageLimitPerCustomer: 1,
          priority: -2,
        }),
        promotion('ended', percentOff(50), { codes: ['SUMMER'], endsAt: Date.now() - 1000 }),
        promotion(
          'gift',
          { kind: 'gift', variantId: LINEN, quantity: 1 },
          { title: 'A cloth on top', conditions: [{ kind: 'quantity', of: { variantIds: [TWEED] }, min: 5 }] },
        ),
        promotion('post', { kind: 'shipping_off', percentBps: 10_000, methodIds: ['ship_bike'] }, { codes: ['BIKE'] }),
        ...MANY.map((code) => promotion(code.toLowerCase(), percentOff(0.01), { codes: [code], priority: -3 })),
      ],
    });
    await invalidateCatalog(shop.kv, { everything: true });
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  afterAll(() => shop.close());

  // ---------------------------------------------------------------- how the suite speaks

  const eur = (amount: number) => ({ amount, currency: 'EUR' });
  const enter = (code: unknown, headers = {}) =>
    call('POST', '/api/cart/coupons', { body: { code }, headers: headers as Record<string, string> });
  const take = (code: string, headers = {}) => call('DELETE', `/api/cart/coupons/${code}`, { headers });
  const patch = (body: object, headers = {}) => call('PATCH', '/api/cart', { body, headers });
  const read = (headers: Record<string, string>) => call('GET', '/api/cart', { headers });
  const codesOf = (cart: Cart) => cart.coupons.map(({ code }) => code);

  async function newCart(quantity = 1, variantId = TWEED) {
    const { body } = await call('POST', '/api/cart/items', { body: { variantId, quantity } });
    return { cart: body, token: { 'x-cart-token': body.token as string } };
  }

  async function expectProblem(pending: Promise<{ status: number; body: unknown }>, code: string, path?: string) {
    const { status, body } = (await pending) as { status: number; body: Problem };
    expect(body.code, JSON.stringify(body)).toBe(code);
    if (path !== undefined) expect(body.errors).toContainEqual(expect.objectContaining({ path }));
    return status;
  }

  describe(`a code in a cart on ${kvName}`, () => {
    it('takes off what its promotion says, and the answer says why', async () => {
      const { token } = await newCart(3);
      const { status, body, headers } = await enter('WOOL10', token);
      expect([status, headers.get('etag')]).toEqual([200, '"2"']);
      // 10 % of 59.97 are 5.997.
      expect(body.totals).toMatchObject({ subtotal: eur(5997), discount: eur(600), total: eur(5397) });
      const adjustment = {
        source: 'promotion',
        label: '10 % off',
        amount: eur(-600),
        promotionId: 'wool',
        code: 'WOOL10',
      };
      expect(body.items[0]).toMatchObject({ unitPrice: eur(1999), total: eur(5397), adjustments: [adjustment] });
      expect(body.coupons).toEqual([{ code: 'WOOL10' }]);
      expect(body.promotions).toContainEqual({
        promotionId: 'wool',
        label: '10 % off',
        code: 'WOOL10',
        status: 'applied',
        amount: eur(-600),
        itemIds: [body.items[0]?.id],
        reason: null,
        provisional: false,
      });
      expect(body.warnings).toEqual([]);
      const { token: _, ...again } = (await read(token)).body;
      expect(again).toEqual(body);
    });

    it('is good in any case, and shown in capitals', async () => {
      const { token } = await newCart();
      expect(codesOf((await enter('  wool10 ', token)).body)).toEqual(['WOOL10']);
      expect((await take('Wool10', token)).body.coupons).toEqual([]);
    });

    it('makes the cart where there is none', async () => {
      const { status, body } = await enter('WOOL10');
      expect([status, body.version, codesOf(body)]).toEqual([201, 1, ['WOOL10']]);
      expect(codesOf((await read({ 'x-cart-token': body.token as string })).body)).toEqual(['WOOL10']);
    });

    it('is kept in the order of entering, and twice is once', async () => {
      const { token } = await newCart(3);
      for (const code of ['WOOL10', 'FIVER', 'WOOL10', 'WELCOME']) await enter(code, token);
      const { body } = await read(token);
      expect(codesOf(body)).toEqual(['WOOL10', 'FIVER', 'WELCOME']);
      // 59.97 less 6.00, less 5.00, and 5 % of the 48.97 that are left.
      expect(body.items[0]?.adjustments.map(({ amount }) => amount.amount)).toEqual([-600, -500, -245]);
    });

    it('counts once where its promotion has two codes', async () => {
      const { token } = await newCart(3);
      await enter('WINTER10', token);
      const { body } = await enter('WOOL10', token);
      expect(body.totals.discount).toEqual(eur(600));
      expect(body.warnings.map(({ code, path }) => [code, path])).toEqual([['coupon_not_applicable', 'coupons.1']]);
    });

    it('is kept with the reason while it does not apply', async () => {
      const { token } = await newCart(2);
      const { status, body } = await enter('FIVER', token);
      expect(status).toBe(200);
      const outcome = body.promotions.find(({ code }) => code === 'FIVER');
      expect(outcome).toMatchObject({
        status: 'not_applied',
        amount: eur(0),
        reason: { code: 'needs_amount', missingAmount: eur(1002) },
      });
      expect(body.warnings).toEqual([
        { code: 'coupon_not_applicable', path: 'coupons.0', message: outcome?.reason?.message },
      ]);
      const more = await call('POST', '/api/cart/items', { body: { variantId: TWEED }, headers: token });
      expect(more.body.warnings).toEqual([]);
      expect(more.body.totals.discount).toEqual(eur(500));
    });

    it('tells that only the order decides who is new', async () => {
      const { token } = await newCart();
      const { body } = await enter('WELCOME', token);
      expect(body.promotions.find(({ code }) => code === 'WELCOME')).toMatchObject({
        status: 'applied',
        provisional: true,
      });
    });

    it('that has ended is told apart from one that never was', async () => {
      const { token } = await newCart();
      expect(await expectProblem(enter('NOTHING', token), 'coupon_unknown', 'code')).toBe(422);
      const { body } = await enter('SUMMER', token);
      expect(body.promotions.find(({ code }) => code === 'SUMMER')?.reason?.code).toBe('ended');
      expect((await read(token)).body.version).toBe(2);
    });

    it.each([[''], [' '], ['A B'], ['X'.repeat(65)], ['A\u0000'], [1], [null], [{}], [['WOOL10']]])(
      'is not %j',
      async (code) => {
        const { token } = await newCart();
        expect(await expectProblem(enter(code, token), 'invalid_input', 'code')).toBe(422);
      },
    );

    it.each(['__proto__', 'constructor', "' or 1=1 --".replaceAll(' ', ''), 'code:WOOL10', '*'])(
      'is not %s either',
      async (code) => {
        expect(await expectProblem(enter(code), 'coupon_unknown', 'code')).toBe(422);
      },
    );

    it('goes again, once', async () => {
      const { token } = await newCart(3);
      await enter('WOOL10', token);
      const { body, headers } = await take('WOOL10', token);
      expect([headers.get('etag'), body.coupons, body.totals.discount]).toEqual(['"3"', [], eur(0)]);
      expect(await expectProblem(take('WOOL10', token), 'coupon_not_found')).toBe(404);
      expect(await expectProblem(take('WOOL10'), 'coupon_not_found')).toBe(404);
      expect((await read(token)).body.version).toBe(3);
    });

    it('honours If-Match', async () => {
      const { token } = await newCart();
      expect(await expectProblem(enter('WOOL10', { ...token, 'if-match': '"7"' }), 'version_mismatch')).toBe(412);
      expect((await enter('WOOL10', { ...token, 'if-match': '"1"' })).status).toBe(200);
      expect(await expectProblem(take('WOOL10', { ...token, 'if-match': '"1"' }), 'version_mismatch')).toBe(412);
      expect((await take('WOOL10', { ...token, 'if-match': '"2"' })).status).toBe(200);
    });

    it('is the tenth at most, counted down again as they go', async () => {
      const { token } = await newCart();
      for (const code of MANY.slice(0, 10)) expect((await enter(code, token)).status).toBe(200);
      expect(await expectProblem(enter(MANY[10], token), 'too_many_coupons', 'code')).toBe(422);
      // One that is there already is no further one.
      expect((await enter(MANY[0], token)).status).toBe(200);
      await take(MANY[3]!, token);
      const { body } = await enter(MANY[10], token);
      expect(codesOf(body)).toEqual([...MANY.slice(0, 3), ...MANY.slice(4, 11)]);
    });

    it('is not lost among others that are entered at once', async () => {
      const { token } = await newCart();
      const answers = await Promise.all(MANY.map((code) => enter(code, token)));
      const taken = MANY.filter((_, index) => answers[index]?.status === 200);
      expect(taken).toHaveLength(10);
      expect(answers.filter(({ status }) => status === 422)).toHaveLength(40);
      const { body } = await read(token);
      expect(codesOf(body).sort()).toEqual(taken.sort());
      expect(body.version).toBe(11);
    });

    it('counts once when it is entered 50 times at once', async () => {
      const { token } = await newCart(3);
      const answers = await Promise.all(MANY.map(() => enter('WOOL10', token)));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      const { body } = await read(token);
      expect([codesOf(body), body.totals.discount]).toEqual([['WOOL10'], eur(600)]);
      await take('WOOL10', token);
      for (const code of MANY.slice(0, 10)) expect((await enter(code, token)).status).toBe(200);
    });

    it('goes with the cart that became an order, and stays with what was added since', async () => {
      const { cart, token } = await newCart();
      await enter('WOOL10', token);
      const key = await cartKeyOf(cart.token as string);
      const ordered = [{ variantId: TWEED, metadata: {}, quantity: 1 }];
      const seen = { key, id: cart.id as string, version: 2 };
      await call('POST', '/api/cart/items', { body: { variantId: LINEN, quantity: 2 }, headers: token });
      expect(await completeCart(shop.kv, seen, ordered)).toBe('rest');
      const rest = (await read(token)).body;
      expect([codesOf(rest), rest.totals.discount]).toEqual([['WOOL10'], eur(67)]);
      const now = { key, id: rest.id as string, version: rest.version };
      expect(await completeCart(shop.kv, now, [{ variantId: LINEN, metadata: {}, quantity: 2 }])).toBe('gone');
      expect((await read(token)).body).toMatchObject({ id: null, coupons: [] });
    });

    it('costs one round trip to KV and no SQL, when warm, also where the shop has gifts', async () => {
      const { token } = await newCart(5);
      await enter('WOOL10', token);
      // What is remembered of stock is old enough to be read anew.
      const now = Date.now();
      vi.spyOn(Date, 'now').mockReturnValue(now + 4_900);
      const requests = {
        enter: () => enter('FIVER', token),
        take: () => take('FIVER', token),
        'make by entering': () => enter('WOOL10'),
        details: () => patch({ vatId: 'ATU13585627', channel: 'app' }, token),
        'add with a gift': () => call('POST', '/api/cart/items', { body: { variantId: TWEED }, headers: token }),
        read: () => read(token),
        options: () => call('GET', '/api/cart/shipping-options', { headers: token }),
      };
      for (const [name, request] of Object.entries(requests)) {
        const { trips, status } = await request();
        expect(status, name).toBeLessThan(300);
        expect({ name, ...trips }).toEqual({ name, kv: 1, db: 0 });
      }
    });
  });

  describe(`a gift in a cart on ${kvName}`, () => {
    it('is a line that costs nothing and cannot be changed', async () => {
      const { cart, token } = await newCart(5);
      expect(
        cart.items.map(({ variantId, quantity, total, isGift }) => [variantId, quantity, total.amount, isGift]),
      ).toEqual([
        [TWEED, 5, 9995, false],
        [LINEN, 1, 0, true],
      ]);
      expect(cart.totals).toMatchObject({ subtotal: eur(9995 + 333), discount: eur(333), total: eur(9995) });
      const path = `/api/cart/items/${cart.items[1]?.id}`;
      expect(await expectProblem(call('DELETE', path, { headers: token }), 'item_not_found')).toBe(404);
      const fewer = { body: { quantity: 4 }, headers: token };
      expect((await call('PATCH', `/api/cart/items/${cart.items[0]?.id}`, fewer)).body.items).toHaveLength(1);
    });
  });

  describe(`a VAT id in a cart on ${kvName}`, () => {
    it('of a business abroad makes prices net, without tax', async () => {
      const { token } = await newCart();
      await patch({ country: 'AT', shippingMethodId: 'ship_post' }, token);
      const gross = (await read(token)).body.totals;
      // 20 % contained in 19.99 and in 4.95: 3.33 and 0.83.
      expect(gross).toMatchObject({ tax: eur(416), total: eur(2494), taxIncluded: true });
      const { body } = await patch({ vatId: ' atu 1358 5627' }, token);
      expect(body.vatId).toBe('ATU13585627');
      expect(body.items[0]?.unitPrice).toEqual(eur(1666));
      expect(body.totals).toMatchObject({
        subtotal: eur(1666),
        shipping: eur(412),
        tax: eur(0),
        total: eur(2078),
        taxIncluded: false,
      });
      expect(body.taxLines).toEqual([]);
      const cleared = (await patch({ vatId: null }, token)).body;
      expect([cleared.vatId, cleared.totals]).toEqual([null, gross]);
    });

    it('changes nothing at home, nor in a country other than its own', async () => {
      const { token } = await newCart();
      const before = (await read(token)).body.totals;
      expect((await patch({ vatId: 'DE136695976' }, token)).body.totals).toEqual(before);
      expect((await patch({ country: 'AT' }, token)).body.totals).toMatchObject({
        taxIncluded: true,
        total: eur(1999),
      });
    });

    it.each(['ATU13585626', 'DE136695975', 'XX123', '', 'ATU', '__proto__', 13585627, {}])(
      'is refused where no office could have given it out: %j',
      async (vatId) => {
        const { token } = await newCart();
        expect(await expectProblem(patch({ vatId }, token), 'invalid_input', 'vatId')).toBe(422);
      },
    );
  });

  describe(`a channel and a group on ${kvName}`, () => {
    const pass = (days: number, secret = edgeEnv().AUTH_SECRET) =>
      issueGroupPass('wholesale', days, { secret, now: new Date() });

    it('have prices of their own, and the cart remembers them', async () => {
      const { cart, token } = await newCart();
      expect(cart).toMatchObject({ channel: 'web', totals: { total: eur(1999) } });
      expect((await patch({ channel: 'app' }, token)).body).toMatchObject({
        channel: 'app',
        totals: { total: eur(1900) },
      });
      const member = (await patch({ groupPass: await pass(7) }, token)).body;
      expect(member.totals.total).toEqual(eur(1500));
      expect(member.items[0]?.price).toMatchObject({ source: 'price_list', label: 'wholesale' });
      // What the shop changed is a price, what the shopper changed is not.
      expect(member.warnings).toEqual([]);
      expect((await read(token)).body.totals.total).toEqual(eur(1500));
      expect((await patch({ groupPass: null }, token)).body.totals.total).toEqual(eur(1900));
      expect((await patch({ channel: 'web' }, token)).body.totals.total).toEqual(eur(1999));
      expect(await expectProblem(patch({ channel: 'No Channel' }, token), 'invalid_input', 'channel')).toBe(422);
    });

    it('end with the pass: then the cart is back at the prices of everybody', async () => {
      const now = Date.now();
      const { token } = await newCart();
      const groupPass = await pass(7);
      await patch({ groupPass }, token);
      vi.useFakeTimers({ toFake: ['Date'], now: now + 7 * DAY_MS - 2000 });
      expect((await read(token)).body.totals.total).toEqual(eur(1500));
      vi.setSystemTime(now + 7 * DAY_MS + 1000);
      expect((await read(token)).body.totals.total).toEqual(eur(1999));
      expect(await expectProblem(patch({ groupPass }, token), 'group_pass_invalid', 'groupPass')).toBe(422);
    });

    it('take no pass that this shop did not make', async () => {
      const { token } = await newCart();
      const good = await pass(7);
      const [head, , seal] = good.split('.');
      const claims = { group: 'wholesale', iat: 0, exp: 4e9 };
      const quote = await call<{ quote: string }>('POST', '/api/prices', { body: { items: [{ variantId: TWEED }] } });
      const forged = [
        '',
        'x',
        'a.b.c',
        `${head}.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.${seal}`,
        `${good.slice(0, -2)}AA`,
        await pass(7, 'another secret, of another shop!!'),
        quote.body.quote,
        'x'.repeat(60_000),
      ];
      for (const groupPass of forged) {
        expect(await expectProblem(patch({ groupPass }, token), 'group_pass_invalid', 'groupPass')).toBe(422);
      }
      expect((await read(token)).body.version).toBe(1);
      const quoted = { groupPass: forged[5], items: [{ variantId: TWEED }] };
      await expectProblem(call('POST', '/api/prices', { body: quoted }), 'group_pass_invalid', 'groupPass');
    });

    it('are quoted as the cart has them', async () => {
      const body = { items: [{ variantId: TWEED }], channel: 'app' };
      const total = async (more: object) =>
        (await call('POST', '/api/prices', { body: { ...body, ...more } })).body.totals.total;
      expect(await total({})).toEqual(eur(1900));
      expect(await total({ groupPass: await pass(1) })).toEqual(eur(1500));
    });
  });

  describe(`the ways of shipping on ${kvName}`, () => {
    const options = async (headers: Record<string, string>) =>
      (await call<ShippingChoice>('GET', '/api/cart/shipping-options', { headers })).body;

    it('are sorted by what this cart would pay, promotions and all', async () => {
      const { token } = await newCart();
      const prices = async () =>
        (await options(token)).items.map(({ id, price, fullPrice }) => [id, price.amount, fullPrice.amount]);
      expect(await prices()).toEqual([
        ['ship_post', 495, 495],
        ['ship_bike', 900, 900],
      ]);
      await enter('BIKE', token);
      expect(await prices()).toEqual([
        ['ship_bike', 0, 900],
        ['ship_post', 495, 495],
      ]);
      const { body } = await patch({ shippingMethodId: 'ship_bike', shippingAddress: HOME }, token);
      expect(body.shipping).toMatchObject({
        methodId: 'ship_bike',
        price: eur(900),
        adjustments: [{ promotionId: 'post', code: 'BIKE', amount: eur(-900) }],
        total: eur(0),
      });
    });

    it('that the cart cannot go are named, with the reason', async () => {
      const { token } = await newCart();
      await patch({ country: 'AT' }, token);
      const { items, unavailable } = await options(token);
      expect(items.map(({ id }) => id)).toEqual(['ship_post']);
      expect(unavailable).toEqual([expect.objectContaining({ id: 'ship_bike', title: 'Bike', code: 'not_in_zone' })]);
    });

    it('show their own price where there is nothing to send', async () => {
      const { token } = await newCart(1, VOUCHER);
      expect((await options(token)).items.map(({ id, price }) => [id, price.amount])).toEqual([
        ['ship_post', 495],
        ['ship_bike', 900],
      ]);
    });
  });
}
