import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSql, type DbConnection, type Sql } from '@/db/client';
import { migrate } from '@/db/migrate';
import type { Platform } from '@/local/platform';
import { testDatabases } from '@/tests/databases';

describe.each(testDatabases('cat_migrate'))('migrations on $server', ({ available, start }) => {
  const test = it.skipIf(!available);
  let platform: Platform;
  let connection: DbConnection;
  let sql: Sql;
  let folder: string;

  beforeAll(async () => {
    if (!available) return;
    platform = await start();
    connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
    sql = createSql(connection);
    folder = mkdtempSync(join(tmpdir(), 'selvedge-migrations-'));
  });

  beforeEach(async () => {
    if (!available) return;
    await sql.transaction([sql.query('drop schema public cascade'), sql.query('create schema public')]);
  });

  afterAll(async () => {
    if (!available) return;
    rmSync(folder, { recursive: true, force: true });
    await platform.close();
  });

  test('builds the whole store, and does nothing the second time', async () => {
    const first = await migrate(connection);
    expect(first.slice(0, 2)).toEqual(['0000_store', '0001_search']);
    expect(await migrate(connection)).toEqual([]);
    expect(await tables()).toEqual(expect.arrayContaining(['products', 'orders', 'migrations']));
  });

  test('leaves nothing behind when the second statement of a migration fails', async () => {
    write({ '0000_good': ['create table good (id int)'], '0001_broken': BROKEN });
    await expect(migrate(connection, { folder })).rejects.toThrow(/0001_broken failed and left nothing behind/);
    expect(await tables()).toEqual(['good', 'migrations']);
    expect(await recorded()).toEqual(['0000_good']);
  });

  test('would see a table left behind by statements that are sent one by one', async () => {
    await sql.query(BROKEN[0]!);
    await expect(sql.query(BROKEN[1]!)).rejects.toThrow();
    expect(await tables()).toEqual(['half_done']);
  });

  test('goes on where a failed run stopped', async () => {
    write({ '0000_good': ['create table good (id int)'], '0001_broken': BROKEN });
    await expect(migrate(connection, { folder })).rejects.toThrow();
    write({ '0000_good': ['create table good (id int)'], '0001_broken': BROKEN.slice(0, 1) });
    expect(await migrate(connection, { folder })).toEqual(['0001_broken']);
    expect(await tables()).toEqual(['good', 'half_done', 'migrations']);
  });

  test('applies each migration once when many run at once', async () => {
    const statements = ['create table counted (id int)', 'insert into counted values (1)', 'select pg_sleep(0.05)'];
    write({ '0000_a': statements, '0001_b': ['insert into counted values (2)'], '0002_c': ['-- nothing yet'] });
    const runs = await Promise.all(Array.from({ length: 8 }, () => migrate(connection, { folder })));
    expect(runs.flat().sort()).toEqual(['0000_a', '0001_b', '0002_c']);
    expect(await sql.query('select id from counted order by id')).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test('refuses a migration that was edited after it had been applied', async () => {
    write({ '0000_good': ['create table good (id int)'] });
    await migrate(connection, { folder });
    write({ '0000_good': ['create table good (id bigint)'] });
    await expect(migrate(connection, { folder })).rejects.toThrow(/0000_good was changed/);
  });

  const BROKEN = ['create table half_done (id int)', 'insert into nowhere values (1)'];

  function write(migrations: Record<string, string[]>): void {
    mkdirSync(join(folder, 'meta'), { recursive: true });
    const entries = Object.keys(migrations).map((tag, idx) => ({ idx, tag }));
    writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ entries }));
    for (const [tag, statements] of Object.entries(migrations)) {
      writeFileSync(join(folder, `${tag}.sql`), statements.join(';\n--> statement-breakpoint\n'));
    }
  }

  async function tables(): Promise<string[]> {
    const rows = await sql.query(`select tablename from pg_tables where schemaname = 'public' order by tablename`);
    return rows.map((row) => row.tablename as string);
  }

  async function recorded(): Promise<string[]> {
    return (await sql.query('select tag from migrations order by tag')).map((row) => row.tag as string);
  }
});
