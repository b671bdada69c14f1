import { formatMoney, type Money } from '@/commerce/money';
import { localeOf } from '../currencies';
import styles from './price.module.css';

/** Money as people write it in the currency's own place, with a true minus: no line ends behind that. */
export function Amount({ money }: { money: Money }) {
  return <span className="numeric">{formatMoney(money, localeOf(money.currency)).replace('-', '−')}</span>;
}

/** What something costs, and what it cost before. */
export function Price({ price, compareAt, from }: { price: Money; compareAt?: Money | null; from?: boolean }) {
  return (
    <span className={styles.price} data-reduced={compareAt ? '' : undefined}>
      <span>
        {from ? <span className={styles.from}>from </span> : null}
        {compareAt ? <span className="visually-hidden">Now </span> : null}
        <Amount money={price} />
      </span>
      {compareAt ? (
        <s className={styles.before}>
          <span className="visually-hidden">Before </span>
          <Amount money={compareAt} />
        </s>
      ) : null}
    </span>
  );
}
