import { eq, inArray, sql } from 'drizzle-orm';
import { collections, productCollections, products, stock, variants } from '@/db/schema';
import { accountCartKeyOf } from '@/edge/cart-token';
import { completeCart } from '@/edge/carts';
import { edgeEnv } from '@/edge/env';
import type { Context } from '@/edge/http';
import { markEnded } from '@/edge/session-marks';
import { invalidateCatalog } from '@/edge/snapshot';
import { accountLetter } from './account-letters';
import { nodeEnv } from './env';
import type { Letter } from './letter';
import { logFault } from './log';
import { sendMail } from './mail';
import { orderCancelled, orderConfirmed, orderRefunded } from './mail-templates';
import { type OrderRecord, readOrder } from './order-record';
import { type Deliver, type Delivery, drainOutbox, type Message } from './outbox';
import { requireProvider } from './payments/providers';
import { settleByPayment } from './settlement';

export type DeliveryContext = Pick<Context, 'db' | 'kv' | 'host'>;

/** Drains the outbox behind the response; what fails here is swept by cron. */
export function drainAfterResponse(context: DeliveryContext): void {
  context.host.waitUntil(drain(context).catch((error) => logFault('drain_failed', error)));
}

/** Delivers what is due in the outbox. */
export function drain(context: DeliveryContext): Promise<{ processed: number; remaining: number }> {
  return drainOutbox(context.db, deliverer(context));
}

export type CatalogChange = Extract<Message, { topic: 'stock.changed' | 'catalog.changed' }>;

/** Has the next read show what changed, before the outbox comes to it; that says so again, should this fail. */
export async function showChanges(
  context: DeliveryContext & Pick<Context, 'requestId'>,
  ...changes: CatalogChange[]
): Promise<void> {
  const deliver = deliverer(context);
  try {
    await Promise.all(changes.map((change) => deliver({ ...change, id: 0, attempts: 1 })));
  } catch (error) {
    logFault('change_not_shown', error, { requestId: context.requestId });
  }
}

/** How each topic is delivered. Each may be repeated without harm. */
function deliverer(context: DeliveryContext): Deliver {
  const { kv, host } = context;
  return async (delivery) => {
    switch (delivery.topic) {
      case 'order.confirmed':
        return mail(context, delivery, (record, siteUrl) => orderConfirmed(record, siteUrl));
      case 'order.cancelled':
        if (delivery.payload.reason === 'expired' && (await isFlooded(context.db, delivery.payload.orderId))) return;
        return mail(context, delivery, (record, siteUrl) => orderCancelled(record, delivery.payload.reason, siteUrl));
      case 'order.refunded':
        return mail(context, delivery, (record, siteUrl) =>
          orderRefunded(record, delivery.payload.amountMinor, siteUrl),
        );
      case 'payment.refund':
        return refund(context, delivery);
      case 'cart.completed': {
        const { order, lines } = await requireOrder(context.db, delivery.payload.orderId);
        const cart = { id: order.cartId, version: order.cartVersion };
        const ordered = lines.flatMap(({ variantId, isGift, ...line }) =>
          variantId === null || isGift ? [] : { variantId, ...line },
        );
        // Whoever signed in since has it as the account's by now.
        const keys = [order.cartKey, ...(order.accountId ? [accountCartKeyOf(order.accountId)] : [])];
        for (const key of keys) await completeCart(kv, { key, ...cart }, ordered);
        return;
      }
      case 'account.letter':
        return mailAboutAccount(delivery);
      case 'session.ended':
        return markEnded(kv, delivery.payload);
      case 'stock.changed': {
        const change = await readStockChange(context, delivery.payload.deltas);
        await invalidateCatalog(kv, { variantIds: change.variantIds, slugs: change.slugs, stockOnly: true });
        host.revalidateTags(change.tags);
        return;
      }
      case 'rules.changed':
        await invalidateCatalog(kv, { rules: true });
        return;
      case 'catalog.changed': {
        await invalidateCatalog(kv, delivery.payload);
        const { slugs = [], everything } = delivery.payload;
        // Any list may show a product that changed.
        host.revalidateTags(['catalog', ...(everything ? [] : slugs.map((slug) => `product:${slug}`))]);
        return;
      }
    }
    const { id, topic } = delivery as Delivery;
    throw new Error(`Message ${id} has the topic ${topic}, which nothing delivers.`);
  };
}

interface StockChange {
  variantIds: string[];
  slugs: string[];
  /** Of the pages that show it. */
  tags: string[];
}

/**
 * What a change of stock shows on. Its products' pages always; the lists that a product stands in only when something of
 * it sold out or came back, which is all that a list shows of stock.
 */
async function readStockChange({ db }: Pick<Context, 'db'>, deltas: Record<string, number>): Promise<StockChange> {
  const variantIds = Object.keys(deltas);
  const rows = await db
    .select({
      variantId: variants.id,
      slug: products.slug,
      available: sql<number>`(
        select coalesce(sum(${stock.onHand} - ${stock.held}), 0) from ${stock}
        where ${stock.variantId} = ${variants.id})`.mapWith(Number),
      collectionSlugs: sql<string[]>`(
        select coalesce(json_agg(${collections.slug}), '[]') from ${productCollections}
        join ${collections} on ${collections.id} = ${productCollections.collectionId}
        where ${productCollections.productId} = ${products.id})`,
    })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(inArray(variants.id, variantIds));
  const slugs = new Set<string>();
  const tags = new Set<string>();
  for (const { variantId, slug, available, collectionSlugs } of rows) {
    slugs.add(slug);
    tags.add(`product:${slug}`);
    const before = available - (deltas[variantId] ?? 0);
    if (available > 0 !== before > 0) {
      for (const collectionSlug of collectionSlugs) tags.add(`collection:${collectionSlug}`);
    }
  }
  return { variantIds, slugs: [...slugs], tags: [...tags] };
}

/** Beyond so many orders that expired at one address in an hour it hears of none: anybody may name it, and pay nothing. */
const MAX_EXPIRED_PER_HOUR = 10;

async function isFlooded(db: DeliveryContext['db'], orderId: string): Promise<boolean> {
  // By account or guest as well, for which there are indexes.
  const { rows } = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from orders one join orders o
      on lower(o.email) = lower(one.email)
      and (o.account_id = one.account_id or (o.account_id is null and one.account_id is null))
    where one.id = ${orderId} and o.status = 'cancelled' and o.expires_at > now() - interval '1 hour'`);
  return rows[0]!.count > MAX_EXPIRED_PER_HOUR;
}

async function mail(
  { db }: DeliveryContext,
  delivery: Extract<Delivery, { payload: { orderId: string } }>,
  compose: (record: OrderRecord, siteUrl: string) => Letter,
): Promise<void> {
  const record = await requireOrder(db, delivery.payload.orderId);
  const letter = compose(record, nodeEnv().SITE_URL);
  await sendMail({ to: record.order.email, ...letter, name: `${delivery.topic}.${delivery.id}.${record.order.id}` });
}

async function mailAboutAccount({
  id,
  payload: { to, ...message },
}: Extract<Delivery, { topic: 'account.letter' }>): Promise<void> {
  const written = accountLetter(message, { authSecret: edgeEnv().AUTH_SECRET, siteUrl: nodeEnv().SITE_URL });
  if (written) await sendMail({ to, ...written, name: `account.${message.template}.${id}` });
}

async function refund(
  { db }: DeliveryContext,
  { id, payload }: Extract<Delivery, { topic: 'payment.refund' }>,
): Promise<void> {
  const { payment } = await requireOrder(db, payload.orderId);
  if (!payment.providerPaymentId) throw new Error(`The payment of ${payload.orderId} has no provider's id to refund.`);
  const intent = await requireProvider(payment.provider).refund(payment.providerPaymentId, {
    amountMinor: payload.amountMinor,
    // The message's id: however often it is delivered, the provider gives back once.
    key: `refund:${payment.id}:${id}`,
  });
  await settleByPayment(db, payload.orderId, intent, { actor: 'system' });
}

async function requireOrder(db: DeliveryContext['db'], orderId: string): Promise<OrderRecord> {
  const record = await readOrder(db, orderId);
  if (!record) throw new Error(`There is no order ${orderId}.`);
  return record;
}
