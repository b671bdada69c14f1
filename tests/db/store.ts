import { createDb, createSql, type Db, type DbConnection, type Sql } from '@/db/client';
import { databaseFault } from '@/db/fault';
import { migrate } from '@/db/migrate';
import type { Platform } from '@/local/platform';
import type { TestDatabase } from '@/tests/databases';

export interface Store {
  platform: Platform;
  connection: DbConnection;
  db: Db;
  sql: Sql;
}

/** A migrated database with nothing in it. */
export async function openStore(database: TestDatabase): Promise<Store> {
  const platform = await database.start();
  const connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
  await migrate(connection);
  return { platform, connection, db: createDb(connection), sql: createSql(connection) };
}

/** The constraint that a write was refused by, `nothing refused it` where it was written. */
export async function refusalOf(write: Promise<unknown>): Promise<string | null> {
  try {
    await write;
  } catch (error) {
    return databaseFault(error)?.constraint ?? String(error);
  }
  return 'nothing refused it';
}

/** Orders that cost nothing, as bare as the constraints allow; `ord_1`, `ord_2` and so on, each of a cart of its own. */
export async function placeBareOrders(sql: Sql, count: number): Promise<string[]> {
  await sql.query(
    `insert into orders (id, cart_id, cart_key, cart_version, email, currency, country, tax_included, subtotal_minor,
       shipping_minor, tax_minor, total_minor, shipping_method_id, shipping_method_title, shipping_address,
       billing_address, expires_at)
     select 'ord_' || n, 'cart_' || n, 'key', 1, 'ada@example.com', 'EUR', 'DE', true, 0, 0, 0, 0, 'post', 'Post', '{}',
       '{}', now() from generate_series(1, $1::integer) n`,
    [count],
  );
  return Array.from({ length: count }, (_, index) => `ord_${index + 1}`);
}

/** A product with variants of these ids, without prices. */
export async function shelve(sql: Sql, variantIds: string[], productId = 'prod_a'): Promise<void> {
  await sql.transaction([
    sql.query(`insert into products (id, slug, title) values ($1, $2, 'Cloth')`, [
      productId,
      productId.replace('_', '-'),
    ]),
    ...variantIds.map((id, position) =>
      sql.query(
        `insert into variants (id, product_id, position, sku, title, options) values ($1, $2, $3, $1, '', $4)`,
        [id, productId, position, JSON.stringify({ Size: id })],
      ),
    ),
  ]);
}
