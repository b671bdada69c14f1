import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeExportFile } from '@/bench/export-file';
import { createSql, type Sql } from '@/db/client';
import { migrate } from '@/db/migrate';
import { createKv, type Kv } from '@/edge/kv';
import { CATALOG_VERSION_KEY } from '@/edge/snapshot';
import { type Platform, startPlatform } from '@/local/platform';
import { clearCatalog, readCatalog } from './catalog';
import { fileFolder, goodRow, toCsv } from './files';

const files = fileFolder();
const calls: { url: string; authorization: string }[] = [];
let platform: Platform;
let site: ReturnType<typeof createServer>;
let sql: Sql;
let kv: Kv;
let env: Record<string, string>;

beforeAll(async () => {
  platform = await startPlatform({ dataDir: null });
  await migrate({ url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT });
  sql = createSql({ url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT });
  kv = createKv({ url: platform.env.KV_REST_API_URL!, token: platform.env.KV_REST_API_TOKEN! });
  site = createServer((request, response) => {
    calls.push({ url: request.url ?? '', authorization: request.headers.authorization ?? '' });
    response.end('{}');
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  env = { ...platform.env, SITE_URL: `http://127.0.0.1:${(site.address() as AddressInfo).port}` };
});

beforeEach(async () => {
  calls.length = 0;
  await clearCatalog(sql);
});

afterAll(async () => {
  files.remove();
  site.close();
  await platform.close();
});

describe('npm run import', () => {
  it('imports, says what it did and tells the running shop', async () => {
    const before = await kv.get(CATALOG_VERSION_KEY);
    const { code, output } = await run([files.write(toCsv([goodRow]))]);
    expect(code).toBe(0);
    expect(output).toMatch(/Imported 1 products \(1 created, 0 updated, 0 unchanged\) with 1 variants, in EUR/);
    expect(output).toContain('The shop shows it now.');
    expect(await kv.get(CATALOG_VERSION_KEY)).not.toBe(before);
    expect(calls).toEqual([{ url: '/api/cron/outbox', authorization: `Bearer ${env.CRON_SECRET}` }]);
  });

  it('says so where no shop answers, and leaves the message in the outbox', async () => {
    const { code, output } = await run([files.write(toCsv([goodRow]))], { SITE_URL: 'http://127.0.0.1:1' });
    expect(code).toBe(0);
    expect(output).toContain('when its outbox is next swept');
    // The regions of a shop that had none are told of as everything, before.
    expect(
      await sql.query(`
        select topic from outbox where delivered_at is null and not payload @> '{"everything": true}'`),
    ).toEqual([{ topic: 'catalog.changed' }]);
  });

  it('ends with 2 where a row was rejected, and reports it as JSON and as CSV', async () => {
    const file = files.write(toCsv([goodRow, { ...goodRow, Handle: '=cmd()|x!A0', Title: 'a "b"' }]));
    const json = join(files.path, 'report.json');
    const first = await run([file, '--report', json]);
    expect(first.code).toBe(2);
    expect(first.output).toMatch(
      /1 products were rejected .*\n {2}line 3, Handle \(=cmd\(\)\|x!A0\): It looks like a formula/,
    );
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      products: { created: 1, rejected: 1 },
      faults: [{ severity: 'error', line: 3, column: 'Handle', handle: '=cmd()|x!A0', code: 'formula' }],
    });
    const csv = join(files.path, 'report.csv');
    await run([file, '--report', csv]);
    expect(readFileSync(csv, 'utf8').split('\r\n').slice(0, 2)).toEqual([
      'severity,line,column,handle,code,message',
      `"error","3","Handle","'=cmd()|x!A0","formula","It looks like a formula, which a spreadsheet would run."`,
    ]);
  });

  it('ends with 1 where the file is refused or the command is not understood', async () => {
    const refused = await run([files.write('id,name\n1,x\n')]);
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/lacks "Handle".*\nNothing was imported\./);
    const file = files.write(toCsv([goodRow]));
    for (const args of [
      [],
      [file, file],
      [file, '--nonsense'],
      [file, '--currency', 'EURO'],
      [file, '--market', 'USD'],
    ]) {
      const { code, output } = await run(args);
      expect([args.slice(1), code]).toEqual([args.slice(1), 1]);
      expect(output).toContain('Usage: npm run import -- FILE.csv');
    }
    expect(await readCatalog(sql)).toEqual([]);
  });

  it('names the variables to set, and no secret, where the database cannot be reached', async () => {
    const { code, output } = await run([files.write(toCsv([goodRow]))], {
      NEON_FETCH_ENDPOINT: 'http://127.0.0.1:1/sql',
    });
    expect(code).toBe(1);
    expect(output).toMatch(/^The database does not answer \(.*\)\. DATABASE_URL and NEON_FETCH_ENDPOINT say/m);
    expect(output).not.toContain(new URL(env.DATABASE_URL!).password);
  });

  it('killed in the middle and run again, leaves the catalog that one run leaves', async () => {
    const file = join(files.path, 'many.csv');
    await writeExportFile(file, 2_000);
    for (const killAfter of [30, 100]) {
      const child = start([file]);
      while ((await countProducts()) < killAfter) await sleep(5);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const partly = await readCatalog(sql);
      expect(partly.length).toBeLessThan(200);
      expect(partly.every(({ variants }) => variants.length === 10)).toBe(true);
    }
    expect((await run([file])).code).toBe(0);
    const resumed = await readCatalog(sql);
    await clearCatalog(sql);
    expect((await run([file])).output).toContain('Imported 200 products (200 created');
    expect(resumed).toEqual(await readCatalog(sql));
  }, 120_000);

  it('brings up a database of its own where no store runs, keeps what it wrote and leaves nothing running', async () => {
    const file = files.write(toCsv([goodRow]));
    const own = { DATA_DIR: join(files.path, 'data'), DATABASE_URL: '', POSTGRES_URL: '', REDIS_URL: '', PORT: '4520' };
    const alone = Object.fromEntries(Object.keys(env).map((name) => [name, '']));
    const first = await run([file], { ...alone, ...own });
    expect(first.output).toContain('starting its database');
    expect(first.output).toContain('(1 created');
    expect(first.code).toBe(0);
    expect(existsSync(join(own.DATA_DIR, 'local.json'))).toBe(false);
    expect(existsSync(join(own.DATA_DIR, 'platform.lock'))).toBe(false);
    expect((await run([file], { ...alone, ...own })).output).toContain('0 created, 0 updated, 1 unchanged');
  }, 120_000);
});

describe('the memory of an import', () => {
  const measure = async (file: string, ...args: string[]): Promise<number> => {
    await clearCatalog(sql);
    const { output } = await finish(
      start([file, ...args], {}, ['--expose-gc', '--import', 'tsx', 'tests/import/measure-memory.ts']),
    );
    return Number(/^peak (\d+)$/m.exec(output)?.[1]);
  };

  it('is the same for four times the file, and would not be if rows were kept', async () => {
    const [small, large] = [join(files.path, 'small.csv'), join(files.path, 'large.csv')];
    await writeExportFile(small, 2_000);
    await writeExportFile(large, 8_000);
    const peaks = [await measure(small), await measure(large)];
    expect(peaks[1]! / peaks[0]!).toBeLessThan(1.15);
    // The negative control: what it measures does see rows that stay.
    expect((await measure(large, '--keep-rows')) / peaks[0]!).toBeGreaterThan(1.3);
  }, 240_000);
});

async function countProducts(): Promise<number> {
  const [row] = await sql.query('select count(*)::int as count from products');
  return row?.count;
}

function run(args: string[], more: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  return finish(start(args, more));
}

function start(
  args: string[],
  more: Record<string, string> = {},
  command = ['--import', 'tsx', 'node/import.ts'],
): ChildProcess {
  return spawn(process.execPath, [...command, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, ...more } as unknown as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function finish(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
