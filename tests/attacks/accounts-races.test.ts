import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cart } from '@/commerce/cart';
import { hashPassword } from '@/node/passwords';
import { bestDatabase } from '@/tests/databases';
import { linkFrom, openBrowser, PASSWORD, type Said, signUp } from '../accounts/people';
import { HOME, type OrderShop, openOrderShop, TWEED } from '../orders/order-shop';

const OTHER_PASSWORD = 'lantern quarry mitten';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop(bestDatabase('attack_races').start);
});
afterAll(() => shop?.close());

/** Keeps whoever has a password checked waiting: what they read before is of before, what they do is done after. */
function fillTheQueue(): Promise<unknown> {
  return Promise.all(Array.from({ length: 60 }, () => hashPassword('so many at once')));
}

async function attempts(): Promise<number> {
  const { rows } = await shop.db.execute<{ sum: number }>(
    sql`select coalesce(sum(count), 0)::int as sum from login_failures`,
  );
  return rows[0]!.sum;
}

/** Resolves when one more guess was begun, which is after the account was read. */
async function guessBegun(before: number): Promise<void> {
  while ((await attempts()) <= before) await new Promise((soon) => setTimeout(soon, 5));
}

async function resetTo(email: string, password: string): Promise<void> {
  // As the reset does it, without waiting for the queue.
  const passwordHash = await waitless(password);
  await shop.db.execute(sql`
    update accounts set password_hash = ${passwordHash}, session_epoch = session_epoch + 1 where email = ${email}`);
}

let prepared: Promise<string> | undefined;
function waitless(password: string): Promise<string> {
  prepared ??= hashPassword(password);
  return prepared;
}

describe('whoever knows the old password, while the owner sets a new one', () => {
  it('is not let in by a login that began before', async () => {
    const email = 'slow-login@example.test';
    await signUp(shop, openBrowser(shop), email);
    await waitless(OTHER_PASSWORD);
    const before = await attempts();
    const queue = fillTheQueue();
    const thief = openBrowser(shop);
    const login = thief.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    await guessBegun(before);
    await resetTo(email, OTHER_PASSWORD);
    await queue;
    expect.soft((await login).body.code).toBe('session_ended');
    expect((await thief.call('GET', '/api/me')).body.code).toBe('unauthenticated');
  });

  it('does not put one of their own in its place by a change that began before', async () => {
    const email = 'slow-change@example.test';
    const [owner, thief] = [openBrowser(shop), openBrowser(shop)];
    await signUp(shop, owner, email);
    await thief.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    await waitless(OTHER_PASSWORD);
    const before = await attempts();
    const queue = fillTheQueue();
    const change = thief.call('POST', '/api/me/password', {
      body: { currentPassword: PASSWORD, password: 'thistle harbour violin' },
    });
    await guessBegun(before);
    await resetTo(email, OTHER_PASSWORD);
    await queue;
    expect.soft((await change).status).toBe(401);
    expect.soft((await thief.call('GET', '/api/me')).status).toBe(401);
    const login = await openBrowser(shop).call('POST', '/api/auth/login', {
      body: { email, password: OTHER_PASSWORD },
    });
    expect(login.status).toBe(200);
  });
});

it('a new password that was set has ended the sessions, whatever fails meanwhile', async () => {
  const email = 'half@example.test';
  const browser = openBrowser(shop);
  await signUp(shop, browser, email);
  await shop.call('POST', '/api/auth/password-reset', { body: { email } });
  const token = await linkFrom(shop, email, 'Choose a new password');
  await shop.db.execute(sql`alter table sessions add constraint no_end check (ended_at is null) not valid`);
  const failed = await shop.call<Said>('POST', '/api/auth/password-reset/confirmation', {
    body: { token, password: OTHER_PASSWORD },
  });
  await shop.db.execute(sql`alter table sessions drop constraint no_end`);
  expect(failed.status).toBe(500);
  // All of it or nothing: the link still works, and the old password does.
  expect(
    (await openBrowser(shop).call('POST', '/api/auth/login', { body: { email, password: PASSWORD } })).status,
  ).toBe(200);
  const again = await shop.call<Said>('POST', '/api/auth/password-reset/confirmation', {
    body: { token, password: OTHER_PASSWORD },
  });
  expect(again.status).toBe(204);
  expect((await browser.call('GET', '/api/me')).body.code).toBe('session_ended');
});

it('a session that began just as all were ended is not refreshed', async () => {
  const email = 'between@example.test';
  const browser = openBrowser(shop);
  await signUp(shop, browser, email);
  await shop.db.execute(sql`update accounts set session_epoch = session_epoch + 1 where email = ${email}`);
  expect((await browser.call('POST', '/api/auth/refresh')).body.code).toBe('session_ended');
});

it('a new password does not make a second factor of long ago one of now', async () => {
  const email = 'long-ago@example.test';
  const browser = openBrowser(shop);
  const accountId = await signUp(shop, browser, email);
  await shop.db.execute(sql`
    update sessions set amr = '{pwd,otp}', authenticated_at = now() - interval '11 hours' where account_id = ${accountId}`);
  const body = { currentPassword: PASSWORD, password: OTHER_PASSWORD };
  expect((await browser.call('POST', '/api/me/password', { body })).status).toBe(200);
  const { rows } = await shop.db.execute(sql`
    select amr, authenticated_at < now() - interval '10 hours' as is_old from sessions
    where account_id = ${accountId} and ended_at is null`);
  expect(rows).toEqual([{ amr: ['pwd', 'otp'], is_old: true }]);
});

it('an account that is deleted while it does other things leaves every one of them done or refused', async () => {
  for (let round = 0; round < 4; round += 1) {
    const browser = openBrowser(shop);
    await signUp(shop, browser, `leaving-${round}@example.test`);
    await browser.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 1 } });
    const { body: cart } = await browser.call<Cart>('PATCH', '/api/cart', {
      body: { shippingMethodId: 'ship_post', shippingAddress: HOME },
    });
    const placing = shop.orderRequest({ token: '', total: cart.totals.total });
    const answers = await Promise.all([
      browser.call('DELETE', '/api/me'),
      browser.call('POST', '/api/me/addresses', { body: { address: HOME } }),
      browser.call('POST', '/api/me/addresses', { body: { address: HOME } }),
      browser.call('POST', '/api/me/email', { body: { email: `left-${round}@example.test` } }),
      browser.call('POST', '/api/me/passkeys/options'),
      browser.call('POST', '/api/auth/refresh'),
      browser.call('POST', '/api/orders', {
        headers: { 'idempotency-key': crypto.randomUUID() },
        body: placing.body,
      }),
      browser.call('DELETE', '/api/me'),
    ]);
    expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
  }
});
