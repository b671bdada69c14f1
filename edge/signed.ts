import { fromBase64url, toBase64url } from './base64url';

/** What the shop signs, only ever for itself to read again. Each kind has a key of its own. */
export type SignedKind = 'quote' | 'group-pass';

export interface Signing {
  /** `AUTH_SECRET`. */
  secret: string;
  now: Date;
}

/** What is longer is not looked at; an order's body, which brings a quote along, has 64 KB. */
export const MAX_SIGNED_CHARACTERS = 56_000;

/**
 * Claims as a compact JWS (RFC 7515), HS256, which hold for `ttlSeconds` from now on. Anybody can read them; nobody else
 * can make them.
 */
export async function sign(
  kind: SignedKind,
  claims: object,
  ttlSeconds: number,
  { secret, now }: Signing,
): Promise<string> {
  const iat = Math.floor(now.getTime() / 1000);
  const payload = toBase64url(UTF8.encode(JSON.stringify({ ...claims, iat, exp: iat + ttlSeconds })));
  const signed = `${headerOf(kind)}.${payload}`;
  const signature = await crypto.subtle.sign('HMAC', await keyOf(kind, secret), UTF8.encode(signed));
  return `${signed}.${toBase64url(new Uint8Array(signature))}`;
}

/**
 * The claims of what `sign` made; or that they have expired; or that they are not ours. Only the very header that `sign`
 * writes is read, so a token has no say in how it is checked.
 */
export async function readSigned<Claims>(
  kind: SignedKind,
  token: string,
  { secret, now }: Signing,
): Promise<(Claims & { iat: number; exp: number }) | 'expired' | 'invalid'> {
  if (token.length > MAX_SIGNED_CHARACTERS) return 'invalid';
  const [header, payload = '', signature = '', ...more] = token.split('.');
  const bytes = fromBase64url(signature);
  if (header !== headerOf(kind) || !bytes || more.length > 0) return 'invalid';
  const signed = UTF8.encode(`${header}.${payload}`);
  // WebCrypto compares in a time that tells nothing of how much was right.
  if (!(await crypto.subtle.verify('HMAC', await keyOf(kind, secret), bytes, signed))) return 'invalid';
  const claims = JSON.parse(new TextDecoder().decode(fromBase64url(payload)!)) as Claims & { iat: number; exp: number };
  if (!Number.isSafeInteger(claims.iat) || !Number.isSafeInteger(claims.exp)) return 'invalid';
  return now.getTime() < claims.exp * 1000 ? claims : 'expired';
}

const UTF8 = new TextEncoder();

const headerOf = (kind: SignedKind) => toBase64url(UTF8.encode(`{"alg":"HS256","typ":"selvedge-${kind}+jwt"}`));

const keys = new Map<string, Promise<CryptoKey>>();

/** A key that follows from the secret and the kind (HKDF, RFC 5869), so that no token of one kind passes for another. */
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
  const root = await crypto.subtle.importKey('raw', UTF8.encode(secret), 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: UTF8.encode(`selvedge ${kind}`) };
  const algorithm = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  return crypto.subtle.deriveKey(derivation, root, algorithm, false, ['sign', 'verify']);
}
