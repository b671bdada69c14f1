import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Platform } from '@/local/platform';
import { kvSubjects } from '../protocol/servers';
import {
  ADDRESS_HEADER,
  count,
  freshAddress,
  headersOf,
  holdClock,
  type Isolate,
  startIsolate,
  statusOf,
} from './isolates';

const cart = { path: '/api/cart/items' };
const code = { path: '/api/cart/coupons' };

describe.each(kvSubjects)('a class that does not wait, over $name', ({ available, start }) => {
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

    /** Asks so often, one after the other, and settles after each. */
    async function askTimes(isolate: Isolate, times: number, address: string, asked = cart) {
      const admissions = [];
      for (let done = 0; done < times; done += 1) {
        admissions.push(await isolate.ask(address, asked));
        await isolate.settle();
      }
      return admissions;
    }

    it('asks KV nothing before the answer, and only in chunks after it', async () => {
      const isolate = startIsolate(platform.env);
      const address = freshAddress();
      const before = platform.counters.kv;
      for (let asked = 1; asked <= 90; asked += 1) {
        const opened = isolate.opened();
        await isolate.ask(address, cart);
        expect(isolate.opened()).toBe(opened);
        await isolate.settle();
      }
      // A chunk is a twentieth of 600. The first may cost a second trip, for the script.
      expect(isolate.opened()).toBe(3);
      expect(platform.counters.kv - before).toBeLessThanOrEqual(4);
    });

    it('asks KV nothing at all for a shopper at a shopper’s pace', async () => {
      const isolate = startIsolate(platform.env);
      const before = platform.counters.kv;
      for (let shopper = 0; shopper < 50; shopper += 1) await askTimes(isolate, 29, freshAddress());
      expect(platform.counters.kv - before).toBe(0);
    });

    it('lets one isolate’s quota in and no more', async () => {
      const admissions = await askTimes(startIsolate(platform.env), 650, freshAddress());
      expect(count(admissions, 200)).toBe(600);
      expect(statusOf(admissions.at(-1)!)).toBe(429);
    });

    it('tells each isolate what the others counted: together they pass the quota by a twentieth each, at most', async () => {
      const address = freshAddress();
      const isolates = Array.from({ length: 5 }, () => startIsolate(platform.env));
      let passed = 0;
      for (let round = 0; round < 400; round += 1) {
        for (const isolate of isolates) {
          if (statusOf(await isolate.ask(address, cart)) === 200) passed += 1;
          await isolate.settle();
        }
      }
      expect(passed).toBeGreaterThanOrEqual(600);
      expect(passed).toBeLessThanOrEqual(600 + 5 * 30);
    });

    it('tells of every code that is tried, so that isolates hardly pass that quota', async () => {
      const address = freshAddress();
      const isolates = Array.from({ length: 5 }, () => startIsolate(platform.env));
      let passed = 0;
      for (let round = 0; round < 40; round += 1) {
        for (const isolate of isolates) passed += count(await askTimes(isolate, 1, address, code), 200);
      }
      expect(passed).toBeGreaterThanOrEqual(30);
      expect(passed).toBeLessThanOrEqual(30 + 5);
    });

    it('remembers what KV refused, asks again after a while, and then tells of each request', async () => {
      const address = freshAddress();
      await askTimes(startIsolate(platform.env), 600, address);
      const late = startIsolate(platform.env);
      // This one does not know yet: it lets a chunk pass, and is told.
      expect(count(await askTimes(late, 40, address), 200)).toBe(30);
      const opened = late.opened();
      expect(count(await askTimes(late, 200, address), 429)).toBe(200);
      expect(late.opened()).toBe(opened);
      vi.setSystemTime(Date.now() + 11_000);
      expect(count(await askTimes(late, 40, address), 200)).toBe(1);
      expect(late.opened()).toBe(opened + 1);
    });

    it('relents where the window has passed', async () => {
      const address = freshAddress();
      const isolate = startIsolate(platform.env);
      await askTimes(isolate, 601, address);
      const waitSeconds = Number(headersOf(await isolate.ask(address, cart)).get('retry-after'));
      vi.setSystemTime(Date.now() + waitSeconds * 1000);
      expect(statusOf(await isolate.ask(address, cart))).toBe(200);
      vi.setSystemTime(Date.now() + 120_000);
      expect(count(await askTimes(isolate, 610, address), 200)).toBe(600);
    });

    it('forgets the oldest of very many callers, and stays in bounds', async () => {
      const isolate = startIsolate(platform.env);
      const first = freshAddress();
      await askTimes(isolate, 5, first);
      expect(headersOf(await isolate.ask(first, cart)).get('ratelimit')).toContain('r=594;');
      for (let caller = 0; caller < 20_000; caller += 1) await isolate.ask(freshAddress(), cart);
      expect(headersOf(await isolate.ask(first, cart)).get('ratelimit')).toContain('r=599;');
    });
  });
});
