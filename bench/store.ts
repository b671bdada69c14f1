import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In which the bench says where a request comes from, as a proxy would. */
export const BENCH_ADDRESS_HEADER = 'x-bench-address';

export interface BenchStore {
  url: string;
  /** The variables under which the store runs. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/**
 * Starts a store of its own through the very command that users start theirs with: a production build with the bench's
 * floors in it, a fresh seeded database, and real servers where `POSTGRES_URL` and `REDIS_URL` name them.
 */
export async function startBenchStore(): Promise<BenchStore> {
  const dataDir = mkdtempSync(join(tmpdir(), 'selvedge-bench-'));
  const port = await freePort();
  const store = spawn(process.execPath, ['local/start.mjs'], {
    env: {
      ...process.env,
      PORT: String(port),
      LOCAL_PORT: String(port + 1),
      DATA_DIR: dataDir,
      NEXT_DIST_DIR: '.next-bench',
      BENCH_BUILD: '1',
      CLIENT_ADDRESS_HEADER: BENCH_ADDRESS_HEADER,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await untilItAnswers(store, `${url}/api/health`);
  const { env } = JSON.parse(readFileSync(join(dataDir, 'local.json'), 'utf8')) as { env: Record<string, string> };
  return {
    url,
    env,
    async close() {
      await ended(store);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => probe.once('listening', listening));
  const { port } = probe.address() as { port: number };
  await new Promise((closed) => probe.close(closed));
  return port;
}

async function untilItAnswers(store: ChildProcess, url: string): Promise<void> {
  let output = '';
  store.stdout?.on('data', (chunk: Buffer) => {
    output += chunk;
    process.stderr.write(chunk);
  });
  while (store.exitCode === null) {
    const isUp = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    // The banner is the last word of a start: before it the seed may still be at work.
    if (isUp && output.includes('http://localhost')) return;
    await new Promise((wait) => setTimeout(wait, 200));
  }
  throw new Error(`The store did not start:\n${output}`);
}

function ended(store: ChildProcess): Promise<void> {
  if (store.exitCode !== null) return Promise.resolve();
  return new Promise((done) => {
    store.once('exit', () => done());
    store.kill('SIGTERM');
  });
}
