/** What can be wrong with promotions and their groups beyond their shape. */
import { MAX_QUANTITY } from '@/commerce/pricing';
import { checkPeriod, MAX_UNITS } from './check-prices';
import type { Scope } from './scope';
import type { Amounts, Entry, FileCondition, FileEffect, FileSelection } from './shape';
import { isTimeZone, parsePercent, parseTimeOfDay } from './values';

type Promotion = Entry<'promotions'>;

/** Checks promotions by themselves and against each other. */
export function checkPromotions(scope: Scope): void {
  const codes = new Map<string, string>();
  for (const [promotion, path] of scope.entries('promotions')) {
    checkCodes(scope, promotion, path, codes);
    checkPeriod(scope, promotion, path);
    checkHours(scope, promotion, path);
    checkConditions(scope, promotion, path);
    checkEffect(scope, promotion.effect, `${path}.effect`);
    checkCurrencies(scope, promotion, path);
    checkCombination(scope, promotion, path);
    checkLimits(scope, promotion, path);
  }
  checkGroups(scope);
}

/** Letters of either case are one code: it is kept in capitals, and found however it is entered. */
function checkCodes(scope: Scope, promotion: Promotion, path: string, known: Map<string, string>): void {
  for (const [index, written] of promotion.codes.entries()) {
    const at = `${path}.codes.${index}`;
    const code = written.toUpperCase();
    if (!/^[\p{L}\p{N}\p{P}\p{S}]{1,64}$/u.test(code)) {
      scope.error(at, 'code_malformed', 'A code is 1 to 64 letters, digits and signs, without spaces.');
    }
    const first = known.get(code);
    if (first === undefined) known.set(code, at);
    else scope.error(at, 'code_repeated', `"${written}" is a code already, at ${first}; case makes no difference.`);
  }
}

function checkHours(scope: Scope, { hours }: Promotion, path: string): void {
  for (const [index, { days, from, until, timeZone }] of hours.entries()) {
    const at = `${path}.hours.${index}`;
    scope.notEmpty(days, `${at}.days`);
    scope.once(days, `${at}.days`);
    const start = scope.take(parseTimeOfDay(from), `${at}.from`);
    const end = scope.take(parseTimeOfDay(until), `${at}.until`);
    if (start !== null && end !== null && start >= end) {
      const message = 'This must be after "from"; what goes on after midnight are hours of the next day.';
      scope.error(`${at}.until`, 'ends_before_start', message);
    }
    checkTimeZone(scope, timeZone, `${at}.timeZone`);
  }
}

/** A time zone that the runtime knows. */
export function checkTimeZone(scope: Scope, name: string, path: string): void {
  if (isTimeZone(name)) return;
  scope.error(path, 'time_zone_unknown', `"${name}" is not a time zone of the IANA database, such as Europe/Berlin.`);
}

// ---------------------------------------------------------------- conditions

function checkConditions(scope: Scope, { conditions, usageLimitPerCustomer }: Promotion, path: string): void {
  for (const [index, condition] of conditions.entries()) {
    const at = `${path}.conditions.${index}`;
    checkCondition(scope, condition, at);
    const before = conditions.slice(0, index).filter(({ kind }) => kind === condition.kind);
    for (const other of before) {
      if (!contradict(condition, other)) continue;
      const message = `This and conditions.${conditions.indexOf(other)} are never both true.`;
      scope.error(at, 'conditions_contradict', message);
      break;
    }
  }
  const firstOrder = conditions.findIndex(({ kind }) => kind === 'first_order');
  if (firstOrder >= 0 && (usageLimitPerCustomer ?? 0) > 1) {
    const message = 'Nobody has more than one first order, so one use for each customer is all there is.';
    scope.warn(`${path}.usageLimitPerCustomer`, 'limit_needless', message);
  }
}

function checkCondition(scope: Scope, condition: FileCondition, path: string): void {
  switch (condition.kind) {
    case 'subtotal':
      scope.selection(condition.of, `${path}.of`);
      scope.amounts(condition.from, `${path}.from`);
      return;
    case 'quantity': {
      const { of, min, max } = condition;
      scope.selection(of, `${path}.of`);
      if (min > MAX_UNITS) unreachable(scope, `${path}.min`);
      if (max !== undefined && max < min) {
        scope.error(`${path}.max`, 'conditions_contradict', `This must be ${min} ("min") or more.`);
      }
      return;
    }
    case 'first_order':
      return;
  }
  scope.notEmpty(condition.in, `${path}.in`);
  switch (condition.kind) {
    case 'country':
      scope.countries(condition.in, `${path}.in`);
      return;
    case 'currency':
      for (const [index, currency] of condition.in.entries()) scope.currency(currency, `${path}.in.${index}`);
      break;
    case 'customer_group':
      for (const [index, id] of condition.in.entries()) scope.reference('customerGroups', id, `${path}.in.${index}`);
      break;
  }
  scope.once(condition.in, `${path}.in`);
}

/** Whether two conditions of one kind can never hold together. */
function contradict(a: FileCondition, b: FileCondition): boolean {
  if ('in' in a && 'in' in b) return a.in.length > 0 && b.in.length > 0 && !a.in.some((value) => b.in.includes(value));
  if (a.kind !== 'quantity' || b.kind !== 'quantity' || JSON.stringify(a.of) !== JSON.stringify(b.of)) return false;
  const most = (of: typeof a) => of.max ?? Number.POSITIVE_INFINITY;
  return a.min > most(b) || b.min > most(a);
}

function unreachable(scope: Scope, path: string): void {
  scope.error(path, 'quantity_unreachable', `No cart holds more than ${MAX_UNITS} units, so this never holds.`);
}

// ---------------------------------------------------------------- effects

function checkEffect(scope: Scope, effect: FileEffect, path: string): void {
  switch (effect.kind) {
    case 'percent_off':
      scope.selection(effect.of, `${path}.of`);
      checkPercent(scope, effect.percent, `${path}.percent`);
      if (effect.max) scope.amounts(effect.max, `${path}.max`, { positive: true });
      return;
    case 'amount_off':
      scope.selection(effect.of, `${path}.of`);
      scope.amounts(effect.amount, `${path}.amount`, { positive: true });
      return;
    case 'spend_steps':
      scope.selection(effect.of, `${path}.of`);
      checkSpendSteps(scope, effect, path);
      return;
    case 'buy_get':
      for (const part of ['buy', 'get'] as const) {
        scope.selection(effect[part].of, `${path}.${part}.of`);
        if (effect[part].quantity > MAX_UNITS) unreachable(scope, `${path}.${part}.quantity`);
      }
      checkPercent(scope, effect.percent, `${path}.percent`);
      return;
    case 'bundle':
      checkBundle(scope, effect, path);
      return;
    case 'gift':
      scope.sku(effect.sku, `${path}.sku`);
      if (effect.quantity > MAX_QUANTITY) unreachable(scope, `${path}.quantity`);
      if (scope.shop.catalog.skus.get(effect.sku)?.isSold === false) {
        scope.warn(`${path}.sku`, 'gift_not_sold', `"${effect.sku}" is not on sale, so it is not given either.`);
      }
      return;
    case 'shipping_off':
      checkPercent(scope, effect.percent, `${path}.percent`);
      if (effect.methods === null) return;
      scope.notEmpty(effect.methods, `${path}.methods`);
      scope.once(effect.methods, `${path}.methods`);
      for (const [index, id] of effect.methods.entries()) {
        scope.reference('shippingMethods', id, `${path}.methods.${index}`);
      }
  }
}

function checkPercent(scope: Scope, written: string | number, path: string): number | null {
  const bps = scope.take(parsePercent(written), path);
  if (bps === null || (bps > 0 && bps <= 10_000)) return bps;
  scope.error(path, 'percent_out_of_range', 'A reduction is more than 0 and at most 100 per cent.');
  return null;
}

function checkSpendSteps(scope: Scope, { steps }: Extract<FileEffect, { kind: 'spend_steps' }>, path: string): void {
  scope.notEmpty(steps, `${path}.steps`);
  let before = new Map<string, number>();
  let given: { percent: number | null; amounts: Map<string, number> } | null = null;
  for (const [index, { from, percent, amount }] of steps.entries()) {
    const at = `${path}.steps.${index}`;
    const reached = scope.amounts(from, `${at}.from`);
    for (const [currency, least] of reached) {
      const lower = before.get(currency);
      if (index > 0 && lower === undefined) {
        const message = `The step before has no amount in ${currency}; a currency is in all steps or in none.`;
        scope.error(`${at}.from.${currency}`, 'amount_missing', message);
      } else if (lower !== undefined && least <= lower) {
        const message = 'Steps stand in the order of their amounts, each higher than the one before.';
        scope.error(`${at}.from.${currency}`, 'steps_not_ascending', message);
      }
    }
    for (const currency of before.keys()) {
      if (Object.hasOwn(from, currency)) continue;
      scope.error(`${at}.from`, 'amount_missing', `The step before has an amount in ${currency}, and this has none.`);
    }
    before = reached;
    if ((percent === undefined) === (amount === undefined)) {
      scope.error(at, 'step_ambiguous', 'A step takes off either a percentage or an amount.');
      continue;
    }
    const off = {
      percent: percent === undefined ? null : checkPercent(scope, percent, `${at}.percent`),
      amounts: amount ? scope.amounts(amount, `${at}.amount`, { positive: true }) : new Map<string, number>(),
    };
    if (amount) {
      for (const currency of reached.keys()) {
        if (Object.hasOwn(amount, currency)) continue;
        scope.error(`${at}.amount`, 'amount_missing', `The step holds in ${currency}, and takes nothing off there.`);
      }
    }
    const takesLess =
      given !== null &&
      ((off.percent !== null && given.percent !== null && off.percent < given.percent) ||
        [...off.amounts].some(([currency, less]) => less < (given?.amounts.get(currency) ?? 0)));
    if (takesLess) scope.warn(at, 'step_takes_less', 'This step takes off less than the one before.');
    given = off;
  }
}

function checkBundle(scope: Scope, effect: Extract<FileEffect, { kind: 'bundle' }>, path: string): void {
  const { parts } = effect;
  scope.notEmpty(parts, `${path}.parts`);
  for (const [index, { of, quantity }] of parts.entries()) {
    const at = `${path}.parts.${index}`;
    scope.selection(of, `${at}.of`);
    if (quantity > MAX_UNITS) unreachable(scope, `${at}.quantity`);
    const other = parts.findIndex((part, earlier) => earlier < index && overlap(scope, part.of, of));
    if (other >= 0) {
      const message = `Some goods fit this part and parts.${other}; each unit counts for one of them only.`;
      scope.warn(`${at}.of`, 'parts_overlap', message);
    }
  }
  scope.amounts(effect.price, `${path}.price`);
  if (parts.length === 1 && parts[0]?.quantity === 1) {
    scope.warn(`${path}.parts`, 'bundle_of_one', 'A bundle of one unit is a price; a price list says that better.');
  }
}

/** Whether two selections share goods, as far as their names tell. */
function overlap({ shop: { catalog } }: Scope, a: FileSelection, b: FileSelection): boolean {
  return isWithin(a, b) || isWithin(b, a);

  /** Whether something that one names, or what that is part of, is what the other names. */
  function isWithin(one: FileSelection, other: FileSelection): boolean {
    const { products = [], collections = [], skus = [] } = one;
    const ofSkus = skus.flatMap((sku) => catalog.skus.get(sku)?.product ?? []);
    const allProducts = [...products, ...ofSkus];
    const ofProducts = allProducts.flatMap((slug) => catalog.products.get(slug)?.collections ?? []);
    return (
      skus.some((sku) => other.skus?.includes(sku)) ||
      allProducts.some((slug) => other.products?.includes(slug)) ||
      [...collections, ...ofProducts].some((slug) => other.collections?.includes(slug))
    );
  }
}

// ---------------------------------------------------------------- a promotion as a whole

/** Every amount that a promotion needs in the shopper's currency, with its path. */
function amountsOf({ conditions, effect }: Promotion, path: string): [Amounts, string][] {
  const needed: [Amounts, string][] = conditions.flatMap((condition, index) =>
    condition.kind === 'subtotal' ? [[condition.from, `${path}.conditions.${index}.from`]] : [],
  );
  switch (effect.kind) {
    case 'percent_off':
      if (effect.max) needed.push([effect.max, `${path}.effect.max`]);
      break;
    case 'amount_off':
      needed.push([effect.amount, `${path}.effect.amount`]);
      break;
    case 'spend_steps':
      if (effect.steps[0]) needed.push([effect.steps[0].from, `${path}.effect.steps.0.from`]);
      break;
    case 'bundle':
      needed.push([effect.price, `${path}.effect.price`]);
  }
  return needed;
}

/** There must be a currency in which the promotion says all that it needs to, and that its conditions allow. */
function checkCurrencies(scope: Scope, promotion: Promotion, path: string): void {
  const needed = amountsOf(promotion, path);
  const allowed = promotion.conditions.flatMap((condition) => (condition.kind === 'currency' ? [condition.in] : []));
  for (const currency of new Set(allowed.flat())) {
    if (!allowed.every((some) => some.includes(currency))) continue;
    for (const [amounts, at] of needed) {
      if (Object.hasOwn(amounts, currency)) continue;
      const message = `The promotion is for carts in ${currency}, and has no amount in ${currency} here.`;
      scope.error(at, 'amount_missing', message);
    }
  }
  const [first, ...others] = needed;
  if (!first || Object.keys(first[0]).length === 0) return;
  for (const [amounts, at] of others) {
    if (Object.keys(amounts).length === 0) continue;
    if (Object.keys(first[0]).some((currency) => Object.hasOwn(amounts, currency))) continue;
    const message = `This has no currency in common with ${first[1]}, so the promotion never applies.`;
    scope.error(at, 'conditions_contradict', message);
  }
}

function checkCombination(scope: Scope, { exclusive, group, effect }: Promotion, path: string): void {
  if (group === null) return;
  scope.reference('promotionGroups', group, `${path}.group`);
  if (exclusive) {
    const message = 'What applies alone cannot stand in a group, whose members are chosen line by line.';
    scope.error(`${path}.exclusive`, 'exclusive_in_group', message);
  }
  if (effect.kind === 'gift') {
    const message = 'A gift takes nothing off a line, so it cannot be compared with the others of a group.';
    scope.error(`${path}.group`, 'gift_in_group', message);
  }
}

function checkLimits(scope: Scope, { id, usageLimit, usageLimitPerCustomer }: Promotion, path: string): void {
  const used = Object.hasOwn(scope.shop.used, id) ? (scope.shop.used[id] as number) : 0;
  if (usageLimit !== null && usageLimit < used) {
    const message = `It was used ${used} times already; end it with "endsAt", or set at least so many.`;
    scope.error(`${path}.usageLimit`, 'limit_below_used', message);
  }
  if (usageLimit !== null && usageLimitPerCustomer !== null && usageLimitPerCustomer > usageLimit) {
    const message = 'No customer can use it more often than all together.';
    scope.warn(`${path}.usageLimitPerCustomer`, 'limit_needless', message);
  }
}

/** A group is all on goods or all on shipping: of two that take from different things neither takes more. */
function checkGroups(scope: Scope): void {
  const first = new Map<string, { isShipping: boolean; id: string }>();
  for (const [{ id, group, effect }, path] of scope.entries('promotions')) {
    if (group === null || effect.kind === 'gift') continue;
    const isShipping = effect.kind === 'shipping_off';
    const other = first.get(group);
    if (!other) first.set(group, { isShipping, id });
    else if (other.isShipping !== isShipping) {
      const [one, two] = isShipping ? ['shipping', 'goods'] : ['goods', 'shipping'];
      const message = `This is about ${one}, and "${other.id}" of the same group about ${two}.`;
      scope.error(`${path}.group`, 'group_mixed', message);
    }
  }
}
