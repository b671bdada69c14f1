/**
 * What a cart costs, computed in the plainest way: every choice of promotions is tried, units are moved one by one, amounts
 * are spread cent by cent, and all of it is in BigInt. It is written from what `commerce/rules.ts` says and shares no code
 * with the engine, which it is to be compared with. It knows zones of a single rate and methods of a flat price.
 */
import type { PricingInput, VariantFacts } from '@/commerce/pricing';
import type { Condition, Effect, Promotion, Selection, ShopRules, TaxZone } from '@/commerce/rules';

export interface ReferencePrice {
  /** The least that any allowed choice of promotions leaves to pay, with tax and shipping. */
  leastMinor: bigint;
  /** What the rules say: all that do not exclude others, or the exclusive one that leaves less. */
  ruledMinor: bigint;
  /** What that leaves of each line, by its id. */
  lefts: Map<string, bigint>;
  /** How many choices were tried. */
  choices: number;
}

interface Line {
  id: string;
  facts: VariantFacts;
  quantity: bigint;
  unit: bigint;
}

/** Lines, and what is left of them and of the shipping. */
interface State {
  lefts: bigint[];
  shipping: bigint;
}

export function referencePrice(
  input: PricingInput,
  variants: ReadonlyMap<string, VariantFacts>,
  rules: ShopRules,
): ReferencePrice {
  const lines = input.lines
    .map(({ id, variantId, quantity }): Line => {
      const facts = variants.get(variantId)!;
      return { id, facts, quantity: BigInt(quantity), unit: BigInt(facts.prices[input.currency]!.amountMinor) };
    })
    .sort((a, b) =>
      a.facts.id !== b.facts.id
        ? a.facts.id < b.facts.id
          ? -1
          : 1
        : Number(a.quantity - b.quantity) || (a.id < b.id ? -1 : 1),
    );
  const zone = rules.taxZones.find(({ country }) => country === input.country)!;
  const method = lines.some(({ facts }) => facts.requiresShipping)
    ? rules.shippingMethods.find(({ id }) => id === input.shippingMethodId)
    : undefined;
  const start: State = {
    lefts: lines.map(({ unit, quantity }) => unit * quantity),
    shipping: method ? BigInt(method.prices[input.currency]![0]!.amountMinor) : 0n,
  };
  const eligible = rules.promotions.filter((promotion) => isEligible(promotion, lines, input));
  const toPay = ({ lefts, shipping }: State) => payable(zone, lefts, shipping, method !== undefined);

  const together = eligible.filter(({ exclusive }) => !exclusive);
  const alone = eligible.filter(({ exclusive }) => exclusive).sort(byPriority);
  const choices = [...subsets(together), ...alone.map((promotion) => [promotion])].flatMap((chosen) =>
    outcomes(chosen, start, lines, input, rules),
  );
  const leastMinor = least(choices.map(toPay));

  // Each line takes what takes most off it; of what is exclusive only what leaves less.
  let ruled = greedy(together, start, lines, input, rules);
  for (const promotion of alone) {
    const other = greedy([promotion], start, lines, input, rules);
    if (toPay(other) < toPay(ruled)) ruled = other;
  }
  return {
    leastMinor,
    ruledMinor: toPay(ruled),
    lefts: new Map(lines.map(({ id }, index) => [id, ruled.lefts[index]!])),
    choices: choices.length,
  };
}

// ---------------------------------------------------------------- who may apply

function isEligible(promotion: Promotion, lines: readonly Line[], input: PricingInput): boolean {
  const { codes, startsAt, endsAt, hours, usedUp, usageLimitPerCustomer, conditions, id } = promotion;
  const entered = input.coupons.map((code) => code.toUpperCase());
  if (codes.length > 0 && !codes.some((code) => entered.includes(code))) return false;
  if (startsAt !== null && startsAt > input.now) return false;
  if (endsAt !== null && endsAt <= input.now) return false;
  if (hours.length > 0 && !hours.some((some) => isOpen(some, input.now))) return false;
  if (usedUp) return false;
  if (usageLimitPerCustomer !== null && (input.customer.uses?.[id] ?? 0) >= usageLimitPerCustomer) return false;
  return conditions.every((condition) => holds(condition, lines, input));
}

/** Zones without summer time only, as hours ahead of UTC. */
const OFFSETS: Record<string, number> = { UTC: 0, 'Asia/Tokyo': 9, 'America/Phoenix': -7 };

function isOpen({ days, from, until, timeZone }: Promotion['hours'][number], now: number): boolean {
  const clock = new Date(now + OFFSETS[timeZone]! * 3_600_000).toISOString();
  const day = new Date(clock).getUTCDay();
  const time = clock.slice(11, 16);
  return days.includes(day === 0 ? 7 : day) && from <= time && time < until;
}

function holds(condition: Condition, lines: readonly Line[], input: PricingInput): boolean {
  switch (condition.kind) {
    case 'subtotal': {
      const from = condition.fromMinor[input.currency];
      return from !== undefined && spentOn(condition.of, lines) >= BigInt(from);
    }
    case 'quantity': {
      let units = 0n;
      for (const line of lines) if (isAmong(condition.of, line)) units += line.quantity;
      return units >= BigInt(condition.min) && (condition.max === undefined || units <= BigInt(condition.max));
    }
    case 'country':
      return condition.in.includes(input.country);
    case 'currency':
      return condition.in.includes(input.currency);
    case 'channel':
      return condition.in.includes(input.channel);
    case 'customer_group':
      return condition.in.some((group) => group === input.customerGroup);
    case 'first_order':
      return input.customer.orderCount === null || input.customer.orderCount === 0;
  }
}

function isAmong(selection: Selection | null, { facts }: Line): boolean {
  if (selection === null) return true;
  const names = ({ productIds, collectionIds, variantIds }: Omit<Selection, 'except'>) =>
    (productIds ?? []).includes(facts.productId) ||
    (variantIds ?? []).includes(facts.id) ||
    (collectionIds ?? []).some((id) => facts.collectionIds.includes(id));
  return names(selection) && !(selection.except && names(selection.except));
}

function spentOn(selection: Selection | null, lines: readonly Line[]): bigint {
  let spent = 0n;
  for (const line of lines) if (isAmong(selection, line)) spent += line.unit * line.quantity;
  return spent;
}

// ---------------------------------------------------------------- choices

function subsets<Value>(values: readonly Value[]): Value[][] {
  return Array.from({ length: 2 ** values.length }, (_, bits) => values.filter((_, index) => (bits >> index) & 1));
}

function byPriority(a: Promotion, b: Promotion): number {
  return b.priority - a.priority || (a.id < b.id ? -1 : 1);
}

/** Promotions in the order of their turns. A group has one turn, before single promotions of the same priority. */
function turns(chosen: readonly Promotion[], { promotionGroups }: ShopRules): Promotion[][] {
  const grouped = promotionGroups.map((group) => ({
    rank: [group.priority, 0, group.id] as const,
    members: chosen.filter(({ groupId }) => groupId === group.id).sort(byPriority),
  }));
  const single = chosen
    .filter(({ groupId }) => groupId === null)
    .map((promotion) => ({ rank: [promotion.priority, 1, promotion.id] as const, members: [promotion] }));
  return [...grouped, ...single]
    .filter(({ members }) => members.length > 0)
    .sort(({ rank: a }, { rank: b }) => b[0] - a[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : 1))
    .map(({ members }) => members);
}

/** Every way in which lines can take members of groups. */
function outcomes(
  chosen: readonly Promotion[],
  start: State,
  lines: readonly Line[],
  input: PricingInput,
  rules: ShopRules,
): State[] {
  let states = [start];
  for (const members of turns(chosen, rules)) {
    states = states.flatMap((state) => {
      const results = members.map(({ effect }) => after(effect, state, lines, input));
      const assigned = lines.reduce<bigint[][]>(
        (ways, _, line) =>
          ways.flatMap((way) => {
            const amounts = new Set(results.map(({ lefts }) => lefts[line]!));
            return [...amounts].map((amount) => [...way, amount]);
          }),
        [[]],
      );
      const shippings = [...new Set(results.map(({ shipping }) => shipping))];
      return assigned.flatMap((lefts) => shippings.map((shipping) => ({ lefts, shipping })));
    });
  }
  return states;
}

function greedy(
  chosen: readonly Promotion[],
  start: State,
  lines: readonly Line[],
  input: PricingInput,
  rules: ShopRules,
): State {
  return turns(chosen, rules).reduce((state, members) => {
    const results = members.map(({ effect }) => after(effect, state, lines, input));
    return {
      lefts: lines.map((_, line) => least(results.map(({ lefts }) => lefts[line]!))),
      shipping: least(results.map(({ shipping }) => shipping)),
    };
  }, start);
}

// ---------------------------------------------------------------- effects

function after(effect: Effect, { lefts, shipping }: State, lines: readonly Line[], input: PricingInput): State {
  const at = 'of' in effect ? lines.flatMap((line, index) => (isAmong(effect.of, line) ? [index] : [])) : [];
  const unchanged = { lefts, shipping };
  switch (effect.kind) {
    case 'percent_off': {
      if (!effect.maxMinor) return { lefts: percentOff(lefts, at, effect.percentBps), shipping };
      const cap = effect.maxMinor[input.currency];
      if (cap === undefined) return unchanged;
      const plain = percentOff(lefts, at, effect.percentBps);
      return {
        lefts: total(lefts) - total(plain) <= BigInt(cap) ? plain : amountOff(lefts, at, BigInt(cap)),
        shipping,
      };
    }
    case 'amount_off': {
      const amount = effect.amountMinor[input.currency];
      if (amount === undefined) return unchanged;
      if (effect.per === 'order') return { lefts: amountOff(lefts, at, BigInt(amount)), shipping };
      // Lines of one variant are one: they share the amount by what they cost before promotions.
      const shared = (index: number) => {
        const alike = at.filter((other) => lines[other]!.facts.id === lines[index]!.facts.id);
        const weights = alike.map((other) => lines[other]!.unit * lines[other]!.quantity);
        return largestRemainders(BigInt(amount), weights)[alike.indexOf(index)]!;
      };
      const each = (index: number) => (effect.per === 'unit' ? lines[index]!.quantity * BigInt(amount) : shared(index));
      return {
        lefts: lefts.map((left, index) => (at.includes(index) ? notBelowZero(left - each(index)) : left)),
        shipping,
      };
    }
    case 'spend_steps': {
      const spent = spentOn(effect.of, lines);
      const reached = effect.steps.filter(({ fromMinor }) => {
        const from = fromMinor[input.currency];
        return from !== undefined && spent >= BigInt(from);
      });
      const step = reached.at(-1);
      if (!step) return unchanged;
      if ('percentBps' in step) return { lefts: percentOff(lefts, at, step.percentBps), shipping };
      const amount = step.amountMinor[input.currency];
      return amount === undefined ? unchanged : { lefts: amountOff(lefts, at, BigInt(amount)), shipping };
    }
    case 'buy_get':
      return { lefts: buyGet(effect, lefts, lines), shipping };
    case 'bundle':
      return { lefts: bundle(effect, lefts, lines, input.currency), shipping };
    case 'shipping_off': {
      const isFor = effect.methodIds === null || effect.methodIds.includes(input.shippingMethodId ?? '');
      return isFor ? { lefts, shipping: shipping - half(shipping * BigInt(effect.percentBps), 10_000n) } : unchanged;
    }
    case 'gift':
      return unchanged;
  }
}

/** A fraction, rounded half up. */
function half(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

function least([first, ...others]: readonly bigint[]): bigint {
  let found = first!;
  for (const amount of others) if (amount < found) found = amount;
  return found;
}

const total = (amounts: readonly bigint[]) => amounts.reduce((a, b) => a + b, 0n);
const notBelowZero = (amount: bigint) => (amount < 0n ? 0n : amount);

function percentOff(lefts: readonly bigint[], at: readonly number[], percentBps: number): bigint[] {
  return lefts.map((left, index) => (at.includes(index) ? left - half(left * BigInt(percentBps), 10_000n) : left));
}

/** What is left is given out unit by unit, each to the line that has most claim to it: Webster's method, as seats. */
function amountOff(lefts: readonly bigint[], at: readonly number[], amount: bigint): bigint[] {
  const kept = lefts.map((left, index) => (at.includes(index) ? 0n : left));
  const toKeep = total(at.map((index) => lefts[index]!)) - amount;
  for (let seat = 0n; seat < toKeep; seat += 1n) {
    const strongest = at
      .filter((index) => lefts[index]! > 0n)
      .reduce((a, b) => ((2n * kept[b]! + 1n) * lefts[a]! < (2n * kept[a]! + 1n) * lefts[b]! ? b : a));
    kept[strongest]! += 1n;
  }
  return kept;
}

/** A unit of a line. */
interface Unit {
  line: number;
  price: bigint;
}

function unitsOf(lines: readonly Line[]): Unit[] {
  return lines.flatMap(({ quantity, unit }, line) =>
    Array.from({ length: Number(quantity) }, () => ({ line, price: unit })),
  );
}

const cheapestFirst = (a: Unit, b: Unit) => Number(a.price - b.price) || a.line - b.line;
/** Of units that cost alike the later one comes first: the cheapest first, turned round. */
const dearestFirst = (a: Unit, b: Unit) => cheapestFirst(b, a);

/** The most times for which units can be bought and others got; then the cheapest are got that leave enough to be bought. */
function buyGet(
  { buy, get, percentBps, maxTimes }: Extract<Effect, { kind: 'buy_get' }>,
  lefts: readonly bigint[],
  lines: readonly Line[],
): bigint[] {
  const canBuy = lines.map((line) => isAmong(buy.of, line));
  const canGet = lines.map((line) => isAmong(get.of, line));
  const got = (times: number): Unit[] | null => {
    const rest = unitsOf(lines).sort(cheapestFirst);
    const picked: Unit[] = [];
    for (const unit of [...rest]) {
      if (picked.length === times * get.quantity) break;
      if (!canGet[unit.line]) continue;
      const others = rest.filter((other) => other !== unit);
      if (others.filter(({ line }) => canBuy[line]).length < times * buy.quantity) continue;
      rest.splice(rest.indexOf(unit), 1);
      picked.push(unit);
    }
    const isEnough = rest.filter(({ line }) => canBuy[line]).length >= times * buy.quantity;
    return isEnough && picked.length === times * get.quantity ? picked : null;
  };
  let best: Unit[] = [];
  for (let times = 1; times <= (maxTimes ?? Number.POSITIVE_INFINITY); times += 1) {
    const picked = got(times);
    if (!picked) break;
    best = picked;
  }
  return lefts.map((left, index) => {
    const reduced = BigInt(best.filter(({ line }) => line === index).length);
    return left - half(left * reduced * BigInt(percentBps), lines[index]!.quantity * 10_000n);
  });
}

/**
 * Sets of the dearest units, one after the other, as long as there is one that costs more than the set does. Parts that
 * could use the same units are not for this one to decide: no two parts may name the same line.
 */
function bundle(
  { parts, priceMinor, maxTimes }: Extract<Effect, { kind: 'bundle' }>,
  lefts: readonly bigint[],
  lines: readonly Line[],
  currency: string,
): bigint[] {
  const price = priceMinor[currency];
  if (price === undefined) return [...lefts];
  const rest = unitsOf(lines).sort(dearestFirst);
  const used = lines.map(() => 0n);
  let saved = 0n;
  for (let times = 0; times < (maxTimes ?? Number.POSITIVE_INFINITY); times += 1) {
    const set = parts.flatMap(({ of, quantity }) =>
      rest.filter(({ line }) => isAmong(of, lines[line]!)).slice(0, quantity),
    );
    const isWhole = set.length === parts.reduce((sum, { quantity }) => sum + quantity, 0);
    const worth = total(set.map((unit) => unit.price));
    if (!isWhole || worth <= BigInt(price)) break;
    for (const unit of set) {
      rest.splice(rest.indexOf(unit), 1);
      used[unit.line]! += 1n;
    }
    saved += worth - BigInt(price);
  }
  const weights = lines.map(({ unit }, index) => unit * used[index]!);
  return lefts.map((left, index) => notBelowZero(left - largestRemainders(saved, weights)[index]!));
}

/** By the quotas' whole parts, then one each by the largest remainder, the earlier one among equals. */
function largestRemainders(amount: bigint, weights: readonly bigint[]): bigint[] {
  const sum = total(weights);
  if (sum === 0n) return weights.map(() => 0n);
  const parts = weights.map((weight) => (amount * weight) / sum);
  const byRemainder = weights
    .map((weight, index) => ({ index, rest: (amount * weight) % sum }))
    .sort((a, b) => Number(b.rest - a.rest) || a.index - b.index);
  const missing = Number(amount - total(parts));
  for (const { index } of byRemainder.slice(0, missing)) parts[index]! += 1n;
  return parts;
}

// ---------------------------------------------------------------- tax

/** With tax, where the zone adds it; everything is of one rate. */
function payable(zone: TaxZone, lefts: readonly bigint[], shipping: bigint, isSent: boolean): bigint {
  const amounts = isSent ? [...lefts, shipping] : lefts;
  const net = total(amounts);
  if (zone.pricesIncludeTax) return net;
  const tax = (amount: bigint) => half(amount * BigInt(zone.rates.standard![0]!.rateBps), 10_000n);
  return net + (zone.rounding === 'order' ? tax(net) : total(amounts.map(tax)));
}
