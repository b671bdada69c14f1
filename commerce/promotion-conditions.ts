/** Whether a promotion holds for a cart, and if not, why. All of it looks at prices before promotions. */
import type { Basket } from './basket';
import type { PromotionReason } from './cart';
import { localTime, minutesOf } from './local-time';
import type { PriceMarket } from './market';
import { amountIn, type Money, toDecimal } from './money';
import type { AmountByCurrency, Condition, Promotion, WeeklyHours } from './rules';

/** Who buys, as far as it is known. */
export interface Customer {
  /** Orders that were placed before and live; null is not known yet. */
  orderCount: number | null;
  /** By promotion; null is not known yet. */
  uses: Record<string, number> | null;
}

export interface PromotionContext {
  market: PriceMarket;
  customer: Customer;
}

/** Why a promotion cannot apply to these goods, or null where it can as far as conditions go. */
export function refusalOf(
  promotion: Promotion,
  basket: Basket,
  { market, customer }: PromotionContext,
): PromotionReason | null {
  const { startsAt, endsAt, hours, usageLimitPerCustomer } = promotion;
  if (startsAt !== null && market.now < startsAt) return reason('not_started', 'This has not begun yet.');
  if (endsAt !== null && market.now >= endsAt) return reason('ended', 'This has ended.');
  if (hours.length > 0 && !hours.some((some) => isWithin(some, market.now))) {
    return reason('outside_hours', 'This holds at other hours.');
  }
  if (promotion.usedUp) return reason('used_up', 'This has been used as often as it can be.');
  if (usageLimitPerCustomer !== null && (customer.uses?.[promotion.id] ?? 0) >= usageLimitPerCustomer) {
    return reason('used_by_customer', 'You have used this as often as you can.');
  }
  // Who and where before how much: nobody is told what is missing to something that is not for them.
  for (const asksForGoods of [false, true]) {
    for (const condition of promotion.conditions) {
      if (isAboutGoods(condition) !== asksForGoods) continue;
      const refusal = unmet(condition, basket, market, customer);
      if (refusal) return refusal;
    }
  }
  return null;
}

const isAboutGoods = ({ kind }: Condition) => kind === 'subtotal' || kind === 'quantity';

/** Whether its uses are counted against a limit, which Postgres decides. */
export function isLimited({ usageLimit, usageLimitPerCustomer }: Promotion): boolean {
  return usageLimit !== null || usageLimitPerCustomer !== null;
}

/** Whether it rests on what only the order knows: who the customer is. */
export function isProvisional(
  { conditions, usageLimitPerCustomer }: Promotion,
  { orderCount, uses }: Customer,
): boolean {
  return (
    (usageLimitPerCustomer !== null && uses === null) ||
    (orderCount === null && conditions.some(({ kind }) => kind === 'first_order'))
  );
}

function unmet(condition: Condition, basket: Basket, market: PriceMarket, customer: Customer): PromotionReason | null {
  switch (condition.kind) {
    case 'subtotal':
      return amountRefusal(condition.fromMinor, basket.subtotal(condition.of), market.currency);
    case 'quantity': {
      const units = basket.units(condition.of);
      if (units < condition.min) return quantityRefusal(condition.min - units, units);
      if (condition.max === undefined || units <= condition.max) return null;
      return reason('too_many_units', `This holds for at most ${condition.max} units.`);
    }
    case 'country':
      return condition.in.includes(market.country) ? null : reason('other_country', 'This holds in other countries.');
    case 'currency':
      return condition.in.includes(market.currency) ? null : otherCurrency();
    case 'channel':
      return condition.in.includes(market.channel) ? null : reason('other_channel', 'This holds elsewhere.');
    case 'customer_group': {
      const isMember = market.customerGroup !== null && condition.in.includes(market.customerGroup);
      return isMember ? null : reason('other_customer_group', 'This is for some customers only.');
    }
    case 'first_order':
      return (customer.orderCount ?? 0) === 0 ? null : reason('not_first_order', 'This is for a first order.');
  }
}

/** Why an amount does not reach what is asked for in a currency; null where it does. */
export function amountRefusal(from: AmountByCurrency, amountMinor: number, currency: string): PromotionReason | null {
  const needed = amountIn(from, currency);
  if (needed === null) return otherCurrency();
  if (amountMinor >= needed) return null;
  const missing: Money = { amount: needed - amountMinor, currency };
  return {
    ...reason('needs_amount', `Goods for ${toDecimal(missing)} ${currency} are missing.`),
    missingAmount: missing,
  };
}

/** Why units are missing; there may be none of the kind at all. */
export function quantityRefusal(missing: number, present: number): PromotionReason {
  const words = missing === 1 ? '1 more unit is needed.' : `${missing} more units are needed.`;
  return { ...reason(present === 0 ? 'needs_items' : 'needs_quantity', words), missingQuantity: missing };
}

/** Why something that has no amount in the cart's currency cannot apply. */
export const otherCurrency = () => reason('other_currency', 'This holds in other currencies.');

/** A reason whose figures, where it has any, are added by whoever knows them. */
export function reason(code: PromotionReason['code'], message: string): PromotionReason {
  return { code, message };
}

function isWithin({ days, from, until, timeZone }: WeeklyHours, now: number): boolean {
  const { isoDay, minutes } = localTime(now, timeZone);
  return days.includes(isoDay) && minutes >= minutesOf(from) && minutes < minutesOf(until);
}
