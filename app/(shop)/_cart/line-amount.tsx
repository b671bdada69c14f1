import type { LineItem } from '@/commerce/cart';
import { Amount } from '../_catalog/price';
import { PromotionAmount } from './adjustments';
import styles from './line-amount.module.css';

/**
 * What a line costs, below what it would without promotions. While a change of the cart is on its way, only the latter
 * is known.
 */
export function LineAmount({ item, pending = false }: LineAmountProps) {
  const { unitPrice, quantity, total, adjustments, isGift } = item;
  const isReduced = adjustments.length > 0;
  return (
    <span className={styles.amount}>
      {isReduced ? (
        <s className={styles.before}>
          <span className="visually-hidden">Before </span>
          <Amount money={{ ...unitPrice, amount: unitPrice.amount * quantity }} />
        </s>
      ) : null}
      <span>
        <span className="visually-hidden">Together </span>
        {isGift && total.amount === 0 ? 'Free' : <PromotionAmount money={total} pending={pending && isReduced} />}
      </span>
    </span>
  );
}

interface LineAmountProps {
  item: Pick<LineItem, 'unitPrice' | 'quantity' | 'total' | 'adjustments'> & { isGift: boolean };
  pending?: boolean;
}
