import * as v from 'valibot';
import { chooseMarket, requireCountry, requireCurrency } from '@/commerce/market';
import { ANYBODY, MAX_COUPONS, MAX_LINES, type PricingInput, priceCart } from '@/commerce/pricing';
import {
  ChannelInput,
  CountryInput,
  CouponInput,
  CurrencyInput,
  IdInput,
  inputError,
  PostalCodeInput,
  QuantityInput,
  RegionInput,
  requireQuantity,
  VatIdInput,
} from './cart-input';
import { requireGroupPass } from './group-pass';
import { operation } from './http';
import { signQuote } from './quote-token';
import { loadFacts } from './snapshot';

const Quote = v.object({
  currency: v.optional(CurrencyInput),
  country: v.optional(CountryInput),
  region: v.nullish(RegionInput),
  postalCode: v.nullish(PostalCodeInput),
  channel: v.optional(ChannelInput, ANYBODY.channel),
  vatId: v.nullish(VatIdInput),
  groupPass: v.nullish(v.string()),
  items: v.pipe(
    v.array(v.object({ variantId: IdInput, quantity: v.optional(QuantityInput, 1) })),
    v.minLength(1, 'A quote needs at least one item.'),
  ),
  coupons: v.optional(v.pipe(v.array(CouponInput), v.maxLength(MAX_COUPONS)), []),
  shippingMethodId: v.nullish(IdInput),
});

/**
 * What a cart of these items would cost, without a cart, and a token that binds the shop to it: an order that presents it
 * within its time pays these totals, unless stock is gone or a promotion that it rests on has been used up. One round
 * trip to KV, so that a changed price shows at once.
 * Problems: `too_many_lines`, `quantity_above_limit`, `variant_not_found`, `variant_not_sold_in_currency`,
 * `currency_not_sold`, `country_not_sold_to`, `group_pass_invalid`, `amount_out_of_range`, each with its path.
 */
export const quotePrices = operation(
  { method: 'POST', path: '/api/prices', body: Quote },
  async (context, { body }) => {
    if (body.items.length > MAX_LINES) {
      throw inputError('too_many_lines', 'items', `A quote holds at most ${MAX_LINES} lines.`);
    }
    for (const [index, { quantity }] of body.items.entries()) requireQuantity(quantity, 1, `items.${index}.quantity`);
    const group = body.groupPass ? await requireGroupPass(body.groupPass, context) : null;
    const variantIds = body.items.map((item) => item.variantId);
    const { rules, variants } = await loadFacts(context, variantIds, { confirm: true });
    if (body.currency !== undefined) requireCurrency(rules, body.currency);
    if (body.country !== undefined) requireCountry(rules, body.country);
    const market = chooseMarket(rules, {
      currency: body.currency,
      country: body.country ?? context.request.headers.get('x-vercel-ip-country'),
    });
    const input: PricingInput = {
      ...ANYBODY,
      ...market,
      now: context.now.getTime(),
      region: body.region ?? null,
      postalCode: body.postalCode ?? null,
      channel: body.channel,
      vatId: body.vatId ?? null,
      customerGroup: group?.id ?? null,
      lines: body.items.map((item, index) => ({ ...item, id: `item_${index}`, metadata: {} })),
      coupons: [...new Set(body.coupons)],
      shippingMethodId: body.shippingMethodId ?? null,
    };
    const priced = priceCart(input, variants, rules);
    for (const { code, path } of priced.requirements) {
      if (code === 'variant_unavailable') {
        throw inputError('variant_not_found', `${path}.variantId`, 'There is no such variant to buy.');
      }
      if (code === 'variant_not_sold_in_currency') {
        throw inputError(code, `${path}.variantId`, `This is not sold in ${market.currency}.`);
      }
    }
    const { items, totals, taxLines, promotions, shipping, missingForFreeShipping, requirements, warnings } = priced;
    const quote = await signQuote(priced, input, { secret: context.env.AUTH_SECRET, now: context.now });
    return {
      body: {
        ...market,
        items,
        totals,
        taxLines,
        reverseCharge: priced.reverseCharge,
        promotions,
        shipping,
        missingForFreeShipping,
        requirements,
        warnings,
        quote: quote?.token ?? null,
        quoteExpiresAt: quote?.expiresAt ?? null,
      },
    };
  },
);
