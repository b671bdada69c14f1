/**
 * The catalog as shoppers and pages read it: products, searched and narrowed down, and collections.
 *
 * Only active products with a price in the asked-for currency exist here, and their prices are what the cart of a shopper
 * on the web charges of whom nothing is known: `docs/decisions/catalog-prices.md`. What this isolate has rendered is sent
 * again as it is until the versions in KV differ or a price list starts or ends; see `catalog-memory.ts`.
 */
import * as v from 'valibot';
import type { Collection, Product, ProductDocument, ProductList } from '@/commerce/catalog';
import { CommerceError } from '@/commerce/error';
import { chooseMarket, HOME_MARKET, requireCurrency } from '@/commerce/market';
import { conversionInto, priceProducts, publicLists, publicMoments, spanAt } from '@/commerce/public-prices';
import type { ShopRules } from '@/commerce/rules';
import { decodeCursor, encodeCursor, invalidCursor } from './catalog-cursor';
import {
  type Confirmation,
  type Freshness,
  isConfirmed,
  isYet,
  type Made,
  type Rendered,
  remember,
  render,
} from './catalog-memory';
import {
  type Filter,
  KEY_CHECKS,
  readCollections,
  readCorrections,
  readFacets,
  readPage,
  readProducts,
  type Sort,
} from './catalog-queries';
import { type Context, operation, type Reply } from './http';
import { requireStorable } from './json-body';
import { searchWords } from './search';
import { loadFacts, noteVersions, productKey, readThrough } from './snapshot';

/** What reading the catalog needs; a request's `Context` has both. */
export type CatalogDeps = Pick<Context, 'kv' | 'db'>;

/** What a list may be asked for; everything may be left out. Amounts are minor units of the currency. */
export interface ProductQuery {
  q?: string;
  /** A collection's slug; one that does not exist has no products. */
  collection?: string;
  /** ISO 4217; by default the home market's, or the shop's first where it does not sell in that. */
  currency?: string;
  /** 1 to 100; by default 24. */
  limit?: number;
  cursor?: string;
  /** By default relevance for a search, featured within a collection, else newest. */
  sort?: Sort;
  /** Option name to the values allowed. A product is shown if one variant fits all options, prices and availability. */
  options?: Record<string, string[]>;
  minPrice?: number;
  maxPrice?: number;
  /** Only what can be bought now. */
  available?: boolean;
  /** Also `total` and `facets`, which cost more than the list. */
  facets?: boolean;
}

/**
 * A page of products, exact, for pages that keep what they read. Throws `currency_not_sold`, and `invalid_input` for a
 * cursor of another list (path `cursor`). One round trip to KV where this isolate remembers the answer.
 */
export async function listProducts(deps: CatalogDeps, query: ProductQuery = {}): Promise<ProductList> {
  return JSON.parse((await listProductsRendered(deps, query, 'exact')).json) as ProductList;
}

/**
 * The product in one currency, or null where there is none that is active and sold in it. Exact, for pages that keep what
 * they read: one round trip to KV, whose document every change voids. Throws `currency_not_sold`.
 */
export async function getProduct(deps: CatalogDeps, slug: string, currency?: string): Promise<Product | null> {
  const rendered = await getProductRendered(deps, slug, currency, 'exact');
  return rendered ? (JSON.parse(rendered.json) as Product) : null;
}

/**
 * The moments, in milliseconds and ascending, at which what pages show of prices changes by itself: a price list that
 * everybody sees starts or ends. Exact, as above.
 */
export async function listPriceMoments(deps: CatalogDeps): Promise<number[]> {
  const { rules } = await loadFacts(deps, [], { confirm: true, anyStock: true });
  return publicMoments(rules);
}

/** All collections, in the order of the shop. */
export async function listCollections(deps: CatalogDeps): Promise<Collection[]> {
  return collectionsIn(await listCollectionsRendered(deps, 'exact'));
}

/** The collection, or null. */
export async function getCollection(deps: CatalogDeps, slug: string): Promise<Collection | null> {
  return (await listCollections(deps)).find((collection) => collection.slug === slug) ?? null;
}

// ---------------------------------------------------------------- over HTTP

/** An empty parameter, as forms send it, is one that was not given. */
function given<Output>(schema: v.GenericSchema<string, Output>) {
  return v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => (text === '' ? undefined : text)),
      v.optional(schema),
    ),
  );
}

const whole = v.pipe(v.string(), v.regex(/^\d{1,15}$/, 'This must be a whole number.'), v.transform(Number));
const flag = v.pipe(
  v.picklist(['true', 'false'], 'This must be true or false.'),
  v.transform((text) => text === 'true'),
);
const currency = v.pipe(
  v.string(),
  v.toUpperCase(),
  v.regex(/^[A-Z]{3}$/, 'This must be an ISO 4217 currency code, such as EUR.'),
);

const CurrencyQuery = v.object({ currency: given(currency) });

const ListQuery = v.object({
  q: given(v.string()),
  collection: given(v.pipe(v.string(), v.maxLength(200))),
  currency: given(currency),
  limit: given(v.pipe(whole, v.minValue(1, 'This must be at least 1.'), v.maxValue(100, 'This must be at most 100.'))),
  cursor: given(v.string()),
  sort: given(v.picklist(['featured', 'newest', 'price-asc', 'price-desc', 'title', 'relevance'])),
  minPrice: given(whole),
  maxPrice: given(whole),
  available: given(flag),
  facets: given(flag),
});

/** `option.Colour=Indigo`, as often as one likes: values of one name are alternatives, names add up. */
function optionsOf(params: URLSearchParams): Record<string, string[]> {
  const options = new Map<string, string[]>();
  for (const [key, value] of params) {
    const name = key.slice(OPTION_PREFIX.length);
    if (!key.startsWith(OPTION_PREFIX) || name === '' || value === '') continue;
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  return Object.fromEntries(options);
}

const OPTION_PREFIX = 'option.';

export const listProductsOperation = operation(
  { method: 'GET', path: '/api/products', query: ListQuery },
  async (context, { query }) =>
    answer(context, await listProductsRendered(context, { ...query, options: optionsOf(context.url.searchParams) })),
);

export const getProductOperation = operation(
  { method: 'GET', path: '/api/products/{slug}', query: CurrencyQuery },
  async (context, { query }) => {
    const rendered = await getProductRendered(context, context.params.slug ?? '', query.currency);
    if (!rendered) throw new CommerceError('not_found', 'There is no such product.');
    return answer(context, rendered);
  },
);

export const listCollectionsOperation = operation({ method: 'GET', path: '/api/collections' }, async (context) =>
  answer(context, await listCollectionsRendered(context)),
);

export const getCollectionOperation = operation({ method: 'GET', path: '/api/collections/{slug}' }, async (context) => {
  // Out of the one list that is remembered: made-up slugs must not crowd out what others ask for.
  const collections = collectionsIn(await listCollectionsRendered(context));
  const collection = collections.find(({ slug }) => slug === context.params.slug);
  if (!collection) throw new CommerceError('not_found', 'There is no such collection.');
  return answer(context, await render(collection));
});

/** May be kept by anyone, but is asked for again each time: a changed price shows at once. */
function answer({ request }: Pick<Context, 'request'>, { json, etag }: Rendered): Reply {
  const headers = { 'cache-control': 'public, no-cache', etag };
  const known = request.headers.get('if-none-match');
  // Proxies that compress make a tag weak; for a GET that is the same tag (RFC 9110, 13.1.2).
  const matches = known?.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
  return matches ? { status: 304, headers } : { json, headers };
}

// ---------------------------------------------------------------- answers

function listCollectionsRendered({ kv, db }: CatalogDeps, freshness?: Freshness): Promise<Rendered> {
  const make = async () => ({ body: { items: await readCollections(db), nextCursor: null }, until: null });
  return remember(kv, 'collections', make, freshness);
}

function collectionsIn({ json }: Rendered): Collection[] {
  return (JSON.parse(json) as { items: Collection[] }).items;
}

interface ProductsAsked {
  filter: Omit<Filter, 'currency' | 'conversion' | 'corrections'>;
  sort: Sort;
  currency: string | null;
  limit: number;
  cursor: string | null;
  facets: boolean;
}

async function listProductsRendered(deps: CatalogDeps, query: ProductQuery, freshness?: Freshness): Promise<Rendered> {
  const asked = normalise(query);
  return remember(deps.kv, JSON.stringify(['products', asked]), () => readList(deps, asked), freshness);
}

/** One form for all queries that mean the same. Throws `invalid_input`. */
function normalise(query: ProductQuery): ProductsAsked {
  const words = query.q?.trim() ? searchWords(query.q) : null;
  const collection = query.collection || null;
  let sort = query.sort ?? (words ? 'relevance' : collection ? 'featured' : 'newest');
  if ((sort === 'relevance' && !words) || (sort === 'featured' && !collection)) sort = 'newest';
  return {
    filter: {
      words,
      collection,
      options: normaliseOptions(query.options ?? {}),
      minPriceMinor: query.minPrice ?? null,
      maxPriceMinor: query.maxPrice ?? null,
      availableOnly: query.available ?? false,
    },
    sort,
    currency: query.currency ?? null,
    limit: query.limit ?? 24,
    cursor: query.cursor || null,
    facets: query.facets ?? false,
  };
}

function normaliseOptions(options: Record<string, string[]>): Filter['options'] {
  const entries = Object.entries(options);
  if (entries.length > 10) throw tooMuch('option', 'At most 10 options can be asked for at once.');
  return entries
    .map(([name, values]): [string, string[]] => {
      const path = `${OPTION_PREFIX}${name}`;
      requireStorable(name, 'option');
      for (const value of values) requireStorable(value, path);
      if (values.length > 20 || [name, ...values].some((text) => text.length > 200)) {
        throw tooMuch(path, 'An option takes at most 20 values of at most 200 characters.');
      }
      return [name, [...new Set(values)].sort()];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function tooMuch(path: string, message: string): CommerceError {
  return new CommerceError('invalid_input', message, { issues: [{ path, code: 'too_many', message }] });
}

async function readList(deps: CatalogDeps, asked: ProductsAsked): Promise<Made> {
  const { sort, limit } = asked;
  const now = Date.now();
  // Of what promotions give nothing is shown here, so its stock may be of any age.
  const { rules } = await loadFacts(deps, [], { anyStock: true });
  const { until } = spanAt(publicMoments(rules), now);
  const currency = chooseCurrency(rules, asked.currency);
  const list = JSON.stringify([asked.filter, sort, currency]);
  const after = asked.cursor === null ? null : decodeCursor(list, asked.cursor);
  if (after && !KEY_CHECKS[sort](after.key)) throw invalidCursor();
  const filter: Filter = {
    ...asked.filter,
    currency,
    conversion: conversionInto(rules, currency),
    corrections: after?.corrections ?? null,
  };

  // Only signs were typed, which no product has.
  if (filter.words?.length === 0) {
    return { body: { items: [], nextCursor: null, ...(asked.facets ? NOTHING : {}) }, until };
  }
  const listIds = publicLists(rules).map(({ id }) => id);
  // One more than asked for tells whether there is a next page.
  const page = (filter: Filter) => readPage(deps.db, filter, { sort, limit: limit + 1, after }, listIds);
  let rows = await page(filter);
  if (rows.length === 0 && filter.words && !after) {
    filter.corrections = await readCorrections(deps.db, filter.words);
    if (filter.corrections) rows = await page(filter);
  }
  const last = rows[limit - 1];
  const hasMore = rows.length > limit && last;
  const documents = rows.slice(0, limit).map(({ product }) => product);
  const body: ProductList = {
    items: priceProducts(documents, rules, currency, now),
    nextCursor: hasMore
      ? encodeCursor(list, { key: last.key, id: last.product.id, corrections: filter.corrections })
      : null,
    ...(asked.facets ? await readFacets(deps.db, filter) : {}),
    ...(filter.corrections
      ? { correctedQuery: filter.words?.map((word, index) => filter.corrections?.[index]?.[0] ?? word).join(' ') }
      : {}),
  };
  return { body, until };
}

const NOTHING: Pick<ProductList, 'total' | 'facets'> = {
  total: 0,
  facets: { collections: [], options: [], price: null, availability: { available: 0, unavailable: 0 } },
};

/** Throws `currency_not_sold`. A shop that has not been told yet how it ships sells in none, but shows what it has. */
function chooseCurrency(rules: ShopRules, wish: string | null): string {
  const isTold = rules.currencies.length > 0;
  if (wish === null) return isTold ? chooseMarket(rules, {}).currency : HOME_MARKET.currency;
  if (isTold) requireCurrency(rules, wish);
  return wish;
}

// ---------------------------------------------------------------- one product

const MAX_REMEMBERED_PRODUCTS = 300;

interface RenderedProduct extends Confirmation {
  text: string;
  document: ProductDocument;
  rules: ShopRules;
  /** The catalog's, of which the rules are; null where KV did not answer. */
  version: string | null;
  /** When the next price list starts or ends. */
  until: number | null;
  byCurrency: Map<string, Rendered>;
}

/** Products as this isolate rendered them, each good for as long as KV answers with the same text and version. */
const renderedProducts = new Map<string, RenderedProduct>();

async function getProductRendered(
  deps: CatalogDeps,
  slug: string,
  wish?: string,
  freshness?: Freshness,
): Promise<Rendered | null> {
  // What no product can be called costs no look-up.
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug) || slug.length > 255) return null;
  const now = Date.now();
  const remembered = renderedProducts.get(slug);
  const holds = freshness !== 'exact' && remembered && isYet(remembered.until) && isConfirmed(remembered);
  const known = holds ? remembered : await confirmProduct(deps, slug, remembered, now);
  if (!known) return null;

  const currency = chooseCurrency(known.rules, wish ?? null);
  const rendered = known.byCurrency.get(currency);
  if (rendered) return rendered;
  const [product] = priceProducts([known.document], known.rules, currency, now);
  if (!product) return null;
  const fresh = await render(product);
  known.byCurrency.set(currency, fresh);
  return fresh;
}

/**
 * The product and the rules as KV has them now, rendered anew only where one of them may be another; null where there is
 * no such product. The trip that reads the product tells whether the rules that are remembered still hold.
 */
async function confirmProduct(
  deps: CatalogDeps,
  slug: string,
  remembered: RenderedProduct | undefined,
  now: number,
): Promise<RenderedProduct | null> {
  const confirmation = { confirmedAt: now, askedAt: now };
  const key = productKey(slug);
  const loadRules = async () => (await loadFacts(deps, [], { anyStock: true })).rules;
  const [{ texts, versions }] = await Promise.all([
    readThrough(deps.kv, [key], async () => {
      const product = (await readProducts(deps.db, [slug])).get(slug);
      return new Map(product ? [[key, JSON.stringify(product)]] : []);
    }),
    // Most likely they are not remembered either: side by side both are sooner there.
    remembered ? null : loadRules(),
  ]);
  renderedProducts.delete(slug);
  const text = texts.get(key);
  if (!text) return null;
  if (versions) noteVersions(versions);
  // An absent version looks the same before and after a change that KV forgot.
  const version = versions?.catalog || null;
  let known = remembered;
  if (known?.text !== text || known.version !== version || version === null || !isYet(known.until)) {
    const rules = await loadRules();
    const { until } = spanAt(publicMoments(rules), now);
    const document = JSON.parse(text) as ProductDocument;
    known = { text, document, rules, version, until, byCurrency: new Map(), ...confirmation };
  }
  renderedProducts.set(slug, { ...known, ...confirmation });
  if (renderedProducts.size > MAX_REMEMBERED_PRODUCTS) {
    renderedProducts.delete(renderedProducts.keys().next().value ?? '');
  }
  return known;
}
