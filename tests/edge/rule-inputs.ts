import type { Effect, TaxZone } from '@/commerce/rules';
import type { PriceListInput, PromotionInput } from '@/db/rules';

/** A promotion for everybody and always. */
export function promotion(id: string, effect: Effect, more: Partial<PromotionInput> = {}): PromotionInput {
  return {
    id,
    title: id,
    codes: [],
    startsAt: null,
    endsAt: null,
    hours: [],
    conditions: [],
    effect,
    groupId: null,
    exclusive: false,
    priority: 0,
    usageLimit: null,
    usageLimitPerCustomer: null,
    ...more,
  };
}

export const percentOff = (percent: number): Effect => ({ kind: 'percent_off', of: null, percentBps: percent * 100 });

/** One price for one variant in euros, for whom `more` says. */
export function priceList(
  id: string,
  variantId: string,
  amountMinor: number,
  more: Partial<PriceListInput>,
): PriceListInput {
  return {
    id,
    title: id,
    priority: 0,
    customerGroups: [],
    channels: [],
    countries: [],
    startsAt: null,
    endsAt: null,
    tiersBy: 'variant',
    of: null,
    steps: [],
    rounding: {},
    prices: [{ variantId, currency: 'EUR', minQuantity: 1, amountMinor }],
    ...more,
  };
}

/** A country whose prices contain one tax. */
export function taxZone(country: string, label: string, rateBps: number, more: Partial<TaxZone> = {}): TaxZone {
  return {
    id: country.toLowerCase(),
    country,
    region: null,
    postalCodes: [],
    pricesIncludeTax: true,
    rounding: 'line',
    rates: { standard: [{ label, rateBps, compound: false }] },
    shipping: { by: 'method' },
    reverseCharge: false,
    ...more,
  };
}
