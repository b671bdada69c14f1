import type { Place } from './market';
import { addMinor, allocate, requireMinor, scaleMinor } from './money';
import { fitsPlace } from './place';
import type { TaxRate, TaxZone } from './rules';

/** A line of goods as tax sees it; amounts in minor units. */
export interface TaxableLine {
  /** What is asked for it, after discounts. */
  amountMinor: number;
  taxClass: string;
  /** What it counts where shipping is taxed by the goods: its price before promotions, nothing for a gift. */
  weightMinor: number;
}

/** Tax in minor units. The taxes of the lines and of shipping sum to `taxMinor`, and so do those of the rates. */
export interface TaxResult {
  /** Beside each line of goods. `rateBps` is all its taxes together, to the hundredth of a basis point. */
  lines: { taxMinor: number; rateBps: number }[];
  shippingTaxMinor: number;
  taxMinor: number;
  /**
   * As an invoice lists them: one for each label and rate above zero, the highest first. `netMinor` is the price of what
   * is taxed so, without any tax.
   */
  rates: { label: string; rateBps: number; netMinor: number; amountMinor: number }[];
}

/**
 * The zone whose taxes hold at a place, null where none does: of those that fit, one with a region and postcodes before
 * one with postcodes, that before one with a region, and that before the whole country; the lowest id among equals.
 */
export function findTaxZone(zones: readonly TaxZone[], place: Place): TaxZone | null {
  let best: TaxZone | null = null;
  for (const zone of zones) {
    if (zone.country !== place.country || (best && !isMoreExact(zone, best))) continue;
    const regions = zone.region === null ? [] : [zone.region];
    if (fitsPlace({ country: zone.country, regions, postalCodes: zone.postalCodes }, place)) best = zone;
  }
  return best;
}

/**
 * The tax on a cart: contained in the amounts where the zone's prices contain tax, else on top of them. Fractions are
 * exact, and rounded half away from zero. By `line`, each tax of each line is rounded once; of a line whose price contains
 * several, their sum is rounded once and split. By `order`, each tax is rounded once over all the goods and shipping, and
 * the goods' part of it shared out by largest remainder.
 *
 * A lower amount never makes for more tax, and the order of the goods makes no difference. Where shipping is taxed by the
 * goods it goes by their `weightMinor`, never by amounts after discounts: a promotion on goods that are taxed little would
 * move shipping to those that are taxed more, and so raise the tax.
 *
 * Throws `amount_out_of_range` for amounts and weights that are negative or no safe integers, for sums beyond 2^53 - 1,
 * and for rates that are negative, finer than a hundredth of a basis point, or compound to a fraction beyond 2^53 - 1.
 */
export function taxCart(
  zone: TaxZone,
  goods: readonly TaxableLine[],
  shipping: { amountMinor: number; taxClass: string } | null,
): TaxResult {
  const book = new TaxBook(zone);
  const lines = goods.map(({ amountMinor, taxClass, weightMinor }) => ({
    amountMinor: requireNatural(amountMinor),
    weightMinor: requireNatural(weightMinor),
    taxes: book.taxesOf(taxClass),
    taxMinor: 0,
  }));
  const parts = shipping ? partsOfShipping(zone, book, lines, shipping) : [];
  if (zone.rounding === 'line') roundByLine(zone, lines, parts);
  else roundByOrder(lines, parts);

  let goodsTaxMinor = 0;
  for (const line of lines) {
    goodsTaxMinor = addMinor(goodsTaxMinor, line.taxMinor);
    addNet(zone, line);
  }
  let shippingTaxMinor = 0;
  for (const part of parts) {
    shippingTaxMinor = addMinor(shippingTaxMinor, part.taxMinor);
    addNet(zone, part);
  }
  return {
    lines: lines.map(({ taxMinor, taxes }) => ({ taxMinor, rateBps: taxes.rateBps })),
    shippingTaxMinor,
    taxMinor: addMinor(goodsTaxMinor, shippingTaxMinor),
    rates: book.rates(),
  };
}

/**
 * What is left of a price without the tax that it contains, in minor units, for a business that owes the tax itself
 * (reverse charge); the price itself where prices do not contain tax. Throws `amount_out_of_range` as `taxCart` does.
 */
export function netOfTax(zone: TaxZone, taxClass: string, grossMinor: number): number {
  requireNatural(grossMinor);
  const last = zone.pricesIncludeTax ? new TaxBook(zone).taxesOf(taxClass).parts.at(-1) : undefined;
  return last ? grossMinor - scaleMinor(grossMinor, last.upTo.numerator, last.upTo.denominator) : grossMinor;
}

/**
 * A bound, in minor units, of the tax that is saved where so much is taken off a cart: by the highest rate of the zone, and
 * by as many roundings as there can be. Nothing where prices contain the tax, which does not change what is to pay.
 */
export function mostTaxSaved(zone: TaxZone, takenMinor: number, lineCount: number): number {
  if (zone.pricesIncludeTax) return 0;
  let highest = 0;
  let most = 0;
  for (const rates of Object.values(zone.rates)) {
    const sum = rates.reduce((part, { rateBps, compound }) => part + (rateBps / 10_000) * (compound ? 1 + part : 1), 0);
    highest = Math.max(highest, sum);
    most = Math.max(most, rates.length);
  }
  // Each line and each part of the shipping may be rounded up before and down after.
  return Math.ceil(takenMinor * highest) + (2 * lineCount + 1) * most;
}

function isMoreExact(zone: TaxZone, than: TaxZone): boolean {
  const exactness = ({ region, postalCodes }: TaxZone) => (postalCodes.length > 0 ? 2 : 0) + (region === null ? 0 : 1);
  const difference = exactness(zone) - exactness(than);
  return difference > 0 || (difference === 0 && zone.id < than.id);
}

/** A fraction of two safe integers in lowest terms. */
interface Fraction {
  numerator: number;
  denominator: number;
}

/** A row of the invoice. */
type Entry = TaxResult['rates'][number];

/** What is rounded together where tax is rounded by order: one tax that takes the same part of every amount. */
interface Pool {
  fraction: Fraction;
  entry: Entry;
  lines: Taxed[];
  goodsMinor: number;
  /** The weights of the parts of shipping in it. */
  weight: number;
  taxMinor: number;
}

/** One of the taxes of a class, as a part of the amounts as they are: with tax, or without it. */
interface ClassTax {
  own: Fraction;
  /** With those before it. */
  upTo: Fraction;
  entry: Entry;
  pool: Pool;
}

/** The taxes of a class of goods; classes that are taxed alike share one. */
interface ClassTaxes {
  signature: string;
  rateBps: number;
  parts: ClassTax[];
  entries: Set<Entry>;
}

interface Taxed {
  amountMinor: number;
  taxes: ClassTaxes;
  taxMinor: number;
}

interface TaxedLine extends Taxed {
  weightMinor: number;
}

/** A part of shipping. Exactly it is `weight / whole` of the cost; `amountMinor` is that in whole units. */
interface ShippingPart extends Taxed {
  costMinor: number;
  weight: number;
  whole: number;
}

/** The taxes of a zone, as far as a cart needs them. */
class TaxBook {
  readonly #zone: TaxZone;
  readonly #byClass = new Map<string, ClassTaxes>();
  readonly #bySignature = new Map<string, ClassTaxes>();
  readonly #entries = new Map<string, Entry>();
  readonly #pools = new Map<string, Pool>();

  constructor(zone: TaxZone) {
    this.#zone = zone;
  }

  taxesOf(taxClass: string): ClassTaxes {
    let taxes = this.#byClass.get(taxClass);
    if (!taxes) {
      const { rates } = this.#zone;
      // `hasOwn`: a class called `constructor` must not find one.
      const found = (Object.hasOwn(rates, taxClass) ? rates[taxClass] : rates.standard) ?? [];
      const signature = found.map(({ label, rateBps, compound }) => `${rateBps} ${compound} ${label}`).join('\n');
      taxes = this.#bySignature.get(signature) ?? this.#compute(found, signature);
      this.#bySignature.set(signature, taxes);
      this.#byClass.set(taxClass, taxes);
    }
    return taxes;
  }

  rates(): Entry[] {
    const entries = [...this.#entries.values()].filter(({ rateBps }) => rateBps > 0);
    return entries.sort((a, b) => b.rateBps - a.rateBps || (a.label < b.label ? -1 : 1));
  }

  #compute(rates: readonly TaxRate[], signature: string): ClassTaxes {
    let sum: Fraction = { numerator: 0, denominator: 1 };
    const taxes = rates.map((rate) => {
      const plain = fractionOf(rate.rateBps);
      const own = rate.compound ? times(plain, onePlus(sum)) : plain;
      sum = plus(sum, own);
      return { rate, own, upTo: sum };
    });
    // Of a price that contains tax, the tax on the net price is this much less.
    const gross = onePlus(sum);
    const net = this.#zone.pricesIncludeTax
      ? { numerator: gross.denominator, denominator: gross.numerator }
      : { numerator: 1, denominator: 1 };
    const parts = taxes.map(({ rate, own, upTo }) => {
      const entry = this.#entryOf(rate);
      const ofAmount = times(own, net);
      return { own: ofAmount, upTo: times(upTo, net), entry, pool: this.#poolOf(entry, ofAmount) };
    });
    const rateBps = scaleMinor(RATE_UNITS, sum.numerator, sum.denominator) / 100;
    return { signature, rateBps, parts, entries: new Set(parts.map(({ entry }) => entry)) };
  }

  #entryOf({ label, rateBps }: TaxRate): Entry {
    const key = `${rateBps} ${label}`;
    const entry = this.#entries.get(key) ?? { label, rateBps, netMinor: 0, amountMinor: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  #poolOf(entry: Entry, fraction: Fraction): Pool {
    const key = `${fraction.numerator}/${fraction.denominator} ${entry.rateBps} ${entry.label}`;
    const pool = this.#pools.get(key) ?? { fraction, entry, lines: [], goodsMinor: 0, weight: 0, taxMinor: 0 };
    this.#pools.set(key, pool);
    return pool;
  }
}

/** Hundredths of a basis point in one. */
const RATE_UNITS = 1_000_000;

function fractionOf(rateBps: number): Fraction {
  const units = Math.round(rateBps * 100);
  // A decimal such as 8.29 is no exact float, nor is a hundred times it.
  const isExact = Math.abs(rateBps * 100 - units) < 1e-4;
  return reduced(requireNatural(isExact ? units : Number.NaN), RATE_UNITS);
}

function onePlus({ numerator, denominator }: Fraction): Fraction {
  return { numerator: addMinor(numerator, denominator), denominator };
}

function plus(a: Fraction, b: Fraction): Fraction {
  const common = greatestCommonDivisor(a.denominator, b.denominator);
  const numerator = a.numerator * (b.denominator / common) + b.numerator * (a.denominator / common);
  return reduced(requireMinor(numerator), requireMinor((a.denominator / common) * b.denominator));
}

function times(a: Fraction, b: Fraction): Fraction {
  const left = reduced(a.numerator, b.denominator);
  const right = reduced(b.numerator, a.denominator);
  return {
    numerator: requireMinor(left.numerator * right.numerator),
    denominator: requireMinor(left.denominator * right.denominator),
  };
}

function reduced(numerator: number, denominator: number): Fraction {
  const common = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / common, denominator: denominator / common };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function requireNatural(amountMinor: number): number {
  return requireMinor(amountMinor < 0 ? Number.NaN : amountMinor);
}

function partsOfShipping(
  zone: TaxZone,
  book: TaxBook,
  lines: readonly TaxedLine[],
  shipping: { amountMinor: number; taxClass: string },
): ShippingPart[] {
  const costMinor = requireNatural(shipping.amountMinor);
  const whole = (taxes: ClassTaxes) => [{ costMinor, taxes, weight: 1, whole: 1, amountMinor: costMinor, taxMinor: 0 }];
  const { by } = zone.shipping;
  if (by === 'class') return whole(book.taxesOf(zone.shipping.taxClass));
  const weights = by === 'method' ? new Map<ClassTaxes, number>() : weightsOf(lines);
  const found = [...weights.keys()].sort(dearestFirst);
  // Where no goods have any weight there is nothing to go by.
  if (found.length === 0) return whole(book.taxesOf(shipping.taxClass));
  if (by === 'highest' || found.length === 1) return whole(found[0] as ClassTaxes);
  const shares = found.map((taxes) => weights.get(taxes) as number);
  const sum = shares.reduce((total, weight) => addMinor(total, weight), 0);
  const amounts = allocate(costMinor, shares);
  return found.map((taxes, index) => ({
    costMinor,
    taxes,
    weight: shares[index] as number,
    whole: sum,
    amountMinor: amounts[index] as number,
    taxMinor: 0,
  }));
}

function weightsOf(lines: readonly TaxedLine[]): Map<ClassTaxes, number> {
  const weights = new Map<ClassTaxes, number>();
  for (const { taxes, weightMinor } of lines) {
    if (weightMinor > 0) weights.set(taxes, addMinor(weights.get(taxes) ?? 0, weightMinor));
  }
  return weights;
}

function dearestFirst(a: ClassTaxes, b: ClassTaxes): number {
  return b.rateBps - a.rateBps || (a.signature < b.signature ? -1 : 1);
}

function roundByLine(zone: TaxZone, lines: readonly TaxedLine[], parts: readonly ShippingPart[]): void {
  for (const line of lines) {
    line.taxMinor = roundTaxes(zone, line.taxes, ({ numerator, denominator }) =>
      scaleMinor(line.amountMinor, numerator, denominator),
    );
  }
  for (const part of parts) {
    part.taxMinor = roundTaxes(zone, part.taxes, (fraction) => taxOfBoth(0, part, part.weight, fraction));
  }
}

function roundTaxes(zone: TaxZone, taxes: ClassTaxes, taxOf: (fraction: Fraction) => number): number {
  let sum = 0;
  for (const { own, upTo, entry } of taxes.parts) {
    const taxMinor = zone.pricesIncludeTax ? taxOf(upTo) - sum : taxOf(own);
    sum = addMinor(sum, taxMinor);
    entry.amountMinor = addMinor(entry.amountMinor, taxMinor);
  }
  return sum;
}

function roundByOrder(lines: readonly TaxedLine[], parts: readonly ShippingPart[]): void {
  const pools = new Set<Pool>();
  for (const line of lines) {
    for (const { pool } of line.taxes.parts) {
      pool.lines.push(line);
      pool.goodsMinor = addMinor(pool.goodsMinor, line.amountMinor);
      pools.add(pool);
    }
  }
  for (const pool of pools) {
    pool.taxMinor = scaleMinor(pool.goodsMinor, pool.fraction.numerator, pool.fraction.denominator);
    shareOut(pool);
  }
  // Shipping takes what it adds to the tax on the goods, so that it changes no line.
  for (const part of parts) {
    for (const { pool } of part.taxes.parts) {
      pool.weight = addMinor(pool.weight, part.weight);
      const withShippingMinor = taxOfBoth(pool.goodsMinor, part, pool.weight, pool.fraction);
      part.taxMinor = addMinor(part.taxMinor, withShippingMinor - pool.taxMinor);
      pool.taxMinor = withShippingMinor;
      pools.add(pool);
    }
  }
  for (const { entry, taxMinor } of pools) entry.amountMinor = addMinor(entry.amountMinor, taxMinor);
}

/** By largest remainder; the greater amount first among equals, so that only lines of equal amounts go by their order. */
function shareOut({ fraction, lines, taxMinor }: Pool): void {
  let left = taxMinor;
  const shares = lines.map((line) => {
    const { whole, rest } = divide(line.amountMinor, fraction);
    line.taxMinor = addMinor(line.taxMinor, whole);
    left -= whole;
    return { line, rest };
  });
  if (left === 0) return;
  shares.sort((a, b) => b.rest - a.rest || b.line.amountMinor - a.line.amountMinor);
  for (const { line } of shares.slice(0, left)) line.taxMinor = addMinor(line.taxMinor, 1);
}

function divide(amountMinor: number, { numerator, denominator }: Fraction): { whole: number; rest: number } {
  const product = amountMinor * numerator;
  if (Number.isSafeInteger(product)) {
    const rest = product % denominator;
    return { whole: (product - rest) / denominator, rest };
  }
  const [exact, by] = [BigInt(amountMinor) * BigInt(numerator), BigInt(denominator)];
  return { whole: requireMinor(Number(exact / by)), rest: Number(exact % by) };
}

/** The tax on an amount of goods and a share of what shipping costs, rounded once. */
function taxOfBoth(goodsMinor: number, { costMinor, whole }: ShippingPart, weight: number, fraction: Fraction): number {
  const base = goodsMinor * whole + costMinor * weight;
  const denominator = whole * fraction.denominator;
  if (Number.isSafeInteger(base) && Number.isSafeInteger(denominator)) {
    return scaleMinor(base, fraction.numerator, denominator);
  }
  const exactBase = BigInt(goodsMinor) * BigInt(whole) + BigInt(costMinor) * BigInt(weight);
  const by = BigInt(whole) * BigInt(fraction.denominator);
  return requireMinor(Number((exactBase * BigInt(fraction.numerator) * 2n + by) / (by * 2n)));
}

function addNet({ pricesIncludeTax }: TaxZone, { amountMinor, taxMinor, taxes }: Taxed): void {
  const netMinor = pricesIncludeTax ? amountMinor - taxMinor : amountMinor;
  for (const entry of taxes.entries) entry.netMinor = addMinor(entry.netMinor, netMinor);
}
