import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { operation } from '@/edge/http';
import { sharedDir } from '../shared-dir';

const URL_OF_ECHO = 'http://shop.test/api/echo';
const LIMIT_BYTES = 64 * 1024;

/** Valid JSON with an escaped NUL, which is no text that Postgres could store. */
const NUL_CASES = new Set(['y_string_null_escape.json', 'y_object_escaped_null_in_key.json']);

/** An operation that takes any JSON at all, so that what is refused was refused by the reading of bodies alone. */
const echo = operation({ method: 'POST', path: '/api/echo', body: v.unknown() }, async (_context, { body }) => ({
  body,
}));

beforeAll(() => {
  Object.assign(process.env, {
    DATABASE_URL: 'postgres://nobody@localhost/none',
    KV_REST_API_URL: 'http://127.0.0.1:1',
    KV_REST_API_TOKEN: 'none',
    AUTH_SECRET: 'a'.repeat(32),
  });
});

function post(body: BodyInit | null, headers: Record<string, string> = {}): Promise<Response> {
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers }, duplex: 'half' };
  return echo.handle(new Request(URL_OF_ECHO, init as RequestInit));
}

async function codeOf(response: Response): Promise<string> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return ((await response.json()) as { code: string }).code;
}

const vectors = sharedDir('vectors/json-test-suite');

describe.skipIf(!vectors)('the public JSON parsing cases', () => {
  const files = vectors ? readdirSync(vectors) : [];

  it.each(files.filter((name) => name.startsWith('n_')))('refuse %s', async (name) => {
    const response = await post(readFileSync(join(vectors as string, name)));
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
  });

  it.each(files.filter((name) => name.startsWith('y_')))(
    'take %s, unless a database could not store it',
    async (name) => {
      const response = await post(readFileSync(join(vectors as string, name)));
      expect(response.status, await response.clone().text()).toBe(NUL_CASES.has(name) ? 422 : 200);
    },
  );

  it.each(files.filter((name) => name.startsWith('i_')))('never fail on %s', async (name) => {
    expect((await post(readFileSync(join(vectors as string, name)))).status).toBeLessThan(500);
  });
});

describe('a path', () => {
  it.each(['%00', 'a%00b', '%', '%ff'])('has nothing at %s, which no text could be', async (part) => {
    const one = operation({ method: 'GET', path: '/api/things/{thingId}' }, async () => ({ body: {} }));
    const response = await one.handle(new Request(`http://shop.test/api/things/${part}`));
    expect([response.status, await codeOf(response)]).toEqual([404, 'not_found']);
  });
});

describe('a body', () => {
  it('of 64 KB is taken', async () => {
    expect((await post(JSON.stringify('x'.repeat(LIMIT_BYTES - 2)))).status).toBe(200);
  });

  it('of one byte more is refused with 413', async () => {
    const response = await post(JSON.stringify('x'.repeat(LIMIT_BYTES - 1)));
    expect(response.status).toBe(413);
    expect(await codeOf(response)).toBe('payload_too_large');
  });

  it('that declares too great a length is refused unread', async () => {
    let pulled = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += 1;
          controller.enqueue(new Uint8Array(1024));
        },
      },
      { highWaterMark: 0 },
    );
    const response = await post(stream, { 'content-length': String(LIMIT_BYTES + 1) });
    expect(response.status).toBe(413);
    expect(pulled).toBe(0);
  });

  it('without an end is refused once it passes the limit', async () => {
    let pulled = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(16 * 1024));
      },
    });
    expect((await post(stream)).status).toBe(413);
    expect(pulled).toBeLessThan(10);
  });

  it('nested 32 levels is taken, 33 are refused', async () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect((await post(nested(32))).status).toBe(200);
    const response = await post(nested(33));
    expect(response.status).toBe(400);
    expect(await codeOf(response)).toBe('json_too_deep');
  });

  it('of 64 KB of brackets is refused at once', async () => {
    const start = performance.now();
    expect((await post('['.repeat(LIMIT_BYTES))).status).toBe(400);
    expect(performance.now() - start).toBeLessThan(50);
  });

  it('may hold brackets and escaped quotes in strings', async () => {
    const value = { text: `\\"${'['.repeat(50)}` };
    expect(await (await post(JSON.stringify(value))).json()).toEqual(value);
  });

  it.each([
    ['a NUL', '{"a":{"b":["\\u0000"]}}', 'a.b.0'],
    ['half a surrogate pair', '{"a":"\\ud800"}', 'a'],
    ['a NUL in a key', '{"a":{"\\u0000":1}}', 'a'],
  ])('with %s is refused with its path', async (_name, body, path) => {
    const response = await post(body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid_input', errors: [{ path, code: 'invalid_text' }] });
  });

  it('that is not UTF-8 is refused', async () => {
    expect((await post(new Uint8Array([0x22, 0xff, 0x22]))).status).toBe(400);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', ''])('sent as "%s" is refused with 415', async (type) => {
    expect((await post('{}', { 'content-type': type })).status).toBe(415);
  });

  it('that is missing is malformed', async () => {
    expect(await codeOf(await post(null))).toBe('malformed_json');
  });
});

describe('the bounds, against a reader without them', () => {
  const naive = async (body: BodyInit) => JSON.parse(await new Request(URL_OF_ECHO, { method: 'POST', body }).text());

  it.each<[string, BodyInit]>([
    ['size', JSON.stringify('x'.repeat(LIMIT_BYTES))],
    ['depth', '['.repeat(33) + ']'.repeat(33)],
    ['NUL', '"\\u0000"'],
    ['surrogates', '"\\ud800"'],
    ['UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
  ])('make the difference: %s', async (_name, body) => {
    await expect(naive(body)).resolves.toBeDefined();
    expect((await post(body)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('an answer', () => {
  it('carries a request id and counted trips', async () => {
    const response = await post('1');
    expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{8,64}$/);
    expect(response.headers.get('server-timing')).toBe('kv;desc="0";dur=0.0, db;desc="0";dur=0.0');
  });

  it('keeps a harmless request id and replaces any other', async () => {
    expect((await post('1', { 'x-request-id': 'req-12345678' })).headers.get('x-request-id')).toBe('req-12345678');
    expect((await post('1', { 'x-request-id': 'a b<script>' })).headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it('tells nothing of an unknown fault but its request id', async () => {
    const secret = 'password=hunter2';
    const faulty = operation({ method: 'GET', path: '/api/echo' }, async () => {
      throw new Error(secret);
    });
    const response = await faulty.handle(new Request(URL_OF_ECHO));
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({ code: 'internal_error', requestId: response.headers.get('x-request-id') });
  });
});

describe('a request with cookies', () => {
  it.each([
    ['from another site', { 'sec-fetch-site': 'cross-site' }],
    ['from a sister site', { 'sec-fetch-site': 'same-site' }],
    ['from another origin', { origin: 'https://evil.test' }],
    ['from an opaque origin', { origin: 'null' }],
  ])('%s is refused', async (_name, headers) => {
    const response = await post('1', { cookie: 'cart=abc', ...headers } as Record<string, string>);
    expect(response.status).toBe(403);
    expect(await codeOf(response)).toBe('cross_site_request');
  });

  it('from the shop itself is taken', async () => {
    const own = { cookie: 'cart=abc', origin: 'http://shop.test', 'sec-fetch-site': 'same-origin' };
    expect((await post('1', own)).status).toBe(200);
  });
});
