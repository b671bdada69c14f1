import type { Adjustment } from '@/commerce/cart';
import { Amount } from '../_catalog/price';
import styles from './adjustments.module.css';

/** What promotions took off something, one below the other. */
export function Adjustments({ adjustments, pending = false, className = '' }: AdjustmentsProps) {
  if (adjustments.length === 0) return null;
  return (
    <ul className={`${styles.adjustments} ${className}`}>
      {adjustments.map(({ promotionId, label, code, amount }) => (
        <li key={promotionId}>
          <span>
            {label} {code ? <CodeTag code={code} /> : null}
          </span>
          <PromotionAmount money={amount} pending={pending} />
        </li>
      ))}
    </ul>
  );
}

interface AdjustmentsProps {
  adjustments: readonly Adjustment[];
  /** What they take off is unknown until the shop answers. */
  pending?: boolean;
  className?: string | undefined;
}

/** The code that a promotion was entered by. */
export function CodeTag({ code }: { code: string }) {
  return <span className={styles.code}>{code}</span>;
}

/** An amount that promotions have a hand in: until the shop has answered a change, nobody knows it. */
export function PromotionAmount({ money, pending }: { money: Adjustment['amount']; pending: boolean }) {
  if (!pending) return <Amount money={money} />;
  return (
    <span>
      <span aria-hidden="true">…</span>
      <span className="visually-hidden">being worked out</span>
    </span>
  );
}
