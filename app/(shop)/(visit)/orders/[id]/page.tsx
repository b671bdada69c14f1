import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import { notFound } from 'next/navigation';
import { edgeEnv } from '@/edge/env';
import { openStores } from '@/edge/stores';
import { orderCookieName, reachesOrder } from '@/node/order-access';
import { readOrder } from '@/node/order-record';
import { orderView } from '@/node/order-view';
import { OrderView } from '../../../_order/order-view';

export const metadata: Metadata = {
  title: 'Your order',
  description: 'How your order stands.',
  robots: { index: false, follow: false },
};

/** Never kept anywhere: it is one shopper's own. */
export const dynamic = 'force-dynamic';

/** An order, for the browser that holds its cookie; for any other it is not there. */
export default async function OrderPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const jar = await cookies();
  // Which of the two names it has depends on whether the shop is reached over https.
  const name = orderCookieName(id);
  const token = (jar.get(`__Host-${name}`) ?? jar.get(name))?.value ?? null;
  if (!reachesOrder(edgeEnv().AUTH_SECRET, id, token)) notFound();
  const record = await readOrder(openStores().db, id);
  if (!record) notFound();
  return <OrderView order={orderView(record)} />;
}
