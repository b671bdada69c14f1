import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '@/db/ids';
import { bestDatabase } from '@/tests/databases';
import type { Browser } from './browser';
import { type OAuthShop, openIdVariables, openOAuthShop, redirectUri, SHOP, SHOP_HOST } from './oauth-shop';
import { logInAtProvider, type OpenIdServer, startOpenIdServer } from './openid-server';

let acme: OpenIdServer;
let other: OpenIdServer;
let shop: OAuthShop;
let count = 0;

beforeAll(async () => {
  acme = await startOpenIdServer(redirectUri, 'acme');
  other = await startOpenIdServer(redirectUri, 'other', { claimsInIdToken: true });
  shop = await openOAuthShop(bestDatabase('oauth_login'), {
    ...openIdVariables('ACME', acme),
    ...openIdVariables('OTHER', other),
  });
});

afterAll(async () => {
  await shop?.close();
  await Promise.all([acme?.close(), other?.close()]);
});

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  return () => vi.restoreAllMocks();
});

/** Somebody new with an account at a provider. */
function somebody(person: Record<string, unknown> = {}, at = acme): { subject: string; email: string } {
  count += 1;
  const subject = `person-${count}`;
  const email = `person-${count}@example.com`;
  at.people.set(subject, { email, email_verified: true, name: `Person ${count}`, ...person });
  return { subject, email };
}

/** A login that is done but for its callback. */
async function begun(browser: Browser, subject: string, provider = 'acme'): Promise<string> {
  return logInAtProvider(browser, await shop.begin(browser, provider), subject);
}

const landing = async (browser: Browser, url: string) => (await browser.visit(url)).headers.get('location');

describe('logging in at a provider', () => {
  it('lists the providers by their ids and titles', async () => {
    const response = await shop.browser().visit(`${SHOP}/api/auth/oauth`);
    expect(await response.json()).toEqual({
      items: [
        { id: 'acme', title: 'ACME accounts' },
        { id: 'other', title: 'OTHER accounts' },
      ],
    });
  });

  it('sends the browser there with PKCE, state and nonce, and keeps what must come back in a sealed cookie', async () => {
    const browser = shop.browser();
    const response = await browser.visit(`${SHOP}/api/auth/oauth/acme?next=/cart`);
    expect(response.status).toBe(302);
    const { origin, searchParams } = new URL(response.headers.get('location') as string);
    expect(origin).toBe(acme.issuer);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      client_id: 'shop',
      response_type: 'code',
      redirect_uri: redirectUri('acme'),
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^oauth=v1\.[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/);
    expect(cookie.length).toBeLessThan(4096);
    for (const name of ['state', 'nonce']) expect(cookie).not.toContain(searchParams.get(name));
  });

  it('keeps it under a name that no other host can set, over https', async () => {
    const response = await shop.browser().visit(`https://${SHOP_HOST}/api/auth/oauth/acme`);
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-oauth=.*; HttpOnly; .*; Secure$/)]);
  });

  it('makes an account for a first login, and leads back to the page where it began', async () => {
    const { subject, email } = somebody({ name: '  Ada\n Weber  ' });
    const browser = shop.browser();
    expect(await shop.logIn(browser, 'acme', subject, { next: '/cart?step=2#form' })).toBe('/cart?step=2#form');
    expect(await shop.whoIs(browser)).toMatchObject({ email, name: 'Ada Weber' });
    const { rows } = await shop.db.execute(sql`
      select s.amr from sessions s join accounts a on a.id = s.account_id where a.email = ${email}`);
    expect(rows).toEqual([{ amr: ['fed'] }]);
    await shop.settled();
    expect((await shop.mails()).filter(({ to }) => to.includes(email))).toEqual([]);
  });

  it('logs a second login in to the same account, though the mail address there is another by now', async () => {
    const { subject, email } = somebody();
    const [first, second] = [shop.browser(), shop.browser()];
    await shop.logIn(first, 'acme', subject);
    acme.people.set(subject, { email: `moved-${email}`, email_verified: false });
    expect(await shop.logIn(second, 'acme', subject)).toBe('/');
    expect(await shop.whoIs(second)).toEqual(await shop.whoIs(first));
    expect(await shop.accounts(`moved-${email}`)).toEqual([]);
  });

  it('takes the mail address of the ID token where it stands there', async () => {
    const { subject, email } = somebody({}, other);
    other.requests.length = 0;
    const browser = shop.browser();
    await shop.logIn(browser, 'other', subject);
    expect(await shop.whoIs(browser)).toMatchObject({ email });
    expect(other.requests).not.toContain('/me');
  });

  it('links an account that is there over its proved mail address, however it is written, and tells its owner', async () => {
    const { subject, email } = somebody();
    const id = newId('acct');
    await shop.db.execute(sql`
      insert into accounts (id, email, password_hash)
      values (${id}, ${email.replace('person', 'Person')}, '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA')`);
    const browser = shop.browser();
    await shop.logIn(browser, 'acme', subject);
    expect(await shop.whoIs(browser)).toMatchObject({ id });
    await shop.logIn(shop.browser(), 'acme', subject);
    expect(await shop.accounts(email)).toEqual([{ id, identities: 1 }]);
    await shop.settled();
    const letters = (await shop.mails()).filter(({ subject: title }) => title.startsWith('ACME accounts can sign in'));
    expect(letters.map(({ to }) => to)).toEqual([[email.replace('person', 'Person')]]);
  });

  it.each([
    ['is not verified', { email_verified: false }],
    ['is called verified in a text', { email_verified: 'true' }],
    ['says nothing of being verified', { email_verified: undefined }],
    ['is missing', { email: undefined }],
    ['is none that a letter reaches', { email: 'somebody' }],
    ['would be two', { email: 'a@example.com, b@example.com' }],
  ])('makes nothing of a mail address that %s', async (_, person) => {
    const { subject } = somebody(person);
    const browser = shop.browser();
    expect(await shop.logIn(browser, 'acme', subject)).toBe('/login?problem=email_not_verified');
    expect(await shop.whoIs(browser)).toBeNull();
    const { rows } = await shop.db.execute(sql`select 1 from oauth_identities where subject = ${subject}`);
    expect(rows).toEqual([]);
    expect(await shop.accounts(`${subject}@example.com`)).toEqual([]);
  });

  it('makes one account of many callbacks at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { subject, email } = somebody();
      const browsers = Array.from({ length: 6 }, () => shop.browser());
      const urls = await Promise.all(browsers.map((browser) => begun(browser, subject)));
      const landings = await Promise.all(browsers.map((browser, index) => landing(browser, urls[index] as string)));
      expect(landings).toEqual(urls.map(() => '/'));
      expect(await shop.accounts(email)).toEqual([{ id: expect.any(String), identities: 1 }]);
      const who = await Promise.all(browsers.map((browser) => shop.whoIs(browser)));
      expect(new Set(who.map((account) => account?.id)).size).toBe(1);
    }
  });

  it('makes one account of two providers that vouch for one mail address at once', async () => {
    const { subject, email } = somebody();
    other.people.set(subject, { email: email.replace('person', 'Person'), email_verified: true });
    const [first, second] = [shop.browser(), shop.browser()];
    const urls = [await begun(first, subject), await begun(second, subject, 'other')] as const;
    await Promise.all([landing(first, urls[0]), landing(second, urls[1])]);
    expect(await shop.accounts(email)).toEqual([{ id: expect.any(String), identities: 2 }]);
  });

  it('makes one account where a provider changes the mail address between two callbacks at once', async () => {
    const { subject, email } = somebody();
    const browsers = [shop.browser(), shop.browser()] as const;
    const urls = [await begun(browsers[0], subject), await begun(browsers[1], subject)] as const;
    let asked = 0;
    acme.tamper = (path, answer) => {
      if (path !== '/me') return answer;
      asked += 1;
      return { ...answer, body: answer.body.replace(email, `${asked}-${email}`) };
    };
    await Promise.all(browsers.map((browser, index) => landing(browser, urls[index] as string)));
    acme.tamper = null;
    const made = await Promise.all([1, 2].map((number) => shop.accounts(`${number}-${email}`)));
    expect(made.flat()).toEqual([{ id: expect.any(String), identities: 1 }]);
  });

  it('knows no provider that is not configured', async () => {
    for (const path of ['nobody', 'nobody/callback', 'constructor', '__proto__']) {
      expect((await shop.browser().visit(`${SHOP}/api/auth/oauth/${path}`)).status).toBe(404);
    }
  });
});

describe('a callback', () => {
  it('takes the login out of the browser, and a second time finds none', async () => {
    const { subject } = somebody();
    const browser = shop.browser();
    const url = await begun(browser, subject);
    expect(browser.cookie(SHOP_HOST, 'oauth')).toBeTypeOf('string');
    await landing(browser, url);
    expect(browser.cookie(SHOP_HOST, 'oauth')).toBeUndefined();
    expect(await landing(browser, url)).toBe('/login?problem=login_expired');
  });

  it('is refused a code that was used, though the browser kept its cookie', async () => {
    const { subject } = somebody();
    const browser = shop.browser();
    const url = await begun(browser, subject);
    const kept = new Map(browser.cookies);
    await landing(browser, url);
    const again = shop.browser();
    for (const [key, cookie] of kept) again.cookies.set(key, cookie);
    expect(await landing(again, url)).toBe('/login?problem=provider_answer_invalid');
    expect(await shop.whoIs(again)).toBeNull();
  });

  it.each([
    ['missing', (url: URL) => url.searchParams.delete('state')],
    ['empty', (url: URL) => url.searchParams.set('state', '')],
    ['another', (url: URL) => url.searchParams.set('state', 'A'.repeat(43))],
    ['there twice', (url: URL) => url.searchParams.append('state', 'A'.repeat(43))],
  ])('is refused where the state is %s', async (_, change) => {
    const { subject, email } = somebody();
    const browser = shop.browser();
    const url = new URL(await begun(browser, subject));
    change(url);
    acme.requests.length = 0;
    expect(await landing(browser, url.href)).toBe('/login?problem=login_mismatch');
    expect(acme.requests).not.toContain('/token');
    expect(browser.cookie(SHOP_HOST, 'oauth')).toBeUndefined();
    expect(await shop.accounts(email)).toEqual([]);
  });

  it('of another browser is refused: an attacker’s own login is no login of the victim', async () => {
    const { subject: attacker } = somebody();
    const url = await begun(shop.browser(), attacker);
    const victim = shop.browser();
    expect(await landing(victim, url)).toBe('/login?problem=login_expired');
    await shop.begin(victim, 'acme');
    expect(await landing(victim, url)).toBe('/login?problem=login_mismatch');
    expect(await shop.whoIs(victim)).toBeNull();
  });

  it('with a code of another login is refused, though the state is the browser’s own', async () => {
    const { subject: attacker } = somebody();
    const stolen = new URL(await begun(shop.browser(), attacker)).searchParams.get('code') as string;
    const { subject } = somebody();
    const browser = shop.browser();
    const url = new URL(await begun(browser, subject));
    url.searchParams.set('code', stolen);
    expect(await landing(browser, url.href)).toBe('/login?problem=provider_answer_invalid');
    expect(await shop.whoIs(browser)).toBeNull();
  });

  it.each([
    [
      'taken away',
      (url: URL) => ['code_challenge', 'code_challenge_method'].map((name) => url.searchParams.delete(name)),
    ],
    ['another one', (url: URL) => url.searchParams.set('code_challenge', 'A'.repeat(43))],
  ])('is refused where PKCE was %s on the way to the provider', async (_, change) => {
    const { subject, email } = somebody();
    const browser = shop.browser();
    const start = new URL(await shop.begin(browser, 'acme'));
    change(start);
    const back = await logInAtProvider(browser, start.href, subject);
    expect(new URL(back).searchParams.has('code')).toBe(true);
    expect(await landing(browser, back)).toBe('/login?problem=provider_answer_invalid');
    expect(await shop.accounts(email)).toEqual([]);
  });

  it('is refused where the nonce was replaced on the way to the provider', async () => {
    const { subject, email } = somebody();
    const browser = shop.browser();
    const start = new URL(await shop.begin(browser, 'acme'));
    start.searchParams.set('nonce', 'A'.repeat(43));
    const back = await logInAtProvider(browser, start.href, subject);
    expect(await landing(browser, back)).toBe('/login?problem=provider_answer_invalid');
    expect(await shop.accounts(email)).toEqual([]);
  });

  it.each([
    ['of another provider', (url: URL) => url.searchParams.set('iss', other.issuer)],
    ['missing, where the provider sends it', (url: URL) => url.searchParams.delete('iss')],
  ])('is refused where the issuer is %s', async (_, change) => {
    const { subject } = somebody();
    const browser = shop.browser();
    const url = new URL(await begun(browser, subject));
    change(url);
    acme.requests.length = 0;
    expect(await landing(browser, url.href)).toBe('/login?problem=login_mismatch');
    expect(acme.requests).not.toContain('/token');
  });

  it('at another provider’s address never sees the code', async () => {
    const { subject } = somebody();
    const browser = shop.browser();
    const url = await begun(browser, subject);
    other.requests.length = 0;
    expect(await landing(browser, url.replace('/acme/', '/other/'))).toBe('/login?problem=login_expired');
    expect(other.requests).toEqual([]);
  });

  it('after more than ten minutes is refused, though the browser kept its cookie', async () => {
    const { subject } = somebody();
    const browser = shop.browser();
    const start = await shop.begin(browser, 'acme');
    const begunAt = Date.now();
    const url = await logInAtProvider(browser, start, subject);
    vi.useFakeTimers({ toFake: ['Date'], now: begunAt + 600_500 });
    try {
      expect(await landing(browser, url)).toBe('/login?problem=login_expired');
    } finally {
      vi.useRealTimers();
    }
  });

  it.each(['v1.AAAA', 'nonsense', 'v1.', ''])('is refused where the cookie was made up: %j', async (cookie) => {
    const { subject } = somebody();
    const url = await begun(shop.browser(), subject);
    const response = await shop.browser().visit(url, { headers: { cookie: `oauth=${cookie}` } });
    expect(response.headers.get('location')).toBe('/login?problem=login_expired');
  });

  it('says that the person said no', async () => {
    const browser = shop.browser();
    const start = await shop.begin(browser, 'acme');
    const back = await logInAtProvider(browser, start, 'nobody', { refuse: true });
    const response = await browser.visit(back);
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/login?problem=access_denied');
  });

  it.each([
    ['temporarily_unavailable', 'provider_unavailable'],
    ['server_error', 'provider_unavailable'],
    ['login_required', 'access_denied'],
    ['invalid_scope', 'provider_answer_invalid'],
    ['constructor', 'provider_answer_invalid'],
  ])('tells of the provider’s %s as %s, and nothing of its words', async (error, problem) => {
    const browser = shop.browser();
    const state = new URL(await shop.begin(browser, 'acme')).searchParams.get('state') as string;
    const query = new URLSearchParams({ error, error_description: '<b>words</b>', state, iss: acme.issuer });
    expect(await landing(browser, `${redirectUri('acme')}?${query}`)).toBe(`/login?problem=${problem}`);
  });

  it('leads to no other site, whatever the login was told to go back to', async () => {
    const { subject } = somebody();
    for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', '/%2f%2fevil.example']) {
      expect(await shop.logIn(shop.browser(), 'acme', subject, { next })).toBe('/');
    }
  });
});
