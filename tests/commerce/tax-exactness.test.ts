import { describe, expect, it } from 'vitest';
import type { ShippingTax, TaxRate } from '@/commerce/rules';
import { type TaxableLine, taxCart } from '@/commerce/tax';
import { taxZone } from './builders';

const rate = (label: string, rateBps: number): TaxRate[] => [{ label, rateBps, compound: false }];

/** On top of prices, rounded over the whole order. */
const added = (rates: Record<string, TaxRate[]>, shipping: ShippingTax = { by: 'method' }) =>
  taxZone('DE', { pricesIncludeTax: false, rounding: 'order', rates, shipping });

const line = (amountMinor: number, taxClass = 'standard'): TaxableLine => ({
  amountMinor,
  taxClass,
  weightMinor: amountMinor,
});

const taxes = (lines: { taxMinor: number }[]) => lines.map(({ taxMinor }) => taxMinor);

describe('tax of amounts whose products no float holds', () => {
  it.each<[string, number[], number[]]>([
    // 380000000000000.19 and 190000000000000.95 are 570000000000001 together.
    [
      'to the greater fraction',
      [2_000_000_000_000_001, 1_000_000_000_000_005],
      [380_000_000_000_000, 190_000_000_000_001],
    ],
    // 380000000000024.51 and 9.50 are 34 together; a float takes the first for .48.
    ['to fractions that floats mistake', [2_000_000_000_000_129, 50], [380_000_000_000_025, 9]],
  ])('is shared out exactly: %s', (_name, amounts, expected) => {
    const result = taxCart(
      added({ standard: rate('MwSt.', 1900) }),
      amounts.map((amount) => line(amount)),
      null,
    );
    expect(taxes(result.lines)).toEqual(expected);
  });

  it('is taken on shipping by the proportion of the goods', () => {
    const zone = added({ standard: rate('MwSt.', 1900), reduced: rate('MwSt.', 700) }, { by: 'proportion' });
    const goods = [line(3_000_000_000_000_000), line(1_000_000_000_000_000, 'reduced')];
    const result = taxCart(zone, goods, { amountMinor: 400, taxClass: 'standard' });
    expect(taxes(result.lines)).toEqual([570_000_000_000_000, 70_000_000_000_000]);
    // 19 % of 3.00 and 7 % of 1.00.
    expect(result.shippingTaxMinor).toBe(57 + 7);
  });
});

it.each([[['a', 'b']], [['b', 'a']]])(
  'shipping goes by the same of two taxes that are as high, whatever the order: %j',
  (classes) => {
    const zone = added({ a: rate('Tax A', 1000), b: rate('Tax B', 1000) }, { by: 'highest' });
    const { rates } = taxCart(
      zone,
      classes.map((taxClass) => line(1000, taxClass)),
      { amountMinor: 500, taxClass: 'standard' },
    );
    expect(rates.map(({ label, amountMinor }) => [label, amountMinor])).toEqual([
      ['Tax A', 150],
      ['Tax B', 100],
    ]);
  },
);
