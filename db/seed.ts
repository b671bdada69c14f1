/**
 * Fills an empty store with the mill's own shop: `tsx db/seed.ts [--force] [--if-configured]`.
 *
 * Everything goes through the same functions that an import uses, so that seeding tests them.
 */
import { fileURLToPath } from 'node:url';
import { type SQL, sql } from 'drizzle-orm';
import { createDb, type Db, type DbConnection } from './client';
import { findDbConnection } from './connection';
import { collectionsStatement, upsertProducts } from './products';
import { writeRules } from './rules';
import { bagsAndSmallThings } from './seed/bags-and-small-things';
import { COLLECTIONS } from './seed/collections';
import { denimAndTwill } from './seed/denim-and-twill';
import { herringbones } from './seed/herringbones';
import { kitchenAndTable } from './seed/kitchen-and-table';
import { linen } from './seed/linen';
import { LOCATIONS, toProductInput } from './seed/product';
import { SHIPPING_METHODS, SHIPPING_ZONES, TAX_ZONES } from './seed/regions';
import { demoRules, type SeedIds } from './seed/rules';
import { scarvesAndCaps } from './seed/scarves-and-caps';
import { tartans } from './seed/tartans';
import { throwsAndBlankets } from './seed/throws-and-blankets';

/** The mill's whole list, as the database takes it. */
export const SEED_PRODUCTS = [
  ...tartans,
  ...herringbones,
  ...denimAndTwill,
  ...linen,
  ...throwsAndBlankets,
  ...scarvesAndCaps,
  ...kitchenAndTable,
  ...bagsAndSmallThings,
].map(toProductInput);

export interface SeedResult {
  /** False where there were products already, and nothing was touched. */
  seeded: boolean;
  products: number;
  variants: number;
}

/**
 * Writes the shop into a migrated database. Where there are products already it does nothing, unless `force`, which
 * sets the mill's products and all of the shop's rules to what is written here and leaves everything else alone.
 */
export async function seed(connection: DbConnection, { force = false } = {}): Promise<SeedResult> {
  const db = createDb(connection);
  if (!force) {
    const { rows } = await db.execute(sql`
      select (select count(*)::int from products) as products, (select count(*)::int from variants) as variants`);
    const { products, variants } = rows[0] as { products: number; variants: number };
    if (products > 0) return { seeded: false, products, variants };
  }
  await writeRegions(db, [collectionsStatement(COLLECTIONS)]);
  const { rejected } = await upsertProducts(db, SEED_PRODUCTS);
  if (rejected.length > 0) {
    throw new Error(
      `The seed was not taken:\n${rejected.map(({ slug, message }) => `  ${slug}: ${message}`).join('\n')}`,
    );
  }
  await writeRules(db, demoRules(await readIds(db)), { first: [earlierPrices()] });
  const variants = SEED_PRODUCTS.reduce((sum, product) => sum + product.variants.length, 0);
  return { seeded: true, products: SEED_PRODUCTS.length, variants };
}

/** Locations, taxes and shipping: what a store needs besides products to sell anything; and `more`, in the same batch. */
export async function writeRegions(db: Db, more: SQL[] = []): Promise<void> {
  const locations = sql`
    insert into locations (id, name, priority)
    select id, name, priority
    from jsonb_to_recordset(${JSON.stringify(LOCATIONS)}::jsonb) as l(id text, name text, priority integer)
    on conflict (id) do update set name = excluded.name`;
  const rules = { taxZones: TAX_ZONES, shippingZones: SHIPPING_ZONES, shippingMethods: SHIPPING_METHODS };
  await writeRules(db, rules, { first: [locations, ...more] });
}

/** Ids by slug, as the rules name things. */
async function readIds(db: Db): Promise<SeedIds> {
  const { rows } = await db.execute<{ name: string; id: string }>(sql`
    select 'product ' || slug as name, id from products
    union all select 'collection ' || slug, id from collections
    union all
    select 'variant of ' || p.slug, v.id from variants v join products p on p.id = v.product_id where v.position = 0`);
  const byName = new Map(rows.map(({ name, id }) => [name, id]));
  const find = (name: string) => {
    const id = byName.get(name);
    if (id === undefined) throw new Error(`The rules of the seed name a ${name}, which is not there.`);
    return id;
  };
  return {
    product: (slug) => find(`product ${slug}`),
    collection: (slug) => find(`collection ${slug}`),
    variantOf: (slug) => find(`variant of ${slug}`),
    tagged: (tag) => SEED_PRODUCTS.filter(({ tags }) => tags.includes(tag)).map(({ slug }) => find(`product ${slug}`)),
  };
}

/** Reduced goods were dearer before: since when, and what they cost then, so that the shop can say so. */
function earlierPrices(): SQL {
  return sql`
    insert into price_history (variant_id, currency, amount_minor, valid_from)
    select p.variant_id, p.currency, p.compare_at_minor, now() - interval '60 days'
    from prices p join variants v on v.id = p.variant_id join products d on d.id = v.product_id
    where p.compare_at_minor is not null and d.slug = any(${sql.param(SEED_PRODUCTS.map(({ slug }) => slug))}::text[])
      and not exists (
        select from price_history h
        where h.variant_id = p.variant_id and h.currency = p.currency and h.valid_from < now() - interval '1 day')`;
}

async function main(): Promise<void> {
  const connection = findDbConnection();
  if (!connection) {
    // As for the migration: a first deploy may build before its database exists.
    if (process.argv.includes('--if-configured')) return console.info('No database yet: nothing was seeded.');
    throw new Error('Set DATABASE_URL, or start the store first: npm start.');
  }
  const started = performance.now();
  const { seeded, products, variants } = await seed(connection, { force: process.argv.includes('--force') });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.info(
    seeded
      ? `Seeded ${products} products with ${variants} variants in ${seconds} s.`
      : `There are ${products} products already: nothing to seed. With --force the mill's own are written again.`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
