'use client';

import Link from 'next/link';
import { useEffect } from 'react';
import useSWR from 'swr';
import type { Order } from '@/node/order-view';
import { Adjustments } from '../_cart/adjustments';
import { useCart } from '../_cart/cart-provider';
import { LineAmount } from '../_cart/line-amount';
import { TotalsTable } from '../_cart/totals';
import { Picture } from '../_catalog/picture';
import { addressLines } from '../_checkout/address-lines';
import { callApi } from '../api';
import { localeOf } from '../currencies';
import styles from './order-view.module.css';

/** How often a waiting page asks again. */
const ASK_EVERY_MS = 1_500;

/** How an order stands. While its payment is on the way, the page asks until it is known. */
export function OrderView({ order: atFirst }: { order: Order }) {
  const { data: order = atFirst } = useSWR<Order>(
    `/api/orders/${atFirst.id}`,
    (path: string) => callApi<Order>('GET', path),
    {
      fallbackData: atFirst,
      refreshInterval: (latest) => (isWaiting(latest ?? atFirst) ? ASK_EVERY_MS : 0),
      dedupingInterval: 1_000,
    },
  );
  const { reload } = useCart();
  const { status } = order;
  // The shop empties the cart of an order that was paid, and keeps that of one that was not.
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for anew whenever the order has moved.
  useEffect(() => {
    reload().catch(() => {});
  }, [reload, status]);

  const { title, text, next } = wordsFor(order);
  return (
    <div className={`page ${styles.order}`}>
      <header className={styles.head}>
        <p className="label">
          Order {order.number}, placed on{' '}
          <time dateTime={order.createdAt}>
            {new Date(order.createdAt).toLocaleDateString(localeOf(order.currency), {
              day: 'numeric',
              month: 'long',
              year: 'numeric',
              timeZone: 'UTC',
            })}
          </time>
        </p>
        <div role="status">
          <h1>{title}</h1>
          <p className={styles.text}>{text}</p>
        </div>
        {next ? (
          <a href={next.href} className="button">
            {next.label}
          </a>
        ) : null}
        {isWaiting(order) ? <div className={styles.shuttle} aria-hidden="true" /> : null}
      </header>

      <div className={styles.columns}>
        <section aria-labelledby="goods">
          <h2 id="goods">What you ordered</h2>
          <ul className={styles.lines}>
            {order.items.map((item) => (
              <li key={item.id}>
                <Picture src={item.imageUrl} alt="" className={styles.thumb ?? ''} />
                <div>
                  <Link href={`/products/${item.slug}`}>{item.title}</Link>
                  <span className={styles.soft}>
                    {[item.variantTitle, `× ${item.quantity}`, item.isGift ? '(gift)' : ''].filter(Boolean).join(' ')}
                  </span>
                </div>
                <LineAmount item={item} />
                <Adjustments adjustments={item.adjustments} className={styles.off} />
              </li>
            ))}
          </ul>
        </section>

        <div className={styles.side}>
          <section aria-labelledby="sum">
            <h2 id="sum">Summary</h2>
            <TotalsTable
              {...order}
              shipping={order.shippingMethod ? { adjustments: order.shippingAdjustments } : null}
            />
            {order.vatId ? <p className={`${styles.soft} ${styles.vat}`}>VAT id of the buyer: {order.vatId}</p> : null}
          </section>
          <section aria-labelledby="to">
            <h2 id="to">Where it goes</h2>
            <address className={styles.address}>
              {addressLines(order.shippingAddress).map((line) => (
                <span key={line}>{line}</span>
              ))}
            </address>
            {order.shippingMethod ? <p className={styles.soft}>{order.shippingMethod.title}</p> : null}
            <p className={styles.soft}>We write to {order.email}.</p>
          </section>
        </div>
      </div>
    </div>
  );
}

/** The shop is still to hear of the payment. */
function isWaiting({ status, paymentStatus }: Order): boolean {
  return status === 'pending' && paymentStatus !== 'requires_action';
}

function wordsFor({ status, paymentStatus, fulfilmentStatus, payment }: Order): {
  title: string;
  text: string;
  next?: { label: string; href: string };
} {
  if (status === 'cancelled' && paymentStatus === 'failed') {
    return {
      title: 'The payment did not go through',
      text: 'You have not been charged and nothing will be sent. Your cart is as you left it.',
      next: { label: 'Back to checkout', href: '/checkout' },
    };
  }
  if (status === 'cancelled') {
    return {
      title: 'This order was cancelled',
      text: paymentStatus === 'refunded' ? 'What you paid has been sent back.' : 'What you paid is on its way back.',
    };
  }
  if (paymentStatus === 'refunded') {
    return { title: 'Your money is on its way back', text: 'All of what you paid for this order has been returned.' };
  }
  if (status === 'confirmed') {
    return fulfilmentStatus === 'fulfilled'
      ? { title: 'It is on its way', text: 'Your parcel has left the mill.' }
      : {
          title: 'Thank you',
          text: 'Your order is confirmed and paid. We have written to you, and will again when it leaves the mill.',
        };
  }
  if (paymentStatus === 'requires_action') {
    return {
      title: 'One more step',
      text: 'Your bank wants you to confirm the payment. Your order waits for it.',
      ...(payment.redirectUrl ? { next: { label: 'Confirm with your bank', href: payment.redirectUrl } } : {}),
    };
  }
  return {
    title: 'Waiting for your payment',
    text: 'Your order is placed. The payment is being confirmed; this page will say so by itself.',
  };
}
