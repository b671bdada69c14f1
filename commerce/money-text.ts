import { CommerceError } from './error';
import { currencyExponent, isCurrency, type Money, requireMinor } from './money';

/**
 * Reads an amount as people of a locale write it, without a currency's sign: `1.234,5` in `de` is 1234.50. The marks are
 * those that `formatMoney` writes, and grouping has to be whole and in its places or absent, so that no `1,234` is taken
 * for another number than was meant. Digits may be the locale's own or ASCII; any space stands for a space, `'` for `’`.
 *
 * Throws `invalid_input` with its path for what is no such amount, for more decimals than ISO 4217 gives the currency and
 * for what is no currency; `amount_out_of_range` beyond 2^53 - 1.
 */
export function parseMoney(text: string, currency: string, locale: string, path = ''): Money {
  if (!isCurrency(currency)) fail(path, 'currency_unknown', 'This is not a currency of ISO 4217.');
  const writing = writingOf(locale, currency);
  const plain = text.length > MAX_LENGTH ? '' : plainly(text, writing.digits).trim();
  const negative = /^[-\u2212]/.test(plain);
  const [whole = '', decimals, ...rest] = (negative ? plain.slice(1) : plain).split(writing.decimal);
  const wholeDigits = whole.replaceAll(writing.group, '');
  const isAmount =
    rest.length === 0 &&
    /^\d+$/.test(wholeDigits) &&
    (whole === wholeDigits || whole === writing.grouped(wholeDigits)) &&
    (decimals === undefined || /^\d+$/.test(decimals));
  if (!isAmount) fail(path, 'amount_unreadable', `This is not an amount such as ${writing.example}.`);
  const exponent = currencyExponent(currency);
  if ((decimals ?? '').length > exponent) {
    fail(path, 'too_many_decimals', `An amount in ${currency} has ${exponent || 'no'} decimals.`);
  }
  const amount = requireMinor(Number(wholeDigits + (decimals ?? '').padEnd(exponent, '0')), path);
  // `0 - n` rather than `-n`, so that nothing is negative zero.
  return { amount: negative ? 0 - amount : amount, currency };
}

/** More than any amount needs, so that a long text costs nothing. */
const MAX_LENGTH = 40;

interface Writing {
  digits: string[];
  decimal: string;
  group: string;
  grouped: (digits: string) => string;
  example: string;
}

const writings = new Map<string, Writing>();

/** How a locale writes an amount: with a currency it may use other marks than without one, as `fr-CH` does. */
function writingOf(locale: string, currency: string): Writing {
  const key = `${locale} ${currency}`;
  const known = writings.get(key);
  if (known) return known;
  const formatter = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    useGrouping: 'always',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const { numberingSystem } = formatter.resolvedOptions();
  const single = new Intl.NumberFormat(locale, { numberingSystem });
  const digits = Array.from({ length: 10 }, (_, digit) => single.format(digit));
  const parts = formatter.formatToParts(1234.5);
  const mark = (type: string) => plainly(parts.find((part) => part.type === type)?.value ?? '', digits);
  const writing = {
    digits,
    decimal: mark('decimal'),
    group: mark('group'),
    grouped: (text: string) => {
      const grouped = formatter
        .formatToParts(BigInt(text))
        .filter(({ type }) => type === 'integer' || type === 'group');
      return plainly(grouped.map(({ value }) => value).join(''), digits);
    },
    example: parts.flatMap(({ type, value }) => (AMOUNT_PARTS.has(type) ? [value] : [])).join(''),
  };
  writings.set(key, writing);
  return writing;
}

const AMOUNT_PARTS = new Set(['integer', 'group', 'decimal', 'fraction']);

/** With ASCII digits, one kind of space and of apostrophe, and without marks of the direction of writing. */
function plainly(text: string, digits: string[]): string {
  const ascii = [...text].map((character) => {
    const digit = digits.indexOf(character);
    return digit < 0 ? character : String(digit);
  });
  return ascii
    .join('')
    .replace(/[\u200e\u200f\u061c]/g, '')
    .replace(/\s/g, ' ')
    .replaceAll('\u2019', "'");
}

function fail(path: string, code: string, message: string): never {
  throw new CommerceError('invalid_input', message, { issues: [{ path, code, message }] });
}
