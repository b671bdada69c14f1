import { sql } from 'drizzle-orm';
import type { InputIssue } from '@/commerce/error';
import { chooseMarket } from '@/commerce/market';
import type { Db } from '@/db/client';
import { databaseFault } from '@/db/fault';
import { type RuleSet, writeRules } from '@/db/rules';
import { readVariants } from '@/edge/facts';
import { byPath, checkRules } from './check';
import { type Changes, changedSections, compareRules, isUnchanged } from './compare';
import { type JsonText, readJson } from './json';
import { previewRules, type Sample, type SamplePreview, variantsOf, withListPrices } from './preview';
import { resolveRules, toShopRules } from './resolve';
import { checkShape } from './shape';
import { type ReadShop, readShop } from './shop';

export interface LoadOptions {
  /** Says what would happen and writes nothing. */
  dryRun?: boolean;
  /** The text of a file with further samples: a rule file that has nothing else. */
  samples?: string | undefined;
}

export interface LoadReport {
  dryRun: boolean;
  /** Whether the shop has it now, also where it had it before. */
  accepted: boolean;
  /** By path, with the line of the file. Any means that nothing was loaded. */
  errors: LocatedIssue[];
  warnings: LocatedIssue[];
  /** Null where the file was refused. */
  changes: Changes | null;
  previews: SamplePreview[];
}

export interface LocatedIssue extends InputIssue {
  /** Counted from 1. */
  line: number;
}

/** Someone else may write what this refers to between our read and our write; more often than this is no accident. */
const MAX_ATTEMPTS = 3;

/** Unique, foreign key, check, deadlock, serialization: what a write that crossed another's path is answered. */
const CROSSED = new Set(['23505', '23503', '23514', '40P01', '40001']);

/**
 * Validates the text of a rule file, previews it on sample carts and, unless `dryRun`, loads it: all of it or nothing. A
 * file that the shop has already writes nothing. Throws what the database throws where it does not answer.
 */
export async function loadRules(text: string, { dryRun = false, samples }: LoadOptions, db: Db): Promise<LoadReport> {
  const report: LoadReport = { dryRun, accepted: false, errors: [], warnings: [], changes: null, previews: [] };
  const file = readJson(text);
  const more = samples === undefined ? null : readJson(samples);
  const unreadable = [file, more].find((json) => json !== null && json.issues.length > 0);
  if (unreadable) return { ...report, errors: located(unreadable.issues, unreadable) };
  const value = more ? withSamples(file.value, more.value) : file.value;

  for (let attempt = 1; ; attempt += 1) {
    const shop = await readShop(db, checkShape(value).file);
    const checked = checkRules(value, shop);
    const warnings = located(checked.warnings, file);
    if (!checked.file) return { ...report, errors: located(checked.errors, file), warnings };

    const set = resolveRules(checked.file, shop.catalog);
    const { previews, issues } = await preview(db, shop, set, checked.file.samples);
    const changes = compareRules(shop.set, set);
    const found = { ...report, warnings, previews, changes };
    if (issues.length > 0) return { ...found, errors: located(issues, file) };
    if (dryRun || isUnchanged(changes)) return { ...found, accepted: !dryRun };
    try {
      await writeRules(db, changedSections(set, changes));
      return { ...found, accepted: true };
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !CROSSED.has(databaseFault(error)?.sqlState ?? '')) throw error;
    }
  }
}

function located(issues: readonly InputIssue[], { lineOf }: JsonText): LocatedIssue[] {
  return byPath(issues).map((issue) => ({ ...issue, line: lineOf(issue.path) }));
}

/** The samples of the second file stand in place of the first one's. */
function withSamples(value: unknown, more: unknown): unknown {
  const samples = Array.isArray(more) ? more : (more as { samples?: unknown } | null)?.samples;
  return { ...(value as object), samples: samples ?? more };
}

async function preview(
  db: Db,
  shop: ReadShop,
  set: RuleSet,
  given: Sample[] | undefined,
): Promise<{ previews: SamplePreview[]; issues: InputIssue[] }> {
  const now = Date.now();
  const whole = { ...shop.set, ...set };
  const before = toShopRules(shop.set, shop.used);
  const after = toShopRules(whole, shop.used);
  const usual = given && given.length > 0 ? null : await usualSample(db, after);
  const samples = usual ? usual.samples : (given ?? []);
  const catalog = usual ? { skus: usual.skus } : shop.catalog;
  const variants = await readVariants(db, variantsOf(samples, [shop.set, whole], catalog));
  const { previews, issues } = previewRules(
    samples,
    { rules: before, variants },
    { rules: after, variants: withListPrices(variants, whole) },
    catalog,
    { now, ships: usual !== null },
  );
  // A shop that sells nothing yet may still be given rules.
  return usual
    ? { previews: previews.filter(({ before, after }) => before ?? after), issues: [] }
    : { previews, issues };
}

/** Three products of the shop, in its first market: what is shown where a file has no samples. */
async function usualSample(db: Db, rules: ReturnType<typeof toShopRules>) {
  const { currency, country } = chooseMarket(rules, {});
  const { rows } = await db.execute<{ id: string; sku: string; product: string }>(sql`
    select distinct on (p.created_at, p.id) v.id, v.sku, p.slug as product
    from products p join variants v on v.product_id = p.id
    where p.status = 'active' and exists (select from prices c where c.variant_id = v.id and c.currency = ${currency})
    order by p.created_at, p.id, v.position limit 3`);
  const sample: Sample = {
    name: 'Three products of the shop',
    currency,
    country,
    region: null,
    postalCode: null,
    channel: 'web',
    customerGroup: null,
    items: rows.map(({ sku }, index) => ({ sku, quantity: index + 1 })),
    coupons: [],
    shippingMethod: null,
    at: null,
  };
  const skus = new Map(rows.map(({ sku, ...variant }) => [sku, { ...variant, isSold: true }]));
  return { samples: rows.length > 0 ? [sample] : [], skus };
}
