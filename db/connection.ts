import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DbConnection } from './client';

/**
 * The environment of the store that a command should work on: this process's own where `DATABASE_URL` is set,
 * else that of the store running from `DATA_DIR` (default `.data`), else null. For commands only; needs Node.
 */
export function findStoreEnv(): Record<string, string | undefined> | null {
  if (process.env.DATABASE_URL) return process.env;
  try {
    const file = join(process.env.DATA_DIR || '.data', 'local.json');
    const { pid, env } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; env: Record<string, string> };
    // A killed store leaves its file behind; signal 0 only asks whether the process lives.
    process.kill(pid, 0);
    return { ...process.env, ...env };
  } catch {
    return null;
  }
}

/** Where the database of `findStoreEnv()` is answered, or null where no store is configured or running. */
export function findDbConnection(): DbConnection | null {
  const env = findStoreEnv();
  return env?.DATABASE_URL ? { url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT || undefined } : null;
}
