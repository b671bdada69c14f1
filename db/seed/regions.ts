/**
 * Where the shop sends to, what tax it takes there, and what sending costs. Rates of 2026; `reduced` is what a country
 * asks for printed books, the only goods here that it applies to. Have your own adviser look at yours.
 */
interface Region {
  pricesIncludeTax: boolean;
  label: string;
  standardBps: number;
  reducedBps: number;
}

const vat = (standardBps: number, reducedBps: number): Region => ({
  pricesIncludeTax: true,
  label: 'VAT',
  standardBps,
  reducedBps,
});

export const REGIONS: Record<string, Region> = {
  DE: vat(1900, 700),
  AT: vat(2000, 1000),
  FR: vat(2000, 550),
  NL: vat(2100, 900),
  IT: vat(2200, 400),
  ES: vat(2100, 400),
  BE: vat(2100, 600),
  IE: vat(2300, 0),
  PL: vat(2300, 500),
  SE: vat(2500, 600),
  DK: vat(2500, 2500),
  FI: vat(2550, 1350),
  PT: vat(2300, 600),
  GB: vat(2000, 0),
  CH: vat(810, 260),
  JP: { pricesIncludeTax: true, label: 'Consumption tax', standardBps: 1000, reducedBps: 1000 },
  // The United States have no federal sales tax: this stands for a state's and a county's together.
  US: { pricesIncludeTax: false, label: 'Sales tax', standardBps: 825, reducedBps: 825 },
  CA: { pricesIncludeTax: false, label: 'GST', standardBps: 500, reducedBps: 500 },
};

export const SHIPPING_ZONES = [
  {
    id: 'europe',
    title: 'Europe',
    countries: ['DE', 'AT', 'FR', 'NL', 'IT', 'ES', 'BE', 'IE', 'PL', 'SE', 'DK', 'FI', 'PT', 'GB', 'CH'],
  },
  { id: 'overseas', title: 'Overseas', countries: ['US', 'CA', 'JP'] },
];

export const SHIPPING_METHODS = [
  {
    id: 'standard',
    title: 'Standard',
    zoneId: 'europe',
    minDays: 3,
    maxDays: 5,
    prices: { EUR: 590, USD: 690, GBP: 490, JPY: 980 },
  },
  {
    id: 'express',
    title: 'Express',
    zoneId: 'europe',
    minDays: 1,
    maxDays: 2,
    prices: { EUR: 1490, USD: 1690, GBP: 1290, JPY: 2480 },
  },
  {
    id: 'international',
    title: 'International',
    zoneId: 'overseas',
    minDays: 5,
    maxDays: 9,
    prices: { EUR: 1900, USD: 2100, GBP: 1700, JPY: 2980 },
  },
] as const;
