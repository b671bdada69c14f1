/**
 * Paging through a large catalog: 100,000 variants on PostgreSQL, 5,000 on PGlite, which shares its one thread with
 * everything else.
 */
import { sql as drizzleSql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProductList } from '@/commerce/catalog';
import type { Filter, Part, Sort } from '@/edge/catalog-queries';
import { testDatabases } from '@/tests/databases';
import { generateCatalog } from './catalog-generated';
import { type CatalogShop, openCatalog } from './catalog-shop';

const suites = testDatabases('cat_scale')
  .filter(({ available }) => available)
  .map((database) => ({ ...database, products: database.server === 'PostgreSQL' ? 20_000 : 1_000 }));

describe.each(suites)('a catalog of $products products on $server', ({ products, ...database }) => {
  let shop: CatalogShop;

  beforeAll(async () => {
    shop = await openCatalog(database);
    await generateCatalog(shop.sql, products);
    await shop.sql.query('analyze');
  }, 600_000);

  afterAll(() => shop?.platform.close());

  async function walk(query: string, between?: (page: number) => Promise<void>): Promise<string[]> {
    const slugs: string[] = [];
    let cursor = '';
    for (let page = 1; ; page += 1) {
      const path = `/api/products?limit=100&${query}${cursor && `&cursor=${cursor}`}`;
      const { status, body } = await shop.call<ProductList>('GET', path);
      expect(status, path).toBe(200);
      slugs.push(...body.items.map(({ slug }) => slug));
      if (body.nextCursor === null) return slugs;
      cursor = body.nextCursor;
      await between?.(page);
    }
  }

  it.each(['sort=newest', 'sort=price-desc', 'sort=title&currency=USD'])(
    'is walked through by %s without a double or a loss, while products are added',
    async (query) => {
      const before = new Set((await shop.sql.query('select slug from products')).map((row) => row.slug as string));
      const slugs = await walk(query, async (page) => {
        if (page % 5 === 0) await generateCatalog(shop.sql, 1, { from: before.size + page / 5 });
      });
      expect(new Set(slugs).size, 'no doubles').toBe(slugs.length);
      const seen = new Set(slugs);
      expect([...before].filter((slug) => !seen.has(slug))).toEqual([]);
    },
    600_000,
  );

  it.each([
    ['collection=collection-3', `select count(*) from product_collections where collection_id = 'coll_3'`],
    ['q=herringbone+scarf', `select count(*) from products where title like '%Herringbone Scarf%'`],
    [
      'option.Colour=Woad&option.Size=S2&available=true&sort=price-asc',
      `select count(*) from products where substr(id, 6)::integer % 4 = 3 and substr(id, 6)::integer % 10 <> 0`,
    ],
    [
      'minPrice=6300&sort=title',
      `select count(distinct v.product_id) from variants v join prices p on p.variant_id = v.id where currency = 'EUR' and amount_minor >= 6300`,
    ],
  ])(
    'shows all of %s',
    async (query, counted) => {
      const [row] = await shop.sql.query(counted);
      const slugs = await walk(query);
      expect(new Set(slugs).size).toBe(slugs.length);
      expect(slugs).toHaveLength(Number(row?.count));
      expect((await shop.call<ProductList>('GET', `/api/products?facets=true&limit=1&${query}`)).body.total).toBe(
        slugs.length,
      );
    },
    300_000,
  );

  const EVERYTHING: Filter = {
    currency: 'EUR',
    conversion: null,
    words: null,
    corrections: null,
    collection: null,
    options: [],
    minPriceMinor: null,
    maxPriceMinor: null,
    availableOnly: false,
  };

  const INDEXES: [Sort, string][] = [
    ['newest', 'product_listings_newest_index'],
    ['price-asc', 'product_listings_price_index'],
    ['price-desc', 'product_listings_price_index'],
    ['title', 'product_listings_title_index'],
  ];

  it.each(INDEXES)('is walked along an index by %s, as cheaply at its end as at its beginning', async (sort, index) => {
    const first = await explain({ sort, limit: 24, after: null });
    const end = await lastPosition(sort);
    const last = await explain({ sort, limit: 24, after: end });
    for (const { text } of [first, last]) {
      expect(text.includes(index), text).toBe(true);
      expect(
        /Seq Scan"[^{}]*"Relation Name":"(product_listings|products|variants|prices|stock)"/.test(text),
        text,
      ).toBe(false);
    }
    expect(last.buffers).toBeGreaterThan(0);
    expect(last.buffers / first.buffers).toBeLessThan(1.5);
  });

  it('would show it if the end were dear, as it is with an offset', async () => {
    const read = async (offset: number) =>
      buffersOf(
        await shop.db.execute(drizzleSql`explain (analyze, buffers, format json)
          select product_id from product_listings where currency = 'EUR'
          order by created_at desc, product_id desc limit 24 offset ${offset}`),
      );
    expect((await read(products - 24)).buffers / (await read(0)).buffers).toBeGreaterThan(5);
  });

  // In a small table reading all of it is rightly the cheaper way.
  it.skipIf(products < 20_000)('is searched through the index of its words', async () => {
    const { text } = await explain({ sort: 'relevance', limit: 24, after: null }, { words: ['herringbone', '12'] });
    expect(text.includes('product_search_document_index'), text).toBe(true);
  });

  async function explain(part: Part, filter: Partial<Filter> = {}) {
    const { pageQuery } = await import('@/edge/catalog-queries');
    const query = pageQuery({ ...EVERYTHING, ...filter }, part);
    return buffersOf(await shop.db.execute(drizzleSql`explain (analyze, buffers, format json) ${query}`));
  }

  async function lastPosition(sort: Sort) {
    const keys = { newest: 'created_at', 'price-asc': 'min_minor', 'price-desc': 'min_minor', title: 'title_key' };
    const key = keys[sort as keyof typeof keys];
    // From the far end: 25 places before the last.
    const back = sort === 'newest' || sort === 'price-desc' ? 'asc' : 'desc';
    const [row] = await shop.sql.query(
      `select product_id as id, ${key === 'created_at' ? `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')` : `${key}::text`} as key
       from product_listings where currency = 'EUR' order by ${key} ${back}, product_id ${back} offset 24 limit 1`,
    );
    return { id: row?.id as string, key: row?.key as string, corrections: null };
  }
});

function buffersOf({ rows }: { rows: Record<string, unknown>[] }): { text: string; buffers: number } {
  const [{ Plan: plan }] = rows[0]!['QUERY PLAN'] as [{ Plan: Record<string, number> }];
  return { text: JSON.stringify(plan), buffers: plan['Shared Hit Blocks']! + plan['Shared Read Blocks']! };
}
