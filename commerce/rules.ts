/**
 * What a shop's owner decides about prices: price lists, promotions, taxes, shipping. Plain JSON all through, since this
 * is what lies in KV and what a rule file says. Postgres holds it with its constraints; `indexRules` makes it quick to ask.
 *
 * Amounts are minor units by ISO 4217 currency, rates are basis points (1900 is 19 %), times are milliseconds since 1970
 * in UTC, places are ISO 3166-1 alpha-2.
 */

/** Amounts in minor units by currency. A rule says nothing in a currency that it has no amount for. */
export type AmountByCurrency = Record<string, number>;

/** What holds for the whole shop. */
export interface ShopRules {
  /** What it sells in: ISO 4217 codes, sorted. */
  currencies: string[];
  conversions: CurrencyConversion[];
  priceLists: PriceList[];
  promotionGroups: PromotionGroup[];
  promotions: Promotion[];
  /** The shop sells to the countries that are here. */
  taxZones: TaxZone[];
  shippingZones: ShippingZone[];
  /** In the order in which equal ones are offered. */
  shippingMethods: ShippingMethod[];
}

/** Some of the catalog: what any of the three names, less what `except` names. Ids, never slugs, which may change. */
export interface Selection {
  productIds?: string[];
  collectionIds?: string[];
  variantIds?: string[];
  except?: { productIds?: string[]; collectionIds?: string[]; variantIds?: string[] };
}

// ---------------------------------------------------------------- prices

/**
 * Where a computed price may end: a multiple of `incrementMinor`, less `lessMinor`. `{100, 1, nearest}` makes 12.34 into
 * 11.99 or 12.99, whichever is nearer; a price never falls below zero. `{1, 0, nearest}` is plain rounding.
 */
export interface PriceRounding {
  incrementMinor: number;
  lessMinor: number;
  mode: 'nearest' | 'up' | 'down';
}

/** Prices in `to` made from the base prices in `from`, for variants that have none of their own in `to`. */
export interface CurrencyConversion {
  from: string;
  to: string;
  /** Units of `to` for one unit of `from` (major units), as an exact decimal: `"11.4321"`. */
  rate: string;
  rounding: PriceRounding;
}

/**
 * Prices that replace the base price, for whom and when it says; empty lists mean everybody, everywhere. Of the lists
 * that have a price for a variant the highest priority decides, among equals the lowest price.
 *
 * A list may have prices of its own (in `VariantFacts.listPrices`), and `steps`, relative to the base price, for what it
 * has none for. A tier holds from its quantity on.
 */
export interface PriceList {
  id: string;
  title: string;
  priority: number;
  customerGroups: string[];
  channels: string[];
  countries: string[];
  startsAt: number | null;
  /** The first moment at which it no longer holds. */
  endsAt: number | null;
  /** Whether the quantity of a tier is counted over the lines of one variant, or of all variants of a product. */
  tiersBy: 'variant' | 'product';
  /** What `steps` are for; null is everything. */
  of: Selection | null;
  /** Ascending by quantity. */
  steps: { minQuantity: number; changeBps: number }[];
  /** How prices that `steps` compute are rounded, by currency; plainly where a currency is not named. */
  rounding: Record<string, PriceRounding>;
}

// ---------------------------------------------------------------- promotions

/** Of the promotions of a group each line takes the one that takes most off it. All on goods, or all on shipping. */
export interface PromotionGroup {
  id: string;
  title: string;
  /** When the group has its turn; higher first. */
  priority: number;
}

/**
 * What takes something off. Each sees what those before it (by priority, then id) have left of a line, so they compound;
 * its conditions look at prices before all promotions. `docs/decisions/promotions.md` says why.
 */
export interface Promotion {
  id: string;
  /** As the shopper reads it. */
  title: string;
  /** Capital letters; one of them must be entered. Empty: automatic. */
  codes: string[];
  startsAt: number | null;
  endsAt: number | null;
  /** When in the week; empty is always. */
  hours: WeeklyHours[];
  /** All must hold. */
  conditions: Condition[];
  effect: Effect;
  groupId: string | null;
  /** Applies alone or not at all: whichever leaves the shopper less to pay. */
  exclusive: boolean;
  priority: number;
  usageLimit: number | null;
  usageLimitPerCustomer: number | null;
  /** Whether Postgres has counted as many uses as there may be. */
  usedUp: boolean;
}

/** From a time of day to a later one, `HH:MM`, `24:00` for the end of the day. Days as ISO 8601 counts: 1 is Monday. */
export interface WeeklyHours {
  days: number[];
  from: string;
  until: string;
  /** IANA. */
  timeZone: string;
}

export type Condition =
  | { kind: 'subtotal'; of: Selection | null; fromMinor: AmountByCurrency }
  | { kind: 'quantity'; of: Selection | null; min: number; max?: number }
  | { kind: 'country'; in: string[] }
  | { kind: 'currency'; in: string[] }
  | { kind: 'channel'; in: string[] }
  | { kind: 'customer_group'; in: string[] }
  | { kind: 'first_order' };

export type Effect =
  /** Off each line of the selection, rounded once per line; `maxMinor` caps the sum. */
  | { kind: 'percent_off'; of: Selection | null; percentBps: number; maxMinor?: AmountByCurrency }
  /**
   * A fixed amount off each unit, off each line (lines of one variant share it), or once off all of them together, spread
   * in proportion.
   */
  | { kind: 'amount_off'; of: Selection | null; per: 'unit' | 'line' | 'order'; amountMinor: AmountByCurrency }
  /** The highest step that the selection's price before promotions reaches. Ascending. */
  | { kind: 'spend_steps'; of: Selection | null; steps: SpendStep[] }
  /**
   * For every `buy` units, `get` further units at `percentBps` off (10000 is free), the cheapest first. The same
   * selection in both makes "three for two" (buy 2, get 1) and "every fifth half price" (buy 4, get 1).
   */
  | {
      kind: 'buy_get';
      buy: { of: Selection | null; quantity: number };
      get: { of: Selection | null; quantity: number };
      percentBps: number;
      maxTimes: number | null;
    }
  /** All parts together for one price, as often as the cart holds them whole. */
  | {
      kind: 'bundle';
      parts: { of: Selection; quantity: number }[];
      priceMinor: AmountByCurrency;
      maxTimes: number | null;
    }
  /** Puts units of a variant into the order that cost nothing, while there are some. */
  | { kind: 'gift'; variantId: string; quantity: number }
  /** Off what sending costs; 10000 is free shipping. Null methods are all. */
  | { kind: 'shipping_off'; percentBps: number; methodIds: string[] | null };

export type SpendStep = { fromMinor: AmountByCurrency } & ({ percentBps: number } | { amountMinor: AmountByCurrency });

// ---------------------------------------------------------------- tax

/** Where one set of taxes holds. Of those that fit an address the most exact one decides: postcode, region, country. */
export interface TaxZone {
  id: string;
  country: string;
  /** The subdivision's part of ISO 3166-2: `CA` of `US-CA`. Null is the whole country. */
  region: string | null;
  /** Patterns such as `10115`, `97*`, `35000-35999`; empty is all. */
  postalCodes: string[];
  /** Whether prices contain tax; the same in all zones of a country. */
  pricesIncludeTax: boolean;
  /** Whether tax is rounded for each line, or once for each rate over the whole order. */
  rounding: 'line' | 'order';
  /** The taxes of each class of goods, in order. A class that is not here is taxed as `standard`. */
  rates: Record<string, TaxRate[]>;
  shipping: ShippingTax;
  /** Whether a business of another country of the EU with a valid VAT id buys net and owes the tax itself. */
  reverseCharge: boolean;
}

export interface TaxRate {
  label: string;
  /** Basis points, to the hundredth: 997.5 is 9.975 %. */
  rateBps: number;
  /** Taken on the price with the taxes before it, rather than beside them. */
  compound: boolean;
}

/** How sending is taxed: as its method or the zone says, as the dearest rate among the goods, or in proportion to them. */
export type ShippingTax =
  | { by: 'method' }
  | { by: 'class'; taxClass: string }
  | { by: 'highest' }
  | { by: 'proportion' };

// ---------------------------------------------------------------- shipping

/** A part of the world that some methods reach. */
export interface ShippingZone {
  id: string;
  title: string;
  areas: ShippingArea[];
}

export interface ShippingArea {
  country: string;
  /** As in a tax zone; empty is all. */
  regions: string[];
  postalCodes: string[];
}

export interface ShippingMethod {
  id: string;
  title: string;
  kind: 'delivery' | 'pickup';
  /** Null reaches every country that the shop sells to. */
  zoneId: string | null;
  /** What it is taxed as, where the zone taxes shipping by its method. */
  taxClass: string;
  /** What the steps of `prices` measure: nothing, grams, minor units before promotions, or units. */
  basis: 'flat' | 'weight' | 'subtotal' | 'quantity';
  /** Ascending; a step holds from its measure on. Not offered below the first, nor in a currency that is not here. */
  prices: Record<string, { from: number; amountMinor: number }[]>;
  /** From this price of the goods before promotions on it costs nothing. */
  freeFrom: AmountByCurrency;
  /** Cubic centimetres that count as one kilogram; null weighs what it weighs. */
  dimensionalDivisor: number | null;
  limits: {
    minWeightGrams?: number;
    maxWeightGrams?: number;
    maxQuantity?: number;
    minSubtotal?: AmountByCurrency;
    maxSubtotal?: AmountByCurrency;
  };
  /** Goods that cannot go this way. */
  excludes: Selection | null;
  /** Days on the way, after the days it takes to hand it over. */
  minDays: number;
  maxDays: number;
  handlingDays: number;
  /** Orders after this time of day are handed over a day later. */
  cutoff: { time: string; timeZone: string } | null;
  /** Whether Saturdays and Sundays count. */
  weekends: boolean;
  /** Where it is picked up; for people. */
  pickupAddress: string | null;
}
