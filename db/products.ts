/**
 * Writes products, many at a time: what the seed and the import stand on.
 *
 * Two round trips whatever the number: one reads what is there, one writes the difference as a single atomic batch.
 * Between the two nothing is locked; if someone else wrote the same rows meanwhile, a constraint aborts the batch, and
 * it is planned again from what is there now.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from './client';
import { databaseFault } from './fault';
import { newId } from './ids';

/**
 * The whole of a product: what it does not name (a variant, a picture, a collection) is taken away. Only prices in
 * currencies and stock at locations that it does not name stay as they are.
 */
export interface ProductInput {
  /** Finds the product: lower-case ASCII letters, digits and single hyphens. */
  slug: string;
  title: string;
  /** HTML, sanitised already. */
  description: string;
  vendor: string;
  type: string;
  tags: string[];
  status: 'active' | 'draft' | 'archived';
  seo: { title: string | null; description: string | null };
  /** The names its variants differ by, in order; none for a product that comes in one form. */
  options: string[];
  /** Slugs. */
  collections: string[];
  /** In order; a URL at most once. */
  media: MediaInput[];
  /** In order; at least one. */
  variants: VariantInput[];
}

export interface MediaInput {
  url: string;
  alt: string;
  /** The place in `variants` of the one it shows. */
  variantIndex?: number | null;
  width?: number | null;
  height?: number | null;
}

export interface VariantInput {
  /** Unique in the shop. Without one it keeps the one it has, or gets one made of the slug and the option values. */
  sku?: string | null;
  barcode?: string | null;
  /** By default the option values, `Indigo / M`; empty for a product that comes in one form. */
  title?: string;
  /** A value for each of the product's options; they find the variant within its product. */
  options: Record<string, string>;
  weightGrams: number;
  taxClass: string;
  stockPolicy: 'deny' | 'continue';
  requiresShipping: boolean;
  /** By ISO 4217 code. */
  prices: Record<string, { amountMinor: number; compareAtMinor: number | null }>;
  /** Units in the building, by location id. */
  stock: Record<string, number>;
}

export interface CollectionInput {
  slug: string;
  title: string;
  description?: string;
  imageUrl?: string | null;
  position?: number;
}

/** Something about one product, or one of its variants, that its owner should know. */
export interface ProductFault {
  slug: string;
  /** The variant's place in the input; null where it is about the whole product. */
  variantIndex: number | null;
  code: FaultCode;
  message: string;
}

export type FaultCode =
  | 'slug_repeated'
  | 'variants_missing'
  | 'options_mismatch'
  | 'options_repeated'
  | 'sku_repeated'
  | 'sku_taken'
  | 'media_repeated'
  | 'collection_unknown'
  | 'location_unknown'
  | 'stock_clamped'
  | 'variant_retired';

/** What became of each product, by slug. A rejected one is as it was before. */
export interface UpsertResult {
  created: string[];
  updated: string[];
  unchanged: string[];
  rejected: ProductFault[];
  /** Written, but not quite as asked: stock kept at what orders hold, a variant kept because it was ordered. */
  warnings: ProductFault[];
  /** What the written message of the outbox says: whose copies, in KV and in pages, are old now. */
  change: CatalogChange;
}

export interface CatalogChange {
  /** Of the products created and updated. */
  slugs: string[];
  /** All of theirs, those that went included. */
  variantIds: string[];
}

export interface UpsertOptions {
  /** Collections that are made, in the same batch, where a written product names them and they do not exist. */
  newCollections?: Pick<CollectionInput, 'slug' | 'title'>[];
  /** Only says what would become of each product. */
  dryRun?: boolean;
}

/** Someone else may write the same rows between our read and our write; more often than this is no accident. */
const MAX_ATTEMPTS = 4;

/** Unique, foreign key, deadlock, serialization: what a write that crossed another's path is answered. */
const CROSSED = new Set(['23505', '23503', '40P01', '40001']);

/**
 * Creates or updates products, all that are accepted in one atomic batch together with one `catalog.changed` row of
 * the outbox. Ids of existing rows are kept: products are found by slug, variants by their options or else by SKU,
 * pictures by URL. Input that is there already is reported unchanged and writes nothing at all.
 *
 * A variant that the input no longer names is deleted, unless an order or a hold refers to it: then it is retired,
 * which means that it keeps its id and loses its prices and its free stock, so that nothing can sell it. It comes back
 * to life when a later input names its options again. Stock is never set below what orders hold.
 *
 * Faults of single products are in `rejected` and hinder no other. Throws what the database threw otherwise; then
 * nothing was written.
 */
export async function upsertProducts(
  db: Db,
  inputs: ProductInput[],
  { newCollections = [], dryRun = false }: UpsertOptions = {},
): Promise<UpsertResult> {
  for (let attempt = 1; ; attempt += 1) {
    const stored = await readStored(db, inputs);
    const plan = planWrites(inputs, stored, newCollections);
    if (dryRun || plan.created.length + plan.updated.length === 0) return resultOf(plan);
    try {
      return resultOf(plan, await write(db, plan));
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !CROSSED.has(databaseFault(error)?.sqlState ?? '')) throw error;
    }
  }
}

/** Creates or updates collections by slug, in one statement; what an input leaves out is set to its default. */
export async function upsertCollections(db: Db, inputs: CollectionInput[]): Promise<void> {
  if (inputs.length > 0) await db.execute(collectionsStatement(inputs));
}

/** The statement that creates or updates collections by slug, for a batch. */
export function collectionsStatement(inputs: CollectionInput[]): SQL {
  const rows = inputs.map(({ slug, title, description = '', imageUrl = null, position = 0 }) => {
    return { id: newId('coll'), slug, title, description, image_url: imageUrl, position };
  });
  return sql`
    insert into collections (id, slug, title, description, image_url, position)
    select id, slug, title, description, image_url, position
    from ${recordset(rows, 'id text, slug text, title text, description text, image_url text, position integer')}
    on conflict (slug) do update
      set title = excluded.title, description = excluded.description, image_url = excluded.image_url,
          position = excluded.position, updated_at = now()`;
}

// ---------------------------------------------------------------- what is there

interface StoredVariant {
  id: string;
  position: number;
  sku: string;
  barcode: string | null;
  title: string;
  options: Record<string, string>;
  weight_grams: number;
  tax_class: string;
  stock_policy: 'deny' | 'continue';
  requires_shipping: boolean;
  prices: Map<string, { amountMinor: number; compareAtMinor: number | null }>;
  stock: Map<string, { onHand: number; held: number }>;
}

interface StoredMedia {
  id: string;
  variant_id: string | null;
  position: number;
  url: string;
  alt: string;
  width: number | null;
  height: number | null;
}

interface StoredProduct {
  id: string;
  slug: string;
  title: string;
  description: string;
  vendor: string;
  type: string;
  tags: string[];
  status: string;
  seo_title: string | null;
  seo_description: string | null;
  options: string[];
  variants: StoredVariant[];
  media: StoredMedia[];
  /** Slug to id. */
  collections: Map<string, string>;
}

interface Stored {
  products: Map<string, StoredProduct>;
  /** The variant that has a SKU now. */
  skuOwners: Map<string, { variantId: string; slug: string }>;
  /** Slug to id. */
  collections: Map<string, string>;
  locations: Set<string>;
}

/**
 * Of tables that are just being filled the planner knows nothing: it takes our look-ups for so costly that it compiles
 * them first, which lasts forty times as long as running them.
 */
const NO_JIT = sql`set local jit = off`;

async function readStored(db: Db, inputs: ProductInput[]): Promise<Stored> {
  const slugs = textArray(inputs.map((input) => input.slug));
  const skus = inputs.flatMap((input) => input.variants.flatMap((variant) => skuCandidates(input, variant)));
  const collectionSlugs = inputs.flatMap((input) => input.collections);
  const locationIds = inputs.flatMap((input) => input.variants.flatMap((variant) => Object.keys(variant.stock)));

  const [, , products, owners, collections, locations] = await db.batch([
    // One snapshot for all: half of what another writer has just committed would look like someone else's variants.
    db.execute(sql`set transaction isolation level repeatable read, read only`),
    db.execute(NO_JIT),
    // Subqueries, not joins: they take the indexes whatever the planner knows of tables that are just being filled.
    db.execute<StoredRow>(sql`
      select p.id, p.slug, p.title, p.description, p.vendor, p.type, to_jsonb(p.tags) as tags, p.status,
        p.seo_title, p.seo_description,
        (select coalesce(jsonb_agg(o.name order by o.position), '[]')
         from product_options o where o.product_id = p.id) as options,
        (select coalesce(jsonb_agg(to_jsonb(v) || jsonb_build_object(
             'prices', (select coalesce(jsonb_object_agg(c.currency, jsonb_build_object(
                          'amountMinor', c.amount_minor, 'compareAtMinor', c.compare_at_minor)), '{}')
                        from prices c where c.variant_id = v.id),
             'stock', (select coalesce(jsonb_object_agg(s.location_id, jsonb_build_object(
                         'onHand', s.on_hand, 'held', s.held)), '{}')
                       from stock s where s.variant_id = v.id)) order by v.position, v.id), '[]')
         from variants v where v.product_id = p.id) as variants,
        (select coalesce(jsonb_agg(to_jsonb(m) order by m.position), '[]')
         from media m where m.product_id = p.id) as media,
        (select coalesce(jsonb_object_agg(
             (select slug from collections where id = pc.collection_id), pc.collection_id), '{}')
         from product_collections pc where pc.product_id = p.id) as collections
      from products p where p.slug = any(${slugs})`),
    db.execute<{ sku: string; id: string; slug: string }>(sql`
      select v.sku, v.id, (select slug from products where id = v.product_id) as slug
      from variants v where v.sku = any(${textArray(skus)})`),
    db.execute<{ id: string; slug: string }>(sql`
      select id, slug from collections where slug = any(${textArray(collectionSlugs)})`),
    db.execute<{ id: string }>(sql`select id from locations where id = any(${textArray(locationIds)})`),
  ]);
  return {
    products: new Map(products.rows.map((row) => [row.slug, toStored(row)])),
    skuOwners: new Map(owners.rows.map(({ sku, id, slug }) => [sku, { variantId: id, slug }])),
    collections: new Map(collections.rows.map(({ slug, id }) => [slug, id])),
    locations: new Set(locations.rows.map(({ id }) => id)),
  };
}

type Row = Record<string, unknown>;

/** A product as JSON brings it. */
interface StoredRow extends Omit<StoredProduct, 'variants' | 'collections'>, Row {
  variants: (Omit<StoredVariant, 'prices' | 'stock'> & { prices: Row; stock: Row })[];
  collections: Record<string, string>;
}

function toStored({ variants, collections, ...row }: StoredRow): StoredProduct {
  return {
    ...row,
    variants: variants.map(({ prices, stock, ...variant }) => ({
      ...variant,
      prices: new Map(Object.entries(prices)) as StoredVariant['prices'],
      stock: new Map(Object.entries(stock)) as StoredVariant['stock'],
    })),
    collections: new Map(Object.entries(collections)),
  };
}

// ---------------------------------------------------------------- what to write

interface Plan {
  created: string[];
  updated: string[];
  unchanged: string[];
  rejected: ProductFault[];
  warnings: ProductFault[];
  collections: Row[];
  products: Row[];
  /** Products whose option names are written anew. */
  optionsOf: string[];
  options: Row[];
  /** Variants that the input no longer names: deleted where nothing refers to them, else retired. */
  gone: { id: string; slug: string; title: string; sku: string }[];
  /** Variants whose SKU another variant takes over in this very batch. */
  parked: string[];
  variants: Row[];
  prices: Row[];
  stock: Row[];
  mediaGone: string[];
  media: Row[];
  membershipsGone: Row[];
  memberships: Row[];
  /** To tell, for a variant id, whose it is. */
  places: Map<string, { slug: string; variantIndex: number }>;
}

interface PlannedVariant {
  id: string;
  index: number;
  input: VariantInput;
  sku: string;
  stored: StoredVariant | null;
}

interface PlannedProduct {
  input: ProductInput;
  stored: StoredProduct | null;
  variants: PlannedVariant[];
  gone: StoredVariant[];
}

function planWrites(
  inputs: ProductInput[],
  stored: Stored,
  newCollections: Pick<CollectionInput, 'slug' | 'title'>[],
): Plan {
  const plan: Plan = {
    created: [],
    updated: [],
    unchanged: [],
    rejected: [],
    warnings: [],
    collections: [],
    products: [],
    optionsOf: [],
    options: [],
    gone: [],
    parked: [],
    variants: [],
    prices: [],
    stock: [],
    mediaGone: [],
    media: [],
    membershipsGone: [],
    memberships: [],
    places: new Map(),
  };
  const creatable = new Map(newCollections.map((collection) => [collection.slug, collection.title]));
  const slugs = new Set<string>();
  let planned: PlannedProduct[] = [];
  for (const input of inputs) {
    const fault = faultOf(input, stored, creatable) ?? (slugs.has(input.slug) ? repeatedSlug(input) : null);
    if (fault) plan.rejected.push(fault);
    else planned.push(matchVariants(input, stored.products.get(input.slug) ?? null));
    slugs.add(input.slug);
  }
  // Who is turned away gives no SKU free, which may turn away another: until nobody is.
  for (let settled = false; !settled; ) {
    const faults = assignSkus(planned, stored);
    plan.rejected.push(...faults);
    const turnedAway = new Set(faults.map((fault) => fault.slug));
    planned = planned.filter((product) => !turnedAway.has(product.input.slug));
    settled = faults.length === 0;
  }
  const wantedSkus = new Set(planned.flatMap((product) => product.variants.map((variant) => variant.sku)));
  const collectionIds = new Map(stored.collections);
  for (const product of planned) {
    for (const slug of product.input.collections) {
      if (collectionIds.has(slug)) continue;
      const id = newId('coll');
      collectionIds.set(slug, id);
      plan.collections.push({ id, slug, title: creatable.get(slug) });
    }
    planProduct(plan, product, collectionIds, wantedSkus);
  }
  return plan;
}

function faultOf(input: ProductInput, stored: Stored, creatable: Map<string, string>): ProductFault | null {
  const fault = (code: FaultCode, message: string, variantIndex: number | null = null) => {
    return { slug: input.slug, variantIndex, code, message };
  };
  if (input.variants.length === 0) return fault('variants_missing', 'A product needs at least one variant.');
  const keys = new Set<string>();
  for (const [index, variant] of input.variants.entries()) {
    const names = Object.keys(variant.options);
    if (names.length !== input.options.length || !input.options.every((name) => names.includes(name))) {
      const wanted = input.options.join(', ') || 'no options';
      return fault('options_mismatch', `This variant must have a value for each of: ${wanted}.`, index);
    }
    const key = optionsKey(variant.options);
    if (keys.has(key)) return fault('options_repeated', 'Another variant has the same option values.', index);
    keys.add(key);
    const unknown = Object.keys(variant.stock).find((id) => !stored.locations.has(id));
    if (unknown !== undefined) return fault('location_unknown', `There is no stock location "${unknown}".`, index);
  }
  if (new Set(input.media.map((media) => media.url)).size !== input.media.length) {
    return fault('media_repeated', 'One picture is listed twice.');
  }
  const unknown = input.collections.find((slug) => !stored.collections.has(slug) && !creatable.has(slug));
  return unknown === undefined ? null : fault('collection_unknown', `There is no collection "${unknown}".`);
}

function repeatedSlug(input: ProductInput): ProductFault {
  const message = 'Another product of this batch has the same slug.';
  return { slug: input.slug, variantIndex: null, code: 'slug_repeated', message };
}

/**
 * Finds for each variant the row that it is: by its options, else by its SKU, so that a renamed option value keeps the
 * id that carts and orders know.
 */
function matchVariants(input: ProductInput, stored: StoredProduct | null): PlannedProduct {
  const left = new Map((stored?.variants ?? []).map((variant) => [variant.id, variant]));
  const byOptions = new Map((stored?.variants ?? []).map((variant) => [optionsKey(variant.options), variant]));
  const bySku = new Map((stored?.variants ?? []).map((variant) => [variant.sku, variant]));
  const matches = input.variants.map((variant) => {
    const match = byOptions.get(optionsKey(variant.options)) ?? null;
    if (match) left.delete(match.id);
    return match;
  });
  const variants = input.variants.map((variant, index) => {
    let match = matches[index] ?? null;
    for (const sku of match ? [] : skuCandidates(input, variant)) {
      const candidate = bySku.get(sku);
      if (!candidate || !left.delete(candidate.id)) continue;
      match = candidate;
      break;
    }
    return { id: match?.id ?? newId('var'), index, input: variant, sku: '', stored: match };
  });
  return { input, stored, variants, gone: [...left.values()] };
}

/** Gives every variant its SKU and says which products cannot have theirs. */
function assignSkus(planned: PlannedProduct[], stored: Stored): ProductFault[] {
  // What each row of these products is going to be called, as far as it is asked for or stays.
  const released = new Set<string>();
  for (const { variants, gone } of planned) {
    for (const variant of gone) released.add(variant.id);
    for (const variant of variants) {
      if (variant.stored && knownSku(variant) !== variant.stored.sku) released.add(variant.id);
    }
  }
  const takers = new Map<string, string>();
  const faults: ProductFault[] = [];
  const isFree = (sku: string, variantId: string) => {
    const owner = stored.skuOwners.get(sku);
    return !takers.has(sku) && (!owner || owner.variantId === variantId || released.has(owner.variantId));
  };
  const settle = (product: PlannedProduct, variant: PlannedVariant, sku: string) => {
    const { slug } = product.input;
    if (!isFree(sku, variant.id)) {
      const code = takers.has(sku) ? 'sku_repeated' : 'sku_taken';
      const holder = takers.get(sku) ?? stored.skuOwners.get(sku)?.slug;
      const message = `The SKU "${sku}" belongs to ${holder === slug ? 'another variant' : `the product "${holder}"`}.`;
      faults.push({ slug, variantIndex: variant.index, code, message });
    }
    takers.set(sku, slug);
    variant.sku = sku;
  };
  // Those that were asked for or are in use come first; one that is made up gives way.
  for (const product of planned) {
    for (const variant of product.variants) {
      const known = knownSku(variant);
      if (known !== null) settle(product, variant, known);
    }
  }
  for (const product of planned) {
    for (const variant of product.variants) {
      if (knownSku(variant) !== null) continue;
      const candidates = skuCandidates(product.input, variant.input);
      settle(product, variant, candidates.find((sku) => isFree(sku, variant.id)) ?? candidates[0] ?? '');
    }
  }
  // One fault a product is enough to turn it away.
  return faults.filter((fault, index) => faults.findIndex((other) => other.slug === fault.slug) === index);
}

/** What it was asked to be called or is called already; a retired row that gave its SKU away has none. */
function knownSku({ input, stored }: PlannedVariant): string | null {
  if (input.sku) return input.sku;
  return stored && stored.sku !== stored.id ? stored.sku : null;
}

function planProduct(
  plan: Plan,
  { input, stored, variants, gone }: PlannedProduct,
  collectionIds: Map<string, string>,
  wantedSkus: Set<string>,
): void {
  const id = stored?.id ?? newId('prod');
  const { slug } = input;
  const before = writesIn(plan);

  const row = {
    id,
    slug,
    title: input.title,
    description: input.description,
    vendor: input.vendor,
    type: input.type,
    tags: input.tags,
    status: input.status,
    seo_title: input.seo.title,
    seo_description: input.seo.description,
  };
  const rowChanged = !stored || !sameJson(row, pick(stored, Object.keys(row)));

  if (!sameJson(input.options, stored?.options ?? [])) {
    plan.optionsOf.push(id);
    plan.options.push(...input.options.map((name, position) => ({ product_id: id, position, name })));
  }

  for (const variant of gone) {
    // Its SKU may go on to another variant; a row that orders keep alive is then known by its id.
    const sku = wantedSkus.has(variant.sku) ? variant.id : variant.sku;
    if (isRetired(variant) && sku === variant.sku) continue;
    plan.gone.push({ id: variant.id, slug, title: variant.title, sku });
  }
  for (const variant of variants) {
    planVariant(plan, id, slug, variant);
    if (variant.stored && variant.stored.sku !== variant.sku && wantedSkus.has(variant.stored.sku)) {
      plan.parked.push(variant.id);
    }
  }
  planMedia(plan, id, input, stored, variants);

  for (const [collection, collectionId] of stored?.collections ?? []) {
    if (input.collections.includes(collection)) continue;
    plan.membershipsGone.push({ product_id: id, collection_id: collectionId });
  }
  for (const collection of new Set(input.collections)) {
    if (stored?.collections.has(collection)) continue;
    const ordinal = plan.memberships.length;
    plan.memberships.push({ product_id: id, collection_id: collectionIds.get(collection), ordinal });
  }

  if (!rowChanged && writesIn(plan) === before) {
    plan.unchanged.push(slug);
    return;
  }
  // Also when only a variant differs: `updated_at` tells of the product as a whole.
  plan.products.push(row);
  (stored ? plan.updated : plan.created).push(slug);
}

function planVariant(plan: Plan, productId: string, slug: string, variant: PlannedVariant): void {
  const { id, index, input, sku, stored } = variant;
  plan.places.set(id, { slug, variantIndex: index });
  const row = {
    id,
    position: index,
    sku,
    barcode: input.barcode ?? null,
    title: input.title ?? Object.values(input.options).join(' / '),
    options: input.options,
    weight_grams: input.weightGrams,
    tax_class: input.taxClass,
    stock_policy: input.stockPolicy,
    requires_shipping: input.requiresShipping,
  };
  if (!stored || !sameJson(row, pick(stored, Object.keys(row)))) plan.variants.push({ product_id: productId, ...row });

  for (const [currency, { amountMinor, compareAtMinor }] of Object.entries(input.prices)) {
    const known = stored?.prices.get(currency);
    if (known?.amountMinor === amountMinor && known.compareAtMinor === compareAtMinor) continue;
    plan.prices.push({ variant_id: id, currency, amount_minor: amountMinor, compare_at_minor: compareAtMinor });
  }
  for (const [locationId, wanted] of Object.entries(input.stock)) {
    const known = stored?.stock.get(locationId);
    if (known && known.onHand === Math.max(wanted, known.held)) {
      if (wanted < known.held) plan.warnings.push(clamped(slug, index, wanted, known.held));
      continue;
    }
    plan.stock.push({ variant_id: id, location_id: locationId, on_hand: wanted });
  }
}

function planMedia(
  plan: Plan,
  productId: string,
  input: ProductInput,
  stored: StoredProduct | null,
  variants: PlannedVariant[],
): void {
  const left = new Map((stored?.media ?? []).map((media) => [media.url, media]));
  for (const [position, media] of input.media.entries()) {
    const known = left.get(media.url);
    left.delete(media.url);
    const row = {
      id: known?.id ?? newId('media'),
      variant_id: variants[media.variantIndex ?? -1]?.id ?? null,
      position,
      url: media.url,
      alt: media.alt,
      width: media.width ?? null,
      height: media.height ?? null,
    };
    if (!known || !sameJson(row, pick(known, Object.keys(row)))) plan.media.push({ product_id: productId, ...row });
  }
  plan.mediaGone.push(...[...left.values()].map((media) => media.id));
}

function writesIn(plan: Plan): number {
  const { optionsOf, gone, parked, variants, prices, stock, mediaGone, media, membershipsGone, memberships } = plan;
  const parts = [optionsOf, gone, parked, variants, prices, stock, mediaGone, media, membershipsGone, memberships];
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Whether it is already what retiring would make of it. */
function isRetired(variant: StoredVariant): boolean {
  const nothingFree = [...variant.stock.values()].every(({ onHand, held }) => onHand === held);
  return variant.prices.size === 0 && variant.stock_policy === 'deny' && nothingFree;
}

// ---------------------------------------------------------------- the write

interface Written {
  /** Those of `gone` that something refers to. */
  retired: string[];
  stock: { variant_id: string; location_id: string; on_hand: number }[];
}

/** One batch, one transaction: deletions first, so that what they free can be taken. */
async function write(db: Db, plan: Plan): Promise<Written> {
  const gone = textArray(plan.gone.map((variant) => variant.id));
  const statements: SQL[] = [];
  /** Adds a statement where it has something to do, and says where its result will be. */
  const add = (rows: unknown[], statement: SQL) => (rows.length > 0 ? statements.push(statement) - 1 : -1);

  add(
    plan.collections,
    sql`
      insert into collections (id, slug, title)
      select id, slug, title from ${recordset(plan.collections, 'id text, slug text, title text')}`,
  );
  add(
    plan.products,
    sql`
      insert into products (id, slug, title, description, vendor, type, tags, status, seo_title, seo_description)
      select id, slug, title, description, vendor, type, array(select jsonb_array_elements_text(tags)), status,
             seo_title, seo_description
      from ${recordset(
        plan.products,
        `id text, slug text, title text, description text, vendor text, type text, tags jsonb, status text,
         seo_title text, seo_description text`,
      )}
      order by id
      on conflict (id) do update
        set title = excluded.title, description = excluded.description, vendor = excluded.vendor,
            type = excluded.type, tags = excluded.tags, status = excluded.status, seo_title = excluded.seo_title,
            seo_description = excluded.seo_description, updated_at = now()`,
  );
  add(plan.optionsOf, sql`delete from product_options where product_id = any(${textArray(plan.optionsOf)})`);
  add(
    plan.options,
    sql`
      insert into product_options (product_id, position, name)
      select product_id, position, name
      from ${recordset(plan.options, 'product_id text, position integer, name text')}`,
  );

  add(
    plan.gone,
    sql`
      delete from variants where id = any(${gone})
        and not exists (select from order_lines l where l.variant_id = variants.id)
        and not exists (select from stock_holds h where h.variant_id = variants.id)`,
  );
  // What is left of them from here on is retired.
  add(plan.gone, sql`delete from prices where variant_id = any(${gone})`);
  add(
    plan.gone,
    sql`update stock set on_hand = held, updated_at = now() where variant_id = any(${gone}) and on_hand <> held`,
  );
  const retired = add(
    plan.gone,
    sql`
      update variants set stock_policy = 'deny', sku = r.sku, updated_at = now()
      from ${recordset(plan.gone, 'id text, sku text')} where variants.id = r.id
      returning variants.id`,
  );

  // A unique SKU is checked row by row: where two variants exchange theirs, both let go first.
  add(plan.parked, sql`update variants set sku = id where id = any(${textArray(plan.parked)})`);
  add(
    plan.variants,
    sql`
      insert into variants (id, product_id, position, sku, barcode, title, options, weight_grams, tax_class,
                            stock_policy, requires_shipping)
      select id, product_id, position, sku, barcode, title, options, weight_grams, tax_class,
             stock_policy, requires_shipping
      from ${recordset(
        plan.variants,
        `id text, product_id text, position integer, sku text, barcode text, title text, options jsonb,
         weight_grams integer, tax_class text, stock_policy text, requires_shipping boolean`,
      )}
      order by id
      on conflict (id) do update
        set position = excluded.position, sku = excluded.sku, barcode = excluded.barcode, title = excluded.title,
            options = excluded.options, weight_grams = excluded.weight_grams, tax_class = excluded.tax_class,
            stock_policy = excluded.stock_policy, requires_shipping = excluded.requires_shipping, updated_at = now()`,
  );
  add(
    plan.prices,
    sql`
      insert into prices (variant_id, currency, amount_minor, compare_at_minor)
      select variant_id, currency, amount_minor, compare_at_minor
      from ${recordset(plan.prices, 'variant_id text, currency text, amount_minor bigint, compare_at_minor bigint')}
      order by variant_id, currency
      on conflict (variant_id, currency) do update
        set amount_minor = excluded.amount_minor, compare_at_minor = excluded.compare_at_minor, updated_at = now()`,
  );
  const stocked = add(
    plan.stock,
    sql`
      insert into stock (variant_id, location_id, on_hand)
      select variant_id, location_id, on_hand
      from ${recordset(plan.stock, 'variant_id text, location_id text, on_hand integer')}
      order by variant_id, location_id
      on conflict (variant_id, location_id) do update
        set on_hand = greatest(excluded.on_hand, stock.held), updated_at = now()
      returning variant_id, location_id, on_hand`,
  );

  add(plan.mediaGone, sql`delete from media where id = any(${textArray(plan.mediaGone)})`);
  add(
    plan.media,
    sql`
      insert into media (id, product_id, variant_id, position, url, alt, width, height)
      select id, product_id, variant_id, position, url, alt, width, height
      from ${recordset(
        plan.media,
        `id text, product_id text, variant_id text, position integer, url text, alt text, width integer,
         height integer`,
      )}
      on conflict (id) do update
        set variant_id = excluded.variant_id, position = excluded.position, alt = excluded.alt,
            width = excluded.width, height = excluded.height`,
  );
  add(
    plan.membershipsGone,
    sql`
      delete from product_collections pc
      using ${recordset(plan.membershipsGone, 'product_id text, collection_id text')}
      where pc.product_id = r.product_id and pc.collection_id = r.collection_id`,
  );
  // A newcomer stands behind those that are in the collection already.
  add(
    plan.memberships,
    sql`
      insert into product_collections (product_id, collection_id, position)
      select r.product_id, r.collection_id,
             coalesce((select max(pc.position) + 1 from product_collections pc
                       where pc.collection_id = r.collection_id), 0)
               + row_number() over (partition by r.collection_id order by r.ordinal) - 1
      from ${recordset(plan.memberships, 'product_id text, collection_id text, ordinal integer')}
      on conflict (collection_id, product_id) do nothing`,
  );
  const change = changeOf(plan);
  add(
    [change],
    sql`insert into outbox (topic, aggregate_id, payload) values ('catalog.changed', 'catalog', ${json(change)})`,
  );

  const [, ...results] = await db.batch([
    db.execute(NO_JIT),
    ...statements.map((statement) => db.execute<Row>(statement)),
  ]);
  return {
    retired: (results[retired]?.rows ?? []).map((row) => row.id as string),
    stock: (results[stocked]?.rows ?? []) as Written['stock'],
  };
}

function changeOf(plan: Plan): CatalogChange {
  const slugs = [...plan.created, ...plan.updated];
  const changed = new Set(slugs);
  const staying = [...plan.places].filter(([, place]) => changed.has(place.slug)).map(([id]) => id);
  return { slugs, variantIds: [...staying, ...plan.gone.map((variant) => variant.id)] };
}

function resultOf(plan: Plan, written: Written = { retired: [], stock: [] }): UpsertResult {
  const { created, updated, unchanged, rejected } = plan;
  const warnings = [...plan.warnings];
  const wanted = new Map(plan.stock.map((row) => [`${row.variant_id} ${row.location_id}`, row.on_hand as number]));
  for (const row of written.stock) {
    const place = plan.places.get(row.variant_id);
    const onHand = wanted.get(`${row.variant_id} ${row.location_id}`);
    if (!place || onHand === undefined || onHand === row.on_hand) continue;
    warnings.push(clamped(place.slug, place.variantIndex, onHand, row.on_hand));
  }
  const goneById = new Map(plan.gone.map((variant) => [variant.id, variant]));
  for (const id of written.retired) {
    const { slug, title } = goneById.get(id) ?? { slug: '', title: '' };
    const message = `The variant "${title}" is no longer listed but was ordered: it is kept, without price and free stock.`;
    warnings.push({ slug, variantIndex: null, code: 'variant_retired', message });
  }
  return { created, updated, unchanged, rejected, warnings, change: changeOf(plan) };
}

function clamped(slug: string, variantIndex: number, wanted: number, held: number): ProductFault {
  const message = `Stock is ${held} instead of ${wanted}: so many are held for orders.`;
  return { slug, variantIndex, code: 'stock_clamped', message };
}

// ---------------------------------------------------------------- small change

/** The SKUs that may be made up for a variant: a readable one, and one for when another variant already has it. */
function skuCandidates({ slug, options }: ProductInput, variant: VariantInput): string[] {
  if (variant.sku) return [variant.sku];
  const values = options.map((name) => variant.options[name] ?? '');
  const readable = [slug, ...values].map(skuPart).filter(Boolean).join('-');
  return [readable, `${readable}-${hash(JSON.stringify([slug, ...values]))}`];
}

/** Upper-case ASCII: `Größe 38/½` becomes `GROSSE-38-1-2`; what has no ASCII at all becomes a hash of itself. */
function skuPart(text: string): string {
  const ascii = text
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return ascii || (text && hash(text));
}

/** FNV-1a over UTF-16 units: short, and the same on every run. It only keeps names apart; it protects nothing. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return state.toString(36).toUpperCase();
}

/** The same for the same options, in whatever order they are. */
function optionsKey(options: Record<string, string>): string {
  return JSON.stringify(Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function pick(row: object, keys: string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, (row as Record<string, unknown>)[key]]));
}

/** Equal as JSON, whatever the order of an object's members: Postgres keeps `jsonb` in its own. */
function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}

function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function json(value: unknown): SQL {
  return sql`${JSON.stringify(value)}::jsonb`;
}

/** Rows as one parameter, whatever their number; a statement may refer to them as `r`. */
function recordset(rows: object[], columns: string): SQL {
  return sql`jsonb_to_recordset(${json(rows)}) as r(${sql.raw(columns)})`;
}

function textArray(values: string[]): SQL {
  return sql`${sql.param(values)}::text[]`;
}
