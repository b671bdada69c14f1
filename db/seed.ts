/**
 * Fills an empty store with the mill's own shop: `tsx db/seed.ts [--force] [--if-configured]`.
 *
 * Everything goes through the same functions that an import uses, so that seeding tests them.
 */
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { createDb, type Db, type DbConnection } from './client';
import { findDbConnection } from './connection';
import { upsertCollections, upsertProducts } from './products';
import { shippingMethods, shippingPrices, shippingZoneAreas, shippingZones, taxRates, taxZones } from './schema';
import { bagsAndSmallThings } from './seed/bags-and-small-things';
import { COLLECTIONS } from './seed/collections';
import { denimAndTwill } from './seed/denim-and-twill';
import { herringbones } from './seed/herringbones';
import { kitchenAndTable } from './seed/kitchen-and-table';
import { linen } from './seed/linen';
import { LOCATIONS, toProductInput } from './seed/product';
import { REGIONS, SHIPPING_METHODS, SHIPPING_ZONES } from './seed/regions';
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
 * sets the mill's products, taxes and shipping to what is written here and leaves everything else alone.
 */
export async function seed(connection: DbConnection, { force = false } = {}): Promise<SeedResult> {
  const db = createDb(connection);
  if (!force) {
    const { rows } = await db.execute(sql`
      select (select count(*)::int from products) as products, (select count(*)::int from variants) as variants`);
    const { products, variants } = rows[0] as { products: number; variants: number };
    if (products > 0) return { seeded: false, products, variants };
  }
  await writeRegions(db);
  await upsertCollections(db, COLLECTIONS);
  const { rejected } = await upsertProducts(db, SEED_PRODUCTS);
  if (rejected.length > 0) {
    throw new Error(
      `The seed was not taken:\n${rejected.map(({ slug, message }) => `  ${slug}: ${message}`).join('\n')}`,
    );
  }
  const variants = SEED_PRODUCTS.reduce((sum, product) => sum + product.variants.length, 0);
  return { seeded: true, products: SEED_PRODUCTS.length, variants };
}

/** Locations, taxes and shipping, in one atomic batch: what a store needs besides products to sell anything. */
export async function writeRegions(db: Db): Promise<void> {
  const zones = Object.entries(REGIONS).map(([country, { pricesIncludeTax }]) => {
    return { id: country.toLowerCase(), country, pricesIncludeTax };
  });
  const rates = Object.entries(REGIONS).flatMap(([country, { label, standardBps, reducedBps }]) => {
    const zoneId = country.toLowerCase();
    return [
      { zoneId, taxClass: 'standard', label, rateBps: standardBps },
      { zoneId, taxClass: 'reduced', label, rateBps: reducedBps },
      // What an import says is not taxable.
      { zoneId, taxClass: 'exempt', label, rateBps: 0 },
    ];
  });
  const areas = SHIPPING_ZONES.flatMap(({ id, countries }) =>
    countries.map((country, position) => ({ zoneId: id, position, country })),
  );
  const methods = SHIPPING_METHODS.map(({ prices: _, ...method }, position) => ({ ...method, position }));
  const prices = SHIPPING_METHODS.flatMap(({ id, prices }) =>
    Object.entries(prices).map(([currency, amountMinor]) => ({ methodId: id, currency, amountMinor })),
  );
  await db.batch([
    db.execute(sql`
      insert into locations (id, name, priority)
      select id, name, priority
      from jsonb_to_recordset(${JSON.stringify(LOCATIONS)}::jsonb) as l(id text, name text, priority integer)
      on conflict (id) do update set name = excluded.name`),
    db
      .insert(taxZones)
      .values(zones)
      .onConflictDoUpdate({ target: taxZones.id, set: { pricesIncludeTax: sql`excluded.prices_include_tax` } }),
    db
      .insert(taxRates)
      .values(rates)
      .onConflictDoUpdate({
        target: [taxRates.zoneId, taxRates.taxClass, taxRates.position],
        set: { label: sql`excluded.label`, rateBps: sql`excluded.rate_bps` },
      }),
    db
      .insert(shippingZones)
      .values(SHIPPING_ZONES.map(({ id, title }) => ({ id, title })))
      .onConflictDoUpdate({ target: shippingZones.id, set: { title: sql`excluded.title` } }),
    db
      .insert(shippingZoneAreas)
      .values(areas)
      .onConflictDoUpdate({
        target: [shippingZoneAreas.zoneId, shippingZoneAreas.position],
        set: { country: sql`excluded.country` },
      }),
    db
      .insert(shippingMethods)
      .values(methods)
      .onConflictDoUpdate({
        target: shippingMethods.id,
        set: {
          title: sql`excluded.title`,
          zoneId: sql`excluded.zone_id`,
          minDays: sql`excluded.min_days`,
          maxDays: sql`excluded.max_days`,
          position: sql`excluded.position`,
        },
      }),
    db
      .insert(shippingPrices)
      .values(prices)
      .onConflictDoUpdate({
        target: [shippingPrices.methodId, shippingPrices.currency, shippingPrices.fromMeasure],
        set: { amountMinor: sql`excluded.amount_minor` },
      }),
  ]);
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
