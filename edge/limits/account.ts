import { createDb } from '@/db/client';
import { callerOf } from '@/edge/caller';
import { edgeEnv } from '@/edge/env';
import { createKv } from '@/edge/kv';

/**
 * How long a decision waits for the account, in milliseconds. Verifying a token takes less than one; once in five minutes
 * an isolate reads the keys for it.
 */
const SOON_MS = 40;

/**
 * The account that a request's access token was verified to speak of, by the handlers' own reading of it; null for a guest,
 * for a token that is not good, and where that is not known within 40 ms: then only the other counts hold.
 */
export async function verifiedAccount(
  request: Request,
  { now, waitUntil }: { now: Date; waitUntil(work: Promise<unknown>): void },
): Promise<string | null> {
  const account = callerAccount(request, now, waitUntil).catch(() => null);
  waitUntil(account);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), SOON_MS);
  });
  const known = await Promise.race([account, tooLate]);
  clearTimeout(timer);
  return known;
}

async function callerAccount(
  request: Request,
  now: Date,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<string | null> {
  const env = edgeEnv();
  const caller = await callerOf({
    request,
    url: new URL(request.url),
    params: {},
    requestId: '',
    env,
    kv: createKv({ url: env.KV_REST_API_URL, token: env.KV_REST_API_TOKEN }),
    db: createDb({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT }),
    now,
    host: { waitUntil, revalidateTags: () => {} },
  });
  return caller?.accountId ?? null;
}
