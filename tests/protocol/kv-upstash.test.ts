import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ratelimit } from '@upstash/ratelimit';
import { createClient } from '@vercel/kv';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as ours from '@/edge/kv-upstash';
import type { Platform } from '@/local/platform';
import { kvSubjects } from './servers';

type Client = Pick<ReturnType<typeof createClient>, ours.KvCommandName | 'pipeline'>;
type Setting = Pick<ours.Config, 'url' | 'token' | 'retry' | 'signal'>;

const settings = {
  cache: 'no-store',
  responseEncoding: false,
  automaticDeserialization: false,
  enableAutoPipelining: false,
} as const;
const subjects = {
  package: (setting: Setting): Client => createClient({ ...settings, ...setting }),
  module: (setting: Setting) => new ours.Redis({ ...settings, ...setting }) as unknown as Client,
};

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Scripted {
  status?: number;
  headers?: Record<string, string>;
  /** `null` cuts the connection off. */
  text: string | null;
}

let server: Server;
let url: string;
let seen: Seen[] = [];
let answers: Scripted[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    // Which header came first, and where the connection came from, is the HTTP client's affair.
    const { host, connection, ...headers } = request.headers;
    seen.push({ method: request.method, url: request.url, headers, body });
    const { status = 200, headers: extra = {}, text } = answers.shift() ?? { text: '[]' };
    if (text === null) return request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...extra }).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((closed) => server.close(closed)));

/** What a client answered or threw, and what it sent for that. */
async function trace(make: (setting: Setting) => Client, use: Use, script: Scripted[], setting: Partial<Setting>) {
  seen = [];
  answers = [...script];
  const client = make({ url, token: 'to.ken', retry: { retries: 0 }, ...setting });
  const outcome = await use(client).then(
    (value) => ({ value }),
    ({ name, message }: Error) => ({ name, message }),
  );
  return { outcome, seen };
}

type Use = (client: Client) => Promise<unknown>;

/** Asks both the same and returns what the module did, once it was the same. */
async function bothDo(use: Use, script: Scripted[], setting: Partial<Setting> = {}) {
  const expected = await trace(subjects.package, use, script, setting);
  expect(await trace(subjects.module, use, script, setting)).toEqual(expected);
  return expected;
}

const text = (value: unknown) => [{ text: JSON.stringify(value) }];

const COMMANDS: Record<string, Use> = {
  get: (client) => client.get('a'),
  mget: (client) => client.mget('a', 'b'),
  del: (client) => client.del('a', 'b'),
  ping: (client) => client.ping(),
  set: (client) => client.set('ä', 'é"\n'),
  'set a number': (client) => client.set('a', 1.5),
  'set with an expiry': (client) => client.set('a', '1', { ex: 60 }),
  'set once': (client) => client.set('a', '1', { nx: true, px: 1_500 }),
  eval: (client) => client.eval('return 1', ['a'], ['b', 2]),
  evalsha: (client) => client.evalsha('ab'.repeat(20), [], []),
};

describe('the part of the KV library that ships answers as the package does', () => {
  it('has a case for each of its commands', () => {
    const named = new Set(Object.keys(COMMANDS).map((name) => name.split(' ')[0]));
    const pipeline = subjects.module({ url, token: 'x' }).pipeline();
    expect([...named, 'exec'].sort()).toEqual(Object.keys(pipeline).sort());
  });

  it.each(Object.entries(COMMANDS))('on a single command: %s', async (_name, use) => {
    for (const result of ['OK', '12345', '{"a":1}', 7, null, ['a', null, 1, ['b', '2']]]) {
      const { outcome } = await bothDo(use, text({ result }));
      expect(outcome).toEqual({ value: result });
    }
    const refused = await bothDo(use, text({ error: 'WRONGTYPE no' }));
    expect(refused.outcome).toEqual({ name: 'UpstashError', message: 'WRONGTYPE no' });
  });

  it('on a pipeline of all commands', async () => {
    const use: Use = (client) => {
      const pipeline = client.pipeline();
      pipeline.get('a');
      pipeline.mget('a', 'b').del('c').ping().set('d', 'e', { ex: 1 });
      pipeline.eval('return 1', ['a'], [1]).evalsha('ab', ['a', 'b'], ['c']);
      return pipeline.exec({ keepErrors: true });
    };
    const results = ['1', ['a', null], 0, 'PONG', 'OK', null, [1, '2']].map((result) => ({ result }));
    const { outcome, seen: sent } = await bothDo(use, text(results));
    expect(outcome).toEqual({ value: results.map(({ result }) => ({ error: undefined, result })) });
    expect(sent).toHaveLength(1);
  });

  it('on a pipeline with a refused command, kept or thrown', async () => {
    const answered = text([{ result: 'OK' }, { error: 'NOSCRIPT No matching script.' }]);
    const both = (client: Client) => client.pipeline().get('a').evalsha('ab', [], []);
    const kept = await bothDo((client) => both(client).exec({ keepErrors: true }), answered);
    expect(kept.outcome).toEqual({
      value: [{ result: 'OK' }, { result: undefined, error: 'NOSCRIPT No matching script.' }],
    });
    const thrown = await bothDo((client) => both(client).exec(), answered);
    expect(thrown.outcome).toMatchObject({ name: 'UpstashError', message: expect.stringContaining('Command 2') });
  });

  it.each<[string, Scripted]>([
    ['a wrong token', { status: 401, text: '{"error":"Unauthorized"}' }],
    ['a fault of KV', { status: 500, text: '{"error":"boom"}' }],
    ['a page of a proxy', { status: 502, text: '<html>' }],
    ['a long page of a proxy', { status: 200, text: `<html>${'x'.repeat(500)}` }],
    ['nothing at all', { status: 200, text: '' }],
    ['an answer without a result', { status: 200, text: '{}' }],
    ['a cut connection', { text: null }],
  ])('on %s', async (_name, answer) => {
    await bothDo((client) => client.get('a'), [answer]);
    if (answer.text === '{}') return;
    await bothDo((client) => client.pipeline().set('a', 'secret').exec({ keepErrors: true }), [answer]);
  });

  it('on an empty pipeline', async () => {
    const { seen: sent } = await bothDo((client) => client.pipeline().exec(), []);
    expect(sent).toEqual([]);
  });

  it('on KV that is asked in vain: as often as was said, and never again after the time is up', async () => {
    const cut = Array.from({ length: 5 }, () => ({ text: null }));
    const use: Use = (client) => client.set('a', '1');
    expect((await bothDo(use, cut)).seen).toHaveLength(1);
    expect((await bothDo(use, cut, { retry: false })).seen).toHaveLength(2);
    expect((await bothDo(use, cut, { retry: { retries: 2, backoff: () => 1 } })).seen).toHaveLength(3);
    const over = AbortSignal.abort();
    expect((await bothDo(use, cut, { retry: { retries: 2 }, signal: () => over })).seen).toEqual([]);
  });

  it('by showing KV the token of its last answer, which makes a client read what it wrote', async () => {
    const use: Use = async (client) => [await client.set('a', '1'), await client.get('a'), await client.get('a')];
    const { seen: sent } = await bothDo(use, [
      { text: '{"result":"OK"}', headers: { 'upstash-sync-token': 'zero' } },
      { text: '{"result":"1"}' },
      { text: '{"result":"1"}' },
    ]);
    expect(sent.map(({ headers }) => headers['upstash-sync-token'])).toEqual(['', 'zero', '']);
  });

  it('under an address that ends in a slash', async () => {
    await bothDo((client) => client.get('a'), text({ result: null }), { url: `${url}/` });
  });

  it('and takes no setting that would make it answer otherwise', () => {
    for (const name of ['responseEncoding', 'automaticDeserialization', 'enableAutoPipelining']) {
      expect(() => new ours.Redis({ ...settings, url, token: 'x', [name]: undefined } as never)).toThrow(TypeError);
    }
  });
});

describe.each(kvSubjects)('on $name, both', ({ available, start }) => {
  describe.skipIf(!available)('', () => {
    let platform: Platform;
    const clientOf = (subject: keyof typeof subjects) =>
      subjects[subject]({ url: platform.env.KV_REST_API_URL!, token: platform.env.KV_REST_API_TOKEN! });

    beforeAll(async () => {
      platform = await start();
    });
    afterAll(() => platform?.close());
    beforeEach(() =>
      createClient({
        url: platform.env.KV_REST_API_URL!,
        token: platform.env.KV_REST_API_TOKEN!,
        cache: 'no-store',
      }).flushall(),
    );

    it('store and read the same', async () => {
      const all = async (client: Client, key: string) => [
        await client.set(key, '12345'),
        await client.set(key, 'x', { nx: true }),
        await client.get(key),
        await client.mget(key, 'none'),
        await client.eval('return {KEYS[1] == ARGV[1], redis.call("GET", KEYS[1])}', [key], [key]),
        await client.del(key, 'none'),
        await client.ping(),
      ];
      const answered = await all(clientOf('module'), 'k');
      expect(answered).toEqual(['OK', null, '12345', ['12345', null], [1, '12345'], 1, 'PONG']);
      expect(await all(clientOf('package'), 'k')).toEqual(answered);
    });

    it('carry a rate limit', async () => {
      for (const subject of ['package', 'module'] as const) {
        const redis = clientOf(subject) as never;
        for (const limiter of [Ratelimit.slidingWindow(3, '1 d'), Ratelimit.tokenBucket(3, '1 d', 3)]) {
          const limit = new Ratelimit({ redis, limiter, ephemeralCache: false, prefix: crypto.randomUUID() });
          const outcomes = [];
          for (let i = 0; i < 5; i += 1) outcomes.push(await limit.limit('shopper'));
          expect(outcomes.map(({ success }) => success)).toEqual([true, true, true, false, false]);
          expect(outcomes.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0, 0]);
        }
      }
    });
  });
});
