import { describe, expect, it } from 'vitest';
import { classOf, LIMIT_CLASSES, namedClass } from '@/edge/limits';
import { edgeOperations } from '@/edge/routes';
import { nodeOperations } from '@/node/routes';

const operations = [...edgeOperations, ...nodeOperations];

const filled = (path: string) => path.replaceAll(/\{\w+\}/g, 'some-thing');

/** The operations that the table of classes does not name. */
const unnamed = (of: { method: string; path: string }[]) =>
  of.filter(({ method, path }) => namedClass(method, filled(path)) === null).map(({ method, path }) => method + path);

describe('the class of a request', () => {
  it('is named for every operation of the shop', () => {
    expect(operations.length).toBeGreaterThan(15);
    expect(unnamed([...operations])).toEqual([]);
  });

  it('is missed where a new operation has none', () => {
    expect(unnamed([...operations, { method: 'POST', path: '/api/stock-alerts' }])).toEqual(['POST/api/stock-alerts']);
  });

  it.each([
    ['GET', '/api/products', 'browse'],
    ['HEAD', '/api/products/tweed', 'browse'],
    ['GET', '/api/collections/scarves', 'browse'],
    ['GET', '/api/cart', 'cart'],
    ['POST', '/api/cart/items', 'cart'],
    ['POST', '/api/cart/coupons', 'code'],
    ['DELETE', '/api/cart/coupons/MILL20', 'cart'],
    ['POST', '/api/prices', 'quote'],
    ['POST', '/api/auth/login', 'login'],
    ['POST', '/api/auth/login/', 'login'],
    ['POST', '/api/auth/verification', 'login'],
    ['POST', '/api/auth/password-reset/confirmation', 'login'],
    ['POST', '/api/auth/passkey', 'login'],
    ['GET', '/api/auth/oauth/example/callback', 'login'],
    ['POST', '/api/auth/register', 'sign_up'],
    ['POST', '/api/auth/password-reset', 'sign_up'],
    ['POST', '/api/auth/refresh', 'account'],
    ['POST', '/api/auth/logout', 'account'],
    ['GET', '/api/me', 'account'],
    ['DELETE', '/api/me', 'login'],
    ['POST', '/api/me/password', 'login'],
    ['GET', '/api/orders/ord_1', 'account'],
    ['POST', '/api/orders', 'order'],
    ['POST', '/api/orders/ord_1/cancellation', 'order'],
    ['GET', '/api/admin/orders', 'admin'],
    ['POST', '/api/admin/totp/confirmation', 'login'],
    ['POST', '/api/admin/invitations', 'admin'],
    ['POST', '/api/admin/invitations/acceptance', 'login'],
    ['POST', '/api/webhooks/local', 'webhook'],
    ['GET', '/api/cron/outbox', 'unlimited'],
    ['GET', '/api/health', 'unlimited'],
    ['GET', '/.well-known/jwks.json', 'unlimited'],
    ['GET', '/products/100%25-wool', 'unlimited'],
    ['POST', '/api/auth/log%69n', 'login'],
    ['POST', '/session/login', 'login'],
    ['POST', '/session/log%69n', 'login'],
    ['POST', '/session/something-new', 'login'],
    ['POST', '/api/auth/passkey%0a', 'login'],
    ['POST', '/session/register', 'sign_up'],
    ['POST', '/session/logout', 'account'],
    ['GET', '/session', 'account'],
    ['GET', '/api/nothing', 'browse'],
    ['OPTIONS', '/api/nothing', 'browse'],
    ['POST', '/api/nothing', 'order'],
    ['PATCH', '/api/auth-log', 'order'],
  ])('is, for %s %s, %s', (method, path, name) => {
    expect(classOf(method, path)).toBe(name);
  });

  it('does not change with how the path is written, wherever an operation still takes it', () => {
    let taken = 0;
    for (const operation of operations) {
      const path = filled(operation.path);
      const variants = [
        `${path}/`,
        `${path}//`,
        path.replace('/api', '//api'),
        path.toUpperCase(),
        path.replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
        path.replace(/some-thing/g, '..%2f..%2fproducts'),
        path.replace(/some-thing/g, '%61%2f%62'),
        path.replace(/^\/api\//, '/api/./'),
        `${path};x=1`,
        `${path}.rsc`,
        `${path}%00`,
      ];
      for (const variant of variants) {
        const { pathname } = new URL(variant, 'http://shop.test');
        if (!operation.matches(pathname)) continue;
        taken += 1;
        expect(classOf(operation.method, pathname), `${operation.method} ${pathname}`).toBe(
          classOf(operation.method, path),
        );
      }
    }
    expect(taken).toBeGreaterThan(operations.length);
  });

  it('has policies with names of their own', () => {
    const names = Object.values(LIMIT_CLASSES)
      .flatMap(({ perAddress, perCrowd = [], perAccount = [], perApiKey = [] }) => [
        ...perAddress,
        ...perCrowd,
        ...perAccount,
        ...perApiKey,
      ])
      .map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z-]+$/);
  });
});
