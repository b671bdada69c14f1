import { CommerceError } from './error';
import type { TaxZone } from './tax';

/** What holds for the whole shop: where it sells, in what currencies, how it taxes and ships. */
export interface ShopRules {
  /** ISO 4217 codes. */
  currencies: string[];
  /** By ISO 3166-1 alpha-2 country: the countries that the shop sells to. */
  taxZones: Record<string, TaxZone>;
  /** In the order in which they are offered. */
  shippingMethods: ShippingMethod[];
}

export interface ShippingMethod {
  id: string;
  title: string;
  /** ISO 3166-1 alpha-2 codes; empty means every country that the shop sells to. */
  countries: string[];
  minDays: number;
  maxDays: number;
  taxClass: string;
  /** Flat price in minor units, by currency; a method is not offered in a currency that it has no price in. */
  prices: Record<string, number>;
}

/** Where a shopper shops: it decides price, tax and shipping. */
export interface Market {
  currency: string;
  country: string;
}

/** The market of a shopper of whom nothing is known. */
export const HOME_MARKET: Market = { currency: 'EUR', country: 'DE' };

const CURRENCY_BY_COUNTRY: Record<string, string> = { US: 'USD', GB: 'GBP', JP: 'JPY' };

/**
 * The market to begin with: a wished-for currency and country where the shop sells so, else what fits the country, else
 * the home market, else the first that the shop has.
 */
export function chooseMarket(rules: ShopRules, wish: { currency?: string | null; country?: string | null }): Market {
  const country = first(
    [wish.country, HOME_MARKET.country, Object.keys(rules.taxZones)[0]],
    (code) => Object.hasOwn(rules.taxZones, code),
    HOME_MARKET.country,
  );
  const currency = first(
    [wish.currency, CURRENCY_BY_COUNTRY[country], HOME_MARKET.currency, rules.currencies[0]],
    (code) => rules.currencies.includes(code),
    HOME_MARKET.currency,
  );
  return { currency, country };
}

function first(wishes: (string | null | undefined)[], allowed: (code: string) => boolean, otherwise: string): string {
  for (const wish of wishes) if (wish && allowed(wish)) return wish;
  return otherwise;
}

/** Throws `currency_not_sold` with its path where the shop has no prices in the currency. */
export function requireCurrency(rules: ShopRules, currency: string, path = 'currency'): void {
  if (rules.currencies.includes(currency)) return;
  const message = `The shop does not sell in this currency; it sells in ${rules.currencies.join(', ')}.`;
  throw new CommerceError('currency_not_sold', message, { issues: [{ path, code: 'currency_not_sold', message }] });
}

/** The country's taxes. Throws `country_not_sold_to` with its path where the shop does not sell to the country. */
export function requireZone(rules: ShopRules, country: string, path = 'country'): TaxZone {
  // `hasOwn`: a country called `constructor` must not find one.
  const zone = Object.hasOwn(rules.taxZones, country) ? rules.taxZones[country] : undefined;
  if (zone) return zone;
  const message = 'The shop does not sell to this country.';
  throw new CommerceError('country_not_sold_to', message, { issues: [{ path, code: 'country_not_sold_to', message }] });
}
