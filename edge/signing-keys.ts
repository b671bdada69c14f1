import { sql } from 'drizzle-orm';
import type { JWK } from 'jose';
import type { Db } from '@/db/client';
import { ACCESS_ALGORITHM, type PublicKeys } from './access-token';
import { type Context, operation } from './http';
import { within } from './within';

/** How long an isolate takes the published keys for what they were, in seconds: a key that was revoked lives on for that long. */
export const KEYS_KEPT_SECONDS = 300;
/** How often an isolate asks again at most for a key that it does not know, in seconds. */
export const KEYS_ASKED_AGAIN_SECONDS = 5;
/** How long others may keep what `/.well-known/jwks.json` answers, in seconds. */
export const JWKS_MAX_AGE_SECONDS = 300;

/**
 * The published keys, as this isolate remembers them for five minutes. Where the key that a token names is not among them,
 * they are read anew, so a new key is known at once; but never more often than every five seconds, whatever is asked for.
 * One read of Postgres serves all who wait for it. Throws what Postgres throws: without keys nobody is let in.
 */
export function publicKeys({ db }: Pick<Context, 'db'>): PublicKeys {
  return async (kid) => {
    const keys = await keysOfLast(KEYS_KEPT_SECONDS, db);
    return keys.some((key) => key.kid === kid) ? keys : keysOfLast(KEYS_ASKED_AGAIN_SECONDS, db);
  };
}

/** The keys that access tokens are signed with, and those of tokens that may still be about (RFC 7517). */
export const getJwks = operation({ method: 'GET', path: '/.well-known/jwks.json' }, async ({ db }) => ({
  body: { keys: await keysOfLast(KEYS_ASKED_AGAIN_SECONDS, db) },
  headers: {
    'content-type': 'application/jwk-set+json',
    'cache-control': `public, max-age=${JWKS_MAX_AGE_SECONDS}`,
  },
}));

/** A request that waits for another's read must not hang with it, when that one was cut off. */
const JOIN_TIMEOUT_MS = 2_000;

let known: { keys: readonly JWK[]; readAt: number } | null = null;
let reading: Promise<readonly JWK[]> | null = null;

async function keysOfLast(seconds: number, db: Db): Promise<readonly JWK[]> {
  if (known && Date.now() - known.readAt < seconds * 1000) return known.keys;
  if (reading) {
    const joined = await within(JOIN_TIMEOUT_MS, reading);
    if (joined) return joined;
  }
  const readAt = Date.now();
  const own = readKeys(db).then((keys) => {
    known = { keys, readAt };
    return keys;
  });
  reading = own;
  try {
    return await own;
  } finally {
    if (reading === own) reading = null;
  }
}

async function readKeys(db: Db): Promise<JWK[]> {
  const { rows } = await db.execute<{ kid: string; x: string }>(sql`
    select kid, public_jwk ->> 'x' as x
    from signing_keys
    where published_until is null or published_until > now()
    order by signs_from, kid`);
  return rows.map(({ kid, x }) => ({ kty: 'OKP', crv: 'Ed25519', alg: ACCESS_ALGORITHM, use: 'sig', kid, x }));
}
