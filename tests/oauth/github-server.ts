import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface GithubUser {
  id: number;
  login: string;
  name: string | null;
  emails: { email: string; primary: boolean; verified: boolean; visibility: string | null }[];
}

export interface GithubServer {
  url: string;
  users: Map<string, GithubUser>;
  /** Who is logged in at GitHub, by login. */
  present: string;
  /** Of each request for a token. */
  tokenRequests: URLSearchParams[];
  /** What the API answers instead of its own status. */
  apiStatus: number | null;
  close(): Promise<void>;
}

/**
 * A stand-in for GitHub in the shapes that its documentation shows ("Authorizing OAuth apps", REST "Users" and "Emails"):
 * faults of the token endpoint are answered 200, the API wants a user agent, ids are numbers. It agrees to everything.
 */
export async function startGithubServer(): Promise<GithubServer> {
  const codes = new Map<string, { login: string; challenge: string; redirectUri: string }>();
  const tokens = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url as string, github.url);
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    let body = '';
    for await (const chunk of request) body += chunk;

    if (url.pathname === '/login/oauth/authorize') {
      const redirectUri = url.searchParams.get('redirect_uri') as string;
      const code = crypto.randomUUID().replaceAll('-', '').slice(0, 20);
      codes.set(code, { login: github.present, challenge: url.searchParams.get('code_challenge') ?? '', redirectUri });
      const back = new URL(redirectUri);
      back.searchParams.set('code', code);
      back.searchParams.set('state', url.searchParams.get('state') ?? '');
      back.searchParams.set('iss', `${github.url}/login/oauth`);
      return response.writeHead(302, { location: back.href }).end();
    }
    if (url.pathname === '/login/oauth/access_token' && request.method === 'POST') {
      const asked = new URLSearchParams(body);
      github.tokenRequests.push(asked);
      if (request.headers.accept !== 'application/json') return response.writeHead(200).end('access_token=form');
      if (asked.get('client_id') !== 'shop' || asked.get('client_secret') !== 'of-the-shop') {
        return json({ error: 'incorrect_client_credentials', error_description: 'The client_id … are incorrect.' });
      }
      const known = codes.get(asked.get('code') ?? '');
      codes.delete(asked.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(asked.get('code_verifier') ?? '')
        .digest('base64url');
      if (!known || known.challenge !== challenge || known.redirectUri !== asked.get('redirect_uri')) {
        return json({ error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.' });
      }
      const token = `gho_${crypto.randomUUID()}`;
      tokens.set(token, known.login);
      return json({ access_token: token, scope: 'read:user,user:email', token_type: 'bearer' });
    }
    if (!request.headers['user-agent']) return json({ message: 'Request forbidden by administrative rules.' }, 403);
    const user = github.users.get(tokens.get(request.headers.authorization?.replace('Bearer ', '') ?? '') ?? '');
    if (!user) return json({ message: 'Bad credentials', status: '401' }, 401);
    if (github.apiStatus) return json({ message: 'no', status: String(github.apiStatus) }, github.apiStatus);
    const { emails, ...profile } = user;
    // What /user calls the mail address is the public one, which tells nothing of whether it is verified.
    if (url.pathname === '/api/v3/user') return json({ ...profile, email: 'public@example.com', type: 'User' });
    if (url.pathname === '/api/v3/user/emails') return json(emails);
    return json({ message: 'Not Found', status: '404' }, 404);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const github: GithubServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    users: new Map(),
    present: '',
    tokenRequests: [],
    apiStatus: null,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return github;
}
