import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieName, readCookie } from '@/edge/cookies';
import { dispatch, type Operation, operation } from '@/edge/http';
import { requireSession } from '@/node/sessions';
import { hosts, type RunningHost } from '../contract/hosts';
import { TWEED } from '../orders/order-shop';
import { nameOf, pathWith, routeOf } from './routes';
import { directivesOf, type Fetch, openSharedCache } from './shared-cache';
import { bearerOf, cookieOf, OPERATIONS, openWorld, PROVIDER, type World } from './world';

let world: World;
let visitors: Visitor[];

/** Somebody who visits the shop: what they send, where they look, and what nobody else may ever read. */
interface Visitor {
  name: string;
  headers: Record<string, string>;
  /** Ids for the paths of operations, by what the parameter is called in `operation path`. */
  ids: Record<string, string>;
  secrets: string[];
}

beforeAll(async () => {
  world = await openWorld('caching');
  visitors = [await customer('Ada'), await customer('Berta'), await owner(), await guest(), await withBearer()];
}, 120_000);
afterAll(() => world?.close());

async function customer(name: string): Promise<Visitor> {
  const person = await world.person({ email: `${name.toLowerCase()}@example.com` });
  const headers = bearerOf(person);
  const note = `note-of-${name}`;
  const added = await world.send('POST', '/api/cart/items', {
    headers,
    body: { variantId: TWEED, metadata: { note } },
  });
  const [{ id: itemId }] = JSON.parse(added.text).items;
  const order = await world.orderOf(person);
  const addressId = await world.addressOf(person);
  const passkey = await world.passkeyOf(person);
  return {
    name,
    headers: { cookie: `${cookieOf(person)}; signed_in=1; order_access_${order.id}=${order.accessToken}` },
    ids: { '/api/orders/{id}': order.id },
    secrets: [
      ...[person.accountId, person.email, person.name, person.sessionId, person.accessToken, person.refreshToken],
      ...[note, itemId, JSON.parse(added.text).id, order.id, order.accessToken, addressId, passkey],
    ],
  };
}

/** Of the staff: what they see of others is for their eyes. */
async function owner(): Promise<Visitor> {
  const person = await world.member();
  const buyer = await world.person();
  const order = await world.orderOf(null);
  return {
    name: 'the owner',
    headers: { cookie: cookieOf(person) },
    ids: { '/api/admin/orders/{orderId}': order.id, '/api/admin/customers/{accountId}': buyer.accountId },
    secrets: [
      person.accountId,
      person.email,
      person.sessionId,
      person.accessToken,
      order.id,
      buyer.accountId,
      buyer.email,
    ],
  };
}

async function guest(): Promise<Visitor> {
  const { token, itemId } = await world.cart();
  const order = await world.orderOf(null);
  const cart = JSON.parse((await world.send('GET', '/api/cart', { headers: { 'x-cart-token': token } })).text);
  return {
    name: 'a guest',
    headers: { cookie: `cart=${token}; order_access_${order.id}=${order.accessToken}` },
    ids: { '/api/orders/{id}': order.id },
    secrets: [token, cart.id, order.id, order.accessToken, `${itemId}-of-a-guest`],
  };
}

/** An app: it sends its token in a header, which caches treat otherwise than cookies. */
async function withBearer(): Promise<Visitor> {
  const person = await world.person({ email: 'app@example.com' });
  const order = await world.orderOf(person);
  return {
    name: 'an app',
    headers: bearerOf(person),
    ids: { '/api/orders/{id}': order.id },
    secrets: [person.accountId, person.email, person.name, person.sessionId, person.accessToken, order.id],
  };
}

interface Finding {
  what: string;
}

/**
 * Everybody visits every address through one cache, twice, so that each comes after all the others; and each looks at the
 * addresses of the others' things too. Answers what reached whom, and which answers say the wrong thing to caches.
 */
async function crawl(
  origin: Fetch,
  paths: (visitor: Visitor) => string[],
  isPrivate: (path: string) => boolean,
): Promise<string[]> {
  const cache = openSharedCache(origin);
  const findings: Finding[] = [];
  for (let round = 0; round < 2; round += 1) {
    for (const visitor of visitors) {
      for (const path of new Set(visitors.flatMap((whoever) => paths(whoever)))) {
        const request = new Request(new URL(path, world.siteUrl), { headers: visitor.headers, redirect: 'manual' });
        const answer = await cache.fetch(request);
        const told = `${[...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n')}\n${await answer.text()}`;
        for (const other of visitors.filter(({ name }) => name !== visitor.name)) {
          // The staff may see everybody's.
          if (visitor.name === 'the owner') continue;
          const read = other.secrets.filter((secret) => told.includes(secret) && !path.includes(secret));
          if (read.length > 0) findings.push({ what: `${visitor.name} reads at ${path} of ${other.name}: ${read}` });
        }
        findings.push(...wordsTo(answer, path, isPrivate(path)).map((what) => ({ what })));
      }
    }
  }
  if (cache.stored === 0 || cache.hits === 0) findings.push({ what: 'the cache kept nothing, so nothing was tried' });
  return [...new Set(findings.map(({ what }) => what))];
}

/** What is wrong with what an answer says to caches. */
function wordsTo({ status, headers }: Response, path: string, isPrivate: boolean): string[] {
  const directives = directivesOf(headers);
  const faults: string[] = [];
  // Next leads a request for a page's data to its right address; no cache keeps such an answer unasked.
  if (status === 307 && !headers.has('cache-control')) return faults;
  const isShared = directives.has('public') || directives.has('s-maxage');
  if (isShared && headers.has('set-cookie')) faults.push(`${path} is for all, and sets a cookie`);
  if (!headers.has('cache-control')) faults.push(`${path} says nothing to caches`);
  if (isPrivate && headers.get('cache-control') !== 'private, no-store') {
    faults.push(`${path} is somebody's, and says "${headers.get('cache-control')}"`);
  }
  return faults;
}

const readers = OPERATIONS.filter(({ method }) => method === 'GET');

/** Every operation that reads, at the visitor's own things. */
const pathsOf =
  (operations: readonly Operation[]) =>
  ({ ids }: Visitor): string[] =>
    operations.map((served) => {
      const known: Record<string, string> = {
        '{slug}': served.path.includes('collections') ? 'all' : TWEED.slice(4),
        '{provider}': PROVIDER,
        '{job}': 'accounts',
      };
      const id = ids[served.path] ?? known[/\{\w+\}/.exec(served.path)?.[0] ?? ''] ?? 'nothing';
      return pathWith(served, id);
    });

/** All that is not the same for everybody; a login's redirect holds what only this browser may know. */
const PUBLIC = new Set(['/api/products', '/api/collections', '/.well-known/jwks.json']);
const isPrivatePath = (path: string) => ![...PUBLIC].some((open) => path === open || path.startsWith(`${open}/`));

const handlers =
  (operations: readonly Operation[]): Fetch =>
  (request) =>
    dispatch(operations, request);

describe('through a cache that all share', () => {
  it('nobody reads a byte of another, and every answer says whose it is', async () => {
    expect(await crawl(handlers(OPERATIONS), pathsOf(readers), isPrivatePath)).toEqual([]);
  }, 120_000);

  it('only what the table calls public is kept by anybody', () => {
    for (const served of readers.filter(({ path }) => !isPrivatePath(path))) {
      expect(routeOf(served).who, nameOf(served)).toBe('everybody');
    }
  });

  const greeting = (headers: Record<string, string>, cookies: string[] = []) =>
    operation({ method: 'GET', path: '/api/greeting' }, async (context) => {
      const email = await requireSession(context).then(
        ({ account }) => account.email,
        () => 'nobody',
      );
      return { body: { email }, headers, cookies };
    });

  it.each<[string, Operation, string]>([
    [
      'is kept for all, with somebody’s address in it',
      greeting({ 'cache-control': 'public, max-age=60' }),
      'reads at /api/greeting of',
    ],
    ['is kept by CDNs alone', greeting({ 'cache-control': 's-maxage=60' }), 'reads at /api/greeting of'],
    ['is asked for again, by a tag that all share', tagged(), 'reads at /api/greeting of'],
    [
      'says that it varies by something else',
      greeting({ 'cache-control': 'max-age=60', vary: 'accept' }),
      'reads at /api/greeting of',
    ],
    [
      'is for all, and sets a cookie',
      greeting({ 'cache-control': 'public, no-cache' }, ['a=b']),
      'is for all, and sets a cookie',
    ],
    [
      'forgets to say that it is private',
      greeting({ 'cache-control': 'no-cache' }),
      `is somebody's, and says "no-cache"`,
    ],
  ])('an answer that %s is found', async (_what, broken, finding) => {
    const operations = [...OPERATIONS, broken];
    const found = await crawl(handlers(operations), pathsOf([broken]), isPrivatePath);
    expect(found.join('\n')).toContain(finding);
  });

  function tagged(): Operation {
    return operation({ method: 'GET', path: '/api/greeting' }, async (context) => {
      const headers = { 'cache-control': 'public, no-cache', etag: '"1"' };
      if (context.request.headers.get('if-none-match') === '"1"') return { status: 304, headers };
      return { body: { token: readCookie(context.request, cookieName(context, 'access')) }, headers };
    });
  }
});

const built = hosts.find(({ name }) => name === 'the built Next app')!;

describe.skipIf(!built.available)('the built app, through a cache that all share', () => {
  let host: RunningHost;
  beforeAll(async () => {
    host = await built.start({ ...world.platform.env });
  }, 120_000);
  afterAll(() => host?.close());

  const PAGES = [
    ...['/', '/products/tweed00000000000000000000', '/products/nothing', '/collections/all', '/search?q=cloth'],
    ...['/cart', '/checkout', '/login', '/register', '/session?next=/account'],
    ...[
      '/account',
      '/account/orders',
      '/account/addresses',
      '/account/sessions',
      '/account/security',
      '/account/privacy',
    ],
    ...['/account/forgot', '/account/verify', '/account/reset', '/account/email', '/account/invitation'],
  ];
  const isPersonal = (path: string) =>
    /^\/(cart|checkout|login|register|account|orders|session)\b/.test(path) ||
    (path.startsWith('/api/') && isPrivatePath(path));

  const pages = ({ ids }: Visitor) => {
    const own = ids['/api/orders/{id}'];
    const all = own ? [...PAGES, `/orders/${own}`] : PAGES;
    return all.flatMap((path) => [path, `${path}${path.includes('?') ? '&' : '?'}_rsc=abcde`]);
  };

  it('shows nobody a page of another, as a document, as data for a page, or by the API', async () => {
    const ask =
      (more: Record<string, string>): Fetch =>
      (request) => {
        const { pathname, search } = new URL(request.url);
        return host.fetch(pathname + search, { headers: { ...Object.fromEntries(request.headers), ...more } });
      };
    expect(
      await crawl(
        ask({}),
        (visitor) => [...pages(visitor), ...pathsOf(readers.filter(({ path }) => !path.includes('/auth/')))(visitor)],
        isPersonal,
      ),
    ).toEqual([]);
    const data = (visitor: Visitor) => [
      ...pages(visitor).map((path) => path.replace('_rsc=abcde', '_rsc')),
      '/api/products',
    ];
    expect(await crawl(ask({ rsc: '1' }), data, isPersonal)).toEqual([]);
  }, 600_000);
});
