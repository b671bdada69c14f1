import type { Money } from './money';

/** What a shopper sees of a variant, priced in one currency. */
export interface Variant {
  id: string;
  sku: string;
  title: string;
  /** Option name to value: `{ Colour: "Indigo", Size: "M" }`. */
  options: Record<string, string>;
  price: Money;
  compareAtPrice: Money | null;
  stock: Stock;
}

export interface Stock {
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
