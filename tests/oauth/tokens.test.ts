import { decodeJwt, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bestDatabase } from '@/tests/databases';
import { type OAuthShop, openIdVariables, openOAuthShop, redirectUri } from './oauth-shop';
import { type OpenIdServer, startOpenIdServer } from './openid-server';

let acme: OpenIdServer;
let shop: OAuthShop;
let count = 0;

beforeAll(async () => {
  acme = await startOpenIdServer(redirectUri, 'acme');
  shop = await openOAuthShop(bestDatabase('oauth_tokens'), openIdVariables('ACME', acme));
});

afterAll(async () => {
  await shop?.close();
  await acme?.close();
});

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}));

afterEach(() => {
  acme.tamper = null;
  vi.restoreAllMocks();
});

interface Tokens {
  id_token?: string;
  [member: string]: unknown;
}

/** A whole login of somebody new, whose answers at one path are changed on their way. */
async function logIn(path: string, change: (body: Tokens) => Promise<Tokens> | Tokens) {
  count += 1;
  const subject = `person-${count}`;
  const email = `${subject}@example.com`;
  acme.people.set(subject, { email, email_verified: true });
  acme.tamper = async (asked, answer) =>
    asked === path ? { ...answer, body: JSON.stringify(await change(JSON.parse(answer.body))) } : answer;
  const browser = shop.browser();
  const landing = await shop.logIn(browser, 'acme', subject);
  return { landing, account: await shop.whoIs(browser), accounts: await shop.accounts(email), email };
}

/** Another ID token in the place of the provider's. */
const replaced = (make: (claims: JWTPayload, token: string) => Promise<string> | string) =>
  logIn('/token', async ({ id_token: token = '', ...rest }) => ({
    ...rest,
    id_token: await make(decodeJwt(token), token),
  }));

const resigned = (change: (claims: JWTPayload) => JWTPayload) => replaced((claims) => acme.sign(change(claims)));

const NOBODY = { landing: '/login?problem=provider_answer_invalid', account: null, accounts: [] };

describe('an ID token', () => {
  it('is taken where the provider’s own key signed it anew', async () => {
    const login = await resigned((claims) => claims);
    expect(login).toMatchObject({ landing: '/', account: { email: login.email } });
  });

  it.each<[string, (claims: JWTPayload) => JWTPayload]>([
    ['for another client', (claims) => ({ ...claims, aud: 'another-shop' })],
    ['for no client', ({ aud: _, ...claims }) => claims],
    ['for us and others, given to another', (claims) => ({ ...claims, aud: ['shop', 'x'], azp: 'x' })],
    ['for us and others, given to nobody', (claims) => ({ ...claims, aud: ['shop', 'x'] })],
    ['of another issuer', (claims) => ({ ...claims, iss: 'https://accounts.example' })],
    ['of an issuer that only begins so', (claims) => ({ ...claims, iss: `${claims.iss}/` })],
    ['with another nonce', (claims) => ({ ...claims, nonce: 'A'.repeat(43) })],
    ['without a nonce', ({ nonce: _, ...claims }) => claims],
    ['that has expired', (claims) => ({ ...claims, exp: Math.floor(Date.now() / 1000) - 60 })],
    ['that never expires', ({ exp: _, ...claims }) => claims],
    ['that is not good yet', (claims) => ({ ...claims, nbf: Math.floor(Date.now() / 1000) + 600 })],
    ['of nobody', ({ sub: _, ...claims }) => claims],
    ['of a number', (claims) => ({ ...claims, sub: 1 as unknown as string })],
    ['of another person than the userinfo', (claims) => ({ ...claims, sub: 'somebody-else' })],
  ])('%s logs nobody in', async (_, change) => {
    expect(await resigned(change)).toMatchObject(NOBODY);
  });

  it('without a signature logs nobody in', async () => {
    expect(await replaced((claims) => new UnsecuredJWT(claims).encode())).toMatchObject(NOBODY);
    expect(await replaced((_, token) => `${token.split('.').slice(0, 2).join('.')}.`)).toMatchObject(NOBODY);
  });

  it('that another key signed under the name of the provider’s logs nobody in', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const sign = (claims: JWTPayload) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'provider-key' }).sign(privateKey);
    expect(await replaced(sign)).toMatchObject(NOBODY);
  });

  it('that names a key nobody has logs nobody in', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const sign = (claims: JWTPayload) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'unknown' }).sign(privateKey);
    expect(await replaced(sign)).toMatchObject(NOBODY);
  });

  it('that is signed with the client’s secret logs nobody in', async () => {
    const sign = (claims: JWTPayload) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode('of-the-shop'.repeat(4)));
    expect(await replaced(sign)).toMatchObject(NOBODY);
  });

  it('whose claims were changed under their signature logs nobody in', async () => {
    const change = (claims: JWTPayload, token: string) => {
      const [header, , signature] = token.split('.');
      const payload = Buffer.from(JSON.stringify({ ...claims, email: 'victim@example.com', email_verified: true }));
      return `${header}.${payload.toString('base64url')}.${signature}`;
    };
    expect(await replaced(change)).toMatchObject(NOBODY);
    expect(await shop.accounts('victim@example.com')).toEqual([]);
  });

  it('that is missing, or none, logs nobody in', async () => {
    expect(await logIn('/token', ({ id_token: _, ...rest }) => rest)).toMatchObject(NOBODY);
    expect(await replaced(() => 'nonsense')).toMatchObject(NOBODY);
    expect(await replaced(() => '..')).toMatchObject(NOBODY);
  });
});

describe('what the provider says of a person', () => {
  it('is not taken of another person', async () => {
    expect(await logIn('/me', (body) => ({ ...body, sub: 'somebody-else' }))).toMatchObject(NOBODY);
  });

  it('does not join an address of one place with the proof of another', async () => {
    const login = await logIn('/token', async ({ id_token: token = '', ...rest }) => ({
      ...rest,
      id_token: await acme.sign({ ...decodeJwt(token), email: 'victim@example.com' }),
    }));
    expect(login).toMatchObject({ landing: '/', account: { email: login.email } });
    expect(await shop.accounts('victim@example.com')).toEqual([]);
  });

  it('in a form that is none logs nobody in', async () => {
    expect(await logIn('/me', () => [] as unknown as Tokens)).toMatchObject(NOBODY);
    expect(await logIn('/token', () => ({ error: 'invalid_client' }))).toMatchObject(NOBODY);
  });
});

describe('a fault of the provider', () => {
  const logged = () => vi.mocked(console.error).mock.calls.map(([line]) => String(line));

  it('is logged with its own code for it, and nothing else of what it sent', async () => {
    acme.tamper = (path, answer) => {
      const body = JSON.stringify({ error: 'invalid_client', error_description: 'hush' });
      return path === '/token' ? { ...answer, status: 401, body } : answer;
    };
    acme.people.set('misfit', { email: 'misfit@example.com', email_verified: true });
    expect(await shop.logIn(shop.browser(), 'acme', 'misfit')).toBe('/login?problem=provider_answer_invalid');
    const [fault = ''] = logged().filter((line) => line.includes('oauth_failed'));
    expect(JSON.parse(fault)).toMatchObject({ provider: 'acme', problem: 'provider_answer_invalid' });
    expect(fault).toContain('(invalid_client)');
    expect(logged().join()).not.toMatch(/hush|misfit|of-the-shop/);
  });

  it.each(['hush', 'hush.hush.hush', '{"alg":"hush"}'])('quotes no token that cannot be read: %s', async (token) => {
    await replaced(() => token);
    await replaced(() => Buffer.from(token).toString('base64url').repeat(3));
    expect(logged().length).toBeGreaterThan(0);
    expect(logged().join()).not.toContain('hush');
  });

  it('quotes no answer that cannot be read', async () => {
    acme.people.set('reader', { email: 'reader@example.com', email_verified: true });
    acme.tamper = (path, answer) => (path === '/token' ? { ...answer, body: 'hush' } : answer);
    expect(await shop.logIn(shop.browser(), 'acme', 'reader')).toBe('/login?problem=provider_answer_invalid');
    expect(logged().length).toBeGreaterThan(0);
    expect(logged().join()).not.toContain('hush');
  });
});
