/** Rules and facts that have nothing special about them: tests say what matters. */
import type { VariantFacts } from '@/commerce/pricing';
import type { Effect, PriceList, Promotion, ShippingMethod, ShopRules, TaxZone } from '@/commerce/rules';

/** An automatic promotion for everybody and always. */
export function promotion(id: string, effect: Effect, more: Partial<Promotion> = {}): Promotion {
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
    usedUp: false,
    ...more,
  };
}

/** A list that holds always, everywhere and for everybody, and has no prices yet. */
export function priceList(id: string, more: Partial<PriceList> = {}): PriceList {
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
    ...more,
  };
}

/** A whole country whose prices contain tax, without any rate yet. */
export function taxZone(country: string, more: Partial<TaxZone> = {}): TaxZone {
  return {
    id: country.toLowerCase(),
    country,
    region: null,
    postalCodes: [],
    pricesIncludeTax: true,
    rounding: 'line',
    rates: {},
    shipping: { by: 'method' },
    reverseCharge: false,
    ...more,
  };
}

/** A delivery wherever the shop sells, without any price yet. */
export function shippingMethod(id: string, more: Partial<ShippingMethod> = {}): ShippingMethod {
  return {
    id,
    title: id,
    kind: 'delivery',
    zoneId: null,
    taxClass: 'standard',
    basis: 'flat',
    prices: {},
    freeFrom: {},
    dimensionalDivisor: null,
    limits: {},
    excludes: null,
    minDays: 1,
    maxDays: 3,
    handlingDays: 0,
    cutoff: null,
    weekends: true,
    pickupAddress: null,
    ...more,
  };
}

/** A shop without any rule. */
export function shopRules(more: Partial<ShopRules> = {}): ShopRules {
  return {
    currencies: ['EUR'],
    conversions: [],
    priceLists: [],
    promotionGroups: [],
    promotions: [],
    taxZones: [],
    shippingZones: [],
    shippingMethods: [],
    ...more,
  };
}

/** A thousand of something that is sent, in no collection, without any price yet. */
export function variantFacts(id: string, more: Partial<VariantFacts> = {}): VariantFacts {
  return {
    id,
    productId: `prod_${id}`,
    slug: id,
    sku: id.toUpperCase(),
    title: id,
    variantTitle: '',
    options: {},
    imageUrl: null,
    prices: {},
    collectionIds: [],
    listPrices: [],
    priceHistory: {},
    taxClass: 'standard',
    weightGrams: 100,
    size: null,
    requiresShipping: true,
    available: 1000,
    policy: 'deny',
    ...more,
  };
}
