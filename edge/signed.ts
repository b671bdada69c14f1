import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { JWTExpired } from 'jose/errors';

/** What the shop signs, only ever for itself to read again. Each kind has a key of its own. */
export type SignedKind = 'quote' | 'group-pass';

export interface Signing {
  /** `AUTH_SECRET`. */
  secret: string;
  now: Date;
}

/** Longer than any that is made here: what is longer is not looked at. */
const MAX_CHARACTERS = 48_000;

/**
 * Claims as a compact JWS (RFC 7515), HS256, which hold for `ttlSeconds` from now on. Anybody can read them; nobody else
 * can make them.
 */
export async function sign(
  kind: SignedKind,
  claims: JWTPayload,
  ttlSeconds: number,
  { secret, now }: Signing,
): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: typeOf(kind) })
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttlSeconds)
    .sign(await keyOf(kind, secret));
}

/** The claims of what `sign` made; or that they have expired; or that they are not ours (another kind, another key). */
export async function readSigned<Claims>(
  kind: SignedKind,
  token: string,
  { secret, now }: Signing,
): Promise<(Claims & { iat: number; exp: number }) | 'expired' | 'invalid'> {
  if (token.length > MAX_CHARACTERS) return 'invalid';
  try {
    const { payload } = await jwtVerify(token, await keyOf(kind, secret), {
      algorithms: ['HS256'],
      typ: typeOf(kind),
      requiredClaims: ['iat', 'exp'],
      currentDate: now,
    });
    return payload as Claims & { iat: number; exp: number };
  } catch (error) {
    return error instanceof JWTExpired ? 'expired' : 'invalid';
  }
}

const typeOf = (kind: SignedKind) => `selvedge-${kind}+jwt`;

const keys = new Map<string, Promise<CryptoKey>>();

/** A key that follows from the secret and the kind, so that no token of one kind passes for another. */
function keyOf(kind: SignedKind, secret: string): Promise<CryptoKey> {
  const name = `${kind} ${secret}`;
  let key = keys.get(name);
  if (!key) {
    key = deriveKey(kind, secret);
    keys.set(name, key);
  }
  return key;
}

async function deriveKey(kind: SignedKind, secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder();
  const root = await crypto.subtle.importKey('raw', bytes.encode(secret), 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: bytes.encode(`selvedge ${kind}`) };
  const algorithm = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  return crypto.subtle.deriveKey(derivation, root, algorithm, false, ['sign', 'verify']);
}
