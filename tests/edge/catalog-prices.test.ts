import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LineItem, PriceDetails } from '@/commerce/cart';
import type { Product, ProductList, Variant } from '@/commerce/catalog';
import type { Money } from '@/commerce/money';
import { type PriceListInput, writeRules } from '@/db/rules';
import { readProducts } from '@/edge/catalog-queries';
import { readVariants } from '@/edge/facts';
import { testDatabases } from '@/tests/databases';
import { priceList } from '../commerce/builders';
import { add, type CatalogShop, openCatalog, product } from './catalog-shop';
import { taxZone } from './rule-inputs';

/** 163.50 yen to a euro, in whole tens. */
const YEN = {
  from: 'EUR',
  to: 'JPY',
  rate: '163.5',
  rounding: { incrementMinor: 10, lessMinor: 0, mode: 'nearest' as const },
};

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe.each(testDatabases('cat_prices').filter(({ available }) => available))(
  'prices in the catalog on $server',
  (database) => {
    let shop: CatalogShop;

    beforeAll(async () => {
      shop = await openCatalog(database);
      await add(
        shop.db,
        product('Alpaca', {
          collections: ['scarves'],
          variants: [
            { options: { Size: 'S' }, sku: 'ALPACA-S', eur: 2000, usd: 2200 },
            { options: { Size: 'L' }, sku: 'ALPACA-L', eur: 3000, usd: 3300 },
          ],
        }),
        product('Bouclé', { variants: [{ sku: 'BOUCLE', eur: 2500 }] }),
        product('Chenille', { variants: [{ sku: 'CHENILLE', eur: 1000 }] }),
      );
      await writeRules(shop.db, {
        taxZones: [taxZone('DE', 'MwSt.', 1900)],
        customerGroups: [{ id: 'trade', title: 'Trade' }],
      });
      // What is remembered must not see time go back: from here on the clock is the tests' own.
      vi.useFakeTimers({ toFake: ['Date'] });
    });

    afterAll(async () => {
      vi.useRealTimers();
      await shop?.platform.close();
    });

    const later = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
    /** Replaces the shop's lists, and tells KV as the outbox does. */
    const setLists = async (...lists: PriceListInput[]) => {
      await writeRules(shop.db, { priceLists: lists });
      await shop.invalidate({ everything: true });
      later(300);
    };
    const idOf = async (sku: string) =>
      (await shop.sql.query('select id from variants where sku = $1', [sku]))[0]?.id as string;

    async function inProduct(sku: string, currency = 'EUR') {
      const [row] = await shop.sql.query(
        'select p.slug from variants v join products p on p.id = v.product_id where v.sku = $1',
        [sku],
      );
      const answer = await shop.call<Product>('GET', `/api/products/${row?.slug}?currency=${currency}`);
      return { ...answer, variant: answer.body.variants?.find((variant) => variant.sku === sku) };
    }

    async function inList(sku: string, currency = 'EUR') {
      const answer = await shop.call<ProductList>('GET', `/api/products?currency=${currency}&sort=title`);
      const variants = answer.body.items.flatMap((item) => item.variants);
      return { ...answer, variant: variants.find((variant) => variant.sku === sku) };
    }

    /** What a cart asks for units of it. */
    async function inCart(sku: string, currency = 'EUR', quantity = 1) {
      const body = { currency, country: 'DE', items: [{ variantId: await idOf(sku), quantity }] };
      const answer = await shop.call<{ items: (LineItem & { unitPrice: Money; price: PriceDetails })[] }>(
        'POST',
        '/api/prices',
        { body },
      );
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return answer.body.items[0]!;
    }

    const amountOf = (money: Money | null | undefined) => money?.amount ?? null;
    const figuresOf = (variant: Variant | undefined) =>
      variant && [amountOf(variant.price), amountOf(variant.compareAtPrice), amountOf(variant.lowestPriorPrice)];

    async function expectAsInCart(sku: string, currency: string, figures: (number | null)[]) {
      const line = await inCart(sku, currency);
      const { compareAt, lowestPrior } = line.price;
      expect([line.unitPrice.amount, amountOf(compareAt), amountOf(lowestPrior)], 'in the cart').toEqual(figures);
      expect(figuresOf((await inProduct(sku, currency)).variant), 'in the product').toEqual(figures);
      expect(figuresOf((await inList(sku, currency)).variant), 'in the list').toEqual(figures);
    }

    it('are the base prices where nothing else is said', async () => {
      await expectAsInCart('ALPACA-S', 'EUR', [2000, null, null]);
      // Set with a compare-at price; it never was another.
      await expectAsInCart('ALPACA-S', 'USD', [2200, 2201, null]);
      expect((await inProduct('ALPACA-S')).variant?.tiers).toEqual([]);
    });

    it('are those of a price list for everybody: its own, or a step from the base price', async () => {
      await setLists(
        list({
          steps: [{ minQuantity: 1, changeBps: -1000 }],
          prices: [{ variantId: await idOf('ALPACA-L'), currency: 'EUR', minQuantity: 1, amountMinor: 2222 }],
        }),
      );
      // Beside a reduced price stands what it was, though nothing is known of the days before the shop was opened.
      await expectAsInCart('ALPACA-S', 'EUR', [1800, 2000, null]);
      await expectAsInCart('ALPACA-L', 'EUR', [2222, 3000, null]);
      await expectAsInCart('ALPACA-L', 'USD', [2970, 3301, null]);
      await expectAsInCart('BOUCLE', 'EUR', [2250, 2500, null]);
    });

    it('are those of a list in its collections alone', async () => {
      await setLists(
        list({ of: { collectionIds: ['coll_scarves'] }, steps: [{ minQuantity: 1, changeBps: -5000 }] }),
        list({ id: 'channel', channels: ['web', 'app'], priority: 1, steps: [{ minQuantity: 50, changeBps: -9000 }] }),
      );
      await expectAsInCart('ALPACA-S', 'EUR', [1000, 2000, null]);
      await expectAsInCart('BOUCLE', 'EUR', [2500, null, null]);
    });

    it.each<[string, Partial<PriceListInput>]>([
      ['a group', { customerGroups: ['trade'] }],
      ['another channel', { channels: ['app'] }],
      ['some countries', { countries: ['DE'] }],
      ['yesterday', { endsAt: Date.parse('2026-01-01') }],
    ])('are never those of a list for %s', async (_, limits) => {
      await setLists(list({ ...limits, steps: [{ minQuantity: 1, changeBps: -5000 }] }));
      expect(figuresOf((await inProduct('ALPACA-S')).variant)).toEqual([2000, null, null]);
      expect(figuresOf((await inList('ALPACA-S')).variant)).toEqual([2000, null, null]);
    });

    it('come with those of higher quantities, as a cart of as many asks them', async () => {
      await setLists(
        list({
          steps: [
            { minQuantity: 5, changeBps: -1000 },
            { minQuantity: 10, changeBps: -2500 },
          ],
          prices: [{ variantId: await idOf('ALPACA-L'), currency: 'EUR', minQuantity: 3, amountMinor: 2700 }],
        }),
      );
      expect((await inProduct('ALPACA-S')).variant?.tiers).toEqual([
        { minQuantity: 5, unitPrice: { amount: 1800, currency: 'EUR' } },
        { minQuantity: 10, unitPrice: { amount: 1500, currency: 'EUR' } },
      ]);
      for (const sku of ['ALPACA-S', 'ALPACA-L', 'BOUCLE']) {
        const { variant } = await inProduct(sku);
        expect(figuresOf(variant), 'no quantity is a reduction').toEqual([variant?.price.amount, null, null]);
        expect((await inList(sku)).variant?.tiers).toEqual(variant?.tiers);
        for (const { minQuantity, unitPrice } of variant!.tiers) {
          expect((await inCart(sku, 'EUR', minQuantity)).unitPrice).toEqual(unitPrice);
          expect((await inCart(sku, 'EUR', minQuantity - 1)).unitPrice).not.toEqual(unitPrice);
        }
      }
    });

    it('begin and end at their moments, also where they are remembered, at no more than a trip to KV', async () => {
      const startsAt = Date.now() + 10_000;
      const endsAt = startsAt + 10_000;
      await setLists(list({ startsAt, endsAt, steps: [{ minQuantity: 1, changeBps: -5000 }] }));
      const read = async () => {
        const one = await inProduct('ALPACA-S');
        const many = await inList('ALPACA-S');
        const tags = [one.headers.get('etag'), many.headers.get('etag')];
        return { figures: [figuresOf(one.variant), figuresOf(many.variant)], trips: [one.trips, many.trips], tags };
      };
      const before = await read();
      expect(before.figures).toEqual([
        [2000, null, null],
        [2000, null, null],
      ]);
      for (const [moment, figures] of [
        [startsAt - 1, [2000, null, null]],
        [startsAt, [1000, 2000, 2000]],
        [endsAt - 1, [1000, 2000, 2000]],
        [endsAt, [2000, null, null]],
      ] as const) {
        vi.setSystemTime(moment);
        const now = await read();
        expect(now.figures, `${moment - startsAt} ms after its start`).toEqual([figures, figures]);
        const isNew = moment === startsAt || moment === endsAt;
        expect(now.trips[0]?.db).toBe(0);
        expect(now.trips[0]?.kv).toBeLessThanOrEqual(1);
        // A list is read anew when its prices change.
        expect(now.trips[1]?.db).toBe(isNew ? 1 : 0);
      }
      expect((await read()).tags, 'and then all is as it was').toEqual(before.tags);
    });

    it('are compared with the lowest price of the 30 days before, and with none that is older', async () => {
      const id = await idOf('CHENILLE');
      const setPrice = (amountMinor: number) =>
        shop.sql.query(`update prices set amount_minor = $1 where variant_id = $2`, [amountMinor, id]);
      await setPrice(800);
      await setPrice(1000);
      const startsAt = Date.now() + 5_000;
      await setLists(list({ startsAt, endsAt: startsAt + DAY, steps: [{ minQuantity: 1, changeBps: -4000 }] }));
      vi.setSystemTime(startsAt);
      await expectAsInCart('CHENILLE', 'EUR', [600, 1000, 800]);
      // A sale that begins 31 days later.
      const again = startsAt + 31 * DAY;
      await setLists(list({ startsAt: again, endsAt: null, steps: [{ minQuantity: 1, changeBps: -4000 }] }));
      vi.setSystemTime(again);
      await expectAsInCart('CHENILLE', 'EUR', [600, 1000, 1000]);
    });

    it('change at once with a list, by word of the rules alone', async () => {
      await setLists(list({ steps: [{ minQuantity: 1, changeBps: -1000 }] }));
      expect(figuresOf((await inProduct('ALPACA-S')).variant)?.[0]).toBe(1800);
      expect(figuresOf((await inList('ALPACA-S')).variant)?.[0]).toBe(1800);
      await writeRules(shop.db, { priceLists: [list({ steps: [{ minQuantity: 1, changeBps: -2000 }] })] });
      await shop.invalidate({ rules: true });
      later(300);
      expect(figuresOf((await inProduct('ALPACA-S')).variant)?.[0]).toBe(1600);
      expect(figuresOf((await inList('ALPACA-S')).variant)?.[0]).toBe(1600);
      const { catalog, deps } = shop;
      await writeRules(shop.db, { priceLists: [] });
      await shop.invalidate({ rules: true });
      expect((await catalog.getProduct(deps, 'alpaca'))?.variants[0]?.price.amount, 'to a page at once').toBe(2000);
      expect((await catalog.listProducts(deps, { sort: 'title' })).items[0]?.variants[0]?.price.amount).toBe(2000);
    });

    it('cost one trip to KV when warm, however many rules there are', async () => {
      await setLists(
        list({ startsAt: Date.now() + DAY, steps: [{ minQuantity: 1, changeBps: -1000 }] }),
        list({ id: 'other', steps: [{ minQuantity: 5, changeBps: -1000 }] }),
      );
      for (const read of [inProduct, inList]) {
        await read('ALPACA-S');
        for (const pause of [300, 300, 59_000]) {
          later(pause);
          expect((await read('ALPACA-S')).trips, `${read.name}, ${pause} ms later`).toEqual({ kv: 1, db: 0 });
        }
      }
    });

    it('tell pages when they change by themselves', async () => {
      const now = Date.now();
      await setLists(
        list({ startsAt: now + 2 * DAY, endsAt: now + 3 * DAY }),
        list({ id: 'ended', startsAt: now - DAY, endsAt: now + 2 * DAY }),
        list({ id: 'trade', startsAt: now + DAY, customerGroups: ['trade'] }),
        list({ id: 'here', startsAt: now + DAY, countries: ['DE'] }),
      );
      expect(await shop.catalog.listPriceMoments(shop.deps)).toEqual([now - DAY, now + 2 * DAY, now + 3 * DAY]);
    });

    it('leave out a variant that they put beyond all amounts, and show the others', async () => {
      const id = await idOf('ALPACA-L');
      const most = Number.MAX_SAFE_INTEGER;
      await shop.sql.query(`update prices set amount_minor = ${most} where variant_id = $1 and currency = 'EUR'`, [id]);
      await setLists(list({ steps: [{ minQuantity: 1, changeBps: 10_000 }] }));
      expect((await inProduct('ALPACA-S')).body.variants.map(({ sku }) => sku)).toEqual(['ALPACA-S']);
      expect(figuresOf((await inList('ALPACA-S')).variant)).toEqual([4000, null, null]);
      await shop.sql.query(`update prices set amount_minor = 3000 where variant_id = $1 and currency = 'EUR'`, [id]);
      await setLists();
    });

    it('rest on what the cart knows of a variant', async () => {
      await add(shop.db, product('Damask', { collections: ['throws', 'scarves'], variants: [{ sku: 'DAMASK' }] }));
      const id = await idOf('DAMASK');
      // Not in the order in which they were written.
      const past = [80, 100, 1, 95].map((days) => `($1, 'EUR', ${900 + days}, now() - interval '${days} days')`);
      await shop.sql.transaction([
        shop.sql.query(`alter table prices disable trigger user`),
        shop.sql.query(`delete from prices where variant_id = $1`, [id]),
        shop.sql.query(`alter table price_history disable trigger user`),
        shop.sql.query(`delete from price_history where variant_id = $1`, [id]),
        shop.sql.query(
          `insert into price_history (variant_id, currency, amount_minor, valid_from) values ${past.join(', ')}`,
          [id],
        ),
        shop.sql.query(`insert into prices values ($1, 'EUR', 901, 1000), ($1, 'USD', 903, null)`, [id]),
        shop.sql.query(`alter table price_history enable trigger user`),
        shop.sql.query(`alter table prices enable trigger user`),
      ]);
      const [clock] = await shop.sql.query(`select floor(extract(epoch from now()) * 1000) as now`);
      const ended = (days: number) => Number(clock?.now) - days * DAY;
      const prices = ['EUR', 'USD'].map((currency) => ({ variantId: id, currency, minQuantity: 2, amountMinor: 1 }));
      for (const lists of [
        [],
        [
          list({ prices }),
          list({ id: 'ended', endsAt: ended(89), prices, customerGroups: ['trade'] }),
          list({ id: 'forgotten', endsAt: ended(91), prices }),
        ],
      ]) {
        await writeRules(shop.db, { priceLists: lists });
        const facts = (await readVariants(shop.db, [id])).get(id)!;
        const found = (await readProducts(shop.db, ['damask'])).get('damask')!;
        expect(found.id).toBe(facts.productId);
        expect(found.collections.map((collection) => collection.id).sort()).toEqual(facts.collectionIds);
        const { prices, listPrices, priceHistory } = facts;
        expect(found.variants[0]).toMatchObject({ id, prices, listPrices, priceHistory });
        expect(priceHistory.EUR?.map(({ amountMinor }) => amountMinor)).toEqual([995, 980, 901]);
        expect(listPrices).toHaveLength(lists.length === 0 ? 0 : 4);
      }
      await shop.sql.query(`delete from products where slug = 'damask'`);
      await setLists();
    });

    describe('in a currency that others are converted into', () => {
      beforeAll(async () => {
        await add(
          shop.db,
          product('Etamine', { variants: [{ sku: 'ETAMINE', eur: 4000 }] }),
          product('Flannel', { collections: ['throws'], variants: [{ sku: 'FLANNEL', eur: 1 }] }),
        );
        // One has a price of its own there, and one has none but there.
        await shop.sql.query(`insert into prices values ($1, 'JPY', 7000, null)`, [await idOf('ETAMINE')]);
        await shop.sql.query(`insert into prices values ($1, 'JPY', 2900, null)`, [await idOf('FLANNEL')]);
        await shop.sql.query(`delete from prices where variant_id = $1 and currency = 'EUR'`, [await idOf('FLANNEL')]);
        await writeRules(shop.db, {
          conversions: [YEN],
          priceLists: [list({ of: { productIds: [] }, steps: [{ minQuantity: 1, changeBps: -1000 }] })],
        });
        await shop.invalidate({ everything: true });
        later(300);
      });

      const slugs = async (query: string) =>
        (await shop.call<ProductList>('GET', `/api/products?currency=JPY&${query}`)).body.items.map(({ slug }) => slug);

      it('are converted, or their own, as in the cart', async () => {
        await expectAsInCart('CHENILLE', 'JPY', [1640, null, null]);
        await expectAsInCart('BOUCLE', 'JPY', [4090, null, null]);
        await expectAsInCart('ETAMINE', 'JPY', [7000, null, null]);
        await expectAsInCart('FLANNEL', 'JPY', [2900, null, null]);
        expect((await inProduct('FLANNEL')).status, 'not sold for euros').toBe(404);
      });

      it('list all that is sold in either, once', async () => {
        expect(await slugs('sort=title')).toEqual(['alpaca', 'boucle', 'chenille', 'etamine', 'flannel']);
        expect(await slugs('collection=throws')).toEqual(['flannel']);
        expect(await slugs('q=flannel')).toEqual(['flannel']);
      });

      // In yen 3270, 4090, 1640, 7000 (6540 by its price in euros) and 2900.
      it.each([
        ['sort=price-asc', ['chenille', 'flannel', 'alpaca', 'boucle', 'etamine']],
        ['sort=price-desc', ['etamine', 'boucle', 'alpaca', 'flannel', 'chenille']],
        ['sort=title&minPrice=1640&maxPrice=1640', ['chenille']],
        ['sort=title&minPrice=1641&maxPrice=3269', ['flannel']],
        ['sort=title&maxPrice=3270', ['alpaca', 'chenille', 'flannel']],
        ['sort=title&minPrice=6540&maxPrice=6999', []],
        ['sort=title&minPrice=7000', ['etamine']],
      ])('sort and narrow down by base prices: %s', async (query, expected) => {
        expect(await slugs(query)).toEqual(expected);
      });

      it.each(['price-asc', 'price-desc', 'newest', 'title'])('are paged through by %s', async (sort) => {
        const whole = await slugs(`sort=${sort}`);
        const seen: string[] = [];
        for (let cursor: string | null = ''; cursor !== null; ) {
          const path: string = `/api/products?currency=JPY&sort=${sort}&limit=2&cursor=${cursor}`;
          const { body } = await shop.call<ProductList>('GET', path);
          seen.push(...body.items.map(({ slug }) => slug));
          cursor = body.nextCursor;
        }
        expect(seen).toEqual(whole);
        expect(whole).toHaveLength(5);
      });

      it('are counted in it', async () => {
        const { body } = await shop.call<ProductList>('GET', '/api/products?currency=JPY&facets=true&minPrice=3000');
        expect(body.total).toBe(3);
        expect(body.facets?.price).toEqual({
          min: { amount: 1640, currency: 'JPY' },
          max: { amount: 7000, currency: 'JPY' },
        });
      });

      it('are no longer shown when the conversion is gone', async () => {
        await writeRules(shop.db, { conversions: [] });
        await shop.invalidate({ rules: true });
        later(300);
        expect(await slugs('sort=title')).toEqual(['etamine', 'flannel']);
        expect((await inProduct('CHENILLE', 'JPY')).status).toBe(404);
      });
    });
  },
);

/** A list that holds always, everywhere and for everybody, and has no prices yet. */
function list(more: Partial<PriceListInput>): PriceListInput {
  return { ...priceList('sale', { title: 'Sale' }), prices: [], ...more };
}
