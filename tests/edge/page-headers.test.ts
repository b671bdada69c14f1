import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPersonalPage, newNonce, PAGE_HEADERS, personalPagePolicy } from '@/edge/page-headers';
import { config as middlewareConfig } from '@/middleware';
import nextConfig from '@/next.config';

/** Every page of the shop by its path, with something in the place of what varies. */
const pages = readdirSync(join(process.cwd(), 'app/(shop)'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /(^|\/)page\.tsx$/.test(file))
  .map((file) => `/${file.replace(/\/?page\.tsx$/, '')}`)
  .map((path) => path.replaceAll(/\/\([^)]+\)/g, '').replaceAll(/\[[^\]]+\]/g, 'something'));

/** As Next reads the middleware's matcher: `:name` is one part, `:name*` any rest. */
function isMatched(path: string): boolean {
  return middlewareConfig.matcher.some((source) => {
    const pattern = source.replace(/\/:\w+\*/g, '(?:/.*)?').replace(/:\w+/g, '[^/]+');
    return new RegExp(`^${pattern}$`).test(path);
  });
}

/** The headers that the configuration gives to a path, as Next would find them. */
async function configuredFor(path: string): Promise<Record<string, string>> {
  const rules = (await nextConfig.headers?.()) ?? [];
  const fitting = rules.filter(({ source }) => {
    const pattern = source.replace(/\/:\w+/g, '/[^/]+');
    return new RegExp(`^${pattern}$`, 'i').test(path);
  });
  return Object.fromEntries(fitting.flatMap(({ headers }) => headers.map(({ key, value }) => [key, value])));
}

describe('The policies of pages', () => {
  it('are one for each page: the strict one of the middleware, or the one of cached pages', async () => {
    expect(pages).toContain('/account/security');
    expect(pages.length).toBeGreaterThan(20);
    for (const path of pages) {
      const isPersonal = isPersonalPage(path);
      expect(isMatched(path), `the middleware at ${path}`).toBe(isPersonal);
      const { 'Content-Security-Policy': policy, ...others } = await configuredFor(path);
      expect(policy === undefined, `no second policy at ${path}`).toBe(isPersonal);
      expect(others, path).toMatchObject(PAGE_HEADERS);
    }
  });

  it('are strict exactly where a visitor is known or asked who they are', () => {
    const personal = pages.filter(isPersonalPage);
    const expected = pages.filter((path) => /^\/(account|cart|checkout|login|orders|register)\b/.test(path));
    expect(personal).toEqual(expected);
    expect(personal).toHaveLength(17);
  });

  it.each(['/', '/search', '/products/cart', '/collections/account', '/accounts', '/orders', '/in/EUR', '/loginx'])(
    'leave %s to the cache',
    (path) => {
      expect(isPersonalPage(path)).toBe(false);
      expect(isMatched(path)).toBe(false);
    },
  );

  it('cannot be slipped by another spelling of the path', () => {
    expect(isPersonalPage('/c%61rt')).toBe(true);
    expect(isMatched('/c%61rt')).toBe(true);
    expect(isPersonalPage('/account/')).toBe(true);
  });

  it('let no script run without the nonce, and give no nonce twice', () => {
    const policy = personalPagePolicy('bm9uY2U=', { isDevelopment: false });
    expect(policy).toContain("script-src 'self' 'nonce-bm9uY2U=' 'strict-dynamic';");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(policy).not.toMatch(/style-src [^;]*unsafe/);
    const nonces = Array.from({ length: 1_000 }, newNonce);
    expect(new Set(nonces).size).toBe(1_000);
    // What Next takes for a nonce; anything else it would leave out of its scripts.
    for (const nonce of nonces) expect(nonce).toMatch(/^[A-Za-z0-9+/_-]{22}={2}$/);
  });
});
