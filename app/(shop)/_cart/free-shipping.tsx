import { useId } from 'react';
import type { Money } from '@/commerce/money';
import { Amount } from '../_catalog/price';
import styles from './free-shipping.module.css';

/** How far it is to free delivery; the words are what counts. */
export function FreeShipping({ missing, subtotal, pending }: FreeShippingProps) {
  const id = useId();
  return (
    <div className={styles.free} aria-busy={pending}>
      <p id={id}>
        <Amount money={missing} /> to free delivery
      </p>
      <progress
        aria-labelledby={id}
        value={Math.max(0, subtotal.amount)}
        max={Math.max(1, subtotal.amount + missing.amount)}
      />
    </div>
  );
}

interface FreeShippingProps {
  /** What the goods lack. */
  missing: Money;
  subtotal: Money;
  /** The shop is yet to say what is missing after a change. */
  pending: boolean;
}
