import * as oauth from 'oauth4webapi';
import { CommerceError } from '@/commerce/error';
import type { LoginProblem } from './provider';

/**
 * The parameters that a browser brought back from a provider, once they are known to be the answer to this login: its
 * `state`, and the provider's own `iss` where it is sent (RFC 9207). Throws `login_mismatch` for those of another login,
 * and what the provider says instead of an answer: `access_denied`, `provider_unavailable`, `provider_answer_invalid`.
 */
export function readAuthorizationAnswer(
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  answer: URL,
  state: string,
): URLSearchParams {
  try {
    return oauth.validateAuthResponse(server, client, answer, state);
  } catch (error) {
    if (!(error instanceof oauth.AuthorizationResponseError)) {
      throw loginProblem('login_mismatch', 'This answer belongs to another login.', error);
    }
    throw loginProblem(
      REFUSALS.get(error.error) ?? 'provider_answer_invalid',
      'The provider did not log anybody in.',
      error,
    );
  }
}

/** Runs what trades and checks a provider's answer; whatever does not hold in it is `provider_answer_invalid`. */
export async function providerAnswer<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CommerceError) throw error;
    throw loginProblem('provider_answer_invalid', 'What the provider answered does not hold.', error);
  }
}

/** The error codes of RFC 6749 and OpenID Connect that are no fault of the answer. */
const REFUSALS = new Map<string, LoginProblem>(
  Object.entries({
    access_denied: 'access_denied',
    login_required: 'access_denied',
    interaction_required: 'access_denied',
    consent_required: 'access_denied',
    account_selection_required: 'access_denied',
    server_error: 'provider_unavailable',
    temporarily_unavailable: 'provider_unavailable',
  } as const),
);

function loginProblem(code: LoginProblem, message: string, error: unknown): CommerceError {
  return new CommerceError(code, message, { cause: faultOf(error) });
}

/** What may stand in the log of a fault: the provider's own code for it, and nothing else of what it sent. */
function faultOf(error: unknown): Error {
  // It quotes what it cannot read, which may be a token.
  if (!(error instanceof Error) || error instanceof SyntaxError) return new Error('The answer cannot be read.');
  const { error: own, cause } = error as { error?: unknown; cause?: { body?: { error?: unknown } } };
  // GitHub tells of faults in an answer with status 200.
  const code = own ?? cause?.body?.error;
  return new Error(
    typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? `${error.message} (${code})` : error.message,
  );
}
