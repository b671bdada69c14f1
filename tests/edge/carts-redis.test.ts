import { describe, it } from 'vitest';
import { cartSuite } from './carts-suite';

if (process.env.REDIS_URL) {
  const url = new URL(process.env.REDIS_URL);
  // A database of its own: other suites use the same server.
  url.pathname = '/10';
  cartSuite('a real Redis', url.href);
} else {
  describe('carts on a real Redis', () => {
    it.skip('needs REDIS_URL', () => {});
  });
}
