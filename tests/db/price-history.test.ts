import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testDatabases } from '@/tests/databases';
import { openStore, refusalOf, type Store, shelve } from './store';

describe.each(testDatabases('price_history'))('the history of prices on $server', (database) => {
  const test = it.skipIf(!database.available);
  let store: Store;

  beforeAll(async () => {
    if (database.available) store = await openStore(database);
  });
  beforeEach(async () => {
    if (!database.available) return;
    await run(`delete from products`);
    await shelve(store.sql, ['a', 'b']);
  });
  afterAll(async () => {
    if (database.available) await store.platform.close();
  });

  test('has every price from when it was first set, and each that it was changed to', async () => {
    await run(`insert into prices values ('a', 'EUR', 1000), ('a', 'USD', 1100), ('b', 'EUR', 500)`);
    await run(
      `update prices set amount_minor = 900, compare_at_minor = 1000 where variant_id = 'a' and currency = 'EUR'`,
    );
    expect(await history()).toEqual(['a EUR 1000', 'a EUR 900', 'a USD 1100', 'b EUR 500']);
  });

  test('has nothing of what left the price as it was', async () => {
    await run(`insert into prices values ('a', 'EUR', 1000)`);
    await run(`update prices set amount_minor = 1000, compare_at_minor = 1200, updated_at = now()`);
    await run(
      `insert into prices values ('a', 'EUR', 1000), ('b', 'EUR', 500)
       on conflict (variant_id, currency) do update set amount_minor = excluded.amount_minor`,
    );
    expect(await history()).toEqual(['a EUR 1000', 'b EUR 500']);
  });

  test('says when a price ended, and when it came back', async () => {
    await run(`insert into prices values ('a', 'EUR', 1000)`);
    await run(`delete from prices`);
    await run(`insert into prices values ('a', 'EUR', 1000)`);
    await run(`update prices set variant_id = 'b'`);
    expect(await history()).toEqual(['a EUR 1000', 'a EUR -', 'a EUR 1000', 'a EUR -', 'b EUR 1000']);
  });

  test('is in the order in which prices were committed, whenever their transactions began', async () => {
    await run(`insert into prices values ('a', 'EUR', 1)`);
    await store.sql.transaction([
      store.sql.query(`update prices set amount_minor = 2`),
      store.sql.query(`update prices set amount_minor = 3`),
    ]);
    await Promise.all([4, 5, 6, 7, 8].map((amount) => run(`update prices set amount_minor = ${amount}`)));
    const rows = await run(`select amount_minor::int as amount from price_history order by valid_from`);
    const [last] = await run(`select amount_minor::int as amount from prices`);
    expect(rows.slice(0, 3).map(({ amount }) => amount)).toEqual([1, 2, 3]);
    expect(rows).toHaveLength(8);
    expect(rows.at(-1)).toEqual(last);
  });

  test.each([
    ['rewritten', `update price_history set amount_minor = 1`],
    ['moved', `update price_history set valid_from = now()`],
    ['deleted', `delete from price_history`],
    ['truncated', `truncate price_history`],
  ])('is not %s', async (_, statement) => {
    await run(`insert into prices values ('a', 'EUR', 1000)`);
    expect(await refusalOf(run(statement))).toBe('price_history_append_only');
    expect(await history()).toEqual(['a EUR 1000']);
  });

  test('goes with its variant', async () => {
    await run(`insert into prices values ('a', 'EUR', 1000), ('b', 'EUR', 500)`);
    await run(`delete from variants where id = 'a'`);
    expect(await history()).toEqual(['b EUR 500']);
    await run(`delete from products`);
    expect(await history()).toEqual([]);
  });

  const run = (statement: string) => store.sql.query(statement);

  async function history(): Promise<string[]> {
    const rows = await run(
      `select variant_id || ' ' || currency || ' ' || coalesce(amount_minor::text, '-') as point
       from price_history order by variant_id, currency, id`,
    );
    return rows.map((row) => row.point as string);
  }
});
