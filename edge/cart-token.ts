import type { Context } from './http';

export const CART_TTL_SECONDS = 30 * 24 * 60 * 60;

export interface CartToken {
  token: string;
  /** Whether a cookie holds it, which an answer then prolongs. */
  fromCookie: boolean;
}

/** A cart token: 256 random bits in base64url. Whoever holds it holds the cart. */
export function newCartToken(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

/** The caller's cart token: `X-Cart-Token` before the cookie; what no token can look like counts as none. */
export function cartTokenOf(context: Pick<Context, 'request' | 'url' | 'env'>): CartToken | null {
  const header = context.request.headers.get('x-cart-token');
  if (header !== null) return isToken(header) ? { token: header, fromCookie: false } : null;
  const cookies = context.request.headers.get('cookie');
  if (cookies === null) return null;
  const name = cookieName(context);
  for (const pair of cookies.split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined && isToken(value)) return { token: value, fromCookie: true };
  }
  return null;
}

const isToken = (text: string) => /^[\w-]{43}$/.test(text);

/** The `Set-Cookie` that lets a browser come back with its cart for as long as KV keeps it. */
export function cartCookie(context: Pick<Context, 'url' | 'env'>, token: string): string {
  const secure = isSecure(context) ? '; Secure' : '';
  return `${cookieName(context)}=${token}; Path=/; Max-Age=${CART_TTL_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
}

/** Browsers let no other host and no plain-http page set a `__Host-` cookie, and take none on plain http. */
function cookieName(context: Pick<Context, 'url' | 'env'>): string {
  return isSecure(context) ? '__Host-cart' : 'cart';
}

/** Behind a proxy that ends TLS the request's own URL may say http: then the shop's public address tells. */
function isSecure({ url, env }: Pick<Context, 'url' | 'env'>): boolean {
  return url.protocol === 'https:' || (env.SITE_URL?.startsWith('https:') ?? false);
}

const MAX_REMEMBERED = 1_000;
const keys = new Map<string, string>();

/** Where a token's cart lies in KV: a hash of the token, so that a look into KV opens no cart. */
export async function cartKeyOf(token: string): Promise<string> {
  const known = keys.get(token);
  if (known) return known;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  const key = `cart:${base64url(new Uint8Array(digest))}`;
  if (keys.size >= MAX_REMEMBERED) keys.clear();
  keys.set(token, key);
  return key;
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
