import { describe, expect, it } from 'vitest';
import { effects, paid, price, promotion } from './examples';

const { off, steps } = effects;

describe('a fixed amount', () => {
  it.each<[string, string, string, string[], string]>([
    ['each unit of a line', '3 tea', '0.50', [], 'tea 10.50'],
    ['each unit of each line', '2 tea, 1 coffee, 1 mug', '0.75', [], 'tea 6.50, coffee 5.75, mug 8.75'],
    ['each unit of a collection', '2 tea, 1 coffee, 1 mug', '0.75', ['drinks'], 'tea 6.50, coffee 5.75, mug 9.50'],
    ['units that cost less, which are free then', '2 pen, 1 tea', '0.10', [], 'pen 0.00, tea 3.90'],
    ['units, to the cent', '7 sock', '0.01', [], 'sock 23.24'],
  ])('is taken off %s', (_name, cart, amount, of, expected) => {
    expect(paid(price(cart, [promotion('Less', off('unit', amount, of))]))).toBe(expected);
  });

  it.each<[string, string, string, string[], string]>([
    ['each line once', '3 tea, 1 mug', '2.00', [], 'tea 10.00, mug 7.50'],
    // Two lines of one variant are one to it: 1.00 in the proportion of 4.00 to 8.00.
    ['lines of the same goods together', '1 tea, 2 tea', '1.00', [], 'tea 3.67, tea/2 7.33'],
    ['lines of a collection', '3 tea, 1 mug', '2.00', ['kitchen'], 'tea 12.00, mug 7.50'],
    ['a line that costs less, which is free then', '1 tea, 1 mug', '5.00', [], 'tea 0.00, mug 4.50'],
  ])('is taken off %s', (_name, cart, amount, of, expected) => {
    expect(paid(price(cart, [promotion('Less', off('line', amount, of))]))).toBe(expected);
  });

  it.each<[string, string, string, string[], string]>([
    ['one line', '3 scarf', '10.00', [], 'scarf 49.97'],
    ['two lines in proportion', '1 lamp, 1 pan', '12.50', [], 'lamp 90.00, pan 22.50'],
    ['two equal lines', '1 mug, 1 mug', '1.00', [], 'mug 9.00, mug/2 9.00'],
    ['two equal lines with an odd cent, which the later one bears', '1 mug, 1 mug', '0.01', [], 'mug 9.50, mug/2 9.49'],
    ['three equal lines with two odd cents', '1 tea, 1 tea, 1 tea', '0.02', [], 'tea 4.00, tea/2 3.99, tea/3 3.99'],
    ['three equal lines without any', '1 tea, 1 tea, 1 tea', '0.03', [], 'tea 3.99, tea/2 3.99, tea/3 3.99'],
    ['three lines with an odd cent', '1 tea, 1 coffee, 1 mug', '1.00', [], 'tea 3.80, coffee 6.18, mug 9.02'],
    ['a cent off what costs most', '1 lamp, 1 pen', '0.01', [], 'lamp 99.99, pen 0.05'],
    ['nearly everything', '1 tea, 1 pen', '4.00', [], 'tea 0.05, pen 0.00'],
    ['everything, and no more than that', '1 tea, 1 mug', '50.00', [], 'tea 0.00, mug 0.00'],
    ['a collection only', '1 lamp, 1 tea', '5.00', ['house'], 'lamp 95.00, tea 4.00'],
    ['two lines of a collection', '1 tea, 1 coffee, 1 lamp', '2.10', ['drinks'], 'tea 3.20, coffee 5.20, lamp 100.00'],
  ])('is taken once off %s', (_name, cart, amount, of, expected) => {
    expect(paid(price(cart, [promotion('Less', off('order', amount, of))]))).toBe(expected);
  });

  it('is the same whatever the order of the cart', () => {
    const less = [promotion('Less', off('order', '1.00'))];
    expect(paid(price('1 mug, 1 coffee, 1 tea', less))).toBe('mug 9.02, coffee 6.18, tea 3.80');
    expect(paid(price('1 coffee, 1 tea, 1 mug', less))).toBe('coffee 6.18, tea 3.80, mug 9.02');
  });
});

describe('steps of what is spent', () => {
  const ladder = steps([
    ['50.00', '5.00'],
    ['100.00', '15.00'],
    ['200.00', 10],
  ]);

  it.each<[string, string, string]>([
    ['nothing below the first', '1 pan', 'pan 25.00'],
    ['nothing a cent below the first', '1 lamp at 49.99', 'lamp 49.99'],
    ['the first on reaching it', '2 pan', 'pan 45.00'],
    // 64.84 less 5.00, in proportion: 18.4485 and 41.3915.
    ['the first, spread over the lines', '1 scarf, 3 hat', 'scarf 18.45, hat 41.39'],
    ['the first a cent below the second', '1 lamp at 99.99', 'lamp 94.99'],
    ['the second alone, not both', '1 lamp', 'lamp 85.00'],
    ['a percentage, where that is what the step says', '2 lamp', 'lamp 180.00'],
  ])('give %s', (_name, cart, expected) => {
    expect(paid(price(cart, [promotion('Spend', ladder)]))).toBe(expected);
  });

  it.each<[string, string, string]>([
    ['is not enough of it', '1 mug, 5 tea', 'mug 9.50, tea 20.00'],
    ['is enough of it', '1 pan, 3 tea', 'pan 23.00, tea 12.00'],
    ['is none of it', '1 lamp', 'lamp 100.00'],
  ])('look at a collection alone, where there %s', (_name, cart, expected) => {
    expect(paid(price(cart, [promotion('Spend', steps([['20.00', '2.00']], ['kitchen']))]))).toBe(expected);
  });

  it('count prices before promotions, and take from what those have left', () => {
    const half = promotion('Half', effects.percent(50), { priority: 1 });
    // 50.00 was reached, though 25.00 is left.
    expect(paid(price('2 pan', [half, promotion('Spend', ladder)]))).toBe('pan 20.00');
  });
});
