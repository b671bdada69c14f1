import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestDatabase } from '../databases';
import { HOME, type OrderShop, openOrderShop } from '../orders/order-shop';
import { bearer, linkFrom, openBrowser, PASSWORD, type Said, signUp, tokensOf } from './people';

const OTHER_PASSWORD = 'lantern quarry mitten';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop(bestDatabase('passwords_and_addresses').start);
});
afterAll(() => shop?.close());

const lettersTo = async (email: string) => {
  await shop.settled();
  return (await shop.mails()).filter(({ to }) => to.includes(email)).map(({ subject }) => subject);
};

describe('a forgotten password', () => {
  it('is set anew by the mailed link, once, and ends every session', async () => {
    const email = 'reset1@example.test';
    const browser = openBrowser(shop);
    await signUp(shop, browser, email);
    const asked = await openBrowser(shop).call('POST', '/api/auth/password-reset', {
      body: { email: 'RESET1@example.test' },
    });
    expect(asked.status).toBe(202);
    const token = await linkFrom(shop, 'RESET1@example.test', 'Choose a new password');
    const reset = (password: string) =>
      openBrowser(shop).call('POST', '/api/auth/password-reset/confirmation', { body: { token, password } });
    const weak = await reset('password12');
    expect([weak.status, weak.body.code]).toEqual([422, 'password_too_weak']);
    const answers = await Promise.all([reset(OTHER_PASSWORD), reset(OTHER_PASSWORD), reset(OTHER_PASSWORD)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422]);
    expect((await browser.call('GET', '/api/me')).body.code).toBe('session_ended');
    const logIn = async (password: string) =>
      (await openBrowser(shop).call('POST', '/api/auth/login', { body: { email, password } })).status;
    expect(await logIn(PASSWORD)).toBe(401);
    expect(await logIn(OTHER_PASSWORD)).toBe(200);
    expect(await lettersTo(email)).toContain('Your password was changed');
  });

  it('is not set by a link that is too old, or that is for something else', async () => {
    const email = 'reset2@example.test';
    const browser = openBrowser(shop);
    await signUp(shop, browser, email);
    await shop.call('POST', '/api/auth/password-reset', { body: { email } });
    const token = await linkFrom(shop, email, 'Choose a new password');
    const verified = await shop.call<Said>('POST', '/api/auth/verification', { body: { token, password: PASSWORD } });
    expect(verified.body.code).toBe('link_invalid');
    const moved = await browser.call('POST', '/api/auth/email-change', { body: { token } });
    expect(moved.body.code).toBe('link_invalid');
    await shop.db.execute(sql`update account_links set expires_at = now() where email = ${email}`);
    const late = await shop.call<Said>('POST', '/api/auth/password-reset/confirmation', {
      body: { token, password: OTHER_PASSWORD },
    });
    expect(late.body.code).toBe('link_invalid');
  });

  it('sends nothing to an address without an account', async () => {
    const email = 'nobody@example.test';
    expect((await shop.call('POST', '/api/auth/password-reset', { body: { email } })).status).toBe(202);
    expect(await lettersTo(email)).toEqual([]);
  });

  it('does not fill anybody’s mailbox', async () => {
    const email = 'flooded@example.test';
    await signUp(shop, openBrowser(shop), email);
    for (let count = 0; count < 15; count += 1) {
      expect((await shop.call('POST', '/api/auth/password-reset', { body: { email } })).status).toBe(202);
    }
    expect((await lettersTo(email)).length).toBe(10);
  });
});

describe('a password', () => {
  it('is changed by whoever knows it, and ends every other session', async () => {
    const email = 'change1@example.test';
    const [here, there] = [openBrowser(shop), openBrowser(shop)];
    await signUp(shop, here, email);
    await there.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    const change = (body: object) => here.call('POST', '/api/me/password', { body });
    expect((await change({ password: OTHER_PASSWORD })).body.code).toBe('password_wrong');
    expect((await change({ currentPassword: 'wrong', password: OTHER_PASSWORD })).body.code).toBe('password_wrong');
    expect((await change({ currentPassword: PASSWORD, password: 'change1 and more' })).body.errors[0]?.code).toBe(
      'contains_email',
    );
    expect((await change({ currentPassword: PASSWORD, password: OTHER_PASSWORD })).status).toBe(200);
    expect((await here.call('GET', '/api/me')).status).toBe(200);
    expect((await there.call('GET', '/api/me')).body.code).toBe('session_ended');
  });

  it('cannot be guessed where somebody left a browser open', async () => {
    const browser = openBrowser(shop);
    await signUp(shop, browser, 'open@example.test');
    const codes: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      const body = { currentPassword: `guess ${count}`, password: OTHER_PASSWORD };
      codes.push((await browser.call('POST', '/api/me/password', { body })).body.code);
    }
    expect(codes.slice(0, 5)).toEqual(Array(5).fill('password_wrong'));
    expect(codes.at(-1)).toBe('too_many_attempts');
  });
});

describe('a mail address', () => {
  it('moves once the new one is proved, and the old one is told', async () => {
    const browser = openBrowser(shop);
    await signUp(shop, browser, 'old@example.test');
    expect((await browser.call('POST', '/api/me/email', { body: { email: 'new@example.test' } })).status).toBe(202);
    expect((await browser.call('GET', '/api/me')).body.email).toBe('old@example.test');
    const token = await linkFrom(shop, 'new@example.test', 'Confirm your new');
    expect((await browser.call('POST', '/api/auth/email-change', { body: { token } })).status).toBe(204);
    expect((await browser.call('GET', '/api/me')).body.email).toBe('new@example.test');
    expect((await browser.call('POST', '/api/auth/email-change', { body: { token } })).body.code).toBe('link_invalid');
    expect(await lettersTo('old@example.test')).toContain('Your account has another email address');
  });

  it('never moves to one that has an account, and says so to nobody but its owner', async () => {
    const browser = openBrowser(shop);
    await signUp(shop, openBrowser(shop), 'taken@example.test');
    await signUp(shop, browser, 'mover@example.test');
    const answers = await Promise.all(
      ['Taken@example.test', 'free@example.test'].map((email) =>
        browser.call('POST', '/api/me/email', { body: { email } }),
      ),
    );
    expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(2).fill([202, { status: 'link_sent' }]));
    expect(await lettersTo('Taken@example.test')).toContain('This address has an account already');
    // Somebody takes the address between the letter and the link.
    const token = await linkFrom(shop, 'free@example.test', 'Confirm your new');
    await signUp(shop, openBrowser(shop), 'Free@example.test');
    expect((await browser.call('POST', '/api/auth/email-change', { body: { token } })).body.code).toBe('link_invalid');
  });

  it('moves for nobody who signed in long ago', async () => {
    const browser = openBrowser(shop);
    const id = await signUp(shop, browser, 'long@example.test');
    await shop.db.execute(
      sql`update sessions set authenticated_at = now() - interval '11 minutes' where account_id = ${id}`,
    );
    for (const [method, path, body] of [
      ['POST', '/api/me/email', { email: 'elsewhere@example.test' }],
      ['DELETE', '/api/me', undefined],
    ] as const) {
      expect((await browser.call(method, path, { body })).body.code, path).toBe('login_required');
    }
  });
});

describe('the addresses of an account', () => {
  it('are kept, changed and forgotten, and one of them is the default', async () => {
    const browser = openBrowser(shop);
    await signUp(shop, browser, 'moves@example.test');
    const add = (name: string, isDefault?: boolean) =>
      browser.call('POST', '/api/me/addresses', { body: { address: { ...HOME, name }, isDefault } });
    const home = await add('Home');
    expect([home.status, home.body.items]).toEqual([201, undefined]);
    const work = await add('Work', true);
    await add('Mill');
    const list = async () => (await browser.call('GET', '/api/me/addresses')).body.items;
    expect((await list()).map(({ id, isDefault }) => [id === work.body.id, isDefault])).toEqual([
      [true, true],
      [false, false],
      [false, false],
    ]);
    const changed = await browser.call('PATCH', `/api/me/addresses/${home.body.id}`, { body: { isDefault: true } });
    expect(changed.status).toBe(200);
    expect((await list()).filter(({ isDefault }) => isDefault).map(({ id }) => id)).toEqual([home.body.id]);
    expect((await browser.call('DELETE', `/api/me/addresses/${work.body.id}`)).status).toBe(204);
    expect((await browser.call('DELETE', `/api/me/addresses/${work.body.id}`)).status).toBe(404);
    expect((await add('A\nB')).body.errors[0]?.path).toBe('address.name');
  });

  it('are fifty at most, also when they come at once', async () => {
    const email = 'many@example.test';
    await signUp(shop, openBrowser(shop), email);
    const headers = bearer((await tokensOf(shop, email)).accessToken);
    const add = (isDefault: boolean) =>
      shop.call<Said>('POST', '/api/me/addresses', { headers, body: { address: HOME, isDefault } });
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => add(index % 2 === 0)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    expect(new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => body.code))).toEqual(
      new Set(['too_many_addresses']),
    );
    const { body } = await shop.call<Said>('GET', '/api/me/addresses', { headers });
    expect(body.items.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  });
});

describe('guessing at passwords', () => {
  it('is slowed down alike where there is an account and where there is none, and never for the owner’s device', async () => {
    const email = 'guessed@example.test';
    const owner = openBrowser(shop);
    await signUp(shop, owner, email);
    const guess = (address: string) =>
      shop.call<Said>('POST', '/api/auth/login', { body: { email: address, password: 'guess me if' } });
    for (const address of [email, 'nobody-at-all@example.test']) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => guess(address)));
      const codes = answers.map(({ body }) => body.code);
      expect(codes.filter((code) => code === 'login_failed')).toHaveLength(5);
      expect(codes.filter((code) => code === 'too_many_attempts')).toHaveLength(15);
      const refused = answers.find(({ status }) => status === 429);
      expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    await owner.call('POST', '/api/auth/logout');
    expect((await owner.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } })).status).toBe(200);
  });
});
