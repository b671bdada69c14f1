/**
 * What carts, quotes and pages know of the catalog without asking Postgres: documents in KV, and before them what this
 * isolate remembers. `docs/decisions/snapshot-freshness.md` states how old any of it can be.
 */
import { CommerceError } from '@/commerce/error';
import type { VariantFacts } from '@/commerce/pricing';
import { indexRules } from '@/commerce/rule-index';
import type { ShopRules } from '@/commerce/rules';
import { readPricing, readVariants } from './facts';
import type { Context } from './http';
import type { Kv, Script } from './kv';

/** Changes, to a value never used before, whenever a price, a text or a rule did. */
export const CATALOG_VERSION_KEY = 'catalog:version';
/** Changes whenever the stock of anything did. */
export const STOCK_VERSION_KEY = 'stock:version';
/** A document written under another epoch than the present one is void: how everything is invalidated at once. */
const EPOCH_KEY = 'catalog:epoch';
const RULES_KEY = 'rules';

const DOCUMENT_TTL_SECONDS = 60;
/** Longer than any load takes, so that a load begun before an invalidation still finds the tombstone. */
const TOMBSTONE_TTL_SECONDS = 120;

const variantKey = (id: string) => `variant:${id}`;
/** Under which a product's document lies: all its texts, prices in every currency, and stock. */
export const productKey = (slug: string) => `product:${slug}`;

// ---------------------------------------------------------------- documents in KV

export interface Documents {
  /** By key: the JSON text, or null where there is nothing. */
  texts: Map<string, string | null>;
  /** As they were read with; null where KV did not answer. */
  versions: Versions | null;
}

/** What KV shows of changes; every trip that needs facts brings it along. */
export interface Versions {
  catalog: string;
  stock: string;
}

/**
 * Reads JSON documents through KV: one round trip where all are there; else `load` is asked for the missing ones and KV
 * is filled, absences included. A fill that an invalidation overtook is dropped by KV itself. Where KV does not answer,
 * everything comes from `load`, so that a shop can be browsed without it.
 */
export async function readThrough(
  kv: Kv,
  keys: readonly string[],
  load: (keys: string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<Documents> {
  const stored = await kv.mget([CATALOG_VERSION_KEY, STOCK_VERSION_KEY, EPOCH_KEY, ...keys]).catch((error: unknown) => {
    if (error instanceof CommerceError && error.code === 'kv_unavailable') return null;
    throw error;
  });
  const epoch = stored?.[2] ?? '';
  const texts = new Map<string, string | null>();
  /** The missing keys, and the head of what was in their place. */
  const missing = new Map<string, string>();
  for (const [index, key] of keys.entries()) {
    const value = stored?.[index + 3] ?? '';
    const head = headOf(value);
    if (value !== '' && head === headOfEpoch(epoch)) texts.set(key, textOf(value));
    else missing.set(key, head);
  }
  if (missing.size > 0) {
    const loaded = await load([...missing.keys()]);
    for (const key of missing.keys()) texts.set(key, loaded.get(key) ?? null);
    if (stored) await fill(kv, epoch, missing, texts);
  }
  return { texts, versions: stored ? { catalog: stored[0] ?? '', stock: stored[1] ?? '' } : null };
}

/** A document is its head, a space, and JSON; the head names the epoch, or marks a tombstone. */
const headOf = (value: string) => value.slice(0, Math.max(0, value.indexOf(' ')));
const headOfEpoch = (epoch: string) => `@${epoch}`;

function textOf(value: string): string | null {
  const text = value.slice(value.indexOf(' ') + 1);
  return text === 'null' ? null : text;
}

/**
 * Stores a document only where KV still holds what the reader saw: nothing, a document of an old epoch, or the same
 * tombstone. An invalidation leaves a tombstone of its own, so what was loaded before it is never stored after it. And
 * one of everything voids what names an earlier epoch, whenever that is stored.
 */
const FILL: Script = {
  source: `
for i = 1, #KEYS do
  local stored = redis.call('GET', KEYS[i]) or ''
  if (string.match(stored, '^%S+') or '') == ARGV[i * 2] then
    redis.call('SET', KEYS[i], ARGV[i * 2 + 1], 'EX', ARGV[1])
  end
end
return 1`,
};

async function fill(kv: Kv, epoch: string, missing: Map<string, string>, texts: Documents['texts']): Promise<void> {
  const keys = [...missing.keys()];
  const args: (string | number)[] = [DOCUMENT_TTL_SECONDS];
  for (const key of keys) args.push(missing.get(key) ?? '', `${headOfEpoch(epoch)} ${texts.get(key) ?? 'null'}`);
  // What was loaded is good whether or not KV keeps it.
  await kv.run(FILL, keys, args).catch(() => {});
}

export interface CatalogChange {
  variantIds?: readonly string[];
  /** Of the products whose pages show the change. */
  slugs?: readonly string[];
  /** Only what can be sold changed: no price, no text, no rule. */
  stockOnly?: boolean;
  /** The shop's rules: price lists, promotions, taxes, shipping. */
  rules?: boolean;
  /** More changed than one would name. */
  everything?: boolean;
}

const INVALIDATE: Script = {
  source: `
redis.call('SET', KEYS[2], ARGV[1])
if ARGV[3] ~= 'stock' then redis.call('SET', KEYS[1], ARGV[1]) end
if ARGV[3] == 'everything' then redis.call('SET', KEYS[3], ARGV[1]) end
for i = 4, #KEYS do redis.call('SET', KEYS[i], '!' .. ARGV[1] .. ' ', 'EX', ARGV[2]) end
return 1`,
};

/**
 * Tells KV, in one round trip, that Postgres knows better: call it after the commit, and again if it threw. Carts and
 * quotes everywhere price with the change from their next request on; stock shows within 5 s.
 */
export async function invalidateCatalog(kv: Kv, change: CatalogChange): Promise<void> {
  const { variantIds = [], slugs = [], stockOnly = false, rules = false, everything = false } = change;
  const kind = everything ? 'everything' : stockOnly ? 'stock' : 'catalog';
  const keys = [
    CATALOG_VERSION_KEY,
    STOCK_VERSION_KEY,
    EPOCH_KEY,
    ...variantIds.map(variantKey),
    ...slugs.map(productKey),
    ...(rules ? [RULES_KEY] : []),
  ];
  // Never a counter: after a KV that lost its data a counter would come back to a value that an isolate remembers.
  await kv.run(INVALIDATE, keys, [crypto.randomUUID(), TOMBSTONE_TTL_SECONDS, kind]);
}

// ---------------------------------------------------------------- what this isolate remembers

export interface Facts {
  rules: ShopRules;
  /** Those of the asked-for variants that can be bought, and of those that promotions give. */
  variants: ReadonlyMap<string, VariantFacts>;
}

interface Remembered<Value> {
  value: Value;
  readAt: number;
  /** The version of stock that KV showed with it. */
  stockVersion: string;
  /** Whether a request reads it anew; the others take this one until it is too old. */
  isRefreshing: boolean;
}

const MAX_VARIANTS = 5_000;
/** What KV was not told of (a change by hand in SQL) is seen after this, on top of a document's own lifetime in KV. */
const FORGET_AFTER_MS = 60_000;
const REFRESH_AFTER_MS = 4_000;
/** The stock that a cart was checked against is never older than this. */
const TOO_OLD_AFTER_MS = 5_000;

/** Everything here was read while KV showed the catalog's `version`; the first answer that shows another drops it. */
const memory = {
  version: null as string | null,
  stockVersion: null as string | null,
  /** When KV last showed it. */
  stockSeenAt: 0,
  rules: null as Remembered<ShopRules> | null,
  variants: new Map<string, Remembered<VariantFacts | null>>(),
};

/**
 * Takes note of the versions that an answer of KV showed. What was remembered of another version of the catalog is dropped;
 * stock that was read under the same version of stock is as good as read now, so a warm cart costs no second trip.
 */
export function noteVersions({ catalog, stock }: Versions): void {
  memory.stockVersion = stock;
  memory.stockSeenAt = Date.now();
  if (memory.version === catalog) return;
  memory.version = catalog;
  memory.rules = null;
  memory.variants.clear();
}

/**
 * The rules, and the facts of some variants: no round trip where this isolate remembers them, one to KV otherwise, and
 * one to Postgres for what KV lacks. With `confirm` it asks KV in any case, whether the catalog changed: for requests
 * that have no other trip to learn it from. With `anyStock` what is remembered may be of any age: for requests whose own
 * trip is about to tell.
 */
export async function loadFacts(
  context: Pick<Context, 'kv' | 'db'>,
  variantIds: readonly string[],
  { confirm = false, anyStock = false } = {},
): Promise<Facts> {
  const now = Date.now();
  const variants = new Map<string, VariantFacts>();
  let rules = recall(memory.rules, now, false);
  const missing: string[] = [];
  for (const id of new Set([...variantIds, ...giftsOf(rules)])) {
    const known = recall(memory.variants.get(id), now, !anyStock);
    if (known === undefined) {
      // An id that no variant can have costs no look-up, however many a client makes up.
      if (/^var_[0-9a-z]{1,40}$/.test(id)) missing.push(id);
    } else if (known) variants.set(id, known);
  }
  if (rules && missing.length === 0 && !confirm) return { rules, variants };

  const before = memory.version;
  const remembersSome = rules !== undefined || variants.size > 0;
  const loaded = await loadDocuments(context, missing, rules === undefined);
  const { versions } = loaded;
  // What nobody could confirm is not offered: without KV it is read from Postgres.
  if (confirm && remembersSome && !versions) return readPricing(context.db, variantIds);
  if (versions && memory.version === before) noteVersions(versions);
  if (remembersSome && versions && versions.catalog !== before) {
    // The catalog changed meanwhile: what was remembered at the start does not go together with what was read now.
    return loadFacts(context, variantIds);
  }
  rules ??= loaded.rules;
  if (!rules) throw new Error('The rules were neither remembered nor loaded.');
  if (versions && versions.catalog === memory.version) {
    if (loaded.rules) memory.rules = remember(loaded.rules, now, versions.stock);
    for (const [id, facts] of loaded.variants) keepVariant(id, remember(facts, now, versions.stock));
  }
  for (const [id, facts] of loaded.variants) if (facts) variants.set(id, facts);
  // Rules that were not known before may name gifts that were not asked for: a further trip, on a cold isolate alone.
  const gifts = giftsOf(loaded.rules).filter((id) => !variants.has(id) && !loaded.variants.has(id));
  if (gifts.length > 0) {
    const given = await loadDocuments(context, gifts, false);
    if (given.versions && versions && given.versions.catalog !== versions.catalog) {
      // The catalog changed between the two trips.
      return loadFacts(context, variantIds);
    }
    for (const [id, facts] of given.variants) {
      if (given.versions && given.versions.catalog === memory.version) {
        keepVariant(id, remember(facts, now, given.versions.stock));
      }
      if (facts) variants.set(id, facts);
    }
  }
  return { rules, variants };
}

const giftsOf = (rules: ShopRules | undefined): readonly string[] => (rules ? indexRules(rules).giftVariantIds : []);

function recall<Value>(
  entry: Remembered<Value> | null | undefined,
  now: number,
  stockMatters: boolean,
): Value | undefined {
  const age = entry ? now - entry.readAt : Number.POSITIVE_INFINITY;
  if (!entry || age >= FORGET_AFTER_MS) return undefined;
  const isUnchanged = entry.stockVersion === memory.stockVersion && now - memory.stockSeenAt < REFRESH_AFTER_MS;
  if (!stockMatters || isUnchanged || age < REFRESH_AFTER_MS) return entry.value;
  if (entry.isRefreshing && age < TOO_OLD_AFTER_MS) return entry.value;
  entry.isRefreshing = true;
  return undefined;
}

function remember<Value>(value: Value, readAt: number, stockVersion: string): Remembered<Value> {
  return { value, readAt, stockVersion, isRefreshing: false };
}

/** The least recently read goes when there are too many. */
function keepVariant(id: string, entry: Remembered<VariantFacts | null>): void {
  memory.variants.delete(id);
  memory.variants.set(id, entry);
  if (memory.variants.size <= MAX_VARIANTS) return;
  for (const oldest of memory.variants.keys()) {
    memory.variants.delete(oldest);
    return;
  }
}

interface Loaded {
  rules: ShopRules | undefined;
  variants: Map<string, VariantFacts | null>;
  versions: Versions | null;
}

async function loadDocuments(
  { kv, db }: Pick<Context, 'kv' | 'db'>,
  ids: string[],
  withRules: boolean,
): Promise<Loaded> {
  const keys = ids.map(variantKey);
  if (withRules) keys.push(RULES_KEY);
  const { texts, versions } = await readThrough(kv, keys, async (missing) => {
    const missingIds = missing.filter((key) => key !== RULES_KEY).map((key) => key.slice(variantKey('').length));
    // Together they are of one moment.
    const { rules, variants: found } = missing.includes(RULES_KEY)
      ? await readPricing(db, missingIds)
      : { rules: null, variants: await readVariants(db, missingIds) };
    const loaded = new Map([...found].map(([id, facts]) => [variantKey(id), JSON.stringify(facts)]));
    if (rules) loaded.set(RULES_KEY, JSON.stringify(rules));
    return loaded;
  });
  const rulesText = texts.get(RULES_KEY);
  return {
    rules: rulesText ? (JSON.parse(rulesText) as ShopRules) : undefined,
    variants: new Map(
      ids.map((id) => {
        const text = texts.get(variantKey(id));
        return [id, text ? (JSON.parse(text) as VariantFacts) : null];
      }),
    ),
    versions,
  };
}
