import type { Money } from './money';
import { type PricingInput, priceCart, type VariantFacts } from './pricing';
import type { ShopRules } from './rules';
import { byPriceThenDay, type RefusedMethod, type ShippingOption, shippingOptions } from './shipping';

/** A way of shipping as a cart would pay it. */
export interface PricedShippingOption extends ShippingOption {
  /** Before promotions; `price` is after them. */
  fullPrice: Money;
}

export interface ShippingChoice {
  /** By price, then by the latest day, then in the shop's order. */
  items: PricedShippingOption[];
  /** Ways that this cart cannot go, each with its reason. */
  unavailable: RefusedMethod[];
}

/**
 * The ways of shipping of a cart, each with the price that it would pay: after free shipping and whatever else promotions
 * make of it. Throws what `priceCart` throws.
 */
export function priceShippingOptions(
  input: PricingInput,
  variants: ReadonlyMap<string, VariantFacts>,
  rules: ShopRules,
): ShippingChoice {
  const { currency, now } = input;
  const { parcel } = priceCart({ ...input, shippingMethodId: null }, variants, rules);
  const { offered, refused } = shippingOptions(parcel, { currency, place: input, rules, now });
  const items = offered.map((option) => {
    const { shipping } = priceCart({ ...input, shippingMethodId: option.id }, variants, rules);
    // Without anything to send no price is charged, and the method's own is shown.
    return { ...option, price: shipping?.total ?? option.price, fullPrice: shipping?.price ?? option.price };
  });
  items.sort(byPriceThenDay);
  return { items, unavailable: refused };
}
