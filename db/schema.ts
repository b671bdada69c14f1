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
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

const createdAt = () => timestamp('created_at', { withTimezone: true }).notNull().defaultNow();
const updatedAt = () => timestamp('updated_at', { withTimezone: true }).notNull().defaultNow();
/** Minor units of a currency; a JavaScript number, which is exact up to 2^53 - 1. */
const minor = (name: string) => bigint(name, { mode: 'number' });

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

// ---------------------------------------------------------------- tax and shipping

/** A country the shop sells to, and whether its displayed prices contain tax. */
export const taxZones = pgTable(
  'tax_zones',
  { country: text().primaryKey(), pricesIncludeTax: boolean('prices_include_tax').notNull() },
  (t) => [check('tax_zones_country_shape', sql`${t.country} ~ '^[A-Z]{2}$'`)],
);

export const taxRates = pgTable(
  'tax_rates',
  {
    country: text()
      .notNull()
      .references(() => taxZones.country, { onDelete: 'cascade' }),
    taxClass: text('tax_class').notNull(),
    label: text().notNull(),
    rateBps: integer('rate_bps').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.country, t.taxClass] }),
    check('tax_rates_rate_in_range', sql`${t.rateBps} between 0 and 10000`),
  ],
);

export const shippingMethods = pgTable('shipping_methods', {
  id: text().primaryKey(),
  title: text().notNull(),
  /** ISO 3166-1 alpha-2 codes; empty means every country of `tax_zones`. */
  countries: text().array().notNull().default(sql`'{}'::text[]`),
  minDays: integer('min_days').notNull(),
  maxDays: integer('max_days').notNull(),
  taxClass: text('tax_class').notNull().default('standard'),
  position: integer().notNull().default(0),
});

/** The flat price of a shipping method, by currency. */
export const shippingPrices = pgTable(
  'shipping_prices',
  {
    methodId: text('method_id')
      .notNull()
      .references(() => shippingMethods.id, { onDelete: 'cascade' }),
    currency: text().notNull(),
    amountMinor: minor('amount_minor').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.methodId, t.currency] }),
    check('shipping_prices_not_negative', sql`${t.amountMinor} >= 0`),
  ],
);

// ---------------------------------------------------------------- customers and orders

export const customers = pgTable(
  'customers',
  { id: text().primaryKey(), email: text().notNull(), name: text().notNull().default(''), createdAt: createdAt() },
  (t) => [uniqueIndex('customers_email_unique').on(sql`lower(${t.email})`)],
);

export const orders = pgTable(
  'orders',
  {
    id: text().primaryKey(),
    number: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity({ startWith: 1001 }),
    customerId: text('customer_id').references(() => customers.id, { onDelete: 'set null' }),
    /** The cart this order came from: one cart becomes at most one order that lives. */
    cartId: text('cart_id').notNull(),
    /** Where that cart lies in KV (a hash, never the token), so that it can be emptied once the order is paid. */
    cartKey: text('cart_key').notNull(),
    cartVersion: integer('cart_version').notNull(),
    email: text().notNull(),
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
    index('orders_customer_index').on(t.customerId, t.createdAt),
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
    taxRateBps: integer('tax_rate_bps').notNull(),
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
  ],
);
