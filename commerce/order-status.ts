/**
 * How an order moves: the one place that says what may follow what. News of a payment arrive late, twice and out of
 * order; what the tables here do not allow changes nothing. All of it is a function of what was seen; `node/` writes the
 * result only if what was seen still holds.
 */
import { CommerceError } from './error';

export type OrderStatus = 'pending' | 'confirmed' | 'cancelled';
export type OrderPaymentStatus = 'pending' | 'requires_action' | 'processing' | 'paid' | 'failed' | 'refunded';
export type FulfilmentStatus = 'unfulfilled' | 'fulfilled';
/** A payment as its provider knows it; `pending` means that the provider has not answered yet. */
export type PaymentStatus = 'pending' | 'requires_action' | 'processing' | 'succeeded' | 'failed' | 'cancelled';

/** Why an order was cancelled. Permanent words: they stand in its history. */
export type CancellationReason = 'payment_failed' | 'expired' | 'superseded' | 'requested' | 'by_shop';

/** What decides how an order may move. */
export interface OrderState {
  status: OrderStatus;
  paymentStatus: OrderPaymentStatus;
  fulfilmentStatus: FulfilmentStatus;
  payment: PaymentStatus;
  amountMinor: number;
  refundedMinor: number;
}

/** What a provider says of a payment, now or some time ago. */
export interface PaymentNews {
  status: PaymentStatus;
  /** Of the whole payment so far, minor units. */
  refundedMinor: number;
}

/** What has to happen together with a move, once each. */
type Effect = 'captured' | 'confirmed' | 'cancelled' | 'sale_reversed' | 'refund_due' | 'refunded';

export interface OrderMove {
  state: OrderState;
  /** What becomes of the stock that the order holds. */
  stock: 'commit' | 'release' | 'keep';
  effects: Effect[];
  reason?: CancellationReason;
}

/**
 * Where a payment may go from where it is. `failed` and `cancelled` are left only by the news that the money was taken
 * after all, which must never be ignored; `succeeded` is never left.
 */
const PAYMENT_MOVES: Record<PaymentStatus, readonly PaymentStatus[]> = {
  pending: ['requires_action', 'processing', 'succeeded', 'failed', 'cancelled'],
  requires_action: ['processing', 'succeeded', 'failed', 'cancelled'],
  processing: ['succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: ['succeeded'],
  cancelled: ['succeeded'],
};

/** What a payment's status is called on its order. */
const ORDER_PAYMENT_STATUS: Record<PaymentStatus, OrderPaymentStatus> = {
  pending: 'pending',
  requires_action: 'requires_action',
  processing: 'processing',
  succeeded: 'paid',
  failed: 'failed',
  cancelled: 'failed',
};

/**
 * The move that news of a payment make, or null where they tell nothing new. A payment that succeeds confirms a pending
 * order; where the order is cancelled already, all of it is due back. One that fails cancels the order, for `reason`.
 */
export function moveByPayment(
  state: OrderState,
  news: PaymentNews,
  reason: CancellationReason = 'payment_failed',
): OrderMove | null {
  let next = state;
  let stock: OrderMove['stock'] = 'keep';
  const effects: Effect[] = [];

  if (PAYMENT_MOVES[state.payment].includes(news.status)) {
    next = { ...next, payment: news.status, paymentStatus: ORDER_PAYMENT_STATUS[news.status] };
    if (news.status === 'succeeded') {
      effects.push('captured');
      if (state.status === 'pending') {
        next.status = 'confirmed';
        stock = 'commit';
        effects.push('confirmed');
      } else effects.push('refund_due');
    } else if ((news.status === 'failed' || news.status === 'cancelled') && state.status === 'pending') {
      next.status = 'cancelled';
      stock = 'release';
      effects.push('cancelled');
    }
  }
  // Sums only grow: an older message with a smaller one tells nothing new.
  if (next.payment === 'succeeded' && news.refundedMinor > next.refundedMinor) {
    const whole = news.refundedMinor >= next.amountMinor;
    next = { ...next, refundedMinor: news.refundedMinor, paymentStatus: whole ? 'refunded' : next.paymentStatus };
    effects.push('refunded');
  }
  if (next === state) return null;
  return { state: next, stock, effects, ...(effects.includes('cancelled') ? { reason } : {}) };
}

/**
 * The move of cancelling an order that was not sent yet: an unpaid one, or a paid one whose money then goes back. Null
 * where it is cancelled already. Throws `order_not_cancellable` once something of it was sent.
 */
export function moveByCancellation(state: OrderState, reason: CancellationReason): OrderMove | null {
  if (state.status === 'cancelled') return null;
  if (state.fulfilmentStatus !== 'unfulfilled') {
    throw new CommerceError('order_not_cancellable', 'This order is on its way and can no longer be cancelled.');
  }
  if (state.status === 'confirmed') {
    const effects: Effect[] = ['cancelled', 'sale_reversed'];
    if (state.refundedMinor < state.amountMinor) effects.push('refund_due');
    return { state: { ...state, status: 'cancelled' }, stock: 'release', effects, reason };
  }
  return {
    state: { ...state, status: 'cancelled', payment: 'cancelled', paymentStatus: 'failed' },
    stock: 'release',
    effects: ['cancelled'],
    reason,
  };
}
