/**
 * Where the shop sends to, what tax it takes there, and what sending costs. Rates of 2026; `reduced` is what a country
 * asks for printed books, the only goods here that it applies to. Have your own adviser look at yours.
 */
import type { ShippingMethod, ShippingZone, TaxRate, TaxZone } from '@/commerce/rules';

/** European value added tax: contained in prices; a business elsewhere in the EU owes it itself. */
function vat(country: string, standardBps: number, reducedBps: number, more: Partial<TaxZone> = {}): TaxZone {
  return zone(country, { standard: tax('VAT', standardBps), reduced: tax('VAT', reducedBps) }, { ...more });
}

function zone(country: string, rates: TaxZone['rates'], more: Partial<TaxZone> = {}): TaxZone {
  return {
    id: country.toLowerCase(),
    country,
    region: null,
    postalCodes: [],
    pricesIncludeTax: true,
    rounding: 'line',
    // What an import says is not taxable.
    rates: { ...rates, exempt: [{ label: 'Exempt', rateBps: 0, compound: false }] },
    shipping: { by: 'method' },
    reverseCharge: false,
    ...more,
  };
}

const tax = (label: string, rateBps: number): TaxRate[] => [{ label, rateBps, compound: false }];

const IN_EU = { reverseCharge: true };
/** Tax comes on top of prices in North America, rounded once over the order. */
const ON_TOP = { pricesIncludeTax: false, rounding: 'order' } as const;

const state = (country: string, region: string, ...taxes: TaxRate[][]): TaxZone => {
  return zone(country, { standard: taxes.flat() }, { ...ON_TOP, id: `${country}-${region}`.toLowerCase(), region });
};

export const TAX_ZONES: TaxZone[] = [
  // Sending shares the rates of what is sent, as German offices want it.
  vat('DE', 1900, 700, { ...IN_EU, shipping: { by: 'proportion' } }),
  vat('AT', 2000, 1000, { ...IN_EU, shipping: { by: 'proportion' } }),
  vat('FR', 2000, 550, IN_EU),
  vat('NL', 2100, 900, IN_EU),
  vat('IT', 2200, 400, IN_EU),
  vat('ES', 2100, 400, IN_EU),
  // The Canary Islands, Ceuta and Melilla are outside the VAT area: who receives it settles with their customs.
  vat('ES', 0, 0, { id: 'es-outside-vat', postalCodes: ['35*', '38*', '51*', '52*'] }),
  vat('BE', 2100, 600, IN_EU),
  vat('IE', 2300, 0, IN_EU),
  vat('PL', 2300, 500, IN_EU),
  vat('SE', 2500, 600, IN_EU),
  vat('DK', 2500, 2500, IN_EU),
  vat('FI', 2550, 1350, IN_EU),
  vat('PT', 2300, 600, IN_EU),
  vat('GB', 2000, 0),
  vat('CH', 810, 260),
  zone('JP', { standard: tax('Consumption tax', 1000) }, { rounding: 'order' }),
  // The United States have no federal sales tax: this stands for a state's and a county's together, until one is known.
  zone('US', { standard: tax('Sales tax', 825) }, ON_TOP),
  state('US', 'CA', tax('California sales tax', 725)),
  state(
    'US',
    'NY',
    tax('New York State sales tax', 400),
    tax('New York City sales tax', 450),
    tax('MCTD surcharge', 37.5),
  ),
  state('US', 'OR', tax('No sales tax', 0)),
  state('US', 'TX', tax('Texas sales tax', 625), tax('Local sales tax', 200)),
  zone('CA', { standard: tax('GST', 500) }, ON_TOP),
  state('CA', 'ON', tax('HST', 1300)),
  state('CA', 'QC', tax('GST', 500), tax('QST', 997.5)),
  state('CA', 'BC', tax('GST', 500), tax('PST', 700)),
];

const CONTINENT = ['DE', 'AT', 'FR', 'NL', 'IT', 'ES', 'BE', 'IE', 'PL', 'SE', 'DK', 'FI', 'PT', 'CH'];

const areas = (...countries: string[]) => countries.map((country) => ({ country, regions: [], postalCodes: [] }));

export const SHIPPING_ZONES: ShippingZone[] = [
  { id: 'europe', title: 'Europe', areas: areas(...CONTINENT, 'GB') },
  { id: 'britain', title: 'Great Britain', areas: areas('GB') },
  { id: 'overseas', title: 'Overseas', areas: areas('US', 'CA', 'JP') },
];

const LONDON = 'Europe/London';

function method(id: string, title: string, more: Partial<ShippingMethod>): ShippingMethod {
  return {
    id,
    title,
    kind: 'delivery',
    zoneId: null,
    taxClass: 'standard',
    basis: 'flat',
    prices: {},
    freeFrom: {},
    dimensionalDivisor: null,
    limits: {},
    excludes: null,
    minDays: 1,
    maxDays: 1,
    handlingDays: 0,
    cutoff: { time: '14:00', timeZone: LONDON },
    weekends: false,
    pickupAddress: null,
    ...more,
  };
}

/** Steps of weight: the price up to each bound in grams. */
const byWeight = (bounds: number[], prices: Record<string, number[]>): ShippingMethod['prices'] =>
  Object.fromEntries(
    Object.entries(prices).map(([currency, amounts]) => [
      currency,
      amounts.map((amountMinor, index) => ({ from: bounds[index]!, amountMinor })),
    ]),
  );

export const SHIPPING_METHODS: ShippingMethod[] = [
  method('standard', 'Standard', {
    zoneId: 'europe',
    basis: 'weight',
    prices: byWeight([0, 5_000, 15_000], {
      EUR: [590, 890, 1490],
      USD: [690, 990, 1690],
      GBP: [490, 790, 1290],
      JPY: [980, 1480, 2480],
    }),
    freeFrom: { EUR: 15_000, USD: 16_800, GBP: 13_000, JPY: 24_000 },
    dimensionalDivisor: 5_000,
    limits: { maxWeightGrams: 30_000 },
    minDays: 3,
    maxDays: 5,
  }),
  method('express', 'Express', {
    zoneId: 'europe',
    basis: 'weight',
    prices: byWeight([0, 5_000], {
      EUR: [1490, 2490],
      USD: [1690, 2790],
      GBP: [1290, 2190],
      JPY: [2480, 3980],
    }),
    limits: { maxWeightGrams: 15_000 },
    minDays: 1,
    maxDays: 2,
  }),
  method('international', 'International', {
    zoneId: 'overseas',
    basis: 'weight',
    prices: byWeight([0, 2_000, 10_000], {
      EUR: [1900, 2900, 4900],
      USD: [2100, 3200, 5500],
      GBP: [1700, 2500, 4300],
      JPY: [2980, 4480, 7800],
    }),
    limits: { maxWeightGrams: 20_000 },
    minDays: 5,
    maxDays: 9,
  }),
  method('mill', 'Collect at the mill', {
    kind: 'pickup',
    zoneId: 'britain',
    prices: Object.fromEntries(
      ['EUR', 'USD', 'GBP', 'JPY'].map((currency) => [currency, [{ from: 0, amountMinor: 0 }]]),
    ),
    pickupAddress: 'Selvedge Mill, Weir Lane, Kirkbeck',
  }),
];
