/**
 * The price of a cart, the one computation that quotes, carts and orders share: unit prices, then promotions, then
 * shipping, then tax. It is pure and knows no clock; every figure that it gives comes with its reason.
 */
import type { GoodsLine } from './basket';
import type {
  Adjustment,
  CartItem,
  PromotionOutcome,
  Requirement,
  ShippingCharge,
  TaxLine,
  Totals,
  Warning,
} from './cart';
import { CommerceError } from './error';
import { type PriceMarket, requireCurrency, requireZone } from './market';
import { addMinor, type Money, multiplyMinor } from './money';
import { type Customer, isLimited, reason } from './promotion-conditions';
import { type AppliedPromotion, applyPromotions, beatenBy, type PromotionResult } from './promotions';
import { indexRules } from './rule-index';
import type { ShippingMethod, ShopRules, TaxZone } from './rules';
import { type Parcel, quoteShipping, type ShippingQuote } from './shipping';
import { mostTaxSaved, netOfTax, type TaxResult, taxCart } from './tax';
import { priceListsFor, type UnitPrice, unitPrice } from './unit-price';
import { isReverseCharge } from './vat-id';

/** What a price depends on, of one variant that can be bought. A variant that cannot has no facts. */
export interface VariantFacts {
  id: string;
  productId: string;
  /** The product's. */
  slug: string;
  sku: string;
  /** The product's. */
  title: string;
  variantTitle: string;
  options: Record<string, string>;
  imageUrl: string | null;
  /** Base price by currency; a variant is not sold in a currency that is not here. */
  prices: Record<string, { amountMinor: number; compareAtMinor: number | null }>;
  /** Of the product. */
  collectionIds: string[];
  /** Prices of price lists; a tier holds from its quantity on. */
  listPrices: ListPrice[];
  /** By currency, ascending: what the base price was set to, and when, as far back as the law on reductions looks. */
  priceHistory: Record<string, PricePoint[]>;
  taxClass: string;
  weightGrams: number;
  /** Millimetres as packed; null where nobody measured it. */
  size: { lengthMm: number; widthMm: number; heightMm: number } | null;
  requiresShipping: boolean;
  /** Units that can be sold now, over all locations. */
  available: number;
  policy: 'deny' | 'continue';
}

/** A variant's own price in a price list. */
export interface ListPrice {
  listId: string;
  currency: string;
  minQuantity: number;
  amountMinor: number;
}

/** A price and the moment, in milliseconds since 1970, from which on it was asked. */
export interface PricePoint {
  from: number;
  amountMinor: number;
}

export interface LineInput {
  id: string;
  variantId: string;
  quantity: number;
  metadata: Record<string, unknown>;
  /** The base price that held when the shopper last touched it, to say when it changed. */
  seen?: Money | null;
}

/** Whose cart it is, where it goes, and what is in it. */
export interface PricingInput extends PriceMarket {
  /** Of the address, as far as there is one. */
  region: string | null;
  postalCode: string | null;
  /** Of a business that is to be invoiced; null for everybody else. */
  vatId: string | null;
  customer: Customer;
  lines: LineInput[];
  coupons: string[];
  shippingMethodId: string | null;
}

/** What a shopper is of whom nothing is known. */
export const ANYBODY = {
  channel: 'web',
  customerGroup: null,
  region: null,
  postalCode: null,
  vatId: null,
  customer: { orderCount: null, uses: null },
} satisfies Partial<PricingInput>;

/** A line as an order needs it; all amounts in minor units of the cart's currency. */
interface PricedLine {
  item: CartItem;
  unitPriceMinor: number;
  discountMinor: number;
  totalMinor: number;
  taxMinor: number;
  taxRateBps: number;
}

export interface PricedCart {
  /** The cart's, in its order, then those that promotions give. */
  items: CartItem[];
  /** Beside each item, the figures that an order line keeps. */
  lines: PricedLine[];
  totals: Totals;
  taxLines: TaxLine[];
  /** The zone whose taxes these are. */
  taxZoneId: string;
  /** Whether the business that buys owes the tax itself. */
  reverseCharge: boolean;
  promotions: PromotionOutcome[];
  /** Of those that applied, the ones whose uses are counted against a limit. */
  limitedPromotionIds: string[];
  shipping: ShippingCharge | null;
  /** The chosen method, where it was needed and could be priced. */
  shippingMethod: ShippingMethod | null;
  /** What the goods lack of free shipping; null where there is no such thing, or it is free. */
  missingForFreeShipping: Money | null;
  /** Whether anything in the cart has to be sent. */
  requiresShipping: boolean;
  /** What ways of shipping are asked for. */
  parcel: Parcel;
  /** What the lines and the shipping method lack; what the shopper still has to fill in is `cartRequirements`'s. */
  requirements: Requirement[];
  warnings: Warning[];
}

export const MAX_LINES = 100;
export const MAX_QUANTITY = 999;
/** Codes in one cart. */
export const MAX_COUPONS = 10;

/** No unit costs more: so that a full cart of it, with its tax, is still within 2^53 - 1. */
export const MAX_UNIT_PRICE_MINOR = Math.floor(Number.MAX_SAFE_INTEGER / (MAX_LINES * MAX_QUANTITY * 2));

/** A unit price that any cart can hold. Throws `amount_out_of_range`. */
export function requirePayable(amountMinor: number, path = ''): number {
  if (Number.isInteger(amountMinor) && amountMinor >= 0 && amountMinor <= MAX_UNIT_PRICE_MINOR) return amountMinor;
  const message = `A unit's price must be from 0 to ${MAX_UNIT_PRICE_MINOR} minor units.`;
  throw new CommerceError('amount_out_of_range', message, { issues: [{ path, code: 'amount_out_of_range', message }] });
}

/**
 * Prices a cart. `variants` holds the facts of its variants and of those that promotions give. Throws
 * `currency_not_sold`, `country_not_sold_to`, `invalid_input` for a quantity that is not a whole number from 1 to 999, and
 * `amount_out_of_range`, each with its path. A line that cannot be sold (gone, or not sold in the currency) adds nothing to
 * the totals and blocks the order by a requirement. The order of lines, of rules and of codes changes no amount.
 */
export function priceCart(
  input: PricingInput,
  variants: ReadonlyMap<string, VariantFacts>,
  rules: ShopRules,
): PricedCart {
  const { currency } = input;
  requireCurrency(rules, currency);
  const zone = requireZone(rules, input);
  // A business that owes the tax itself buys at net prices, and nothing is added to them.
  const isNet = isReverseCharge(zone, input.vatId);
  const requirements: Requirement[] = [];
  const warnings: Warning[] = [];

  const shelf = shelfOf(input, variants, rules, zone, isNet);
  // Odd minor units fall by this order, whatever the order of the cart.
  const goods = soldLines(input, shelf, requirements, warnings).sort(inCanonicalOrder);
  const subtotalMinor = goods.reduce((sum, { grossMinor }) => addMinor(sum, grossMinor, 'totals.subtotal'), 0);
  const requiresShipping = goods.some(({ facts }) => facts.requiresShipping);

  const parcel: Parcel = { lines: goods.map(({ quantity, facts }) => ({ quantity, variant: facts })), subtotalMinor };
  const tax = (lefts: readonly number[], chosen: { method: ShippingMethod; amountMinor: number } | null): TaxResult =>
    taxCart(
      zone,
      goods.map(({ facts, grossMinor }, index) => ({
        amountMinor: lefts[index]!,
        taxClass: facts.taxClass,
        weightMinor: grossMinor,
      })),
      chosen && { amountMinor: chosen.amountMinor, taxClass: chosen.method.taxClass },
    );
  const chosen = requiresShipping ? chooseShipping(input, parcel, rules, requirements) : null;
  const grosses = goods.map(({ grossMinor }) => grossMinor);
  const shippingMinor = !chosen
    ? 0
    : isNet && zone.pricesIncludeTax
      ? chosen.amountMinor - tax(grosses, chosen).shippingTaxMinor
      : chosen.amountMinor;

  const result = applyPromotions(
    {
      market: input,
      customer: input.customer,
      lines: goods,
      codes: input.coupons,
      shipping: chosen && { methodId: chosen.method.id, priceMinor: shippingMinor },
      isShippingNeeded: requiresShipping,
      refuseGift: (gift) => refuseGift(gift, shelf, requiresShipping),
      payable(lefts, leftOfShipping) {
        const net = lefts.reduce((sum, left) => sum + left, leftOfShipping);
        if (isNet || zone.pricesIncludeTax) return net;
        return net + tax(lefts, chosen && { ...chosen, amountMinor: leftOfShipping }).taxMinor;
      },
      mostTaxSaved: (takenMinor) => (isNet ? 0 : mostTaxSaved(zone, takenMinor, goods.length)),
    },
    indexRules(rules),
  );
  const taxes = isNet
    ? { lines: goods.map(() => NO_TAX), rates: [], taxMinor: 0 }
    : tax(result.lefts, chosen && { ...chosen, amountMinor: result.shippingMinor });

  const reasons = reasonsOf(result, goods.length, currency);
  const lines = input.lines.map((line) => unsellable(line, variants.get(line.variantId), currency));
  for (const [index, line] of goods.entries()) {
    const { adjustments, unapplied } = reasons[index]!;
    const totalMinor = result.lefts[index]!;
    lines[line.position] = {
      item: {
        ...itemOf(line.input, line.facts, line.price, currency),
        total: { amount: totalMinor, currency },
        adjustments,
        unapplied,
      },
      unitPriceMinor: line.unitMinor,
      discountMinor: line.grossMinor - totalMinor,
      totalMinor,
      taxMinor: taxes.lines[index]!.taxMinor,
      taxRateBps: taxes.lines[index]!.rateBps,
    };
  }
  const gifts = giveGifts(result, shelf, currency);
  const all = [...lines, ...gifts.lines];

  const discount = all.reduce((sum, line) => addMinor(sum, line.discountMinor, 'totals.discount'), 0);
  const subtotal = gifts.lines.reduce((sum, line) => addMinor(sum, line.discountMinor), subtotalMinor);
  const taxIncluded = zone.pricesIncludeTax && !isNet;
  const net = addMinor(addMinor(subtotal, -discount), result.shippingMinor, 'totals.total');
  const total = taxIncluded ? net : addMinor(net, taxes.taxMinor, 'totals.total');
  const money = (amount: number): Money => ({ amount, currency });
  const promotions = outcomesOf(result, gifts, goods, currency);
  return {
    items: all.map((line) => line.item),
    lines: all,
    totals: {
      subtotal: money(subtotal),
      discount: money(discount),
      shipping: money(result.shippingMinor),
      tax: money(taxes.taxMinor),
      total: money(total),
      taxIncluded,
    },
    taxLines: taxes.rates.map(({ label, rateBps, netMinor, amountMinor }) => ({
      label,
      rateBps,
      net: money(netMinor),
      amount: money(amountMinor),
    })),
    taxZoneId: zone.id,
    reverseCharge: isNet,
    promotions,
    limitedPromotionIds: result.applied.flatMap(({ promotion }) => (isLimited(promotion) ? [promotion.id] : [])),
    shipping: chosen && {
      methodId: chosen.method.id,
      title: chosen.method.title,
      price: money(shippingMinor),
      adjustments: result.applied.flatMap((applied) =>
        applied.takenOfShipping > 0 ? [adjustment(applied, applied.takenOfShipping, currency)] : [],
      ),
      total: money(result.shippingMinor),
    },
    shippingMethod: chosen?.method ?? null,
    missingForFreeShipping:
      requiresShipping && !(chosen && result.shippingMinor === 0)
        ? missingForFree(input, parcel, rules, chosen?.quote ?? null, result)
        : null,
    requiresShipping,
    parcel,
    requirements,
    warnings: [...warnings, ...couponWarnings(input.coupons, promotions)],
  };
}

// ---------------------------------------------------------------- lines

/** What is to be had, at which price: for the lines of the cart and for gifts. */
interface Shelf {
  /** Null where it is not sold, or where its price is none that a cart can hold and there is no path to say so at. */
  priceOf(
    facts: VariantFacts,
    counts: { quantity: number; productQuantity: number },
    path: string | null,
  ): UnitPrice | null;
  variants: ReadonlyMap<string, VariantFacts>;
  /** Units of the cart, and then of gifts too, by variant. */
  wanted: Map<string, number>;
  /** Units of the cart by product. */
  wantedOfProduct: Map<string, number>;
}

function shelfOf(
  input: PricingInput,
  variants: ReadonlyMap<string, VariantFacts>,
  rules: ShopRules,
  zone: TaxZone,
  isNet: boolean,
): Shelf {
  const lists = priceListsFor(rules.priceLists, input);
  const wanted = new Map<string, number>();
  const wantedOfProduct = new Map<string, number>();
  for (const [index, { variantId, quantity }] of input.lines.entries()) {
    requireQuantity(quantity, `items.${index}.quantity`);
    const facts = variants.get(variantId);
    wanted.set(variantId, (wanted.get(variantId) ?? 0) + quantity);
    if (facts) wantedOfProduct.set(facts.productId, (wantedOfProduct.get(facts.productId) ?? 0) + quantity);
  }
  return {
    variants,
    wanted,
    wantedOfProduct,
    priceOf(facts, counts, path) {
      try {
        const price = unitPrice(facts, counts, lists, rules, input);
        if (!price) return null;
        requirePayable(price.amountMinor);
        return isNet ? netPrice(price, (gross) => netOfTax(zone, facts.taxClass, gross)) : price;
      } catch (error) {
        if (!(error instanceof CommerceError) || error.code !== 'amount_out_of_range') throw error;
        if (path === null) return null;
        const issues = [{ path, code: error.code, message: error.message }];
        throw new CommerceError(error.code, error.message, { issues, cause: error });
      }
    },
  };
}

/** The base price stays as it is set: it is what a change is told by. */
function netPrice(price: UnitPrice, netOf: (grossMinor: number) => number): UnitPrice {
  const { compareAtMinor, lowestPriorMinor, nextTier } = price;
  return {
    ...price,
    amountMinor: netOf(price.amountMinor),
    compareAtMinor: compareAtMinor === null ? null : netOf(compareAtMinor),
    lowestPriorMinor: lowestPriorMinor === null ? null : netOf(lowestPriorMinor),
    nextTier: nextTier && { ...nextTier, amountMinor: netOf(nextTier.amountMinor) },
  };
}

interface SoldLine extends GoodsLine {
  /** In the cart. */
  position: number;
  input: LineInput;
  facts: VariantFacts;
  price: UnitPrice;
}

/** The lines that can be sold, each with its unit price. */
function soldLines(
  input: PricingInput,
  { variants, wanted, wantedOfProduct, priceOf }: Shelf,
  requirements: Requirement[],
  warnings: Warning[],
): SoldLine[] {
  const counted = new Map<string, number>();
  return input.lines.flatMap((line, index) => {
    const path = `items.${index}`;
    const facts = variants.get(line.variantId);
    const price = facts
      ? priceOf(
          facts,
          { quantity: wanted.get(facts.id)!, productQuantity: wantedOfProduct.get(facts.productId)! },
          `${path}.unitPrice`,
        )
      : null;
    if (!facts || !price) {
      const code = facts ? 'variant_not_sold_in_currency' : 'variant_unavailable';
      requirements.push({ code, path });
      warnings.push({ code, path, message: UNSELLABLE[code] });
      return [];
    }
    // Lines of one variant (they differ by metadata) share its stock.
    const units = (counted.get(facts.id) ?? 0) + line.quantity;
    counted.set(facts.id, units);
    if (facts.policy === 'deny' && units > facts.available) {
      requirements.push({ code: 'insufficient_stock', path });
      warnings.push({ code: 'insufficient_stock', path, message: stockMessage(facts.available) });
    }
    const { seen } = line;
    // What only price lists have a price for has none that could have been seen by everybody.
    if (price.baseMinor !== null && seen?.currency === input.currency && seen.amount !== price.baseMinor) {
      const message = 'The price changed since this was put in the cart.';
      warnings.push({ code: 'price_changed', path: `${path}.unitPrice`, message });
    }
    return {
      position: index,
      input: line,
      facts,
      price,
      variant: facts,
      quantity: line.quantity,
      unitMinor: price.amountMinor,
      grossMinor: multiplyMinor(price.amountMinor, line.quantity, `${path}.total`),
    };
  });
}

/** The place of a line does not count, nor an id that was made from its place. */
function inCanonicalOrder(a: SoldLine, b: SoldLine): number {
  return compare(a.facts.id, b.facts.id) || a.quantity - b.quantity || compare(a.input.id, b.input.id);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const UNSELLABLE = {
  variant_unavailable: 'This can no longer be bought.',
  variant_not_sold_in_currency: 'This is not sold in the currency of the cart.',
};

const NO_TAX = { taxMinor: 0, rateBps: 0 };

/** By line, what promotions took off it, and which of them others beat. */
function reasonsOf(
  { applied, beaten }: PromotionResult,
  count: number,
  currency: string,
): Pick<CartItem, 'adjustments' | 'unapplied'>[] {
  const reasons = Array.from({ length: count }, (): Pick<CartItem, 'adjustments' | 'unapplied'> => {
    return { adjustments: [], unapplied: [] };
  });
  for (const each of applied) {
    for (const [place, index] of each.taken.at.entries()) {
      const amount = each.taken.amounts[place]!;
      if (amount > 0) reasons[index]!.adjustments.push(adjustment(each, amount, currency));
    }
  }
  for (const { at, promotion, code, by } of beaten) {
    const { id: promotionId, title: label } = promotion;
    reasons[at]!.unapplied.push({ source: 'promotion', label, promotionId, code, reason: beatenBy(by) });
  }
  return reasons;
}

function itemOf(
  line: Pick<LineInput, 'id' | 'variantId' | 'quantity' | 'metadata'>,
  facts: VariantFacts | undefined,
  price: UnitPrice | null,
  currency: string,
): CartItem {
  const money = (amount: number | null | undefined): Money | null => (amount == null ? null : { amount, currency });
  const nothing = { amount: 0, currency };
  return {
    id: line.id,
    variantId: line.variantId,
    sku: facts?.sku ?? '',
    title: facts?.title ?? '',
    variantTitle: facts?.variantTitle ?? '',
    slug: facts?.slug ?? '',
    imageUrl: facts?.imageUrl ?? null,
    quantity: line.quantity,
    unitPrice: money(price?.amountMinor) ?? nothing,
    total: nothing,
    adjustments: [],
    unapplied: [],
    price: {
      source: price?.source.kind ?? 'base',
      label: price?.source.kind === 'price_list' ? price.source.label : null,
      compareAt: money(price?.compareAtMinor),
      lowestPrior: money(price?.lowestPriorMinor),
      nextTier: price?.nextTier ? nextTierOf(price.nextTier, currency) : null,
    },
    isGift: false,
    metadata: line.metadata,
  };
}

function nextTierOf({ minQuantity, missing, amountMinor }: NonNullable<UnitPrice['nextTier']>, currency: string) {
  return { minQuantity, missing, unitPrice: { amount: amountMinor, currency } };
}

function unsellable(line: LineInput, facts: VariantFacts | undefined, currency: string): PricedLine {
  const item = itemOf(line, facts, null, currency);
  return { item, unitPriceMinor: 0, discountMinor: 0, totalMinor: 0, taxMinor: 0, taxRateBps: 0 };
}

function adjustment({ promotion, code }: AppliedPromotion, amountMinor: number, currency: string): Adjustment {
  return {
    source: 'promotion',
    label: promotion.title,
    amount: { amount: -amountMinor, currency },
    promotionId: promotion.id,
    code,
  };
}

function requireQuantity(quantity: number, path: string): void {
  if (Number.isInteger(quantity) && quantity >= 1 && quantity <= MAX_QUANTITY) return;
  const message = `A quantity is a whole number from 1 to ${MAX_QUANTITY}.`;
  throw new CommerceError('invalid_input', message, { issues: [{ path, code: 'quantity_out_of_range', message }] });
}

function stockMessage(available: number): string {
  if (available <= 0) return 'This is sold out.';
  return available === 1 ? 'Only 1 is left.' : `Only ${available} are left.`;
}

// ---------------------------------------------------------------- gifts

interface Gift {
  variantId: string;
  quantity: number;
}

interface Gifts {
  lines: PricedLine[];
  /** Promotions whose gift another gift took away. */
  missed: Set<AppliedPromotion>;
}

const NO_GIFT = reason('gift_unavailable', 'The gift is not to be had any more.');

function refuseGift(
  gift: Gift,
  { variants, wanted, priceOf }: Shelf,
  requiresShipping: boolean,
): typeof NO_GIFT | null {
  const facts = variants.get(gift.variantId);
  if (!facts || !priceOf(facts, { quantity: 1, productQuantity: 1 }, null)) return NO_GIFT;
  // A gift makes nobody choose a way of shipping.
  if (facts.requiresShipping && !requiresShipping) return NO_GIFT;
  const isThere = facts.policy === 'continue' || facts.available - (wanted.get(facts.id) ?? 0) >= gift.quantity;
  return isThere ? null : NO_GIFT;
}

/** Gifts as lines that cost nothing. They weigh nothing, count for nothing, and no promotion sees them. */
function giveGifts(result: PromotionResult, shelf: Shelf, currency: string): Gifts {
  const gifts: Gifts = { lines: [], missed: new Set() };
  for (const applied of result.applied) {
    const { effect, id } = applied.promotion;
    if (effect.kind !== 'gift') continue;
    if (refuseGift(effect, shelf, true)) {
      gifts.missed.add(applied);
      continue;
    }
    const { variantId, quantity } = effect;
    const facts = shelf.variants.get(variantId)!;
    const price = shelf.priceOf(facts, { quantity: 1, productQuantity: 1 }, null)!;
    shelf.wanted.set(variantId, (shelf.wanted.get(variantId) ?? 0) + quantity);
    const worth = multiplyMinor(price.amountMinor, quantity);
    const line = { id: `gift_${id}`, variantId, quantity, metadata: {} };
    gifts.lines.push({
      item: {
        ...itemOf(line, facts, { ...price, nextTier: null }, currency),
        adjustments: worth > 0 ? [adjustment(applied, worth, currency)] : [],
        isGift: true,
      },
      unitPriceMinor: price.amountMinor,
      discountMinor: worth,
      totalMinor: 0,
      taxMinor: 0,
      taxRateBps: 0,
    });
  }
  return gifts;
}

// ---------------------------------------------------------------- shipping

interface ChosenShipping {
  method: ShippingMethod;
  quote: Extract<ShippingQuote, { offered: true }>;
  amountMinor: number;
}

function chooseShipping(
  input: PricingInput,
  parcel: Parcel,
  rules: ShopRules,
  requirements: Requirement[],
): ChosenShipping | null {
  if (input.shippingMethodId === null) return null;
  const method = rules.shippingMethods.find(({ id }) => id === input.shippingMethodId);
  const quote = method ? quoteShipping(method, parcel, dispatchOf(input, rules)) : null;
  if (!method || !quote?.offered) {
    requirements.push({ code: 'shipping_unavailable', path: 'shippingMethodId' });
    return null;
  }
  return { method, quote, amountMinor: requirePayable(quote.priceMinor, 'totals.shipping') };
}

const dispatchOf = (input: PricingInput, rules: ShopRules) => ({
  currency: input.currency,
  place: input,
  rules,
  now: input.now,
});

/** The least that is missing for free shipping: by the chosen method, else by any, or by a promotion. */
function missingForFree(
  input: PricingInput,
  parcel: Parcel,
  rules: ShopRules,
  chosen: ShippingQuote | null,
  { notApplied }: PromotionResult,
): Money | null {
  const quotes = chosen
    ? [chosen]
    : rules.shippingMethods.map((method) => quoteShipping(method, parcel, dispatchOf(input, rules)));
  const missing = quotes.flatMap((quote) =>
    quote.offered && quote.missingForFreeMinor ? [quote.missingForFreeMinor] : [],
  );
  for (const {
    promotion,
    reason: { missingAmount },
  } of notApplied) {
    const effect = promotion?.effect;
    if (effect?.kind === 'shipping_off' && effect.percentBps === 10_000 && missingAmount)
      missing.push(missingAmount.amount);
  }
  return missing.length > 0 ? { amount: Math.min(...missing), currency: input.currency } : null;
}

// ---------------------------------------------------------------- reasons

function outcomesOf(
  { applied, notApplied }: PromotionResult,
  gifts: Gifts,
  goods: readonly SoldLine[],
  currency: string,
): PromotionOutcome[] {
  const idsAt = (at: readonly number[]) => at.map((index) => goods[index]!.input.id);
  const given = applied.map((each): PromotionOutcome => {
    const { promotion, code, taken, takenOfShipping, isProvisional } = each;
    const isMissed = gifts.missed.has(each);
    const gift = gifts.lines.find(({ item }) => item.id === `gift_${promotion.id}`);
    const off = taken.amounts.reduce((sum, amount) => sum + amount, takenOfShipping + (gift?.discountMinor ?? 0));
    return {
      promotionId: promotion.id,
      label: promotion.title,
      code,
      status: isMissed ? 'not_applied' : 'applied',
      amount: { amount: 0 - off, currency },
      itemIds: gift ? [gift.item.id] : idsAt(taken.at.filter((_, place) => taken.amounts[place]! > 0)),
      reason: isMissed ? NO_GIFT : null,
      provisional: isProvisional && !isMissed,
    };
  });
  const refused = notApplied.map(({ promotion, code, reason: why, at }): PromotionOutcome => {
    // What somebody's guess at a code found is not announced before it begins.
    const told = why.code === 'not_started' ? null : promotion;
    return {
      promotionId: told?.id ?? null,
      label: told?.title ?? code ?? '',
      code,
      status: 'not_applied',
      amount: { amount: 0, currency },
      itemIds: told ? idsAt(at) : [],
      reason: why,
      provisional: false,
    };
  });
  return [...given, ...refused];
}

function couponWarnings(coupons: readonly string[], promotions: readonly PromotionOutcome[]): Warning[] {
  return coupons.flatMap((coupon, index) => {
    const outcome = promotions.find(({ code }) => code === coupon);
    if (outcome?.status === 'applied') return [];
    const message = outcome?.reason?.message ?? 'This code stands for what another one does already.';
    return [{ code: 'coupon_not_applicable', path: `coupons.${index}`, message }];
  });
}
