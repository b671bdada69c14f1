import { Ratelimit } from '@upstash/ratelimit';
import { createClient } from '@vercel/kv';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Platform } from '@/local/platform';
import { kvSubjects } from './servers';

describe.each(kvSubjects)('@upstash/ratelimit by $name', ({ available, start }) => {
  describe.skipIf(!available)('', () => {
    let platform: Platform;
    const client = () =>
      createClient({
        url: platform.env.KV_REST_API_URL!,
        token: platform.env.KV_REST_API_TOKEN!,
        cache: 'no-store',
        retry: { retries: 1 },
        // A limiter over several regions sends each its own request.
        enableAutoPipelining: false,
      });

    beforeAll(async () => {
      platform = await start();
    });
    afterAll(() => platform?.close());
    beforeEach(() => client().flushall());

    // Windows as long as a day: the end of one hardly falls into a test.
    const limiters = {
      fixedWindow: Ratelimit.fixedWindow(5, '1 d'),
      slidingWindow: Ratelimit.slidingWindow(5, '1 d'),
      tokenBucket: Ratelimit.tokenBucket(5, '1 d', 5),
    };

    test.each(Object.entries(limiters))('%s lets through what it should', async (_name, limiter) => {
      const limit = new Ratelimit({ redis: client(), limiter, ephemeralCache: false });
      const outcomes = [];
      for (let i = 0; i < 7; i += 1) outcomes.push(await limit.limit('shopper'));
      expect(outcomes.map(({ success }) => success)).toEqual([true, true, true, true, true, false, false]);
      expect(outcomes.map(({ remaining }) => remaining)).toEqual([4, 3, 2, 1, 0, 0, 0]);
      expect(outcomes[0]!.reset).toBeGreaterThan(Date.now());
      expect(await limit.limit('another')).toMatchObject({ success: true, remaining: 4 });
      expect(await limit.getRemaining('shopper')).toMatchObject({ remaining: 0 });
      await limit.resetUsedTokens('shopper');
      expect(await limit.limit('shopper')).toMatchObject({ success: true, remaining: 4 });
    });

    test.each(Object.entries(limiters))('%s lets exactly its limit of a burst through', async (_name, limiter) => {
      const limit = new Ratelimit({ redis: client(), limiter, ephemeralCache: false });
      const outcomes = await Promise.all(Array.from({ length: 60 }, () => limit.limit('burst')));
      expect(outcomes.filter(({ success }) => success)).toHaveLength(5);
    });

    test('takes several tokens at once, and refills a bucket', async () => {
      const limiter = Ratelimit.tokenBucket(3, '200 ms', 5);
      const limit = new Ratelimit({ redis: client(), limiter, ephemeralCache: false });
      expect(await limit.limit('bulk', { rate: 4 })).toMatchObject({ success: true, remaining: 1 });
      expect(await limit.limit('bulk', { rate: 4 })).toMatchObject({ success: false });
      await new Promise((resolve) => setTimeout(resolve, 250));
      expect(await limit.limit('bulk', { rate: 4 })).toMatchObject({ success: true, remaining: 0 });
    });

    test('opens a window again when it has passed', async () => {
      const limiter = Ratelimit.fixedWindow(1, '300 ms');
      const limit = new Ratelimit({ redis: client(), limiter, ephemeralCache: false });
      const until = Date.now() + 3_000;
      const outcomes: boolean[] = [];
      while (Date.now() < until && outcomes.filter(Boolean).length < 3) {
        outcomes.push((await limit.limit('patient')).success);
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
      expect(outcomes.filter(Boolean)).toHaveLength(3);
      expect(outcomes).toContain(false);
    });

    test('cachedFixedWindow counts in memory and in KV', async () => {
      const limit = new Ratelimit({
        redis: client(),
        limiter: Ratelimit.cachedFixedWindow(5, '1 d'),
        ephemeralCache: new Map(),
      });
      const outcomes = [];
      for (let i = 0; i < 7; i += 1) {
        outcomes.push((await limit.limit('cached')).success);
        // The count in KV, which is asked for in the background, is the one that decides.
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      expect(outcomes).toEqual([true, true, true, true, true, false, false]);
    });
  });
});
