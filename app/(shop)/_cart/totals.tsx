import type { Totals } from '@/commerce/cart';
import { Amount } from '../_catalog/price';
import styles from './totals.module.css';

/** The sums of a cart or an order, as an invoice has them. */
export function TotalsTable({ totals, shippingKnown, pending = false }: TotalsProps) {
  const { subtotal, discount, shipping, tax, total, taxIncluded } = totals;
  return (
    <dl className={styles.totals} aria-busy={pending}>
      <div>
        <dt>Goods</dt>
        <dd>
          <Amount money={subtotal} />
        </dd>
      </div>
      {discount.amount !== 0 ? (
        <div>
          <dt>Discount</dt>
          <dd>
            <Amount money={{ ...discount, amount: -Math.abs(discount.amount) }} />
          </dd>
        </div>
      ) : null}
      <div>
        <dt>Delivery</dt>
        <dd>{shippingKnown ? shipping.amount === 0 ? 'Free' : <Amount money={shipping} /> : 'Chosen at checkout'}</dd>
      </div>
      {taxIncluded ? null : (
        <div>
          <dt>Tax</dt>
          <dd>
            <Amount money={tax} />
          </dd>
        </div>
      )}
      <div className={styles.total}>
        <dt>Total</dt>
        <dd>
          <Amount money={total} />
        </dd>
      </div>
      {taxIncluded && tax.amount > 0 ? (
        <div className={styles.included}>
          <dt>Tax included</dt>
          <dd>
            <Amount money={tax} />
          </dd>
        </div>
      ) : null}
    </dl>
  );
}

interface TotalsProps {
  totals: Totals;
  /** A way of shipping is chosen, so that its price is part of the total. */
  shippingKnown: boolean;
  /** The amounts are guesses until the shop answers. */
  pending?: boolean;
}
