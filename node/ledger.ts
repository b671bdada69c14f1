import type { ledgerEntries } from '@/db/schema';
import type { OrderRecord } from './order-record';

type Entry = typeof ledgerEntries.$inferInsert;
type Amounts = Partial<Record<Entry['account'], number>>;

/**
 * The double entries of what happened to an order; each transaction sums to zero, and its id follows from the payment,
 * so that it can be written only once. A sale makes the customer owe, a capture settles it, a refund turns it round.
 */
export const ledger = {
  sale: (record: OrderRecord) => entries(record, 'sale', saleOf(record)),
  saleReversal: (record: OrderRecord) => {
    const reversed = Object.entries(saleOf(record)).map(([account, amount]) => [account, -amount]);
    return entries(record, 'sale_reversal', Object.fromEntries(reversed));
  },
  capture: (record: OrderRecord, amountMinor: number) =>
    entries(record, 'capture', { provider: amountMinor, customer: -amountMinor }),
  /** `refundedMinor` is the sum after this refund: it tells the refunds of one payment apart. */
  refund: (record: OrderRecord, amountMinor: number, refundedMinor: number) =>
    entries(record, `refund:${refundedMinor}`, { provider: -amountMinor, customer: amountMinor }),
};

/** Sales and shipping are booked without their tax, whether or not the prices contain it. */
function saleOf({ order, lines }: OrderRecord): Amounts {
  const goodsTax = lines.reduce((sum, line) => sum + line.taxMinor, 0);
  const shippingTax = order.taxMinor - goodsTax;
  const goods = order.subtotalMinor - order.discountMinor;
  return {
    customer: order.totalMinor,
    sales: -(order.taxIncluded ? goods - goodsTax : goods),
    shipping: -(order.taxIncluded ? order.shippingMinor - shippingTax : order.shippingMinor),
    tax: -order.taxMinor,
  };
}

function entries({ order, payment }: OrderRecord, what: string, amounts: Amounts): Entry[] {
  return Object.entries(amounts).flatMap(([account, amountMinor]) =>
    amountMinor === 0
      ? []
      : {
          transactionId: `${payment.id}:${what}`,
          orderId: order.id,
          paymentId: payment.id,
          account: account as Entry['account'],
          currency: order.currency,
          amountMinor,
        },
  );
}
