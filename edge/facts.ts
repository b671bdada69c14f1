/**
 * What the rules price with, read from Postgres: fresh for an order, and behind the snapshot for everything else. In SQL
 * alone: the tables of `db/schema.ts` would be a sixteenth of an edge function.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { VariantFacts } from '@/commerce/pricing';
import type { ShopRules } from '@/commerce/rules';
import type { Db } from '@/db/client';

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
  const { rows } = await db.execute<{ facts: VariantFacts }>(variantsQuery(isAnyOf(ids)));
  return new Map(rows.map(({ facts }) => [facts.id, facts]));
}

/**
 * The rules, and the facts of some variants and of those that promotions give, as they were at one moment: one statement,
 * so that no load of other rules can come between the two.
 */
export async function readPricing(
  db: Db,
  ids: readonly string[],
): Promise<{
  rules: ShopRules;
  variants: Map<string, VariantFacts>;
}> {
  const isGift = sql`v.id in (select effect ->> 'variantId' from promotions where effect ->> 'kind' = 'gift')`;
  const { rows } = await db.execute<{ rules: Omit<ShopRules, 'currencies'>; variants: VariantFacts[] }>(sql`
    select ${rulesJson(false)} as rules, (
      select coalesce(json_agg(facts), '[]')
      from (${variantsQuery(sql`(${isAnyOf(ids)} or ${isGift})`)}) found) as variants`);
  const [row] = rows;
  if (!row) throw new Error('A select without a table answered no row.');
  return { rules: withCurrencies(row.rules), variants: new Map(row.variants.map((facts) => [facts.id, facts])) };
}

const isAnyOf = (ids: readonly string[]) => sql`v.id = any(${sql.param([...ids])}::text[])`;

/** Of the variants `v` that can be bought, those that fit a condition. */
function variantsQuery(condition: SQL): SQL {
  return sql`
    select json_build_object(
      'id', v.id, 'productId', v.product_id, 'slug', d.slug, 'sku', v.sku, 'title', d.title, 'variantTitle', v.title,
      'options', v.options,
      'imageUrl', (
        select m.url from media m
        where m.product_id = v.product_id and (m.variant_id is null or m.variant_id = v.id)
        order by m.variant_id is null, m.position limit 1),
      'prices', (
        select coalesce(
          json_object_agg(p.currency, json_build_object('amountMinor', p.amount_minor, 'compareAtMinor', p.compare_at_minor)),
          '{}')
        from prices p where p.variant_id = v.id),
      'collectionIds', (
        select coalesce(json_agg(pc.collection_id order by pc.collection_id), '[]')
        from product_collections pc where pc.product_id = v.product_id),
      'listPrices', ${listPricesOf()},
      'priceHistory', ${priceHistoryOf()},
      'taxClass', v.tax_class, 'weightGrams', v.weight_grams,
      'size', case when v.length_mm is not null then json_build_object(
        'lengthMm', v.length_mm, 'widthMm', v.width_mm, 'heightMm', v.height_mm) end,
      'requiresShipping', v.requires_shipping,
      'available', (select coalesce(sum(s.on_hand - s.held), 0) from stock s where s.variant_id = v.id),
      'policy', v.stock_policy) as facts
    from variants v join products d on d.id = v.product_id
    where ${condition} and d.status = 'active'`;
}

/** The prices that lists have for the variant `v`, with a further condition on `lp`, as JSON. */
export const listPricesOf = (condition = sql``) => sql`(
  select coalesce(
    json_agg(
      json_build_object('listId', lp.list_id, 'currency', lp.currency, 'minQuantity', lp.min_quantity,
                        'amountMinor', lp.amount_minor)
      order by lp.list_id, lp.currency, lp.min_quantity),
    '[]')
  from price_list_prices lp join price_lists l on l.id = lp.list_id
  where lp.variant_id = v.id and (l.ends_at is null or l.ends_at > ${PAST_PRICES}) ${condition})`;

/** The base prices that the variant `v` has had, with a further condition on `h`, as JSON. */
export const priceHistoryOf = (condition = sql``) => sql`(
  select coalesce(json_object_agg(points.currency, points.list), '{}')
  from (
    select h.currency, json_agg(
      json_build_object('from', floor(extract(epoch from h.valid_from) * 1000), 'amountMinor', h.amount_minor)
      order by h.valid_from, h.id) as list
    from price_history h join prices b on b.variant_id = h.variant_id and b.currency = h.currency
    where h.variant_id = v.id and h.amount_minor is not null ${condition}
      and (b.compare_at_minor is not null
        or exists (select from price_lists where ends_at is null or ends_at > ${PAST_PRICES}))
      and h.valid_from >= coalesce((
        select max(before.valid_from) from price_history before
        where before.variant_id = h.variant_id and before.currency = h.currency
          and before.valid_from < ${PAST_PRICES}), '-infinity')
    group by h.currency) points)`;

/**
 * All rules of the shop, in the order of their ids unless it says another; one round trip. It sells in the currencies that
 * some way of shipping is priced in: an order in any other could not be sent. What ended long ago is left out: promotions
 * after a day, price lists after 90 days; with `withEnded` it is there.
 */
export async function readRules(db: Db, { withEnded = false } = {}): Promise<ShopRules> {
  const { rows } = await db.execute<{ rules: Omit<ShopRules, 'currencies'> }>(
    sql`select ${rulesJson(withEnded)} as rules`,
  );
  const [row] = rows;
  if (!row) throw new Error('A select without a table answered no row.');
  return withCurrencies(row.rules);
}

function withCurrencies(rules: Omit<ShopRules, 'currencies'>): ShopRules {
  const currencies = new Set(rules.shippingMethods.flatMap(({ prices }) => Object.keys(prices)));
  return { currencies: [...currencies].sort(), ...rules };
}

function rulesJson(withEnded: boolean): SQL {
  const isKnown = (since: SQL) => (withEnded ? sql`true` : sql`(ends_at is null or ends_at > ${since})`);
  return sql`json_build_object(
      'conversions', ${list(sql`
        'from', c.from_currency, 'to', c.to_currency, 'rate', trim_scale(c.rate)::text, 'rounding', c.rounding`)}
        order by c.to_currency), '[]') from currency_conversions c),
      'priceLists', ${list(sql`
        'id', l.id, 'title', l.title, 'priority', l.priority, 'customerGroups', to_json(l.customer_groups),
        'channels', to_json(l.channels), 'countries', to_json(l.countries),
        'startsAt', ${milliseconds('l.starts_at')}, 'endsAt', ${milliseconds('l.ends_at')}, 'tiersBy', l.tiers_by,
        'of', l.selection,
        'steps', ${list(sql`'minQuantity', s.min_quantity, 'changeBps', s.change_bps`)}
          order by s.min_quantity), '[]') from price_list_steps s where s.list_id = l.id),
        'rounding', l.rounding`)}
        order by l.id), '[]') from price_lists l where ${isKnown(PAST_PRICES)}),
      'promotionGroups', ${list(sql`'id', g.id, 'title', g.title, 'priority', g.priority`)}
        order by g.id), '[]') from promotion_groups g),
      'promotions', ${list(sql`
        'id', p.id, 'title', p.title,
        'codes', (
          select coalesce(json_agg(c.code order by c.code), '[]') from promotion_codes c where c.promotion_id = p.id),
        'startsAt', ${milliseconds('p.starts_at')}, 'endsAt', ${milliseconds('p.ends_at')}, 'hours', p.hours,
        'conditions', p.conditions, 'effect', p.effect, 'groupId', p.group_id, 'exclusive', p.exclusive,
        'priority', p.priority, 'usageLimit', p.usage_limit, 'usageLimitPerCustomer', p.usage_limit_per_customer,
        'usedUp', coalesce(p.used >= p.usage_limit, false)`)}
        order by p.id), '[]') from promotions p where ${isKnown(PAST_PROMOTIONS)}),
      'taxZones', ${list(sql`
        'id', z.id, 'country', z.country, 'region', z.region, 'postalCodes', to_json(z.postal_codes),
        'pricesIncludeTax', z.prices_include_tax, 'rounding', z.rounding,
        'rates', (
          select coalesce(json_object_agg(classes.tax_class, classes.rates order by classes.tax_class), '{}')
          from (
            select r.tax_class, json_agg(
              json_build_object('label', r.label, 'rateBps', r.rate_bps, 'compound', r.compound) order by r.position) as rates
            from tax_rates r where r.zone_id = z.id
            group by r.tax_class) classes),
        'shipping', z.shipping_tax, 'reverseCharge', z.reverse_charge`)}
        order by z.id), '[]') from tax_zones z),
      'shippingZones', ${list(sql`
        'id', z.id, 'title', z.title,
        'areas', ${list(sql`
          'country', a.country, 'regions', to_json(a.regions), 'postalCodes', to_json(a.postal_codes)`)}
          order by a.position), '[]') from shipping_zone_areas a where a.zone_id = z.id)`)}
        order by z.id), '[]') from shipping_zones z),
      'shippingMethods', ${list(sql`
        'id', m.id, 'title', m.title, 'kind', m.kind, 'zoneId', m.zone_id, 'taxClass', m.tax_class, 'basis', m.basis,
        'prices', (
          select coalesce(json_object_agg(currencies.currency, currencies.steps order by currencies.currency), '{}')
          from (
            select p.currency, json_agg(
              json_build_object('from', p.from_measure, 'amountMinor', p.amount_minor) order by p.from_measure) as steps
            from shipping_prices p where p.method_id = m.id
            group by p.currency) currencies),
        'freeFrom', m.free_from, 'dimensionalDivisor', m.dimensional_divisor, 'limits', m.limits,
        'excludes', m.excludes, 'minDays', m.min_days, 'maxDays', m.max_days, 'handlingDays', m.handling_days,
        'cutoff', m.cutoff, 'weekends', m.weekends, 'pickupAddress', m.pickup_address`)}
        order by m.position, m.id), '[]') from shipping_methods m))`;
}

/** The beginning of a subselect of objects as one JSON list; what it is ordered by and from where comes behind it. */
const list = (members: SQL) => sql`(select coalesce(json_agg(json_build_object(${members})`;

const milliseconds = (column: string) => sql.raw(`floor(extract(epoch from ${column}) * 1000)`);

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
