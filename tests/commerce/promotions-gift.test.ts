import { describe, expect, it } from 'vitest';
import { effects, paid, price, promotion, type shelf, told } from './examples';

const { gift, percent } = effects;
const pen = (quantity = 1) => promotion('A pen', gift('pen', quantity), { codes: ['PEN'] });
const given = { coupons: ['PEN'] };
const left = (available: number, policy: 'deny' | 'continue' = 'deny') => ({ pen: { available, policy } });

describe('a gift', () => {
  it.each<[string, string, number, Parameters<typeof shelf>[0], string, string]>([
    ['is given', '1 tea', 1, {}, 'tea 4.00, pen as a gift', 'A pen: -0.05'],
    ['is given several times', '1 tea', 3, {}, 'tea 4.00, pen as a gift', 'A pen: -0.15'],
    ['is given beside the same goods that are bought', '2 pen', 1, {}, 'pen 0.10, pen as a gift', 'A pen: -0.05'],
    ['is given down to the last', '1 tea', 2, left(2), 'tea 4.00, pen as a gift', 'A pen: -0.10'],
    ['is not given when there is none', '1 tea', 1, left(0), 'tea 4.00', 'A pen: gift_unavailable'],
    ['is not given when there are too few', '1 tea', 2, left(1), 'tea 4.00', 'A pen: gift_unavailable'],
    ['is not given when the cart takes the last', '1 pen', 1, left(1), 'pen 0.05', 'A pen: gift_unavailable'],
    [
      'is given when it can be sold without stock',
      '1 tea',
      1,
      left(0, 'continue'),
      'tea 4.00, pen as a gift',
      'A pen: -0.05',
    ],
    ['is not given where it is not sold', '1 tea', 1, { pen: { prices: {} } }, 'tea 4.00', 'A pen: gift_unavailable'],
    [
      'is not given where it alone would have to be sent',
      '1 tea',
      1,
      { tea: { requiresShipping: false } },
      'tea 4.00',
      'A pen: gift_unavailable',
    ],
    [
      'is given where nothing has to be sent',
      '1 tea',
      1,
      { tea: { requiresShipping: false }, pen: { requiresShipping: false } },
      'tea 4.00, pen as a gift',
      'A pen: -0.05',
    ],
    [
      'that costs nothing anyway is given',
      '1 tea',
      1,
      { pen: { prices: { EUR: { amountMinor: 0, compareAtMinor: null } } } },
      'tea 4.00, pen as a gift',
      'A pen: 0.00',
    ],
  ])('%s', (_name, cart, quantity, changes, expected, outcome) => {
    const priced = price(cart, [pen(quantity)], { ...given, changes });
    expect([paid(priced), told(priced)]).toEqual([expected, outcome]);
  });

  it('is not given to an empty cart', () => {
    const priced = price('', [pen()], given);
    expect([paid(priced), told(priced)]).toEqual(['', 'A pen: needs_items']);
  });

  it('that is in no catalog is not given', () => {
    const priced = price('1 tea', [promotion('Gone', gift('gone'), { codes: ['PEN'] })], given);
    expect([paid(priced), told(priced)]).toEqual(['tea 4.00', 'Gone: gift_unavailable']);
  });

  it('that is too dear for any cart is not given, and does no harm', () => {
    const changes = { pen: { prices: { EUR: { amountMinor: Number.MAX_SAFE_INTEGER, compareAtMinor: null } } } };
    const priced = price('1 tea', [pen()], { ...given, changes });
    expect([paid(priced), told(priced)]).toEqual(['tea 4.00', 'A pen: gift_unavailable']);
  });

  it('is a line with its price, and an adjustment of as much', () => {
    const { items, lines, totals } = price('1 tea', [pen(2)], given);
    expect(items[1]).toMatchObject({
      id: 'gift_a-pen',
      variantId: 'pen',
      quantity: 2,
      isGift: true,
      unitPrice: { amount: 5, currency: 'EUR' },
      total: { amount: 0, currency: 'EUR' },
      adjustments: [{ label: 'A pen', promotionId: 'a-pen', code: 'PEN', amount: { amount: -10, currency: 'EUR' } }],
    });
    expect(lines[1]).toMatchObject({ unitPriceMinor: 5, discountMinor: 10, totalMinor: 0, taxMinor: 0 });
    expect([totals.subtotal.amount, totals.discount.amount, totals.total.amount]).toEqual([410, 10, 400]);
  });

  it('goes to the promotion with the higher priority, where only one is left', () => {
    const promotions = [promotion('Second', gift('pen')), promotion('First', gift('pen'), { priority: 1 })];
    const priced = price('1 tea', promotions, { changes: left(1) });
    expect(paid(priced)).toBe('tea 4.00, pen as a gift');
    expect(told(priced)).toBe('First: -0.05, Second: gift_unavailable');
  });

  it('is given by each of several promotions', () => {
    const promotions = [promotion('A pen', gift('pen')), promotion('A book', gift('book'))];
    expect(paid(price('1 tea', promotions))).toBe('tea 4.00, book as a gift, pen as a gift');
  });

  it('is no part of what other promotions see', () => {
    const of = { collectionIds: ['paper'] };
    const paper = promotion('Paper', percent(10), { conditions: [{ kind: 'quantity', of, min: 1 }] });
    expect(paid(price('1 tea', [pen(), paper], given))).toBe('tea 4.00, pen as a gift');
  });
});
