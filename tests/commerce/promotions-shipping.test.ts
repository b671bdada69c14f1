import { describe, expect, it } from 'vitest';
import { toDecimal } from '@/commerce/money';
import type { Promotion } from '@/commerce/rules';
import { type Circumstances, effects, group, minor, price, promotion, shippingMethod, told } from './examples';

const { percent, shipping } = effects;
const post = { shippingMethodId: 'post' };

function sent(promotions: Promotion[], circumstances: Circumstances = post): string {
  return toDecimal(price('1 tea', promotions, circumstances).totals.shipping);
}

describe('what is taken off 4.90 for sending', () => {
  it.each<[string, Promotion[], string]>([
    ['nothing', [], '4.90'],
    ['all of it', [promotion('Free', shipping(100))], '0.00'],
    ['half', [promotion('Half', shipping(50))], '2.45'],
    // 1.617
    ['a third, rounded half up', [promotion('Third', shipping(33))], '3.28'],
    ['half of it for this way alone', [promotion('Half', shipping(50, ['post']))], '2.45'],
    ['nothing for another way', [promotion('Half', shipping(50, ['express']))], '4.90'],
    ['half of the half', [promotion('Half', shipping(50)), promotion('Half again', shipping(50))], '1.22'],
    ['nothing by what is off goods', [promotion('Sale', percent(50))], '4.90'],
  ])('is %s', (_name, promotions, expected) => {
    expect(sent(promotions)).toBe(expected);
  });

  it('is the most that one of a group takes', () => {
    const promotions = [50, 20, 70].map((rate) => promotion(`Less ${rate}`, shipping(rate), { groupId: 'sending' }));
    const rules = { promotionGroups: [group('sending')] };
    const priced = price('1 tea', promotions, { ...post, rules });
    expect(toDecimal(priced.totals.shipping)).toBe('1.47');
    expect(told(priced)).toBe('Less 70: -3.43, Less 20: beaten, Less 50: beaten');
  });

  it('is told as an adjustment of the charge', () => {
    const { shipping: charge } = price('1 tea', [promotion('Free', shipping(100), { codes: ['FREE'] })], {
      ...post,
      coupons: ['FREE'],
    });
    expect(charge).toEqual({
      methodId: 'post',
      title: 'post',
      price: { amount: 490, currency: 'EUR' },
      adjustments: [
        {
          source: 'promotion',
          label: 'Free',
          promotionId: 'free',
          code: 'FREE',
          amount: { amount: -490, currency: 'EUR' },
        },
      ],
      total: { amount: 0, currency: 'EUR' },
    });
  });

  it.each<[string, Circumstances, string]>([
    ['no way of shipping is chosen', { shippingMethodId: null }, 'Free: shipping_not_chosen'],
    ['nothing has to be sent', { ...post, changes: { tea: { requiresShipping: false } } }, 'Free: nothing_to_take_off'],
    ['it costs nothing already', { shippingMethodId: 'pickup' }, 'Free: nothing_to_take_off'],
    ['it is for other ways', { shippingMethodId: 'express' }, 'Free: other_shipping_method'],
    ['it is applied', post, 'Free: -4.90'],
  ])('is explained where %s', (_name, circumstances, expected) => {
    const rules = {
      shippingMethods: [
        ['post', '4.90'],
        ['express', '9.90'],
        ['pickup', '0.00'],
      ].map(([id, amount]) => shippingMethod(id!, amount!)),
    };
    const free = promotion('Free', shipping(100, ['post', 'pickup']), { codes: ['FREE'] });
    expect(told(price('1 tea', [free], { coupons: ['FREE'], rules, ...circumstances }))).toBe(expected);
  });
});

describe('what is missing for free shipping', () => {
  const from = (amount: string): Partial<Promotion> => ({
    conditions: [{ kind: 'subtotal', of: null, fromMinor: { EUR: minor(amount) } }],
  });
  const methods = (...freeFrom: [id: string, amount: string][]) => ({
    shippingMethods: freeFrom.map(([id, amount]) => shippingMethod(id, '4.90', { freeFrom: { EUR: minor(amount) } })),
  });

  it.each<[string, Circumstances, Promotion[], string | null]>([
    ['nothing, where there is no such thing', post, [], null],
    [
      'what the chosen method asks for',
      { ...post, rules: methods(['post', '20.00'], ['express', '10.00']) },
      [],
      '16.00',
    ],
    ['the least of all, before one is chosen', { rules: methods(['post', '20.00'], ['express', '10.00']) }, [], '6.00'],
    ['what a promotion asks for', post, [promotion('Free', shipping(100), from('15.00'))], '11.00'],
    [
      'the less of both',
      { ...post, rules: methods(['post', '20.00']) },
      [promotion('Free', shipping(100), from('15.00'))],
      '11.00',
    ],
    ['nothing, where it is free', { ...post, rules: methods(['post', '4.00']) }, [], null],
    ['nothing, where a promotion makes it free', post, [promotion('Free', shipping(100))], null],
    ['nothing, where a promotion would only lower it', post, [promotion('Half', shipping(50), from('15.00'))], null],
    [
      'nothing, where nothing has to be sent',
      { changes: { tea: { requiresShipping: false } }, rules: methods(['post', '20.00']) },
      [],
      null,
    ],
  ])('is %s', (_name, circumstances, promotions, expected) => {
    const { missingForFreeShipping } = price('1 tea', promotions, circumstances);
    expect(missingForFreeShipping && toDecimal(missingForFreeShipping)).toBe(expected);
  });
});
