import { describe, expect, it } from 'vitest';
import { toDecimal } from '@/commerce/money';
import type { PriceList } from '@/commerce/rules';
import { priceList } from './builders';
import { effects, minor, only, paid, price, promotion, told } from './examples';

const { bundle, off, percent, shipping } = effects;

/** Austrian, and valid by its check digit. */
const AUSTRIAN = 'ATU13585627';

describe('net prices, for a business that owes the tax itself', () => {
  const net = { country: 'AT', vatId: AUSTRIAN };

  it.each<[string, string, Parameters<typeof price>[1], string]>([
    // 4.00 with 20 % in it is 3.33 without.
    ['nothing', '1 tea', [], 'tea 3.33'],
    ['nothing off units that are net each', '3 tea', [], 'tea 9.99'],
    ['a percentage of the net price', '3 tea', [promotion('Ten', percent(10))], 'tea 8.99'],
    ['a fixed amount, which is net', '3 tea', [promotion('Two', off('order', '2.00'))], 'tea 7.99'],
    // 25.00 and 9.50 are 20.83 and 7.92 net; the set of 28.75 saves nothing.
    [
      'a set, which is net',
      '1 pan, 1 mug',
      [
        promotion(
          'Set',
          bundle(
            [
              [1, 'pan'],
              [1, 'mug'],
            ],
            '28.75',
          ),
        ),
      ],
      'pan 20.83, mug 7.92',
    ],
  ])('take off %s', (_name, cart, promotions, expected) => {
    const priced = price(cart, promotions, net);
    expect(paid(priced)).toBe(expected);
    expect([priced.totals.tax.amount, priced.totals.taxIncluded, priced.taxLines]).toEqual([0, false, []]);
  });

  it('are what a spent amount is counted in', () => {
    const ten = promotion('Ten', percent(10), {
      conditions: [{ kind: 'subtotal', of: null, fromMinor: { EUR: minor('12.00') } }],
    });
    expect(told(price('3 tea', [ten], { country: 'AT' }))).toBe('Ten: -1.20');
    expect(told(price('3 tea', [ten], net))).toBe('Ten: needs_amount');
  });

  it('are charged for sending too', () => {
    const sent = { ...net, shippingMethodId: 'post' };
    // 4.90 with 20 % in it is 4.08 without.
    expect(toDecimal(price('1 tea', [], sent).totals.shipping)).toBe('4.08');
    expect(toDecimal(price('1 tea', [promotion('Half', shipping(50))], sent).totals.total)).toBe('5.37');
  });

  it.each([
    ['without a VAT id', null],
    ['with one that is not valid', 'ATU13585626'],
    ['with one of another country', 'DE136695976'],
  ])('are not for a cart %s', (_name, vatId) => {
    expect(paid(price('3 tea', [], { country: 'AT', vatId }))).toBe('tea 12.00');
  });
});

describe('tax that is added', () => {
  it('is taken on what promotions have left', () => {
    const { totals } = price('1 lamp', [promotion('Ten', percent(10))], { country: 'US' });
    expect([totals.subtotal, totals.discount, totals.tax, totals.total].map(toDecimal)).toEqual([
      '100.00',
      '10.00',
      '9.00',
      '99.00',
    ]);
  });
});

describe('price lists and promotions', () => {
  const list = (more: Partial<PriceList> = {}) =>
    priceList('trade', {
      title: 'Trade',
      customerGroups: ['trade'],
      steps: [
        { minQuantity: 1, changeBps: -1000 },
        { minQuantity: 10, changeBps: -2500 },
      ],
      ...more,
    });
  const trade = { customerGroup: 'trade', rules: { priceLists: [list()] } };

  it.each<[string, string, Parameters<typeof price>[1], string]>([
    ['the list’s price', '1 tea', [], 'tea 3.60'],
    ['the list’s price for ten', '10 tea', [], 'tea 30.00'],
    ['a percentage of the list’s price', '1 tea', [promotion('Ten', percent(10))], 'tea 3.24'],
    ['an amount off the list’s price', '10 tea', [promotion('Unit', off('unit', '0.50'))], 'tea 25.00'],
    ['tiers over lines of one variant', '6 tea, 4 tea', [promotion('Ten', percent(10))], 'tea 16.20, tea/2 10.80'],
  ])('together make %s', (_name, cart, promotions, expected) => {
    expect(paid(price(cart, promotions, trade))).toBe(expected);
  });

  it('count what is spent at the list’s price', () => {
    const conditions = [{ kind: 'subtotal' as const, of: null, fromMinor: { EUR: minor('4.00') } }];
    const ten = promotion('Ten', percent(10), { conditions });
    expect(told(price('1 tea', [ten]))).toBe('Ten: -0.40');
    expect(told(price('1 tea', [ten], trade))).toBe('Ten: needs_amount');
  });

  it('may be for different goods', () => {
    const rules = { priceLists: [list({ of: only('drinks') })] };
    const kitchen = promotion('Kitchen', percent(50, ['kitchen']));
    expect(paid(price('1 tea, 1 mug', [kitchen], { customerGroup: 'trade', rules }))).toBe('tea 3.60, mug 4.75');
  });

  it('may be for a group of customers both', () => {
    const staff = promotion('Staff', percent(50), { conditions: [{ kind: 'customer_group', in: ['trade'] }] });
    expect(paid(price('1 tea', [staff], trade))).toBe('tea 1.80');
    expect(paid(price('1 tea', [staff], { ...trade, customerGroup: null }))).toBe('tea 4.00');
  });
});
