import { scaleMinor } from './money';

/** What a country asks: whether displayed prices contain tax, and the rate of each class of goods. */
export interface TaxZone {
  pricesIncludeTax: boolean;
  /** By tax class. */
  rates: Record<string, TaxRate>;
}

export interface TaxRate {
  label: string;
  /** Basis points: 1900 is 19 %. */
  rateBps: number;
}

const UNTAXED: TaxRate = { label: '', rateBps: 0 };

/** The rate of a class; a class that the country does not name is taxed as `standard`, a country without rates not at all. */
export function taxRate(zone: TaxZone, taxClass: string): TaxRate {
  return zone.rates[taxClass] ?? zone.rates.standard ?? UNTAXED;
}

/** The tax contained in (inclusive), or due on top of (exclusive), an amount: rounded once, half away from zero. */
export function taxOn(amountMinor: number, rateBps: number, included: boolean, path?: string): number {
  return scaleMinor(amountMinor, rateBps, included ? 10_000 + rateBps : 10_000, path);
}
