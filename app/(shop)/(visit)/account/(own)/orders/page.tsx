import type { Metadata } from 'next';
import Link from 'next/link';
import type { Order } from '@/node/order-view';
import { listOrdersOperation } from '@/node/orders';
import styles from '../../../../_account/account.module.css';
import { accountWords, dayText, orderStatusText } from '../../../../_account/account-words';
import { readOwn } from '../../../../_account/own-pages';
import { first } from '../../../../_account/problem-of-address';
import { Picture } from '../../../../_catalog/picture';
import { Amount } from '../../../../_catalog/price';

const words = accountWords.orders;

export const metadata: Metadata = { title: words.title, robots: { index: false } };

const PAGE_SIZE = '20';

interface OrdersPageProps {
  searchParams: Promise<{ [name: string]: string | string[] | undefined }>;
}

export default async function OrdersPage({ searchParams }: OrdersPageProps) {
  const cursor = first((await searchParams).cursor);
  const query = new URLSearchParams({ limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) });
  const { items, nextCursor } = await readOwn<{ items: Order[]; nextCursor: string | null }>(
    listOrdersOperation,
    `/api/orders?${query}`,
    '/account/orders',
  );
  return (
    <>
      <h1>{words.title}</h1>
      {items.length > 0 ? (
        <ul className={styles.list}>
          {items.map((order) => (
            <li key={order.id} className={styles.order}>
              <Picture src={order.items[0]?.imageUrl ?? null} alt="" shape="square" className={styles.thumb ?? ''} />
              <div>
                <h2 className={styles.orderTitle}>
                  <Link href={`/orders/${order.id}`} prefetch={false}>
                    {words.number(order.number)}
                  </Link>
                </h2>
                <p className={styles.small}>
                  <time dateTime={order.createdAt}>{dayText(order.createdAt)}</time>,{' '}
                  {words.goods(order.items.reduce((count, { quantity }) => count + quantity, 0))}
                </p>
              </div>
              <p className={styles.sum}>
                <Amount money={order.totals.total} />
                <span className={styles.small}>{orderStatusText(order)}</span>
              </p>
            </li>
          ))}
        </ul>
      ) : (
        <>
          <p className={styles.lead}>{words.none}</p>
          <p>
            <Link href="/search" className="button">
              {words.look}
            </Link>
          </p>
        </>
      )}
      {cursor !== undefined || nextCursor !== null ? (
        <p className={styles.pages}>
          {nextCursor === null ? null : (
            <Link
              href={`/account/orders?${new URLSearchParams({ cursor: nextCursor })}`}
              className="button quiet"
              prefetch={false}
            >
              {words.older}
            </Link>
          )}
          {cursor === undefined ? null : (
            <Link href="/account/orders" className="button quiet" prefetch={false}>
              {words.newest}
            </Link>
          )}
        </p>
      ) : null}
    </>
  );
}
