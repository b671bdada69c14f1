import type { MediaInput, ProductInput, VariantInput } from '@/db/products';
import { MATERIALS, type Material } from './materials';
import { type Currency, priceIn } from './prices';

/** A product as the mill's own list has it; `toProductInput` makes the rest of it. */
export interface SeedProduct {
  slug: string;
  title: string;
  type: string;
  vendor?: string;
  /** Slugs of collections, the most fitting first. */
  collections: string[];
  tags: string[];
  material: Material;
  /** What it is and what it is for, in a few sentences. */
  story: string;
  /** How it is made: weave, weight, width. */
  facts: string;
  /** The pictures of each colourway, in order; the first is what a card shows. */
  forms: [string, ...string[]];
  /** The weave that draws the pictures, and what all colourways have in common: `gauge=bold&finish=brushed`. */
  weave: string;
  yarn?: string;
  /** The colours of each colourway as a picture's address has them: `warp=navy.4-chalk.4&weft=…`. */
  colours: Record<string, string>;
  /** The second option: its name, and how many times the first price each value costs. */
  sizes?: { name: string; values: Record<string, number> };
  /** The price in euro cents of the first size. */
  eurMinor: number;
  /** Per cent off the price that it had before. */
  reducedBy?: number;
  /** Of the first size; the others weigh as many times as much as they cost. */
  weightGrams: number;
  taxClass?: 'standard' | 'reduced';
  /** `made_to_order` is never out of stock: the mill weaves it when it is bought. */
  supply?: 'stock' | 'made_to_order';
}

const CURRENCIES: Currency[] = ['EUR', 'USD', 'GBP', 'JPY'];

/** Where the goods are: what is sold leaves the mill first. */
export const LOCATIONS = [
  { id: 'mill', name: 'The mill, Kirkbeck', priority: 10 },
  { id: 'shop', name: 'The shop, Kirkbeck', priority: 20 },
] as const;

/** The whole product: a variant for every colour in every size, prices in every currency, pictures of every colour. */
export function toProductInput(product: SeedProduct): ProductInput {
  const { slug, title, colours, sizes } = product;
  const options = sizes ? ['Colour', sizes.name] : ['Colour'];
  const variants: VariantInput[] = [];
  const media: MediaInput[] = [];
  for (const [colour, order] of Object.entries(colours)) {
    const yarn = [order, product.yarn].filter(Boolean).join('&');
    for (const form of product.forms) {
      media.push({
        url: `/weave/${product.weave}/${form}.svg?${yarn}`,
        alt: `${title} in ${colour}${ALT[form] ?? ''}`,
        variantIndex: variants.length,
        width: 800,
        height: 1000,
      });
    }
    for (const [size, times] of Object.entries(sizes?.values ?? { '': 1 })) {
      variants.push({
        options: sizes ? { Colour: colour, [sizes.name]: size } : { Colour: colour },
        weightGrams: Math.round(product.weightGrams * times),
        taxClass: product.taxClass ?? 'standard',
        stockPolicy: product.supply === 'made_to_order' ? 'continue' : 'deny',
        requiresShipping: true,
        prices: Object.fromEntries(
          CURRENCIES.map((currency) => [currency, priceIn(currency, product.eurMinor * times, product.reducedBy)]),
        ),
        stock: stockOf(`${slug} ${colour} ${size}`, product.supply),
      });
    }
  }
  const { care, origin } = MATERIALS[product.material];
  return {
    slug,
    title,
    description: `<p>${product.story}</p>\n<p>${product.facts} ${origin}</p>\n<p>${care}</p>`,
    vendor: product.vendor ?? 'Selvedge Mill',
    type: product.type,
    tags: [...product.tags, product.material],
    status: 'active',
    seo: { title: `${title} | Selvedge`, description: firstSentence(product.story) },
    options,
    collections: product.collections,
    media,
    variants,
  };
}

const ALT: Record<string, string> = {
  detail: ', every thread of it from very near',
  swatch: ', a cutting with pinked edges',
  roll: ', on the roll',
  folded: ', folded',
  throw: ', over a rail',
  scarf: ', on a peg',
  curtain: ', hung on rings',
};

/** Mostly plenty, some of it low, some gone: what a shop that sells looks like. The same on every run. */
function stockOf(key: string, supply: SeedProduct['supply']): Record<string, number> {
  const draw = hash(key);
  if (supply === 'made_to_order') return { mill: draw % 3, shop: 0 };
  const kind = draw % 12;
  if (kind === 0) return { mill: 0, shop: 0 };
  if (kind <= 2) return { mill: (draw >>> 8) % 3, shop: 1 + ((draw >>> 12) % 3) };
  return { mill: 12 + ((draw >>> 8) % 90), shop: 2 + ((draw >>> 16) % 9) };
}

/** FNV-1a, with its bits mixed so that keys which differ in their last letter fall far apart. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  return (state ^ (state >>> 13)) >>> 0;
}

/** Stories are written so that their first sentence can stand alone. */
function firstSentence(story: string): string {
  return `${story.split(/(?<=\.)\s/)[0]}`;
}
