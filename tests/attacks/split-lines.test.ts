import { expect, it } from 'vitest';
import { ANYBODY, priceCart } from '@/commerce/pricing';
import { promotion, shippingMethod, shopRules, taxZone, variantFacts } from '../commerce/builders';
import { effects, NOW } from '../commerce/examples';

// Lines of one variant differ by metadata, which any client writes as it likes: it must not have a price.
it('an amount off each line is not multiplied by splitting one variant into lines by metadata', () => {
  const rules = shopRules({
    taxZones: [taxZone('DE')],
    shippingMethods: [shippingMethod('post', { prices: { EUR: [{ from: 0, amountMinor: 0 }] } })],
    promotions: [promotion('two-off-a-line', effects.off('line', '2.00'))],
  });
  const variants = new Map([
    ['mug', variantFacts('mug', { prices: { EUR: { amountMinor: 950, compareAtMinor: null } } })],
  ]);
  const total = (lines: { quantity: number; metadata: Record<string, unknown> }[]) =>
    priceCart(
      {
        ...ANYBODY,
        currency: 'EUR',
        country: 'DE',
        now: NOW,
        lines: lines.map((line, index) => ({ id: `item_${index}`, variantId: 'mug', ...line })),
        coupons: [],
        shippingMethodId: null,
      },
      variants,
      rules,
    ).totals.total.amount;
  const together = total([{ quantity: 10, metadata: {} }]);
  const split = total(Array.from({ length: 10 }, (_, note) => ({ quantity: 1, metadata: { note } })));
  expect(split).toBe(together);
});
