import { createHmac } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { orders, paymentEvents } from '@/db/schema';
import { bestDatabase } from '@/tests/databases';
import { breaches, type OrderShop, openOrderShop, TWEED } from './order-shop';
import { randomFrom, shuffled } from './random';

const database = bestDatabase('ord_webhooks');

describe(`POST /api/webhooks/local, on ${database.server}`, () => {
  let shop: OrderShop;
  beforeAll(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    shop = await openOrderShop(database.start);
  });
  afterAll(() => shop.close());

  interface Event {
    id: string;
    type: string;
    createdAt: string;
    data: { intent: Record<string, unknown> };
  }

  function eventOf(
    order: { id: string; totals: { total: { amount: number; currency: string } } },
    status: string,
    more: Record<string, unknown> = {},
  ): Event {
    const { amount, currency } = order.totals.total;
    const intent = {
      id: `pi_${order.id}`,
      reference: order.id,
      status,
      amount,
      currency,
      amountCaptured: status === 'succeeded' ? amount : 0,
      amountRefunded: 0,
      failureCode: null,
      ...more,
    };
    return { id: `evt_${crypto.randomUUID()}`, type: `payment.${status}`, createdAt: '', data: { intent } };
  }

  interface Sending {
    secret?: string;
    agedSeconds?: number;
    signature?: string;
    alter?: (body: string) => string;
  }

  function send(event: Event, sending: Sending = {}) {
    return sendText(JSON.stringify(event), sending, event.id);
  }

  function sendText(
    body: string,
    { secret, agedSeconds = 0, signature, alter = (text) => text }: Sending = {},
    id = `msg_${crypto.randomUUID()}`,
  ) {
    const timestamp = Math.floor(Date.now() / 1000) - agedSeconds;
    const key = secret ?? shop.platform.env.LOCAL_PAYMENTS_WEBHOOK_SECRET!;
    const bytes = key.startsWith('whsec_') ? Buffer.from(key.slice(6), 'base64') : key;
    const signed = createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64');
    return fetch(`${shop.siteUrl}/api/webhooks/local`, {
      method: 'POST',
      body: alter(body),
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature ?? `v1,${signed}`,
      },
    });
  }

  /** An order whose provider has not answered yet: only the events of this test tell of its payment. */
  async function pendingOrder() {
    const { LOCAL_PAYMENTS_URL } = shop.platform.env;
    const { body } = await shop.order(await shop.fill([TWEED, 1]), { card: 'three_d_secure' });
    await shop.db.execute(sql`
      update payments set provider_payment_id = ${`pi_${body.order.id}`}, status = 'pending' where order_id = ${body.order.id}`);
    await shop.db.execute(sql`update orders set payment_status = 'pending' where id = ${body.order.id}`);
    expect(LOCAL_PAYMENTS_URL).toBeTruthy();
    return body.order;
  }

  async function stateOf(orderId: string): Promise<string> {
    const { rows } = await shop.db.execute<{ state: string }>(
      sql`select status || ' ' || payment_status as state from orders where id = ${orderId}`,
    );
    return rows[0]?.state ?? '';
  }

  it('refuses what is forged, altered or stale with 401, and keeps none of it', async () => {
    const order = await pendingOrder();
    const event = eventOf(order, 'succeeded');
    const before = await shop.db.$count(paymentEvents);
    const forgeries: Sending[] = [
      { secret: 'another secret of some length' },
      { agedSeconds: 301 },
      { agedSeconds: -301 },
      { signature: '' },
      { signature: 'v1,' },
      { signature: 'v1a,AAAA' },
      { alter: (body) => body.replace('"succeeded"', '"succeeded" ') },
      { alter: (body) => body.replace(order.id, 'ord_another') },
    ];
    for (const forgery of forgeries) expect((await send(event, forgery)).status, JSON.stringify(forgery)).toBe(401);
    expect(await shop.db.$count(paymentEvents)).toBe(before);
    expect(await stateOf(order.id)).toBe('pending pending');
    // Nothing but the signature was wrong with it.
    expect((await send(event)).status).toBe(200);
    expect(await stateOf(order.id)).toBe('confirmed paid');
  });

  it('takes one of several signatures, as while a secret is replaced', async () => {
    const order = await pendingOrder();
    const event = eventOf(order, 'succeeded');
    const body = JSON.stringify(event);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const key = shop.platform.env.LOCAL_PAYMENTS_WEBHOOK_SECRET!;
    const bytes = key.startsWith('whsec_') ? Buffer.from(key.slice(6), 'base64') : key;
    const signed = createHmac('sha256', bytes).update(`${event.id}.${timestamp}.${body}`).digest('base64');
    const response = await shop.call('POST', '/api/webhooks/local', {
      body: event,
      headers: {
        'webhook-id': event.id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,AAAA v1,${signed}`,
      },
    });
    expect(response.status).toBe(200);
  });

  it('keeps an event of a payment that is not ours, and answers 202', async () => {
    const stranger = { id: 'ord_stranger', totals: { total: { amount: 1, currency: 'EUR' } } };
    const event = eventOf(stranger, 'succeeded');
    expect((await send(event)).status).toBe(202);
    expect(await shop.db.$count(paymentEvents, sql`event_id = ${event.id}`)).toBe(1);
  });

  it('keeps an event of a kind that it does not know', async () => {
    const event = { ...eventOf(await pendingOrder(), 'requires_capture'), type: 'payment.authorised' };
    expect((await send(event)).status).toBe(202);
  });

  it('does not confirm an order for another sum, or in another currency', async () => {
    const order = await pendingOrder();
    await send(eventOf(order, 'succeeded', { amount: 1, amountCaptured: 1 }));
    await send(eventOf(order, 'succeeded', { currency: 'JPY' }));
    expect(await stateOf(order.id)).toBe('pending pending');
  });

  it('refuses for good what is signed and yet no event, so that it is not sent again', async () => {
    const event = eventOf({ id: 'ord_stranger', totals: { total: { amount: 1, currency: 'EUR' } } }, 'succeeded');
    const before = await shop.db.$count(paymentEvents);
    const half = { ...event.data.intent, note: '\ud800' };
    const deep = JSON.parse('['.repeat(40) + ']'.repeat(40));
    const bodies: [unknown, number][] = [
      [null, 422],
      [{}, 422],
      [{ id: 'evt_\0', type: event.type }, 422],
      [{ ...event, data: { intent: half } }, 422],
      [{ ...event, deep }, 400],
    ];
    for (const [body, status] of bodies) expect((await sendText(JSON.stringify(body))).status).toBe(status);
    expect((await sendText('not JSON')).status).toBe(400);
    expect(await shop.db.$count(paymentEvents)).toBe(before);
  });

  it('answers 404 for a provider that the shop does not have', async () => {
    expect((await shop.call('POST', '/api/webhooks/barter', { body: {} })).status).toBe(404);
  });

  it('sends the money back that comes for an order which is gone', async () => {
    const { body } = await shop.order(await shop.fill([TWEED, 1]), { card: 'three_d_secure' });
    const { order } = body;
    // It expired here while the bank's page was open, and the provider was not asked.
    await shop.db.execute(sql`select release_stock(${order.id})`);
    await shop.db.execute(
      sql`update orders set status = 'cancelled', payment_status = 'failed' where id = ${order.id}`,
    );
    await shop.db.execute(sql`update payments set status = 'cancelled' where order_id = ${order.id}`);
    await fetch(body.payment.redirectUrl!, {
      method: 'POST',
      body: new URLSearchParams({ decision: 'approve' }),
      redirect: 'manual',
    });
    await expect.poll(() => stateOf(order.id), { timeout: 10_000 }).toBe('cancelled refunded');
    await shop.settled();
    expect((await shop.mails()).some(({ subject }) => subject.endsWith(`for your order ${order.number}`))).toBe(true);
    expect(await breaches(shop.db)).toEqual([]);
  });

  it('ends as the model says, whatever the order, with each event three times and some forged', async () => {
    const random = randomFrom(7);
    const lives = [
      ['requires_action', 'processing', 'succeeded'],
      ['processing', 'failed'],
      ['requires_action', 'cancelled'],
      ['succeeded'],
    ];
    const model = new Map<string, string>();
    const deliveries: { event: Event; sending?: Sending }[] = [];
    for (let index = 0; index < 40; index += 1) {
      const order = await pendingOrder();
      const life = lives[index % lives.length] as string[];
      model.set(order.id, life.includes('succeeded') ? 'confirmed paid' : 'cancelled failed');
      for (const status of life) {
        const event = eventOf(order, status);
        deliveries.push({ event }, { event }, { event });
      }
      // A forger says the opposite of how it ends.
      const lie = eventOf(order, life.includes('succeeded') ? 'failed' : 'succeeded');
      if (random() < 0.5) deliveries.push({ event: lie, sending: { secret: 'a forger’s secret' } });
    }
    const queue = shuffled(deliveries, random).values();
    const statuses: number[] = [];
    const deliver = async () => {
      for (const { event, sending } of queue) {
        const { status } = await send(event, sending);
        statuses.push(status);
        expect(status).toBe(sending ? 401 : 200);
      }
    };
    await Promise.all(Array.from({ length: 8 }, deliver));
    expect(statuses).toHaveLength(deliveries.length);
    for (const [orderId, state] of model) expect(await stateOf(orderId), orderId).toBe(state);
    await shop.settled();
    expect(await breaches(shop.db)).toEqual([]);
    expect(await shop.db.$count(orders, sql`status = 'pending'`)).toBe(2);
  }, 120_000);
});
