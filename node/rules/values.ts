/** How a rule file writes money, percentages and times, read exactly. */
import { currencyExponent, toDecimal } from '@/commerce/money';
import { MAX_UNIT_PRICE_MINOR } from '@/commerce/pricing';
import { parsePrice } from '../import/price';

/** What a text stands for, or why it stands for nothing. */
export type Parsed<Value> = { value: Value } | { code: string; message: string };

/**
 * A decimal such as `10.00` in minor units of a currency, exactly, from 0 to the dearest unit price that a cart can hold.
 * Faults: `amount_malformed`, `amount_too_precise`, `amount_out_of_range`.
 */
export function parseAmount(text: string, currency: string): Parsed<number> {
  if (/^-\d/.test(text)) return { code: 'amount_out_of_range', message: 'An amount cannot be negative.' };
  const parsed = parsePrice(text, currency);
  if ('amountMinor' in parsed) return { value: parsed.amountMinor };
  switch (parsed.code) {
    case 'price_too_precise': {
      const digits = currencyExponent(currency);
      return { code: 'amount_too_precise', message: `${currency} has ${digits} decimals; "${text}" has more.` };
    }
    case 'price_too_large': {
      const most = toDecimal({ amount: MAX_UNIT_PRICE_MINOR, currency });
      return { code: 'amount_out_of_range', message: `An amount is at most ${most} ${currency}.` };
    }
    default:
      return { code: 'amount_malformed', message: `"${text}" is not an amount such as "10.00".` };
  }
}

/**
 * A percentage, written `"12.5"` or 12.5, in basis points, exactly; `decimals` is how many the percentage may have, 2 for
 * whole basis points. Faults: `percent_malformed`, `percent_too_precise`.
 */
export function parsePercent(written: string | number, decimals = 2): Parsed<number> {
  // JavaScript writes a number as the shortest decimal that reads back as the same, which is what the file said.
  const text = String(written);
  const match = /^(-?)(\d{1,6})(?:\.(\d+))?$/.exec(text);
  if (!match) return { code: 'percent_malformed', message: `"${text}" is not a percentage such as "12.5".` };
  const [, sign = '', whole = '', digits = ''] = match;
  const fraction = digits.replace(/0+$/, '');
  if (fraction.length > decimals) {
    return { code: 'percent_too_precise', message: `A percentage has at most ${decimals} decimals here.` };
  }
  const scaled = Number(whole + fraction.padEnd(decimals, '0'));
  // Where a tax has four decimals its basis points have two: 9.975 % is 997.5.
  const bps = scaled / 10 ** (decimals - 2);
  return { value: sign && bps > 0 ? -bps : bps };
}

/** Basis points as the percentage that `parsePercent` reads back: 1250 is `12.5`. */
export function formatPercent(bps: number): string {
  const scaled = Math.round(Math.abs(bps) * 100);
  const fraction = String(scaled % 10_000)
    .padStart(4, '0')
    .replace(/0+$/, '');
  return `${bps < 0 ? '-' : ''}${Math.floor(scaled / 10_000)}${fraction && `.${fraction}`}`;
}

/** An ISO 8601 time with its offset (RFC 3339, section 5.6), in milliseconds since 1970. Fault: `time_malformed`. */
export function parseTime(text: string): Parsed<number> {
  const match = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.exec(text);
  const value = match ? Date.parse(text) : Number.NaN;
  // `Date.parse` takes the 30th of February for the 2nd of March.
  const isDay = match && new Date(`${match[1]}T00:00Z`).toISOString().startsWith(match[1] ?? '');
  if (Number.isFinite(value) && isDay) return { value };
  const message = `"${text}" is not a time with its offset, such as "2026-11-27T00:00:00+01:00".`;
  return { code: 'time_malformed', message };
}

/** A time of day, `HH:MM` up to `24:00`, in minutes since midnight. Fault: `time_of_day_malformed`. */
export function parseTimeOfDay(text: string): Parsed<number> {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$|^24:00$/.exec(text);
  if (match) return { value: text === '24:00' ? 1440 : Number(match[1]) * 60 + Number(match[2]) };
  return { code: 'time_of_day_malformed', message: `"${text}" is not a time of day such as "09:30".` };
}

/** Whether the runtime knows the IANA time zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    // An offset such as `+01:00` is one to newer runtimes, and has no summer time.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Whether it is a currency of ISO 4217, as far as the runtime knows them. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

/** ISO 3166-1 alpha-2, as of 2026. */
const COUNTRIES = new Set(
  (
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ ' +
    'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO ' +
    'FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE ' +
    'JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO ' +
    'MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW ' +
    'PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM ' +
    'TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'
  ).split(' '),
);

/** Whether it is a country of ISO 3166-1, in two capital letters. */
export function isCountry(code: string): boolean {
  return COUNTRIES.has(code);
}
