import type { Effect, TaxZone } from '@/commerce/rules';
import type { PriceListInput, PromotionInput } from '@/db/rules';
import * as builders from '../commerce/builders';

/** A promotion for everybody and always, as it is written. */
export function promotion(id: string, effect: Effect, more: Partial<PromotionInput> = {}): PromotionInput {
  const { usedUp: _, ...input } = builders.promotion(id, effect, more);
  return input;
}

export const percentOff = (percent: number): Effect => ({ kind: 'percent_off', of: null, percentBps: percent * 100 });

/** One price for one variant in euros, for whom `more` says. */
export function priceList(
  id: string,
  variantId: string,
  amountMinor: number,
  more: Partial<PriceListInput>,
): PriceListInput {
  const prices = [{ variantId, currency: 'EUR', minQuantity: 1, amountMinor }];
  return { ...builders.priceList(id), prices, ...more };
}

/** A country whose prices contain one tax. */
export function taxZone(country: string, label: string, rateBps: number, more: Partial<TaxZone> = {}): TaxZone {
  return builders.taxZone(country, { rates: { standard: [{ label, rateBps, compound: false }] }, ...more });
}
