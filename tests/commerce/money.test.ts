import { describe, expect, it } from 'vitest';
import {
  addMinor,
  allocate,
  currencyExponent,
  formatMoney,
  isCurrency,
  multiplyMinor,
  requireMinor,
  scaleMinor,
  toDecimal,
} from '@/commerce/money';
import { integer, oneOf, randomOf, rounds } from './random';

const MAX = Number.MAX_SAFE_INTEGER;
const outOfRange = expect.objectContaining({ code: 'amount_out_of_range' });

// ISO 4217, list one: every code whose minor unit is not 2, and of those with 2 the ones that are often thought otherwise.
describe('the exponent of a currency', () => {
  it.each<[number, string, string]>([
    [0, 'currencies', 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV'],
    [0, 'francs of several countries', 'XAF XOF XPF'],
    [0, 'Uruguay’s indexed peso', 'UYI'],
    [3, 'dinars and rials of a thousand', 'BHD IQD JOD KWD LYD OMR TND'],
    [4, 'indexed units', 'CLF UYW'],
    [2, 'currencies of two', 'EUR USD GBP CHF SEK CAD AUD INR CNY BRL MXN ZAR AED SAR'],
    [
      2,
      'currencies whose minor unit nobody pays with',
      'HUF TWD IDR COP CRC IRR LAK LBP MMK PKR RSD SOS SYP TZS UZS YER',
    ],
    [2, 'currencies of five parts to the unit', 'MGA MRU'],
    [2, 'funds', 'BOV CHE CHW COU MXV USN'],
    [2, 'currencies of recent years', 'SLE VED XCG ZWG'],
  ])('is %i for %s: %s', (exponent, _, currencies) => {
    for (const currency of currencies.split(' ')) {
      expect([currency, currencyExponent(currency), isCurrency(currency)]).toEqual([currency, exponent, true]);
    }
  });

  it.each([
    ['precious metals', 'XAG XAU XPD XPT'],
    ['bond market units', 'XBA XBB XBC XBD'],
    ['units of account', 'XDR XSU XUA'],
    ['the codes for tests and for no currency', 'XTS XXX'],
    ['what has not the shape of a code', 'eur EURO EU € E1R'],
  ])('does not exist for %s: %s', (_, codes) => {
    for (const code of [...codes.split(' '), '']) expect([code, isCurrency(code)]).toEqual([code, false]);
  });

  it('has at least the decimals that the runtime would show', () => {
    for (const currency of Intl.supportedValuesOf('currency')) {
      const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
      // With two or fewer, CLDR goes by what people pay with rather than by ISO 4217.
      if ((maximumFractionDigits ?? 0) > 2) {
        expect([currency, currencyExponent(currency)]).toEqual([currency, maximumFractionDigits]);
      }
    }
  });
});

describe('arithmetic of minor units', () => {
  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number('1e309'),
    0.1,
    MAX + 1,
    '5' as unknown as number,
    null as unknown as number,
  ])('takes no %s', (amount) => {
    expect(() => requireMinor(amount)).toThrow(outOfRange);
    expect(() => addMinor(amount, 1)).toThrow(outOfRange);
    expect(() => multiplyMinor(1, amount)).toThrow(outOfRange);
    expect(() => scaleMinor(amount, 1, 1)).toThrow(outOfRange);
  });

  it('is exact to its bounds and refuses beyond them', () => {
    expect(addMinor(MAX, -1)).toBe(MAX - 1);
    expect(() => addMinor(MAX, 1)).toThrow(outOfRange);
    expect(multiplyMinor(94906265, 94906265)).toBe(9007199136250225);
    expect(() => multiplyMinor(94906266, 94906267)).toThrow(outOfRange);
    expect(scaleMinor(MAX, 10_000, 10_000)).toBe(MAX);
    expect(() => scaleMinor(MAX, 10_001, 10_000)).toThrow(outOfRange);
  });

  it('names the place of an amount that is out of range', () => {
    expect(() => multiplyMinor(MAX, 2, 'items.3.total')).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path: 'items.3.total' })] }),
    );
  });

  it.each([
    [5, 1, 10, 1],
    [-5, 1, 10, -1],
    [4, 1, 10, 0],
    [-4, 1, 10, -0],
    [15, 1, 10, 2],
    [25, 1, 10, 3],
    [1, 1, 3, 0],
    [2, 1, 3, 1],
    [1999, 1900, 11_900, 319],
    [MAX, 1, 2, 4503599627370496],
    [-MAX, 1, 2, -4503599627370496],
  ])('rounds half away from zero: %i x %i / %i is %i', (amount, numerator, denominator, expected) => {
    expect(scaleMinor(amount, numerator, denominator) + 0).toBe(expected + 0);
  });

  it('rounds as exact fractions do, for 20,000 generated inputs', () => {
    const random = randomOf(1);
    for (let run = 0; run < rounds(20_000); run += 1) {
      const amount = oneOf(random, [integer(random, -MAX, MAX), integer(random, -100_000, 100_000)]);
      const denominator = oneOf(random, [10_000, 10_000 + integer(random, 0, 10_000), integer(random, 1, 1_000_000)]);
      const numerator = integer(random, 0, denominator);
      const doubled = BigInt(amount) * BigInt(numerator) * 2n;
      const by = BigInt(denominator);
      const exact = doubled < 0n ? (doubled - by) / (by * 2n) : (doubled + by) / (by * 2n);
      expect(BigInt(scaleMinor(amount, numerator, denominator))).toBe(exact);
    }
  });
});

describe('allocating an amount', () => {
  it.each([
    [100, [1, 1, 1], [34, 33, 33]],
    [-100, [1, 1, 1], [-34, -33, -33]],
    [5, [3, 7], [2, 3]],
    [1, [0, 1, 0], [0, 1, 0]],
    [10, [0, 0], [5, 5]],
    [0, [1, 2], [0, 0]],
    [0, [], []],
    [7, [5], [7]],
    [1000, [1, 1, 1, 1, 1, 1, 1], [143, 143, 143, 143, 143, 143, 142]],
    [1999, [5000, 3000, 2000], [999, 600, 400]],
    [-1999, [5000, 3000, 2000], [-999, -600, -400]],
    [2, [1, 1, 1], [1, 1, 0]],
    [MAX, [1, 1], [4503599627370496, 4503599627370495]],
    [MAX, [MAX, 0], [MAX, 0]],
    [1, [MAX, MAX], [1, 0]],
  ])('%i over %j gives %j', (amount, weights, parts) => {
    expect(allocate(amount, weights)).toEqual(parts);
  });

  it('refuses nothing to share out, and shares that cannot be', () => {
    expect(() => allocate(1, [])).toThrow(outOfRange);
    expect(() => allocate(1, [-1, 2])).toThrow(outOfRange);
    expect(() => allocate(1.5, [1])).toThrow(outOfRange);
  });

  it('sums to the whole, each part within one unit of its share, for 10,000 generated inputs', () => {
    const random = randomOf(2);
    for (let run = 0; run < rounds(10_000); run += 1) {
      const amount = oneOf(random, [integer(random, -MAX, MAX), integer(random, -50, 50)]);
      const weights = Array.from({ length: integer(random, 1, 12) }, () =>
        oneOf(random, [0, integer(random, 0, 9), integer(random, 0, MAX)]),
      );
      const parts = allocate(amount, weights);
      expect(parts.reduce((sum, part) => sum + BigInt(part), 0n)).toBe(BigInt(amount));
      const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
      for (const [index, part] of parts.entries()) {
        expect(Object.is(part, -0)).toBe(false);
        if (total === 0n) continue;
        const off = BigInt(part) * total - BigInt(amount) * BigInt(weights[index]!);
        expect(off < total && off > -total).toBe(true);
      }
    }
  });
});

describe('money at the rim', () => {
  it.each([
    [1999, 'EUR', '19.99'],
    [5, 'EUR', '0.05'],
    [-5, 'EUR', '-0.05'],
    [0, 'EUR', '0.00'],
    [1999, 'JPY', '1999'],
    [5, 'KWD', '0.005'],
    [MAX, 'EUR', '90071992547409.91'],
    [-MAX, 'JPY', '-9007199254740991'],
    [1, 'CLF', '0.0001'],
    [5220, 'CLF', '0.5220'],
    [-1, 'KWD', '-0.001'],
  ])('%i minor units of %s are %s', (amount, currency, decimal) => {
    expect(toDecimal({ amount, currency })).toBe(decimal);
  });

  it.each([
    [1999, 'EUR', 'de-DE', '19,99 €'],
    [1999, 'JPY', 'ja-JP', '￥1,999'],
    [123_456, 'KWD', 'en', 'KWD 123.456'],
    [100_000, 'HUF', 'en', 'HUF 1,000.00'],
    [MAX, 'USD', 'en-US', '$90,071,992,547,409.91'],
    [-250, 'GBP', 'en-GB', '-£2.50'],
    [123_456_789, 'INR', 'hi', '₹12,34,567.89'],
    [123_456_789, 'EUR', 'fr-CH', '1 234 567.89 €'],
    [123_456, 'EUR', 'fr', '1 234,56 €'],
    [123_456, 'CHF', 'de-CH', 'CHF 1’234.56'],
    [5220, 'CLF', 'en', 'CLF 0.5220'],
    [0, 'KRW', 'ko', '₩0'],
  ])('%i %s reads, in %s, as %s', (amount, currency, locale, text) => {
    expect(
      formatMoney({ amount, currency }, locale)
        .replace(/[\u00a0\u202f]/g, ' ')
        .replaceAll("'", '’'),
    ).toBe(text);
  });
});
