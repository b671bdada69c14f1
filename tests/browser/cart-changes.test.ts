import { describe, expect, it } from 'vitest';
import { applyChanges, type CartChange } from '@/app/(shop)/_cart/changes';
import type { Adjustment, Cart, CartItem } from '@/commerce/cart';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

const item = (id: string, amount: number, quantity: number): CartItem => ({
  id,
  variantId: `var_${id}`,
  sku: id,
  title: id,
  variantTitle: '',
  slug: id,
  imageUrl: null,
  quantity,
  unitPrice: eur(amount),
  total: eur(amount * quantity),
  adjustments: [],
  unapplied: [],
  price: { source: 'base', label: null, compareAt: null, lowestPrior: null, nextTier: null },
  isGift: false,
  metadata: {},
});

const off = (promotionId: string, amount: number): Adjustment => ({
  source: 'promotion',
  label: promotionId,
  amount: eur(-amount),
  promotionId,
  code: null,
});

const cartOf = (items: CartItem[], shipping = 590): Cart => {
  const subtotal = items.reduce((sum, { unitPrice, quantity }) => sum + unitPrice.amount * quantity, 0);
  const goods = items.reduce((sum, { total }) => sum + total.amount, 0);
  return {
    id: 'cart_1',
    version: 1,
    currency: 'EUR',
    country: 'DE',
    email: null,
    shippingAddress: null,
    billingAddress: null,
    items,
    coupons: [],
    shippingMethodId: 'standard',
    vatId: null,
    reverseCharge: false,
    channel: 'web',
    shipping: {
      methodId: 'standard',
      title: 'Standard',
      price: eur(shipping),
      adjustments: [],
      total: eur(shipping),
    },
    totals: {
      subtotal: eur(subtotal),
      discount: eur(subtotal - goods),
      shipping: eur(shipping),
      tax: eur(0),
      total: eur(goods + shipping),
      taxIncluded: true,
    },
    taxLines: [],
    promotions: [],
    missingForFreeShipping: null,
    requirements: [],
    warnings: [],
  };
};

const preview = { sku: 'c', title: 'c', variantTitle: '', slug: 'c', imageUrl: null, unitPrice: eur(250) };

describe('A cart with changes that are not confirmed yet', () => {
  const cart = cartOf([item('a', 1_000, 2), item('b', 300, 1)]);

  it.each<[string, CartChange[], { items: [string, number][]; subtotal: number; total: number }]>([
    [
      'is the cart itself without any',
      [],
      {
        items: [
          ['a', 2],
          ['b', 1],
        ],
        subtotal: 2_300,
        total: 2_890,
      },
    ],
    [
      'shows another quantity',
      [{ kind: 'quantity', itemId: 'a', quantity: 5 }],
      {
        items: [
          ['a', 5],
          ['b', 1],
        ],
        subtotal: 5_300,
        total: 5_890,
      },
    ],
    [
      'shows the last of several',
      [
        { kind: 'quantity', itemId: 'a', quantity: 5 },
        { kind: 'quantity', itemId: 'a', quantity: 1 },
      ],
      {
        items: [
          ['a', 1],
          ['b', 1],
        ],
        subtotal: 1_300,
        total: 1_890,
      },
    ],
    ['lacks what was removed', [{ kind: 'remove', itemId: 'a' }], { items: [['b', 1]], subtotal: 300, total: 890 }],
    [
      'adds to the line of the same variant',
      [{ kind: 'add', variantId: 'var_b', quantity: 3, preview }],
      {
        items: [
          ['a', 2],
          ['b', 4],
        ],
        subtotal: 3_200,
        total: 3_790,
      },
    ],
    [
      'gets a line for another variant',
      [{ kind: 'add', variantId: 'var_c', quantity: 2, preview }],
      {
        items: [
          ['a', 2],
          ['b', 1],
          ['pending-var_c', 2],
        ],
        subtotal: 2_800,
        total: 3_390,
      },
    ],
    [
      'guesses no prices of another currency',
      [{ kind: 'currency', currency: 'JPY' }],
      {
        items: [
          ['a', 2],
          ['b', 1],
        ],
        subtotal: 2_300,
        total: 2_890,
      },
    ],
    [
      'forgets a change to a line that is gone',
      [
        { kind: 'remove', itemId: 'a' },
        { kind: 'quantity', itemId: 'a', quantity: 9 },
      ],
      { items: [['b', 1]], subtotal: 300, total: 890 },
    ],
  ])('%s', (_, changes, expected) => {
    const changed = applyChanges(cart, changes)!;
    expect(changed.items.map(({ id, quantity }) => [id, quantity])).toEqual(expected.items);
    expect(changed.totals.subtotal).toEqual(eur(expected.subtotal));
    expect(changed.totals.total).toEqual(eur(expected.total));
  });

  it('leaves the confirmed cart as it is', () => {
    const before = structuredClone(cart);
    applyChanges(cart, [
      { kind: 'quantity', itemId: 'a', quantity: 9 },
      { kind: 'remove', itemId: 'b' },
    ]);
    expect(cart).toEqual(before);
  });

  it('does not add up two currencies', () => {
    const dollars = { ...preview, unitPrice: { amount: 250, currency: 'USD' } };
    expect(applyChanges(cart, [{ kind: 'add', variantId: 'var_c', quantity: 1, preview: dollars }])).toBe(cart);
  });

  describe('that promotions have a hand in', () => {
    const reduced = { ...item('a', 1_000, 2), total: eur(1_600), adjustments: [off('summer', 400)] };
    const gift = {
      ...item('gift_tote', 2_500, 1),
      variantId: 'var_tote',
      total: eur(0),
      adjustments: [off('tote', 2_500)],
      isGift: true,
    };
    const discounted = cartOf([reduced, item('b', 300, 1), gift]);

    it('counts goods before promotions, since nobody can guess what is taken off another quantity', () => {
      const changed = applyChanges(discounted, [{ kind: 'quantity', itemId: 'a', quantity: 3 }])!;
      expect(changed.totals.subtotal).toEqual(eur(3_000 + 300 + 2_500));
      expect(changed.items[0]!.total).toEqual(eur(3_000));
    });

    it('keeps the words of promotions where they are, so that nothing moves under the finger', () => {
      const changed = applyChanges(discounted, [{ kind: 'quantity', itemId: 'a', quantity: 3 }])!;
      expect(changed.items[0]!.adjustments.map(({ label }) => label)).toEqual(['summer']);
    });

    it('adds what is bought beside the same thing as a gift, and leaves gifts last', () => {
      const bought = { ...preview, unitPrice: eur(2_500) };
      const changed = applyChanges(discounted, [{ kind: 'add', variantId: 'var_tote', quantity: 1, preview: bought }])!;
      expect(changed.items.map(({ id, quantity }) => [id, quantity])).toEqual([
        ['a', 2],
        ['b', 1],
        ['pending-var_tote', 1],
        ['gift_tote', 1],
      ]);
    });

    it('takes out of the subtotal what a line cost before promotions', () => {
      const changed = applyChanges(discounted, [{ kind: 'remove', itemId: 'a' }])!;
      expect(changed.totals.subtotal).toEqual(eur(300 + 2_500));
    });
  });
});
