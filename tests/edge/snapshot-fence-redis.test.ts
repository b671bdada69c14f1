import { describe, it } from 'vitest';
import { fenceSuite } from './snapshot-fence-suite';

if (process.env.REDIS_URL) {
  const url = new URL(process.env.REDIS_URL);
  // A database of its own: other suites use the same server.
  url.pathname = '/9';
  fenceSuite('a real Redis', url.href);
} else {
  describe('the snapshot on a real Redis', () => {
    it.skip('needs REDIS_URL', () => {});
  });
}
