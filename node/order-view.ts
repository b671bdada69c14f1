import type { Address, Adjustment, LineItem, TaxLine, Totals } from '@/commerce/cart';
import type { Money } from '@/commerce/money';
import type { FulfilmentStatus, OrderPaymentStatus, OrderStatus } from '@/commerce/order-status';
import { isInvoicedNet } from '@/commerce/vat-id';
import type { OrderRecord } from './order-record';

/** An order as the API answers it. */
export interface Order {
  id: string;
  number: number;
  status: OrderStatus;
  paymentStatus: OrderPaymentStatus;
  fulfilmentStatus: FulfilmentStatus;
  email: string;
  currency: string;
  items: (Omit<LineItem, 'variantId'> & { variantId: string | null; isGift: boolean })[];
  totals: Totals;
  taxLines: TaxLine[];
  /** What promotions took off the price of shipping. */
  shippingAdjustments: Adjustment[];
  /** Of a business, as the order was placed with it; tax may have been charged all the same. */
  vatId: string | null;
  /** Whether that business owes the tax itself. */
  reverseCharge: boolean;
  shippingMethod: { id: string; title: string } | null;
  shippingAddress: Address;
  billingAddress: Address;
  payment: OrderPayment;
  createdAt: string;
  /** Reaches this order without an account; only in the answer that placed it. */
  accessToken?: string;
}

interface OrderPayment {
  status: 'requires_action' | 'processing' | 'succeeded' | 'failed' | 'refunded';
  /** Where the shopper has to go to confirm the payment. */
  redirectUrl?: string;
}

/** A record as the API shows it. */
export function orderView({ order, payment, lines, adjustments, taxLines }: OrderRecord): Order {
  const money = (amount: number): Money => ({ amount, currency: order.currency });
  const adjustmentsOf = (lineId: string | null): Adjustment[] =>
    adjustments
      .filter((adjustment) => adjustment.lineId === lineId)
      .map(({ promotionId, label, code, amountMinor }) => {
        return { source: 'promotion', label, amount: money(amountMinor), promotionId, code };
      });
  return {
    id: order.id,
    number: order.number,
    status: order.status,
    paymentStatus: order.paymentStatus,
    fulfilmentStatus: order.fulfilmentStatus,
    email: order.email,
    currency: order.currency,
    items: lines.map((line) => ({
      id: line.id,
      variantId: line.variantId,
      sku: line.sku,
      title: line.title,
      variantTitle: line.variantTitle,
      slug: line.slug,
      imageUrl: line.imageUrl,
      quantity: line.quantity,
      unitPrice: money(line.unitPriceMinor),
      total: money(line.totalMinor),
      adjustments: adjustmentsOf(line.id),
      isGift: line.isGift,
      metadata: line.metadata,
    })),
    totals: {
      subtotal: money(order.subtotalMinor),
      discount: money(order.discountMinor),
      shipping: money(order.shippingMinor),
      tax: money(order.taxMinor),
      total: money(order.totalMinor),
      taxIncluded: order.taxIncluded,
    },
    taxLines: taxLines.map(({ label, rateBps, netMinor, amountMinor }) => {
      return { label, rateBps, net: money(netMinor), amount: money(amountMinor) };
    }),
    shippingAdjustments: adjustmentsOf(null),
    vatId: order.vatId,
    reverseCharge: isInvoicedNet(order),
    shippingMethod: order.shippingMethodId ? { id: order.shippingMethodId, title: order.shippingMethodTitle } : null,
    shippingAddress: order.shippingAddress,
    billingAddress: order.billingAddress,
    payment: paymentView(order.paymentStatus, payment.redirectUrl),
    createdAt: order.createdAt.toISOString(),
  };
}

function paymentView(status: OrderPaymentStatus, redirectUrl: string | null): OrderPayment {
  switch (status) {
    case 'requires_action':
      return { status, ...(redirectUrl ? { redirectUrl } : {}) };
    case 'paid':
      return { status: 'succeeded' };
    case 'pending':
      // Asked for, and not answered yet: to the shopper that is the same.
      return { status: 'processing' };
    default:
      return { status };
  }
}
