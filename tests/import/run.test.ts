import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDb, createSql, type DbConnection, type Sql } from '@/db/client';
import { migrate } from '@/db/migrate';
import type { Platform } from '@/local/platform';
import { ImportStopped } from '@/node/import/fault';
import type { ImportReport } from '@/node/import/report';
import { type ImportDeps, importProducts } from '@/node/import/run';
import { testDatabases } from '@/tests/databases';
import { sharedDir } from '@/tests/shared-dir';
import { clearCatalog, placeTestOrder, readCatalog } from './catalog';
import { fileFolder, goodRow, type Row, toCsv } from './files';

const files = fileFolder();
afterAll(files.remove);

describe.each(testDatabases('imp_run'))('an import on $server', ({ available, start }) => {
  const test = it.skipIf(!available);
  let platform: Platform;
  let connection: DbConnection;
  let sql: Sql;

  beforeAll(async () => {
    if (!available) return;
    platform = await start();
    connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
    await migrate(connection);
    sql = createSql(connection);
  });

  beforeEach(async () => {
    if (available) await clearCatalog(sql);
  });

  afterAll(() => platform?.close());

  test('run again changes nothing; changed, it updates in place', async () => {
    const first = await run(shop(120));
    expect(first).toMatchObject({
      products: { created: 120, updated: 0, unchanged: 0, rejected: 0 },
      variants: 240,
      location: 'mill',
    });
    const catalog = await readCatalog(sql);
    const ids = await idsOf();
    const messages = await sql.query('select count(*)::int as count from outbox');

    expect((await run(shop(120))).products).toEqual({ created: 0, updated: 0, unchanged: 120, rejected: 0 });
    expect(await readCatalog(sql)).toEqual(catalog);
    expect(await sql.query('select count(*)::int as count from outbox')).toEqual(messages);

    const changed = shop(120).map((row) => (row.Handle === 'cloth-7' ? { ...row, 'Variant Price': 77 } : row));
    expect((await run(changed)).products).toEqual({ created: 0, updated: 1, unchanged: 119, rejected: 0 });
    expect(await idsOf()).toEqual(ids);
    const [product] = (await readCatalog(sql)).filter(({ slug }) => slug === 'cloth-7');
    expect(product?.variants.map(({ prices }) => prices.EUR)).toEqual([
      [7700, null],
      [7700, null],
    ]);
  });

  test('sets up taxes and shipping in a store that was never filled, and in no other', async () => {
    const facts = () => sql.query('select rate_bps::float8 from tax_rates order by zone_id, tax_class');
    await run([goodRow]);
    expect((await facts()).length).toBeGreaterThan(0);
    await sql.query(`update tax_rates set rate_bps = 1`);
    await run([{ ...goodRow, Title: 'Other' }]);
    expect((await facts()).every((row) => row.rate_bps === 1)).toBe(true);
    await sql.transaction([sql.query('delete from products'), sql.query('delete from locations')]);
    await expect(run([goodRow])).rejects.toMatchObject({ code: 'location_unknown' });
    expect((await facts()).every((row) => row.rate_bps === 1)).toBe(true);
  });

  test('makes the collections that types and collections name, once', async () => {
    await run([goodRow, { ...goodRow, Handle: 'cap', Collection: 'Été' }, { ...goodRow, Handle: 'hat', Type: '' }]);
    expect(await sql.query('select slug, title from collections order by slug')).toEqual([
      { slug: 'ete', title: 'Été' },
      { slug: 'shirts', title: 'Shirts' },
    ]);
    const memberships = (await readCatalog(sql)).map(({ slug, collections }) => [slug, collections]);
    expect(memberships).toEqual([
      ['cap', ['ete', 'shirts']],
      ['hat', []],
      ['shirt', ['shirts']],
    ]);
  });

  test('states the stock of the location that is named, and no other', async () => {
    await sql.query(`insert into locations (id, name, priority) values ('mill', 'Mill', 1), ('shop', 'Shop', 2)`);
    await run([goodRow]);
    await importFile(files.write(toCsv([{ ...goodRow, 'Variant Inventory Qty': 9 }])), { location: 'shop' });
    expect((await readCatalog(sql))[0]?.variants[0]?.stock).toEqual({ mill: [5, 0], shop: [9, 0] });
  });

  test('reports stock that orders hold, and variants that they keep alive, by line', async () => {
    await run(shop(1));
    const [first] = await sql.query(`select id from variants where sku = 'C0-M'`);
    await placeTestOrder(sql, first?.id, { held: 4 });
    const scarce = shop(1).map((row) => ({ ...row, 'Variant Inventory Qty': 2 }));
    expect((await run(scarce)).faults).toMatchObject([
      { severity: 'warning', line: 3, column: 'Variant Inventory Qty', handle: 'cloth-0', code: 'stock_clamped' },
    ]);
    const alone = await run(shop(1).slice(0, 1));
    expect(alone.products).toMatchObject({ updated: 1, rejected: 0 });
    expect(alone.faults).toMatchObject([{ severity: 'warning', line: 2, code: 'variant_retired' }]);
  });

  test('tells of every batch that was written', async () => {
    const slugs: string[] = [];
    await importFile(
      files.write(toCsv(shop(120))),
      {},
      { onChange: async (change) => void slugs.push(...change.slugs) },
    );
    expect(new Set(slugs).size).toBe(120);
    // The regions that a first import writes are told as everything, without slugs.
    const messages = await sql.query(
      `select payload->'slugs' as slugs from outbox where topic = 'catalog.changed' and payload ? 'slugs'`,
    );
    expect(messages.flatMap((row) => row.slugs).toSorted()).toEqual(slugs.toSorted());
  });

  test('as a dry run says what would happen and writes nothing', async () => {
    await run(shop(2));
    const before = await readCatalog(sql);
    const changed = shop(3).map((row) => (row.Handle === 'cloth-1' ? { ...row, Vendor: 'Other' } : row));
    const report = await importFile(files.write(toCsv(changed)), { dryRun: true });
    expect(report.products).toEqual({ created: 1, updated: 1, unchanged: 1, rejected: 0 });
    expect(await readCatalog(sql)).toEqual(before);
  });

  test('goes on when the database is away for a moment, and writes nothing twice when a reply is lost', async () => {
    const pauses: number[] = [];
    // Reads and writes alternate: the 4th is a write, and it arrives.
    const flaky = await openProxy((count) => (count === 2 ? 'drop' : count === 4 ? 'lose reply' : 'pass'));
    const report = await importFile(
      files.write(toCsv(shop(120))),
      {},
      { db: createDb(flaky.connection), pause: async (milliseconds) => void pauses.push(milliseconds) },
    );
    await flaky.close();
    expect(pauses.length).toBe(2);
    expect(report.products.rejected).toBe(0);
    const catalog = await readCatalog(createSql(connection));
    expect(catalog).toHaveLength(120);
    expect(catalog.every(({ variants }) => variants.length === 2)).toBe(true);
  });

  test('stops where the database stays away, and the next run completes it', async () => {
    const dying = await openProxy((count) => (count > 4 ? 'drop' : 'pass'));
    const halted = importFile(
      files.write(toCsv(shop(120))),
      {},
      { db: createDb(dying.connection), pause: async () => {} },
    );
    await expect(halted).rejects.toThrow(ImportStopped);
    await expect(halted).rejects.toThrow(/after \d+ products .* run the import again/);
    await dying.close();
    const partly = await readCatalog(createSql(connection));
    expect(partly.length).toBeGreaterThan(0);
    expect(partly.length).toBeLessThan(120);
    expect((await run(shop(120))).products).toMatchObject({ created: 120 - partly.length, unchanged: partly.length });
  });

  describe.skipIf(!sharedDir('catalog'))('of the public sample exports', () => {
    const folder = sharedDir('catalog') ?? '';

    test('takes all three whole, twice', async () => {
      const names = readdirSync(folder).filter((name) => name.endsWith('.csv'));
      expect(names).toHaveLength(3);
      for (const expected of ['created', 'unchanged'] as const) {
        for (const name of names) {
          const { products, faults, rows } = await importFile(join(folder, name));
          expect(faults).toEqual([]);
          expect(rows).toBeGreaterThan(20);
          expect(products).toEqual({ created: 0, updated: 0, unchanged: 0, rejected: 0, [expected]: 20 });
        }
      }
      const catalog = await readCatalog(sql);
      expect(catalog).toHaveLength(60);
      expect(catalog.flatMap(({ variants }) => variants)).toHaveLength(66);
    });

    test('keeps what they say: options, pictures of variants, weights, lists in descriptions', async () => {
      await importFile(join(folder, 'shopify-jewelery.csv'));
      const catalog = new Map((await readCatalog(sql)).map((product) => [product.slug, product]));
      expect(catalog.get('chain-bracelet')).toMatchObject({
        title: '7 Shakra Bracelet',
        type: 'Bracelet',
        collections: ['bracelet'],
        options: ['Color'],
        variants: [
          {
            sku: 'CHAIN-BRACELET-BLUE',
            title: 'Blue',
            stock_policy: 'continue',
            stock: { mill: [1, 0] },
            prices: { EUR: [4299, 4499] },
          },
          { sku: 'CHAIN-BRACELET-BLACK', title: 'Black', stock: { mill: [0, 0] } },
        ],
        media: [{ sku: 'CHAIN-BRACELET-BLACK' }, { sku: 'CHAIN-BRACELET-BLUE' }],
      });
      expect(catalog.get('boho-earrings')?.variants).toMatchObject([{ weight_grams: 28 }]);
      expect(catalog.get('boho-earrings')?.media).toHaveLength(3);
      expect(catalog.get('choker-with-gold-pendant')?.description).toContain('<li>Length, 12" with 2.5" extender</li>');
    });
  });

  function run(rows: Row[]): Promise<ImportReport> {
    return importFile(files.write(toCsv(rows)));
  }

  function importFile(
    file: string,
    more: { location?: string; dryRun?: boolean } = {},
    deps: Partial<ImportDeps> = {},
  ): Promise<ImportReport> {
    return importProducts(
      { file, currency: 'EUR', markets: {}, ...more },
      { ...deps, db: deps.db ?? createDb(connection) },
    );
  }

  async function idsOf(): Promise<unknown[]> {
    return sql.query('select id, sku from variants union all select id, slug from products order by 1');
  }

  /** Stands between the import and the database, and does to each batch what `fate` says of its number. */
  async function openProxy(
    fate: (count: number) => 'pass' | 'drop' | 'lose reply',
  ): Promise<{ connection: DbConnection; close: () => Promise<void> }> {
    let count = 0;
    const server: Server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', async () => {
        const body = Buffer.concat(chunks);
        if (body.includes('"queries"')) count += 1;
        const outcome = body.includes('"queries"') ? fate(count) : 'pass';
        if (outcome === 'drop') return response.destroy();
        const headers = Object.entries(request.headers).filter(
          ([name]) => name.startsWith('neon-') || name === 'content-type',
        );
        const answer = await fetch(connection.fetchEndpoint ?? '', {
          method: 'POST',
          headers: headers.map(([name, value]) => [name, String(value)]),
          body,
        });
        const text = await answer.text();
        if (outcome === 'lose reply') return response.destroy();
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      connection: { url: connection.url, fetchEndpoint: `http://127.0.0.1:${port}/sql` },
      async close() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        // The driver keeps one endpoint for all its clients: back to the real one.
        createSql(connection);
      },
    };
  }
});

/** Products of two variants each. */
function shop(products: number): Row[] {
  return Array.from({ length: products }, (_, index) => index).flatMap((index) => {
    const handle = `cloth-${index}`;
    const first = { ...goodRow, Handle: handle, Title: `Cloth ${index}`, 'Option1 Name': 'Size', 'Option1 Value': 'S' };
    const second = {
      Handle: handle,
      'Option1 Value': 'M',
      'Variant Inventory Tracker': 'shopify',
      'Variant Inventory Qty': 5,
    };
    return [
      { ...first, 'Variant SKU': `C${index}-S` },
      { ...second, 'Variant Price': '19.90', 'Variant SKU': `C${index}-M` },
    ];
  });
}
