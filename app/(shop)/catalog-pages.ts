/**
 * The catalog as the pages read it. What pages of everybody share is kept in Next's data cache under tags, so that a
 * change shows at once: `catalog` on all of it, `product:{slug}` and `collection:{slug}` on one.
 */
import { unstable_cache } from 'next/cache';
import { cache } from 'react';
import type { Collection, Product, ProductList } from '@/commerce/catalog';
import { CommerceError } from '@/commerce/error';
import { getCollection, getProduct, listCollections, listProducts, type ProductQuery } from '@/edge/catalog';
import { loadFacts } from '@/edge/snapshot';
import { openStores } from '@/edge/stores';

/** A net under the tags, for a change that nobody told of. */
const KEPT_SECONDS = 900;

/** Next takes tags of at most 256 characters, and logs any that is longer: an address must not write our log. */
const MAX_SLUG_LENGTH = 200;

const NOTHING: ProductList = { items: [], nextCursor: null };

/** The product in the currency, or null where it is not sold (so). */
export async function loadProduct(slug: string, currency: string): Promise<Product | null> {
  if (slug.length > MAX_SLUG_LENGTH) return null;
  const load = unstable_cache(
    () => orIfNotSold(getProduct(openStores(), slug, currency), null),
    ['product', slug, currency],
    { tags: ['catalog', `product:${slug}`], revalidate: KEPT_SECONDS },
  );
  return load();
}

/** A page of products that is the same for everybody. */
export function loadProducts(query: ProductQuery): Promise<ProductList> {
  const tags = ['catalog', ...(query.collection ? [`collection:${query.collection}`] : [])];
  const load = unstable_cache(
    () => orIfNotSold(listProducts(openStores(), query), NOTHING),
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
  () => listCollections(openStores()),
  ['collections'],
  { tags: ['catalog'], revalidate: KEPT_SECONDS },
);

export async function loadCollection(slug: string): Promise<Collection | null> {
  if (slug.length > MAX_SLUG_LENGTH) return null;
  const load = unstable_cache(() => getCollection(openStores(), slug), ['collection', slug], {
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
    return await orIfNotSold(listProducts(openStores(), query), NOTHING);
  } catch (error) {
    if (!(error instanceof CommerceError) || error.code !== 'invalid_input') throw error;
    const { currency, facets } = query;
    return orIfNotSold(listProducts(openStores(), { currency, facets }), NOTHING);
  }
}

/** The collection as it is now, for pages of one visitor. */
export const findCollection = cache((slug: string): Promise<Collection | null> => getCollection(openStores(), slug));

/** The countries that the shop sends to, by their English names. */
export async function loadCountries(): Promise<{ code: string; name: string }[]> {
  const { rules } = await loadFacts(openStores(), [], { confirm: true });
  const names = new Intl.DisplayNames('en', { type: 'region' });
  return Object.keys(rules.taxZones)
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
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
