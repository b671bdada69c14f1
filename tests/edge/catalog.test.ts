import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Collection, Product, ProductList } from '@/commerce/catalog';
import { testDatabases } from '@/tests/databases';
import type { Problem } from './calls';
import { add, afterRush, type CatalogShop, openCatalog, product } from './catalog-shop';

const WARM = { kv: 1, db: 0 };

describe.each(testDatabases('cat_catalog').filter(({ available }) => available))(
  'the catalog on $server',
  (database) => {
    let shop: CatalogShop;

    beforeAll(async () => {
      shop = await openCatalog(database);
      await add(
        shop.db,
        product('Ash Scarf', {
          collections: ['scarves'],
          media: [{ url: 'https://pictures.example/ash.svg', alt: 'Ash', variantIndex: 1, width: 4, height: 5 }],
          variants: [
            { options: { Colour: 'Ash', Size: 'Short' }, eur: 3000, usd: 3300 },
            { options: { Colour: 'Ash', Size: 'Long' }, eur: 4000, usd: 4400, stock: 0 },
          ],
        }),
        product('Birch Scarf', {
          collections: ['scarves', 'throws'],
          variants: [
            { options: { Colour: 'Birch', Size: 'Short' }, eur: 2000 },
            { options: { Colour: 'Ash', Size: 'Long' }, eur: 6000 },
          ],
        }),
        product('Cedar Throw', {
          collections: ['throws'],
          variants: [{ options: { Colour: 'Cedar' }, eur: 9000, usd: 9900, stock: 0 }],
        }),
        product('Draft Throw', { status: 'draft', collections: ['throws'] }),
        product('Élan Throw', { collections: ['throws'], variants: [{ eur: 500 }] }),
      );
      // So that "newest" is an order of the test's own choosing.
      await shop.sql.query(
        `update products set created_at = timestamptz '2026-01-01' + interval '1 day' * ascii(slug)`,
      );
    });

    afterAll(() => shop?.platform.close());

    const slugsOf = async (query: string) => {
      const { status, body } = await shop.call<ProductList>('GET', `/api/products?${query}`);
      expect(status, JSON.stringify(body)).toBe(200);
      return body.items.map(({ slug }) => slug);
    };
    const list = async (query: string) => (await shop.call<ProductList>('GET', `/api/products?${query}`)).body;
    /** What importers and staff do after a write of their own. */
    const change = async (statement: string, slug?: string) => {
      await shop.sql.query(statement);
      await shop.invalidate({ slugs: slug ? [slug] : [] });
    };

    describe('lists', () => {
      it.each([
        ['sort=newest', ['elan-throw', 'cedar-throw', 'birch-scarf', 'ash-scarf']],
        ['sort=price-asc', ['elan-throw', 'birch-scarf', 'ash-scarf', 'cedar-throw']],
        ['sort=price-desc', ['cedar-throw', 'ash-scarf', 'birch-scarf', 'elan-throw']],
        ['sort=title', ['ash-scarf', 'birch-scarf', 'cedar-throw', 'elan-throw']],
        ['collection=throws', ['birch-scarf', 'cedar-throw', 'elan-throw']],
        ['collection=throws&sort=price-desc', ['cedar-throw', 'birch-scarf', 'elan-throw']],
        ['collection=nothing', []],
        ['currency=USD&sort=title', ['ash-scarf', 'cedar-throw']],
        ['currency=usd&sort=price-desc', ['cedar-throw', 'ash-scarf']],
        ['currency=JPY', []],
        ['option.Colour=Ash&sort=title', ['ash-scarf', 'birch-scarf']],
        ['option.Colour=Ash&option.Colour=Cedar&sort=title', ['ash-scarf', 'birch-scarf', 'cedar-throw']],
        ['option.Colour=Ash&option.Size=Short', ['ash-scarf']],
        ['option.Colour=Birch&option.Size=Long', []],
        ['option.Nothing=1', []],
        ['available=true&sort=title', ['ash-scarf', 'birch-scarf', 'elan-throw']],
        ['available=true&option.Size=Long', ['birch-scarf']],
        ['minPrice=3000&maxPrice=4000', ['ash-scarf']],
        ['minPrice=4500&maxPrice=7000&option.Colour=Ash', ['birch-scarf']],
        ['minPrice=9001', []],
        ['q=scarf&collection=throws', ['birch-scarf']],
        [
          'q=&collection=&currency=&limit=&cursor=&sort=title&minPrice=&available=&option.Colour=&unknown=1',
          ['ash-scarf', 'birch-scarf', 'cedar-throw', 'elan-throw'],
        ],
      ])('narrow down and sort by %s', async (query, slugs) => expect(await slugsOf(query)).toEqual(slugs));

      it('show whole products, priced in one currency', async () => {
        const { items } = await list('currency=USD&option.Colour=Ash');
        expect(items).toEqual([
          {
            id: expect.stringMatching(/^prod_/),
            slug: 'ash-scarf',
            title: 'Ash Scarf',
            description: '',
            vendor: '',
            type: '',
            tags: [],
            seo: { title: null, description: null },
            options: ['Colour', 'Size'],
            collections: [{ id: 'coll_scarves', slug: 'scarves', title: 'Scarves' }],
            media: [
              {
                id: expect.stringMatching(/^media_/),
                url: 'https://pictures.example/ash.svg',
                alt: 'Ash',
                width: 4,
                height: 5,
                variantId: items[0]?.variants[1]?.id,
              },
            ],
            variants: [
              {
                id: expect.stringMatching(/^var_/),
                sku: expect.any(String),
                title: 'Ash / Short',
                options: { Colour: 'Ash', Size: 'Short' },
                price: { amount: 3300, currency: 'USD' },
                compareAtPrice: { amount: 3301, currency: 'USD' },
                lowestPriorPrice: null,
                tiers: [],
                stock: { available: 5, policy: 'deny' },
              },
              expect.objectContaining({
                price: { amount: 4400, currency: 'USD' },
                stock: { available: 0, policy: 'deny' },
              }),
            ],
          },
        ]);
      });

      it('count what each further choice would show, without the choice itself', async () => {
        const { total, facets } = await list('facets=true&option.Colour=Ash&collection=scarves');
        expect(total).toBe(2);
        expect(facets).toEqual({
          collections: [
            { slug: 'scarves', title: 'Scarves', count: 2 },
            { slug: 'throws', title: 'Throws', count: 1 },
          ],
          options: [
            {
              name: 'Colour',
              values: [
                { value: 'Ash', count: 2 },
                { value: 'Birch', count: 1 },
              ],
            },
            {
              name: 'Size',
              values: [
                { value: 'Long', count: 2 },
                { value: 'Short', count: 1 },
              ],
            },
          ],
          price: { min: { amount: 3000, currency: 'EUR' }, max: { amount: 6000, currency: 'EUR' } },
          availability: { available: 2, unavailable: 0 },
        });
      });

      it('count all where nothing is chosen, and nothing where nothing is found', async () => {
        const all = await list('facets=true');
        expect(all.total).toBe(4);
        expect(all.facets?.availability).toEqual({ available: 3, unavailable: 1 });
        expect(all.facets?.price).toEqual({
          min: { amount: 500, currency: 'EUR' },
          max: { amount: 9000, currency: 'EUR' },
        });
        expect((await list('facets=true&minPrice=5000&maxPrice=7000&available=true')).facets).toMatchObject({
          availability: { available: 1, unavailable: 0 },
          collections: [
            { slug: 'scarves', count: 1 },
            { slug: 'throws', count: 1 },
          ],
        });
        const nothing = { collections: [], options: [], price: null, availability: { available: 0, unavailable: 0 } };
        expect(await list('facets=true&q=xylophone')).toMatchObject({ items: [], total: 0, facets: nothing });
        expect(await list('facets=true&q=!!!')).toMatchObject({ items: [], total: 0, facets: nothing });
      });

      it.each([
        ['limit=0', 'limit'],
        ['limit=101', 'limit'],
        ['limit=1.5', 'limit'],
        ['limit=-1', 'limit'],
        ['sort=colour', 'sort'],
        ['currency=EURO', 'currency'],
        ['currency=XXX', 'currency'],
        ['minPrice=1e3', 'minPrice'],
        ['maxPrice=99999999999999999', 'maxPrice'],
        ['available=yes', 'available'],
        ['facets=1', 'facets'],
        [`option.Colour=${'x'.repeat(201)}`, 'option.Colour'],
        [Array.from({ length: 11 }, (_, index) => `option.${index}=x`).join('&'), 'option'],
        ['option.A%00=1', 'option'],
        ['option.A=%00', 'option.A'],
      ])('refuse %s', async (query, path) => {
        const { status, body } = await shop.call<Problem>('GET', `/api/products?${query}`);
        expect(status).toBe(422);
        expect(body.errors).toEqual([expect.objectContaining({ path })]);
      });
    });

    describe('cursors', () => {
      it.each(['newest', 'price-asc', 'price-desc', 'title', 'featured', 'relevance'])(
        'lead through the whole list sorted by %s',
        async (sort) => {
          const query = `sort=${sort}&collection=throws&q=throw`;
          const whole = await slugsOf(query);
          expect(whole).toHaveLength(2);
          const first = await list(`${query}&limit=1`);
          const second = await list(`${query}&limit=1&cursor=${first.nextCursor}`);
          expect([...first.items, ...second.items].map(({ slug }) => slug)).toEqual(whole);
          expect(second.nextCursor).toBeNull();
        },
      );

      it('remember what a mistyped search was put right by', async () => {
        const first = await list('q=scraf&limit=1');
        const second = await list(`q=scraf&limit=1&cursor=${first.nextCursor}`);
        expect([...first.items, ...second.items].map(({ slug }) => slug).sort()).toEqual(['ash-scarf', 'birch-scarf']);
      });

      it('are good for no other list', async () => {
        const { nextCursor } = await list('sort=title&limit=1');
        for (const query of ['sort=newest', 'sort=title&currency=USD', 'sort=title&available=true', 'sort=title&q=a']) {
          const { status, body } = await shop.call<Problem>('GET', `/api/products?${query}&cursor=${nextCursor}`);
          expect(status, query).toBe(422);
          expect(body.errors?.[0]?.path).toBe('cursor');
        }
        expect(await slugsOf(`sort=title&limit=3&cursor=${nextCursor}`)).toHaveLength(3);
      });

      it('are refused when any character was changed, cut or added', async () => {
        const cursor = (await list('sort=title&limit=1')).nextCursor!;
        const bad = [...cursor].map((character, index) => {
          const other = character === 'A' ? 'B' : 'A';
          return cursor.slice(0, index) + other + cursor.slice(index + 1);
        });
        bad.push(cursor.slice(0, -1), `${cursor}AAAA`, 'x', '!', 'AAAA'.repeat(3000), '%00');
        for (const tampered of bad) {
          const { status, body } = await shop.call<Problem>(
            'GET',
            `/api/products?sort=title&limit=1&cursor=${tampered}`,
          );
          expect(status, tampered).toBe(422);
          expect(body.errors?.[0]?.path).toBe('cursor');
        }
      });

      it('are checked like any input even if somebody makes them well', async () => {
        const { encodeCursor } = await import('@/edge/catalog-cursor');
        const filter = {
          words: null,
          collection: null,
          options: [],
          minPriceMinor: null,
          maxPriceMinor: null,
          availableOnly: false,
        };
        const attempt = async (sort: string, key: string, id = 'prod_1') => {
          const cursor = encodeCursor(JSON.stringify([filter, sort, 'EUR']), { key, id, corrections: null });
          return (await shop.call('GET', `/api/products?sort=${sort}&cursor=${cursor}`)).status;
        };
        expect(await attempt('newest', '2026-01-01 00:00:00.000000')).toBe(200);
        expect(await attempt('newest', '2026-99-01 00:00:00.000000')).toBe(422);
        expect(await attempt('newest', '2026-02-31 00:00:00.000000')).toBe(422);
        expect(await attempt('newest', 'now()')).toBe(422);
        expect(await attempt('price-asc', '100')).toBe(200);
        expect(await attempt('price-asc', '99999999999999999')).toBe(422);
        expect(await attempt('price-asc', '1e3')).toBe(422);
        expect(await attempt('title', 'a\0')).toBe(422);
        expect(await attempt('title', 'a', 'a\0')).toBe(422);
        expect(await attempt('title', `'; drop table products`)).toBe(200);
      });
    });

    describe('a product', () => {
      it('is answered in the home currency, or in the one asked for', async () => {
        const home = await shop.call<Product>('GET', '/api/products/ash-scarf');
        expect(home.body.variants.map(({ price }) => price)).toEqual([
          { amount: 3000, currency: 'EUR' },
          { amount: 4000, currency: 'EUR' },
        ]);
        const dollars = await shop.call<Product>('GET', '/api/products/ash-scarf?currency=USD');
        expect(dollars.body).toEqual((await list('currency=USD&option.Colour=Ash')).items[0]);
      });

      it.each([
        ['/api/products/nothing', 404],
        ['/api/products/draft-throw', 404],
        ['/api/products/birch-scarf?currency=USD', 404],
        ['/api/products/ASH-SCARF', 404],
        ['/api/products/a%00b', 404],
        ["/api/products/';select", 404],
        [`/api/products/${'a'.repeat(10_000)}`, 404],
        ['/api/products/ash-scarf?currency=XXX', 422],
        ['/api/products/ash-scarf?currency=12', 422],
      ])('%s is %d', async (path, status) => expect((await shop.call('GET', path)).status).toBe(status));

      it('shows a changed price, text and stock from the next request on, also where it was remembered', async () => {
        const path = '/api/products/cedar-throw';
        const read = async () => (await shop.call<Product>('GET', path)).body;
        expect((await read()).variants[0]?.price.amount).toBe(9000);
        const id = (await read()).variants[0]?.id;
        await change(
          `update prices set amount_minor = 9100 where variant_id = '${id}' and currency = 'EUR'`,
          'cedar-throw',
        );
        expect((await read()).variants[0]?.price.amount).toBe(9100);
        await shop.sql.query(`update stock set on_hand = 7, held = 3 where variant_id = '${id}'`);
        await shop.invalidate({ slugs: ['cedar-throw'], stockOnly: true });
        expect((await read()).variants[0]?.stock.available).toBe(4);
        await shop.sql.query(`update stock set on_hand = 0, held = 0 where variant_id = '${id}'`);
        await change(
          `update prices set amount_minor = 9000 where variant_id = '${id}' and currency = 'EUR'`,
          'cedar-throw',
        );
        expect((await read()).variants[0]).toMatchObject({ price: { amount: 9000 }, stock: { available: 0 } });
      });

      it('disappears when it is archived, and comes back', async () => {
        await change(`update products set status = 'archived' where slug = 'elan-throw'`, 'elan-throw');
        expect((await shop.call('GET', '/api/products/elan-throw')).status).toBe(404);
        expect(await slugsOf('sort=title')).not.toContain('elan-throw');
        await change(`update products set status = 'active' where slug = 'elan-throw'`, 'elan-throw');
        expect((await shop.call('GET', '/api/products/elan-throw')).status).toBe(200);
        expect(await slugsOf('sort=title')).toContain('elan-throw');
      });
    });

    describe('collections', () => {
      it('are listed in their order, and found by slug', async () => {
        const { body } = await shop.call<{ items: Collection[] }>('GET', '/api/collections');
        const scarves = { id: 'coll_scarves', slug: 'scarves', title: 'Scarves', description: '', imageUrl: null };
        expect(body).toEqual({ items: [scarves, expect.objectContaining({ slug: 'throws' })], nextCursor: null });
        expect((await shop.call('GET', '/api/collections/scarves')).body).toEqual(scarves);
        expect((await shop.call('GET', '/api/collections/nothing')).status).toBe(404);
        expect((await shop.call('GET', '/api/collections/constructor')).status).toBe(404);
      });
    });

    describe('warm answers', () => {
      it.each([
        '/api/products',
        '/api/products?q=scarf&option.Colour=Ash',
        '/api/products?q=scraf',
        '/api/products?facets=true',
        '/api/products/ash-scarf',
        '/api/products/ash-scarf?currency=USD',
        '/api/collections',
        '/api/collections/scarves',
      ])('cost one KV trip and no SQL: %s', async (path) => {
        await shop.call('GET', path);
        await afterRush();
        const before = { ...shop.platform.counters };
        const { trips } = await shop.call('GET', path);
        expect(trips).toEqual(WARM);
        expect(shop.platform.counters).toEqual({ sql: before.sql, kv: before.kv + 1 });
      });

      it('ask KV once in a rush, and again after it', async () => {
        await shop.call('GET', '/api/products/ash-scarf');
        await shop.call('GET', '/api/products');
        await afterRush();
        const ask = (path: string) => shop.call('GET', path);
        const trips = [];
        for (const path of [
          '/api/products',
          '/api/collections',
          '/api/products/ash-scarf',
          '/api/products/ash-scarf',
        ]) {
          trips.push((await ask(path)).trips.kv);
        }
        expect(trips).toEqual([1, 0, 1, 0]);
      });

      it('are shared by queries that mean the same', async () => {
        await shop.call('GET', '/api/products?q=Ash%20scarf&option.A=1&option.A=2&option.B=3&sort=relevance');
        await afterRush();
        const path = '/api/products?option.B=3&option.A=2&option.A=1&option.A=1&q=ASH,%20SCARF&limit=24';
        expect((await shop.call('GET', path)).trips).toEqual(WARM);
      });

      it('become cold at once when the catalog changes', async () => {
        await shop.call('GET', '/api/products?sort=title');
        await change(`update products set title = 'Aspen Throw' where slug = 'cedar-throw'`);
        expect((await slugsOf('sort=title')).slice(0, 2)).toEqual(['ash-scarf', 'cedar-throw']);
        await change(`update products set title = 'Cedar Throw' where slug = 'cedar-throw'`);
      });

      it('keep stock for two seconds at most', async () => {
        const available = async () => (await list('option.Colour=Birch')).items[0]?.variants[0]?.stock.available;
        expect(await available()).toBe(5);
        await shop.sql.query(
          `update stock set on_hand = 4 where variant_id in (select v.id from variants v where v.options @> '{"Colour":"Birch"}')`,
        );
        await shop.invalidate({ stockOnly: true });
        await new Promise((resolve) => setTimeout(resolve, 2_050));
        expect(await available()).toBe(4);
      });

      it('are made once for many that ask at once', async () => {
        await shop.invalidate({ everything: true });
        await shop.call('GET', '/api/collections/scarves');
        const before = shop.platform.counters.sql;
        const asked = Array.from({ length: 50 }, () =>
          shop.call<ProductList>('GET', '/api/products?sort=title&limit=3'),
        );
        const answers = await Promise.all(asked);
        expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
        // The list, and the rules of the shop.
        expect(shop.platform.counters.sql - before).toBeLessThanOrEqual(3);
      });

      it('are never those of before a change that came while they were made', async () => {
        for (let round = 1; round <= 20; round += 1) {
          const asked = shop.call('GET', '/api/products?sort=title&limit=2');
          await change(`update products set vendor = 'round ${round}' where slug = 'ash-scarf'`, 'ash-scarf');
          await asked;
          expect((await list('sort=title&limit=2')).items[0]?.vendor).toBe(`round ${round}`);
        }
      });
    });

    describe('entity tags', () => {
      it.each(['/api/products?sort=title', '/api/products/ash-scarf', '/api/collections'])(
        'save the body of %s',
        async (path) => {
          const { headers } = await shop.call('GET', path);
          const etag = headers.get('etag')!;
          expect(etag).toMatch(/^"[0-9a-f]{24}"$/);
          expect(headers.get('cache-control')).toBe('public, no-cache');
          expect(headers.has('set-cookie')).toBe(false);
          const ask = (tag: string) => shop.fetch(path, { 'if-none-match': tag });
          for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
            const response = await ask(tag);
            expect(response.status, tag).toBe(304);
            expect(await response.text()).toBe('');
            expect(response.headers.get('etag')).toBe(etag);
          }
          expect((await ask('"other"')).status).toBe(200);
        },
      );

      it('change with what they tag', async () => {
        const tag = async () => (await shop.call('GET', '/api/products/ash-scarf')).headers.get('etag');
        const before = await tag();
        await change(`update products set vendor = 'Another' where slug = 'ash-scarf'`, 'ash-scarf');
        expect(await tag()).not.toBe(before);
      });
    });

    it('is read by pages with the same functions', async () => {
      const { catalog, deps } = shop;
      expect((await catalog.listProducts(deps, { collection: 'scarves', limit: 1 })).items).toHaveLength(1);
      expect(await catalog.getProduct(deps, 'ash-scarf', 'USD')).toMatchObject({ slug: 'ash-scarf' });
      expect(await catalog.getProduct(deps, 'nothing')).toBeNull();
      expect((await catalog.listCollections(deps)).map(({ slug }) => slug)).toEqual(['scarves', 'throws']);
      expect(await catalog.getCollection(deps, 'throws')).toMatchObject({ title: 'Throws' });
      expect(await catalog.getCollection(deps, 'nothing')).toBeNull();
    });

    it('can be read while KV is gone, from the database and with its own memory of two seconds', async () => {
      const kvUrl = process.env.KV_REST_API_URL;
      process.env.KV_REST_API_URL = 'http://127.0.0.1:9/kv';
      try {
        const { call } = await shop.freshIsolate();
        expect((await call<ProductList>('GET', '/api/products?sort=title')).body.items).toHaveLength(4);
        expect((await call('GET', '/api/products?sort=title')).trips.db).toBe(0);
        expect((await call('GET', '/api/products/ash-scarf')).status).toBe(200);
        expect((await call('GET', '/api/collections/scarves')).status).toBe(200);
      } finally {
        process.env.KV_REST_API_URL = kvUrl;
      }
    });

    it('fills a new isolate from KV, without SQL for a product that another has read', async () => {
      for (const slug of ['ash-scarf', 'birch-scarf']) await shop.call('GET', `/api/products/${slug}`);
      const { call } = await shop.freshIsolate();
      // One for the product and one, beside it, for the rules.
      expect((await call('GET', '/api/products/ash-scarf')).trips).toEqual({ kv: 2, db: 0 });
      expect((await call('GET', '/api/products/birch-scarf')).trips, 'the rules are known now').toEqual(WARM);
    });
  },
);
