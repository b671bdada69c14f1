import type { Columns } from './columns';
import type { CsvRow } from './csv';
import { slugify } from './slug';

/** The rows of one product. */
export interface RowGroup {
  /** As the file writes it. */
  handle: string;
  slug: string;
  rows: CsvRow[];
  /** Why it cannot be a product, whatever its rows say. */
  fault?: { line: number; code: string; message: string };
}

/** What a first pass has to know of a file, so that a second can group its rows while holding only a few. */
export interface Layout {
  rows: number;
  products: number;
  /** Handles whose rows do not all follow each other: how many runs they come in, and where the second begins. */
  scattered: Map<string, { runs: number; line: number }>;
  /** Handles that would get the address of another that came before, and its handle. */
  clashes: Map<string, string>;
}

/** Shopify allows 2,048 variants and 250 pictures; a product with more rows is not held in memory. */
const MAX_ROWS = 2_500;
/** Rows of scattered products that are held until their last run has come. */
const MAX_HELD_ROWS = 10_000;

/** Reads every row once, and so also finds every damage that refuses the file. */
export async function surveyRows(rows: AsyncIterable<CsvRow>, columns: Columns): Promise<Layout> {
  const layout: Layout = { rows: 0, products: 0, scattered: new Map(), clashes: new Map() };
  const handles = new Map<string, string>();
  let current = '';
  for await (const row of rows) {
    layout.rows += 1;
    const handle = handleOf(row, columns);
    if (handle === current) continue;
    current = handle;
    if (handle === '') continue;
    const slug = slugify(handle);
    const known = handles.get(slug);
    if (known === undefined) {
      handles.set(slug, handle);
      layout.products += 1;
    } else if (known !== handle) {
      layout.clashes.set(handle, known);
    } else {
      const scattered = layout.scattered.get(handle) ?? { runs: 1, line: row.line };
      layout.scattered.set(handle, { ...scattered, runs: scattered.runs + 1 });
    }
  }
  return layout;
}

/** The rows of each product together. A product in several runs comes when its last one ends. */
export async function* groupRows(
  rows: AsyncIterable<CsvRow>,
  columns: Columns,
  { scattered, clashes }: Layout,
): AsyncGenerator<RowGroup> {
  const held = new Map<string, { group: RowGroup; runs: number }>();
  let heldRows = 0;
  let run: RowGroup | null = null;

  const endRun = (ended: RowGroup): RowGroup | null => {
    const other = clashes.get(ended.handle);
    if (other !== undefined) {
      const message = `Its address "${ended.slug}" is that of "${other}" already.`;
      return { ...ended, fault: { line: ended.rows[0]?.line ?? 0, code: 'handle_repeated', message } };
    }
    const scatter = scattered.get(ended.handle);
    if (!scatter) return ended;
    const known = held.get(ended.handle) ?? { group: { ...ended, rows: [] }, runs: 0 };
    held.set(ended.handle, known);
    known.runs += 1;
    if (heldRows + ended.rows.length > MAX_HELD_ROWS && known.runs < scatter.runs) {
      const message = `Its rows do not follow each other (more come at line ${scatter.line}), as in too many other products of this file. Sort the file by handle.`;
      known.group.fault ??= { line: scatter.line, code: 'rows_scattered', message };
    }
    if (known.group.fault) {
      heldRows -= known.group.rows.length;
      known.group.rows = known.group.rows.slice(0, 0);
    } else {
      if (ended.fault) known.group.fault = ended.fault;
      known.group.rows.push(...ended.rows);
      heldRows += ended.rows.length;
    }
    if (known.runs < scatter.runs) return null;
    held.delete(ended.handle);
    heldRows -= known.group.rows.length;
    return known.group;
  };

  for await (const row of rows) {
    const handle = handleOf(row, columns);
    if (run && run.handle !== handle) {
      const group = endRun(run);
      if (group) yield group;
      run = null;
    }
    run ??= { handle, slug: slugify(handle), rows: [] };
    if (run.rows.length < MAX_ROWS) run.rows.push(row);
    else {
      const message = `It has more than ${MAX_ROWS} rows; Shopify allows 2048 variants.`;
      run.fault ??= { line: row.line, code: 'rows_too_many', message };
    }
  }
  if (run) {
    const group = endRun(run);
    if (group) yield group;
  }
}

function handleOf(row: CsvRow, { indexes }: Columns): string {
  return row.cells[indexes.handle ?? -1]?.trim() ?? '';
}
