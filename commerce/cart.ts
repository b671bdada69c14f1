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

/** Why a line's or an order's amount differs from quantity times price. `amount` is negative for a discount. */
export interface Adjustment {
  source: string;
  label: string;
  amount: Money;
}

export interface CartItem {
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
  /** Basis points. */
  rateBps: number;
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
  totals: Totals;
  taxLines: TaxLine[];
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
