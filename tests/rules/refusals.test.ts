import { describe, expect, it } from 'vitest';
import { checkRules } from '@/node/rules/check';
import { method, priceList, promotion, shop, taxZone } from './files';
import { REFUSALS } from './refusals';

describe('a rule file is refused', () => {
  it.each(REFUSALS)('for $why', ({ file, path, code }) => {
    const { errors, file: accepted } = checkRules(file, shop);
    expect(accepted).toBeNull();
    expect(errors.map((error) => [error.path, error.code])).toContainEqual([path, code]);
  });

  it('for one reason alone, where there is one fault alone', () => {
    // A fault that brings others along would send its reader to the wrong place.
    const several = REFUSALS.filter(({ file }) => checkRules(file, shop).errors.length > 1).map(({ why }) => why);
    expect(several).toEqual([]);
  });

  it('with every fault told at once, in the order of the file', () => {
    const file = {
      promotions: [
        { ...promotion, titel: 'x', colour: 'red', priority: 'high' },
        { ...promotion, id: 'b', effect: { kind: 'percent_off', percent: '200' } },
      ],
      priceLists: [{ ...priceList, customerGroups: ['nobody'] }],
      shippingMethods: [],
    };
    expect(checkRules(file, shop).errors.map(({ path, code }) => `${path} ${code}`)).toEqual([
      'priceLists.0.customerGroups.0 customer_group_unknown',
      'promotions.0.colour member_unknown',
      'promotions.0.priority value_invalid',
      'promotions.0.titel member_unknown',
      'promotions.1.effect.percent percent_out_of_range',
      'shippingMethods shop_without_shipping_method',
    ]);
  });

  it.each([
    ['a member', { promotions: [{ ...promotion, prioritty: 1 }] }, 'Did you mean "priority"?'],
    ['a section', { promotion: [] }, 'Did you mean "promotions"?'],
    ['a product', of({ products: ['shrit'] }), 'Did you mean "shirt"?'],
    ['a collection', of({ collections: ['cloths'] }), 'Did you mean "clothes"?'],
    ['a SKU', of({ skus: ['SHIRT-SM'] }), 'Did you mean "SHIRT-S"?'],
    ['a customer group', { priceLists: [{ ...priceList, customerGroups: ['trad'] }] }, 'Did you mean "trade"?'],
    ['a way of shipping', { promotions: [shippingOff(['expres'])] }, 'Did you mean "express"?'],
    ['a currency', { promotions: [amountOff({ eur: '5' })] }, 'Did you mean "EUR"?'],
  ])('and says what was probably meant by %s', (_, file, words) => {
    expect(
      checkRules(file, shop)
        .errors.map(({ message }) => message)
        .join(),
    ).toContain(words);
  });

  it('for being larger than the one value of KV that carts read', () => {
    const names = Object.fromEntries(
      Array.from({ length: 900 }, (_, index) => [`shirt-${index}`, { id: `prod_${index}`, collections: [] }]),
    );
    const large = { ...shop, catalog: { ...shop.catalog, products: new Map(Object.entries(names)) } };
    const promotions = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        ...promotion,
        id: `p${index}`,
        effect: { kind: 'percent_off', percent: 5, of: { products: Object.keys(names) } },
      }));
    expect(checkRules({ promotions: promotions(40) }, large).errors).toEqual([]);
    expect(checkRules({ promotions: promotions(60) }, large).errors).toMatchObject([
      { path: '', code: 'rules_too_large' },
    ]);
  });

  it('says which step is out of order, by its number in the file and not by that in the alphabet', () => {
    const steps = Array.from({ length: 12 }, (_, index) => ({
      minQuantity: index === 10 ? 5 : index + 2,
      changePercent: -5,
    }));
    const { errors } = checkRules({ priceLists: [{ ...priceList, steps: [...steps, { minQuantity: 0 }] }] }, shop);
    expect(errors.map(({ path }) => path)).toEqual([
      'priceLists.0.steps.12.changePercent',
      'priceLists.0.steps.12.minQuantity',
    ]);
    expect(checkRules({ priceLists: [{ ...priceList, steps }] }, shop).errors).toMatchObject([
      { path: 'priceLists.0.steps.10.minQuantity', code: 'steps_not_ascending' },
    ]);
  });
});

describe('a rule file is taken, with a note', () => {
  it.each([
    [
      'a first order with several uses for each customer',
      { promotions: [{ ...promotion, usageLimitPerCustomer: 3, conditions: [{ kind: 'first_order' }] }] },
      'promotions.0.usageLimitPerCustomer',
      'limit_needless',
    ],
    [
      'a limit for each customer above the limit for all',
      { promotions: [{ ...promotion, usageLimit: 5, usageLimitPerCustomer: 6 }] },
      'promotions.0.usageLimitPerCustomer',
      'limit_needless',
    ],
    [
      'parts of a bundle that share goods',
      {
        promotions: [
          {
            ...promotion,
            effect: {
              kind: 'bundle',
              price: { EUR: '50' },
              parts: [
                { of: { collections: ['clothes'] }, quantity: 1 },
                { of: { skus: ['SHIRT-S'] }, quantity: 1 },
              ],
            },
          },
        ],
      },
      'promotions.0.effect.parts.1.of',
      'parts_overlap',
    ],
    [
      'a bundle of one unit',
      {
        promotions: [
          {
            ...promotion,
            effect: { kind: 'bundle', price: { EUR: '50' }, parts: [{ of: { products: ['shirt'] }, quantity: 1 }] },
          },
        ],
      },
      'promotions.0.effect.parts',
      'bundle_of_one',
    ],
    [
      'a gift that is not on sale',
      { promotions: [{ ...promotion, effect: { kind: 'gift', sku: 'OLD-HAT' } }] },
      'promotions.0.effect.sku',
      'gift_not_sold',
    ],
    [
      'an amount in a currency that the shop does not sell in',
      { promotions: [amountOff({ EUR: '5', CHF: '5' })] },
      'promotions.0.effect.amount.CHF',
      'currency_not_sold',
    ],
    [
      'a higher step that takes off less',
      {
        promotions: [
          spend([
            { from: { EUR: '50' }, percent: 10 },
            { from: { EUR: '100' }, percent: 5 },
          ]),
        ],
      },
      'promotions.0.effect.steps.1',
      'step_takes_less',
    ],
    ['a price list that decides nothing', { priceLists: [priceList] }, 'priceLists.0', 'price_list_empty'],
    [
      'a selection of a price list without steps',
      {
        priceLists: [
          { ...priceList, of: { products: ['shirt'] }, prices: [{ sku: 'SCARF', currency: 'EUR', amount: '1' }] },
        ],
      },
      'priceLists.0.of',
      'selection_without_steps',
    ],
    [
      'a country with zones for its parts alone',
      { taxZones: [{ ...taxZone, region: 'BY' }] },
      'taxZones.0',
      'country_not_whole',
    ],
    [
      'a first tax that is taken on those before it',
      { taxZones: [{ ...taxZone, rates: { standard: [{ label: 'VAT', percent: 19, compound: true }] } }] },
      'taxZones.0.rates.standard.0.compound',
      'compound_needless',
    ],
    [
      'rates without a standard one',
      { taxZones: [{ ...taxZone, rates: { reduced: [{ label: 'VAT', percent: 7 }] } }] },
      'taxZones.0.rates',
      'standard_rate_missing',
    ],
    [
      'shipping to where nothing is sold',
      { shippingZones: [{ id: 'germany', title: 'Germany', areas: [{ country: 'NO' }] }] },
      'shippingZones.0.areas.0.country',
      'country_not_sold_to',
    ],
    [
      'free shipping in a currency without a price',
      { shippingMethods: [{ ...method, id: 'express', freeFrom: { USD: '50' } }] },
      'shippingMethods.0.freeFrom.USD',
      'amount_without_price',
    ],
    [
      'a place to pick up that nobody is told',
      { shippingMethods: [{ ...method, id: 'express', kind: 'pickup' }] },
      'shippingMethods.0',
      'pickup_without_address',
    ],
  ])('about %s', (_, file, path, code) => {
    const { errors, warnings } = checkRules(file, shop);
    expect(errors).toEqual([]);
    expect(warnings.map((warning) => [warning.path, warning.code])).toContainEqual([path, code]);
  });
});

function of(selection: object) {
  return { promotions: [{ ...promotion, effect: { kind: 'percent_off', percent: '10', of: selection } }] };
}

function amountOff(amount: Record<string, string>) {
  return { ...promotion, effect: { kind: 'amount_off', per: 'order', amount } };
}

function shippingOff(methods: string[]) {
  return { ...promotion, effect: { kind: 'shipping_off', percent: '100', methods } };
}

function spend(steps: object[]) {
  return { ...promotion, effect: { kind: 'spend_steps', steps } };
}
