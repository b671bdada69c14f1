import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestDatabase } from '../databases';
import { type OrderShop, openOrderShop, TWEED } from '../orders/order-shop';
import { bearer, linkFrom, openBrowser, PASSWORD, type Said, signUp, tokensOf } from './people';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop(bestDatabase('sessions').start);
});
afterAll(() => shop?.close());

describe('an account', () => {
  it('comes to be by the link in the mail, and signs its browser in', async () => {
    const browser = openBrowser(shop);
    const asked = await browser.call('POST', '/api/auth/register', {
      body: { email: 'first@example.test', password: PASSWORD },
    });
    expect(asked.status).toBe(202);
    expect((await browser.call('GET', '/api/me')).status).toBe(401);
    const token = await linkFrom(shop, 'first@example.test', 'Confirm your email');
    const opened = await browser.call('POST', '/api/auth/verification', { body: { token } });
    expect(opened.status).toBe(200);
    expect(opened.body).toEqual({ account: expect.objectContaining({ email: 'first@example.test' }), expiresIn: 600 });
    const names = opened.cookies.map((text) => text.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['access', 'refresh', 'device']));
    // The one that scripts read says that somebody is signed in, and nothing else.
    const hint = opened.cookies.find((cookie) => cookie.startsWith('signed_in='));
    expect(hint).toBe('signed_in=1; Path=/; Max-Age=5184000; SameSite=Lax');
    for (const cookie of opened.cookies.filter((other) => other !== hint)) {
      expect(cookie).toMatch(/; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
    }
    const me = await browser.call('GET', '/api/me');
    expect(me.body).toMatchObject({ email: 'first@example.test', hasPassword: true, staff: null });
    expect(me.headers.get('cache-control')).toBe('private, no-store');
  });

  it('is opened once, and by no other browser without the password', async () => {
    const email = 'twice@example.test';
    await openBrowser(shop).call('POST', '/api/auth/register', { body: { email, password: PASSWORD } });
    const token = await linkFrom(shop, email, 'Confirm your email');
    const other = openBrowser(shop);
    const open = (body: object) => other.call('POST', '/api/auth/verification', { body: { token, ...body } });
    expect((await open({})).body.code).toBe('password_required');
    expect((await open({ password: 'another password' })).body.code).toBe('password_wrong');
    expect((await open({ password: PASSWORD })).status).toBe(200);
    expect((await open({ password: PASSWORD })).body.code).toBe('link_invalid');
  });

  it('is never there at an address that nobody proved', async () => {
    const email = 'unproved@example.test';
    await openBrowser(shop).call('POST', '/api/auth/register', { body: { email, password: PASSWORD } });
    const { status, body } = await openBrowser(shop).call('POST', '/api/auth/login', {
      body: { email, password: PASSWORD },
    });
    expect([status, body.code]).toEqual([401, 'login_failed']);
    const { rows } = await shop.db.execute(sql`select id from accounts where email = ${email}`);
    expect(rows).toEqual([]);
  });

  it.each(['', 'x', 'link_1.x', `link_${'0'.repeat(26)}.${'A'.repeat(43)}`])(
    'is not opened by what is no link: %j',
    async (token) => {
      const { status } = await openBrowser(shop).call('POST', '/api/auth/verification', {
        body: { token, password: PASSWORD },
      });
      expect(status).toBe(422);
    },
  );
});

describe('a session', () => {
  const email = 'ada@example.test';
  beforeAll(() => signUp(shop, openBrowser(shop), email));

  it('is told its tokens only where it asks for them', async () => {
    const { accessToken, refreshToken } = await tokensOf(shop, email);
    expect((await shop.call<Said>('GET', '/api/me', { headers: bearer(accessToken) })).body.email).toBe(email);
    const refreshed = await shop.call<Said>('POST', '/api/auth/refresh', { body: { refreshToken } });
    expect(refreshed.body.refreshToken).toMatch(/^rt_[\w-]{43}$/);
    expect(refreshed.body.refreshToken).not.toBe(refreshToken);
    expect(refreshed.headers.getSetCookie()).toEqual([]);
    const browser = openBrowser(shop);
    const { body } = await browser.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    expect(Object.keys(body).sort()).toEqual(['account', 'expiresIn']);
  });

  it('keeps nothing in Postgres that would open it', async () => {
    const { accessToken, refreshToken } = await tokensOf(shop, email);
    const tables = [
      'accounts',
      'sessions',
      'refresh_tokens',
      'account_devices',
      'signing_keys',
      'outbox',
      'account_links',
    ];
    for (const table of tables) {
      const { rows } = await shop.db.execute(sql`select to_jsonb(t)::text as row from ${sql.identifier(table)} t`);
      const text = rows.map(({ row }) => row).join('\n');
      for (const secret of [accessToken, refreshToken, refreshToken.slice(3), PASSWORD])
        expect(text).not.toContain(secret);
    }
  });

  it('has one successor, however many tabs ask at once', async () => {
    const { refreshToken } = await tokensOf(shop, email);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => shop.call<Said>('POST', '/api/auth/refresh', { body: { refreshToken } })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
  });

  it('ends at once, everywhere, when a refresh token comes again later', async () => {
    const { refreshToken } = await tokensOf(shop, email);
    const next = await shop.call<Said>('POST', '/api/auth/refresh', { body: { refreshToken } });
    const { accessToken } = next.body;
    const cart = () => shop.call<Said>('GET', '/api/cart', { headers: bearer(accessToken) });
    expect((await cart()).status).toBe(200);
    await forgetGrace();
    const reused = await shop.call<Said>('POST', '/api/auth/refresh', { body: { refreshToken } });
    expect([reused.status, reused.body.code]).toEqual([401, 'session_ended']);
    // At the edge by KV, in Node by Postgres, and the thief's successor with it.
    expect((await cart()).body.code).toBe('session_ended');
    expect((await shop.call<Said>('GET', '/api/me', { headers: bearer(accessToken) })).body.code).toBe('session_ended');
    const stolen = await shop.call<Said>('POST', '/api/auth/refresh', {
      body: { refreshToken: next.body.refreshToken },
    });
    expect(stolen.body.code).toBe('session_ended');
  });

  it('is not ended by a token that nobody ever had', async () => {
    const { accessToken } = await tokensOf(shop, email);
    const made = await shop.call<Said>('POST', '/api/auth/refresh', { body: { refreshToken: `rt_${'A'.repeat(43)}` } });
    expect(made.body.code).toBe('session_ended');
    expect((await shop.call<Said>('GET', '/api/me', { headers: bearer(accessToken) })).status).toBe(200);
  });

  it('ends by itself, and leaves the others', async () => {
    const [here, there] = [await tokensOf(shop, email), await tokensOf(shop, email)];
    const { status } = await shop.call('POST', '/api/auth/logout', { body: { refreshToken: here.refreshToken } });
    expect(status).toBe(204);
    for (const path of ['/api/me', '/api/cart', '/api/orders']) {
      expect((await shop.call<Said>('GET', path, { headers: bearer(here.accessToken) })).body.code, path).toBe(
        'session_ended',
      );
      expect((await shop.call('GET', path, { headers: bearer(there.accessToken) })).status, path).toBe(200);
    }
  });

  it('ends everywhere, also where no cookie of it is fresh any more', async () => {
    const browsers = [openBrowser(shop), openBrowser(shop)];
    for (const browser of browsers)
      await browser.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    const [first, second] = browsers as [(typeof browsers)[0], (typeof browsers)[0]];
    first.jar.delete('access');
    expect((await first.call('POST', '/api/auth/logout', { body: { everywhere: true } })).status).toBe(204);
    expect([...first.jar.keys()]).toEqual(['device']);
    const started = Date.now();
    expect((await second.call('GET', '/api/cart')).body.code).toBe('session_ended');
    expect((await second.call('POST', '/api/auth/refresh')).body.code).toBe('session_ended');
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(second.jar.has('refresh')).toBe(false);
    expect((await second.call('GET', '/api/cart')).status).toBe(200);
  });

  it('is refreshed by its browser when the access cookie is gone or broken', async () => {
    const browser = openBrowser(shop);
    await browser.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    for (const broken of [null, 'x.y.z']) {
      if (broken === null) browser.jar.delete('access');
      else browser.jar.set('access', broken);
      for (const path of ['/api/cart', '/api/me']) {
        expect((await browser.call('GET', path)).body.code, `${path} ${broken}`).toBe('token_expired');
      }
      expect((await browser.call('POST', '/api/auth/refresh')).status).toBe(200);
      expect((await browser.call('GET', '/api/me')).status).toBe(200);
    }
  });

  it('takes the place of the one that its browser had before', async () => {
    const browser = openBrowser(shop);
    const logIn = () => browser.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    await logIn();
    const before = browser.jar.get('access')!;
    expect((await logIn()).status).toBe(200);
    expect((await shop.call<Said>('GET', '/api/cart', { headers: bearer(before) })).body.code).toBe('session_ended');
    expect((await browser.call('GET', '/api/me')).status).toBe(200);
  });

  it('is listed with its device, and ended from another one', async () => {
    const phone = openBrowser(shop, 'Phone');
    const desk = openBrowser(shop, 'Desk');
    for (const browser of [phone, desk])
      await browser.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    const { body } = await desk.call('GET', '/api/me/sessions');
    expect(body.items[0]).toMatchObject({ userAgent: 'Desk', isCurrent: true, amr: ['pwd'] });
    const other = body.items.find((item) => item.userAgent === 'Phone');
    expect((await desk.call('DELETE', `/api/me/sessions/${other?.id}`)).status).toBe(204);
    expect((await phone.call('GET', '/api/cart')).body.code).toBe('session_ended');
    expect((await desk.call('DELETE', `/api/me/sessions/${other?.id}`)).status).toBe(404);
  });

  it('on a new device is told of by mail, on a known one never', async () => {
    const about = async () =>
      (await shop.mails()).filter(({ to, subject }) => to.includes('eve@example.test') && /new device/.test(subject));
    const browser = openBrowser(shop);
    await signUp(shop, browser, 'eve@example.test');
    await browser.call('POST', '/api/auth/logout');
    await browser.call('POST', '/api/auth/login', { body: { email: 'eve@example.test', password: PASSWORD } });
    await shop.settled();
    expect(await about()).toHaveLength(0);
    await openBrowser(shop, 'Elsewhere').call('POST', '/api/auth/login', {
      body: { email: 'eve@example.test', password: PASSWORD },
    });
    await shop.settled();
    const letters = await about();
    expect(letters).toHaveLength(1);
    expect(letters[0]?.text).toContain('Elsewhere');
  });

  it('costs a cart no trip more than a guest', async () => {
    const { accessToken } = await tokensOf(shop, email);
    const add = () =>
      shop.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 1 }, headers: bearer(accessToken) });
    await add();
    const answer = await add();
    expect(answer.headers.get('server-timing')).toMatch(/^kv;desc="1";dur=[\d.]+, db;desc="0"/);
  });
});

/** Makes every grace of a refresh token be over. */
async function forgetGrace(): Promise<void> {
  await shop.db.execute(
    sql`update refresh_tokens set replaced_at = replaced_at - interval '1 minute' where replaced_at is not null`,
  );
}
