import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { databaseFault } from '@/db/fault';
import { type CatalogChange, type FaultCode, type ProductFault, upsertProducts } from '@/db/products';
import { writeRegions } from '@/db/seed';
import { type Columns, type CurrencyOptions, type Field, resolveColumns } from './columns';
import { openCsv, readRows } from './csv';
import { type Fault, ImportRefused, ImportStopped } from './fault';
import { groupRows, surveyRows } from './groups';
import { type MappedProduct, mapProduct } from './product';
import { addFaults, type ImportReport } from './report';

export interface ImportOptions extends CurrencyOptions {
  file: string;
  /** The id of the location whose stock the file states; by default the shop's first. */
  location?: string | undefined;
  /** Says what would happen and writes nothing. */
  dryRun?: boolean;
}

export interface ImportDeps {
  db: Db;
  /** Told how far it has come: the file is read twice, to check it and to import it. */
  onProgress?: (progress: { phase: 'check' | 'import'; bytes: number; totalBytes: number; products: number }) => void;
  /** Told of every batch that was written. */
  onChange?: (change: CatalogChange) => Promise<void>;
  /** Waits before the database is asked again. */
  pause?: (milliseconds: number) => Promise<unknown>;
}

/** Written together, whichever is reached first: large enough to spend few round trips, small enough to hold. */
const BATCH_PRODUCTS = 50;
const BATCH_VARIANTS = 500;
const BATCH_CHARACTERS = 4_000_000;

/** From so many changed products on, what the planner remembers of the tables is refreshed. */
const ANALYZE_FROM_PRODUCTS = 500;

const RETRY_AFTER_MS = [500, 2_000, 5_000];

/**
 * Imports a Shopify product export. The file is read once to be checked as a whole: one that is damaged, wrongly encoded
 * or no such export is refused (`ImportRefused`) before anything is written. Then it is read again and written batch by
 * batch; every product is written whole or not at all, and one that is rejected hinders no other. Running it again
 * changes nothing, and completes a run that was cut off. Throws `ImportStopped` where the database stays away.
 */
export async function importProducts(options: ImportOptions, deps: ImportDeps): Promise<ImportReport> {
  const startedAt = performance.now();
  const file = await openCsv(options.file);
  const columns = resolveColumns(file.header, options);
  const report: ImportReport = {
    file: options.file,
    dryRun: options.dryRun ?? false,
    currency: options.currency,
    location: '',
    rows: 0,
    products: { created: 0, updated: 0, unchanged: 0, rejected: 0 },
    variants: 0,
    seconds: 0,
    faults: [],
    faultsOmitted: 0,
  };
  const progress = (phase: 'check' | 'import') => (bytes: number) => {
    const { created, updated, unchanged, rejected } = report.products;
    const products = created + updated + unchanged + rejected;
    deps.onProgress?.({ phase, bytes, totalBytes: file.bytes, products });
  };

  const layout = await surveyRows(readRows(file, progress('check')), columns);
  if (layout.rows === 0) throw new ImportRefused('file_empty', 'The file has a header but no products.');
  report.rows = layout.rows;
  const locationId = await requireLocation(deps.db, options.location, report.dryRun);
  report.location = locationId;

  const groups = groupRows(readRows(file, progress('import')), columns, layout);
  const mapOptions = { columns, locationId, decimalComma: file.delimiter === ';' };
  const writer = { columns, report, deps, dryRun: report.dryRun };
  let batch: MappedProduct[] = [];
  let size = 0;
  // While one batch is written the next is read, and never more than that.
  let writing: Promise<void> = Promise.resolve();
  const writeBatch = async () => {
    const ready = batch;
    batch = [];
    size = 0;
    await writing;
    writing = writeProducts(ready, writer);
    // It is awaited before the next; until then its failure is nobody's.
    writing.catch(() => {});
  };
  try {
    for await (const group of groups) {
      const mapped = mapProduct(group, mapOptions);
      addFaults(report, mapped.faults);
      if (mapped.input === null) {
        report.products.rejected += 1;
        continue;
      }
      batch.push(mapped);
      size += sizeOf(mapped);
      if (batch.length >= BATCH_PRODUCTS || size >= 1) await writeBatch();
    }
    await writeBatch();
  } finally {
    await writing;
  }
  const { created, updated } = report.products;
  // The shop's own queries need to know, too, what is in the tables now, and PGlite never finds out by itself.
  if (!report.dryRun && created + updated >= ANALYZE_FROM_PRODUCTS) await deps.db.execute(sql`analyze`);
  report.seconds = (performance.now() - startedAt) / 1000;
  return report;
}

/** The part of a batch that a product fills, by its variants or its text. */
function sizeOf({ input }: MappedProduct): number {
  if (!input) return 0;
  const characters = input.description.length + input.variants.length * 400 + input.media.length * 200;
  return Math.max(input.variants.length / BATCH_VARIANTS, characters / BATCH_CHARACTERS);
}

/**
 * The named location, or the first. A store that has none was never filled: it gets the locations, taxes and shipping
 * that the seed begins with, since without them nothing that is imported could be sold. Throws `location_unknown`.
 */
async function requireLocation(db: Db, wanted: string | undefined, dryRun: boolean): Promise<string> {
  const { rows } = await db.execute(sql`select id from locations order by priority`).catch((error: unknown) => {
    throw new ImportStopped(
      databaseFault(error)?.sqlState === '42P01'
        ? 'The database does not have the tables of the store yet. Migrate it first: npx tsx db/migrate.ts'
        : `The database does not answer (${messageOf(error)}). DATABASE_URL and NEON_FETCH_ENDPOINT say where it is.`,
      { cause: error },
    );
  });
  const ids = rows.map((row) => row.id as string);
  if (wanted !== undefined) {
    if (ids.includes(wanted)) return wanted;
    const known = ids.length > 0 ? `The shop has: ${ids.join(', ')}.` : 'The shop has none yet.';
    throw new ImportRefused('location_unknown', `There is no stock location "${wanted}". ${known}`);
  }
  if (ids[0] !== undefined) return ids[0];
  if (dryRun)
    throw new ImportRefused('location_unknown', 'The shop has no stock location yet, so nothing can be tried.');
  const { rowCount } = await db.execute(sql`select from tax_zones limit 1`);
  if (rowCount > 0) throw new ImportRefused('location_unknown', 'The shop has no stock location. Add one first.');
  await writeRegions(db);
  return requireLocation(db, undefined, true);
}

interface Writer {
  columns: Columns;
  report: ImportReport;
  deps: ImportDeps;
  dryRun: boolean;
}

/** Writes a batch; where the database refuses it, each product by itself, so that only the faulty one is rejected. */
async function writeProducts(batch: MappedProduct[], writer: Writer): Promise<void> {
  if (batch.length === 0) return;
  const { report, deps, dryRun } = writer;
  const inputs = batch.flatMap(({ input }) => (input ? [input] : []));
  const newCollections = batch.flatMap(({ collections }) => collections);
  for (let attempt = 0; ; attempt += 1) {
    try {
      const result = await upsertProducts(deps.db, inputs, { newCollections, dryRun });
      record(batch, result, writer);
      if (!dryRun && result.change.slugs.length > 0) await deps.onChange?.(result.change);
      return;
    } catch (error) {
      if (isAboutData(error)) {
        const [only] = batch;
        if (batch.length > 1 || !only) for (const product of batch) await writeProducts([product], writer);
        else reject(only, error as Error, report);
        return;
      }
      const milliseconds = RETRY_AFTER_MS[attempt];
      if (milliseconds === undefined) {
        const done = report.products.created + report.products.updated + report.products.unchanged;
        throw new ImportStopped(
          `The database stopped answering after ${done} products (${messageOf(error)}). What was written stays; run the import again to complete it.`,
          { cause: error },
        );
      }
      await (deps.pause ?? sleep)(milliseconds);
    }
  }
}

function record(
  batch: MappedProduct[],
  result: Awaited<ReturnType<typeof upsertProducts>>,
  { columns, report }: Writer,
): void {
  const bySlug = new Map(batch.map((product) => [product.input?.slug ?? '', product]));
  const toFault = (severity: Fault['severity']) => (fault: ProductFault) => {
    const lines = bySlug.get(fault.slug)?.variantLines ?? [];
    const column = columns.header[columns.indexes[FIELD_OF_FAULT[fault.code]] ?? -1] ?? '';
    const line = lines[fault.variantIndex ?? 0] ?? 0;
    return { severity, line, column, handle: fault.slug, code: fault.code, message: fault.message };
  };
  const { products } = report;
  products.created += result.created.length;
  products.updated += result.updated.length;
  products.unchanged += result.unchanged.length;
  products.rejected += result.rejected.length;
  for (const slug of [...result.created, ...result.updated, ...result.unchanged]) {
    report.variants += bySlug.get(slug)?.input?.variants.length ?? 0;
  }
  addFaults(report, [...result.rejected.map(toFault('error')), ...result.warnings.map(toFault('warning'))]);
}

/** The column that a fault which only the database could see is about. */
const FIELD_OF_FAULT: Record<FaultCode, Field> = {
  slug_repeated: 'handle',
  variants_missing: 'handle',
  options_mismatch: 'option1Value',
  options_repeated: 'option1Value',
  sku_repeated: 'sku',
  sku_taken: 'sku',
  media_repeated: 'imageUrl',
  collection_unknown: 'collection',
  location_unknown: 'quantity',
  stock_clamped: 'quantity',
  variant_retired: 'handle',
};

function reject({ input, variantLines }: MappedProduct, error: Error, report: ImportReport): void {
  report.products.rejected += 1;
  const message = `The database refused it: ${messageOf(error)}.`;
  const fault = { line: variantLines[0] ?? 0, column: '', handle: input?.slug ?? '', code: 'refused', message };
  addFaults(report, [{ severity: 'error', ...fault }]);
}

/** Whether the database refused what it was given (SQLSTATE classes 22, 23 and 54), rather than failed to answer. */
function isAboutData(error: unknown): boolean {
  return /^(22|23|54)/.test(databaseFault(error)?.sqlState ?? '');
}

function messageOf(error: unknown): string {
  const message = databaseFault(error)?.message ?? (error instanceof Error ? error.message : String(error));
  return message.slice(0, 300).replace(/\.$/, '');
}
