import { vi } from 'vitest';
import { createDb, createSql, type Db, type Sql } from '@/db/client';
import { migrate } from '@/db/migrate';
import { type ProductInput, upsertProducts } from '@/db/products';
import { collections, locations, shippingMethods, shippingPrices } from '@/db/schema';
import type { CatalogDeps } from '@/edge/catalog';
import { CONFIRMED_FOR_MS } from '@/edge/catalog-memory';
import type { CatalogChange } from '@/edge/snapshot';
import type { Platform } from '@/local/platform';
import type { TestDatabase } from '@/tests/databases';
import { clientOf } from './calls';

const CURRENCIES = ['EUR', 'USD', 'JPY'];

/** A shop without products, on a platform of its own, and the edge's modules loaded afresh for it. */
export async function openCatalog(database: TestDatabase) {
  const platform = await database.start();
  Object.assign(process.env, platform.env);
  const connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
  await migrate(connection);
  const db = createDb(connection);
  await db.batch([
    db.insert(locations).values({ id: 'loc_mill', name: 'Mill', priority: 1 }),
    db.insert(shippingMethods).values({ id: 'ship_post', title: 'Post', minDays: 2, maxDays: 4 }),
    db
      .insert(shippingPrices)
      .values(CURRENCIES.map((currency) => ({ methodId: 'ship_post', currency, amountMinor: 1 }))),
    db.insert(collections).values([
      { id: 'coll_scarves', slug: 'scarves', title: 'Scarves', position: 1 },
      { id: 'coll_throws', slug: 'throws', title: 'Throws', position: 2 },
    ]),
  ]);
  const isolate = await freshIsolate(platform);
  return { platform, db, sql: createSql(connection), ...isolate, freshIsolate: () => freshIsolate(platform) };
}

export interface Isolate {
  call: ReturnType<typeof clientOf>;
  fetch(path: string, headers: Record<string, string>): Promise<Response>;
  deps: CatalogDeps;
  catalog: typeof import('@/edge/catalog');
  invalidate(change: CatalogChange): Promise<void>;
}

export type CatalogShop = Isolate & { platform: Platform; db: Db; sql: Sql; freshIsolate(): Promise<Isolate> };

/** The edge as a newly started isolate has it: nothing remembered, the environment not yet read. */
async function freshIsolate({ env }: Platform): Promise<Isolate> {
  vi.resetModules();
  const [{ edgeOperations }, { dispatch }, catalog, { createKv }, { invalidateCatalog }] = await Promise.all([
    import('@/edge/routes'),
    import('@/edge/http'),
    import('@/edge/catalog'),
    import('@/edge/kv'),
    import('@/edge/snapshot'),
  ]);
  const kv = createKv({ url: env.KV_REST_API_URL!, token: env.KV_REST_API_TOKEN! });
  const db = createDb({ url: env.DATABASE_URL!, fetchEndpoint: env.NEON_FETCH_ENDPOINT });
  return {
    call: clientOf(edgeOperations),
    fetch: (path, headers) => dispatch(edgeOperations, new Request(`http://shop.test${path}`, { headers })),
    deps: { kv, db },
    catalog,
    async invalidate(change) {
      await invalidateCatalog(kv, change);
      await afterRush();
    },
  };
}

export async function add(db: Db, ...inputs: ProductInput[]): Promise<void> {
  const { rejected } = await upsertProducts(db, inputs);
  if (rejected.length > 0) throw new Error(`The fixture was refused: ${JSON.stringify(rejected)}`);
}

/** A product from what matters to a test: `variants` is option values to price and stock. */
export function product(
  title: string,
  {
    variants = [{}],
    ...more
  }: Partial<Omit<ProductInput, 'variants' | 'title'>> & {
    variants?: { options?: Record<string, string>; sku?: string; eur?: number; usd?: number; stock?: number }[];
  } = {},
): ProductInput {
  const slug = title
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return {
    slug,
    title,
    description: '',
    vendor: '',
    type: '',
    tags: [],
    status: 'active',
    seo: { title: null, description: null },
    options: Object.keys(variants[0]?.options ?? {}),
    collections: [],
    media: [],
    ...more,
    variants: variants.map(({ options = {}, sku, eur = 1000, usd, stock = 5 }) => ({
      sku: sku ?? null,
      options,
      weightGrams: 100,
      taxClass: 'standard',
      stockPolicy: 'deny',
      requiresShipping: true,
      prices: {
        EUR: { amountMinor: eur, compareAtMinor: null },
        ...(usd === undefined ? {} : { USD: { amountMinor: usd, compareAtMinor: usd + 1 } }),
      },
      stock: { loc_mill: stock },
    })),
  };
}

/** Until the isolate asks KV again whether what it remembers still holds. */
export const afterRush = () => new Promise((resolve) => setTimeout(resolve, CONFIRMED_FOR_MS + 5));
