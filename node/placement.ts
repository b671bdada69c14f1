/** A cart becomes an order: priced again from Postgres, and written in one batch whose constraints decide. */
import { and, eq, ne, sql } from 'drizzle-orm';
import type { Address } from '@/commerce/cart';
import { CommerceError, type InputIssue } from '@/commerce/error';
import { requireZone } from '@/commerce/market';
import type { Money } from '@/commerce/money';
import { type PricedCart, priceCart } from '@/commerce/pricing';
import type { Db } from '@/db/client';
import { databaseFault, isLostRace, pauseBefore } from '@/db/fault';
import { newId } from '@/db/ids';
import { orderEvents, orderLines, orders, payments } from '@/db/schema';
import type { StoredCart } from '@/edge/carts';
import { readRules, readVariants } from '@/edge/facts';
import { CLAIM_CONSTRAINT, type Claim, claimStatements } from './idempotency';
import { changeOrder, type OrderRecord, readOrder } from './order-record';
import { outboxStatement } from './outbox';
import { releaseExpired, supersede } from './payment-sweep';
import type { CreateIntent } from './payments/provider';
import { stockMessage } from './settlement';

export interface PlacementInput {
  email: string;
  shippingAddress: Address;
  billingAddress?: Address | undefined;
  shippingMethodId?: string | null | undefined;
  payment: { provider: string } & CreateIntent['method'];
  /** The total that the shopper saw and agreed to. */
  expectedTotal: Money;
}

export interface PlacementDeps {
  db: Db;
  now: Date;
  siteUrl: string;
}

/** How long an order may wait for its payment while it holds stock. */
const PAYMENT_MINUTES = 30;
const MAX_TRIES = 6;

/** Not for an earlier read alone to decide: what this shopper's own last try holds, or an abandoned one, may come free. */
const STOCK_REQUIREMENT = 'insufficient_stock';

/**
 * Writes the order of a cart, with its stock held and its payment wanted, or nothing. Null where another request with the
 * same claim was first. Throws `cart_empty`, `cart_not_ready`, `price_changed`, `out_of_stock`, `order_already_placed`,
 * `request_in_progress`, and what pricing throws.
 */
export async function placeOrder(
  cart: StoredCart,
  input: PlacementInput,
  claim: Claim,
  deps: PlacementDeps,
): Promise<OrderRecord | null> {
  if (cart.lines.length === 0) throw new CommerceError('cart_empty', 'There is nothing in the cart to order.');
  const { priced, shortages } = await priceFromDatabase(cart, input, deps.db);
  // Who comes too late for what is sold out must not stand in the way of those who write its row.
  if (shortages.length > 0 && !(await mayComeFree(deps.db, cart.id, shortages))) {
    throw outOfStock(priced, shortages);
  }
  const draft = draftOf(cart, input, priced, deps);
  let mayReleaseExpired = true;

  for (let tries = 1; ; tries += 1) {
    try {
      return await changeOrder(deps.db, draft.order.id, statementsOf(draft, claim, deps.db));
    } catch (error) {
      const fault = databaseFault(error);
      if (!fault) throw error;
      const mayRepeat = tries < MAX_TRIES;
      if (fault.constraint === CLAIM_CONSTRAINT) {
        // Ours, if an earlier try took place and only its answer was lost; otherwise another request's.
        return readOrder(deps.db, draft.order.id);
      }
      if (fault.constraint === 'orders_cart_unique' && mayRepeat) {
        await supersede(deps.db, await findLivingOrder(deps.db, cart.id));
        continue;
      }
      if (fault.constraint === 'stock_holds_available') {
        const short = JSON.parse(fault.detail ?? '[]') as Shortage[];
        const variantIds = short.map(({ variantId }) => variantId);
        // Stock that abandoned orders still hold is no reason to refuse: cron may be long in coming.
        if (mayRepeat && mayReleaseExpired && (await releaseExpired(deps.db, variantIds)) > 0) {
          mayReleaseExpired = false;
          continue;
        }
        throw outOfStock(priced, short);
      }
      // Sent again when the answer was lost: the claim lets it take place once. A lost race left nothing behind.
      if (!mayRepeat || (fault.sqlState !== null && !isLostRace(fault))) throw error;
      await pauseBefore(tries);
    }
  }
}

async function priceFromDatabase(
  cart: StoredCart,
  input: PlacementInput,
  db: Db,
): Promise<{ priced: PricedCart; shortages: Shortage[] }> {
  const variantIds = [...new Set(cart.lines.map((line) => line.variantId))];
  const [variants, rules] = await Promise.all([readVariants(db, variantIds), readRules(db)]);
  requireZone(rules, input.shippingAddress.country, 'shippingAddress.country');
  const priced = priceCart(
    {
      currency: cart.currency,
      // Where it goes decides the tax, whatever country the cart was looked at from.
      country: input.shippingAddress.country,
      lines: cart.lines,
      coupons: cart.coupons,
      shippingMethodId: input.shippingMethodId ?? null,
    },
    variants,
    rules,
  );
  const blocking: InputIssue[] = priced.requirements
    .filter(({ code }) => code !== STOCK_REQUIREMENT)
    .map(({ code, path }) => ({ path, code, message: 'This has to be put right before the cart can be ordered.' }));
  if (priced.requiresShipping && !input.shippingMethodId) {
    blocking.push({ path: 'shippingMethodId', code: 'shipping_method_missing', message: 'Choose a way of shipping.' });
  }
  if (blocking.length > 0) {
    throw new CommerceError('cart_not_ready', 'The cart cannot be ordered as it is.', { issues: blocking });
  }
  const { total } = priced.totals;
  const { expectedTotal } = input;
  if (total.amount !== expectedTotal.amount || total.currency !== expectedTotal.currency) {
    throw new CommerceError('price_changed', 'The total is no longer what was shown. Look at it again, then order.', {
      facts: { expectedTotal, total, totals: priced.totals },
    });
  }
  const wanted = new Map<string, number>();
  for (const { variantId, quantity } of cart.lines) wanted.set(variantId, (wanted.get(variantId) ?? 0) + quantity);
  const shortages = [...wanted].flatMap(([variantId, requested]) => {
    const facts = variants.get(variantId);
    const isShort = facts?.policy === 'deny' && facts.available < requested;
    return isShort ? [{ variantId, requested, available: facts.available }] : [];
  });
  return { priced, shortages };
}

/** Whether an order of the same cart stands in the way, or an expired one holds what is short. */
async function mayComeFree(db: Db, cartId: string, shortages: Shortage[]): Promise<boolean> {
  const variantIds = shortages.map(({ variantId }) => variantId);
  const { rows } = await db.execute(sql`
    select 1 from orders where cart_id = ${cartId} and status <> 'cancelled'
    union all
    select 1 from orders o join stock_holds h on h.order_id = o.id
    where o.status = 'pending' and o.expires_at < now()
      and h.status = 'held' and h.variant_id = any(${sql.param(variantIds)}::text[])
    limit 1`);
  return rows.length > 0;
}

interface Draft {
  order: typeof orders.$inferInsert & { id: string };
  lines: (typeof orderLines.$inferInsert & { variantId: string })[];
  payment: typeof payments.$inferInsert;
}

/** The rows of the order. Their ids are made here, so that a batch that is sent again is the same batch. */
function draftOf(cart: StoredCart, input: PlacementInput, priced: PricedCart, { now, siteUrl }: PlacementDeps): Draft {
  const id = newId('ord');
  const { totals, shippingMethod } = priced;
  const { provider, ...method } = input.payment;
  return {
    order: {
      id,
      cartId: cart.id,
      cartKey: cart.key,
      cartVersion: cart.version,
      email: input.email,
      currency: totals.total.currency,
      country: input.shippingAddress.country,
      taxIncluded: totals.taxIncluded,
      subtotalMinor: totals.subtotal.amount,
      discountMinor: totals.discount.amount,
      shippingMinor: totals.shipping.amount,
      taxMinor: totals.tax.amount,
      totalMinor: totals.total.amount,
      shippingMethodId: shippingMethod?.id ?? '',
      shippingMethodTitle: shippingMethod?.title ?? '',
      shippingAddress: input.shippingAddress,
      billingAddress: input.billingAddress ?? input.shippingAddress,
      expiresAt: new Date(now.getTime() + PAYMENT_MINUTES * 60_000),
    },
    lines: priced.lines.map((line, position) => ({
      id: newId('line'),
      orderId: id,
      position,
      variantId: line.item.variantId,
      sku: line.item.sku,
      title: line.item.title,
      variantTitle: line.item.variantTitle,
      slug: line.item.slug,
      imageUrl: line.item.imageUrl,
      quantity: line.item.quantity,
      unitPriceMinor: line.unitPriceMinor,
      discountMinor: line.discountMinor,
      totalMinor: line.totalMinor,
      taxMinor: line.taxMinor,
      taxRateBps: line.taxRateBps,
      metadata: line.item.metadata,
    })),
    payment: {
      id: newId('pay'),
      orderId: id,
      provider,
      currency: totals.total.currency,
      amountMinor: totals.total.amount,
      request: { method, returnUrl: new URL(`/orders/${id}`, siteUrl).href },
    },
  };
}

function statementsOf({ order, lines, payment }: Draft, claim: Claim, db: Db) {
  const wanted = lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  return [
    // First, so that a repeat is stopped before anything else of it happens.
    ...claimStatements(db, claim, order.id),
    db.insert(orders).values(order),
    db.insert(orderLines).values(lines),
    db.insert(payments).values(payment),
    db.insert(orderEvents).values({ orderId: order.id, type: 'order.placed', actor: 'shopper' }),
    outboxStatement(db, [stockMessage(order.id, lines, -1)]),
    // Last, so that the rows that many shoppers want at once are locked for the shortest time.
    db.execute(sql`select hold_stock(${order.id}, ${JSON.stringify(wanted)}::jsonb)`),
  ];
}

interface Shortage {
  variantId: string;
  requested: number;
  available: number;
}

/** Which lines there is not enough for, and how many are left. */
function outOfStock({ items }: PricedCart, shortages: Shortage[]): CommerceError {
  const byVariant = new Map(shortages.map((shortage) => [shortage.variantId, shortage]));
  const lines = items.flatMap((item, index) => {
    const shortage = byVariant.get(item.variantId);
    return shortage ? [{ path: `items.${index}`, item, shortage }] : [];
  });
  return new CommerceError('out_of_stock', 'There is not enough left of something in the cart.', {
    issues: lines.map(({ path, item, shortage }) => ({
      path,
      code: 'insufficient_stock',
      message: `${item.title}: ${shortage.available === 0 ? 'none is left' : `only ${shortage.available} left`}.`,
    })),
    facts: {
      shortages: lines.map(({ item, shortage }) => ({
        itemId: item.id,
        variantId: item.variantId,
        sku: item.sku,
        requested: shortage.requested,
        available: shortage.available,
      })),
    },
  });
}

/** The order that stands in the way of another one of the same cart; null if it was cancelled a moment ago. */
async function findLivingOrder(db: Db, cartId: string): Promise<OrderRecord | null> {
  const [row] = await db
    .select({ id: orders.id })
    .from(orders)
    .where(and(eq(orders.cartId, cartId), ne(orders.status, 'cancelled')));
  return row ? readOrder(db, row.id) : null;
}
