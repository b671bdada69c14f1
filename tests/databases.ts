import pg from 'pg';
import { type Platform, type PlatformOptions, startPlatform } from '@/local/platform';

/** PostgreSQL servers are asked for by `POSTGRES_URL`; without it those tests are left out. */
const postgresUrl = process.env.POSTGRES_URL;

export interface TestDatabase {
  server: 'PGlite' | 'PostgreSQL';
  available: boolean;
  /** Starts a platform over a fresh, empty database; closing it also removes the database. */
  start(options?: Partial<PlatformOptions>): Promise<Platform>;
}

/** The databases to run a suite on. `name` keeps the suites that run side by side apart. */
export function testDatabases(name: string): TestDatabase[] {
  return [
    {
      server: 'PGlite',
      available: true,
      start: (options) => startPlatform({ dataDir: null, ...options }),
    },
    {
      server: 'PostgreSQL',
      available: Boolean(postgresUrl),
      start: (options) => startOnPostgres(`selvedge_${name}`, options),
    },
  ];
}

/**
 * The one database of a suite that needs a process of its own for each: a real server where there is one, and where only
 * that shows a race, PGlite otherwise.
 */
export function bestDatabase(name: string): TestDatabase {
  const [embedded, server] = testDatabases(name) as [TestDatabase, TestDatabase];
  return server.available ? server : embedded;
}

async function startOnPostgres(database: string, options?: Partial<PlatformOptions>): Promise<Platform> {
  const drop = `drop database if exists ${database} with (force)`;
  await asAdmin(drop);
  await asAdmin(`create database ${database}`);
  const url = new URL(postgresUrl!);
  url.pathname = `/${database}`;
  const platform = await startPlatform({ dataDir: null, postgresUrl: url.href, ...options });
  return {
    ...platform,
    async close() {
      await platform.close();
      await asAdmin(drop);
    },
  };
}

async function asAdmin(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl! });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
