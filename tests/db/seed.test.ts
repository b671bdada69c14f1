import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { createDb } from '@/db/client';
import { migrate } from '@/db/migrate';
import { SEED_PRODUCTS, seed } from '@/db/seed';
import { COLLECTIONS } from '@/db/seed/collections';
import { testDatabases } from '../databases';

const CURRENCIES = ['EUR', 'GBP', 'JPY', 'USD'];
const variants = SEED_PRODUCTS.flatMap((product) =>
  product.variants.map((variant) => ({ slug: product.slug, ...variant })),
);

describe('the list of the mill', () => {
  it('is a whole shop: sixty products and more, 250 variants and more, eight collections', () => {
    expect(SEED_PRODUCTS.length).toBeGreaterThanOrEqual(60);
    expect(variants.length).toBeGreaterThanOrEqual(250);
    expect(COLLECTIONS).toHaveLength(8);
    for (const { slug } of COLLECTIONS) {
      const members = SEED_PRODUCTS.filter((product) => product.collections.includes(slug));
      expect(members.length, slug).toBeGreaterThanOrEqual(5);
    }
  });

  it('names only collections that exist, and every slug, picture and option once', () => {
    const known = new Set(COLLECTIONS.map(({ slug }) => slug));
    expect(new Set(SEED_PRODUCTS.map(({ slug }) => slug)).size).toBe(SEED_PRODUCTS.length);
    for (const product of SEED_PRODUCTS) {
      expect(product.slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(product.collections.length).toBeGreaterThan(0);
      for (const slug of product.collections) expect(known).toContain(slug);
      expect(new Set(product.media.map(({ url }) => url)).size, product.slug).toBe(product.media.length);
      const options = product.variants.map((variant) => JSON.stringify(variant.options));
      expect(new Set(options).size, product.slug).toBe(options.length);
    }
  });

  it('shows every colour as a thing and from near, at the first variant of that colour', () => {
    for (const product of SEED_PRODUCTS) {
      for (const colour of new Set(product.variants.map((variant) => variant.options.Colour))) {
        const own = product.media.filter(
          ({ variantIndex }) => product.variants[variantIndex!]!.options.Colour === colour,
        );
        expect(own.length, `${product.slug} ${colour}`).toBeGreaterThanOrEqual(2);
        expect(own.some(({ url }) => url.includes('/detail.svg'))).toBe(true);
      }
      for (const { alt } of product.media) expect(alt).toContain(product.title);
    }
  });

  it('describes every product in three paragraphs: what it is, how it is made, how it is kept', () => {
    for (const { slug, description, seo } of SEED_PRODUCTS) {
      expect(description.match(/<p>[^<>]+<\/p>/g), slug).toHaveLength(3);
      expect(description.replaceAll(/<\/?p>/g, ''), slug).not.toMatch(/[<>]/);
      expect(seo.description?.length, slug).toBeLessThanOrEqual(180);
    }
  });

  it('prices every variant in four currencies, as their shoppers are used to', () => {
    for (const { slug, prices } of variants) {
      expect(Object.keys(prices).toSorted(), slug).toEqual(CURRENCIES);
      for (const [currency, { amountMinor, compareAtMinor }] of Object.entries(prices)) {
        expect(Number.isSafeInteger(amountMinor) && amountMinor > 0, `${slug} ${currency}`).toBe(true);
        if (compareAtMinor !== null) expect(compareAtMinor, `${slug} ${currency}`).toBeGreaterThan(amountMinor);
      }
      // Yen have no minor unit: 12,800, not 128.00.
      expect(prices.JPY!.amountMinor % 20).toBe(0);
      expect(prices.EUR!.amountMinor % 10).toBe(0);
    }
    expect(variants.some(({ prices }) => prices.EUR!.compareAtMinor !== null)).toBe(true);
  });

  it('has plenty, little and nothing in stock, and what is woven when it is bought', () => {
    const available = (variant: (typeof variants)[number]) =>
      Object.values(variant.stock).reduce((sum, n) => sum + n, 0);
    const counted = variants.filter(({ stockPolicy }) => stockPolicy === 'deny');
    expect(counted.filter((variant) => available(variant) === 0).length).toBeGreaterThan(5);
    expect(counted.filter((variant) => available(variant) >= 1 && available(variant) <= 5).length).toBeGreaterThan(10);
    expect(counted.filter((variant) => available(variant) > 10).length).toBeGreaterThan(150);
    expect(variants.filter(({ stockPolicy }) => stockPolicy === 'continue').length).toBeGreaterThan(5);
    for (const { stock } of variants) expect(Object.keys(stock).toSorted()).toEqual(['mill', 'shop']);
  });

  it.each(['herringbone', 'houndstooth', 'tartan', 'denim', 'linen', 'gingham'])(
    'has a %s to be found by name',
    (word) => {
      expect(SEED_PRODUCTS.filter((product) => product.title.toLowerCase().includes(word)).length).toBeGreaterThan(1);
    },
  );
});

describe.each(testDatabases('seed_test'))('seeding on $server', ({ available, start }) => {
  it.skipIf(!available)(
    'fills an empty store once, in a handful of trips, and leaves a store with products alone',
    async () => {
      const platform = await start();
      try {
        const connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
        await migrate(connection);
        const before = platform.counters.sql;
        const whole = { products: SEED_PRODUCTS.length, variants: variants.length };
        expect(await seed(connection)).toEqual({ seeded: true, ...whole });
        expect(platform.counters.sql - before).toBeLessThanOrEqual(6);

        const db = createDb(connection);
        const { rows } = await db.execute(sql`
        select (select count(*)::int from products where status = 'active') as products,
               (select count(*)::int from variants) as variants,
               (select count(*)::int from collections) as collections,
               (select count(*)::int from (select 1 from prices group by variant_id having count(*) = 4) p) as priced,
               (select count(*)::int from stock) as stocks,
               (select count(*)::int from media where variant_id is null) as loose_media,
               (select count(*)::int from tax_zones z where not exists (
                 select from tax_rates r where r.zone_id = z.id and r.tax_class = 'standard')) as untaxed_zones,
               (select count(*)::int from (
                 select 1 from shipping_prices group by method_id having count(distinct currency) = 4) m) as shipping_methods,
               (select count(*)::int from promotions) as promotions,
               (select count(*)::int from price_lists) as price_lists`);
        expect(rows[0]).toEqual({
          ...whole,
          collections: 8,
          priced: variants.length,
          stocks: variants.length * 2,
          loose_media: 0,
          untaxed_zones: 0,
          shipping_methods: 4,
          promotions: 9,
          price_lists: 2,
        });

        await db.execute(sql`update products set title = 'Renamed' where slug = 'strathbeck-tartan'`);
        expect(await seed(connection)).toEqual({ seeded: false, ...whole });
        const title = async () =>
          (await db.execute(sql`select title from products where slug = 'strathbeck-tartan'`)).rows[0];
        expect(await title()).toEqual({ title: 'Renamed' });
        expect(await seed(connection, { force: true })).toEqual({ seeded: true, ...whole });
        expect(await title()).toEqual({ title: 'Strathbeck Tartan' });
      } finally {
        await platform.close();
      }
    },
  );
});
