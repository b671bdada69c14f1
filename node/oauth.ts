/** Logging in by a provider's word: OpenID Connect, and GitHub's OAuth. The rules of linking are in docs/oauth.md. */
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { issuerOf } from '@/edge/access-token';
import { EmailInput } from '@/edge/cart-input';
import { type Context, isFromOtherSite, operation, type Reply } from '@/edge/http';
import { drainAfterResponse } from './deliveries';
import { idOf } from './lists';
import { logFault } from './log';
import { type Attempt, attemptCookie, clearedAttempt, newAttempt, readAttempt } from './oauth/attempt';
import {
  accountOfIdentity,
  linkByEmail,
  linkToSession,
  listIdentities,
  unlinkIdentity,
  type VouchedAccount,
} from './oauth/identities';
import { LOGIN_PROBLEMS, type LoginProblem, type OAuthProvider, type ProviderAccount } from './oauth/provider';
import { findProvider, oauthProviders } from './oauth/providers';
import { PROVIDER_TIMEOUT_MS } from './oauth/requests';
import { returnPathOf } from './oauth/return-path';
import { findSession, isRecentLogin, requireRecentLogin, requireSession, startSession } from './sessions';

/** The providers that one can log in with. */
export const listProvidersOperation = operation({ method: 'GET', path: '/api/auth/oauth' }, async () => ({
  body: { items: oauthProviders().map(({ id, title }) => ({ id, title })) },
}));

/**
 * Sends the browser to a provider: the code flow with PKCE. Who is signed in, and comes from a page of ours, has the
 * provider's account linked to the own one. Whatever goes wrong leads to `/login?problem=…`; 404 for a provider that is
 * not there.
 */
export const startOAuthOperation = operation(
  {
    method: 'GET',
    path: '/api/auth/oauth/{provider}',
    query: v.object({ next: v.optional(v.string()) }),
  },
  async (context, { query }) => {
    const provider = requireProvider(context);
    // A page of another site must not begin a login here, much less one that is linked: it may have logged the browser in
    // to the provider itself. The person presses the button on our own page.
    if (isFromOtherSite(context.request)) return redirect(302, '/login');
    try {
      const isOwnPage = context.request.headers.get('sec-fetch-site') === 'same-origin';
      const session = isOwnPage ? await signedIn(context) : null;
      const attempt = newAttempt(returnPathOf(query.next), session);
      const request = { ...attempt, redirectUri: redirectUriOf(context, provider) };
      const { href } = await provider.authorizationUrl(request, AbortSignal.timeout(PROVIDER_TIMEOUT_MS));
      return redirect(302, href, [attemptCookie(context, provider, attempt)]);
    } catch (error) {
      return failure(context, provider, error);
    }
  },
);

/**
 * Where a provider sends the browser back. A known account of the provider logs in to the account that it is linked to; a
 * new one is linked, or gets an account, by the mail address that the provider vouches for. Answers 303 to the page where
 * the login began, with a session's cookies, or to `/login?problem=…` with one of `LOGIN_PROBLEMS`. What the browser held
 * of the login is taken away in any case.
 */
export const finishOAuthOperation = operation(
  { method: 'GET', path: '/api/auth/oauth/{provider}/callback' },
  async (context) => {
    const provider = requireProvider(context);
    try {
      const attempt = readAttempt(context, provider);
      if (!attempt) throw new CommerceError('login_expired', 'This browser has no login at this provider.');
      await requireSameAccount(context, attempt);
      const request = { ...attempt, redirectUri: redirectUriOf(context, provider) };
      const account = await provider.identify(context.url, request, AbortSignal.timeout(PROVIDER_TIMEOUT_MS));
      const cookies = await logIn(context, provider, account, attempt);
      drainAfterResponse(context);
      return redirect(303, attempt.next, [...cookies, clearedAttempt(context)]);
    } catch (error) {
      return failure(context, provider, error);
    }
  },
);

/** The providers' accounts that log in to the caller's account. */
export const listIdentitiesOperation = operation(
  { method: 'GET', path: '/api/me/identities', caller: requireSession },
  async (context, { caller: { account } }) => {
    const identities = await listIdentities(context.db, account.id);
    return {
      body: {
        items: identities.map(({ id, issuer, email, createdAt, lastUsedAt }) => {
          const provider = oauthProviders().find((candidate) => candidate.issuer === issuer);
          return { id, provider: provider?.id ?? null, title: provider?.title ?? issuer, email, createdAt, lastUsedAt };
        }),
      },
    };
  },
);

/** Takes a provider's account off the caller's. Throws `login_required`, `not_found` and `last_login_method`. */
export const removeIdentityOperation = operation(
  { method: 'DELETE', path: '/api/me/identities/{id}', caller: requireSession },
  async (context, { caller: session }) => {
    requireRecentLogin(session, context.now);
    const titles = Object.fromEntries(oauthProviders().map(({ issuer, title }) => [issuer, title]));
    await unlinkIdentity(context.db, session.account.id, idOf(context, 'id'), titles);
    drainAfterResponse(context);
    return { status: 204 };
  },
);

function requireProvider({ params }: Context): OAuthProvider {
  const provider = findProvider(params.provider as string);
  if (!provider) throw new CommerceError('not_found', 'There is no such login provider here.');
  return provider;
}

/** Each provider has an address of its own to come back to, so that no answer of one passes for another's (RFC 9700). */
function redirectUriOf(context: Context, { id }: OAuthProvider): string {
  return new URL(`/api/auth/oauth/${id}/callback`, issuerOf(context)).href;
}

/** Who is signed in; a browser whose session has to be refreshed first logs in as if it were nobody. */
async function signedIn(context: Context): Promise<Attempt['session']> {
  try {
    const session = await findSession(context);
    if (!session) return null;
    return { id: session.sessionId, accountId: session.account.id, isRecent: isRecentLogin(session, context.now) };
  } catch (error) {
    if (error instanceof CommerceError && SIGNED_OUT.has(error.code)) return null;
    throw error;
  }
}

const SIGNED_OUT = new Set(['token_expired', 'token_invalid', 'session_ended']);

/**
 * Where a login began signed in, nobody else may be signed in by now. A browser whose access token has run out since then
 * shows nobody: its session is looked up when the account is linked.
 */
async function requireSameAccount(context: Context, { session }: Attempt): Promise<void> {
  if (!session) return;
  const present = await signedIn(context);
  if (present && present.accountId !== session.accountId) {
    throw new CommerceError('login_mismatch', 'Somebody else is signed in by now.');
  }
}

/** Finds, links or makes the account, and answers the cookies of its new session; none where one goes on. */
async function logIn(
  context: Context,
  provider: OAuthProvider,
  account: ProviderAccount,
  { session }: Attempt,
): Promise<string[]> {
  let accountId = await accountOfIdentity(context.db, account);
  if (accountId === null) {
    const vouched = requireVouched(account);
    if (session) {
      if (await linkToSession(context.db, vouched, session, provider.title)) return [];
      throw new CommerceError('link_not_allowed', 'This account may not be linked without a recent login.');
    }
    accountId = await linkByEmail(context.db, vouched, provider.title);
  }
  const reply = await startSession(context, { accountId, amr: ['fed'], delivery: 'cookie' });
  return reply.cookies ?? [];
}

/** The account with a mail address that one can write to. Throws `email_not_verified`. */
function requireVouched(account: ProviderAccount): VouchedAccount {
  const email = v.safeParse(EmailInput, account.verifiedEmail);
  if (!email.success) {
    throw new CommerceError('email_not_verified', 'The provider does not vouch for a mail address.');
  }
  return { ...account, verifiedEmail: email.output, name: oneLine(account.name) };
}

/** As an account's name may be: one line, at most 100 characters, none of them in halves. */
function oneLine(name: string): string {
  const plain = name.replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ').trim();
  return Array.from(plain).slice(0, 100).join('').trim();
}

/** Leads back to the login page, which knows what to say of each problem. Nothing of the fault itself goes with it. */
function failure(context: Context, provider: OAuthProvider, error: unknown): Reply {
  const code = error instanceof CommerceError ? error.code : '';
  const problem: LoginProblem = LOGIN_PROBLEMS.find((candidate) => candidate === code) ?? 'internal_error';
  if (OURS_OR_THEIRS.has(problem)) {
    logFault('oauth_failed', error, { requestId: context.requestId, provider: provider.id, problem });
  }
  return redirect(303, `/login?problem=${problem}`, [clearedAttempt(context)]);
}

/** Faults that the shop's owner may have to mend; the others are what people do. */
const OURS_OR_THEIRS = new Set<LoginProblem>(['provider_answer_invalid', 'provider_unavailable', 'internal_error']);

function redirect(status: 302 | 303, location: string, cookies: string[] = []): Reply {
  return { status, headers: { location }, cookies };
}
