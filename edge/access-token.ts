import type { JWK } from 'jose';
import { CommerceError } from '@/commerce/error';
import { fromBase64url } from './base64url';
import type { Context } from './http';
import { invalidToken, readCanonicalJson, verifyJws } from './jws';

/** How long an access token is good, in seconds. */
export const ACCESS_TTL_SECONDS = 600;
/** How far the clock of whoever signed a token may be ahead, in seconds. */
export const CLOCK_SKEW_SECONDS = 5;
export const ACCESS_ALGORITHM = 'Ed25519';
export const ACCESS_TYPE = 'at+jwt';
export const ACCESS_AUDIENCE = 'selvedge';
export const ACCESS_CLIENT = 'shop';

/** Whom an access token speaks of. Times are seconds since 1970. */
export interface AccessClaims {
  accountId: string;
  sessionId: string;
  /** The account's epoch when the session began: one below the account's own is over. */
  epoch: number;
  /** The customer group whose prices the account has. */
  customerGroup: string | null;
  /** How the person was recognised (RFC 8176). */
  amr: string[];
  issuedAt: number;
  expiresAt: number;
  /** When the person was last asked to prove who they are. */
  authTime: number;
}

/** The keys that are published, with the one of this name among them wherever it is. */
export type PublicKeys = (kid: string) => Promise<readonly JWK[]>;

export interface Expected {
  /** See `issuerOf`. */
  issuer: string;
  now: Date;
}

/** The shop's own address as its tokens say it: the public one, or the one that was asked where none is set. */
export function issuerOf({ env, url }: Pick<Context, 'env' | 'url'>): string {
  return env.SITE_URL ?? url.origin;
}

/** Whether a text can only be meant as an access token: keys and other secrets of the shop have no dots. */
export function isTokenShaped(text: string): boolean {
  return text.includes('.');
}

/**
 * What an access token of ours says (RFC 9068): signed by a published key, with exactly the header and the claims that
 * `signAccessToken` writes, for this shop, good now and for no longer than `ACCESS_TTL_SECONDS` in all. Throws
 * `token_expired` for one that was good, `token_invalid` for every other. What was verified is remembered while it is good
 * and its key is published, so a token costs one check of its signature in an isolate. Whether its session still lives is
 * for others to say.
 */
export async function verifyAccessToken(token: string, keys: PublicKeys, expected: Expected): Promise<AccessClaims> {
  const kid = kidOf(token);
  if (kid === null) throw invalidToken();
  const published = await keys(kid);
  const key = published.find((candidate) => candidate.kid === kid);
  const known = verified.get(token);
  if (known && known.key === key) return timely(known, expected);
  // What its key no longer vouches for.
  verified.delete(token);
  const { payload } = await verifyJws(token, published, {
    algorithms: [ACCESS_ALGORITHM],
    maxCharacters: MAX_CHARACTERS,
  });
  const read = readClaims(readCanonicalJson(payload));
  if (!read || !key) throw invalidToken();
  const entry = { ...read, token, key };
  const claims = timely(entry, expected);
  keep(entry);
  return claims;
}

/** More than a token of ours can have, which are below 700. */
const MAX_CHARACTERS = 2_048;
/** A good token costs its holder a login or a refresh, so nobody fills this with others'. */
const MAX_REMEMBERED = 1_000;

interface Read {
  issuer: string;
  claims: AccessClaims;
}

interface Entry extends Read {
  token: string;
  /** The very key that it was checked with: one that was read anew has it checked anew. */
  key: JWK;
}

const verified = new Map<string, Entry>();

function keep(entry: Entry): void {
  for (const [oldest] of verified) {
    if (verified.size < MAX_REMEMBERED) break;
    verified.delete(oldest);
  }
  verified.set(entry.token, entry);
}

/** The header that our tokens have, and no other: all that varies is the name of the key, which is a thumbprint. */
const HEADER_BEFORE_KID = btoa(`{"alg":"${ACCESS_ALGORITHM}","typ":"${ACCESS_TYPE}","kid":"`);
const HEADER_CHARACTERS = HEADER_BEFORE_KID.length + 60;

function kidOf(token: string): string | null {
  if (token.length > MAX_CHARACTERS || !token.startsWith(HEADER_BEFORE_KID) || token[HEADER_CHARACTERS] !== '.') {
    return null;
  }
  const rest = fromBase64url(token.slice(HEADER_BEFORE_KID.length, HEADER_CHARACTERS));
  return rest && (/^([\w-]{43})"}$/.exec(String.fromCharCode(...rest))?.[1] ?? null);
}

function timely({ token, issuer, claims }: Read & { token: string }, expected: Expected): AccessClaims {
  const now = expected.now.getTime() / 1000;
  if (issuer !== expected.issuer || claims.issuedAt > now + CLOCK_SKEW_SECONDS) throw invalidToken();
  if (now >= claims.expiresAt) {
    verified.delete(token);
    throw new CommerceError('token_expired', 'This access token has expired. Refresh the session, then repeat.');
  }
  return claims;
}

/** Null where a claim is missing or is not what we write. `nbf` is a claim that we never write. */
function readClaims(payload: unknown): Read | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const claims = payload as Record<string, unknown>;
  const { iss, sub, sid, iat, exp, jti, epoch, grp, amr, auth_time } = claims;
  if (claims.aud !== ACCESS_AUDIENCE || claims.client_id !== ACCESS_CLIENT || claims.nbf !== undefined) return null;
  if (!isText(iss) || !isText(jti) || !isIdOf(sub, 'acct') || !isIdOf(sid, 'sess')) return null;
  if (!isCount(iat) || !isCount(exp) || !isCount(epoch) || !isCount(auth_time)) return null;
  if (exp <= iat || exp - iat > ACCESS_TTL_SECONDS || auth_time > iat) return null;
  if (grp !== null && !isText(grp)) return null;
  if (!Array.isArray(amr) || amr.length === 0 || !amr.every(isText)) return null;
  return {
    issuer: iss,
    // Handed out again and again.
    claims: Object.freeze({
      accountId: sub,
      sessionId: sid,
      epoch,
      customerGroup: grp,
      amr: Object.freeze(amr) as string[],
      issuedAt: iat,
      expiresAt: exp,
      authTime: auth_time,
    }),
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isIdOf = (value: unknown, prefix: string): value is string =>
  typeof value === 'string' && new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`).test(value);
