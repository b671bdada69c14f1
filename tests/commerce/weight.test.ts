import { expect, it } from 'vitest';
import { weighRules } from '@/bench/pricing';

it('the rules of prices weigh at most 25 KB in an edge function', async () => {
  const bytes = await weighRules();
  expect(bytes).toBeLessThanOrEqual(25 * 1024);
  // A bundle that lost its content would pass too.
  expect(bytes).toBeGreaterThan(5 * 1024);
});
