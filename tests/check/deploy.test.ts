import { describe, expect, it } from 'vitest';
import { type BuiltFunction, brokenPromises } from './deploy';

const KB = 1024;
const CRONS = [{ path: '/api/cron/outbox', schedule: '5 3 * * *' }];

function edge(name: string, gzipBytes = 130 * KB, builtins: string[] = []): BuiltFunction {
  return { name, runtime: 'edge', gzipBytes, builtins };
}

const node = (name: string): BuiltFunction => ({ name, runtime: 'nodejs24.x', gzipBytes: 0, builtins: [] });

const GOOD: BuiltFunction[] = [
  edge('api/empty-edge-route', 100 * KB),
  edge('.well-known/jwks.json'),
  ...['health', 'products', 'products/[slug]', 'collections', 'collections/[slug]', 'prices'].map((name) =>
    edge(`api/${name}`),
  ),
  ...['', '/items', '/items/[itemId]', '/coupons', '/coupons/[code]', '/shipping-options'].map((name) =>
    edge(`api/cart${name}`),
  ),
  ...['orders', 'orders/[id]', 'orders/[id]/cancellation', 'webhooks/[provider]', 'cron/[job]'].map((name) =>
    node(`api/${name}`),
  ),
];

const replaced = (built: BuiltFunction) => GOOD.map((other) => (other.name === built.name ? built : other));

describe('the promises of a deployment', () => {
  it('hold for a build that keeps them', () => {
    expect(brokenPromises(GOOD, CRONS, CRONS)).toEqual([]);
  });

  it.each([
    ['a cart on Node', replaced(node('api/cart')), CRONS, 'not on edge'],
    ['an order at the edge', replaced(edge('api/orders')), CRONS, 'not on Node'],
    ['a missing function', GOOD.filter(({ name }) => name !== 'api/prices'), CRONS, 'no function was built'],
    ['an edge function over its budget', replaced(edge('api/cart', 180 * KB + 1)), CRONS, 'above an empty edge route'],
    ['an edge function that asks for a built-in', replaced(edge('api/cart', 130 * KB, ['fs'])), CRONS, 'asks for fs'],
    ['a cron that is not registered', GOOD, [], 'is not registered'],
    ['nothing to measure from', GOOD.slice(1), CRONS, 'nothing can be measured'],
  ])('break with %s', (_name, functions, crons, words) => {
    expect(brokenPromises(functions, crons, CRONS).join('\n')).toContain(words);
  });
});
