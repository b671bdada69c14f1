import { ImportRefused } from './fault';

/**
 * What is read of an export, by the header that Shopify gives it; after it the headers of its newer template.
 * Upper and lower case are not told apart. Columns that are not here are ignored.
 */
const HEADERS = {
  handle: ['Handle', 'URL handle'],
  title: ['Title'],
  body: ['Body (HTML)', 'Description'],
  vendor: ['Vendor'],
  type: ['Type', 'Custom Product Type'],
  tags: ['Tags'],
  collection: ['Collection'],
  published: ['Published', 'Published on online store'],
  status: ['Status'],
  option1Name: ['Option1 Name'],
  option1Value: ['Option1 Value'],
  option2Name: ['Option2 Name'],
  option2Value: ['Option2 Value'],
  option3Name: ['Option3 Name'],
  option3Value: ['Option3 Value'],
  sku: ['Variant SKU', 'SKU'],
  barcode: ['Variant Barcode', 'Barcode'],
  grams: ['Variant Grams', 'Weight value (grams)'],
  tracker: ['Variant Inventory Tracker', 'Inventory tracker'],
  quantity: ['Variant Inventory Qty', 'Inventory quantity'],
  policy: ['Variant Inventory Policy', 'Continue selling when out of stock'],
  price: ['Variant Price', 'Price'],
  compareAt: ['Variant Compare At Price', 'Compare-at price'],
  requiresShipping: ['Variant Requires Shipping', 'Requires shipping'],
  taxable: ['Variant Taxable', 'Charge tax'],
  imageUrl: ['Image Src', 'Product image URL'],
  imagePosition: ['Image Position'],
  imageAlt: ['Image Alt Text'],
  variantImage: ['Variant Image', 'Variant image URL'],
  giftCard: ['Gift Card'],
  seoTitle: ['SEO Title'],
  seoDescription: ['SEO Description'],
} as const;

export type Field = keyof typeof HEADERS;

const REQUIRED: Field[] = ['handle', 'title', 'price'];

/** Where the price in one currency stands. */
interface PriceColumns {
  currency: string;
  price: number;
  compareAt: number | null;
}

export interface Columns {
  header: string[];
  /** The place of each field that the file has. */
  indexes: Partial<Record<Field, number>>;
  /** The first is that of the file's own currency. */
  prices: PriceColumns[];
}

export interface CurrencyOptions {
  /** ISO 4217: what `Variant Price` is in. */
  currency: string;
  /** Shopify's markets and the currency that each sells in: their columns are named `Price / <market>`. */
  markets: Record<string, string>;
}

/** How many of the columns that an import reads are in a header: what tells a delimiter from the wrong one. */
export function countKnown(header: string[]): number {
  const names = new Set(header.map(normalize));
  return Object.values(HEADERS).filter((aliases) => aliases.some((alias) => names.has(normalize(alias)))).length;
}

/** Finds the columns by their headers. Throws `columns_missing`, `column_repeated` or `market_unknown`. */
export function resolveColumns(header: string[], { currency, markets }: CurrencyOptions): Columns {
  const names = header.map(normalize);
  const find = (...aliases: string[]): number => {
    for (const alias of aliases) {
      const index = names.indexOf(normalize(alias));
      if (index < 0) continue;
      if (names.indexOf(normalize(alias), index + 1) < 0) return index;
      throw new ImportRefused('column_repeated', `The column "${alias}" is there twice; which one counts is unclear.`);
    }
    return -1;
  };

  const indexes: Partial<Record<Field, number>> = {};
  for (const [field, aliases] of Object.entries(HEADERS)) {
    const index = find(...aliases);
    if (index >= 0) indexes[field as Field] = index;
  }
  const missing = REQUIRED.filter((field) => indexes[field] === undefined);
  if (missing.length > 0) {
    const wanted = missing.map((field) => `"${HEADERS[field][0]}"`).join(', ');
    const shown = header.slice(0, 6).map((name) => `"${name.slice(0, 40)}"`);
    const more = header.length > 6 ? `, … (${header.length} in all)` : '';
    throw new ImportRefused(
      'columns_missing',
      `This is not a Shopify product export: the header lacks ${wanted}. It has ${shown.join(', ')}${more}.`,
    );
  }

  const prices: PriceColumns[] = [
    { currency, price: indexes.price ?? -1, compareAt: indexes.compareAt ?? null },
    ...Object.entries(markets).map(([market, marketCurrency]) => {
      const price = find(`Price / ${market}`);
      const compareAt = find(`Compare At Price / ${market}`, `Compare-at price / ${market}`);
      if (price >= 0) return { currency: marketCurrency, price, compareAt: compareAt >= 0 ? compareAt : null };
      throw new ImportRefused('market_unknown', `The file has no column "Price / ${market}".`);
    }),
  ];
  return { header, indexes, prices };
}

function normalize(name: string): string {
  return name.trim().toLowerCase().replaceAll(/\s+/g, ' ');
}
