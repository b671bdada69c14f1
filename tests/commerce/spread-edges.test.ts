import { expect, it } from 'vitest';
import { takeInProportion } from '@/commerce/spread';
import { integer, oneOf, randomOf, rounds } from './random';

/**
 * What tells Webster's method from all others (Balinski and Young, 1982): no kept unit has a weaker claim than one that was
 * not kept, in exact fractions, and of equal claims the earlier line's is kept.
 */
function isWebster(lefts: readonly number[], taken: readonly number[]): boolean {
  const kept = lefts.map((left, index) => BigInt(left - taken[index]!));
  return lefts.every((left, giver) =>
    lefts.every((other, taker) => {
      if (giver === taker || kept[giver] === 0n || kept[taker] === BigInt(other)) return true;
      const last = (2n * kept[giver]! - 1n) * BigInt(other);
      const next = (2n * kept[taker]! + 1n) * BigInt(left);
      return last < next || (last === next && giver < taker);
    }),
  );
}

it.each([
  ['small', 100],
  ['usual', 100_000],
  ['beyond what products of floats hold', 1_500_000_000_000_000],
])('lines that are %s bear odd units by the strength of their claims, exactly', (_, most) => {
  const random = randomOf(most);
  for (let run = 0; run < rounds(20_000); run += 1) {
    const lefts = Array.from({ length: integer(random, 2, 6) }, () => integer(random, 0, oneOf(random, [most, 50])));
    const whole = lefts.reduce((sum, left) => sum + left, 0);
    const off = integer(random, 0, whole);
    const taken = takeInProportion(lefts, off);
    expect(taken.reduce((sum, amount) => sum + amount, 0)).toBe(off);
    if (!isWebster(lefts, taken)) throw new Error(`${off} off ${lefts.join(', ')} was taken as ${taken.join(', ')}.`);
  }
});

it('of equal lines whose claims no float holds, the later ones bear the odd units', () => {
  const left = 3_000_000_000_000_001;
  expect(takeInProportion([left, left], 1)).toEqual([0, 1]);
  expect(takeInProportion([left, left], left)).toEqual([1_500_000_000_000_000, 1_500_000_000_000_001]);
});
