/**
 * The prices that the catalog shows to everybody: what a cart on the web charges for one unit, as long as nothing is known
 * of its shopper but the currency.
 */
import type { Product, ProductDocument, Variant } from './catalog';
import { CommerceError } from './error';
import type { PriceMarket } from './market';
import { convertPrice } from './rounding';
import type { CurrencyConversion, PriceList, ShopRules } from './rules';
import { isFor, priceListsFor, quantityPrices, unitPrice } from './unit-price';

/** No country is called so: a list for some countries is not public. Nor is one for a group, or for other channels. */
const EVERYBODY: Omit<PriceMarket, 'currency' | 'now'> = { country: '', channel: 'web', customerGroup: null };

/** The lists whose prices everybody sees while they hold. */
export function publicLists(rules: Pick<ShopRules, 'priceLists'>): PriceList[] {
  return rules.priceLists.filter((list) => isFor(list, EVERYBODY));
}

/** The moments at which public prices change by themselves, as lists start and end: milliseconds, ascending. */
export function publicMoments(rules: Pick<ShopRules, 'priceLists'>): number[] {
  const moments = publicLists(rules).flatMap(({ startsAt, endsAt }) => [startsAt, endsAt]);
  return [...new Set(moments)].filter((moment) => moment !== null).sort((a, b) => a - b);
}

/** The span of public prices that `now` lies in: from the last of the moments on until just before the next. */
export function spanAt(moments: readonly number[], now: number): { since: number | null; until: number | null } {
  return {
    since: moments.findLast((moment) => moment <= now) ?? null,
    until: moments.find((moment) => moment > now) ?? null,
  };
}

/**
 * The products as they are sold in the currency at `now`, in their order, without variants and products that are not. A
 * variant whose price leaves the range of amounts is not sold: one mistaken rule must not hide a whole list.
 */
export function priceProducts(
  documents: readonly ProductDocument[],
  rules: ShopRules,
  currency: string,
  now: number,
): Product[] {
  const market: PriceMarket = { ...EVERYBODY, currency, now };
  const lists = priceListsFor(rules.priceLists, market);
  return documents.flatMap((document) => {
    const variants = document.variants.flatMap((variant) => {
      const priced = priceVariant(document, variant, lists, rules, market);
      return priced ? [priced] : [];
    });
    return variants.length > 0 ? [{ ...document, variants }] : [];
  });
}

/**
 * The conversion that makes the currency's prices from base prices in another, where one is not set; null where there
 * is none. Only the first one into a currency is looked at: there are never two.
 */
export function conversionInto(rules: Pick<ShopRules, 'conversions'>, currency: string): CurrencyConversion | null {
  return rules.conversions.find(({ to }) => to === currency) ?? null;
}

/** The lowest price in `from`, in minor units, that is converted to at least `minor`; 2^53 - 1 where none is. */
export function lowestConverted(conversion: CurrencyConversion, minor: number): number {
  let low = 0;
  let high = Number.MAX_SAFE_INTEGER;
  // A dearer price is never converted to less.
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    const converted = inRange(() => convertPrice(middle, conversion));
    if (converted === null || converted >= minor) high = middle;
    else low = middle + 1;
  }
  return low;
}

function priceVariant(
  { id: productId, collections }: ProductDocument,
  { prices, listPrices, priceHistory, ...variant }: ProductDocument['variants'][number],
  lists: readonly PriceList[],
  rules: ShopRules,
  market: PriceMarket,
): Variant | null {
  const collectionIds = collections.map(({ id }) => id);
  const facts = { id: variant.id, productId, collectionIds, prices, listPrices, priceHistory };
  const found = inRange(() => ({
    price: unitPrice(facts, { quantity: 1, productQuantity: 1 }, lists, rules, market),
    tiers: quantityPrices(facts, lists, rules, market),
  }));
  if (!found?.price) return null;
  const { amountMinor, compareAtMinor, lowestPriorMinor } = found.price;
  const money = (amount: number) => ({ amount, currency: market.currency });
  return {
    ...variant,
    price: money(amountMinor),
    compareAtPrice: compareAtMinor === null ? null : money(compareAtMinor),
    lowestPriorPrice: lowestPriorMinor === null ? null : money(lowestPriorMinor),
    tiers: found.tiers.map((tier) => ({ minQuantity: tier.minQuantity, unitPrice: money(tier.amountMinor) })),
  };
}

/** Null for what leaves the range of amounts. */
function inRange<Value>(compute: () => Value): Value | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof CommerceError && error.code === 'amount_out_of_range') return null;
    throw error;
  }
}
