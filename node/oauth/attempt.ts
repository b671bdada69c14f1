import { generateRandomCodeVerifier, generateRandomNonce, generateRandomState } from 'oauth4webapi';
import { cookieName, readCookie, setCookie } from '@/edge/cookies';
import type { Context } from '@/edge/http';
import { seal, unseal } from '../sealed';
import type { AuthorizationRequest, OAuthProvider } from './provider';

/** A login that a browser has begun at a provider, as its cookie holds it: sealed, so that nobody reads or changes it. */
export interface Attempt extends Omit<AuthorizationRequest, 'redirectUri'> {
  /** The page to go back to. */
  next: string;
  /** Who was signed in when it began, and may have the provider's account linked; null for a plain login. */
  session: { id: string; accountId: string; isRecent: boolean } | null;
}

interface Sealed extends Attempt {
  provider: string;
  expiresAt: number;
}

const COOKIE = 'oauth';
const TTL_SECONDS = 10 * 60;
const PURPOSE = 'oauth attempt';

/** A new login with random `state`, `nonce` and PKCE verifier. */
export function newAttempt(next: string, session: Attempt['session']): Attempt {
  return {
    state: generateRandomState(),
    nonce: generateRandomNonce(),
    codeVerifier: generateRandomCodeVerifier(),
    next,
    session,
  };
}

/** The cookie that keeps a login for ten minutes. A browser has one at a time: the last that it began. */
export function attemptCookie(context: Context, provider: OAuthProvider, attempt: Attempt): string {
  const expiresAt = context.now.getTime() + TTL_SECONDS * 1000;
  const sealed: Sealed = { ...attempt, provider: provider.id, expiresAt };
  return setCookie(context, COOKIE, seal(PURPOSE, JSON.stringify(sealed), context.env.AUTH_SECRET), TTL_SECONDS);
}

/** The login that this browser began at this provider; null where there is none, or its time is over. */
export function readAttempt(context: Context, provider: OAuthProvider): Attempt | null {
  const cookie = readCookie(context.request, cookieName(context, COOKIE));
  const text = cookie && unseal(PURPOSE, cookie, context.env.AUTH_SECRET);
  if (!text) return null;
  const attempt = JSON.parse(text) as Sealed;
  return attempt.provider === provider.id && context.now.getTime() < attempt.expiresAt ? attempt : null;
}

/** The cookie that takes a login away: it is used once, whatever came of it. */
export function clearedAttempt(context: Context): string {
  return setCookie(context, COOKIE, '', 0);
}
