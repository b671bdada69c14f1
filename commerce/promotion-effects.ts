/**
 * What a promotion takes off goods, as a function of what is left of each line. Each is monotone: where less is left of a
 * line beforehand, no line has more left afterwards. So promotions may follow each other in any number, and one more never
 * makes anything dearer; `docs/decisions/promotions.md` has the argument for each kind.
 */
import type { Basket, GoodsLine } from './basket';
import type { PromotionReason } from './cart';
import { allocate, amountIn, scaleMinor } from './money';
import { amountRefusal, otherCurrency, quantityRefusal, reason } from './promotion-conditions';
import type { Effect } from './rules';
import { takeInProportion } from './spread';

export interface Reduction {
  /** The lines that it is about, by index. */
  at: readonly number[];
  /** How much it takes off each of those, given what is left of all lines. */
  take(lefts: readonly number[]): number[];
}

/** The effects on goods; a gift and shipping are decided elsewhere. */
export type GoodsEffect = Exclude<Effect, { kind: 'gift' | 'shipping_off' }>;

/** The reduction of an effect for these goods, or why there is none. */
export function reductionOf(effect: GoodsEffect, basket: Basket, currency: string): Reduction | PromotionReason {
  switch (effect.kind) {
    case 'percent_off': {
      const at = basket.at(effect.of);
      const cap = effect.maxMinor ? amountIn(effect.maxMinor, currency) : Number.POSITIVE_INFINITY;
      if (cap === null) return otherCurrency();
      return at.length === 0 ? noItems() : percentOff(at, effect.percentBps, cap);
    }
    case 'amount_off': {
      const at = basket.at(effect.of);
      const amount = amountIn(effect.amountMinor, currency);
      if (amount === null) return otherCurrency();
      if (at.length === 0) return noItems();
      if (effect.per === 'order') return amountOff(at, amount);
      if (effect.per === 'line') return fixed(at, perVariant(at, basket.lines, amount));
      return fixed(
        at,
        at.map((index) => amount * basket.lines[index]!.quantity),
      );
    }
    case 'spend_steps': {
      const at = basket.at(effect.of);
      if (at.length === 0) return noItems();
      const spent = basket.subtotal(effect.of);
      const step = effect.steps.findLast(({ fromMinor }) => spent >= (amountIn(fromMinor, currency) ?? Infinity));
      if (!step) return amountRefusal(effect.steps[0]?.fromMinor ?? {}, spent, currency) ?? otherCurrency();
      if ('percentBps' in step) return percentOff(at, step.percentBps, Number.POSITIVE_INFINITY);
      const amount = amountIn(step.amountMinor, currency);
      return amount === null ? otherCurrency() : amountOff(at, amount);
    }
    case 'buy_get':
      return buyGet(effect, basket);
    case 'bundle':
      return bundle(effect, basket, currency);
  }
}

/** Of amounts of one cart, whose sum is within 2^53 - 1 since `requirePayable` has seen each unit's price. */
export function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

const noItems = () => reason('needs_items', 'Nothing in the cart is of the kind that this is for.');

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

/**
 * The amount once for each variant. Lines of one variant differ by metadata, which anybody may write as they like: they
 * share it by their prices before promotions.
 */
function perVariant(at: readonly number[], lines: readonly GoodsLine[], amountMinor: number): number[] {
  const places = new Map<string, number[]>();
  for (const [place, index] of at.entries()) {
    const { id } = lines[index]!.variant;
    places.set(id, [...(places.get(id) ?? []), place]);
  }
  const amounts = at.map(() => 0);
  for (const shared of places.values()) {
    const parts = allocate(
      amountMinor,
      shared.map((place) => lines[at[place]!]!.grossMinor),
    );
    for (const [part, place] of shared.entries()) amounts[place] = parts[part]!;
  }
  return amounts;
}

/** Which units are reduced follows from prices before promotions; they bear their share of what is left of their line. */
function buyGet(effect: Extract<Effect, { kind: 'buy_get' }>, basket: Basket): Reduction | PromotionReason {
  const { buy, get } = effect;
  const { lines } = basket;
  const bought = new Set(basket.at(buy.of));
  const got = new Set(basket.at(get.of));
  let both = 0;
  for (const index of got) if (bought.has(index)) both += lines[index]!.quantity;
  const onlyBought = basket.units(buy.of) - both;
  const onlyGot = basket.units(get.of) - both;

  /** Units of both kinds that must be bought, so that it can be done so many times; the others may be got. */
  const boughtOfBoth = (times: number) => Math.max(0, times * buy.quantity - onlyBought);
  const missing = (times: number) => boughtOfBoth(times) + Math.max(0, times * get.quantity - onlyGot) - both;
  const limit = Math.min(effect.maxTimes ?? Infinity, Math.floor((onlyGot + both) / get.quantity));
  const times = greatest((count) => missing(count) <= 0, limit);
  if (times === 0) return quantityRefusal(missing(1), onlyBought + onlyGot + both);

  let toReduce = times * get.quantity;
  let spare = both - boughtOfBoth(times);
  const at: number[] = [];
  const reduced: number[] = [];
  for (const index of basket.cheapestFirst(get.of)) {
    if (toReduce === 0) break;
    const count = Math.min(lines[index]!.quantity, toReduce, bought.has(index) ? spare : Infinity);
    if (count === 0) continue;
    if (bought.has(index)) spare -= count;
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
  basket: Basket,
  currency: string,
): Reduction | PromotionReason {
  const price = amountIn(effect.priceMinor, currency);
  if (price === null) return otherCurrency();
  const { lines } = basket;
  // Where a unit could serve two parts, the part with fewer to choose from picks first, so that less has to be moved.
  const parts = [...effect.parts].sort((a, b) => basket.units(a.of) - basket.units(b.of));
  const free = lines.map((line) => line.quantity);
  const used = lines.map(() => 0);
  let saved = 0;
  let timesLeft = effect.maxTimes ?? Infinity;
  while (timesLeft > 0) {
    const { picks, missing } = pickSet(parts, basket, free);
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

/** Dear units that make one set: by line, how many; and how many are missing, which are none where there is a set. */
function pickSet(
  parts: Extract<Effect, { kind: 'bundle' }>['parts'],
  basket: Basket,
  free: readonly number[],
): { picks: ReadonlyMap<number, number>; missing: number } {
  const fitting = parts.map(({ of }) => [...basket.cheapestFirst(of)].reverse());
  const taken = parts.map(() => new Map<number, number>());
  const picks = new Map<number, number>();
  const add = (counts: Map<number, number>, index: number, units: number) => {
    counts.set(index, (counts.get(index) ?? 0) + units);
  };

  /** A further unit for a part; where all that fit are taken, another part may do with another (Kuhn's matching). */
  const take = (part: number, seen: Set<number>): boolean => {
    const ours = fitting[part]!.filter((index) => !seen.has(index));
    const unused = ours.find((index) => (picks.get(index) ?? 0) < free[index]!);
    if (unused !== undefined) {
      add(picks, unused, 1);
      add(taken[part]!, unused, 1);
      return true;
    }
    for (const index of ours) {
      seen.add(index);
      const giver = taken.findIndex(
        (counts, other) => other !== part && (counts.get(index) ?? 0) > 0 && take(other, seen),
      );
      if (giver < 0) continue;
      add(taken[giver]!, index, -1);
      add(taken[part]!, index, 1);
      return true;
    }
    return false;
  };

  let missing = 0;
  for (const [part, { quantity }] of parts.entries()) {
    for (let unit = 0; unit < quantity; unit += 1) {
      if (take(part, new Set())) continue;
      // Nor is there any for the further ones of this part: units that are taken later make no way free.
      missing += quantity - unit;
      break;
    }
  }
  return { picks, missing };
}
