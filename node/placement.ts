/** A cart becomes an order: priced again from Postgres, and written in one batch whose constraints decide. */
import { and, eq, ne, sql } from 'drizzle-orm';
import type { Address } from '@/commerce/cart';
import { CommerceError, type InputIssue } from '@/commerce/error';
import { requireCountry } from '@/commerce/market';
import type { Money } from '@/commerce/money';
import { type PricedCart, type PricingInput, priceCart, type VariantFacts } from '@/commerce/pricing';
import { isLimited } from '@/commerce/promotion-conditions';
import type { ShopRules } from '@/commerce/rules';
import type { Db } from '@/db/client';
import { databaseFault, isLostRace, pauseBefore } from '@/db/fault';
import { newId } from '@/db/ids';
import { orderAdjustments, orderEvents, orderLines, orders, orderTaxLines, payments } from '@/db/schema';
import { pricingInputOf, type StoredCart } from '@/edge/carts';
import { type CustomerUses, readCustomerUses, readPricing } from '@/edge/facts';
import { type Agreement, agreementOf, agreementOfQuote, requireQuote } from './agreement';
import { CLAIM_CONSTRAINT, type Claim, claimStatements } from './idempotency';
import { changeOrder, type OrderRecord, readOrder } from './order-record';
import { outboxStatement } from './outbox';
import { releaseExpired, releaseExpiredUses, supersede } from './payment-sweep';
import type { CreateIntent } from './payments/provider';
import { customerKeyOf, redeemStatement, refusedPromotions } from './promotion-uses';
import { stockMessage } from './settlement';

export interface PlacementInput {
  email: string;
  shippingAddress: Address;
  billingAddress?: Address | undefined;
  shippingMethodId?: string | null | undefined;
  payment: { provider: string } & CreateIntent['method'];
  /** The total that the shopper saw and agreed to. */
  expectedTotal: Money;
  /** Whose order it is; nobody's for a guest. */
  accountId?: string | null | undefined;
  /** What `POST /api/prices` signed: within its time these are the totals that are paid. */
  quote?: string | undefined;
}

export interface PlacementDeps {
  db: Db;
  now: Date;
  siteUrl: string;
  authSecret: string;
}

/** How long an order may wait for its payment while it holds stock. */
const PAYMENT_MINUTES = 30;
const MAX_TRIES = 6;

/** Not for an earlier read alone to decide: what this shopper's own last try holds, or an abandoned one, may come free. */
const STOCK_REQUIREMENT = 'insufficient_stock';

/**
 * Writes the order of a cart, with its stock held, its promotions redeemed and its payment wanted, or nothing. Null where
 * another request with the same claim was first. Throws `cart_empty`, `cart_not_ready`, `price_changed`, `out_of_stock`,
 * `promotion_used_up`, `quote_invalid`, `quote_expired`, `quote_mismatch`, `order_already_placed`, `request_in_progress`,
 * and what pricing throws.
 */
export async function placeOrder(
  cart: StoredCart,
  input: PlacementInput,
  claim: Claim,
  deps: PlacementDeps,
): Promise<OrderRecord | null> {
  if (cart.lines.length === 0) throw new CommerceError('cart_empty', 'There is nothing in the cart to order.');
  const { db } = deps;
  const orderId = newId('ord');
  let agreement = await agree(cart, input, deps);
  let draft = draftOf(orderId, cart, input, agreement, deps);
  let mayReleaseExpired = true;

  for (let tries = 1; ; tries += 1) {
    try {
      return await changeOrder(db, orderId, statementsOf(draft, claim, db));
    } catch (error) {
      const fault = databaseFault(error);
      if (!fault) throw error;
      const mayRepeat = tries < MAX_TRIES;
      if (fault.constraint === CLAIM_CONSTRAINT) {
        // Ours, if an earlier try took place and only its answer was lost; otherwise another request's.
        return readOrder(db, orderId);
      }
      if (fault.constraint === 'orders_cart_unique' && mayRepeat) {
        await supersede(db, await findLivingOrder(db, cart.id));
        continue;
      }
      if (fault.constraint === 'stock_holds_available') {
        const short = JSON.parse(fault.detail ?? '[]') as Shortage[];
        const variantIds = short.map(({ variantId }) => variantId);
        // Stock that abandoned orders still hold is no reason to refuse: cron may be long in coming.
        if (mayRepeat && mayReleaseExpired && (await releaseExpired(db, variantIds)) > 0) {
          mayReleaseExpired = false;
          continue;
        }
        throw outOfStock(agreement, short);
      }
      const refused = refusedPromotions(fault);
      if (refused && mayRepeat) {
        if (agreement.quoteId === null) {
          // Without it this is another total, which is for the shopper to see.
          agreement = await agree(cart, input, deps);
        } else {
          // What was promised holds, and a promotion that is gone counts no more uses. But where it had a limit nobody can
          // count it any longer, and one quote would serve any number of orders.
          const counted = agreement.promotions.filter(
            ({ promotionId, isLimited }) => isLimited && refused.promotionIds.includes(promotionId),
          );
          if (refused.reason !== 'gone' || counted.length > 0) throw usedUp(agreement, refused.promotionIds);
          agreement.promotionIds = agreement.promotionIds.filter((id) => !refused.promotionIds.includes(id));
        }
        draft = draftOf(orderId, cart, input, agreement, deps);
        continue;
      }
      // Sent again when the answer was lost: the claim lets it take place once. A lost race left nothing behind.
      if (!mayRepeat || (fault.sqlState !== null && !isLostRace(fault))) throw error;
      await pauseBefore(tries);
    }
  }
}

/** What shop and shopper agree on: the prices of this moment or of a quote, as the shopper expects them. */
async function agree(cart: StoredCart, input: PlacementInput, deps: PlacementDeps): Promise<Agreement> {
  const quote = input.quote === undefined ? null : await requireQuote(input.quote, deps);
  const promised = quote?.lines.flatMap(({ isGift, variantId }) => (isGift ? [variantId] : [])) ?? [];
  let read = await priceFromDatabase(cart, input, promised, deps);
  // A use that an abandoned order still holds is no reason to refuse: cron may be long in coming.
  const wanted = read.priced.promotions.flatMap(({ promotionId, code, reason }) =>
    promotionId !== null && code !== null && WAS_USED.has(reason?.code) ? [promotionId] : [],
  );
  if (wanted.length > 0 && (await releaseExpiredUses(deps.db, wanted)) > 0) {
    read = await priceFromDatabase(cart, input, promised, deps);
  }
  const { priced, pricing, variants, rules } = read;
  requireReady(priced, input);
  const agreement = quote ? agreementOfQuote(quote, pricing, priced, variants) : agreementOf(priced);
  // Whoever asked for the quote was nobody yet: that it is a first order is for the order to decide.
  const late = agreement.promotionIds.filter((id) => !mayBeFirst(id, rules, pricing));
  if (late.length > 0) throw usedUp(agreement, late);
  const { totals } = agreement;
  const { expectedTotal } = input;
  if (totals.total.amount !== expectedTotal.amount || totals.total.currency !== expectedTotal.currency) {
    throw new CommerceError('price_changed', 'The total is no longer what was shown. Look at it again, then order.', {
      facts: { expectedTotal, total: totals.total, totals, promotions: priced.promotions },
    });
  }
  // Who comes too late for what is sold out must not stand in the way of those who write its row.
  const shortages = shortagesOf(agreement, variants);
  if (shortages.length > 0 && !(await mayComeFree(deps.db, cart.id, shortages))) throw outOfStock(agreement, shortages);
  return agreement;
}

const WAS_USED = new Set<string | undefined>(['used_up', 'used_by_customer']);

async function priceFromDatabase(
  cart: StoredCart,
  input: PlacementInput,
  promisedGifts: readonly string[],
  { db, now }: PlacementDeps,
): Promise<{
  priced: PricedCart;
  pricing: PricingInput;
  variants: ReadonlyMap<string, VariantFacts>;
  rules: ShopRules;
}> {
  const variantIds = cart.lines.map((line) => line.variantId);
  const { rules: present, variants } = await readPricing(db, [...variantIds, ...promisedGifts]);
  const { shippingAddress, shippingMethodId = null } = input;
  requireCountry(present, shippingAddress.country, 'shippingAddress.country');
  const limited = present.promotions.filter(isLimited).map(({ id }) => id);
  const customer =
    limited.length > 0 ? await readCustomerUses(db, customerKeyOf(input.email), limited, cart.id) : NOBODY;
  const pricing: PricingInput = {
    // Where it goes decides the tax, whatever country the cart was looked at from.
    ...pricingInputOf({ ...cart, country: shippingAddress.country, shippingAddress, shippingMethodId }, { now }),
    customer,
  };
  // What this cart's own last try holds comes free when it makes way.
  const promotions = present.promotions.map((promotion) =>
    customer.heldByCart.includes(promotion.id) ? { ...promotion, usedUp: false } : promotion,
  );
  const rules = { ...present, promotions };
  return { priced: priceCart(pricing, variants, rules), pricing, variants, rules };
}

/** Whether a promotion is not for first orders alone, or this is one. */
function mayBeFirst(promotionId: string, { promotions }: ShopRules, { customer }: PricingInput): boolean {
  const conditions = promotions.find(({ id }) => id === promotionId)?.conditions ?? [];
  return customer.orderCount === 0 || conditions.every(({ kind }) => kind !== 'first_order');
}

const NOBODY: CustomerUses = { orderCount: 0, uses: {}, heldByCart: [] };

/** Throws `cart_not_ready` with all that the cart lacks, but for stock. */
function requireReady(priced: PricedCart, { shippingMethodId }: PlacementInput): void {
  const blocking: InputIssue[] = priced.requirements
    .filter(({ code }) => code !== STOCK_REQUIREMENT)
    .map(({ code, path }) => ({ path, code, message: 'This has to be put right before the cart can be ordered.' }));
  if (priced.requiresShipping && !shippingMethodId) {
    blocking.push({ path: 'shippingMethodId', code: 'shipping_method_missing', message: 'Choose a way of shipping.' });
  }
  if (blocking.length > 0) {
    throw new CommerceError('cart_not_ready', 'The cart cannot be ordered as it is.', { issues: blocking });
  }
}

function shortagesOf({ lines }: Agreement, variants: ReadonlyMap<string, VariantFacts>): Shortage[] {
  const wanted = new Map<string, number>();
  for (const { variantId, quantity } of lines) wanted.set(variantId, (wanted.get(variantId) ?? 0) + quantity);
  return [...wanted].flatMap(([variantId, requested]) => {
    const facts = variants.get(variantId);
    const isShort = facts?.policy === 'deny' && facts.available < requested;
    return isShort ? [{ variantId, requested, available: facts.available }] : [];
  });
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
  order: typeof orders.$inferInsert & { id: string; customerKey: string };
  lines: (typeof orderLines.$inferInsert & { variantId: string })[];
  adjustments: (typeof orderAdjustments.$inferInsert)[];
  taxLines: (typeof orderTaxLines.$inferInsert)[];
  payment: typeof payments.$inferInsert;
  promotionIds: string[];
}

/** The rows of the order. Their ids are made here, so that a batch that is sent again is the same batch. */
function draftOf(
  orderId: string,
  cart: StoredCart,
  input: PlacementInput,
  agreement: Agreement,
  { now, siteUrl }: PlacementDeps,
): Draft {
  const { totals, shipping } = agreement;
  const { provider, ...method } = input.payment;
  const lines = agreement.lines.map(({ off: _, ...line }, position) => {
    return { id: newId('line'), orderId, position, ...line };
  });
  const off = [
    ...agreement.lines.flatMap((line, position) => line.off.map((each) => ({ lineId: lines[position]!.id, ...each }))),
    ...(shipping?.off ?? []).map((each) => ({ lineId: null, ...each })),
  ];
  return {
    order: {
      id: orderId,
      cartId: cart.id,
      cartKey: cart.key,
      cartVersion: cart.version,
      email: input.email,
      accountId: input.accountId ?? null,
      customerKey: customerKeyOf(input.email),
      channel: cart.channel,
      vatId: cart.vatId,
      quoteId: agreement.quoteId,
      currency: totals.total.currency,
      country: input.shippingAddress.country,
      taxIncluded: totals.taxIncluded,
      subtotalMinor: totals.subtotal.amount,
      discountMinor: totals.discount.amount,
      shippingMinor: totals.shipping.amount,
      taxMinor: totals.tax.amount,
      totalMinor: totals.total.amount,
      shippingMethodId: shipping?.id ?? '',
      shippingMethodTitle: shipping?.title ?? '',
      shippingAddress: input.shippingAddress,
      billingAddress: input.billingAddress ?? input.shippingAddress,
      expiresAt: new Date(now.getTime() + PAYMENT_MINUTES * 60_000),
    },
    lines,
    adjustments: off.map((each) => ({ orderId, ...each })),
    taxLines: agreement.taxLines.map((line, position) => ({ orderId, position, ...line })),
    payment: {
      id: newId('pay'),
      orderId,
      provider,
      currency: totals.total.currency,
      amountMinor: totals.total.amount,
      request: { method, returnUrl: new URL(`/orders/${orderId}`, siteUrl).href },
    },
    promotionIds: agreement.promotionIds,
  };
}

function statementsOf({ order, lines, adjustments, taxLines, payment, promotionIds }: Draft, claim: Claim, db: Db) {
  const wanted = lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  return [
    // First, so that a repeat is stopped before anything else of it happens.
    ...claimStatements(db, claim, order.id),
    db.insert(orders).values(order),
    db.insert(orderLines).values(lines),
    ...(adjustments.length > 0 ? [db.insert(orderAdjustments).values(adjustments)] : []),
    ...(taxLines.length > 0 ? [db.insert(orderTaxLines).values(taxLines)] : []),
    db.insert(payments).values(payment),
    db.insert(orderEvents).values({ orderId: order.id, type: 'order.placed', actor: 'shopper' }),
    outboxStatement(db, [stockMessage(order.id, lines, -1)]),
    // Last, so that the rows that many shoppers want at once are locked for the shortest time.
    ...(promotionIds.length > 0
      ? [redeemStatement(db, order.id, { customerKey: order.customerKey, promotionIds })]
      : []),
    db.execute(sql`select hold_stock(${order.id}, ${JSON.stringify(wanted)}::jsonb)`),
  ];
}

interface Shortage {
  variantId: string;
  requested: number;
  available: number;
}

/** Which lines there is not enough for, and how many are left. */
function outOfStock(agreement: Agreement, shortages: Shortage[]): CommerceError {
  const byVariant = new Map(shortages.map((shortage) => [shortage.variantId, shortage]));
  const lines = agreement.lines.flatMap((line, index) => {
    const shortage = byVariant.get(line.variantId);
    return shortage ? [{ path: `items.${index}`, line, itemId: agreement.itemIds[index], shortage }] : [];
  });
  return new CommerceError('out_of_stock', 'There is not enough left of something in the cart.', {
    issues: lines.map(({ path, line, shortage }) => ({
      path,
      code: 'insufficient_stock',
      message: `${line.title}: ${shortage.available === 0 ? 'none is left' : `only ${shortage.available} left`}.`,
    })),
    facts: {
      shortages: lines.map(({ line, itemId, shortage }) => ({
        itemId,
        variantId: line.variantId,
        sku: line.sku,
        requested: shortage.requested,
        available: shortage.available,
      })),
    },
  });
}

function usedUp({ promotions }: Agreement, refused: string[]): CommerceError {
  const gone = promotions.flatMap(({ isLimited: _, ...promotion }) =>
    refused.includes(promotion.promotionId) ? [promotion] : [],
  );
  return new CommerceError('promotion_used_up', 'A promotion of this quote has been used as often as it can be.', {
    facts: { promotions: gone },
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
