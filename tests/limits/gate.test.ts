import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { classOf, LIMIT_CLASSES } from '@/edge/limits';
import { ADDRESS_HEADER, headersOf, holdClock, startIsolate, statusOf } from './isolates';

/** KV that says no: whoever asks it is found out. */
const NOWHERE = { KV_REST_API_URL: 'http://127.0.0.1:1', KV_REST_API_TOKEN: 'none' };

const REQUEST_ID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;

const BROWSE = { method: 'GET', path: '/api/products' };

beforeEach(() => {
  vi.stubEnv('VERCEL', undefined);
  vi.stubEnv('CLIENT_ADDRESS_HEADER', ADDRESS_HEADER);
  holdClock();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe('what the gate lets in', () => {
  it('is named, whatever name the caller gave it', async () => {
    const admission = await startIsolate(NOWHERE).ask('203.0.113.7', {
      ...BROWSE,
      headers: { 'x-request-id': 'mine-all-mine', 'x-cart-token': 'kept' },
    });
    if (!admission.isAdmitted) throw new Error('refused');
    expect(admission.requestHeaders.get('x-request-id')).toMatch(REQUEST_ID);
    expect(admission.requestHeaders.get('x-cart-token')).toBe('kept');
  });

  it('is told its limits, as the draft writes them', async () => {
    const { ask } = startIsolate(NOWHERE);
    const first = headersOf(await ask('203.0.113.7', BROWSE));
    expect(first.get('ratelimit-policy')).toBe('"browse";q=1200;w=60');
    expect(first.get('ratelimit')).toMatch(/^"browse";r=1199;t=\d{2}$/);
    expect(first.has('retry-after')).toBe(false);
    expect(headersOf(await ask('203.0.113.7', BROWSE)).get('ratelimit')).toContain('r=1198;');
  });

  it('is told of none where none applies', async () => {
    const headers = headersOf(await startIsolate(NOWHERE).ask('203.0.113.7', { method: 'GET', path: '/api/health' }));
    expect([...headers.keys()]).toEqual([]);
  });
});

describe('a path whose escapes are no text', () => {
  it.each(['/api/products/%ff', '/api/cart/items/%', '/%E0%A4%A'])('is nowhere: %s', async (path) => {
    const admission = await startIsolate(NOWHERE).ask('203.0.113.7', { method: 'GET', path });
    if (admission.isAdmitted) throw new Error('let in');
    const { response } = admission;
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({
      code: 'not_found',
      status: 404,
      requestId: response.headers.get('x-request-id'),
    });
  });
});

describe('a refusal', () => {
  it('is a problem document that says when to come again', async () => {
    const { ask } = startIsolate(NOWHERE);
    const code = { path: '/api/cart/coupons' };
    for (let tried = 0; tried < 30; tried += 1) expect(statusOf(await ask('203.0.113.7', code))).toBe(200);
    const admission = await ask('203.0.113.7', code);
    if (admission.isAdmitted) throw new Error('let in');
    const { status, headers } = admission.response;
    expect(status).toBe(429);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.get('cache-control')).toBe('private, no-store');
    // Half a minute to the window's end, and a thirtieth of a window until one fewer counts.
    expect(headers.get('retry-after')).toBe('32');
    expect(headers.get('ratelimit-policy')).toBe('"code";q=30;w=60');
    expect(headers.get('ratelimit')).toBe('"code";r=0;t=32');
    expect(await admission.response.json()).toEqual({
      type: 'urn:selvedge:problem:rate_limited',
      title: 'Rate limited',
      status: 429,
      detail: expect.any(String),
      code: 'rate_limited',
      requestId: expect.stringMatching(REQUEST_ID),
    });
  });

  it('ends when it said it would', async () => {
    const { ask } = startIsolate(NOWHERE);
    const code = { path: '/api/cart/coupons' };
    for (let tried = 0; tried < 31; tried += 1) await ask('203.0.113.7', code);
    vi.setSystemTime(Date.now() + 29_000);
    expect(statusOf(await ask('203.0.113.7', code))).toBe(429);
    vi.setSystemTime(Date.now() + 3_000);
    expect(statusOf(await ask('203.0.113.7', code))).toBe(200);
    expect(statusOf(await ask('203.0.113.7', code))).toBe(429);
  });

  it('is of one class and one caller alone', async () => {
    const { ask } = startIsolate(NOWHERE);
    for (let tried = 0; tried < 31; tried += 1) await ask('203.0.113.7', { path: '/api/cart/coupons' });
    expect(statusOf(await ask('203.0.113.7', { path: '/api/cart/coupons' }))).toBe(429);
    expect(statusOf(await ask('203.0.113.7', { path: '/api/cart/items' }))).toBe(200);
    expect(statusOf(await ask('203.0.113.8', { path: '/api/cart/coupons' }))).toBe(200);
  });
});

describe('a machine that nobody stands before', () => {
  const unlimited = [
    ['GET', '/api/products'],
    ['POST', '/api/cart/items'],
    ['POST', '/api/cart/coupons'],
    ['POST', '/api/prices'],
    ['GET', '/api/me'],
    ['POST', '/api/orders'],
    ['GET', '/api/admin/orders'],
    ['POST', '/api/webhooks/local'],
  ] as const;

  it.each(unlimited)('is not throttled, and asks no KV: %s %s', async (method, path) => {
    const isolate = startIsolate(NOWHERE);
    for (let asked = 0; asked < 7_000; asked += 1) {
      if (statusOf(await isolate.ask(null, { method, path })) !== 200) expect.fail(`refused after ${asked}`);
    }
    await isolate.settle();
    expect(isolate.opened()).toBe(0);
  });

  it('still counts who logs in and who signs up, all together', () => {
    const crowds = Object.entries(LIMIT_CLASSES).flatMap(([name, { perCrowd = [] }]) =>
      perCrowd.map(({ quota, windowSeconds }) => [name, quota, windowSeconds]),
    );
    expect(crowds).toEqual([
      ['login', 600, 60],
      ['sign_up', 300, 60],
    ]);
    for (const [method, path] of unlimited) expect(['login', 'sign_up']).not.toContain(classOf(method, path));
  });
});
