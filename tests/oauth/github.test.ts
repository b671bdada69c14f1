import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bestDatabase } from '@/tests/databases';
import type { Browser } from './browser';
import { type GithubServer, startGithubServer } from './github-server';
import { type OAuthShop, openOAuthShop, redirectUri } from './oauth-shop';

let github: GithubServer;
let shop: OAuthShop;
let count = 0;

beforeAll(async () => {
  github = await startGithubServer();
  shop = await openOAuthShop(bestDatabase('oauth_github'), {
    OAUTH_GITHUB_CLIENT_ID: 'shop',
    OAUTH_GITHUB_CLIENT_SECRET: 'of-the-shop',
    OAUTH_GITHUB_URL: github.url,
  });
});

afterAll(async () => {
  await shop?.close();
  await github?.close();
});

beforeEach(() => {
  github.apiStatus = null;
  vi.spyOn(console, 'error').mockImplementation(() => {});
  return () => vi.restoreAllMocks();
});

type Email = [email: string, flags: { primary?: boolean; verified?: boolean }];

/** Somebody new at GitHub, who is logged in there. */
function somebody(...emails: Email[]): { id: number; login: string } {
  count += 1;
  const user = { id: 1000 + count, login: `octo-${count}`, name: null };
  github.users.set(user.login, {
    ...user,
    emails: emails.map(([email, { primary = false, verified = false }]) => ({
      email,
      primary,
      verified,
      visibility: null,
    })),
  });
  github.present = user.login;
  return user;
}

/** A login up to its callback. */
async function begun(browser: Browser): Promise<URL> {
  const response = await browser.visit(await shop.begin(browser, 'github'));
  return new URL(response.headers.get('location') as string);
}

async function logIn(browser: Browser, change: (back: URL) => void = () => {}): Promise<string | null> {
  const back = await begun(browser);
  change(back);
  return (await browser.visit(back)).headers.get('location');
}

describe('logging in at GitHub', () => {
  it('takes the primary address where GitHub has verified it, and the number of the account as its id', async () => {
    const { id, login } = somebody(
      ['second@example.com', { verified: true }],
      ['first@example.com', { primary: true, verified: true }],
    );
    const browser = shop.browser();
    expect(await logIn(browser)).toBe('/');
    expect(await shop.whoIs(browser)).toMatchObject({ email: 'first@example.com', name: login });
    // Names there can be given to somebody else; the number stays.
    github.users.set('renamed', { ...github.users.get(login)!, login: 'renamed', emails: [] });
    github.present = 'renamed';
    const again = shop.browser();
    expect(await logIn(again)).toBe('/');
    expect(await shop.whoIs(again)).toMatchObject({ email: 'first@example.com' });
    expect(github.users.get('renamed')?.id).toBe(id);
  });

  it('asks for what it needs alone, with PKCE', async () => {
    const url = new URL(await shop.begin(shop.browser(), 'github'));
    expect(url.origin + url.pathname).toBe(`${github.url}/login/oauth/authorize`);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: 'shop',
      scope: 'read:user user:email',
      redirect_uri: redirectUri('github'),
      code_challenge_method: 'S256',
    });
    expect(url.searchParams.has('nonce')).toBe(false);
  });

  it.each<[string, Email[]]>([
    [
      'is not verified',
      [
        ['first@example.org', { primary: true }],
        ['second@example.org', { verified: true }],
      ],
    ],
    ['is not there', []],
    ['is not the primary one', [['third@example.org', { verified: true }]]],
  ])('makes nothing of an address that %s', async (_, emails) => {
    somebody(...emails);
    const browser = shop.browser();
    expect(await logIn(browser)).toBe('/login?problem=email_not_verified');
    expect(await shop.whoIs(browser)).toBeNull();
    for (const [email] of emails) expect(await shop.accounts(email)).toEqual([]);
    expect(await shop.accounts('public@example.com')).toEqual([]);
  });

  it.each<[string, (back: URL) => void, string]>([
    ['a code that is none', (back) => back.searchParams.set('code', 'none'), 'provider_answer_invalid'],
    ['no code', (back) => back.searchParams.delete('code'), 'provider_answer_invalid'],
    ['another state', (back) => back.searchParams.set('state', 'A'.repeat(43)), 'login_mismatch'],
    ['the issuer of another', (back) => back.searchParams.set('iss', 'https://accounts.example'), 'login_mismatch'],
    [
      'a refusal',
      (back) => {
        back.searchParams.delete('code');
        back.searchParams.set('error', 'access_denied');
      },
      'access_denied',
    ],
  ])('is refused with %s', async (_, change, problem) => {
    somebody(['refused@example.com', { primary: true, verified: true }]);
    const browser = shop.browser();
    expect(await logIn(browser, change)).toBe(`/login?problem=${problem}`);
    expect(await shop.accounts('refused@example.com')).toEqual([]);
    if (problem === 'provider_answer_invalid') expect(console.error).toHaveBeenCalledOnce();
  });

  it('is taken from a server that sends no issuer', async () => {
    somebody(['enterprise@example.com', { primary: true, verified: true }]);
    expect(await logIn(shop.browser(), (back) => back.searchParams.delete('iss'))).toBe('/');
  });

  it('is refused a code that belongs to another login', async () => {
    somebody(['attacker@example.com', { primary: true, verified: true }]);
    const stolen = (await begun(shop.browser())).searchParams.get('code') as string;
    somebody(['victim@example.com', { primary: true, verified: true }]);
    const browser = shop.browser();
    expect(await logIn(browser, (back) => back.searchParams.set('code', stolen))).toBe(
      '/login?problem=provider_answer_invalid',
    );
    expect(await shop.whoIs(browser)).toBeNull();
  });

  it('has the fault that GitHub names in the log', async () => {
    somebody(['logged@example.com', { primary: true, verified: true }]);
    await logIn(shop.browser(), (back) => back.searchParams.set('code', 'none'));
    expect(vi.mocked(console.error).mock.calls.join()).toContain('(bad_verification_code)');
  });

  it.each([
    [401, 'provider_answer_invalid'],
    [403, 'provider_answer_invalid'],
    [429, 'provider_unavailable'],
    [502, 'provider_unavailable'],
  ])('ends well where the API answers %i', async (status, problem) => {
    somebody(['api@example.com', { primary: true, verified: true }]);
    github.apiStatus = status;
    expect(await logIn(shop.browser())).toBe(`/login?problem=${problem}`);
  });

  it('keeps the secret out of every address', async () => {
    const browser = shop.browser();
    somebody(['secret@example.com', { primary: true, verified: true }]);
    github.tokenRequests.length = 0;
    const start = await shop.begin(browser, 'github');
    const back = (await browser.visit(start)).headers.get('location') as string;
    await browser.visit(back);
    expect(start + back).not.toContain('of-the-shop');
    expect(github.tokenRequests.map((asked) => asked.get('client_secret'))).toEqual(['of-the-shop']);
  });
});
