/**
 * An amount taken off several lines in proportion, so that what is left of them has the same proportions and the parts sum
 * exactly. Which line bears an odd minor unit is decided by Webster's method (Balinski and Young, Fair Representation,
 * 1982) over what is *left*, because it is monotone: a line that costs less beforehand, or an amount that is larger, never
 * leaves another line dearer. Largest remainders, as in `allocate`, cannot promise that.
 */
import { scaleMinor } from './money';

/**
 * How much of `offMinor` each line bears; at most all that it has. Lines must be in an order of their own that does not
 * change between computations: of two that an odd unit could come from, the later one bears it.
 */
export function takeInProportion(lefts: readonly number[], offMinor: number): number[] {
  const whole = lefts.reduce((sum, left) => sum + left, 0);
  if (offMinor >= whole) return [...lefts];
  const target = whole - offMinor;
  // Where a share lies halfway it is rounded up first; the surplus is taken back below, from the last ones on.
  const kept = lefts.map((left) => scaleMinor(left, target, whole));
  let surplus = kept.reduce((sum, amount) => sum + amount, 0) - target;
  for (; surplus > 0; surplus -= 1) kept[lastToKeep(lefts, kept)]! -= 1;
  for (; surplus < 0; surplus += 1) kept[firstToGain(lefts, kept)]! += 1;
  return lefts.map((left, index) => left - kept[index]!);
}

/** The line whose last kept unit has the weakest claim: the greatest (2 kept - 1) / left, the latest among equals. */
function lastToKeep(lefts: readonly number[], kept: readonly number[]): number {
  let found = -1;
  for (let index = 0; index < lefts.length; index += 1) {
    if (kept[index] === 0) continue;
    if (found < 0 || compare(2 * kept[index]! - 1, lefts[index]!, 2 * kept[found]! - 1, lefts[found]!) >= 0)
      found = index;
  }
  return found;
}

/** The line whose next unit has the strongest claim: the least (2 kept + 1) / left, the earliest among equals. */
function firstToGain(lefts: readonly number[], kept: readonly number[]): number {
  let found = -1;
  for (let index = 0; index < lefts.length; index += 1) {
    if (kept[index] === lefts[index]) continue;
    if (found < 0 || compare(2 * kept[index]! + 1, lefts[index]!, 2 * kept[found]! + 1, lefts[found]!) < 0)
      found = index;
  }
  return found;
}

/** The sign of a/b - c/d, exact. */
function compare(a: number, b: number, c: number, d: number): number {
  const left = a * d;
  const right = c * b;
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) return left - right;
  const difference = BigInt(a) * BigInt(d) - BigInt(c) * BigInt(b);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}
