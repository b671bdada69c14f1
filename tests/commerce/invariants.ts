import { isDeepStrictEqual } from 'node:util';
import type { PricedCart } from '@/commerce/pricing';

/** What is wrong with a priced cart in itself, in words; nothing where nothing is. */
export function faultsOf(priced: PricedCart): string[] {
  const faults: string[] = [];
  const must = (holds: boolean, words: string) => {
    if (!holds) faults.push(words);
  };
  const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + BigInt(amount), 0n);
  const isSum = (whole: number, parts: readonly number[]) => BigInt(whole) === sum(parts);
  const { lines, items, totals, taxLines, shipping, promotions } = priced;
  const { subtotal, discount, tax, total, taxIncluded } = totals;

  const figures = [
    subtotal,
    discount,
    totals.shipping,
    tax,
    total,
    ...taxLines.flatMap(({ net, amount }) => [net, amount]),
  ]
    .map(({ amount }) => amount)
    .concat(lines.flatMap((line) => [line.unitPriceMinor, line.discountMinor, line.totalMinor, line.taxMinor]));
  must(
    figures.every((amount) => Number.isSafeInteger(amount) && amount >= 0 && !Object.is(amount, -0)),
    'an amount is negative, or no whole number within 2^53 - 1',
  );
  if (faults.length > 0) return faults;

  must(lines.length === items.length, 'lines and items are not as many');
  must(
    isSum(
      subtotal.amount,
      lines.map((line) => line.unitPriceMinor * line.item.quantity),
    ),
    'the subtotal is not the sum of the lines',
  );
  must(
    isSum(
      discount.amount,
      lines.map((line) => line.discountMinor),
    ),
    'the discount is not the sum of the lines',
  );
  for (const { item, unitPriceMinor, discountMinor, totalMinor } of lines) {
    const gross = unitPriceMinor * item.quantity;
    must(totalMinor === gross - discountMinor, `${item.id} does not cost its price less its discount`);
    must(item.total.amount === totalMinor, `${item.id} shows another total`);
    must(
      isSum(
        -discountMinor,
        item.adjustments.map(({ amount }) => amount.amount),
      ),
      `the adjustments of ${item.id} are not its discount`,
    );
    must(
      item.adjustments.every(({ amount }) => amount.amount < 0),
      `an adjustment of ${item.id} takes nothing off`,
    );
    must(!item.isGift || totalMinor === 0, `the gift ${item.id} costs something`);
  }
  must(
    isSum(
      tax.amount,
      taxLines.map(({ amount }) => amount.amount),
    ),
    'the tax is not the sum of the taxes',
  );
  must(sum(lines.map((line) => line.taxMinor)) <= BigInt(tax.amount), 'the lines have more tax than the cart');
  must(
    shipping !== null ||
      isSum(
        tax.amount,
        lines.map((line) => line.taxMinor),
      ),
    'the tax is not that of the lines',
  );
  must(
    isSum(total.amount, [subtotal.amount, -discount.amount, totals.shipping.amount, taxIncluded ? 0 : tax.amount]),
    'the total does not add up',
  );
  must(!taxIncluded || tax.amount <= total.amount, 'there is more tax in the total than there is total');
  if (shipping) {
    must(shipping.total.amount === totals.shipping.amount, 'shipping shows another total');
    must(
      isSum(shipping.total.amount, [shipping.price.amount, ...shipping.adjustments.map(({ amount }) => amount.amount)]),
      'the adjustments of shipping do not add up',
    );
  } else must(totals.shipping.amount === 0, 'shipping costs something without a method');

  const adjustments = [...items.flatMap((item) => item.adjustments), ...(shipping?.adjustments ?? [])];
  for (const { promotionId, label, status, amount, reason } of promotions) {
    const own = adjustments.filter((adjustment) => adjustment.promotionId === promotionId);
    must(
      isSum(
        amount.amount,
        own.map((adjustment) => adjustment.amount.amount),
      ),
      `${label} is not what it took off`,
    );
    must((status === 'applied') === (reason === null), `${label} has a reason and applied, or neither`);
  }
  const told = new Set(promotions.map(({ promotionId }) => promotionId));
  must(
    adjustments.every(({ promotionId }) => told.has(promotionId)),
    'a promotion took something off untold',
  );
  must(
    new Set(promotions.map(({ promotionId, label }) => promotionId ?? ` ${label}`)).size === promotions.length,
    'a promotion is told of twice',
  );
  return faults;
}

/** Where two prices of one cart differ, line by line (by id) and in the totals, whatever the order of the lines. */
export function differences(a: PricedCart, b: PricedCart): string[] {
  const faults: string[] = [];
  const byId = new Map(b.lines.map((line) => [line.item.id, line]));
  if (a.lines.length !== b.lines.length) faults.push('they have not as many lines');
  for (const line of a.lines) {
    const other = byId.get(line.item.id);
    if (!isDeepStrictEqual(line, other)) faults.push(`${line.item.id} differs`);
  }
  for (const part of ['totals', 'taxLines', 'shipping', 'missingForFreeShipping', 'requiresShipping'] as const) {
    if (!isDeepStrictEqual(a[part], b[part])) faults.push(`${part} differ`);
  }
  const outcomes = ({ promotions }: PricedCart) =>
    promotions.map((outcome) => ({ ...outcome, itemIds: [...outcome.itemIds].sort() }));
  if (!isDeepStrictEqual(outcomes(a), outcomes(b))) faults.push('promotions differ');
  return faults;
}
