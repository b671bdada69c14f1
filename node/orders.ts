import { and, eq } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { orders } from '@/db/schema';
import { AddressInput, CurrencyInput, EmailInput, IdInput } from '@/edge/cart-input';
import { cartAccessOf } from '@/edge/cart-token';
import { readCart } from '@/edge/carts';
import { type Context, operation, problem, type Reply } from '@/edge/http';
import { drain, drainAfterResponse, showChanges } from './deliveries';
import { nodeEnv } from './env';
import { type Claim, claimOf, findEarlier, type KeptAnswer, keepAnswer } from './idempotency';
import { pageInput, pageOf } from './lists';
import { logFault } from './log';
import { orderAccessToken, orderCookie, orderTokenOf, reachesOrder } from './order-access';
import { type OrderRecord, readOrder, readOrders } from './order-record';
import { orderView } from './order-view';
import { cancelOrder, reconcileIfIdle, requestPayment, sweepPayments } from './payment-sweep';
import { requireProvider } from './payments/providers';
import { placeOrder } from './placement';
import { findSession, requireSession, type Session } from './sessions';
import { stockMessage } from './settlement';

const LocalPayment = v.object({
  provider: v.literal('local'),
  card: v.picklist(['success', 'decline', 'three_d_secure', 'late', 'twice', 'out_of_order']),
});

const PlaceOrder = v.object({
  email: EmailInput,
  shippingAddress: AddressInput,
  billingAddress: v.optional(AddressInput),
  shippingMethodId: v.nullish(IdInput),
  payment: v.variant('provider', [LocalPayment]),
  expectedTotal: v.object({ amount: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), currency: CurrencyInput }),
  quote: v.optional(v.pipe(v.string(), v.nonEmpty())),
});

/**
 * The caller's cart becomes an order, once for an `Idempotency-Key`: 201 with how its payment stands, or 402
 * `payment_declined`, after which the cart can be ordered again with a new key. A request that was refused before
 * anything happened (400, 409, 422) may be mended and sent with the same key.
 */
export const placeOrderOperation = operation(
  { method: 'POST', path: '/api/orders', body: PlaceOrder },
  async (context, { body }) => {
    // A signed-in caller's session is asked of Postgres: money moves on its word, whatever KV knows.
    const session = await findSession(context);
    const access = await cartAccessOf(context);
    const claim = claimOf(context.request, access?.key ?? '', body);
    const earlier = await findEarlier(context.db, claim);
    if (earlier) return replay(context, claim, earlier);

    let placed: OrderRecord | null;
    try {
      placed = await placeCart(context, body, claim, session);
    } catch (refusal) {
      // The same request may have been carried out since we looked, and the cart may be gone with it.
      const done = refusal instanceof CommerceError ? await findEarlier(context.db, claim) : null;
      if (done) return replay(context, claim, done);
      throw refusal;
    }
    if (!placed) return replay(context, claim, await findEarlier(context.db, claim));
    const [answer] = await Promise.all([pay(context, claim, placed), showStock(context, placed)]);
    afterResponse(context);
    return render(context, answer);
  },
);

/** An order, for its account or whoever shows its access token; to anybody else it is not there. */
export const getOrderOperation = operation({ method: 'GET', path: '/api/orders/{id}' }, async (context) => {
  const record = await requireOwnOrder(context);
  // A shopper who waits for a payment need not wait for cron: what the provider says by now is asked behind the answer.
  if (record.order.status === 'pending') context.host.waitUntil(lookAgain(context, record));
  return { body: orderView(record) };
});

/** The signed-in account's orders, the newest first; `unauthenticated` for a guest, whose orders open by their own tokens. */
export const listOrdersOperation = operation(
  { method: 'GET', path: '/api/orders', query: v.object(pageInput), caller: requireSession },
  async (context, { query, caller: { account } }) => {
    const page = pageOf('orders', query, { by: orders.number, as: 'number' });
    const rows = await context.db
      .select({ id: orders.id, number: orders.number })
      .from(orders)
      .where(and(eq(orders.accountId, account.id), page.isAfter))
      .orderBy(page.order)
      .limit(page.take);
    const ids = rows.map(({ id }) => id);
    const records = new Map((await readOrders(context.db, ids)).map((record) => [record.order.id, record]));
    return page.reply(
      rows,
      ({ number }) => number,
      ({ id }) => orderView(records.get(id) as OrderRecord),
    );
  },
);

/**
 * Cancels an order that was not sent yet; money that was paid goes back. Repeating it changes nothing, so it takes no
 * key. Throws `order_not_cancellable`, and `request_in_progress` or `payment_provider_unavailable` while nobody can know
 * whether it is paid.
 */
export const cancelOrderOperation = operation(
  { method: 'POST', path: '/api/orders/{id}/cancellation' },
  async (context) => {
    const record = await cancelOrder(context.db, await requireOwnOrder(context));
    await showStock(context, record);
    drainAfterResponse(context);
    return { body: orderView(record) };
  },
);

/** Null where another request with the same claim was first. */
async function placeCart(
  context: Context,
  body: v.InferOutput<typeof PlaceOrder>,
  claim: Claim,
  session: Session | null,
): Promise<OrderRecord | null> {
  requireProvider(body.payment.provider);
  const cart = await readCart(context);
  if (!cart) throw new CommerceError('cart_empty', 'There is nothing in the cart to order.');
  if (session?.account.customerGroupId && cart.group?.id !== session.account.customerGroupId) {
    cart.group = { id: session.account.customerGroupId, until: Number.POSITIVE_INFINITY };
  }
  const { db, now, env } = context;
  const accountId = session?.account.id ?? null;
  return placeOrder(cart, { ...body, accountId }, claim, {
    db,
    now,
    siteUrl: nodeEnv().SITE_URL,
    authSecret: env.AUTH_SECRET,
  });
}

async function replay(
  context: Context,
  claim: Claim,
  earlier: Awaited<ReturnType<typeof findEarlier>>,
): Promise<Reply> {
  if (!earlier)
    throw new CommerceError('request_in_progress', 'The first request with this Idempotency-Key still runs.');
  let answer: KeptAnswer;
  if ('answer' in earlier) answer = earlier.answer;
  else {
    // The first request died between its order and its answer: this one takes it to the end.
    const record = await readOrder(context.db, earlier.orderId);
    if (!record) throw new Error(`The order ${earlier.orderId} of an idempotency key is not there.`);
    answer = await pay(context, claim, record);
    afterResponse(context);
  }
  const reply = render(context, answer);
  return { ...reply, headers: { ...reply.headers, 'idempotent-replayed': 'true' } };
}

/**
 * Asks for the money and keeps the answer that every repeat will hear. Where the provider cannot be reached nobody knows
 * what it did: the order stays, holding its stock, and is answered as processing. It is asked again under the same key by
 * the sweep, so it takes the money once or not at all.
 */
async function pay(context: Context, claim: Claim, placed: OrderRecord): Promise<KeptAnswer> {
  let record = placed;
  if (record.order.status === 'pending' && record.payment.status === 'pending') {
    try {
      record = await requestPayment(context.db, record);
    } catch (error) {
      if (!(error instanceof CommerceError && error.code === 'payment_provider_unavailable')) throw error;
    }
  }
  return keepAnswer(context.db, claim, answerOf(record, context.requestId));
}

function answerOf(record: OrderRecord, requestId: string): KeptAnswer {
  const { order, payment } = record;
  if (order.status === 'cancelled' && order.paymentStatus === 'failed') {
    const declined = new CommerceError('payment_declined', 'The payment was declined. The cart is as it was.', {
      facts: { orderId: order.id, failureCode: payment.failureCode },
    });
    return { status: 402, body: JSON.stringify(problem(declined, requestId).body) };
  }
  const { payment: paymentView, ...view } = orderView(record);
  return { status: 201, body: JSON.stringify({ order: { ...view, payment: paymentView }, payment: paymentView }) };
}

/** The access token is added here and never kept, so that a look into the database opens no order. */
function render(context: Context, { status, body }: KeptAnswer): Reply {
  if (status !== 201) return { status, json: body, headers: { 'content-type': 'application/problem+json' } };
  const { order, ...rest } = JSON.parse(body) as { order: { id: string } };
  const accessToken = orderAccessToken(context.env.AUTH_SECRET, order.id);
  return {
    status,
    json: JSON.stringify({ order: { ...order, accessToken }, ...rest }),
    headers: { location: `/api/orders/${order.id}`, 'set-cookie': orderCookie(context, order.id) },
  };
}

/** Shows what an order took from the stock, or gave back. */
export function showStock(context: Context, { order, lines }: OrderRecord): Promise<void> {
  return showChanges(context, stockMessage(order.id, lines, order.status === 'cancelled' ? 1 : -1));
}

/** Every order also looks after some that were left behind, so that nothing depends on how often cron comes. */
function afterResponse(context: Context): void {
  drainAfterResponse(context);
  context.host.waitUntil(sweepPayments(context.db, { limit: 3 }).catch((error) => logFault('sweep_failed', error)));
}

async function lookAgain(context: Context, record: OrderRecord): Promise<void> {
  try {
    if (await reconcileIfIdle(context.db, record)) await drain(context);
  } catch (error) {
    logFault('payment_not_reconciled', error);
  }
}

async function requireOwnOrder(context: Context): Promise<OrderRecord> {
  const id = context.params.id as string;
  const { db, env } = context;
  // The token is checked first: whether an order is there is nobody's business, not even by the time it takes to look.
  const hasToken = reachesOrder(env.AUTH_SECRET, id, orderTokenOf(context, id));
  const session = hasToken ? null : await findSession(context);
  const record = hasToken || session ? await readOrder(db, id) : null;
  if (!record || !(hasToken || record.order.accountId === session?.account.id)) {
    throw new CommerceError('not_found', 'There is no such order.');
  }
  return record;
}
