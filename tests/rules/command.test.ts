import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKv, type Kv } from '@/edge/kv';
import { CATALOG_VERSION_KEY } from '@/edge/snapshot';
import { startPlatform } from '@/local/platform';
import { promotion } from './files';
import { openTestStore, readTables, resetRules, type TestStore } from './store';

const folder = mkdtempSync(join(tmpdir(), 'selvedge-rules-'));
const calls: { url: string; authorization: string }[] = [];
let site: ReturnType<typeof createServer>;
let store: TestStore;
let kv: Kv;
let env: Record<string, string>;

beforeAll(async () => {
  store = await openTestStore(await startPlatform({ dataDir: null }));
  const { env: platformEnv } = store.platform;
  kv = createKv({ url: platformEnv.KV_REST_API_URL!, token: platformEnv.KV_REST_API_TOKEN! });
  site = createServer((request, response) => {
    calls.push({ url: request.url ?? '', authorization: request.headers.authorization ?? '' });
    response.end('{}');
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  env = { ...platformEnv, SITE_URL: `http://127.0.0.1:${(site.address() as AddressInfo).port}` };
});

beforeEach(async () => {
  calls.length = 0;
  await resetRules(store);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  site.close();
  await store.platform.close();
});

describe('npm run rules', () => {
  it('loads a file, says what changed, and tells the running shop at once', async () => {
    const before = await kv.get(CATALOG_VERSION_KEY);
    const { code, output } = await run([write({ promotions: [promotion] })]);
    expect(output).toContain('Loaded:\n  promotions: 1 added (ten-off)\nThe shop shows it now.');
    expect(code).toBe(0);
    expect(await kv.get(CATALOG_VERSION_KEY)).not.toBe(before);
    expect(calls).toEqual([{ url: '/api/cron/outbox', authorization: `Bearer ${env.CRON_SECRET}` }]);
  });

  it('says so where no shop answers, and leaves the message in the outbox', async () => {
    const { code, output } = await run([write({ promotions: [promotion] })], { SITE_URL: 'http://127.0.0.1:1' });
    expect(code).toBe(0);
    expect(output).toContain('when its outbox is next swept');
    expect(await store.sql.query('select topic, payload from outbox where delivered_at is null')).toEqual([
      { topic: 'catalog.changed', payload: { everything: true } },
    ]);
  });

  it('tells nobody of what changes nothing, or of a dry run', async () => {
    const file = write({ promotions: [promotion] });
    expect((await run([file, '--dry-run'])).output).toContain('Would change:\n  promotions: 1 added (ten-off)');
    await run([file]);
    calls.length = 0;
    const { code, output } = await run([file]);
    expect([code, calls]).toEqual([0, []]);
    expect(output).toContain('promotions: 1 unchanged');
  });

  it('ends with 2 where the file was refused, with the line, the path and the code of every fault', async () => {
    const before = await readTables(store.sql);
    const bad = {
      promotions: [
        { ...promotion, effect: { kind: 'percent_off', percent: '200' } },
        { ...promotion, titel: 'x' },
      ],
    };
    const { code, output } = await run([write(bad)]);
    expect(code).toBe(2);
    expect(output).toMatch(
      /^2 faults in the file:\n {2}line 8, promotions\.0\.effect\.percent: .*\(percent_out_of_range\)\n/,
    );
    expect(output).toMatch(/promotions\.1\.titel: .* Did you mean "title"\? \(member_unknown\)\n/);
    expect(output).toMatch(/Nothing was loaded\.\n$/);
    expect((await run([write('{ "promotions": [ }')])).output).toContain('line 1, column 19');
    expect(await readTables(store.sql)).toEqual(before);
    expect(calls).toEqual([]);
  });

  it('reports as JSON for machines', async () => {
    const sample = {
      name: 'A shirt',
      currency: 'EUR',
      country: 'DE',
      items: [{ sku: 'SHIRT-S' }],
      expect: { total: '1.00' },
    };
    const { code, output } = await run([write({ promotions: [promotion], samples: [sample] }), '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(output)).toMatchObject({
      accepted: false,
      errors: [{ path: 'samples.0.expect.total', code: 'sample_differs', line: 23 }],
      previews: [
        {
          name: 'A shirt',
          before: { totals: { total: { amount: 2000 } } },
          after: { totals: { total: { amount: 1800 } } },
        },
      ],
      outcome: null,
    });
  });

  it('exports what can be loaded again', async () => {
    await run([write({ promotions: [{ ...promotion, codes: ['ten'] }] })]);
    const before = await readTables(store.sql);
    const exported = await run(['--export']);
    expect(exported.code).toBe(0);
    expect(JSON.parse(exported.output).promotions).toEqual([{ ...promotion, codes: ['TEN'] }]);
    const { code, output } = await run([write(exported.output)]);
    expect(code).toBe(0);
    expect(output).not.toMatch(/added|changed \(|removed/);
    expect(await readTables(store.sql)).toEqual(before);
  });

  it('previews the samples of another file', async () => {
    const samples = write([
      { name: 'Two scarves', currency: 'EUR', country: 'DE', items: [{ sku: 'SCARF', quantity: 2 }] },
    ]);
    const { output } = await run([write({ promotions: [promotion] }), '--sample', samples, '--dry-run']);
    expect(output).toMatch(/^Two scarves \(EUR, DE\)\n/);
    expect(output).toMatch(/Total +30\.00 +27\.00\n/);
  });

  it('ends with 1 where the command is not understood, or the file cannot be read', async () => {
    const file = write({});
    for (const args of [[], [file, file], [file, '--nonsense'], ['--export', file]]) {
      const { code, output } = await run(args);
      expect([args, code]).toEqual([args, 1]);
      expect(output).toContain('Usage: npm run rules -- FILE.json');
    }
    expect(await run([join(folder, 'none.json')])).toMatchObject({
      code: 1,
      output: expect.stringContaining('no such file'),
    });
    const latin1 = join(folder, 'latin1.json');
    writeFileSync(latin1, Buffer.from('{ "promotions": "\u00e9" }', 'latin1'));
    expect(await run([latin1])).toMatchObject({ code: 1, output: expect.stringContaining('not encoded in UTF-8') });
  });

  it('ends with 1, and names no secret, where the database cannot be reached', async () => {
    const { code, output } = await run([write({})], { NEON_FETCH_ENDPOINT: 'http://127.0.0.1:1/sql' });
    expect(code).toBe(1);
    expect(output).toMatch(/^The database does not answer \(.*\)\. Nothing was loaded\./m);
    expect(output).not.toContain(new URL(env.DATABASE_URL!).password);
  });
});

let count = 0;

function write(file: unknown): string {
  const path = join(folder, `rules-${++count}.json`);
  writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file, null, 2));
  return path;
}

async function run(
  args: string[],
  more: Record<string, string> = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'node/rules.ts', ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, ...more } as unknown as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
