/** What the rows of one product mean. */
import type { MediaInput, ProductInput, VariantInput } from '@/db/products';
import type { Columns, Field } from './columns';
import type { CsvRow } from './csv';
import type { Fault } from './fault';
import type { RowGroup } from './groups';
import { sanitizeBody } from './html';
import { parsePrice } from './price';
import { slugify } from './slug';

export interface MappedProduct {
  /** Null where a fault turned the product away. */
  input: ProductInput | null;
  collections: { slug: string; title: string }[];
  faults: Fault[];
  /** The line of each variant, for faults that show only when it is written. */
  variantLines: number[];
}

export interface MapOptions {
  columns: Columns;
  locationId: string;
  /** Whether prices are written `19,90`: in files with semicolons, as some countries' spreadsheets save them. */
  decimalComma: boolean;
}

/** More faults of one product are counted in one. */
const MAX_FAULTS = 20;

const MAX_LENGTH: Partial<Record<Field, number>> = {
  body: 500_000,
  tags: 20_000,
  imageUrl: 2_048,
  variantImage: 2_048,
  imageAlt: 1_000,
  seoDescription: 5_000,
};
const MAX_LENGTH_OTHERWISE = 255;
const MAX_QUANTITY = 1_000_000_000;

/** Columns that end up as text before people; a spreadsheet would run what looks like a formula in them. */
const TEXT_FIELDS: ReadonlySet<Field> = new Set<Field>([
  ...(['handle', 'title', 'body', 'vendor', 'type', 'tags', 'collection', 'sku', 'barcode', 'imageAlt'] as const),
  ...(['option1Name', 'option1Value', 'option2Name', 'option2Value', 'option3Name', 'option3Value'] as const),
  ...(['seoTitle', 'seoDescription'] as const),
]);

const OPTION_FIELDS = [
  ['option1Name', 'option1Value'],
  ['option2Name', 'option2Value'],
  ['option3Name', 'option3Value'],
] as const;

/** Reads a product from its rows, or says row by row and column by column why it is none. */
export function mapProduct(group: RowGroup, options: MapOptions): MappedProduct {
  const { columns } = options;
  const notes = new Notes(group.handle, columns);
  const [first] = group.rows;
  const nothing = { input: null, collections: [], variantLines: [] };
  if (group.fault) {
    notes.error(group.fault.line, 'handle', group.fault.code, group.fault.message);
    return { ...nothing, faults: notes.all() };
  }
  if (!first) return { ...nothing, faults: [] };

  const rows = group.rows.map((row) => readCells(row, columns, notes));
  const head = rows[0] ?? new Cells(first, columns);
  if (group.handle === '') {
    for (const row of rows) notes.error(row.line, 'handle', 'value_missing', 'Every row needs a handle.');
  }
  if (notes.failed) return { ...nothing, faults: notes.all() };

  const title = head.text('title');
  if (title === '') notes.error(head.line, 'title', 'value_missing', "A product's first row needs a title.");
  if (group.slug !== group.handle) {
    notes.warn(head.line, 'handle', 'handle_changed', `Its address in the shop is "${group.slug}".`);
  }
  const optionNames = readOptionNames(head, notes);
  const variantRows = rows.filter((row, index) => index === 0 || isVariantRow(row));
  const variants = variantRows.map((row) => readVariant(row, optionNames, notes, options));
  requireDistinct(variantRows, variants, notes);
  const collections = readCollections(head);
  const input: ProductInput = {
    slug: group.slug,
    title,
    description: sanitizeBody(head.text('body')),
    vendor: head.text('vendor'),
    type: head.text('type'),
    tags: readTags(head, notes),
    status: readStatus(head, notes),
    seo: { title: head.text('seoTitle') || null, description: head.text('seoDescription') || null },
    options: optionNames.map(({ name }) => name),
    collections: collections.map((collection) => collection.slug),
    media: readMedia(rows, variantRows, notes),
    variants,
  };
  return {
    input: notes.failed ? null : input,
    collections,
    faults: notes.all(),
    variantLines: variantRows.map((row) => row.line),
  };
}

// ---------------------------------------------------------------- cells

/** One row, its cells by field, trimmed; a column that the file does not have is empty. */
class Cells {
  readonly line: number;
  readonly #cells: string[];
  readonly #columns: Columns;

  constructor(row: CsvRow, columns: Columns) {
    this.line = row.line;
    this.#cells = row.cells;
    this.#columns = columns;
  }

  text(field: Field): string {
    return this.at(this.#columns.indexes[field]);
  }

  at(index: number | null | undefined): string {
    return this.#cells[index ?? -1]?.trim() ?? '';
  }

  has(field: Field): boolean {
    return this.#columns.indexes[field] !== undefined;
  }
}

/** What holds for every cell that is read, whatever its column. */
function readCells(row: CsvRow, columns: Columns, notes: Notes): Cells {
  const cells = new Cells(row, columns);
  const { length } = row.cells;
  if (length !== columns.header.length) {
    const message = `The row has ${length} cells, the header ${columns.header.length}.`;
    notes.error(row.line, '', 'cells_mismatch', message);
    return cells;
  }
  for (const field of Object.keys(columns.indexes) as Field[]) {
    const text = cells.text(field);
    if (text === '') continue;
    const limit = MAX_LENGTH[field] ?? MAX_LENGTH_OTHERWISE;
    if (text.length > limit) {
      notes.error(row.line, field, 'value_too_long', `It has ${text.length} characters; at most ${limit} are taken.`);
    }
    if (text.includes('\0')) notes.error(row.line, field, 'value_malformed', 'It has a NUL character in it.');
    if (TEXT_FIELDS.has(field) && isFormula(text)) {
      notes.error(row.line, field, 'formula', 'It looks like a formula, which a spreadsheet would run.');
    }
  }
  return cells;
}

/** `=…` always; `+`, `-` and `@` only before a call or a DDE link, for `-20 %` and `@home` are texts as well. */
function isFormula(text: string): boolean {
  return text.startsWith('=') || (/^[+\-@]/.test(text) && /^[+\-@][\s\w.+*/-]*(\w\(|\|.*!)/.test(text));
}

// ---------------------------------------------------------------- the product

interface OptionName {
  name: string;
  valueField: Field;
}

/** None where the product comes in one form, which Shopify writes as `Title: Default Title`. */
function readOptionNames(head: Cells, notes: Notes): OptionName[] {
  if (head.text('option1Name') === 'Title' && head.text('option1Value') === 'Default Title') return [];
  const names: OptionName[] = [];
  for (const [nameField, valueField] of OPTION_FIELDS) {
    const name = head.text(nameField);
    if (name === '') {
      if (head.text(valueField) !== '') notes.error(head.line, nameField, 'value_missing', 'This option has no name.');
    } else if (names.some((other) => other.name === name)) {
      notes.error(head.line, nameField, 'option_repeated', `There are two options called "${name}".`);
    } else {
      names.push({ name, valueField });
    }
  }
  return names;
}

function readTags(head: Cells, notes: Notes): string[] {
  const tags = head
    .text('tags')
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
  if (tags.some((tag) => tag.length > MAX_LENGTH_OTHERWISE)) {
    notes.error(head.line, 'tags', 'value_too_long', `A tag has more than ${MAX_LENGTH_OTHERWISE} characters.`);
  }
  return [...new Set(tags)];
}

function readStatus(head: Cells, notes: Notes): ProductInput['status'] {
  if (readBoolean(head, 'giftCard', false, notes)) {
    notes.warn(head.line, 'giftCard', 'gift_card', 'Gift cards are not sold here: it is imported as a draft.');
    return 'draft';
  }
  const published = readBoolean(head, 'published', true, notes);
  const status = head.text('status').toLowerCase();
  switch (status) {
    case '':
    case 'active':
      return published ? 'active' : 'draft';
    case 'draft':
    case 'archived':
      return status;
    case 'unlisted':
      notes.warn(head.line, 'status', 'status_changed', 'An unlisted product is imported as a draft.');
      return 'draft';
    default:
      notes.error(head.line, 'status', 'value_malformed', 'A status is active, draft or archived.');
      return 'draft';
  }
}

/** The collection and the type of a product are both collections here. */
function readCollections(head: Cells): { slug: string; title: string }[] {
  const titles = [head.text('collection'), head.text('type')].filter(Boolean);
  const bySlug = new Map(titles.toReversed().map((title) => [slugify(title), title]));
  return [...bySlug].map(([slug, title]) => ({ slug, title })).toReversed();
}

// ---------------------------------------------------------------- variants

/** A row may also only carry one more picture. */
function isVariantRow(row: Cells): boolean {
  return (['option1Value', 'sku', 'price'] as const).some((field) => row.text(field) !== '');
}

function readVariant(row: Cells, optionNames: OptionName[], notes: Notes, options: MapOptions): VariantInput {
  const values: Record<string, string> = {};
  for (const { name, valueField } of optionNames) {
    const value = row.text(valueField);
    if (value === '') notes.error(row.line, valueField, 'value_missing', `This variant has no value for "${name}".`);
    // Defined, not assigned: an option may be called `__proto__`.
    Object.defineProperty(values, name, { value, enumerable: true });
  }
  const tracked = !row.has('tracker') || row.text('tracker') !== '';
  return {
    sku: unquoted(row.text('sku')) || null,
    barcode: unquoted(row.text('barcode')) || null,
    options: values,
    weightGrams: readGrams(row, notes),
    taxClass: readBoolean(row, 'taxable', true, notes) ? 'standard' : 'exempt',
    // Stock without a tracker is counted by nobody, so it cannot run out.
    stockPolicy: tracked ? readPolicy(row, notes) : 'continue',
    requiresShipping: readBoolean(row, 'requiresShipping', true, notes),
    prices: readPrices(row, notes, options),
    stock: row.has('quantity') ? { [options.locationId]: readQuantity(row, notes) } : {},
  };
}

/** Spreadsheets put an apostrophe before digits that must stay text. */
function unquoted(text: string): string {
  return text.replace(/^'/, '');
}

function readGrams(row: Cells, notes: Notes): number {
  const text = row.text('grams') || '0';
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.round(Number(text));
  notes.error(row.line, 'grams', 'value_malformed', 'A weight is a number of grams, such as 250.');
  return 0;
}

function readPolicy(row: Cells, notes: Notes): VariantInput['stockPolicy'] {
  const text = row.text('policy').toLowerCase() || 'deny';
  if (text === 'deny' || text === 'continue') return text;
  notes.error(row.line, 'policy', 'value_malformed', 'The policy is deny or continue.');
  return 'deny';
}

function readQuantity(row: Cells, notes: Notes): number {
  const text = row.text('quantity') || '0';
  const quantity = Number(text);
  if (!/^-?\d{1,12}$/.test(text) || Math.abs(quantity) > MAX_QUANTITY) {
    notes.error(row.line, 'quantity', 'value_malformed', 'A quantity is a whole number, such as 12.');
    return 0;
  }
  if (quantity >= 0) return quantity;
  notes.warn(row.line, 'quantity', 'stock_negative', `The stock is ${quantity}, which becomes 0.`);
  return 0;
}

function readPrices(row: Cells, notes: Notes, { columns, decimalComma }: MapOptions): VariantInput['prices'] {
  const prices: VariantInput['prices'] = {};
  for (const [index, { currency, ...at }] of columns.prices.entries()) {
    const text = row.at(at.price);
    if (text === '') {
      // A market without a price of its own sells at one that Shopify converts, which the file does not tell.
      if (index === 0) notes.error(row.line, at.price, 'value_missing', 'This variant has no price.');
      continue;
    }
    const price = parsePrice(text, currency, decimalComma);
    if (!('amountMinor' in price)) {
      notes.error(row.line, at.price, price.code, price.message);
      continue;
    }
    const { amountMinor } = price;
    prices[currency] = { amountMinor, compareAtMinor: null };
    const compareText = row.at(at.compareAt);
    if (compareText === '' || at.compareAt === null) continue;
    const compareAt = parsePrice(compareText, currency, decimalComma);
    if (!('amountMinor' in compareAt)) notes.error(row.line, at.compareAt, compareAt.code, compareAt.message);
    else if (compareAt.amountMinor > amountMinor) prices[currency].compareAtMinor = compareAt.amountMinor;
    // Shopify writes 0 for none.
    else if (compareAt.amountMinor > 0) {
      const message = 'It is not above the price, so it is left out.';
      notes.warn(row.line, at.compareAt, 'compare_at_dropped', message);
    }
  }
  return prices;
}

function readBoolean(row: Cells, field: Field, otherwise: boolean, notes: Notes): boolean {
  const text = row.text(field).toLowerCase();
  if (text === '') return otherwise;
  if (text === 'true' || text === 'false') return text === 'true';
  notes.error(row.line, field, 'value_malformed', 'It is either true or false.');
  return otherwise;
}

/** Found here rather than by the database, which could not say the line. */
function requireDistinct(rows: Cells[], variants: VariantInput[], notes: Notes): void {
  const seen = new Map<string, number>();
  for (const [index, { options }] of variants.entries()) {
    const row = rows[index];
    const values = JSON.stringify(Object.values(options));
    const before = seen.get(values);
    if (row && before !== undefined) {
      const message = `The variant of line ${before} has the same option values.`;
      notes.error(row.line, 'option1Value', 'options_repeated', message);
    } else if (row) {
      seen.set(values, row.line);
    }
  }
}

// ---------------------------------------------------------------- pictures

function readMedia(rows: Cells[], variantRows: Cells[], notes: Notes): MediaInput[] {
  const found = new Map<string, { alt: string; position: number; variants: number[] }>();
  for (const row of rows) {
    const url = readUrl(row, 'imageUrl', notes);
    if (url === null || found.has(url)) continue;
    const place = row.text('imagePosition');
    const position = /^\d{1,6}$/.test(place) ? Number(place) : Number.POSITIVE_INFINITY;
    found.set(url, { alt: row.text('imageAlt'), position, variants: [] });
  }
  for (const [index, row] of variantRows.entries()) {
    const url = readUrl(row, 'variantImage', notes);
    if (url === null) continue;
    const media = found.get(url) ?? { alt: '', position: Number.POSITIVE_INFINITY, variants: [] };
    found.set(url, media);
    media.variants.push(index);
  }
  return (
    [...found]
      // Stable, so that those without a position keep the order of the file.
      .toSorted(([, a], [, b]) => (a.position === b.position ? 0 : a.position - b.position))
      .map(([url, { alt, variants }]) => {
        // One that several variants share shows the product, rather than one of them.
        return { url, alt, variantIndex: variants.length === 1 ? (variants[0] ?? null) : null };
      })
  );
}

function readUrl(row: Cells, field: Field, notes: Notes): string | null {
  const text = row.text(field);
  if (text === '') return null;
  const url = text.startsWith('//') ? `https:${text}` : text;
  if (URL.canParse(url) && /^https?:\/\/[^\s<>"]+$/i.test(url)) return url;
  notes.error(row.line, field, 'value_malformed', 'The address of a picture begins with https:// or http://.');
  return null;
}

// ---------------------------------------------------------------- faults

class Notes {
  readonly #faults: Fault[] = [];
  readonly #handle: string;
  readonly #columns: Columns;
  failed = false;
  #left = 0;

  constructor(handle: string, columns: Columns) {
    this.#handle = handle;
    this.#columns = columns;
  }

  error(line: number, at: Field | number | '', code: string, message: string): void {
    this.failed = true;
    this.#add('error', line, at, code, message);
  }

  warn(line: number, at: Field | number | '', code: string, message: string): void {
    this.#add('warning', line, at, code, message);
  }

  all(): Fault[] {
    if (this.#left === 0) return this.#faults;
    const line = this.#faults.at(-1)?.line ?? 0;
    const message = `${this.#left} more faults of this product are not listed.`;
    const severity = this.failed ? 'error' : 'warning';
    return [...this.#faults, { severity, line, column: '', handle: this.#handle, code: 'faults_omitted', message }];
  }

  #add(severity: Fault['severity'], line: number, at: Field | number | '', code: string, message: string): void {
    if (this.#faults.length >= MAX_FAULTS) {
      this.#left += 1;
      return;
    }
    const index = typeof at === 'number' ? at : at === '' ? undefined : this.#columns.indexes[at];
    const column = this.#columns.header[index ?? -1] ?? '';
    this.#faults.push({ severity, line, column, handle: this.#handle.slice(0, 255), code, message });
  }
}
