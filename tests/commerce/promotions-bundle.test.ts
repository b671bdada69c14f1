import { describe, expect, it } from 'vitest';
import { effects, paid, price, promotion, told } from './examples';

const { bundle, percent } = effects;

describe('a pan and a mug for 30.00 instead of 34.50', () => {
  const set = (maxTimes: number | null = null) =>
    promotion(
      'Kitchen set',
      bundle(
        [
          [1, 'pan'],
          [1, 'mug'],
        ],
        '30.00',
        maxTimes,
      ),
    );

  it.each<[string, string, string]>([
    // 4.50 in the proportion of 25.00 to 9.50: 3.26 and 1.24.
    ['one of each', '1 pan, 1 mug', 'pan 21.74, mug 8.26'],
    ['two of each', '2 pan, 2 mug', 'pan 43.48, mug 16.52'],
    ['a pan more', '2 pan, 1 mug', 'pan 46.74, mug 8.26'],
    ['other goods beside it', '1 pan, 1 mug, 1 tea', 'pan 21.74, mug 8.26, tea 4.00'],
    ['a part missing', '3 pan', 'pan 75.00'],
  ])('with %s', (_name, cart, expected) => {
    expect(paid(price(cart, [set()]))).toBe(expected);
  });

  it('is made as often as it says', () => {
    expect(paid(price('2 pan, 2 mug', [set(1)]))).toBe('pan 46.74, mug 17.76');
  });

  it('takes no more from a part than is left of it', () => {
    const free = promotion('Free mugs', percent(100, ['mug']), { priority: 1 });
    expect(paid(price('1 pan, 1 mug', [set(), free]))).toBe('pan 21.74, mug 0.00');
  });
});

describe('a set', () => {
  it.each<[string, string, [number, ...string[]][], string, string]>([
    ['of two alike', '2 mug', [[2, 'mug']], '15.00', 'mug 15.00'],
    ['of two alike, and one more', '3 mug', [[2, 'mug']], '15.00', 'mug 24.50'],
    ['of two alike, twice', '4 mug', [[2, 'mug']], '15.00', 'mug 30.00'],
    // 8.27 in the proportion of 19.99, 14.95 and 3.33.
    [
      'of three of a collection',
      '1 scarf, 1 hat, 1 sock',
      [[3, 'winter']],
      '30.00',
      'scarf 15.67, hat 11.72, sock 2.61',
    ],
    // The scarf and the hat, 14.94 less.
    ['of two, of the dearest', '1 scarf, 1 hat, 1 sock', [[2, 'winter']], '20.00', 'scarf 11.44, hat 8.56, sock 3.33'],
    // Two socks cost less than the set does.
    [
      'where a second one would be dearer',
      '1 scarf, 1 hat, 2 sock',
      [[2, 'winter']],
      '15.00',
      'scarf 8.58, hat 6.42, sock 6.66',
    ],
    [
      'that costs as much as its parts',
      '1 tea, 1 mug',
      [
        [1, 'tea'],
        [1, 'mug'],
      ],
      '13.50',
      'tea 4.00, mug 9.50',
    ],
    [
      'that costs more than its parts',
      '1 tea, 1 mug',
      [
        [1, 'tea'],
        [1, 'mug'],
      ],
      '15.00',
      'tea 4.00, mug 9.50',
    ],
    [
      'a cent cheaper than its parts',
      '1 tea, 1 mug',
      [
        [1, 'tea'],
        [1, 'mug'],
      ],
      '13.49',
      'tea 4.00, mug 9.49',
    ],
    [
      'that is free',
      '1 pan, 1 mug',
      [
        [1, 'pan'],
        [1, 'mug'],
      ],
      '0.00',
      'pan 0.00, mug 0.00',
    ],
    // The part that has less to choose from chooses first: 3.50 in the proportion of 4.00 to 6.50.
    [
      'of a tea and any drink',
      '1 tea, 1 coffee',
      [
        [1, 'drinks'],
        [1, 'tea'],
      ],
      '7.00',
      'tea 2.67, coffee 4.33',
    ],
    // The pan would do for the first part too, and then the second one would lack a unit. 8.50 off 38.50.
    [
      'of parts that want the same unit',
      '1 tea, 1 pan, 1 mug',
      [
        [1, 'tea', 'pan'],
        [2, 'pan', 'mug'],
      ],
      '30.00',
      'tea 3.12, pan 19.48, mug 7.40',
    ],
    [
      'of parts that want the same units, one of them short',
      '1 tea, 1 pan',
      [
        [1, 'tea', 'pan'],
        [2, 'pan', 'mug'],
      ],
      '20.00',
      'tea 4.00, pan 25.00',
    ],
    [
      'of a tea and any drink, of tea alone',
      '2 tea',
      [
        [1, 'tea'],
        [1, 'drinks'],
      ],
      '7.00',
      'tea 7.00',
    ],
  ])('%s', (_name, cart, parts, amount, expected) => {
    expect(paid(price(cart, [promotion('Set', bundle(parts, amount))]))).toBe(expected);
  });

  it.each<[string, string, string]>([
    ['a part', '1 pan', 'Set: needs_quantity'],
    ['everything', '1 tea', 'Set: needs_items'],
    ['nothing', '1 pan, 1 mug', 'Set: -4.50'],
  ])('says what it needs where %s is missing', (_name, cart, expected) => {
    const set = promotion(
      'Set',
      bundle(
        [
          [1, 'pan'],
          [1, 'mug'],
        ],
        '30.00',
      ),
      { codes: ['SET'] },
    );
    expect(told(price(cart, [set], { coupons: ['SET'] }))).toBe(expected);
  });
});
