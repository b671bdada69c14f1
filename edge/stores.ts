import { createDb } from '@/db/client';
import { edgeEnv } from './env';
import type { Context } from './http';
import { createKv } from './kv';

/**
 * KV and the database for what reads them outside of an operation, such as a page. Reads the environment when it is
 * called, so never call it while a module loads; it opens no connection by itself.
 */
export function openStores(): Pick<Context, 'kv' | 'db'> {
  const env = edgeEnv();
  return {
    kv: createKv({ url: env.KV_REST_API_URL, token: env.KV_REST_API_TOKEN }),
    db: createDb({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT }),
  };
}
