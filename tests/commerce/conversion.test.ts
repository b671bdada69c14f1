import { describe, expect, it } from 'vitest';
import { convertPrice } from '@/commerce/rounding';
import type { CurrencyConversion, PriceRounding } from '@/commerce/rules';
import { integer, oneOf, randomOf, rounds } from './random';
import { listPrice, NOW, priceList, priceOf, variant } from './unit-price-facts';

const PLAIN: PriceRounding = { incrementMinor: 1, lessMinor: 0, mode: 'nearest' };
const NINETY_NINE: PriceRounding = { incrementMinor: 100, lessMinor: 1, mode: 'nearest' };
const TENS: PriceRounding = { incrementMinor: 10, lessMinor: 0, mode: 'nearest' };

function conversion(from: string, to: string, rate: string, rounding = PLAIN): CurrencyConversion {
  return { from, to, rate, rounding };
}

// The exponents are those of ISO 4217, list one: JPY, KRW, ISK and CLP 0; EUR, USD, GBP, SEK and HUF 2; KWD 3; CLF 4.
describe('a price in another currency', () => {
  it.each<[string, number, CurrencyConversion, number]>([
    ['20.00 EUR at 1.0843 are 21.686, so 21.69 USD', 2000, conversion('EUR', 'USD', '1.0843'), 2169],
    ['20.00 EUR at 1.0843, ending on .99, are 21.99 USD', 2000, conversion('EUR', 'USD', '1.0843', NINETY_NINE), 2199],
    ['19.99 EUR at 11.4321 are 228.527679, so 228.53 SEK', 1999, conversion('EUR', 'SEK', '11.4321'), 22853],
    ['19.99 EUR at 163.25 are 3263.3675, so 3263 yen', 1999, conversion('EUR', 'JPY', '163.25'), 3263],
    ['19.99 EUR at 163.25, in tens, are 3260 yen', 1999, conversion('EUR', 'JPY', '163.25', TENS), 3260],
    ['0.01 EUR at 163.25 is 1.6325, so 2 yen', 1, conversion('EUR', 'JPY', '163.25'), 2],
    ['3263 yen at 0.006125 are 19.985875, so 19.99 EUR', 3263, conversion('JPY', 'EUR', '0.006125'), 1999],
    ['1 yen at 0.005 is half a cent, so a cent', 1, conversion('JPY', 'EUR', '0.005'), 1],
    ['1 yen at 0.0049 is less than half a cent, so nothing', 1, conversion('JPY', 'EUR', '0.0049'), 0],
    ['20.00 EUR at 0.3312 are 6.624 KWD', 2000, conversion('EUR', 'KWD', '0.3312'), 6624],
    ['19.99 EUR at 0.33125 are 6.6216875, so 6.622 KWD', 1999, conversion('EUR', 'KWD', '0.33125'), 6622],
    ['6.624 KWD at 3.0193 are 19.9998432, so 20.00 EUR', 6624, conversion('KWD', 'EUR', '3.0193'), 2000],
    ['20.00 EUR at 0.0261 are 0.5220 CLF', 2000, conversion('EUR', 'CLF', '0.0261'), 5220],
    ['19.99 EUR at 0.02615 are 0.5227385, so 0.5227 CLF', 1999, conversion('EUR', 'CLF', '0.02615'), 5227],
    ['0.5220 CLF at 38000 are 19836 CLP', 5220, conversion('CLF', 'CLP', '38000'), 19836],
    ['3263 yen at 0.00203 are 6.62389, so 6.624 KWD', 3263, conversion('JPY', 'KWD', '0.00203'), 6624],
    ['6.624 KWD at 492.61 are 3263.04864, so 3263 yen', 6624, conversion('KWD', 'JPY', '492.61'), 3263],
    ['1000 KRW at 0.1 are 100 ISK', 1000, conversion('KRW', 'ISK', '0.1'), 100],
    [
      '20.00 EUR at 390 are 7800.00 HUF, whose minor unit counts though nobody pays it',
      2000,
      conversion('EUR', 'HUF', '390'),
      780_000,
    ],
    ['a rate as Postgres writes it, with its zeros', 2000, conversion('EUR', 'USD', '1.084300000000'), 2169],
    ['what is free in one is free in the other', 0, conversion('EUR', 'USD', '1.0843', NINETY_NINE), 0],
  ])('%s', (_, amount, by, expected) => {
    expect(convertPrice(amount, by)).toBe(expected);
  });

  it.each<[string, number, CurrencyConversion, number]>([
    [
      '12.488 ends on 11.99; by way of the cent 12.49 it would end on 12.99',
      1000,
      conversion('EUR', 'USD', '1.2488', NINETY_NINE),
      1199,
    ],
    ['12.495 ends on 12.99, being nearer to it', 1000, conversion('EUR', 'USD', '1.2495', NINETY_NINE), 1299],
    ['12.49 exactly is halfway, and goes up', 1000, conversion('EUR', 'USD', '1.249', NINETY_NINE), 1299],
    ['12.991 down is 12.99', 1000, conversion('EUR', 'USD', '1.2991', { ...NINETY_NINE, mode: 'down' }), 1299],
    [
      '12.991 up is 13.99, though the cent 12.99 would have done',
      1000,
      conversion('EUR', 'USD', '1.2991', { ...NINETY_NINE, mode: 'up' }),
      1399,
    ],
    [
      '1234.6 yen in tens are 1230; by way of 1235 they would be 1240',
      1000,
      conversion('EUR', 'JPY', '123.46', TENS),
      1230,
    ],
  ])('is rounded once: %s', (_, amount, by, expected) => {
    expect(convertPrice(amount, by)).toBe(expected);
  });

  it('may be beyond 2^53 on the way, not in the end', () => {
    const max = Number.MAX_SAFE_INTEGER;
    expect(convertPrice(max, conversion('EUR', 'USD', '1'))).toBe(max);
    expect(convertPrice(max, conversion('EUR', 'JPY', '99.9999999999'))).toBe(9007199254731984);
    expect(() => convertPrice(max, conversion('EUR', 'USD', '1.000001'), 'items.0')).toThrow(
      expect.objectContaining({ code: 'amount_out_of_range', issues: [expect.objectContaining({ path: 'items.0' })] }),
    );
    expect(() => convertPrice(max, conversion('EUR', 'CLF', '1'))).toThrow(
      expect.objectContaining({ code: 'amount_out_of_range' }),
    );
    expect(() => convertPrice(1.5, conversion('EUR', 'USD', '1'))).toThrow(
      expect.objectContaining({ code: 'amount_out_of_range' }),
    );
  });

  it('is what exact fractions make it, for 10,000 generated prices', () => {
    const random = randomOf(21);
    const exponents = { JPY: 0, EUR: 2, KWD: 3, CLF: 4 };
    const currencies = Object.keys(exponents) as (keyof typeof exponents)[];
    for (let run = 0; run < rounds(10_000); run += 1) {
      const from = oneOf(random, currencies);
      const to = oneOf(random, currencies);
      const amount = integer(random, 0, 1_000_000);
      const thousandths = integer(random, 1, 5_000_000);
      const rate = `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0')}`;
      // amount x rate x 10^to / 10^from, doubled and floored: floor(x + 1/2).
      const numerator = BigInt(amount) * BigInt(thousandths) * 10n ** BigInt(exponents[to]);
      const denominator = 1000n * 10n ** BigInt(exponents[from]);
      const expected = Number((2n * numerator + denominator) / (2n * denominator));
      expect([amount, from, to, rate, convertPrice(amount, conversion(from, to, rate))]).toEqual([
        amount,
        from,
        to,
        rate,
        expected,
      ]);
    }
  });
});

describe('a variant without a price in the currency', () => {
  const rules = { conversions: [conversion('EUR', 'USD', '1.0843', NINETY_NINE), conversion('USD', 'CAD', '1.4')] };

  it('has its base price converted, and says by what', () => {
    expect(priceOf(variant(), 1, rules, { currency: 'USD' })).toEqual({
      amountMinor: 2199,
      baseMinor: 2199,
      compareAtMinor: null,
      lowestPriorMinor: null,
      source: { kind: 'conversion', id: 'EUR/USD', label: '1.0843', minQuantity: 1 },
      nextTier: null,
    });
  });

  it('is not sold where no rate leads from a price that it has', () => {
    expect(priceOf(variant(), 1, rules, { currency: 'GBP' })).toBeNull();
    expect(priceOf(variant({ prices: {} }), 1, rules, { currency: 'USD' })).toBeNull();
  });

  it('is not converted twice', () => {
    expect(priceOf(variant(), 1, rules, { currency: 'CAD' })).toBeNull();
  });

  it('keeps a price of its own, whatever the rate says', () => {
    const prices = {
      EUR: { amountMinor: 2000, compareAtMinor: null },
      USD: { amountMinor: 1900, compareAtMinor: null },
    };
    expect(priceOf(variant({ prices }), 1, rules, { currency: 'USD' })).toMatchObject({
      amountMinor: 1900,
      source: { kind: 'base' },
    });
  });

  it('finds no price in a currency that is named as a property of every object', () => {
    expect(priceOf(variant(), 1, rules, { currency: 'constructor' })).toBeNull();
  });

  it('takes steps of a price list from the converted price', () => {
    const lists = [priceList({ steps: [{ minQuantity: 1, changeBps: -1000 }], rounding: { USD: NINETY_NINE } })];
    // A tenth off 21.99 is 19.791.
    expect(priceOf(variant(), 1, { ...rules, priceLists: lists }, { currency: 'USD' })).toMatchObject({
      amountMinor: 1999,
      baseMinor: 2199,
      source: { kind: 'price_list', id: 'list_a' },
    });
  });

  it('takes the own price that a list has in the currency, even without any base price', () => {
    const facts = variant({ prices: {}, listPrices: [listPrice('list_a', 1850, 1, 'USD')] });
    expect(priceOf(facts, 1, { priceLists: [priceList()] }, { currency: 'USD' })).toMatchObject({
      amountMinor: 1850,
      baseMinor: null,
      compareAtMinor: null,
    });
    expect(priceOf(facts, 1, { priceLists: [priceList()] }, { currency: 'EUR' })).toBeNull();
  });

  it('is reduced where its price is, with the prior price at the same rate', () => {
    const day = 86_400_000;
    const facts = variant({
      prices: { EUR: { amountMinor: 1500, compareAtMinor: 2000 } },
      priceHistory: {
        EUR: [
          { from: NOW - 90 * day, amountMinor: 2000 },
          { from: NOW - 20 * day, amountMinor: 1800 },
          { from: NOW - 5 * day, amountMinor: 1500 },
        ],
      },
    });
    // 15.00, 20.00 and 18.00 at 1.0843 are 16.2645, 21.686 and 19.5174.
    expect(priceOf(facts, 1, rules, { currency: 'USD' })).toMatchObject({
      amountMinor: 1599,
      compareAtMinor: 2199,
      lowestPriorMinor: 1999,
    });
  });
});
