import { currencyExponent } from '@/commerce/money';
import { MAX_UNIT_PRICE_MINOR } from '@/commerce/pricing';

export type ParsedPrice = { amountMinor: number } | { code: string; message: string };

/**
 * Reads a plain decimal such as `19.90` as minor units of a currency, exactly; `decimalComma` reads `19,90`. Signs,
 * exponents, thousands separators and digits that the currency does not have are refused, never rounded.
 */
export function parsePrice(text: string, currency: string, decimalComma = false): ParsedPrice {
  const match = /^(\d+)(?:[.](\d+))?$/.exec(decimalComma ? text.replace(',', '.') : text);
  if (!match) {
    const message = text.startsWith('-') ? 'A price cannot be negative.' : 'This is not a price such as 19.90.';
    return { code: 'price_malformed', message };
  }
  const exponent = currencyExponent(currency);
  const whole = (match[1] ?? '').replace(/^0+(?=\d)/, '');
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > exponent) {
    return { code: 'price_too_precise', message: `${currency} has ${exponent} decimal digits; this price has more.` };
  }
  const amountMinor = Number(whole + fraction.padEnd(exponent, '0'));
  if (amountMinor > MAX_UNIT_PRICE_MINOR)
    return { code: 'price_too_large', message: 'This price is larger than any the shop can sell.' };
  return { amountMinor };
}
