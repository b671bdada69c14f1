import type { Market, ShippingMethod, ShopRules } from './market';
import type { Money } from './money';

/** One way to get a parcel to the shopper. The price contains tax where the country's prices do. */
export interface ShippingOption {
  id: string;
  title: string;
  price: Money;
  estimate: { minDays: number; maxDays: number };
}

/** The methods that reach the country and have a price in the currency, in the shop's order. */
export function shippingOptions(rules: ShopRules, market: Market): ShippingOption[] {
  return rules.shippingMethods.flatMap((method) => {
    const amount = shippingPrice(method, rules, market);
    if (amount === null) return [];
    const { id, title, minDays, maxDays } = method;
    return [{ id, title, price: { amount, currency: market.currency }, estimate: { minDays, maxDays } }];
  });
}

/** The flat price in minor units, or null where the method does not reach the country or is not sold in the currency. */
export function shippingPrice(method: ShippingMethod, rules: ShopRules, { country, currency }: Market): number | null {
  if (!Object.hasOwn(rules.taxZones, country)) return null;
  if (method.countries.length > 0 && !method.countries.includes(country)) return null;
  return Object.hasOwn(method.prices, currency) ? (method.prices[currency] as number) : null;
}
