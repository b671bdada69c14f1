import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseFault } from '@/db/fault';
import { readCustomerUses, readRules } from '@/edge/facts';
import { runBatch } from '@/node/order-record';
import {
  customerKeyOf,
  type RefusedPromotions,
  redeemStatement,
  refusedPromotions,
  releaseStatement,
} from '@/node/promotion-uses';
import { testDatabases } from '@/tests/databases';
import { openStore, placeBareOrders, refusalOf, type Store } from './store';

it('finds a customer however the address was written', () => {
  // printf ada@example.com | sha256sum
  const key = 'b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72';
  expect(customerKeyOf('ada@example.com')).toBe(key);
  expect(customerKeyOf('Ada@Example.com')).toBe(key);
});

describe.each(testDatabases('promotion_uses'))('the uses of promotions on $server', (database) => {
  const test = it.skipIf(!database.available);
  let store: Store;

  beforeAll(async () => {
    if (database.available) store = await openStore(database);
  });
  beforeEach(async () => {
    if (!database.available) return;
    const tables = ['orders', 'promotions', 'promotion_customers', 'outbox'];
    await store.sql.transaction(tables.map((table) => run(`delete from ${table}`)));
  });
  afterAll(async () => {
    if (database.available) await store.platform.close();
  });

  test('are 20 of a code that 200 shoppers use at once, when it has 20', async () => {
    await promote('spring', { limit: 20 });
    const orders = await placeBareOrders(store.sql, 200);
    const outcomes = await Promise.all(orders.map((order) => redeem(order, `customer of ${order}`, ['spring'])));
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(20);
    expect(outcomes.filter((outcome) => outcome !== null)).toEqual(
      Array(180).fill({ reason: 'used_up', promotionIds: ['spring'] }),
    );
    expect(await counted()).toEqual({ spring: 20 });
    expect(await usedOf('spring')).toBe(20);
    expect(await isUsedUp('spring')).toBe(true);
    expect(await messages()).toEqual(['rules.changed rules']);
  });

  test('come back when an order is cancelled, once, and say so where there were none left', async () => {
    await promote('spring', { limit: 2 });
    const [first = '', second = '', third = ''] = await placeBareOrders(store.sql, 3);
    await redeem(first, 'ada', ['spring']);
    expect(await messages()).toEqual([]);
    await redeem(second, 'bob', ['spring']);
    expect(await redeem(third, 'cat', ['spring'])).toEqual({ reason: 'used_up', promotionIds: ['spring'] });
    expect(await isUsedUp('spring')).toBe(true);

    await Promise.all([release(first), release(first), release(first)]);
    await release(first);
    expect(await usedOf('spring')).toBe(1);
    expect(await isUsedUp('spring')).toBe(false);
    expect(await messages()).toEqual(['rules.changed rules', 'rules.changed rules']);
    expect(await redeem(third, 'cat', ['spring'])).toBeNull();
    expect(await counted()).toEqual({ spring: 2 });
  });

  test('are limited for each customer too, however many orders come at once', async () => {
    await promote('welcome', { perCustomer: 1 });
    const orders = await placeBareOrders(store.sql, 12);
    const outcomes = await Promise.all(
      orders.map((order, index) => redeem(order, index < 10 ? 'ada' : `other ${index}`, ['welcome'])),
    );
    expect(outcomes.slice(0, 10).filter((outcome) => outcome === null)).toHaveLength(1);
    expect(outcomes.slice(0, 10)).toContainEqual({ reason: 'used_up_by_customer', promotionIds: ['welcome'] });
    expect(outcomes.slice(10)).toEqual([null, null]);

    const [{ order_id: held } = { order_id: '' }] = await run(
      `select order_id from promotion_uses where customer_key = 'ada'`,
    );
    await release(held as string);
    expect(await redeem(orders.find((order) => order !== held)!, 'ada', ['welcome'])).toBeNull();
  });

  test('are counted for all promotions of an order or for none, and every one that is used up is named', async () => {
    await promote('a');
    await promote('b', { limit: 1 });
    await promote('c', { limit: 1 });
    const [first = '', second = ''] = await placeBareOrders(store.sql, 2);
    expect(await redeem(first, 'ada', ['c', 'b'])).toBeNull();
    expect(await redeem(second, 'bob', ['c', 'a', 'b'])).toEqual({ reason: 'used_up', promotionIds: ['b', 'c'] });
    expect(await counted()).toEqual({ b: 1, c: 1 });
  });

  test('of a promotion that was taken away meanwhile are refused', async () => {
    await promote('a', { limit: 1 });
    const [order = ''] = await placeBareOrders(store.sql, 1);
    expect(await redeem(order, 'ada', ['a', 'gone'])).toEqual({ reason: 'gone', promotionIds: ['gone'] });
    expect(await counted()).toEqual({});
  });

  test('do not wait for each other in a circle, whatever order they are named in', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await promote(id, id < 'c' ? { limit: 1000 } : { perCustomer: 1000 });
    const orders = await placeBareOrders(store.sql, 80);
    const outcomes = await Promise.all(
      orders.map(async (order, index) => {
        const ids = ['a', 'b', 'c', 'd'];
        const refused = await redeem(order, 'ada', index % 2 ? ids : ids.toReversed());
        if (index % 3 === 0) await release(order);
        return refused;
      }),
    );
    expect(outcomes).toEqual(Array(80).fill(null));
    expect(await counted()).toEqual({ a: 53, b: 53, c: 53, d: 53 });
    expect([await usedOf('a'), await usedOf('d')]).toEqual([53, 0]);
    const customers = await run(`select promotion_id, used from promotion_customers order by 1`);
    expect(customers.map(({ used }) => used)).toEqual([53, 53, 53, 53]);
  });

  test('without a limit are known all the same, and count from when there is one', async () => {
    await promote('a');
    const [first = '', second = '', third = '', fourth = ''] = await placeBareOrders(store.sql, 4);
    await redeem(first, 'ada', ['a']);
    await redeem(second, 'bob', ['a']);
    await release(second);
    expect(await usedOf('a')).toBe(0);
    await run(`update promotions set usage_limit = 2, usage_limit_per_customer = 1`);
    expect(await usedOf('a')).toBe(1);
    expect(await redeem(third, 'ada', ['a'])).toMatchObject({ reason: 'used_up_by_customer' });
    expect(await redeem(fourth, 'bob', ['a'])).toBeNull();
    expect(await usedOf('a')).toBe(2);
    expect(await refusalOf(run(`update promotions set usage_limit = 1`))).toBe('promotions_used_within_limit');
    await run(`update promotions set usage_limit = null`);
    expect(await usedOf('a')).toBe(0);
  });

  it.skipIf(!database.available || database.server === 'PGlite')(
    'without a limit do not wait for each other',
    async () => {
      await promote('a', { perCustomer: 1 });
      const orders = await placeBareOrders(store.sql, 6);
      const started = performance.now();
      await Promise.all(
        orders.map((order) =>
          runBatch(store.db, [
            redeemStatement(store.db, order, { customerKey: order, promotionIds: ['a'] }),
            store.db.execute('select pg_sleep(0.5)'),
          ]),
        ),
      );
      // One after the other they would take 3 s.
      expect(performance.now() - started).toBeLessThan(2000);
      expect(await counted()).toEqual({ a: 6 });
    },
  );

  test('are not forgotten by a promotion that is deleted and comes back', async () => {
    await promote('a', { limit: 2, perCustomer: 1 });
    const [first = '', second = ''] = await placeBareOrders(store.sql, 2);
    await redeem(first, 'ada', ['a']);
    await run(`delete from promotions`);
    await promote('a', { limit: 2, perCustomer: 1 });
    expect(await usedOf('a')).toBe(1);
    expect(await redeem(second, 'ada', ['a'])).toMatchObject({ reason: 'used_up_by_customer' });
    await run(`delete from promotions`);
    await release(first);
    expect(await counted()).toEqual({});
    await promote('a', { limit: 2, perCustomer: 1 });
    expect(await redeem(second, 'ada', ['a'])).toBeNull();
  });

  test('are read of a customer: how many orders, how many uses, and what the cart itself holds', async () => {
    await promote('a');
    await promote('b', { limit: 5 });
    const ada = customerKeyOf('ada@example.com');
    const [first = '', second = '', third = ''] = await placeBareOrders(store.sql, 3);
    await run(`update orders set customer_key = '${ada}' where id <> '${third}'`);
    await redeem(first, ada, ['a', 'b']);
    await redeem(second, ada, ['b']);
    await redeem(third, 'bob', ['b']);
    const read = (cartId?: string) => readCustomerUses(store.db, ada, ['a', 'b', 'none'], cartId);
    expect(await read()).toEqual({ orderCount: 2, uses: { a: 1, b: 2 }, heldByCart: [] });
    expect(await read('cart_2')).toEqual({ orderCount: 1, uses: { a: 1, b: 1 }, heldByCart: ['b'] });
    await run(`update orders set status = 'cancelled' where id = '${first}'`);
    await release(first);
    expect(await read()).toEqual({ orderCount: 1, uses: { b: 1 }, heldByCart: [] });
    expect(await readCustomerUses(store.db, 'nobody', ['a'])).toEqual({ orderCount: 0, uses: {}, heldByCart: [] });
  });

  const run = (statement: string) => store.sql.query(statement);

  const promote = (id: string, { limit, perCustomer }: { limit?: number; perCustomer?: number } = {}) =>
    run(
      `insert into promotions (id, title, effect, usage_limit, usage_limit_per_customer)
       values ('${id}', 'Some off', '{"kind": "percent_off", "of": null, "percentBps": 1000}',
         ${limit ?? 'null'}, ${perCustomer ?? 'null'})`,
    );

  /** Null where they were counted. */
  async function redeem(order: string, customerKey: string, promotionIds: string[]): Promise<RefusedPromotions | null> {
    try {
      await runBatch(store.db, [redeemStatement(store.db, order, { customerKey, promotionIds })]);
      return null;
    } catch (error) {
      const fault = databaseFault(error);
      const refused = fault && refusedPromotions(fault);
      if (!refused) throw error;
      return refused;
    }
  }

  const release = (order: string) => runBatch(store.db, [releaseStatement(store.db, order)]);

  async function counted(): Promise<Record<string, number>> {
    const rows = await run(
      `select promotion_id, count(*)::int as count from promotion_uses where status = 'counted' group by 1 order by 1`,
    );
    return Object.fromEntries(rows.map((row) => [row.promotion_id, row.count]));
  }

  const usedOf = async (id: string) => (await run(`select used from promotions where id = '${id}'`))[0]?.used;
  const isUsedUp = async (id: string) =>
    (await readRules(store.db)).promotions.find((promotion) => promotion.id === id)?.usedUp;

  async function messages(): Promise<string[]> {
    const rows = await run(`select topic || ' ' || aggregate_id as message from outbox order by id`);
    return rows.map((row) => row.message as string);
  }
});
