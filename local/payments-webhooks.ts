import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, Journal } from './payments-journal';

export interface WebhookEvent {
  id: string;
  type: string;
  createdAt: string;
  data: object;
}

/** One way of an event to the shop. A card that tells twice has two of them, each tried until the shop takes it. */
export interface Delivery {
  id: string;
  eventId: string;
  status: 'pending' | 'delivered' | 'abandoned';
  /** Sent only after this one has ended; null where nothing has to come first. */
  after: string | null;
  attemptCount: number;
  /** The last few, newest last. */
  attempts: { at: string; status: number | null; error: string | null; durationMs: number }[];
  createdAt: string;
}

export interface DeliveriesOptions {
  journal: Journal;
  /** Where events are posted. */
  endpoint: string;
  secret: string;
  /** The first pause between two attempts; each later one is twice as long, up to 15 seconds. */
  firstRetryMs: number;
}

const LONGEST_RETRY_MS = 15_000;
const ATTEMPT_TIMEOUT_MS = 10_000;
const GIVE_UP_MS = 3 * 24 * 3600 * 1000;
const MAX_AT_ONCE = 16;
const ATTEMPTS_SHOWN = 8;

/**
 * The three headers of the Standard Webhooks specification 1.0 for a body. A secret that begins with `whsec_` is
 * base64, as the specification has it.
 */
function signWebhook(secret: string, id: string, body: string, timestampSeconds: number) {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  const signature = createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${signature}`,
  };
}

/** The rows to write together with the change that the event tells of. */
export function eventChanges(event: WebhookEvent, copies = 1, after: string | null = null): Change[] {
  const changes: Change[] = [['events', event.id, event]];
  for (let copy = 1; copy <= copies; copy += 1) {
    const id = `${event.id}_${copy}`;
    const delivery: Delivery = {
      id,
      eventId: event.id,
      status: 'pending',
      after,
      attemptCount: 0,
      attempts: [],
      createdAt: new Date().toISOString(),
    };
    changes.push(['deliveries', id, delivery]);
  }
  return changes;
}

/**
 * Delivers events at least once, in no promised order, until the shop answers 2xx. What was pending when the machine
 * stopped is taken up again, with short pauses at first: the shop may have been down with it.
 */
export function startDeliveries({ journal, endpoint, secret, firstRetryMs }: DeliveriesOptions) {
  const deliveries = journal.rows<Delivery>('deliveries');
  const events = journal.rows<WebhookEvent>('events');
  const closing = new AbortController();
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, string[]>();
  let busy = 0;
  const queue: (() => void)[] = [];

  /** Starts what a write has added; resolves when each has been tried once. */
  function start(ids: string[]): Promise<unknown> {
    return Promise.all(
      ids.map((id) => {
        const delivery = deliveries.get(id);
        if (delivery?.status !== 'pending' || running.has(id)) return null;
        if (delivery.after && deliveries.get(delivery.after)?.status === 'pending') {
          waiting.set(delivery.after, [...(waiting.get(delivery.after) ?? []), id]);
          return null;
        }
        return new Promise<void>((tried) => {
          running.set(
            id,
            deliver(id, tried)
              // A full disk ends up here. The delivery stays pending and is taken up at the next start.
              .catch((error: Error) => console.error(`Webhook ${id}: ${error.message}`))
              .finally(() => {
                tried();
                running.delete(id);
              }),
          );
        });
      }),
    );
  }

  async function deliver(id: string, tried: () => void): Promise<void> {
    for (let pauseMs = firstRetryMs; !closing.signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_RETRY_MS)) {
      const status = await attempt(id);
      tried();
      if (status !== 'pending') break;
      await sleep(pauseMs, undefined, { signal: closing.signal, ref: false }).catch(() => {});
    }
    if (closing.signal.aborted) return;
    const next = waiting.get(id) ?? [];
    waiting.delete(id);
    void start(next);
  }

  async function attempt(id: string): Promise<Delivery['status']> {
    if (busy >= MAX_AT_ONCE) await new Promise<void>((free) => queue.push(free));
    busy += 1;
    const startedAt = Date.now();
    let answer: { status: number | null; error: string | null };
    try {
      answer = await post(events.get(deliveries.get(id)!.eventId)!);
    } finally {
      busy -= 1;
      queue.shift()?.();
    }
    const before = deliveries.get(id)!;
    // Cut off by the machine's own stop: no fault of the shop, and taken up at the next start.
    if (closing.signal.aborted && answer.status === null) return before.status;
    const status =
      answer.status !== null && answer.status >= 200 && answer.status < 300
        ? 'delivered'
        : Date.now() - Date.parse(before.createdAt) > GIVE_UP_MS
          ? 'abandoned'
          : 'pending';
    const made = { at: new Date(startedAt).toISOString(), ...answer, durationMs: Date.now() - startedAt };
    const after: Delivery = {
      ...before,
      status,
      attemptCount: before.attemptCount + 1,
      attempts: [...before.attempts, made].slice(-ATTEMPTS_SHOWN),
    };
    await journal.write([['deliveries', id, after]]);
    return status;
  }

  async function post(event: WebhookEvent): Promise<{ status: number | null; error: string | null }> {
    const body = JSON.stringify(event);
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'selvedge-local-payments/1.0',
          ...signWebhook(secret, event.id, body, Math.floor(Date.now() / 1000)),
        },
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]),
      });
      await response.body?.cancel();
      return { status: response.status, error: null };
    } catch (error) {
      const { message, cause } = error as Error;
      return { status: null, error: cause instanceof Error && cause.message ? cause.message : message };
    }
  }

  void start([...deliveries.keys()]);

  return {
    start,
    /** Sends an event once more, whatever became of it before, as the dashboards of providers can. */
    async repeat(id: string): Promise<void> {
      const delivery = deliveries.get(id);
      if (!delivery || delivery.status === 'pending') return;
      const again: Delivery = { ...delivery, status: 'pending', after: null, createdAt: new Date().toISOString() };
      await journal.write([['deliveries', id, again]]);
      await start([id]);
    },
    async close(): Promise<void> {
      closing.abort();
      for (const free of queue.splice(0)) free();
      await Promise.allSettled(running.values());
    },
  };
}
