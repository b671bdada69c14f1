import type { Money } from './money';
import type { PriceFacts } from './unit-price';

/** What a shopper sees of a variant, priced in one currency: what one unit costs everybody on the web. */
export interface Variant {
  id: string;
  sku: string;
  title: string;
  /** Option name to value: `{ Colour: "Indigo", Size: "M" }`. */
  options: Record<string, string>;
  price: Money;
  /** What the price is shown as reduced from. */
  compareAtPrice: Money | null;
  /** The lowest price of the 30 days before the reduction (Directive 98/6/EC, Art. 6a), as far as it is known. */
  lowestPriorPrice: Money | null;
  /** What a unit costs from higher quantities on, ascending; empty where that is always the same. */
  tiers: { minQuantity: number; unitPrice: Money }[];
  stock: Stock;
}

interface Stock {
  /** Units that can be sold now, over all locations. */
  available: number;
  /** What happens at zero: `deny` stops selling, `continue` goes on. */
  policy: 'deny' | 'continue';
}

export interface Media {
  id: string;
  url: string;
  alt: string;
  width: number | null;
  height: number | null;
  variantId: string | null;
}

export interface Collection {
  id: string;
  slug: string;
  title: string;
  description: string;
  imageUrl: string | null;
}

export interface Product {
  id: string;
  slug: string;
  title: string;
  /** Sanitised HTML. */
  description: string;
  vendor: string;
  type: string;
  tags: string[];
  seo: { title: string | null; description: string | null };
  /** The names its variants differ by, in order. */
  options: string[];
  collections: { id: string; slug: string; title: string }[];
  media: Media[];
  variants: Variant[];
}

/** A product with what its prices depend on, in every currency: what lies in KV. */
export interface ProductDocument extends Omit<Product, 'variants'> {
  variants: (Omit<Variant, 'price' | 'compareAtPrice' | 'lowestPriorPrice' | 'tiers'> &
    Pick<PriceFacts, 'prices' | 'listPrices' | 'priceHistory'>)[];
}

/** A page of a list. */
export interface ProductList {
  items: Product[];
  /** What asks for the next page; null on the last one. */
  nextCursor: string | null;
  /** How many there are on all pages; with `facets` only. */
  total?: number;
  facets?: Facets;
  /** What was searched for instead, where a word that nobody uses looked like a mistyped one. */
  correctedQuery?: string;
}

/** What the products of a list can be narrowed down by. Each count is what choosing that value would show. */
export interface Facets {
  collections: { slug: string; title: string; count: number }[];
  options: { name: string; values: { value: string; count: number }[] }[];
  /** The lowest and the highest price of a variant; null where there is none. */
  price: { min: Money; max: Money } | null;
  availability: { available: number; unavailable: number };
}
