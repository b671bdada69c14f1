import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { isForeignForm, json, problem, seeOther } from './pages';
import { type Change, openJournal } from './payments-journal';
import { bankPage, cardsPage, decidedPage, paymentsPage } from './payments-pages';
import { type Delivery, eventChanges, startDeliveries, type WebhookEvent } from './payments-webhooks';

export interface PaymentsOptions {
  /** State is kept in its `payments.jsonl`; null keeps it in memory. */
  dataDir: string | null;
  /** The shop: its `/api/webhooks/local` is told of every event. */
  siteUrl: string;
  /** What the shop shows as `Authorization: Bearer`. */
  secretKey: string;
  /** What events are signed with. */
  webhookSecret: string;
  /** How long the card `late` keeps one waiting. */
  lateMs?: number | undefined;
  /** The pause after the first failed delivery of an event. */
  firstRetryMs?: number;
}

export interface Payments {
  /** Answers everything under `/payments`. */
  handle(request: Request): Promise<Response>;
  close(): Promise<void>;
}

/** The test cards, each with what it does. */
const CARDS = {
  success: 'Succeeds at once.',
  decline: 'Is declined at once.',
  three_d_secure: 'Sends the shopper to the bank, to approve or to refuse.',
  late: 'Is processing, and succeeds some seconds later.',
  twice: 'Succeeds, and tells the shop so twice at the same moment.',
  out_of_order: 'Succeeds, and tells the shop afterwards that it is still processing.',
} as const;

export type Status = 'succeeded' | 'requires_action' | 'requires_capture' | 'processing' | 'failed' | 'cancelled';

/** An intent as it is kept. The shop sees all but the last two. */
export interface Intent {
  id: string;
  status: Status;
  amount: number;
  amountCaptured: number;
  amountRefunded: number;
  currency: string;
  card: keyof typeof CARDS;
  capture: boolean;
  reference: string;
  returnUrl: string;
  failureCode: string | null;
  createdAt: string;
  updatedAt: string;
  /** The secret part of the bank's page. */
  challenge: string | null;
  /** When it turns from processing into success, in milliseconds of the epoch. */
  settleAt: number | null;
}

interface Refund {
  id: string;
  intentId: string;
  amount: number;
  currency: string;
  status: 'succeeded';
  reason: string | null;
  createdAt: string;
}

/** The first answer to an idempotency key, kept as it was given. */
interface KeptAnswer {
  fingerprint: string;
  status: number;
  intent: Intent;
  refund: Refund | null;
}

const MAX_BODY_CHARACTERS = 64 * 1024;
const OUT_OF_ORDER_MS = 50;
/** How long a shopper is kept at the bank so that the shop knows before they are back. */
const TOLD_WITHIN_MS = 3_000;

const amount = v.pipe(
  v.number(),
  v.safeInteger('must be a whole number of minor units'),
  v.minValue(1, 'must be at least 1'),
);
const IntentInput = v.strictObject({
  amount,
  currency: v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in capitals')),
  card: v.picklist(Object.keys(CARDS) as (keyof typeof CARDS)[]),
  reference: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  returnUrl: v.pipe(v.string(), v.maxLength(2048), v.check(isWebUrl, 'must be an http or https URL')),
  capture: v.optional(v.boolean(), true),
});
const RefundInput = v.strictObject({
  amount: v.optional(amount),
  reason: v.optional(v.pipe(v.string(), v.maxLength(255))),
});
const CaptureInput = v.strictObject({ amount: v.optional(amount) });
const CancellationInput = v.strictObject({ reason: v.optional(v.pipe(v.string(), v.maxLength(255))) });

/** What the provider refuses, with a permanent code. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * A payment provider for test cards, with the manners of a real one: an API with idempotency keys, a bank's page for
 * 3-D Secure, signed webhooks that are repeated until they are taken. What it has answered survives a kill.
 */
export async function openPayments(options: PaymentsOptions): Promise<Payments> {
  const { dataDir, siteUrl, secretKey, webhookSecret, lateMs = 5_000, firstRetryMs = 500 } = options;
  const journal = await openJournal(dataDir === null ? null : join(dataDir, 'payments.jsonl'));
  const intents = journal.rows<Intent>('intents');
  const refunds = journal.rows<Refund>('refunds');
  const keys = journal.rows<KeptAnswer>('keys');
  const byReference = new Map<string, string[]>();
  const byChallenge = new Map<string, string>();
  const timers = new Map<string, NodeJS.Timeout>();
  for (const intent of intents.values()) index(intent);

  const deliveries = startDeliveries({
    journal,
    endpoint: new URL('/api/webhooks/local', siteUrl).href,
    secret: webhookSecret,
    firstRetryMs,
  });
  for (const intent of intents.values()) settleInTime(intent);

  function index(intent: Intent): void {
    byReference.set(intent.reference, [...(byReference.get(intent.reference) ?? []), intent.id]);
    if (intent.challenge) byChallenge.set(intent.challenge, intent.id);
  }

  /** Keeps changes, then tells the shop of the events among them; resolves once each was tried. */
  async function commit(changes: Change[]): Promise<{ told: Promise<unknown> }> {
    await journal.write(changes);
    return { told: deliveries.start(changes.filter(([table]) => table === 'deliveries').map(([, id]) => id)) };
  }

  function settleInTime(intent: Intent): void {
    if (intent.status !== 'processing' || intent.settleAt === null) return;
    const settle = () => {
      timers.delete(intent.id);
      const current = intents.get(intent.id)!;
      if (current.status !== 'processing') return;
      const { changes, event } = approve(current);
      if (current.card === 'out_of_order') changes.push(...lateNews(current, `${event.id}_1`));
      commit(changes).catch((error: Error) => console.error(`Payment ${intent.id}: ${error.message}`));
    };
    timers.set(intent.id, setTimeout(settle, Math.max(intent.settleAt - Date.now(), 0)).unref());
  }

  function create(input: v.InferOutput<typeof IntentInput>): { intent: Intent; changes: Change[] } {
    const now = Date.now();
    const waitMs = input.card === 'late' ? lateMs : input.card === 'out_of_order' ? OUT_OF_ORDER_MS : null;
    const intent: Intent = {
      id: newId('pi'),
      ...input,
      status: input.card === 'three_d_secure' ? 'requires_action' : 'processing',
      amountCaptured: 0,
      amountRefunded: 0,
      failureCode: null,
      createdAt: new Date(now).toISOString(),
      updatedAt: new Date(now).toISOString(),
      challenge: input.card === 'three_d_secure' ? randomBytes(24).toString('base64url') : null,
      settleAt: waitMs === null ? null : now + waitMs,
    };
    if (input.card === 'success') return approve(intent);
    if (input.card === 'twice') return approve(intent, 2);
    if (input.card === 'decline') return refuse(intent, 'card_declined');
    return { intent, changes: [['intents', intent.id, intent]] };
  }

  /** Runs `act` once for a key; whoever repeats it hears the first answer again. Nothing in it waits, so none overlap. */
  async function once(
    request: Request,
    path: string,
    body: string,
    act: () => { status: number; intent: Intent; refund?: Refund; changes: Change[] },
  ): Promise<Response> {
    const key = request.headers.get('idempotency-key');
    if (key !== null && (key === '' || key.length > 255))
      throw new Refusal(400, 'idempotency_key_invalid', 'An Idempotency-Key has 1 to 255 characters.');
    const fingerprint = createHash('sha256').update(`${path}\n${body}`).digest('base64url');
    const kept = key === null ? undefined : keys.get(key);
    if (kept) {
      if (kept.fingerprint !== fingerprint)
        throw new Refusal(409, 'idempotency_key_reused', 'This Idempotency-Key came before with another request.');
      await journal.settled();
      return json(seen(kept, request), kept.status, { 'idempotent-replayed': 'true' });
    }
    const { status, intent, refund = null, changes } = act();
    const answer: KeptAnswer = { fingerprint, status, intent, refund };
    if (!intents.has(intent.id)) index(intent);
    await commit(key === null ? changes : [...changes, ['keys', key, answer]]);
    settleInTime(intent);
    return json(seen(answer, request), status);
  }

  async function api(request: Request, url: URL, path: string[]): Promise<Response> {
    if (!isSecret(request.headers.get('authorization'), secretKey))
      throw new Refusal(401, 'unauthorized', 'Send the secret key as a Bearer token.');
    const [id, action, ...rest] = path;
    if (rest.length > 0) throw notFound();

    if (request.method === 'GET') {
      if (id === undefined) {
        const ids = byReference.get(url.searchParams.get('reference') ?? '') ?? [];
        await journal.settled();
        return json({ items: ids.map((found) => shown(intents.get(found)!, request)).reverse() });
      }
      const intent = find(id);
      await journal.settled();
      if (action === undefined) return json(shown(intent, request));
      if (action === 'refunds') return json({ items: [...refunds.values()].filter((row) => row.intentId === id) });
      throw notFound();
    }
    if (request.method !== 'POST') throw new Refusal(405, 'method_not_allowed', 'GET and POST are understood here.');

    const body = await request.text();
    if (body.length > MAX_BODY_CHARACTERS) throw new Refusal(413, 'body_too_large', 'A body has at most 64 KB.');
    if (id === undefined)
      return once(request, url.pathname, body, () => ({ status: 201, ...create(parse(IntentInput, body)) }));
    const intent = find(id);
    if (action === 'refunds')
      return once(request, url.pathname, body, () => ({ status: 201, ...refund(intent, parse(RefundInput, body)) }));
    if (action === 'cancellation')
      return once(request, url.pathname, body, () => {
        parse(CancellationInput, body);
        return { status: 200, ...cancel(intent) };
      });
    if (action === 'captures')
      return once(request, url.pathname, body, () => ({ status: 200, ...capture(intent, parse(CaptureInput, body)) }));
    throw notFound();
  }

  function find(id: string): Intent {
    const intent = intents.get(id);
    if (!intent) throw new Refusal(404, 'intent_not_found', 'There is no such intent.');
    return intent;
  }

  async function bank(request: Request, challenge: string): Promise<Response> {
    // Read before the intent is: whatever is awaited after that could let another decision in between.
    const form = request.method === 'POST' ? new URLSearchParams(await request.text()) : null;
    const intent = intents.get(byChallenge.get(challenge) ?? '');
    if (!intent) throw new Refusal(404, 'challenge_not_found', 'There is no such payment to confirm.');
    if (request.method === 'GET') return intent.status === 'requires_action' ? bankPage(intent) : decidedPage(intent);
    if (!form) throw new Refusal(405, 'method_not_allowed', 'GET and POST are understood here.');
    if (isForeignForm(request)) throw new Refusal(403, 'foreign_origin', 'Only the bank’s own page may decide.');
    const decision = form.get('decision');
    if (decision !== 'approve' && decision !== 'refuse')
      throw new Refusal(422, 'decision_missing', 'The decision is approve or refuse.');
    // A second press of the button, or the other one after it, changes nothing.
    if (intent.status === 'requires_action') {
      const { told } = await commit(
        (decision === 'approve' ? approve(intent) : refuse(intent, 'authentication_failed')).changes,
      );
      await Promise.race([told, new Promise((resolve) => setTimeout(resolve, TOLD_WITHIN_MS).unref())]);
    }
    return seeOther(intent.returnUrl);
  }

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const [, , section, ...rest] = url.pathname.replace(/\/$/, '').split('/');
    if (section === 'intents') return api(request, url, rest);
    if (section === 'challenges' && rest.length === 1) return bank(request, rest[0]!);
    if (section === 'deliveries' && rest.length === 2 && rest[1] === 'repetition' && request.method === 'POST') {
      if (isForeignForm(request)) throw new Refusal(403, 'foreign_origin', 'Only this machine’s own page may do this.');
      await deliveries.repeat(rest[0]!);
      return seeOther('/payments#deliveries');
    }
    if (request.method !== 'GET') throw new Refusal(405, 'method_not_allowed', 'Only GET is understood here.');
    if (section === undefined)
      return paymentsPage({
        intents: [...intents.values()].slice(-50).reverse(),
        events: journal.rows<WebhookEvent>('events'),
        deliveries: [...journal.rows<Delivery>('deliveries').values()].slice(-50).reverse(),
      });
    if (section === 'cards' && rest.length === 0) return cardsPage(CARDS, lateMs);
    throw notFound();
  }

  return {
    async handle(request) {
      try {
        return await answer(request);
      } catch (error) {
        if (error instanceof Refusal) return problem(error.status, error.code, error.message);
        throw error;
      }
    },
    async close() {
      for (const timer of timers.values()) clearTimeout(timer);
      await deliveries.close();
      await journal.close();
    },
  };
}

type Step = { intent: Intent; event: WebhookEvent; changes: Change[] };

function approve(intent: Intent, copies = 1): Step {
  return intent.capture
    ? step(intent, 'payment.succeeded', { status: 'succeeded', amountCaptured: intent.amount }, copies)
    : step(intent, 'payment.authorised', { status: 'requires_capture' }, copies);
}

function refuse(intent: Intent, failureCode: string): Step {
  return step(intent, 'payment.failed', { status: 'failed', failureCode });
}

function cancel(intent: Intent): { intent: Intent; changes: Change[] } {
  if (intent.status === 'cancelled') return { intent, changes: [] };
  if (intent.status === 'succeeded' || intent.status === 'failed')
    throw new Refusal(409, 'intent_not_cancellable', `An intent that has ${intent.status} cannot be cancelled.`);
  return step(intent, 'payment.cancelled', { status: 'cancelled' });
}

function capture(intent: Intent, input: v.InferOutput<typeof CaptureInput>): Step {
  if (intent.status !== 'requires_capture')
    throw new Refusal(409, 'intent_not_capturable', `An intent that is ${intent.status} has nothing to capture.`);
  const amountCaptured = input.amount ?? intent.amount;
  if (amountCaptured > intent.amount)
    throw new Refusal(422, 'capture_exceeds_authorised', `At most ${intent.amount} can be captured.`);
  return step(intent, 'payment.succeeded', { status: 'succeeded', amountCaptured });
}

function refund(intent: Intent, input: v.InferOutput<typeof RefundInput>): Step & { refund: Refund } {
  const rest = intent.amountCaptured - intent.amountRefunded;
  const amount = input.amount ?? rest;
  if (rest === 0 || amount > rest)
    throw new Refusal(422, 'refund_exceeds_captured', `Of this intent ${rest} can still be refunded.`);
  const refund: Refund = {
    id: newId('re'),
    intentId: intent.id,
    amount,
    currency: intent.currency,
    status: 'succeeded',
    reason: input.reason ?? null,
    createdAt: new Date().toISOString(),
  };
  const made = step(intent, 'refund.succeeded', { amountRefunded: intent.amountRefunded + amount }, 1, { refund });
  return { ...made, refund, changes: [['refunds', refund.id, refund], ...made.changes] };
}

/** An intent's next state, the event that tells of it, and the rows of both. */
function step(intent: Intent, type: string, change: Partial<Intent>, copies = 1, data: object = {}): Step {
  const now = new Date().toISOString();
  const next: Intent = { ...intent, ...change, updatedAt: now, settleAt: null };
  const event = { id: newId('evt'), type, createdAt: now, data: { intent: publicPart(next), ...data } };
  return { intent: next, event, changes: [['intents', next.id, next], ...eventChanges(event, copies)] };
}

/** The event that should have come first, on its way only when the one that settled the payment has arrived. */
function lateNews(intent: Intent, after: string): Change[] {
  const data = { intent: publicPart(intent) };
  return eventChanges({ id: newId('evt'), type: 'payment.processing', createdAt: intent.createdAt, data }, 1, after);
}

function publicPart({ challenge, settleAt, ...intent }: Intent) {
  return intent;
}

/** An intent as the API answers it. The bank's page is on this machine, under the address that the caller used. */
function shown(intent: Intent, request: Request) {
  if (intent.status !== 'requires_action') return publicPart(intent);
  return {
    ...publicPart(intent),
    redirectUrl: new URL(`/payments/challenges/${intent.challenge}`, request.url).href,
  };
}

function seen({ intent, refund }: KeptAnswer, request: Request): object {
  return refund ?? shown(intent, request);
}

function parse<Schema extends v.GenericSchema>(schema: Schema, body: string): v.InferOutput<Schema> {
  let value: unknown;
  try {
    value = body === '' ? {} : JSON.parse(body);
  } catch {
    throw new Refusal(400, 'body_not_json', 'The body is not JSON.');
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const faults = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'the body'}: ${issue.message}`);
  throw new Refusal(422, 'input_invalid', faults.join('; '));
}

function isWebUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** Compares in a time that tells nothing of how much was right. */
function isSecret(authorization: string | null, secret: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${secret}`));
}

function notFound(): Refusal {
  return new Refusal(404, 'not_found', 'There is nothing at this address.');
}

function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}
