/** What it costs to send a parcel, by which methods it can go, and why it cannot go by the others. */
import { type DeliveryEstimate, estimateDelivery } from './delivery';
import type { Place } from './market';
import { addMinor, amountIn, type Money, multiplyMinor, toDecimal } from './money';
import { fitsPlace } from './place';
import type { VariantFacts } from './pricing';
import type { ShippingMethod, ShopRules } from './rules';
import { isSelected } from './selection';

/** What a cart gives to be sent. */
export interface Parcel {
  /** All of the cart's; only lines that require shipping weigh, count, and can be excluded. */
  lines: ParcelLine[];
  /**
   * The price of all goods, also of those that are not sent. Measured before promotions, so that adding a promotion can
   * never raise what sending costs.
   */
  subtotalMinor: number;
}

export interface ParcelLine {
  quantity: number;
  variant: Pick<VariantFacts, 'id' | 'productId' | 'collectionIds' | 'weightGrams' | 'size' | 'requiresShipping'>;
}

/** Where a parcel goes, in what currency sending is paid, and when (milliseconds since 1970). */
export interface Dispatch {
  currency: string;
  place: Place;
  rules: Pick<ShopRules, 'shippingMethods' | 'shippingZones' | 'taxZones'>;
  now: number;
}

export type ShippingQuote =
  | {
      offered: true;
      priceMinor: number;
      /** From this price of the goods before promotions on it costs nothing; null where it never does. */
      freeFromMinor: number | null;
      /** Goods for how much that still takes: 0 where sending costs nothing already. */
      missingForFreeMinor: number | null;
    }
  | ({ offered: false } & ShippingRefusal);

/** Why a parcel cannot go by a method. `code` is permanent, `message` is for people. */
interface ShippingRefusal {
  code:
    | 'not_in_zone'
    | 'currency_not_priced'
    | 'goods_excluded'
    | 'too_heavy'
    | 'too_light'
    | 'too_many_items'
    | 'subtotal_too_low'
    | 'subtotal_too_high'
    | 'below_first_step';
  message: string;
  facts?: RefusalFacts;
}

/** What a caller can act on. */
interface RefusalFacts {
  /** With `too_heavy` and `too_light`, and one of the limits. */
  weightGrams?: number;
  maxWeightGrams?: number;
  minWeightGrams?: number;
  /** With `too_many_items`. */
  quantity?: number;
  maxQuantity?: number;
  /** With `subtotal_too_low`: goods for how much more it takes. */
  missing?: Money;
  /** With `subtotal_too_high`. */
  maxSubtotal?: Money;
  /** With `goods_excluded`: sorted, each once. */
  variantIds?: string[];
}

/** A way to get a parcel to the shopper. The price contains tax where the country's prices do. */
export interface ShippingOption {
  id: string;
  title: string;
  kind: ShippingMethod['kind'];
  price: Money;
  estimate: DeliveryEstimate;
  freeFrom: Money | null;
  missingForFree: Money | null;
  /** Where it is picked up, for people; null for a delivery. */
  pickupAddress: string | null;
}

export type RefusedMethod = { id: string; title: string } & Omit<ShippingRefusal, 'facts'> & RefusalFacts;

/**
 * What sending the parcel by a method costs, before promotions and never negative; or the first reason, in the order of
 * `ShippingRefusal`, why it cannot go that way. Limits include their bounds. A parcel without anything to send weighs
 * nothing and counts none.
 *
 * A method with a `dimensionalDivisor` goes by the weight or the size of each piece, whichever is more, both for its
 * prices and for its limits: length x width x height in cm / divisor is the kilograms it counts as
 * (https://ask.fedex.com/help/en-gb/account-payments/calculation-dim-weight-rex), here up to the next gram.
 *
 * Throws `amount_out_of_range` where weights or sizes add up to more than 2^53 - 1.
 */
export function quoteShipping(method: ShippingMethod, parcel: Parcel, dispatch: Dispatch): ShippingQuote {
  const { currency } = dispatch;
  if (!reaches(method, dispatch)) return refuse('not_in_zone', 'This way of shipping does not reach the place.');
  const steps = Object.hasOwn(method.prices, currency) ? method.prices[currency] : undefined;
  if (!steps?.length) return refuse('currency_not_priced', `This way of shipping has no price in ${currency}.`);
  const sent = parcel.lines.filter(({ variant }) => variant.requiresShipping);
  const measures = {
    flat: 0,
    weight: weightOf(sent, method.dimensionalDivisor),
    subtotal: parcel.subtotalMinor,
    quantity: sent.reduce((sum, { quantity }) => addMinor(sum, quantity), 0),
  };
  const refusal = excluded(method, sent) ?? beyondLimits(method, measures, currency);
  if (refusal) return refusal;
  const step = steps.findLast(({ from }) => from <= measures[method.basis]);
  if (!step) return refuse('below_first_step', 'This way of shipping has no price for so little.');

  const freeFromMinor = amountIn(method.freeFrom, currency);
  const free = freeFromMinor !== null && parcel.subtotalMinor >= freeFromMinor;
  const priceMinor = free ? 0 : step.amountMinor;
  const missingMinor = freeFromMinor !== null && priceMinor > 0 ? freeFromMinor - parcel.subtotalMinor : 0;
  return {
    offered: true,
    priceMinor,
    freeFromMinor,
    missingForFreeMinor: freeFromMinor === null ? null : missingMinor,
  };
}

/**
 * Every method of the shop once: those that are offered by price, then by the latest day, then in the rules' order; those
 * that are not in the rules' order, each with its reason. Throws `amount_out_of_range` as `quoteShipping` does.
 */
export function shippingOptions(
  parcel: Parcel,
  dispatch: Dispatch,
): { offered: ShippingOption[]; refused: RefusedMethod[] } {
  const offered: ShippingOption[] = [];
  const refused: RefusedMethod[] = [];
  const { currency } = dispatch;
  const money = (amount: number | null) => (amount === null ? null : { amount, currency });
  for (const method of dispatch.rules.shippingMethods) {
    const { id, title, kind } = method;
    const quote = quoteShipping(method, parcel, dispatch);
    if (!quote.offered) {
      refused.push({ id, title, code: quote.code, message: quote.message, ...quote.facts });
      continue;
    }
    offered.push({
      id,
      title,
      kind,
      price: { amount: quote.priceMinor, currency },
      estimate: estimateDelivery(method, dispatch.now),
      freeFrom: money(quote.freeFromMinor),
      missingForFree: money(quote.missingForFreeMinor),
      pickupAddress: kind === 'pickup' ? method.pickupAddress : null,
    });
  }
  // Stable: what costs and takes the same stays in the order of the rules.
  offered.sort(byPriceThenDay);
  return { offered, refused };
}

/** Orders ways of shipping by price, then by the latest day. */
export function byPriceThenDay(
  a: Pick<ShippingOption, 'price' | 'estimate'>,
  b: Pick<ShippingOption, 'price' | 'estimate'>,
): number {
  const [one, other] = [a.estimate.latest, b.estimate.latest];
  return a.price.amount - b.price.amount || (one < other ? -1 : one > other ? 1 : 0);
}

function reaches({ zoneId }: ShippingMethod, { place, rules }: Dispatch): boolean {
  if (zoneId === null) return rules.taxZones.some(({ country }) => country === place.country);
  const zone = rules.shippingZones.find(({ id }) => id === zoneId);
  return zone?.areas.some((area) => fitsPlace(area, place)) === true;
}

function refuse(code: ShippingRefusal['code'], message: string, facts?: RefusalFacts): ShippingQuote {
  return { offered: false, code, message, ...(facts && { facts }) };
}

/** In grams. Each piece is rounded up for itself, so that splitting a line changes nothing. */
function weightOf(lines: ParcelLine[], divisor: number | null): number {
  return lines.reduce((sum, { quantity, variant: { weightGrams, size } }) => {
    const piece = divisor === null || size === null ? weightGrams : Math.max(weightGrams, gramsOf(size, divisor));
    return addMinor(sum, multiplyMinor(piece, quantity));
  }, 0);
}

/** Thousands fall out: a cubic centimetre is 1000 cubic millimetres, a kilogram is 1000 grams. */
function gramsOf({ lengthMm, widthMm, heightMm }: NonNullable<VariantFacts['size']>, divisor: number): number {
  const volume = multiplyMinor(multiplyMinor(lengthMm, widthMm), heightMm);
  const rest = volume % divisor;
  return (volume - rest) / divisor + (rest > 0 ? 1 : 0);
}

function excluded({ excludes }: ShippingMethod, sent: ParcelLine[]): ShippingQuote | null {
  if (excludes === null) return null;
  const ids = sent.filter(({ variant }) => isSelected(excludes, variant)).map(({ variant }) => variant.id);
  if (ids.length === 0) return null;
  return refuse('goods_excluded', 'Some of the goods cannot go this way.', { variantIds: [...new Set(ids)].sort() });
}

function beyondLimits(
  { limits }: ShippingMethod,
  { weight: weightGrams, subtotal, quantity }: { weight: number; subtotal: number; quantity: number },
  currency: string,
): ShippingQuote | null {
  const { minWeightGrams, maxWeightGrams, maxQuantity } = limits;
  if (maxWeightGrams !== undefined && weightGrams > maxWeightGrams) {
    const message = `This comes to ${kilograms(weightGrams)}, and this way takes up to ${kilograms(maxWeightGrams)}.`;
    return refuse('too_heavy', message, { weightGrams, maxWeightGrams });
  }
  if (minWeightGrams !== undefined && weightGrams < minWeightGrams) {
    const message = `This comes to ${kilograms(weightGrams)}, and this way starts at ${kilograms(minWeightGrams)}.`;
    return refuse('too_light', message, { weightGrams, minWeightGrams });
  }
  if (maxQuantity !== undefined && quantity > maxQuantity) {
    const message = `At most ${maxQuantity} of these can go this way at once, not ${quantity}.`;
    return refuse('too_many_items', message, { quantity, maxQuantity });
  }
  const min = amountIn(limits.minSubtotal ?? {}, currency);
  if (min !== null && subtotal < min) {
    const missing = { amount: min - subtotal, currency };
    const message = `Goods for ${toDecimal(missing)} ${currency} are missing to go this way.`;
    return refuse('subtotal_too_low', message, { missing });
  }
  const max = amountIn(limits.maxSubtotal ?? {}, currency);
  if (max !== null && subtotal > max) {
    const maxSubtotal = { amount: max, currency };
    const message = `Goods for more than ${toDecimal(maxSubtotal)} ${currency} cannot go this way.`;
    return refuse('subtotal_too_high', message, { maxSubtotal });
  }
  return null;
}

function kilograms(grams: number): string {
  return `${grams / 1000} kg`;
}
