import { expect, it } from 'vitest';
import { toDecimal } from '@/commerce/money';
import { ANYBODY, type PricingInput } from '@/commerce/pricing';
import type { ShippingMethod } from '@/commerce/rules';
import { priceShippingOptions } from '@/commerce/shipping-choice';
import { effects, NOW, promotion, shelf, shippingMethod, shop } from './examples';

const METHODS = [
  shippingMethod('post', '4.90'),
  shippingMethod('express', '9.90', { minDays: 0, maxDays: 1 }),
  shippingMethod('bike', '6.00', { limits: { maxQuantity: 1 } }),
];

function choice(
  variantId: string,
  quantity: number,
  promotions = [promotion('Express', effects.shipping(60, ['express']))],
  more: Partial<PricingInput> & { methods?: ShippingMethod[] } = {},
) {
  const { methods = METHODS, ...input } = more;
  return priceShippingOptions(
    {
      ...ANYBODY,
      currency: 'EUR',
      country: 'DE',
      now: NOW,
      lines: [{ id: 'a', variantId, quantity, metadata: {} }],
      coupons: [],
      shippingMethodId: null,
      ...input,
    },
    shelf({ book: { requiresShipping: false } }),
    shop({ promotions, shippingMethods: methods }),
  );
}

const words = ({ items }: ReturnType<typeof choice>) =>
  items.map(({ id, price, fullPrice }) => `${id} ${toDecimal(price)} of ${toDecimal(fullPrice)}`);

it('ways of shipping cost what is left after promotions, the cheapest first', () => {
  expect(words(choice('mug', 1))).toEqual(['express 3.96 of 9.90', 'post 4.90 of 4.90', 'bike 6.00 of 6.00']);
});

it('ways that cost as much come by their latest day, then in the order of the shop', () => {
  const free = [promotion('Free', effects.shipping(100))];
  const methods = ['b', 'a', 'c'].map((id) => shippingMethod(id, id === 'c' ? '9.90' : '4.90'));
  methods[2] = { ...methods[2]!, minDays: 0, maxDays: 1 };
  expect(words(choice('mug', 1, free, { methods }))).toEqual(['c 0.00 of 9.90', 'b 0.00 of 4.90', 'a 0.00 of 4.90']);
  expect(words(choice('mug', 1, free, { methods: methods.reverse() }))).toEqual([
    'c 0.00 of 9.90',
    'a 0.00 of 4.90',
    'b 0.00 of 4.90',
  ]);
});

it('the way that is chosen already changes no other', () => {
  expect(choice('mug', 1, [], { shippingMethodId: 'express' })).toEqual(choice('mug', 1, []));
});

it('ways that a cart cannot go are told apart, with their reason', () => {
  const { items, unavailable } = choice('mug', 2);
  expect(items.map(({ id }) => id)).toEqual(['express', 'post']);
  expect(unavailable).toMatchObject([{ id: 'bike', code: 'too_many_items', quantity: 2, maxQuantity: 1 }]);
});

it('without anything to send, each way shows its own price', () => {
  expect(words(choice('book', 1))).toEqual(['post 4.90 of 4.90', 'bike 6.00 of 6.00', 'express 9.90 of 9.90']);
});
