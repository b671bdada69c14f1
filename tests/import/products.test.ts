import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDb, createSql, type Db, type DbConnection, type Sql } from '@/db/client';
import { migrate } from '@/db/migrate';
import { type ProductInput, upsertCollections, upsertProducts, type VariantInput } from '@/db/products';
import type { Platform } from '@/local/platform';
import { testDatabases } from '@/tests/databases';
import { clearCatalog, placeTestOrder, readCatalog } from './catalog';

describe.each(testDatabases('imp_products'))('writing products on $server', ({ available, start }) => {
  const test = it.skipIf(!available);
  let platform: Platform;
  let db: Db;
  let sql: Sql;

  beforeAll(async () => {
    if (!available) return;
    platform = await start();
    const connection: DbConnection = {
      url: platform.env.DATABASE_URL!,
      fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT,
    };
    await migrate(connection);
    db = createDb(connection);
    sql = createSql(connection);
  });

  beforeEach(async () => {
    if (!available) return;
    await clearCatalog(sql);
    await sql.query(`insert into locations (id, name, priority) values ('mill', 'Mill', 1), ('shop', 'Shop', 2)`);
    await upsertCollections(db, [{ slug: 'shirts', title: 'Shirts' }]);
  });

  afterAll(() => platform?.close());

  test('creates products with everything that belongs to them, in one batch and one message', async () => {
    const before = platform.counters.sql;
    const result = await upsertProducts(db, [shirt(), shirt({ slug: 'scarf', title: 'Scarf' })]);
    expect(platform.counters.sql - before).toBe(2);
    expect(result).toMatchObject({
      created: ['shirt', 'scarf'],
      updated: [],
      unchanged: [],
      rejected: [],
      warnings: [],
    });
    const catalog = await readCatalog(sql);
    expect(catalog).toHaveLength(2);
    expect(catalog.find((product) => product.slug === 'shirt')).toEqual({
      slug: 'shirt',
      title: 'Shirt',
      description: '<p>Linen</p>',
      vendor: 'Mill',
      type: 'Shirts',
      tags: ['linen', 'a "b", {c}'],
      status: 'active',
      seo_title: 'A shirt',
      seo_description: null,
      options: ['Size'],
      collections: ['shirts'],
      media: [
        { url: 'https://img.example/1.jpg', alt: 'Front', position: 0, sku: null },
        { url: 'https://img.example/2.jpg', alt: '', position: 1, sku: 'SHIRT-M' },
      ],
      variants: [
        {
          sku: 'SHIRT-S',
          barcode: null,
          title: 'S',
          options: { Size: 'S' },
          weight_grams: 200,
          tax_class: 'standard',
          stock_policy: 'deny',
          requires_shipping: true,
          prices: { EUR: [1999, null] },
          stock: { mill: [5, 0] },
        },
        expect.objectContaining({ sku: 'SHIRT-M', options: { Size: 'M' } }),
      ],
    });
    const outbox = await sql.query('select topic, aggregate_id, payload from outbox');
    expect(outbox).toHaveLength(1);
    expect(outbox[0]).toMatchObject({ topic: 'catalog.changed', aggregate_id: 'catalog' });
    expect(outbox[0]?.payload).toEqual(result.change);
    expect(result.change.slugs).toEqual(['shirt', 'scarf']);
    expect(result.change.variantIds).toHaveLength(4);
  });

  test('writes nothing at all when the same comes again', async () => {
    await upsertProducts(db, [shirt()]);
    const rows = () =>
      sql.query(`select 'v', id, updated_at from variants union all select 'p', id, updated_at from products
      union all select 'm', id, null from media union all select 'o', id::text, null from outbox order by 1, 2`);
    const before = await rows();
    expect(await upsertProducts(db, [shirt()])).toMatchObject({ created: [], updated: [], unchanged: ['shirt'] });
    expect(await rows()).toEqual(before);
  });

  test('updates in place: ids stay, other currencies and locations stay, what is not named goes', async () => {
    await upsertProducts(db, [shirt()]);
    await sql.query(`insert into prices (variant_id, currency, amount_minor) select id, 'USD', 2500 from variants`);
    await sql.query(`insert into stock (variant_id, location_id, on_hand) select id, 'shop', 7 from variants`);
    const ids = await idsBySku();
    const [small] = shirt().variants;
    const next = shirt({
      title: 'Linen shirt',
      collections: [],
      media: [{ url: 'https://img.example/2.jpg', alt: 'Back' }],
      variants: [{ ...small!, prices: { EUR: { amountMinor: 1499, compareAtMinor: 1999 } }, stock: { mill: 2 } }],
    });
    expect(await upsertProducts(db, [next])).toMatchObject({ updated: ['shirt'], created: [], warnings: [] });
    const [product] = await readCatalog(sql);
    expect(product).toMatchObject({
      title: 'Linen shirt',
      collections: [],
      media: [{ url: 'https://img.example/2.jpg', alt: 'Back', position: 0, sku: null }],
      variants: [
        { sku: 'SHIRT-S', prices: { EUR: [1499, 1999], USD: [2500, null] }, stock: { mill: [2, 0], shop: [7, 0] } },
      ],
    });
    expect(product?.variants).toHaveLength(1);
    expect((await idsBySku()).get('SHIRT-S')).toBe(ids.get('SHIRT-S'));
  });

  test('keeps the id of a variant whose option value was renamed, by its SKU', async () => {
    await upsertProducts(db, [shirt()]);
    const ids = await idsBySku();
    const renamed = shirt({
      options: ['Fit'],
      variants: shirt().variants.map((variant) => ({ ...variant, options: { Fit: `Size ${variant.options.Size}` } })),
    });
    await upsertProducts(db, [renamed]);
    expect(await idsBySku()).toEqual(ids);
    expect((await readCatalog(sql))[0]?.options).toEqual(['Fit']);
  });

  test('lets two variants, and two products, exchange their SKUs', async () => {
    const scarf = shirt({ slug: 'scarf', options: [], media: [], variants: [variant({ sku: 'SCARF', options: {} })] });
    await upsertProducts(db, [shirt(), scarf]);
    const ids = await idsBySku();
    const [small, medium] = shirt().variants;
    const exchanged = [
      shirt({
        variants: [
          { ...small!, sku: 'SHIRT-M' },
          { ...medium!, sku: 'SCARF' },
        ],
      }),
      { ...scarf, variants: [variant({ sku: 'SHIRT-S', options: {} })] },
    ];
    expect(await upsertProducts(db, exchanged)).toMatchObject({ updated: ['shirt', 'scarf'], rejected: [] });
    expect(await idsBySku()).toEqual(
      new Map([
        ['SHIRT-M', ids.get('SHIRT-S')],
        ['SCARF', ids.get('SHIRT-M')],
        ['SHIRT-S', ids.get('SCARF')],
      ]),
    );
  });

  test('makes up SKUs that are readable, unique and stable', async () => {
    const unnamed = (slug: string, values: string[]) =>
      shirt({ slug, media: [], variants: values.map((value) => variant({ sku: null, options: { Size: value } })) });
    const inputs = [unnamed('long-coat', ['38', 'Größe 40', '大', '小']), unnamed('long', ['Coat 38'])];
    await upsertProducts(db, inputs);
    const skus = [...(await idsBySku()).keys()];
    expect(skus).toEqual(expect.arrayContaining(['LONG-COAT-38', 'LONG-COAT-GROSSE-40']));
    expect(new Set(skus).size).toBe(5);
    for (const sku of skus) expect(sku).toMatch(/^[A-Z0-9-]+$/);
    expect(await upsertProducts(db, inputs)).toMatchObject({ unchanged: ['long-coat', 'long'] });
  });

  test('never sets stock below what orders hold, and says so each time', async () => {
    await upsertProducts(db, [shirt()]);
    await sql.query(`update stock set held = 4 from variants v where v.id = variant_id and v.sku = 'SHIRT-S'`);
    const [small, medium] = shirt().variants;
    const scarce = shirt({ variants: [{ ...small!, stock: { mill: 1 } }, medium!] });
    const warning = { slug: 'shirt', variantIndex: 0, code: 'stock_clamped' };
    expect(await upsertProducts(db, [scarce])).toMatchObject({ updated: ['shirt'], warnings: [warning] });
    expect(await upsertProducts(db, [scarce])).toMatchObject({ unchanged: ['shirt'], warnings: [warning] });
    expect((await readCatalog(sql))[0]?.variants[0]?.stock).toEqual({ mill: [4, 4] });
  });

  test('retires a variant that was ordered, deletes one that was not, and brings the retired one back', async () => {
    await upsertProducts(db, [shirt()]);
    const ids = await idsBySku();
    await placeTestOrder(sql, ids.get('SHIRT-M')!, { held: 2 });
    const other = shirt({ variants: [variant({ sku: 'SHIRT-L', options: { Size: 'L' } })], media: [] });
    expect(await upsertProducts(db, [other])).toMatchObject({
      updated: ['shirt'],
      warnings: [{ code: 'variant_retired' }],
    });
    expect((await readCatalog(sql))[0]?.variants).toMatchObject([
      { sku: 'SHIRT-L' },
      { sku: 'SHIRT-M', prices: {}, stock: { mill: [2, 2] }, stock_policy: 'deny' },
    ]);
    expect(await upsertProducts(db, [other])).toMatchObject({ unchanged: ['shirt'], warnings: [] });
    // The SKU of a retired variant is free for another.
    const heir = shirt({ slug: 'heir', options: [], media: [], variants: [variant({ sku: 'SHIRT-M', options: {} })] });
    expect(await upsertProducts(db, [heir])).toMatchObject({ rejected: [{ code: 'sku_taken', slug: 'heir' }] });
    expect(await upsertProducts(db, [other, heir])).toMatchObject({ created: ['heir'], rejected: [] });

    await upsertProducts(db, [shirt({ variants: shirt().variants.map((each) => ({ ...each, sku: null })) })]);
    const back = (await readCatalog(sql)).find((product) => product.slug === 'shirt');
    expect(back?.variants).toMatchObject([
      { options: { Size: 'S' }, prices: { EUR: [1999, null] } },
      { options: { Size: 'M' }, prices: { EUR: [1999, null] }, stock: { mill: [5, 2] } },
    ]);
    const [{ id } = { id: '' }] = await sql.query(`select id from variants where options = '{"Size": "M"}'`);
    expect(id).toBe(ids.get('SHIRT-M'));
  });

  test('rejects one faulty product by itself and writes the others', async () => {
    await upsertProducts(
      db,
      [shirt({ slug: 'owner' })].map((product) => withSkus(product, 'TAKEN')),
    );
    const faulty: [string, ProductInput][] = [
      ['sku_taken', withSkus(shirt({ slug: 'a' }), 'TAKEN')],
      ['sku_repeated', withSkus(shirt({ slug: 'b' }), 'NEW')],
      ['slug_repeated', withSkus(shirt({ slug: 'good' }), 'OTHER')],
      ['variants_missing', shirt({ slug: 'c', variants: [] })],
      ['options_mismatch', shirt({ slug: 'd', options: ['Size', 'Colour'] })],
      ['options_repeated', shirt({ slug: 'e', variants: [shirt().variants[0]!, shirt().variants[0]!] })],
      [
        'media_repeated',
        shirt({
          slug: 'f',
          media: [
            { url: 'x', alt: '' },
            { url: 'x', alt: '' },
          ],
        }),
      ],
      ['collection_unknown', shirt({ slug: 'g', collections: ['nowhere'] })],
      ['location_unknown', shirt({ slug: 'h', variants: [variant({ options: { Size: 'S' }, stock: { moon: 1 } })] })],
    ];
    const result = await upsertProducts(db, [
      withSkus(shirt({ slug: 'good' }), 'NEW'),
      ...faulty.map(([, product]) => product),
    ]);
    expect(result.created).toEqual(['good']);
    expect(new Map(result.rejected.map((fault) => [fault.slug, fault.code]))).toEqual(
      new Map(faulty.map(([code, product]) => [product.slug, code])),
    );
    expect(await readCatalog(sql)).toHaveLength(2);
  });

  test('makes a missing collection with the product that needs it, and appends to those that exist', async () => {
    const inCoats = (slug: string) => withSkus(shirt({ slug, collections: ['coats'] }), slug);
    const newCollections = [{ slug: 'coats', title: 'Coats & jackets' }];
    await upsertProducts(db, [inCoats('one')], { newCollections });
    await upsertProducts(db, [inCoats('two'), inCoats('three')], { newCollections });
    const rows = await sql.query(`select c.title, p.slug, pc.position from product_collections pc
      join products p on p.id = pc.product_id join collections c on c.id = pc.collection_id order by pc.position`);
    expect(rows).toEqual(
      ['one', 'two', 'three'].map((slug, position) => ({ title: 'Coats & jackets', slug, position })),
    );
  });

  test('leaves everything as it was when the database refuses a batch', async () => {
    const bad = withSkus(shirt({ slug: 'bad' }), 'BAD');
    bad.variants[0]!.prices = { EUR: { amountMinor: -1, compareAtMinor: null } };
    await expect(upsertProducts(db, [shirt(), bad])).rejects.toMatchObject({ code: '23514' });
    expect(await readCatalog(sql)).toEqual([]);
    expect(await sql.query('select 1 from outbox')).toEqual([]);
  });

  test('settles when several writers bring the same products at once', async () => {
    const writers = Array.from({ length: 6 }, (_, writer) =>
      upsertProducts(db, [shirt({ title: `By ${writer}` }), withSkus(shirt({ slug: 'scarf' }), 'SCARF')]),
    );
    const results = await Promise.all(writers);
    expect(results.flatMap((result) => result.rejected)).toEqual([]);
    const catalog = await readCatalog(sql);
    expect(catalog.map((product) => [product.slug, product.variants.length])).toEqual([
      ['scarf', 2],
      ['shirt', 2],
    ]);
  });

  async function idsBySku(): Promise<Map<string, string>> {
    const rows = await sql.query('select sku, id from variants order by sku');
    return new Map(rows.map((row) => [row.sku, row.id]));
  }
});

function shirt(change: Partial<ProductInput> = {}): ProductInput {
  return {
    slug: 'shirt',
    title: 'Shirt',
    description: '<p>Linen</p>',
    vendor: 'Mill',
    type: 'Shirts',
    tags: ['linen', 'a "b", {c}'],
    status: 'active',
    seo: { title: 'A shirt', description: null },
    options: ['Size'],
    collections: ['shirts'],
    media: [
      { url: 'https://img.example/1.jpg', alt: 'Front' },
      { url: 'https://img.example/2.jpg', alt: '', variantIndex: 1 },
    ],
    variants: ['S', 'M'].map((size) =>
      variant({ sku: `${(change.slug ?? 'shirt').toUpperCase()}-${size}`, options: { Size: size } }),
    ),
    ...change,
  };
}

function variant(change: Partial<VariantInput> = {}): VariantInput {
  return {
    options: {},
    weightGrams: 200,
    taxClass: 'standard',
    stockPolicy: 'deny',
    requiresShipping: true,
    prices: { EUR: { amountMinor: 1999, compareAtMinor: null } },
    stock: { mill: 5 },
    ...change,
  };
}

function withSkus(product: ProductInput, prefix: string): ProductInput {
  const variants = product.variants.map((each, index) => ({ ...each, sku: `${prefix}-${index}` }));
  return { ...product, variants };
}
