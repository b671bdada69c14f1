import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upsertCollections, upsertProducts } from '@/db/products';
import { SEED_PRODUCTS } from '@/db/seed';
import { COLLECTIONS } from '@/db/seed/collections';
import { loadRules } from '@/node/rules/load';
import { renderReport } from '@/node/rules/report';
import { testDatabases } from '@/tests/databases';
import { taxZone } from './files';
import { openTestStore, resetRules, type TestStore } from './store';

const EXAMPLE = 'docs/examples/rules.json';

describe.each(testDatabases('rules_example').slice(0, 1))('the example of the manual', ({ start }) => {
  let store: TestStore;

  beforeAll(async () => {
    store = await openTestStore(await start());
    await resetRules(store);
    await store.sql.query(`insert into locations (id, name, priority) values ('shop', 'Shop', 2)`);
    await upsertCollections(store.db, COLLECTIONS);
    await upsertProducts(store.db, SEED_PRODUCTS);
  }, 120_000);
  afterAll(() => store?.platform.close());

  it('has a promotion of every kind, and a way of shipping by every measure that is usual', () => {
    const { promotions, shippingMethods } = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
    const kinds = promotions.map(({ effect }: { effect: { kind: string } }) => effect.kind);
    expect([...new Set(kinds)].sort()).toEqual([
      'amount_off',
      'bundle',
      'buy_get',
      'gift',
      'percent_off',
      'shipping_off',
      'spend_steps',
    ]);
    expect(shippingMethods.map(({ basis = 'flat' }) => basis)).toEqual(['weight', 'weight', 'subtotal', 'flat']);
  });

  it('is taken by the demo shop, with what it says that samples cost', async () => {
    const countries = [
      'DE',
      'AT',
      'FR',
      'NL',
      'IT',
      'ES',
      'BE',
      'IE',
      'PL',
      'SE',
      'DK',
      'FI',
      'PT',
      'GB',
      'CH',
      'US',
      'CA',
      'JP',
    ];
    const taxZones = countries.map((country) => ({ ...taxZone, id: country.toLowerCase(), country }));
    const { taxZones: _, ...example } = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
    const report = await loadRules(JSON.stringify({ ...example, taxZones }), {}, store.db);
    expect(report.errors).toEqual([]);
    expect(report.warnings).toEqual([]);
    expect(report.accepted).toBe(true);
    expect(report.previews.every(({ after }) => after !== null)).toBe(true);
    expect(renderReport(report)).toMatch(/Half the shipping on Friday evenings +-2\.95\n/);
  });
});
