import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases } from '@/tests/databases';
import { type CatalogShop, openCatalog } from './catalog-shop';

/** What the listings and search documents must always be, computed from scratch. */
const DRIFT = `
  with wanted as (
    select p.id as product_id, r.currency, min(r.amount_minor) as min_minor, p.created_at, lower(unaccent(p.title)) as title_key
    from products p join variants v on v.product_id = p.id join prices r on r.variant_id = v.id
    where p.status = 'active' group by p.id, r.currency
  ), listed as (select product_id, currency, min_minor, created_at, title_key from product_listings)
  (select 'missing' as fault, * from (table wanted except table listed) m)
  union all
  (select 'surplus', * from (table listed except table wanted) s)`;

const UNFINDABLE = `
  select v.sku from variants v join product_search s using (product_id)
  where not s.document @@ search_query(array[v.sku])`;

describe.each(testDatabases('cat_listings').filter(({ available }) => available))(
  'what the catalog is listed by on $server',
  (database) => {
    let shop: CatalogShop;

    beforeAll(async () => {
      shop = await openCatalog(database);
    });

    afterAll(() => shop?.platform.close());

    const drift = () => shop.sql.query(DRIFT);

    it('follows every writer, whatever they write', async () => {
      const random = generator(7);
      const pick = (limit: number) => Math.floor(random() * limit);
      const steps: (() => string)[] = [
        () =>
          `insert into products (id, slug, title) values ('p${pick(8)}', 'p-${pick(8)}', 'Title ${pick(99)}') on conflict do nothing`,
        () => `insert into variants (id, product_id, position, sku, title, options)
               select 'v${pick(20)}', id, 0, 'sku${pick(999)}', '', jsonb_build_object('n', '${pick(99)}') from products where id = 'p${pick(8)}'
               on conflict do nothing`,
        () => `insert into prices (variant_id, currency, amount_minor)
               select id, '${['EUR', 'USD'][pick(2)]}', ${pick(5000)} from variants where id = 'v${pick(20)}'
               on conflict (variant_id, currency) do update set amount_minor = excluded.amount_minor`,
        () =>
          `update prices set amount_minor = amount_minor + ${pick(100)} where variant_id between 'v1' and 'v${pick(9)}'`,
        () => `update prices set variant_id = 'v${pick(20)}' where variant_id = 'v${pick(20)}' and currency = 'EUR'`,
        () => `update products set title = 'Tïtle ${pick(99)}', created_at = now() where id = 'p${pick(8)}'`,
        () =>
          `update products set status = '${['active', 'active', 'active', 'draft', 'archived'][pick(5)]}' where id = 'p${pick(8)}'`,
        () => `update variants v set product_id = p.id, sku = 'moved${pick(9999)}' from products p
               where v.id = 'v${pick(20)}' and p.id = 'p${pick(8)}'
               and not exists (select from variants o where o.product_id = p.id and o.options = v.options)`,
        () => `delete from prices where variant_id = 'v${pick(20)}' and currency = 'EUR'`,
        () => (pick(3) === 0 ? `delete from variants where id = 'v${pick(20)}'` : 'select 1'),
        () => (pick(8) === 0 ? `delete from products where id = 'p${pick(8)}'` : 'select 1'),
      ];
      let listed = 0;
      for (let step = 0; step < 300; step += 1) {
        // Much is made at first, so that there is something to change.
        const statement = steps[step < 60 ? step % 3 : pick(steps.length)]!();
        await shop.sql.query(statement).catch((error: { code?: string }) => {
          // A random write may be refused, which changes nothing.
          if (error.code !== '23505' && error.code !== '23503') throw error;
        });
        const [faults, unfindable, counted] = await shop.sql.transaction([
          shop.sql.query(DRIFT),
          shop.sql.query(UNFINDABLE),
          shop.sql.query('select count(*)::integer as count from product_listings'),
        ]);
        expect([faults, unfindable], statement).toEqual([[], []]);
        listed += (counted as { count: number }[])[0]!.count;
      }
      expect(listed, 'the random writes made listings').toBeGreaterThan(400);
    });

    it('would show it if a writer went past the triggers', async () => {
      await seed();
      await shop.sql.transaction([
        shop.sql.query('alter table prices disable trigger user'),
        shop.sql.query(`update prices set amount_minor = 1 where variant_id = 'twin_a'`),
        shop.sql.query('alter table prices enable trigger user'),
      ]);
      expect(await drift()).toHaveLength(2);
      await shop.sql.query(`update prices set amount_minor = amount_minor where variant_id = 'twin_a'`);
      expect(await drift()).toEqual([]);
    });

    it('is right when two change the prices of one product at once', async () => {
      await seed();
      for (let round = 1; round <= 30; round += 1) {
        // Both hold their transaction open after the write, so that they overlap.
        const raise = (variant: string, amount: number) =>
          shop.sql.transaction([
            shop.sql.query(`update prices set amount_minor = ${amount} where variant_id = '${variant}'`),
            shop.sql.query('select pg_sleep(0.01)'),
          ]);
        await Promise.all([raise('twin_a', 5000 + round), raise('twin_b', 6000 - round)]);
        expect(await drift(), `round ${round}`).toEqual([]);
      }
    });

    async function seed(): Promise<void> {
      await shop.sql.transaction([
        shop.sql.query(`delete from products`),
        shop.sql.query(`insert into products (id, slug, title) values ('twins', 'twins', 'Twins')`),
        shop.sql.query(`insert into variants (id, product_id, position, sku, title, options)
                        values ('twin_a', 'twins', 0, 'A', '', '{"n":"1"}'), ('twin_b', 'twins', 1, 'B', '', '{"n":"2"}')`),
        shop.sql.query(
          `insert into prices (variant_id, currency, amount_minor) values ('twin_a', 'EUR', 10), ('twin_b', 'EUR', 20)`,
        ),
      ]);
    }
  },
);

/** Random numbers that are the same in every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
