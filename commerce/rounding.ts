import { CommerceError } from './error';
import { currencyExponent, requireMinor } from './money';
import type { CurrencyConversion, PriceRounding } from './rules';

/** To whole minor units, half up. */
export const PLAIN_ROUNDING: PriceRounding = { incrementMinor: 1, lessMinor: 0, mode: 'nearest' };

/**
 * The price as `rounding` lets it end, in minor units: of the endings that are not below zero the nearest (the upper one
 * of two that are equally near), the next up, or the next down. Below the lowest of them it is the lowest, so that no
 * ending such as .99 gives anything away; what costs nothing stays free. Throws `amount_out_of_range`.
 */
export function roundPrice(amountMinor: number, rounding: PriceRounding, path?: string): number {
  return roundFraction(BigInt(requireMinor(amountMinor, path)), 1n, rounding, path);
}

/**
 * A price changed by basis points (-2500 is a quarter off), rounded once: `rounding` sees the exact fraction, so 12.495
 * never is 12.50 on the way to 12.49. Never below zero. Throws `amount_out_of_range`.
 */
export function changePrice(amountMinor: number, changeBps: number, rounding = PLAIN_ROUNDING, path?: string): number {
  const numerator = BigInt(requireMinor(amountMinor, path)) * BigInt(10_000 + requireMinor(changeBps, path));
  return roundFraction(numerator, 10_000n, rounding, path);
}

/**
 * A price in minor units of `from`, in minor units of `to`: each with its own exponent (ISO 4217), rounded once, as
 * `changePrice` does. Throws `amount_out_of_range`, and `invalid_input` for a rate that is none.
 */
export function convertPrice(amountMinor: number, conversion: CurrencyConversion, path?: string): number {
  const { from, to, rate, rounding } = conversion;
  if (!isDecimalRate(rate)) {
    const message = 'A rate is a positive decimal of at most 12 significant digits, such as 11.4321.';
    throw new CommerceError('invalid_input', message, { issues: [{ path: 'rate', code: 'rate_invalid', message }] });
  }
  const [whole = '', decimals = ''] = rate.split('.');
  const shift = currencyExponent(to) - currencyExponent(from) - decimals.length;
  const numerator = BigInt(requireMinor(amountMinor, path)) * BigInt(whole + decimals);
  return shift < 0
    ? roundFraction(numerator, 10n ** BigInt(-shift), rounding, path)
    : roundFraction(numerator * 10n ** BigInt(shift), 1n, rounding, path);
}

/**
 * Whether a text is a rate: a positive plain decimal with at most 12 digits before the point, 12 after it, and 12 that
 * are significant, zeros at the end of its decimals aside. No sign, exponent or leading zero.
 */
export function isDecimalRate(text: string): boolean {
  if (!/^(0|[1-9]\d{0,11})(\.\d{1,12})?$/.test(text)) return false;
  const [whole = '', decimals = ''] = text.split('.');
  const significant = `${whole}${decimals.replace(/0+$/, '')}`.replace(/^0+/, '');
  return significant.length >= 1 && significant.length <= 12;
}

function roundFraction(numerator: bigint, denominator: bigint, rounding: PriceRounding, path?: string): number {
  if (numerator <= 0n) return 0;
  const increment = BigInt(rounding.incrementMinor);
  const lowest = (increment - (BigInt(rounding.lessMinor) % increment)) % increment;
  const step = increment * denominator;
  const above = numerator - lowest * denominator;
  if (above <= 0n) return requireMinor(Number(lowest), path);
  const rest = above % step;
  const up = rounding.mode === 'up' ? rest > 0n : rounding.mode === 'nearest' && rest * 2n >= step;
  return requireMinor(Number(lowest + increment * (above / step + (up ? 1n : 0n))), path);
}
