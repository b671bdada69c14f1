import { expect, it } from 'vitest';
import { readJson } from '@/node/rules/json';

it('a long text in a rule file below the limit of 16 MB is read, not a stack that overflows', () => {
  expect(readJson(`{ "promotions": [{ "title": "${'x'.repeat(10_000_000)}" }] }`).issues).toEqual([]);
});
