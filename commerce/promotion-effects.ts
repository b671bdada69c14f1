/**
 * What a promotion takes off goods, as a function of what is left of each line. Each is monotone: where less is left of a
 * line beforehand, no line has more left afterwards. So promotions may follow each other in any number, and one more never
 * makes anything dearer; `docs/decisions/promotions.md` has the argument for each kind.
 */
import type { PromotionReason } from './cart';
import { allocate, scaleMinor } from './money';
import {
  amountIn,
  amountRefusal,
  type GoodsLine,
  otherCurrency,
  quantityRefusal,
  reason,
  subtotalOf,
  unitsOf,
} from './promotion-conditions';
import type { Effect, Selection } from './rules';
import { isSelected } from './selection';
import { takeInProportion } from './spread';

export interface Reduction {
  /** The lines that it is about, by index. */
  at: readonly number[];
  /** How much it takes off each of those, given what is left of all lines. */
  take(lefts: readonly number[]): number[];
}

/** The effects on goods; a gift and shipping are decided elsewhere. */
export type GoodsEffect = Exclude<Effect, { kind: 'gift' | 'shipping_off' }>;

/** The reduction of an effect for these lines, or why there is none. Lines in an order of their own, see `spread.ts`. */
export function reductionOf(
  effect: GoodsEffect,
  lines: readonly GoodsLine[],
  currency: string,
): Reduction | PromotionReason {
  switch (effect.kind) {
    case 'percent_off': {
      const at = selected(effect.of, lines);
      const cap = effect.maxMinor ? amountIn(effect.maxMinor, currency) : Number.POSITIVE_INFINITY;
      if (cap === null) return otherCurrency();
      return at.length === 0 ? noItems() : percentOff(at, effect.percentBps, cap);
    }
    case 'amount_off': {
      const at = selected(effect.of, lines);
      const amount = amountIn(effect.amountMinor, currency);
      if (amount === null) return otherCurrency();
      if (at.length === 0) return noItems();
      if (effect.per === 'order') return amountOff(at, amount);
      return fixed(
        at,
        at.map((index) => (effect.per === 'unit' ? amount * lines[index]!.quantity : amount)),
      );
    }
    case 'spend_steps': {
      const at = selected(effect.of, lines);
      if (at.length === 0) return noItems();
      const spent = subtotalOf(effect.of, lines);
      const step = effect.steps.findLast(({ fromMinor }) => spent >= (amountIn(fromMinor, currency) ?? Infinity));
      if (!step) return amountRefusal(effect.steps[0]?.fromMinor ?? {}, spent, currency) ?? otherCurrency();
      if ('percentBps' in step) return percentOff(at, step.percentBps, Number.POSITIVE_INFINITY);
      const amount = amountIn(step.amountMinor, currency);
      return amount === null ? otherCurrency() : amountOff(at, amount);
    }
    case 'buy_get':
      return buyGet(effect, lines);
    case 'bundle':
      return bundle(effect, lines, currency);
  }
}

const noItems = () => reason('needs_items', 'Nothing in the cart is of the kind that this is for.');

function selected(selection: Selection | null, lines: readonly GoodsLine[]): number[] {
  const at: number[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    if (isSelected(selection, lines[index]!.variant)) at.push(index);
  }
  return at;
}

function percentOff(at: readonly number[], percentBps: number, capMinor: number): Reduction {
  return {
    at,
    take(lefts) {
      const taken = at.map((index) => scaleMinor(lefts[index]!, percentBps, 10_000));
      return sum(taken) <= capMinor ? taken : amountOff(at, capMinor).take(lefts);
    },
  };
}

function amountOff(at: readonly number[], amountMinor: number): Reduction {
  return {
    at,
    take: (lefts) =>
      takeInProportion(
        at.map((index) => lefts[index]!),
        amountMinor,
      ),
  };
}

/** The same amounts whatever is left, as far as there is so much. */
function fixed(at: readonly number[], amounts: readonly number[]): Reduction {
  return { at, take: (lefts) => at.map((index, place) => Math.min(lefts[index]!, amounts[place]!)) };
}

/** Which units are reduced follows from prices before promotions; they bear their share of what is left of their line. */
function buyGet(
  effect: Extract<Effect, { kind: 'buy_get' }>,
  lines: readonly GoodsLine[],
): Reduction | PromotionReason {
  const { buy, get } = effect;
  const isBought = lines.map((line) => isSelected(buy.of, line.variant));
  const isGot = lines.map((line) => isSelected(get.of, line.variant));
  const units = (belongs: (index: number) => boolean) =>
    lines.reduce((total, line, index) => (belongs(index) ? total + line.quantity : total), 0);
  const onlyBought = units((index) => isBought[index]! && !isGot[index]!);
  const onlyGot = units((index) => isGot[index]! && !isBought[index]!);
  const both = units((index) => isBought[index]! && isGot[index]!);

  /** Units of both kinds that must be bought, so that it can be done so many times; the others may be got. */
  const boughtOfBoth = (times: number) => Math.max(0, times * buy.quantity - onlyBought);
  const fits = (times: number) => boughtOfBoth(times) + Math.max(0, times * get.quantity - onlyGot) <= both;
  const times = greatest(fits, Math.min(effect.maxTimes ?? Infinity, Math.floor((onlyGot + both) / get.quantity)));
  if (times === 0) {
    const short = boughtOfBoth(1) + Math.max(0, get.quantity - onlyGot) - both;
    return effect.maxTimes === 0 || short <= 0 ? noItems() : quantityRefusal(short, onlyBought + onlyGot + both);
  }

  let toReduce = times * get.quantity;
  let spare = both - boughtOfBoth(times);
  const at: number[] = [];
  const reduced: number[] = [];
  for (const index of byPrice(lines, 1)) {
    if (!isGot[index] || toReduce === 0) continue;
    const count = Math.min(lines[index]!.quantity, toReduce, isBought[index] ? spare : Infinity);
    if (count === 0) continue;
    if (isBought[index]) spare -= count;
    toReduce -= count;
    at.push(index);
    reduced.push(count);
  }
  return {
    at,
    take: (lefts) =>
      at.map((index, place) =>
        scaleMinor(lefts[index]!, reduced[place]! * effect.percentBps, lines[index]!.quantity * 10_000),
      ),
  };
}

/** The greatest number up to `limit` that fits, where all smaller ones do. */
function greatest(fits: (times: number) => boolean, limit: number): number {
  let low = 0;
  let high = limit;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Dearest units first, since those save most; what a set saves is told by prices before promotions. */
function bundle(
  effect: Extract<Effect, { kind: 'bundle' }>,
  lines: readonly GoodsLine[],
  currency: string,
): Reduction | PromotionReason {
  const price = amountIn(effect.priceMinor, currency);
  if (price === null) return otherCurrency();
  const order = byPrice(lines, -1);
  // Where a unit could serve two parts, the part with fewer to choose from picks first.
  const parts = [...effect.parts].sort((a, b) => unitsOf(a.of, lines) - unitsOf(b.of, lines));
  const free = lines.map((line) => line.quantity);
  const used = lines.map(() => 0);
  let saved = 0;
  let timesLeft = effect.maxTimes ?? Infinity;
  while (timesLeft > 0) {
    const { picks, missing } = pickSet(parts, lines, order, free);
    if (missing > 0 && saved === 0) return quantityRefusal(missing, picks.size);
    let worth = 0;
    for (const [index, count] of picks) worth += count * lines[index]!.unitMinor;
    if (missing > 0 || worth <= price) break;
    // The same units make the next sets too, as long as there are so many of them.
    let times = timesLeft;
    for (const [index, count] of picks) times = Math.min(times, Math.floor(free[index]! / count));
    for (const [index, count] of picks) {
      free[index]! -= count * times;
      used[index]! += count * times;
    }
    saved += (worth - price) * times;
    timesLeft -= times;
  }
  if (saved === 0) return reason('nothing_to_take_off', 'These cost no more than the set does.');
  const at = lines.flatMap((_, index) => (used[index]! > 0 ? [index] : []));
  return fixed(
    at,
    allocate(
      saved,
      at.map((index) => used[index]! * lines[index]!.unitMinor),
    ),
  );
}

/** The dearest units that make one set: by line, how many; and how many are missing. */
function pickSet(
  parts: Extract<Effect, { kind: 'bundle' }>['parts'],
  lines: readonly GoodsLine[],
  order: readonly number[],
  free: readonly number[],
): { picks: Map<number, number>; missing: number } {
  const picks = new Map<number, number>();
  let missing = 0;
  for (const part of parts) {
    let wanted = part.quantity;
    for (const index of order) {
      if (wanted === 0) break;
      if (!isSelected(part.of, lines[index]!.variant)) continue;
      const taken = picks.get(index) ?? 0;
      const count = Math.min(wanted, free[index]! - taken);
      if (count === 0) continue;
      picks.set(index, taken + count);
      wanted -= count;
    }
    missing += wanted;
  }
  return { picks, missing };
}

/** Lines by unit price, ascending (1) or descending (-1); those of one price in their own order. */
function byPrice(lines: readonly GoodsLine[], sign: 1 | -1): number[] {
  return lines.map((_, index) => index).sort((a, b) => sign * (lines[a]!.unitMinor - lines[b]!.unitMinor) || a - b);
}

export const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
