import { describe, expect, it } from 'vitest';
import { applyChanges, type CartChange } from '@/app/(shop)/_cart/changes';
import type { Cart, CartItem } from '@/commerce/cart';

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
  metadata: {},
});

const cartOf = (items: CartItem[], shipping = 590): Cart => {
  const subtotal = items.reduce((sum, { total }) => sum + total.amount, 0);
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
    totals: {
      subtotal: eur(subtotal),
      discount: eur(0),
      shipping: eur(shipping),
      tax: eur(0),
      total: eur(subtotal + shipping),
      taxIncluded: true,
    },
    taxLines: [],
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
});
