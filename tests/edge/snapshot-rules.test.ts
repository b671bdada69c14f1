import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cart } from '@/commerce/cart';
import { type RuleSet, writeRules } from '@/db/rules';
import { products, promotions, stock } from '@/db/schema';
import type { Kv } from '@/edge/kv';
import { invalidateCatalog } from '@/edge/snapshot';
import { clientOf } from './calls';
import { percentOff, promotion, taxZone } from './rule-inputs';
import { LINEN, openShop, SCARCE, type Shop, TWEED } from './shop';

interface Isolate extends Pick<typeof import('@/edge/snapshot'), 'loadFacts' | 'noteVersions'> {
  call: ReturnType<typeof clientOf>;
}

/** Another isolate of the same shop: the same code, with a memory of its own. */
async function newIsolate(): Promise<Isolate> {
  vi.resetModules();
  const [snapshot, cart, quotes] = await Promise.all([
    import('@/edge/snapshot'),
    import('@/edge/cart-operations'),
    import('@/edge/quotes'),
  ]);
  const call = clientOf([...Object.values(cart), quotes.quotePrices]);
  return { loadFacts: snapshot.loadFacts, noteVersions: snapshot.noteVersions, call };
}

let shop: Shop;
let now = 0;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

beforeEach(async () => {
  now = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => now);
  await write({ promotions: [] });
});
afterEach(() => vi.restoreAllMocks());

async function write(set: RuleSet): Promise<void> {
  await writeRules(shop.db, set);
  await invalidateCatalog(shop.kv, { rules: true });
}

const half = promotion('half', percentOff(50));
const gift = (variantId = LINEN) => promotion('gift', { kind: 'gift', variantId, quantity: 1 });

const quoted = async ({ call }: Isolate, more: object = {}) =>
  (await call('POST', '/api/prices', { body: { items: [{ variantId: TWEED }], ...more } })).body.totals.total.amount;

/** A cart with one thing in it, in the memory of an isolate. */
async function cartOf({ call }: Isolate) {
  const { body } = await call('POST', '/api/cart/items', { body: { variantId: TWEED } });
  const headers = { 'x-cart-token': body.token as string };
  return { headers, total: (cart: Cart) => cart.totals.total.amount };
}

describe('a change of the rules', () => {
  it('shows in the very next quote of every isolate', async () => {
    const isolates = [await newIsolate(), await newIsolate()];
    for (const isolate of isolates) expect(await quoted(isolate)).toBe(1999);
    await write({ promotions: [half] });
    for (const isolate of isolates) expect(await quoted(isolate)).toBe(999);
    await write({ promotions: [] });
    for (const isolate of isolates) expect(await quoted(isolate)).toBe(1999);
  });

  it('shows in the very next cart of every isolate, be it read or written', async () => {
    const [here, there] = [await newIsolate(), await newIsolate()];
    const { headers, total } = await cartOf(here);
    expect(total((await there.call('GET', '/api/cart', { headers })).body)).toBe(1999);
    await write({ promotions: [half] });
    expect(total((await here.call('GET', '/api/cart', { headers })).body)).toBe(999);
    const add = { body: { variantId: TWEED }, headers };
    expect(total((await there.call('POST', '/api/cart/items', add)).body)).toBe(1999);
  });

  it('lets a new code in at once, where an isolate does not know it yet', async () => {
    const isolate = await newIsolate();
    const { headers } = await cartOf(isolate);
    const enter = () =>
      isolate.call<Cart & { code?: string }>('POST', '/api/cart/coupons', { body: { code: 'NEW' }, headers });
    expect([(await enter()).status, (await enter()).body.code]).toEqual([422, 'coupon_unknown']);
    await write({ promotions: [{ ...half, codes: ['NEW'] }] });
    const { status, body } = await enter();
    expect([status, body.totals.total.amount]).toEqual([200, 999]);
  });

  it('lets a new country in at once, and a product that is new on sale', async () => {
    const isolate = await newIsolate();
    const { headers } = await cartOf(isolate);
    const austria = () => isolate.call('PATCH', '/api/cart', { body: { country: 'AT' }, headers });
    const linen = () => isolate.call('POST', '/api/cart/items', { body: { variantId: LINEN }, headers });
    const publish = (status: 'active' | 'draft') =>
      shop.db
        .update(products)
        .set({ status })
        .where(eq(products.id, LINEN.replace('var_', 'prod_')));
    const zones = [taxZone('DE', 'MwSt.', 1900), taxZone('US', 'None', 0), taxZone('JP', 'None', 0)];
    await write({ taxZones: zones });
    await publish('draft');
    await invalidateCatalog(shop.kv, { variantIds: [LINEN] });
    expect([(await austria()).status, (await linen()).status]).toEqual([422, 422]);
    await write({ taxZones: [...zones, taxZone('AT', 'USt.', 2000)] });
    expect((await austria()).status).toBe(200);
    await publish('active');
    await invalidateCatalog(shop.kv, { variantIds: [LINEN] });
    expect((await linen()).status).toBe(200);
  });

  it('refuses what there is not with one trip to KV to make sure, and no SQL', async () => {
    const isolate = await newIsolate();
    const { headers } = await cartOf(isolate);
    const refused = await isolate.call('POST', '/api/cart/coupons', { body: { code: 'NOTHING' }, headers });
    expect([refused.status, refused.trips]).toEqual([422, { kv: 1, db: 0 }]);
  });

  it('that KV was never told of shows after 60 s in KV and 60 s in an isolate, and not before', async () => {
    const isolate = await newIsolate();
    // Remembered at the last moment of a document that was filled before the change.
    expect(await quoted(isolate)).toBe(1999);
    const filledAt = now;
    await shop.db.insert(promotions).values({ id: 'by-hand', title: 'By hand', effect: percentOff(50) });
    const late = await newIsolate();
    now = filledAt + 59_000;
    expect(await quoted(late)).toBe(1999);
    await expire('rules');
    // Whoever remembers nothing sees it from here on; those who do, when they forget: 60 s after they read it.
    expect(await quoted(await newIsolate())).toBe(999);
    now = filledAt + 59_000 + 59_999;
    expect(await quoted(late)).toBe(1999);
    now = filledAt + 119_000;
    expect(await quoted(late)).toBe(999);
  });

  it('goes after a minute in KV by itself', async () => {
    await quoted(await newIsolate());
    const ttl = Number(await shop.kv.run({ source: "return redis.call('PTTL', KEYS[1])" }, ['rules'], []));
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(60_000);
  });

  it('is not undone by a load that began before it', async () => {
    const slow = await newIsolate();
    // The rules are read from Postgres, then the promotion is written and told, and only then KV is filled.
    const overtaken: Kv = new Proxy(shop.kv, {
      get: (target, name) =>
        name === 'run'
          ? async (...args: Parameters<Kv['run']>) => {
              await write({ promotions: [half] });
              return target.run(...args);
            }
          : Reflect.get(target, name).bind(target),
    });
    const { rules } = await slow.loadFacts({ kv: overtaken, db: shop.db }, [TWEED]);
    expect(rules.promotions).toEqual([]);
    expect(await quoted(await newIsolate())).toBe(999);
    expect(await quoted(slow)).toBe(999);
  });

  it('would be undone if KV were filled whatever it holds: the negative control', async () => {
    const { readRules } = await import('@/edge/facts');
    const [epoch] = await shop.kv.mget(['catalog:epoch']);
    const old = JSON.stringify(await readRules(shop.db));
    await write({ promotions: [half] });
    await shop.kv.set('rules', `@${epoch ?? ''} ${old}`, { ttlSeconds: 60 });
    expect(await quoted(await newIsolate())).toBe(1999);
  });

  it('shows where KV is away: quotes come from Postgres', async () => {
    const isolate = await newIsolate();
    // As this isolate knows it.
    const { CommerceError } = await import('@/commerce/error');
    const away = () => Promise.reject(new CommerceError('kv_unavailable', 'away'));
    const down = { mget: away, run: away } as unknown as Kv;
    const facts = () => isolate.loadFacts({ kv: down, db: shop.db }, [TWEED], { confirm: true });
    expect((await facts()).rules.promotions).toEqual([]);
    await writeRules(shop.db, { promotions: [gift()] });
    const { rules, variants } = await facts();
    expect(rules.promotions.map(({ id }) => id)).toEqual(['gift']);
    expect([...variants.keys()].sort()).toEqual([LINEN, TWEED].sort());
  });

  /** What the time does in KV. */
  async function expire(key: string): Promise<void> {
    await shop.kv.del([key]);
  }
});

describe('a gift', () => {
  const items = (cart: Cart) => cart.items.map(({ variantId, isGift }) => [variantId, isGift]);

  it('is known to a cold isolate, and costs a warm one no further trip', async () => {
    await write({ promotions: [gift()] });
    const isolate = await newIsolate();
    const { body } = await isolate.call('POST', '/api/cart/items', { body: { variantId: TWEED } });
    expect(items(body)).toEqual([
      [TWEED, false],
      [LINEN, true],
    ]);
    const headers = { 'x-cart-token': body.token as string };
    for (const age of [0, 4_500, 30_000]) {
      now += age;
      const { trips } = await isolate.call('POST', '/api/cart/items', { body: { variantId: TWEED }, headers });
      expect({ age, ...trips }).toEqual({ age, kv: 1, db: 0 });
      now += 4_500;
      const patched = await isolate.call('PATCH', '/api/cart', { body: { email: 'ada@example.test' }, headers });
      expect({ age, ...patched.trips }).toEqual({ age, kv: 1, db: 0 });
    }
  });

  it('is given while there is some, seen within 5 s', async () => {
    await write({ promotions: [gift(SCARCE)] });
    const isolate = await newIsolate();
    const { headers } = await cartOf(isolate);
    const read = async () => items((await isolate.call('GET', '/api/cart', { headers })).body);
    expect(await read()).toContainEqual([SCARCE, true]);
    const sell = async (onHand: number) => {
      await shop.db.update(stock).set({ onHand }).where(eq(stock.variantId, SCARCE));
      await invalidateCatalog(shop.kv, { variantIds: [SCARCE], stockOnly: true });
    };
    await sell(0);
    try {
      now += 5_000;
      expect(await read()).toEqual([[TWEED, false]]);
    } finally {
      await sell(2);
    }
  });

  it('of a change that came between its two trips is not mixed with the rules before it', async () => {
    await write({ promotions: [gift(LINEN)] });
    const isolate = await newIsolate();
    let trips = 0;
    const moving: Kv = new Proxy(shop.kv, {
      get: (target, name) =>
        name === 'mget'
          ? async (...args: Parameters<Kv['mget']>) => {
              trips += 1;
              if (trips === 2) await write({ promotions: [gift(SCARCE)] });
              return target.mget(...args);
            }
          : Reflect.get(target, name).bind(target),
    });
    const { rules, variants } = await isolate.loadFacts({ kv: moving, db: shop.db }, [TWEED]);
    expect(rules.promotions.map(({ effect }) => effect.kind === 'gift' && effect.variantId)).toEqual([SCARCE]);
    expect([...variants.keys()].sort()).toEqual([SCARCE, TWEED].sort());
  });
});
