import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestDatabase } from '@/tests/databases';
import { type Browser, linkFrom, openBrowser, PASSWORD, type Said, signUp } from '../accounts/people';
import { type OrderShop, openOrderShop } from '../orders/order-shop';

const OTHER_PASSWORD = 'lantern quarry mitten';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop(bestDatabase('attack_links').start);
});
afterAll(() => shop?.close());

const accountOf = async (email: string) => {
  const { rows } = await shop.db.execute(sql`select id from accounts where lower(email) = ${email}`);
  return rows[0]?.id;
};

async function askReset(email: string): Promise<string> {
  await shop.call('POST', '/api/auth/password-reset', { body: { email } });
  return linkFrom(shop, email, 'Choose a new password');
}

const reset = (token: string, password: string) =>
  shop.call<Said>('POST', '/api/auth/password-reset/confirmation', { body: { token, password } });

/** Whoever sits at a browser that somebody else left signed in asks for the account to move to an address of theirs. */
async function askMove(browser: Browser, email: string): Promise<string> {
  expect((await browser.call('POST', '/api/me/email', { body: { email } })).status).toBe(202);
  return linkFrom(shop, email, 'Confirm your new');
}

describe('a link that a thief of a session had mailed to an address of theirs', () => {
  async function stolen(name: string) {
    const [owner, thief] = [openBrowser(shop), openBrowser(shop)];
    const email = `${name}@example.test`;
    const accountId = await signUp(shop, owner, email);
    for (const [key, value] of owner.jar) thief.jar.set(key, value);
    return { owner, email, accountId, thief, token: await askMove(thief, `thief-of-${name}@example.test`) };
  }

  const confirm = (browser: Browser, token: string) =>
    browser.call('POST', '/api/auth/email-change', { body: { token } });

  it('moves nothing for a stranger, nor once the owner has set another password, signed out everywhere, or ended that session', async () => {
    const reset1 = await stolen('victim1');
    expect((await confirm(openBrowser(shop), reset1.token)).body.code).toBe('unauthenticated');
    expect((await reset(await askReset(reset1.email), OTHER_PASSWORD)).status).toBe(204);
    expect((await confirm(reset1.thief, reset1.token)).body.code).toBe('session_ended');

    const changed = await stolen('victim2');
    const body = { currentPassword: PASSWORD, password: OTHER_PASSWORD };
    expect((await changed.owner.call('POST', '/api/me/password', { body })).status).toBe(200);
    expect((await confirm(changed.thief, changed.token)).body.code).toBe('session_ended');

    const out = await stolen('victim3');
    await out.owner.call('POST', '/api/auth/logout', { body: { everywhere: true } });
    expect((await confirm(out.thief, out.token)).body.code).toBe('session_ended');

    const revoked = await stolen('victim4');
    const other = openBrowser(shop);
    await other.call('POST', '/api/auth/login', { body: { email: revoked.email, password: PASSWORD } });
    const { items } = (await other.call('GET', '/api/me/sessions')).body;
    expect((await other.call('DELETE', `/api/me/sessions/${items[1]!.id}`)).status).toBe(204);
    expect((await confirm(revoked.thief, revoked.token)).body.code).toBe('session_ended');

    for (const { email, accountId } of [reset1, changed, out, revoked]) expect(await accountOf(email)).toBe(accountId);
  });
});

describe('a link to a new password', () => {
  it('is worth nothing once another one was used', async () => {
    const email = 'two-links@example.test';
    await signUp(shop, openBrowser(shop), email);
    const first = await askReset(email);
    const second = await askReset(email);
    expect(first).not.toBe(second);
    expect((await reset(second, OTHER_PASSWORD)).status).toBe(204);
    expect((await reset(first, 'thistle harbour violin')).body.code).toBe('link_invalid');
  });

  it('is worth nothing to whoever reads a mailbox that the account has left', async () => {
    const browser = openBrowser(shop);
    await signUp(shop, browser, 'left@example.test');
    const toOldMailbox = await askReset('left@example.test');
    const move = await askMove(browser, 'arrived@example.test');
    expect((await browser.call('POST', '/api/auth/email-change', { body: { token: move } })).status).toBe(204);
    expect((await reset(toOldMailbox, OTHER_PASSWORD)).body.code).toBe('link_invalid');
  });
});

describe('an account that somebody moves to an address of somebody else', () => {
  it('does not get there by a press on the link in their letter, which would give it their orders', async () => {
    const [mallory, victim] = [openBrowser(shop), openBrowser(shop)];
    const accountId = await signUp(shop, mallory, 'mallory@example.test');
    const filled = await shop.fill(['var_tweed00000000000000000000', 1]);
    expect((await shop.order(filled, { body: { email: 'guest@example.test' } })).status).toBe(201);
    const token = await askMove(mallory, 'guest@example.test');
    const pressed = await victim.call('POST', '/api/auth/email-change', { body: { token } });
    expect.soft([pressed.status, pressed.body.code]).toEqual([401, 'unauthenticated']);
    // Nor where they are signed in to an account of their own.
    await signUp(shop, victim, 'guest2@example.test');
    expect
      .soft((await victim.call('POST', '/api/auth/email-change', { body: { token } })).body.code)
      .toBe('link_invalid');
    expect(await accountOf('guest@example.test')).toBeUndefined();
    await mallory.call('POST', '/api/auth/login', { body: { email: 'guest@example.test', password: PASSWORD } });
    expect((await mallory.call('GET', '/api/orders')).body.items).toEqual([]);
    expect(await accountOf('mallory@example.test')).toBe(accountId);
  });
});

describe('letters as a weapon', () => {
  it('nobody can keep an owner from hearing of what is done with the account by having other letters sent', async () => {
    const email = 'deafened@example.test';
    const browser = openBrowser(shop);
    await signUp(shop, browser, email);
    for (let count = 0; count < 12; count += 1)
      await shop.call('POST', '/api/auth/password-reset', { body: { email } });
    const body = { currentPassword: PASSWORD, password: OTHER_PASSWORD };
    expect((await browser.call('POST', '/api/me/password', { body })).status).toBe(200);
    await openBrowser(shop, 'Thief/1.0').call('POST', '/api/auth/login', { body: { email, password: OTHER_PASSWORD } });
    await shop.settled();
    const subjects = (await shop.mails()).filter(({ to }) => to.includes(email)).map(({ subject }) => subject);
    expect(subjects).toContain('Your password was changed');
    expect(subjects).toContain('A new device signed in to your account');
  });

  it('a device that says where it is does not say it in the letter about it, nor keep anybody from signing in', async () => {
    const email = 'placed@example.test';
    await signUp(shop, openBrowser(shop), email);
    const thief = openBrowser(shop);
    const place = 'Home%0A%0AAll is well. See https://evil.example';
    const headers = { 'x-vercel-ip-city': place, 'x-vercel-ip-country': 'DE' };
    const body = { email, password: PASSWORD };
    expect((await thief.call('POST', '/api/auth/login', { body, headers })).status).toBe(200);
    const nul = { 'x-vercel-ip-city': 'a%00b' };
    expect((await openBrowser(shop).call('POST', '/api/auth/login', { body, headers: nul })).status).toBe(200);
    await shop.settled();
    const letter = (await shop.mails()).find(
      ({ to, subject }) => to.includes(email) && subject.startsWith('A new device'),
    );
    expect(letter?.text).toContain('A new device signed in');
    expect(letter?.text).not.toContain('evil.example');
  });
});
