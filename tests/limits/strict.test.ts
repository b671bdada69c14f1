import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIMIT_CLASSES } from '@/edge/limits';
import type { Limiter } from '@/edge/limits/limiter';
import type { Platform } from '@/local/platform';
import { kvSubjects } from '../protocol/servers';
import { ADDRESS_HEADER, count, freshAddress, headersOf, holdClock, startIsolate, statusOf } from './isolates';

const login = { path: '/api/auth/login' };
const order = { path: '/api/orders' };

/** Everything that a client may claim about where it comes from. */
const forged = (index: number) => {
  const address = `198.${18 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
  return {
    'x-forwarded-for': address,
    forwarded: `for=${address}`,
    'x-real-ip': address,
    'x-client-ip': address,
    'cf-connecting-ip': address,
    'true-client-ip': address,
    'fastly-client-ip': address,
    'x-vercel-forwarded-for': address,
    'x-cluster-client-ip': address,
    'x-forwarded': address,
    'x-original-forwarded-for': address,
    // A claim that nobody signed, and one cookie after the other.
    authorization: `Bearer e30.${btoa(JSON.stringify({ sub: `acct_${index}` }))}.e30`,
    cookie: `access=${index}; refresh=${index}`,
    'user-agent': `agent ${index}`,
    'x-request-id': `request-${index}`,
  };
};

describe.each(kvSubjects)('a strict class over $name', ({ available, start }) => {
  describe.skipIf(!available)('', () => {
    let platform: Platform;

    beforeAll(async () => {
      platform = await start();
    });
    afterAll(() => platform?.close());
    beforeEach(() => {
      vi.stubEnv('VERCEL', undefined);
      vi.stubEnv('CLIENT_ADDRESS_HEADER', ADDRESS_HEADER);
      holdClock();
    });
    afterEach(() => {
      vi.unstubAllEnvs();
      vi.useRealTimers();
    });

    it('lets in as many as its quota, one after the other', async () => {
      const address = freshAddress();
      const { ask } = startIsolate(platform.env);
      const statuses = [];
      for (let asked = 0; asked < 22; asked += 1) statuses.push(statusOf(await ask(address, login)));
      expect(statuses).toEqual([...Array(20).fill(200), 429, 429]);
    });

    it('tells all of its policies, and of a refusal which one it is', async () => {
      const address = freshAddress();
      const { ask } = startIsolate(platform.env);
      const headers = headersOf(await ask(address, login));
      expect(headers.get('ratelimit-policy')).toBe('"login";q=20;w=60, "login-hour";q=100;w=3600');
      expect(headers.get('ratelimit')).toMatch(/^"login";r=19;t=33, "login-hour";r=99;t=\d{4}$/);
      for (let asked = 1; asked < 20; asked += 1) await ask(address, login);
      expect(headersOf(await ask(address, login)).get('ratelimit')).toBe('"login";r=0;t=33');
    });

    it('is one round trip for all policies of a decision', async () => {
      const { ask } = startIsolate(platform.env);
      await ask(freshAddress(), login);
      const before = platform.counters.kv;
      await ask(freshAddress(), login);
      expect(platform.counters.kv - before).toBe(1);
    });

    it('holds the hour as well as the minute', async () => {
      const address = freshAddress();
      let passed = 0;
      for (let minute = 0; minute < 9; minute += 1) {
        // A fresh isolate each, which remembers nothing.
        const { ask } = startIsolate(platform.env);
        const admissions = await Promise.all(Array.from({ length: 12 }, () => ask(address, login)));
        passed += count(admissions, 200);
        vi.setSystemTime(Date.now() + 60_000);
      }
      expect(passed).toBe(100);
    });

    /** Of 500 requests at once over five isolates, how many a class with a quota of 60 let in. */
    async function rush(limiter?: () => Limiter): Promise<number> {
      const address = freshAddress();
      const isolates = Array.from({ length: 5 }, () => startIsolate(platform.env, limiter?.()));
      const admissions = await Promise.all(
        Array.from({ length: 500 }, (_, index) => isolates[index % isolates.length]!.ask(address, order)),
      );
      return count(admissions, 200);
    }

    it('lets at most one in a hundred too many in, of 500 at once from five isolates', async () => {
      const passed = await rush();
      expect(passed).toBeLessThanOrEqual(60 * 1.01);
      expect(passed).toBeGreaterThanOrEqual(60 * 0.99);
    });

    it('would let too many in, were it to read first and write then', async () => {
      const counts = new Map<string, number>();
      const readsFirst = (): Limiter => ({
        decideAtOnce: () => [],
        async decideStrictly([one]) {
          const { policy, id } = one!;
          const seen = counts.get(id) ?? 0;
          await new Promise((trip) => setTimeout(trip, 1));
          if (seen < policy.quota) counts.set(id, seen + 1);
          return [{ policy, isWithin: seen < policy.quota, remaining: 0, resetMs: 0 }];
        },
      });
      expect(await rush(readsFirst)).toBeGreaterThan(60 * 1.01);
    });

    it('lets nobody in any sooner in a window that follows a full one', async () => {
      const address = freshAddress();
      const { ask } = startIsolate(platform.env);
      for (let asked = 0; asked < 60; asked += 1) await ask(address, order);
      const refused = await ask(address, order);
      const waitSeconds = Number(headersOf(refused).get('retry-after'));
      vi.setSystemTime(Date.now() + (waitSeconds - 2) * 1000);
      expect(statusOf(await startIsolate(platform.env).ask(address, order))).toBe(429);
      vi.setSystemTime(Date.now() + 2_000);
      expect(statusOf(await startIsolate(platform.env).ask(address, order))).toBe(200);
    });

    it('remembers a refusal for a moment, so that a flood is not KV’s', async () => {
      const address = freshAddress();
      const isolate = startIsolate(platform.env);
      for (let asked = 0; asked < 21; asked += 1) await isolate.ask(address, login);
      const before = isolate.opened();
      const flood = await Promise.all(Array.from({ length: 1_000 }, () => isolate.ask(address, login)));
      expect(count(flood, 429)).toBe(1_000);
      expect(isolate.opened()).toBe(before);
    });

    /** Of 10,000 logins of one client, each with another claim of who it is, how many pass. */
    async function passedOfForged(address: string | null): Promise<number> {
      const { ask } = startIsolate(platform.env);
      let passed = 0;
      for (let batch = 0; batch < 500; batch += 1) {
        const admissions = await Promise.all(
          Array.from({ length: 20 }, (_, index) => ask(address, { ...login, headers: forged(batch * 20 + index) })),
        );
        passed += count(admissions, 200);
        if (count(admissions, 503) > 0) expect.fail('KV came too late for this measurement');
      }
      return passed;
    }

    it.each([
      ['behind a proxy', () => vi.stubEnv('CLIENT_ADDRESS_HEADER', ADDRESS_HEADER), 20],
      ['where nobody vouches for an address', () => vi.stubEnv('CLIENT_ADDRESS_HEADER', undefined), 600],
    ])('gives nothing for 10,000 forged addresses %s', async (_, arrange, quota) => {
      arrange();
      expect(await passedOfForged(freshAddress())).toBeLessThanOrEqual(quota);
    });

    it('gives nothing for 10,000 forged addresses on Vercel', async () => {
      vi.stubEnv('VERCEL', '1');
      const { ask } = startIsolate(platform.env);
      const address = freshAddress();
      let passed = 0;
      for (let index = 0; index < 10_000; index += 1) {
        const headers = {
          ...forged(index),
          'x-vercel-forwarded-for': address,
          [ADDRESS_HEADER]: `8.8.${index % 250}.8`,
        };
        passed += statusOf(await ask(null, { ...login, headers })) === 200 ? 1 : 0;
      }
      expect(passed).toBeLessThanOrEqual(20);
      expect(passed).toBeGreaterThan(0);
    });

    it('gives all of them where it believes X-Forwarded-For', async () => {
      vi.stubEnv('CLIENT_ADDRESS_HEADER', 'x-forwarded-for');
      expect(await passedOfForged(null)).toBe(10_000);
    });

    it('counts an API key from whichever address it comes, and no other one with it', async () => {
      const { quota } = LIMIT_CLASSES.admin.perApiKey![0]!;
      const { ask } = startIsolate(platform.env);
      const admin = (key: string) => ({
        method: 'GET',
        path: '/api/admin/orders',
        headers: { authorization: `Bearer ${key}` },
      });
      let passed = 0;
      for (let batch = 0; batch < quota / 20 + 1; batch += 1) {
        const admissions = await Promise.all(Array.from({ length: 20 }, () => ask(freshAddress(), admin('sk_one'))));
        passed += count(admissions, 200);
      }
      expect(passed).toBe(quota);
      expect(statusOf(await ask(freshAddress(), admin('sk_two')))).toBe(200);
    });
  });
});
