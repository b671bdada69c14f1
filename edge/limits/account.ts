import { createDb } from '@/db/client';
import { callerOf } from '../caller';
import { edgeEnv } from '../env';
import { within } from '../within';

/**
 * How long a decision waits for the account, in milliseconds. Verifying a token takes less than one; once in five minutes
 * an isolate reads the keys for it.
 */
const SOON_MS = 40;

/**
 * The account that a request's access token was verified to speak of, by the handlers' own reading of it; null for a guest,
 * for a token that is not good, and where that is not known within 40 ms: then only the other counts hold.
 */
export function verifiedAccount(
  request: Request,
  { now, waitUntil }: { now: Date; waitUntil(work: Promise<unknown>): void },
): Promise<string | null> {
  const account = callerAccount(request, now).catch(() => null);
  waitUntil(account);
  return within(SOON_MS, account);
}

async function callerAccount(request: Request, now: Date): Promise<string | null> {
  const env = edgeEnv();
  const db = createDb({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT });
  const caller = await callerOf({ request, url: new URL(request.url), env, db, now });
  return caller?.accountId ?? null;
}
