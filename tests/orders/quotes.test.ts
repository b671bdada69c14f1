import { eq } from 'drizzle-orm';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { shippingPrices } from '@/db/schema';
import { issueGroupPass } from '@/edge/group-pass';
import { sign } from '@/edge/signed';
import type { Order } from '@/node/order-view';
import { bestDatabase } from '@/tests/databases';
import { percentOff, priceList, promotion, taxZone } from '../edge/rule-inputs';
import { breaches, FADING, HOME, SCARCE, TWEED } from './order-shop';
import { addVariant, type Filled, openPromotionShop, type PromotionShop, RULES } from './promotion-shop';

const database = bestDatabase('ord_quotes');

describe(`an order with a quote, on ${database.server}`, () => {
  let shop: PromotionShop;
  beforeAll(async () => {
    shop = await openPromotionShop(database.start);
  });
  afterAll(() => shop?.close());

  const eur = (amount: number) => ({ amount, currency: 'EUR' });

  interface Quote {
    quote: string;
    quoteExpiresAt: string;
    totals: Order['totals'];
    taxLines: Order['taxLines'];
  }

  async function quoteFor(items: [variantId: string, quantity: number][], more: object = {}): Promise<Quote> {
    const { status, body, text } = await shop.call<Quote>('POST', '/api/prices', {
      body: {
        currency: 'EUR',
        country: 'DE',
        postalCode: HOME.postalCode,
        shippingMethodId: 'ship_post',
        items: items.map(([variantId, quantity]) => ({ variantId, quantity })),
        ...more,
      },
    });
    if (status !== 200) throw new Error(text);
    return body;
  }

  const orderWith = (filled: Filled, quoted: Quote, more: { body?: object; card?: string; key?: string } = {}) =>
    shop.order(filled, { ...more, total: quoted.totals.total, body: { quote: quoted.quote, ...more.body } });
  const read = async (order: { id: string; accessToken: string }) =>
    (await shop.call<Order>('GET', `/api/orders/${order.id}`, { headers: { 'x-order-token': order.accessToken } }))
      .body;

  describe('pays what was promised', () => {
    afterEach(async () => {
      await shop.db.update(shippingPrices).set({ amountMinor: 495 }).where(eq(shippingPrices.methodId, 'ship_post'));
      await shop.reprice(TWEED, 1999);
      await shop.setRules(RULES);
    });

    const ten = RULES.promotions.find(({ id }) => id === 'ten')!;
    const others = RULES.promotions.filter(({ id }) => id !== 'ten');
    it.each<[string, () => Promise<unknown>]>([
      ['nothing changed', async () => {}],
      ['prices rose', () => shop.reprice(TWEED, 2999)],
      ['prices fell', () => shop.reprice(TWEED, 99)],
      [
        'sending is dearer',
        () => shop.db.update(shippingPrices).set({ amountMinor: 1495 }).where(eq(shippingPrices.methodId, 'ship_post')),
      ],
      [
        'the promotion has ended',
        () => shop.setRules({ promotions: [...others, { ...ten, endsAt: Date.now() - 1000 }] }),
      ],
      [
        'the promotion takes off less',
        () => shop.setRules({ promotions: [...others, { ...ten, effect: percentOff(1) }] }),
      ],
      [
        'another one takes off more',
        () => shop.setRules({ promotions: [...RULES.promotions, promotion('half', percentOff(50))] }),
      ],
      ['taxes rose', () => shop.setRules({ taxZones: [taxZone('DE', 'MwSt.', 2500), ...RULES.taxZones.slice(1)] })],
    ])('where %s', async (_name, change) => {
      const filled = await shop.fillWith(['TEN'], [TWEED, 3]);
      const quoted = await quoteFor([[TWEED, 3]], { coupons: ['TEN'] });
      // 59.97 less 6.00, and 4.95.
      expect(quoted.totals).toEqual(filled.cart.totals);
      expect(quoted.totals.total).toEqual(eur(5892));
      await change();
      const { status, text, body } = await orderWith(filled, quoted);
      expect(status, text).toBe(201);
      const order = await read(body.order);
      expect(order.totals).toEqual(quoted.totals);
      expect(order.taxLines).toEqual(quoted.taxLines);
      expect(order.items[0]).toMatchObject({
        unitPrice: eur(1999),
        total: eur(5397),
        adjustments: [{ promotionId: 'ten', label: '10 % off', code: 'TEN', amount: eur(-600) }],
      });
    });

    it('where all its promotions are gone, the gift and the free post with them', async () => {
      const filled = await shop.fillWith(['TEN', 'GIFT', 'POST'], [TWEED, 3]);
      const quoted = await quoteFor([[TWEED, 3]], { coupons: ['TEN', 'GIFT', 'POST'] });
      const before = await shop.held(FADING);
      await shop.setRules({ promotions: [] });
      const { status, text, body } = await orderWith(filled, quoted);
      expect(status, text).toBe(201);
      const order = await read(body.order);
      expect(order.totals).toEqual(quoted.totals);
      expect(order.items.map(({ variantId, quantity, isGift, title }) => [variantId, quantity, isGift, title])).toEqual(
        [
          [TWEED, 3, false, 'Cloth tweed'],
          [FADING, 2, true, 'Cloth fadin'],
        ],
      );
      expect(order.shippingAdjustments).toMatchObject([{ promotionId: 'post', amount: eur(-495) }]);
      expect(await shop.held(FADING)).toBe(before + 2);
    });

    it('and not more where it would be cheaper by now: without the quote it is', async () => {
      const filled = await shop.fillWith([], [TWEED, 1]);
      const quoted = await quoteFor([[TWEED, 1]]);
      await shop.reprice(TWEED, 999);
      const plain = await shop.order(filled, { total: quoted.totals.total });
      expect([plain.status, plain.body.code, plain.body.total]).toEqual([409, 'price_changed', eur(1494)]);
    });

    it('line by line where two differ in nothing but their metadata', async () => {
      const filled = await shop.fillWith(
        [],
        [TWEED, 1, { note: 'for Ada' }],
        [SCARCE, 1],
        [TWEED, 1, { note: 'for Eve' }],
      );
      const quoted = await quoteFor([
        [TWEED, 1],
        [TWEED, 1],
        [SCARCE, 1],
      ]);
      const { status, text, body } = await orderWith(filled, quoted);
      expect(status, text).toBe(201);
      expect(body.order.items.map(({ variantId, metadata }) => [variantId, metadata])).toEqual([
        [TWEED, { note: 'for Ada' }],
        [TWEED, { note: 'for Eve' }],
        [SCARCE, {}],
      ]);
    });

    it('once for a key, and answers a repeat as before', async () => {
      const filled = await shop.fillWith([], [TWEED, 1]);
      const quoted = await quoteFor([[TWEED, 1]]);
      const request = shop.orderRequest(filled, { body: { quote: quoted.quote } });
      const first = await shop.call('POST', '/api/orders', request);
      await shop.reprice(TWEED, 2999);
      const second = await shop.call('POST', '/api/orders', request);
      expect([first.status, second.status, second.headers.get('idempotent-replayed')]).toEqual([201, 201, 'true']);
      expect(second.text).toBe(first.text);
    });
  });

  // ---------------------------------------------------------------- what is refused

  describe('is refused as quote_mismatch', () => {
    let filled: Filled;
    beforeAll(async () => {
      await shop.setRules({
        ...RULES,
        priceLists: [priceList('wholesale', TWEED, 1500, { customerGroups: ['wholesale'] })],
      });
      filled = await shop.fillWith(['TEN'], [TWEED, 3]);
    });

    const three: [string, number][] = [[TWEED, 3]];
    const codes = { coupons: ['TEN'] };
    const pass = () => issueGroupPass('wholesale', 1, { secret: shop.platform.env.AUTH_SECRET!, now: new Date() });
    it.each<[string, string[], () => Promise<Quote>]>([
      ['other goods', ['items'], () => quoteFor([[FADING, 3]], codes)],
      ['fewer units', ['items'], () => quoteFor([[TWEED, 2]], codes)],
      ['more units', ['items'], () => quoteFor([[TWEED, 4]], codes)],
      [
        'as many in two lines',
        ['items'],
        () =>
          quoteFor(
            [
              [TWEED, 1],
              [TWEED, 2],
            ],
            codes,
          ),
      ],
      [
        'a further line',
        ['items'],
        () =>
          quoteFor(
            [
              [TWEED, 3],
              [FADING, 1],
            ],
            codes,
          ),
      ],
      ['no code', ['coupons'], () => quoteFor(three)],
      ['a further code', ['coupons'], () => quoteFor(three, { coupons: ['TEN', 'POST'] })],
      [
        'another country',
        ['shippingAddress.country', 'shippingAddress'],
        () => quoteFor(three, { ...codes, country: 'AT' }),
      ],
      [
        'another tax zone of the country',
        ['shippingAddress'],
        () => quoteFor(three, { ...codes, postalCode: '27498' }),
      ],
      [
        'another way of shipping',
        ['shippingMethodId'],
        () => quoteFor(three, { ...codes, shippingMethodId: 'ship_bike' }),
      ],
      ['no way of shipping', ['shippingMethodId'], () => quoteFor(three, { ...codes, shippingMethodId: null })],
      ['another currency', ['currency'], () => quoteFor(three, { ...codes, currency: 'USD' })],
      ['another channel', ['channel'], () => quoteFor(three, { ...codes, channel: 'app' })],
      ['a business', ['vatId'], () => quoteFor(three, { ...codes, vatId: 'DE136695976' })],
      ['a customer group', ['customerGroup'], async () => quoteFor(three, { ...codes, groupPass: await pass() })],
    ])('where it was made for %s', async (_name, paths, make) => {
      const { status, body } = await orderWith(filled, await make());
      expect([status, body.code]).toEqual([409, 'quote_mismatch']);
      expect(body.errors?.map(({ path }) => path)).toEqual(paths);
    });

    it('but not where goods and codes come in another order', async () => {
      const other = await shop.fillWith(['POST', 'TEN'], [TWEED, 1], [FADING, 2]);
      const { status, text } = await orderWith(
        other,
        await quoteFor(
          [
            [FADING, 2],
            [TWEED, 1],
          ],
          { coupons: ['ten', 'post', 'TEN'] },
        ),
      );
      expect(status, text).toBe(201);
    });

    it('nor where the shopper did not see the total that it has', async () => {
      const quoted = await quoteFor(three, codes);
      const { status, body } = await shop.order(filled, { total: eur(1), body: { quote: quoted.quote } });
      expect([status, body.code, body.total]).toEqual([409, 'price_changed', quoted.totals.total]);
    });

    it.each<[string, number, string, (quote: string) => string | Promise<string>]>([
      [
        'was changed',
        422,
        'quote_invalid',
        (quote) => quote.replace(/\.(.)/, (_, first) => `.${first === 'A' ? 'B' : 'A'}`),
      ],
      ['is another thing that the shop signed', 422, 'quote_invalid', pass],
      [
        'another shop signed',
        422,
        'quote_invalid',
        (quote) =>
          sign('quote', decodeJwt(quote), 900, { secret: 'of another shop, and long enough', now: new Date() }),
      ],
      [
        'nobody signed',
        422,
        'quote_invalid',
        (quote) => `${btoa('{"alg":"none","typ":"selvedge-quote+jwt"}').replaceAll('=', '')}.${quote.split('.')[1]}.`,
      ],
      ['is 50 KB of nothing', 422, 'quote_invalid', () => 'x'.repeat(50_000)],
      ['is 100 KB of nothing', 413, 'payload_too_large', () => 'x'.repeat(100_000)],
      [
        'is a minute too old',
        409,
        'quote_expired',
        (quote) =>
          sign('quote', decodeJwt(quote), 900, {
            secret: shop.platform.env.AUTH_SECRET!,
            now: new Date(Date.now() - 960_000),
          }),
      ],
    ])('nor where it %s', async (_name, status, code, change) => {
      const quoted = await quoteFor(three, codes);
      const answer = await orderWith(filled, { ...quoted, quote: await change(quoted.quote) });
      expect([answer.status, answer.body.code]).toEqual([status, code]);
      if (code === 'quote_invalid') expect(answer.body.errors).toEqual([expect.objectContaining({ path: 'quote' })]);
    });

    it.each([1, null, '', {}, ['x']])('nor where it is %j', async (quote) => {
      const answer = await shop.order(filled, { body: { quote } });
      expect([answer.status, answer.body.code]).toEqual([422, 'invalid_input']);
    });
  });

  describe('is refused within its time only where', () => {
    it('the stock is gone', async () => {
      const variantId = await addVariant(shop, 'var_quoted00000000000000000000', 1000, 2);
      const filled = await shop.fillWith([], [TWEED, 1], [variantId, 2]);
      const quoted = await quoteFor([
        [TWEED, 1],
        [variantId, 2],
      ]);
      await shop.onHand(variantId, 1);
      const { status, body } = await orderWith(filled, quoted);
      expect([status, body.code]).toEqual([409, 'out_of_stock']);
      expect(body.shortages).toEqual([expect.objectContaining({ variantId, requested: 2, available: 1 })]);
    });

    it('the gift is gone', async () => {
      const filled = await shop.fillWith(['GIFT'], [TWEED, 1]);
      const quoted = await quoteFor([[TWEED, 1]], { coupons: ['GIFT'] });
      await shop.onHand(FADING, await shop.held(FADING));
      try {
        const { status, body } = await orderWith(filled, quoted);
        expect([status, body.code]).toEqual([409, 'out_of_stock']);
      } finally {
        await shop.onHand(FADING, 50);
      }
    });

    it('its promotion has been used as often as it may be, until a use comes back', async () => {
      const quoted = await quoteFor([[TWEED, 1]], { coupons: ['ONCE'] });
      const first = await orderWith(await shop.fillWith(['ONCE'], [TWEED, 1]), quoted);
      expect([first.status, await shop.uses('once')]).toEqual([201, 1]);
      const filled = await shop.fillWith(['ONCE'], [TWEED, 1]);
      const late = await orderWith(filled, quoted);
      expect([late.status, late.body.code]).toEqual([409, 'promotion_used_up']);
      expect(late.body.promotions).toEqual([{ promotionId: 'once', label: 'once', code: 'ONCE' }]);
      await shop.call('POST', `/api/orders/${first.body.order.id}/cancellation`, {
        headers: { 'x-order-token': first.body.order.accessToken },
      });
      expect([(await orderWith(filled, quoted)).status, await shop.uses('once')]).toEqual([201, 1]);
    });

    it('this customer has used its promotion, or is not new, which the quote could not know', async () => {
      for (const code of ['EACH', 'WELCOME']) {
        const body = { email: `${code}@example.com` };
        const quoted = await quoteFor([[TWEED, 1]], { coupons: [code] });
        expect((await orderWith(await shop.fillWith([code], [TWEED, 1]), quoted, { body })).status).toBe(201);
        const late = await orderWith(await shop.fillWith([code], [TWEED, 1]), quoted, { body });
        expect([late.status, late.body.code]).toEqual([409, 'promotion_used_up']);
        expect(late.body.promotions).toMatchObject([{ code }]);
      }
    });
  });

  it('leaves nothing out of balance', async () => {
    await shop.settled();
    expect(await breaches(shop.db)).toEqual([]);
  });
});
