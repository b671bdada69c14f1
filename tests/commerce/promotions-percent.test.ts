import { describe, expect, it } from 'vitest';
import { effects, paid, price, promotion, told } from './examples';

const { percent } = effects;

describe('a percentage off', () => {
  it.each<[string, string, number, string[], string]>([
    ['a line', '1 tea', 10, [], 'tea 3.60'],
    ['all units of a line', '3 tea', 10, [], 'tea 10.80'],
    ['each line', '3 tea, 1 mug', 10, [], 'tea 10.80, mug 8.55'],
    // 4.9975 is 5.00.
    ['a line, rounded half up', '1 scarf', 25, [], 'scarf 14.99'],
    // 0.999 is 1.00, where three times 0.333 would be 0.99.
    ['a line, rounded once and not for each unit', '3 sock', 10, [], 'sock 8.99'],
    [
      'lines of the same goods, each rounded by itself',
      '1 sock, 1 sock, 1 sock',
      10,
      [],
      'sock 3.00, sock/2 3.00, sock/3 3.00',
    ],
    ['five cents: half a cent is one', '1 pen', 10, [], 'pen 0.04'],
    ['five cents: less than half a cent is none', '1 pen', 9.99, [], 'pen 0.05'],
    ['everything', '2 mug', 100, [], 'mug 0.00'],
    ['nothing', '2 mug', 0, [], 'mug 19.00'],
    ['a collection', '1 tea, 1 mug', 50, ['drinks'], 'tea 2.00, mug 9.50'],
    ['two collections', '1 tea, 1 mug, 1 lamp', 50, ['drinks', 'kitchen'], 'tea 2.00, mug 4.75, lamp 100.00'],
    ['single goods', '1 tea, 1 coffee', 10, ['tea'], 'tea 3.60, coffee 6.50'],
    ['goods that are not in the cart', '1 coffee', 10, ['tea'], 'coffee 6.50'],
    ['a third', '1 lamp', 33.33, [], 'lamp 66.67'],
    ['a hundredth of a per cent', '1 lamp', 0.01, [], 'lamp 99.99'],
    ['as many as a line can hold', '999 lamp', 1, [], 'lamp 98901.00'],
  ])('is taken off %s', (_name, cart, rate, of, expected) => {
    expect(paid(price(cart, [promotion('Sale', percent(rate, of))]))).toBe(expected);
  });

  it.each<[string, string, string, string]>([
    ['is not reached', '1 pan', '15.00', 'pan 20.00'],
    ['is just reached', '3 pan', '15.00', 'pan 60.00'],
    ['is passed by a cent', '3 pan', '14.99', 'pan 60.01'],
    ['is passed', '1 lamp', '15.00', 'lamp 85.00'],
    ['is passed by two lines, which share it in proportion', '1 lamp, 1 pan', '10.00', 'lamp 92.00, pan 23.00'],
    // 5 % would be 0.20, 0.325 and 0.475: of the two that lie halfway the mug, which comes later, bears the odd cent.
    ['is passed by three, with an odd cent', '1 tea, 1 coffee, 1 mug', '1.00', 'tea 3.80, coffee 6.18, mug 9.02'],
    ['is nothing', '1 lamp', '0.00', 'lamp 100.00'],
  ])('of 20 takes no more than a cap that %s', (_name, cart, cap, expected) => {
    expect(paid(price(cart, [promotion('Sale', percent(20, [], cap))]))).toBe(expected);
  });

  it('says nothing in a currency that its cap has no amount for', () => {
    const changes = { tea: { prices: { USD: { amountMinor: 500, compareAtMinor: null } } } };
    const capped = promotion('Sale', percent(20, [], '1.00'), { codes: ['SALE'] });
    const priced = price('1 tea', [capped], { currency: 'USD', country: 'US', coupons: ['SALE'], changes });
    expect([paid(priced), told(priced)]).toEqual(['tea 5.00', 'Sale: other_currency']);
  });
});
