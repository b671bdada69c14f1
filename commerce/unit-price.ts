/** What one unit costs: base prices, price lists with their tiers, conversion, and what a reduction is compared with. */
import type { PriceMarket } from './market';
import type { PricePoint, VariantFacts } from './pricing';
import { type AskedPrice, lowestPriorPrice, reducedSince } from './prior-price';
import { changePrice, convertPrice } from './rounding';
import type { CurrencyConversion, PriceList, ShopRules } from './rules';
import { isSelected } from './selection';

/** All amounts in minor units of the market's currency, for one unit. */
export interface UnitPrice {
  amountMinor: number;
  /** Before price lists; null where only a list has a price in the currency. */
  baseMinor: number | null;
  /** What the price is shown as reduced from; always above it. */
  compareAtMinor: number | null;
  /**
   * The lowest price of the 30 days before the reduction (Directive 98/6/EC, Art. 6a), as far as it is known; only beside
   * a `compareAtMinor`. Whoever announces a percentage counts it from this one (CJEU, C-330/23, Aldi Süd).
   */
  lowestPriorMinor: number | null;
  /** What decided: `id` and `label` name a price list (id, title) or a conversion (`EUR/SEK`, its rate). */
  source: {
    kind: 'base' | 'price_list' | 'conversion';
    id: string | null;
    label: string | null;
    /** The tier's; 1 where there are no tiers. */
    minQuantity: number;
  };
  /** The next quantity, counted as its list counts, at which a unit costs less; `missing` are the units up to it. */
  nextTier: { minQuantity: number; missing: number; amountMinor: number } | null;
}

/** Units in the cart: of the variant, and of all variants of its product. */
export interface UnitCounts {
  quantity: number;
  productQuantity: number;
}

/** What the price of a unit depends on, of a variant. */
export type PriceFacts = Pick<
  VariantFacts,
  'id' | 'productId' | 'collectionIds' | 'prices' | 'listPrices' | 'priceHistory'
>;

/**
 * The price lists that hold now, here and for this shopper, in the order in which they decide: by priority, then by id.
 * A list holds from `startsAt` on until just before `endsAt`. Once per cart is enough.
 */
export function priceListsFor(lists: readonly PriceList[], market: PriceMarket): PriceList[] {
  return lists.filter((list) => isFor(list, market) && holdsAt(list, market.now)).sort(byPriority);
}

/** Whether a list is meant for the shopper, whenever it holds. */
export function isFor(
  list: PriceList,
  { customerGroup, channel, country }: Pick<PriceMarket, 'customerGroup' | 'channel' | 'country'>,
): boolean {
  return (
    (list.customerGroups.length === 0 || (customerGroup !== null && list.customerGroups.includes(customerGroup))) &&
    (list.channels.length === 0 || list.channels.includes(channel)) &&
    (list.countries.length === 0 || list.countries.includes(country))
  );
}

/**
 * The price of one unit at these counts, or null where it is not sold in the currency (or not in so few). `lists` come
 * from `priceListsFor` for the same market.
 *
 * The highest priority decides among the lists that have a price at this quantity, then the lowest price, then the id.
 * A list goes by its own prices for the variant in the currency, or where it has none by its steps from the base price.
 * Without a base price in the currency the first conversion from one that the variant has makes it; conversions are not
 * chained. Each computed price is rounded once.
 *
 * `compareAtMinor` is the base price's own, or the base price where a list for everybody undercuts it: neither a price
 * for a group nor one for a quantity is a reduction. Throws `amount_out_of_range`.
 */
export function unitPrice(
  facts: PriceFacts,
  counts: UnitCounts,
  lists: readonly PriceList[],
  rules: ShopRules,
  market: PriceMarket,
): UnitPrice | null {
  const { currency } = market;
  const base = basePrice(facts, rules, currency);
  const baseMinor = base?.amountMinor ?? null;
  const offers = offersOf(lists, facts, baseMinor, currency);
  const chosen = choose(offers, counts, baseMinor);
  if (!chosen) return null;
  const compareAtMinor = compareAt(chosen, base);
  return {
    amountMinor: chosen.amountMinor,
    baseMinor,
    compareAtMinor,
    lowestPriorMinor: compareAtMinor === null ? null : lowestPrior(facts, base?.conversion ?? null, rules, market),
    source: sourceOf(chosen, base),
    nextTier: nextTier(offers, counts, baseMinor, chosen.amountMinor),
  };
}

/**
 * The quantities above one from which on a unit costs another price than with one unit less, ascending: what stands in a
 * table beside the price of the first unit. All units are of this variant. `lists` as for `unitPrice`, with which each row
 * agrees. Throws `amount_out_of_range`.
 */
export function quantityPrices(
  facts: PriceFacts,
  lists: readonly PriceList[],
  rules: ShopRules,
  { currency }: PriceMarket,
): { minQuantity: number; amountMinor: number }[] {
  const baseMinor = basePrice(facts, rules, currency)?.amountMinor ?? null;
  const offers = offersOf(lists, facts, baseMinor, currency);
  const priceAt = (quantity: number) => choose(offers, { quantity, productQuantity: quantity }, baseMinor)?.amountMinor;
  const quantities = new Set(offers.flatMap(({ tiers }) => tiers.map(({ minQuantity }) => minQuantity)));
  let before = priceAt(1);
  return [...quantities]
    .sort((a, b) => a - b)
    .flatMap((minQuantity) => {
      const amountMinor = priceAt(minQuantity);
      if (amountMinor === undefined || amountMinor === before) return [];
      before = amountMinor;
      return [{ minQuantity, amountMinor }];
    });
}

interface BasePrice {
  amountMinor: number;
  compareAtMinor: number | null;
  conversion: CurrencyConversion | null;
}

interface Tier {
  minQuantity: number;
  amountMinor: number;
}

/** A list and its tiers for one variant, ascending. */
interface Offer {
  list: PriceList;
  tiers: Tier[];
}

interface Chosen extends Tier {
  /** Null is the base price. */
  list: PriceList | null;
}

function holdsAt({ startsAt, endsAt }: PriceList, moment: number): boolean {
  return (startsAt === null || startsAt <= moment) && (endsAt === null || moment < endsAt);
}

function byPriority(a: PriceList, b: PriceList): number {
  return b.priority - a.priority || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function basePrice(facts: PriceFacts, rules: ShopRules, currency: string): BasePrice | null {
  const own = ownOf(facts.prices, currency);
  if (own) return { ...own, conversion: null };
  const conversion = rules.conversions.find(({ from, to }) => to === currency && ownOf(facts.prices, from));
  const origin = conversion && ownOf(facts.prices, conversion.from);
  if (!origin) return null;
  return {
    amountMinor: convertPrice(origin.amountMinor, conversion),
    compareAtMinor: origin.compareAtMinor === null ? null : convertPrice(origin.compareAtMinor, conversion),
    conversion,
  };
}

/** The lists that have a price for the variant, at whatever quantity. */
function offersOf(lists: readonly PriceList[], facts: PriceFacts, baseMinor: number | null, currency: string): Offer[] {
  return lists.flatMap((list) => {
    const tiers = tiersOf(list, facts, baseMinor, currency);
    return tiers.length > 0 ? [{ list, tiers }] : [];
  });
}

function tiersOf(list: PriceList, facts: PriceFacts, baseMinor: number | null, currency: string): Tier[] {
  const own = facts.listPrices.filter((price) => price.listId === list.id && price.currency === currency);
  // Of two prices for one quantity the lower comes last, and so is the one that `tierAt` finds.
  if (own.length > 0) return own.sort((a, b) => a.minQuantity - b.minQuantity || b.amountMinor - a.amountMinor);
  if (baseMinor === null || list.steps.length === 0 || !isSelected(list.of, facts)) return [];
  const rounding = ownOf(list.rounding, currency);
  return list.steps.map(({ minQuantity, changeBps }) => ({
    minQuantity,
    amountMinor: changePrice(baseMinor, changeBps, rounding),
  }));
}

function choose(offers: readonly Offer[], counts: UnitCounts, baseMinor: number | null): Chosen | null {
  let best: (Chosen & { list: PriceList }) | null = null;
  for (const { list, tiers } of offers) {
    if (best && list.priority < best.list.priority) break;
    const tier = tierAt(tiers, countFor(list, counts));
    if (tier && (!best || tier.amountMinor < best.amountMinor)) {
      best = { list, minQuantity: tier.minQuantity, amountMinor: tier.amountMinor };
    }
  }
  if (best || baseMinor === null) return best;
  return { list: null, minQuantity: 1, amountMinor: baseMinor };
}

function tierAt(tiers: readonly Tier[], count: number): Tier | undefined {
  return tiers.findLast(({ minQuantity }) => minQuantity <= count);
}

function countFor({ tiersBy }: PriceList, { quantity, productQuantity }: UnitCounts): number {
  return tiersBy === 'product' ? productQuantity : quantity;
}

function compareAt({ list, minQuantity, amountMinor }: Chosen, base: BasePrice | null): number | null {
  if (!base || minQuantity > 1 || amountMinor > base.amountMinor) return null;
  if (list && list.customerGroups.length > 0) return null;
  const higher = Math.max(base.amountMinor, base.compareAtMinor ?? 0);
  return higher > amountMinor ? higher : null;
}

function sourceOf({ list, minQuantity }: Chosen, base: BasePrice | null): UnitPrice['source'] {
  if (list) return { kind: 'price_list', id: list.id, label: list.title, minQuantity };
  const conversion = base?.conversion;
  if (!conversion) return { kind: 'base', id: null, label: null, minQuantity };
  return { kind: 'conversion', id: `${conversion.from}/${conversion.to}`, label: conversion.rate, minQuantity };
}

/** Prices change only where a list's tier begins, and one unit more counts for every list alike. */
function nextTier(
  offers: readonly Offer[],
  counts: UnitCounts,
  baseMinor: number | null,
  amountMinor: number,
): UnitPrice['nextTier'] {
  const steps = offers.flatMap(({ list, tiers }) => tiers.map((tier) => tier.minQuantity - countFor(list, counts)));
  for (const missing of steps.filter((step) => step > 0).sort((a, b) => a - b)) {
    const more = { quantity: counts.quantity + missing, productQuantity: counts.productQuantity + missing };
    const then = choose(offers, more, baseMinor);
    if (then && then.amountMinor < amountMinor) {
      return { minQuantity: then.minQuantity, missing, amountMinor: then.amountMinor };
    }
  }
  return null;
}

function lowestPrior(
  facts: PriceFacts,
  conversion: CurrencyConversion | null,
  rules: ShopRules,
  market: PriceMarket,
): number | null {
  const asked = askedPrices(facts, conversion, rules, market);
  const since = reducedSince(asked, market.now);
  return since === null ? null : lowestPriorPrice(asked, since);
}

/**
 * What one unit has cost everybody here until now. Earlier rates and earlier prices of lists are not kept, so today's stand
 * for them.
 */
function askedPrices(
  facts: PriceFacts,
  conversion: CurrencyConversion | null,
  rules: ShopRules,
  market: PriceMarket,
): AskedPrice[] {
  const { currency } = market;
  const set = ownOf(facts.priceHistory, conversion?.from ?? currency) ?? [];
  const [first] = set;
  if (!first) return [];
  const lists = rules.priceLists.filter((list) => isFor(list, { ...market, customerGroup: null })).sort(byPriority);
  const moments = [...set.map(({ from }) => from), ...lists.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt])]
    .filter((moment): moment is number => moment !== null && moment >= first.from && moment <= market.now)
    .sort((a, b) => a - b);
  // A list's tiers follow from the base price, which is the same at most moments.
  const tiersByBase = new Map<number, Map<PriceList, Tier[]>>();
  return [...new Set(moments)].map((from) => {
    const point = set.findLast((earlier) => earlier.from <= from) as PricePoint;
    const baseMinor = conversion ? convertPrice(point.amountMinor, conversion) : point.amountMinor;
    const known = tiersByBase.get(baseMinor) ?? new Map<PriceList, Tier[]>();
    tiersByBase.set(baseMinor, known);
    const offers = lists
      .filter((list) => holdsAt(list, from))
      .map((list) => {
        const tiers = known.get(list) ?? tiersOf(list, facts, baseMinor, currency);
        known.set(list, tiers);
        return { list, tiers };
      });
    const chosen = choose(offers, { quantity: 1, productQuantity: 1 }, baseMinor) as Chosen;
    return { from, amountMinor: chosen.amountMinor, listId: chosen.list?.id ?? null };
  });
}

/** `hasOwn`: a currency called `constructor` must not find one. */
function ownOf<Value>(record: Record<string, Value>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
