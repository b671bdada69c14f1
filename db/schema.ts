/**
 * Everything that must last, with its invariants as constraints: code may hope, these decide.
 *
 * Ids are TypeIDs (`prod_…`), money is integer minor units of the row's currency, rates are basis points.
 * A constraint's name is part of the contract: `node/` maps the names to error codes.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type {
  AmountByCurrency,
  Condition,
  Effect,
  PriceRounding,
  Selection,
  ShippingMethod,
  TaxZone,
  WeeklyHours,
} from '@/commerce/rules';
import { accounts } from './account-schema';

const createdAt = () => timestamp('created_at', { withTimezone: true }).notNull().defaultNow();
const updatedAt = () => timestamp('updated_at', { withTimezone: true }).notNull().defaultNow();
/** Minor units of a currency; a JavaScript number, which is exact up to 2^53 - 1. */
const minor = (name: string) => bigint(name, { mode: 'number' });
/** Basis points to the hundredth: 997.5 is 9.975 %. */
const rateBps = () => numeric('rate_bps', { precision: 8, scale: 2, mode: 'number' });
/** From when to when something holds; the end is the first moment at which it no longer does. */
const startsAt = () => timestamp('starts_at', { withTimezone: true });
const endsAt = () => timestamp('ends_at', { withTimezone: true });
const codes = (name: string) => text(name).array().notNull().default(sql`'{}'::text[]`);
const selection = (name: string) => jsonb(name).$type<Selection>();

/** A postal address as the API takes it; the country in ISO 3166-1 alpha-2. */
export interface AddressRecord {
  name: string;
  line1: string;
  line2?: string;
  city: string;
  region?: string;
  postalCode: string;
  country: string;
}

// ---------------------------------------------------------------- catalog

export const products = pgTable(
  'products',
  {
    id: text().primaryKey(),
    slug: text().notNull().unique('products_slug_unique'),
    title: text().notNull(),
    /** Sanitised HTML. */
    description: text().notNull().default(''),
    vendor: text().notNull().default(''),
    type: text().notNull().default(''),
    tags: text().array().notNull().default(sql`'{}'::text[]`),
    status: text({ enum: ['active', 'draft', 'archived'] })
      .notNull()
      .default('active'),
    seoTitle: text('seo_title'),
    seoDescription: text('seo_description'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    check('products_status_known', sql`${t.status} in ('active', 'draft', 'archived')`),
    check('products_slug_shape', sql`${t.slug} ~ '^[a-z0-9]+(-[a-z0-9]+)*$'`),
    index('products_created_index').on(t.createdAt, t.id),
  ],
);

/** The names a product's variants differ by, in order: Colour, Size. */
export const productOptions = pgTable(
  'product_options',
  {
    productId: text('product_id')
      .notNull()
      .references(() => products.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    name: text().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.productId, t.position] }),
    unique('product_options_name_unique').on(t.productId, t.name),
  ],
);

export const variants = pgTable(
  'variants',
  {
    id: text().primaryKey(),
    productId: text('product_id')
      .notNull()
      .references(() => products.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    sku: text().notNull().unique('variants_sku_unique'),
    barcode: text(),
    title: text().notNull(),
    /** Option name to value, for each of the product's options. */
    options: jsonb().$type<Record<string, string>>().notNull().default({}),
    weightGrams: integer('weight_grams').notNull().default(0),
    /** As packed; all three, or nobody measured it. */
    lengthMm: integer('length_mm'),
    widthMm: integer('width_mm'),
    heightMm: integer('height_mm'),
    taxClass: text('tax_class').notNull().default('standard'),
    /** What happens at zero: `deny` stops selling, `continue` goes on (backorder, or stock that nobody counts). */
    stockPolicy: text('stock_policy', { enum: ['deny', 'continue'] })
      .notNull()
      .default('deny'),
    requiresShipping: boolean('requires_shipping').notNull().default(true),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    unique('variants_options_unique').on(t.productId, t.options),
    index('variants_product_index').on(t.productId, t.position),
    check('variants_stock_policy_known', sql`${t.stockPolicy} in ('deny', 'continue')`),
    check('variants_weight_not_negative', sql`${t.weightGrams} >= 0`),
    check('variants_size_whole', sql`num_nulls(${t.lengthMm}, ${t.widthMm}, ${t.heightMm}) in (0, 3)`),
    check('variants_size_positive', sql`least(${t.lengthMm}, ${t.widthMm}, ${t.heightMm}) > 0`),
  ],
);

/** The base price of a variant in each currency it is sold in. */
export const prices = pgTable(
  'prices',
  {
    variantId: text('variant_id')
      .notNull()
      .references(() => variants.id, { onDelete: 'cascade' }),
    currency: text().notNull(),
    amountMinor: minor('amount_minor').notNull(),
    compareAtMinor: minor('compare_at_minor'),
    updatedAt: updatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.variantId, t.currency] }),
    check('prices_currency_shape', sql`${t.currency} ~ '^[A-Z]{3}$'`),
    check('prices_amount_in_range', sql`${t.amountMinor} between 0 and 9007199254740991`),
    check('prices_compare_at_above', sql`${t.compareAtMinor} > ${t.amountMinor}`),
  ],
);

/**
 * What each base price was set to and when, filled by a trigger on `prices`; a null amount ends it. Append-only: what a
 * reduction is measured by is not for anyone to write. It goes with its variant.
 */
export const priceHistory = pgTable(
  'price_history',
  {
    /** Of the points of one price the later has the higher number. */
    id: bigserial({ mode: 'number' }).notNull(),
    variantId: text('variant_id')
      .notNull()
      .references(() => variants.id, { onDelete: 'cascade' }),
    currency: text().notNull(),
    amountMinor: minor('amount_minor'),
    validFrom: timestamp('valid_from', { withTimezone: true }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.variantId, t.currency, t.id] })],
);

export const media = pgTable(
  'media',
  {
    id: text().primaryKey(),
    productId: text('product_id')
      .notNull()
      .references(() => products.id, { onDelete: 'cascade' }),
    variantId: text('variant_id').references(() => variants.id, { onDelete: 'set null' }),
    position: integer().notNull(),
    url: text().notNull(),
    alt: text().notNull().default(''),
    width: integer(),
    height: integer(),
  },
  (t) => [unique('media_url_unique').on(t.productId, t.url), index('media_product_index').on(t.productId, t.position)],
);

export const collections = pgTable(
  'collections',
  {
    id: text().primaryKey(),
    slug: text().notNull().unique('collections_slug_unique'),
    title: text().notNull(),
    description: text().notNull().default(''),
    imageUrl: text('image_url'),
    position: integer().notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [check('collections_slug_shape', sql`${t.slug} ~ '^[a-z0-9]+(-[a-z0-9]+)*$'`)],
);

export const productCollections = pgTable(
  'product_collections',
  {
    productId: text('product_id')
      .notNull()
      .references(() => products.id, { onDelete: 'cascade' }),
    collectionId: text('collection_id')
      .notNull()
      .references(() => collections.id, { onDelete: 'cascade' }),
    position: integer().notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.collectionId, t.productId] }),
    index('product_collections_product_index').on(t.productId),
  ],
);

// ---------------------------------------------------------------- stock

export const locations = pgTable('locations', {
  id: text().primaryKey(),
  name: text().notNull(),
  /** Stock is taken from the lowest number first. */
  priority: integer().notNull().unique('locations_priority_unique'),
});

/** `on_hand` is in the building, `held` is promised to an order; what can be sold is the difference. */
export const stock = pgTable(
  'stock',
  {
    variantId: text('variant_id')
      .notNull()
      .references(() => variants.id, { onDelete: 'cascade' }),
    locationId: text('location_id')
      .notNull()
      .references(() => locations.id),
    onHand: integer('on_hand').notNull().default(0),
    held: integer().notNull().default(0),
    updatedAt: updatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.variantId, t.locationId] }),
    check('stock_held_not_negative', sql`${t.held} >= 0`),
    check('stock_held_within_on_hand', sql`${t.held} <= ${t.onHand}`),
  ],
);

/** What an order holds of a stock row until it is paid (`committed`), or given back (`released`). */
export const stockHolds = pgTable(
  'stock_holds',
  {
    orderId: text('order_id')
      .notNull()
      .references(() => orders.id, { onDelete: 'cascade' }),
    variantId: text('variant_id').notNull(),
    locationId: text('location_id').notNull(),
    quantity: integer().notNull(),
    status: text({ enum: ['held', 'committed', 'released'] })
      .notNull()
      .default('held'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.orderId, t.variantId, t.locationId] }),
    index('stock_holds_stock_index').on(t.variantId, t.locationId),
    foreignKey({
      name: 'stock_holds_stock_fk',
      columns: [t.variantId, t.locationId],
      foreignColumns: [stock.variantId, stock.locationId],
    }),
    check('stock_holds_quantity_positive', sql`${t.quantity} > 0`),
    check('stock_holds_status_known', sql`${t.status} in ('held', 'committed', 'released')`),
  ],
);

// ---------------------------------------------------------------- price lists and currencies

/** Who may be priced and treated alike: `wholesale`, `friends`. */
export const customerGroups = pgTable('customer_groups', { id: text().primaryKey(), title: text().notNull() });

/** Empty lists of groups, channels and countries mean everybody, everywhere. */
export const priceLists = pgTable(
  'price_lists',
  {
    id: text().primaryKey(),
    title: text().notNull(),
    priority: integer().notNull().default(0),
    customerGroups: codes('customer_groups'),
    channels: codes('channels'),
    countries: codes('countries'),
    startsAt: startsAt(),
    endsAt: endsAt(),
    tiersBy: text('tiers_by', { enum: ['variant', 'product'] })
      .notNull()
      .default('variant'),
    /** What the steps are for; null is everything. */
    selection: selection('selection'),
    /** How prices that steps compute are rounded, by currency. */
    rounding: jsonb().$type<Record<string, PriceRounding>>().notNull().default({}),
    updatedAt: updatedAt(),
  },
  (t) => [
    check('price_lists_starts_before_end', sql`${t.startsAt} < ${t.endsAt}`),
    check('price_lists_tiers_by_known', sql`${t.tiersBy} in ('variant', 'product')`),
    check('price_lists_selection_object', sql`jsonb_typeof(${t.selection}) = 'object'`),
    check('price_lists_rounding_object', sql`jsonb_typeof(${t.rounding}) = 'object'`),
  ],
);

/** A variant's own prices in a list; each holds from its quantity on. */
export const priceListPrices = pgTable(
  'price_list_prices',
  {
    listId: text('list_id')
      .notNull()
      .references(() => priceLists.id, { onDelete: 'cascade' }),
    variantId: text('variant_id')
      .notNull()
      .references(() => variants.id, { onDelete: 'cascade' }),
    currency: text().notNull(),
    minQuantity: integer('min_quantity').notNull().default(1),
    amountMinor: minor('amount_minor').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.listId, t.variantId, t.currency, t.minQuantity] }),
    index('price_list_prices_variant_index').on(t.variantId),
    check('price_list_prices_currency_shape', sql`${t.currency} ~ '^[A-Z]{3}$'`),
    check('price_list_prices_quantity_positive', sql`${t.minQuantity} >= 1`),
    check('price_list_prices_amount_in_range', sql`${t.amountMinor} between 0 and 9007199254740991`),
  ],
);

/** What a list makes of base prices from a quantity on: -1000 is a tenth less. */
export const priceListSteps = pgTable(
  'price_list_steps',
  {
    listId: text('list_id')
      .notNull()
      .references(() => priceLists.id, { onDelete: 'cascade' }),
    minQuantity: integer('min_quantity').notNull().default(1),
    changeBps: integer('change_bps').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.listId, t.minQuantity] }),
    check('price_list_steps_quantity_positive', sql`${t.minQuantity} >= 1`),
    check('price_list_steps_change_in_range', sql`${t.changeBps} between -10000 and 100000`),
  ],
);

/** Prices in a currency made from those in another, for variants that have none of their own in it. */
export const currencyConversions = pgTable(
  'currency_conversions',
  {
    toCurrency: text('to_currency').primaryKey(),
    fromCurrency: text('from_currency').notNull(),
    /** Units of `to` for one unit of `from`, in major units; a decimal string, so that it stays exact. */
    rate: numeric({ precision: 24, scale: 12 }).notNull(),
    rounding: jsonb().$type<PriceRounding>().notNull().default({ incrementMinor: 1, lessMinor: 0, mode: 'nearest' }),
  },
  (t) => [
    check('currency_conversions_increment_positive', sql`(${t.rounding} ->> 'incrementMinor')::numeric >= 1`),
    check(
      'currency_conversions_currency_shape',
      sql`${t.toCurrency} ~ '^[A-Z]{3}$' and ${t.fromCurrency} ~ '^[A-Z]{3}$'`,
    ),
    check('currency_conversions_not_itself', sql`${t.fromCurrency} <> ${t.toCurrency}`),
    check('currency_conversions_rate_positive', sql`${t.rate} > 0`),
    check('currency_conversions_rounding_object', sql`jsonb_typeof(${t.rounding}) = 'object'`),
  ],
);

// ---------------------------------------------------------------- promotions

export const promotionGroups = pgTable('promotion_groups', {
  id: text().primaryKey(),
  title: text().notNull(),
  priority: integer().notNull().default(0),
});

export const promotions = pgTable(
  'promotions',
  {
    id: text().primaryKey(),
    title: text().notNull(),
    /** A group with promotions in it is not deleted: apart, they would compound. */
    groupId: text('group_id').references(() => promotionGroups.id),
    exclusive: boolean().notNull().default(false),
    priority: integer().notNull().default(0),
    startsAt: startsAt(),
    endsAt: endsAt(),
    hours: jsonb().$type<WeeklyHours[]>().notNull().default([]),
    conditions: jsonb().$type<Condition[]>().notNull().default([]),
    effect: jsonb().$type<Effect>().notNull(),
    usageLimit: integer('usage_limit'),
    usageLimitPerCustomer: integer('usage_limit_per_customer'),
    /** Counted only where there is a limit, which is when the row is locked by orders; a trigger begins the count. */
    used: integer().notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    check('promotions_starts_before_end', sql`${t.startsAt} < ${t.endsAt}`),
    check('promotions_hours_array', sql`jsonb_typeof(${t.hours}) = 'array'`),
    check('promotions_conditions_array', sql`jsonb_typeof(${t.conditions}) = 'array'`),
    check(
      'promotions_effect_known',
      sql`coalesce(${t.effect} ->> 'kind', '') in ('percent_off', 'amount_off', 'spend_steps', 'buy_get', 'bundle', 'gift', 'shipping_off')`,
    ),
    check('promotions_exclusive_alone', sql`not (${t.exclusive} and ${t.groupId} is not null)`),
    check('promotions_usage_limit_positive', sql`${t.usageLimit} > 0`),
    check('promotions_usage_limit_per_customer_positive', sql`${t.usageLimitPerCustomer} > 0`),
    // Two orders of a new customer at once both read that there is none yet: the count of uses is what decides.
    check(
      'promotions_first_order_once',
      sql`not ${t.conditions} @> '[{"kind": "first_order"}]' or coalesce(${t.usageLimitPerCustomer} = 1, false)`,
    ),
    check(
      'promotions_percent_in_range',
      sql`coalesce((${t.effect} ->> 'percentBps')::numeric between 0 and 10000, true)`,
    ),
    check('promotions_gift_in_no_group', sql`${t.groupId} is null or ${t.effect} ->> 'kind' <> 'gift'`),
    check(
      'promotions_used_within_limit',
      sql`${t.used} >= 0 and (${t.usageLimit} is null or ${t.used} <= ${t.usageLimit})`,
    ),
  ],
);

/** What a shopper may enter for a promotion, in capital letters. */
export const promotionCodes = pgTable(
  'promotion_codes',
  {
    code: text().primaryKey(),
    promotionId: text('promotion_id')
      .notNull()
      .references(() => promotions.id, { onDelete: 'cascade' }),
  },
  (t) => [
    index('promotion_codes_promotion_index').on(t.promotionId),
    check(
      'promotion_codes_code_shape',
      sql`length(${t.code}) between 1 and 64 and ${t.code} = upper(${t.code}) and ${t.code} !~ '[[:space:]]'`,
    ),
  ],
);

/**
 * That an order used a promotion, until it gives it back (`released`). A promotion's uses outlive it under its id, so that
 * one that is taken away and comes back has not forgotten them.
 */
export const promotionUses = pgTable(
  'promotion_uses',
  {
    orderId: text('order_id')
      .notNull()
      .references(() => orders.id, { onDelete: 'cascade' }),
    promotionId: text('promotion_id').notNull(),
    customerKey: text('customer_key').notNull(),
    status: text({ enum: ['counted', 'released'] })
      .notNull()
      .default('counted'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.orderId, t.promotionId] }),
    index('promotion_uses_promotion_index').on(t.promotionId).where(sql`status = 'counted'`),
    index('promotion_uses_customer_index').on(t.customerKey, t.promotionId).where(sql`status = 'counted'`),
    check('promotion_uses_status_known', sql`${t.status} in ('counted', 'released')`),
  ],
);

/** How often a customer uses a promotion: the row that a limit for each customer locks. Outlives the promotion too. */
export const promotionCustomers = pgTable(
  'promotion_customers',
  {
    promotionId: text('promotion_id').notNull(),
    customerKey: text('customer_key').notNull(),
    used: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.promotionId, t.customerKey] }),
    check('promotion_customers_used_not_negative', sql`${t.used} >= 0`),
  ],
);

// ---------------------------------------------------------------- tax and shipping

/**
 * Where one set of taxes holds; the shop sells to the countries that have one. A deferred trigger holds all zones of a
 * country to one answer to whether displayed prices contain tax (`tax_zones_one_display`).
 */
export const taxZones = pgTable(
  'tax_zones',
  {
    id: text().primaryKey(),
    country: text().notNull(),
    /** The subdivision's part of ISO 3166-2: `CA` of `US-CA`. Null is the whole country. */
    region: text(),
    /** Patterns such as `10115`, `97*`, `35000-35999`; empty is all. */
    postalCodes: codes('postal_codes'),
    pricesIncludeTax: boolean('prices_include_tax').notNull(),
    rounding: text({ enum: ['line', 'order'] })
      .notNull()
      .default('line'),
    shippingTax: jsonb('shipping_tax').$type<TaxZone['shipping']>().notNull().default(sql`'{"by": "method"}'::jsonb`),
    reverseCharge: boolean('reverse_charge').notNull().default(false),
  },
  (t) => [
    // A hash of the patterns: a town's whole list of them would not fit into an index.
    uniqueIndex('tax_zones_place_unique').on(
      t.country,
      sql`coalesce(${t.region}, '')`,
      sql`hash_array_extended(${t.postalCodes}, 0)`,
    ),
    check('tax_zones_country_shape', sql`${t.country} ~ '^[A-Z]{2}$'`),
    check('tax_zones_region_shape', sql`${t.region} ~ '^[A-Z0-9]{1,3}$'`),
    check('tax_zones_rounding_known', sql`${t.rounding} in ('line', 'order')`),
    check(
      'tax_zones_shipping_tax_known',
      sql`coalesce(${t.shippingTax} ->> 'by', '') in ('method', 'class', 'highest', 'proportion') and (${t.shippingTax} ->> 'by' <> 'class' or ${t.shippingTax} ->> 'taxClass' is not null)`,
    ),
  ],
);

/** The taxes of a class of goods in a zone, in order of their position. */
export const taxRates = pgTable(
  'tax_rates',
  {
    zoneId: text('zone_id')
      .notNull()
      .references(() => taxZones.id, { onDelete: 'cascade' }),
    taxClass: text('tax_class').notNull(),
    position: integer().notNull().default(0),
    label: text().notNull(),
    rateBps: rateBps().notNull(),
    /** Taken on the price with the taxes before it. */
    compound: boolean().notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.zoneId, t.taxClass, t.position] }),
    check('tax_rates_rate_in_range', sql`${t.rateBps} between 0 and 10000`),
  ],
);

/** A part of the world that some methods reach. */
export const shippingZones = pgTable('shipping_zones', { id: text().primaryKey(), title: text().notNull() });

export const shippingZoneAreas = pgTable(
  'shipping_zone_areas',
  {
    zoneId: text('zone_id')
      .notNull()
      .references(() => shippingZones.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    country: text().notNull(),
    /** As in a tax zone; empty is all. */
    regions: codes('regions'),
    postalCodes: codes('postal_codes'),
  },
  (t) => [
    primaryKey({ columns: [t.zoneId, t.position] }),
    check('shipping_zone_areas_country_shape', sql`${t.country} ~ '^[A-Z]{2}$'`),
  ],
);

export const shippingMethods = pgTable(
  'shipping_methods',
  {
    id: text().primaryKey(),
    title: text().notNull(),
    position: integer().notNull().default(0),
    kind: text({ enum: ['delivery', 'pickup'] })
      .notNull()
      .default('delivery'),
    /** Null reaches every country of `tax_zones`; so a zone that a method needs is not deleted under it. */
    zoneId: text('zone_id').references(() => shippingZones.id),
    taxClass: text('tax_class').notNull().default('standard'),
    /** What the steps of its prices measure. */
    basis: text({ enum: ['flat', 'weight', 'subtotal', 'quantity'] })
      .notNull()
      .default('flat'),
    freeFrom: jsonb('free_from').$type<AmountByCurrency>().notNull().default({}),
    /** Cubic centimetres that count as one kilogram. */
    dimensionalDivisor: integer('dimensional_divisor'),
    limits: jsonb().$type<ShippingMethod['limits']>().notNull().default({}),
    excludes: selection('excludes'),
    minDays: integer('min_days').notNull(),
    maxDays: integer('max_days').notNull(),
    handlingDays: integer('handling_days').notNull().default(0),
    cutoff: jsonb().$type<NonNullable<ShippingMethod['cutoff']>>(),
    weekends: boolean().notNull().default(true),
    pickupAddress: text('pickup_address'),
  },
  (t) => [
    check('shipping_methods_kind_known', sql`${t.kind} in ('delivery', 'pickup')`),
    check('shipping_methods_basis_known', sql`${t.basis} in ('flat', 'weight', 'subtotal', 'quantity')`),
    check('shipping_methods_days_in_order', sql`0 <= ${t.minDays} and ${t.minDays} <= ${t.maxDays}`),
    check('shipping_methods_handling_not_negative', sql`${t.handlingDays} >= 0`),
    check('shipping_methods_divisor_positive', sql`${t.dimensionalDivisor} > 0`),
    check('shipping_methods_free_from_object', sql`jsonb_typeof(${t.freeFrom}) = 'object'`),
    check('shipping_methods_limits_object', sql`jsonb_typeof(${t.limits}) = 'object'`),
    check('shipping_methods_excludes_object', sql`jsonb_typeof(${t.excludes}) = 'object'`),
    check(
      'shipping_methods_cutoff_whole',
      sql`${t.cutoff} is null or coalesce(${t.cutoff} ->> 'time' ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and ${t.cutoff} ->> 'timeZone' <> '', false)`,
    ),
  ],
);

/** What a shipping method costs from a measure of its basis on, by currency. */
export const shippingPrices = pgTable(
  'shipping_prices',
  {
    methodId: text('method_id')
      .notNull()
      .references(() => shippingMethods.id, { onDelete: 'cascade' }),
    currency: text().notNull(),
    fromMeasure: minor('from_measure').notNull().default(0),
    amountMinor: minor('amount_minor').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.methodId, t.currency, t.fromMeasure] }),
    check('shipping_prices_not_negative', sql`${t.amountMinor} >= 0`),
    check('shipping_prices_measure_not_negative', sql`${t.fromMeasure} >= 0`),
  ],
);

// ---------------------------------------------------------------- orders

export const orders = pgTable(
  'orders',
  {
    id: text().primaryKey(),
    number: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity({ startWith: 1001 }),
    /** Whose it is; null for a guest's. */
    accountId: text('account_id').references(() => accounts.id, { onDelete: 'set null' }),
    /** The cart this order came from: one cart becomes at most one order that lives. */
    cartId: text('cart_id').notNull(),
    /** Where that cart lies in KV (a hash, never the token), so that it can be emptied once the order is paid. */
    cartKey: text('cart_key').notNull(),
    cartVersion: integer('cart_version').notNull(),
    email: text().notNull(),
    /** By which the customer's orders and uses of promotions are found: a hash of the address (`node/promotion-uses.ts`). */
    customerKey: text('customer_key'),
    /** Where the shop was met: `web`, `app`, `pos`. */
    channel: text().notNull().default('web'),
    /** The quote whose prices it was placed with. */
    quoteId: text('quote_id'),
    /** Of a business, where one was given; it may have bought with tax all the same. */
    vatId: text('vat_id'),
    status: text({ enum: ['pending', 'confirmed', 'cancelled'] })
      .notNull()
      .default('pending'),
    paymentStatus: text('payment_status', {
      enum: ['pending', 'requires_action', 'processing', 'paid', 'failed', 'refunded'],
    })
      .notNull()
      .default('pending'),
    fulfilmentStatus: text('fulfilment_status', { enum: ['unfulfilled', 'fulfilled'] })
      .notNull()
      .default('unfulfilled'),
    currency: text().notNull(),
    country: text().notNull(),
    taxIncluded: boolean('tax_included').notNull(),
    subtotalMinor: minor('subtotal_minor').notNull(),
    discountMinor: minor('discount_minor').notNull().default(0),
    shippingMinor: minor('shipping_minor').notNull(),
    taxMinor: minor('tax_minor').notNull(),
    totalMinor: minor('total_minor').notNull(),
    shippingMethodId: text('shipping_method_id').notNull(),
    shippingMethodTitle: text('shipping_method_title').notNull(),
    shippingAddress: jsonb('shipping_address').$type<AddressRecord>().notNull(),
    billingAddress: jsonb('billing_address').$type<AddressRecord>().notNull(),
    /** An unpaid order gives its stock back after this. */
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    unique('orders_number_unique').on(t.number),
    uniqueIndex('orders_cart_unique').on(t.cartId).where(sql`status <> 'cancelled'`),
    index('orders_expiry_index').on(t.expiresAt).where(sql`status = 'pending'`),
    index('orders_account_index').on(t.accountId, t.number),
    index('orders_customer_key_index').on(t.customerKey),
    index('orders_quote_index').on(t.quoteId).where(sql`quote_id is not null`),
    check('orders_status_known', sql`${t.status} in ('pending', 'confirmed', 'cancelled')`),
    check(
      'orders_payment_status_known',
      sql`${t.paymentStatus} in ('pending', 'requires_action', 'processing', 'paid', 'failed', 'refunded')`,
    ),
    check('orders_fulfilment_status_known', sql`${t.fulfilmentStatus} in ('unfulfilled', 'fulfilled')`),
    check(
      'orders_totals_not_negative',
      sql`least(${t.subtotalMinor}, ${t.discountMinor}, ${t.shippingMinor}, ${t.taxMinor}, ${t.totalMinor}) >= 0`,
    ),
    check(
      'orders_total_adds_up',
      sql`${t.totalMinor} = ${t.subtotalMinor} - ${t.discountMinor} + ${t.shippingMinor} + case when ${t.taxIncluded} then 0 else ${t.taxMinor} end`,
    ),
  ],
);

/** A line keeps what was sold as it was sold; the catalog may change under it. */
export const orderLines = pgTable(
  'order_lines',
  {
    id: text().primaryKey(),
    orderId: text('order_id')
      .notNull()
      .references(() => orders.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    variantId: text('variant_id').references(() => variants.id, { onDelete: 'set null' }),
    sku: text().notNull(),
    title: text().notNull(),
    variantTitle: text('variant_title').notNull(),
    slug: text().notNull(),
    imageUrl: text('image_url'),
    quantity: integer().notNull(),
    unitPriceMinor: minor('unit_price_minor').notNull(),
    discountMinor: minor('discount_minor').notNull().default(0),
    totalMinor: minor('total_minor').notNull(),
    taxMinor: minor('tax_minor').notNull(),
    taxRateBps: numeric('tax_rate_bps', { precision: 8, scale: 2, mode: 'number' }).notNull(),
    /** Whether a promotion gave it: no line of the cart stands behind it. */
    isGift: boolean('is_gift').notNull().default(false),
    metadata: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [
    unique('order_lines_position_unique').on(t.orderId, t.position),
    index('order_lines_variant_index').on(t.variantId),
    check('order_lines_quantity_positive', sql`${t.quantity} > 0`),
    check(
      'order_lines_total_adds_up',
      sql`${t.totalMinor} = ${t.quantity} * ${t.unitPriceMinor} - ${t.discountMinor} and ${t.totalMinor} >= 0`,
    ),
  ],
);

/**
 * What took something off a line, or off what sending costs. Those of a line sum to its discount (a deferred trigger,
 * `order_adjustments_add_up`); an order from before there were promotions has none.
 */
export const orderAdjustments = pgTable(
  'order_adjustments',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    orderId: text('order_id')
      .notNull()
      .references(() => orders.id, { onDelete: 'cascade' }),
    /** Null: off the shipping. */
    lineId: text('line_id').references(() => orderLines.id, { onDelete: 'cascade' }),
    promotionId: text('promotion_id').notNull(),
    label: text().notNull(),
    code: text(),
    amountMinor: minor('amount_minor').notNull(),
  },
  (t) => [
    index('order_adjustments_order_index').on(t.orderId, t.id),
    index('order_adjustments_line_index').on(t.lineId),
    check('order_adjustments_amount_negative', sql`${t.amountMinor} < 0`),
  ],
);

/** Tax as the invoice lists it. An order's rows sum to its tax (a deferred trigger, `order_tax_lines_add_up`). */
export const orderTaxLines = pgTable(
  'order_tax_lines',
  {
    orderId: text('order_id')
      .notNull()
      .references(() => orders.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    label: text().notNull(),
    rateBps: rateBps().notNull(),
    /** What it was taken on. */
    netMinor: minor('net_minor').notNull(),
    amountMinor: minor('amount_minor').notNull(),
  },
  (t) => [primaryKey({ columns: [t.orderId, t.position] })],
);

/** What happened to an order, by whom and why. Append-only. */
export const orderEvents = pgTable(
  'order_events',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    orderId: text('order_id')
      .notNull()
      .references(() => orders.id, { onDelete: 'cascade' }),
    type: text().notNull(),
    actor: text().notNull(),
    data: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    createdAt: createdAt(),
  },
  (t) => [index('order_events_order_index').on(t.orderId, t.id)],
);

// ---------------------------------------------------------------- payments

export const payments = pgTable(
  'payments',
  {
    id: text().primaryKey(),
    orderId: text('order_id')
      .notNull()
      .references(() => orders.id, { onDelete: 'cascade' }),
    provider: text().notNull(),
    /** The provider's own id; null until it answered. */
    providerPaymentId: text('provider_payment_id'),
    status: text({ enum: ['pending', 'requires_action', 'processing', 'succeeded', 'failed', 'cancelled'] })
      .notNull()
      .default('pending'),
    currency: text().notNull(),
    amountMinor: minor('amount_minor').notNull(),
    capturedMinor: minor('captured_minor').notNull().default(0),
    refundedMinor: minor('refunded_minor').notNull().default(0),
    failureCode: text('failure_code'),
    /** What the provider was asked with, so that a crash can ask again with the same words. No card data. */
    request: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    redirectUrl: text('redirect_url'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    unique('payments_provider_payment_unique').on(t.provider, t.providerPaymentId),
    index('payments_order_index').on(t.orderId),
    check(
      'payments_status_known',
      sql`${t.status} in ('pending', 'requires_action', 'processing', 'succeeded', 'failed', 'cancelled')`,
    ),
    check(
      'payments_refunded_within_captured',
      sql`0 <= ${t.refundedMinor} and ${t.refundedMinor} <= ${t.capturedMinor} and ${t.capturedMinor} <= ${t.amountMinor}`,
    ),
  ],
);

/** Every event a provider sent, once, under the provider's event id. */
export const paymentEvents = pgTable(
  'payment_events',
  {
    provider: text().notNull(),
    eventId: text('event_id').notNull(),
    type: text().notNull(),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    receivedAt: timestamp('received_at', { withTimezone: true }).notNull().defaultNow(),
    appliedAt: timestamp('applied_at', { withTimezone: true }),
  },
  (t) => [primaryKey({ columns: [t.provider, t.eventId] })],
);

/** Double entry: the rows of one transaction sum to zero (a deferred trigger), and no row ever changes. */
export const ledgerEntries = pgTable(
  'ledger_entries',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    transactionId: text('transaction_id').notNull(),
    orderId: text('order_id')
      .notNull()
      .references(() => orders.id),
    paymentId: text('payment_id').references(() => payments.id),
    account: text({ enum: ['customer', 'provider', 'sales', 'tax', 'shipping'] }).notNull(),
    currency: text().notNull(),
    amountMinor: minor('amount_minor').notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    unique('ledger_entries_once').on(t.transactionId, t.account),
    index('ledger_entries_order_index').on(t.orderId, t.currency),
    check('ledger_entries_not_zero', sql`${t.amountMinor} <> 0`),
    check('ledger_entries_account_known', sql`${t.account} in ('customer', 'provider', 'sales', 'tax', 'shipping')`),
  ],
);

// ---------------------------------------------------------------- reliability

/** One row per caller, path and key; it holds the answer that a repeat receives. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** A hash of the caller and the path, so that keys of two callers never meet. */
    scope: text().notNull(),
    key: text().notNull(),
    requestHash: text('request_hash').notNull(),
    /** Null while the first request still runs. */
    responseStatus: integer('response_status'),
    responseBody: text('response_body'),
    orderId: text('order_id'),
    /** A run that has not answered by then is taken for dead, and the next repeat may take over. */
    lockedUntil: timestamp('locked_until', { withTimezone: true }).notNull(),
    createdAt: createdAt(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.scope, t.key] }),
    index('idempotency_keys_expiry_index').on(t.expiresAt),
    check('idempotency_keys_key_length', sql`length(${t.key}) between 1 and 255`),
  ],
);

/** What must still happen outside Postgres, written in the transaction that it tells of. */
export const outbox = pgTable(
  'outbox',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    topic: text().notNull(),
    /** Messages of one aggregate (an order, the catalog) are delivered in order. */
    aggregateId: text('aggregate_id').notNull(),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    attempts: integer().notNull().default(0),
    availableAt: timestamp('available_at', { withTimezone: true }).notNull().defaultNow(),
    lockedUntil: timestamp('locked_until', { withTimezone: true }),
    deliveredAt: timestamp('delivered_at', { withTimezone: true }),
    deadAt: timestamp('dead_at', { withTimezone: true }),
    lastError: text('last_error'),
    createdAt: createdAt(),
  },
  (t) => [
    index('outbox_due_index').on(t.availableAt, t.id).where(sql`delivered_at is null and dead_at is null`),
    index('outbox_aggregate_index').on(t.aggregateId, t.id).where(sql`delivered_at is null and dead_at is null`),
    // Letters to one address are counted (`node/account-letters.ts`).
    index('outbox_letters_index').on(t.aggregateId, t.createdAt).where(sql`topic = 'account.letter'`),
  ],
);
