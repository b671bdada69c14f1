import { describe, expect, it } from 'vitest';
import { CommerceError } from '@/commerce/error';
import { ANYBODY, type PricedCart, type PricingInput, priceCart, type VariantFacts } from '@/commerce/pricing';
import type { ShippingMethod, TaxZone } from '@/commerce/rules';
import { variantFacts } from './builders';
import { GERMANY, NOW, shippingMethod, shop } from './examples';
import { faultsOf } from './invariants';
import { integer, oneOf, randomOf } from './random';

const ZONES: TaxZone[] = [
  GERMANY,
  {
    ...GERMANY,
    id: 'us',
    country: 'US',
    pricesIncludeTax: false,
    rates: { standard: [{ label: 'Sales tax', rateBps: 825, compound: false }] },
  },
  { ...GERMANY, id: 'hk', country: 'HK', pricesIncludeTax: false, rates: {} },
];

const flat = (prices: Record<string, number>): ShippingMethod['prices'] =>
  Object.fromEntries(Object.entries(prices).map(([currency, amountMinor]) => [currency, [{ from: 0, amountMinor }]]));

const RULES = shop({
  currencies: ['EUR', 'JPY', 'KWD', 'USD'],
  taxZones: ZONES,
  shippingZones: [{ id: 'home', title: 'Home', areas: [{ country: 'DE', regions: [], postalCodes: [] }] }],
  shippingMethods: [
    shippingMethod('post', '0.00', { prices: flat({ EUR: 495, USD: 495, JPY: 495 }) }),
    shippingMethod('bike', '0.00', { zoneId: 'home', taxClass: 'books', prices: flat({ EUR: 900 }) }),
  ],
});

function facts(id: string, prices: Record<string, number>, more: Partial<VariantFacts> = {}): [string, VariantFacts] {
  const base = Object.entries(prices).map(([currency, amountMinor]) => [
    currency,
    { amountMinor, compareAtMinor: null },
  ]);
  return [id, variantFacts(id, { prices: Object.fromEntries(base), ...more })];
}

const VARIANTS = new Map([
  facts('scarf', { EUR: 1999, USD: 2199, JPY: 3200, KWD: 6500 }),
  facts('book', { EUR: 333, USD: 399 }, { taxClass: 'books' }),
  facts('dear', { EUR: 30_000_000_000 }),
  facts('priceless', { EUR: Number.MAX_SAFE_INTEGER }),
  facts('cursed', { EUR: -1, USD: Number.NaN, JPY: 0.5 }),
  facts('voucher', { EUR: 2500 }, { requiresShipping: false }),
  facts('scarce', { EUR: 100 }, { available: 2 }),
  facts('last', { EUR: 100 }, { available: 1 }),
  facts('sold-out', { EUR: 100 }, { available: 0 }),
  facts('made', { EUR: 100 }, { available: 0, policy: 'continue' }),
]);

function price(lines: [variantId: string, quantity: number][], more: Partial<PricingInput> = {}): PricedCart {
  return priceCart(
    {
      ...ANYBODY,
      currency: 'EUR',
      country: 'DE',
      now: NOW,
      lines: lines.map(([variantId, quantity], index) => ({ id: `item_${index}`, variantId, quantity, metadata: {} })),
      coupons: [],
      shippingMethodId: null,
      ...more,
    },
    VARIANTS,
    RULES,
  );
}

/** Subtotal, discount, shipping, tax, total. */
const sums = ({ totals }: PricedCart) =>
  [totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.total].map(({ amount }) => amount);

describe('a priced cart', () => {
  it.each<[string, PricedCart, number[]]>([
    ['nothing', price([]), [0, 0, 0, 0, 0]],
    ['one thing, tax contained', price([['scarf', 1]]), [1999, 0, 0, 319, 1999]],
    ['tax rounded per line, not per unit', price([['scarf', 3]]), [5997, 0, 0, 958, 5997]],
    [
      'two classes of tax',
      price([
        ['scarf', 1],
        ['book', 3],
      ]),
      [2998, 0, 0, 319 + 65, 2998],
    ],
    [
      'shipping, taxed as its class',
      price([['scarf', 1]], { shippingMethodId: 'bike' }),
      [1999, 0, 900, 319 + 59, 2899],
    ],
    [
      'tax on top, of a class that the country does not name',
      price([['book', 1]], { country: 'US', currency: 'USD' }),
      [399, 0, 0, 33, 432],
    ],
    [
      'tax on top of goods and shipping',
      price([['scarf', 2]], { country: 'US', currency: 'USD', shippingMethodId: 'post' }),
      [4398, 0, 495, 363 + 41, 4893 + 404],
    ],
    ['a country without tax', price([['scarf', 1]], { country: 'HK' }), [1999, 0, 0, 0, 1999]],
    ['a currency without decimals', price([['scarf', 1]], { currency: 'JPY' }), [3200, 0, 0, 511, 3200]],
    ['a currency with three', price([['scarf', 1]], { currency: 'KWD' }), [6500, 0, 0, 1038, 6500]],
    ['nothing to send', price([['voucher', 1]], { shippingMethodId: 'post' }), [2500, 0, 0, 399, 2500]],
  ])('of %s', (_name, priced, expected) => {
    expect(sums(priced)).toEqual(expected);
    expect(faultsOf(priced)).toEqual([]);
  });

  it('lists its tax as an invoice does', () => {
    const { taxLines } = price(
      [
        ['scarf', 1],
        ['book', 3],
      ],
      { shippingMethodId: 'post' },
    );
    const euros = (amount: number) => ({ amount, currency: 'EUR' });
    expect(taxLines).toEqual([
      { label: 'MwSt.', rateBps: 1900, net: euros(1680 + 416), amount: euros(319 + 79) },
      { label: 'MwSt. ermäßigt', rateBps: 700, net: euros(934), amount: euros(65) },
    ]);
  });

  it('lists classes that a country taxes alike as one line', () => {
    const alike = [{ label: 'Sales tax', rateBps: 825, compound: false }];
    const taxZones = [{ ...(ZONES[1] as TaxZone), rates: { standard: alike, books: [...alike] } }];
    const lines = ['scarf', 'book'].map((variantId) => ({ id: variantId, variantId, quantity: 1, metadata: {} }));
    const where = { ...ANYBODY, currency: 'USD', country: 'US', now: NOW };
    const { taxLines } = priceCart({ ...where, lines, coupons: [], shippingMethodId: null }, VARIANTS, {
      ...RULES,
      taxZones,
    });
    const dollars = (amount: number) => ({ amount, currency: 'USD' });
    // 21.99 and 3.99, each rounded by itself.
    expect(taxLines).toEqual([{ label: 'Sales tax', rateBps: 825, net: dollars(2598), amount: dollars(181 + 33) }]);
  });

  it('charges nothing for what cannot be sold, and does not let it be ordered', () => {
    const priced = price(
      [
        ['gone', 1],
        ['scarf', 1],
        ['voucher', 1],
      ],
      { currency: 'JPY' },
    );
    expect(priced.totals.total).toEqual({ amount: 3200, currency: 'JPY' });
    expect(priced.requirements).toEqual([
      { code: 'variant_unavailable', path: 'items.0' },
      { code: 'variant_not_sold_in_currency', path: 'items.2' },
    ]);
  });

  it('counts the stock of a variant over all its lines, and not where it goes on at zero', () => {
    expect(price([['scarce', 2]]).requirements).toEqual([]);
    expect(
      price([
        ['scarce', 2],
        ['scarce', 1],
      ]).requirements,
    ).toEqual([{ code: 'insufficient_stock', path: 'items.1' }]);
    expect(price([['made', 999]]).requirements).toEqual([]);
  });

  it.each([
    ['in a country that it does not reach', { shippingMethodId: 'bike', country: 'US' }],
    ['in a currency without a price', { shippingMethodId: 'post', currency: 'KWD' }],
    ['that there is not', { shippingMethodId: 'none' }],
  ])('does not ship by a method %s', (_name, more) => {
    const priced = price([['scarf', 1]], more);
    expect(priced.shippingMethod).toBeNull();
    expect(priced.totals.shipping.amount).toBe(0);
    expect(priced.requirements).toEqual([{ code: 'shipping_unavailable', path: 'shippingMethodId' }]);
  });

  it('says that a price changed, in the currency in which it was seen', () => {
    const seen = (amount: number, currency: string) =>
      price([], { lines: [{ id: 'a', variantId: 'scarf', quantity: 1, metadata: {}, seen: { amount, currency } }] })
        .warnings;
    expect(seen(1999, 'EUR')).toEqual([]);
    expect(seen(2199, 'USD')).toEqual([]);
    expect(seen(1899, 'EUR')).toEqual([expect.objectContaining({ code: 'price_changed', path: 'items.0.unitPrice' })]);
  });

  it('keeps the order of the cart, with what cannot be sold in its place', () => {
    const priced = price([
      ['voucher', 1],
      ['gone', 2],
      ['book', 1],
    ]);
    expect(priced.items.map(({ id, variantId, quantity }) => [id, variantId, quantity])).toEqual([
      ['item_0', 'voucher', 1],
      ['item_1', 'gone', 2],
      ['item_2', 'book', 1],
    ]);
    expect(priced.lines.map(({ item }) => item)).toEqual(priced.items);
    expect(priced.items[1]).toMatchObject({ title: '', total: { amount: 0, currency: 'EUR' }, isGift: false });
  });

  it.each<[string, [string, number][], string[]]>([
    ['none is left', [['sold-out', 1]], ['This is sold out.']],
    ['one is left', [['last', 2]], ['Only 1 is left.']],
    ['some are left', [['scarce', 3]], ['Only 2 are left.']],
    ['enough are left', [['scarce', 2]], []],
  ])('says of the stock when %s', (_name, lines, messages) => {
    const { warnings, requirements } = price(lines);
    expect(warnings.map(({ message }) => message)).toEqual(messages);
    expect(requirements.map(({ code }) => code)).toEqual(messages.map(() => 'insufficient_stock'));
  });

  it('needs shipping where one thing has to be sent', () => {
    expect(price([['voucher', 1]]).requiresShipping).toBe(false);
    expect(
      price([
        ['voucher', 1],
        ['book', 1],
      ]).requiresShipping,
    ).toBe(true);
    // What cannot be sold is not sent.
    expect(
      price([
        ['voucher', 1],
        ['gone', 1],
      ]).requiresShipping,
    ).toBe(false);
  });

  it('asks for no way of shipping while none is chosen', () => {
    const { requirements, shipping, shippingMethod: method } = price([['scarf', 1]]);
    expect([requirements, shipping, method]).toEqual([[], null, null]);
  });

  it.each<[string, string, () => unknown]>([
    ['currency_not_sold', 'currency', () => price([], { currency: 'CHF' })],
    ['currency_not_sold', 'currency', () => price([], { currency: 'eur' })],
    ['country_not_sold_to', 'country', () => price([], { country: 'AQ' })],
    ['country_not_sold_to', 'country', () => price([], { country: 'constructor' })],
    ['invalid_input', 'items.0.quantity', () => price([['scarf', 0]])],
    ['invalid_input', 'items.0.quantity', () => price([['scarf', 1000]])],
    [
      'invalid_input',
      'items.1.quantity',
      () =>
        price([
          ['scarf', 1],
          ['scarf', 0.5],
        ]),
    ],
    ['invalid_input', 'items.0.quantity', () => price([['scarf', '1' as unknown as number]])],
    ['amount_out_of_range', 'items.0.unitPrice', () => price([['priceless', 1]])],
    ['amount_out_of_range', 'items.0.unitPrice', () => price([['cursed', 1]])],
    ['amount_out_of_range', 'items.0.unitPrice', () => price([['cursed', 1]], { currency: 'USD' })],
    ['amount_out_of_range', 'items.0.unitPrice', () => price([['cursed', 1]], { currency: 'JPY' })],
  ])('refuses with %s at %s', (code, path, run) => {
    expect(run).toThrow(expect.objectContaining({ code, issues: [expect.objectContaining({ path })] }));
  });

  it('is exact for the dearest cart that can be', () => {
    const priced = price(
      Array.from({ length: 100 }, () => ['dear', 999]),
      { country: 'US' },
    );
    expect(faultsOf(priced)).toEqual([]);
    expect(priced.totals.subtotal.amount).toBe(2_997_000_000_000_000);
    expect(priced.totals.total.amount).toBe(2_997_000_000_000_000 + 247_252_500_000_000);
  });
});

/** Tests of mutants run all of this for each of them. */
const CARTS = process.env.MUTATION ? 300 : 100_000;

describe(`${CARTS} generated carts`, () => {
  /** What a hostile or broken client could send for a number. */
  const NUMBERS: unknown[] = [
    0,
    -1,
    0.5,
    Number('1e309'),
    Number('-1e309'),
    Number.NaN,
    1e21,
    '1',
    '999',
    null,
    true,
    [],
    {},
    2 ** 53,
  ];

  it('are balanced and priced as exact arithmetic does, or refused with a code', () => {
    const random = randomOf(3);
    const tally = { priced: 0, refused: 0 };
    for (let run = 0; run < CARTS; run += 1) {
      const input: PricingInput = {
        ...ANYBODY,
        now: NOW,
        currency: oneOf(random, [...RULES.currencies, 'EUR', 'EUR', 'CHF', 'eur']),
        country: oneOf(random, ['DE', 'US', 'HK', 'DE', 'US', 'AQ']),
        lines: Array.from({ length: integer(random, 0, 4) }, (_, index) => ({
          id: `item_${index}`,
          variantId: oneOf(random, [...VARIANTS.keys(), 'scarf', 'book', 'scarf', 'book', 'gone', '__proto__']),
          quantity: random() < 0.1 ? (oneOf(random, NUMBERS) as number) : integer(random, 1, 999),
          metadata: {},
          // Prices that a client would like: nothing reads them.
          unitPrice: oneOf(random, NUMBERS),
          total: oneOf(random, NUMBERS),
        })),
        coupons: oneOf(random, [[], ['FREE']]),
        shippingMethodId: oneOf(random, [null, 'post', 'bike', 'none']),
      };
      let priced: PricedCart;
      try {
        priced = priceCart(input, VARIANTS, RULES);
      } catch (error) {
        expect(error).toBeInstanceOf(CommerceError);
        tally.refused += 1;
        continue;
      }
      tally.priced += 1;
      checkAgainstModel(input, priced);
    }
    // Both happen often enough to mean something.
    expect(tally.priced).toBeGreaterThan(CARTS / 5);
    expect(tally.refused).toBeGreaterThan(CARTS / 5);
  });

  /** The same figures in fractions of BigInt, written from the definition rather than from the code. */
  function checkAgainstModel(input: PricingInput, priced: PricedCart): void {
    const zone = RULES.taxZones.find(({ country }) => country === input.country)!;
    const taxOf = (amount: bigint, taxClass: string) => {
      const rate = BigInt((zone.rates[taxClass] ?? zone.rates.standard)?.[0]?.rateBps ?? 0);
      const by = zone.pricesIncludeTax ? 10_000n + rate : 10_000n;
      return (amount * rate * 2n + by) / (by * 2n);
    };
    let goods = 0n;
    let tax = 0n;
    let sends = false;
    for (const { variantId, quantity } of input.lines) {
      const variant = VARIANTS.get(variantId);
      const unit = variant?.prices[input.currency]?.amountMinor;
      if (!variant || unit === undefined) continue;
      const total = BigInt(unit) * BigInt(quantity);
      goods += total;
      tax += taxOf(total, variant.taxClass);
      sends ||= variant.requiresShipping;
    }
    const method = RULES.shippingMethods.find(({ id }) => id === input.shippingMethodId);
    const reaches = method && (method.zoneId === null || input.country === 'DE');
    const fee = sends && reaches ? BigInt(method.prices[input.currency]?.[0]?.amountMinor ?? 0) : 0n;
    if (method) tax += taxOf(fee, method.taxClass);
    const { totals } = priced;
    const expected = [goods, 0n, fee, tax, goods + fee + (zone.pricesIncludeTax ? 0n : tax)];
    if (sums(priced).every((amount, index) => BigInt(amount) === expected[index])) return;
    throw new Error(`${JSON.stringify(input)} was priced ${JSON.stringify(totals)}, not ${expected.join(', ')}.`);
  }
});
