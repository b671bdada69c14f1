import { type SQL, sql } from 'drizzle-orm';
import type { ListPrice } from '@/commerce/pricing';
import type { Selection } from '@/commerce/rules';
import type { Db } from '@/db/client';
import type { RuleSet } from '@/db/rules';
import { readRules } from '@/edge/facts';
import { type CatalogLabels, describeRules } from './describe';
import type { CatalogNames, Shop } from './scope';
import type { PartialRuleFile } from './shape';

export interface ReadShop extends Shop {
  /** What holds now, as Postgres holds it. */
  set: RuleSet;
}

/**
 * What a rule file is held against: the present rules, and of the catalog what they and the file name. Three round trips,
 * whatever the size of the catalog; one more where the file names something that there is not.
 */
export async function readShop(db: Db, file: PartialRuleFile = {}): Promise<ReadShop> {
  const { set, used } = await readRuleSet(db);
  const wanted = namesIn(file);
  const { labels, ...names } = await readNames(db, wanted, idsIn(set));
  const missing = {
    products: wanted.products.filter((slug) => !names.products.has(slug)),
    collections: wanted.collections.filter((slug) => !names.collections.has(slug)),
    skus: wanted.skus.filter((sku) => !names.skus.has(sku)),
  };
  const candidates = await readCandidates(db, missing);
  return { catalog: { ...names, candidates }, present: describeRules(set, labels), set, used };
}

/** The present rules as a whole. */
async function readRuleSet(db: Db): Promise<{ set: RuleSet; used: Record<string, number> }> {
  const [rules, [groups, prices, uses]] = await Promise.all([
    readRules(db, { withEnded: true }),
    db.batch([
      db.execute<{ id: string; title: string }>(sql`select id, title from customer_groups order by id`),
      db.execute<{ listId: string; variantId: string; currency: string; minQuantity: number; amountMinor: number }>(sql`
        select list_id as "listId", variant_id as "variantId", currency, min_quantity as "minQuantity",
               amount_minor::float8 as "amountMinor"
        from price_list_prices join variants v on v.id = variant_id
        order by list_id, v.sku, currency, min_quantity`),
      // What was used of a promotion that is gone counts again when it comes back.
      db.execute<{ id: string; used: number }>(sql`
        select id, max(used)::int as used from (
          select promotion_id as id, count(*) as used from promotion_uses where status = 'counted' group by promotion_id
          union all select id, used from promotions) counts
        group by id`),
    ]),
  ]);
  const pricesByList = new Map<string, (Omit<ListPrice, 'listId'> & { variantId: string })[]>();
  for (const { listId, ...price } of prices.rows) {
    const list = pricesByList.get(listId) ?? [];
    list.push(price);
    pricesByList.set(listId, list);
  }
  const { conversions, priceLists, taxZones, shippingZones, shippingMethods, promotionGroups, promotions } = rules;
  const set: RuleSet = {
    customerGroups: groups.rows,
    conversions,
    priceLists: priceLists.map((list) => ({ ...list, prices: pricesByList.get(list.id) ?? [] })),
    taxZones,
    shippingZones,
    shippingMethods,
    promotionGroups,
    promotions: promotions.map(({ usedUp: _, ...promotion }) => promotion),
  };
  return { set, used: Object.fromEntries(uses.rows.map(({ id, used }) => [id, used])) };
}

interface Names {
  products: string[];
  collections: string[];
  skus: string[];
}

/** Every slug and SKU that a file names, wherever it does. */
function namesIn(file: PartialRuleFile): Names {
  const names: Names = { products: [], collections: [], skus: [] };
  visit(file, (name, value) => {
    if (name === 'sku' && typeof value === 'string') names.skus.push(value);
    if (name !== 'products' && name !== 'collections' && name !== 'skus') return;
    if (Array.isArray(value)) names[name].push(...value.filter((one) => typeof one === 'string'));
  });
  return names;
}

function idsIn(set: RuleSet): Required<Omit<Selection, 'except'>> {
  const ids = { productIds: [] as string[], collectionIds: [] as string[], variantIds: [] as string[] };
  visit(set, (name, value) => {
    if (name === 'variantId' && typeof value === 'string') ids.variantIds.push(value);
    if (name !== 'productIds' && name !== 'collectionIds' && name !== 'variantIds') return;
    if (Array.isArray(value)) ids[name].push(...(value as string[]));
  });
  return ids;
}

function visit(value: unknown, note: (name: string, value: unknown) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    note(name, member);
    visit(member, note);
  }
}

async function readNames(
  db: Db,
  names: Names,
  ids: ReturnType<typeof idsIn>,
): Promise<Omit<CatalogNames, 'candidates'> & { labels: CatalogLabels }> {
  const variantsWanted = sql`sku = any(${texts(names.skus)}) or id = any(${texts(ids.variantIds)})`;
  const [products, collections, variants] = await db.batch([
    db.execute<{ id: string; slug: string; collections: string[] }>(sql`
      select p.id, p.slug,
        (select coalesce(jsonb_agg(c.slug), '[]') from product_collections pc
         join collections c on c.id = pc.collection_id where pc.product_id = p.id) as collections
      from products p
      where p.slug = any(${texts(names.products)}) or p.id = any(${texts(ids.productIds)})
        or p.id in (select product_id from variants where ${variantsWanted})`),
    db.execute<{ id: string; slug: string }>(sql`
      select id, slug from collections
      where slug = any(${texts(names.collections)}) or id = any(${texts(ids.collectionIds)})`),
    db.execute<{ id: string; sku: string; product: string; isSold: boolean }>(sql`
      select v.id, v.sku, p.slug as product, p.status = 'active' as "isSold"
      from (select id, sku, product_id from variants where ${variantsWanted}) v
      join products p on p.id = v.product_id`),
  ]);
  return {
    products: new Map(products.rows.map(({ slug, ...product }) => [slug, product])),
    collections: new Map(collections.rows.map(({ slug, id }) => [slug, id])),
    skus: new Map(variants.rows.map(({ sku, ...variant }) => [sku, variant])),
    labels: {
      slugOfProduct: new Map(products.rows.map(({ id, slug }) => [id, slug])),
      slugOfCollection: new Map(collections.rows.map(({ id, slug }) => [id, slug])),
      skuOfVariant: new Map(variants.rows.map(({ id, sku }) => [id, sku])),
    },
  };
}

/** As many names as a misspelt one is compared with. */
const MAX_CANDIDATES = 5_000;

async function readCandidates(db: Db, missing: Names): Promise<CatalogNames['candidates']> {
  const none = { products: [], collections: [], skus: [] };
  if (missing.products.length + missing.collections.length + missing.skus.length === 0) return none;
  const some = (column: SQL, table: SQL, wanted: string[]) => {
    // A typo is rarely in the first letters, and a catalog may be large.
    const beginnings = wanted.map((name) => name.slice(0, 3));
    return db.execute<{ name: string }>(sql`
      select ${column} as name from ${table} where left(${column}, 3) = any(${texts(beginnings)}) limit ${MAX_CANDIDATES}`);
  };
  const [products, collections, skus] = await db.batch([
    some(sql`slug`, sql`products`, missing.products),
    some(sql`slug`, sql`collections`, missing.collections),
    some(sql`sku`, sql`variants`, missing.skus),
  ]);
  const namesOf = (result: { rows: { name: string }[] }) => result.rows.map(({ name }) => name);
  return { products: namesOf(products), collections: namesOf(collections), skus: namesOf(skus) };
}

function texts(values: string[]): SQL {
  return sql`${sql.param(values)}::text[]`;
}
