import { describe, expect, it } from 'vitest';
import type { Effect, Promotion } from '@/commerce/rules';
import { type Circumstances, effects, group, paid, price, promotion, told } from './examples';

const { buyGet, bundle, off, percent, shipping, steps } = effects;

/** Asked for by its code, so that whatever became of it is told. */
const asked = (effect: Effect, more: Partial<Promotion> = {}) =>
  promotion('Offer', effect, { codes: ['OFFER'], ...more });

const toldOf = (cart: string, effect: Effect, more: Circumstances = {}) =>
  told(price(cart, [asked(effect)], { coupons: ['OFFER'], ...more }));

describe('a promotion on goods that are not in the cart', () => {
  it.each<[string, Effect]>([
    ['a percentage', percent(10, ['winter'])],
    ['an amount off the order', off('order', '1.00', ['winter'])],
    ['an amount off each unit', off('unit', '1.00', ['winter'])],
    ['steps of spending', steps([['10.00', '1.00']], ['winter'])],
    ['three for two', buyGet(2, 1, { buyOf: ['winter'] })],
    ['a set', bundle([[1, 'hat']], '1.00')],
  ])('says that items are needed: %s', (_name, effect) => {
    expect(toldOf('2 tea', effect)).toBe('Offer: needs_items');
  });
});

describe('a promotion without an amount in the currency', () => {
  const dollars = {
    country: 'US',
    currency: 'USD',
    changes: { tea: { prices: { USD: { amountMinor: 500, compareAtMinor: null } } } },
  };

  it.each<[string, Effect]>([
    ['a percentage up to an amount', percent(10, [], '1.00')],
    ['an amount off', off('order', '1.00')],
    ['steps of spending', steps([['1.00', '0.50']])],
    [
      'a step that is reached, and takes off nothing there',
      { kind: 'spend_steps', of: null, steps: [{ fromMinor: { USD: 100 }, amountMinor: { EUR: 50 } }] },
    ],
    ['a set', bundle([[1, 'tea']], '1.00')],
  ])('says so: %s', (_name, effect) => {
    expect(toldOf('2 tea', effect, dollars)).toBe('Offer: other_currency');
  });
});

describe('what is missing', () => {
  it('is told of the first step of spending', () => {
    const effect = steps([
      ['50.00', '5.00'],
      ['80.00', '10.00'],
    ]);
    expect(price('1 pan', [promotion('Spend', effect)]).promotions).toMatchObject([
      { reason: { code: 'needs_amount', missingAmount: { amount: 2500, currency: 'EUR' } } },
    ]);
  });

  it.each<[string, string, Effect, number, string[]]>([
    ['a third of three', '2 tea', buyGet(2, 1), 1, ['tea']],
    ['two of four', '1 tea, 1 coffee', buyGet(3, 1, { buyOf: ['drinks'], getOf: ['coffee'] }), 2, ['coffee', 'tea']],
    [
      'one to buy, beside one to get',
      '1 tea, 1 mug',
      buyGet(2, 1, { buyOf: ['tea'], getOf: ['mug'] }),
      1,
      ['mug', 'tea'],
    ],
    [
      'the mug of a set',
      '1 tea, 1 pan',
      bundle(
        [
          [1, 'tea'],
          [1, 'mug'],
        ],
        '5.00',
      ),
      1,
      ['tea'],
    ],
  ])('is told with the lines that it is about: %s', (_name, cart, effect, missing, itemIds) => {
    const [outcome] = price(cart, [promotion('Offer', effect)]).promotions;
    expect(outcome?.reason).toMatchObject({ code: 'needs_quantity', missingQuantity: missing });
    expect([...(outcome?.itemIds ?? [])].sort()).toEqual(itemIds);
  });

  it('is nothing where a set costs what its parts cost', () => {
    expect(
      toldOf(
        '1 tea, 1 mug',
        bundle(
          [
            [1, 'tea'],
            [1, 'mug'],
          ],
          '13.50',
        ),
      ),
    ).toBe('Offer: nothing_to_take_off');
  });
});

describe('promotions that were not applied', () => {
  it('are told by priority, then by id', () => {
    const winter = (title: string, priority: number) =>
      promotion(title, percent(10, ['winter']), { codes: [title], priority });
    const promotions = [winter('A', 1), winter('B', 3), winter('C', 2), winter('D', 2)];
    expect(told(price('1 tea', promotions, { coupons: ['D', 'A', 'B', 'C'] }))).toBe(
      'B: needs_items, C: needs_items, D: needs_items, A: needs_items',
    );
  });

  it.each<[string, Promotion[], string]>([
    [
      'the one that took most, of several',
      [
        promotion('A', off('order', '1.00')),
        promotion('B', off('order', '10.00')),
        promotion('C', off('order', '5.00')),
      ],
      'B',
    ],
    [
      'the first of those that took as much',
      [promotion('A', off('order', '8.00')), promotion('B', off('order', '8.00'))],
      'A',
    ],
    [
      'the one that took most off shipping',
      [promotion('A', shipping(100)), promotion('B', off('order', '4.00')), promotion('C', off('order', '4.50'))],
      'A',
    ],
  ])('name what is better than one that stands alone: %s', (_name, promotions, label) => {
    const alone = promotion('Alone', off('order', '3.00'), { exclusive: true });
    const priced = price('1 lamp', [...promotions, alone], { shippingMethodId: 'post' });
    expect(priced.promotions.at(-1)).toMatchObject({ label: 'Alone', reason: { code: 'beaten', beatenBy: { label } } });
  });
});

describe('a line with promotions of a group', () => {
  const sale = (title: string, rate: number, more: Partial<Promotion> = {}) =>
    promotion(title, percent(rate), { groupId: 'sale', ...more });
  const unapplied = (cart: string, promotions: Promotion[], coupons: string[] = []) =>
    price(cart, promotions, { coupons, rules: { promotionGroups: [group('sale')] } }).items.map((item) =>
      item.unapplied.map(({ label }) => label).join(' '),
    );

  it('names three that were beaten, and each that was asked for by its code', () => {
    const automatic = [5, 4, 3, 2, 1].map((rate) => sale(`At ${rate}`, rate, { priority: rate }));
    const coded = ['Y', 'Z'].map((title) => sale(title, 1, { codes: [title], priority: -1 }));
    expect(unapplied('1 lamp', [sale('Best', 50), ...automatic])).toEqual(['At 5 At 4 At 3']);
    expect(unapplied('1 lamp', [sale('Best', 50), ...automatic, ...coded], ['Y', 'Z'])).toEqual(['At 5 At 4 At 3 Y Z']);
  });

  it('names none that would take nothing off it', () => {
    // A tenth of 0.05 is a cent, a hundredth is none.
    expect(unapplied('1 pen', [sale('Ten', 10), sale('One', 1)])).toEqual(['']);
  });
});

describe('one that rests on what only the order knows', () => {
  it.each<[string, Partial<Promotion>, boolean]>([
    ['a first order', { conditions: [{ kind: 'first_order' }] }, true],
    ['uses by customer', { usageLimitPerCustomer: 1 }, true],
    ['neither', { conditions: [{ kind: 'quantity', of: null, min: 1 }] }, false],
  ])('is provisional: %s', (_name, more, provisional) => {
    expect(price('1 tea', [promotion('Offer', percent(10), more)]).promotions).toMatchObject([
      { status: 'applied', provisional },
    ]);
  });
});

describe('one that stands alone', () => {
  const alone = (title: string, effect: Effect, more: Partial<Promotion> = {}) =>
    promotion(title, effect, { exclusive: true, ...more });

  it.each<[string, string, Promotion[], string]>([
    [
      'is found behind a weaker one of a higher priority',
      'DE',
      [promotion('Ten', percent(10)), alone('One', percent(1), { priority: 5 }), alone('Thirty', percent(30))],
      'lamp 70.00, mug 6.65',
    ],
    [
      'gives way to those that combine, where it takes as much',
      'DE',
      [promotion('Lamp', off('line', '5.00', ['lamp'])), alone('Mug', off('line', '5.00', ['mug']))],
      'lamp 95.00, mug 9.50',
    ],
    [
      'gives way where it takes a little less, and tax is added',
      'US',
      [promotion('Lamp', percent(10, ['lamp'])), alone('Mug', percent(100, ['mug']))],
      'lamp 90.00, mug 9.50',
    ],
    [
      'is taken where it takes a little more, and tax is added',
      'US',
      [promotion('Lamp', percent(9, ['lamp'])), alone('Mug', percent(100, ['mug']))],
      'lamp 100.00, mug 0.00',
    ],
  ])('%s', (_name, country, promotions, expected) => {
    expect(paid(price('1 lamp, 1 mug', promotions, { country }))).toBe(expected);
  });
});

describe('units that may be bought or got', () => {
  it.each<[string, string, [number, number], string[], string[], string]>([
    [
      'are bought first, where others can be got',
      '2 tea, 1 coffee',
      [2, 1],
      ['tea'],
      ['drinks'],
      'tea 8.00, coffee 0.00',
    ],
    [
      'are got as far as they are not bought, the cheapest first',
      '2 tea, 1 coffee, 1 mug',
      [2, 2],
      ['drinks'],
      ['drinks', 'mug'],
      'tea 4.00, coffee 6.50, mug 0.00',
    ],
    ['are got after cheaper ones', '1 tea, 3 mug', [2, 2], ['mug'], ['tea', 'mug'], 'tea 0.00, mug 19.00'],
  ])('%s', (_name, cart, [buy, get], buyOf, getOf, expected) => {
    expect(paid(price(cart, [promotion('Offer', buyGet(buy, get, { buyOf, getOf }))]))).toBe(expected);
  });
});

describe('the units of a set', () => {
  it.each<[string, string, [number, ...string[]][], string, string]>([
    // 34.50 rather than 29.00, which the pan for the first part would make: 14.50 off in the proportion of 25.00 to 9.50.
    [
      'go first to the part that has fewer to choose from',
      '1 tea, 2 mug, 1 pan',
      [
        [1, 'pan', 'mug'],
        [1, 'pan', 'tea'],
      ],
      '20.00',
      'tea 4.00, mug 15.01, pan 14.49',
    ],
    // The second mug alone costs more than the set, and is none: 8.50 off in the proportion of 4.00 to 9.50.
    [
      'are all there, or it is none',
      '1 tea, 2 mug',
      [
        [1, 'tea'],
        [1, 'mug'],
      ],
      '5.00',
      'tea 1.48, mug 13.02',
    ],
    // The last part gets the pan of the second, which does with the coffee: 41.05 off 41.05.
    [
      'move to where they are needed, from a part that has them',
      '2 pen, 1 pan, 1 mug, 1 coffee, 1 tea',
      [
        [1, 'pen'],
        [1, 'pan', 'coffee'],
        [1, 'mug', 'tea'],
        [1, 'pan', 'mug'],
      ],
      '0.00',
      'pen 0.05, pan 0.00, mug 0.00, coffee 0.00, tea 4.00',
    ],
  ])('%s', (_name, cart, parts, amount, expected) => {
    expect(paid(price(cart, [promotion('Set', bundle(parts, amount))]))).toBe(expected);
  });
});
