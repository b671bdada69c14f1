import type { PricedShippingOption, ShippingChoice } from '@/commerce/shipping-choice';
import { Amount } from '../_catalog/price';
import styles from './checkout-view.module.css';
import { arrivalText } from './delivery-words';

/** The ways that the cart can go, each with what it costs this shopper and when it arrives; and why it cannot go others. */
export function ShippingWays({ choice, chosenId, currency, choose }: ShippingWaysProps) {
  const { items, unavailable } = choice;
  // What belongs to other countries and currencies is no way that this shopper misses.
  const missed = unavailable.filter(({ code }) => code !== 'not_in_zone' && code !== 'currency_not_priced');
  return (
    <>
      {items.length > 0 ? (
        <div className={styles.choices}>
          {items.map((option) => (
            <label key={option.id} className={styles.choice}>
              <input
                type="radio"
                name="shippingMethodId"
                value={option.id}
                checked={option.id === chosenId}
                onChange={() => choose(option.id)}
              />
              <span>
                {option.title}
                <span className={styles.hint}>{arrivalText(option, currency)}</span>
                {option.pickupAddress ? <span className={styles.hint}>{option.pickupAddress}</span> : null}
                {option.missingForFree && option.missingForFree.amount > 0 && option.price.amount > 0 ? (
                  <span className={styles.hint}>
                    Free with <Amount money={option.missingForFree} /> more in goods
                  </span>
                ) : null}
              </span>
              <OptionPrice option={option} />
            </label>
          ))}
        </div>
      ) : (
        <p className="soft">Nothing can be sent there in this currency. Choose another currency or country.</p>
      )}
      {missed.length > 0 ? (
        <ul className={styles.missed} aria-label="Not for this order">
          {missed.map(({ id, title, message }) => (
            <li key={id}>
              {title}: {message}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

interface ShippingWaysProps {
  choice: ShippingChoice;
  chosenId: string | null;
  currency: string;
  choose(id: string): void;
}

function OptionPrice({ option: { price, fullPrice } }: { option: PricedShippingOption }) {
  return (
    <span className={styles.choicePrice}>
      {price.amount < fullPrice.amount ? (
        <s className={styles.before}>
          <span className="visually-hidden">Before </span>
          <Amount money={fullPrice} />
        </s>
      ) : null}
      <span>{price.amount === 0 ? 'Free' : <Amount money={price} />}</span>
    </span>
  );
}
