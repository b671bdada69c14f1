import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import Provider from 'oidc-provider';
import type { Browser } from './browser';

interface Person {
  email?: string;
  email_verified?: unknown;
  name?: string;
}

/** What the provider was about to answer at a path. */
interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

export interface OpenIdServer {
  issuer: string;
  /** The people who have an account there, by their subject. */
  people: Map<string, Person>;
  /** Requests so far, by path. */
  requests: string[];
  /** Changes what the provider answers, between it and whoever asked; null lets everything through. */
  tamper: ((path: string, answer: Answer) => Promise<Answer> | Answer) | null;
  /** Signs claims with the provider's own key. */
  sign(claims: JWTPayload): Promise<string>;
  close(): Promise<void>;
}

/**
 * `oidc-provider`, which is certified, on a port of its own, with a small proxy before it that can change its answers.
 * `claimsInIdToken` has it tell of mail addresses in the ID token rather than at the userinfo endpoint.
 */
export async function startOpenIdServer(
  redirectUri: (id: string) => string,
  id: string,
  { claimsInIdToken = false } = {},
): Promise<OpenIdServer> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: 'provider-key', use: 'sig', alg: 'RS256' };
  const outer = createServer();
  const inner = createServer();
  const innerPort = await listen(inner);
  const host = `127.0.0.1:${await listen(outer)}`;
  const people = new Map<string, Person>();
  const provider = new Provider(`http://${host}`, {
    clients: [{ client_id: 'shop', client_secret: 'of-the-shop', redirect_uris: [redirectUri(id)] }],
    jwks: { keys: [jwk] },
    cookies: { keys: ['of-the-provider'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: !claimsInIdToken,
    // Some providers do not insist on it: the shop's own checks must do.
    pkce: { required: () => false },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    findAccount: (_context, subject) =>
      people.has(subject)
        ? { accountId: subject, claims: () => ({ ...people.get(subject), sub: subject }) }
        : undefined,
  });
  inner.on('request', provider.callback());

  const server: OpenIdServer = {
    issuer: `http://${host}`,
    people,
    requests: [],
    tamper: null,
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'provider-key' }).sign(privateKey),
    async close() {
      await Promise.all([close(inner), close(outer)]);
    },
  };
  outer.on('request', async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const path = incoming.url as string;
    server.requests.push(path.split('?')[0] as string);
    const headers = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    for (const name of ['connection', 'content-length', 'host']) headers.delete(name);
    // The provider writes its addresses by it.
    headers.set('x-forwarded-host', host);
    const answered = await fetch(`http://127.0.0.1:${innerPort}${path}`, {
      method: incoming.method as string,
      headers,
      redirect: 'manual',
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    });
    let answer: Answer = {
      status: answered.status,
      headers: answered.headers,
      body: await answered.text(),
    };
    if (server.tamper) answer = await server.tamper(path.split('?')[0] as string, answer);
    for (const [name, value] of answer.headers) {
      if (!['set-cookie', 'content-length', 'transfer-encoding', 'connection', 'keep-alive'].includes(name)) {
        outgoing.setHeader(name, value);
      }
    }
    const cookies = answer.headers.getSetCookie();
    if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
    outgoing.writeHead(answer.status).end(answer.body);
  });
  provider.proxy = true;
  return server;
}

/**
 * Logs a person in at the provider's own pages, and agrees: answers the address of the shop that the provider sends the
 * browser back to. `refuse` presses the other button.
 */
export async function logInAtProvider(
  browser: Browser,
  authorizationUrl: string,
  subject: string,
  { refuse = false } = {},
): Promise<string> {
  const provider = new URL(authorizationUrl).origin;
  let url = authorizationUrl;
  for (let step = 0; step < 20; step += 1) {
    let response = await browser.visit(url);
    if (response.status === 200) {
      const prompt = /name="prompt" value="(\w+)"/.exec(await response.text())?.[1];
      if (!prompt) throw new Error(`The provider shows a page without a form at ${url}.`);
      response = refuse
        ? await browser.visit(`${url}/abort`)
        : await browser.visit(url, {
            method: 'POST',
            body: new URLSearchParams({ prompt, login: subject, password: 'any' }),
          });
    }
    const location = response.headers.get('location');
    if (!location) throw new Error(`The provider answered ${response.status} at ${url}: ${await response.text()}`);
    url = new URL(location, url).href;
    if (new URL(url).origin !== provider) return url;
  }
  throw new Error('The provider does not come to an end.');
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
