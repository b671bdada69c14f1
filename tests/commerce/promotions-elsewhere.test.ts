/**
 * Worked examples from the documentation of others, and what comes of them here. Amounts are theirs, in euros; where a
 * rule of theirs is another one, the comment says so.
 */
import { describe, expect, it } from 'vitest';
import { toDecimal } from '@/commerce/money';
import type { Promotion } from '@/commerce/rules';
import { type Circumstances, effects, minor, paid, price, promotion, shippingMethod } from './examples';

const { bundle, buyGet, off, percent, shipping, steps } = effects;

const from = (amount: string): Partial<Promotion> => ({
  conditions: [{ kind: 'subtotal', of: null, fromMinor: { EUR: minor(amount) } }],
});

describe('Shopify', () => {
  // https://docs.shopify.com/docs/apps/selling-strategies/discounts/discount-function-examples: pants at 100, shirts at 50
  // and boots at 200, which cost 20 to send.
  const cart = '1 pan at 100.00, 1 mug at 50.00, 1 lamp at 200.00';
  const sent: Circumstances = {
    shippingMethodId: 'post',
    rules: { shippingMethods: [shippingMethod('post', '20.00')] },
  };
  const pants = promotion('20offPants', off('line', '20.00', ['pan']), { priority: 1 });

  it('takes amounts off two products, and all of the shipping of orders over 100', () => {
    const shirts = promotion('10offShirts', off('line', '10.00', ['mug']), { priority: 1 });
    const priced = price(cart, [pants, shirts, promotion('Freeship100', shipping(100), from('100.00'))], sent);
    expect(paid(priced)).toBe('pan 80.00, mug 40.00, lamp 200.00');
    expect(toDecimal(priced.totals.total)).toBe('320.00');
  });

  it('takes an amount off a product, then a percentage off the order', () => {
    const priced = price(cart, [pants, promotion('10offOrder', percent(10))], sent);
    // A subtotal of 297 there; here each line says its part.
    expect(paid(priced)).toBe('pan 72.00, mug 45.00, lamp 180.00');
    expect(toDecimal(priced.totals.total)).toBe('317.00');
  });

  // https://shopify.dev/changelog/the-pricerule-resource-now-supports-an-allocation-limit: with a limit of 2, "buy 1 get 1
  // for free" is applied twice, even if there are more than 4 items.
  it.each([
    ['4 tea', 'tea 8.00'],
    ['6 tea', 'tea 16.00'],
  ])('limits how often one is given for one: %s', (some, expected) => {
    expect(paid(price(some, [promotion('Offer', buyGet(1, 1, { maxTimes: 2 }))]))).toBe(expected);
  });
});

describe('Salesforce B2C Commerce', () => {
  // https://help.salesforce.com/s/articleView?id=cc.b2c_promotion_proration_logic.htm: goods at 60, 50 and 40, and 15 % off
  // orders over 100.
  const fifteen = promotion('Fifteen', percent(15), from('100.01'));

  it.each<[string, string, Promotion[], string, string]>([
    ['shares 16.50 out as 9.00 and 7.50', '1 pan at 60.00, 1 mug at 50.00', [fifteen], 'pan 51.00, mug 42.50', '93.50'],
    [
      'takes 15 % of what an amount has left',
      // Their order of exactly 100.00 after the 10.00 qualifies; here the 110.00 before it does.
      '1 pan at 60.00, 1 mug at 50.00',
      [fifteen, promotion('Ten', off('unit', '10.00', ['pan']), { priority: 1 })],
      'pan 42.50, mug 42.50',
      '85.00',
    ],
    [
      'leaves out goods that are excepted',
      '1 pan at 60.00, 1 mug at 50.00, 1 lamp at 40.00',
      [promotion('Fifteen', percent(15, ['kitchen']), from('100.01'))],
      'pan 51.00, mug 42.50, lamp 40.00',
      '133.50',
    ],
  ])('%s', (_name, cart, promotions, expected, total) => {
    const priced = price(cart, promotions);
    expect([paid(priced), toDecimal(priced.totals.total)]).toEqual([expected, total]);
  });

  // https://help.salesforce.com/s/articleView?id=cc.b2c_buy_x_for_total_promotion.htm
  it('sells any two gifts that cost 5 each for 8', () => {
    const set = promotion('Two for 8', bundle([[2, 'pan', 'mug']], '8.00'));
    expect(paid(price('1 pan at 5.00, 1 mug at 5.00', [set]))).toBe('pan 4.00, mug 4.00');
  });

  it('sells any two of 6, 5 and 5.50 for 8: here the dearest two, which saves most', () => {
    const set = promotion('Two for 8', bundle([[2, 'pan', 'mug', 'tea']], '8.00'));
    const priced = price('1 pan at 6.00, 1 mug at 5.00, 1 tea at 5.50', [set]);
    // There 2 to 4 are saved, by what the shopper picks; here 3.50 in the proportion of 6.00 to 5.50.
    expect(paid(priced)).toBe('pan 4.17, mug 5.00, tea 3.83');
  });
});

describe('VTEX', () => {
  // https://help.vtex.com/en/docs/tutorials/how-does-promotion-proration-work
  it('shares 156 off 780 out in proportion to the prices: a fifth of each', () => {
    const cart = '1 pan at 190.00, 1 mug at 190.00, 1 lamp at 250.00, 1 tea at 150.00';
    const priced = price(cart, [promotion('Nominal', off('order', '156.00'))]);
    expect(paid(priced)).toBe('pan 152.00, mug 152.00, lamp 200.00, tea 120.00');
  });
});

describe('Saleor', () => {
  // https://docs.saleor.io/developer/discounts/apply-vouchers: 5 off an order of lines at 4 and at 45.
  it('takes a voucher of 5 off the whole order', () => {
    const priced = price('1 tea at 4.00, 1 lamp at 45.00', [promotion('Voucher', off('order', '5.00'))]);
    expect(toDecimal(priced.totals.total)).toBe('44.00');
    expect(paid(priced)).toBe('tea 3.59, lamp 40.41');
  });

  // https://docs.saleor.io/developer/discounts/sales: 10 % off 9 is 8.1.
  it('takes 10 % off 9', () => {
    expect(paid(price('1 tea at 9.00', [promotion('Sale', percent(10))]))).toBe('tea 8.10');
  });
});

describe('Adobe Commerce', () => {
  // https://experienceleague.adobe.com/en/docs/commerce-admin/marketing/promotions/cart-rules/price-rules-cart-buy-this-get-that:
  // the greatest quantity that a discount is for, by X, Y and the greatest number of free items, is (X + Y) * (M / Y).
  it.each<[number, number, number, number]>([
    [5, 2, 4, 14],
    [5, 3, 9, 24],
    [20, 2, 20, 220],
  ])(
    'buy %i, get %i with at most %i free items, so that none is free after the first %i',
    (buy, get, most, quantity) => {
      const offer = [promotion('Offer', buyGet(buy, get, { maxTimes: most / get }))];
      const free = (units: number) => (units * 400 - price(`${units} tea`, offer).totals.total.amount) / 400;
      expect(free(quantity)).toBe(most);
      expect(free(quantity - 1)).toBe(most - get);
      expect(free(quantity + buy + get)).toBe(most);
    },
  );
});

describe('Fynd', () => {
  // https://platform.fynd.com/help/docs/marketing/coupons/buy-x-items-get-y-items-free
  it('gives the two cheapest of four: 2500 of 7500', () => {
    const cart = '1 tea at 2000.00, 1 mug at 1500.00, 1 lamp at 3000.00, 1 pan at 1000.00';
    const priced = price(cart, [promotion('Two for two', buyGet(2, 2))]);
    expect(paid(priced)).toBe('tea 2000.00, mug 0.00, lamp 3000.00, pan 0.00');
    expect(toDecimal(priced.totals.discount)).toBe('2500.00');
  });
});

describe('Oracle Commerce', () => {
  // https://docs.oracle.com/en/cloud/saas/cx-commerce/uoccs/create-order-discount-promotion.html: 10 % off an order of 75,
  // 15 % of 100, and 20 % of 150 or more.
  it.each([
    ['74.99', '74.99'],
    ['75.00', '67.50'],
    ['100.00', '85.00'],
    ['150.00', '120.00'],
  ])('discounts an order of %s to %s', (amount, expected) => {
    const ladder = steps([
      ['75.00', 10],
      ['100.00', 15],
      ['150.00', 20],
    ]);
    expect(paid(price(`1 lamp at ${amount}`, [promotion('Spend', ladder)]))).toBe(`lamp ${expected}`);
  });
});

describe('Flexprice', () => {
  // https://docs.flexprice.io/docs/invoices/billing-calculation-order: each coupon sees what the one before has left.
  it('makes 19 % of twice 10 %, not 20 %', () => {
    const twice = [promotion('A', percent(10)), promotion('B', percent(10))];
    expect(paid(price('1 lamp', twice))).toBe('lamp 81.00');
  });
});

describe('Zuora', () => {
  // https://docs.zuora.com, "Stacked discounts": 5 %, 10 % and 15 % of 100. Stacked they are added up to 30 % there; one
  // after the other, as here, they are not.
  it('applies 5 %, 10 % and 15 % one after the other', () => {
    const three = [5, 10, 15].map((rate, index) => promotion(`D${rate}`, percent(rate), { priority: -index }));
    // 95.00, 85.50, and 12.825 less.
    expect(paid(price('1 lamp', three))).toBe('lamp 72.67');
  });
});

describe('commercetools', () => {
  // https://docs.commercetools.com/api/releases/2017-09-15-release-multi-buy-discounts: "Buy 4 car tires, get 2 of them 50%
  // off" counts the two among the four; here they are told apart, two bought and two got.
  it.each([
    ['3', '300.00'],
    ['4', '300.00'],
    ['8', '600.00'],
  ])('halves two of every four car tires at 100, of %s', (units, expected) => {
    const tires = [promotion('Tires', buyGet(2, 2, { percent: 50 }))];
    expect(paid(price(`${units} lamp`, tires))).toBe(`lamp ${expected}`);
  });
});
