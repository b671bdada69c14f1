import { describe, expect, it } from 'vitest';
import { moveByCancellation, moveByPayment, type OrderState, type PaymentStatus } from '@/commerce/order-status';

const PENDING: OrderState = {
  status: 'pending',
  paymentStatus: 'pending',
  fulfilmentStatus: 'unfulfilled',
  payment: 'pending',
  amountMinor: 4493,
  refundedMinor: 0,
};

/** The order after news that arrived in this way. */
function stateAfter(...news: (PaymentStatus | number)[]): OrderState {
  return news.reduce<OrderState>((state, item) => {
    const said =
      typeof item === 'number'
        ? { status: 'succeeded' as const, refundedMinor: item }
        : { status: item, refundedMinor: 0 };
    return moveByPayment(state, said)?.state ?? state;
  }, PENDING);
}

describe('news of a payment', () => {
  it.each<[(PaymentStatus | number)[], string]>([
    [['requires_action'], 'pending requires_action'],
    [['requires_action', 'processing'], 'pending processing'],
    [['succeeded'], 'confirmed paid'],
    [['failed'], 'cancelled failed'],
    [['cancelled'], 'cancelled failed'],
    // Out of order, and repeated.
    [['succeeded', 'processing', 'requires_action', 'succeeded'], 'confirmed paid'],
    [['processing', 'requires_action'], 'pending processing'],
    [['succeeded', 'failed', 'cancelled'], 'confirmed paid'],
    // The money was taken after all: never ignored, and never an order again.
    [['failed', 'succeeded'], 'cancelled paid'],
    [['cancelled', 'succeeded'], 'cancelled paid'],
    [['succeeded', 1000], 'confirmed paid'],
    [['succeeded', 4493], 'confirmed refunded'],
    [['succeeded', 4493, 1000, 'succeeded'], 'confirmed refunded'],
    [[4493, 'succeeded'], 'confirmed refunded'],
  ])('%j leave the order %s', (news, expected) => {
    const { status, paymentStatus } = stateAfter(...news);
    expect(`${status} ${paymentStatus}`).toBe(expected);
  });

  it('make a paid order hold its stock for good, and a failed one give it back', () => {
    expect(moveByPayment(PENDING, { status: 'succeeded', refundedMinor: 0 })).toMatchObject({
      stock: 'commit',
      effects: ['captured', 'confirmed'],
    });
    expect(moveByPayment(PENDING, { status: 'failed', refundedMinor: 0 })).toMatchObject({
      stock: 'release',
      effects: ['cancelled'],
      reason: 'payment_failed',
    });
  });

  it('make all of the money due back where it comes for a cancelled order', () => {
    const late = moveByPayment(stateAfter('cancelled'), { status: 'succeeded', refundedMinor: 0 });
    expect(late).toMatchObject({ stock: 'keep', effects: ['captured', 'refund_due'] });
  });

  it('that are known already are no move at all', () => {
    expect(moveByPayment(stateAfter('succeeded'), { status: 'succeeded', refundedMinor: 0 })).toBeNull();
    expect(moveByPayment(stateAfter('succeeded', 500), { status: 'succeeded', refundedMinor: 400 })).toBeNull();
  });

  it('would end wrongly if each were believed as it comes: the negative control', () => {
    const lastWins = (news: PaymentStatus[]) => news.at(-1);
    expect(lastWins(['succeeded', 'processing'])).not.toBe(stateAfter('succeeded', 'processing').payment);
  });
});

describe('a cancellation', () => {
  it('gives back stock, and money where there was some', () => {
    expect(moveByCancellation(PENDING, 'requested')).toMatchObject({ stock: 'release', effects: ['cancelled'] });
    expect(moveByCancellation(stateAfter('succeeded'), 'requested')).toMatchObject({
      state: { status: 'cancelled', paymentStatus: 'paid' },
      stock: 'release',
      effects: ['cancelled', 'sale_reversed', 'refund_due'],
    });
  });

  it('asks for no more money back than is left', () => {
    const move = moveByCancellation(stateAfter('succeeded', 4493), 'requested');
    expect(move?.effects).toEqual(['cancelled', 'sale_reversed']);
  });

  it('happens once', () => {
    expect(moveByCancellation(stateAfter('failed'), 'requested')).toBeNull();
  });

  it('is refused for what was sent', () => {
    const sent: OrderState = { ...stateAfter('succeeded'), fulfilmentStatus: 'fulfilled' };
    expect(() => moveByCancellation(sent, 'requested')).toThrow(
      expect.objectContaining({ code: 'order_not_cancellable' }),
    );
  });
});
