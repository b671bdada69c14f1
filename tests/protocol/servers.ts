import { Redis } from 'ioredis';
import pg from 'pg';
import { type Platform, startPlatform } from '@/local/platform';

/** A thing the contract is tested against: started by the suite, or left out where its server is not given. */
export type Subject = { name: string; available: boolean; start(): Promise<Platform> };

/** Starts the platform's SQL alone, over PGlite and over a database of its own on the Postgres at `POSTGRES_URL`. */
export const sqlSubjects: Subject[] = [
  { name: 'PGlite', available: true, start: () => startSql() },
  {
    name: 'a real Postgres',
    available: Boolean(process.env.POSTGRES_URL),
    async start() {
      const url = new URL(process.env.POSTGRES_URL!);
      const admin = new pg.Client({ connectionString: url.href });
      await admin.connect();
      const database = `selvedge_proto_${process.pid}_${Date.now()}`;
      await admin.query(`CREATE DATABASE ${database}`);
      url.pathname = `/${database}`;
      const platform = await startSql(url.href);
      return {
        ...platform,
        async close() {
          await platform.close();
          await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
          await admin.end();
        },
      };
    },
  },
];

/** Starts the platform's KV alone, over the embedded store and over an empty database of the Redis at `REDIS_URL`. */
export const kvSubjects: Subject[] = [
  { name: 'the embedded store', available: true, start: () => startKv() },
  {
    name: 'a real Redis',
    available: Boolean(process.env.REDIS_URL),
    async start() {
      const url = new URL(process.env.REDIS_URL!);
      const claimed = await claimDatabase(url.href);
      url.pathname = `/${claimed.number}`;
      const platform = await startKv(url.href);
      return {
        ...platform,
        async close() {
          await platform.close();
          await claimed.release();
        },
      };
    },
  },
];

// What is given is not stood in for: each suite starts only what it asks.
const startSql = (postgresUrl?: string) =>
  startPlatform({ dataDir: null, postgresUrl, given: { KV_REST_API_URL: 'http://unused.invalid' } });

const startKv = (redisUrl?: string) =>
  startPlatform({ dataDir: null, redisUrl, given: { DATABASE_URL: 'postgresql://unused.invalid' } });

/**
 * An empty database of a Redis for this suite alone, which empties it again and again: it must not be anybody's, nor
 * that of a suite that runs at the same time. Claims are kept in the first database, and end by themselves.
 */
export async function claimDatabase(url: string): Promise<{ number: number; release(): Promise<void> }> {
  const redis = new Redis(url, { db: 0 });
  for (const number of [9, 10, 11, 12, 13, 14, 15]) {
    const claim = `selvedge:tests:database:${number}`;
    await redis.select(0);
    if ((await redis.set(claim, process.pid, 'EX', 300, 'NX')) === null) continue;
    await redis.select(number);
    if ((await redis.dbsize()) === 0) {
      const release = async () => {
        await redis.flushdb();
        await redis.select(0);
        await redis.del(claim);
        redis.disconnect();
      };
      return { number, release };
    }
    await redis.select(0);
    await redis.del(claim);
  }
  redis.disconnect();
  throw new Error('REDIS_URL has no empty database between 9 and 15 for the tests to use');
}
