import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Operation, operation } from '@/edge/http';
import { sharedDir } from '../shared-dir';
import { type Path, textPaths, withValue } from './bodies';
import { NAUGHTY } from './naughty';
import { nameOf, type Prepared, pathWith, prepare, type Route, routeOf } from './routes';
import { sampleOf } from './samples';
import { bearerOf, type Headers, OPERATIONS, openWorld, type Person, type World } from './world';

const LIMIT_BYTES = 64 * 1024;

let world: World;
/** Somebody who has nothing to do with all of this, and must not notice. */
let bystander: Person;
let bystanderSees: string[];

beforeAll(async () => {
  world = await openWorld('input');
  bystander = await world.person();
  await world.addressOf(bystander);
  await world.send('POST', '/api/cart/coupons', { headers: bearerOf(bystander), body: { code: 'TEN' } });
  bystanderSees = await seenBy(bystander);
}, 120_000);
afterAll(() => world?.close());

/** What somebody sees who signs in just now: a token does not outlive the long form. */
async function seenBy(person: Person): Promise<string[]> {
  const headers = await world.signIn(person, ['pwd']);
  const paths = ['/api/me', '/api/me/addresses', '/api/cart'];
  const answers = await Promise.all(paths.map((path) => world.send('GET', path, { headers })));
  return answers.map(({ status, text }) => `${status} ${text}`);
}

const withBody = OPERATIONS.filter(({ body }) => body);
const seedOf = (served: Operation) => OPERATIONS.indexOf(served) + 1;
const table = (operations: readonly Operation[]) => operations.map((served) => [nameOf(served), served] as const);

const as = ({ headers, bearer }: Prepared): Headers => ({ ...headers, ...bearer });

// ---------------------------------------------------------------- JSON

const vectors = sharedDir('vectors/json-test-suite');
const files = vectors ? readdirSync(vectors) : [];

describe.skipIf(!vectors).each(table(withBody))('%s, with the public JSON parsing cases', (_, served) => {
  it('refuses what is no JSON, and fails on none of them', async () => {
    const target = await prepare(world, served);
    const kind = (prefix: string) => files.filter((name) => name.startsWith(prefix));
    const chosen = [
      ...sampleOf(kind('n_'), 7, seedOf(served)),
      ...sampleOf(kind('i_'), 2, seedOf(served)),
      ...sampleOf(kind('y_'), 2, seedOf(served)),
    ];
    for (const name of chosen) {
      const raw = readFileSync(join(vectors as string, name));
      const headers = { ...as(target), 'content-type': 'application/json' };
      const { status } = await world.send(served.method, target.path, { headers, raw });
      expect(status, name).toBeLessThan(500);
      if (name.startsWith('n_')) expect(status, name).toBeGreaterThanOrEqual(400);
    }
  }, 120_000);
});

// ---------------------------------------------------------------- size and depth

describe.each(table(OPERATIONS.filter(({ body, path }) => body || path.includes('/webhooks/'))))('%s', (_, served) => {
  it('refuses more than 64 KB unread where the length is told, and at the limit where it is not', async () => {
    const target = await prepare(world, served);
    const ask = async (told: Headers) => {
      let pulled = 0;
      const raw = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            pulled += 8_192;
            controller.enqueue(new Uint8Array(8_192).fill(0x20));
          },
        },
        { highWaterMark: 0 },
      );
      const headers = { ...as(target), 'content-type': 'application/json', ...told };
      const { status } = await world.send(served.method, target.path, { headers, raw });
      return [status, pulled];
    };
    expect(await ask({ 'content-length': String(LIMIT_BYTES + 1) })).toEqual([413, 0]);
    expect(await ask({})).toEqual([413, LIMIT_BYTES + 8_192]);
  });
});

describe.each(table(withBody))('%s', (_, served) => {
  it('refuses what is too deep in 50 ms of work', async () => {
    const target = await prepare(world, served);
    const cpuMs = async (raw: string) => {
      const start = process.cpuUsage();
      const { status } = await world.send(served.method, target.path, {
        headers: { ...as(target), 'content-type': 'application/json' },
        raw,
      });
      const { user, system } = process.cpuUsage(start);
      expect(status).toBe(400);
      return (user + system) / 1_000;
    };
    for (const raw of ['['.repeat(LIMIT_BYTES), '{"a":'.repeat(13_000), `{"a":${'['.repeat(33)}${']'.repeat(33)}}`]) {
      // The least of some: the process has other work, which is not this operation's.
      const measured = [await cpuMs(raw), await cpuMs(raw), await cpuMs(raw)];
      expect(Math.min(...measured)).toBeLessThan(50);
    }
  });
});

// ---------------------------------------------------------------- texts

/** Faults of one text in one place: an answer of 5xx, or something else in the text's place afterwards. */
async function faultsOf(
  served: Operation,
  path: Path,
  texts: readonly string[],
  route: Route,
  operations = OPERATIONS,
) {
  const faults: string[] = [];
  let target = await prepare(world, served, route);
  const ask = async (text: string) => {
    await world.forgetFailures();
    const body = withValue(target.body, path, text);
    const answer = await world.send(served.method, target.path, {
      headers: freshly(as(target), route),
      body,
      operations,
    });
    const shown = answer.status < 300 ? await shownAfter(served, target) : '';
    // What was done cannot be done again: the link is used, the cart is ordered, the session is over.
    if (answer.status === 401 || (answer.status < 300 && isSpent(served))) {
      target = await prepare(world, served, route);
    }
    return { status: answer.status, surfaces: [answer.text, shown] };
  };
  // Where a harmless text is shown, every other that is taken is shown as it was typed.
  const MARK = `mark-${path.length}-${seedOf(served)}`;
  const harmless = await ask(MARK);
  const shows = harmless.surfaces.map((surface) => harmless.status < 300 && surface.includes(MARK));
  for (const text of texts) {
    const { status, surfaces } = await ask(text);
    const told = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
    if (status >= 500) faults.push(`${path.join('.')} ${told}: ${status} ${surfaces[0]}`);
    if (status >= 300) continue;
    for (const [index, surface] of surfaces.entries()) {
      if (!shows[index] || surface.includes(JSON.stringify(text.trim()).slice(1, -1))) continue;
      faults.push(`${path.join('.')} ${told} was taken, and is ${surface.slice(0, 300)}`);
    }
  }
  return faults;
}

const isSpent = ({ method }: Operation) => method === 'POST' || method === 'DELETE';

const freshly = (headers: Headers, route: Route): Headers => ({ ...headers, ...route.headers?.() });

/** What can be read of the thing afterwards: by the operation that reads at this path, or at the next one above it. */
async function shownAfter(served: Operation, { path, bearer, id }: Prepared): Promise<string> {
  for (let parts = served.path.split('/'); parts.length > 2; parts = parts.slice(0, -1)) {
    const above = parts.join('/');
    const reader = OPERATIONS.find((candidate) => candidate.method === 'GET' && candidate.path === above);
    if (!reader) continue;
    const at = above === served.path ? path : pathWith(reader, id);
    return (await world.send('GET', `${at}?limit=100`, { headers: bearer })).text;
  }
  return '';
}

const places = withBody.flatMap((served) =>
  textPaths(served.body as v.GenericSchema).map((path) => [nameOf(served), path.join('.'), served, path] as const),
);

describe.each(places)('%s takes text as text in %s', (_name, _place, served, path) => {
  it('and fails on none', async () => {
    const seed = places.findIndex((place) => place[2] === served && place[3] === path);
    expect(await faultsOf(served, path, sampleOf(NAUGHTY, 3, seed), routeOf(served))).toEqual([]);
  }, 120_000);
});

describe('an operation', () => {
  it('that puts a text into SQL as it is, or keeps half of it, is found', async () => {
    const Body = v.object({ name: v.string() });
    const gluing = operation({ method: 'PATCH', path: '/api/me', body: Body }, async (context, { body: { name } }) => {
      const { rows } = await context.db.execute(`select '${name}' as name`);
      return { body: rows[0] };
    });
    const halving = operation(
      { method: 'PATCH', path: '/api/me', body: Body },
      async (_context, { body: { name } }) => ({
        body: { name: name.slice(0, 1_000) },
      }),
    );
    const route: Route = { who: 'account' };
    // What the shop says of these faults is none of the run's.
    const log = vi.spyOn(console, 'error').mockReturnValue();
    const telling = ['a'.repeat(10_000), 'Ada', "' or '1'='1"];
    const cut = await faultsOf(halving, ['name'], telling, route, [halving]);
    expect(cut.join('\n')).toMatch(/"a{60}…" was taken, and is/);
    const glued = await faultsOf(gluing, ['name'], telling, route, [gluing]);
    log.mockRestore();
    expect(glued.join('\n')).toMatch(/"' or '1'='1": 500/);
  });
});

// ---------------------------------------------------------------- paths, queries and headers

const QUERIES = [
  'q',
  'cursor',
  'limit',
  'currency',
  'collection',
  'sort',
  'minPrice',
  'available',
  'status',
  'subject',
  'actor',
  'next',
  'code',
  'state',
];

describe.each(table(OPERATIONS))('%s', (_, served) => {
  it('fails on no text in its path or query', async () => {
    const target = await prepare(world, served);
    const seed = seedOf(served);
    const ask = async (path: string) => {
      const headers = freshly(as(target), routeOf(served));
      const { status, text } = await world.send(served.method, path, { headers, body: target.body });
      expect(status, `${path} ${text}`).toBeLessThan(500);
    };
    for (const text of sampleOf(
      NAUGHTY.filter((one) => one.length < 8_000),
      6,
      seed,
    )) {
      const escaped = encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, '')) || '%20';
      if (served.path.includes('{')) await ask(served.path.replace(/\{\w+\}/, escaped));
      if (served.method !== 'GET') continue;
      await ask(`${target.path}?${QUERIES.map((name) => `${name}=${escaped}`).join('&')}`);
      for (const name of sampleOf(QUERIES, 2, seed)) await ask(`${target.path}?${name}=${escaped}`);
      await ask(`${target.path}?${escaped}=1&option.${escaped}=${escaped}`);
    }
    // What no sample may leave out: these reach the database in another way than bodies do.
    if (served.path.includes('{'))
      for (const text of ['%00', 'a%00b', '%F0%9F%98%80']) await ask(served.path.replace(/\{\w+\}/, text));
    if (served.method === 'GET') for (const name of ['option.%00', 'x%00']) await ask(`${target.path}?${name}=%00`);
  }, 60_000);
});

const HEADERS = [
  'authorization',
  'cookie',
  'x-cart-token',
  'x-order-token',
  'idempotency-key',
  'user-agent',
  'accept-language',
  'if-none-match',
  'if-match',
  'x-request-id',
  'x-vercel-ip-city',
  'x-vercel-ip-country',
  'x-forwarded-host',
  'host',
  'origin',
  'content-type',
];

describe.each(table(OPERATIONS))('%s', (_, served) => {
  it('fails on no text in a header', async () => {
    let target = await prepare(world, served);
    const values = [
      '%00',
      '%F0%9F%98%80'.repeat(60),
      'Bearer \xff',
      'a=b; access=\xe4; cart=%; refresh=',
      '\xff\xfe',
      ...NAUGHTY.filter(isHeader),
    ];
    for (const name of sampleOf(HEADERS, 3, seedOf(served))) {
      for (const value of sampleOf(values, 2, seedOf(served) + name.length, 12)) {
        const headers = { ...freshly(as(target), routeOf(served)), [name]: value };
        const { status, text } = await world.send(served.method, target.path, { headers, body: target.body });
        expect(status, `${name}: ${value} ${text}`).toBeLessThan(500);
        if (status === 401 || (status < 300 && isSpent(served))) target = await prepare(world, served);
      }
    }
  }, 240_000);
});

function isHeader(text: string): boolean {
  try {
    return new Headers({ a: text }).get('a') !== null && text.length < 8_000;
  } catch {
    return false;
  }
}

describe('after all of that', () => {
  it('whoever had nothing to do with it sees what they saw', async () => {
    expect(await seenBy(bystander)).toEqual(bystanderSees);
  });
});
