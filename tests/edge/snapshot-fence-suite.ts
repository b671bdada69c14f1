import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKv, type Kv } from '@/edge/kv';
import { type CatalogChange, invalidateCatalog, productKey, readThrough } from '@/edge/snapshot';
import { type Platform, startPlatform } from '@/local/platform';

const KEY = productKey('tweed');

/** What Postgres would say, and how often it was asked. */
const source = { text: '', asked: 0 };

beforeEach(() => {
  source.text = '"old"';
  source.asked = 0;
});

const load = async (keys: string[]) => {
  source.asked += 1;
  return new Map(keys.map((key) => [key, source.text]));
};

/** That no reader leaves an old document behind, on one kind of KV. */
export function fenceSuite(kvName: string, redisUrl?: string): void {
  let platform: Platform;
  let kv: Kv;

  beforeAll(async () => {
    platform = await startPlatform({ dataDir: null, redisUrl });
    kv = createKv({ url: platform.env.KV_REST_API_URL!, token: platform.env.KV_REST_API_TOKEN! });
  });
  beforeEach(() => kv.del([KEY, productKey('linen'), 'catalog:epoch', 'catalog:version']));
  afterAll(() => platform.close());

  const read = async (through = readThrough) => (await through(kv, [KEY], load)).texts.get(KEY);
  const change = async (what: CatalogChange = { slugs: ['tweed'] }) => {
    source.text = '"new"';
    await invalidateCatalog(kv, what);
  };

  describe(`a document in ${kvName}`, () => {
    it('is loaded once, and read in one round trip after that', async () => {
      expect(await read()).toBe('"old"');
      const trips = platform.counters.kv;
      expect(await read()).toBe('"old"');
      expect(platform.counters.kv - trips).toBe(1);
      expect(source.asked).toBe(1);
    });

    it.each<[string, CatalogChange]>([
      ['named by a change', { slugs: ['tweed'] }],
      ['named by a change of stock', { slugs: ['tweed'], stockOnly: true }],
      ['of a catalog in which everything changed', { everything: true }],
    ])('is loaded anew when it is %s', async (_name, what) => {
      await read();
      await change(what);
      expect(await read()).toBe('"new"');
      expect(await read()).toBe('"new"');
      expect(source.asked).toBe(2);
    });

    it('is kept when another changes', async () => {
      await read();
      await invalidateCatalog(kv, { slugs: ['linen'], variantIds: ['var_linen'] });
      await read();
      expect(source.asked).toBe(1);
    });

    it('may be an absence, which ends with a change', async () => {
      const none = async () => {
        source.asked += 1;
        return new Map<string, string>();
      };
      expect((await readThrough(kv, [KEY], none)).texts.get(KEY)).toBeNull();
      expect((await readThrough(kv, [KEY], none)).texts.get(KEY)).toBeNull();
      expect(source.asked).toBe(1);
      await change();
      expect(await read()).toBe('"new"');
    });

    it('goes after a minute by itself, should a change never be told', async () => {
      await read();
      const ttl = Number(await kv.run({ source: "return redis.call('TTL', KEYS[1])" }, [KEY], []));
      expect(ttl).toBeGreaterThan(50);
      expect(ttl).toBeLessThanOrEqual(60);
    });

    it('tells the version of the catalog, which a change of stock leaves as it is', async () => {
      await change();
      const version = (await readThrough(kv, [KEY], load)).versions?.catalog;
      await change({ slugs: ['tweed'], stockOnly: true });
      expect((await readThrough(kv, [KEY], load)).versions?.catalog).toBe(version);
      await change();
      expect((await readThrough(kv, [KEY], load)).versions?.catalog).not.toBe(version);
    });
  });

  /** Reads the old text from Postgres, and is overtaken by `meanwhile` before it fills KV. */
  async function slowRead(meanwhile: () => Promise<unknown>, through = readThrough): Promise<void> {
    await through(kv, [KEY], async (keys) => {
      const loaded = await load(keys);
      await meanwhile();
      return loaded;
    });
  }

  /** A read-through as one would write it first: what was loaded is stored, whatever happened meanwhile. */
  const unfenced: typeof readThrough = async (store, keys, loader) => {
    const texts = new Map<string, string | null>();
    for (const key of keys) {
      const stored = await store.get(key);
      if (stored && !stored.startsWith('!')) texts.set(key, stored);
      else {
        const text = (await loader([key])).get(key) ?? 'null';
        await store.set(key, text, { ttlSeconds: 60 });
        texts.set(key, text);
      }
    }
    return { texts, versions: null };
  };

  const races: [string, () => Promise<unknown>][] = [
    ['a change', () => change()],
    ['a change of stock', () => change({ slugs: ['tweed'], stockOnly: true })],
    ['a change after which another reader has already filled', () => change().then(() => read())],
    ['two changes', () => change().then(() => change())],
    ['a change of everything', () => change({ everything: true })],
  ];

  describe(`a slow fill of ${kvName}`, () => {
    it.each(races)('never outlives %s', async (_name, meanwhile) => {
      await slowRead(meanwhile);
      expect(await read()).toBe('"new"');
    });

    it('never outlives a change that met the tombstone of an earlier one', async () => {
      await invalidateCatalog(kv, { slugs: ['tweed'] });
      await slowRead(() => change());
      expect(await read()).toBe('"new"');
    });

    it('would, without the fence: the negative control', async () => {
      await slowRead(() => change(), unfenced);
      expect(await read(unfenced)).toBe('"old"');
    });

    it('never wins in any order of 100 changes and readers', async () => {
      for (let round = 0; round < 100; round += 1) {
        source.text = String(round);
        const readers = Array.from({ length: 3 }, async () => {
          await pause();
          await slowRead(pause);
        });
        const writer = (async () => {
          await pause();
          source.text = String(round + 0.5);
          await pause();
          await invalidateCatalog(kv, { slugs: ['tweed'] });
        })();
        await Promise.all([...readers, writer]);
        expect(await read()).toBe(String(round + 0.5));
        await invalidateCatalog(kv, { slugs: ['tweed'] });
      }
    });
  });
}

const pause = () => new Promise((done) => setTimeout(done, Math.random() * 3));
