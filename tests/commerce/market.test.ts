import { describe, expect, it } from 'vitest';
import { chooseMarket, type ShopRules } from '@/commerce/market';
import { shippingOptions } from '@/commerce/shipping';

const zone = { pricesIncludeTax: true, rates: {} };
const method = { minDays: 1, maxDays: 2, taxClass: 'standard' };

const RULES: ShopRules = {
  currencies: ['EUR', 'GBP', 'USD'],
  taxZones: { DE: zone, GB: zone, JP: zone },
  shippingMethods: [
    { ...method, id: 'everywhere', title: 'Everywhere', countries: [], prices: { EUR: 500, GBP: 450 } },
    { ...method, id: 'island', title: 'Island', countries: ['GB'], prices: { GBP: 0 } },
  ],
};

describe('the market to begin with', () => {
  it.each([
    ['a wish that the shop can meet', { currency: 'USD', country: 'GB' }, { currency: 'USD', country: 'GB' }],
    ['the currency of the country', { country: 'GB' }, { currency: 'GBP', country: 'GB' }],
    ['home, where the country is unknown', { country: 'AQ' }, { currency: 'EUR', country: 'DE' }],
    ['home, where nothing is known', {}, { currency: 'EUR', country: 'DE' }],
    [
      'the home currency, where the country has one that is not sold',
      { country: 'JP' },
      { currency: 'EUR', country: 'JP' },
    ],
    [
      'nothing that a prototype has',
      { currency: 'toString', country: 'constructor' },
      { currency: 'EUR', country: 'DE' },
    ],
  ])('is %s', (_name, wish, market) => {
    expect(chooseMarket(RULES, wish)).toEqual(market);
  });

  it('is one that the shop has, where home is not', () => {
    const rules = { ...RULES, currencies: ['CHF'], taxZones: { CH: zone } };
    expect(chooseMarket(rules, {})).toEqual({ currency: 'CHF', country: 'CH' });
  });
});

describe('the ways of shipping', () => {
  it.each([
    ['GB', 'GBP', ['everywhere', 'island']],
    ['DE', 'EUR', ['everywhere']],
    ['GB', 'EUR', ['everywhere']],
    ['DE', 'USD', []],
    ['AQ', 'EUR', []],
  ])('to %s in %s are %j', (country, currency, ids) => {
    expect(shippingOptions(RULES, { country, currency }).map(({ id }) => id)).toEqual(ids);
  });
});
