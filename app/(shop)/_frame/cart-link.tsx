'use client';

import Link from 'next/link';
import { useCart } from '../_cart/cart-provider';
import { BagIcon } from '../_catalog/icons';
import styles from './cart-link.module.css';

/** The way to the cart, with how many things lie in it. */
export function CartLink() {
  const { count } = useCart();
  return (
    <Link href="/cart" prefetch={false} className={styles.link}>
      <BagIcon />
      <span>Cart</span>
      <span className={styles.count} data-empty={count === 0 ? '' : undefined}>
        {count > 0 ? count : null}
        {count > 0 ? <span className="visually-hidden">{count === 1 ? ' item' : ' items'}</span> : null}
      </span>
    </Link>
  );
}
