import type { Adjustment, PromotionOutcome, Requirement, ShippingCharge, TaxLine, Totals } from '@/commerce/cart';
import type { Money } from '@/commerce/money';
import { Amount } from '../_catalog/price';
import { CodeTag, PromotionAmount } from './adjustments';
import styles from './totals.module.css';

interface TotalsProps {
  totals: Totals;
  /** The lines' reductions, to tell by promotion what the discount is made of. */
  items?: readonly { adjustments: readonly Adjustment[] }[];
  taxLines: readonly TaxLine[];
  /** Null while no way of shipping is chosen, so that its price is no part of the total, or where nothing is sent. */
  shipping: Pick<ShippingCharge, 'adjustments'> | null;
  /** What a cart still lacks: a way of shipping perhaps. */
  requirements?: readonly Requirement[];
  /** What the shop says of promotions; those that it has yet to check are marked. */
  promotions?: readonly PromotionOutcome[];
  vatId: string | null;
  reverseCharge: boolean;
  /** The amounts are guesses until the shop answers. */
  pending?: boolean;
}

/** The sums of a cart or an order, as an invoice has them. */
export function TotalsTable({
  totals,
  items = [],
  taxLines,
  shipping,
  requirements = [],
  promotions = [],
  vatId,
  reverseCharge,
  pending = false,
}: TotalsProps) {
  const { subtotal, discount, tax, total, taxIncluded } = totals;
  const isReduced = discount.amount !== 0 || (shipping?.adjustments.length ?? 0) > 0;
  const reductions = byPromotion(items, discount);
  const provisional = new Set(promotions.flatMap((each) => (each.provisional ? [each.promotionId] : [])));
  const isTaxSummed = taxLines.length === 0 && tax.amount !== 0;
  return (
    <dl className={styles.totals} aria-busy={pending}>
      <div>
        <dt>Goods</dt>
        <dd>
          <Amount money={subtotal} />
        </dd>
      </div>
      {reductions.length > 1 ? (
        <div className={styles.reduced}>
          <dt>Discounts</dt>
          <dd>
            <PromotionAmount money={negative(discount)} pending={pending} />
          </dd>
        </div>
      ) : null}
      {reductions.map((reduction) => (
        <Reduction
          key={reduction.promotionId}
          reduction={reduction}
          isPart={reductions.length > 1}
          isProvisional={provisional.has(reduction.promotionId)}
          pending={pending}
        />
      ))}
      {shipping ? (
        <Delivery price={totals.shipping} shipping={shipping} provisional={provisional} pending={pending} />
      ) : requirements.some(({ path }) => path === 'shippingMethodId') ? (
        <div>
          <dt>Delivery</dt>
          <dd>Chosen at checkout</dd>
        </div>
      ) : null}
      {taxIncluded ? null : (
        <>
          {taxLines.map((line) => (
            <TaxRow key={`${line.label} ${line.rateBps}`} line={line} pending={pending && isReduced} />
          ))}
          {isTaxSummed ? (
            <div>
              <dt>Tax</dt>
              <dd>
                <PromotionAmount money={tax} pending={pending && isReduced} />
              </dd>
            </div>
          ) : null}
          {reverseCharge ? (
            <div>
              <dt>
                VAT
                <span className={styles.note}>Reverse charge: the business {vatId} owes it.</span>
              </dt>
              <dd>
                <Amount money={tax} />
              </dd>
            </div>
          ) : null}
        </>
      )}
      <div className={styles.total}>
        <dt>{reverseCharge ? 'Total, net' : 'Total'}</dt>
        <dd>
          <PromotionAmount money={total} pending={pending && isReduced} />
        </dd>
      </div>
      {taxIncluded
        ? taxLines.map((line) => (
            <TaxRow key={`${line.label} ${line.rateBps}`} line={line} included pending={pending && isReduced} />
          ))
        : null}
      {taxIncluded && isTaxSummed ? (
        <div className={styles.included}>
          <dt>Tax included</dt>
          <dd>
            <PromotionAmount money={tax} pending={pending && isReduced} />
          </dd>
        </div>
      ) : null}
    </dl>
  );
}

function Delivery({ price, shipping: { adjustments }, provisional, pending }: DeliveryProps) {
  const off = adjustments.reduce((sum, { amount }) => sum - amount.amount, 0);
  const isUnknown = pending && off > 0;
  return (
    <>
      <div>
        <dt>Delivery</dt>
        <dd>
          {off > 0 ? (
            <s className={styles.before}>
              <span className="visually-hidden">Before </span>
              <Amount money={{ ...price, amount: price.amount + off }} />
            </s>
          ) : null}{' '}
          {price.amount === 0 && !isUnknown ? 'Free' : <PromotionAmount money={price} pending={isUnknown} />}
        </dd>
      </div>
      {adjustments.map((reduction) => (
        <Reduction
          key={reduction.promotionId}
          reduction={reduction}
          isPart
          isProvisional={provisional.has(reduction.promotionId)}
          pending={pending}
        />
      ))}
    </>
  );
}

interface DeliveryProps {
  /** After promotions. */
  price: Money;
  shipping: NonNullable<TotalsProps['shipping']>;
  provisional: ReadonlySet<string | null>;
  pending: boolean;
}

function Reduction({ reduction: { label, code, amount }, isPart, isProvisional, pending }: ReductionProps) {
  return (
    <div className={`${styles.reduced} ${isPart ? styles.part : ''}`}>
      <dt>
        {label} {code ? <CodeTag code={code} /> : null}
        {isProvisional ? <span className={styles.note}>Checked when you order.</span> : null}
      </dt>
      <dd>
        <PromotionAmount money={amount} pending={pending} />
      </dd>
    </div>
  );
}

interface ReductionProps {
  reduction: Adjustment;
  /** It is told below what it is a part of. */
  isPart: boolean;
  /** Only the order can tell whether it holds for this shopper. */
  isProvisional: boolean;
  pending: boolean;
}

function TaxRow({ line, included = false, pending }: { line: TaxLine; included?: boolean; pending: boolean }) {
  const { label, rateBps, net, amount } = line;
  return (
    <div className={included ? styles.included : ''}>
      <dt>
        {included ? 'incl. ' : ''}
        {rateText(rateBps)} {label}
        <span className={styles.note}>
          on <PromotionAmount money={net} pending={pending} />
        </span>
      </dt>
      <dd>
        <PromotionAmount money={amount} pending={pending} />
      </dd>
    </div>
  );
}

/** `19 %`: basis points as percent, exact. */
function rateText(rateBps: number): string {
  return `${new Intl.NumberFormat('en', { maximumFractionDigits: 4 }).format(rateBps / 100)} %`;
}

/** What each promotion took off the goods; one row without a name where the lines do not tell. */
function byPromotion(items: readonly { adjustments: readonly Adjustment[] }[], discount: Money): Adjustment[] {
  const found = new Map<string, Adjustment>();
  for (const adjustment of items.flatMap(({ adjustments }) => adjustments)) {
    const known = found.get(adjustment.promotionId);
    const amount = adjustment.amount.amount + (known?.amount.amount ?? 0);
    found.set(adjustment.promotionId, { ...adjustment, amount: { ...adjustment.amount, amount } });
  }
  if (found.size > 0 || discount.amount === 0) return [...found.values()];
  return [{ source: 'promotion', label: 'Discount', amount: negative(discount), promotionId: '', code: null }];
}

const negative = ({ amount, currency }: Money): Money => ({ amount: 0 - Math.abs(amount), currency });
