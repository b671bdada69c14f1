import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { VariantFacts } from '@/commerce/pricing';
import type { ShippingMethod, ShopRules, TaxZone } from '@/commerce/rules';
import { prices, stock } from '@/db/schema';
import { readRules, readVariants } from '@/edge/facts';
import type { Kv } from '@/edge/kv';
import { invalidateCatalog } from '@/edge/snapshot';
import { DRAFT, LINEN, openShop, type Shop, TWEED } from './shop';

type Isolate = typeof import('@/edge/snapshot');

/** Another isolate of the same shop: the same code, with a memory of its own. */
async function newIsolate(): Promise<Isolate> {
  vi.resetModules();
  return import('@/edge/snapshot');
}

const trips = { kv: 0 };

/** `kv`, with its round trips counted. */
function counted(kv: Kv): Kv {
  return new Proxy(kv, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        trips.kv += 1;
        return method.apply(target, args);
      };
    },
  });
}

let shop: Shop;
let deps: Pick<Shop, 'kv' | 'db'>;
let now = 0;

beforeAll(async () => {
  shop = await openShop();
  deps = { kv: counted(shop.kv), db: shop.db };
});

afterAll(() => shop.close());

beforeEach(() => {
  now = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => now);
});

afterEach(() => vi.restoreAllMocks());

async function tripsOf(work: () => Promise<unknown>): Promise<number> {
  const before = trips.kv;
  await work();
  return trips.kv - before;
}

const priceOf = async (isolate: Isolate, id = TWEED, options = {}) =>
  (await isolate.loadFacts(deps, [id], options)).variants.get(id)?.prices.EUR?.amountMinor;

async function reprice(amountMinor: number): Promise<void> {
  await shop.db.update(prices).set({ amountMinor }).where(eq(prices.variantId, TWEED));
  await invalidateCatalog(shop.kv, { variantIds: [TWEED] });
}

describe('what Postgres says', () => {
  it('of variants is whole, and nothing of those that cannot be bought', async () => {
    const found = await readVariants(shop.db, [TWEED, DRAFT, 'var_none']);
    expect([...found.keys()]).toEqual([TWEED]);
    expect(found.get(TWEED)).toEqual({
      id: TWEED,
      productId: 'prod_tweed00000000000000000000',
      slug: 'tweed00000000000000000000',
      sku: TWEED,
      title: 'Cloth tweed',
      variantTitle: '',
      options: {},
      imageUrl: null,
      prices: {
        EUR: { amountMinor: 1999, compareAtMinor: null },
        USD: { amountMinor: 2199, compareAtMinor: null },
        JPY: { amountMinor: 3200, compareAtMinor: null },
        KWD: { amountMinor: 6500, compareAtMinor: null },
      },
      collectionIds: [],
      listPrices: [],
      priceHistory: {},
      taxClass: 'standard',
      weightGrams: 0,
      size: null,
      requiresShipping: true,
      available: 5000,
      policy: 'deny',
    } satisfies VariantFacts);
  });

  it('of the rules is whole', async () => {
    const zone = {
      region: null,
      postalCodes: [],
      rounding: 'line',
      shipping: { by: 'method' },
      reverseCharge: false,
    } satisfies Partial<TaxZone>;
    const method = {
      kind: 'delivery',
      zoneId: null,
      taxClass: 'standard',
      basis: 'flat',
      freeFrom: {},
      dimensionalDivisor: null,
      limits: {},
      excludes: null,
      handlingDays: 0,
      cutoff: null,
      weekends: true,
      pickupAddress: null,
    } satisfies Partial<ShippingMethod>;
    const flat = (amountMinor: number) => [{ from: 0, amountMinor }];
    const tax = (label: string, rateBps: number) => [{ label, rateBps, compound: false }];
    expect(await readRules(shop.db)).toEqual({
      currencies: ['EUR', 'JPY', 'KWD', 'USD'],
      conversions: [],
      priceLists: [],
      promotionGroups: [],
      promotions: [],
      taxZones: [
        {
          ...zone,
          id: 'de',
          country: 'DE',
          pricesIncludeTax: true,
          rates: { standard: tax('MwSt.', 1900), reduced: tax('MwSt. ermäßigt', 700) },
        },
        { ...zone, id: 'jp', country: 'JP', pricesIncludeTax: true, rates: {} },
        { ...zone, id: 'us', country: 'US', pricesIncludeTax: false, rates: { standard: tax('Sales tax', 825) } },
      ],
      shippingZones: [{ id: 'germany', title: 'Germany', areas: [{ country: 'DE', regions: [], postalCodes: [] }] }],
      shippingMethods: [
        {
          ...method,
          id: 'ship_post',
          title: 'Post',
          minDays: 2,
          maxDays: 4,
          prices: { EUR: flat(495), JPY: flat(495), KWD: flat(495), USD: flat(495) },
        },
        {
          ...method,
          id: 'ship_bike',
          title: 'Bike',
          zoneId: 'germany',
          minDays: 1,
          maxDays: 1,
          prices: { EUR: flat(900) },
        },
      ],
    } satisfies ShopRules);
  });

  it('of no ids needs no question', async () => {
    const before = shop.platform.counters.sql;
    expect(await readVariants(shop.db, [])).toEqual(new Map());
    expect(shop.platform.counters.sql).toBe(before);
  });
});

describe('an isolate', () => {
  it('remembers what it read', async () => {
    const isolate = await newIsolate();
    await isolate.loadFacts(deps, [TWEED, LINEN]);
    expect(await tripsOf(() => isolate.loadFacts(deps, [LINEN, TWEED, TWEED]))).toBe(0);
    expect(await tripsOf(() => isolate.loadFacts(deps, [LINEN], { confirm: true }))).toBe(1);
  });

  it('remembers that there is nothing, and asks nothing for what no id is', async () => {
    const isolate = await newIsolate();
    await isolate.loadFacts(deps, ['var_none']);
    expect(await tripsOf(() => isolate.loadFacts(deps, ['var_none', "'; --", 'prod_x', 'var_X', '']))).toBe(0);
  });

  it('prices with a change from the next answer of KV on', async () => {
    const [here, there] = [await newIsolate(), await newIsolate()];
    expect([await priceOf(here), await priceOf(there)]).toEqual([1999, 1999]);
    try {
      await reprice(2500);
      // Nothing told them yet.
      expect([await priceOf(here), await priceOf(there)]).toEqual([1999, 1999]);
      const [catalog, stock] = await shop.kv.mget(['catalog:version', 'stock:version']);
      here.noteVersions({ catalog: catalog ?? '', stock: stock ?? '' });
      expect(await priceOf(here)).toBe(2500);
      expect(await priceOf(there, TWEED, { confirm: true })).toBe(2500);
    } finally {
      await reprice(1999);
    }
  });

  it('never mixes facts of two versions of the catalog', async () => {
    const isolate = await newIsolate();
    await isolate.loadFacts(deps, [TWEED]);
    try {
      await reprice(2500);
      // TWEED is remembered, LINEN is not: reading it shows that the catalog changed.
      const { variants } = await isolate.loadFacts(deps, [TWEED, LINEN]);
      expect(variants.get(TWEED)?.prices.EUR?.amountMinor).toBe(2500);
      expect(variants.get(LINEN)?.prices.EUR?.amountMinor).toBe(333);
    } finally {
      await reprice(1999);
    }
  });

  it('shows stock that is at most 5 s old', async () => {
    const isolate = await newIsolate();
    const available = async () => (await isolate.loadFacts(deps, [TWEED])).variants.get(TWEED)?.available;
    const sell = async (onHand: number) => {
      await shop.db.update(stock).set({ onHand }).where(eq(stock.variantId, TWEED));
      await invalidateCatalog(shop.kv, { variantIds: [TWEED], stockOnly: true });
    };
    expect(await available()).toBe(5000);
    try {
      await sell(7);
      now += 3_900;
      expect(await available()).toBe(5000);
      now += 1_100;
      expect(await available()).toBe(7);
    } finally {
      await sell(5000);
    }
  });

  it('refreshes with one request, while the others go on with what is known', async () => {
    const isolate = await newIsolate();
    await isolate.loadFacts(deps, [TWEED]);
    now += 4_500;
    expect(await tripsOf(() => Promise.all(Array.from({ length: 20 }, () => isolate.loadFacts(deps, [TWEED]))))).toBe(
      1,
    );
    expect(await tripsOf(() => isolate.loadFacts(deps, [TWEED]))).toBe(0);
  });

  it('asks nothing for a minute while KV shows that no stock changed, and at once when one did', async () => {
    const isolate = await newIsolate();
    const versions = async () => {
      const [catalog, stock] = await shop.kv.mget(['catalog:version', 'stock:version']);
      return { catalog: catalog ?? '', stock: stock ?? '' };
    };
    await isolate.loadFacts(deps, [TWEED]);
    now += 30_000;
    isolate.noteVersions(await versions());
    expect(await tripsOf(() => isolate.loadFacts(deps, [TWEED]))).toBe(0);
    await invalidateCatalog(shop.kv, { stockOnly: true });
    isolate.noteVersions(await versions());
    expect(await tripsOf(() => isolate.loadFacts(deps, [TWEED]))).toBe(1);
    now += 60_000;
    isolate.noteVersions(await versions());
    // The document itself may have run out in KV by then, which takes a second trip to fill it again.
    expect(await tripsOf(() => isolate.loadFacts(deps, [TWEED]))).toBeGreaterThan(0);
  });

  it('takes what it remembers of any age for a request that is about to ask', async () => {
    const isolate = await newIsolate();
    await isolate.loadFacts(deps, [TWEED]);
    now += 30_000;
    expect(await tripsOf(() => isolate.loadFacts(deps, [TWEED], { anyStock: true }))).toBe(0);
  });

  it('lets no request go on with what is too old', async () => {
    const isolate = await newIsolate();
    await isolate.loadFacts(deps, [TWEED]);
    now += 5_000;
    expect(await tripsOf(() => Promise.all(Array.from({ length: 5 }, () => isolate.loadFacts(deps, [TWEED]))))).toBe(5);
  });

  it('remembers 5,000 variants and no more', async () => {
    const isolate = await newIsolate();
    const ids = Array.from({ length: 5_001 }, (_, index) => `var_${index}`);
    await isolate.loadFacts(deps, ids);
    expect(await tripsOf(() => isolate.loadFacts(deps, ids.slice(1)))).toBe(0);
    expect(await tripsOf(() => isolate.loadFacts(deps, ['var_0']))).toBeGreaterThan(0);
  });

  it('reads Postgres where KV does not answer, and remembers nothing of it', async () => {
    const isolate = await newIsolate();
    const { CommerceError } = await import('@/commerce/error');
    const down = {
      mget: () => Promise.reject(new CommerceError('kv_unavailable', 'down')),
      run: () => Promise.reject(new CommerceError('kv_unavailable', 'down')),
    } as unknown as Kv;
    const before = shop.platform.counters.sql;
    for (let request = 0; request < 2; request += 1) {
      const { variants, rules } = await isolate.loadFacts({ kv: down, db: shop.db }, [TWEED]);
      expect(variants.get(TWEED)?.prices.EUR?.amountMinor).toBe(1999);
      expect(rules.currencies).toContain('EUR');
    }
    // Rules and facts of one moment come in one statement.
    expect(shop.platform.counters.sql).toBe(before + 2);
  });
});
