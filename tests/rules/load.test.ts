import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseFault } from '@/db/fault';
import { type RuleSet, writeRules } from '@/db/rules';
import { readRules, readVariants } from '@/edge/facts';
import { writeRuleFile } from '@/node/rules/describe';
import { loadRules } from '@/node/rules/load';
import { renderReport } from '@/node/rules/report';
import type { WrittenRuleFile } from '@/node/rules/shape';
import { readShop } from '@/node/rules/shop';
import { testDatabases } from '@/tests/databases';
import { method, promotion, shop, taxZone } from './files';
import { REFUSALS } from './refusals';
import { openTestStore, readTables, resetRules, type TestStore } from './store';

/** A good file with an entry of every kind and of every member. */
const FILE = {
  customerGroups: [{ id: 'trade', title: 'Trade' }],
  conversions: [
    { from: 'EUR', to: 'SEK', rate: '11.4321', rounding: { increment: '1.00', less: '0.01', mode: 'up' } },
    { from: 'EUR', to: 'CHF', rate: '0.95' },
  ],
  priceLists: [
    {
      id: 'trade',
      title: 'Trade',
      priority: 20,
      customerGroups: ['trade'],
      channels: ['web', 'pos'],
      countries: ['DE', 'JP'],
      startsAt: '2026-11-27T00:00:00+01:00',
      endsAt: '2027-11-27T00:00:00+01:00',
      tiersBy: 'product',
      of: { collections: ['clothes'], except: { products: ['scarf'], skus: ['SHIRT-M'] } },
      steps: [{ changePercent: -10 }, { minQuantity: 10, changePercent: '-12.5' }],
      rounding: { EUR: { increment: '0.05', mode: 'down' } },
      prices: [
        { sku: 'SHIRT-S', currency: 'EUR', minQuantity: 5, amount: '15.00' },
        { sku: 'SHIRT-S', currency: 'EUR', amount: '18.00' },
        { sku: 'SHIRT-S', currency: 'JPY', amount: '3600' },
      ],
    },
  ],
  taxZones: [
    {
      ...taxZone,
      shipping: { by: 'class', taxClass: 'reduced' },
      rounding: 'order',
      reverseCharge: true,
      rates: { standard: [{ label: 'VAT', percent: '19' }], reduced: [{ label: 'VAT', percent: '7' }] },
    },
    {
      id: 'by',
      country: 'DE',
      region: 'BY',
      postalCodes: ['80*', '81000-81999'],
      pricesIncludeTax: true,
      shipping: { by: 'highest' },
    },
    {
      id: 'qc',
      country: 'CA',
      pricesIncludeTax: false,
      rates: {
        standard: [
          { label: 'GST', percent: 5 },
          { label: 'QST', percent: '9.975', compound: true },
        ],
      },
      shipping: { by: 'proportion' },
    },
  ],
  shippingZones: [
    {
      id: 'germany',
      title: 'Germany',
      areas: [
        { country: 'DE', postalCodes: ['10115', '2*'] },
        { country: 'CA', regions: ['QC'] },
      ],
    },
  ],
  shippingMethods: [
    method,
    {
      id: 'parcel',
      title: 'Parcel',
      zone: 'germany',
      taxClass: 'reduced',
      basis: 'weight',
      prices: { EUR: [{ amount: '4.90' }, { from: 2000, amount: '7.90' }] },
      freeFrom: { EUR: '80' },
      dimensionalDivisor: 5000,
      limits: {
        minWeightGrams: 1,
        maxWeightGrams: 30_000,
        maxQuantity: 20,
        minSubtotal: { EUR: '5' },
        maxSubtotal: { EUR: '500' },
      },
      excludes: { products: ['scarf'] },
      minDays: 1,
      maxDays: 3,
      handlingDays: 1,
      cutoff: { time: '14:00', timeZone: 'Europe/Berlin' },
      weekends: false,
    },
    {
      id: 'counter',
      title: 'Counter',
      kind: 'pickup',
      basis: 'subtotal',
      prices: { EUR: [{ amount: '1' }, { from: '50.00', amount: '0' }] },
      pickupAddress: 'Weir Lane',
    },
  ],
  promotionGroups: [{ id: 'sale', title: 'Sale', priority: 5 }],
  promotions: [
    {
      id: 'a',
      title: 'A',
      codes: ['zebra', 'Alpha'],
      group: 'sale',
      priority: 3,
      startsAt: '2026-11-27T00:00:00+01:00',
      endsAt: '2027-11-27T00:00:00+01:00',
      hours: [{ days: [1, 5], from: '09:00', until: '18:00', timeZone: 'Europe/Berlin' }],
      conditions: [
        { kind: 'subtotal', of: { products: ['shirt'] }, from: { EUR: '50', JPY: '8000' } },
        { kind: 'quantity', of: { skus: ['SHIRT-S'] }, min: 1, max: 9 },
        { kind: 'country', in: ['DE'] },
        { kind: 'currency', in: ['EUR', 'JPY'] },
        { kind: 'channel', in: ['web'] },
        { kind: 'customer_group', in: ['trade'] },
        { kind: 'first_order' },
      ],
      usageLimit: 10,
      usageLimitPerCustomer: 1,
      effect: {
        kind: 'percent_off',
        of: { collections: ['clothes'] },
        percent: '12.5',
        max: { EUR: '20', JPY: '3000' },
      },
    },
    { id: 'b', title: 'B', group: 'sale', effect: { kind: 'amount_off', per: 'unit', amount: { EUR: '1.50' } } },
    {
      id: 'c',
      title: 'C',
      exclusive: true,
      effect: {
        kind: 'spend_steps',
        steps: [
          { from: { EUR: '50' }, percent: 5 },
          { from: { EUR: '100' }, amount: { EUR: '12' } },
        ],
      },
    },
    {
      id: 'd',
      title: 'D',
      effect: {
        kind: 'buy_get',
        buy: { of: { products: ['shirt'] }, quantity: 2 },
        get: { quantity: 1 },
        percent: 100,
        maxTimes: 2,
      },
    },
    {
      id: 'e',
      title: 'E',
      effect: {
        kind: 'bundle',
        parts: [
          { of: { products: ['shirt'] }, quantity: 1 },
          { of: { skus: ['SCARF'] }, quantity: 2 },
        ],
        price: { EUR: '40', JPY: '6000' },
      },
    },
    { id: 'f', title: 'F', effect: { kind: 'gift', sku: 'SCARF', quantity: 2 } },
    { id: 'g', title: 'G', effect: { kind: 'shipping_off', percent: 100, methods: ['parcel'] } },
  ],
} satisfies WrittenRuleFile;

const text = (file: unknown) => JSON.stringify(file);

describe.each(testDatabases('rules'))('loading rules on $server', ({ available, start }) => {
  const test = it.skipIf(!available);
  let store: TestStore;

  beforeAll(async () => {
    if (available) store = await openTestStore(await start());
  });
  beforeEach(async () => {
    if (available) await resetRules(store);
  });
  afterAll(() => store?.platform.close());

  const load = (file: unknown, options: Parameters<typeof loadRules>[1] = {}) =>
    loadRules(text(file), options, store.db);

  test('takes entries of every kind, resolved to ids, minor units and basis points', async () => {
    const report = await load(FILE);
    expect(report.errors).toEqual([]);
    expect(report.accepted).toBe(true);
    const rules = await readRules(store.db);
    const ids = await idsByName(store);
    expect(rules.currencies).toEqual(['EUR', 'JPY']);
    expect(rules.conversions.find(({ to }) => to === 'SEK')).toMatchObject({
      from: 'EUR',
      rounding: { incrementMinor: 100, lessMinor: 1, mode: 'up' },
    });
    expect(Number(rules.conversions.find(({ to }) => to === 'SEK')?.rate)).toBe(11.4321);
    expect(rules.priceLists).toEqual([
      {
        id: 'trade',
        title: 'Trade',
        priority: 20,
        customerGroups: ['trade'],
        channels: ['web', 'pos'],
        countries: ['DE', 'JP'],
        startsAt: Date.UTC(2026, 10, 26, 23),
        endsAt: Date.UTC(2027, 10, 26, 23),
        tiersBy: 'product',
        of: {
          collectionIds: [ids.clothes],
          except: { productIds: [ids.scarf], variantIds: [ids['SHIRT-M']] },
        },
        steps: [
          { minQuantity: 1, changeBps: -1000 },
          { minQuantity: 10, changeBps: -1250 },
        ],
        rounding: { EUR: { incrementMinor: 5, lessMinor: 0, mode: 'down' } },
      },
    ]);
    const variant = (await readVariants(store.db, [ids['SHIRT-S']!])).get(ids['SHIRT-S']!);
    expect(variant?.listPrices).toHaveLength(3);
    expect(variant?.listPrices).toContainEqual({ listId: 'trade', currency: 'EUR', minQuantity: 5, amountMinor: 1500 });
    const zone = rules.taxZones.find(({ id }) => id === 'qc');
    expect(zone?.rates.standard).toEqual([
      { label: 'GST', rateBps: 500, compound: false },
      { label: 'QST', rateBps: 997.5, compound: true },
    ]);
    expect(rules.shippingMethods.map(({ id }) => id)).toEqual(['standard', 'parcel', 'counter']);
    expect(rules.shippingMethods[1]).toMatchObject({
      zoneId: 'germany',
      prices: {
        EUR: [
          { from: 0, amountMinor: 490 },
          { from: 2000, amountMinor: 790 },
        ],
      },
      freeFrom: { EUR: 8000 },
      limits: { maxWeightGrams: 30_000, minSubtotal: { EUR: 500 } },
      excludes: { productIds: [ids.scarf] },
      cutoff: { time: '14:00', timeZone: 'Europe/Berlin' },
      weekends: false,
    });
    expect(rules.shippingMethods[2]?.prices.EUR).toEqual([
      { from: 0, amountMinor: 100 },
      { from: 5000, amountMinor: 0 },
    ]);
    const effects = Object.fromEntries(rules.promotions.map(({ id, effect }) => [id, effect]));
    expect(effects).toEqual({
      a: {
        kind: 'percent_off',
        of: { collectionIds: [ids.clothes] },
        percentBps: 1250,
        maxMinor: { EUR: 2000, JPY: 3000 },
      },
      b: { kind: 'amount_off', of: null, per: 'unit', amountMinor: { EUR: 150 } },
      c: {
        kind: 'spend_steps',
        of: null,
        steps: [
          { fromMinor: { EUR: 5000 }, percentBps: 500 },
          { fromMinor: { EUR: 10_000 }, amountMinor: { EUR: 1200 } },
        ],
      },
      d: {
        kind: 'buy_get',
        buy: { of: { productIds: [ids.shirt] }, quantity: 2 },
        get: { of: null, quantity: 1 },
        percentBps: 10_000,
        maxTimes: 2,
      },
      e: {
        kind: 'bundle',
        parts: [
          { of: { productIds: [ids.shirt] }, quantity: 1 },
          { of: { variantIds: [ids.SCARF] }, quantity: 2 },
        ],
        priceMinor: { EUR: 4000, JPY: 6000 },
        maxTimes: null,
      },
      f: { kind: 'gift', variantId: ids.SCARF, quantity: 2 },
      g: { kind: 'shipping_off', percentBps: 10_000, methodIds: ['parcel'] },
    });
    expect(rules.promotions.find(({ id }) => id === 'a')).toMatchObject({
      groupId: 'sale',
      priority: 3,
      usageLimit: 10,
      usageLimitPerCustomer: 1,
      usedUp: false,
      hours: [{ days: [1, 5], from: '09:00', until: '18:00', timeZone: 'Europe/Berlin' }],
    });
    expect(rules.promotions.find(({ id }) => id === 'a')?.codes.toSorted()).toEqual(['ALPHA', 'ZEBRA']);
  });

  test('is told to the shop by one message of the outbox, in the same batch', async () => {
    const before = store.platform.counters.sql;
    await load(FILE);
    // Rules, catalog names, the usual sample and its facts are read; then one batch writes.
    expect(store.platform.counters.sql - before).toBeLessThanOrEqual(6);
    expect(await store.sql.query('select topic, aggregate_id, payload from outbox')).toEqual([
      { topic: 'catalog.changed', aggregate_id: 'catalog', payload: { everything: true } },
    ]);
  });

  test('changes nothing, and writes nothing, where the shop has it already', async () => {
    await load(FILE);
    const before = await readTables(store.sql);
    await store.sql.query('delete from outbox');
    const { changes, accepted } = await load(FILE);
    expect(accepted).toBe(true);
    expect(
      Object.values(changes ?? {}).every(
        ({ added, changed, removed }) => added.length + changed.length + removed.length === 0,
      ),
    ).toBe(true);
    expect(await readTables(store.sql)).toEqual(before);
    expect(await store.sql.query('select id from outbox')).toEqual([]);
  });

  test('changes nothing where an export is loaded, whatever way each value was written', async () => {
    await load(FILE);
    const before = await readTables(store.sql);
    const exported = writeRuleFile((await readShop(store.db)).present);
    const { changes, errors } = await loadRules(exported, {}, store.db);
    expect(errors).toEqual([]);
    expect(changes).toMatchObject({ promotions: { added: [], changed: [], removed: [], unchanged: 7 } });
    expect(await readTables(store.sql)).toEqual(before);
    // And into an empty shop it brings all of it back.
    await resetRules(store);
    await loadRules(exported, {}, store.db);
    expect(await readTables(store.sql)).toEqual(before);
    expect(writeRuleFile((await readShop(store.db)).present)).toBe(exported);
  });

  test('replaces the sections that the file has, and leaves the others as they are', async () => {
    await load(FILE);
    const before = await readTables(store.sql);
    const { changes } = await load({ promotions: [{ ...promotion, codes: ['alpha'] }, FILE.promotions[1]] });
    expect(changes).toEqual({
      promotions: { added: ['ten-off'], changed: [], removed: ['a', 'c', 'd', 'e', 'f', 'g'], unchanged: 1 },
    });
    const after = await readTables(store.sql);
    expect(after.promotion_codes).toEqual([{ code: 'ALPHA', promotion_id: 'ten-off' }]);
    for (const table of Object.keys(before)) {
      if (table !== 'promotions' && table !== 'promotion_codes')
        expect([table, after[table]]).toEqual([table, before[table]]);
    }
  });

  test('lets codes, places and ids change hands', async () => {
    await load({
      ...FILE,
      promotions: [
        { ...promotion, id: 'a', codes: ['ONE'] },
        { ...promotion, id: 'b', codes: ['TWO'] },
      ],
      taxZones: [taxZone, { ...taxZone, id: 'jp', country: 'JP' }],
    });
    const { errors } = await load({
      promotions: [
        { ...promotion, id: 'a', codes: ['TWO'] },
        { ...promotion, id: 'b', codes: ['ONE'] },
      ],
      taxZones: [
        { ...taxZone, country: 'JP' },
        { ...taxZone, id: 'jp', country: 'DE' },
      ],
    });
    expect(errors).toEqual([]);
    expect((await readTables(store.sql)).promotion_codes).toEqual([
      { code: 'ONE', promotion_id: 'b' },
      { code: 'TWO', promotion_id: 'a' },
    ]);
    expect((await readRules(store.db)).taxZones.map(({ id, country }) => `${id} ${country}`)).toEqual([
      'de JP',
      'jp DE',
    ]);
  });

  test('keeps what was counted of a promotion that stays, and refuses a limit below it', async () => {
    const limited = { ...promotion, usageLimit: 5 };
    await load({ promotions: [limited] });
    await store.sql.query(`update promotions set used = 4 where id = 'ten-off'`);
    expect((await load({ promotions: [{ ...limited, title: 'Ten', usageLimit: 4 }] })).errors).toEqual([]);
    expect(await store.sql.query('select title, used, usage_limit from promotions')).toEqual([
      { title: 'Ten', used: 4, usage_limit: 4 },
    ]);
    expect((await readRules(store.db)).promotions[0]?.usedUp).toBe(true);
    const before = await readTables(store.sql);
    expect((await load({ promotions: [{ ...limited, usageLimit: 3 }] })).errors).toMatchObject([
      { path: 'promotions.0.usageLimit', code: 'limit_below_used' },
    ]);
    expect(await readTables(store.sql)).toEqual(before);
  });

  test('leaves it to the database where an order used a promotion meanwhile', async () => {
    await load({ promotions: [{ ...promotion, usageLimit: 5 }] });
    const { set } = await readShop(store.db);
    await store.sql.query(`update promotions set used = 3 where id = 'ten-off'`);
    const promotions = (set.promotions ?? []).map((one) => ({ ...one, usageLimit: 2 }));
    const failure = await writeRules(store.db, { promotions }).catch((error: unknown) => error);
    expect(databaseFault(failure)?.constraint).toBe('promotions_used_within_limit');
    expect(await store.sql.query('select used, usage_limit from promotions')).toEqual([{ used: 3, usage_limit: 5 }]);
  });

  test('leaves everything as it was where the last statement fails', async () => {
    await load(FILE);
    const before = await readTables(store.sql);
    await store.sql.query('delete from outbox');
    await store.sql.query(`alter table outbox add constraint no_messages check (topic <> 'catalog.changed')`);
    try {
      const failure = await writeRules(store.db, EMPTY).catch((error: unknown) => error);
      expect(databaseFault(failure)?.constraint).toBe('no_messages');
    } finally {
      await store.sql.query('alter table outbox drop constraint no_messages');
    }
    expect(await readTables(store.sql)).toEqual(before);
  });

  test('leaves the rules of one of two who load at once, never of both', async () => {
    const many = (name: string) => ({
      priceLists: [{ id: 'list', title: name, prices: [{ sku: name, currency: 'EUR', amount: '9' }] }],
      promotions: [{ ...promotion, id: name.toLowerCase() }],
    });
    await Promise.all([load(many('SHIRT-S')), load(many('SCARF')), load(many('SHIRT-M'))]);
    const { promotions = [], price_list_prices: prices = [] } = await readTables(store.sql);
    expect([promotions.length, prices.length]).toEqual([1, 1]);
  });

  test('writes nothing of a file with a fault', async () => {
    expect((await load(shop.present)).errors).toEqual([]);
    await store.sql.query(`update promotions set used = 7 where id = 'known'`);
    await store.sql.query('delete from outbox');
    const before = await readTables(store.sql);
    for (const { why, file } of REFUSALS) {
      const { errors, accepted, changes } = await load(file);
      expect([why, errors.length > 0, accepted, changes]).toEqual([why, true, false, null]);
    }
    expect((await loadRules('{ "promotions": [], }', {}, store.db)).errors).toMatchObject([{ code: 'json_malformed' }]);
    expect(await readTables(store.sql)).toEqual(before);
    expect(await store.sql.query('select id from outbox')).toEqual([]);
  }, 120_000);

  test('writes nothing of a dry run, and says what would change', async () => {
    const before = await readTables(store.sql);
    const report = await load(FILE, { dryRun: true });
    expect(report).toMatchObject({ accepted: false, errors: [], changes: { promotions: { added: [...'abcdefg'] } } });
    expect(renderReport(report)).toContain('Would change:\n  customer groups: 1 added (trade)');
    expect(await readTables(store.sql)).toEqual(before);
  });

  test('writes nothing where a sample costs other than it expects', async () => {
    const before = await readTables(store.sql);
    const sample = {
      name: 'One shirt',
      currency: 'EUR',
      country: 'DE',
      items: [{ sku: 'SHIRT-S' }],
      expect: { total: '18.00' },
    };
    const wrong = await load({
      promotions: [{ ...promotion, effect: { kind: 'percent_off', percent: 11 } }],
      samples: [sample],
    });
    expect(wrong.errors).toMatchObject([{ path: 'samples.0.expect.total', code: 'sample_differs' }]);
    expect(wrong.errors[0]?.message).toBe('"One shirt" would cost 17.80 EUR, not 18.00.');
    expect(await readTables(store.sql)).toEqual(before);
    expect((await load({ promotions: [promotion], samples: [sample] })).accepted).toBe(true);
  });

  test('shows samples before and after, with what took off what, and what did not apply and why', async () => {
    const file = {
      promotions: [
        promotion,
        {
          id: 'code',
          title: 'Five off',
          codes: ['FIVE'],
          conditions: [{ kind: 'subtotal', from: { EUR: '100' } }],
          effect: { kind: 'amount_off', per: 'order', amount: { EUR: '5' } },
        },
      ],
      samples: [
        {
          name: 'Two shirts and a scarf',
          currency: 'EUR',
          country: 'DE',
          items: [{ sku: 'SHIRT-S', quantity: 2 }, { sku: 'SCARF' }],
          coupons: ['five'],
          shippingMethod: 'standard',
        },
      ],
    };
    const report = await load(file);
    expect(renderReport(report)).toBe(`Two shirts and a scarf (EUR, DE)
                        before  after
  2 × SHIRT-S, Shirt     40.00  40.00
      Ten per cent off          -4.00
  1 × SCARF, Scarf       15.00  15.00
      Ten per cent off          -1.50
  Shipping: Standard      5.90   5.90
  Tax, included           9.72   8.85
  Total                  60.90  55.40
  Did not apply: FIVE, Five off. Goods for 45.00 EUR are missing.

Loaded:
  promotions: 2 added (ten-off, code)`);
  });

  test('shows products of the shop where the file has no samples', async () => {
    const { previews } = await load({ promotions: [promotion] });
    expect(previews).toHaveLength(1);
    expect(previews[0]?.after?.items.map(({ sku, quantity }) => `${quantity} ${sku}`)).toEqual([
      '1 SHIRT-S',
      '2 SCARF',
    ]);
    expect(previews[0]?.after?.shipping?.methodId).toBe('standard');
  });

  test('prices samples of another file in place of its own, with the prices that the lists would have', async () => {
    const list = { id: 'all', title: 'All', prices: [{ sku: 'SCARF', currency: 'EUR', amount: '12' }] };
    const samples = text([{ name: 'Scarf', currency: 'EUR', country: 'DE', items: [{ sku: 'SCARF' }] }]);
    const report = await loadRules(text({ priceLists: [list], samples: [] }), { samples, dryRun: true }, store.db);
    expect(
      report.previews.map(({ name, before, after }) => [name, before?.totals.total.amount, after?.totals.total.amount]),
    ).toEqual([['Scarf', 1500, 1200]]);
  });

  test('exports what is no longer in the catalog by its id, and does not take that back unseen', async () => {
    await load({
      promotions: [{ ...promotion, effect: { kind: 'percent_off', percent: 10, of: { products: ['shirt'] } } }],
    });
    await store.sql.query(`update promotions set effect = jsonb_set(effect, '{of,productIds,0}', '"prod_gone"')`);
    const exported = writeRuleFile((await readShop(store.db)).present);
    expect(exported).toContain('prod_gone');
    expect((await loadRules(exported, {}, store.db)).errors).toMatchObject([
      { path: 'promotions.0.effect.of.products.0', code: 'product_unknown' },
    ]);
    // It does not stand in the way of what has nothing to do with it.
    expect((await load({ customerGroups: [{ id: 'x', title: 'X' }] })).errors).toEqual([]);
  });

  test('keeps, and exports, what has ended', async () => {
    const ended = { ...promotion, id: 'last-year', codes: ['OLD'], endsAt: '2025-01-01T00:00:00Z' };
    const list = { id: 'last-year', title: 'Old', endsAt: '2025-01-01T00:00:00Z', steps: [{ changePercent: -5 }] };
    await load({ promotions: [ended], priceLists: [list] });
    const before = await readTables(store.sql);
    const exported = writeRuleFile((await readShop(store.db)).present);
    expect((await loadRules(exported, {}, store.db)).changes).toMatchObject({
      promotions: { unchanged: 1 },
      priceLists: { unchanged: 1 },
    });
    expect(await readTables(store.sql)).toEqual(before);
  });

  test('counts the uses of a promotion that was taken away and comes back', async () => {
    await store.sql.query(
      `insert into orders (id, cart_id, cart_key, cart_version, email, currency, country, tax_included, subtotal_minor,
         shipping_minor, tax_minor, total_minor, shipping_method_id, shipping_method_title, shipping_address,
         billing_address, expires_at)
       select 'ord_' || n, 'cart_' || n, 'key', 1, 'a@example.com', 'EUR', 'DE', true, 0, 0, 0, 0, 'post', 'Post', '{}',
         '{}', now() from generate_series(1, 3) n`,
    );
    await store.sql.query(
      `insert into promotion_uses (order_id, promotion_id, customer_key) select id, 'ten-off', 'key' from orders`,
    );
    expect((await load({ promotions: [{ ...promotion, usageLimit: 2 }] })).errors).toMatchObject([
      { path: 'promotions.0.usageLimit', code: 'limit_below_used' },
    ]);
    await load({ promotions: [{ ...promotion, usageLimit: 3 }] });
    expect((await readRules(store.db)).promotions).toMatchObject([{ id: 'ten-off', usedUp: true }]);
  });

  test('says the line of the file that a fault is in', async () => {
    const { errors } = await loadRules(
      '{\n  "promotions": [\n    { "id": "a",\n      "title": "" }\n  ]\n}',
      {},
      store.db,
    );
    expect(errors.map(({ line, path }) => [line, path])).toEqual([
      [3, 'promotions.0.effect'],
      [4, 'promotions.0.title'],
    ]);
  });
});

const EMPTY: Required<RuleSet> = {
  customerGroups: [],
  conversions: [],
  priceLists: [],
  taxZones: [],
  shippingZones: [],
  shippingMethods: [],
  promotionGroups: [],
  promotions: [],
};

async function idsByName({ sql }: TestStore): Promise<Record<string, string>> {
  const rows = await sql.query(`select slug as name, id from products union all select slug, id from collections
    union all select sku, id from variants`);
  return Object.fromEntries(rows.map(({ name, id }) => [name, id]));
}
