import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bestDatabase } from '@/tests/databases';
import { type OAuthShop, openIdVariables, openOAuthShop, redirectUri, SHOP } from './oauth-shop';
import { logInAtProvider, type OpenIdServer, startOpenIdServer } from './openid-server';

/** Counts whoever is led here by a provider that is not to be trusted. */
let trap: Server;
let trapped = 0;
let silent: Server;
let acme: OpenIdServer;
let shop: OAuthShop;
const liars = new Map<string, OpenIdServer>();

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

/** Each provider changes one thing of what it says of itself. */
const LIES: Record<string, (metadata: Record<string, unknown>) => unknown> = {
  PLAIN: (metadata) => ({ ...metadata, authorization_endpoint: 'http://login.example/auth' }),
  SCRIPT: (metadata) => ({ ...metadata, authorization_endpoint: 'javascript:alert(1)' }),
  NOWHERE: ({ authorization_endpoint: _, ...metadata }) => metadata,
  POSER: (metadata) => ({ ...metadata, issuer: 'https://accounts.google.com' }),
  NOISE: () => 'noise',
  HUGE: (metadata) => ({ ...metadata, padding: 'x'.repeat(600_000) }),
};

beforeAll(async () => {
  trap = createServer((_, response) => {
    trapped += 1;
    response.end('{}');
  });
  silent = createServer(() => {});
  await Promise.all([listen(trap), listen(silent)]);
  const gone = createServer();
  await listen(gone);
  const gonePort = portOf(gone);
  await new Promise((resolve) => gone.close(resolve));
  acme = await startOpenIdServer(redirectUri, 'acme');
  for (const [name, lie] of Object.entries(LIES)) {
    const liar = await startOpenIdServer(redirectUri, name.toLowerCase());
    liar.tamper = (path, answer) =>
      path.endsWith('openid-configuration')
        ? { ...answer, body: JSON.stringify(lie(JSON.parse(answer.body))) }
        : answer;
    liars.set(name, liar);
  }
  const meta = await startOpenIdServer(redirectUri, 'meta');
  meta.tamper = (path, answer) =>
    path.endsWith('openid-configuration')
      ? {
          ...answer,
          body: answer.body.replace(/"token_endpoint":"[^"]*"/, '"token_endpoint":"http://169.254.169.254/token"'),
        }
      : answer;
  liars.set('META', meta);
  shop = await openOAuthShop(bestDatabase('oauth_down'), {
    ...openIdVariables('ACME', acme),
    ...openIdVariables('GONE', { issuer: `http://127.0.0.1:${gonePort}` }),
    ...openIdVariables('SILENT', { issuer: `http://127.0.0.1:${portOf(silent)}` }),
    ...Object.assign({}, ...[...liars].map(([name, liar]) => openIdVariables(name, liar))),
  });
});

afterAll(async () => {
  await shop?.close();
  for (const server of [trap, silent]) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all([acme?.close(), ...[...liars.values()].map((liar) => liar.close())]);
});

beforeEach(() => {
  acme.tamper = null;
  vi.spyOn(console, 'error').mockImplementation(() => {});
  return () => vi.restoreAllMocks();
});

/** A whole login of somebody whom nothing else knows. */
async function logIn(subject: string, provider = 'acme', at = acme): Promise<string> {
  at.people.set(subject, { email: `${subject}@example.com`, email_verified: true });
  return shop.logIn(shop.browser(), provider, subject);
}

describe('a provider that does not answer', () => {
  it('keeps nobody waiting: down, or with errors of its own', async () => {
    expect(await shop.begin(shop.browser(), 'gone')).toBe('/login?problem=provider_unavailable');
    acme.tamper = (path, answer) => (path === '/token' ? { ...answer, status: 503, body: 'busy' } : answer);
    expect(await logIn('busy')).toBe('/login?problem=provider_unavailable');
    acme.tamper = (path, answer) => (path === '/me' ? { ...answer, status: 429, body: 'slow down' } : answer);
    expect(await logIn('slow')).toBe('/login?problem=provider_unavailable');
  });

  it('keeps nobody waiting longer than ten seconds, wherever it falls silent', async () => {
    let silence = 0;
    acme.tamper = (path, answer) => {
      if (path !== '/token') return answer;
      silence += 1;
      return new Promise(() => {});
    };
    const started = performance.now();
    expect(await Promise.all([shop.begin(shop.browser(), 'silent'), logIn('stalled')])).toEqual([
      '/login?problem=provider_unavailable',
      '/login?problem=provider_unavailable',
    ]);
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(9_000);
    expect(took).toBeLessThan(15_000);
    expect(silence).toBe(1);
  }, 30_000);

  it('is asked again by the next login', async () => {
    const meta = liars.get('NOISE') as OpenIdServer;
    expect(await shop.begin(shop.browser(), 'noise')).toBe('/login?problem=provider_unavailable');
    const { tamper } = meta;
    meta.tamper = null;
    expect(await logIn('healed', 'noise', meta)).toBe('/');
    meta.tamper = tamper;
  });

  it('is answered without a word of its own, and without a session', async () => {
    const response = await shop.browser().visit(`${SHOP}/api/auth/oauth/gone`);
    expect(response.status).toBe(303);
    expect(await response.text()).toBe('');
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^oauth=; .*Max-Age=0/)]);
  });
});

describe('a provider that is not what it says', () => {
  it.each(['plain', 'script', 'nowhere', 'poser', 'huge'])('leads nobody anywhere: %s', async (provider) => {
    expect(await shop.begin(shop.browser(), provider)).toBe('/login?problem=provider_unavailable');
  });

  it('cannot make the shop ask an address of another machine over plain http', async () => {
    const asked = vi.spyOn(globalThis, 'fetch');
    const meta = liars.get('META') as OpenIdServer;
    expect(await logIn('meta', 'meta', meta)).toBe('/login?problem=provider_unavailable');
    expect(asked.mock.calls.map(([url]) => String(url)).filter((url) => url.includes('169.254'))).toEqual([]);
  });

  it.each(['/token', '/me'])('cannot lead the shop on by a redirect from %s', async (from) => {
    acme.tamper = (path, answer) => {
      if (path !== from) return answer;
      const headers = new Headers({ location: `http://127.0.0.1:${portOf(trap)}/inside` });
      return { status: 307, headers, body: '' };
    };
    expect(await logIn(`led-from-${from.slice(1)}`)).toBe('/login?problem=provider_answer_invalid');
    expect(trapped).toBe(0);
  });

  it('cannot fill the memory of the shop', async () => {
    acme.tamper = (path, answer) =>
      path === '/me' ? { ...answer, body: answer.body.replace('{', `{"padding":"${'x'.repeat(600_000)}",`) } : answer;
    expect(await logIn('padded')).toBe('/login?problem=provider_unavailable');
  });
});

describe('a callback for a login that the provider never finished', () => {
  it('asks the provider nothing without a login of this browser', async () => {
    const browser = shop.browser();
    const back = await logInAtProvider(browser, await shop.begin(browser, 'acme'), 'nobody', { refuse: true });
    acme.requests.length = 0;
    await shop.browser().visit(back);
    expect(acme.requests).toEqual([]);
  });
});
