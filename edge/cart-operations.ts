/** What a shopper does with a cart. Every answer is the whole priced cart, with its version as `ETag`. */
import * as v from 'valibot';
import { type Cart, cartRequirements, type Warning } from '@/commerce/cart';
import { CommerceError } from '@/commerce/error';
import { chooseMarket, type Market, requireCountry, requireCurrency } from '@/commerce/market';
import { ANYBODY, priceCart, requirePayable, type VariantFacts } from '@/commerce/pricing';
import { indexRules } from '@/commerce/rule-index';
import type { ShopRules } from '@/commerce/rules';
import { priceShippingOptions } from '@/commerce/shipping-choice';
import { unitPrice } from '@/commerce/unit-price';
import {
  AddressInput,
  ChannelInput,
  CountryInput,
  CouponInput,
  CurrencyInput,
  canonicalMetadata,
  EmailInput,
  IdInput,
  inputError,
  MetadataInput,
  QuantityInput,
  requireQuantity,
  VatIdInput,
} from './cart-input';
import { cartCookie } from './cart-token';
import {
  type ChangedCart,
  changeCart,
  itemIdOf,
  pricingInputOf,
  readCart,
  type StoredCart,
  variantIdOf,
} from './carts';
import { requireGroupPass } from './group-pass';
import { type Context, operation, type Reply } from './http';
import { loadFacts } from './snapshot';

/**
 * The caller's cart: an account's own, or a guest's. Where there is none: an empty one with `id` null and `version` 0, which
 * is not kept.
 */
export const getCart = operation({ method: 'GET', path: '/api/cart' }, async (context) => {
  const cart = await readCart(context);
  if (cart) return answer(context, cart);
  const { rules } = await loadFacts(context, []);
  return answer(context, { ...NO_CART, ...homeOf(context, rules) });
});

const NO_CART = {
  id: null,
  version: 0,
  email: null,
  shippingAddress: null,
  billingAddress: null,
  shippingMethodId: null,
  channel: ANYBODY.channel,
  vatId: null,
  group: null,
  coupons: [],
  lines: [],
} satisfies Partial<Cartlike>;

const AddItem = v.object({
  variantId: IdInput,
  quantity: v.optional(QuantityInput, 1),
  metadata: v.optional(MetadataInput),
  // The market to begin with; a cart that exists keeps its own.
  currency: v.optional(CurrencyInput),
  country: v.optional(CountryInput),
});

/**
 * Adds units of a variant: to the line with the same variant and metadata, or as a new line. Makes the cart on first use
 * (201) and answers its `token`. More units than there are is allowed here, answered with a warning and a requirement:
 * stock is decided by the order.
 */
export const addCartItem = operation(
  { method: 'POST', path: '/api/cart/items', body: AddItem },
  async (context, { body }) => {
    requireQuantity(body.quantity, 1);
    const metadata = canonicalMetadata(body.metadata);
    const changed = await unlessOutdated(context, async () => {
      const { rules, variants } = await loadFacts(context, [body.variantId], { anyStock: true });
      const variant = variants.get(body.variantId);
      if (!variant) throw inputError('variant_not_found', 'variantId', 'There is no such variant to buy.');
      const itemId = await itemIdOf(variant.id, metadata);
      const makes = newMarket(context, rules, body);
      return changeCart(context, {
        operation: 'add',
        args: [itemId, body.quantity, pricesOf(variant, rules, context), variant.id, metadata],
        makes,
      });
    });
    return answer(context, changed.cart, changed);
  },
);

const SetQuantity = v.object({ quantity: QuantityInput });

/** Sets a line's quantity; 0 takes the line out. */
export const updateCartItem = operation(
  { method: 'PATCH', path: '/api/cart/items/{itemId}', body: SetQuantity },
  async (context, { body: { quantity } }) => {
    requireQuantity(quantity, 0);
    if (quantity === 0) return removeItem(context);
    const itemId = context.params.itemId as string;
    const variantId = variantIdOf(itemId);
    const { rules, variants } = await loadFacts(context, [variantId], { anyStock: true });
    const variant = variants.get(variantId);
    const args = [itemId, quantity, variant ? pricesOf(variant, rules, context) : ''];
    const changed = await changeCart(context, { operation: 'set', args });
    return answer(context, changed.cart, changed);
  },
);

/** Takes a line out of the cart. */
export const removeCartItem = operation({ method: 'DELETE', path: '/api/cart/items/{itemId}' }, (context) =>
  removeItem(context),
);

async function removeItem(context: Context): Promise<Reply> {
  const itemId = context.params.itemId as string;
  variantIdOf(itemId);
  const changed = await changeCart(context, { operation: 'set', args: [itemId, 0, ''] });
  return answer(context, changed.cart, changed);
}

const UpdateCart = v.object({
  currency: v.optional(CurrencyInput),
  country: v.optional(CountryInput),
  email: v.nullish(EmailInput),
  shippingAddress: v.nullish(AddressInput),
  billingAddress: v.nullish(AddressInput),
  shippingMethodId: v.nullish(IdInput),
  channel: v.optional(ChannelInput),
  vatId: v.nullish(VatIdInput),
  groupPass: v.nullish(v.string()),
});

/**
 * Sets what is named and leaves the rest; null clears. A shipping address moves the cart to its country. Makes the cart
 * on first use, as adding does.
 */
export const updateCart = operation(
  { method: 'PATCH', path: '/api/cart', body: UpdateCart },
  async (context, { body }) => {
    const country = body.shippingAddress?.country ?? body.country;
    if (body.country !== undefined && body.country !== country) {
      throw inputError('invalid_input', 'country', 'The shipping address is in another country.', 'country_mismatch');
    }
    const methodId = body.shippingMethodId;
    const makes = await unlessOutdated(context, async () => {
      const { rules } = await loadFacts(context, [], { anyStock: true });
      if (body.shippingAddress) requireCountry(rules, body.shippingAddress.country, 'shippingAddress.country');
      if (methodId && !rules.shippingMethods.some(({ id }) => id === methodId)) {
        throw inputError('shipping_method_unknown', 'shippingMethodId', 'There is no such way of shipping.');
      }
      return newMarket(context, rules, { currency: body.currency, country });
    });
    const group = body.groupPass == null ? body.groupPass : await requireGroupPass(body.groupPass, context);
    const fields = {
      currency: body.currency,
      country,
      email: body.email,
      shippingAddress: body.shippingAddress && JSON.stringify(body.shippingAddress),
      billingAddress: body.billingAddress && JSON.stringify(body.billingAddress),
      shippingMethodId: methodId,
      channel: body.channel,
      vatId: body.vatId,
      group: group && `${group.id} ${group.until}`,
    };
    // What the script takes for "clear" is an empty value.
    const args = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name, value ?? '']));
    const changed = await changeCart(context, { operation: 'put', args, makes });
    return answer(context, changed.cart, changed);
  },
);

const AddCoupon = v.object({ code: CouponInput });

/**
 * Enters a promotion's code, and makes the cart on first use. One that does not apply (yet) is kept, with a warning that
 * says why. Throws `coupon_unknown` and `too_many_coupons`.
 */
export const addCartCoupon = operation(
  { method: 'POST', path: '/api/cart/coupons', body: AddCoupon },
  async (context, { body: { code } }) => {
    const makes = await unlessOutdated(context, async () => {
      const { rules } = await loadFacts(context, [], { anyStock: true });
      if (!indexRules(rules).byCode.has(code)) throw inputError('coupon_unknown', 'code', 'There is no such code.');
      return newMarket(context, rules, {});
    });
    const changed = await changeCart(context, { operation: 'code', args: [code], makes });
    return answer(context, changed.cart, changed);
  },
);

/** Takes a code out again. Throws `coupon_not_found` where the cart has none such. */
export const removeCartCoupon = operation({ method: 'DELETE', path: '/api/cart/coupons/{code}' }, async (context) => {
  const code = (context.params.code as string).toUpperCase();
  const changed = await changeCart(context, { operation: 'uncode', args: [code] });
  return answer(context, changed.cart, changed);
});

/** The ways to ship the cart, each at the price that it would pay, and those that it cannot go, with the reason. */
export const getShippingOptions = operation({ method: 'GET', path: '/api/cart/shipping-options' }, async (context) => {
  const cart = await readCart(context);
  const { rules, variants } = await loadFacts(context, cart?.lines.map((line) => line.variantId) ?? []);
  const stored = cart ?? { ...NO_CART, ...homeOf(context, rules) };
  const input = pricingInputOf({ ...stored, ...marketOf(stored, rules).market }, context);
  return { body: priceShippingOptions(input, variants, rules) };
});

/**
 * Tries again where a wish was refused by what this isolate remembers, and KV shows that the catalog changed since: a code
 * or a country that is new is good from the first request on, everywhere.
 */
async function unlessOutdated<Result>(context: Context, attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt();
  } catch (refusal) {
    if (!(refusal instanceof CommerceError) || !REFUSED_BY_FACTS.has(refusal.code)) throw refusal;
    const remembered = await loadFacts(context, [], { anyStock: true });
    const confirmed = await loadFacts(context, [], { confirm: true });
    if (confirmed.rules === remembered.rules) throw refusal;
    return attempt();
  }
}

const REFUSED_BY_FACTS = new Set([
  'variant_not_found',
  'variant_not_sold_in_currency',
  'currency_not_sold',
  'country_not_sold_to',
  'shipping_method_unknown',
  'coupon_unknown',
  'amount_out_of_range',
]);

/**
 * The base prices by which a change will be told, in every currency, as the script takes them. Where only price lists have
 * a price it is 0, which tells nothing: whose lists they are is known when the cart is priced. A price that no cart can hold
 * counts as none, unless there is no other: then throws `amount_out_of_range`.
 */
function pricesOf(variant: VariantFacts, rules: ShopRules, { now }: Context): string {
  let text = '';
  let refusal: unknown = null;
  for (const currency of rules.currencies) {
    const market = { ...ANYBODY, currency, country: '', now: now.getTime() };
    try {
      const base = unitPrice(variant, { quantity: 1, productQuantity: 1 }, [], rules, market);
      if (base) text += `${currency}=${requirePayable(base.amountMinor, 'variantId')} `;
      else if (variant.listPrices.some((price) => price.currency === currency)) text += `${currency}=0 `;
    } catch (error) {
      if (!(error instanceof CommerceError)) throw error;
      refusal = error;
    }
  }
  if (text === '' && refusal) throw refusal;
  return text;
}

/** The market of a cart about to be made. Throws `currency_not_sold` or `country_not_sold_to` for a wish that fails. */
function newMarket(context: Context, rules: ShopRules, wish: Partial<Market>): Market {
  if (wish.currency !== undefined) requireCurrency(rules, wish.currency);
  if (wish.country !== undefined) requireCountry(rules, wish.country);
  return homeOf(context, rules, wish);
}

/** Where a caller without a cart shops: as wished, else by the country that Vercel saw the request come from. */
function homeOf({ request }: Context, rules: ShopRules, wish: Partial<Market> = {}): Market {
  const country = wish.country ?? request.headers.get('x-vercel-ip-country');
  return chooseMarket(rules, { currency: wish.currency, country });
}

/** The cart's market; where the shop no longer sells so, the nearest that it does, and what to tell of it. */
function marketOf(stored: Market, rules: ShopRules): { market: Market; moved: Warning[] } {
  const market = chooseMarket(rules, stored);
  const moved: Warning[] = [];
  if (market.country !== stored.country) {
    const message = 'The shop no longer sells to the country of this cart.';
    moved.push({ code: 'country_not_sold_to', path: 'country', message });
  }
  if (market.currency !== stored.currency) {
    const message = 'The shop no longer sells in the currency of this cart.';
    moved.push({ code: 'currency_not_sold', path: 'currency', message });
  }
  return { market, moved };
}

/** A cart as it is kept, or as it would be where none is. */
type Cartlike = Omit<StoredCart, 'id' | 'key'> & { id: string | null };

async function answer(context: Context, stored: Cartlike, changed?: ChangedCart): Promise<Reply> {
  const variantIds = stored.lines.map((line) => line.variantId);
  const { rules, variants } = await loadFacts(context, variantIds);
  const { market, moved } = marketOf(stored, rules);
  const sited = { ...stored, ...market };
  const priced = priceCart(pricingInputOf(sited, context), variants, rules);
  const blocking = moved.map(({ code, path }) => ({ code, path }));
  const { email, shippingAddress, billingAddress, channel, vatId, shippingMethodId } = stored;
  const { items, totals, taxLines, promotions, shipping, missingForFreeShipping } = priced;
  const cart: Cart = {
    id: stored.id,
    version: stored.version,
    ...(changed?.made && changed.token ? { token: changed.token.token } : {}),
    ...market,
    email,
    shippingAddress,
    billingAddress,
    channel,
    vatId,
    reverseCharge: priced.reverseCharge,
    items,
    coupons: stored.coupons.map((code) => ({ code })),
    shippingMethodId,
    shipping,
    totals,
    taxLines,
    promotions,
    missingForFreeShipping,
    requirements: [...blocking, ...cartRequirements(sited, priced), ...priced.requirements],
    warnings: [...moved, ...priced.warnings],
  };
  const headers: Record<string, string> = { etag: `"${stored.version}"` };
  const token = changed?.token;
  if (changed?.made && token) headers['x-cart-token'] = token.token;
  const cookies = token?.fromCookie ? [cartCookie(context, token.token)] : [];
  return { status: changed?.made ? 201 : 200, body: cart, headers, cookies };
}
