/**
 * Answers of the catalog as this isolate remembers them: rendered once, sent many times. One round trip to KV says
 * whether an answer still holds; Postgres is asked only where it does not.
 */
import type { Kv, Script } from './kv';
import { CATALOG_VERSION_KEY, noteVersions, STOCK_VERSION_KEY, type Versions } from './snapshot';
import { within } from './within';

/** JSON text, with its strong entity tag. */
export interface Rendered {
  json: string;
  etag: string;
}

/** `exact` for what will be kept (a cached page); `brisk` lets requests in a rush share what KV said. */
export type Freshness = 'exact' | 'brisk';

/** What an answer says, and until just before which moment, in milliseconds, it may be said; null: as long as it holds. */
export interface Made {
  body: unknown;
  until: number | null;
}

interface Entry extends Rendered {
  /** As KV showed them before the answer was made; null where it did not answer. */
  versions: Versions | null;
  madeAt: number;
  until: number | null;
}

interface Flight {
  versions: Versions | null;
  startedAt: number;
  result: Promise<Entry>;
}

/** How old the stock in a list may be, where the stock of anything has changed since. */
const STALE_STOCK_MS = 2_000;
/** A request that waits for another's answer must not hang with it, when that one was cut off. */
const JOIN_TIMEOUT_MS = 3_000;
/** After that many milliseconds the first request of a rush asks KV anew, and the others go on with what it said last. */
const ASK_AFTER_MS = 50;
/** What KV said is never taken for true longer than this, in milliseconds, however slow its next answer is. */
export const CONFIRMED_FOR_MS = 250;
const MAX_ENTRIES = 1_000;
const MAX_CHARACTERS = 8_000_000;

const entries = new Map<string, Entry>();
const flights = new Map<string, Flight>();
let characters = 0;

/**
 * The answer under `key`, made by `make` unless this isolate has one that holds. Texts and prices are as fresh as the
 * catalog's version in KV was 250 ms ago; stock is at most two seconds older than its version; none is sent from its `until`
 * on. Requests that miss at once wait for one `make`. Where KV does not answer, an answer holds for two seconds.
 */
export async function remember(
  kv: Kv,
  key: string,
  make: () => Promise<Made>,
  freshness: Freshness = 'brisk',
): Promise<Rendered> {
  const versions = await readVersions(kv, freshness);
  const known = entries.get(key);
  if (known && holds(known.versions, known.madeAt, versions, freshness) && isYet(known.until)) {
    // Last in the map is last to go.
    entries.delete(key);
    entries.set(key, known);
    return known;
  }
  const flight = flights.get(key);
  if (flight && holds(flight.versions, flight.startedAt, versions, freshness)) {
    const joined = await within(
      JOIN_TIMEOUT_MS,
      flight.result.catch(() => null),
    );
    if (joined && isYet(joined.until)) return joined;
  }
  const startedAt = Date.now();
  const result = make().then(async ({ body, until }) => ({
    ...(await render(body)),
    until,
    versions,
    madeAt: startedAt,
  }));
  const own: Flight = { versions, startedAt, result };
  flights.set(key, own);
  try {
    const entry = await result;
    keep(key, entry);
    return entry;
  } finally {
    if (flights.get(key) === own) flights.delete(key);
  }
}

/** Renders an answer that is not kept here. */
export async function render(body: unknown): Promise<Rendered> {
  const json = JSON.stringify(body);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(json));
  const tag = Array.from(new Uint8Array(digest, 0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { json, etag: `"${tag}"` };
}

/** Whether what may be said until a moment may still be said. */
export function isYet(until: number | null): boolean {
  return until === null || Date.now() < until;
}

function holds(made: Versions | null, madeAt: number, now: Versions | null, freshness: Freshness): boolean {
  const young = freshness === 'brisk' && Date.now() - madeAt < STALE_STOCK_MS;
  if (!made || !now) return young;
  return made.catalog === now.catalog && (made.stock === now.stock || young);
}

/**
 * Versions that nobody has set yet, because KV is new or has lost its data, are set here: an absent one would look the
 * same before and after a change that KV forgot.
 */
const SET_MISSING: Script = {
  source: `
for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'NX') end
return redis.call('MGET', unpack(KEYS))`,
};

/** When KV was last asked, and when it was asked for what it last said. */
export interface Confirmation {
  confirmedAt: number;
  askedAt: number;
}

/** Whether a request may rely on what KV said; where it answers no, that request is the one to ask again. */
export function isConfirmed(known: Confirmation): boolean {
  const now = Date.now();
  const age = now - known.confirmedAt;
  if (age >= CONFIRMED_FOR_MS) return false;
  if (age < ASK_AFTER_MS || known.askedAt > known.confirmedAt) return true;
  known.askedAt = now;
  return false;
}

let confirmed: ({ versions: Versions } & Confirmation) | null = null;

async function readVersions(kv: Kv, freshness: Freshness): Promise<Versions | null> {
  if (freshness === 'brisk' && confirmed && isConfirmed(confirmed)) return confirmed.versions;
  const confirmedAt = Date.now();
  const keys = [CATALOG_VERSION_KEY, STOCK_VERSION_KEY];
  try {
    let [catalog, stock] = await kv.mget(keys);
    if (catalog == null || stock == null) {
      [catalog, stock] = (await kv.run(SET_MISSING, keys, [crypto.randomUUID()])) as string[];
    }
    if (catalog == null || stock == null) return null;
    const versions = { catalog, stock };
    noteVersions(versions);
    confirmed = { versions, confirmedAt, askedAt: confirmedAt };
    return versions;
  } catch {
    // A shop can be browsed without KV, whatever ails it.
    return null;
  }
}

function keep(key: string, entry: Entry): void {
  const replaced = entries.get(key);
  // Of two made at once the younger stays.
  if (replaced && replaced.madeAt > entry.madeAt) return;
  if (replaced) drop(key, replaced);
  entries.set(key, entry);
  characters += sizeOf(key, entry);
  for (const [oldestKey, oldest] of entries) {
    if (entries.size <= MAX_ENTRIES && characters <= MAX_CHARACTERS) break;
    drop(oldestKey, oldest);
  }
}

function drop(key: string, entry: Entry): void {
  entries.delete(key);
  characters -= sizeOf(key, entry);
}

function sizeOf(key: string, entry: Entry): number {
  return key.length + entry.json.length;
}
