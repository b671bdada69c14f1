import type { Money } from '@/commerce/money';
import { Amount } from './price';

/** The price that the announcement of a reduction has to show (Directive 98/6/EC, Article 6a). */
export function ReferencePrice({ lowestPrior, className }: { lowestPrior: Money; className?: string | undefined }) {
  return (
    <small className={className}>
      Lowest price of the last 30 days: <Amount money={lowestPrior} />
    </small>
  );
}
