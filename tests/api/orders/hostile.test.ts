import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cart } from '@/commerce/cart';
import { ANYBODY, type LineInput, type PricingInput, priceCart, type VariantFacts } from '@/commerce/pricing';
import type { ShopRules } from '@/commerce/rules';
import { orders } from '@/db/schema';
import { readRules, readVariants } from '@/edge/facts';
import { bestDatabase } from '@/tests/databases';
import { FADING, HOME, SCARCE, TWEED } from '@/tests/orders/order-shop';
import { type Filled, openPromotionShop, type PromotionShop } from '@/tests/orders/promotion-shop';
import { randomFrom } from '@/tests/orders/random';

const database = bestDatabase('ord_hostile');

/** Requests of each kind that are made up; `HOSTILE_RUNS` asks for more. */
const RUNS = Number(process.env.HOSTILE_RUNS ?? (database.server === 'PGlite' ? 300 : 1000));

/** JSON has no infinity, but numbers that become it. */
const INFINITE = '"@infinite"';

/** What no field of money, quantity, id or code may be, or what looks as if it were. */
const HOSTILE: unknown[] = [
  -1,
  -0,
  0,
  0.1,
  1.0000000000000002,
  999,
  1000,
  2 ** 31,
  2 ** 53,
  1e21,
  5e-324,
  '@infinite',
  null,
  true,
  false,
  '',
  ' ',
  '1',
  '1e3',
  'NaN',
  'EUR',
  'eur',
  'USD',
  'KWD',
  'DE',
  '__proto__',
  'constructor',
  'toString',
  TWEED,
  'var_',
  'ten',
  'TEN',
  "'; drop table orders; --",
  '../../etc/passwd',
  '\u0000',
  '\ud800',
  '\u202e99',
  '٣',
  'x'.repeat(3000),
  [],
  [1],
  [[[[]]]],
  {},
  { amount: 1, currency: 'EUR' },
  { $gt: 0 },
  { length: 1, 0: 'TEN' },
];

/** Members that nobody is asked for, and that would be worth money. */
const INJECTED: [string, unknown][] = [
  ['unitPrice', { amount: 1, currency: 'EUR' }],
  ['price', 1],
  ['priceMinor', 1],
  ['amountMinor', -1],
  ['total', { amount: 0, currency: 'EUR' }],
  ['totals', { total: { amount: 0, currency: 'EUR' }, discount: { amount: 1e6, currency: 'EUR' } }],
  ['discount', 100],
  ['adjustments', [{ promotionId: 'ten', amount: { amount: -1000, currency: 'EUR' } }]],
  ['isGift', true],
  ['taxRateBps', 0],
  ['taxIncluded', false],
  ['customerGroup', 'wholesale'],
  ['group', { id: 'wholesale', until: 4e12 }],
  ['customer', { orderCount: 0, uses: {} }],
  ['now', 0],
  ['shipping', { price: { amount: 0, currency: 'EUR' } }],
  ['seen', { amount: 1, currency: 'EUR' }],
  ['promotions', [{ id: 'mine', effect: { kind: 'percent_off', percentBps: 10_000 } }]],
  ['__proto__', { unitPrice: 1, quantity: 1, percentBps: 10_000 }],
  ['constructor', { prototype: { amount: 0 } }],
  ['lines', []],
];

/** Takes a body apart at random: some members become hostile, some are there twice, some are put in. */
function spoil(body: object, random: () => number): string {
  const pick = <Item>(list: readonly Item[]): Item => list[Math.floor(random() * list.length)]!;
  const visit = (value: unknown, depth: number): unknown => {
    if (random() < 0.06) return pick(HOSTILE);
    if (Array.isArray(value)) {
      const list = value.map((item) => visit(item, depth + 1));
      if (random() < 0.1) list.push(...list.slice(0, 1));
      return list;
    }
    if (value === null || typeof value !== 'object') return value;
    const members: [string, unknown][] = [];
    for (const [name, member] of Object.entries(value)) {
      if (random() < 0.04) continue;
      members.push([random() < 0.01 ? name.toUpperCase() : name, visit(member, depth + 1)]);
    }
    while (random() < 0.25) members.push(pick(INJECTED));
    const made = {};
    // Defined rather than assigned, or `__proto__` would not become a member.
    for (const [name, member] of members) {
      Object.defineProperty(made, name, { value: member, enumerable: true, configurable: true, writable: true });
    }
    return made;
  };
  return JSON.stringify(visit(body, 0)).replaceAll(INFINITE, random() < 0.5 ? '1e309' : '-1e309');
}

describe(`hostile requests, on ${database.server}`, () => {
  let shop: PromotionShop;
  let rules: ShopRules;
  let variants: ReadonlyMap<string, VariantFacts>;

  beforeAll(async () => {
    shop = await openPromotionShop(database.start);
    // Enough for a gift in every cart.
    await shop.onHand(FADING, 100_000);
    rules = await readRules(shop.db);
    variants = await readVariants(shop.db, [TWEED, FADING, SCARCE]);
  });
  afterAll(() => shop?.close());

  interface Answer {
    status: number;
    // biome-ignore lint/suspicious/noExplicitAny: whatever comes
    body: any;
    sent: string;
  }

  async function send(
    method: string,
    path: string,
    text: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await shop.send(method, path, text, headers);
    return { ...answer, sent: `${method} ${path} ${text}` };
  }

  /** No fault of ours; what is refused says at which path, where it is about the input. */
  function expectRefusal({ status, body, sent }: Answer): void {
    expect(status, sent).toBeGreaterThanOrEqual(400);
    expect(status, `${sent}\n${JSON.stringify(body)}`).toBeLessThan(500);
    expect(body.code, sent).toMatch(/^[a-z_]+$/);
    if (body.code === 'invalid_input')
      expect(body.errors, sent).toEqual([
        expect.objectContaining({ path: expect.any(String) }),
        ...body.errors.slice(1),
      ]);
  }

  const priced = (input: Partial<PricingInput> & Pick<PricingInput, 'lines' | 'currency' | 'country'>) =>
    priceCart({ ...ANYBODY, now: Date.now(), coupons: [], shippingMethodId: null, ...input }, variants, rules);

  /** What the shop's own computation makes of the cart that an answer shows. */
  function expectOwnTotals(cart: Cart, sent: string): void {
    const lines = cart.items.filter(({ isGift }) => !isGift);
    for (const { quantity, unitPrice } of lines) {
      expect(Number.isInteger(quantity) && quantity >= 1 && quantity <= 999, sent).toBe(true);
      expect(unitPrice.amount, sent).toBeGreaterThanOrEqual(0);
    }
    const isThere = cart.shippingAddress?.country === cart.country;
    const own = priced({
      currency: cart.currency,
      country: cart.country,
      region: (isThere && cart.shippingAddress?.region) || null,
      postalCode: (isThere && cart.shippingAddress?.postalCode) || null,
      channel: cart.channel,
      vatId: cart.vatId,
      lines: lines.map(({ id, variantId, quantity, metadata }) => ({ id, variantId, quantity, metadata })),
      coupons: cart.coupons.map(({ code }) => code),
      shippingMethodId: cart.shippingMethodId,
    });
    expect(cart.totals, sent).toEqual(own.totals);
    expect(
      cart.items.map(({ total }) => total),
      sent,
    ).toEqual(own.items.map(({ total }) => total));
  }

  it(
    'for prices are refused, or answered with the price that the shop itself computes',
    async () => {
      const random = randomFrom(10);
      let answered = 0;
      for (let run = 0; run < RUNS; run += 1) {
        const text = spoil(
          {
            currency: 'EUR',
            country: 'DE',
            postalCode: '10115',
            channel: 'web',
            items: [
              { variantId: TWEED, quantity: 1 + Math.floor(random() * 5) },
              { variantId: FADING, quantity: 2 },
            ],
            coupons: ['TEN', 'GIFT'],
            shippingMethodId: 'ship_post',
          },
          random,
        );
        const answer = await send('POST', '/api/prices', text);
        if (answer.status !== 200) {
          expectRefusal(answer);
          continue;
        }
        answered += 1;
        const body = JSON.parse(text);
        const own = priced({
          currency: answer.body.currency,
          country: answer.body.country,
          region: body.region ?? null,
          postalCode: body.postalCode ?? null,
          channel: body.channel ?? 'web',
          lines: body.items.map(({ variantId, quantity = 1 }: LineInput, index: number) => {
            return { id: `item_${index}`, variantId, quantity, metadata: {} };
          }),
          coupons: [...new Set<string>((body.coupons ?? []).map((code: string) => code.trim().toUpperCase()))],
          shippingMethodId: body.shippingMethodId ?? null,
        });
        expect(answer.body.totals, text).toEqual(own.totals);
        if (body.currency !== undefined) expect(answer.body.currency).toBe(body.currency);
      }
      // Neither all refused nor all let through, or this would prove little.
      expect(answered).toBeGreaterThan(RUNS / 20);
      expect(answered).toBeLessThan(RUNS * 0.8);
    },
    10 * 60_000,
  );

  it(
    'for carts are refused, or leave a cart with the price that the shop itself computes',
    async () => {
      const random = randomFrom(11);
      const address = { ...HOME };
      let headers: Record<string, string> = {};
      let answered = 0;
      for (let run = 0; run < RUNS; run += 1) {
        const line = `/api/cart/items/${TWEED.replace('var_', 'item_')}`;
        const requests: [string, string, object][] = [
          [
            'POST',
            '/api/cart/items',
            { variantId: random() < 0.5 ? TWEED : FADING, quantity: 2, metadata: { note: 'x' } },
          ],
          ['POST', '/api/cart/items', { variantId: TWEED, quantity: 1, currency: 'EUR', country: 'DE' }],
          ['PATCH', line, { quantity: 3 }],
          ['POST', '/api/cart/coupons', { code: 'TEN' }],
          ['POST', '/api/cart/coupons', { code: 'GIFT' }],
          [
            'PATCH',
            '/api/cart',
            {
              currency: 'EUR',
              country: 'DE',
              email: 'ada@example.com',
              shippingAddress: address,
              shippingMethodId: 'ship_post',
              channel: 'web',
              vatId: null,
            },
          ],
        ];
        const [method, path, body] = requests[Math.floor(random() * requests.length)]!;
        const answer = await send(method, path, spoil(body, random), headers);
        if (answer.status >= 300) {
          expectRefusal(answer);
          continue;
        }
        answered += 1;
        expectOwnTotals(answer.body, answer.sent);
        if (answer.body.token) headers = { 'x-cart-token': answer.body.token };
        if (random() < 0.02) headers = {};
      }
      expect(answered).toBeGreaterThan(RUNS / 20);
    },
    10 * 60_000,
  );

  it(
    'for orders are refused, or place the order that the cart is, at the price that the shop itself computes',
    async () => {
      const random = randomFrom(12);
      let filled: Filled | null = null;
      let placed = 0;
      const before = await shop.db.$count(orders);
      for (let run = 0; run < Math.ceil(RUNS / 10); run += 1) {
        filled ??= await shop.fillWith(['TEN', 'GIFT'], [TWEED, 1 + (run % 3)]);
        const { headers, body } = shop.orderRequest(filled);
        const answer = await send('POST', '/api/orders', spoil(body as object, random), headers);
        if (answer.status !== 201) {
          expectRefusal(answer);
          continue;
        }
        placed += 1;
        const { order } = answer.body;
        // What is spoilt may be the address: the tax in the prices may change with it, never what is to pay.
        expect(order.totals.total, answer.sent).toEqual(filled.total);
        expect(order.totals.discount, answer.sent).toEqual(filled.cart.totals.discount);
        filled = null;
      }
      expect(placed).toBeGreaterThan(0);
      expect(await shop.db.$count(orders)).toBe(before + placed);
    },
    10 * 60_000,
  );

  describe('for orders, one by one:', () => {
    const cases: [string, number, string, (filled: Filled) => object][] = [
      ['a total of nothing', 409, 'price_changed', () => ({ expectedTotal: { amount: 0, currency: 'EUR' } })],
      [
        'the total in another currency',
        409,
        'price_changed',
        ({ total }) => ({ expectedTotal: { ...total, currency: 'JPY' } }),
      ],
      [
        'a minor unit less',
        409,
        'price_changed',
        ({ total }) => ({ expectedTotal: { ...total, amount: total.amount - 1 } }),
      ],
      ['a negative total', 422, 'invalid_input', () => ({ expectedTotal: { amount: -1, currency: 'EUR' } })],
      ['a fraction', 422, 'invalid_input', () => ({ expectedTotal: { amount: 0.5, currency: 'EUR' } })],
      ['an infinite total', 422, 'invalid_input', () => ({ expectedTotal: { amount: '@infinite', currency: 'EUR' } })],
      [
        'a total in words',
        422,
        'invalid_input',
        ({ total }) => ({ expectedTotal: { ...total, amount: String(total.amount) } }),
      ],
    ];
    it.each(cases)('%s', async (_name, status, code, change) => {
      const filled = await shop.fillWith(['TEN'], [TWEED, 1]);
      const { headers, body } = shop.orderRequest(filled, { body: change(filled) as Record<string, unknown> });
      const answer = await send('POST', '/api/orders', JSON.stringify(body).replaceAll(INFINITE, '1e309'), headers);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
    });

    it('prices, totals and promotions of its own change nothing', async () => {
      const filled = await shop.fillWith(['TEN'], [TWEED, 1]);
      const { headers, body } = shop.orderRequest(filled);
      const members = INJECTED.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
      const answer = await send('POST', '/api/orders', `{${members},${JSON.stringify(body).slice(1)}`, headers);
      expect([answer.status, answer.body.order.totals]).toEqual([201, filled.cart.totals]);
    });
  });
});
