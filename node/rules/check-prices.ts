/** What can be wrong with customer groups, conversions and price lists beyond their shape. */
import { MAX_LINES, MAX_QUANTITY } from '@/commerce/pricing';
import { isDecimalRate } from '@/commerce/rounding';
import type { Scope } from './scope';
import type { Entry, FileRounding } from './shape';
import { parseAmount, parsePercent, parseTime } from './values';

/** As many units as a cart can hold: a tier beyond never holds. */
export const MAX_UNITS = MAX_LINES * MAX_QUANTITY;

/** Ten times the price on top is as far as a step may go; the whole price is as far as it may take off. */
const CHANGE_BPS = { min: -10_000, max: 100_000 };

/** Checks what decides a unit's price. */
export function checkPrices(scope: Scope): void {
  checkConversions(scope);
  for (const [list, path] of scope.entries('priceLists')) checkPriceList(scope, list, path);
}

/** The times between which something holds: the second after the first. */
export function checkPeriod(
  scope: Scope,
  { startsAt, endsAt }: { startsAt: string | null; endsAt: string | null },
  path: string,
): void {
  const start = startsAt === null ? null : scope.take(parseTime(startsAt), `${path}.startsAt`);
  const end = endsAt === null ? null : scope.take(parseTime(endsAt), `${path}.endsAt`);
  if (start === null || end === null || start < end) return;
  scope.error(`${path}.endsAt`, 'ends_before_start', 'This must end after it starts.');
}

function checkConversions(scope: Scope): void {
  const converted = new Map<string, string>();
  for (const [{ from, to, rate, rounding }, path] of scope.entries('conversions')) {
    scope.currency(from, `${path}.from`);
    const isKnown = scope.currency(to, `${path}.to`);
    if (converted.has(to)) {
      scope.error(`${path}.to`, 'conversion_repeated', `Prices in ${to} are made from ${converted.get(to)} already.`);
    }
    converted.set(to, from);
    if (!isDecimalRate(rate)) {
      const message = 'A rate is a positive decimal of at most 12 digits, such as "11.4321".';
      scope.error(`${path}.rate`, 'rate_invalid', message);
    }
    if (rounding && isKnown) checkRounding(scope, rounding, to, `${path}.rounding`);
  }
  for (const [{ from, to }, path] of scope.entries('conversions')) {
    if (from === to) scope.error(`${path}.to`, 'conversion_to_itself', `${to} cannot be made from itself.`);
    else if (converted.has(from)) {
      const message = `Prices in ${from} are made from ${converted.get(from)}, and no price is converted twice.`;
      scope.error(`${path}.from`, 'conversion_chained', message);
    }
  }
}

function checkRounding(scope: Scope, { increment, less }: FileRounding, currency: string, path: string): void {
  const multiple = scope.take(parseAmount(increment, currency), `${path}.increment`);
  const minus = scope.take(parseAmount(less, currency), `${path}.less`);
  if (multiple === 0) scope.error(`${path}.increment`, 'amount_not_positive', 'This amount must be more than zero.');
  else if (multiple !== null && minus !== null && minus >= multiple) {
    scope.error(`${path}.less`, 'rounding_contradicts', 'This must be less than the increment.');
  }
}

function checkPriceList(scope: Scope, list: Entry<'priceLists'>, path: string): void {
  for (const [index, group] of list.customerGroups.entries()) {
    scope.reference('customerGroups', group, `${path}.customerGroups.${index}`);
  }
  scope.once(list.customerGroups, `${path}.customerGroups`);
  scope.once(list.channels, `${path}.channels`);
  scope.countries(list.countries, `${path}.countries`);
  checkPeriod(scope, list, path);
  scope.selection(list.of, `${path}.of`);
  for (const [currency, rounding] of Object.entries(list.rounding)) {
    const at = `${path}.rounding.${currency}`;
    if (scope.currency(currency, at)) checkRounding(scope, rounding, currency, at);
  }
  checkSteps(scope, list, path);
  checkListPrices(scope, list, path);
  if (list.steps.length === 0 && list.of !== null) {
    scope.warn(`${path}.of`, 'selection_without_steps', 'Only steps look at this, and the list has none.');
  }
  if (list.steps.length === 0 && list.prices.length === 0) {
    scope.warn(path, 'price_list_empty', 'The list has neither prices nor steps, so it decides nothing.');
  }
}

function checkSteps(scope: Scope, { steps }: Entry<'priceLists'>, path: string): void {
  let before = 0;
  for (const [index, { minQuantity, changePercent }] of steps.entries()) {
    const at = `${path}.steps.${index}`;
    checkTier(scope, minQuantity, `${at}.minQuantity`);
    if (minQuantity === before) {
      scope.error(`${at}.minQuantity`, 'tier_repeated', `There are two steps from ${minQuantity} on.`);
    } else if (minQuantity < before) {
      scope.error(`${at}.minQuantity`, 'steps_not_ascending', 'Steps stand in the order of their quantities.');
    }
    before = minQuantity;
    const change = scope.take(parsePercent(changePercent), `${at}.changePercent`);
    if (change !== null && (change < CHANGE_BPS.min || change > CHANGE_BPS.max)) {
      scope.error(`${at}.changePercent`, 'percent_out_of_range', 'A step changes a price by -100 to 1000 per cent.');
    }
  }
}

/** Prices may stand in any order, since each says all that it needs. */
function checkListPrices(scope: Scope, { prices }: Entry<'priceLists'>, path: string): void {
  const seen = new Map<string, number>();
  for (const [index, { sku, currency, minQuantity, amount }] of prices.entries()) {
    const at = `${path}.prices.${index}`;
    scope.sku(sku, `${at}.sku`);
    checkTier(scope, minQuantity, `${at}.minQuantity`);
    const key = JSON.stringify([sku, currency, minQuantity]);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else {
      const message = `prices.${first} says already what "${sku}" costs in ${currency} from ${minQuantity} on.`;
      scope.error(at, 'tier_repeated', message);
    }
    if (scope.currency(currency, `${at}.currency`)) scope.take(parseAmount(amount, currency), `${at}.amount`);
  }
}

function checkTier(scope: Scope, minQuantity: number, path: string): void {
  if (minQuantity <= MAX_UNITS) return;
  scope.error(path, 'tier_unreachable', `No cart holds more than ${MAX_UNITS} units, so this never holds.`);
}
