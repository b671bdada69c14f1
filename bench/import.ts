/**
 * What an import costs: `tsx bench/import.ts [variants]` (default 100,000). Writes a product export, imports it into an
 * empty database that it makes for this, imports it again, and prints the rates and the memory. The database is PGlite,
 * or a PostgreSQL where `POSTGRES_URL` is set.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDb } from '@/db/client';
import { migrate } from '@/db/migrate';
import { importProducts } from '@/node/import/run';
import { writeExportFile } from './export-file';

const variants = Number(process.argv[2] ?? 100_000);
const DATABASE = 'selvedge_bench_import';
const { POSTGRES_URL } = process.env;

const folder = mkdtempSync(join(tmpdir(), 'selvedge-bench-'));
try {
  const file = join(folder, 'export.csv');
  await writeExportFile(file, variants);
  const megabytes = statSync(file).size / 1e6;
  console.info(`${variants} variants, ${megabytes.toFixed(1)} MB, into ${POSTGRES_URL ? 'PostgreSQL' : 'PGlite'}`);

  const postgresUrl = POSTGRES_URL ? await createDatabase(POSTGRES_URL) : '';
  const platform = spawn(process.execPath, ['--import', 'tsx', 'local/main.ts'], {
    env: { ...process.env, DATA_DIR: folder, POSTGRES_URL: postgresUrl, REDIS_URL: '', DATABASE_URL: '' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ env }] = (await once(platform, 'message')) as [{ env: Record<string, string> }];
  const connection = { url: env.DATABASE_URL ?? '', fetchEndpoint: env.NEON_FETCH_ENDPOINT };
  await migrate(connection);

  for (const title of ['first import', 'the same again']) {
    let peakHeap = 0;
    const { seconds, products } = await importProducts(
      { file, currency: 'EUR', markets: {} },
      {
        db: createDb(connection),
        onProgress: () => {
          peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed);
        },
      },
    );
    const rate = Math.round(variants / seconds);
    console.info(
      `${title}: ${seconds.toFixed(1)} s, ${rate} variants/s, ${JSON.stringify(products)}, heap ${mega(peakHeap)} MB, resident ${mega(process.memoryUsage().rss)} MB`,
    );
  }
  platform.kill('SIGTERM');
  await once(platform, 'exit');
} finally {
  rmSync(folder, { recursive: true, force: true });
  if (POSTGRES_URL) await asAdmin(POSTGRES_URL, `drop database if exists ${DATABASE} with (force)`);
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

async function createDatabase(adminUrl: string): Promise<string> {
  await asAdmin(adminUrl, `drop database if exists ${DATABASE} with (force)`);
  await asAdmin(adminUrl, `create database ${DATABASE}`);
  const url = new URL(adminUrl);
  url.pathname = `/${DATABASE}`;
  return url.href;
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
