/** What the catalog asks of Postgres. Each function is one round trip. */
import { type SQL, sql } from 'drizzle-orm';
import type { Collection, Facets, ProductDocument } from '@/commerce/catalog';
import { currencyExponent } from '@/commerce/money';
import { lowestConverted } from '@/commerce/public-prices';
import { convertPrice } from '@/commerce/rounding';
import type { CurrencyConversion } from '@/commerce/rules';
import type { Db } from '@/db/client';
import type { Corrections, Position } from './catalog-cursor';
import { listPricesOf, priceHistoryOf } from './facts';
import { allowedTypos, nearestWords } from './search';

export type Sort = 'featured' | 'newest' | 'price-asc' | 'price-desc' | 'title' | 'relevance';

/** What a list shows. A product is in it if one of its variants fits all of the last four at once. */
export interface Filter {
  currency: string;
  /** What makes prices in the currency where none is set; null where nothing does. */
  conversion: CurrencyConversion | null;
  /** The words searched for; null where nothing is. */
  words: string[] | null;
  corrections: Corrections | null;
  /** The slug of a collection. */
  collection: string | null;
  /** Option name to the values allowed. */
  options: [name: string, values: string[]][];
  /** Of base prices in the currency, before price lists. */
  minPriceMinor: number | null;
  maxPriceMinor: number | null;
  availableOnly: boolean;
}

/** Whether a cursor's key can be one of the sort's: it goes into a query as that type. */
export const KEY_CHECKS: Record<Sort, (key: string) => boolean> = {
  featured: isInteger(2 ** 31),
  newest: isTimestamp,
  'price-asc': isInteger(2 ** 53),
  'price-desc': isInteger(2 ** 53),
  title: (key) => key.length <= 400 && !key.includes('\0'),
  relevance: isInteger(2 ** 31),
};

/** A day that does not exist, such as 31 February, would be the database's to refuse. */
function isTimestamp(key: string): boolean {
  if (!/^\d{4}(-\d\d){2} \d\d(:\d\d){2}\.\d{6}$/.test(key)) return false;
  const iso = `${key.slice(0, 23).replace(' ', 'T')}Z`;
  const time = Date.parse(iso);
  return !Number.isNaN(time) && new Date(time).toISOString() === iso && !key.startsWith('0000');
}

function isInteger(below: number): (key: string) => boolean {
  return (key) => /^-?\d{1,16}$/.test(key) && Math.abs(Number(key)) < below;
}

/** How each sort is keyed. The id follows in the same direction, so that no two products share a place. */
const SORTS: Record<Sort, { key: (filter: Filter) => SQL; type: SQL; descending: boolean }> = {
  featured: { key: () => sql`pc.position`, type: sql`integer`, descending: false },
  newest: { key: () => sql`l.created_at`, type: sql`timestamptz`, descending: true },
  'price-asc': { key: () => sql`l.min_minor`, type: sql`bigint`, descending: false },
  'price-desc': { key: () => sql`l.min_minor`, type: sql`bigint`, descending: true },
  title: { key: () => sql`l.title_key`, type: sql`text`, descending: false },
  relevance: {
    // A whole number, because a float does not survive being written down and read again.
    key: (filter) => sql`(ts_rank(s.document, ${searchQuery(filter)}) * 1000000)::integer`,
    type: sql`integer`,
    descending: true,
  },
};

/** Which part of a list: at most `limit` products behind the position `after`. */
export interface Part {
  sort: Sort;
  limit: number;
  after: Position | null;
}

/**
 * The products of one part of a list, each with its sort key, and with what their prices in the currency depend on: of
 * price lists only those of `listIds`.
 */
export async function readPage(
  db: Db,
  filter: Filter,
  part: Part,
  listIds: string[],
): Promise<{ key: string; product: ProductDocument }[]> {
  const { rows } = await db.execute<{ key: string; product: ProductDocument }>(pageQuery(filter, part, listIds));
  return rows;
}

/** Walks along the index of the sort from `after`, so that the last part costs what the first does. */
export function pageQuery(filter: Filter, { sort, limit, after }: Part, listIds: string[] = []): SQL {
  const { type, descending } = SORTS[sort];
  const key = SORTS[sort].key(filter);
  const direction = descending ? sql`desc` : sql`asc`;
  const keyText = sort === 'newest' ? sql`to_char(sort_key at time zone 'UTC', ${MICROSECONDS})` : sql`sort_key::text`;
  const afterKey = sort === 'newest' ? sql`(${after?.key}::timestamp at time zone 'UTC')` : sql`${after?.key}::${type}`;
  const behind = after
    ? sql`and (${key}, l.product_id) ${descending ? sql`<` : sql`>`} (${afterKey}, ${after.id})`
    : sql``;
  return sql`
    with page as materialized (
      select l.product_id, ${key} as sort_key
      from ${listed(filter)}
      where true ${behind} ${variantConditions(filter)}
      order by ${key} ${direction}, l.product_id ${direction}
      limit ${limit}
    )
    select ${keyText} as key, ${productJson({ filter, listIds })} as product
    from page join products p on p.id = page.product_id
    order by sort_key ${direction}, product_id ${direction}`;
}

/** All digits of a timestamp, so that a cursor finds exactly its place again. */
const MICROSECONDS = 'YYYY-MM-DD HH24:MI:SS.US';

/** The documents of those of the products that are active, by slug. */
export async function readProducts(db: Db, slugs: string[]): Promise<Map<string, ProductDocument>> {
  const { rows } = await db.execute<{ product: ProductDocument }>(sql`
    select ${productJson(null)} as product from products p where p.slug = any(${textArray(slugs)}) and p.status = 'active'`);
  return new Map(rows.map(({ product }) => [product.slug, product]));
}

export async function readCollections(db: Db): Promise<Collection[]> {
  const { rows } = await db.execute<Collection & Record<string, unknown>>(sql`
    select id, slug, title, description, image_url as "imageUrl" from collections order by position, title, id`);
  return rows;
}

/**
 * What was meant by words that nothing has. Null where there is nothing to put right: every word is known, or no known
 * one is near.
 */
export async function readCorrections(db: Db, words: string[]): Promise<Corrections | null> {
  const { rows } = await db.execute<{ found: boolean; candidates: string[] | null }>(sql`
    with asked as materialized (
      select word, place, search_query(array[word]) as query from unnest(${textArray(words)}) with ordinality w (word, place)
    ), looked_up as materialized (
      select word, place, exists (select from product_search s where s.document @@ asked.query) as found from asked
    )
    select found, case when not found then array(select search_candidates(word)) end as candidates
    from looked_up order by place`);
  const corrections = rows.map(({ found, candidates }, index) => {
    const word = words[index] ?? '';
    if (found || allowedTypos(word) === 0) return null;
    const near = nearestWords(word, candidates ?? []);
    return near.length > 0 ? near : null;
  });
  return corrections.some((words) => words !== null) ? corrections : null;
}

/** How many products the filter shows, and what they can be narrowed down by. */
export async function readFacets(db: Db, filter: Filter): Promise<{ total: number; facets: Facets }> {
  const { currency, conversion, collection, options, availableOnly } = filter;
  // Each facet is counted under all the other choices but not its own, so that one can see what else could be chosen.
  const inCollection = collection === null ? sql`true` : sql`in_collection`;
  const fits = priceFits(filter);
  const stockFits = availableOnly ? sql`available` : sql`true`;
  const optionsFit = and(options.map((option) => optionFits(option, sql`options`)));
  const otherOptionsFit = and(
    options.map((option) => sql`(o.key = ${option[0]} or ${optionFits(option, sql`options`)})`),
  );
  const query = db.execute<{
    total: number;
    collections: Facets['collections'];
    options: { name: string; value: string; count: number }[];
    price: { converted: boolean; min: number; max: number }[];
    availability: Facets['availability'];
  }>(sql`
    with sold as materialized (
      select v.product_id, v.options, r.currency, r.amount_minor, ${isAvailable} as available,
             ${
               collection === null
                 ? sql`true`
                 : sql`exists (
               select from product_collections pc
               where pc.product_id = l.product_id and pc.collection_id = ${collectionId(collection)})`
             } as in_collection
      from ${listed({ ...filter, collection: null })}
      join variants v on v.product_id = l.product_id
      join ${basePrice(filter)}
    ), shown as materialized (
      select * from sold where ${fits} and ${stockFits} and ${optionsFit}
    )
    select
      (select count(distinct product_id)::integer from shown where ${inCollection}) as total,
      (select coalesce(json_agg(json_build_object('slug', c.slug, 'title', c.title, 'count', n.count)
                                order by c.position, c.title), '[]')
       from (select pc.collection_id, count(*)::integer as count
             from (select distinct product_id from shown) x join product_collections pc using (product_id)
             group by pc.collection_id) n
       join collections c on c.id = n.collection_id) as collections,
      (select coalesce(json_agg(json_build_object('name', name, 'value', value, 'count', count)
                                order by name, count desc, value), '[]')
       from (select name, value, count(*)::integer as count,
                    row_number() over (partition by name order by count(*) desc, value) as place
             from (select distinct o.key as name, o.value, product_id
                   from sold cross join jsonb_each_text(options) o
                   where ${inCollection} and ${fits} and ${stockFits} and ${otherOptionsFit}) d
             group by name, value) n
       where place <= ${MAX_FACET_VALUES}) as options,
      (select coalesce(json_agg(json_build_object('converted', currency <> ${currency}, 'min', min, 'max', max)), '[]')
       from (select currency, min(amount_minor), max(amount_minor)
             from sold where ${inCollection} and ${stockFits} and ${optionsFit}
             group by currency) n) as price,
      (select json_build_object('available', count(*) filter (where available)::integer,
                                'unavailable', count(*) filter (where not available)::integer)
       from (select product_id, bool_or(available) as available
             from sold where ${inCollection} and ${fits} and ${optionsFit}
             group by product_id) n) as availability`);
  const [, , { rows }] = await db.batch([
    // Over many products, compiling the query takes longer than it saves, and sorting on disk longer than in memory.
    db.execute(sql`set local jit = off`),
    db.execute(sql`set local work_mem = '32MB'`),
    query,
  ]);
  const row = rows[0]!;
  const byName = new Map<string, { value: string; count: number }[]>();
  for (const { name, value, count } of row.options) {
    if (!byName.has(name)) byName.set(name, []);
    byName.get(name)?.push({ value, count });
  }
  const shown = (minor: number, converted: boolean) =>
    converted && conversion ? convertPrice(minor, conversion) : minor;
  const prices = row.price.flatMap(({ converted, min, max }) => [shown(min, converted), shown(max, converted)]);
  const money = (amount: number) => ({ amount, currency });
  return {
    total: row.total,
    facets: {
      collections: row.collections,
      options: [...byName].map(([name, values]) => ({ name, values })),
      price: prices.length === 0 ? null : { min: money(Math.min(...prices)), max: money(Math.max(...prices)) },
      availability: row.availability,
    },
  };
}

/** The most frequent values of an option; a catalog may have thousands. */
const MAX_FACET_VALUES = 100;

/** The listings `l` in the currency that fit search (`s`) and collection (`pc`). */
function listed(filter: Filter): SQL {
  const search = sql`join product_search s on s.product_id = l.product_id and s.document @@ ${searchQuery(filter)}`;
  const member = sql`join product_collections pc on pc.product_id = l.product_id
    and pc.collection_id = ${collectionId(filter.collection ?? '')}`;
  return sql`(${listings(filter)}) l ${filter.words ? search : sql``} ${filter.collection === null ? sql`` : member}`;
}

/**
 * What is sold in the currency. Where a conversion makes its prices, that is what is sold in the other currency, by the
 * prices there, and behind it what has prices in this one alone, by those prices converted back.
 */
function listings({ currency, conversion }: Filter): SQL {
  const columns = sql`o.product_id, o.min_minor, o.created_at, o.title_key`;
  if (!conversion) return sql`select ${columns} from product_listings o where o.currency = ${currency}`;
  const shift = currencyExponent(currency) - currencyExponent(conversion.from);
  return sql`
    select ${columns} from product_listings o where o.currency = ${conversion.from}
    union all
    select o.product_id,
           least(round(o.min_minor / (${conversion.rate}::numeric * power(10::numeric, ${shift}::integer))), ${LARGEST})::bigint,
           o.created_at, o.title_key
    from product_listings o
    where o.currency = ${currency} and not exists (
      select from product_listings other where other.product_id = o.product_id and other.currency = ${conversion.from})`;
}

const LARGEST = sql`${Number.MAX_SAFE_INTEGER}::numeric`;

/** The base price `r` of a variant `v`: the one that is set in the currency, else the one that is converted. */
function basePrice({ currency, conversion }: Filter): SQL {
  if (!conversion) return sql`prices r on r.variant_id = v.id and r.currency = ${currency}`;
  return sql`prices r on r.variant_id = v.id and (r.currency = ${currency} or (
    r.currency = ${conversion.from} and not exists (
      select from prices own where own.variant_id = v.id and own.currency = ${currency})))`;
}

/** Whether a base price, its `currency` and `amount_minor`, lies within the bounds that were asked for. */
function priceFits({ currency, conversion, minPriceMinor, maxPriceMinor }: Filter): SQL {
  const within = (min: number | null, max: number | null) =>
    and([
      ...(min === null ? [] : [sql`amount_minor >= ${min}::bigint`]),
      ...(max === null ? [] : [sql`amount_minor <= ${max}::bigint`]),
    ]);
  const own = within(minPriceMinor, maxPriceMinor);
  if (!conversion || (minPriceMinor === null && maxPriceMinor === null)) return sql`(${own})`;
  const converted = within(
    minPriceMinor === null ? null : lowestConverted(conversion, minPriceMinor),
    maxPriceMinor === null ? null : lowestConverted(conversion, maxPriceMinor + 1) - 1,
  );
  return sql`(case when currency = ${currency} then ${own} else ${converted} end)`;
}

/** A scalar sub-query, so that the planner sees one constant collection and uses its index. */
function collectionId(slug: string): SQL {
  return sql`(select id from collections where slug = ${slug})`;
}

/** A scalar sub-query too: a bare call would be made for every product that is looked at. */
function searchQuery({ words, corrections }: Filter): SQL {
  const asTyped = (words ?? []).filter((_, index) => !corrections?.[index]);
  const parts = asTyped.length > 0 ? [sql`search_query(${textArray(asTyped)})`] : [];
  for (const meant of corrections ?? []) {
    if (!meant) continue;
    const alternatives = meant.map((word) => sql`search_query(${textArray([word])})`);
    parts.push(sql`(${sql.join(alternatives, sql` || `)})`);
  }
  return sql`(select ${sql.join(parts, sql` && `)})`;
}

/** One variant that fits them all. A price that is asked for is a variant's, not the product's lowest. */
function variantConditions(filter: Filter): SQL {
  const conditions = filter.options.map((option) => optionFits(option, sql`v.options`));
  if (filter.availableOnly) conditions.push(isAvailable);
  if (filter.minPriceMinor !== null || filter.maxPriceMinor !== null) conditions.push(priceFits(filter));
  if (conditions.length === 0) return sql``;
  return sql`and exists (
    select from variants v join ${basePrice(filter)}
    where v.product_id = l.product_id and ${and(conditions)})`;
}

/** Containment, because that is what the index on options answers. */
function optionFits([name, values]: Filter['options'][number], column: SQL): SQL {
  const alternatives = values.map((value) => sql`${column} @> ${JSON.stringify({ [name]: value })}::jsonb`);
  return sql`(${sql.join(alternatives, sql` or `)})`;
}

const isAvailable = sql`(v.stock_policy = 'continue' or exists (
  select from stock k where k.variant_id = v.id and k.on_hand > k.held))`;

/** The document of a product `p`; of its prices with `only` no more than those in the filter's currency depend on. */
function productJson(only: { filter: Filter; listIds: string[] } | null): SQL {
  const inCurrency = (column: SQL) =>
    only ? sql`and ${column} = any(${textArray([only.filter.currency, only.filter.conversion?.from ?? ''])})` : sql``;
  const inLists = only ? sql`and lp.list_id = any(${textArray(only.listIds)})` : sql``;
  return sql`json_build_object(
    'id', p.id, 'slug', p.slug, 'title', p.title, 'description', p.description, 'vendor', p.vendor, 'type', p.type,
    'tags', to_json(p.tags), 'seo', json_build_object('title', p.seo_title, 'description', p.seo_description),
    'options', (
      select coalesce(json_agg(o.name order by o.position), '[]') from product_options o where o.product_id = p.id),
    'collections', (
      select coalesce(json_agg(json_build_object('id', c.id, 'slug', c.slug, 'title', c.title) order by c.position, c.id), '[]')
      from product_collections pc join collections c on c.id = pc.collection_id where pc.product_id = p.id),
    'media', (
      select coalesce(json_agg(json_build_object('id', m.id, 'url', m.url, 'alt', m.alt, 'width', m.width,
                                                 'height', m.height, 'variantId', m.variant_id) order by m.position, m.id), '[]')
      from media m where m.product_id = p.id),
    'variants', (
      select coalesce(json_agg(json_build_object(
        'id', v.id, 'sku', v.sku, 'title', v.title, 'options', v.options,
        'stock', json_build_object('available', (
          select coalesce(sum(k.on_hand - k.held), 0) from stock k where k.variant_id = v.id), 'policy', v.stock_policy),
        'prices', (
          select coalesce(json_object_agg(r.currency, json_build_object('amountMinor', r.amount_minor,
                                                                        'compareAtMinor', r.compare_at_minor)), '{}')
          from prices r where r.variant_id = v.id ${inCurrency(sql`r.currency`)}),
        'listPrices', ${listPricesOf(sql`${inCurrency(sql`lp.currency`)} ${inLists}`)},
        'priceHistory', ${priceHistoryOf(inCurrency(sql`h.currency`))}
      ) order by v.position, v.id), '[]')
      from variants v where v.product_id = p.id))`;
}

function and(conditions: SQL[]): SQL {
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

/** One parameter whatever the number, where Drizzle would make a list of them. */
function textArray(values: string[]): SQL {
  return sql`${sql.param(values)}::text[]`;
}
