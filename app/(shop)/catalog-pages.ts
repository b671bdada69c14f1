/**
 * The catalog as the pages read it. What pages of everybody share is kept in Next's data cache under tags, so that a
 * change shows at once: `catalog` on all of it, `product:{slug}` and `collection:{slug}` on one.
 */
import { unstable_cache } from 'next/cache';
import { cache } from 'react';
import type { Collection, Product, ProductList } from '@/commerce/catalog';
import { CommerceError } from '@/commerce/error';
import { createDb } from '@/db/client';
import {
  type CatalogDeps,
  getCollection,
  getProduct,
  listCollections,
  listProducts,
  type ProductQuery,
} from '@/edge/catalog';
import { edgeEnv } from '@/edge/env';
import { createKv } from '@/edge/kv';
import { loadFacts } from '@/edge/snapshot';

/** A net under the tags, for a change that nobody told of. */
const KEPT_SECONDS = 900;

const NOTHING: ProductList = { items: [], nextCursor: null };

/** The product in the currency, or null where it is not sold (so). */
export function loadProduct(slug: string, currency: string): Promise<Product | null> {
  const load = unstable_cache(
    () => orIfNotSold(getProduct(deps(), slug, currency), null),
    ['product', slug, currency],
    { tags: ['catalog', `product:${slug}`], revalidate: KEPT_SECONDS },
  );
  return load();
}

/** A page of products that is the same for everybody. */
export function loadProducts(query: ProductQuery): Promise<ProductList> {
  const tags = ['catalog', ...(query.collection ? [`collection:${query.collection}`] : [])];
  const load = unstable_cache(
    () => orIfNotSold(listProducts(deps(), query), NOTHING),
    ['products', JSON.stringify(query)],
    {
      tags,
      revalidate: KEPT_SECONDS,
    },
  );
  return load();
}

/** All collections, in the order of the shop. */
export const loadCollections: () => Promise<Collection[]> = unstable_cache(
  () => listCollections(deps()),
  ['collections'],
  { tags: ['catalog'], revalidate: KEPT_SECONDS },
);

export function loadCollection(slug: string): Promise<Collection | null> {
  const load = unstable_cache(() => getCollection(deps(), slug), ['collection', slug], {
    tags: ['catalog', `collection:${slug}`],
    revalidate: KEPT_SECONDS,
  });
  return load();
}

/**
 * What one visitor searched for or narrowed down: not kept, there are too many of them. A wish that the catalog refuses,
 * such as the cursor of a list in another currency, is answered by the whole list: a link never breaks a page.
 */
export async function searchProducts(query: ProductQuery): Promise<ProductList> {
  try {
    return await orIfNotSold(listProducts(deps(), query), NOTHING);
  } catch (error) {
    if (!(error instanceof CommerceError) || error.code !== 'invalid_input') throw error;
    const { currency, facets } = query;
    return orIfNotSold(listProducts(deps(), { currency, facets }), NOTHING);
  }
}

/** The collection as it is now, for pages of one visitor. */
export const findCollection = cache((slug: string): Promise<Collection | null> => getCollection(deps(), slug));

/** The countries that the shop sends to, by their English names. */
export async function loadCountries(): Promise<{ code: string; name: string }[]> {
  const { rules } = await loadFacts(deps(), []);
  const names = new Intl.DisplayNames('en', { type: 'region' });
  return Object.keys(rules.taxZones)
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** Made for each use: nothing is asked of the environment until a page is. */
function deps(): CatalogDeps {
  const env = edgeEnv();
  return {
    kv: createKv({ url: env.KV_REST_API_URL, token: env.KV_REST_API_TOKEN }),
    db: createDb({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT }),
  };
}

/** A shop that does not sell in a currency has nothing to show in it; that is no fault of the visitor's. */
async function orIfNotSold<Value, Otherwise>(value: Promise<Value>, otherwise: Otherwise): Promise<Value | Otherwise> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof CommerceError && error.code === 'currency_not_sold') return otherwise;
    throw error;
  }
}
