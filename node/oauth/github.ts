import * as oauth from 'oauth4webapi';
import * as v from 'valibot';
import { providerAnswer, readAuthorizationAnswer } from './answers';
import type { OAuthProvider } from './provider';
import { providerRequests } from './requests';

export interface GithubConfig {
  clientId: string;
  clientSecret: string;
  /** `https://github.com`, or a GitHub Enterprise Server. */
  url: URL;
  /** `https://api.github.com`, or that server's `/api/v3`. */
  apiUrl: URL;
}

const User = v.object({
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  login: v.string(),
  name: v.nullish(v.string()),
});
const Emails = v.array(v.object({ email: v.string(), primary: v.boolean(), verified: v.boolean() }));

/**
 * GitHub, which speaks OAuth 2.0 (RFC 6749) without OpenID Connect: who logged in is asked of its API, and the mail
 * address is the primary one of the account, where GitHub has verified it.
 */
export function githubProvider({ clientId, clientSecret, url, apiUrl }: GithubConfig): OAuthProvider {
  const base = url.href.replace(/\/$/, '');
  const api = apiUrl.href.replace(/\/$/, '');
  const server: oauth.AuthorizationServer = {
    // What it sends as `iss` (RFC 9207).
    issuer: `${base}/login/oauth`,
    authorization_endpoint: `${base}/login/oauth/authorize`,
    token_endpoint: `${base}/login/oauth/access_token`,
  };
  const client: oauth.Client = { client_id: clientId };

  return {
    id: 'github',
    title: 'GitHub',
    issuer: server.issuer,
    async authorizationUrl({ redirectUri, state, codeVerifier }) {
      const address = new URL(`${base}/login/oauth/authorize`);
      for (const [name, value] of Object.entries({
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'read:user user:email',
        state,
        code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      })) {
        address.searchParams.set(name, value);
      }
      return address;
    },
    async identify(answer, { redirectUri, state, codeVerifier }, signal) {
      const requests = providerRequests(url, signal);
      const parameters = readAuthorizationAnswer(server, client, answer, state);
      return providerAnswer(async () => {
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          oauth.ClientSecretPost(clientSecret),
          parameters,
          redirectUri,
          codeVerifier,
          requests,
        );
        const { access_token: token } = await oauth.processAuthorizationCodeResponse(server, client, response);
        const ask = async (path: string) => {
          const answered = await oauth.protectedResourceRequest(
            token,
            'GET',
            new URL(api + path),
            new Headers(API_HEADERS),
            null,
            providerRequests(apiUrl, signal),
          );
          if (answered.status !== 200) throw new Error(`GitHub answered ${answered.status} to ${path}.`);
          return answered.json() as Promise<unknown>;
        };
        const [user, emails] = await Promise.all([ask('/user'), ask('/user/emails?per_page=100')]);
        const { id, login, name } = v.parse(User, user);
        const primary = v.parse(Emails, emails).find((entry) => entry.primary);
        return {
          issuer: server.issuer,
          subject: String(id),
          verifiedEmail: primary?.verified === true ? primary.email : null,
          name: name || login,
        };
      });
    },
  };
}

const API_HEADERS = {
  accept: 'application/vnd.github+json',
  'x-github-api-version': '2022-11-28',
  // GitHub refuses requests without one.
  'user-agent': 'Selvedge',
};
