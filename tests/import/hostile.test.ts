import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDb, createSql, type DbConnection, type Sql } from '@/db/client';
import { migrate } from '@/db/migrate';
import { type Platform, startPlatform } from '@/local/platform';
import { ImportRefused } from '@/node/import/fault';
import type { ImportReport } from '@/node/import/report';
import { importProducts } from '@/node/import/run';
import { readCatalog, type StoredProduct } from './catalog';
import { fileFolder, goodRow, type Row, toCsv } from './files';

const files = fileFolder();
let platform: Platform;
let connection: DbConnection;
let sql: Sql;
let before: StoredProduct[];

beforeAll(async () => {
  platform = await startPlatform({ dataDir: null });
  connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
  await migrate(connection);
  sql = createSql(connection);
  await run(toCsv([goodRow, variantRow('S'), variantRow('M')]));
  before = await readCatalog(sql);
  expect(before).toHaveLength(2);
});

afterEach(() => sql.query(`delete from products where slug not in ('shirt', 'skirt')`));

afterAll(async () => {
  files.remove();
  await platform.close();
});

const good = toCsv([goodRow, { ...goodRow, Handle: 'new' }]);
const utf16 = Buffer.from(good, 'utf16le');
const manyRows = toCsv(Array.from({ length: 3_000 }, (_, index) => ({ ...goodRow, Handle: `new-${index}` })));

describe('a file that is damaged as a whole is refused, and nothing of it is written', () => {
  it.each<[name: string, content: Buffer | string, code: string, message: RegExp]>([
    [
      'UTF-16 with a mark',
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
      'encoding_unsupported',
      /UTF-16 \(little/,
    ],
    ['UTF-16 without a mark', utf16, 'encoding_unsupported', /UTF-16 \(little/],
    ['UTF-16 big-endian', Buffer.from(utf16).swap16(), 'encoding_unsupported', /UTF-16 \(big/],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 72, 0, 0, 0]), 'encoding_unsupported', /UTF-32/],
    [
      'Windows-1252 far down',
      Buffer.concat([Buffer.from(manyRows), Buffer.from('last,Caf\xe9\n', 'latin1')]),
      'encoding_unsupported',
      /line 3002 .*Windows-1252/,
    ],
    [
      'a character cut off at the end',
      Buffer.concat([Buffer.from(good), Buffer.from([0xc3])]),
      'encoding_unsupported',
      /not UTF-8/,
    ],
    ['an Excel workbook', Buffer.from('PK\x03\x04xl/workbook.xml'), 'not_csv', /Excel/],
    ['nothing', '', 'file_empty', /empty/],
    ['a header alone', good.slice(0, good.indexOf('\n')), 'file_empty', /no products/],
    ['missing columns', good.replace('Variant Price', 'Cost'), 'columns_missing', /lacks "Variant Price"/],
    ['another kind of file', 'id,name\n1,x\n', 'columns_missing', /"Handle", "Title", "Variant Price"/],
    ['one column twice', good.replace('Vendor', 'Title'), 'column_repeated', /"Title"/],
    [
      'a quote that never closes',
      `${manyRows}x,"never closed\n${'a,b\n'.repeat(50)}`,
      'quotes_unbalanced',
      /line 3002/,
    ],
    ['a quote in the middle of a cell', `${manyRows}x,ab"c",d\n`, 'quotes_unbalanced', /line 3002.*"Title"/],
    ['text behind a closing quote', `${manyRows}x,"ab"c,d\n`, 'quotes_unbalanced', /line 3002/],
    ['a cell of 10 MB', `${manyRows}x,"${'a'.repeat(10_000_000)}"\n`, 'row_too_large', /line 3002.*2 MB/],
    ['a header of 10 MB', 'a,'.repeat(5_000_000), 'row_too_large', /header/],
  ])('%s', async (_name, content, code, message) => {
    const refusal = await run(content).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(ImportRefused);
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await readCatalog(sql)).toEqual(before);
  });

  it('so is a file that is not there, and a folder', async () => {
    await expect(importFile('/nowhere/export.csv')).rejects.toMatchObject({ code: 'file_unreadable' });
    await expect(importFile(files.path)).rejects.toMatchObject({ code: 'file_unreadable' });
  });

  it('so is a location that the shop does not have, or a market that the file does not have', async () => {
    await expect(importFile(files.write(good), { location: 'moon' })).rejects.toMatchObject({
      code: 'location_unknown',
    });
    const markets = { Mars: 'USD' };
    await expect(importFile(files.write(good), { markets })).rejects.toMatchObject({ code: 'market_unknown' });
  });

  it('would have been written otherwise', async () => {
    const report = await run(good.replaceAll('new', 'control'));
    expect(report.products).toEqual({ created: 1, updated: 0, unchanged: 1, rejected: 0 });
  });
});

describe('a product with a faulty row is rejected with line, column and reason, and stays as it was', () => {
  it.each<[name: string, change: Row, column: string, code: string]>([
    ['a negative price', { 'Variant Price': '-1' }, 'Variant Price', 'price_malformed'],
    ['an endless price', { 'Variant Price': '1e999' }, 'Variant Price', 'price_malformed'],
    ['a price with too many digits', { 'Variant Price': '12.345' }, 'Variant Price', 'price_too_precise'],
    ['a price too large', { 'Variant Price': '9'.repeat(40) }, 'Variant Price', 'price_too_large'],
    ['no price', { 'Variant Price': '' }, 'Variant Price', 'value_missing'],
    [
      'a malformed compare-at price',
      { 'Variant Compare At Price': 'lots' },
      'Variant Compare At Price',
      'price_malformed',
    ],
    ['no title', { Title: ' ' }, 'Title', 'value_missing'],
    ['no handle', { Handle: '' }, 'Handle', 'value_missing'],
    ['a formula for a title', { Title: `=cmd|'/C calc'!A0` }, 'Title', 'formula'],
    ['a formula for a tag', { Tags: '@SUM(1+1)*cmd' }, 'Tags', 'formula'],
    ['a formula for a SKU', { 'Variant SKU': `+cmd|' /C calc'!A0` }, 'Variant SKU', 'formula'],
    ['a formula for an option', { 'Option1 Name': 'Size', 'Option1 Value': '=1+1' }, 'Option1 Value', 'formula'],
    ['a NUL', { Vendor: 'a\0b' }, 'Vendor', 'value_malformed'],
    ['a title too long', { Title: 'x'.repeat(256) }, 'Title', 'value_too_long'],
    ['a description too long', { 'Body (HTML)': 'x'.repeat(600_000) }, 'Body (HTML)', 'value_too_long'],
    ['a tag too long', { Tags: `a, ${'x'.repeat(300)}` }, 'Tags', 'value_too_long'],
    ['half a piece', { 'Variant Inventory Qty': '1.5' }, 'Variant Inventory Qty', 'value_malformed'],
    [
      'more pieces than there are',
      { 'Variant Inventory Qty': '99999999999' },
      'Variant Inventory Qty',
      'value_malformed',
    ],
    ['a negative weight', { 'Variant Grams': '-5' }, 'Variant Grams', 'value_malformed'],
    ['an unknown policy', { 'Variant Inventory Policy': 'maybe' }, 'Variant Inventory Policy', 'value_malformed'],
    ['an unknown status', { Status: 'gone' }, 'Status', 'value_malformed'],
    ['neither true nor false', { Published: 'yes' }, 'Published', 'value_malformed'],
    ['a script for a picture', { 'Image Src': 'javascript:alert(1)' }, 'Image Src', 'value_malformed'],
    ['data for a picture', { 'Variant Image': 'data:image/svg+xml,x' }, 'Variant Image', 'value_malformed'],
    ['an option without a name', { 'Option1 Name': '', 'Option1 Value': 'x' }, 'Option1 Name', 'value_missing'],
    ['an option without a value', { 'Option1 Name': 'Size', 'Option1 Value': '' }, 'Option1 Value', 'value_missing'],
    [
      'two options of one name',
      { 'Option1 Name': 'Size', 'Option1 Value': 'S', 'Option2 Name': 'Size', 'Option2 Value': 'M' },
      'Option2 Name',
      'option_repeated',
    ],
  ])('%s', async (_name, change, column, code) => {
    const bad: Row = { ...goodRow, Vendor: 'Changed', ...change };
    const report = await run(toCsv([{ ...goodRow, Handle: 'fine' }, bad]));
    expect(report.products).toEqual({ created: 1, updated: 0, unchanged: 0, rejected: 1 });
    const errors = report.faults.filter((fault) => fault.severity === 'error');
    expect(errors[0]).toMatchObject({ line: 3, column, code, handle: bad.Handle });
    expect(errors[0]?.message).toMatch(/^[A-Z].{10,}\.$/);
    expect(await readOld()).toEqual(before);
  });

  it('rows with other numbers of cells than the header', async () => {
    const text = toCsv([
      { ...goodRow, Handle: 'long' },
      { ...goodRow, Handle: 'short' },
    ])
      .replace(/^(long.*)$/m, '$1,,,')
      .replace(/^(short).*$/m, `$1${',x'.repeat(3)}`);
    const report = await run(text);
    expect(report.products).toMatchObject({ created: 0, rejected: 2 });
    expect(report.faults).toMatchObject([
      { line: 2, handle: 'long', code: 'cells_mismatch', message: 'The row has 28 cells, the header 25.' },
      { line: 3, handle: 'short', code: 'cells_mismatch' },
    ]);
  });

  it('the same option values twice, and a SKU that another product has', async () => {
    const report = await run(
      toCsv([
        { ...variantRow('S'), Handle: 'twice', 'Variant SKU': '' },
        { ...variantRow('S'), Handle: 'twice', Title: '', 'Variant SKU': '' },
        { ...goodRow, Handle: 'one', 'Variant SKU': 'SAME' },
        { ...goodRow, Handle: 'two', 'Variant SKU': 'SAME' },
        { ...goodRow, Handle: 'three', 'Variant SKU': 'SKIRT-S' },
      ]),
    );
    expect(report.products).toMatchObject({ created: 1, rejected: 3 });
    expect(report.faults).toMatchObject([
      { line: 3, column: 'Option1 Value', handle: 'twice', code: 'options_repeated' },
      { line: 5, column: 'Variant SKU', handle: 'two', code: 'sku_repeated' },
      { line: 6, column: 'Variant SKU', handle: 'three', code: 'sku_taken' },
    ]);
  });

  it('a faulty row of several: none of them is written', async () => {
    const rows = [
      { ...variantRow('S'), 'Variant Price': 99 },
      { ...variantRow('M'), Title: '', 'Variant Price': 'x' },
    ];
    const report = await run(toCsv(rows));
    expect(report.products).toMatchObject({ updated: 0, rejected: 1 });
    expect(report.faults).toMatchObject([{ line: 3, column: 'Variant Price', handle: 'skirt' }]);
    expect(await readOld()).toEqual(before);
  });

  it('what only the database can refuse, without hindering the others of its batch', async () => {
    // Each is short enough by itself; together they pass what an index of Postgres can hold.
    const noise = (seed: number) =>
      Array.from({ length: 250 }, (_, index) => String.fromCodePoint(0x4e00 + ((index * seed * 7919) % 20_000))).join(
        '',
      );
    const huge = {
      ...variantRow(noise(3)),
      Handle: 'huge',
      'Variant SKU': 'HUGE',
      'Option2 Name': noise(7),
      'Option2 Value': noise(5),
    };
    const report = await run(
      toCsv([
        { ...goodRow, Handle: 'before' },
        { ...huge, 'Option3 Name': noise(13), 'Option3 Value': noise(11) },
        { ...goodRow, Handle: 'after' },
      ]),
    );
    expect(report.products).toMatchObject({ created: 2, rejected: 1 });
    expect(report.faults).toMatchObject([{ line: 3, handle: 'huge', code: 'refused' }]);
    expect(await readOld()).toEqual(before);
  });

  it('a product of more rows than a shop can have', async () => {
    const rows = Array.from({ length: 2_600 }, (_, index) => ({
      ...variantRow(String(index)),
      Handle: 'vast',
      'Variant SKU': '',
    }));
    const report = await run(toCsv([...rows, { ...goodRow }]));
    expect(report.products).toMatchObject({ unchanged: 1, rejected: 1 });
    expect(report.faults).toMatchObject([{ line: 2502, handle: 'vast', code: 'rows_too_many' }]);
  });
});

function variantRow(size: string): Row {
  return {
    ...goodRow,
    Handle: 'skirt',
    Title: 'Skirt',
    'Option1 Name': 'Size',
    'Option1 Value': size,
    'Variant SKU': `SKIRT-${size}`,
  };
}

/** What was in the shop before the test. */
async function readOld(): Promise<StoredProduct[]> {
  return (await readCatalog(sql)).filter(({ slug }) => slug === 'shirt' || slug === 'skirt');
}

function run(content: Buffer | string): Promise<ImportReport> {
  return importFile(files.write(content));
}

function importFile(
  file: string,
  more: { location?: string; markets?: Record<string, string> } = {},
): Promise<ImportReport> {
  return importProducts({ file, currency: 'EUR', markets: {}, ...more }, { db: createDb(connection) });
}
