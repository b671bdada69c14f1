import { NextRequest } from 'next/server';
import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import { formPageOf } from '@/app/session/form-pages';
import { ownForm } from '@/app/session/own-form';
import { CommerceError } from '@/commerce/error';
import { operation } from '@/edge/http';
import { classOf } from '@/edge/limits';
import { middleware } from '@/middleware';

vi.mock('next/server', async (original) => ({ ...(await original<typeof import('next/server')>()), after: () => {} }));
vi.stubEnv('DATABASE_URL', 'postgresql://nobody:nothing@127.0.0.1/none');
vi.stubEnv('KV_REST_API_URL', 'http://127.0.0.1:9');
vi.stubEnv('KV_REST_API_TOKEN', 'none');
vi.stubEnv('AUTH_SECRET', 'a'.repeat(32));

const SHOP = 'https://shop.test';

/** Takes a password, and keeps what it was sent. */
function openDoor() {
  const heard: unknown[] = [];
  const door = operation(
    { method: 'POST', path: '/api/auth/login', body: v.object({ password: v.string() }) },
    async (_, { body }) => {
      heard.push(body);
      if (body.password !== 'open') throw new CommerceError('login_failed', 'No.');
      return { body: {}, cookies: ['one=1; Path=/', 'two=2; Path=/'] };
    },
  );
  const send = ownForm(door, {
    bodyOf: (fields) => ({ password: fields.get('password') }),
    pageAfter: (fields) => fields.get('next') ?? '/account',
  });
  return { heard, send };
}

const form = (body: BodyInit, headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }) =>
  new Request(`${SHOP}/session/login`, {
    method: 'POST',
    body,
    headers: {
      host: 'shop.test',
      ...(typeof body === 'string' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      ...headers,
    },
  });

describe('A form without scripts', () => {
  it('does what the API does, and leads on with its cookies', async () => {
    const { send, heard } = openDoor();
    const response = await send(
      form('password=open&next=%2Faccount%2Forders&other=x', { origin: SHOP, cookie: 'a=b' }),
    );
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/account/orders');
    expect(response.headers.getSetCookie()).toEqual(['one=1; Path=/', 'two=2; Path=/']);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(heard).toEqual([{ password: 'open' }]);
  });

  it('leads back with the code of the problem, and to a page of this shop from there', async () => {
    const { send } = openDoor();
    const back = async (body: string) => (await send(form(body))).headers.get('location');
    expect(await back('password=wrong&next=%2Faccount%2Forders')).toBe(
      '/login?problem=login_failed&next=%2Faccount%2Forders',
    );
    expect(await back('password=wrong&next=https%3A%2F%2Fevil.example')).toBe('/login?problem=login_failed&next=%2F');
    expect(await back('')).toBe('/login?problem=invalid_input');
  });

  it.each([
    [{}],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://other.shop.test' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ origin: 'null' }],
    [{ origin: 'https://evil.example' }],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }],
  ])('is not believed to be ours with %j, with or without cookies', async (headers) => {
    const { send, heard } = openDoor();
    for (const cookie of [{}, { cookie: 'access=x' }]) {
      const response = await send(form('password=open', { ...headers, ...cookie } as Record<string, string>));
      expect(response.headers.get('location')).toBe('/login?problem=cross_site_request');
      expect(response.headers.getSetCookie()).toEqual([]);
    }
    expect(heard).toEqual([]);
  });

  it('is taken in one form alone, and up to a size', async () => {
    const { send, heard } = openDoor();
    const back = async (request: Request) => (await send(request)).headers.get('location');
    const parts = new FormData();
    parts.set('password', 'open');
    expect(await back(form(parts))).toBe('/login?problem=unsupported_media_type');
    expect(await back(form(`password=${'x'.repeat(70_000)}`))).toBe('/login?problem=payload_too_large');
    expect(heard).toEqual([]);
  });

  it.each([
    ['POST', '/session/login', '/api/auth/login'],
    ['POST', '/session/register', '/api/auth/register'],
    ['POST', '/session/forgot', '/api/auth/password-reset'],
    ['POST', '/session/logout', '/api/auth/logout'],
  ])('counts as what it does: %s %s as %s', (method, path, counterpart) => {
    expect(classOf(method, path)).toBe(classOf(method, counterpart));
    expect(formPageOf(path, 'rate_limited')).toMatch(/^\/.*\?problem=rate_limited$/);
  });

  it('is refused at the gate by its page, where the API is by a document', async () => {
    const ask = (path: string) =>
      middleware(new NextRequest(SHOP + path, { method: 'POST' }), { waitUntil: () => {} } as never);
    const page = await ask('/session/login');
    expect(page.status).toBe(303);
    expect(page.headers.get('location')).toBe(`${SHOP}/login?problem=limiter_unavailable`);
    const document = await ask('/api/auth/login');
    expect(document.status).toBe(503);
    expect(document.headers.get('content-type')).toBe('application/problem+json');
  });
});
