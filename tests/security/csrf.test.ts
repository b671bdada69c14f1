import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operation, operation } from '@/edge/http';
import { requireSession } from '@/node/sessions';
import { TWEED } from '../orders/order-shop';
import { nameOf, type Prepared, prepare, type Route, routeOf } from './routes';
import { type Headers, OPERATIONS, openWorld, type World } from './world';

let world: World;
beforeAll(async () => {
  world = await openWorld('csrf');
});
afterAll(() => world?.close());

const unsafe = OPERATIONS.filter(({ method }) => method !== 'GET');

/** What a browser may send of a page that is not the shop's own, and what one can claim that is no browser. */
function foreignPages(): Record<string, Headers> {
  const own = world.siteUrl;
  return {
    'another site': { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    'another site, by an old browser': { origin: 'https://evil.example' },
    'another site, without an origin': { 'sec-fetch-site': 'cross-site' },
    'a sister site': { origin: 'http://sister.127.0.0.1', 'sec-fetch-site': 'same-site' },
    'a sister site, without an origin': { 'sec-fetch-site': 'same-site' },
    'a sandboxed frame': { origin: 'null', 'sec-fetch-site': 'cross-site' },
    'a sandboxed frame, by an old browser': { origin: 'null' },
    'a frame of the shop in a sandbox': { origin: 'null', 'sec-fetch-site': 'same-origin' },
    'no page at all': {},
    'the address bar': { 'sec-fetch-site': 'none' },
    'another site that claims to be the shop': { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    'another site, with the origin of the shop': { origin: own, 'sec-fetch-site': 'cross-site' },
    'another port': { origin: 'http://127.0.0.1:1' },
    'a host that begins alike': { origin: `${own}.evil.example` },
    'a host that ends alike': { origin: own.replace('//', '//evil-') },
    'no origin that one can read': { origin: 'http://', referer: own },
    'the referrer of the shop alone': { referer: `${own}/account` },
  };
}

/** What a form or a `fetch` can send to another site without asking first (the CORS-safelisted types), and JSON. */
const TYPES = [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  null,
];

/** The cookies of whoever is signed in, and of a guest with a cart and the order's own. */
async function browserOf({ cookie }: Prepared): Promise<string> {
  return `${cookie}; cart=${(await world.cart()).token}; device=${'A'.repeat(43)}`;
}

/**
 * What is wrong with an operation. The provider's word of an order that an earlier test placed may come in between and change
 * something; what an attack does, it does again.
 */
async function outcomesOf(served: Operation, route: Route, operations = OPERATIONS): Promise<string[]> {
  const faults = await attack(served, route, operations);
  return faults.length === 0 ? faults : attack(served, route, operations);
}

async function attack(served: Operation, route: Route, operations: readonly Operation[]): Promise<string[]> {
  const faults: string[] = [];
  const target = await prepare(world, served, route);
  const cookie = await browserOf(target);
  const ask = (headers: Headers, type: string | null) =>
    world.send(served.method, target.path, {
      headers: { ...target.headers, cookie, ...headers, ...(type === null ? {} : { 'content-type': type }) },
      ...(type === null ? {} : { raw: JSON.stringify(target.body ?? {}) }),
      operations,
    });
  const cartOf = async () => (await world.send('GET', '/api/cart', { headers: { cookie } })).text;

  const before = [await world.state(), await cartOf()];
  for (const [page, headers] of Object.entries(foreignPages())) {
    for (const type of TYPES) {
      const { status, headers: told, text } = await ask(headers, type);
      if (status !== 403 || JSON.parse(text).code !== 'cross_site_request') faults.push(`${page}, ${type}: ${status}`);
      if (told.getSetCookie().length > 0) faults.push(`${page}, ${type}: sets a cookie`);
    }
  }
  const own = { origin: world.siteUrl, 'sec-fetch-site': 'same-origin' };
  if (served.body) {
    for (const type of TYPES.slice(1, -1)) {
      const { status } = await ask(own, type);
      if (status !== 415) faults.push(`the shop's own page, ${type}: ${status}`);
    }
  }
  const after = [await world.state(), await cartOf()];
  if (JSON.stringify(before) !== JSON.stringify(after)) faults.push(`something changed: ${difference(before, after)}`);

  // And by a page of the shop all of it works, in browsers that say both, and in those that say one.
  const { status, text } = await ask(own, served.body ? 'application/json' : null);
  const wanted = route.answers === undefined ? [200, 201, 202, 204] : [route.answers];
  if (!wanted.includes(status)) faults.push(`the shop's own page is refused: ${status} ${text}`);
  return faults;
}

function difference([before, cart]: unknown[], [after, cartAfter]: unknown[]): string {
  const [old, current] = [before, after] as Record<string, string>[];
  const tables = Object.keys(current ?? {}).filter((name) => current?.[name] !== old?.[name]);
  return [...tables, ...(cart === cartAfter ? [] : ['the cart'])].join(', ');
}

describe.each(unsafe.map((served) => [nameOf(served), served] as const))('%s', (_, served) => {
  it('is done by a browser for pages of the shop, and for no others', async () => {
    expect(await outcomesOf(served, routeOf(served))).toEqual([]);
  }, 60_000);
});

/** A link of another site sends the cookies along (SameSite=Lax), so nothing that is read may change anything. */
async function changedByReading(served: Operation, route: Route, operations = OPERATIONS): Promise<string> {
  return (await readAndCompare(served, route, operations)) && readAndCompare(served, route, operations);
}

async function readAndCompare(served: Operation, route: Route, operations: readonly Operation[]): Promise<string> {
  const { path, cookie } = await prepare(world, served, route);
  const headers = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  const cartOf = async () => (await world.send('GET', '/api/cart', { headers: { cookie } })).text;
  const before = [await world.state(), await cartOf()];
  await world.send('GET', path, { headers, operations });
  await world.send('HEAD', path, { headers, operations });
  return difference(before, [await world.state(), await cartOf()]);
}

describe.each(OPERATIONS.filter(({ method }) => method === 'GET').map((served) => [nameOf(served), served] as const))(
  '%s',
  (_, served) => {
    it('changes nothing', async () => {
      expect(await changedByReading(served, routeOf(served))).toBe('');
    });
  },
);

describe('a browser', () => {
  it.each<Headers>([{ origin: 'own' }, { 'sec-fetch-site': 'same-origin' }])('may say %j alone', async (headers) => {
    const person = await world.person();
    const origin = headers.origin && { origin: world.siteUrl };
    const { status } = await world.send('PATCH', '/api/me', {
      headers: { cookie: `access=${person.accessToken}`, ...headers, ...origin },
      body: { name: 'Ada' },
    });
    expect(status).toBe(200);
  });

  it.each(['cart', 'device', 'order_access_x', 'anything'])(
    'with the cookie "%s" alone is held to it as well',
    async (name) => {
      const { status, text } = await world.send('POST', '/api/cart/items', {
        headers: { cookie: `${name}=${'A'.repeat(43)}`, origin: 'https://evil.example' },
        body: { variantId: TWEED },
      });
      expect([status, JSON.parse(text).code]).toEqual([403, 'cross_site_request']);
    },
  );

  it('without any cookie has nothing that another site could use, and no site but the shop can send JSON by it', async () => {
    const simple = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    for (const served of unsafe.filter(({ body }) => body)) {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
        const { status } = await world.send(served.method, (await prepare(world, served)).path, {
          headers: { ...simple, 'content-type': type },
          raw: '{}',
        });
        expect([401, 415], nameOf(served)).toContain(status);
      }
    }
  }, 60_000);

  it('is told by no answer that another site may read it, or may send what needs a question first', async () => {
    const asking = {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-cart-token',
    };
    for (const served of OPERATIONS) {
      const { path, bearer } = await prepare(world, served);
      for (const method of ['OPTIONS', ...(served.method === 'GET' ? ['GET'] : [])]) {
        const { headers } = await world.send(method, path, { headers: { ...asking, ...bearer } });
        const allowing = [...headers.keys()].filter((name) => name.startsWith('access-control-'));
        expect(allowing, nameOf(served)).toEqual([]);
      }
    }
  }, 60_000);
});

describe('an operation', () => {
  it('that changes something when it is read is found', async () => {
    const broken = operation({ method: 'GET', path: '/api/me/rename' }, async (context) => {
      const { account } = await requireSession(context);
      await context.db.execute(`update accounts set name = 'Mallory' where id = '${account.id}'`);
      return { body: {} };
    });
    expect(await changedByReading(broken, { who: 'account' }, [broken])).toBe('accounts');
  });

  it('that looks for an origin only where there is one is found', async () => {
    const { handle, ...rest } = operation({ method: 'DELETE', path: '/api/me/everything' }, async (context) => {
      const { account } = await requireSession(context);
      await context.db.execute(`update accounts set name = 'Mallory' where id = '${account.id}'`);
      return { status: 204 };
    });
    const lax: Operation = {
      ...rest,
      handle(request, host) {
        const headers = new Headers(request.headers);
        if (!headers.has('origin')) headers.set('sec-fetch-site', 'same-origin');
        return handle(new Request(request, { headers }), host);
      },
    };
    const faults = await outcomesOf(lax, { who: 'account' }, [lax]);
    expect(faults).toContain('no page at all, null: 204');
    expect(faults).toContain('something changed: accounts');
    expect(faults).not.toContain('another site, null: 204');
  });
});
