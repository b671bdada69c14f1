import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Promotion, ShopRules } from '@/commerce/rules';
import { readRules, readVariants } from '@/edge/facts';
import { bestDatabase } from '@/tests/databases';
import { openStore, type Store, shelve } from '@/tests/db/store';

const database = bestDatabase('facts');
let store: Store;

beforeAll(async () => {
  store = await openStore(database);
});
afterAll(() => store.platform.close());

const DAY_MS = 86_400_000;

describe('the rules that Postgres holds', () => {
  it('are read whole, in one trip', async () => {
    await batch(
      `insert into currency_conversions values
         ('SEK', 'EUR', 11.4321, '{"incrementMinor": 100, "lessMinor": 1, "mode": "up"}'), ('NOK', 'EUR', 12, default)`,
      `insert into price_lists (id, title, priority, customer_groups, channels, countries, starts_at, ends_at, tiers_by,
         selection, rounding)
       values ('b', 'Wholesale', 10, '{wholesale}', '{web,app}', '{DE}', '2026-11-01T00:00:00Z', '2126-11-01T00:00:00.5Z',
         'product', '{"productIds": ["prod_a"]}', '{"EUR": {"incrementMinor": 10, "lessMinor": 0, "mode": "nearest"}}'),
         ('a', 'All', 0, '{}', '{}', '{}', null, null, 'variant', null, '{}')`,
      `insert into price_list_steps values ('b', 50, -2000), ('b', 10, -1000)`,
      `insert into promotion_groups values ('best', 'The best of', 5)`,
      `insert into promotions (id, title, group_id, priority, hours, conditions, effect, usage_limit,
         usage_limit_per_customer, used)
       values ('spring', 'Spring', 'best', 3,
         '[{"days": [1, 2], "from": "17:00", "until": "19:00", "timeZone": "Europe/Berlin"}]',
         '[{"kind": "first_order"}]', '{"kind": "percent_off", "of": null, "percentBps": 1000}', 5, 1, 5)`,
      `insert into promotion_codes values ('SPRING', 'spring'), ('LENZ', 'spring')`,
      `insert into promotions (id, title, exclusive, effect, starts_at)
       values ('alone', 'Alone', true, '{"kind": "gift", "variantId": "var_a", "quantity": 1}', '2026-12-24T00:00:00Z')`,
      `insert into tax_zones (id, country, region, postal_codes, prices_include_tax, rounding, shipping_tax, reverse_charge) values
         ('qc', 'CA', 'QC', '{G*,H1A-H9Z}', false, 'order', '{"by": "class", "taxClass": "standard"}', true)`,
      `insert into tax_rates (zone_id, tax_class, position, label, rate_bps, compound) values
         ('qc', 'standard', 1, 'QST', 997.5, true), ('qc', 'standard', 0, 'GST', 500, false)`,
      `insert into shipping_zones values ('north', 'The north')`,
      `insert into shipping_zone_areas values ('north', 1, 'NO', '{}', '{}'), ('north', 0, 'CA', '{QC}', '{G*}')`,
      `insert into shipping_methods (id, title, min_days, max_days, tax_class, position, kind, zone_id, basis, free_from,
         dimensional_divisor, limits, excludes, handling_days, cutoff, weekends)
       values ('heavy', 'Freight', 3, 4, 'freight', 1, 'delivery', 'north', 'weight', '{"EUR": 10000}', 5000,
         '{"maxWeightGrams": 30000}', '{"collectionIds": ["coll_glass"]}', 2,
         '{"time": "14:00", "timeZone": "Europe/Berlin"}', false)`,
      `insert into shipping_methods (id, title, min_days, max_days, kind, pickup_address)
       values ('shop', 'At the mill', 0, 0, 'pickup', 'Webergasse 1')`,
      `insert into shipping_prices (method_id, currency, from_measure, amount_minor) values
         ('heavy', 'EUR', 5000, 1990), ('heavy', 'EUR', 0, 990), ('shop', 'SEK', 0, 0)`,
    );
    const before = store.platform.counters.sql;
    const rules = await readRules(store.db);
    expect(store.platform.counters.sql - before).toBe(1);
    expect(rules).toEqual({
      currencies: ['EUR', 'SEK'],
      conversions: [
        { from: 'EUR', to: 'NOK', rate: '12', rounding: { incrementMinor: 1, lessMinor: 0, mode: 'nearest' } },
        { from: 'EUR', to: 'SEK', rate: '11.4321', rounding: { incrementMinor: 100, lessMinor: 1, mode: 'up' } },
      ],
      priceLists: [
        {
          id: 'a',
          title: 'All',
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
        },
        {
          id: 'b',
          title: 'Wholesale',
          priority: 10,
          customerGroups: ['wholesale'],
          channels: ['web', 'app'],
          countries: ['DE'],
          startsAt: Date.UTC(2026, 10, 1),
          endsAt: Date.UTC(2126, 10, 1) + 500,
          tiersBy: 'product',
          of: { productIds: ['prod_a'] },
          steps: [
            { minQuantity: 10, changeBps: -1000 },
            { minQuantity: 50, changeBps: -2000 },
          ],
          rounding: { EUR: { incrementMinor: 10, lessMinor: 0, mode: 'nearest' } },
        },
      ],
      promotionGroups: [{ id: 'best', title: 'The best of', priority: 5 }],
      promotions: [
        {
          id: 'alone',
          title: 'Alone',
          codes: [],
          startsAt: Date.UTC(2026, 11, 24),
          endsAt: null,
          hours: [],
          conditions: [],
          effect: { kind: 'gift', variantId: 'var_a', quantity: 1 },
          groupId: null,
          exclusive: true,
          priority: 0,
          usageLimit: null,
          usageLimitPerCustomer: null,
          usedUp: false,
        },
        {
          id: 'spring',
          title: 'Spring',
          codes: ['LENZ', 'SPRING'],
          startsAt: null,
          endsAt: null,
          hours: [{ days: [1, 2], from: '17:00', until: '19:00', timeZone: 'Europe/Berlin' }],
          conditions: [{ kind: 'first_order' }],
          effect: { kind: 'percent_off', of: null, percentBps: 1000 },
          groupId: 'best',
          exclusive: false,
          priority: 3,
          usageLimit: 5,
          usageLimitPerCustomer: 1,
          usedUp: true,
        },
      ],
      taxZones: [
        {
          id: 'qc',
          country: 'CA',
          region: 'QC',
          postalCodes: ['G*', 'H1A-H9Z'],
          pricesIncludeTax: false,
          rounding: 'order',
          rates: {
            standard: [
              { label: 'GST', rateBps: 500, compound: false },
              { label: 'QST', rateBps: 997.5, compound: true },
            ],
          },
          shipping: { by: 'class', taxClass: 'standard' },
          reverseCharge: true,
        },
      ],
      shippingZones: [
        {
          id: 'north',
          title: 'The north',
          areas: [
            { country: 'CA', regions: ['QC'], postalCodes: ['G*'] },
            { country: 'NO', regions: [], postalCodes: [] },
          ],
        },
      ],
      shippingMethods: [
        {
          id: 'shop',
          title: 'At the mill',
          kind: 'pickup',
          zoneId: null,
          taxClass: 'standard',
          basis: 'flat',
          prices: { SEK: [{ from: 0, amountMinor: 0 }] },
          freeFrom: {},
          dimensionalDivisor: null,
          limits: {},
          excludes: null,
          minDays: 0,
          maxDays: 0,
          handlingDays: 0,
          cutoff: null,
          weekends: true,
          pickupAddress: 'Webergasse 1',
        },
        {
          id: 'heavy',
          title: 'Freight',
          kind: 'delivery',
          zoneId: 'north',
          taxClass: 'freight',
          basis: 'weight',
          prices: {
            EUR: [
              { from: 0, amountMinor: 990 },
              { from: 5000, amountMinor: 1990 },
            ],
          },
          freeFrom: { EUR: 10_000 },
          dimensionalDivisor: 5000,
          limits: { maxWeightGrams: 30_000 },
          excludes: { collectionIds: ['coll_glass'] },
          minDays: 3,
          maxDays: 4,
          handlingDays: 2,
          cutoff: { time: '14:00', timeZone: 'Europe/Berlin' },
          weekends: false,
          pickupAddress: null,
        },
      ],
    } satisfies ShopRules);
  });

  it('leave out promotions a day after their end, and price lists after 90, unless these are asked for', async () => {
    const ended = (days: number) => `now() - interval '${days} days'`;
    await batch(
      `delete from promotions`,
      `delete from price_lists`,
      `insert into promotions (id, title, effect, ends_at) select 'p' || n, '', '{"kind": "gift"}', now() - n * interval '1 day'
       from unnest(array[0.5, 2]) n`,
      `insert into price_lists (id, title, ends_at) values ('l89', '', ${ended(89)}), ('l91', '', ${ended(91)})`,
    );
    const ids = ({ promotions, priceLists }: { promotions: Pick<Promotion, 'id'>[]; priceLists: { id: string }[] }) =>
      [...promotions, ...priceLists].map(({ id }) => id);
    expect(ids(await readRules(store.db))).toEqual(['p0.5', 'l89']);
    expect(ids(await readRules(store.db, { withEnded: true }))).toEqual(['p0.5', 'p2', 'l89', 'l91']);
  });
});

describe('the facts of a variant', () => {
  beforeAll(async () => {
    await shelve(store.sql, ['var_a', 'var_b']);
    await batch(
      `delete from price_lists`,
      `insert into collections (id, slug, title) values ('coll_b', 'b', 'B'), ('coll_a', 'a', 'A')`,
      `insert into product_collections (product_id, collection_id) values ('prod_a', 'coll_b'), ('prod_a', 'coll_a')`,
      `update variants set length_mm = 300, width_mm = 200, height_mm = 50 where id = 'var_a'`,
      `insert into prices values
         ('var_a', 'EUR', 900, 1000), ('var_a', 'USD', 1100, null), ('var_b', 'EUR', 500, null)`,
    );
  });

  const facts = async (id: string) => (await readVariants(store.db, [id])).get(id)!;

  it('have its collections and its size', async () => {
    expect(await facts('var_a')).toMatchObject({
      collectionIds: ['coll_a', 'coll_b'],
      size: { lengthMm: 300, widthMm: 200, heightMm: 50 },
    });
    expect((await facts('var_b')).size).toBeNull();
  });

  it('have the prices of lists that hold, will hold, or held in the last 90 days', async () => {
    await batch(
      `insert into price_lists (id, title, starts_at, ends_at) values ('now', '', null, null),
         ('later', '', now() + interval '1 day', null), ('lately', '', null, now() - interval '89 days'),
         ('once', '', null, now() - interval '91 days')`,
      `insert into price_list_prices (list_id, variant_id, currency, min_quantity, amount_minor)
       select l.id, 'var_a', 'EUR', 1, 800 from price_lists l`,
      `insert into price_list_prices values ('now', 'var_a', 'EUR', 10, 700), ('now', 'var_b', 'EUR', 1, 400)`,
    );
    const { listPrices } = await facts('var_a');
    expect(listPrices).toEqual([
      { listId: 'lately', currency: 'EUR', minQuantity: 1, amountMinor: 800 },
      { listId: 'later', currency: 'EUR', minQuantity: 1, amountMinor: 800 },
      { listId: 'now', currency: 'EUR', minQuantity: 1, amountMinor: 800 },
      { listId: 'now', currency: 'EUR', minQuantity: 10, amountMinor: 700 },
    ]);
    await batch(`delete from price_lists`);
  });

  it('have the history of a price that something is compared with', async () => {
    expect(Object.keys((await facts('var_a')).priceHistory)).toEqual(['EUR']);
    expect((await facts('var_b')).priceHistory).toEqual({});
    await batch(`insert into price_lists (id, title, starts_at) values ('later', '', now() + interval '1 day')`);
    expect(Object.keys((await facts('var_a')).priceHistory).sort()).toEqual(['EUR', 'USD']);
    expect(Object.keys((await facts('var_b')).priceHistory)).toEqual(['EUR']);
    await batch(`delete from price_lists`);
  });

  it('have of the history what was asked in the last 90 days, and when each began', async () => {
    await batch(
      `delete from variants`,
      `delete from products`,
      `insert into products (id, slug, title) values ('prod_a', 'a', 'Cloth')`,
      `insert into variants (id, product_id, position, sku, title) values ('var_a', 'prod_a', 0, 'A', '')`,
      `insert into prices values ('var_a', 'EUR', 700, 900)`,
      // Before what was recorded just now.
      `insert into price_history (variant_id, currency, amount_minor, valid_from)
       select 'var_a', 'EUR', amount, now() - days * interval '1 day'
       from (values (1, 1000, 200), (2, 1100, 100), (3, 900, 50), (4, null, 40), (5, 950, 30)) v (n, amount, days)
       order by n`,
    );
    const points = (await facts('var_a')).priceHistory.EUR!;
    expect(points.map(({ amountMinor }) => amountMinor)).toEqual([1100, 900, 950, 700]);
    const now = Date.now();
    const days = points.map(({ from }) => Math.round((now - from) / DAY_MS));
    expect(days).toEqual([100, 50, 30, 0]);
  });
});

const batch = (...statements: string[]) =>
  store.sql.transaction(statements.map((statement) => store.sql.query(statement)));
