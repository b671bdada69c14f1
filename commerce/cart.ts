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

/** The priced cart that every cart request answers. */
export interface Cart {
  id: string;
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
  /** What still blocks an order. */
  requirements: { code: string; path: string }[];
  /** What changed or is about to matter: stock, price. */
  warnings: { code: string; path: string; message: string }[];
}
