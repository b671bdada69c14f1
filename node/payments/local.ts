import { createHmac, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { parseJson } from '@/edge/json-body';
import type { Intent, PaymentEvent, PaymentProvider } from './provider';

export interface LocalPaymentsConfig {
  url: string;
  secretKey: string;
  webhookSecret: string;
}

/** A provider that does not answer in this time counts as down; what was asked is asked again later. */
const TIMEOUT_MS = 10_000;
/** How far a webhook's time may be from ours, against one that was listened to and is sent again. */
const TOLERANCE_SECONDS = 300;

const WireIntent = v.object({
  id: v.string(),
  reference: v.string(),
  status: v.picklist(['requires_action', 'processing', 'succeeded', 'failed', 'cancelled']),
  currency: v.string(),
  amount: v.number(),
  amountCaptured: v.number(),
  amountRefunded: v.number(),
  failureCode: v.nullish(v.string()),
  redirectUrl: v.nullish(v.string()),
});
const WireIntents = v.object({ items: v.array(WireIntent) });
const WireEvent = v.object({
  id: v.string(),
  type: v.string(),
  data: v.optional(v.object({ intent: v.optional(v.unknown()) })),
});

/** The provider for test cards, over its HTTP API. */
export function localPayments({ url, secretKey, webhookSecret }: LocalPaymentsConfig): PaymentProvider {
  async function call(
    path: string,
    body?: Record<string, unknown>,
    idempotencyKey?: string,
  ): Promise<{ status: number; body: unknown }> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(`${url}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: {
          authorization: `Bearer ${secretKey}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
          ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
        },
        body: body ? JSON.stringify(body) : null,
        cache: 'no-store',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      answer = await response.json();
    } catch {
      throw unavailable();
    }
    if (response.status >= 500 || response.status === 429) throw unavailable();
    return { status: response.status, body: answer };
  }

  async function require(path: string, body?: Record<string, unknown>, key?: string): Promise<unknown> {
    const answer = await call(path, body, key);
    if (answer.status < 300) return answer.body;
    // A request that the provider does not understand is a fault of ours: it is not the shopper's card.
    throw new Error(`The payment provider refused ${path.split('?', 1)[0]}: ${JSON.stringify(answer.body)}`);
  }

  const get = async (id: string) => intentOf(await require(`/intents/${encodeURIComponent(id)}`));

  return {
    name: 'local',
    async create({ orderId, currency, amountMinor, method, returnUrl }) {
      const body = { amount: amountMinor, currency, card: method.card, reference: orderId, returnUrl };
      return intentOf(await require('/intents', body, `create:${orderId}`));
    },
    get,
    async find(orderId) {
      const { items } = v.parse(WireIntents, await require(`/intents?reference=${encodeURIComponent(orderId)}`));
      return items[0] ? intentOf(items[0]) : null;
    },
    async cancel(id) {
      const answer = await call(`/intents/${encodeURIComponent(id)}/cancellation`, {});
      // 409: it is paid or has failed meanwhile.
      return answer.status < 300 ? intentOf(answer.body) : get(id);
    },
    async refund(id, { amountMinor, key }) {
      await require(`/intents/${encodeURIComponent(id)}/refunds`, { amount: amountMinor }, key);
      return get(id);
    },
    verifyWebhook: (rawBody, headers, now) => verify(rawBody, headers, now, webhookSecret),
  };
}

/** The signature of the Standard Webhooks specification 1.0: HMAC-SHA256 over `id.timestamp.body`. */
function verify(rawBody: string, headers: Headers, now: Date, secret: string): PaymentEvent {
  const id = headers.get('webhook-id') ?? '';
  const timestamp = headers.get('webhook-timestamp') ?? '';
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${rawBody}`).digest();
  // While a secret is being replaced the header holds several signatures.
  const signed = (headers.get('webhook-signature') ?? '').split(' ').some((entry) => {
    const given = entry.startsWith('v1,') ? Buffer.from(entry.slice('v1,'.length), 'base64') : Buffer.alloc(0);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  const ageSeconds = now.getTime() / 1000 - (/^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN);
  // Written so that a time which is no number is refused too.
  if (!signed || !(Math.abs(ageSeconds) <= TOLERANCE_SECONDS)) {
    throw new CommerceError('webhook_signature_invalid', 'This webhook does not carry a valid, recent signature.');
  }
  const event = v.safeParse(WireEvent, parseJson(rawBody));
  // Sent again it would be no better, so it is not a fault of ours.
  if (!event.success) throw new CommerceError('invalid_input', 'The body of this webhook is not an event.');
  const { id: eventId, type, data } = event.output;
  return { id: eventId, type, intent: v.is(WireIntent, data?.intent) ? intentOf(data.intent) : null };
}

function intentOf(body: unknown): Intent {
  const wire = v.parse(WireIntent, body);
  return {
    id: wire.id,
    reference: wire.reference,
    status: wire.status,
    currency: wire.currency,
    amountMinor: wire.amount,
    capturedMinor: wire.amountCaptured,
    refundedMinor: wire.amountRefunded,
    failureCode: wire.failureCode ?? null,
    redirectUrl: wire.redirectUrl ?? null,
  };
}

function unavailable(): CommerceError {
  return new CommerceError(
    'payment_provider_unavailable',
    'The payment provider does not answer. Try again in a moment.',
  );
}
