import { describe, expect, it } from 'vitest';
import type { ShippingTax, TaxRate, TaxZone } from '@/commerce/rules';
import { findTaxZone, netOfTax, taxCart } from '@/commerce/tax';
import { taxZone } from './builders';

const rate = (label: string, percent: number): TaxRate => ({
  label,
  rateBps: Math.round(percent * 10_000) / 100,
  compound: false,
});
const onTop = (label: string, percent: number): TaxRate => ({ ...rate(label, percent), compound: true });

const zone = (
  prices: 'gross' | 'net',
  rounding: 'line' | 'order',
  rates: Record<string, TaxRate[]>,
  shipping: ShippingTax = { by: 'method' },
) => taxZone('DE', { pricesIncludeTax: prices === 'gross', rounding, rates, shipping });

const goods = (...lines: (number | [amountMinor: number, taxClass: string, weightMinor?: number])[]) =>
  lines.map((line) => {
    const [amountMinor, taxClass, weightMinor] = typeof line === 'number' ? [line, 'standard'] : line;
    return { amountMinor, taxClass, weightMinor: weightMinor ?? amountMinor };
  });

const sending = (amountMinor: number, taxClass = 'standard') => ({ amountMinor, taxClass });

const GERMANY = { standard: [rate('MwSt.', 19)], reduced: [rate('MwSt.', 7)], exempt: [] };

describe('tax contained in the price of one line', () => {
  // Standard and reduced rates as in force in 2026.
  it.each([
    ['Germany, 19 %', 1999, 19, 319],
    ['Germany, 19 %, of 119.00', 11_900, 19, 1900],
    ['Germany, 7 %', 1999, 7, 131],
    ['Germany, 7 %, of 107.00', 10_700, 7, 700],
    ['Austria, 20 %', 1999, 20, 333],
    ['Austria, 13 %', 1999, 13, 230],
    ['Austria, 10 %', 1999, 10, 182],
    ['France, 20 %', 4990, 20, 832],
    ['France, 5.5 %', 1550, 5.5, 81],
    ['France, 2.1 %', 1000, 2.1, 21],
    ['Finland, 25.5 %', 2490, 25.5, 506],
    ['Hungary, 27 %', 500_000, 27, 106_299],
    ['Luxembourg, 17 %', 999, 17, 145],
    ['Ireland, 23 %', 7500, 23, 1402],
    ['Ireland, 13.5 %', 7500, 13.5, 892],
    ['Switzerland, 8.1 %', 10_000, 8.1, 749],
    ['Switzerland, 2.6 %', 995, 2.6, 25],
    ['United Kingdom, 20 %', 1200, 20, 200],
    ['United Kingdom, 5 %', 1050, 5, 50],
    ['Norway, 25 %', 19_900, 25, 3980],
    ['Japan, 10 %, in yen', 1980, 10, 180],
    ['Japan, 8 %, in yen', 1080, 8, 80],
    ['Australia, a tenth on top, an eleventh within', 1100, 10, 100],
    ['Bahrain, 10 %, in fils', 12_345, 10, 1122],
    ['one minor unit, too little for tax', 1, 19, 0],
    ['four minor units, of which tax is 0.64', 4, 19, 1],
    ['three minor units, of which tax is 0.48', 3, 19, 0],
    ['an exact half, which rounds up', 3, 20, 1],
    ['nothing', 0, 19, 0],
    ['no tax', 1999, 0, 0],
  ])('%s: of %i at %d %% it is %i', (_name, amountMinor, percent, taxMinor) => {
    const where = zone('gross', 'line', { standard: [rate('VAT', percent)] });
    expect(taxCart(where, goods(amountMinor), null).taxMinor).toBe(taxMinor);
    expect(taxCart({ ...where, rounding: 'order' }, goods(amountMinor), null).taxMinor).toBe(taxMinor);
    expect(netOfTax(where, 'standard', amountMinor)).toBe(amountMinor - taxMinor);
  });
});

describe('tax on top of the price of one line', () => {
  it.each([
    // New York City: state 4 %, city 4.5 %, Metropolitan Commuter Transportation District 0.375 % (nyc.gov, "Sales Tax").
    ['New York City, as one rate', 11_000, [rate('Sales tax', 8.875)], [976]],
    [
      'New York City, by who levies',
      11_000,
      [rate('City', 4.5), rate('State', 4), rate('MCTD', 0.375)],
      [495, 440, 41],
    ],
    ['New York City, of 1,000 dollars', 100_000, [rate('Sales tax', 8.875)], [8875]],
    ['California', 4999, [rate('Sales tax', 7.25)], [362]],
    ['Chicago', 1999, [rate('Sales tax', 10.25)], [205]],
    ['Honolulu, the most that may be passed on', 10_000, [rate('GET', 4.712)], [471]],
    ['Kansas, state alone', 1234, [rate('Sales tax', 6.5)], [80]],
    // Streamlined Sales and Use Tax Agreement, section 324: up whenever the third decimal place is greater than four.
    ['a third decimal of 4: 2.144', 2680, [rate('Sales tax', 8)], [214]],
    ['a third decimal of 5: 2.145', 2860, [rate('Sales tax', 7.5)], [215]],
    ['a third decimal of 6: 2.146', 3700, [rate('Sales tax', 5.8)], [215]],
    // Revenu Québec, "Calculating the Taxes": of 100.00 the GST is 5.00 and the QST 9.98.
    ['Quebec since 2013', 10_000, [rate('GST', 5), rate('QST', 9.975)], [500, 998]],
    ['Quebec in one step', 10_000, [rate('GST and QST', 14.975)], [1498]],
    // Before 2013 the QST was charged on the price with the GST.
    ['Quebec in 2012', 10_000, [rate('GST', 5), onTop('QST', 9.5)], [500, 998]],
    ['Quebec in 2005', 10_000, [rate('GST', 7), onTop('QST', 7.5)], [700, 803]],
    ['Prince Edward Island in 2012', 10_000, [rate('GST', 5), onTop('PST', 10)], [500, 1050]],
    ['British Columbia', 2599, [rate('GST', 5), rate('PST', 7)], [130, 182]],
    ['Saskatchewan', 2599, [rate('GST', 5), rate('PST', 6)], [130, 156]],
    ['Manitoba', 1050, [rate('GST', 5), rate('RST', 7)], [53, 74]],
    ['Ontario', 2599, [rate('HST', 13)], [338]],
    ['India, within a state', 99_900, [rate('CGST', 9), rate('SGST', 9)], [8991, 8991]],
    ['three, each on those before', 10_000, [rate('A', 10), onTop('B', 10), onTop('C', 10)], [1000, 1100, 1210]],
    ['a compound one with nothing before it', 10_000, [onTop('A', 10)], [1000]],
    ['a compound one beside another', 10_000, [rate('A', 10), rate('B', 5), onTop('C', 10)], [1000, 500, 1150]],
    [
      'a compound one in between, that the last takes no notice of',
      10_000,
      [rate('A', 10), onTop('B', 10), rate('C', 10)],
      [1000, 1100, 1000],
    ],
    ['a compound one, on exact taxes before rather than rounded ones', 10, [rate('A', 5), onTop('B', 50)], [1, 5]],
    ['a rate of a hundredth of a basis point', 50_000, [rate('A', 0.0001)], [0]],
    ['a rate of a hundredth of a basis point, of a million', 100_000_000, [rate('A', 0.0001)], [100]],
    ['a rate above the price', 1000, [rate('A', 150)], [1500]],
  ])('%s: of %i', (_name, amountMinor, rates, taxes) => {
    const where = zone('net', 'line', { standard: rates });
    for (const rounding of ['line', 'order'] as const) {
      const result = taxCart({ ...where, rounding }, goods(amountMinor), null);
      const byLabel = new Map(result.rates.map((entry) => [entry.label, entry.amountMinor]));
      expect(rates.map(({ label }) => byLabel.get(label))).toEqual(taxes);
      expect(result.taxMinor).toBe(taxes.reduce((sum, tax) => sum + tax, 0));
      expect(result.rates.every(({ netMinor }) => netMinor === amountMinor)).toBe(true);
    }
    expect(netOfTax(where, 'standard', amountMinor)).toBe(amountMinor);
  });
});

describe('several taxes contained in one price', () => {
  it.each([
    ['two alike', 1180, [rate('CGST', 9), rate('SGST', 9)], [90, 90]],
    ['as much again, of less', 118, [rate('CGST', 9), rate('SGST', 9)], [9, 9]],
    ['an odd tax, whose odd unit goes to the later', 83, [rate('CGST', 9), rate('SGST', 9)], [6, 7]],
    ['Quebec', 11_498, [rate('GST', 5), rate('QST', 9.975)], [500, 998]],
    ['Quebec, of ten dollars', 1000, [rate('GST', 5), rate('QST', 9.975)], [43, 87]],
    ['Quebec in 2012', 11_498, [rate('GST', 5), onTop('QST', 9.5)], [500, 998]],
    ['three, each on those before', 13_310, [rate('A', 10), onTop('B', 10), onTop('C', 10)], [1000, 1100, 1210]],
    ['one of them at zero', 1190, [rate('A', 0), rate('B', 19)], [undefined, 190]],
  ])('%s: of %i', (_name, amountMinor, rates, taxes) => {
    const where = zone('gross', 'line', { standard: rates });
    const { rates: listed, taxMinor } = taxCart(where, goods(amountMinor), null);
    const byLabel = new Map(listed.map((entry) => [entry.label, entry.amountMinor]));
    expect(rates.map(({ label }) => byLabel.get(label))).toEqual(taxes);
    expect(listed.every(({ netMinor }) => netMinor === amountMinor - taxMinor)).toBe(true);
    expect(netOfTax(where, 'standard', amountMinor)).toBe(amountMinor - taxMinor);
  });
});

describe('rounding over an order', () => {
  const japan = { standard: [rate('消費税', 10)], reduced: [rate('消費税', 8)] };

  it.each([
    // Australia, A New Tax System (Goods and Services Tax) Act 1999, section 9-90(2): (a) totals, or (b) each supply.
    [
      'three supplies in Australia, by line',
      zone('net', 'line', { standard: [rate('GST', 10)] }),
      goods(104, 104, 104),
      30,
    ],
    [
      'three supplies in Australia, by order',
      zone('net', 'order', { standard: [rate('GST', 10)] }),
      goods(104, 104, 104),
      31,
    ],
    ['three that round up, by line', zone('net', 'line', { standard: [rate('GST', 10)] }), goods(105, 105, 105), 33],
    ['three that round up, by order', zone('net', 'order', { standard: [rate('GST', 10)] }), goods(105, 105, 105), 32],
    // Japan, qualified invoices since October 2023: one rounding for each rate and invoice (National Tax Agency, Q&A on
    // the invoice system); for each line it is not allowed.
    [
      'Japan, by order',
      zone('net', 'order', japan),
      goods(333, 333, 333, [155, 'reduced'], [155, 'reduced']),
      100 + 25,
    ],
    ['Japan, by line', zone('net', 'line', japan), goods(333, 333, 333, [155, 'reduced'], [155, 'reduced']), 99 + 24],
    ['Japan, of prices with tax', zone('gross', 'order', japan), goods(5000, 7829), 1166],
    // Canada, Excise Tax Act, section 165.2: on the total of the invoice, half a cent counts as a cent.
    [
      'Canada, five of 0.30, by order',
      zone('net', 'order', { standard: [rate('GST', 5)] }),
      goods(30, 30, 30, 30, 30),
      8,
    ],
    [
      'Canada, five of 0.30, by line',
      zone('net', 'line', { standard: [rate('GST', 5)] }),
      goods(30, 30, 30, 30, 30),
      10,
    ],
    // Streamlined Sales and Use Tax Agreement, section 324: on an item or an invoice basis, as the seller elects.
    ['Ohio, item basis', zone('net', 'line', { standard: [rate('Sales tax', 5.75)] }), goods(99, 99, 99), 18],
    ['Ohio, invoice basis', zone('net', 'order', { standard: [rate('Sales tax', 5.75)] }), goods(99, 99, 99), 17],
    ['Germany, by line', zone('gross', 'line', GERMANY), goods(100, 100, 100, [100, 'reduced']), 48 + 7],
    ['Germany, by order', zone('gross', 'order', GERMANY), goods(103, 103, 103, [100, 'reduced']), 49 + 7],
    ['Germany, the same by line', zone('gross', 'line', GERMANY), goods(103, 103, 103, [100, 'reduced']), 48 + 7],
    ['no goods', zone('gross', 'order', GERMANY), goods(), 0],
    ['goods without tax', zone('gross', 'order', GERMANY), goods([500, 'exempt']), 0],
  ])('%s', (_name, where, lines, taxMinor) => {
    const result = taxCart(where, lines, null);
    expect(result.taxMinor).toBe(taxMinor);
    expect(result.lines.reduce((sum, line) => sum + line.taxMinor, 0)).toBe(taxMinor);
  });

  it('gives the units that rounding leaves to the lines that are nearest to one', () => {
    const where = zone('net', 'order', { standard: [rate('GST', 10)] });
    // 0.4, 10.4, 0.9 and 2.0 sum to 13.7: of 14 two units are left beside 0, 10, 0 and 2.
    const { lines } = taxCart(where, goods(4, 104, 9, 20), null);
    expect(lines.map(({ taxMinor }) => taxMinor)).toEqual([0, 11, 1, 2]);
    expect(taxCart(where, goods(104, 4, 20, 9), null).lines.map(({ taxMinor }) => taxMinor)).toEqual([11, 0, 2, 1]);
  });

  it('lets shipping take what it adds, so that it changes no line', () => {
    const where = zone('net', 'order', { standard: [rate('GST', 10)] });
    const alone = taxCart(where, goods(104, 104), null);
    const sent = taxCart(where, goods(104, 104), sending(104));
    expect(alone.taxMinor).toBe(21);
    expect([sent.taxMinor, sent.shippingTaxMinor]).toEqual([31, 10]);
    expect(sent.lines).toEqual(alone.lines);
  });
});

describe('tax on shipping', () => {
  const mixed = goods([3000, 'standard'], [1000, 'reduced']);

  it.each<[string, ShippingTax, ReturnType<typeof goods>, ReturnType<typeof sending>, number]>([
    ['as the method says', { by: 'method' }, mixed, sending(499, 'reduced'), 33],
    [
      'as the method says, of a class that the zone has no rates for',
      { by: 'method' },
      mixed,
      sending(499, 'post'),
      80,
    ],
    ['as the zone says, whatever the method says', { by: 'class', taxClass: 'exempt' }, mixed, sending(499), 0],
    ['as the zone says', { by: 'class', taxClass: 'reduced' }, mixed, sending(499), 33],
    ['as the dearest of the goods', { by: 'highest' }, mixed, sending(499, 'reduced'), 80],
    [
      'as the only goods, though the method says otherwise',
      { by: 'highest' },
      goods([1000, 'reduced']),
      sending(499),
      33,
    ],
    [
      'as the dearest, however little it is',
      { by: 'highest' },
      goods([1, 'standard'], [9999, 'reduced']),
      sending(499),
      80,
    ],
    [
      'as no gift, which weighs nothing',
      { by: 'highest' },
      goods([0, 'standard', 0], [1000, 'reduced']),
      sending(499),
      33,
    ],
    [
      'as the dearest, though it was discounted to nothing',
      { by: 'highest' },
      goods([0, 'standard', 500], [1000, 'reduced']),
      sending(499),
      80,
    ],
    // 3/4 of 4.99 at 19 % is 0.598, 1/4 at 7 % is 0.082.
    ['in proportion', { by: 'proportion' }, mixed, sending(499), 60 + 8],
    [
      'in proportion to goods without tax too',
      { by: 'proportion' },
      goods([3000, 'standard'], [1000, 'exempt']),
      sending(499),
      60,
    ],
    [
      'in proportion to prices before promotions',
      { by: 'proportion' },
      goods([0, 'standard', 3000], [1000, 'reduced']),
      sending(499),
      60 + 8,
    ],
    ['in proportion to one class', { by: 'proportion' }, goods(1000, 500), sending(499), 80],
    ['in proportion to goods that weigh nothing', { by: 'proportion' }, goods([0, 'reduced', 0]), sending(499), 80],
    ['in proportion, of nothing', { by: 'proportion' }, mixed, sending(0), 0],
    ['of an empty cart', { by: 'highest' }, goods(), sending(499, 'reduced'), 33],
  ])('is %s', (_name, shipping, lines, cost, taxMinor) => {
    const result = taxCart(zone('gross', 'line', GERMANY, shipping), lines, cost);
    expect(result.shippingTaxMinor).toBe(taxMinor);
  });

  it('is as the dearest of the goods by number, not by how it is written', () => {
    const finland = { standard: [rate('ALV', 25.5)], books: [rate('ALV', 10)] };
    const result = taxCart(
      zone('gross', 'line', finland, { by: 'highest' }),
      goods([2000, 'books'], 1),
      sending(490, 'books'),
    );
    expect(result.shippingTaxMinor).toBe(100);
  });

  it('is in proportion exactly, before anything is rounded', () => {
    const where = zone('net', 'line', { standard: [rate('Duty', 50)], zero: [] }, { by: 'proportion' });
    // A third of 14 is 4.67, of which half is 2.33: in whole units it would be half of 5.
    expect(taxCart(where, goods(100, [200, 'zero']), sending(14)).shippingTaxMinor).toBe(2);
  });

  it('is none where nothing is sent', () => {
    expect(taxCart(zone('gross', 'line', GERMANY, { by: 'proportion' }), mixed, null).shippingTaxMinor).toBe(0);
  });

  it('belongs to the rates that it is taxed by', () => {
    const result = taxCart(zone('gross', 'line', GERMANY, { by: 'proportion' }), mixed, sending(400));
    expect(result.rates).toEqual([
      { label: 'MwSt.', rateBps: 1900, netMinor: 2521 + 252, amountMinor: 479 + 48 },
      { label: 'MwSt.', rateBps: 700, netMinor: 935 + 93, amountMinor: 65 + 7 },
    ]);
  });

  it('is not raised by a promotion on what is taxed little', () => {
    const where = zone('net', 'line', { standard: [rate('VAT', 20)], zero: [] }, { by: 'proportion' });
    const before = taxCart(where, goods([1000, 'standard'], [1000, 'zero']), sending(500));
    const after = taxCart(where, goods([1000, 'standard'], [0, 'zero', 1000]), sending(500));
    expect([before.taxMinor, after.taxMinor]).toEqual([250, 250]);
    // By the amount after the promotion all of shipping would go with what is taxed.
    const byAmount = taxCart(where, goods([1000, 'standard'], [0, 'zero', 0]), sending(500));
    expect(byAmount.taxMinor).toBe(300);
  });
});

describe('the rates that an invoice lists', () => {
  it('are one for each label and rate, whatever classes they come from, the highest first', () => {
    const rates = {
      books: [rate('MwSt. ermäßigt', 7)],
      food: [rate('MwSt. ermäßigt', 7)],
      plants: [rate('MwSt. Pflanzen', 7)],
      standard: [rate('MwSt.', 19)],
    };
    const lines = goods([1070, 'food'], [1190, 'standard'], [535, 'books'], [107, 'plants']);
    expect(taxCart(zone('gross', 'line', rates), lines, null).rates).toEqual([
      { label: 'MwSt.', rateBps: 1900, netMinor: 1000, amountMinor: 190 },
      { label: 'MwSt. Pflanzen', rateBps: 700, netMinor: 100, amountMinor: 7 },
      { label: 'MwSt. ermäßigt', rateBps: 700, netMinor: 1500, amountMinor: 105 },
    ]);
  });

  it('leave out what is taxed at zero', () => {
    const rates = { standard: [rate('VAT', 20)], zero: [rate('VAT zero', 0)] };
    const result = taxCart(zone('gross', 'order', rates), goods([1200, 'zero'], 1200), null);
    expect(result.rates).toEqual([{ label: 'VAT', rateBps: 2000, netMinor: 1000, amountMinor: 200 }]);
  });

  it('count a tax of two classes once, beside the taxes that only one of them has', () => {
    const rates = { standard: [rate('GST', 5), rate('PST', 7)], books: [rate('GST', 5)] };
    expect(taxCart(zone('net', 'order', rates), goods(1000, [2010, 'books']), null).rates).toEqual([
      { label: 'PST', rateBps: 700, netMinor: 1000, amountMinor: 70 },
      { label: 'GST', rateBps: 500, netMinor: 3010, amountMinor: 151 },
    ]);
  });

  it('name a price once, though two taxes of it bear the same name', () => {
    const { rates } = taxCart(zone('net', 'line', { standard: [rate('Tax', 5), rate('Tax', 5)] }), goods(1000), null);
    expect(rates).toEqual([{ label: 'Tax', rateBps: 500, netMinor: 1000, amountMinor: 100 }]);
  });
});

describe('the rate of a line', () => {
  it.each([
    ['one', [rate('VAT', 19)], 1900],
    ['none', [], 0],
    ['a fraction of a basis point', [rate('QST', 9.975)], 997.5],
    ['a decimal that no float holds', [rate('VAT', 8.29)], 829],
    ['the sum of those beside each other', [rate('GST', 5), rate('QST', 9.975)], 1497.5],
    ['what compounding makes of them', [rate('GST', 5), onTop('QST', 9.5)], 1497.5],
    ['what compounding makes, to the hundredth', [rate('A', 3.333), onTop('B', 3.333)], 677.71],
  ])('is %s', (_name, rates, rateBps) => {
    expect(taxCart(zone('net', 'line', { standard: rates }), goods(1000), null).lines[0]?.rateBps).toBe(rateBps);
  });
});

describe('the class of a line', () => {
  it.each([
    ['its own', 'reduced', 700],
    ['standard, where the zone does not know it', 'toys', 1900],
    ['standard, for a name that every object has', 'constructor', 1900],
    ['taxed at nothing, where the zone says so', 'exempt', 0],
  ])('is %s', (_name, taxClass, rateBps) => {
    expect(taxCart(zone('gross', 'line', GERMANY), goods([1000, taxClass]), null).lines[0]?.rateBps).toBe(rateBps);
  });

  it('is untaxed in a zone without rates', () => {
    expect(taxCart(zone('gross', 'order', {}), goods(1000), sending(500))).toEqual({
      lines: [{ taxMinor: 0, rateBps: 0 }],
      shippingTaxMinor: 0,
      taxMinor: 0,
      rates: [],
    });
  });
});

describe('the zone of a place', () => {
  const at = (id: string, country: string, region: string | null, postalCodes: string[]): TaxZone => ({
    ...zone('net', 'line', {}),
    id,
    country,
    region,
    postalCodes,
  });
  const zones = [
    at('us', 'US', null, []),
    at('us-ny', 'US', 'NY', []),
    at('us-100', 'US', null, ['100*']),
    at('us-ny-100', 'US', 'NY', ['100*']),
    at('us-ny-10001', 'US', 'NY', ['10001']),
    at('es', 'ES', null, []),
    at('es-canaries', 'ES', null, ['35000-35999', '38000-38999']),
    at('gb-ni', 'GB', null, ['BT*']),
  ];

  it.each([
    ['the country, where nothing more is known', { country: 'US' }, 'us'],
    ['the country, for another region', { country: 'US', region: 'TX', postalCode: '75001' }, 'us'],
    ['the region', { country: 'US', region: 'NY', postalCode: '14201' }, 'us-ny'],
    ['the region, where the postcode is not known', { country: 'US', region: 'US-NY' }, 'us-ny'],
    ['the postcode before the country', { country: 'US', region: null, postalCode: '10099' }, 'us-100'],
    ['the postcode before the region', { country: 'US', region: 'NJ', postalCode: '10099' }, 'us-100'],
    ['region and postcode before either', { country: 'US', region: 'NY', postalCode: '10025-1234' }, 'us-ny-100'],
    ['the lower id of two that are as exact', { country: 'US', region: 'NY', postalCode: '10001' }, 'us-ny-100'],
    ['islands with taxes of their own', { country: 'ES', postalCode: '38001' }, 'es-canaries'],
    ['the mainland', { country: 'ES', postalCode: '28001' }, 'es'],
    ['a part of a country, where the rest is not sold to', { country: 'GB', postalCode: 'BT1 5GS' }, 'gb-ni'],
    ['none for the rest', { country: 'GB', postalCode: 'SW1A 1AA' }, null],
    ['none in a country that is not sold to', { country: 'AQ' }, null],
  ])('is %s', (_name, place, id) => {
    expect(findTaxZone(zones, place)?.id ?? null).toBe(id);
    expect(findTaxZone([...zones].reverse(), place)?.id ?? null).toBe(id);
  });

  it('is none where there are no zones', () => {
    expect(findTaxZone([], { country: 'DE' })).toBeNull();
  });
});

describe('what tax refuses', () => {
  const MAX = Number.MAX_SAFE_INTEGER;
  const outOfRange = expect.objectContaining({ code: 'amount_out_of_range' });
  const net = (...rates: TaxRate[]) => zone('net', 'line', { standard: rates });

  it.each([
    ['an amount below zero', net(), goods(-1), null],
    ['an amount that is not whole', net(), goods(0.5), null],
    ['an amount that is no number', net(), goods(Number.NaN), null],
    ['an amount beyond 2^53 - 1', net(), goods(MAX + 1), null],
    ['a weight below zero', net(), goods([1, 'standard', -1]), null],
    ['a weight that is not whole', net(), goods([1, 'standard', 0.5]), null],
    ['shipping below zero', net(), goods(1), sending(-1)],
    ['shipping that is not whole', net(), goods(1), sending(1.5)],
    ['a tax beyond 2^53 - 1', net(rate('A', 150)), goods(MAX), null],
    ['taxes that sum beyond it', net(rate('A', 90)), goods(MAX, MAX), null],
    ['amounts that sum beyond it', zone('net', 'order', { standard: [rate('A', 1)] }), goods(MAX, MAX), null],
    ['net prices that sum beyond it', net(rate('A', 1)), goods(MAX, MAX), null],
    [
      'weights that sum beyond it',
      zone('net', 'line', GERMANY, { by: 'proportion' }),
      goods([1, 'standard', MAX], [1, 'reduced', MAX]),
      sending(1),
    ],
    ['a rate below zero', net({ label: 'A', rateBps: -1, compound: false }), goods(1), null],
    ['a rate finer than a hundredth', net({ label: 'A', rateBps: 0.125, compound: false }), goods(1), null],
    ['a rate that is no number', net({ label: 'A', rateBps: Number.NaN, compound: false }), goods(1), null],
    [
      'rates that compound beyond any fraction',
      net(rate('A', 9.9999), onTop('B', 9.9997), onTop('C', 9.9991)),
      goods(1),
      null,
    ],
  ])('is %s', (_name, where, lines, cost) => {
    expect(() => taxCart(where, lines, cost)).toThrow(outOfRange);
  });

  it.each([-1, 0.5, Number.NaN, MAX + 1])('is a gross price of %s', (grossMinor) => {
    expect(() => netOfTax(zone('gross', 'line', GERMANY), 'standard', grossMinor)).toThrow(outOfRange);
    expect(() => netOfTax(zone('net', 'line', GERMANY), 'standard', grossMinor)).toThrow(outOfRange);
  });

  it('is nothing up to the greatest amounts', () => {
    for (const rounding of ['line', 'order'] as const) {
      for (const by of ['highest', 'proportion'] as const) {
        const lines = goods([MAX - 7, 'standard', MAX - 7], [7, 'reduced', 7]);
        const result = taxCart(zone('gross', rounding, GERMANY, { by }), lines, null);
        expect(result.taxMinor).toBe(Number((BigInt(MAX - 7) * 38n + 119n) / 238n));
        const sent = taxCart(
          zone('net', rounding, GERMANY, { by }),
          goods(1000, [1000, 'reduced', MAX - 1000]),
          sending(4_000_000_000),
        );
        expect(sent.shippingTaxMinor).toBe(by === 'highest' ? 760_000_000 : 280_000_000);
      }
    }
  });
});
