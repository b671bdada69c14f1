import * as v from 'valibot';
import { chooseMarket, requireCurrency, requireZone } from '@/commerce/market';
import { MAX_LINES, priceCart } from '@/commerce/pricing';
import {
  CountryInput,
  CouponInput,
  CurrencyInput,
  IdInput,
  inputError,
  QuantityInput,
  requireQuantity,
} from './cart-input';
import { operation } from './http';
import { loadFacts } from './snapshot';

const Quote = v.object({
  currency: v.optional(CurrencyInput),
  country: v.optional(CountryInput),
  items: v.pipe(
    v.array(v.object({ variantId: IdInput, quantity: v.optional(QuantityInput, 1) })),
    v.minLength(1, 'A quote needs at least one item.'),
  ),
  coupons: v.optional(v.pipe(v.array(CouponInput), v.maxLength(10)), []),
  shippingMethodId: v.nullish(IdInput),
});

/**
 * What a cart of these items would cost, without a cart. One round trip to KV, so that a changed price shows at once.
 * Problems: `too_many_lines`, `quantity_above_limit`, `variant_not_found`, `variant_not_sold_in_currency`,
 * `currency_not_sold`, `country_not_sold_to`, `amount_out_of_range`, each with its path.
 */
export const quotePrices = operation(
  { method: 'POST', path: '/api/prices', body: Quote },
  async (context, { body }) => {
    if (body.items.length > MAX_LINES) {
      throw inputError('too_many_lines', 'items', `A quote holds at most ${MAX_LINES} lines.`);
    }
    for (const [index, { quantity }] of body.items.entries()) requireQuantity(quantity, 1, `items.${index}.quantity`);
    const variantIds = body.items.map((item) => item.variantId);
    const { rules, variants } = await loadFacts(context, variantIds, { confirm: true });
    if (body.currency !== undefined) requireCurrency(rules, body.currency);
    if (body.country !== undefined) requireZone(rules, body.country);
    const market = chooseMarket(rules, {
      currency: body.currency,
      country: body.country ?? context.request.headers.get('x-vercel-ip-country'),
    });
    for (const [index, variantId] of variantIds.entries()) {
      const path = `items.${index}.variantId`;
      const variant = variants.get(variantId);
      if (!variant) throw inputError('variant_not_found', path, 'There is no such variant to buy.');
      if (!Object.hasOwn(variant.prices, market.currency)) {
        throw inputError('variant_not_sold_in_currency', path, `This is not sold in ${market.currency}.`);
      }
    }
    const priced = priceCart(
      {
        ...market,
        lines: body.items.map((item, index) => ({ ...item, id: `item_${index}`, metadata: {} })),
        coupons: body.coupons,
        shippingMethodId: body.shippingMethodId ?? null,
      },
      variants,
      rules,
    );
    const { items, totals, taxLines, requirements, warnings } = priced;
    return { body: { ...market, items, totals, taxLines, requirements, warnings } };
  },
);
