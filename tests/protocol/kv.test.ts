import { createClient } from '@vercel/kv';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Platform } from '@/local/platform';
import { commands, scripts } from './redis-commands';
import transcript from './redis-transcript.json' with { type: 'json' };
import { kvSubjects } from './servers';

describe.each(kvSubjects)('Upstash REST by $name', ({ available, start }) => {
  describe.skipIf(!available)('', () => {
    let platform: Platform;
    const client = (options: Partial<Parameters<typeof createClient>[0]> = {}) =>
      createClient({
        url: platform.env.KV_REST_API_URL!,
        token: platform.env.KV_REST_API_TOKEN!,
        cache: 'no-store',
        retry: { retries: 1 },
        ...options,
      });
    const ask = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
      const response = await fetch(platform.env.KV_REST_API_URL + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${platform.env.KV_REST_API_TOKEN}`, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
    };

    beforeAll(async () => {
      platform = await start();
    });
    afterAll(() => platform?.close());
    beforeEach(() => client().flushall());

    test('answers every recorded command and script as Redis 7 did', async () => {
      const asked = [
        ...commands,
        ['FLUSHALL'],
        ...scripts.map(([source, keys, args]) => ['EVAL', source, keys.length, ...keys, ...args]),
      ];
      expect(asked).toHaveLength(transcript.length);
      const answers: unknown[] = [];
      for (const command of asked) answers.push([command, (await ask('', command)).body]);
      expect(answers).toEqual(asked.map((command, i) => [command, transcript[i]]));
    });

    describe('through @vercel/kv', () => {
      test('keeps strings, numbers and JSON', async () => {
        const kv = client();
        await kv.mset({ text: 'ünï 🧵', number: 12.5, tree: { a: [1, null, 'x'] } });
        expect(await kv.mget('text', 'number', 'tree', 'missing')).toEqual([
          'ünï 🧵',
          12.5,
          { a: [1, null, 'x'] },
          null,
        ]);
      });

      test('gives back the word OK, stored or answered', async () => {
        const kv = client();
        expect(await kv.set('word', 'OK')).toBe('OK');
        expect(await kv.get('word')).toBe('OK');
        expect(await kv.mget('word', 'word')).toEqual(['OK', 'OK']);
        expect(await kv.ping()).toBe('PONG');
      });

      test('keeps hashes', async () => {
        const kv = client();
        expect(await kv.hset('h', { one: 1, tree: { x: 'y' } })).toBe(2);
        expect(await kv.hgetall('h')).toEqual({ one: 1, tree: { x: 'y' } });
        expect(await kv.hgetall('missing')).toBeNull();
        expect(await kv.hmget('h', 'one', 'two')).toEqual({ one: 1, two: null });
        expect(await kv.hincrby('h', 'one', 4)).toBe(5);
      });

      test('keeps lists, sets, sorted sets and streams', async () => {
        const kv = client();
        await kv.rpush<unknown>('l', 'a', { b: 1 });
        expect(await kv.lrange('l', 0, -1)).toEqual(['a', { b: 1 }]);
        await kv.sadd('s', 'x', 'y');
        expect((await kv.smembers('s')).sort()).toEqual(['x', 'y']);
        await kv.zadd('z', { score: 2, member: 'b' }, { score: 1.5, member: 'a' });
        expect(await kv.zrange('z', 0, -1, { withScores: true })).toEqual(['a', 1.5, 'b', 2]);
        const id = await kv.xadd('x', '*', { field: 'value' });
        expect(await kv.xrange('x', '-', '+')).toEqual({ [id!]: { field: 'value' } });
      });

      test('sends commands of one tick as one request', async () => {
        const kv = client();
        const before = platform.counters.kv;
        expect(await Promise.all([kv.set('a', 1), kv.incr('a'), kv.set('b', 'x')])).toEqual(['OK', 2, 'OK']);
        expect(platform.counters.kv - before).toBe(1);
      });

      test('lets one command of a pipeline fail by itself', async () => {
        const kv = client();
        await kv.set('text', 'x');
        const outcomes = await Promise.allSettled([kv.set('a', 1), kv.incr('text'), kv.get('a')]);
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        const results = await kv.pipeline().set('a', 2).hset('a', { f: 1 }).get('a').exec({ keepErrors: true });
        expect(results.map(({ result, error }) => error ?? result)).toEqual([
          'OK',
          'WRONGTYPE Operation against a key holding the wrong kind of value',
          2,
        ]);
      });

      test('does a transaction with nothing in between', async () => {
        const kv = client({ enableAutoPipelining: false });
        const bump = () => kv.multi().incr('n').incr('n').get('n').exec();
        const results = await Promise.all(Array.from({ length: 50 }, bump));
        for (const [first, second, read] of results as number[][]) {
          expect(second).toBe(first! + 1);
          expect(read).toBe(second);
        }
        expect(await kv.get('n')).toBe(100);
      });

      test('loses none of 200 increments at once', async () => {
        const kv = client({ enableAutoPipelining: false });
        await Promise.all(Array.from({ length: 200 }, () => kv.hincrby('cart', 'line', 1)));
        expect(await kv.hget('cart', 'line')).toBe(200);
      });

      test('forgets keys when their time has come', async () => {
        const kv = client();
        await kv.set('short', 'x', { px: 60 });
        await kv.set('long', 'x', { ex: 60 });
        expect(await kv.pttl('short')).toBeGreaterThan(0);
        await new Promise((resolve) => setTimeout(resolve, 90));
        expect(await kv.mget('short', 'long')).toEqual([null, 'x']);
        expect(await kv.ttl('short')).toBe(-2);
        expect(await kv.incr('short')).toBe(1);
        expect(await kv.ttl('short')).toBe(-1);
      });

      test('walks over all keys while others are written', async () => {
        const kv = client();
        const names = Array.from({ length: 500 }, (_, i) => `walk:${i}`);
        await kv.mset(Object.fromEntries(names.map((name) => [name, 1])));
        const seen = new Set<string>();
        let cursor = '0';
        do {
          const [next, keys] = await kv.scan(cursor, { match: 'walk:*', count: 50 });
          for (const key of keys) seen.add(key);
          await kv.set(`other:${next}`, 1);
          cursor = next;
        } while (cursor !== '0');
        expect([...seen].sort()).toEqual([...names].sort());
      });

      test('runs scripts by their text and by their hash', async () => {
        const kv = client();
        const source = `#!lua flags=allow-key-locking
          local n = redis.call('INCRBY', KEYS[1], ARGV[1])
          return { n, tostring(n / 4), redis.call('GET', KEYS[1]), false }`;
        const { createHash } = await import('node:crypto');
        const sha = createHash('sha1').update(source).digest('hex');
        await expect(kv.evalsha(sha, ['n'], [1])).rejects.toThrow('NOSCRIPT');
        expect(await kv.eval(source, ['n'], [10])).toEqual([10, 2.5, 10, null]);
        expect(await kv.evalsha(sha, ['n'], [2])).toEqual([12, 3, 12, null]);
        expect(await kv.scriptLoad(source)).toBe(sha);
        expect(await kv.scriptExists(sha, 'f'.repeat(40))).toEqual([1, 0]);
      });

      test('refuses writes in read-only scripts', async () => {
        await expect(client().evalRo("return redis.call('SET', KEYS[1], 1)", ['k'], [])).rejects.toThrow(
          'Write commands are not allowed from read-only scripts',
        );
      });

      test('hears what is published, on a channel and on a pattern', async () => {
        const kv = client();
        const subscription = kv.subscribe<{ n: number }>('news');
        const patterns = kv.psubscribe<{ n: number }>('ne*');
        await Promise.all(
          [subscription, patterns].map(
            (each, i) => new Promise((ready) => each.on(i === 0 ? 'subscribe' : 'psubscribe', ready)),
          ),
        );
        const heard = new Promise((resolve) => subscription.on('message', resolve));
        const heardByPattern = new Promise((resolve) => patterns.on('pmessage', resolve));
        expect(await kv.publish('news', { n: 1 })).toBe(2);
        expect(await heard).toEqual({ channel: 'news', message: { n: 1 } });
        expect(await heardByPattern).toEqual({ pattern: 'ne*', channel: 'news', message: { n: 1 } });
        await subscription.unsubscribe();
        await patterns.unsubscribe();
      });

      test('gives back bytes that are not text', async () => {
        await client().eval("return redis.call('SET', KEYS[1], '\\255\\0\\128')", ['bytes'], []);
        const { body } = await ask('', ['GET', 'bytes'], { 'Upstash-Encoding': 'base64' });
        expect(body).toEqual({ result: Buffer.from([255, 0, 128]).toString('base64') });
      });
    });

    describe('on the wire', () => {
      test('answers 401 without the token, whatever is asked', async () => {
        for (const authorization of ['', 'Bearer wrong', `Basic ${platform.env.KV_REST_API_TOKEN}`]) {
          for (const path of ['', '/pipeline', '/multi-exec', '/subscribe/news', '/get/a']) {
            const { status, body } = await ask(path, ['GET', 'a'], { authorization });
            expect([path, status, body]).toEqual([path, 401, { error: expect.stringContaining('Unauthorized') }]);
          }
        }
      });

      test('answers one command: 200 with its result, 400 with its error', async () => {
        expect(await ask('', ['SET', 'k', 1])).toMatchObject({ status: 200, body: { result: 'OK' } });
        expect(await ask('', ['incr', 'k'])).toMatchObject({ status: 200, body: { result: 2 } });
        expect(await ask('', ['GET', 'none'])).toMatchObject({ status: 200, body: { result: null } });
        expect(await ask('', ['LPUSH', 'k', 'x'])).toMatchObject({
          status: 400,
          body: { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
        });
        expect(await ask('', ['NOSUCH'])).toMatchObject({
          status: 400,
          body: { error: expect.stringContaining('ERR unknown command') },
        });
        expect(await ask('', ['GET'])).toMatchObject({
          status: 400,
          body: { error: "ERR wrong number of arguments for 'get' command" },
        });
      });

      test('takes a command from the path', async () => {
        const headers = { authorization: `Bearer ${platform.env.KV_REST_API_TOKEN}` };
        expect((await ask('/set/foo', 'a b/ü')).body).toEqual({ result: 'OK' });
        const response = await fetch(`${platform.env.KV_REST_API_URL}/get/foo`, { headers });
        expect(await response.json()).toEqual({ result: 'a b/ü' });
        expect((await ask('/set/sp%20ace/1', '')).body).toEqual({ result: 'OK' });
        expect((await ask('', ['GET', 'sp ace'])).body).toEqual({ result: '1' });
      });

      test('answers a pipeline in order, errors in their places', async () => {
        const { status, body } = await ask('/pipeline', [['SET', 'k', 'x'], ['INCR', 'k'], ['NOSUCH'], ['GET', 'k']]);
        expect(status).toBe(200);
        expect(body).toEqual([
          { result: 'OK' },
          { error: 'ERR value is not an integer or out of range' },
          { error: expect.stringContaining('ERR unknown command') },
          { result: 'x' },
        ]);
        expect((await ask('/pipeline', [])).body).toEqual([]);
      });

      test('refuses a whole transaction for one malformed command, and does none of it', async () => {
        for (const bad of [['NOSUCH'], ['GET']]) {
          const { status, body } = await ask('/multi-exec', [['SET', 'k', 1], bad]);
          expect(status).toBe(400);
          expect(body).toEqual({ error: expect.stringContaining('EXECABORT') });
        }
        expect((await ask('', ['EXISTS', 'k'])).body).toEqual({ result: 0 });
      });

      test('does the rest of a transaction whose one command fails as it runs', async () => {
        const { body } = await ask('/multi-exec', [
          ['SET', 'k', 'x'],
          ['INCR', 'k'],
          ['APPEND', 'k', 'y'],
        ]);
        expect(body).toEqual([
          { result: 'OK' },
          { error: 'ERR value is not an integer or out of range' },
          { result: 2 },
        ]);
      });

      test('encodes every string in base64 when asked, lists within lists too, but not a status', async () => {
        const base64 = (text: string) => Buffer.from(text).toString('base64');
        const headers = { 'Upstash-Encoding': 'base64' };
        expect((await ask('', ['SET', 'k', 'ü'], headers)).body).toEqual({ result: 'OK' });
        expect((await ask('', ['GET', 'k'], headers)).body).toEqual({ result: base64('ü') });
        const { body } = await ask('', ['EVAL', "return {'a', 1, {'b', false}}", 0], headers);
        expect(body).toEqual({ result: [base64('a'), 1, [base64('b'), null]] });
        expect((await ask('', ['INCR', 'k'], headers)).body).toEqual({
          error: 'ERR value is not an integer or out of range',
        });
      });

      test('hands the sync token back', async () => {
        const { headers } = await ask('', ['PING'], { 'upstash-sync-token': 'abc=' });
        expect(headers.get('upstash-sync-token')).toBe('abc=');
      });

      test('answers 400 to what is not a command', async () => {
        const bodies = ['', '{', 'null', '{}', '5', '"GET"', '[]', '[[]]', '[['];
        for (const path of ['', '/pipeline', '/multi-exec']) {
          for (const body of bodies) {
            if (path !== '' && body === '[]') continue;
            const answer = await ask(path, body);
            expect([path, body, answer.status]).toEqual([path, body, 400]);
            expect(answer.body).toEqual({ error: expect.stringMatching(/^ERR /) });
          }
        }
        expect((await ask('/get/%E0%A4%A', '')).status).toBe(400);
        expect((await ask('', ['PING'])).body).toEqual({ result: 'PONG' });
      });

      test('refuses what would hold up everybody', async () => {
        for (const command of [['BLPOP', 'l', 0], ['SUBSCRIBE', 'c'], ['MONITOR'], ['WATCH', 'k'], ['SHUTDOWN']]) {
          expect((await ask('', command)).status).toBe(400);
        }
        expect((await ask('', ['XREAD', 'BLOCK', 0, 'STREAMS', 'x', '$'])).status).toBe(400);
        expect((await ask('', ['PING'])).body).toEqual({ result: 'PONG' });
      });

      test('takes a value of megabytes, and refuses a body beyond all bounds', async () => {
        const value = 'x'.repeat(8_000_000);
        expect((await ask('', ['SET', 'large', value])).body).toEqual({ result: 'OK' });
        expect((await ask('', ['STRLEN', 'large'])).body).toEqual({ result: 8_000_000 });
        const refused = await ask('', `["SET","large","${'x'.repeat(65 * 1024 * 1024)}"]`).catch(() => ({
          status: 413,
        }));
        expect(refused.status).toBe(413);
        expect((await ask('', ['STRLEN', 'large'])).body).toEqual({ result: 8_000_000 });
      });
    });
  });
});
