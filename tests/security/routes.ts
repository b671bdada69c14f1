/**
 * Who may ask each operation of the shop, and how to make what it is asked about. The suites attack every operation by
 * this table; one that is new has no line here, which a test says.
 */
import type { Operation } from '@/edge/http';
import type { Access, AdminOperation } from '@/node/staff/operation';
import { HOME, TWEED } from '../orders/order-shop';
import { validBody } from './bodies';
import { bearerOf, cookieOf, type Headers, PASSWORD, type Person, PROVIDER, type World } from './world';

/**
 * `everybody`: nothing of anybody's is in it, or the body is the proof (a password, a mailed link). `cart` and `order`: of
 * whoever holds the token, or of the account that is signed in. `account`: whoever is signed in. `staff`: as the operation
 * itself says (`access`). `secret`: a program that knows a secret of the shop's.
 */
type Who = 'everybody' | 'cart' | 'order' | 'account' | 'staff' | 'secret';

export interface Route {
  who: Who;
  /** What the path's parameter names: of the person, or of the shop where the staff asks. Made anew each time. */
  object?: (world: World, person: Person) => Promise<string> | string;
  /** Members of the body that its schema alone cannot know. */
  body?: (world: World, person: Person) => Promise<Record<string, unknown>> | Record<string, unknown>;
  /** Headers that it needs beside the credentials. */
  headers?: () => Headers;
  /** The answer of whoever may ask, with such a body; 2xx where nothing is said. */
  answers?: number;
}

const address = { ...HOME, line2: 'Back house', region: 'Berlin' };
const market = { currency: 'EUR', country: 'DE', shippingMethodId: 'ship_post', groupPass: null };

const everybody: Route = { who: 'everybody' };
const account: Route = { who: 'account' };
const staff: Route = { who: 'staff' };

const ROUTES: Record<string, Route> = {
  'GET /api/health': everybody,
  'GET /.well-known/jwks.json': everybody,
  'GET /api/products': everybody,
  'GET /api/products/{slug}': { who: 'everybody', object: () => TWEED.slice(4) },
  'GET /api/collections': everybody,
  'GET /api/collections/{slug}': { who: 'everybody', object: () => 'all' },
  'POST /api/prices': {
    who: 'everybody',
    body: () => ({ ...market, items: [{ variantId: TWEED, quantity: 1 }], coupons: ['TEN'] }),
  },

  'GET /api/cart': { who: 'cart' },
  'PATCH /api/cart': { who: 'cart', body: () => ({ ...market, shippingAddress: address, billingAddress: address }) },
  'POST /api/cart/items': { who: 'cart', body: () => ({ variantId: TWEED }) },
  'PATCH /api/cart/items/{itemId}': { who: 'cart', object: itemOf },
  'DELETE /api/cart/items/{itemId}': { who: 'cart', object: itemOf },
  'POST /api/cart/coupons': { who: 'cart', body: () => ({ code: 'TEN' }) },
  'DELETE /api/cart/coupons/{code}': {
    who: 'cart',
    async object(world, person) {
      await world.send('POST', '/api/cart/coupons', { headers: bearerOf(person), body: { code: 'TEN' } });
      return 'TEN';
    },
  },
  'GET /api/cart/shipping-options': { who: 'cart' },

  'POST /api/orders': {
    who: 'cart',
    headers: () => ({ 'idempotency-key': crypto.randomUUID() }),
    async body(world, person) {
      const headers = bearerOf(person);
      await world.send('POST', '/api/cart/items', { headers, body: { variantId: TWEED, quantity: 1 } });
      const body = { shippingMethodId: 'ship_post', shippingAddress: address };
      const { text } = await world.send('PATCH', '/api/cart', { headers, body });
      const expectedTotal = JSON.parse(text).totals.total;
      return { expectedTotal, shippingAddress: address, shippingMethodId: 'ship_post', quote: undefined };
    },
  },
  'GET /api/orders': account,
  'GET /api/orders/{id}': { who: 'order', object: orderIdOf },
  'POST /api/orders/{id}/cancellation': { who: 'order', object: orderIdOf },

  'POST /api/auth/register': { who: 'everybody', body: () => ({ email: newEmail(), password: PASSWORD }) },
  'POST /api/auth/verification': {
    who: 'everybody',
    body: async (world) => ({ token: await world.link('registration', null), password: PASSWORD }),
  },
  'POST /api/auth/login': {
    who: 'everybody',
    body: (_world, { email }) => ({ email, password: PASSWORD, code: undefined }),
  },
  'POST /api/auth/refresh': { who: 'everybody', body: (_world, { refreshToken }) => ({ refreshToken }) },
  'POST /api/auth/logout': { who: 'everybody', body: (_world, { refreshToken }) => ({ refreshToken }) },
  'POST /api/auth/password-reset': { who: 'everybody', body: (_world, { email }) => ({ email }) },
  'POST /api/auth/password-reset/confirmation': {
    who: 'everybody',
    body: async (world, person) => ({ token: await world.link('password_reset', person), password: PASSWORD }),
  },
  'POST /api/auth/email-change': {
    who: 'account',
    body: async (world, person) => ({ token: await world.link('email_change', person) }),
  },
  'GET /api/auth/oauth': everybody,
  'GET /api/auth/oauth/{provider}': { who: 'everybody', object: () => PROVIDER, answers: 302 },
  'GET /api/auth/oauth/{provider}/callback': { who: 'everybody', object: () => PROVIDER, answers: 303 },
  'POST /api/auth/passkey/options': everybody,
  // What an authenticator signs is in tests/passkeys; here a challenge that nobody asked for is refused.
  'POST /api/auth/passkey': { who: 'everybody', answers: 422 },

  'GET /api/me': account,
  'PATCH /api/me': account,
  'DELETE /api/me': account,
  'GET /api/me/export': account,
  'POST /api/me/password': {
    who: 'account',
    body: () => ({ currentPassword: PASSWORD, password: 'copper lantern field' }),
  },
  'POST /api/me/email': { who: 'account', body: () => ({ email: newEmail() }) },
  'GET /api/me/sessions': account,
  'DELETE /api/me/sessions/{sessionId}': { who: 'account', object: (_world, { sessionId }) => sessionId },
  'GET /api/me/addresses': account,
  'POST /api/me/addresses': { who: 'account', body: () => ({ address }) },
  'PATCH /api/me/addresses/{addressId}': { who: 'account', object: addressOf, body: () => ({ address }) },
  'DELETE /api/me/addresses/{addressId}': { who: 'account', object: addressOf },
  'GET /api/me/identities': account,
  'DELETE /api/me/identities/{id}': { who: 'account', object: (world, person) => world.identityOf(person) },
  'GET /api/me/passkeys': account,
  'POST /api/me/passkeys/options': account,
  'POST /api/me/passkeys': { who: 'account', answers: 422 },
  'PATCH /api/me/passkeys/{passkeyId}': { who: 'account', object: (world, person) => world.passkeyOf(person) },
  'DELETE /api/me/passkeys/{passkeyId}': { who: 'account', object: (world, person) => world.passkeyOf(person) },

  'GET /api/admin/me': staff,
  'POST /api/admin/totp': staff,
  // The codes of an authenticator are in tests/staff/totp.test.ts.
  'POST /api/admin/totp/confirmation': { who: 'staff', answers: 409 },
  'DELETE /api/admin/totp': { who: 'staff', answers: 422 },
  'POST /api/admin/invitations': {
    who: 'staff',
    body: async (world) => ({ email: newEmail(), roleId: await world.role() }),
  },
  'GET /api/admin/invitations': staff,
  'POST /api/admin/invitations/acceptance': { who: 'staff', answers: 422 },
  'DELETE /api/admin/invitations/{invitationId}': { who: 'staff', object: (world) => world.invitation() },
  'GET /api/admin/staff': staff,
  'PATCH /api/admin/staff/{accountId}': {
    who: 'staff',
    object: async (world) => (await world.member(await world.role())).accountId,
    body: async (world) => ({ roleId: await world.role() }),
  },
  'GET /api/admin/roles': staff,
  'POST /api/admin/roles': { who: 'staff', body: () => ({ id: `role-${crypto.randomUUID().slice(0, 13)}` }) },
  'PATCH /api/admin/roles/{roleId}': { who: 'staff', object: (world) => world.role() },
  'DELETE /api/admin/roles/{roleId}': { who: 'staff', object: (world) => world.role() },
  'POST /api/admin/api-keys': { who: 'staff', body: () => ({ kind: 'secret' }) },
  'GET /api/admin/api-keys': staff,
  'DELETE /api/admin/api-keys/{keyId}': { who: 'staff', object: async (world) => (await world.makeKey([])).id },
  'GET /api/admin/audit-log': staff,
  'GET /api/admin/orders': staff,
  'GET /api/admin/orders/{orderId}': { who: 'staff', object: guestOrderId },
  'POST /api/admin/orders/{orderId}/cancellation': { who: 'staff', object: guestOrderId },
  'GET /api/admin/customers': staff,
  'GET /api/admin/customers/{accountId}': { who: 'staff', object: customerId },
  'PATCH /api/admin/customers/{accountId}': {
    who: 'staff',
    object: customerId,
    body: () => ({ customerGroupId: 'wholesale' }),
  },
  'PATCH /api/admin/variants/{variantId}': {
    who: 'staff',
    object: () => TWEED,
    body: () => ({ stock: { onHand: 99_999 }, prices: [{ currency: 'EUR', amount: 1999 }] }),
  },

  // Both want what no browser has; a webhook's signature and events are in tests/orders.
  'POST /api/webhooks/{provider}': { who: 'secret', object: () => 'local', answers: 401 },
  'GET /api/cron/{job}': { who: 'secret', object: () => 'accounts', answers: 401 },
};

/** `GET /api/me`. */
export const nameOf = ({ method, path }: Pick<Operation, 'method' | 'path'>) => `${method} ${path}`;

export const routeNames = () => Object.keys(ROUTES);

/** What the table says of an operation. Throws for one that it does not know. */
export function routeOf(operation: Operation): Route {
  const route = ROUTES[nameOf(operation)];
  if (!route) throw new Error(`${nameOf(operation)} has no line in tests/security/routes.ts: say who may ask it.`);
  return route;
}

/** Whom an operation of the staff lets in, by its own word. */
export const accessOf = (operation: Operation): Access => (operation as AdminOperation).access;

/** A request that somebody who may make it would make. */
export interface Prepared {
  person: Person;
  path: string;
  /** What the path's parameter holds; null where it has none. */
  id: string | null;
  body: unknown;
  /** Without credentials. */
  headers: Headers;
  bearer: Headers;
  cookie: string;
}

/** Somebody who may ask an operation, and what they would ask, all of it made anew. */
export async function prepare(world: World, operation: Operation, route = routeOf(operation)): Promise<Prepared> {
  const isForMembers = route.who === 'staff' && accessOf(operation) !== 'account';
  const person = isForMembers ? await world.member() : await world.person();
  const id = (await route.object?.(world, person)) ?? null;
  return {
    person,
    id,
    path: pathWith(operation, id),
    body: operation.body && validBody(operation.body, (await route.body?.(world, person)) ?? {}),
    headers: route.headers?.() ?? {},
    bearer: bearerOf(person),
    cookie: cookieOf(person),
  };
}

/** The path of an operation about one thing. */
export function pathWith({ path }: Pick<Operation, 'path'>, id: string | null): string {
  return path.replace(/\{\w+\}/, id === null ? 'nothing' : encodeURIComponent(id));
}

const newEmail = () => `new-${crypto.randomUUID()}@example.com`;

async function itemOf(world: World, person: Person): Promise<string> {
  const body = { variantId: TWEED, metadata: { of: person.accountId } };
  const { text } = await world.send('POST', '/api/cart/items', { headers: bearerOf(person), body });
  return JSON.parse(text).items[0].id;
}

function addressOf(world: World, person: Person): Promise<string> {
  return world.addressOf(person);
}

async function orderIdOf(world: World, person: Person): Promise<string> {
  return (await world.orderOf(person)).id;
}

async function guestOrderId(world: World): Promise<string> {
  return (await world.orderOf(null)).id;
}

async function customerId(world: World): Promise<string> {
  return (await world.person()).accountId;
}
