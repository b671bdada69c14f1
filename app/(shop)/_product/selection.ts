import type { Media, Product, Variant } from '@/commerce/catalog';

/** Whether another unit of it can be bought now. */
export function isBuyable(variant: Variant): boolean {
  return variant.stock.available > 0 || variant.stock.policy === 'continue';
}

/** What a page begins with: the first variant that can be bought, else the first. */
export function defaultVariant(product: Product): Variant | undefined {
  return product.variants.find(isBuyable) ?? product.variants[0];
}

/**
 * The variant after choosing `value` for `option`: the one that keeps the other choices where there is such a one, else
 * the one that keeps most of them, the buyable one among equals.
 */
export function choose(product: Product, from: Variant, option: string, value: string): Variant {
  let best = from;
  let bestScore = -1;
  for (const variant of product.variants) {
    if (variant.options[option] !== value) continue;
    const kept = product.options.filter((name) => variant.options[name] === from.options[name]).length;
    const score = kept * 2 + (isBuyable(variant) ? 1 : 0);
    if (score > bestScore) {
      best = variant;
      bestScore = score;
    }
  }
  return best;
}

export interface OptionValue {
  value: string;
  /** The picture of a variant that has it, where pictures differ by this option. */
  swatch: string | null;
  /** It cannot be bought together with the other choices. */
  soldOut: boolean;
}

/** The values of an option in the order of the variants. */
export function optionValues(product: Product, selected: Variant, option: string): OptionValue[] {
  const pictures = new Map(product.media.flatMap((media) => (media.variantId ? [[media.variantId, media.url]] : [])));
  const swatches = new Map<string, string>();
  for (const variant of product.variants) {
    const value = variant.options[option];
    const picture = pictures.get(variant.id);
    if (value !== undefined && picture && !swatches.has(value)) swatches.set(value, picture);
  }
  const values = [...new Set(product.variants.flatMap((variant) => variant.options[option] ?? []))];
  // Pictures that are the same for every value tell nothing about it.
  const telling = new Set(swatches.values()).size > 1;
  return values.map((value) => {
    const variant = choose(product, selected, option, value);
    return { value, swatch: telling ? (swatches.get(value) ?? null) : null, soldOut: !isBuyable(variant) };
  });
}

/** The pictures with those of the selected variant first; those of other variants stay, as others to look at. */
export function orderedMedia(media: readonly Media[], selected: Variant | undefined): Media[] {
  const rank = (picture: Media) => (picture.variantId === selected?.id ? 0 : picture.variantId === null ? 1 : 2);
  return media.toSorted((a, b) => rank(a) - rank(b));
}

/** Below this many, the page says how many are left. */
const FEW = 5;

/** How the stock of a variant is told, and whether it is good news. */
export function stockLine({ stock }: Variant): { text: string; tone: 'good' | 'few' | 'none' } {
  if (stock.available > FEW) return { text: 'In stock', tone: 'good' };
  if (stock.available > 0) return { text: `Only ${stock.available} left`, tone: 'few' };
  if (stock.policy === 'continue') return { text: 'Made to order', tone: 'good' };
  return { text: 'Sold out', tone: 'none' };
}
