import { createDb, createSql, type Db, type DbConnection, type Sql } from '@/db/client';
import { migrate } from '@/db/migrate';
import { upsertCollections, upsertProducts, type VariantInput } from '@/db/products';
import { writeRules } from '@/db/rules';
import type { Platform } from '@/local/platform';
import { resolveRules } from '@/node/rules/resolve';
import { readShop } from '@/node/rules/shop';
import { method, taxZone, withDefaults } from './files';

export interface TestStore {
  platform: Platform;
  connection: DbConnection;
  db: Db;
  sql: Sql;
}

/** The tables that rules are in, children first. */
const TABLES = [
  'price_list_prices',
  'price_list_steps',
  'price_lists',
  'promotion_codes',
  'promotions',
  'promotion_groups',
  'shipping_prices',
  'shipping_methods',
  'shipping_zone_areas',
  'shipping_zones',
  'tax_rates',
  'tax_zones',
  'currency_conversions',
  'customer_groups',
];

export async function openTestStore(platform: Platform): Promise<TestStore> {
  const connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
  await migrate(connection);
  const store = { platform, connection, db: createDb(connection), sql: createSql(connection) };
  await writeCatalog(store);
  return store;
}

/** Every row of every rule, without the times at which they were written. */
export async function readTables(sql: Sql): Promise<Record<string, unknown[]>> {
  const rows = await sql.transaction(
    TABLES.map((table) =>
      sql.query(
        `select to_jsonb(t) - 'created_at' - 'updated_at' as row from ${table} t order by (to_jsonb(t) - 'created_at' - 'updated_at')::text`,
      ),
    ),
  );
  return Object.fromEntries(TABLES.map((table, index) => [table, (rows[index] ?? []).map((found) => found.row)]));
}

/** Takes every rule away and sets those of a small shop: taxes in two countries, one way to ship. */
export async function resetRules({ db, sql }: TestStore): Promise<void> {
  const tables = ['promotion_customers', 'promotion_uses', 'orders', 'outbox', ...TABLES];
  await sql.transaction(tables.map((table) => sql.query(`delete from ${table}`)));
  const base = withDefaults({
    taxZones: [
      taxZone,
      { ...taxZone, id: 'jp', country: 'JP', rates: { standard: [{ label: 'Tax', percent: '10' }] } },
    ],
    shippingMethods: [method],
  });
  const { catalog } = await readShop(db);
  await writeRules(db, resolveRules(base, catalog));
  await sql.query('delete from outbox');
}

/** The products that `files.ts` knows the names of. */
async function writeCatalog({ db, sql }: TestStore): Promise<void> {
  await sql.query(`insert into locations (id, name, priority) values ('mill', 'Mill', 1) on conflict do nothing`);
  await upsertCollections(db, [
    { slug: 'clothes', title: 'Clothes' },
    { slug: 'small-things', title: 'Small things' },
  ]);
  const product = (slug: string, title: string, collections: string[], variants: VariantInput[]) => ({
    slug,
    title,
    description: '',
    vendor: '',
    type: '',
    tags: [],
    status: slug === 'old-hat' ? ('archived' as const) : ('active' as const),
    seo: { title: null, description: null },
    options: ['Size'],
    collections,
    media: [],
    variants,
  });
  const { rejected } = await upsertProducts(db, [
    product('shirt', 'Shirt', ['clothes'], [variant('SHIRT-S', 'S', 2000), variant('SHIRT-M', 'M', 2000)]),
    product('scarf', 'Scarf', ['clothes', 'small-things'], [variant('SCARF', 'One', 1500)]),
    product('old-hat', 'Old hat', [], [variant('OLD-HAT', 'One', 900)]),
  ]);
  if (rejected.length > 0) throw new Error(JSON.stringify(rejected));
}

function variant(sku: string, size: string, eurMinor: number): VariantInput {
  return {
    sku,
    options: { Size: size },
    weightGrams: 200,
    taxClass: 'standard',
    stockPolicy: 'deny',
    requiresShipping: true,
    prices: {
      EUR: { amountMinor: eurMinor, compareAtMinor: null },
      JPY: { amountMinor: eurMinor * 2, compareAtMinor: null },
    },
    stock: { mill: 50 },
  };
}
