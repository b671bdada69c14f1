/** What the rules price with, read from Postgres: fresh for an order, and behind the snapshot for everything else. */
import { type AnyColumn, asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { ListPrice, PricePoint, VariantFacts } from '@/commerce/pricing';
import type { PriceList, Promotion, ShippingMethod, ShippingZone, ShopRules, TaxRate } from '@/commerce/rules';
import type { Db } from '@/db/client';
import {
  currencyConversions,
  priceLists,
  products,
  promotionGroups,
  promotions,
  shippingMethods,
  shippingZones,
  taxZones,
  variants,
} from '@/db/schema';

/**
 * How long a price is known for what a reduction is measured by: the 30 days before it (Directive 98/6/EC, article 6a),
 * for reductions that have lasted up to 60 days. So lists that ended are known as long too.
 */
const PAST_PRICES = sql.raw(`now() - interval '90 days'`);
/** For whoever's clock is behind. */
const PAST_PROMOTIONS = sql.raw(`now() - interval '1 day'`);

/**
 * The facts of those of the variants that can be bought, that is, whose product is active; the others are absent. The
 * history of a price is there where something may be compared with it: in a currency with a compare-at price, and
 * wherever there are price lists. A price that was taken back and set again is taken as asked all the while. One round
 * trip, none for no ids.
 */
export async function readVariants(db: Db, ids: readonly string[]): Promise<Map<string, VariantFacts>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({
      id: variants.id,
      productId: variants.productId,
      slug: products.slug,
      sku: variants.sku,
      title: products.title,
      variantTitle: variants.title,
      options: variants.options,
      imageUrl: sql<string | null>`(
        select m.url from media m
        where m.product_id = ${variants.productId} and (m.variant_id is null or m.variant_id = ${variants.id})
        order by m.variant_id is null, m.position limit 1)`,
      prices: sql<VariantFacts['prices']>`(
        select coalesce(
          json_object_agg(p.currency, json_build_object('amountMinor', p.amount_minor, 'compareAtMinor', p.compare_at_minor)),
          '{}')
        from prices p where p.variant_id = ${variants.id})`,
      collectionIds: sql<string[]>`(
        select coalesce(json_agg(pc.collection_id order by pc.collection_id), '[]')
        from product_collections pc where pc.product_id = ${variants.productId})`,
      listPrices: sql<ListPrice[]>`(
        select coalesce(
          json_agg(
            json_build_object('listId', lp.list_id, 'currency', lp.currency, 'minQuantity', lp.min_quantity,
                              'amountMinor', lp.amount_minor)
            order by lp.list_id, lp.currency, lp.min_quantity),
          '[]')
        from price_list_prices lp join price_lists l on l.id = lp.list_id
        where lp.variant_id = ${variants.id} and (l.ends_at is null or l.ends_at > ${PAST_PRICES}))`,
      priceHistory: sql<Record<string, PricePoint[]>>`(
        select coalesce(json_object_agg(points.currency, points.list), '{}')
        from (
          select h.currency, json_agg(
            json_build_object('from', floor(extract(epoch from h.valid_from) * 1000), 'amountMinor', h.amount_minor)
            order by h.valid_from, h.id) as list
          from price_history h join prices p on p.variant_id = h.variant_id and p.currency = h.currency
          where h.variant_id = ${variants.id} and h.amount_minor is not null
            and (p.compare_at_minor is not null
              or exists (select 1 from price_lists where ends_at is null or ends_at > ${PAST_PRICES}))
            and h.valid_from >= coalesce((
              select max(before.valid_from) from price_history before
              where before.variant_id = h.variant_id and before.currency = h.currency
                and before.valid_from < ${PAST_PRICES}), '-infinity')
          group by h.currency) points)`,
      taxClass: variants.taxClass,
      weightGrams: variants.weightGrams,
      size: sql<VariantFacts['size']>`
        case when ${variants.lengthMm} is not null then json_build_object(
          'lengthMm', ${variants.lengthMm}, 'widthMm', ${variants.widthMm}, 'heightMm', ${variants.heightMm}) end`,
      requiresShipping: variants.requiresShipping,
      available: sql<number>`(
        select coalesce(sum(s.on_hand - s.held), 0) from stock s where s.variant_id = ${variants.id})`.mapWith(Number),
      policy: variants.stockPolicy,
    })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(sql`${inArray(variants.id, [...ids])} and ${eq(products.status, 'active')}`);
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * All rules of the shop, in the order of their ids unless it says another; one round trip. It sells in the currencies that
 * some way of shipping is priced in: an order in any other could not be sent. What ended long ago is left out: promotions
 * after a day, price lists after 90 days; with `withEnded` it is there.
 */
export async function readRules(db: Db, { withEnded = false } = {}): Promise<ShopRules> {
  const isKnown = (endsAt: AnyColumn, since: SQL) =>
    withEnded ? undefined : sql`(${endsAt} is null or ${endsAt} > ${since})`;
  const [conversions, lists, groups, promotionRows, zones, areas, methods] = await db.batch([
    db
      .select({
        from: currencyConversions.fromCurrency,
        to: currencyConversions.toCurrency,
        rate: sql<string>`trim_scale(${currencyConversions.rate})::text`,
        rounding: currencyConversions.rounding,
      })
      .from(currencyConversions)
      .orderBy(asc(currencyConversions.toCurrency)),
    db
      .select({
        id: priceLists.id,
        title: priceLists.title,
        priority: priceLists.priority,
        customerGroups: priceLists.customerGroups,
        channels: priceLists.channels,
        countries: priceLists.countries,
        startsAt: milliseconds(priceLists.startsAt),
        endsAt: milliseconds(priceLists.endsAt),
        tiersBy: priceLists.tiersBy,
        of: priceLists.selection,
        steps: sql<PriceList['steps']>`(
          select coalesce(
            json_agg(json_build_object('minQuantity', s.min_quantity, 'changeBps', s.change_bps) order by s.min_quantity),
            '[]')
          from price_list_steps s where s.list_id = ${priceLists.id})`,
        rounding: priceLists.rounding,
      })
      .from(priceLists)
      .where(isKnown(priceLists.endsAt, PAST_PRICES))
      .orderBy(asc(priceLists.id)),
    db.select().from(promotionGroups).orderBy(asc(promotionGroups.id)),
    db
      .select({
        id: promotions.id,
        title: promotions.title,
        codes: sql<string[]>`(
          select coalesce(json_agg(c.code order by c.code), '[]')
          from promotion_codes c where c.promotion_id = ${promotions.id})`,
        startsAt: milliseconds(promotions.startsAt),
        endsAt: milliseconds(promotions.endsAt),
        hours: promotions.hours,
        conditions: promotions.conditions,
        effect: promotions.effect,
        groupId: promotions.groupId,
        exclusive: promotions.exclusive,
        priority: promotions.priority,
        usageLimit: promotions.usageLimit,
        usageLimitPerCustomer: promotions.usageLimitPerCustomer,
        usedUp: sql<boolean>`coalesce(${promotions.used} >= ${promotions.usageLimit}, false)`,
      } satisfies Record<keyof Promotion, unknown>)
      .from(promotions)
      .where(isKnown(promotions.endsAt, PAST_PROMOTIONS))
      .orderBy(asc(promotions.id)),
    db
      .select({
        id: taxZones.id,
        country: taxZones.country,
        region: taxZones.region,
        postalCodes: taxZones.postalCodes,
        pricesIncludeTax: taxZones.pricesIncludeTax,
        rounding: taxZones.rounding,
        rates: sql<Record<string, TaxRate[]>>`(
          select coalesce(json_object_agg(classes.tax_class, classes.rates order by classes.tax_class), '{}')
          from (
            select r.tax_class, json_agg(
              json_build_object('label', r.label, 'rateBps', r.rate_bps, 'compound', r.compound) order by r.position) as rates
            from tax_rates r where r.zone_id = ${taxZones.id}
            group by r.tax_class) classes)`,
        shipping: taxZones.shippingTax,
        reverseCharge: taxZones.reverseCharge,
      })
      .from(taxZones)
      .orderBy(asc(taxZones.id)),
    db
      .select({
        id: shippingZones.id,
        title: shippingZones.title,
        areas: sql<ShippingZone['areas']>`(
          select coalesce(
            json_agg(
              json_build_object('country', a.country, 'regions', a.regions, 'postalCodes', a.postal_codes) order by a.position),
            '[]')
          from shipping_zone_areas a where a.zone_id = ${shippingZones.id})`,
      })
      .from(shippingZones)
      .orderBy(asc(shippingZones.id)),
    db
      .select({
        id: shippingMethods.id,
        title: shippingMethods.title,
        kind: shippingMethods.kind,
        zoneId: shippingMethods.zoneId,
        taxClass: shippingMethods.taxClass,
        basis: shippingMethods.basis,
        prices: sql<ShippingMethod['prices']>`(
          select coalesce(json_object_agg(currencies.currency, currencies.steps order by currencies.currency), '{}')
          from (
            select p.currency, json_agg(
              json_build_object('from', p.from_measure, 'amountMinor', p.amount_minor) order by p.from_measure) as steps
            from shipping_prices p where p.method_id = ${shippingMethods.id}
            group by p.currency) currencies)`,
        freeFrom: shippingMethods.freeFrom,
        dimensionalDivisor: shippingMethods.dimensionalDivisor,
        limits: shippingMethods.limits,
        excludes: shippingMethods.excludes,
        minDays: shippingMethods.minDays,
        maxDays: shippingMethods.maxDays,
        handlingDays: shippingMethods.handlingDays,
        cutoff: shippingMethods.cutoff,
        weekends: shippingMethods.weekends,
        pickupAddress: shippingMethods.pickupAddress,
      } satisfies Record<keyof ShippingMethod, unknown>)
      .from(shippingMethods)
      .orderBy(asc(shippingMethods.position), asc(shippingMethods.id)),
  ]);
  return {
    currencies: [...new Set(methods.flatMap(({ prices }) => Object.keys(prices)))].sort(),
    conversions,
    priceLists: lists,
    promotionGroups: groups,
    promotions: promotionRows,
    taxZones: zones,
    shippingZones: areas,
    shippingMethods: methods,
  };
}

function milliseconds(column: AnyColumn): SQL<number | null> {
  return sql<number | null>`floor(extract(epoch from ${column}) * 1000)::float8`;
}

/** What a customer has used of the shop, by the key that `node/promotion-uses.ts` makes. */
export interface CustomerUses {
  /** Orders that were not cancelled. */
  orderCount: number;
  /** By promotion; those never used are absent. */
  uses: Record<string, number>;
  /** Promotions that an order of the same cart holds: it gives them back when another takes its place. */
  heldByCart: string[];
}

/**
 * What the customer's orders stand in the way of. An order of the cart `cartId` itself does not count: it is given up for
 * the one that is being placed. One round trip.
 */
export async function readCustomerUses(
  db: Db,
  customerKey: string,
  promotionIds: readonly string[],
  cartId: string | null = null,
): Promise<CustomerUses> {
  const ids = sql`${sql.param([...promotionIds])}::text[]`;
  const { rows } = await db.execute<CustomerUses & Record<string, unknown>>(sql`
    select
      (select count(*)::int from orders
       where customer_key = ${customerKey} and status <> 'cancelled' and cart_id is distinct from ${cartId})
        as "orderCount",
      (select coalesce(json_object_agg(counts.promotion_id, counts.used), '{}') from (
         select u.promotion_id, count(*)::int as used from promotion_uses u join orders o on o.id = u.order_id
         where u.customer_key = ${customerKey} and u.status = 'counted' and u.promotion_id = any(${ids})
           and o.cart_id is distinct from ${cartId}
         group by u.promotion_id) counts) as "uses",
      (select coalesce(json_agg(u.promotion_id order by u.promotion_id), '[]')
       from promotion_uses u join orders o on o.id = u.order_id
       where o.cart_id = ${cartId} and o.status <> 'cancelled' and u.status = 'counted'
         and u.promotion_id = any(${ids})) as "heldByCart"`);
  const [row] = rows;
  if (!row) throw new Error('A select without a table answered no row.');
  return row;
}
