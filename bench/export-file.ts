import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

const HEADER =
  'Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card,SEO Title,SEO Description,Variant Image,Variant Weight Unit,Status';

const COLOURS = ['Indigo', 'Madder', 'Weld', 'Walnut', 'Undyed'];
const SIZES = ['S', 'M'];
const TYPES = ['Shirts', 'Blankets', 'Scarves', 'Throws', 'Cushions', 'Towels', 'Coats', 'Yardage'];
const WEAVES = ['plain', 'twill', 'herringbone', 'houndstooth', 'tartan', 'satin', 'waffle'];

/** Variants of each generated product: every colour in every size. */
export const VARIANTS_PER_PRODUCT = COLOURS.length * SIZES.length;

/** Writes a product export of so many variants, ten to a product, the same on every run. */
export async function writeExportFile(path: string, variants: number): Promise<void> {
  const file = createWriteStream(path);
  file.write(`${HEADER}\r\n`);
  for (let index = 0; index * VARIANTS_PER_PRODUCT < variants; index += 1) {
    if (!file.write(rowsOfProduct(index, Math.min(VARIANTS_PER_PRODUCT, variants - index * VARIANTS_PER_PRODUCT)))) {
      await new Promise<void>((resolve) => file.once('drain', () => resolve()));
    }
  }
  file.end();
  await finished(file);
}

function rowsOfProduct(index: number, variants: number): string {
  const type = TYPES[index % TYPES.length] ?? '';
  const weave = WEAVES[index % WEAVES.length] ?? '';
  const handle = `${weave}-${type.toLowerCase()}-${index}`;
  let rows = '';
  for (let variant = 0; variant < variants; variant += 1) {
    const colour = COLOURS[variant % COLOURS.length] ?? '';
    const size = SIZES[Math.floor(variant / COLOURS.length)] ?? '';
    const image = variant < COLOURS.length ? `https://img.example/${handle}/${colour.toLowerCase()}.jpg` : '';
    const head =
      variant === 0
        ? [
            `${weave} ${type} No. ${index}`,
            `"<p>Woven as ${weave}, ""slowly"", on a loom of 1938.</p>\n<ul>\n<li>Wool</li>\n<li>${index} g</li>\n</ul>"`,
            'Selvedge Mill',
            type,
            `"${weave}, wool, no-${index % 100}"`,
            'true',
            'Colour',
          ]
        : ['', '', '', '', '', '', ''];
    const cells = [
      ...[handle, ...head, colour, variant === 0 ? 'Size' : '', size, `G${index}-${variant}`, 250 + variant, 'shopify'],
      ...[(index * 7 + variant) % 40, 'deny', 'manual', `${20 + (index % 80)}.90`, index % 3 === 0 ? '120.00' : ''],
      ...['true', 'true', '', image, image ? variant + 1 : '', image ? `${weave} in ${colour}` : '', 'false'],
      ...[variant === 0 ? `${weave} ${type}` : '', '', '', 'g', 'active'],
    ];
    rows += `${cells.join(',')}\r\n`;
  }
  return rows;
}
