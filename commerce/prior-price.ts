import type { PricePoint } from './pricing';

/** A price as it was asked of everybody, from a moment on, and the price list that decided it. */
export interface AskedPrice extends PricePoint {
  /** Null or absent where the base price decided. */
  listId?: string | null;
}

const DAY = 86_400_000;

/**
 * The prior price that the announcement of a reduction must show: the lowest that was asked at any moment of the `days`
 * before `reducedAt`, with the one in effect when they began; a price that ended at that very moment no longer counts.
 * A day is 24 hours. What has been on sale for a shorter time, since `soldSince` or since the first point, looks back
 * as far as that (Art. 6a(4)). Null where nothing was asked before.
 *
 * `progressive` goes back to before the first of reductions that followed one another without a rise (Art. 6a(5)); only
 * where the law of the member state says so. History ascends, in milliseconds and minor units.
 *
 * Directive 98/6/EC, Art. 6a; Commission guidance 2021/C 526/02, sections 2.1, 4.2 and 4.3.
 */
export function lowestPriorPrice(
  history: readonly PricePoint[],
  reducedAt: number,
  options: { days?: number; soldSince?: number; progressive?: boolean } = {},
): number | null {
  const { days = 30, soldSince = Number.NEGATIVE_INFINITY, progressive = false } = options;
  const until = progressive ? firstReduction(history, reducedAt) : reducedAt;
  const from = Math.max(until - days * DAY, soldSince);
  let lowest: number | null = null;
  for (const [index, point] of history.entries()) {
    const end = Math.min(history[index + 1]?.from ?? until, until);
    if (end <= Math.max(from, point.from)) continue;
    if (lowest === null || point.amountMinor < lowest) lowest = point.amountMinor;
  }
  return lowest;
}

/**
 * Since when what is asked at `now` has been: of a price list, since it decides without a break; of a base price, since
 * it is what it is. Null where nothing was asked before it. History ascends.
 */
export function reducedSince(history: readonly AskedPrice[], now: number): number | null {
  let index = history.findLastIndex(({ from }) => from <= now);
  const current = history[index];
  if (!current) return null;
  for (; index > 0; index -= 1) {
    const before = history[index - 1] as AskedPrice;
    const same = (before.listId ?? null) === (current.listId ?? null);
    if (!same || (!current.listId && before.amountMinor !== current.amountMinor)) break;
  }
  return index === 0 ? null : (history[index] as AskedPrice).from;
}

/** When the fall of the price that goes on at `reducedAt` began. */
function firstReduction(history: readonly PricePoint[], reducedAt: number): number {
  let first = reducedAt;
  for (let index = history.findLastIndex(({ from }) => from <= reducedAt); index > 0; index -= 1) {
    const [before, point] = [history[index - 1] as PricePoint, history[index] as PricePoint];
    if (point.amountMinor > before.amountMinor) break;
    if (point.amountMinor < before.amountMinor) first = point.from;
  }
  return first;
}
