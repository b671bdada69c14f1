import { expect, it } from 'vitest';
import { addMinor, multiplyMinor, requireMinor, scaleMinor } from '@/commerce/money';
import { MAX_UNIT_PRICE_MINOR, requirePayable } from '@/commerce/pricing';

const MAX = Number.MAX_SAFE_INTEGER;

const faultOf = (compute: () => unknown): unknown => {
  try {
    return compute();
  } catch (error) {
    const { code, issues } = error as { code: string; issues: { path: string; code: string }[] };
    return [code, ...issues.map((issue) => `${issue.path}: ${issue.code}`)];
  }
};

const FAULTS: [string, (path?: string) => number][] = [
  ['an amount', (path) => requireMinor(MAX + 1, path)],
  ['a first summand', (path) => addMinor(0.5, 1, path)],
  ['a second summand', (path) => addMinor(1, 0.5, path)],
  ['a sum', (path) => addMinor(MAX, 1, path)],
  ['a multiplied amount', (path) => multiplyMinor(0.5, 2, path)],
  ['a factor', (path) => multiplyMinor(2, 0.5, path)],
  ['a product', (path) => multiplyMinor(MAX, 2, path)],
  ['a scaled amount', (path) => scaleMinor(0.5, 2, 1, path)],
  ['a numerator', (path) => scaleMinor(2, 0.5, 1, path)],
  ['a result', (path) => scaleMinor(MAX, 3, 2, path)],
  ['a unit price below zero', (path) => requirePayable(-1, path)],
  ['a unit price that is no whole number', (path) => requirePayable(0.5, path)],
  ['a unit price beyond what a full cart can hold', (path) => requirePayable(MAX_UNIT_PRICE_MINOR + 1, path)],
];

it.each(FAULTS)('%s out of range is one fault, at its path or at none', (_, compute) => {
  const code = 'amount_out_of_range';
  expect(faultOf(() => compute('items.3.total'))).toEqual([code, `items.3.total: ${code}`]);
  expect(faultOf(() => compute())).toEqual([code, `: ${code}`]);
});

it.each([0, 1, MAX_UNIT_PRICE_MINOR])('%i is a price that a cart can hold', (amountMinor) => {
  expect(requirePayable(amountMinor)).toBe(amountMinor);
});
