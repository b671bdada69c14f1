'use client';

import Link from 'next/link';
import { useEffect, useRef } from 'react';
import type { CartItem } from '@/commerce/cart';
import { useCart } from '../../_cart/cart-provider';
import { QuantityField } from '../../_cart/quantity-field';
import { TotalsTable } from '../../_cart/totals';
import { Picture } from '../../_catalog/picture';
import { Amount } from '../../_catalog/price';
import styles from './cart-view.module.css';

export function CartView() {
  const { cart, failed, pending, reload } = useCart();

  return (
    <div className={`page ${styles.cart}`}>
      <h1>Your cart</h1>
      {cart ? (
        cart.items.length > 0 ? (
          <div className={styles.columns}>
            <section aria-label="What is in your cart">
              <Lines items={cart.items} warnings={cart.warnings} />
            </section>
            <section aria-labelledby="sum" className={styles.sum}>
              <h2 id="sum">Summary</h2>
              <TotalsTable totals={cart.totals} pending={pending} shippingKnown={cart.shippingMethodId !== null} />
              <Link href="/checkout" prefetch={false} className="button wide">
                Check out
              </Link>
              <p className={styles.note}>You see the whole price, with delivery and tax, before you pay.</p>
            </section>
          </div>
        ) : (
          <div className={styles.empty}>
            <p>Nothing in it yet.</p>
            <Link href="/search" className="button">
              Look at the cloth
            </Link>
          </div>
        )
      ) : failed ? (
        <div className="notice" role="alert">
          <p>Your cart could not be reached just now. What you put in it is safe.</p>
          <button type="button" className="plain" onClick={() => void reload().catch(() => {})}>
            Try again
          </button>
        </div>
      ) : (
        <>
          <p className={styles.loading} role="status">
            Fetching your cart…
          </p>
          <noscript>
            <p className="notice">The cart needs JavaScript, which this browser does not run.</p>
          </noscript>
        </>
      )}
    </div>
  );
}

function Lines({ items, warnings }: { items: CartItem[]; warnings: { path: string; message: string }[] }) {
  const list = useRef<HTMLUListElement>(null);
  const count = useRef(items.length);
  // A line that goes takes the focus with it; it is put on the list, where the reading was.
  useEffect(() => {
    if (items.length < count.current && document.activeElement === document.body) list.current?.focus();
    count.current = items.length;
  }, [items.length]);

  return (
    <ul className={styles.lines} ref={list} tabIndex={-1}>
      {items.map((item, index) => (
        <li key={item.id}>
          <Line item={item} warnings={warnings.filter(({ path }) => isAt(path, index))} />
        </li>
      ))}
    </ul>
  );
}

/** Warnings name their line as `items.0` or `items.0.quantity`. */
function isAt(path: string, index: number): boolean {
  return path === `items.${index}` || path.startsWith(`items.${index}.`);
}

function Line({ item, warnings }: { item: CartItem; warnings: { message: string }[] }) {
  const { setQuantity, remove } = useCart();
  const unconfirmed = item.id.startsWith('pending-');
  const href = `/products/${item.slug}?variant=${item.variantId}`;
  return (
    <article className={styles.line} aria-label={item.title}>
      <Link href={href} prefetch={false} tabIndex={-1} aria-hidden="true" className={styles.picture}>
        <Picture src={item.imageUrl} alt="" />
      </Link>
      <div className={styles.what}>
        <h2 className={styles.title}>
          <Link href={href} prefetch={false}>
            {item.title}
          </Link>
        </h2>
        {item.variantTitle ? <p className="soft">{item.variantTitle}</p> : null}
        <p className={styles.unit}>
          <Amount money={item.unitPrice} /> each
        </p>
        {warnings.map(({ message }) => (
          <p key={message} className={styles.warning}>
            {message}
          </p>
        ))}
      </div>
      <div className={styles.how}>
        <QuantityField
          size="small"
          value={item.quantity}
          max={999}
          label={`Quantity of ${item.title}`}
          disabled={unconfirmed}
          onChange={(quantity) => setQuantity(item.id, quantity)}
        />
        <button
          type="button"
          className={`plain ${styles.remove}`}
          disabled={unconfirmed}
          onClick={() => remove(item.id)}
        >
          Remove<span className="visually-hidden"> {item.title}</span>
        </button>
      </div>
      <p className={styles.total}>
        <span className="visually-hidden">Together </span>
        <Amount money={item.total} />
      </p>
    </article>
  );
}
