import { describe, expect, it } from 'vitest';
import type { Condition } from '@/commerce/rules';
import { type Circumstances, effects, minor, only, price, promotion, told } from './examples';

const { percent } = effects;

function outcome(conditions: Condition[], cart: string, circumstances: Circumstances = {}): string {
  const ten = promotion('Ten off', percent(10), { codes: ['TEN'], conditions });
  return told(price(cart, [ten], { coupons: ['TEN'], ...circumstances }));
}

const spend = (amount: string, ...of: string[]): Condition => ({
  kind: 'subtotal',
  of: only(...of),
  fromMinor: { EUR: minor(amount) },
});
const units = (min: number, max?: number, ...of: string[]): Condition => ({
  kind: 'quantity',
  of: only(...of),
  min,
  ...(max === undefined ? {} : { max }),
});

describe('a condition', () => {
  it.each<[string, Condition, string, string]>([
    ['a price that is reached', spend('8.00'), '2 tea', 'Ten off: -0.80'],
    ['a price that is passed', spend('7.99'), '2 tea', 'Ten off: -0.80'],
    ['a price that a cent is missing of', spend('8.01'), '2 tea', 'Ten off: needs_amount'],
    ['a price of nothing', spend('0.00'), '2 tea', 'Ten off: -0.80'],
    [
      'a price of a collection, which other goods do not count for',
      spend('8.00', 'drinks'),
      '1 tea, 1 lamp',
      'Ten off: needs_amount',
    ],
    ['a price of a collection, over its lines', spend('10.00', 'drinks'), '1 tea, 1 coffee', 'Ten off: -1.05'],
    ['a price of what is not in the cart', spend('8.00', 'drinks'), '1 lamp', 'Ten off: needs_amount'],
    ['a number of units that is reached', units(3), '3 tea', 'Ten off: -1.20'],
    ['a number of units over several lines', units(3), '2 tea, 1 pen', 'Ten off: -0.81'],
    ['a number of units that one is missing of', units(3), '2 tea', 'Ten off: needs_quantity'],
    ['a number of units of a collection', units(2, undefined, 'drinks'), '1 tea, 1 lamp', 'Ten off: needs_quantity'],
    ['a number of units of which there are none', units(2, undefined, 'drinks'), '1 lamp', 'Ten off: needs_items'],
    ['a greatest number that is reached', units(1, 3), '3 tea', 'Ten off: -1.20'],
    ['a greatest number that is passed', units(1, 3), '4 tea', 'Ten off: too_many_units'],
    ['a greatest number of a collection', units(0, 0, 'kitchen'), '1 tea, 1 mug', 'Ten off: too_many_units'],
    ['none of a collection', units(0, 0, 'kitchen'), '1 tea', 'Ten off: -0.40'],
  ])('of %s', (_name, condition, cart, expected) => {
    expect(outcome([condition], cart)).toBe(expected);
  });

  it.each<[string, Condition, Circumstances, string]>([
    ['the country', { kind: 'country', in: ['DE', 'AT'] }, {}, 'Ten off: -0.40'],
    ['another country', { kind: 'country', in: ['US', 'AT'] }, {}, 'Ten off: other_country'],
    ['no country', { kind: 'country', in: [] }, {}, 'Ten off: other_country'],
    ['the currency', { kind: 'currency', in: ['EUR'] }, {}, 'Ten off: -0.40'],
    ['another currency', { kind: 'currency', in: ['USD'] }, {}, 'Ten off: other_currency'],
    [
      'a price in another currency alone',
      { kind: 'subtotal', of: null, fromMinor: { USD: 1 } },
      {},
      'Ten off: other_currency',
    ],
    ['a price in no currency', { kind: 'subtotal', of: null, fromMinor: {} }, {}, 'Ten off: other_currency'],
    ['the channel', { kind: 'channel', in: ['app'] }, { channel: 'app' }, 'Ten off: -0.40'],
    ['another channel', { kind: 'channel', in: ['app'] }, {}, 'Ten off: other_channel'],
    ['the group of customers', { kind: 'customer_group', in: ['trade'] }, { customerGroup: 'trade' }, 'Ten off: -0.40'],
    [
      'another group of customers',
      { kind: 'customer_group', in: ['trade'] },
      { customerGroup: 'staff' },
      'Ten off: other_customer_group',
    ],
    [
      'a group, where the customer is of none',
      { kind: 'customer_group', in: ['trade'] },
      {},
      'Ten off: other_customer_group',
    ],
    [
      'a first order, where there were none',
      { kind: 'first_order' },
      { customer: { orderCount: 0, uses: {} } },
      'Ten off: -0.40',
    ],
    [
      'a first order, where there was one',
      { kind: 'first_order' },
      { customer: { orderCount: 1, uses: {} } },
      'Ten off: not_first_order',
    ],
    ['a first order, where that is not known yet', { kind: 'first_order' }, {}, 'Ten off: -0.40'],
  ])('of %s', (_name, condition, circumstances, expected) => {
    expect(outcome([condition], '1 tea', circumstances)).toBe(expected);
  });

  it('must hold with all others', () => {
    const both: Condition[] = [spend('4.00'), { kind: 'country', in: ['DE'] }];
    expect(outcome(both, '1 tea')).toBe('Ten off: -0.40');
    expect(outcome(both, '1 pen')).toBe('Ten off: needs_amount');
    expect(outcome(both, '1 lamp', { country: 'AT' })).toBe('Ten off: other_country');
  });

  it('looks at prices before promotions', () => {
    const half = promotion('Half', percent(50), { priority: 1 });
    const ten = promotion('Ten off', percent(10), { conditions: [spend('8.00')] });
    expect(told(price('2 tea', [half, ten]))).toBe('Half: -4.00, Ten off: -0.40');
  });

  it('says how much is missing, in figures', () => {
    const reasonOf = (conditions: Condition[], cart: string) =>
      price(cart, [promotion('Ten off', percent(10), { conditions })]).promotions[0]?.reason;
    expect(reasonOf([spend('10.00')], '2 tea')).toEqual({
      code: 'needs_amount',
      message: 'Goods for 2.00 EUR are missing.',
      missingAmount: { amount: 200, currency: 'EUR' },
    });
    expect(reasonOf([units(3)], '1 tea')).toEqual({
      code: 'needs_quantity',
      message: '2 more units are needed.',
      missingQuantity: 2,
    });
    expect(reasonOf([units(3)], '2 tea')?.message).toBe('1 more unit is needed.');
  });
});

describe('the use of a promotion', () => {
  const counted = (used: number) => ({ customer: { orderCount: null, uses: { 'ten-off': used } } });

  it.each<[string, Partial<Parameters<typeof promotion>[2]>, Circumstances, string, boolean]>([
    ['no limit', {}, {}, 'Ten off: -0.40', false],
    ['a limit that is not reached', { usageLimit: 5 }, {}, 'Ten off: -0.40', false],
    ['a limit that is reached', { usageLimit: 5, usedUp: true }, {}, 'Ten off: used_up', false],
    [
      'a limit for each customer that is not reached',
      { usageLimitPerCustomer: 2 },
      counted(1),
      'Ten off: -0.40',
      false,
    ],
    [
      'a limit for each customer that is reached',
      { usageLimitPerCustomer: 2 },
      counted(2),
      'Ten off: used_by_customer',
      false,
    ],
    [
      'a limit for each customer that was passed',
      { usageLimitPerCustomer: 1 },
      counted(3),
      'Ten off: used_by_customer',
      false,
    ],
    [
      'a limit for each customer, and no use yet',
      { usageLimitPerCustomer: 1 },
      { customer: { orderCount: 3, uses: {} } },
      'Ten off: -0.40',
      false,
    ],
    ['a limit for each customer, who is not known', { usageLimitPerCustomer: 1 }, {}, 'Ten off: -0.40', true],
    [
      'a first order, and a customer who is not known',
      { conditions: [{ kind: 'first_order' }] },
      {},
      'Ten off: -0.40',
      true,
    ],
    [
      'a first order, and a customer who is',
      { conditions: [{ kind: 'first_order' }] },
      { customer: { orderCount: 0, uses: null } },
      'Ten off: -0.40',
      false,
    ],
  ])('with %s', (_name, more, circumstances, expected, provisional) => {
    const priced = price('1 tea', [promotion('Ten off', percent(10), { codes: ['TEN'], ...more })], {
      coupons: ['TEN'],
      ...circumstances,
    });
    expect([told(priced), priced.promotions[0]?.provisional]).toEqual([expected, provisional]);
  });
});
