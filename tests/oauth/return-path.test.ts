import { describe, expect, it } from 'vitest';
import { returnPathOf } from '@/node/oauth/return-path';
import { randomFrom } from '@/tests/orders/random';

describe('the page to go back to after a login', () => {
  it.each([
    '/',
    '/cart',
    '/products/harbour-herringbone?colour=blue&size=m#details',
    '/search?q=a%20b%2F%2Fc',
    '/account/orders/ord_01',
    '/apiary',
    '/search?q=https://example.com/a//b',
  ])('is %s', (path) => {
    expect(returnPathOf(path)).toBe(path);
  });

  it('has letters of other alphabets escaped, as a header can hold them', () => {
    expect(returnPathOf('/products/größe?q=ü')).toBe('/products/gr%C3%B6%C3%9Fe?q=%C3%BC');
  });

  it.each([
    undefined,
    '',
    'cart',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/ /evil.example',
    '/\u200b/evil.example',
    '/\u2028/evil.example',
    '/\0',
    'https://evil.example',
    'https:evil.example',
    'https:/evil.example',
    'HTTPS://evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/.//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    '/%2e%2e//evil.example',
    '/%2f/evil.example',
    '/%2F%2Fevil.example',
    '/%252f%252fevil.example',
    '/%25252f%25252fevil.example',
    '/%5cevil.example',
    '/%255cevil.example',
    '/%09/evil.example',
    '/%0d%0aSet-Cookie:%20a=b',
    '/a\r\nSet-Cookie: a=b',
    '/%',
    '/%ff',
    '/%c0%af/evil.example',
    '/@evil.example\\',
    '//shop.invalid/cart',
    'http://shop.invalid/cart',
    '/api/auth/oauth/acme',
    '/api',
    '/API/me',
    '/a/../api/me',
    '/%61pi/me',
    `/${'a'.repeat(512)}`,
  ])('is the front page for %j', (next) => {
    expect(returnPathOf(next)).toBe('/');
  });

  it('is of the shop, whatever a browser makes of it', () => {
    const parts = [
      '/',
      '\\',
      '//',
      '.',
      '..',
      '%2f',
      '%5c',
      '%2e',
      '\t',
      '@',
      ':',
      'evil.example',
      '?',
      '#',
      '%25',
      'a',
    ];
    const random = randomFrom(7);
    const pick = () => parts[Math.floor(random() * parts.length)] as string;
    let others = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const next = `/${Array.from({ length: 5 }, pick).join('')}`;
      const path = returnPathOf(next);
      if (path !== '/') others += 1;
      expect(new URL(path, 'https://shop.example').origin, next).toBe('https://shop.example');
      expect(new URL(decodeURIComponent(path.split(/[?#]/)[0] as string), 'https://shop.example').origin, next).toBe(
        'https://shop.example',
      );
    }
    expect(others).toBeGreaterThan(500);
  });
});
