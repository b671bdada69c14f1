import { describe, it } from 'vitest';
import { promotionSuite } from './promotions-suite';

if (process.env.REDIS_URL) {
  const url = new URL(process.env.REDIS_URL);
  // A database of its own: other suites use the same server.
  url.pathname = '/11';
  promotionSuite('a real Redis', url.href);
} else {
  describe('promotions on a real Redis', () => {
    it.skip('needs REDIS_URL', () => {});
  });
}
