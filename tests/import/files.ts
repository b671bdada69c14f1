import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A product's row by the headers of Shopify; what is left out is empty. */
export type Row = Record<string, string | number>;

/** A row that is good in itself, to be made bad one cell at a time. */
export const goodRow: Row = {
  Handle: 'shirt',
  Title: 'Shirt',
  'Body (HTML)': '<p>Linen</p>',
  Vendor: 'Mill',
  Type: 'Shirts',
  Tags: 'linen, summer',
  Published: 'true',
  'Option1 Name': 'Title',
  'Option1 Value': 'Default Title',
  'Variant SKU': '',
  'Variant Grams': 200,
  'Variant Inventory Tracker': 'shopify',
  'Variant Inventory Qty': 5,
  'Variant Inventory Policy': 'deny',
  'Variant Price': '19.90',
  'Variant Compare At Price': '',
  'Variant Requires Shipping': 'true',
  'Variant Taxable': 'true',
  'Variant Barcode': '',
  'Image Src': '',
  'Image Position': '',
  'Image Alt Text': '',
  'SEO Title': '',
  'SEO Description': '',
  'Variant Image': '',
};

/** CSV text of rows; the columns are all that any row has. */
export function toCsv(rows: Row[], { delimiter = ',', newline = '\n' } = {}): string {
  const header = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const quote = (cell: string | number) => {
    const text = String(cell);
    return /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [header, ...rows.map((row) => header.map((name) => row[name] ?? ''))];
  return lines.map((cells) => cells.map(quote).join(delimiter) + newline).join('');
}

/** A folder for a suite's files; `write` answers the path. */
export function fileFolder(): {
  path: string;
  write: (text: string | Buffer, name?: string) => string;
  remove: () => void;
} {
  const path = mkdtempSync(join(tmpdir(), 'selvedge-import-'));
  let count = 0;
  return {
    path,
    write(text, name = `export-${++count}.csv`) {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
