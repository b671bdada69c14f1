import { afterAll, describe, expect, it } from 'vitest';
import { type CurrencyOptions, resolveColumns } from '@/node/import/columns';
import { openCsv, readRows } from '@/node/import/csv';
import { groupRows, surveyRows } from '@/node/import/groups';
import { sanitizeBody } from '@/node/import/html';
import { parsePrice } from '@/node/import/price';
import { type MappedProduct, mapProduct } from '@/node/import/product';
import { slugify } from '@/node/import/slug';
import { fileFolder, goodRow, type Row, toCsv } from './files';

const files = fileFolder();
afterAll(files.remove);

describe('a row of an export', () => {
  it('becomes a product with one variant, column by column', async () => {
    const product = await only({
      ...goodRow,
      'Variant SKU': ' SH-1 ',
      'Variant Grams': '199.6',
      'Variant Compare At Price': '25',
      'Variant Barcode': "'0123456789012",
      'Image Src': '//cdn.example/shirt.jpg?v=1',
      'Image Alt Text': 'A shirt',
      'SEO Title': 'Linen shirt',
      'SEO Description': 'The shirt.',
      Collection: 'Summer 2026',
    });
    expect(product.faults).toEqual([]);
    expect(product.input).toEqual({
      slug: 'shirt',
      title: 'Shirt',
      description: '<p>Linen</p>',
      vendor: 'Mill',
      type: 'Shirts',
      tags: ['linen', 'summer'],
      status: 'active',
      seo: { title: 'Linen shirt', description: 'The shirt.' },
      options: [],
      collections: ['summer-2026', 'shirts'],
      media: [{ url: 'https://cdn.example/shirt.jpg?v=1', alt: 'A shirt', variantIndex: null }],
      variants: [
        {
          sku: 'SH-1',
          barcode: '0123456789012',
          options: {},
          weightGrams: 200,
          taxClass: 'standard',
          stockPolicy: 'deny',
          requiresShipping: true,
          prices: { EUR: { amountMinor: 1990, compareAtMinor: 2500 } },
          stock: { mill: 5 },
        },
      ],
    });
    expect(product.collections).toEqual([
      { slug: 'summer-2026', title: 'Summer 2026' },
      { slug: 'shirts', title: 'Shirts' },
    ]);
  });

  it('is understood with the headers of the newer template, in any case', async () => {
    const product = await only({
      title: 'Cap',
      'URL HANDLE': 'cap',
      Description: '<b>Cap</b>',
      'Published on online store': 'FALSE',
      Status: 'Active',
      SKU: 'CAP',
      Price: '9',
      'Compare-at price': '12',
      'Inventory quantity': '3',
      'Continue selling when out of stock': 'CONTINUE',
      'Weight value (grams)': '80',
      'Requires shipping': 'FALSE',
      'Charge tax': 'FALSE',
      'Product image URL': 'https://cdn.example/cap.jpg',
    });
    expect(product.faults).toEqual([]);
    expect(product.input).toMatchObject({ slug: 'cap', description: '<b>Cap</b>', status: 'draft' });
    expect(product.input?.media).toHaveLength(1);
    expect(product.input?.variants).toMatchObject([
      {
        sku: 'CAP',
        stockPolicy: 'continue',
        weightGrams: 80,
        requiresShipping: false,
        taxClass: 'exempt',
        prices: { EUR: { amountMinor: 900, compareAtMinor: 1200 } },
        stock: { mill: 3 },
      },
    ]);
  });

  it.each([
    ['true', '', 'active'],
    ['false', '', 'draft'],
    ['', '', 'active'],
    ['true', 'active', 'active'],
    ['false', 'active', 'draft'],
    ['true', 'draft', 'draft'],
    ['true', 'archived', 'archived'],
    ['true', 'unlisted', 'draft'],
  ])('published %j with status %j is %s', async (published, status, expected) => {
    const product = await only({ ...goodRow, Published: published, Status: status });
    expect(product.input?.status).toBe(expected);
  });

  it.each([
    ['shopify', 'deny', 'deny'],
    ['shopify', 'continue', 'continue'],
    ['shopify', '', 'deny'],
    ['', 'deny', 'continue'],
  ])('tracker %j with policy %j sells with policy %s, and keeps the quantity', async (tracker, policy, expected) => {
    const row = { ...goodRow, 'Variant Inventory Tracker': tracker, 'Variant Inventory Policy': policy };
    const product = await only(row);
    expect(product.input?.variants[0]).toMatchObject({ stockPolicy: expected, stock: { mill: 5 } });
  });

  it('says nothing of stock where the file has no quantities', async () => {
    const { 'Variant Inventory Qty': _, ...row } = goodRow;
    expect((await only(row)).input?.variants[0]?.stock).toEqual({});
  });

  it('drops a compare-at price that is not above the price, with a note unless it is 0', async () => {
    const equal = await only({ ...goodRow, 'Variant Compare At Price': '19.90' });
    expect(equal.input?.variants[0]?.prices.EUR).toEqual({ amountMinor: 1990, compareAtMinor: null });
    expect(equal.faults).toMatchObject([
      { severity: 'warning', line: 2, column: 'Variant Compare At Price', code: 'compare_at_dropped' },
    ]);
    expect((await only({ ...goodRow, 'Variant Compare At Price': '0.00' })).faults).toEqual([]);
  });

  it('takes negative stock for none, with a note', async () => {
    const product = await only({ ...goodRow, 'Variant Inventory Qty': -3 });
    expect(product.input?.variants[0]?.stock).toEqual({ mill: 0 });
    expect(product.faults).toMatchObject([{ severity: 'warning', code: 'stock_negative' }]);
  });

  it('imports gift cards as drafts, since they cannot be honoured', async () => {
    const product = await only({ ...goodRow, 'Gift Card': 'true' });
    expect(product.input?.status).toBe('draft');
    expect(product.faults).toMatchObject([{ severity: 'warning', code: 'gift_card' }]);
  });

  it('reads the prices of the markets that are named, each in its currency', async () => {
    const row = {
      ...goodRow,
      'Price / Japan': '3200',
      'Compare At Price / Japan': '4000',
      'Price / International': '',
    };
    const markets = { Japan: 'JPY', International: 'USD' };
    const product = await only(row, { currency: 'EUR', markets });
    expect(product.input?.variants[0]?.prices).toEqual({
      EUR: { amountMinor: 1990, compareAtMinor: null },
      JPY: { amountMinor: 3200, compareAtMinor: 4000 },
    });
    expect((await only(row)).input?.variants[0]?.prices).not.toHaveProperty('JPY');
  });
});

describe('rows of one handle', () => {
  const small = {
    ...goodRow,
    'Option1 Name': 'Size',
    'Option1 Value': 'S',
    'Option2 Name': 'Colour',
    'Option2 Value': 'Blue',
  };
  const medium = {
    Handle: 'shirt',
    'Option1 Value': 'M',
    'Option2 Value': 'Red',
    'Variant Price': '21',
    'Variant Inventory Tracker': 'shopify',
  };

  it('become the variants and the pictures of one product, in order', async () => {
    const product = await only([
      {
        ...small,
        'Image Src': 'https://cdn.example/b.jpg',
        'Image Position': 2,
        'Variant Image': 'https://cdn.example/s.jpg',
      },
      {
        ...medium,
        'Image Src': 'https://cdn.example/a.jpg',
        'Image Position': 1,
        'Variant Image': 'https://cdn.example/b.jpg',
      },
      { Handle: 'shirt', 'Image Src': 'https://cdn.example/c.jpg', 'Image Position': 3, 'Image Alt Text': 'Detail' },
      { Handle: 'shirt', 'Image Src': 'https://cdn.example/a.jpg' },
    ]);
    expect(product.faults).toEqual([]);
    expect(product.input?.options).toEqual(['Size', 'Colour']);
    expect(product.input?.variants.map(({ options, prices }) => [options, prices.EUR?.amountMinor])).toEqual([
      [{ Size: 'S', Colour: 'Blue' }, 1990],
      [{ Size: 'M', Colour: 'Red' }, 2100],
    ]);
    expect(product.input?.media).toEqual([
      { url: 'https://cdn.example/a.jpg', alt: '', variantIndex: null },
      { url: 'https://cdn.example/b.jpg', alt: '', variantIndex: 1 },
      { url: 'https://cdn.example/c.jpg', alt: 'Detail', variantIndex: null },
      { url: 'https://cdn.example/s.jpg', alt: '', variantIndex: 0 },
    ]);
    expect(product.variantLines).toEqual([2, 3]);
  });

  it('share a picture without giving it to one of them', async () => {
    const image = { 'Variant Image': 'https://cdn.example/both.jpg' };
    const product = await only([
      { ...small, ...image },
      { ...medium, ...image },
    ]);
    expect(product.input?.media).toEqual([{ url: 'https://cdn.example/both.jpg', alt: '', variantIndex: null }]);
  });

  it('are one product also where others stand between them', async () => {
    const products = await map([small, { ...goodRow, Handle: 'cap' }, medium, { ...goodRow, Handle: 'scarf' }]);
    expect(products.map((product) => [product.input?.slug, product.input?.variants.length])).toEqual([
      ['cap', 1],
      ['shirt', 2],
      ['scarf', 1],
    ]);
  });

  it('are rejected where too many products are in shreds to hold them all', async () => {
    const shred = (title: string) =>
      Array.from({ length: 12_000 }, (_, index) => ({
        Handle: `p${index}`,
        Title: title,
        'Variant Price': title && '1',
      }));
    const products = await map([...shred('Cloth'), ...shred('')]);
    expect(products.filter((product) => product.input !== null)).toHaveLength(10_000);
    expect(products[10_000]?.faults).toMatchObject([{ code: 'rows_scattered', handle: 'p10000', line: 22_002 }]);
    expect(products[11_999]?.faults).toMatchObject([{ code: 'rows_scattered', handle: 'p11999', line: 24_001 }]);
  });

  it('keep an option that is called like a part of every object', async () => {
    const product = await only({ ...goodRow, 'Option1 Name': '__proto__', 'Option1 Value': 'x' });
    expect(Object.entries(product.input?.variants[0]?.options ?? {})).toEqual([['__proto__', 'x']]);
  });
});

describe('a handle', () => {
  it('becomes an address that the shop can have, with a note where it changes', async () => {
    const product = await only({ ...goodRow, Handle: 'T-Shirt__été' });
    expect(product.input?.slug).toBe('t-shirt-ete');
    expect(product.faults).toMatchObject([{ severity: 'warning', code: 'handle_changed' }]);
    expect(slugify('シャツ')).toMatch(/^x-[a-z0-9]+$/);
    expect(slugify('シャツ')).not.toBe(slugify('帽子'));
  });

  it('is turned away where its address is taken by another', async () => {
    const products = await map([goodRow, { ...goodRow, Handle: 'SHIRT' }]);
    expect(products.map((product) => product.input?.slug)).toEqual(['shirt', undefined]);
    expect(products[1]?.faults).toMatchObject([{ line: 3, column: 'Handle', code: 'handle_repeated' }]);
  });
});

describe('the file around the rows', () => {
  it('may begin with a byte order mark and end its lines with CR LF, also inside cells', async () => {
    const rows = [
      { ...goodRow, 'Body (HTML)': 'one\r\ntwo\r\nthree' },
      { ...goodRow, Handle: 'bad', 'Variant Price': 'x' },
    ];
    const products = await map(`\ufeff${toCsv(rows, { newline: '\r\n' })}`);
    expect(products[0]?.input?.description).toBe('one\r\ntwo\r\nthree');
    expect(products[1]?.faults).toMatchObject([{ line: 5, column: 'Variant Price' }]);
  });

  it('may separate cells by semicolons, with decimal commas, or by tabs', async () => {
    const semicolons = toCsv([{ ...goodRow, 'Variant Price': '19,90', Tags: 'a, b' }], { delimiter: ';' });
    const [product] = await map(semicolons);
    expect(product?.input?.variants[0]?.prices.EUR?.amountMinor).toBe(1990);
    expect(product?.input?.tags).toEqual(['a', 'b']);
    expect((await map(toCsv([goodRow], { delimiter: '\t' })))[0]?.input?.slug).toBe('shirt');
  });

  it('may lack the last line end and have empty lines', async () => {
    const text = toCsv([goodRow, { ...goodRow, Handle: 'cap', Title: '' }])
      .replace('\ncap', '\n\n\ncap')
      .trimEnd();
    const products = await map(text);
    expect(products.map((product) => product.input?.slug)).toEqual(['shirt', undefined]);
    expect(products[1]?.faults).toMatchObject([{ line: 5, column: 'Title' }]);
  });
});

describe('a price', () => {
  it.each([
    ['19.90', 'EUR', 1990],
    ['0', 'EUR', 0],
    ['007.5', 'EUR', 750],
    ['12.340', 'EUR', 1234],
    ['5000.00', 'JPY', 5000],
    ['1.005', 'KWD', 1005],
    ['450810773.51', 'EUR', 45_081_077_351],
  ])('%s in %s is %i minor units', (text, currency, amountMinor) => {
    expect(parsePrice(text, currency)).toEqual({ amountMinor });
  });

  it.each([
    ['-1', 'price_malformed'],
    ['1e999', 'price_malformed'],
    ['12.345', 'price_too_precise'],
    ['1,234.50', 'price_malformed'],
    ['19,90', 'price_malformed'],
    ['€19', 'price_malformed'],
    ['NaN', 'price_malformed'],
    ['0x10', 'price_malformed'],
    // A full cart of it could not be summed.
    ['450810773.52', 'price_too_large'],
    ['٣', 'price_malformed'],
  ])('%s is refused as %s', (text, code) => {
    expect(parsePrice(text, 'EUR')).toMatchObject({ code });
  });
});

describe('a description', () => {
  it.each([
    ['<p onclick="x()">a</p>', '<p>a</p>'],
    ['<script>alert(1)</script>b', 'b'],
    ['<style>p{}</style>b', 'b'],
    ['<p style="position:fixed">a</p>', '<p>a</p>'],
    ['<iframe src="https://evil.example">x</iframe>b', 'b'],
    ['<a href="javascript:alert(1)">a</a>', '<a rel="nofollow noopener">a</a>'],
    ['<a href="jAvA&#x09;script:alert(1)">a</a>', '<a rel="nofollow noopener">a</a>'],
    ['<a href="data:text/html,x">a</a>', '<a rel="nofollow noopener">a</a>'],
    ['<a href="//evil.example">a</a>', '<a rel="nofollow noopener">a</a>'],
    [
      '<a href="https://ok.example" target="_blank">a</a>',
      '<a href="https://ok.example" rel="nofollow noopener">a</a>',
    ],
    ['<img src=x onerror=alert(1)>a', 'a'],
    ['<svg><script>x</script></svg>a', 'a'],
    ['<math><mi xlink:href="javascript:x">b</mi></math>a', 'a'],
    ['<form action="/x"><input></form>a', 'a'],
    ['<h1>a</h1>', '<h2>a</h2>'],
    ['<ul><li>12"</li></ul>', '<ul><li>12"</li></ul>'],
    ['Cotton & wool, 3 < 5', 'Cotton &amp; wool, 3 &lt; 5'],
    ['<noscript><p title="</noscript><img src=x onerror=alert(1)>">', ''],
    ['<p>open', '<p>open</p>'],
  ])('%s is kept as %s', (html, kept) => {
    expect(sanitizeBody(html)).toBe(kept);
  });

  it('does not grow deep enough to hurt', () => {
    const deep = sanitizeBody(`${'<div>'.repeat(5_000)}x`);
    expect(deep.split('<div>').length).toBeLessThan(40);
  });
});

/** What a file of these rows says, product by product. */
async function map(
  rows: Row[] | string,
  options: CurrencyOptions = { currency: 'EUR', markets: {} },
): Promise<MappedProduct[]> {
  const file = await openCsv(files.write(typeof rows === 'string' ? rows : toCsv(rows)));
  const columns = resolveColumns(file.header, options);
  const layout = await surveyRows(readRows(file), columns);
  const products: MappedProduct[] = [];
  for await (const group of groupRows(readRows(file), columns, layout)) {
    products.push(mapProduct(group, { columns, locationId: 'mill', decimalComma: file.delimiter === ';' }));
  }
  return products;
}

async function only(rows: Row | Row[], options?: CurrencyOptions): Promise<MappedProduct> {
  const products = await map(Array.isArray(rows) ? rows : [rows], options);
  expect(products).toHaveLength(1);
  return products[0]!;
}
