import { type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless';
import { drizzle, type NeonHttpDatabase } from 'drizzle-orm/neon-http';

export type Db = NeonHttpDatabase;
export type Sql = NeonQueryFunction<false, false>;

export interface DbConnection {
  /** A Postgres URL. */
  url: string;
  /** Where Neon's HTTP protocol is answered; Neon's own endpoint when absent. */
  fetchEndpoint?: string | undefined;
}

/**
 * A Drizzle client over Neon's HTTP protocol, the same at the edge and in Node. It holds no connection, so making one
 * costs nothing; `onTrip` is told the milliseconds of every round trip.
 */
export function createDb(connection: DbConnection, onTrip?: (milliseconds: number) => void): Db {
  return drizzle(createSql(connection, onTrip));
}

/** The driver beneath Drizzle, for what Drizzle has no words for: `sql.transaction([…], { isolationLevel })`. */
export function createSql({ url, fetchEndpoint }: DbConnection, onTrip?: (milliseconds: number) => void): Sql {
  if (fetchEndpoint) neonConfig.fetchEndpoint = fetchEndpoint;
  const sql = neon(url);
  return onTrip ? counted(sql, onTrip) : sql;
}

function counted(sql: Sql, onTrip: (milliseconds: number) => void): Sql {
  const timed =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      const start = performance.now();
      try {
        return await call(...args);
      } finally {
        onTrip(performance.now() - start);
      }
    };
  // A query is lazy and may become part of a transaction, which then makes the trip instead: time its execution.
  const query = ((...args: Parameters<Sql['query']>) => {
    const lazy = sql.query(...args);
    lazy.execute = timed(lazy.execute);
    return lazy;
  }) as Sql['query'];
  const transaction = timed(sql.transaction) as Sql['transaction'];
  return new Proxy(sql, {
    get: (target, property) =>
      property === 'query' ? query : property === 'transaction' ? transaction : Reflect.get(target, property),
  });
}
