/**
 * `npm run bench`: what the shop's promises cost, on the production build, beside floors measured in the same run.
 * Rounds are interleaved, so that a slow moment of the machine hits all alike, and medians are told. Writes
 * `bench/results/latest.json` and prints tables. `--seconds 2 --rounds 3 --connections 1,16,64`; `--rules` measures the
 * rules of prices alone, which needs no store.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { eq } from 'drizzle-orm';
import type { Cart } from '@/commerce/cart';
import type { Product } from '@/commerce/catalog';
import { createDb } from '@/db/client';
import { stock } from '@/db/schema';
import { measurePricing, type PricingMeasurement, weighRules } from './pricing';
import { BENCH_ADDRESS_HEADER, type BenchStore, startBenchStore } from './store';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '1,16,64' },
    rules: { type: 'boolean', default: false },
  },
});
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);
const levels = options.connections.split(',').map(Number);

interface Work {
  name: string;
  /** The floor that its requests per second are held against, and the share of it that is promised, if any is. */
  floor?: { name: string; share?: number };
  method: 'GET' | 'POST';
  path: string;
  /** What one connection sends, in turn, made before the clock starts. */
  prepare?(): Promise<Sent[]>;
  /** Each of them is sent once only, so that the run ends with them. */
  once?: boolean;
}

interface Sent {
  headers?: Record<string, string>;
  body?: string;
}

interface Measurement {
  name: string;
  connections: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
  /** KV and SQL round trips of one warm request. */
  kvTrips: number | null;
  dbTrips: number | null;
  /** Of its floor's requests per second in this run. */
  shareOfFloor: number | null;
  /** What that share is to be at least. */
  promisedShare: number | null;
}

/** `add to cart` beside itself with limits: what they cost. */
const LIMITED = 'add to cart, counted';

let addresses = 0;

/** The same for two requests that follow each other, and never before: no address may use up its minute. */
function addressOf(index: number): string {
  if (index % 2 === 0) addresses += 1;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

const JSON_HEADERS = { 'content-type': 'application/json' };
let store: BenchStore;
const rules = { weightBytes: await weighRules(), pricing: await measurePricing() };
console.info(pricingTable(rules.pricing));
console.info(`The rules of prices weigh ${(rules.weightBytes / 1024).toFixed(1)} KB in an edge function, gzipped.\n`);
const results = options.rules ? [] : await measure();
mkdirSync('bench/results', { recursive: true });
const report = {
  at: new Date().toISOString(),
  node: process.version,
  cores: cpus().length,
  seconds,
  rounds,
  rules,
  results,
};
writeFileSync('bench/results/latest.json', `${JSON.stringify(report, null, 2)}\n`);

async function measure(): Promise<Measurement[]> {
  store = await startBenchStore();
  try {
    const measurements = await measureRoutes();
    console.info(table(measurements));
    for (const line of costOfLimits(measurements)) console.info(line);
    return measurements;
  } finally {
    await store.close();
  }
}

async function measureRoutes(): Promise<Measurement[]> {
  const works = await describeWork();
  const measurements: Measurement[] = [];
  for (const connections of levels) {
    const runs = new Map<string, autocannon.Result[]>();
    const trips = new Map<string, { kv: number; db: number } | null>();
    for (let round = 0; round <= rounds; round += 1) {
      // In another order every time: who comes first meets a cooler machine.
      for (const work of shuffled(works)) {
        const result = await load(work, connections, round === 0 ? 1 : seconds);
        // The first round only warms the isolates.
        if (round === 0) trips.set(work.name, await tripsOf(work));
        else runs.set(work.name, [...(runs.get(work.name) ?? []), result]);
      }
    }
    const rate = (name: string) => median((runs.get(name) ?? []).map(({ requests }) => requests.average));
    for (const { name, floor } of works) {
      const of = runs.get(name) ?? [];
      measurements.push({
        name,
        connections,
        requestsPerSecond: Math.round(rate(name)),
        p50Ms: median(of.map(({ latency }) => latency.p50)),
        p99Ms: median(of.map(({ latency }) => latency.p99)),
        errors: of.reduce((sum, { errors, non2xx }) => sum + errors + non2xx, 0),
        kvTrips: trips.get(name)?.kv ?? null,
        dbTrips: trips.get(name)?.db ?? null,
        shareOfFloor: floor ? rate(name) / rate(floor.name) : null,
        promisedShare: floor?.share ?? null,
      });
    }
  }
  return measurements;
}

async function describeWork(): Promise<Work[]> {
  const { items } = await json<{ items: Product[] }>('GET', '/api/products?limit=24&available=true');
  const product = items[0]!;
  const variant = product.variants.find((candidate) => candidate.stock.available > 0)!;
  // Enough for every order of the run.
  await createDb({ url: store.env.DATABASE_URL!, fetchEndpoint: store.env.NEON_FETCH_ENDPOINT })
    .update(stock)
    .set({ onHand: 1_000_000 })
    .where(eq(stock.variantId, variant.id));
  const item = JSON.stringify({ variantId: variant.id, quantity: 1 });
  const cartOfItsOwn = async () => {
    const { token } = await json<Cart>('POST', '/api/cart/items', item);
    return { 'x-cart-token': token! };
  };
  return [
    { name: 'floor: empty edge GET', method: 'GET', path: '/api/bench/empty' },
    {
      name: 'floor: empty edge POST',
      method: 'POST',
      path: '/api/bench/empty',
      prepare: async () => [{ headers: JSON_HEADERS, body: item }],
    },
    { name: 'floor: one KV round trip', method: 'GET', path: '/api/bench/kv' },
    {
      name: 'list 24 products',
      floor: { name: 'floor: empty edge GET', share: 0.8 },
      method: 'GET',
      path: '/api/products?limit=24',
    },
    {
      name: 'read a product',
      floor: { name: 'floor: empty edge GET', share: 0.8 },
      method: 'GET',
      path: `/api/products/${product.slug}`,
    },
    {
      name: 'read a cart',
      floor: { name: 'floor: empty edge GET', share: 0.8 },
      method: 'GET',
      path: '/api/cart',
      prepare: async () => [{ headers: await cartOfItsOwn() }],
    },
    {
      name: 'add to cart',
      floor: { name: 'floor: empty edge POST', share: 0.85 },
      method: 'POST',
      path: '/api/cart/items',
      prepare: additions,
    },
    {
      name: LIMITED,
      floor: { name: 'add to cart' },
      method: 'POST',
      path: '/api/cart/items',
      // An address for two carts, so that its requests are counted. The rest of the bench has none, and no limit with it.
      prepare: async () =>
        (await additions()).map(({ headers, body }, index) => ({
          headers: { ...headers, [BENCH_ADDRESS_HEADER]: addressOf(index) },
          body,
        })),
    },
    {
      name: 'quote',
      floor: { name: 'floor: empty edge POST' },
      method: 'POST',
      path: '/api/prices',
      prepare: async () => [
        {
          headers: JSON_HEADERS,
          body: JSON.stringify({
            currency: 'EUR',
            country: 'DE',
            items: [{ variantId: variant.id, quantity: 2 }],
            coupons: [],
          }),
        },
      ],
    },
    {
      name: 'place an order',
      method: 'POST',
      path: '/api/orders',
      once: true,
      prepare: () => Promise.all(Array.from({ length: 10 }, readyOrder)),
    },
  ];

  /** A line holds 999 at most and then refuses, so each connection takes turns between several carts. */
  function additions(): Promise<Sent[]> {
    return Promise.all(
      Array.from({ length: 8 }, async () => ({ headers: { ...JSON_HEADERS, ...(await cartOfItsOwn()) }, body: item })),
    );
  }

  /** A cart with everything an order asks for, and the order itself. */
  async function readyOrder(): Promise<Sent> {
    const headers = { ...JSON_HEADERS, ...(await cartOfItsOwn()) };
    const { items: methods } = await json<{ items: { id: string }[] }>(
      'GET',
      '/api/cart/shipping-options',
      undefined,
      headers,
    );
    const address = { name: 'Ada', line1: 'Webergasse 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
    const details = { email: 'ada@example.test', shippingAddress: address, shippingMethodId: methods[0]!.id };
    const { totals } = await json<Cart>('PATCH', '/api/cart', JSON.stringify({ ...details, country: 'DE' }), headers);
    return {
      headers: { ...headers, 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify({
        ...details,
        payment: { provider: 'local', card: 'success' },
        expectedTotal: totals.total,
      }),
    };
  }
}

async function load(work: Work, connections: number, duration: number): Promise<autocannon.Result> {
  const prepared = await Promise.all(Array.from({ length: connections }, () => work.prepare?.() ?? [{}]));
  let next = 0;
  return autocannon({
    url: store.url + work.path,
    connections,
    duration: work.once ? 60 : duration,
    ...(work.once ? { amount: prepared.flat().length } : {}),
    setupClient(client) {
      const sent = prepared[next++ % connections] ?? [];
      client.setRequests(sent.map((request) => ({ method: work.method, path: work.path, ...request })));
    },
  });
}

async function tripsOf(work: Work): Promise<{ kv: number; db: number } | null> {
  const [{ headers, body } = {}] = (await work.prepare?.()) ?? [];
  const init = { method: work.method, ...(headers ? { headers } : {}), ...(body ? { body } : {}) };
  const response = await fetch(store.url + work.path, init);
  const match = /kv;desc="(\d+)".*db;desc="(\d+)"/.exec(response.headers.get('server-timing') ?? '');
  return match ? { kv: Number(match[1]), db: Number(match[2]) } : null;
}

async function json<Body>(method: string, path: string, body?: string, headers = {}): Promise<Body> {
  const init = { method, headers: { ...(body ? JSON_HEADERS : {}), ...headers }, ...(body ? { body } : {}) };
  const response = await fetch(store.url + path, init);
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Body;
}

function shuffled<Item>(items: Item[]): Item[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function table(measurements: Measurement[]): string {
  return aligned([
    ['', 'connections', 'requests/s', 'p50 ms', 'p99 ms', 'KV', 'SQL', 'errors', 'of floor', 'promised'],
    ...measurements.map((one) => [
      one.name,
      one.connections,
      one.requestsPerSecond,
      one.p50Ms,
      one.p99Ms,
      one.kvTrips ?? '',
      one.dbTrips ?? '',
      one.errors,
      percent(one.shareOfFloor),
      percent(one.promisedShare),
    ]),
  ]);
}

/** What counting costs an `add to cart`, for each number of connections. */
function costOfLimits(measurements: Measurement[]): string[] {
  return measurements
    .filter(({ name }) => name === LIMITED)
    .map(({ connections, shareOfFloor, p50Ms, p99Ms }) => {
      const free = measurements.find((one) => one.name === 'add to cart' && one.connections === connections)!;
      const more = (milliseconds: number) => `${milliseconds < 0 ? '' : '+'}${milliseconds.toFixed(1)} ms`;
      return `Limits at ${connections} connections: ${percent(shareOfFloor)} of the requests/s, p50 ${more(p50Ms - free.p50Ms)}, p99 ${more(p99Ms - free.p99Ms)}`;
    });
}

function pricingTable(measurements: PricingMeasurement[]): string {
  return aligned([
    ['pricing 100 lines: CPU', 'p50 ms', 'p99 ms'],
    ...measurements.map(({ name, medianMs, p99Ms }) => [name, medianMs.toFixed(2), p99Ms.toFixed(2)]),
  ]);
}

/** Rows of cells below each other: the first column to the left, figures to the right. */
function aligned(rows: (string | number)[][]): string {
  const cells = rows.map((row) => row.map(String));
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return ['', ...lines, ''].join('\n');
}

function percent(share: number | null): string {
  return share === null ? '' : `${Math.round(share * 100)} %`;
}
