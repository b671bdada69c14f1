import { createServer as createHttpServer, type Server } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { Ratelimit } from '@upstash/ratelimit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { limiterKv } from '@/edge/kv-limiter';
import type { Limiter } from '@/edge/limits/limiter';
import { ADDRESS_HEADER, count, freshAddress, holdClock, type Isolate, startIsolate, statusOf } from './isolates';

/** What the brief moment of a decision may be at most, in milliseconds. */
const DECISION_MS = 250;

const STRICT = ['/api/auth/login', '/api/auth/register', '/api/orders', '/api/admin/orders', '/api/webhooks/local'];

type Fault = { name: string; start(): Promise<{ url: string; close(): void }> };

const faults: Fault[] = [
  {
    name: 'takes connections and never answers',
    start: () =>
      listening(
        createServer((socket) => {
          socket.on('error', () => {});
        }),
      ),
  },
  { name: 'refuses connections', start: async () => ({ url: 'http://127.0.0.1:1', close: () => {} }) },
  { name: 'is where no name leads', start: async () => ({ url: 'http://kv.invalid', close: () => {} }) },
  {
    name: 'says yes, but after a second',
    start: () =>
      answering((answer) => setTimeout(() => answer(200, [{ result: [9, 20] }, { result: [9, 100] }]), 1_000)),
  },
  {
    name: 'begins an answer and never ends it',
    start: () =>
      listening(
        createServer((socket) => {
          socket.on('error', () => {});
          socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n[');
        }),
      ),
  },
  { name: 'hangs up', start: () => listening(createServer((socket) => void socket.destroy())) },
  { name: 'knows no such token', start: () => answering((answer) => answer(401, { error: 'Unauthorized' })) },
  { name: 'is past its own quota', start: () => answering((answer) => answer(429, { error: 'max requests' })) },
  { name: 'has a fault of its own', start: () => answering((answer) => answer(500, 'oh')) },
  { name: 'is another server', start: () => answering((answer) => answer(200, '<html>')) },
  {
    name: 'answers each command with an error',
    start: () => answering((answer) => answer(200, [{ error: 'ERR no' }, { error: 'ERR no' }])),
  },
  { name: 'answers too little', start: () => answering((answer) => answer(200, [])) },
];

function answering(handle: (answer: (status: number, body: unknown) => void) => void) {
  return listening(
    createHttpServer((request, response) => {
      request.resume().on('end', () =>
        handle((status, body) => {
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end(typeof body === 'string' ? body : JSON.stringify(body));
        }),
      );
    }),
  );
}

async function listening(server: Server | NetServer) {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

beforeEach(() => {
  vi.stubEnv('VERCEL', undefined);
  vi.stubEnv('CLIENT_ADDRESS_HEADER', ADDRESS_HEADER);
  holdClock();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe.each(faults)('where KV $name', ({ start }) => {
  let kv: Awaited<ReturnType<typeof start>>;
  const isolate = (planted?: Limiter) => startIsolate({ KV_REST_API_URL: kv.url, KV_REST_API_TOKEN: 'token' }, planted);

  beforeAll(async () => {
    kv = await start();
  });
  afterAll(() => kv.close());

  it.each(STRICT)('a strict class is closed, within 250 ms: %s', async (path) => {
    const { ask } = isolate();
    for (let again = 0; again < 2; again += 1) {
      const began = performance.now();
      const admission = await ask(freshAddress(), { path });
      expect(performance.now() - began).toBeLessThanOrEqual(DECISION_MS);
      if (admission.isAdmitted) throw new Error('let in');
      expect(admission.response.status).toBe(503);
      expect(admission.response.headers.get('retry-after')).toBe('1');
      expect(await admission.response.json()).toMatchObject({ code: 'limiter_unavailable', status: 503 });
    }
  });

  it('the crowd without addresses is kept out of logins too', async () => {
    expect(statusOf(await isolate().ask(null))).toBe(503);
  });

  it('browsing is open at once, up to what one isolate lets pass', async () => {
    const { ask, settle } = isolate();
    const address = freshAddress();
    const began = performance.now();
    const admissions = [];
    for (let asked = 0; asked < 1_300; asked += 1) {
      admissions.push(await ask(address, { method: 'GET', path: '/api/products' }));
      // Turns in which reports to KV can go out, and fail.
      if (asked % 100 === 0) await new Promise((turn) => setTimeout(turn, 2));
    }
    expect(performance.now() - began).toBeLessThan(13 * DECISION_MS);
    expect(count(admissions, 200)).toBe(1_200);
    expect(count(admissions, 429)).toBe(100);
    // What failed behind the answers fails nobody.
    await settle();
  });

  it('KV is left alone for a while by what does not need it', async () => {
    const { ask, settle, opened } = isolate();
    const browse = async () => {
      const address = freshAddress();
      for (let asked = 0; asked < 60; asked += 1) await ask(address, { method: 'GET', path: '/api/products' });
      await settle();
    };
    await browse();
    expect(opened()).toBe(1);
    await browse();
    expect(opened()).toBe(1);
    vi.setSystemTime(Date.now() + 6_000);
    await browse();
    expect(opened()).toBe(2);
  });
});

describe('a limiter that is open where KV is silent', () => {
  it('is found out by the same question', async () => {
    const silent = await faults[0]!.start();
    const open = limiterKv({ url: silent.url, token: 'token' });
    // As the library is without further words, but for its five seconds.
    const byDefault: Limiter = {
      decideAtOnce: () => [],
      async decideStrictly([one]) {
        const limit = new Ratelimit({ redis: open(), limiter: Ratelimit.slidingWindow(1, '1 m'), timeout: 100 });
        const { success } = await limit.limit(one!.id);
        return [{ policy: one!.policy, isWithin: success, remaining: 0, resetMs: 0 }];
      },
    };
    const planted: Isolate = startIsolate({ KV_REST_API_URL: silent.url, KV_REST_API_TOKEN: 'token' }, byDefault);
    expect(statusOf(await planted.ask(freshAddress()))).toBe(200);
    silent.close();
  });
});
