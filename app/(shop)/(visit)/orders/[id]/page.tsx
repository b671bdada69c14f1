import type { Metadata } from 'next';
import type { Order } from '@/node/order-view';
import { getOrderOperation } from '@/node/orders';
import { readOwn } from '../../../_account/own-pages';
import { OrderView } from '../../../_order/order-view';

export const metadata: Metadata = {
  title: 'Your order',
  description: 'How your order stands.',
  robots: { index: false, follow: false },
};

/** Never kept anywhere: it is one shopper's own. */
export const dynamic = 'force-dynamic';

/** An order, for its account or the browser that holds its cookie; for any other it is not there. */
export default async function OrderPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const order = await readOwn<Order>(getOrderOperation, `/api/orders/${id}`, `/orders/${id}`);
  return <OrderView order={order} />;
}
