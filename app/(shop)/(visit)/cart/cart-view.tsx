'use client';

import Link from 'next/link';
import { useEffect, useRef } from 'react';
import type { Cart, CartItem } from '@/commerce/cart';
import { Adjustments } from '../../_cart/adjustments';
import { useCart } from '../../_cart/cart-provider';
import { CodeField } from '../../_cart/code-field';
import { FreeShipping } from '../../_cart/free-shipping';
import { LineAmount } from '../../_cart/line-amount';
import { reasonText, unappliedText, withinReach } from '../../_cart/promotion-words';
import { QuantityField } from '../../_cart/quantity-field';
import { TotalsTable } from '../../_cart/totals';
import { Picture } from '../../_catalog/picture';
import { Amount, Price } from '../../_catalog/price';
import { ReferencePrice } from '../../_catalog/reference-price';
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
              <Lines items={cart.items} warnings={cart.warnings} pending={pending} />
            </section>
            <section aria-labelledby="sum" className={styles.sum}>
              <h2 id="sum">Summary</h2>
              {cart.missingForFreeShipping ? (
                <FreeShipping missing={cart.missingForFreeShipping} subtotal={cart.totals.subtotal} pending={pending} />
              ) : null}
              <WithinReach promotions={cart.promotions} pending={pending} />
              <TotalsTable {...cart} pending={pending} />
              <CodeField cart={cart} />
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

/** What a little more would bring. */
function WithinReach({ promotions, pending }: { promotions: Cart['promotions']; pending: boolean }) {
  const near = withinReach(promotions);
  if (near.length === 0) return null;
  return (
    <ul className={styles.near} aria-label="Within reach" aria-busy={pending}>
      {near.map(({ promotionId, label, reason }) => (
        <li key={promotionId}>
          {label}: <span className="soft">{reasonText(reason)}</span>
        </li>
      ))}
    </ul>
  );
}

function Lines({ items, warnings, pending }: LinesProps) {
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
          <Line item={item} warnings={warnings.filter(({ path }) => isAt(path, index))} pending={pending} />
        </li>
      ))}
    </ul>
  );
}

interface LinesProps {
  items: CartItem[];
  warnings: Cart['warnings'];
  pending: boolean;
}

/** Warnings name their line as `items.0` or `items.0.quantity`. */
function isAt(path: string, index: number): boolean {
  return path === `items.${index}` || path.startsWith(`items.${index}.`);
}

function Line({ item, warnings, pending }: { item: CartItem; warnings: { message: string }[]; pending: boolean }) {
  const href = `/products/${item.slug}?variant=${item.variantId}`;
  const { adjustments, unapplied, isGift } = item;
  return (
    <article className={styles.line} aria-label={isGift ? `Gift: ${item.title}` : item.title}>
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
        {isGift ? null : <UnitPrice item={item} pending={pending} />}
        {warnings.map(({ message }) => (
          <p key={message} className={styles.warning}>
            {message}
          </p>
        ))}
      </div>
      {adjustments.length > 0 || unapplied.length > 0 ? (
        <div className={styles.reasons}>
          <Adjustments adjustments={adjustments} pending={pending} />
          {unapplied.map((each) => (
            <p key={each.promotionId} className={styles.unit}>
              {unappliedText(each)}
            </p>
          ))}
        </div>
      ) : null}
      {isGift ? (
        <p className={styles.gift}>
          <span className={styles.giftTag}>Gift</span>
          {item.quantity > 1 ? <span className={styles.unit}>× {item.quantity}</span> : null}
        </p>
      ) : (
        <Controls item={item} />
      )}
      <p className={styles.total}>
        <LineAmount item={item} pending={pending} />
      </p>
    </article>
  );
}

function UnitPrice({ item: { unitPrice, price }, pending }: { item: CartItem; pending: boolean }) {
  const { compareAt, lowestPrior, label, nextTier } = price;
  return (
    <>
      <p className={styles.unit}>
        <Price price={unitPrice} compareAt={compareAt} /> each{label ? `, ${label}` : ''}
      </p>
      {compareAt && lowestPrior ? <ReferencePrice lowestPrior={lowestPrior} className={styles.reference} /> : null}
      {nextTier ? (
        <p className={styles.tier} aria-busy={pending}>
          {nextTier.missing} more: <Amount money={nextTier.unitPrice} /> each
        </p>
      ) : null}
    </>
  );
}

function Controls({ item }: { item: CartItem }) {
  const { setQuantity, remove } = useCart();
  const unconfirmed = item.id.startsWith('pending-');
  return (
    <div className={styles.how}>
      <QuantityField
        size="small"
        value={item.quantity}
        max={999}
        label={`Quantity of ${item.title}`}
        disabled={unconfirmed}
        onChange={(quantity) => setQuantity(item.id, quantity)}
      />
      <button type="button" className={`plain ${styles.remove}`} disabled={unconfirmed} onClick={() => remove(item.id)}>
        Remove<span className="visually-hidden"> {item.title}</span>
      </button>
    </div>
  );
}
