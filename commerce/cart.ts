import type { Money } from './money';

/** A postal address; the country in ISO 3166-1 alpha-2. */
export interface Address {
  name: string;
  line1: string;
  line2?: string;
  city: string;
  region?: string;
  postalCode: string;
  country: string;
}

/** Why a line's or the shipping's amount differs from its price. `amount` is negative for a discount. */
export interface Adjustment {
  source: 'promotion';
  /** The promotion's title. */
  label: string;
  amount: Money;
  promotionId: string;
  /** The code that was entered for it. */
  code: string | null;
}

/** What a promotion would have done to a line, and why it did not. */
export interface UnappliedAdjustment {
  source: 'promotion';
  label: string;
  promotionId: string;
  code: string | null;
  reason: PromotionReason;
}

/** Why a promotion did not apply. `code` is permanent; what is missing comes as a figure, for pages to word. */
export interface PromotionReason {
  code: PromotionReasonCode;
  message: string;
  /** What the goods lack of the price that it begins at. */
  missingAmount?: Money;
  /** How many units are missing. */
  missingQuantity?: number;
  /** What did better for the shopper. */
  beatenBy?: { promotionId: string; label: string; code: string | null };
}

type PromotionReasonCode =
  | 'code_unknown'
  | 'not_started'
  | 'ended'
  | 'outside_hours'
  | 'used_up'
  | 'used_by_customer'
  | 'not_first_order'
  | 'other_currency'
  | 'other_country'
  | 'other_channel'
  | 'other_customer_group'
  | 'needs_amount'
  | 'needs_quantity'
  | 'too_many_units'
  | 'needs_items'
  | 'gift_unavailable'
  | 'shipping_not_chosen'
  | 'other_shipping_method'
  | 'nothing_to_take_off'
  | 'beaten';

/**
 * What became of a promotion: each that applied, each whose code was entered, and automatic ones that the shopper is close
 * to or that another one beat.
 */
export interface PromotionOutcome {
  /** Null for a code that is nobody's. */
  promotionId: string | null;
  label: string;
  code: string | null;
  status: 'applied' | 'not_applied';
  /** What it took off goods and shipping: zero or less. */
  amount: Money;
  /** The lines that it is about. */
  itemIds: string[];
  reason: PromotionReason | null;
  /** Whether it depends on who orders (first order, uses per customer), which the order alone decides. */
  provisional: boolean;
}

/** Where a unit price comes from, and what else is to know of it. */
export interface PriceDetails {
  source: 'base' | 'price_list' | 'conversion';
  /** The price list's title. */
  label: string | null;
  /** What it was before, where it is announced as reduced. */
  compareAt: Money | null;
  /** The lowest price of the 30 days before the reduction (Directive 98/6/EC, Article 6a). */
  lowestPrior: Money | null;
  /** The next quantity at which a unit costs less, as its list counts, and how many units are missing to it. */
  nextTier: { minQuantity: number; missing: number; unitPrice: Money } | null;
}

/** What sending costs, and what promotions took off it. */
export interface ShippingCharge {
  methodId: string;
  title: string;
  price: Money;
  adjustments: Adjustment[];
  total: Money;
}

/** What carts and orders show of a line. */
export interface LineItem {
  /** Stable while the line lives. */
  id: string;
  variantId: string;
  sku: string;
  title: string;
  variantTitle: string;
  slug: string;
  imageUrl: string | null;
  quantity: number;
  unitPrice: Money;
  total: Money;
  adjustments: Adjustment[];
  metadata: Record<string, unknown>;
}

/** A line of a cart, with all that explains its price. */
export interface CartItem extends LineItem {
  /** Promotions about this line that another one beat. */
  unapplied: UnappliedAdjustment[];
  price: PriceDetails;
  /** Whether a promotion gave it: it is in no cart, and cannot be changed. */
  isGift: boolean;
}

export interface Totals {
  subtotal: Money;
  discount: Money;
  shipping: Money;
  /** Contained in the prices where `taxIncluded`, added to them otherwise. */
  tax: Money;
  total: Money;
  taxIncluded: boolean;
}

/** Tax of one rate, as an invoice lists it. */
export interface TaxLine {
  label: string;
  /** Basis points, to the hundredth. */
  rateBps: number;
  /** What it is taken on. */
  net: Money;
  amount: Money;
}

/** What still blocks an order, and where. */
export interface Requirement {
  code: string;
  path: string;
}

/** What changed or is about to matter: stock, price. */
export interface Warning {
  code: string;
  path: string;
  message: string;
}

/** The priced cart that every cart request answers. */
export interface Cart {
  /** Null where the caller has no cart: then `version` is 0, and nothing is kept. */
  id: string | null;
  version: number;
  /** The secret that reaches this cart; only in the answer that made it. */
  token?: string;
  currency: string;
  country: string;
  email: string | null;
  shippingAddress: Address | null;
  billingAddress: Address | null;
  items: CartItem[];
  coupons: { code: string }[];
  shippingMethodId: string | null;
  /** A business's number, valid by its checksum. */
  vatId: string | null;
  /** Whether that business owes the tax itself, so that it pays net prices. */
  reverseCharge: boolean;
  channel: string;
  shipping: ShippingCharge | null;
  totals: Totals;
  taxLines: TaxLine[];
  promotions: PromotionOutcome[];
  /** What the goods lack of free shipping, where there is such a thing. */
  missingForFreeShipping: Money | null;
  requirements: Requirement[];
  warnings: Warning[];
}

/** What the shopper fills in beside the lines. */
export interface CartDetails {
  country: string;
  email: string | null;
  shippingAddress: Address | null;
  shippingMethodId: string | null;
}

/** What the shopper still has to do before the cart can become an order. */
export function cartRequirements(
  details: CartDetails,
  priced: { items: CartItem[]; requiresShipping: boolean },
): Requirement[] {
  const missing: Requirement[] = [];
  if (priced.items.length === 0) missing.push({ code: 'cart_empty', path: 'items' });
  if (!details.email) missing.push({ code: 'email_missing', path: 'email' });
  if (!details.shippingAddress) {
    // Needed even where nothing is sent: the country decides the tax.
    missing.push({ code: 'shipping_address_missing', path: 'shippingAddress' });
  } else if (details.shippingAddress.country !== details.country) {
    missing.push({ code: 'shipping_address_in_other_country', path: 'shippingAddress.country' });
  }
  if (priced.requiresShipping && !details.shippingMethodId) {
    missing.push({ code: 'shipping_method_missing', path: 'shippingMethodId' });
  }
  return missing;
}
