import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestDatabase } from '@/tests/databases';
import type { Browser } from './browser';
import { type OAuthShop, openIdVariables, openOAuthShop, redirectUri, SHOP } from './oauth-shop';
import { logInAtProvider, type OpenIdServer, startOpenIdServer } from './openid-server';

let acme: OpenIdServer;
let other: OpenIdServer;
let shop: OAuthShop;
let count = 0;

beforeAll(async () => {
  acme = await startOpenIdServer(redirectUri, 'acme');
  other = await startOpenIdServer(redirectUri, 'other');
  shop = await openOAuthShop(bestDatabase('oauth_linking'), {
    ...openIdVariables('ACME', acme),
    ...openIdVariables('OTHER', other),
  });
});

afterAll(async () => {
  await shop?.close();
  await Promise.all([acme?.close(), other?.close()]);
});

/** Somebody who is signed in by one provider, and has an account at another that is not linked. */
async function signedIn({ otherEmail }: { otherEmail?: string } = {}) {
  count += 1;
  const subject = `person-${count}`;
  const email = `${subject}@example.com`;
  const elsewhere = otherEmail ?? `${subject}@other.example`;
  acme.people.set(subject, { email, email_verified: true });
  other.people.set(subject, { email: elsewhere === 'same' ? email : elsewhere, email_verified: true });
  const browser = shop.browser();
  await shop.logIn(browser, 'acme', subject);
  const id = (await shop.whoIs(browser))?.id as string;
  return { browser, subject, email, id, elsewhere };
}

const age = (accountId: string) =>
  shop.db.execute(sql`
    update sessions set authenticated_at = now() - interval '11 minutes' where account_id = ${accountId}`);

interface Listed {
  id: string;
  provider: string | null;
  title: string;
  email: string;
}

const identitiesOf = async (browser: Browser): Promise<Listed[]> => {
  const response = await browser.visit(`${SHOP}/api/me/identities`);
  return ((await response.json()) as { items: Listed[] }).items;
};

const remove = (browser: Browser, id: string, headers: Record<string, string> = {}) =>
  browser.visit(`${SHOP}/api/me/identities/${id}`, {
    method: 'DELETE',
    headers: { 'sec-fetch-site': 'same-origin', ...headers },
  });

describe('somebody who is signed in', () => {
  it('links another provider after a recent login, whatever its mail address, and is told by mail', async () => {
    const { browser, subject, email, id, elsewhere } = await signedIn();
    expect(await shop.logIn(browser, 'other', subject, { next: '/account' })).toBe('/account');
    expect((await shop.whoIs(browser))?.id).toBe(id);
    expect((await identitiesOf(browser)).map(({ provider, email: at }) => [provider, at])).toEqual([
      ['acme', email],
      ['other', elsewhere],
    ]);
    expect(await shop.accounts(elsewhere)).toEqual([]);
    const later = shop.browser();
    await shop.logIn(later, 'other', subject);
    expect((await shop.whoIs(later))?.id).toBe(id);
    await shop.settled();
    const letters = (await shop.mails()).filter(({ to }) => to.includes(email));
    expect(letters.map(({ subject: title }) => title)).toContain('OTHER accounts can sign in to your account');
  });

  it('links one of the same mail address long after the login too', async () => {
    const { browser, subject, id } = await signedIn({ otherEmail: 'same' });
    await age(id);
    expect(await shop.logIn(browser, 'other', subject)).toBe('/');
    expect(await identitiesOf(browser)).toHaveLength(2);
  });

  it('does not link one of another mail address long after the login', async () => {
    const { browser, subject, id, elsewhere } = await signedIn();
    await age(id);
    expect(await shop.logIn(browser, 'other', subject)).toBe('/login?problem=link_not_allowed');
    expect(await identitiesOf(browser)).toHaveLength(1);
    expect((await shop.whoIs(browser))?.id).toBe(id);
    expect(await shop.accounts(elsewhere)).toEqual([]);
  });

  it('does not link one whose mail address is not verified', async () => {
    const { browser, subject } = await signedIn();
    other.people.set(subject, { email: 'me@example.com', email_verified: false });
    expect(await shop.logIn(browser, 'other', subject)).toBe('/login?problem=email_not_verified');
    expect(await identitiesOf(browser)).toHaveLength(1);
  });

  it('links nothing where the session ended before the callback', async () => {
    const { browser, subject, id } = await signedIn();
    const url = await logInAtProvider(browser, await shop.begin(browser, 'other'), subject);
    await shop.db.execute(sql`update sessions set ended_at = now(), end_reason = 'logout' where account_id = ${id}`);
    expect((await browser.visit(url)).headers.get('location')).toBe('/login?problem=link_not_allowed');
    const { rows } = await shop.db.execute(
      sql`select count(*)::int as count from oauth_identities where account_id = ${id}`,
    );
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('links where only the access token ran out before the callback', async () => {
    const { browser, subject, id } = await signedIn();
    const url = await logInAtProvider(browser, await shop.begin(browser, 'other'), subject);
    for (const [key, { name }] of browser.cookies) if (name === 'access') browser.cookies.delete(key);
    expect((await browser.visit(url)).headers.get('location')).toBe('/');
    const { rows } = await shop.db.execute(
      sql`select count(*)::int as count from oauth_identities where account_id = ${id}`,
    );
    expect(rows).toEqual([{ count: 2 }]);
  });

  it('links nothing where somebody else is signed in by the callback', async () => {
    const first = await signedIn();
    const second = await signedIn();
    const url = await logInAtProvider(first.browser, await shop.begin(first.browser, 'other'), first.subject);
    for (const [key, cookie] of second.browser.cookies) {
      if (cookie.name === 'access' || cookie.name === 'refresh') first.browser.cookies.set(key, cookie);
    }
    expect((await first.browser.visit(url)).headers.get('location')).toBe('/login?problem=login_mismatch');
    expect(await identitiesOf(second.browser)).toHaveLength(1);
  });

  it('has a login begun by a page of another site refused: it could link the provider account of an attacker', async () => {
    const { browser } = await signedIn();
    for (const site of ['cross-site', 'same-site']) {
      expect(await shop.begin(browser, 'other', { site })).toBe('/login');
    }
    expect([...browser.cookies.values()].some(({ name }) => name === 'oauth')).toBe(false);
  });

  it('links nothing by a login that a link in a mail began', async () => {
    const { browser, subject, id, elsewhere } = await signedIn();
    await shop.logIn(browser, 'other', subject, { site: 'none' });
    const [made] = await shop.accounts(elsewhere);
    expect((await shop.whoIs(browser))?.id).toBe(made?.id);
    expect(made?.id).not.toBe(id);
  });

  it('becomes whom a linked provider account belongs to', async () => {
    const first = await signedIn();
    const second = await signedIn();
    // At the provider the browser is nobody's again.
    for (const [key, { host }] of first.browser.cookies)
      if (acme.issuer.endsWith(host)) first.browser.cookies.delete(key);
    await shop.logIn(first.browser, 'acme', second.subject);
    expect((await shop.whoIs(first.browser))?.id).toBe(second.id);
    const { rows } = await shop.db.execute(
      sql`select account_id from oauth_identities where subject = ${second.subject}`,
    );
    expect(rows).toEqual([{ account_id: second.id }]);
  });

  it('links a provider account once, however many callbacks come at once', async () => {
    const { subject, browser } = await signedIn({ otherEmail: 'same' });
    const twin = shop.browser();
    await shop.logIn(twin, 'acme', subject);
    const urls = await Promise.all(
      [browser, twin].map(async (each) => logInAtProvider(each, await shop.begin(each, 'other'), subject)),
    );
    const landings = await Promise.all(
      [browser, twin].map(async (each, index) => (await each.visit(urls[index] as string)).headers.get('location')),
    );
    expect(landings).toContain('/');
    expect(await identitiesOf(browser)).toHaveLength(2);
  });
});

describe('the providers of an account', () => {
  it('are nobody else’s business', async () => {
    expect((await shop.browser().visit(`${SHOP}/api/me/identities`)).status).toBe(401);
    expect((await remove(shop.browser(), 'any')).status).toBe(401);
    const { browser } = await signedIn();
    const stranger = await signedIn();
    const [identity] = await identitiesOf(stranger.browser);
    const [answer, nothing] = [await remove(browser, identity?.id as string), await remove(browser, '0'.repeat(64))];
    expect([answer.status, nothing.status]).toEqual([404, 404]);
    expect(await identitiesOf(stranger.browser)).toHaveLength(1);
  });

  it('tell of none of the provider’s own ids', async () => {
    const { browser, subject } = await signedIn();
    const response = await browser.visit(`${SHOP}/api/me/identities`);
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({
      items: [
        {
          id: expect.stringMatching(/^[0-9a-f]{64}$/),
          provider: 'acme',
          title: 'ACME accounts',
          email: `${subject}@example.com`,
          createdAt: expect.stringMatching(/Z$/),
          lastUsedAt: expect.stringMatching(/Z$/),
        },
      ],
    });
    expect(text).not.toContain(`"${subject}"`);
  });

  it('can be taken off while there is another way to log in, which the owner is told of', async () => {
    const { browser, subject, email } = await signedIn();
    await shop.logIn(browser, 'other', subject);
    const [first, second] = await identitiesOf(browser);
    expect((await remove(browser, first?.id as string)).status).toBe(204);
    const last = await remove(browser, second?.id as string);
    expect([last.status, await last.json()]).toMatchObject([409, { code: 'last_login_method' }]);
    expect(await identitiesOf(browser)).toEqual([second]);
    await shop.settled();
    const letters = (await shop.mails()).filter(({ to }) => to.includes(email)).map(({ subject: title }) => title);
    expect(letters).toContain('ACME accounts no longer signs in to your account');
    expect(letters).not.toContain('OTHER accounts no longer signs in to your account');
  });

  it.each([
    [
      'a password',
      (id: string) => sql`
      update accounts set password_hash = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA' where id = ${id}`,
    ],
    [
      'a passkey',
      (id: string) => sql`
      insert into passkeys (id, account_id, public_key, counter, is_backed_up, name)
      values (${`key-of-${id}`}, ${id}, 'AA', 0, false, 'Phone')`,
    ],
  ])('can all be taken off where the account has %s', async (_, give) => {
    const { browser, id } = await signedIn();
    await shop.db.execute(give(id));
    const [identity] = await identitiesOf(browser);
    expect((await remove(browser, identity?.id as string)).status).toBe(204);
    expect(await identitiesOf(browser)).toEqual([]);
  });

  it('are not counted where the shop no longer offers them', async () => {
    const { browser, id } = await signedIn();
    await shop.db.execute(sql`
      insert into oauth_identities (issuer, subject, account_id, email)
      values ('https://gone.example/', ${id}, ${id}, 'a@example.com')`);
    const [mine, gone] = await identitiesOf(browser);
    expect(gone).toMatchObject({ provider: null, title: 'https://gone.example/' });
    expect((await remove(browser, mine?.id as string)).status).toBe(409);
    expect((await remove(browser, gone?.id as string)).status).toBe(204);
  });

  it('never leave an account without a way in, however many are taken off at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { browser, subject } = await signedIn();
      await shop.logIn(browser, 'other', subject);
      const identities = await identitiesOf(browser);
      const answers = await Promise.all(identities.map(({ id }) => remove(browser, id)));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    }
  });

  it('want a recent login, and a request of our own page, to be taken off', async () => {
    const { browser, subject, id } = await signedIn();
    await shop.logIn(browser, 'other', subject);
    const [identity] = await identitiesOf(browser);
    const forged = await remove(browser, identity?.id as string, { 'sec-fetch-site': 'cross-site' });
    expect(forged.status).toBe(403);
    await age(id);
    const answer = await remove(browser, identity?.id as string);
    expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'login_required' }]);
    expect(await identitiesOf(browser)).toHaveLength(2);
  });
});
