import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestDatabase } from '@/tests/databases';
import { openBrowser, PASSWORD, type Said, signUp } from '../accounts/people';
import { HOME, type OrderShop, openOrderShop, type Placed, TWEED } from '../orders/order-shop';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop(bestDatabase('attack_bounds').start);
});
afterAll(() => shop?.close());

describe('a page of another site', () => {
  it('gets nothing done by a credential that browsers send by themselves, where a proxy asks for a password', async () => {
    const browser = openBrowser(shop);
    await signUp(shop, browser, 'staging@example.test');
    const answer = await browser.call('PATCH', '/api/me', {
      body: { name: 'Forged' },
      headers: {
        authorization: 'Basic c3RhZ2luZzpzdGFnaW5n',
        'sec-fetch-site': 'cross-site',
        origin: 'https://evil.example',
      },
    });
    expect([answer.status, answer.body.code]).toEqual([403, 'cross_site_request']);
    expect((await browser.call<Said & { name: string }>('GET', '/api/me')).body.name).toBe('Ada Weber');
  });
});

describe('what strangers can have written into the database', () => {
  it('is forgotten by one run of the clock, however much it is', async () => {
    const browser = openBrowser(shop);
    const accountId = await signUp(shop, browser, 'kept@example.test');
    const many = 4_321;
    await shop.db.batch([
      shop.db.execute(sql`
        insert into login_failures (key, count, last_at, blocked_until)
        select 'old ' || n, 1, now() - interval '2 days', now() - interval '2 days' from generate_series(1, ${many}::int) n`),
      shop.db.execute(sql`
        insert into webauthn_challenges (challenge, expires_at)
        select 'old ' || n, now() - interval '1 minute' from generate_series(1, ${many}::int) n`),
      shop.db.execute(sql`
        insert into account_links (id, purpose, email, registration, expires_at)
        select 'old ' || n, 'registration', 'a@example.test', '{}'::jsonb, now() - interval '1 minute'
        from generate_series(1, ${many}::int) n`),
      shop.db.execute(sql`
        insert into sessions (id, account_id, epoch, expires_at)
        select 'old ' || n, ${accountId}, 0, now() - interval '31 days' from generate_series(1, ${many}::int) n`),
      shop.db.execute(sql`
        insert into account_devices (account_id, device_hash, last_seen_at)
        select ${accountId}, 'old ' || n, now() - interval '366 days' from generate_series(1, ${many}::int) n`),
      shop.db.execute(sql`
        insert into outbox (topic, aggregate_id, payload, delivered_at)
        select 'rules.changed', 'old ' || n, '{}'::jsonb, now() - interval '8 days' from generate_series(1, ${many}::int) n`),
    ]);
    await shop.cron('accounts');
    await shop.cron('outbox');
    const { rows } = await shop.db.execute(sql`
      select (select count(*)::int from login_failures where key like 'old %') as failures,
        (select count(*)::int from webauthn_challenges) as challenges,
        (select count(*)::int from account_links where id like 'old %') as links,
        (select count(*)::int from sessions where id like 'old %') as sessions,
        (select count(*)::int from account_devices where device_hash like 'old %') as devices,
        (select count(*)::int from outbox where aggregate_id like 'old %') as messages`);
    expect(rows[0]).toEqual({ failures: 0, challenges: 0, links: 0, sessions: 0, devices: 0, messages: 0 });
    expect((await browser.call('GET', '/api/me')).status).toBe(200);
  });
});

describe('a guest who signs in while a payment is under way', () => {
  it('is not left with a cart that was ordered and can never be ordered again', async () => {
    const email = 'midway@example.test';
    const browser = openBrowser(shop);
    const other = openBrowser(shop);
    await signUp(shop, other, email);
    const add = () => browser.call('POST', '/api/cart/items', { body: { variantId: TWEED, quantity: 1 } });
    await add();
    const { body: cart } = await browser.call<{ totals: { total: unknown } }>('PATCH', '/api/cart', {
      body: { shippingMethodId: 'ship_post', shippingAddress: HOME },
    });
    const order = (total: unknown) =>
      browser.call<Placed & Said>('POST', '/api/orders', {
        headers: { 'idempotency-key': crypto.randomUUID() },
        body: {
          email,
          shippingAddress: HOME,
          shippingMethodId: 'ship_post',
          payment: { provider: 'local', card: 'late' },
          expectedTotal: total,
        },
      });
    const placed = await order(cart.totals.total);
    expect(placed.status).toBe(201);
    expect(placed.body.order.status).toBe('pending');
    await browser.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } });
    const deadline = Date.now() + 10_000;
    let status = 'pending';
    while (status === 'pending' && Date.now() < deadline) {
      await new Promise((soon) => setTimeout(soon, 200));
      status = (await browser.call<{ status: string }>('GET', `/api/orders/${placed.body.order.id}`)).body.status;
    }
    expect(status).toBe('confirmed');
    await shop.settled();
    await shop.cron('outbox');
    expect.soft((await browser.call('GET', '/api/cart')).body.items ?? []).toEqual([]);
    await add();
    const { body: again } = await browser.call<{ totals: { total: unknown } }>('PATCH', '/api/cart', {
      body: { shippingMethodId: 'ship_post', shippingAddress: HOME },
    });
    expect((await order(again.totals.total)).status).toBe(201);
  });
});
