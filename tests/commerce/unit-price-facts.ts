import type { PriceMarket } from '@/commerce/market';
import type { VariantFacts } from '@/commerce/pricing';
import type { PriceList, ShopRules } from '@/commerce/rules';
import { priceListsFor, type UnitCounts, type UnitPrice, unitPrice } from '@/commerce/unit-price';
import * as builders from './builders';

/** Noon of the day that these tests take for today. */
export const NOW = Date.parse('2026-11-25T12:00:00Z');

/** A shirt at 20.00 EUR, and nothing else. */
export function variant(more: Partial<VariantFacts> = {}): VariantFacts {
  return builders.variantFacts('var_shirt_m', {
    productId: 'prod_shirt',
    title: 'Shirt',
    variantTitle: 'M',
    prices: { EUR: { amountMinor: 2000, compareAtMinor: null } },
    collectionIds: ['col_linen'],
    ...more,
  });
}

/** A list that holds always, everywhere and for everybody, and has no prices yet. */
export function priceList(more: Partial<PriceList> = {}): PriceList {
  return builders.priceList('list_a', { title: 'A', ...more });
}

export function listPrice(listId: string, amountMinor: number, minQuantity = 1, currency = 'EUR') {
  return { listId, currency, minQuantity, amountMinor };
}

export function market(more: Partial<PriceMarket> = {}): PriceMarket {
  return { currency: 'EUR', country: 'DE', channel: 'web', customerGroup: null, now: NOW, ...more };
}

/** The unit price as a cart asks for it: the lists that hold for the market, then the price. */
export function priceOf(
  facts: VariantFacts,
  counts: number | UnitCounts,
  rules: Partial<ShopRules> = {},
  where: Partial<PriceMarket> = {},
): UnitPrice | null {
  const whole = builders.shopRules(rules);
  const here = market(where);
  const both = typeof counts === 'number' ? { quantity: counts, productQuantity: counts } : counts;
  return unitPrice(facts, both, priceListsFor(whole.priceLists, here), whole, here);
}
