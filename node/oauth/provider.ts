/** What the shop asks of whoever it lets vouch for a person. */
export interface OAuthProvider {
  /** As it stands in addresses: small letters, digits, hyphens. */
  id: string;
  /** As shoppers know it. */
  title: string;
  /** What its accounts are kept under; unique among providers. */
  issuer: string;
  /** Where the browser goes to log in. Throws `provider_unavailable`. */
  authorizationUrl(request: AuthorizationRequest, signal: AbortSignal): Promise<URL>;
  /**
   * Trades the answer that a browser brought back for the account that logged in, and believes nothing of it that the
   * provider does not vouch for. Throws one of `LoginProblem`.
   */
  identify(answer: URL, request: AuthorizationRequest, signal: AbortSignal): Promise<ProviderAccount>;
}

/** What one login holds from its start to its callback. */
export interface AuthorizationRequest {
  redirectUri: string;
  state: string;
  nonce: string;
  codeVerifier: string;
}

export interface ProviderAccount {
  issuer: string;
  /** Never given to another person, unlike a name or a mail address. */
  subject: string;
  /** Only where the provider says that it is this person's; null otherwise. */
  verifiedEmail: string | null;
  /** May be empty. */
  name: string;
}

/** What can go wrong with a login, as `/login?problem=` is told. */
export const LOGIN_PROBLEMS = [
  /** The person, or the provider, said no. */
  'access_denied',
  /** The provider does not vouch for a mail address. */
  'email_not_verified',
  /** A signed-in person brought a provider's account of another mail address, and the login is not recent. */
  'link_not_allowed',
  /** The login took too long, or was begun in another browser. */
  'login_expired',
  /** The answer belongs to another login than the one that this browser began last. */
  'login_mismatch',
  /** The provider's answer does not hold: a code that was used, a token that is not right. */
  'provider_answer_invalid',
  /** The provider does not answer, or not in time. */
  'provider_unavailable',
  /** A fault of ours. */
  'internal_error',
] as const;

export type LoginProblem = (typeof LOGIN_PROBLEMS)[number];
