import { CommerceError } from './error';

/** An amount in integer minor units with the currency's own exponent: 1999 EUR is 19.99 €, 1999 JPY is ¥1999. */
export interface Money {
  amount: number;
  /** ISO 4217. */
  currency: string;
}

/** The currencies and funds whose exponent is not 2, from ISO 4217 (list one). */
const EXPONENTS: Record<string, number> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
};

/** What ISO 4217 (list one) gives no minor unit: precious metals, bond units, units of account, and the codes for none. */
const WITHOUT_MINOR_UNIT = 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' ');

/** Whether a code has the shape of ISO 4217 and is not one of those that have no minor unit, which are not money here. */
export function isCurrency(code: string): boolean {
  return /^[A-Z]{3}$/.test(code) && !WITHOUT_MINOR_UNIT.includes(code);
}

/** How many decimal digits a currency's minor unit stands for: EUR 2, JPY 0, KWD 3. */
export function currencyExponent(currency: string): number {
  return EXPONENTS[currency] ?? 2;
}

/** An amount of minor units, made certain: an integer within ±(2^53 - 1). Throws `amount_out_of_range`. */
export function requireMinor(amount: number, path = ''): number {
  if (Number.isSafeInteger(amount)) return amount;
  const message = 'An amount must be a whole number of minor units within 2^53 - 1.';
  throw new CommerceError('amount_out_of_range', message, {
    issues: [{ path, code: 'amount_out_of_range', message }],
  });
}

/** The amount in a currency, in minor units; null where none is given in it. */
export function amountIn(amounts: Readonly<Record<string, number>>, currency: string): number | null {
  // `hasOwn`: a currency called `constructor` must not find one.
  return Object.hasOwn(amounts, currency) ? (amounts[currency] as number) : null;
}

/** The exact sum. Throws `amount_out_of_range`. */
export function addMinor(a: number, b: number, path?: string): number {
  // Two safe integers whose float sum is safe were added exactly.
  return requireMinor(requireMinor(a, path) + requireMinor(b, path), path);
}

/** The exact product of an amount and a whole number. Throws `amount_out_of_range`. */
export function multiplyMinor(amountMinor: number, factor: number, path?: string): number {
  return requireMinor(requireMinor(amountMinor, path) * requireMinor(factor, path), path);
}

/**
 * `amountMinor * numerator / denominator`, rounded half away from zero, in integers throughout. The product may pass
 * 2^53; the result may not. Throws `amount_out_of_range`.
 */
export function scaleMinor(amountMinor: number, numerator: number, denominator: number, path?: string): number {
  const product = requireMinor(amountMinor, path) * requireMinor(numerator, path);
  if (!Number.isSafeInteger(product)) return scaleBig(amountMinor, numerator, denominator, path);
  const magnitude = Math.abs(product);
  const remainder = magnitude % denominator;
  // `magnitude - remainder` divides exactly, so the float division is exact too.
  const whole = (magnitude - remainder) / denominator;
  const rounded = remainder >= denominator - remainder ? whole + 1 : whole;
  return product < 0 ? -rounded : rounded;
}

function scaleBig(amountMinor: number, numerator: number, denominator: number, path?: string): number {
  const product = BigInt(amountMinor) * BigInt(numerator);
  const magnitude = product < 0n ? -product : product;
  const by = BigInt(denominator);
  const rounded = (magnitude * 2n + by) / (by * 2n);
  return requireMinor(Number(product < 0n ? -rounded : rounded), path);
}

/**
 * Splits an amount in proportion to weights, by largest remainder, the earlier part first among equals. The parts always
 * sum to the whole, and none is further than one minor unit from its exact share. Weights are whole and not negative;
 * where all are zero they count alike. No parts of nothing is allowed only for the amount 0. Throws `amount_out_of_range`.
 */
export function allocate(amountMinor: number, weights: number[]): number[] {
  requireMinor(amountMinor);
  for (const weight of weights) requireMinor(weight < 0 ? Number.NaN : weight);
  if (weights.length === 0) {
    requireMinor(amountMinor === 0 ? 0 : Number.NaN);
    return [];
  }
  const even = weights.every((weight) => weight === 0);
  const shares = weights.map((weight) => (even ? 1n : BigInt(weight)));
  const sum = shares.reduce((total, share) => total + share, 0n);
  const magnitude = BigInt(Math.abs(amountMinor));
  const parts = shares.map((share, index) => ({
    index,
    amount: (magnitude * share) / sum,
    rest: (magnitude * share) % sum,
  }));
  let left = magnitude - parts.reduce((total, part) => total + part.amount, 0n);
  for (const part of [...parts].sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1))) {
    if (left === 0n) break;
    part.amount += 1n;
    left -= 1n;
  }
  // `0 - n` rather than `-n`, so that no part is negative zero.
  return parts.map((part) => (amountMinor < 0 ? 0 - Number(part.amount) : Number(part.amount)));
}

/** The amount as a plain decimal, exact: `1999 EUR` is `19.99`, `5 KWD` is `0.005`. */
export function toDecimal({ amount, currency }: Money): `${number}` {
  const exponent = currencyExponent(currency);
  const digits = String(Math.abs(requireMinor(amount))).padStart(exponent + 1, '0');
  const sign = amount < 0 ? '-' : '';
  const whole = digits.slice(0, digits.length - exponent);
  return `${sign}${whole}${exponent > 0 ? `.${digits.slice(-exponent)}` : ''}` as `${number}`;
}

const formatters = new Map<string, Intl.NumberFormat>();

/** Words for people, at the rim only: `€19.99`, `¥1,999`. Exact for every amount, with the digits of ISO 4217. */
export function formatMoney(money: Money, locale: string): string {
  const key = `${locale} ${money.currency}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    const digits = currencyExponent(money.currency);
    formatter = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency: money.currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formatters.set(key, formatter);
  }
  // A decimal string is formatted without passing through a float.
  return formatter.format(toDecimal(money));
}
