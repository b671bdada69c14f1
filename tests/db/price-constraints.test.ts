import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases } from '@/tests/databases';
import { openStore, placeBareOrders, refusalOf, type Store, shelve } from './store';

const LIST = `insert into price_lists (id, title, starts_at, ends_at, tiers_by, selection, rounding)`;
const LIST_PRICE = `insert into price_list_prices (list_id, variant_id, currency, min_quantity, amount_minor)`;
const PROMOTION = `insert into promotions (id, title, effect, group_id, exclusive, usage_limit, usage_limit_per_customer, used)`;
const OFF = `'{"kind": "percent_off"}'`;
const ZONE = `insert into tax_zones (id, country, region, postal_codes, prices_include_tax, rounding, shipping_tax)`;
const BY_METHOD = `'{"by": "method"}'`;
const RATE = `insert into tax_rates (zone_id, tax_class, position, label, rate_bps)`;
const METHOD = `insert into shipping_methods (id, title, min_days, max_days`;
const SHIPPING_PRICE = `insert into shipping_prices (method_id, currency, from_measure, amount_minor)`;
const ADJUSTMENT = `insert into order_adjustments (order_id, line_id, promotion_id, label, amount_minor)`;
const TAX_LINE = `insert into order_tax_lines (order_id, position, label, rate_bps, net_minor, amount_minor)`;

/** What stands already: a variant `a`, list `l`, group `g`, promotion `p` with code `SPRING`, zone `de`, method `m`. */
const REFUSED: [what: string, constraint: string, ...statements: string[]][] = [
  ['half a size', 'variants_size_whole', `update variants set length_mm = 10, width_mm = 10`],
  ['a size of nothing', 'variants_size_positive', `update variants set length_mm = 10, width_mm = 0, height_mm = 10`],

  [
    'a list that ends as it begins',
    'price_lists_starts_before_end',
    `${LIST} values ('x', '', '2026-12-01', '2026-12-01', 'variant', null, '{}')`,
  ],
  [
    'tiers by what nobody counts',
    'price_lists_tiers_by_known',
    `${LIST} values ('x', '', null, null, 'cart', null, '{}')`,
  ],
  [
    'a selection that is none',
    'price_lists_selection_object',
    `${LIST} values ('x', '', null, null, 'variant', '[]', '{}')`,
  ],
  [
    'a rounding that is none',
    'price_lists_rounding_object',
    `${LIST} values ('x', '', null, null, 'variant', null, '1')`,
  ],
  [
    'a list price from no unit on',
    'price_list_prices_quantity_positive',
    `${LIST_PRICE} values ('l', 'a', 'EUR', 0, 1)`,
  ],
  ['a list price below zero', 'price_list_prices_amount_in_range', `${LIST_PRICE} values ('l', 'a', 'EUR', 1, -1)`],
  [
    'a list price beyond 2^53 - 1',
    'price_list_prices_amount_in_range',
    `${LIST_PRICE} values ('l', 'a', 'EUR', 1, 9007199254740992)`,
  ],
  ['a list price in no currency', 'price_list_prices_currency_shape', `${LIST_PRICE} values ('l', 'a', 'eur', 1, 1)`],
  [
    'a tier twice',
    'price_list_prices_list_id_variant_id_currency_min_quantity_pk',
    `${LIST_PRICE} values ('l', 'a', 'EUR', 5, 1), ('l', 'a', 'EUR', 5, 2)`,
  ],
  [
    'a step from no unit on',
    'price_list_steps_quantity_positive',
    `insert into price_list_steps values ('l', 0, -100)`,
  ],
  ['a step below free', 'price_list_steps_change_in_range', `insert into price_list_steps values ('l', 1, -10001)`],
  [
    'a step beyond tenfold more',
    'price_list_steps_change_in_range',
    `insert into price_list_steps values ('l', 1, 100001)`,
  ],

  [
    'a currency made from itself',
    'currency_conversions_not_itself',
    `insert into currency_conversions values ('EUR', 'EUR', 1)`,
  ],
  [
    'prices rounded to multiples of nothing',
    'currency_conversions_increment_positive',
    `insert into currency_conversions values ('SEK', 'EUR', 11, '{"incrementMinor": 0}')`,
  ],
  ['a rate of zero', 'currency_conversions_rate_positive', `insert into currency_conversions values ('SEK', 'EUR', 0)`],
  [
    'a rate below zero',
    'currency_conversions_rate_positive',
    `insert into currency_conversions values ('SEK', 'EUR', -11.5)`,
  ],
  [
    'a currency that is none',
    'currency_conversions_currency_shape',
    `insert into currency_conversions values ('kr', 'EUR', 11.5)`,
  ],
  [
    'two ways to one currency',
    'currency_conversions_pkey',
    `insert into currency_conversions values ('SEK', 'EUR', 11), ('SEK', 'USD', 10)`,
  ],

  [
    'an effect that nobody knows',
    'promotions_effect_known',
    `${PROMOTION} values ('x', '', '{"kind": "half_off"}', null, false, null, null, 0)`,
  ],
  [
    'an effect without a kind',
    'promotions_effect_known',
    `${PROMOTION} values ('x', '', '{}', null, false, null, null, 0)`,
  ],
  [
    'an exclusive one in a group',
    'promotions_exclusive_alone',
    `${PROMOTION} values ('x', '', ${OFF}, 'g', true, null, null, 0)`,
  ],
  [
    'a gift in a group',
    'promotions_gift_in_no_group',
    `${PROMOTION} values ('x', '', '{"kind": "gift"}', 'g', false, null, null, 0)`,
  ],
  [
    'more than all off',
    'promotions_percent_in_range',
    `${PROMOTION} values ('x', '', '{"kind": "percent_off", "percentBps": 10001}', null, false, null, null, 0)`,
  ],
  [
    'less than nothing off',
    'promotions_percent_in_range',
    `${PROMOTION} values ('x', '', '{"kind": "percent_off", "percentBps": -1}', null, false, null, null, 0)`,
  ],
  [
    'a first order as often as one likes',
    'promotions_first_order_once',
    `update promotions set conditions = '[{"kind": "first_order"}]', usage_limit_per_customer = null`,
  ],
  [
    'a limit of none',
    'promotions_usage_limit_positive',
    `${PROMOTION} values ('x', '', ${OFF}, null, false, 0, null, 0)`,
  ],
  [
    'a limit of none for each',
    'promotions_usage_limit_per_customer_positive',
    `${PROMOTION} values ('x', '', ${OFF}, null, false, null, 0, 0)`,
  ],
  [
    'more uses than there may be',
    'promotions_used_within_limit',
    `${PROMOTION} values ('x', '', ${OFF}, null, false, 5, null, 6)`,
  ],
  ['fewer uses than none', 'promotions_used_within_limit', `update promotions set used = -1`],
  [
    'a promotion that ends before it begins',
    'promotions_starts_before_end',
    `update promotions set starts_at = '2026-12-01', ends_at = '2026-11-30'`,
  ],
  ['hours that are no list', 'promotions_hours_array', `update promotions set hours = '{}'`],
  ['conditions that are no list', 'promotions_conditions_array', `update promotions set conditions = 'null'`],
  ['a group that is in use taken away', 'promotions_group_id_promotion_groups_id_fk', `delete from promotion_groups`],
  ['a code in small letters', 'promotion_codes_code_shape', `insert into promotion_codes values ('summer', 'p')`],
  ['a code with a space', 'promotion_codes_code_shape', `insert into promotion_codes values ('BIG SALE', 'p')`],
  ['a code of nothing', 'promotion_codes_code_shape', `insert into promotion_codes values ('', 'p')`],
  ['a code of 65 letters', 'promotion_codes_code_shape', `insert into promotion_codes values (repeat('A', 65), 'p')`],
  ['a code of two promotions', 'promotion_codes_pkey', `insert into promotion_codes values ('SPRING', 'p')`],

  [
    'a zone of no country',
    'tax_zones_country_shape',
    `${ZONE} values ('x', 'Spain', null, '{}', true, 'line', ${BY_METHOD})`,
  ],
  [
    'a region with its country',
    'tax_zones_region_shape',
    `${ZONE} values ('x', 'ES', 'ES-CN', '{}', true, 'line', ${BY_METHOD})`,
  ],
  [
    'a rounding that nobody knows',
    'tax_zones_rounding_known',
    `${ZONE} values ('x', 'ES', null, '{}', true, 'unit', ${BY_METHOD})`,
  ],
  [
    'a way to tax shipping that nobody knows',
    'tax_zones_shipping_tax_known',
    `${ZONE} values ('x', 'ES', null, '{}', true, 'line', '{}')`,
  ],
  [
    'shipping taxed as a class that is not named',
    'tax_zones_shipping_tax_known',
    `${ZONE} values ('x', 'ES', null, '{}', true, 'line', '{"by": "class"}')`,
  ],
  [
    'two zones of one country',
    'tax_zones_place_unique',
    `${ZONE} values ('x', 'DE', null, '{}', true, 'line', ${BY_METHOD})`,
  ],
  [
    'two zones of the same postcodes',
    'tax_zones_place_unique',
    `${ZONE} values ('x', 'DE', null, '{97*}', true, 'line', ${BY_METHOD}), ('y', 'DE', null, '{97*}', true, 'line', ${BY_METHOD})`,
  ],
  [
    'two ways to show prices in one country',
    'tax_zones_one_display',
    `${ZONE} values ('x', 'DE', 'BY', '{}', false, 'line', ${BY_METHOD})`,
  ],
  ['a tax above all', 'tax_rates_rate_in_range', `${RATE} values ('de', 'standard', 0, '', 10000.01)`],
  ['a tax below zero', 'tax_rates_rate_in_range', `${RATE} values ('de', 'standard', 0, '', -1)`],
  [
    'two taxes in one place',
    'tax_rates_zone_id_tax_class_position_pk',
    `${RATE} values ('de', 'standard', 0, '', 1), ('de', 'standard', 0, '', 2)`,
  ],

  [
    'a zone that a method needs taken away',
    'shipping_methods_zone_id_shipping_zones_id_fk',
    `delete from shipping_zones`,
  ],
  [
    'an area of no country',
    'shipping_zone_areas_country_shape',
    `insert into shipping_zone_areas values ('z', 0, 'EU')`,
    `insert into shipping_zone_areas values ('z', 1, 'Europe')`,
  ],
  [
    'a kind of method that nobody knows',
    'shipping_methods_kind_known',
    `${METHOD}, kind) values ('x', '', 1, 2, 'drone')`,
  ],
  [
    'a basis that nobody measures',
    'shipping_methods_basis_known',
    `${METHOD}, basis) values ('x', '', 1, 2, 'colour')`,
  ],
  ['fewer days at most than at least', 'shipping_methods_days_in_order', `${METHOD}) values ('x', '', 3, 2)`],
  ['days before the order', 'shipping_methods_days_in_order', `${METHOD}) values ('x', '', -1, 2)`],
  [
    'days of handling below zero',
    'shipping_methods_handling_not_negative',
    `${METHOD}, handling_days) values ('x', '', 1, 2, -1)`,
  ],
  [
    'a divisor of zero',
    'shipping_methods_divisor_positive',
    `${METHOD}, dimensional_divisor) values ('x', '', 1, 2, 0)`,
  ],
  [
    'a time of day that is none',
    'shipping_methods_cutoff_whole',
    `${METHOD}, cutoff) values ('x', '', 1, 2, '{"time": "25:00", "timeZone": "Europe/Berlin"}')`,
  ],
  [
    'a time of day nowhere',
    'shipping_methods_cutoff_whole',
    `${METHOD}, cutoff) values ('x', '', 1, 2, '{"time": "14:00"}')`,
  ],
  ['limits that are none', 'shipping_methods_limits_object', `${METHOD}, limits) values ('x', '', 1, 2, '[]')`],
  ['amounts that are none', 'shipping_methods_free_from_object', `${METHOD}, free_from) values ('x', '', 1, 2, '50')`],
  ['goods that are none', 'shipping_methods_excludes_object', `${METHOD}, excludes) values ('x', '', 1, 2, '"glass"')`],
  [
    'a price from less than nothing on',
    'shipping_prices_measure_not_negative',
    `${SHIPPING_PRICE} values ('m', 'EUR', -1, 100)`,
  ],
  [
    'two prices from one measure on',
    'shipping_prices_method_id_currency_from_measure_pk',
    `${SHIPPING_PRICE} values ('m', 'EUR', 0, 100), ('m', 'EUR', 0, 200)`,
  ],

  ['an adjustment that adds', 'order_adjustments_amount_negative', `${ADJUSTMENT} values ('ord_1', null, 'p', '', 1)`],
  [
    'adjustments of less than the discount',
    'order_adjustments_add_up',
    `${ADJUSTMENT} values ('ord_1', 'line_1', 'p', '', -100)`,
  ],
  [
    'adjustments of more than the discount',
    'order_adjustments_add_up',
    `${ADJUSTMENT} values ('ord_1', 'line_1', 'p', '', -300), ('ord_1', 'line_1', 'q', '', -1)`,
  ],
  [
    'an adjustment taken out',
    'order_adjustments_add_up',
    `${ADJUSTMENT} values ('ord_1', 'line_1', 'p', '', -200), ('ord_1', 'line_1', 'q', '', -100)`,
    `delete from order_adjustments where promotion_id = 'q'`,
  ],
  ['tax lines of less than the tax', 'order_tax_lines_add_up', `${TAX_LINE} values ('ord_1', 0, 'VAT', 1900, 100, 18)`],
  [
    'a tax line changed',
    'order_tax_lines_add_up',
    `${TAX_LINE} values ('ord_1', 0, 'VAT', 1900, 100, 19)`,
    `update order_tax_lines set amount_minor = 20`,
  ],
];

describe.each(testDatabases('price_constraints'))('the rules of prices on $server', (database) => {
  const test = it.skipIf(!database.available);
  let store: Store;

  beforeAll(async () => {
    if (!database.available) return;
    store = await openStore(database);
    await shelve(store.sql, ['a']);
    await placeBareOrders(store.sql, 1);
    await batch(
      `${LIST} values ('l', 'Friends', null, null, 'variant', null, '{}')`,
      `insert into promotion_groups values ('g', 'Best', 0)`,
      `${PROMOTION} values ('p', 'Spring', ${OFF}, 'g', false, null, null, 0)`,
      `insert into promotion_codes values ('SPRING', 'p')`,
      `${ZONE} values ('de', 'DE', null, '{}', true, 'line', ${BY_METHOD})`,
      `insert into shipping_zones values ('z', 'Europe')`,
      `${METHOD}, zone_id) values ('m', 'Post', 1, 2, 'z')`,
      `insert into order_lines (id, order_id, position, sku, title, variant_title, slug, quantity, unit_price_minor,
         discount_minor, total_minor, tax_minor, tax_rate_bps)
       values ('line_1', 'ord_1', 0, 'X', 'X', 'X', 'x', 1, 1000, 300, 700, 19, 1900)`,
      `update orders set subtotal_minor = 1000, discount_minor = 300, tax_minor = 19, total_minor = 700`,
    );
  });
  afterAll(async () => {
    if (database.available) await store.platform.close();
  });

  test.each(REFUSED)('refuse %s by %s', async (_, constraint, ...statements) => {
    expect(await refusalOf(batch(...statements))).toBe(constraint);
  });

  test('let all zones of a country change how it shows prices, together', async () => {
    await batch(
      `${ZONE} values ('by', 'DE', 'BY', '{}', true, 'line', ${BY_METHOD}), ('fr', 'FR', null, '{}', false, 'line', ${BY_METHOD})`,
    );
    await batch(
      `update tax_zones set prices_include_tax = false where id = 'de'`,
      `update tax_zones set prices_include_tax = false where id = 'by'`,
    );
    expect(await refusalOf(batch(`update tax_zones set prices_include_tax = true where id = 'by'`))).toBe(
      'tax_zones_one_display',
    );
    await batch(`delete from tax_zones where id in ('by', 'fr')`, `update tax_zones set prices_include_tax = true`);
  });

  test('let no two zones of a country, written at once, show prices in two ways', async () => {
    const write = (id: string, region: string, included: boolean) =>
      refusalOf(batch(`${ZONE} values ('${id}', 'CA', '${region}', '{}', ${included}, 'line', ${BY_METHOD})`));
    for (let round = 0; round < 5; round += 1) {
      const outcomes = await Promise.all([write('on', 'ON', true), write('qc', 'QC', false)]);
      expect(outcomes.sort()).toEqual(['nothing refused it', 'tax_zones_one_display']);
      await batch(`delete from tax_zones where country = 'CA'`);
    }
  });

  test('hold zones of hundreds of postcodes', async () => {
    const many = Array.from({ length: 2000 }, (_, index) => String(10_000 + index * 7));
    await batch(`${ZONE} values ('town', 'DE', null, '{${many}}', true, 'line', ${BY_METHOD})`);
    await batch(`delete from tax_zones where id = 'town'`);
  });

  test('keep a tax of 9.975 % exact', async () => {
    await batch(`${RATE} values ('de', 'quebec', 0, 'QST', 997.5)`);
    const [row] = await store.sql.query(`select rate_bps::text as rate from tax_rates where tax_class = 'quebec'`);
    expect(row).toEqual({ rate: '997.50' });
  });

  test('take what adds up only at the end of a batch, and let it go with its order', async () => {
    await batch(
      `${ADJUSTMENT} values ('ord_1', 'line_1', 'p', '', -100)`,
      `${ADJUSTMENT} values ('ord_1', 'line_1', 'q', '', -200), ('ord_1', null, 'free', '', -495)`,
      `${TAX_LINE} values ('ord_1', 0, 'VAT', 1900, 90, 17)`,
      `${TAX_LINE} values ('ord_1', 1, 'VAT', 700, 30, 2)`,
    );
    await batch(`delete from orders`);
    expect(await store.sql.query(`select 1 from order_adjustments union all select 1 from order_tax_lines`)).toEqual(
      [],
    );
  });

  const batch = (...statements: string[]) =>
    store.sql.transaction(statements.map((statement) => store.sql.query(statement)));
});
