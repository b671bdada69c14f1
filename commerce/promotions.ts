/**
 * Which promotions apply to a cart, and what each takes off. They follow each other by priority, each seeing what those
 * before have left; of a group each line takes the one that takes most; an exclusive one stands alone or not at all,
 * whichever leaves less to pay. Since every reduction is monotone (`promotion-effects.ts`), that is the least that any
 * allowed choice would leave, and one more promotion never raises what is to pay.
 */
import { Basket, type GoodsLine } from './basket';
import type { PromotionReason } from './cart';
import { scaleMinor } from './money';
import { isProvisional, type PromotionContext, quantityRefusal, reason, refusalOf } from './promotion-conditions';
import { type GoodsEffect, type Reduction, reductionOf, sum } from './promotion-effects';
import { automaticPromotions, type RuleIndex } from './rule-index';
import type { Effect, Promotion } from './rules';

export interface PromotionInput extends PromotionContext {
  /** In an order of their own, see `Basket`. */
  lines: readonly GoodsLine[];
  codes: readonly string[];
  /** Null where no way of shipping is chosen yet; `isShippingNeeded` tells whether one will be. */
  shipping: { methodId: string; priceMinor: number } | null;
  isShippingNeeded: boolean;
  /** Why a gift cannot be given, or null where it can. */
  refuseGift(gift: Extract<Effect, { kind: 'gift' }>): PromotionReason | null;
  /** What would be to pay, with tax, if so much were left of each line and of the shipping. */
  payable(lefts: readonly number[], shippingMinor: number): number;
  /** No less than the tax that is saved where so much is taken off; quick to tell. */
  mostTaxSaved(takenMinor: number): number;
}

export interface PromotionResult {
  /** What is left of each line's price, in minor units. */
  lefts: readonly number[];
  /** What is left of the price of shipping. */
  shippingMinor: number;
  /** In the order in which they were applied. */
  applied: AppliedPromotion[];
  notApplied: UnappliedPromotion[];
  /** Where a line took another promotion of the same group: those whose codes were entered, and some others. */
  beaten: { at: number; promotion: Promotion; code: string | null; by: Candidate }[];
}

export interface AppliedPromotion {
  promotion: Promotion;
  code: string | null;
  /** What it took off lines, in minor units; some of it may be zero. */
  taken: Taken;
  takenOfShipping: number;
  isProvisional: boolean;
}

/** Amounts beside the indexes of their lines. */
interface Taken {
  at: readonly number[];
  amounts: readonly number[];
}

const NOTHING: Taken = { at: [], amounts: [] };

interface UnappliedPromotion {
  /** Null for a code that is nobody's. */
  promotion: Promotion | null;
  code: string | null;
  reason: PromotionReason;
  /** The lines that it is about, by index. */
  at: readonly number[];
}

type Refused = Omit<UnappliedPromotion, 'at'>;

/** A promotion that may apply as far as its conditions go. */
export interface Candidate {
  promotion: Promotion;
  code: string | null;
  work: Reduction | { shippingBps: number } | 'gift';
}

/** How many automatic promotions that did not apply are told of. */
const MAX_TOLD = 20;
/** And how many that were beaten on one line. */
const MAX_TOLD_OF_LINE = 3;
/** Why an automatic promotion did not apply is told only where the shopper could do something, or was given better. */
const WORTH_TELLING = new Set(['needs_amount', 'needs_quantity', 'beaten']);

/** Decides all of it. Throws `amount_out_of_range` only. */
export function applyPromotions(input: PromotionInput, index: RuleIndex): PromotionResult {
  const basket = new Basket(input.lines);
  const candidates: Candidate[] = [];
  const refused: Refused[] = [];
  for (const [promotion, code] of concerned(input.codes, basket, index, refused)) {
    const work = refusalOf(promotion, basket, input) ?? workOf(promotion.effect, basket, input);
    if (isReason(work)) refused.push({ promotion, code, reason: work });
    else candidates.push({ promotion, code, work });
  }

  const together = run(
    turnsOf(
      candidates.filter(({ promotion }) => !promotion.exclusive),
      index,
    ),
    input,
  );
  const winner = bestAlone(together, candidates.filter(({ promotion }) => promotion.exclusive).sort(byTurn), input);

  const isApplied = new Set(winner.applied.map(({ promotion }) => promotion));
  const strongest = winner.applied.reduce<Run['applied'][number] | undefined>(
    (best, applied) => (best && takenBy(best) >= takenBy(applied) ? best : applied),
    undefined,
  );
  const nothingLeft = reason('nothing_to_take_off', 'There is nothing left that it could take off.');
  const byStrongest = strongest ? beatenBy(strongest) : nothingLeft;
  for (const { promotion, code } of candidates) {
    if (isApplied.has(promotion)) continue;
    const by = winner.beatenBy.get(promotion);
    const wasExcluded = winner !== together || promotion.exclusive;
    refused.push({ promotion, code, reason: by ? beatenBy(by) : wasExcluded ? byStrongest : nothingLeft });
  }
  return {
    lefts: winner.lefts,
    shippingMinor: winner.shippingMinor,
    applied: winner.applied.map((applied) => ({
      ...applied,
      isProvisional: isProvisional(applied.promotion, input.customer),
    })),
    notApplied: worthTelling(refused).map((each) => ({ ...each, at: concernedLines(each.promotion, basket) })),
    beaten: winner.beaten,
  };
}

/** What another promotion's being better reads like. */
export function beatenBy({ promotion, code }: Pick<Candidate, 'promotion' | 'code'>): PromotionReason {
  return {
    ...reason('beaten', `${code ?? promotion.title} is better for you, and cannot be combined with this.`),
    beatenBy: { promotionId: promotion.id, label: promotion.title, code },
  };
}

/** The promotions to look at, with the code that each was asked for by. A code that is nobody's is noted. */
function concerned(
  codes: readonly string[],
  basket: Basket,
  index: RuleIndex,
  refused: Refused[],
): Map<Promotion, string | null> {
  const found = new Map<Promotion, string | null>();
  for (const code of new Set(codes)) {
    const promotion = index.byCode.get(code.toUpperCase());
    if (!promotion) {
      refused.push({ promotion: null, code, reason: reason('code_unknown', 'There is no such code.') });
    } else if (!found.has(promotion)) found.set(promotion, code);
  }
  for (const promotion of automaticPromotions(index, basket.ids())) found.set(promotion, null);
  return found;
}

function workOf(effect: Effect, basket: Basket, input: PromotionInput): Candidate['work'] | PromotionReason {
  switch (effect.kind) {
    case 'gift':
      if (input.lines.length === 0) return quantityRefusal(1, 0);
      return input.refuseGift(effect) ?? 'gift';
    case 'shipping_off': {
      const { methodIds, percentBps } = effect;
      if (!input.shipping) {
        return input.isShippingNeeded
          ? reason('shipping_not_chosen', 'This applies once a way of shipping is chosen.')
          : reason('nothing_to_take_off', 'Nothing has to be sent.');
      }
      const isFor = methodIds === null || methodIds.includes(input.shipping.methodId);
      return isFor
        ? { shippingBps: percentBps }
        : reason('other_shipping_method', 'This is for other ways of shipping.');
    }
    default:
      return reductionOf(effect satisfies GoodsEffect, basket, input.market.currency);
  }
}

const isReason = (work: Candidate['work'] | PromotionReason): work is PromotionReason =>
  typeof work === 'object' && 'code' in work;

// ---------------------------------------------------------------- one way to combine them

interface Run {
  lefts: number[];
  shippingMinor: number;
  applied: Omit<AppliedPromotion, 'isProvisional'>[];
  beaten: PromotionResult['beaten'];
  /** What took the place of a promotion of the same group, somewhere. */
  beatenBy: Map<Promotion, Candidate>;
}

function run(turns: Iterable<readonly Candidate[]>, { lines, shipping }: PromotionInput): Run {
  const state: Run = {
    lefts: lines.map((line) => line.grossMinor),
    shippingMinor: shipping?.priceMinor ?? 0,
    applied: [],
    beaten: [],
    beatenBy: new Map(),
  };
  for (const members of turns) {
    const [first] = members as [Candidate, ...Candidate[]];
    if (first.work === 'gift') {
      state.applied.push({ ...first, taken: NOTHING, takenOfShipping: 0 });
    } else if ('shippingBps' in first.work) takeOfShipping(state, members);
    else takeOfGoods(state, members);
  }
  return state;
}

/** Who has a turn when: each promotion by itself, and those of a group together. */
function turnsOf(candidates: readonly Candidate[], { groups }: RuleIndex): Candidate[][] {
  const turns: { id: string; priority: number; members: Candidate[] }[] = [];
  const grouped = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const { id, groupId, priority } = candidate.promotion;
    const group = groupId === null ? undefined : groups.get(groupId);
    if (!group) {
      turns.push({ id, priority, members: [candidate] });
      continue;
    }
    // A group is all about goods or all about shipping; if it were not, these would not compete.
    const key = `${group.id} ${kindOf(candidate)}`;
    const members = grouped.get(key);
    if (members) members.push(candidate);
    else {
      const first = [candidate];
      grouped.set(key, first);
      turns.push({ id: group.id, priority: group.priority, members: first });
    }
  }
  return turns
    .sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1))
    .map(({ members }) => (members.length > 1 ? members.sort(byTurn) : members));
}

const kindOf = ({ work }: Candidate) => (work === 'gift' ? 'gift' : 'shippingBps' in work ? 'shipping' : 'goods');

function byTurn(a: Candidate, b: Candidate): number {
  return b.promotion.priority - a.promotion.priority || (a.promotion.id < b.promotion.id ? -1 : 1);
}

/** Each line takes the member that takes most off it, the earlier one among equals. */
function takeOfGoods(state: Run, members: readonly Candidate[]): void {
  const wishes = members.map(({ work }) => ({
    at: (work as Reduction).at,
    amounts: (work as Reduction).take(state.lefts),
  }));
  const granted = wishes.length === 1 ? wishes : contest(state, members, wishes);
  for (const [by, member] of members.entries()) {
    const taken = granted[by]!;
    let isAny = false;
    for (let place = 0; place < taken.at.length; place += 1) {
      const amount = taken.amounts[place]!;
      if (amount === 0) continue;
      isAny = true;
      state.lefts[taken.at[place]!]! -= amount;
    }
    if (isAny) state.applied.push({ ...member, taken, takenOfShipping: 0 });
  }
}

/** What each member gets of what it wished to take, where several want the same lines; the others are beaten there. */
function contest(state: Run, members: readonly Candidate[], wishes: readonly Taken[]): Taken[] {
  const best = new Map<number, { by: number; amount: number; told: number }>();
  for (const [by, { at, amounts }] of wishes.entries()) {
    for (const [place, index] of at.entries()) {
      const amount = amounts[place]!;
      if (amount > (best.get(index)?.amount ?? 0)) best.set(index, { by, amount, told: 0 });
    }
  }
  return wishes.map(({ at, amounts }, by) => {
    const member = members[by]!;
    return {
      at,
      amounts: at.map((index, place) => {
        const amount = amounts[place]!;
        const winner = best.get(index);
        if (!winner || winner.by === by || amount === 0) return amount;
        state.beatenBy.set(member.promotion, members[winner.by]!);
        if (member.code !== null || winner.told < MAX_TOLD_OF_LINE) {
          winner.told += 1;
          state.beaten.push({ at: index, ...member, by: members[winner.by]! });
        }
        return 0;
      }),
    };
  });
}

function takeOfShipping(state: Run, members: readonly Candidate[]): void {
  const amounts = members.map(({ work }) =>
    scaleMinor(state.shippingMinor, (work as { shippingBps: number }).shippingBps, 10_000),
  );
  const most = Math.max(...amounts);
  if (most === 0) return;
  const winner = members[amounts.indexOf(most)]!;
  state.applied.push({ ...winner, taken: NOTHING, takenOfShipping: most });
  state.shippingMinor -= most;
  for (const member of members) if (member !== winner) state.beatenBy.set(member.promotion, winner);
}

// ---------------------------------------------------------------- which way is best

/**
 * The way that leaves least to pay: all that combine, or one that stands alone. Among equals one that does anything before
 * one that does not, all that combine before one alone, what leaves less before tax, then the earlier one.
 */
function bestAlone(together: Run, exclusive: readonly Candidate[], input: PromotionInput): Run {
  if (exclusive.length === 0) return together;
  let best = together;
  let bestNet = input.payable(best.lefts, best.shippingMinor);
  // Stable, and the strongest first: most of the others need no second look then.
  const grosses = input.lines.map((line) => line.grossMinor);
  const wholeNet = input.payable(grosses, input.shipping?.priceMinor ?? 0);
  const ways = exclusive
    .map((candidate) => ({ candidate, takenMinor: takenAlone(candidate, grosses, input) }))
    .sort((a, b) => b.takenMinor - a.takenMinor);
  for (const { candidate, takenMinor } of ways) {
    // Neither this nor any further one can be better, whatever they are taxed.
    if (wholeNet - takenMinor - input.mostTaxSaved(takenMinor) > bestNet) break;
    const alone = run([[candidate]], input);
    if (best.applied.length > 0 && isNowhereLess(alone, best)) continue;
    const net = input.payable(alone.lefts, alone.shippingMinor);
    if (net > bestNet || (net === bestNet && best.applied.length > 0)) continue;
    best = alone;
    bestNet = net;
  }
  return best;
}

function takenAlone({ work }: Candidate, grosses: readonly number[], { shipping }: PromotionInput): number {
  if (work === 'gift') return 0;
  if ('shippingBps' in work) return scaleMinor(shipping?.priceMinor ?? 0, work.shippingBps, 10_000);
  return sum(work.take(grosses));
}

/** Whether a way leaves no line and no shipping less than another one does: then it leaves no less tax either. */
function isNowhereLess(way: Run, than: Run): boolean {
  return way.shippingMinor >= than.shippingMinor && way.lefts.every((left, index) => left >= than.lefts[index]!);
}

const takenBy = ({ taken, takenOfShipping }: Run['applied'][number]) => sum(taken.amounts) + takenOfShipping;

/** The lines that a promotion is about. */
function concernedLines(promotion: Promotion | null, basket: Basket): readonly number[] {
  if (!promotion) return [];
  const { effect } = promotion;
  switch (effect.kind) {
    case 'gift':
    case 'shipping_off':
      return [];
    case 'buy_get':
      return [...new Set([...basket.at(effect.buy.of), ...basket.at(effect.get.of)])];
    case 'bundle':
      return [...new Set(effect.parts.flatMap(({ of }) => basket.at(of)))];
    default:
      return basket.at(effect.of);
  }
}

/** Codes that were entered first, then the automatic ones that a shopper can use to know of. */
function worthTelling(refused: Refused[]): Refused[] {
  const rank = ({ promotion }: Refused) => promotion?.priority ?? 0;
  const key = ({ promotion, code }: Refused) => promotion?.id ?? code ?? '';
  const inOrder = (a: Refused, b: Refused) => rank(b) - rank(a) || (key(a) < key(b) ? -1 : 1);
  const entered = refused.filter(({ code }) => code !== null);
  const automatic = refused.filter(({ code, reason: { code: why } }) => code === null && WORTH_TELLING.has(why));
  return [...entered.sort(inOrder), ...automatic.sort(inOrder).slice(0, MAX_TOLD)];
}
