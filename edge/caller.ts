import { CommerceError } from '@/commerce/error';
import { type AccessClaims, issuerOf, isTokenShaped, verifyAccessToken } from './access-token';
import { cookieName, readCookie } from './cookies';
import type { Context } from './http';
import { publicKeys } from './signing-keys';

export type Caller = AccessClaims;

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
export function callerOf(context: Context): Promise<Caller | null> {
  let caller = callers.get(context.request);
  if (!caller) {
    caller = findCaller(context);
    callers.set(context.request, caller);
  }
  return caller;
}

async function findCaller(context: Context): Promise<Caller | null> {
  const { request } = context;
  const bearer = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (bearer !== undefined) return isTokenShaped(bearer) ? verify(context, bearer) : null;
  const token = readCookie(request, cookieName(context, ACCESS_COOKIE));
  if (token !== null && token !== '') {
    try {
      return await verify(context, token);
    } catch (error) {
      // A browser cannot mend its cookie: refreshing the session replaces it, or takes it away.
      if (error instanceof CommerceError && error.code === 'token_invalid') throw expired();
      throw error;
    }
  }
  if (readCookie(request, cookieName(context, REFRESH_COOKIE))) throw expired();
  return null;
}

async function verify(context: Context, token: string): Promise<Caller> {
  return verifyAccessToken(token, publicKeys(context), { issuer: issuerOf(context), now: context.now });
}

function expired(): CommerceError {
  return new CommerceError('token_expired', 'The session has to be refreshed: POST /api/auth/refresh, then repeat.');
}
