import { type ChildProcess, fork } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openPayments, type Payments } from '@/local/payments';

interface Received {
  id: string;
  timestamp: number;
  signature: string;
  body: string;
  event: { id: string; type: string; createdAt: string; data: { intent: Record<string, unknown>; refund?: object } };
}

const WEBHOOK_SECRET = `whsec_${Buffer.from('a webhook secret of some length!').toString('base64')}`;

let dataDir: string;
let shop: Server;
let siteUrl: string;
let received: Received[];
/** What the shop answers to each webhook; a test may change it. */
let answerOf: (count: number) => number | Promise<number>;
let payments: Payments;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'payments-'));
  received = [];
  answerOf = () => 204;
  shop = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({
      id: String(request.headers['webhook-id']),
      timestamp: Number(request.headers['webhook-timestamp']),
      signature: String(request.headers['webhook-signature']),
      body,
      event: JSON.parse(body),
    });
    response.writeHead(request.url === '/api/webhooks/local' ? await answerOf(received.length) : 404).end();
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  siteUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  payments = await open();
});

afterEach(async () => {
  await payments.close();
  shop.closeAllConnections();
  shop.close();
  await rm(dataDir, { recursive: true, force: true });
});

function open(): Promise<Payments> {
  return openPayments({
    dataDir,
    siteUrl,
    secretKey: 'key',
    webhookSecret: WEBHOOK_SECRET,
    lateMs: 150,
    firstRetryMs: 20,
  });
}

interface Answer {
  status: number;
  headers: Headers;
  body: { id: string; status: string; code: string; redirectUrl: string; items: { id: string }[] };
}

async function call(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await payments.handle(
    new Request(`http://127.0.0.1:4200/payments${path}`, {
      method,
      headers: { authorization: 'Bearer key', ...headers },
      body: body ? JSON.stringify(body) : null,
    }),
  );
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null } as Answer;
}

function pay(card: string, more: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
  const order = { amount: 1999, currency: 'EUR', card, reference: `ord_${randomUUID()}`, returnUrl: `${siteUrl}/back` };
  return call('POST', '/intents', { ...order, ...more }, headers);
}

async function events(count: number): Promise<string[]> {
  await vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(count), { timeout: 5_000, interval: 10 });
  return received.map(({ event }) => event.type);
}

/** Long enough for anything that should not come to have come. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 300));

describe('the test cards', () => {
  it('success: succeeds at once, captured, and tells the shop', async () => {
    const { status, body } = await pay('success', { reference: 'ord_1' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^pi_[0-9a-f]{24}$/),
      status: 'succeeded',
      amount: 1999,
      amountCaptured: 1999,
      amountRefunded: 0,
      currency: 'EUR',
      reference: 'ord_1',
      failureCode: null,
    });
    expect(await events(1)).toEqual(['payment.succeeded']);
    expect(received[0]?.event.data.intent).toEqual(body);
  });

  it('decline: fails with a code and tells the shop', async () => {
    const { body } = await pay('decline');
    expect(body).toMatchObject({ status: 'failed', failureCode: 'card_declined', amountCaptured: 0 });
    expect(await events(1)).toEqual(['payment.failed']);
  });

  it('late: is processing, and succeeds after a while', async () => {
    const { body } = await pay('late');
    expect(body).toMatchObject({ status: 'processing', amountCaptured: 0 });
    expect(received).toEqual([]);
    expect(await events(1)).toEqual(['payment.succeeded']);
    expect((await call('GET', `/intents/${body.id}`)).body).toMatchObject({
      status: 'succeeded',
      amountCaptured: 1999,
    });
  });

  it('twice: delivers one event two times at the same moment', async () => {
    let present = 0;
    let most = 0;
    answerOf = async () => {
      present += 1;
      most = Math.max(most, present);
      await new Promise((resolve) => setTimeout(resolve, 100));
      present -= 1;
      return 200;
    };
    await pay('twice');
    expect(await events(2)).toEqual(['payment.succeeded', 'payment.succeeded']);
    expect(received[0]?.body).toBe(received[1]?.body);
    expect(received[0]?.id).toBe(received[1]?.id);
    expect(most).toBe(2);
    await pause();
    expect(received).toHaveLength(2);
  });

  it('out_of_order: the older event arrives after the one that settled the payment', async () => {
    const { body } = await pay('out_of_order');
    expect(body.status).toBe('processing');
    expect(await events(2)).toEqual(['payment.succeeded', 'payment.processing']);
    const [succeeded, processing] = received.map(({ event }) => event);
    expect(Date.parse(processing?.createdAt ?? '')).toBeLessThan(Date.parse(succeeded?.createdAt ?? ''));
    expect(processing?.data.intent.status).toBe('processing');
    expect((await call('GET', `/intents/${body.id}`)).body.status).toBe('succeeded');
  });

  it('out_of_order: keeps its order even where the first event has to be repeated', async () => {
    answerOf = (count) => (count < 3 ? 503 : 200);
    await pay('out_of_order');
    const types = await events(4);
    expect(types.slice(0, 3)).toEqual(['payment.succeeded', 'payment.succeeded', 'payment.succeeded']);
    expect(types[3]).toBe('payment.processing');
  });
});

describe('3-D Secure', () => {
  function decide(url: string, decision: string, headers: Record<string, string> = {}): Promise<Response> {
    return payments.handle(new Request(url, { method: 'POST', body: new URLSearchParams({ decision }), headers }));
  }

  it('sends the shopper to a page that works without script, then back to the shop, which knows already', async () => {
    const { body } = await pay('three_d_secure', { reference: '<ord>&1' });
    expect(body).toMatchObject({ status: 'requires_action' });
    expect(body.redirectUrl).toMatch(/^http:\/\/127\.0\.0\.1:4200\/payments\/challenges\/[\w-]{32}$/);

    const page = await payments.handle(new Request(body.redirectUrl));
    const markup = await page.text();
    expect(markup).toContain('€19.99');
    expect(markup).not.toContain('<ord>');
    expect(markup).not.toContain('<script');
    // Browsers hold a form to this policy on its redirect as well.
    expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${siteUrl};`);

    const back = await decide(body.redirectUrl, 'approve');
    expect(back.status).toBe(303);
    expect(back.headers.get('location')).toBe(`${siteUrl}/back`);
    expect(received.map(({ event }) => event.type)).toEqual(['payment.succeeded']);
    expect((await call('GET', `/intents/${body.id}`)).body).toMatchObject({
      status: 'succeeded',
      amountCaptured: 1999,
    });
    expect((await call('GET', `/intents/${body.id}`)).body).not.toHaveProperty('redirectUrl');
  });

  it('fails the payment when the shopper refuses', async () => {
    const { body } = await pay('three_d_secure');
    expect((await decide(body.redirectUrl, 'refuse')).headers.get('location')).toBe(`${siteUrl}/back`);
    expect((await call('GET', `/intents/${body.id}`)).body).toMatchObject({
      status: 'failed',
      failureCode: 'authentication_failed',
    });
    expect(await events(1)).toEqual(['payment.failed']);
  });

  it('takes the first decision alone', async () => {
    const { body } = await pay('three_d_secure');
    await Promise.all([decide(body.redirectUrl, 'approve'), decide(body.redirectUrl, 'refuse')]);
    await decide(body.redirectUrl, 'refuse');
    expect((await call('GET', `/intents/${body.id}`)).body.status).toBe('succeeded');
    await pause();
    expect(received.map(({ event }) => event.type)).toEqual(['payment.succeeded']);
    expect(await (await payments.handle(new Request(body.redirectUrl))).text()).toContain('Nothing left to confirm');
  });

  it('does not show the way to the bank, or its secret, to the shop’s webhook', async () => {
    const { body } = await pay('three_d_secure');
    await call('POST', `/intents/${body.id}/cancellation`);
    await events(1);
    expect(received[0]?.body).not.toContain(body.redirectUrl.split('/').at(-1));
  });

  it('refuses a form of another origin, an unknown page and a missing decision', async () => {
    const { body } = await pay('three_d_secure');
    expect((await decide(body.redirectUrl, 'approve', { 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await decide(`${body.redirectUrl}x`, 'approve')).status).toBe(404);
    expect((await decide(body.redirectUrl, 'perhaps')).status).toBe(422);
    expect((await call('GET', `/intents/${body.id}`)).body.status).toBe('requires_action');
  });
});

describe('the API', () => {
  it('asks for the secret key', async () => {
    for (const authorization of ['', 'Bearer wrong', 'key', 'Bearer key2']) {
      const answer = await call('GET', '/intents?reference=x', undefined, { authorization });
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    }
  });

  it.each([
    ['no body', undefined],
    ['a negative amount', { amount: -1 }],
    ['no amount to pay', { amount: 0 }],
    ['a fraction of a cent', { amount: 19.99 }],
    ['an amount in words', { amount: '1999' }],
    ['an amount beyond what numbers hold', { amount: 2 ** 53 }],
    ['a currency in small letters', { currency: 'eur' }],
    ['an unknown card', { card: 'visa' }],
    ['no reference', { reference: '' }],
    ['a way back that is script', { returnUrl: 'javascript:alert(1)' }],
    ['a field that does not exist', { tip: 1 }],
  ])('refuses %s', async (_, fault) => {
    const answer = fault ? await pay('success', fault) : await call('POST', '/intents');
    expect(answer).toMatchObject({ status: 422, body: { code: 'input_invalid' } });
    expect(received).toEqual([]);
  });

  it('finds the intents of an order, newest first', async () => {
    const first = await pay('decline', { reference: 'ord_9' });
    const second = await pay('success', { reference: 'ord_9' });
    await pay('success', { reference: 'ord_8' });
    const { body } = await call('GET', '/intents?reference=ord_9');
    expect(body.items.map(({ id }) => id)).toEqual([second.body.id, first.body.id]);
    expect((await call('GET', '/intents/pi_unknown')).body).toMatchObject({ code: 'intent_not_found' });
  });

  it('makes one intent for one idempotency key, whoever comes at once, and repeats its answer', async () => {
    const headers = { 'idempotency-key': 'order-1' };
    const order = { reference: 'ord_1', returnUrl: `${siteUrl}/back` };
    const answers = await Promise.all(Array.from({ length: 50 }, () => pay('success', order, headers)));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotent-replayed') !== 'true')).toHaveLength(1);
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect((await call('GET', '/intents?reference=ord_1')).body.items).toHaveLength(1);

    const other = await pay('success', { ...order, amount: 1 }, headers);
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } });
    const elsewhere = await call('POST', `/intents/${answers[0]?.body.id}/refunds`, { amount: 1 }, headers);
    expect(elsewhere.status).toBe(409);
    expect((await pay('success', order, { 'idempotency-key': 'x'.repeat(256) })).status).toBe(400);
    await pause();
    expect(received).toHaveLength(1);
  });

  it('refunds in parts, once for a key, and never more than was captured', async () => {
    const { body } = await pay('success', { amount: 1000 });
    const refund = (input: object, key: string = randomUUID()) =>
      call('POST', `/intents/${body.id}/refunds`, input, { 'idempotency-key': key });

    const first = await refund({ amount: 300, reason: 'moths' }, 'refund-1');
    expect(first).toMatchObject({ status: 201, body: { amount: 300, currency: 'EUR', status: 'succeeded' } });
    expect((await refund({ amount: 300, reason: 'moths' }, 'refund-1')).body.id).toBe(first.body.id);
    expect(await refund({ amount: 701 })).toMatchObject({ status: 422, body: { code: 'refund_exceeds_captured' } });

    const race = await Promise.all(Array.from({ length: 100 }, () => refund({ amount: 100 })));
    expect(race.filter(({ status }) => status === 201)).toHaveLength(7);
    expect(race.filter(({ status }) => status === 422)).toHaveLength(93);
    expect((await call('GET', `/intents/${body.id}`)).body).toMatchObject({
      amountRefunded: 1000,
      status: 'succeeded',
    });
    expect((await call('GET', `/intents/${body.id}/refunds`)).body.items).toHaveLength(8);
    expect((await refund({})).status).toBe(422);

    const told = (await events(9)).filter((type) => type === 'refund.succeeded');
    expect(told).toHaveLength(8);
    const parts = received.find(
      ({ event }) => (event.data.refund as { id?: string } | undefined)?.id === first.body.id,
    );
    expect(parts?.event.data.intent.amountRefunded).toBe(300);
  });

  it('refunds the rest where no amount is named, and nothing that was never captured', async () => {
    const { body } = await pay('success');
    expect((await call('POST', `/intents/${body.id}/refunds`)).body).toMatchObject({ amount: 1999 });
    const declined = await pay('decline');
    expect((await call('POST', `/intents/${declined.body.id}/refunds`, { amount: 1 })).status).toBe(422);
  });

  it('cancels what is not settled, once, and a late card does not come back to life', async () => {
    const { body } = await pay('late');
    for (let time = 0; time < 2; time += 1) {
      const cancelled = await call('POST', `/intents/${body.id}/cancellation`);
      expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    }
    await pause();
    expect(received.map(({ event }) => event.type)).toEqual(['payment.cancelled']);

    const paid = await pay('success');
    const refused = await call('POST', `/intents/${paid.body.id}/cancellation`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'intent_not_cancellable' } });
  });

  it('holds an amount without capturing it where asked to, and captures at most that', async () => {
    const { body } = await pay('success', { capture: false });
    expect(body).toMatchObject({ status: 'requires_capture', amountCaptured: 0 });
    const captures = `/intents/${body.id}/captures`;
    expect((await call('POST', captures, { amount: 2000 })).body.code).toBe('capture_exceeds_authorised');
    expect((await call('POST', captures, { amount: 1500 })).body).toMatchObject({
      status: 'succeeded',
      amountCaptured: 1500,
    });
    expect((await call('POST', captures)).body.code).toBe('intent_not_capturable');
    expect((await call('POST', `/intents/${body.id}/refunds`, { amount: 1501 })).status).toBe(422);
    expect(await events(2)).toEqual(expect.arrayContaining(['payment.authorised', 'payment.succeeded']));
  });
});

describe('webhooks', () => {
  it('are signed as the Standard Webhooks specification says', async () => {
    await pay('success');
    await events(1);
    const { id, timestamp, signature, body, event } = received[0] as Received;
    const key = Buffer.from(WEBHOOK_SECRET.slice('whsec_'.length), 'base64');
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    expect(signature).toBe(`v1,${expected}`);
    expect(id).toBe(event.id);
    expect(Math.abs(Date.now() / 1000 - timestamp)).toBeLessThan(5);
  });

  it('are repeated under the same id until the shop takes them', async () => {
    answerOf = (count) => ({ 1: 500, 2: 404, 3: 302 })[count] ?? 200;
    await pay('success');
    await events(4);
    await pause();
    expect(received).toHaveLength(4);
    expect(new Set(received.map(({ id }) => id)).size).toBe(1);
    const page = await payments.handle(new Request('http://127.0.0.1/payments'));
    expect(await page.text()).toContain('delivered');
  });

  it('reach a shop that was down when the event came about', async () => {
    const { port } = shop.address() as AddressInfo;
    shop.closeAllConnections();
    await new Promise((resolve) => shop.close(resolve));
    await pay('success');
    await pause();
    shop.listen(port, '127.0.0.1');
    expect(await events(1)).toEqual(['payment.succeeded']);
  });

  it('can be sent again from the page, by that page alone', async () => {
    await pay('success');
    await events(1);
    const path = `/deliveries/${received[0]?.id}_1/repetition`;
    expect((await call('POST', path, undefined, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    await vi.waitFor(async () => {
      const again = await payments.handle(new Request(`http://127.0.0.1/payments${path}`, { method: 'POST' }));
      expect(again.status).toBe(303);
      expect(received).toHaveLength(2);
    });
    expect(received[1]?.body).toBe(received[0]?.body);
  });
});

describe('the state of the provider', () => {
  it('survives a restart: intents, keys, what is late and what is undelivered', async () => {
    answerOf = () => 500;
    const key = { 'idempotency-key': 'k' };
    const order = { reference: 'ord_1' };
    const paid = await pay('success', order, key);
    const late = await pay('late', { reference: 'ord_2' });
    const challenged = await pay('three_d_secure', { reference: 'ord_3' });
    await events(2);
    await payments.close();
    received = [];
    answerOf = () => 200;

    payments = await open();
    expect(await pay('success', order, key)).toMatchObject({ status: 201, body: paid.body });
    expect((await call('GET', '/intents?reference=ord_3')).body.items).toEqual([challenged.body]);
    const told = async () => {
      await events(2);
      return received.map(({ event }) => `${event.type} ${event.data.intent.id}`);
    };
    expect((await told()).sort()).toEqual(
      [`payment.succeeded ${paid.body.id}`, `payment.succeeded ${late.body.id}`].sort(),
    );
  });

  it('forgets a line that a crash tore, and no other', async () => {
    const { body } = await pay('success');
    await payments.close();
    await appendFile(join(dataDir, 'payments.jsonl'), '[["intents","pi_torn",{"id":"pi_');
    payments = await open();
    expect((await call('GET', `/intents/${body.id}`)).body.status).toBe('succeeded');
    expect((await call('GET', '/intents/pi_torn')).status).toBe(404);
    const next = await pay('decline');
    await payments.close();
    payments = await open();
    expect((await call('GET', `/intents/${next.body.id}`)).body.status).toBe('failed');
  });

  it('refuses to open a file that is damaged in its middle, and says where', async () => {
    await pay('success');
    await payments.close();
    const file = join(dataDir, 'payments.jsonl');
    await writeFile(file, `{nonsense\n${await readFile(file, 'utf8')}`);
    await expect(open()).rejects.toThrow(/payments\.jsonl, line 1, is damaged/);
    await rm(file);
    payments = await open();
  });

  it('loses nothing acknowledged to kill -9 under load, and charges no key twice', async () => {
    await payments.close();
    const acknowledged = new Map<string, { id: string }>();
    for (let round = 0; round < 3; round += 1) {
      const { child, port } = await provider();
      const ordering = Array.from({ length: 8 }, async (_, lane) => {
        for (let count = 0; ; count += 1) {
          const key = `${round}-${lane}-${count}`;
          const answer = await order(port, key).catch(() => null);
          if (!answer) return;
          acknowledged.set(key, answer);
        }
      });
      await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan((round + 1) * 20), 10_000);
      child.kill('SIGKILL');
      await Promise.all(ordering);
    }
    const { child, port } = await provider();
    for (const [key, { id }] of acknowledged) expect((await order(port, key)).id).toBe(id);
    await vi.waitFor(() => {
      const told = new Set(received.map(({ event }) => event.data.intent.id));
      expect([...acknowledged.values()].filter(({ id }) => !told.has(id))).toEqual([]);
    }, 10_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    payments = await open();
  });

  async function provider(): Promise<{ child: ChildProcess; port: number }> {
    const script = fileURLToPath(new URL('./payments-process.ts', import.meta.url));
    const child = fork(script, [dataDir, siteUrl], { execArgv: ['--import', 'tsx'] });
    const [port] = (await once(child, 'message')) as [number];
    return { child, port };
  }

  async function order(port: number, key: string): Promise<{ id: string }> {
    const response = await fetch(`http://127.0.0.1:${port}/payments/intents`, {
      method: 'POST',
      headers: { authorization: 'Bearer key', 'idempotency-key': key },
      body: JSON.stringify({ amount: 5, currency: 'EUR', card: 'success', reference: key, returnUrl: siteUrl }),
    });
    return (await response.json()) as { id: string };
  }
});

describe('the pages of the provider', () => {
  it('list payments, deliveries and cards, with everything escaped', async () => {
    await pay('success', { reference: '<script>alert(1)</script>' });
    await events(1);
    for (const path of ['', '/cards']) {
      const answer = await payments.handle(new Request(`http://127.0.0.1/payments${path}`));
      const markup = await answer.text();
      expect(answer.status).toBe(200);
      expect(markup).not.toContain('<script');
      for (const card of path ? ['success', 'three_d_secure', 'out_of_order'] : ['success'])
        expect(markup).toContain(card);
    }
  });
});
