import * as oauth from 'oauth4webapi';
import { CommerceError } from '@/commerce/error';
import { providerAnswer, readAuthorizationAnswer } from './answers';
import type { OAuthProvider } from './provider';
import { isAllowedAddress, providerRequests, providerUnavailable } from './requests';

export interface OidcConfig {
  id: string;
  title: string;
  issuer: URL;
  clientId: string;
  clientSecret: string;
  scopes: string;
}

/** What a provider says of itself is asked again after this time. */
const DISCOVERY_TTL_MS = 10 * 60 * 1000;

/**
 * A provider of OpenID Connect Core 1.0, by its discovery document: code flow with PKCE (S256), state and nonce; the ID
 * token's signature, issuer, audience, nonce and times are checked. Where the ID token does not speak of a mail address,
 * the userinfo endpoint is asked.
 */
export function oidcProvider({ id, title, issuer, clientId, clientSecret, scopes }: OidcConfig): OAuthProvider {
  const client: oauth.Client = { client_id: clientId };
  let discovered: { server: Promise<oauth.AuthorizationServer>; until: number } | undefined;

  function discover(signal: AbortSignal): Promise<oauth.AuthorizationServer> {
    if (discovered && Date.now() < discovered.until) return discovered.server;
    const current = { server: askDiscovery(issuer, signal), until: Date.now() + DISCOVERY_TTL_MS };
    discovered = current;
    current.server.catch(() => {
      // What failed is not remembered.
      if (discovered === current) discovered = undefined;
    });
    return current.server;
  }

  return {
    id,
    title,
    issuer: issuer.href,
    async authorizationUrl({ redirectUri, state, nonce, codeVerifier }, signal) {
      const { authorization_endpoint: endpoint = '' } = await discover(signal);
      if (!URL.canParse(endpoint) || !isAllowedAddress(issuer, new URL(endpoint))) {
        throw providerUnavailable(new Error('The provider names no authorization endpoint over https.'));
      }
      const url = new URL(endpoint);
      for (const [name, value] of Object.entries({
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: scopes,
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      })) {
        url.searchParams.set(name, value);
      }
      return url;
    },
    async identify(answer, { redirectUri, state, nonce, codeVerifier }, signal) {
      const server = await discover(signal);
      const requests = providerRequests(issuer, signal);
      const parameters = readAuthorizationAnswer(server, client, answer, state);
      return providerAnswer(async () => {
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          clientAuthOf(server, clientSecret),
          parameters,
          redirectUri,
          codeVerifier,
          requests,
        );
        const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
          expectedNonce: nonce,
          requireIdToken: true,
        });
        // The specification takes TLS for the signature of a token that comes straight from the provider; we take both.
        await oauth.validateApplicationLevelSignature(server, response, requests);
        const claims = oauth.getValidatedIdTokenClaims(tokens) as oauth.IDToken;
        let person: Record<string, unknown> = claims;
        if ((claims.email === undefined || claims.email_verified === undefined) && server.userinfo_endpoint) {
          const userInfo = await oauth.userInfoRequest(server, client, tokens.access_token, requests);
          person = await oauth.processUserInfoResponse(server, client, claims.sub, userInfo);
        }
        return {
          issuer: issuer.href,
          subject: claims.sub,
          verifiedEmail: person.email_verified === true && typeof person.email === 'string' ? person.email : null,
          name: String(person.name ?? claims.name ?? ''),
        };
      });
    },
  };
}

async function askDiscovery(issuer: URL, signal: AbortSignal): Promise<oauth.AuthorizationServer> {
  try {
    const response = await oauth.discoveryRequest(issuer, providerRequests(issuer, signal));
    return await oauth.processDiscoveryResponse(issuer, response);
  } catch (error) {
    throw error instanceof CommerceError ? error : providerUnavailable(error);
  }
}

function clientAuthOf(server: oauth.AuthorizationServer, secret: string): oauth.ClientAuth {
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return methods.includes('client_secret_basic') ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
}
