import { describe, expect, it } from 'vitest';
import { formatMoney } from '@/commerce/money';
import { parseMoney } from '@/commerce/money-text';
import { integer, oneOf, randomOf, rounds } from './random';

const MAX = Number.MAX_SAFE_INTEGER;

describe('an amount as people write it', () => {
  it.each<[string, string, string, number]>([
    ['en', 'EUR', '19.99', 1999],
    ['en', 'EUR', '19.9', 1990],
    ['en', 'EUR', '19', 1900],
    ['en', 'EUR', '0.05', 5],
    ['en', 'EUR', '1,234.50', 123_450],
    ['en', 'EUR', '1234.50', 123_450],
    ['en', 'EUR', '12,345,678.90', 1_234_567_890],
    ['en', 'EUR', '-2.50', -250],
    ['en', 'EUR', '\u22122.50', -250],
    ['en', 'EUR', '  19.99 ', 1999],
    ['en', 'EUR', '0019.99', 1999],
    ['en', 'EUR', '90,071,992,547,409.91', MAX],
    ['en', 'KWD', '1.234', 1234],
    ['en', 'KWD', '1,234.5', 1_234_500],
    ['en', 'CLF', '0.522', 5220],
    ['en', 'JPY', '1,999', 1999],
    ['de', 'EUR', '19,99', 1999],
    ['de', 'EUR', '1.234,50', 123_450],
    ['de', 'EUR', '1.234', 123_400],
    ['de', 'KWD', '1,234', 1234],
    ['de-CH', 'CHF', '1’234.50', 123_450],
    ['de-CH', 'CHF', "1'234.50", 123_450],
    ['es', 'EUR', '1234,50', 123_450],
    ['es', 'EUR', '1.234,50', 123_450],
    ['fr', 'EUR', '1\u202f234,50', 123_450],
    ['fr', 'EUR', '1 234,50', 123_450],
    ['fr', 'EUR', '1\u00a0234,50', 123_450],
    // With a currency fr-CH writes a point, though it writes a comma in other numbers (CLDR).
    ['fr-CH', 'CHF', '1\u202f234.50', 123_450],
    ['sv', 'SEK', '\u22121\u00a0234,50', -123_450],
    ['ja', 'JPY', '1,999', 1999],
    ['ja', 'JPY', '1999', 1999],
    ['hi', 'INR', '12,34,567.89', 123_456_789],
    ['hi-u-nu-deva', 'INR', '१२,३४,५६७.८९', 123_456_789],
    ['ar-EG', 'EGP', '١٬٢٣٤٫٥٠', 123_450],
    ['ar-EG', 'EGP', '\u061c-١٢٫٥', -1250],
    ['ar-EG', 'EGP', '1234', 123_400],
    ['ar', 'KWD', '1,234.567', 1_234_567],
  ])('in %s, %s: %s', (locale, currency, text, amount) => {
    expect(parseMoney(text, currency, locale)).toEqual({ amount, currency });
  });

  it('has no negative zero', () => {
    expect(Object.is(parseMoney('-0', 'EUR', 'en').amount, 0)).toBe(true);
  });
});

describe('what is no amount', () => {
  it.each<[string, string, string, string, string]>([
    ['more decimals than euros have', 'en', 'EUR', '19.999', 'too_many_decimals'],
    ['more decimals than euros have, though they are zeros', 'en', 'EUR', '19.990', 'too_many_decimals'],
    ['decimals of a currency that has none', 'ja', 'JPY', '1999.0', 'too_many_decimals'],
    ['more decimals than dinars have', 'en', 'KWD', '1.2345', 'too_many_decimals'],
    ['a thousand of another locale, in euros', 'en', 'EUR', '1.234', 'too_many_decimals'],
    ['a comma that could be either, in English', 'en', 'EUR', '19,99', 'amount_unreadable'],
    ['a point that could be either, in German', 'de', 'EUR', '19.99', 'amount_unreadable'],
    ['the marks of another locale, in German', 'de', 'EUR', '1,234.50', 'amount_unreadable'],
    ['the marks of another locale, in English', 'en', 'EUR', '1.234,50', 'amount_unreadable'],
    ['points only, in English', 'en', 'EUR', '1.234.567', 'amount_unreadable'],
    ['groups of spaces, in English', 'en', 'EUR', '1 234.50', 'amount_unreadable'],
    ['groups of apostrophes, in German of Germany', 'de', 'EUR', '1’234,50', 'amount_unreadable'],
    ['a comma, in French of Switzerland', 'fr-CH', 'CHF', '1234,50', 'amount_unreadable'],
    ['groups of three, in Hindi', 'hi', 'INR', '1,234,567.89', 'amount_unreadable'],
    ['groups of two, in English', 'en', 'INR', '12,34,567.89', 'amount_unreadable'],
    ['some groups only', 'en', 'EUR', '1234,567.00', 'amount_unreadable'],
    ['a group of two', 'en', 'EUR', '1,23', 'amount_unreadable'],
    ['a group before the first', 'en', 'EUR', ',123', 'amount_unreadable'],
    ['a group of zero', 'en', 'EUR', '0,123', 'amount_unreadable'],
    ['a group without digits', 'en', 'EUR', '1,,234', 'amount_unreadable'],
    ['a group among decimals', 'en', 'CLF', '0.1,2', 'amount_unreadable'],
    ['nothing', 'en', 'EUR', '', 'amount_unreadable'],
    ['spaces', 'en', 'EUR', '   ', 'amount_unreadable'],
    ['a sign alone', 'en', 'EUR', '-', 'amount_unreadable'],
    ['two signs', 'en', 'EUR', '--5', 'amount_unreadable'],
    ['a sign at the end', 'en', 'EUR', '5-', 'amount_unreadable'],
    ['a plus', 'en', 'EUR', '+5', 'amount_unreadable'],
    ['brackets for a debt', 'en', 'EUR', '(5.00)', 'amount_unreadable'],
    ['no digits before the point', 'en', 'EUR', '.50', 'amount_unreadable'],
    ['no digits after the point', 'en', 'EUR', '19.', 'amount_unreadable'],
    ['two points', 'en', 'EUR', '1.2.3', 'amount_unreadable'],
    ['an exponent', 'en', 'EUR', '1e3', 'amount_unreadable'],
    ['hexadecimal digits', 'en', 'EUR', '0x10', 'amount_unreadable'],
    ['a currency’s sign', 'en', 'EUR', '€19.99', 'amount_unreadable'],
    ['a currency’s code', 'en', 'EUR', '19.99 EUR', 'amount_unreadable'],
    ['words', 'en', 'EUR', 'free', 'amount_unreadable'],
    ['NaN', 'en', 'EUR', 'NaN', 'amount_unreadable'],
    ['digits of another script', 'en', 'EUR', '١٢', 'amount_unreadable'],
    ['a fraction', 'en', 'EUR', '19½', 'amount_unreadable'],
    ['a text without end', 'en', 'EUR', '1'.repeat(1_000_000), 'amount_unreadable'],
    ['an amount of gold', 'en', 'XAU', '1', 'currency_unknown'],
    ['an amount of no currency', 'en', 'euro', '1', 'currency_unknown'],
  ])('is refused with its path: %s', (_, locale, currency, text, code) => {
    expect(() => parseMoney(text, currency, locale, 'rows.3.price')).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        issues: [expect.objectContaining({ path: 'rows.3.price', code })],
      }),
    );
  });

  it('is answered with an example of the locale', () => {
    expect(() => parseMoney('19.99', 'EUR', 'de')).toThrow('This is not an amount such as 1.234,5.');
  });

  it.each([
    ['90071992547409.92', 'EUR'],
    ['9007199254740992', 'JPY'],
    ['-9007199254740992', 'JPY'],
    ['9007199254741', 'KWD'],
  ])('is an amount beyond 2^53 - 1 minor units: %s %s', (text, currency) => {
    expect(() => parseMoney(text, currency, 'en', 'price')).toThrow(
      expect.objectContaining({
        code: 'amount_out_of_range',
        issues: [expect.objectContaining({ path: 'price' })],
      }),
    );
  });
});

it('what is formatted reads as what it was, in every locale and currency, for 3,000 generated amounts', () => {
  const random = randomOf(61);
  const locales = [
    'en',
    'de',
    'de-AT',
    'de-CH',
    'fr',
    'fr-CH',
    'es',
    'pt-PT',
    'sv',
    'pl',
    'ja',
    'hi',
    'ar',
    'ar-EG',
    'fa',
    'bn',
  ];
  for (let run = 0; run < rounds(3_000); run += 1) {
    const locale = oneOf(random, locales);
    const currency = oneOf(random, ['EUR', 'JPY', 'KWD', 'CLF']);
    const amount = oneOf(random, [integer(random, -100_000, 100_000), integer(random, -MAX, MAX)]);
    const symbol = new Intl.NumberFormat(locale, { style: 'currency', currency })
      .formatToParts(0)
      .find(({ type }) => type === 'currency');
    const text = formatMoney({ amount, currency }, locale).replace(symbol?.value ?? '', '');
    expect([locale, text, parseMoney(text.replace(/([-\u2212])[\s\u200e\u200f]+/, '$1'), currency, locale)]).toEqual([
      locale,
      text,
      { amount, currency },
    ]);
  }
});
