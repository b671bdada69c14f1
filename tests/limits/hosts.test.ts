import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Platform, startPlatform } from '@/local/platform';
import { stockShop } from '../contract/fixture';
import { hosts, type RunningHost } from '../contract/hosts';
import { ADDRESS_HEADER, freshAddress } from './isolates';

/** What a host without Next needs to write: the gate, and what it says. */
const WORKER = `
  import { admit } from '@/edge/gate';
  export default {
    async fetch(request, env, context) {
      const admission = await admit(request, { now: new Date(), waitUntil: (work) => context.waitUntil(work) });
      if (!admission.isAdmitted) return admission.response;
      return new Response(null, { status: 204, headers: admission.headers });
    },
  };`;

const gates: { name: string; available: boolean; start(env: Record<string, string>): Promise<RunningHost> }[] = [
  {
    name: 'workerd',
    available: true,
    async start(env) {
      const { outputFiles } = await build({
        stdin: { contents: WORKER, resolveDir: resolve('.'), loader: 'ts' },
        bundle: true,
        write: false,
        format: 'esm',
        platform: 'browser',
        conditions: ['edge-light', 'workerd', 'worker', 'browser'],
        // As next.config.ts has it.
        alias: { '@upstash/redis': resolve('edge/kv-upstash.ts') },
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
        fetch: async (path, init) => (await worker.dispatchFetch(`http://shop.test${path}`, init as never)) as never,
        close: () => worker.dispose(),
      };
    },
  },
  ...hosts.filter(({ name }) => name === 'the built Next app'),
];

describe.each(gates.filter(({ available }) => available))('the gate of $name', ({ start }) => {
  let platform: Platform;
  let kv: Relay;
  let host: RunningHost;

  const ask = (method: string, path: string, address: string, headers = {}) =>
    host.fetch(path, { method, headers: { [ADDRESS_HEADER]: address, ...headers } });

  beforeAll(async () => {
    platform = await startPlatform({ dataDir: null });
    await stockShop(platform.env);
    kv = await startRelay(platform.env.KV_REST_API_URL!);
    host = await start({
      ...platform.env,
      KV_REST_API_URL: kv.url,
      AUTH_SECRET: 'limits'.repeat(6),
      CRON_SECRET: 'limits'.repeat(6),
      CLIENT_ADDRESS_HEADER: ADDRESS_HEADER,
    });
  });
  afterAll(async () => {
    await host?.close();
    kv?.close();
    await platform?.close();
  });

  it('tells the client its limits, on the answer of whatever is behind it', async () => {
    const answer = await ask('GET', '/api/cart', freshAddress());
    expect(answer.ok).toBe(true);
    expect(answer.headers.get('ratelimit-policy')).toBe('"cart";q=600;w=60');
    expect(answer.headers.get('ratelimit')).toMatch(/^"cart";r=599;t=\d+$/);
  });

  it('refuses over a strict limit, with forged addresses as without', async () => {
    const address = freshAddress();
    const statuses = [];
    for (let asked = 0; asked < 30; asked += 1) {
      const answer = await ask('POST', '/api/auth/login', address, { 'x-forwarded-for': `198.18.0.${asked}` });
      statuses.push(answer.status);
      if (answer.status !== 429) continue;
      expect(await answer.json()).toMatchObject({ code: 'rate_limited' });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    // One more may pass where the minute ends in between.
    expect(statuses.filter((status) => status !== 429).length).toBeLessThanOrEqual(21);
    expect(statuses.filter((status) => status !== 429).length).toBeGreaterThanOrEqual(20);
  });

  it('refuses over a limit that does not wait, and told KV behind the answers', async () => {
    const address = freshAddress();
    const before = platform.counters.kv;
    const statuses = [];
    for (let asked = 0; asked < 40; asked += 1) {
      statuses.push((await ask('POST', '/api/cart/coupons', address)).status);
    }
    expect(statuses.slice(0, 30)).not.toContain(429);
    expect(statuses.slice(-5)).toEqual([429, 429, 429, 429, 429]);
    expect(platform.counters.kv - before).toBeGreaterThan(0);
  });

  it('is closed to logins soon, and open to others at once, where KV falls silent', async () => {
    kv.silence();
    const login = await timed('POST', '/api/auth/login', freshAddress());
    expect(login.status).toBe(503);
    // The decision is due within 250; the rest is the way there and back through the host.
    expect(login.milliseconds).toBeLessThan(500);
    const address = freshAddress();
    const others = [];
    for (let asked = 0; asked < 130; asked += 1) others.push(await timed('GET', '/api/nothing', address));
    expect(others.map(({ status }) => status)).not.toContain(503);
    // One of them told KV, behind its answer, and waited two seconds there.
    expect(Math.max(...others.map(({ milliseconds }) => milliseconds))).toBeLessThan(500);
  });

  async function timed(method: string, path: string, address: string) {
    const began = performance.now();
    const { status } = await ask(method, path, address);
    return { status, milliseconds: performance.now() - began };
  }
});

interface Relay {
  url: string;
  /** From now on everything is taken and nothing answered. */
  silence(): void;
  close(): void;
}

/** Stands before a server, until it falls silent. */
async function startRelay(target: string): Promise<Relay> {
  const { port, pathname } = new URL(target);
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server = createServer((socket) => {
    const onward = connect(Number(port), '127.0.0.1');
    for (const one of [socket, onward]) {
      sockets.add(one);
      one.on('error', () => {}).on('close', () => sockets.delete(one));
    }
    socket.on('data', (bytes) => isSilent || onward.write(bytes));
    onward.on('data', (bytes) => isSilent || socket.write(bytes));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    silence: () => {
      isSilent = true;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
