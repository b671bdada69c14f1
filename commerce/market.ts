import { CommerceError } from './error';
import { indexRules } from './rule-index';
import type { ShopRules, TaxZone } from './rules';
import { findTaxZone } from './tax';

/** Where a shopper shops: it decides price, tax and shipping. */
export interface Market {
  currency: string;
  country: string;
}

/** Where something is sent to, as far as it is known; it decides taxes and ways of shipping. */
export interface Place {
  country: string;
  region?: string | null | undefined;
  postalCode?: string | null | undefined;
}

/** Whose prices are asked for, and when. */
export interface PriceMarket extends Market {
  /** Where the shop is met: `web`, `app`, `pos`. */
  channel: string;
  /** Null: of none. */
  customerGroup: string | null;
  /** Milliseconds since 1970: the rules have no clock of their own. */
  now: number;
}

/** The market of a shopper of whom nothing is known. */
export const HOME_MARKET: Market = { currency: 'EUR', country: 'DE' };

const CURRENCY_BY_COUNTRY: Record<string, string> = { US: 'USD', GB: 'GBP', JP: 'JPY' };

/**
 * The market to begin with: a wished-for currency and country where the shop sells so, else what fits the country, else
 * the home market, else the first that the shop has.
 */
export function chooseMarket(rules: ShopRules, wish: { currency?: string | null; country?: string | null }): Market {
  const { countries } = indexRules(rules);
  const country = first(
    [wish.country, HOME_MARKET.country, [...countries][0]],
    (code) => countries.has(code),
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

/** Throws `country_not_sold_to` with its path where the shop does not sell to the country. */
export function requireCountry(rules: ShopRules, country: string, path = 'country'): void {
  if (indexRules(rules).countries.has(country)) return;
  const message = 'The shop does not sell to this country.';
  throw new CommerceError('country_not_sold_to', message, { issues: [{ path, code: 'country_not_sold_to', message }] });
}

/** The taxes of a place. Throws `country_not_sold_to` with its path where the shop does not sell to its country. */
export function requireZone(rules: ShopRules, place: Place, path = 'country'): TaxZone {
  requireCountry(rules, place.country, path);
  const { taxZones } = rules;
  // Where a country has zones for its parts alone, an address that is not known yet is taxed as the first of them.
  return findTaxZone(taxZones, place) ?? taxZones.find(({ country }) => country === place.country)!;
}
