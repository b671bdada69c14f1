import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDb, createSql, type Sql } from '@/db/client';
import { migrate } from '@/db/migrate';
import { readCustomerUses, readRules, readVariants } from '@/edge/facts';
import type { Platform } from '@/local/platform';
import { customerKeyOf } from '@/node/promotion-uses';
import { testDatabases } from '@/tests/databases';

const MIGRATIONS = fileURLToPath(new URL('../../db/migrations', import.meta.url));

describe.each(testDatabases('prices_migration'))('a shop of before price lists on $server', ({ available, start }) => {
  const test = it.skipIf(!available);
  let platform: Platform;
  let sql: Sql;

  beforeAll(async () => {
    if (!available) return;
    platform = await start();
    const connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
    sql = createSql(connection);
    const folder = upTo('0003_sold_variant_indexes');
    await migrate(connection, { folder });
    rmSync(folder, { recursive: true });
    await sql.transaction(FILLED.map((statement) => sql.query(statement)));
    expect(await migrate(connection)).toContain('0004_prices');
  });
  afterAll(async () => {
    if (available) await platform.close();
  });

  test('taxes each country as before', async () => {
    const { taxZones } = await readRules(database());
    const whole = { region: null, postalCodes: [], rounding: 'line', shipping: { by: 'method' }, reverseCharge: false };
    expect(taxZones).toEqual([
      {
        ...whole,
        id: 'de',
        country: 'DE',
        pricesIncludeTax: true,
        rates: {
          reduced: [{ label: 'MwSt. ermäßigt', rateBps: 700, compound: false }],
          standard: [{ label: 'MwSt.', rateBps: 1900, compound: false }],
        },
      },
      {
        ...whole,
        id: 'us',
        country: 'US',
        pricesIncludeTax: false,
        rates: { standard: [{ label: 'Sales tax', rateBps: 825, compound: false }] },
      },
    ]);
  });

  test('sends to the same countries for the same price', async () => {
    const { currencies, shippingMethods, shippingZones } = await readRules(database());
    expect(currencies).toEqual(['EUR', 'USD']);
    expect(shippingMethods).toMatchObject([
      {
        id: 'post',
        zoneId: null,
        taxClass: 'standard',
        minDays: 2,
        maxDays: 4,
        prices: { EUR: [{ from: 0, amountMinor: 495 }], USD: [{ from: 0, amountMinor: 595 }] },
      },
      { id: 'rail', zoneId: 'express', minDays: 1, maxDays: 3, prices: { EUR: [{ from: 0, amountMinor: 1200 }] } },
      { id: 'express', zoneId: 'express', taxClass: 'reduced', minDays: 1, maxDays: 1, prices: {} },
      { id: 'abroad', zoneId: 'abroad' },
    ]);
    const whole = (country: string) => ({ country, regions: [], postalCodes: [] });
    expect(shippingZones).toEqual([
      { id: 'abroad', title: 'Abroad', areas: [whole('US')] },
      { id: 'express', title: 'Rail, Express', areas: [whole('DE'), whole('AT')] },
    ]);
  });

  test('knows since when its prices are what they are', async () => {
    const facts = (await readVariants(database(), ['var_a'])).get('var_a');
    expect(facts).toMatchObject({ prices: { EUR: { amountMinor: 900, compareAtMinor: 1000 } }, size: null });
    expect(facts?.priceHistory).toEqual({ EUR: [{ from: Date.UTC(2026, 9, 1, 12), amountMinor: 900 }] });
    expect(await sql.query(`select currency, amount_minor::int as amount from price_history order by 1`)).toEqual([
      { currency: 'EUR', amount: 900 },
      { currency: 'USD', amount: 1100 },
    ]);
  });

  test('knows its customers by their orders, and has the orders as they were', async () => {
    const read = (email: string) => readCustomerUses(database(), customerKeyOf(email), []);
    expect(await read('ADA@example.com')).toMatchObject({ orderCount: 1 });
    expect(await read('bob@example.com')).toMatchObject({ orderCount: 0 });
    const [line] = await sql.query(`
      select o.channel, o.total_minor::int as total, l.tax_rate_bps::float8 as "rateBps", l.is_gift as "isGift"
      from orders o join order_lines l on l.order_id = o.id`);
    expect(line).toEqual({ channel: 'web', total: 900, rateBps: 1900, isGift: false });
  });

  const database = () => createDb({ url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT });
});

/** The migrations as they were when `tag` was the last. */
function upTo(tag: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-migrations-'));
  cpSync(MIGRATIONS, folder, { recursive: true });
  const journal = JSON.parse(readFileSync(join(MIGRATIONS, 'meta', '_journal.json'), 'utf8')) as {
    entries: { idx: number; tag: string }[];
  };
  const last = journal.entries.find((entry) => entry.tag === tag)!.idx;
  const entries = journal.entries.filter(({ idx }) => idx <= last);
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ entries }));
  return folder;
}

const FILLED = [
  `insert into products (id, slug, title) values ('prod_a', 'cloth', 'Cloth')`,
  `insert into variants (id, product_id, position, sku, title) values ('var_a', 'prod_a', 0, 'A', '')`,
  `insert into prices values ('var_a', 'EUR', 900, 1000, '2026-10-01T12:00:00Z'), ('var_a', 'USD', 1100, null, now())`,
  `insert into tax_zones values ('DE', true), ('US', false)`,
  `insert into tax_rates values ('DE', 'standard', 'MwSt.', 1900), ('DE', 'reduced', 'MwSt. ermäßigt', 700),
     ('US', 'standard', 'Sales tax', 825)`,
  // The days of the railway are the wrong way round.
  `insert into shipping_methods (id, title, countries, min_days, max_days, tax_class, position) values
     ('post', 'Post', '{}', 2, 4, 'standard', 0), ('rail', 'Rail', '{DE,AT}', 3, 1, 'standard', 1),
     ('express', 'Express', '{DE,AT}', 1, 1, 'reduced', 2), ('abroad', 'Abroad', '{US}', 5, 9, 'standard', 3)`,
  `insert into shipping_prices values ('post', 'EUR', 495), ('post', 'USD', 595), ('rail', 'EUR', 1200)`,
  `insert into orders (id, cart_id, cart_key, cart_version, email, currency, country, tax_included, subtotal_minor,
     shipping_minor, tax_minor, total_minor, shipping_method_id, shipping_method_title, shipping_address,
     billing_address, expires_at)
   values ('ord_1', 'cart_1', 'key', 1, 'Ada@example.com', 'EUR', 'DE', true, 900, 0, 144, 900, 'post', 'Post', '{}',
     '{}', now())`,
  `insert into order_lines (id, order_id, position, variant_id, sku, title, variant_title, slug, quantity,
     unit_price_minor, total_minor, tax_minor, tax_rate_bps)
   values ('line_1', 'ord_1', 0, 'var_a', 'A', 'Cloth', '', 'cloth', 1, 900, 900, 144, 1900)`,
];
