import { and, eq, or, sql } from 'drizzle-orm';
import { CommerceError } from '@/commerce/error';
import { paymentEvents, payments } from '@/db/schema';
import { operation } from '@/edge/http';
import { readText } from '@/edge/json-body';
import { drainAfterResponse } from './deliveries';
import { runBatch } from './order-record';
import type { PaymentProvider } from './payments/provider';
import { requireProvider } from './payments/providers';
import { settleByPayment } from './settlement';

/**
 * Takes a payment provider's events: verified on the raw body, stored once under the event's id, applied through the
 * table of transitions. An event that comes again, late or out of order changes nothing; one that could not be applied
 * is answered 5xx, so that the provider sends it again. 202 for a payment that is not ours.
 */
export const webhookOperation = operation({ method: 'POST', path: '/api/webhooks/{provider}' }, async (context) => {
  const { db } = context;
  const provider = requireProviderOf(context.params.provider as string);
  const rawBody = await readText(context.request);
  const event = provider.verifyWebhook(rawBody, context.request.headers, context.now);
  const { intent } = event;
  const isEvent = and(eq(paymentEvents.provider, provider.name), eq(paymentEvents.eventId, event.id));

  const [, stored, found] = (await runBatch(db, [
    db
      .insert(paymentEvents)
      .values({ provider: provider.name, eventId: event.id, type: event.type, payload: JSON.parse(rawBody) })
      .onConflictDoNothing(),
    db.select({ appliedAt: paymentEvents.appliedAt }).from(paymentEvents).where(isEvent),
    db
      .select({ orderId: payments.orderId })
      .from(payments)
      .where(
        and(
          eq(payments.provider, provider.name),
          // By the order's id too: an event may overtake the answer that tells us the provider's own.
          or(eq(payments.providerPaymentId, intent?.id ?? ''), eq(payments.orderId, intent?.reference ?? '')),
        ),
      ),
  ])) as [unknown, { appliedAt: Date | null }[], { orderId: string }[]];

  if (stored[0]?.appliedAt) return { status: 200, body: { received: true } };
  const orderId = found[0]?.orderId;
  if (!intent || !orderId) return { status: 202, body: { received: true } };
  await settleByPayment(db, orderId, intent, { actor: 'provider' });
  await db.update(paymentEvents).set({ appliedAt: sql`now()` }).where(isEvent);
  drainAfterResponse(context);
  return { status: 200, body: { received: true } };
});

function requireProviderOf(name: string): PaymentProvider {
  try {
    return requireProvider(name);
  } catch (error) {
    if (!(error instanceof CommerceError)) throw error;
    throw new CommerceError('not_found', 'There is no such payment provider here.');
  }
}
