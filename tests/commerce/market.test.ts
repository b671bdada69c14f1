import { describe, expect, it } from 'vitest';
import { chooseMarket, requireCountry, requireCurrency, requireZone } from '@/commerce/market';
import type { TaxZone } from '@/commerce/rules';
import { GERMANY, shop } from './examples';

const zone = (country: string, more: Partial<TaxZone> = {}): TaxZone => ({ ...GERMANY, id: country, country, ...more });

const RULES = shop({ currencies: ['EUR', 'GBP', 'USD'], taxZones: [zone('DE'), zone('GB'), zone('JP')] });

describe('the market to begin with', () => {
  it.each([
    ['a wish that the shop can meet', { currency: 'USD', country: 'GB' }, { currency: 'USD', country: 'GB' }],
    ['the currency of the country', { country: 'GB' }, { currency: 'GBP', country: 'GB' }],
    ['home, where the country is unknown', { country: 'AQ' }, { currency: 'EUR', country: 'DE' }],
    ['home, where nothing is known', {}, { currency: 'EUR', country: 'DE' }],
    [
      'home, where nothing is known and that is said',
      { currency: null, country: null },
      { currency: 'EUR', country: 'DE' },
    ],
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
    const rules = shop({ currencies: ['CHF'], taxZones: [zone('CH')] });
    expect(chooseMarket(rules, {})).toEqual({ currency: 'CHF', country: 'CH' });
  });

  it('is home, where the shop sells nowhere yet', () => {
    expect(chooseMarket(shop({ currencies: [], taxZones: [] }), {})).toEqual({ currency: 'EUR', country: 'DE' });
  });
});

describe('a currency', () => {
  it('that the shop has is let through', () => {
    expect(() => requireCurrency(RULES, 'GBP')).not.toThrow();
  });

  it.each(['CHF', 'eur', '', '__proto__', 'length'])('%j is refused, with its path', (currency) => {
    expect(() => requireCurrency(RULES, currency, 'wish.currency')).toThrow(
      expect.objectContaining({
        code: 'currency_not_sold',
        issues: [expect.objectContaining({ path: 'wish.currency', code: 'currency_not_sold' })],
      }),
    );
  });
});

describe('a country', () => {
  it('that the shop sells to is let through', () => {
    expect(() => requireCountry(RULES, 'GB')).not.toThrow();
  });

  it.each(['AQ', 'de', '', '__proto__', 'constructor'])('%j is refused, with its path', (country) => {
    const refusal = expect.objectContaining({
      code: 'country_not_sold_to',
      issues: [expect.objectContaining({ path: 'country', code: 'country_not_sold_to' })],
    });
    expect(() => requireCountry(RULES, country)).toThrow(refusal);
    expect(() => requireZone(RULES, { country })).toThrow(refusal);
  });
});

describe('the taxes of a place', () => {
  const parts = shop({
    taxZones: [zone('US', { id: 'us-or', region: 'OR' }), zone('US', { id: 'us-ca', region: 'CA' }), zone('DE')],
  });

  it.each([
    ['of its country', { country: 'DE', region: 'BE', postalCode: '10115' }, 'DE'],
    ['of its region', { country: 'US', region: 'CA' }, 'us-ca'],
    ['of the first part of its country, where its region is not known yet', { country: 'US', region: null }, 'us-or'],
    ['of the first part of its country, where none is of its region', { country: 'US', region: 'NY' }, 'us-or'],
  ])('are those %s', (_name, place, id) => {
    expect(requireZone(parts, place).id).toBe(id);
  });
});
