import { describe, expect, it } from 'vitest';
import { CommerceError } from '@/commerce/error';
import type { ShopRules } from '@/commerce/market';
import { type PricedCart, type PricingInput, priceCart, type VariantFacts } from '@/commerce/pricing';
import { integer, oneOf, randomOf } from './random';

const RULES: ShopRules = {
  currencies: ['EUR', 'JPY', 'KWD', 'USD'],
  taxZones: {
    DE: {
      pricesIncludeTax: true,
      rates: { standard: { label: 'MwSt.', rateBps: 1900 }, books: { label: 'MwSt. ermäßigt', rateBps: 700 } },
    },
    US: { pricesIncludeTax: false, rates: { standard: { label: 'Sales tax', rateBps: 825 } } },
    HK: { pricesIncludeTax: false, rates: {} },
  },
  shippingMethods: [
    {
      id: 'post',
      title: 'Post',
      countries: [],
      minDays: 2,
      maxDays: 4,
      taxClass: 'standard',
      prices: { EUR: 495, USD: 495, JPY: 495 },
    },
    { id: 'bike', title: 'Bike', countries: ['DE'], minDays: 1, maxDays: 1, taxClass: 'books', prices: { EUR: 900 } },
  ],
};

function facts(id: string, prices: Record<string, number>, more: Partial<VariantFacts> = {}): [string, VariantFacts] {
  return [
    id,
    {
      id,
      productId: `prod_${id}`,
      slug: id,
      sku: id.toUpperCase(),
      title: id,
      variantTitle: '',
      options: {},
      imageUrl: null,
      prices: Object.fromEntries(
        Object.entries(prices).map(([currency, amountMinor]) => [currency, { amountMinor, compareAtMinor: null }]),
      ),
      taxClass: 'standard',
      weightGrams: 0,
      requiresShipping: true,
      available: 1000,
      policy: 'deny',
      ...more,
    },
  ];
}

const VARIANTS = new Map([
  facts('scarf', { EUR: 1999, USD: 2199, JPY: 3200, KWD: 6500 }),
  facts('book', { EUR: 333, USD: 399 }, { taxClass: 'books' }),
  facts('dear', { EUR: 30_000_000_000 }),
  facts('priceless', { EUR: Number.MAX_SAFE_INTEGER }),
  facts('cursed', { EUR: -1, USD: Number.NaN, JPY: 0.5 }),
  facts('voucher', { EUR: 2500 }, { requiresShipping: false }),
  facts('scarce', { EUR: 100 }, { available: 2 }),
  facts('made', { EUR: 100 }, { available: 0, policy: 'continue' }),
]);

function price(lines: [variantId: string, quantity: number][], more: Partial<PricingInput> = {}): PricedCart {
  return priceCart(
    {
      currency: 'EUR',
      country: 'DE',
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

/** What the database asks of every order. */
function expectBalanced({ lines, totals, taxLines }: PricedCart): void {
  const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + BigInt(amount), 0n);
  const { subtotal, discount, shipping, tax, total, taxIncluded } = totals;
  expect(sum(lines.map((line) => line.unitPriceMinor * line.item.quantity))).toBe(BigInt(subtotal.amount));
  expect(sum(lines.map((line) => line.discountMinor))).toBe(BigInt(discount.amount));
  for (const line of lines) {
    expect(line.totalMinor).toBe(line.unitPriceMinor * line.item.quantity - line.discountMinor);
    expect(line.item.total.amount).toBe(line.totalMinor);
  }
  expect(sum(taxLines.map((line) => line.amount.amount))).toBe(BigInt(tax.amount));
  expect(BigInt(total.amount)).toBe(
    sum([subtotal.amount, -discount.amount, shipping.amount, taxIncluded ? 0 : tax.amount]),
  );
  for (const { amount } of [subtotal, discount, shipping, tax, total]) {
    expect(Number.isSafeInteger(amount)).toBe(true);
    expect(amount).toBeGreaterThanOrEqual(0);
  }
}

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
    expectBalanced(priced);
  });

  it('lists its tax as an invoice does', () => {
    const { taxLines } = price(
      [
        ['scarf', 1],
        ['book', 3],
      ],
      { shippingMethodId: 'post' },
    );
    expect(taxLines).toEqual([
      { label: 'MwSt.', rateBps: 1900, amount: { amount: 319 + 79, currency: 'EUR' } },
      { label: 'MwSt. ermäßigt', rateBps: 700, amount: { amount: 65, currency: 'EUR' } },
    ]);
  });

  it('lists classes that a country taxes alike as one line', () => {
    const alike = { label: 'Sales tax', rateBps: 825 };
    const taxZones = {
      ...RULES.taxZones,
      US: { pricesIncludeTax: false, rates: { standard: alike, books: { ...alike } } },
    };
    const lines = ['scarf', 'book'].map((variantId) => ({ id: variantId, variantId, quantity: 1, metadata: {} }));
    const input = { currency: 'USD', country: 'US', lines, coupons: [], shippingMethodId: null };
    const { taxLines } = priceCart(input, VARIANTS, { ...RULES, taxZones });
    // 21.99 and 3.99, each rounded by itself.
    expect(taxLines).toEqual([{ ...alike, amount: { amount: 181 + 33, currency: 'USD' } }]);
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
    expectBalanced(priced);
    expect(priced.totals.subtotal.amount).toBe(2_997_000_000_000_000);
    expect(priced.totals.total.amount).toBe(2_997_000_000_000_000 + 247_252_500_000_000);
  });
});

describe('100,000 generated carts', () => {
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
    for (let run = 0; run < 100_000; run += 1) {
      const input = {
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
    expect(tally.priced).toBeGreaterThan(20_000);
    expect(tally.refused).toBeGreaterThan(20_000);
  });

  /** The same figures in fractions of BigInt, written from the definition rather than from the code. */
  function checkAgainstModel(input: PricingInput, priced: PricedCart): void {
    const zone = RULES.taxZones[input.country]!;
    const taxOf = (amount: bigint, taxClass: string) => {
      const rate = BigInt((zone.rates[taxClass] ?? zone.rates.standard)?.rateBps ?? 0);
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
    const reaches = method && (method.countries.length === 0 || method.countries.includes(input.country));
    const fee = sends && reaches ? BigInt(method.prices[input.currency] ?? 0) : 0n;
    if (method) tax += taxOf(fee, method.taxClass);
    const { totals } = priced;
    const expected = [goods, 0n, fee, tax, goods + fee + (zone.pricesIncludeTax ? 0n : tax)];
    if (sums(priced).every((amount, index) => BigInt(amount) === expected[index])) return;
    throw new Error(`${JSON.stringify(input)} was priced ${JSON.stringify(totals)}, not ${expected.join(', ')}.`);
  }
});
