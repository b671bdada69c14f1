import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrderShop, openOrderShop, type Placed, TWEED } from '@/tests/orders/order-shop';

let shop: OrderShop;
let placed: Placed;
beforeAll(async () => {
  shop = await openOrderShop();
  placed = (await shop.order(await shop.fill([TWEED, 1]))).body;
});
afterAll(() => shop.close());

const UNKNOWN = 'ord_01m7wmtzq9fevas6hegp4zyy2t';

describe('an order answers 404 to everybody but its owner', () => {
  const get = (id: string, headers: Record<string, string> = {}) => shop.call('GET', `/api/orders/${id}`, { headers });

  it('with the same words whether it is there or not', async () => {
    const { id } = placed.order;
    const other = (await shop.order(await shop.fill([TWEED, 1]))).body.order.accessToken;
    const guess = createHmac('sha256', 'a wrong secret').update(`order-access:${id}`).digest('base64url');
    const answers = await Promise.all([
      get(UNKNOWN),
      get(UNKNOWN, { 'x-order-token': other }),
      get(id),
      get(id, { 'x-order-token': '' }),
      get(id, { 'x-order-token': other }),
      get(id, { 'x-order-token': guess }),
      get(id, { authorization: `Bearer ${other}` }),
      get(id, { cookie: `order_access_${id}=${other}` }),
      get(id, { cookie: `order_access_${UNKNOWN}=${placed.order.accessToken}` }),
    ]);
    for (const { status, body } of answers) {
      expect({ status, ...body, requestId: '' }).toEqual({ status: 404, ...answers[0]?.body, requestId: '' });
    }
  });

  it.each(['x-order-token', 'authorization', 'cookie'])('but not to who shows its token as %s', async (header) => {
    const { id, accessToken } = placed.order;
    const value = { 'x-order-token': accessToken, authorization: `Bearer ${accessToken}` }[header];
    const answer = await get(id, { [header]: value ?? `order_access_${id}=${accessToken}` });
    expect(answer.status).toBe(200);
    // The token is for the one who placed the order, once.
    expect(answer.text).not.toContain(accessToken);
  });

  it('also where they want to cancel it', async () => {
    const answer = await shop.call('POST', `/api/orders/${placed.order.id}/cancellation`);
    expect(answer.status).toBe(404);
  });
});

describe('GET /api/orders answers 401', () => {
  it('without an account', async () => {
    const answer = await shop.call('GET', '/api/orders', { headers: { 'x-order-token': placed.order.accessToken } });
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
  });
});

describe('GET /api/cron/{job}', () => {
  const get = (job: string, authorization?: string) =>
    shop.call('GET', `/api/cron/${job}`, { headers: authorization ? { authorization } : {} });

  it('answers 401 without the secret, also for a job that is not there', async () => {
    const secret = shop.platform.env.CRON_SECRET!;
    for (const authorization of [undefined, 'Bearer', 'Bearer wrong', `Basic ${secret}`, secret, `Bearer ${secret}x`]) {
      expect((await get('outbox', authorization)).status, authorization).toBe(401);
    }
    expect((await get('constructor')).status).toBe(401);
  });

  it('answers 404 for a job that is not there', async () => {
    const authorization = `Bearer ${shop.platform.env.CRON_SECRET}`;
    expect((await get('constructor', authorization)).status).toBe(404);
  });

  it.each(['outbox', 'payments'])('answers what %s did and what is left', async (job) => {
    const authorization = `Bearer ${shop.platform.env.CRON_SECRET}`;
    const { status, body } = await get(job, authorization);
    expect(status).toBe(200);
    expect(body).toEqual({ job, processed: expect.any(Number), remaining: 0 });
  });
});
