import { createDb, type Db } from '@/db/client';
import { migrate } from '@/db/migrate';
import {
  locations,
  prices,
  products,
  shippingMethods,
  shippingPrices,
  shippingZoneAreas,
  shippingZones,
  stock,
  taxRates,
  taxZones,
  variants,
} from '@/db/schema';
import { createKv, type Kv } from '@/edge/kv';
import { type Platform, startPlatform } from '@/local/platform';

/** A small shop on a platform of its own, with the environment of this process pointed at it. */
export interface Shop {
  platform: Platform;
  db: Db;
  kv: Kv;
  close(): Promise<void>;
}

export const TWEED = 'var_tweed00000000000000000000';
export const LINEN = 'var_linen00000000000000000000';
/** Two left. */
export const SCARCE = 'var_scarce0000000000000000000';
/** Priced in euros alone. */
export const EUROS_ONLY = 'var_euros00000000000000000000';
/** Dearer than any cart can hold. */
export const PRICELESS = 'var_priceless0000000000000000';
/** Of a product that is a draft. */
export const DRAFT = 'var_draft00000000000000000000';
/** Nothing that is sent. */
export const VOUCHER = 'var_voucher000000000000000000';

export const HOME = { name: 'Ada', line1: 'Webergasse 1', city: 'Berlin', postalCode: '10115', country: 'DE' };

/** 100 more variants at 1.00 €, for carts that are full. */
export const PLENTY = Array.from({ length: 101 }, (_, index) => `var_plenty${String(index).padStart(20, '0')}`);

const PRICES: Record<string, Record<string, number>> = {
  [TWEED]: { EUR: 1999, USD: 2199, JPY: 3200, KWD: 6500 },
  [LINEN]: { EUR: 333, USD: 399 },
  [SCARCE]: { EUR: 5000, USD: 5500 },
  [EUROS_ONLY]: { EUR: 700 },
  [PRICELESS]: { EUR: Number.MAX_SAFE_INTEGER },
  [DRAFT]: { EUR: 100 },
  [VOUCHER]: { EUR: 2500 },
  ...Object.fromEntries(PLENTY.map((id) => [id, { EUR: 100 }])),
};

/** Starts a shop over PGlite and the embedded KV, or over a database of a real Redis, which it empties first. */
export async function openShop(redisUrl?: string): Promise<Shop> {
  const platform = await startPlatform({ dataDir: null, redisUrl });
  Object.assign(process.env, platform.env);
  const connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
  await migrate(connection);
  const db = createDb(connection);
  await stockShelves(db);
  const kv = createKv({ url: platform.env.KV_REST_API_URL!, token: platform.env.KV_REST_API_TOKEN! });
  return { platform, db, kv, close: () => platform.close() };
}

async function stockShelves(db: Db): Promise<void> {
  const ids = Object.keys(PRICES);
  const productOf = (id: string) => id.replace('var_', 'prod_');
  await db.batch([
    db.insert(products).values(
      ids.map((id) => ({
        id: productOf(id),
        slug: id.slice(4),
        title: `Cloth ${id.slice(4, 9)}`,
        status: id === DRAFT ? ('draft' as const) : ('active' as const),
      })),
    ),
    db.insert(variants).values(
      ids.map((id) => ({
        id,
        productId: productOf(id),
        position: 0,
        sku: id,
        title: '',
        taxClass: id === LINEN ? 'reduced' : 'standard',
        requiresShipping: id !== VOUCHER,
      })),
    ),
    db
      .insert(prices)
      .values(
        ids.flatMap((variantId) =>
          Object.entries(PRICES[variantId]!).map(([currency, amountMinor]) => ({ variantId, currency, amountMinor })),
        ),
      ),
    db.insert(locations).values({ id: 'loc_mill', name: 'Mill', priority: 1 }),
    db
      .insert(stock)
      .values(ids.map((variantId) => ({ variantId, locationId: 'loc_mill', onHand: variantId === SCARCE ? 2 : 5000 }))),
    db.insert(taxZones).values([
      { id: 'de', country: 'DE', pricesIncludeTax: true },
      { id: 'us', country: 'US', pricesIncludeTax: false },
      { id: 'jp', country: 'JP', pricesIncludeTax: true },
    ]),
    db.insert(taxRates).values([
      { zoneId: 'de', taxClass: 'standard', label: 'MwSt.', rateBps: 1900 },
      { zoneId: 'de', taxClass: 'reduced', label: 'MwSt. ermäßigt', rateBps: 700 },
      { zoneId: 'us', taxClass: 'standard', label: 'Sales tax', rateBps: 825 },
    ]),
    db.insert(shippingZones).values({ id: 'germany', title: 'Germany' }),
    db.insert(shippingZoneAreas).values({ zoneId: 'germany', position: 0, country: 'DE' }),
    db.insert(shippingMethods).values([
      { id: 'ship_post', title: 'Post', minDays: 2, maxDays: 4 },
      { id: 'ship_bike', title: 'Bike', zoneId: 'germany', minDays: 1, maxDays: 1, position: 1 },
    ]),
    db
      .insert(shippingPrices)
      .values([
        ...['EUR', 'USD', 'JPY', 'KWD'].map((currency) => ({ methodId: 'ship_post', currency, amountMinor: 495 })),
        { methodId: 'ship_bike', currency: 'EUR', amountMinor: 900 },
      ]),
  ]);
}
