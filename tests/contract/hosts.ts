import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { TEST_DIST_DIR } from '../global-setup';

/** One place where the handlers run. `fetch` takes a path of the shop and a request's init. */
export interface RunningHost {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export interface HostKind {
  name: string;
  available: boolean;
  start(env: Record<string, string>): Promise<RunningHost>;
}

const ORIGIN = 'http://shop.test';

/** Plain Node: the operations are called in this very process. */
const node: HostKind = {
  name: 'plain Node',
  available: true,
  async start(env) {
    Object.assign(process.env, env);
    const [{ dispatch }, { edgeOperations }] = await Promise.all([import('@/edge/http'), import('@/edge/routes')]);
    return {
      fetch: (path, init) => dispatch(edgeOperations, new Request(ORIGIN + path, init)),
      close: async () => {},
    };
  },
};

/** workerd, the runtime of Cloudflare's Workers, with the bundle that Next would ship to an edge. */
const workerd: HostKind = {
  name: 'workerd',
  available: true,
  async start(env) {
    const { outputFiles } = await build({
      entryPoints: [resolve('tests/contract/worker.ts')],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      conditions: ['edge-light', 'workerd', 'worker', 'browser'],
      // As next.config.ts has it.
      alias: {
        '@neondatabase/serverless': resolve('db/neon-http.ts'),
        '@upstash/redis': resolve('edge/kv-upstash.ts'),
      },
      logLevel: 'error',
    });
    const worker = new Miniflare({
      modules: true,
      script: outputFiles[0]!.text,
      compatibilityDate: '2026-04-01',
      compatibilityFlags: ['nodejs_compat'],
      bindings: env,
    });
    await worker.ready;
    return {
      fetch: (path, init) => answeredUnread(() => worker.dispatchFetch(ORIGIN + path, init as never)),
      close: () => worker.dispose(),
    };
  },
};

/**
 * workerd closes a connection whose body the handler refused to read, and a client that is still writing may see the
 * reset before it sees the answer (RFC 9112, 9.6): then it asks again.
 */
async function answeredUnread(ask: () => Promise<unknown>): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    try {
      return (await ask()) as Response;
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as { code?: string };
      if (tries === 40 || (code !== 'ECONNRESET' && code !== 'EPIPE')) throw error;
      await new Promise((wait) => setTimeout(wait, 10));
    }
  }
}

/** `next start` over the built app, in a process of its own. */
const next: HostKind = {
  name: 'the built Next app',
  available: Boolean(process.env.BUILT_APP),
  async start(env) {
    const port = await freePort();
    const app = spawn(process.execPath, ['node_modules/next/dist/bin/next', 'start', '-p', String(port)], {
      env: { ...process.env, ...env, NODE_ENV: 'production', NEXT_DIST_DIR: TEST_DIST_DIR },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const origin = `http://127.0.0.1:${port}`;
    await untilItAnswers(app, `${origin}/api/health`);
    return {
      fetch: (path, init) => fetch(origin + path, { redirect: 'manual', ...init }),
      close: () => ended(app),
    };
  },
};

export const hosts: HostKind[] = [node, workerd, next];

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}

async function untilItAnswers(app: ChildProcess, url: string): Promise<void> {
  let output = '';
  for (const stream of [app.stdout, app.stderr]) stream?.on('data', (chunk) => (output += chunk));
  for (let tries = 0; tries < 300 && app.exitCode === null; tries += 1) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((wait) => setTimeout(wait, 100));
  }
  await ended(app);
  throw new Error(`The built app did not answer at ${url}:\n${output}`);
}

function ended(app: ChildProcess): Promise<void> {
  if (app.exitCode !== null || app.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    app.once('exit', () => done());
    app.kill('SIGTERM');
  });
}
