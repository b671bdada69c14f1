import type { JWK } from 'jose';
import { JOSEError } from 'jose/errors';
import { compactVerify } from 'jose/jws/compact/verify';
import { CommerceError } from '@/commerce/error';
import { fromBase64url } from './base64url';

export interface JwsRules {
  /** The signature algorithms that are taken (RFC 7518, RFC 9864), whatever a token says of itself. */
  algorithms: string[];
  /** What is longer is not looked at; 8,192 where nothing is said. */
  maxCharacters?: number;
}

export interface VerifiedJws {
  header: JwsHeader;
  payload: Uint8Array;
}

interface JwsHeader {
  alg: string;
  kid: string;
  typ?: string;
  cty?: string;
}

/**
 * What one of `keys` signed, as a compact JWS (RFC 7515). Of all that a token says of itself, two things count: `kid`, which
 * names one of `keys`, and `alg`, which must be the one that this key is for and one of `algorithms`. A token has one text
 * only: base64url is canonical to its last bit, and the header is JSON as `JSON.stringify` writes it, of `alg`, `kid`, `typ`
 * and `cty` alone; so none brings a key along, asks for an extension (`crit`) or says a thing twice. Throws `token_invalid`,
 * and never why. A key of ours that is unfit throws what jose says of it.
 */
export async function verifyJws(
  token: string,
  keys: readonly JWK[],
  { algorithms, maxCharacters = 8_192 }: JwsRules,
): Promise<VerifiedJws> {
  if (token.length > maxCharacters) throw invalidToken();
  const parts = token.split('.', 4);
  if (parts.length !== 3 || parts.some((part) => fromBase64url(part) === null)) throw invalidToken();
  const header = readHeader(parts[0]!);
  const key = header && keyNamed(header, keys);
  if (!key) throw invalidToken();
  try {
    const { payload } = await compactVerify(token, key, { algorithms });
    return { header, payload };
  } catch (error) {
    throw error instanceof JOSEError ? invalidToken() : error;
  }
}

/** The JSON that bytes mean, where `JSON.stringify` would have written the same bytes; undefined otherwise. */
export function readCanonicalJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What is told of every token that is refused: more would help whoever forges them. */
export function invalidToken(): CommerceError {
  return new CommerceError('token_invalid', 'This access token is not valid.');
}

const MEMBERS = new Set(['alg', 'kid', 'typ', 'cty']);

function readHeader(part: string): JwsHeader | null {
  const header = readCanonicalJson(fromBase64url(part)!);
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return null;
  const isKnown = Object.entries(header).every(([name, value]) => MEMBERS.has(name) && typeof value === 'string');
  return isKnown && 'alg' in header && 'kid' in header ? (header as JwsHeader) : null;
}

/** Null where no key or more than one has the name, and among keys of which some are secret and some are public. */
function keyNamed({ kid, alg }: JwsHeader, keys: readonly JWK[]): JWK | null {
  const [key, ...more] = keys.filter((candidate) => candidate.kid === kid);
  if (!key || more.length > 0 || key.alg !== alg) return null;
  return keys.every(({ kty }) => (kty === 'oct') === (key.kty === 'oct')) ? key : null;
}
