import { toBase64url } from './base64url';
import { type Caller, callerOf } from './caller';
import { cookieName, readCookie, setCookie } from './cookies';
import type { Context } from './http';

export const CART_TTL_SECONDS = 30 * 24 * 60 * 60;

export interface CartToken {
  token: string;
  /** Whether a cookie holds it, which an answer then prolongs. */
  fromCookie: boolean;
}

/** One of `token` and `caller` is there. */
export interface CartAccess {
  key: string;
  token: CartToken | null;
  caller: Caller | null;
}

/** A cart token: 256 random bits in base64url. Whoever holds it holds the cart. */
export function newCartToken(): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array(32)));
}

/**
 * How the caller reaches a cart: by `X-Cart-Token`, as an account that is signed in, or by the cookie; null for none of
 * these. An account has one cart, wherever it signs in. Throws as `callerOf` does.
 */
export async function cartAccessOf(context: Context): Promise<CartAccess | null> {
  const header = context.request.headers.get('x-cart-token');
  const caller = header === null ? await callerOf(context) : null;
  if (caller) return { key: accountCartKeyOf(caller.accountId), token: null, caller };
  const token = cartTokenOf(context);
  return token && { key: await cartKeyOf(token.token), token, caller: null };
}

/** Where an account's cart lies in KV. */
export const accountCartKeyOf = (accountId: string) => `cart:${accountId}`;

/** A guest's cart token: `X-Cart-Token` before the cookie; what no token can look like counts as none. */
export function cartTokenOf(context: Pick<Context, 'request' | 'url' | 'env'>): CartToken | null {
  const header = context.request.headers.get('x-cart-token');
  if (header !== null) return isToken(header) ? { token: header, fromCookie: false } : null;
  const value = readCookie(context.request, cookieName(context, 'cart'));
  return value !== null && isToken(value) ? { token: value, fromCookie: true } : null;
}

const isToken = (text: string) => /^[\w-]{43}$/.test(text);

/** The `Set-Cookie` that lets a browser come back with its cart for as long as KV keeps it. */
export const cartCookie = (context: Pick<Context, 'url' | 'env'>, token: string) =>
  setCookie(context, 'cart', token, CART_TTL_SECONDS);

const MAX_REMEMBERED = 1_000;
const keys = new Map<string, string>();

/** Where a token's cart lies in KV: a hash of the token, so that a look into KV opens no cart. */
export async function cartKeyOf(token: string): Promise<string> {
  const known = keys.get(token);
  if (known) return known;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  const key = `cart:${toBase64url(new Uint8Array(digest))}`;
  if (keys.size >= MAX_REMEMBERED) keys.clear();
  keys.set(token, key);
  return key;
}
