import { describe, expect, it } from 'vitest';
import { allocate } from '@/commerce/money';
import { takeInProportion } from '@/commerce/spread';
import { integer, randomOf, rounds } from './random';

/** How an amount is taken off several, of each of which so much is left. */
type Spread = (lefts: readonly number[], offMinor: number) => number[];

describe('an amount that is taken off several lines', () => {
  it.each<[string, number[], number, number[]]>([
    ['nothing', [500, 500], 0, [0, 0]],
    ['an even amount off equal lines', [500, 500], 100, [50, 50]],
    ['an odd cent, off the later of two equal lines', [500, 500], 101, [50, 51]],
    ['one cent off three', [100, 100, 100], 1, [0, 0, 1]],
    ['two cents off three', [100, 100, 100], 2, [0, 1, 1]],
    ['in proportion', [1000, 2000, 3000], 600, [100, 200, 300]],
    // Kept: 1, 2 and 3 times 10000 - 1000 / 6, so 83.33, 166.67 and 250 come off.
    ['in proportion with odd cents', [1000, 2000, 3000], 500, [83, 167, 250]],
    ['most off what costs most', [1, 999], 100, [0, 100]],
    ['one line alone', [1999], 500, [500]],
    ['all that there is', [300, 700], 1000, [300, 700]],
    ['no more than there is', [300, 700], 5000, [300, 700]],
    ['nothing where nothing is left', [0, 0], 500, [0, 0]],
    ['nothing off a line that costs nothing', [0, 1000], 500, [0, 500]],
    ['nothing off no lines', [], 500, []],
    ['all but one cent', [10, 10, 10], 29, [9, 10, 10]],
    [
      'amounts whose product is beyond 2^53',
      [4_000_000_000_000_000, 2_000_000_000_000_000],
      3_000_000_000_000_001,
      [2_000_000_000_000_001, 1_000_000_000_000_000],
    ],
  ])('is %s', (_name, lefts, offMinor, taken) => {
    expect(takeInProportion(lefts, offMinor)).toEqual(taken);
  });

  it('sums to the amount, and takes from no line more than it has', () => {
    const random = randomOf(1);
    for (let run = 0; run < rounds(20_000); run += 1) {
      const lefts = Array.from({ length: integer(random, 1, 8) }, () => integer(random, 0, run % 2 ? 20 : 100_000));
      const off = integer(
        random,
        0,
        lefts.reduce((sum, left) => sum + left, 0),
      );
      const taken = takeInProportion(lefts, off);
      const isWithin = taken.every((amount, index) => amount >= 0 && amount <= lefts[index]!);
      const isSum = taken.reduce((sum, amount) => sum + amount, 0) === off;
      if (!isWithin || !isSum) throw new Error(`${off} off ${lefts.join(', ')} was taken as ${taken.join(', ')}.`);
    }
  });

  it('is what giving out what is left, unit by unit to the strongest claim, comes to', () => {
    const random = randomOf(2);
    for (let run = 0; run < rounds(3000); run += 1) {
      const lefts = Array.from({ length: integer(random, 1, 6) }, () => integer(random, 0, 40));
      const whole = lefts.reduce((sum, left) => sum + left, 0);
      const off = integer(random, 0, whole);
      const kept = lefts.map(() => 0);
      for (let seat = 0; seat < whole - off; seat += 1) {
        const claims = lefts.map((left, index) => (left === 0 ? Infinity : (2 * kept[index]! + 1) / left));
        kept[claims.indexOf(Math.min(...claims))]! += 1;
      }
      expect(takeInProportion(lefts, off)).toEqual(lefts.map((left, index) => left - kept[index]!));
    }
  });

  it('leaves no line dearer where more is taken off', () => {
    expect(risesWithMore(takeInProportion)).toEqual([]);
  });

  it('leaves no line dearer where one of them cost less beforehand', () => {
    expect(risesWithLess(takeInProportion)).toEqual([]);
  });

  it('would leave one dearer by largest remainders, which is why they are not used', () => {
    const byLargestRemainder: Spread = (lefts, offMinor) => {
      const whole = lefts.reduce((sum, left) => sum + left, 0);
      const kept = allocate(whole - offMinor, [...lefts]);
      return lefts.map((left, index) => left - kept[index]!);
    };
    expect(risesWithMore(byLargestRemainder)).not.toEqual([]);
    expect(risesWithLess(byLargestRemainder)).not.toEqual([]);
  });

  /** Every case of up to four lines of up to six units, and some of more. */
  function* cases(): Generator<number[]> {
    for (let a = 0; a <= 6; a += 1) {
      for (let b = 0; b <= 6; b += 1) {
        for (let c = 0; c <= 6; c += 1) for (let d = 0; d <= 3; d += 1) yield [a, b, c, d];
      }
    }
    const random = randomOf(3);
    for (let run = 0; run < rounds(2000); run += 1) {
      yield Array.from({ length: integer(random, 2, 7) }, () => integer(random, 0, 60));
    }
  }

  function left(spread: Spread, lefts: readonly number[], off: number): number[] {
    const taken = spread(lefts, off);
    return lefts.map((amount, index) => amount - taken[index]!);
  }

  function isDearer(now: readonly number[], before: readonly number[]): boolean {
    return now.some((amount, index) => amount > before[index]!);
  }

  function risesWithMore(spread: Spread): unknown[] {
    const found: unknown[] = [];
    for (const lefts of cases()) {
      const whole = lefts.reduce((sum, amount) => sum + amount, 0);
      let before = left(spread, lefts, 0);
      for (let off = 1; off <= whole; off += 1) {
        const now = left(spread, lefts, off);
        if (isDearer(now, before)) found.push({ lefts, off });
        before = now;
      }
    }
    return found.slice(0, 5);
  }

  function risesWithLess(spread: Spread): unknown[] {
    const found: unknown[] = [];
    for (const lefts of cases()) {
      const whole = lefts.reduce((sum, amount) => sum + amount, 0);
      for (const off of new Set([1, 2, Math.floor(whole / 3), Math.floor(whole / 2), whole - 1])) {
        if (off < 0) continue;
        const before = left(spread, lefts, off);
        for (const index of lefts.keys()) {
          if (lefts[index] === 0) continue;
          const fewer = lefts.map((amount, other) => (other === index ? amount - 1 : amount));
          if (isDearer(left(spread, fewer, off), before)) found.push({ lefts, index, off });
        }
      }
    }
    return found.slice(0, 5);
  }
});
