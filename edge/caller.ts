import { CommerceError } from '@/commerce/error';
import { type AccessClaims, issuerOf, isTokenShaped, verifyAccessToken } from './access-token';
import { bearerOf } from './bearer';
import { cookieName, readCookie } from './cookies';
import type { Context } from './http';
import { publicKeys } from './signing-keys';

export type Caller = AccessClaims;

/** What it takes to know who asks. */
export type Asked = Pick<Context, 'request' | 'url' | 'env' | 'db' | 'now'>;

/** The names of the session's cookies, before the `__Host-` that they have over https. */
export const ACCESS_COOKIE = 'access';
export const REFRESH_COOKIE = 'refresh';

const callers = new WeakMap<Request, Promise<Caller | null>>();

/**
 * Who asks, by an access token in `Authorization: Bearer` or in the session's cookie; null for a guest. Only what the
 * token itself says is checked here: whether its session still lives is known to KV (`session-marks.ts`) and Postgres.
 *
 * Throws `token_invalid` for a bearer token that is none of ours, and `token_expired` for one whose time is over, or where
 * a browser's session has to be refreshed first. What is no access token by its form may be a key for somebody else.
 */
export function callerOf(asked: Asked): Promise<Caller | null> {
  let caller = callers.get(asked.request);
  if (!caller) {
    caller = findCaller(asked);
    callers.set(asked.request, caller);
  }
  return caller;
}

/** What is said to a guest who asks for what only accounts have. */
export function unauthenticated(): CommerceError {
  return new CommerceError('unauthenticated', 'Sign in first.');
}

/** What is said to whoever shows a token whose session is over, in KV's word or in Postgres'. */
export function sessionEnded(): CommerceError {
  return new CommerceError('session_ended', 'This session has ended. Sign in again.');
}

async function findCaller(asked: Asked): Promise<Caller | null> {
  const { request } = asked;
  const bearer = bearerOf(request);
  if (bearer !== null) return isTokenShaped(bearer) ? verify(asked, bearer) : null;
  const token = readCookie(request, cookieName(asked, ACCESS_COOKIE));
  if (token !== null && token !== '') {
    try {
      return await verify(asked, token);
    } catch (error) {
      // A browser cannot mend its cookie: refreshing the session replaces it, or takes it away.
      if (error instanceof CommerceError && error.code === 'token_invalid') throw expired();
      throw error;
    }
  }
  if (readCookie(request, cookieName(asked, REFRESH_COOKIE))) throw expired();
  return null;
}

async function verify(asked: Asked, token: string): Promise<Caller> {
  return verifyAccessToken(token, publicKeys(asked), { issuer: issuerOf(asked), now: asked.now });
}

function expired(): CommerceError {
  return new CommerceError('token_expired', 'The session has to be refreshed: POST /api/auth/refresh, then repeat.');
}
