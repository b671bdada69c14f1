import { describe, expect, it } from 'vitest';
import type { Promotion, PromotionGroup } from '@/commerce/rules';
import { type Circumstances, effects, group, minor, paid, price, promotion, STATES, told } from './examples';

const { buyGet, gift, off, percent, shipping } = effects;

function outcome(
  cart: string,
  promotions: Promotion[],
  groups: PromotionGroup[] = [],
  more: Circumstances = {},
): string[] {
  const priced = price(cart, promotions, { ...more, rules: { ...more.rules, promotionGroups: groups } });
  return [paid(priced), told(priced)];
}

describe('promotions one after the other', () => {
  it.each<[string, string, Promotion[], string, string]>([
    [
      'compound, the higher priority first',
      '1 lamp',
      [promotion('Ten', percent(10)), promotion('Twenty', percent(20), { priority: 1 })],
      'lamp 72.00',
      'Twenty: -20.00, Ten: -8.00',
    ],
    [
      'go by their ids, where they have the same priority',
      '1 lamp',
      [promotion('B', percent(20)), promotion('A', percent(10))],
      'lamp 72.00',
      'A: -10.00, B: -18.00',
    ],
    [
      'take a percentage before an amount',
      '1 lamp',
      [promotion('Ten', percent(10), { priority: 2 }), promotion('Five', off('order', '5.00'), { priority: 1 })],
      'lamp 85.00',
      'Ten: -10.00, Five: -5.00',
    ],
    [
      'take an amount before a percentage',
      '1 lamp',
      [promotion('Ten', percent(10), { priority: 1 }), promotion('Five', off('order', '5.00'), { priority: 2 })],
      'lamp 85.50',
      'Five: -5.00, Ten: -9.50',
    ],
    [
      'round once each',
      '1 sock',
      [promotion('A', percent(10)), promotion('B', percent(10)), promotion('C', percent(10))],
      // 3.33 less 0.33, less 0.30, less 0.27.
      'sock 2.43',
      'A: -0.33, B: -0.30, C: -0.27',
    ],
    [
      'stop at nothing',
      '1 tea',
      [
        promotion('A', off('order', '3.00')),
        promotion('B', off('order', '3.00')),
        promotion('C', off('order', '3.00'), { codes: [] }),
      ],
      'tea 0.00',
      'A: -3.00, B: -1.00',
    ],
    [
      'concern lines of their own',
      '1 lamp, 1 tea',
      [promotion('House', percent(10, ['house'])), promotion('Drinks', percent(50, ['drinks']))],
      'lamp 90.00, tea 2.00',
      'Drinks: -2.00, House: -10.00',
    ],
    [
      'concern lines in part',
      '1 lamp, 1 tea',
      [promotion('All', percent(10), { priority: 1 }), promotion('Drinks', percent(50, ['drinks']))],
      'lamp 90.00, tea 1.80',
      'All: -10.40, Drinks: -1.80',
    ],
  ])('%s', (_name, cart, promotions, expected, words) => {
    expect(outcome(cart, promotions)).toEqual([expected, words]);
  });
});

describe('promotions of a group', () => {
  const sale = (title: string, effect: Promotion['effect'], more: Partial<Promotion> = {}) =>
    promotion(title, effect, { groupId: 'sale', ...more });

  it.each<[string, string, Promotion[], string, string]>([
    [
      'give each line the best of them',
      '1 lamp, 1 tea',
      [sale('Ten', percent(10)), sale('Five euros', off('line', '5.00'))],
      // 10.00 is more than 5.00 off the lamp; 4.00 is more than 0.40 off the tea.
      'lamp 90.00, tea 0.00',
      'Five euros: -4.00, Ten: -10.00',
    ],
    [
      'never add up on a line',
      '1 lamp',
      [sale('Ten', percent(10)), sale('Twenty', percent(20)), sale('Fifteen', percent(15))],
      'lamp 80.00',
      'Twenty: -20.00, Fifteen: beaten, Ten: beaten',
    ],
    [
      'of two that take as much go by their priority',
      '1 lamp',
      [sale('A', percent(10)), sale('B', off('line', '10.00'), { priority: 1 })],
      'lamp 90.00',
      'B: -10.00, A: beaten',
    ],
    [
      'of two that take as much, of one priority, go by their ids',
      '1 lamp',
      [sale('B', percent(10)), sale('A', off('line', '10.00'))],
      'lamp 90.00',
      'A: -10.00, B: beaten',
    ],
    [
      'add up with others',
      '1 lamp',
      [sale('Ten', percent(10)), sale('Twenty', percent(20)), promotion('Half', percent(50), { priority: -1 })],
      'lamp 40.00',
      'Twenty: -20.00, Half: -40.00, Ten: beaten',
    ],
    [
      'have their turn by the priority of the group',
      '1 lamp',
      [sale('Ten', percent(10), { priority: 9 }), promotion('Five', off('order', '5.00'), { priority: 5 })],
      // 5.00, then a tenth of 95.00.
      'lamp 85.50',
      'Five: -5.00, Ten: -9.50',
    ],
    [
      'may each win a line of their own',
      '1 tea, 1 mug',
      [sale('Drinks', percent(10, ['drinks'])), sale('Kitchen', percent(10, ['kitchen']))],
      'tea 3.60, mug 8.55',
      'Drinks: -0.40, Kitchen: -0.95',
    ],
    [
      'lose what an amount would have taken off a line that another one won',
      '1 lamp, 1 pan',
      // 12.50 would be 10.00 and 2.50.
      [sale('Twelve fifty', off('order', '12.50')), sale('Fifth', percent(20, ['pan']))],
      'lamp 90.00, pan 20.00',
      'Fifth: -5.00, Twelve fifty: -10.00',
    ],
    [
      'are three for two or a percentage, whichever is more',
      '3 tea, 1 lamp',
      [sale('Three for two', buyGet(2, 1, { buyOf: ['drinks'] })), sale('Ten', percent(10))],
      'tea 8.00, lamp 90.00',
      'Ten: -10.00, Three for two: -4.00',
    ],
  ])('%s', (_name, cart, promotions, expected, words) => {
    expect(outcome(cart, promotions, [group('sale', 0)])).toEqual([expected, words]);
  });

  it('say on the line which of them were beaten, and by what', () => {
    const promotions = [sale('Ten', percent(10)), sale('Twenty', percent(20), { codes: ['XX'] })];
    const rules = { promotionGroups: [group('sale')] };
    const { items } = price('1 lamp', promotions, { rules, coupons: ['XX'] });
    expect(items[0]?.unapplied).toEqual([
      {
        source: 'promotion',
        label: 'Ten',
        promotionId: 'ten',
        code: null,
        reason: {
          code: 'beaten',
          message: 'XX is better for you, and cannot be combined with this.',
          beatenBy: { promotionId: 'twenty', label: 'Twenty', code: 'XX' },
        },
      },
    ]);
  });

  it('that is not there leaves its promotions to themselves', () => {
    expect(outcome('1 lamp', [sale('Ten', percent(10)), sale('Twenty', percent(20))])).toEqual([
      'lamp 72.00',
      'Ten: -10.00, Twenty: -18.00',
    ]);
  });
});

describe('an exclusive promotion', () => {
  const alone = (title: string, effect: Promotion['effect'], more: Partial<Promotion> = {}) =>
    promotion(title, effect, { exclusive: true, ...more });
  const ten = promotion('Ten', percent(10));
  const five = promotion('Five', percent(5));

  it.each<[string, string, Promotion[], string, string]>([
    ['applies, where there is no other', '1 lamp', [alone('Thirty', percent(30))], 'lamp 70.00', 'Thirty: -30.00'],
    [
      'applies alone, where it is better',
      '1 lamp',
      [alone('Thirty', percent(30)), ten, five],
      'lamp 70.00',
      'Thirty: -30.00, Five: beaten, Ten: beaten',
    ],
    [
      'does not apply, where the others together are better',
      '1 lamp',
      [alone('Twelve', percent(12)), ten, five],
      'lamp 85.50',
      'Five: -5.00, Ten: -9.50, Twelve: beaten',
    ],
    [
      'gives way to the others, where they are as good',
      '1 lamp',
      [alone('Ten alone', percent(10)), ten],
      'lamp 90.00',
      'Ten: -10.00, Ten alone: beaten',
    ],
    [
      'is the best of several',
      '1 lamp',
      [alone('Twelve', percent(12)), alone('Thirteen', percent(13)), alone('Eleven', percent(11)), ten],
      'lamp 87.00',
      'Thirteen: -13.00, Eleven: beaten, Ten: beaten, Twelve: beaten',
    ],
    [
      'is the one with the higher priority, where two are as good',
      '1 lamp',
      [alone('A', percent(10)), alone('B', off('order', '10.00'), { priority: 1 })],
      'lamp 90.00',
      'B: -10.00, A: beaten',
    ],
    [
      'is better for one cart',
      '1 lamp, 1 tea',
      [alone('Half of the house', percent(50, ['house'])), ten],
      'lamp 50.00, tea 4.00',
      'Half of the house: -50.00, Ten: beaten',
    ],
    [
      'is not for another',
      '1 lamp, 11 lamp, 99 pan',
      [alone('Ten euros', off('order', '10.00')), ten],
      'lamp 90.00, lamp/2 990.00, pan 2227.50',
      'Ten: -367.50, Ten euros: beaten',
    ],
    [
      'that gives something applies, where nothing else does',
      '1 lamp',
      [alone('A pen', gift('pen'))],
      'lamp 100.00, pen as a gift',
      'A pen: -0.05',
    ],
    [
      'that gives something does not cost a reduction',
      '1 lamp',
      [alone('A pen', gift('pen')), ten],
      'lamp 90.00',
      'Ten: -10.00, A pen: beaten',
    ],
  ])('%s', (_name, cart, promotions, expected, words) => {
    expect(outcome(cart, promotions)).toEqual([expected, words]);
  });

  it('is compared with shipping', () => {
    const free = alone('Free', shipping(100));
    const post = { shippingMethodId: 'post' };
    // 4.90 for sending is more than a tenth of 25.00, and less than a tenth of 100.00.
    expect(outcome('1 pan', [free, ten], [], post)).toEqual(['pan 25.00', 'Free: -4.90, Ten: beaten']);
    expect(outcome('1 lamp', [free, ten], [], post)).toEqual(['lamp 90.00', 'Ten: -10.00, Free: beaten']);
  });

  it('is compared with the tax that is added', () => {
    // Goods without tax less 10.00, or taxed goods less 9.50 and with them 0.95 of tax.
    const rates = { standard: [{ label: 'Sales tax', rateBps: 1000, compound: false }], none: [] };
    const taxZones = [{ ...STATES, rates }];
    const changes = { lamp: { taxClass: 'none' } };
    const promotions = [
      alone('Off the lamp', off('order', '10.00', ['lamp'])),
      alone('Off the pan', off('order', '9.50', ['pan'])),
    ];
    const more: Circumstances = { country: 'US', changes, rules: { taxZones } };
    expect(outcome('1 lamp, 1 pan', promotions, [], more)).toEqual([
      'lamp 100.00, pan 15.50',
      'Off the pan: -9.50, Off the lamp: beaten',
    ]);
  });
});

describe('what is told of promotions', () => {
  it('names what applied, then codes, then what a shopper is close to', () => {
    const close = promotion('Close', percent(10), {
      conditions: [{ kind: 'subtotal', of: null, fromMinor: { EUR: minor('99.00') } }],
    });
    const abroad = promotion('Abroad', percent(10), { conditions: [{ kind: 'country', in: ['US'] }] });
    const coded = promotion('Coded', percent(10), { codes: ['CODE'], usedUp: true });
    const priced = price('1 tea', [close, abroad, coded, promotion('Ten', percent(10))], { coupons: ['CODE'] });
    expect(told(priced)).toBe('Ten: -0.40, Coded: used_up, Close: needs_amount');
  });

  it('is at most twenty that did not apply and were not asked for', () => {
    const conditions = [{ kind: 'quantity' as const, of: null, min: 2 }];
    const promotions = Array.from({ length: 50 }, (_, index) =>
      promotion(`P${index + 10}`, percent(1), { conditions }),
    );
    expect(price('1 tea', promotions).promotions).toHaveLength(20);
  });

  it('names the lines', () => {
    const { promotions } = price('1 tea, 1 mug, 1 coffee', [promotion('Drinks', percent(10, ['drinks']))]);
    expect(promotions[0]?.itemIds.toSorted()).toEqual(['coffee', 'tea']);
  });
});
