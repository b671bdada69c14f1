import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '@/db/ids';
import { type Operation, operation } from '@/edge/http';
import { readOrder } from '@/node/order-record';
import { requireSession } from '@/node/sessions';
import type { Permission } from '@/node/staff/permissions';
import { base64url, newForge } from '../tokens/forge';
import { accessOf, nameOf, type Prepared, pathWith, prepare, type Route, routeOf } from './routes';
import {
  type Answer,
  allBut,
  bearerOf,
  cookieOf,
  type Headers,
  OPERATIONS,
  openWorld,
  type Person,
  type World,
} from './world';

let world: World;
let forge: Awaited<ReturnType<typeof newForge>>;
/** Who attacks; each has things of their own, so that nothing is refused for their having none. */
let stranger: Person;
let clerk: Person;
let guest: { cart: string; order: { id: string; accessToken: string } };

beforeAll(async () => {
  world = await openWorld('objects');
  forge = await newForge();
  stranger = await world.person();
  clerk = await world.member(allBut([]));
  guest = { cart: (await world.cart()).token, order: await world.orderOf(null) };
  for (const { accountId, email } of [stranger, clerk]) {
    await Promise.all([world.addressOf({ accountId }), world.passkeyOf({ accountId })]);
    await world.orderOf({ accountId, email });
  }
}, 120_000);
afterAll(() => world?.close());

/** Operations on one thing that is somebody's. Products, jobs and providers are nobody's. */
const onObjects = OPERATIONS.filter((served) => {
  const { who, object } = routeOf(served);
  return object !== undefined && who !== 'everybody' && who !== 'secret';
});

type Attacker = [who: string, headers: (target: Prepared, served: Operation) => Promise<Headers> | Headers];

const attackers: Attacker[] = [
  ['nobody', () => ({})],
  [
    'another guest',
    () => ({
      cookie: `cart=${guest.cart}; order_access_${guest.order.id}=${guest.order.accessToken}`,
      'sec-fetch-site': 'same-origin',
    }),
  ],
  [
    'a guest with another order’s token',
    () => ({ 'x-order-token': guest.order.accessToken, 'x-cart-token': guest.cart }),
  ],
  ['another customer', () => bearerOf(stranger)],
  ['another customer’s browser', () => ({ cookie: cookieOf(stranger), 'sec-fetch-site': 'same-origin' })],
  ['a member of staff without the right', async (_target, served) => bearerOf(await memberWithout(served))],
  ['an API key without the scope', async (_target, served) => keyWithout(served)],
  ['a session that has ended', async ({ person }) => bearerOf(await endedSessionOf(person))],
  ['a token without a signature', ({ person }) => forged(person, (payload) => unsigned(payload))],
  ['a token of another key', ({ person }) => forged(person, (payload) => forge.token(payload))],
  [
    'a token of another key that calls itself ours',
    ({ person }) => forged(person, (payload, header) => forge.token(payload, header)),
  ],
  ['a token whose claims were changed', ({ person }) => forged(stranger, keepingSignature(person))],
  [
    'a secret key as a cookie',
    async () => ({ cookie: `access=sk_${'A'.repeat(43)}`, 'sec-fetch-site': 'same-origin' }),
  ],
];

/** What may be wrong with an operation on somebody's thing, told as the tests would. */
async function leaksOf(served: Operation, route: Route, operations = OPERATIONS): Promise<string[]> {
  const target = await prepare(world, served, route);
  const missing = pathWith(served, otherId(target.id as string));
  const leaks: string[] = [];
  for (const [who, headersOf] of attackers) {
    const headers = { ...target.headers, ...(await headersOf(target, served)) };
    const ask = (path: string) => world.send(served.method, path, { body: target.body, headers, operations });
    const [real, none] = [await ask(target.path), await ask(missing)];
    if (![401, 403, 404].includes(real.status)) leaks.push(`${who} is let in: ${real.status} ${real.text}`);
    if (tellingOf(real, target.id) !== tellingOf(none, otherId(target.id as string))) {
      leaks.push(`${who} can tell that it is there: ${tellingOf(real, '')} and not ${tellingOf(none, '')}`);
    }
    for (const secret of [target.person.email, target.person.name, target.person.accountId]) {
      if (real.text.includes(secret)) leaks.push(`${who} reads ${secret}`);
    }
  }
  // All of the above was about something: it is there yet, and opens to whoever may ask.
  const owner = { ...target.headers, ...target.bearer };
  const own = await world.send(served.method, target.path, { body: target.body, headers: owner, operations });
  if (own.status >= 300) leaks.push(`its owner is refused: ${own.status} ${own.text}`);
  return leaks;
}

describe.each(onObjects.map((served) => [nameOf(served), served] as const))('%s', (_, served) => {
  it('tells nobody but its owner even whether the thing is there', async () => {
    expect(await leaksOf(served, routeOf(served))).toEqual([]);
  }, 60_000);
});

describe('an id that is no session’s', () => {
  it.each(['epoch', 'nothing', 'a'.repeat(4_000)])('ends and marks nothing, in KV neither: %.20s', async (id) => {
    const headers = bearerOf(await world.person());
    expect((await world.send('DELETE', `/api/me/sessions/${id}`, { headers })).status).toBe(404);
    expect((await world.send('GET', '/api/cart', { headers })).status).toBe(200);
  });
});

describe('a session that has ended', () => {
  it('ends no other, by its refresh token or by an access token that lives on', async () => {
    const person = await world.person();
    const other = await world.signIn(person);
    const signOut = (more: object, headers: Headers = {}) =>
      world.send('POST', '/api/auth/logout', { headers, body: { everywhere: true, ...more } });
    const once = { refreshToken: person.refreshToken };
    expect((await world.send('POST', '/api/auth/logout', { body: once })).status).toBe(204);
    expect((await signOut(once)).status).toBe(204);
    expect((await signOut({}, bearerOf(person))).status).toBe(204);
    expect((await world.send('GET', '/api/me', { headers: other })).status).toBe(200);
    expect((await signOut({}, other)).status).toBe(204);
    expect((await world.send('GET', '/api/me', { headers: other })).status).toBe(401);
  });
});

describe('an operation', () => {
  it('that asks who it is, and not whose it is, is found', async () => {
    const broken = operation({ method: 'GET', path: '/api/broken/{id}' }, async (context) => {
      await requireSession(context);
      const record = await readOrder(context.db, context.params.id as string);
      return record ? { body: { email: record.order.email } } : { status: 404 };
    });
    const route: Route = { who: 'account', object: async (shop, person) => (await shop.orderOf(person)).id };
    const leaks = (await leaksOf(broken, route, [broken])).join('\n');
    expect(leaks).toContain('another customer is let in: 200');
    expect(leaks).toContain('a member of staff without the right is let in');
    expect(leaks).toMatch(/another customer reads person-\d+@example.com/);
    expect(leaks).not.toContain('nobody is let in');
  });

  it('that says "not yours" instead of "not there" is found', async () => {
    const broken = operation({ method: 'GET', path: '/api/broken/{id}' }, async (context) => {
      const { account } = await requireSession(context);
      const record = await readOrder(context.db, context.params.id as string);
      if (!record) return { status: 404 };
      return record.order.accountId === account.id ? { body: {} } : { status: 403 };
    });
    const route: Route = { who: 'account', object: async (shop, person) => (await shop.orderOf(person)).id };
    const leaks = await leaksOf(broken, route, [broken]);
    expect(leaks.filter((leak) => leak.startsWith('another customer'))).toHaveLength(2);
    expect(leaks.join()).toContain('can tell that it is there');
  });
});

/** All of an answer that somebody could tell something by. */
function tellingOf({ status, headers, text }: Answer, id: string | null): string {
  const told = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'server-timing');
  const body = text.startsWith('{') ? { ...JSON.parse(text), requestId: '' } : text;
  // How often KV and the database were asked, not how long they took. Who is not known, for whom no thing is looked up, may
  // have the shop look for the key of a token, now and then.
  const trips = status === 401 ? '' : headers.get('server-timing')?.replaceAll(/dur=[\d.]+/g, '');
  const all = JSON.stringify([status, body, told.sort(), trips]);
  return id ? all.replaceAll(id, '…') : all;
}

/** Another id that looks like this one, of nothing that there is. */
function otherId(id: string): string {
  const prefix = /^([a-z]+)_[0-9a-z]{26}$/.exec(id)?.[1];
  if (prefix) return `${prefix}_${newId('key').slice('key_'.length)}`;
  return [...id].reverse().join('') === id
    ? `${id}x`
    : id.replace(/[0-9a-zA-Z](?=[^0-9a-zA-Z]*$)/, (last) => (last === 'a' ? 'b' : 'a'));
}

/** Whoever may do everything but this. Of what is nobody's in the staff, everything. */
async function memberWithout(served: Operation): Promise<Person> {
  const access = accessOf(served);
  return Array.isArray(access) ? world.member(allBut(access as Permission[])) : clerk;
}

async function keyWithout(served: Operation): Promise<Headers> {
  const access = accessOf(served);
  const { authorization } = await world.makeKey(allBut(Array.isArray(access) ? (access as Permission[]) : []));
  return { authorization: authorization as string };
}

/** Another session of the owner, over by now. */
async function endedSessionOf({ accountId }: Person): Promise<Person> {
  const headers = await world.signIn({ accountId });
  const accessToken = (headers.authorization as string).slice('Bearer '.length);
  const sent = await world.send('POST', '/api/auth/logout', { headers });
  expect(sent.status).toBe(204);
  await world.settled();
  return { accessToken } as Person;
}

function forged({ accessToken }: Person, forge: (payload: string, header: string) => string): Headers {
  const [header = '', payload = ''] = accessToken.split('.');
  const text = (part: string) => Buffer.from(part, 'base64url').toString();
  return { authorization: `Bearer ${forge(text(payload), text(header))}` };
}

const unsigned = (payload: string) => `${base64url('{"alg":"none","typ":"at+jwt"}')}.${base64url(payload)}.`;

/** The stranger's own good token, with the owner's claims in it. */
const keepingSignature =
  ({ accessToken }: Person) =>
  () => {
    const [header, , signature] = stranger.accessToken.split('.');
    return `${header}.${accessToken.split('.')[1]}.${signature}`;
  };
