/**
 * The price of a cart, the one computation that quotes, carts and orders share. Every line goes through the same stages:
 * unit price, adjustments, tax. Tax is rounded once per line; everything else is a sum of integers.
 */
import type { Adjustment, CartItem, Requirement, TaxLine, Totals, Warning } from './cart';
import { CommerceError } from './error';
import { type Market, requireCurrency, requireZone, type ShippingMethod, type ShopRules } from './market';
import { addMinor, type Money, multiplyMinor } from './money';
import { shippingPrice } from './shipping';
import { type TaxRate, taxOn, taxRate } from './tax';

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
  taxClass: string;
  weightGrams: number;
  requiresShipping: boolean;
  /** Units that can be sold now, over all locations. */
  available: number;
  policy: 'deny' | 'continue';
}

export interface LineInput {
  id: string;
  variantId: string;
  quantity: number;
  metadata: Record<string, unknown>;
  /** The unit price that the shopper last saw, to say when it changed. */
  seen?: Money | null;
}

export interface PricingInput extends Market {
  lines: LineInput[];
  coupons: string[];
  shippingMethodId: string | null;
}

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
  items: CartItem[];
  /** Beside each item, the figures that an order line keeps. */
  lines: PricedLine[];
  totals: Totals;
  taxLines: TaxLine[];
  /** The chosen method, where it was needed and could be priced. */
  shippingMethod: ShippingMethod | null;
  /** Whether anything in the cart has to be sent. */
  requiresShipping: boolean;
  /** What the lines and the shipping method lack; what the shopper still has to fill in is `cartRequirements`'s. */
  requirements: Requirement[];
  warnings: Warning[];
}

export const MAX_LINES = 100;
export const MAX_QUANTITY = 999;

/** No unit costs more: so that a full cart of it, with its tax, is still within 2^53 - 1. */
export const MAX_UNIT_PRICE_MINOR = Math.floor(Number.MAX_SAFE_INTEGER / (MAX_LINES * MAX_QUANTITY * 2));

/** A unit price that any cart can hold. Throws `amount_out_of_range`. */
export function requirePayable(amountMinor: number, path = ''): number {
  if (Number.isInteger(amountMinor) && amountMinor >= 0 && amountMinor <= MAX_UNIT_PRICE_MINOR) return amountMinor;
  const message = `A unit's price must be from 0 to ${MAX_UNIT_PRICE_MINOR} minor units.`;
  throw new CommerceError('amount_out_of_range', message, { issues: [{ path, code: 'amount_out_of_range', message }] });
}

/**
 * Prices a cart. Throws `currency_not_sold`, `country_not_sold_to`, `invalid_input` for a quantity that is not a whole
 * number from 1 to 999, and `amount_out_of_range`, each with its path. A line that cannot be sold (gone, or not sold in
 * the currency) adds nothing to the totals and blocks the order by a requirement.
 */
export function priceCart(
  input: PricingInput,
  variants: ReadonlyMap<string, VariantFacts>,
  rules: ShopRules,
): PricedCart {
  const { currency, country } = input;
  requireCurrency(rules, currency);
  const zone = requireZone(rules, country);
  const requirements: Requirement[] = [];
  const warnings: Warning[] = [];
  const lines: PricedLine[] = [];
  const taxes = new TaxTable();
  const wanted = new Map<string, number>();
  let requiresShipping = false;
  let subtotal = 0;
  let discount = 0;

  for (const [index, line] of input.lines.entries()) {
    const path = `items.${index}`;
    requireQuantity(line.quantity, `${path}.quantity`);
    const facts = variants.get(line.variantId);
    const unitPriceMinor = facts ? unitPrice(facts, currency, `${path}.unitPrice`) : null;
    if (!facts || unitPriceMinor === null) {
      const code = facts ? 'variant_not_sold_in_currency' : 'variant_unavailable';
      requirements.push({ code, path });
      warnings.push({ code, path, message: UNSELLABLE[code] });
      lines.push(unsellable(line, facts, currency));
      continue;
    }
    const gross = multiplyMinor(unitPriceMinor, line.quantity, `${path}.total`);
    const adjustments = adjust();
    const discountMinor = adjustments.reduce((sum, { amount }) => addMinor(sum, -amount.amount, path), 0);
    const totalMinor = addMinor(gross, -discountMinor, `${path}.total`);
    const rate = taxRate(zone, facts.taxClass);
    const taxMinor = taxOn(totalMinor, rate.rateBps, zone.pricesIncludeTax, `${path}.total`);
    taxes.add(rate, taxMinor);
    subtotal = addMinor(subtotal, gross, 'totals.subtotal');
    discount = addMinor(discount, discountMinor, 'totals.discount');
    requiresShipping ||= facts.requiresShipping;
    lines.push({
      item: {
        id: line.id,
        variantId: line.variantId,
        sku: facts.sku,
        title: facts.title,
        variantTitle: facts.variantTitle,
        slug: facts.slug,
        imageUrl: facts.imageUrl,
        quantity: line.quantity,
        unitPrice: { amount: unitPriceMinor, currency },
        total: { amount: totalMinor, currency },
        adjustments,
        metadata: line.metadata,
      },
      unitPriceMinor,
      discountMinor,
      totalMinor,
      taxMinor,
      taxRateBps: rate.rateBps,
    });

    // Lines of one variant (they differ by metadata) share its stock.
    const units = (wanted.get(line.variantId) ?? 0) + line.quantity;
    wanted.set(line.variantId, units);
    if (facts.policy === 'deny' && units > facts.available) {
      requirements.push({ code: 'insufficient_stock', path });
      warnings.push({ code: 'insufficient_stock', path, message: stockMessage(facts.available) });
    }
    if (line.seen && line.seen.currency === currency && line.seen.amount !== unitPriceMinor) {
      const message = 'The price changed since this was put in the cart.';
      warnings.push({ code: 'price_changed', path: `${path}.unitPrice`, message });
    }
  }

  for (const index of input.coupons.keys()) {
    const message = 'This code does not apply to the cart.';
    warnings.push({ code: 'coupon_not_applicable', path: `coupons.${index}`, message });
  }

  const shipping = requiresShipping ? ship(input, rules, requirements) : FREE;
  if (shipping.method) {
    const rate = taxRate(zone, shipping.method.taxClass);
    taxes.add(rate, taxOn(shipping.amountMinor, rate.rateBps, zone.pricesIncludeTax, 'totals.shipping'));
  }

  const net = addMinor(addMinor(subtotal, -discount), shipping.amountMinor, 'totals.total');
  const total = zone.pricesIncludeTax ? net : addMinor(net, taxes.sum, 'totals.total');
  return {
    items: lines.map((line) => line.item),
    lines,
    totals: {
      subtotal: { amount: subtotal, currency },
      discount: { amount: discount, currency },
      shipping: { amount: shipping.amountMinor, currency },
      tax: { amount: taxes.sum, currency },
      total: { amount: total, currency },
      taxIncluded: zone.pricesIncludeTax,
    },
    taxLines: taxes.lines(currency),
    shippingMethod: shipping.method,
    requiresShipping,
    requirements,
    warnings,
  };
}

/** First stage: what one unit costs in a currency, or null where it is not sold. Price lists and tiers decide here. */
function unitPrice(facts: VariantFacts, currency: string, path?: string): number | null {
  const price = Object.hasOwn(facts.prices, currency) ? facts.prices[currency] : undefined;
  if (!price) return null;
  return requirePayable(price.amountMinor, path);
}

/** Second stage: what promotions take off a line. The shop has none yet. */
function adjust(): Adjustment[] {
  return [];
}

const UNSELLABLE = {
  variant_unavailable: 'This can no longer be bought.',
  variant_not_sold_in_currency: 'This is not sold in the currency of the cart.',
};

function unsellable(line: LineInput, facts: VariantFacts | undefined, currency: string): PricedLine {
  const nothing = { amount: 0, currency };
  return {
    item: {
      id: line.id,
      variantId: line.variantId,
      sku: facts?.sku ?? '',
      title: facts?.title ?? '',
      variantTitle: facts?.variantTitle ?? '',
      slug: facts?.slug ?? '',
      imageUrl: facts?.imageUrl ?? null,
      quantity: line.quantity,
      unitPrice: nothing,
      total: nothing,
      adjustments: [],
      metadata: line.metadata,
    },
    unitPriceMinor: 0,
    discountMinor: 0,
    totalMinor: 0,
    taxMinor: 0,
    taxRateBps: 0,
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

const FREE = { method: null, amountMinor: 0 };

function ship(
  input: PricingInput,
  rules: ShopRules,
  requirements: Requirement[],
): { method: ShippingMethod | null; amountMinor: number } {
  if (input.shippingMethodId === null) return FREE;
  const method = rules.shippingMethods.find(({ id }) => id === input.shippingMethodId);
  const amountMinor = method ? shippingPrice(method, rules, input) : null;
  if (!method || amountMinor === null) {
    requirements.push({ code: 'shipping_unavailable', path: 'shippingMethodId' });
    return FREE;
  }
  return { method, amountMinor: requirePayable(amountMinor, 'totals.shipping') };
}

/** Tax by label and rate, as an invoice lists it: classes that a country taxes alike are one line. */
class TaxTable {
  sum = 0;
  readonly #rows = new Map<string, TaxRate & { amountMinor: number }>();

  add({ label, rateBps }: TaxRate, amountMinor: number): void {
    this.sum = addMinor(this.sum, amountMinor, 'totals.tax');
    const key = `${rateBps} ${label}`;
    const before = this.#rows.get(key)?.amountMinor ?? 0;
    this.#rows.set(key, { label, rateBps, amountMinor: before + amountMinor });
  }

  lines(currency: string): TaxLine[] {
    const rows = [...this.#rows.values()].filter(({ rateBps }) => rateBps > 0);
    return rows.map(({ label, rateBps, amountMinor }) => ({
      label,
      rateBps,
      amount: { amount: amountMinor, currency },
    }));
  }
}
