import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CommerceError } from '@/commerce/error';
import { BACKOFFS, waitsOf } from '@/commerce/login-backoff';
import { beginGuess, endGuess, type Guess, pruneLoginFailures } from '@/node/login-failures';
import { testDatabases } from '@/tests/databases';
import { openStore, type Store } from '../db/store';

const NOON = new Date('2026-11-01T12:00:00Z');
const at = (seconds: number) => new Date(NOON.getTime() + seconds * 1000);

const stranger = (address: string, account = 'ada@example.com'): Guess => ({
  kind: 'password',
  account,
  address,
  knownDevice: null,
});
const owner: Guess = { kind: 'password', account: 'ada@example.com', address: '192.0.2.1', knownDevice: 'her-phone' };

it('waits not at all for the free failures, then a second, twice as long each time, a quarter of an hour at most', () => {
  expect(waitsOf({ free: 5, forgetSeconds: 900 })).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]);
});

it('remembers nothing for longer than a day, after which it is pruned', () => {
  for (const { free, forgetSeconds } of Object.values(BACKOFFS).flatMap((scopes) => Object.values(scopes))) {
    expect(waitsOf({ free, forgetSeconds }).length * forgetSeconds).toBeLessThan(24 * 60 * 60);
  }
});

describe.each(testDatabases('login_failures'))('guesses counted on $server', (database) => {
  const test = it.skipIf(!database.available);
  let store: Store;

  beforeAll(async () => {
    if (!database.available) return;
    store = await openStore(database);
    for (const [name, value] of Object.entries(store.platform.env)) vi.stubEnv(name, value);
  });
  beforeEach(async () => {
    if (database.available) await store.sql.query('delete from login_failures');
  });
  afterAll(async () => {
    if (database.available) await store.platform.close();
  });

  /** The seconds that an attempt has to wait; 0 where it is let through. */
  async function wait(guess: Guess, now: Date): Promise<number> {
    try {
      await beginGuess(store.db, guess, now);
      return 0;
    } catch (error) {
      const { code, facts } = error as CommerceError;
      expect(code).toBe('too_many_attempts');
      return facts?.retryAfterSeconds as number;
    }
  }

  /** How many of so many attempts, one after another, are let through at one moment. */
  async function passes(attempts: number, guess: (index: number) => Guess, now = NOON): Promise<number> {
    let count = 0;
    for (let index = 0; index < attempts; index += 1) count += (await wait(guess(index), now)) === 0 ? 1 : 0;
    return count;
  }

  test('let five through from one address, and then one after each wait, which doubles', async () => {
    expect(await passes(20, () => stranger('192.0.2.7'))).toBe(5);
    const waits: number[] = [];
    let now = 0;
    for (let tries = 0; tries < 14; tries += 1) {
      const seconds = await wait(stranger('192.0.2.7'), at(now));
      expect(seconds).toBeGreaterThan(0);
      expect(await wait(stranger('192.0.2.7'), at(now + seconds - 0.001))).toBeGreaterThan(0);
      now += seconds;
      expect(await wait(stranger('192.0.2.7'), at(now))).toBe(0);
      waits.push(seconds);
    }
    // After a quarter of an hour one is forgotten, so it stays at that.
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
  });

  test('let no more through of 200 that come at once', async () => {
    const rush = await Promise.all(Array.from({ length: 200 }, () => wait(stranger('192.0.2.7'), NOON)));
    expect(rush.filter((seconds) => seconds === 0)).toHaveLength(5);
    expect(Math.max(...rush)).toBe(1);
  });

  it.skipIf(!database.available || database.server === 'PGlite')(
    'let no more through of those that have all seen that one is free',
    async () => {
      expect(await passes(4, () => stranger('192.0.2.7'))).toBe(4);
      const url = new URL(process.env.POSTGRES_URL!);
      url.pathname = '/selvedge_login_failures';
      const other = new pg.Client({ connectionString: url.href });
      await other.connect();
      try {
        // While somebody holds the rows, all attempts read what was before, and then wait for each other.
        await other.query('begin; select * from login_failures for update');
        const attempts = Array.from({ length: 8 }, () => wait(stranger('192.0.2.7'), NOON));
        await vi.waitUntil(async () => {
          const { rows } = await other.query(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return rows.length >= 8;
        });
        await other.query('commit');
        expect((await Promise.all(attempts)).filter((seconds) => seconds === 0)).toHaveLength(1);
      } finally {
        await other.end();
      }
    },
  );

  test('lock nobody crosswise when right and wrong ones come at once for few accounts from few addresses', async () => {
    const rush = Array.from({ length: 200 }, async (_, index) => {
      const guess = stranger(`192.0.2.${index % 3}`, `${index % 5}@example.com`);
      await wait(guess, NOON);
      if (index % 2 === 0) await endGuess(store.db, guess);
    });
    expect((await Promise.allSettled(rush)).filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  test('are a hundred from all addresses together, and then none, though each address has made but one', async () => {
    expect(await passes(150, (index) => stranger(`198.51.100.${index}`))).toBe(100);
    // A hundred an hour go on.
    expect(await passes(150, (index) => stranger(`203.0.113.${index}`), at(60 * 60))).toBe(100);
  });

  test('of strangers never keep the owner out on a device that is known', async () => {
    await passes(150, (index) => stranger(`198.51.100.${index}`));
    await passes(40, () => stranger(owner.address as string));
    expect(await wait(stranger('192.0.2.200'), NOON)).toBeGreaterThan(0);
    expect(await wait(owner, NOON)).toBe(0);
  });

  test('on a device that is known are ten, and count for that device alone', async () => {
    expect(await passes(20, () => owner)).toBe(10);
    expect(await wait({ ...owner, knownDevice: 'her-laptop' }, NOON)).toBe(0);
    expect(await wait({ ...owner, account: 'eve@example.com' }, NOON)).toBe(0);
    expect(await wait(stranger('192.0.2.1'), NOON)).toBe(0);
  });

  test('at many accounts from one address are thirty', async () => {
    expect(await passes(60, (index) => stranger('192.0.2.7', `${index}@example.com`))).toBe(30);
    expect(await wait(stranger('192.0.2.8', '1@example.com'), NOON)).toBe(0);
  });

  test('that nobody vouches for count as one address for an account, and not for all accounts', async () => {
    const unknown = (account: string): Guess => ({ ...stranger('', account), address: null });
    expect(await passes(20, () => unknown('ada@example.com'))).toBe(5);
    expect(await passes(60, (index) => unknown(`${index}@example.com`))).toBe(60);
  });

  test('that are refused cost nothing', async () => {
    await passes(5, () => stranger('192.0.2.7'));
    await passes(200, () => stranger('192.0.2.7'));
    // Neither the account from elsewhere, nor other accounts from there, nor the wait itself.
    expect(await wait(stranger('192.0.2.8'), NOON)).toBe(0);
    expect(await wait(stranger('192.0.2.7', 'bob@example.com'), NOON)).toBe(0);
    expect(await wait(stranger('192.0.2.7'), at(1))).toBe(0);
  });

  test('that are refused for the account as a whole do not count against one address either', async () => {
    await passes(150, (index) => stranger(`198.51.100.${index}`));
    expect(await passes(50, () => stranger('192.0.2.7'))).toBe(0);
    // The account's second is over, and the address has all of its guesses.
    expect(await wait(stranger('192.0.2.7'), at(1))).toBe(0);
    const rows = await store.sql.query('select count from login_failures order by count');
    expect(rows.map(({ count }) => count)).toEqual([...Array(202).fill(1), 101]);
  });

  test('of codes are counted apart from those of passwords', async () => {
    expect(await passes(20, () => stranger('192.0.2.7'))).toBe(5);
    expect(await passes(20, () => ({ ...stranger('192.0.2.7'), kind: 'second_factor' }))).toBe(5);
    const code = (index: number): Guess => ({ ...stranger(`198.51.100.${index}`), kind: 'second_factor' });
    expect(await passes(150, code)).toBe(15);
  });

  test('that were right are taken back, and what this account and address failed before is forgotten', async () => {
    for (let round = 0; round < 40; round += 1) {
      expect(await passes(4, () => stranger('192.0.2.7'), at(round * 3600))).toBe(4);
      expect(await wait(stranger('192.0.2.7'), at(round * 3600))).toBe(0);
      await endGuess(store.db, stranger('192.0.2.7'));
    }
    expect(await passes(20, () => stranger('192.0.2.7'), at(40 * 3600))).toBe(5);
  });

  test('of a whole office that logs in from one address are no failures', async () => {
    for (let index = 0; index < 150; index += 1) {
      const guess = stranger('192.0.2.7', `${index}@example.com`);
      expect(await wait(guess, NOON)).toBe(0);
      await endGuess(store.db, guess);
    }
  });

  test('do not become free again by logging in to an account of one\u2019s own', async () => {
    const own = stranger('192.0.2.7', 'eve@example.com');
    let count = 0;
    for (let index = 0; index < 60; index += 1) {
      if ((await wait(own, NOON)) === 0) await endGuess(store.db, own);
      count += (await wait(stranger('192.0.2.7', `${index}@example.com`), NOON)) === 0 ? 1 : 0;
    }
    // The right ones leave a trace of one among the thirty.
    expect(count).toBe(29);
  });

  test('agree with the rule, whatever comes in whichever order', async () => {
    const { free, forgetSeconds } = BACKOFFS.password.known_device;
    const waits = waitsOf({ free, forgetSeconds });
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    let now = 0;
    let state: { count: number; last: number; until: number } | null = null;
    for (let turn = 0; turn < 400; turn += 1) {
      now += [0, 0, 1, 30, 299, 300, 1000, 90_000][random(8)] as number;
      const isBlocked: boolean = state !== null && state.until > now;
      expect(await wait(owner, at(now)), `turn ${turn}`).toBe(isBlocked ? state!.until - now : 0);
      if (isBlocked) continue;
      const kept: number =
        state === null ? 0 : Math.max(0, state.count - Math.floor((now - state.last) / forgetSeconds));
      const count: number = Math.min(waits.length, kept + 1);
      state = { count, last: now, until: now + (waits[count - 1] as number) };
      if (random(25) === 0) {
        await endGuess(store.db, owner);
        state = null;
      }
    }
  });

  test('name nobody in the table', async () => {
    await wait(stranger('192.0.2.7'), NOON);
    await wait(owner, NOON);
    const rows = JSON.stringify(await store.sql.query('select * from login_failures'));
    expect(rows.match(/"key"/g)).toHaveLength(4);
    expect(rows).not.toMatch(/ada|example|192\.0\.2|phone/);
  });

  test('are forgotten after a day, all of them, in bites', async () => {
    await store.sql.query(
      `insert into login_failures (key, count, last_at, blocked_until)
       select 'old ' || n, 1, now() - interval '25 hours', now() from generate_series(1, 1200) n
       union all select 'recent', 1, now() - interval '23 hours', now()`,
    );
    const left = async () => Number((await store.sql.query('select count(*) from login_failures'))[0]?.count);
    expect(await left()).toBe(1_201);
    await pruneLoginFailures(store.db);
    expect(await left()).toBe(1);
    await pruneLoginFailures(store.db);
    expect(await left()).toBe(1);
  });
});
