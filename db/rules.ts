/** Writes what a shop's owner decides about prices, taxes and shipping: what a rule file and the seed stand on. */
import { type SQL, sql } from 'drizzle-orm';
import type { ListPrice } from '@/commerce/pricing';
import type {
  CurrencyConversion,
  PriceList,
  Promotion,
  PromotionGroup,
  ShippingMethod,
  ShippingZone,
  TaxZone,
} from '@/commerce/rules';
import type { Db } from './client';

/**
 * Rules as Postgres holds them, ids resolved and amounts in minor units. A section that is there is the whole of its
 * kind; one that is not stays as it is.
 */
export interface RuleSet {
  customerGroups?: CustomerGroup[];
  conversions?: CurrencyConversion[];
  priceLists?: PriceListInput[];
  taxZones?: TaxZone[];
  shippingZones?: ShippingZone[];
  /** In the order in which equal ones are offered. */
  shippingMethods?: ShippingMethod[];
  promotionGroups?: PromotionGroup[];
  promotions?: PromotionInput[];
}

/** Customers who are priced alike. */
interface CustomerGroup {
  id: string;
  title: string;
}

export interface PriceListInput extends PriceList {
  prices: (Omit<ListPrice, 'listId'> & { variantId: string })[];
}

/** Whether it is used up is counted, never written. */
export type PromotionInput = Omit<Promotion, 'usedUp'>;

/**
 * Replaces the sections that `set` has, all of them in one atomic batch together with one `catalog.changed` message of
 * the outbox: either everything holds from then on, or nothing was written. One round trip; those who write at once take
 * turns. A promotion that stays keeps what was counted of it. What the rules rest on may be written with them, by the
 * statements of `first`.
 *
 * Throws what the database threw: among it a violation of `promotions_used_within_limit`, where a limit is below what
 * was used meanwhile.
 */
export async function writeRules(db: Db, set: RuleSet, { first = [] }: { first?: SQL[] } = {}): Promise<void> {
  const statements = [
    // Without it, two who replace the same section would leave the entries of both.
    sql`select pg_advisory_xact_lock(hashtext('rules'))`,
    ...first,
    ...(set.customerGroups ? customerGroupStatements(set.customerGroups) : []),
    ...(set.conversions ? conversionStatements(set.conversions) : []),
    ...(set.priceLists ? priceListStatements(set.priceLists) : []),
    ...(set.taxZones ? taxStatements(set.taxZones) : []),
    ...shippingStatements(set),
    ...promotionStatements(set),
    sql`insert into outbox (topic, aggregate_id, payload) values ('catalog.changed', 'catalog', '{"everything": true}')`,
  ];
  const [lock, ...others] = statements.map((statement) => db.execute(statement));
  if (lock) await db.batch([lock, ...others]);
}

function customerGroupStatements(groups: CustomerGroup[]): SQL[] {
  return [
    sql`delete from customer_groups where id <> all(${ids(groups)})`,
    sql`
      insert into customer_groups (id, title)
      select id, title from ${recordset(groups, 'id text, title text')}
      on conflict (id) do update set title = excluded.title`,
  ];
}

function conversionStatements(conversions: CurrencyConversion[]): SQL[] {
  return [
    sql`delete from currency_conversions`,
    sql`
      insert into currency_conversions (to_currency, from_currency, rate, rounding)
      select "to", "from", rate, rounding
      from ${recordset(conversions, '"to" text, "from" text, rate numeric, rounding jsonb')}`,
  ];
}

function priceListStatements(lists: PriceListInput[]): SQL[] {
  const prices = lists.flatMap(({ id, prices }) => prices.map((price) => ({ ...price, listId: id })));
  const steps = lists.flatMap(({ id, steps }) => steps.map((step) => ({ ...step, listId: id })));
  return [
    sql`delete from price_lists where id <> all(${ids(lists)})`,
    sql`
      insert into price_lists (id, title, priority, customer_groups, channels, countries, starts_at, ends_at, tiers_by,
                               selection, rounding)
      select id, title, priority, ${texts('"customerGroups"')}, ${texts('channels')}, ${texts('countries')},
             ${time('"startsAt"')}, ${time('"endsAt"')}, "tiersBy", ${object('"of"')}, rounding
      from ${recordset(
        lists,
        `id text, title text, priority integer, "customerGroups" jsonb, channels jsonb, countries jsonb,
         "startsAt" bigint, "endsAt" bigint, "tiersBy" text, "of" jsonb, rounding jsonb`,
      )}
      on conflict (id) do update
        set title = excluded.title, priority = excluded.priority, customer_groups = excluded.customer_groups,
            channels = excluded.channels, countries = excluded.countries, starts_at = excluded.starts_at,
            ends_at = excluded.ends_at, tiers_by = excluded.tiers_by, selection = excluded.selection,
            rounding = excluded.rounding, updated_at = now()`,
    sql`delete from price_list_steps`,
    sql`
      insert into price_list_steps (list_id, min_quantity, change_bps)
      select "listId", "minQuantity", "changeBps"
      from ${recordset(steps, '"listId" text, "minQuantity" integer, "changeBps" integer')}`,
    sql`delete from price_list_prices`,
    sql`
      insert into price_list_prices (list_id, variant_id, currency, min_quantity, amount_minor)
      select "listId", "variantId", currency, "minQuantity", "amountMinor"
      from ${recordset(
        prices,
        '"listId" text, "variantId" text, currency text, "minQuantity" integer, "amountMinor" bigint',
      )}
      order by "listId", "variantId", currency, "minQuantity"`,
  ];
}

/** Nothing but its rates refers to a zone. Written anew, two of them may exchange their places. */
function taxStatements(zones: TaxZone[]): SQL[] {
  const rates = zones.flatMap(({ id, rates }) =>
    Object.entries(rates).flatMap(([taxClass, taxes]) =>
      taxes.map((tax, position) => ({ ...tax, zoneId: id, taxClass, position })),
    ),
  );
  return [
    sql`delete from tax_zones`,
    sql`
      insert into tax_zones (id, country, region, postal_codes, prices_include_tax, rounding, shipping_tax, reverse_charge)
      select id, country, region, ${texts('"postalCodes"')}, "pricesIncludeTax", rounding, shipping, "reverseCharge"
      from ${recordset(
        zones,
        `id text, country text, region text, "postalCodes" jsonb, "pricesIncludeTax" boolean, rounding text,
         shipping jsonb, "reverseCharge" boolean`,
      )}`,
    sql`
      insert into tax_rates (zone_id, tax_class, position, label, rate_bps, compound)
      select "zoneId", "taxClass", position, label, "rateBps", compound
      from ${recordset(
        rates,
        '"zoneId" text, "taxClass" text, position integer, label text, "rateBps" numeric, compound boolean',
      )}`,
  ];
}

/** Zones come before the methods that need them, and go after those that needed them. */
function shippingStatements({ shippingZones: zones, shippingMethods: methods }: RuleSet): SQL[] {
  const statements: SQL[] = [];
  if (zones) {
    const areas = zones.flatMap(({ id, areas }) => areas.map((area, position) => ({ ...area, zoneId: id, position })));
    statements.push(
      sql`
        insert into shipping_zones (id, title)
        select id, title from ${recordset(zones, 'id text, title text')}
        on conflict (id) do update set title = excluded.title`,
      sql`delete from shipping_zone_areas`,
      sql`
        insert into shipping_zone_areas (zone_id, position, country, regions, postal_codes)
        select "zoneId", position, country, ${texts('regions')}, ${texts('"postalCodes"')}
        from ${recordset(areas, '"zoneId" text, position integer, country text, regions jsonb, "postalCodes" jsonb')}`,
    );
  }
  if (methods) {
    const placed = methods.map((method, position) => ({ ...method, position }));
    const prices = methods.flatMap(({ id, prices }) =>
      Object.entries(prices).flatMap(([currency, steps]) => steps.map((step) => ({ ...step, methodId: id, currency }))),
    );
    statements.push(
      sql`delete from shipping_methods where id <> all(${ids(methods)})`,
      sql`
        insert into shipping_methods (id, title, position, kind, zone_id, tax_class, basis, free_from,
                                      dimensional_divisor, limits, excludes, min_days, max_days, handling_days, cutoff,
                                      weekends, pickup_address)
        select id, title, position, kind, "zoneId", "taxClass", basis, "freeFrom", "dimensionalDivisor", limits,
               ${object('excludes')}, "minDays", "maxDays", "handlingDays", ${object('cutoff')}, weekends, "pickupAddress"
        from ${recordset(
          placed,
          `id text, title text, position integer, kind text, "zoneId" text, "taxClass" text, basis text,
           "freeFrom" jsonb, "dimensionalDivisor" integer, limits jsonb, excludes jsonb, "minDays" integer,
           "maxDays" integer, "handlingDays" integer, cutoff jsonb, weekends boolean, "pickupAddress" text`,
        )}
        on conflict (id) do update
          set title = excluded.title, position = excluded.position, kind = excluded.kind, zone_id = excluded.zone_id,
              tax_class = excluded.tax_class, basis = excluded.basis, free_from = excluded.free_from,
              dimensional_divisor = excluded.dimensional_divisor, limits = excluded.limits,
              excludes = excluded.excludes, min_days = excluded.min_days, max_days = excluded.max_days,
              handling_days = excluded.handling_days, cutoff = excluded.cutoff, weekends = excluded.weekends,
              pickup_address = excluded.pickup_address`,
      sql`delete from shipping_prices`,
      sql`
        insert into shipping_prices (method_id, currency, from_measure, amount_minor)
        select "methodId", currency, "from", "amountMinor"
        from ${recordset(prices, '"methodId" text, currency text, "from" bigint, "amountMinor" bigint')}`,
    );
  }
  if (zones) statements.push(sql`delete from shipping_zones where id <> all(${ids(zones)})`);
  return statements;
}

function promotionStatements({ promotionGroups: groups, promotions }: RuleSet): SQL[] {
  const statements: SQL[] = [];
  if (groups) {
    statements.push(sql`
      insert into promotion_groups (id, title, priority)
      select id, title, priority from ${recordset(groups, 'id text, title text, priority integer')}
      on conflict (id) do update set title = excluded.title, priority = excluded.priority`);
  }
  if (promotions) {
    const codes = promotions.flatMap(({ id, codes }) => codes.map((code) => ({ code, promotionId: id })));
    statements.push(
      sql`delete from promotions where id <> all(${ids(promotions)})`,
      sql`
        insert into promotions (id, title, group_id, exclusive, priority, starts_at, ends_at, hours, conditions, effect,
                                usage_limit, usage_limit_per_customer)
        select id, title, "groupId", exclusive, priority, ${time('"startsAt"')}, ${time('"endsAt"')}, hours, conditions,
               effect, "usageLimit", "usageLimitPerCustomer"
        from ${recordset(
          promotions,
          `id text, title text, "groupId" text, exclusive boolean, priority integer, "startsAt" bigint, "endsAt" bigint,
           hours jsonb, conditions jsonb, effect jsonb, "usageLimit" integer, "usageLimitPerCustomer" integer`,
        )}
        order by id
        on conflict (id) do update
          set title = excluded.title, group_id = excluded.group_id, exclusive = excluded.exclusive,
              priority = excluded.priority, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
              hours = excluded.hours, conditions = excluded.conditions, effect = excluded.effect,
              usage_limit = excluded.usage_limit, usage_limit_per_customer = excluded.usage_limit_per_customer,
              updated_at = now()`,
      sql`delete from promotion_codes`,
      sql`
        insert into promotion_codes (code, promotion_id)
        select code, "promotionId" from ${recordset(codes, 'code text, "promotionId" text')}`,
    );
  }
  if (groups) statements.push(sql`delete from promotion_groups where id <> all(${ids(groups)})`);
  return statements;
}

function ids(rows: { id: string }[]): SQL {
  return sql`${sql.param(rows.map(({ id }) => id))}::text[]`;
}

/** Rows as one parameter, whatever their number. */
function recordset(rows: object[], columns: string): SQL {
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(${sql.raw(columns)})`;
}

/** A JSON list of texts as a list of Postgres. */
function texts(column: string): SQL {
  return sql`array(select jsonb_array_elements_text(${sql.raw(column)}))`;
}

function time(column: string): SQL {
  return sql`to_timestamp(${sql.raw(column)} / 1000.0)`;
}

/** JSON's null is no null of Postgres. */
function object(column: string): SQL {
  return sql`nullif(${sql.raw(column)}, 'null')`;
}
