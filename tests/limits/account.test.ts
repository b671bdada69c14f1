import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDb, type Db } from '@/db/client';
import { migrate } from '@/db/migrate';
import { verifiedAccount } from '@/edge/limits/account';
import { type Platform, startPlatform } from '@/local/platform';
import { signAccessToken } from '@/node/signing-keys';
import { ADDRESS_HEADER, count, freshAddress, headersOf, holdClock, startIsolate, statusOf } from './isolates';

const AUTH_SECRET = 'limits'.repeat(6);
const ADA = 'acct_01k0000000e8xv5x6h2n8q9w0z';
const EVE = 'acct_01k0000000e8xv5x6h2n8q9w0y';

const order = (headers = {}) => ({ path: '/api/orders', headers });

let platform: Platform;
let db: Db;

beforeAll(async () => {
  platform = await startPlatform({ dataDir: null });
  const connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
  await migrate(connection);
  db = createDb(connection);
});
afterAll(() => platform.close());
beforeEach(() => {
  holdClock();
  for (const [name, value] of Object.entries({ ...platform.env, AUTH_SECRET })) vi.stubEnv(name, value);
  vi.stubEnv('SITE_URL', 'http://shop.test');
  vi.stubEnv('VERCEL', undefined);
  vi.stubEnv('CLIENT_ADDRESS_HEADER', ADDRESS_HEADER);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

const tokenOf = (accountId: string, now = new Date()) =>
  signAccessToken(
    { db, env: { AUTH_SECRET, SITE_URL: 'http://shop.test' } as never, url: new URL('http://shop.test'), now },
    {
      accountId,
      sessionId: 'sess_01k0000000e8xv5x6h2n8q9w0z',
      epoch: 0,
      customerGroup: null,
      amr: ['pwd'],
      authTime: 0,
    },
  );

const accountIn = (headers: Record<string, string>) =>
  verifiedAccount(new Request('http://shop.test/api/orders', { method: 'POST', headers }), {
    now: new Date(),
    waitUntil: () => {},
  });

describe('the account of a request', () => {
  it('is the one that its access token was signed for, in a header or a cookie', async () => {
    const token = await tokenOf(ADA);
    // The first may come too late, while the keys are read.
    await expect.poll(() => accountIn({ authorization: `Bearer ${token}` })).toBe(ADA);
    expect(await accountIn({ cookie: `theme=dark; access=${token}` })).toBe(ADA);
  });

  it('is nobody’s by a claim that was not signed for it', async () => {
    const [header, , signature] = (await tokenOf(ADA)).split('.');
    const claims = btoa(JSON.stringify({ sub: EVE })).replaceAll('=', '');
    expect(await accountIn({ authorization: `Bearer ${header}.${claims}.${signature}` })).toBeNull();
    expect(await accountIn({ cookie: `access=${header}.${claims}.${signature}` })).toBeNull();
    expect(
      await accountIn({ authorization: `Bearer ${await tokenOf(ADA, new Date(Date.now() - 700_000))}` }),
    ).toBeNull();
    expect(await accountIn({ cookie: 'refresh=rt_something' })).toBeNull();
    expect(await accountIn({})).toBeNull();
  });
});

describe('an account', () => {
  it('is counted from whichever address, and no other one with it', async () => {
    const ada = order({ authorization: `Bearer ${await tokenOf(ADA)}` });
    const eve = order({ authorization: `Bearer ${await tokenOf(EVE)}` });
    const { ask } = startIsolate(platform.env);
    await expect
      .poll(async () => headersOf(await ask(freshAddress(), ada)).get('ratelimit-policy'))
      .toBe('"order";q=60;w=60, "order-account";q=300;w=60');
    const admissions = [];
    for (let batch = 0; batch < 16; batch += 1) {
      admissions.push(...(await Promise.all(Array.from({ length: 20 }, () => ask(freshAddress(), ada)))));
    }
    expect(count(admissions, 200)).toBeLessThan(300);
    expect(count(admissions, 429)).toBeGreaterThan(20);
    expect(statusOf(await ask(freshAddress(), eve))).toBe(200);
    expect(statusOf(await ask(freshAddress(), order()))).toBe(200);
  });
});

describe('an account that Postgres is needed for', () => {
  it('is not waited for where Postgres is silent: the other counts decide', async () => {
    const token = await tokenOf(ADA);
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.on('error', () => {})));
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    vi.stubEnv('NEON_FETCH_ENDPOINT', `http://127.0.0.1:${(silent.address() as AddressInfo).port}/sql`);
    // A cold isolate, which knows no keys.
    vi.resetModules();
    const { verifiedAccount: asked } = await import('@/edge/limits/account');
    const request = new Request('http://shop.test/api/orders', { headers: { authorization: `Bearer ${token}` } });
    const began = performance.now();
    expect(await asked(request, { now: new Date(), waitUntil: () => {} })).toBeNull();
    expect(performance.now() - began).toBeLessThan(250);
    expect(sockets).toHaveLength(1);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});
