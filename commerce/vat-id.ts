import type { TaxZone } from './rules';

/**
 * A VAT identification number that is well formed, null where it is not: by the format and the check digits that its
 * country publishes, for the 27 members of the EU, the United Kingdom (`GB`) and Northern Ireland (`XI`). Whether it was
 * ever given to anybody only VIES knows.
 *
 * `id` is in capitals with its prefix, without spaces, dots and dashes, Greece as `EL` and Belgium with ten digits.
 * `country` is ISO 3166-1 alpha-2: `GR` for `EL`, `GB` for `XI`.
 *
 * Formats and check digits: European Commission, VIES VAT Number Construction Rules; Belgian numbers that begin with 1,
 * and Dutch ones by modulus 97, came later. Personal numbers of Latvia, Czech ones of before 1954, and British government
 * departments and health authorities have no check digit there, and are held to their format.
 */
export function checkVatId(text: string): { id: string; country: string } | null {
  if (text.length > MAX_LENGTH) return null;
  const compact = text.replace(/[\s.\-\u2010-\u2015]/g, '').toUpperCase();
  const prefix = compact.slice(0, 2) === 'GR' ? 'EL' : compact.slice(0, 2);
  const rules = Object.hasOwn(RULES, prefix) ? RULES[prefix] : undefined;
  const rest = compact.slice(2);
  const number = prefix === 'BE' && rest.length === 9 ? `0${rest}` : rest;
  const isValid =
    /[1-9]/.test(number) &&
    rules?.some(([format, check]) => format.test(number) && check(number, [...number].map(Number)));
  return isValid ? { id: prefix + number, country: COUNTRY_BY_PREFIX[prefix] ?? prefix } : null;
}

/**
 * Whether an invoice without tax has to say that its recipient owes it (Directive 2006/112/EC, article 226, 11a): to a
 * business of the country that the goods went to. Where a state takes no tax anyway nobody owes any. `taxMinor` is in minor
 * units.
 */
export function isInvoicedNet(order: {
  vatId: string | null;
  country: string;
  taxMinor: number;
  taxIncluded: boolean;
}): boolean {
  if (order.vatId === null || order.taxMinor !== 0 || order.taxIncluded) return false;
  return checkVatId(order.vatId)?.country === order.country;
}

/**
 * Whether a business buys net in the zone and owes the tax itself: where the zone allows it, and the VAT id is a valid one
 * of the zone's country. Northern Ireland's are `XI`; a `GB` number is none of the EU.
 * Source: Directive 2006/112/EC, articles 138, 196 and 214.
 */
export function isReverseCharge(zone: TaxZone, vatId: string | null): boolean {
  if (!zone.reverseCharge || vatId === null) return false;
  const checked = checkVatId(vatId);
  return checked !== null && checked.country === zone.country && !checked.id.startsWith('GB');
}

/** Longer than any, however it is spaced. */
const MAX_LENGTH = 40;

const COUNTRY_BY_PREFIX: Record<string, string> = { EL: 'GR', XI: 'GB' };

/** A form of number, and whether the check digits hold. `digits` are NaN where the number has letters. */
type Rule = [format: RegExp, check: (number: string, digits: number[]) => boolean];

const always = () => true;

const BRITISH: Rule[] = [
  [/^\d{9}(\d{3})?$/, (_, digits) => [0, 42].includes(weigh(digits, [8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97)],
  [/^(GD[0-4]|HA[5-9])\d\d$/, always],
];

const RULES: Record<string, Rule[]> = {
  AT: [[/^U\d{8}$/, (_, digits) => weigh(digits.slice(1), [1, 2, 1, 2, 1, 2, 1, 1], crossSum) % 10 === 6]],
  BE: [[/^[01]\d{9}$/, (number) => 97 - (Number(number.slice(0, 8)) % 97) === Number(number.slice(8))]],
  BG: [
    [/^\d{9}$/, (_, digits) => twoPass(digits, [1, 2, 3, 4, 5, 6, 7, 8], [3, 4, 5, 6, 7, 8, 9, 10])],
    [/^\d{10}$/, (_, digits) => (weigh(digits, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === digits[9]],
    [/^\d{10}$/, (_, digits) => weigh(digits, [21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10 === digits[9]],
    [/^\d{10}$/, (_, digits) => weigh(digits, [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0],
  ],
  CY: [[/^(?!12)\d{8}[A-Z]$/, isCypriot]],
  CZ: [
    [/^[0-8]\d{7}$/, (_, digits) => (11 - (weigh(digits, [8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === digits[7]],
    [/^6\d{8}$/, (_, digits) => ((weigh(digits, [0, 8, 7, 6, 5, 4, 3, 2]) % 11) + 8) % 10 === digits[8]],
    [/^[0-5]\d{8}$/, hasCzechDate],
    [/^\d{10}$/, (number) => hasCzechDate(number) && isCzechPersonal(number)],
  ],
  DE: [[/^[1-9]\d{8}$/, isMod11And10]],
  DK: [[/^[1-9]\d{7}$/, sumsTo(0, 11, [2, 7, 6, 5, 4, 3, 2, 1])]],
  EE: [[/^10\d{7}$/, sumsTo(0, 10, [3, 7, 1, 3, 7, 1, 3, 7, 1])]],
  EL: [[/^\d{9}$/, (_, digits) => (weigh(digits, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === digits[8]]],
  ES: [
    [/^[A-HJNP-SUVW]\d{7}[\dA-J]$/, isSpanishEntity],
    [/^[\dKLMXYZ]\d{7}[A-Z]$/, isSpanishPerson],
  ],
  FI: [[/^\d{8}$/, sumsTo(0, 11, [7, 9, 10, 5, 8, 4, 2, 1])]],
  FR: [[/^[\dA-HJ-NP-Z]{2}\d{9}$/, isFrench]],
  GB: BRITISH,
  HR: [[/^\d{11}$/, isMod11And10]],
  HU: [[/^[1-9]\d{7}$/, sumsTo(0, 10, [9, 7, 3, 1, 9, 7, 3, 1])]],
  IE: [
    [/^\d{7}[A-W][A-IW]?$/, (number) => isIrish(number.slice(0, 7), number[7], number[8])],
    [/^\d[A-Z+*]\d{5}[A-W]$/, (number) => isIrish(`0${number.slice(2, 7)}${number[0]}`, number[7], undefined)],
  ],
  IT: [[/^\d{11}$/, (number, digits) => isItalianOffice(number) && isLuhn(digits)]],
  LT: [
    [/^\d{7}1\d$/, (_, digits) => twoPass(digits, [1, 2, 3, 4, 5, 6, 7, 8], [3, 4, 5, 6, 7, 8, 9, 1])],
    [
      /^\d{10}1\d$/,
      (_, digits) => twoPass(digits, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2], [3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4]),
    ],
  ],
  LU: [[/^\d{8}$/, (number) => Number(number.slice(0, 6)) % 89 === Number(number.slice(6))]],
  LV: [
    [/^[4-9]\d{10}$/, sumsTo(3, 11, [9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1])],
    [/^(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d{7}$/, always],
    [/^32\d{9}$/, always],
  ],
  MT: [[/^[1-9]\d{7}$/, (number, digits) => 37 - (weigh(digits, [3, 4, 6, 7, 8, 9]) % 37) === Number(number.slice(6))]],
  NL: [
    [/^\d{9}B\d\d$/, (_, digits) => weigh(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11 === digits[8]],
    [/^\d{9}B\d\d$/, (number) => remainder(`2321${number.replace('B', '11')}`, 97) === 1],
  ],
  PL: [[/^\d{10}$/, sumsTo(0, 11, [6, 5, 7, 2, 3, 4, 5, 6, 7, 10])]],
  PT: [
    [/^[1-9]\d{8}$/, (_, digits) => ((11 - (weigh(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10 === digits[8]],
  ],
  RO: [[/^[1-9]\d{1,9}$/, isRomanian]],
  SE: [[/^\d{10}(0[1-9]|[1-8]\d|9[0-4])$/, (_, digits) => isLuhn(digits.slice(0, 10))]],
  SI: [[/^[1-9]\d{7}$/, isSlovene]],
  SK: [[/^[1-9]\d[2-46-9]\d{7}$/, (number) => Number(number) % 11 === 0]],
  XI: BRITISH,
};

/** The sum of as many digits as there are weights, each times its weight. */
function weigh(digits: number[], weights: number[], of = (product: number) => product): number {
  return weights.reduce((sum, weight, index) => sum + of((digits[index] as number) * weight), 0);
}

function sumsTo(rest: number, modulus: number, weights: number[]): Rule[1] {
  return (_, digits) => weigh(digits, weights) % modulus === rest;
}

/** The sum of the digits of a product of two digits. */
function crossSum(product: number): number {
  return product > 9 ? product - 9 : product;
}

/** The second weights decide where the first leave a remainder of 10, and 0 where both do. */
function twoPass(digits: number[], first: number[], second: number[]): boolean {
  const rest = weigh(digits, first) % 11;
  return (rest === 10 ? (weigh(digits, second) % 11) % 10 : rest) === digits.at(-1);
}

const CYPRIOT_ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];

function isCypriot(number: string, digits: number[]): boolean {
  const sum = digits
    .slice(0, 8)
    .reduce((total, digit, i) => total + (i % 2 ? digit : (CYPRIOT_ODD[digit] as number)), 0);
  return String.fromCharCode(65 + (sum % 26)) === number[8];
}

/** A birth number: women's months are 50 higher, and 20 more in years that have run out of numbers. */
function hasCzechDate(number: string): boolean {
  const month = (Number(number.slice(2, 4)) % 50) % 20;
  const day = Number(number.slice(4, 6));
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/** Until 1985 some numbers with a remainder of 10 were given a 0. */
function isCzechPersonal(number: string): boolean {
  const rest = Number(number.slice(0, 9)) % 11;
  return rest % 10 === Number(number[9]) && (rest < 10 || isBetween(number.slice(0, 2), 54, 84));
}

function isBetween(text: string, from: number, to: number): boolean {
  return Number(text) >= from && Number(text) <= to;
}

/** ISO 7064, MOD 11,10. */
function isMod11And10(_: string, digits: number[]): boolean {
  let product = 10;
  for (const digit of digits.slice(0, -1)) product = (((digit + product) % 10 || 10) * 2) % 11;
  return (product + (digits.at(-1) as number)) % 10 === 1;
}

function isSpanishEntity(number: string, digits: number[]): boolean {
  const check = (10 - (weigh(digits.slice(1), [2, 1, 2, 1, 2, 1, 2], crossSum) % 10)) % 10;
  return number[8] === String(check) || number[8] === 'JABCDEFGHI'[check];
}

function isSpanishPerson(number: string): boolean {
  const lead = number[0] as string;
  const first = { X: '0', Y: '1', Z: '2' }[lead] ?? (/\d/.test(lead) ? lead : '');
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(first + number.slice(1, 8)) % 23] === number[8];
}

const FRENCH_KEY = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ';

function isFrench(number: string): boolean {
  const siren = Number(number.slice(2));
  const [first, second] = [FRENCH_KEY.indexOf(number[0] as string), FRENCH_KEY.indexOf(number[1] as string)];
  if (first < 10 && second < 10) return (siren * 100 + 12) % 97 === first * 10 + second;
  const key = first < 10 ? first * 24 + second - 10 : first * 34 + second - 100;
  return (siren + 1 + Math.floor(key / 11)) % 11 === key % 11;
}

function isIrish(digits: string, check: string | undefined, suffix: string | undefined): boolean {
  const letters = 'WABCDEFGHIJKLMNOPQRSTUV';
  const sum = weigh([...digits].map(Number), [8, 7, 6, 5, 4, 3, 2]) + 9 * (suffix ? letters.indexOf(suffix) : 0);
  return letters[sum % 23] === check;
}

/** The three digits before the last are the office that gave it. */
function isItalianOffice(number: string): boolean {
  const office = number.slice(7, 10);
  return Number(number.slice(0, 7)) > 0 && (isBetween(office, 1, 201) || office === '888' || office === '999');
}

/** ISO/IEC 7812-1, annex B. */
function isLuhn(digits: number[]): boolean {
  const sum = digits.reduceRight((total, digit, i) => total + crossSum((digits.length - i) % 2 ? digit : digit * 2), 0);
  return sum % 10 === 0;
}

function remainder(digits: string, modulus: number): number {
  return [...digits].reduce((rest, digit) => (rest * 10 + Number(digit)) % modulus, 0);
}

function isRomanian(number: string): boolean {
  const digits = [...number.padStart(10, '0')].map(Number);
  return ((weigh(digits, [7, 5, 3, 2, 1, 7, 5, 3, 2]) * 10) % 11) % 10 === digits[9];
}

function isSlovene(_: string, digits: number[]): boolean {
  const rest = weigh(digits, [8, 7, 6, 5, 4, 3, 2]) % 11;
  return rest !== 0 && (11 - rest) % 10 === digits[7];
}
