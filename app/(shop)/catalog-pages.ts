/**
 * The catalog as the pages read it. What pages of everybody share is kept in Next's data cache under tags, so that a
 * change shows at once: `catalog` on all of it, `product:{slug}` and `collection:{slug}` on one. What holds prices is kept
 * for one span between starts and ends of price lists alone, and so are the pages made of it.
 */
import { unstable_cache } from 'next/cache';
import { cache } from 'react';
import type { Collection, Product, ProductList } from '@/commerce/catalog';
import { CommerceError } from '@/commerce/error';
import { spanAt } from '@/commerce/public-prices';
import { indexRules } from '@/commerce/rule-index';
import {
  getCollection,
  getProduct,
  listCollections,
  listPriceMoments,
  listProducts,
  type ProductQuery,
} from '@/edge/catalog';
import { loadFacts } from '@/edge/snapshot';
import { openStores } from '@/edge/stores';

/** A net under the tags, for a change that nobody told of. */
const KEPT_SECONDS = 900;

/** Next takes tags of at most 256 characters, and logs any that is longer: an address must not write our log. */
const MAX_SLUG_LENGTH = 200;

const NOTHING: ProductList = { items: [], nextCursor: null };

const loadMoments: () => Promise<number[]> = unstable_cache(() => listPriceMoments(openStores()), ['moments'], {
  tags: ['catalog'],
  revalidate: KEPT_SECONDS,
});

/** The span that this rendering shows the prices of: what names it in a key, and for how long it may be kept. */
const currentSpan = cache(async (): Promise<{ key: string; revalidate: number }> => {
  const now = Date.now();
  const { since, until } = spanAt(await loadMoments(), now);
  // Rounded up: a page that was made again just before the moment would be kept as it was.
  const left = until === null ? KEPT_SECONDS : Math.max(1, Math.ceil((until - now) / 1_000));
  return { key: `since ${since}`, revalidate: Math.min(KEPT_SECONDS, left) };
});

/** The product in the currency, or null where it is not sold (so). */
export async function loadProduct(slug: string, currency: string): Promise<Product | null> {
  if (slug.length > MAX_SLUG_LENGTH) return null;
  const { key, revalidate } = await currentSpan();
  const load = unstable_cache(
    () => orIfNotSold(getProduct(openStores(), slug, currency), null),
    ['product', slug, currency, key],
    { tags: ['catalog', `product:${slug}`], revalidate },
  );
  return load();
}

/** A page of products that is the same for everybody. */
export async function loadProducts(query: ProductQuery): Promise<ProductList> {
  const { key, revalidate } = await currentSpan();
  const tags = ['catalog', ...(query.collection ? [`collection:${query.collection}`] : [])];
  const load = unstable_cache(
    () => orIfNotSold(listProducts(openStores(), query), NOTHING),
    ['products', JSON.stringify(query), key],
    { tags, revalidate },
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
  return [...indexRules(rules).countries]
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
