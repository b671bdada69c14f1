import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bestDatabase } from '../databases';
import { behindLine, type Line } from './broken-kv';
import { nameOf, prepare, routeOf } from './routes';
import { isLong } from './samples';
import { bearerOf, cookieOf, OPERATIONS, openWorld, PASSWORD, type World } from './world';

let world: World;
let line: Line;

beforeAll(async () => {
  world = await openWorld('without_kv', async (options) => {
    const opened = await behindLine(await bestDatabase('security_without_kv').start(options));
    line = opened.line;
    return opened.platform;
  });
}, 120_000);
afterAll(() => world?.close());

beforeEach(() => {
  // What the shop logs of a KV that is gone.
  vi.spyOn(console, 'error').mockReturnValue();
  if (isLong) return;
  // The short form does not wait for all of the time that a silent KV is given.
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms === 8_000 ? 1_000 : ms));
});
afterEach(() => {
  line.become('up');
  vi.restoreAllMocks();
});

/** A store that says nothing is given up after eight seconds; who asked is told within ten. */
const BOUND_MS = 10_000;

const outcome = async (method: string, path: string, sending: Parameters<World['send']>[2] = {}) => {
  const start = performance.now();
  const { status, text } = await world.send(method, path, sending);
  expect(performance.now() - start, `${method} ${path}`).toBeLessThan(BOUND_MS);
  return `${status} ${text.startsWith('{') ? (JSON.parse(text).code ?? '') : ''}`.trim();
};

/** An account whose session is over, as Postgres knows, and KV perhaps not. */
async function ended() {
  const person = await world.member();
  await world.db.execute(sql`
    update sessions set ended_at = now(), end_reason = 'logout' where account_id = ${person.accountId}`);
  return bearerOf(person);
}

describe.each(['down', 'stalled'] as const)('while KV is %s', (state) => {
  it('whoever is signed in is let in by Postgres, whoever is not any more is not', async () => {
    const person = await world.member();
    const order = await world.orderOf(person);
    const over = await ended();
    line.become(state);
    const paths = [
      '/api/me',
      '/api/me/sessions',
      '/api/orders',
      `/api/orders/${order.id}`,
      '/api/admin/me',
      '/api/admin/orders',
    ];
    await Promise.all(
      paths.map(async (path) => {
        expect(await outcome('GET', path, { headers: bearerOf(person) }), path).toBe('200');
        expect(await outcome('GET', path, { headers: over }), path).toBe('401 session_ended');
        expect(await outcome('GET', path), path).toMatch(/^(401 unauthenticated|404 not_found)$/);
      }),
    );
  }, 60_000);

  it('no operation of an account or of the staff lets in a session that is over', async () => {
    const over = await ended();
    const asked = OPERATIONS.filter((served) => ['account', 'staff'].includes(routeOf(served).who));
    const prepared = await Promise.all(asked.map(async (served) => ({ served, ...(await prepare(world, served)) })));
    line.become(state);
    await Promise.all(
      prepared.map(async ({ served, path, body, headers }) => {
        const told = await outcome(served.method, path, { headers: { ...headers, ...over }, body });
        expect(told, nameOf(served)).toBe('401 session_ended');
      }),
    );
  }, 60_000);

  it('no cart is read or changed, and nothing is ordered', async () => {
    const person = await world.person();
    const ordering = OPERATIONS.find((served) => nameOf(served) === 'POST /api/orders')!;
    const order = await prepare(world, ordering);
    const { token, itemId } = await world.cart();
    const before = await world.state();
    line.become(state);
    const carts = [bearerOf(person), { 'x-cart-token': token }].flatMap((headers) => [
      outcome('GET', '/api/cart', { headers }),
      outcome('PATCH', `/api/cart/items/${itemId}`, { headers, body: { quantity: 2 } }),
      outcome('DELETE', `/api/cart/items/${itemId}`, { headers }),
    ]);
    const placed = outcome('POST', '/api/orders', { headers: { ...order.headers, ...order.bearer }, body: order.body });
    expect(new Set(await Promise.all([...carts, placed]))).toEqual(new Set(['503 kv_unavailable']));
    expect(await world.state()).toEqual(before);
  }, 60_000);

  it('signing out ends the session everywhere, and the cart hears of it when KV is back', async () => {
    const person = await world.person();
    const headers = bearerOf(person);
    expect(await outcome('GET', '/api/cart', { headers })).toBe('200');
    line.become(state);
    expect(await outcome('POST', '/api/auth/logout', { body: { refreshToken: person.refreshToken } })).toBe('204');
    expect(await outcome('GET', '/api/me', { headers })).toBe('401 session_ended');
    expect(await outcome('GET', '/api/cart', { headers })).toBe('503 kv_unavailable');
    line.become('up');
    await hear();
    expect(await outcome('GET', '/api/cart', { headers })).toBe('401 session_ended');
  }, 90_000);

  it('a refresh token that comes again ends its session all the same', async () => {
    const person = await world.person();
    await world.send('POST', '/api/auth/refresh', { body: { refreshToken: person.refreshToken } });
    await world.db.execute(sql`
      update refresh_tokens set replaced_at = replaced_at - interval '1 minute' where replaced_at is not null`);
    line.become(state);
    const stolen = { body: { refreshToken: person.refreshToken } };
    expect(await outcome('POST', '/api/auth/refresh', stolen)).toBe('401 session_ended');
    expect(await outcome('GET', '/api/me', { headers: bearerOf(person) })).toBe('401 session_ended');
    line.become('up');
    await hear();
    expect(await outcome('GET', '/api/cart', { headers: bearerOf(person) })).toBe('401 session_ended');
  }, 90_000);

  it('a login is decided by Postgres, and counted there', async () => {
    const { email } = await world.person();
    const { token } = await world.cart();
    line.become(state);
    const login = (password: string) =>
      outcome('POST', '/api/auth/login', { body: { email, password }, headers: { 'x-cart-token': token } });
    expect(await login(PASSWORD)).toBe('200');
    for (let tries = 0; tries < 5; tries += 1) expect(await login('wrong')).toBe('401 login_failed');
    expect(await login('wrong')).toBe('429 too_many_attempts');
    await world.forgetFailures();
  }, 90_000);

  it('a browser whose session is over is told so, and not that it may go on', async () => {
    const person = await world.person();
    await world.db.execute(sql`
      update sessions set ended_at = now(), end_reason = 'revoked' where id = ${person.sessionId}`);
    line.become(state);
    const headers = { cookie: cookieOf(person), 'sec-fetch-site': 'same-origin' };
    expect(await outcome('POST', '/api/auth/refresh', { headers })).toBe('401 session_ended');
    expect(await outcome('PATCH', '/api/me', { headers, body: { name: 'Ada' } })).toBe('401 session_ended');
  }, 60_000);
});

/** What waits for KV in the outbox is sent, as cron does it. */
async function hear(): Promise<void> {
  await world.settled();
  await world.db.execute(sql`update outbox set available_at = now() where delivered_at is null`);
  await world.cron('outbox');
  await world.settled();
}
