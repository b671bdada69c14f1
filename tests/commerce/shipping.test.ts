import { describe, expect, it } from 'vitest';
import type { Place } from '@/commerce/market';
import type { ShippingMethod } from '@/commerce/rules';
import { type Dispatch, type Parcel, type ParcelLine, quoteShipping } from '@/commerce/shipping';
import { costing, dispatch, line, method, parcel, size, weighing } from './parcels';

const MAX = Number.MAX_SAFE_INTEGER;

/** The price, or the code of the refusal. */
function priceOf(by: Partial<ShippingMethod>, of: Parcel, to: Partial<Dispatch> = {}): number | string {
  const quote = quoteShipping(method(by), of, dispatch(to));
  return quote.offered ? quote.priceMinor : quote.code;
}

function refusal(by: Partial<ShippingMethod>, of: Parcel, to: Partial<Dispatch> = {}) {
  const quote = quoteShipping(method(by), of, dispatch(to));
  if (quote.offered) throw new Error('It is offered.');
  return quote;
}

describe('where a method reaches', () => {
  const place = (country: string, postalCode?: string, region?: string): Place => ({ country, postalCode, region });

  it.each<[string | null, Place, number | string]>([
    // Without a zone: wherever the shop sells.
    [null, place('DE'), 490],
    [null, place('JP', '100-0001'), 490],
    [null, place('CH', '8001'), 'not_in_zone'],
    // Postcodes.
    ['berlin', place('DE', '10115'), 490],
    ['berlin', place('DE', '14049'), 'not_in_zone'],
    ['berlin', place('DE', '14050'), 490],
    ['berlin', place('DE', '14199'), 490],
    ['berlin', place('DE', '14200'), 'not_in_zone'],
    ['berlin', place('DE', '80331'), 'not_in_zone'],
    ['berlin', place('FR', '10115'), 'not_in_zone'],
    ['berlin', place('DE'), 'not_in_zone'],
    // Sylt, Langeoog, Borkum, Heligoland; Norden and Niebüll lie across on the mainland.
    ['islands', place('DE', '25980'), 490],
    ['islands', place('DE', '25999'), 490],
    ['islands', place('DE', '26465'), 490],
    ['islands', place('DE', '26757'), 490],
    ['islands', place('DE', '27498'), 490],
    ['islands', place('DE', '26506'), 'not_in_zone'],
    ['islands', place('DE', '25899'), 'not_in_zone'],
    // One of several areas.
    ['alps', place('AT', '6020'), 490],
    ['alps', place('AT'), 490],
    ['alps', place('FR', '74000'), 490],
    ['alps', place('FR', '75001'), 'not_in_zone'],
    // Regions.
    ['west', place('US', '94103', 'CA'), 490],
    ['west', place('US', '10001', 'NY'), 'not_in_zone'],
    ['west', place('US'), 'not_in_zone'],
    // A zone that is empty, or that is not there.
    ['nowhere', place('DE'), 'not_in_zone'],
    ['gone', place('DE'), 'not_in_zone'],
  ])('%s reaches %o: %s', (zoneId, to, expected) => {
    expect(priceOf({ zoneId }, weighing(500), { place: to })).toBe(expected);
  });
});

describe('a price by a table', () => {
  const steps = (...rows: [number, number][]) => ({ EUR: rows.map(([from, amountMinor]) => ({ from, amountMinor })) });

  it.each<[string, number, number | string]>([
    ['nothing', 0, 390],
    ['below the second step', 999, 390],
    ['at the second step', 1000, 590],
    ['above the second step', 1001, 590],
    ['below the third step', 4999, 590],
    ['at the third step', 5000, 990],
    ['far above it', 31_500, 990],
  ])('by weight, %s (%i g)', (_, grams, expected) => {
    expect(priceOf({ basis: 'weight', prices: steps([0, 390], [1000, 590], [5000, 990]) }, weighing(grams))).toBe(
      expected,
    );
  });

  it.each<[string, number, number | string]>([
    ['below the second step', 4999, 590],
    ['at the second step', 5000, 290],
    ['above it', 5001, 290],
    ['below the third step', 9999, 290],
    ['at the third step', 10_000, 0],
  ])('by what the goods cost, %s (%i)', (_, subtotal, expected) => {
    const prices = steps([0, 590], [5000, 290], [10_000, 0]);
    expect(priceOf({ basis: 'subtotal', prices }, costing(subtotal))).toBe(expected);
  });

  it.each<[string, number, number | string]>([
    ['below the first step', 1, 'below_first_step'],
    ['at the first step', 2, 300],
    ['below the second step', 5, 300],
    ['at the second step', 6, 700],
    ['above it', 7, 700],
  ])('by units, %s (%i)', (_, quantity, expected) => {
    expect(priceOf({ basis: 'quantity', prices: steps([2, 300], [6, 700]) }, parcel([line(quantity)]))).toBe(expected);
  });

  it.each<[string, ShippingMethod['basis'], Parcel, number | string]>([
    ['by weight, below the first step', 'weight', weighing(99), 'below_first_step'],
    ['by weight, at the first step', 'weight', weighing(100), 450],
    ['by what the goods cost, below the first step', 'subtotal', costing(99), 'below_first_step'],
    ['by what the goods cost, at the first step', 'subtotal', costing(100), 450],
    ['flat, whatever it weighs', 'flat', weighing(1), 'below_first_step'],
  ])('%s', (_, basis, of, expected) => {
    expect(priceOf({ basis, prices: steps([100, 450]) }, of)).toBe(expected);
  });

  it.each([
    ['nothing', []],
    ['one unit', [line(1)]],
    ['a hundred lines', Array.from({ length: 100 }, () => line(999))],
  ])('is the same for %s where it is flat', (_, lines) => {
    expect(priceOf({}, parcel(lines))).toBe(490);
  });

  it('adds up the units and the weights of all lines', () => {
    const lines = [
      line(2, { weightGrams: 300 }),
      line(3, { id: 'var_b', weightGrams: 150 }),
      line(1, { weightGrams: 0 }),
    ];
    const prices = steps([0, 1], [1049, 2], [1050, 3], [1051, 4]);
    expect(priceOf({ basis: 'weight', prices }, parcel(lines))).toBe(3);
    expect(priceOf({ basis: 'quantity', prices: steps([5, 1], [6, 2], [7, 3]) }, parcel(lines))).toBe(2);
  });

  it('neither weighs nor counts what is not sent', () => {
    const download = line(5, { id: 'var_b', weightGrams: 9000, size: size(900, 900, 900), requiresShipping: false });
    const lines = [line(1), download];
    const prices = steps([0, 100], [2, 200]);
    expect(priceOf({ basis: 'quantity', prices }, parcel(lines))).toBe(100);
    expect(priceOf({ basis: 'weight', prices: steps([0, 100], [501, 200]) }, parcel(lines))).toBe(100);
    expect(priceOf({ limits: { maxWeightGrams: 500, maxQuantity: 1 }, dimensionalDivisor: 5000 }, parcel(lines))).toBe(
      490,
    );
  });

  it('takes goods that are not sent for part of what the goods cost', () => {
    const lines = [line(1), line(1, { id: 'var_b', requiresShipping: false })];
    expect(priceOf({ basis: 'subtotal', prices: steps([0, 590], [5000, 290]) }, parcel(lines, 5000))).toBe(290);
    expect(priceOf({ freeFrom: { EUR: 5000 } }, parcel(lines, 5000))).toBe(0);
  });
});

describe('the currency of a price', () => {
  const prices = {
    EUR: [{ from: 0, amountMinor: 490 }],
    JPY: [
      { from: 0, amountMinor: 800 },
      { from: 10_000, amountMinor: 400 },
    ],
    KWD: [{ from: 0, amountMinor: 1500 }],
    SEK: [],
  };

  it.each<[string, number, number | string]>([
    ['EUR', 20_000, 490],
    // The yen has no minor unit: 9999 is ¥9,999.
    ['JPY', 9999, 800],
    ['JPY', 10_000, 400],
    ['KWD', 20_000, 1500],
    ['USD', 20_000, 'currency_not_priced'],
    ['SEK', 20_000, 'currency_not_priced'],
    ['constructor', 20_000, 'currency_not_priced'],
  ])('%s, with goods for %i', (currency, subtotal, expected) => {
    expect(priceOf({ basis: 'subtotal', prices }, costing(subtotal), { currency })).toBe(expected);
  });

  it.each<[string, number, number | null, number | null]>([
    ['EUR', 490, 5000, 1],
    ['JPY', 800, 8000, 3001],
    ['KWD', 1500, null, null],
  ])('%s has its own threshold, or none', (currency, priceMinor, freeFromMinor, missingForFreeMinor) => {
    const quote = quoteShipping(
      method({ prices, freeFrom: { EUR: 5000, JPY: 8000 } }),
      costing(4999),
      dispatch({ currency }),
    );
    expect(quote).toMatchObject({ offered: true, priceMinor, freeFromMinor, missingForFreeMinor });
  });

  it('decides which bounds there are to what the goods cost', () => {
    const limits = { minSubtotal: { EUR: 6000 }, maxSubtotal: { KWD: 4000 } };
    expect(priceOf({ prices, limits }, costing(5000), { currency: 'EUR' })).toBe('subtotal_too_low');
    expect(priceOf({ prices, limits }, costing(5000), { currency: 'JPY' })).toBe(800);
    expect(priceOf({ prices, limits }, costing(5000), { currency: 'KWD' })).toBe('subtotal_too_high');
  });
});

describe('free from a threshold', () => {
  it.each<[string, number, number, number, number]>([
    ['a minor unit below', 4999, 5000, 490, 1],
    ['at it', 5000, 5000, 0, 0],
    ['a minor unit above', 5001, 5000, 0, 0],
    ['with nothing', 0, 5000, 490, 5000],
    ['of zero', 0, 0, 0, 0],
  ])('%s: goods for %i, threshold %i', (_, subtotal, threshold, priceMinor, missingForFreeMinor) => {
    const quote = quoteShipping(method({ freeFrom: { EUR: threshold } }), costing(subtotal), dispatch());
    expect(quote).toMatchObject({ offered: true, priceMinor, freeFromMinor: threshold, missingForFreeMinor });
  });

  it('misses nothing where the table asks nothing already', () => {
    const free = method({ prices: { EUR: [{ from: 0, amountMinor: 0 }] }, freeFrom: { EUR: 5000 } });
    expect(quoteShipping(free, costing(1), dispatch())).toMatchObject({ priceMinor: 0, missingForFreeMinor: 0 });
  });

  it.each<[string, Partial<ShippingMethod>, string]>([
    ['a limit', { limits: { maxWeightGrams: 499 } }, 'too_heavy'],
    ['the first step', { basis: 'weight', prices: { EUR: [{ from: 501, amountMinor: 1 }] } }, 'below_first_step'],
    ['an excluded good', { excludes: { variantIds: ['var_a'] } }, 'goods_excluded'],
  ])('does not get past %s', (_, changes, code) => {
    expect(priceOf({ ...changes, freeFrom: { EUR: 0 } }, costing(5000))).toBe(code);
  });
});

// Kilograms are length x width x height in cm divided by 5000, and a parcel is billed by these or by what it weighs,
// whichever is more: https://ask.fedex.com/help/en-gb/account-payments/calculation-dim-weight-rex
describe('dimensional weight', () => {
  /** What a parcel counts for, read from the refusal of a method that takes nothing. */
  function gramsOf(lines: ParcelLine[], dimensionalDivisor: number | null): number | undefined {
    return refusal({ dimensionalDivisor, limits: { maxWeightGrams: -1 } }, parcel(lines)).facts?.weightGrams;
  }

  it.each<[string, ParcelLine[], number | null, number]>([
    // 30 x 25 x 20 cm is 15 000 cm³, by 5000 is 3 kg.
    ['a large light one', [line(1, { weightGrams: 1000, size: size(300, 250, 200) })], 5000, 3000],
    ['a small heavy one', [line(1, { weightGrams: 3001, size: size(300, 250, 200) })], 5000, 3001],
    ['one as heavy as large', [line(1, { weightGrams: 3000, size: size(300, 250, 200) })], 5000, 3000],
    ['another divisor', [line(1, { weightGrams: 1000, size: size(300, 250, 200) })], 6000, 2500],
    // 50 x 68 x 38 cm is 129 200 cm³: 25.84 kg.
    ['a carton', [line(1, { weightGrams: 5000, size: size(500, 680, 380) })], 5000, 25_840],
    // 38 x 18 x 58 cm is 39 672 cm³: 7.9344 kg, and 7935 g up to the next gram.
    ['up to the next gram', [line(1, { weightGrams: 1, size: size(380, 180, 580) })], 5000, 7935],
    ['each piece for itself', [line(6, { weightGrams: 1, size: size(380, 180, 580) })], 5000, 6 * 7935],
    ['a cubic millimetre', [line(1, { weightGrams: 0, size: size(1, 1, 1) })], 5000, 1],
    ['a gram exactly', [line(1, { weightGrams: 0, size: size(10, 10, 50) })], 5000, 1],
    ['a gram and a little', [line(1, { weightGrams: 0, size: size(10, 10, 51) })], 5000, 2],
    ['nothing', [line(1, { weightGrams: 0, size: size(0, 300, 300) })], 5000, 0],
    ['without a size', [line(2, { weightGrams: 700, size: null })], 5000, 1400],
    ['without a divisor', [line(1, { weightGrams: 1000, size: size(300, 250, 200) })], null, 1000],
    // The feather does not make the iron lighter: each is compared for itself.
    [
      'a large light one beside a small heavy one',
      [
        line(1, { weightGrams: 100, size: size(300, 250, 200) }),
        line(1, { weightGrams: 8000, size: size(100, 100, 100) }),
      ],
      5000,
      11_000,
    ],
    ['nothing at all', [], 5000, 0],
  ])('of %s', (_, lines, divisor, grams) => {
    expect(gramsOf(lines, divisor)).toBe(grams);
  });

  it('decides price and limits alike', () => {
    const large = parcel([line(1, { weightGrams: 1000, size: size(300, 250, 200) })]);
    const prices = {
      EUR: [
        { from: 0, amountMinor: 500 },
        { from: 3000, amountMinor: 900 },
      ],
    };
    expect(priceOf({ basis: 'weight', prices }, large)).toBe(500);
    expect(priceOf({ basis: 'weight', prices, dimensionalDivisor: 5000 }, large)).toBe(900);
    expect(priceOf({ prices, dimensionalDivisor: 5000, limits: { maxWeightGrams: 3000 } }, large)).toBe(500);
    expect(priceOf({ prices, dimensionalDivisor: 5000, limits: { maxWeightGrams: 2999 } }, large)).toBe('too_heavy');
  });

  it('is exact for sizes whose volume no float holds to the gram', () => {
    // 2^53 - 1 is 6361 x 69431 x 20394401.
    expect(gramsOf([line(1, { size: size(6361, 69_431, 20_394_401) })], 1)).toBe(MAX);
    expect(gramsOf([line(1, { size: size(6361, 69_431, 20_394_401) })], 2)).toBe(2 ** 52);
  });

  it.each<[string, ParcelLine[]]>([
    ['the volume of a piece', [line(1, { size: size(MAX, 2, 1) })]],
    ['the pieces of a line', [line(2, { weightGrams: MAX })]],
    ['the lines', [line(1, { weightGrams: MAX }), line(1, { weightGrams: 1 })]],
  ])('is refused where %s come to more than can be told', (_, lines) => {
    const expected = expect.objectContaining({ code: 'amount_out_of_range' });
    expect(() => priceOf({ dimensionalDivisor: 5000 }, parcel(lines))).toThrow(expected);
  });
});

describe('a limit', () => {
  const limits = {
    minWeightGrams: 200,
    maxWeightGrams: 31_500,
    maxQuantity: 10,
    minSubtotal: { EUR: 2000 },
    maxSubtotal: { EUR: 50_000 },
  };

  it.each<[string, Parcel, number | string]>([
    ['at the least weight', weighing(200), 490],
    ['below it', weighing(199), 'too_light'],
    ['at the greatest weight', weighing(31_500), 490],
    ['above it', weighing(31_501), 'too_heavy'],
    ['of as many units as may be', parcel([line(4), line(6)]), 490],
    ['of one unit more', parcel([line(4), line(7)]), 'too_many_items'],
    ['for as little as may be', costing(2000), 490],
    ['for a cent less', costing(1999), 'subtotal_too_low'],
    ['for as much as may be', costing(50_000), 490],
    ['for a cent more', costing(50_001), 'subtotal_too_high'],
    ['without anything to send', parcel([]), 'too_light'],
  ])('includes its bound: a parcel %s', (_, of, expected) => {
    expect(priceOf({ limits }, of)).toBe(expected);
  });
});

describe('goods that cannot go a way', () => {
  const glass = line(1, { id: 'var_glass', productId: 'prod_glass', collectionIds: ['fragile', 'kitchen'] });
  const cloth = line(1, { id: 'var_cloth', productId: 'prod_cloth', collectionIds: ['kitchen'] });
  const voucher = line(1, { id: 'var_voucher', productId: 'prod_voucher', requiresShipping: false });

  it.each<[string, ShippingMethod['excludes'], ParcelLine[], string[] | null]>([
    ['none where nothing is excluded', null, [glass, cloth], null],
    ['by variant', { variantIds: ['var_glass'] }, [glass, cloth], ['var_glass']],
    ['by product', { productIds: ['prod_cloth'] }, [glass, cloth], ['var_cloth']],
    ['by collection', { collectionIds: ['kitchen'] }, [glass, cloth], ['var_cloth', 'var_glass']],
    [
      'less the exceptions',
      { collectionIds: ['kitchen'], except: { productIds: ['prod_glass'] } },
      [glass, cloth],
      ['var_cloth'],
    ],
    [
      'less the exceptions, and none is left',
      { collectionIds: ['fragile'], except: { variantIds: ['var_glass'] } },
      [glass],
      null,
    ],
    ['each once', { collectionIds: ['kitchen'] }, [glass, cloth, glass], ['var_cloth', 'var_glass']],
    ['not what is not in the cart', { variantIds: ['var_other'] }, [glass, cloth], null],
    ['not what is not sent', { productIds: ['prod_voucher'] }, [cloth, voucher], null],
  ])('%s', (_, excludes, lines, variantIds) => {
    const quote = quoteShipping(method({ excludes }), parcel(lines), dispatch());
    expect(quote.offered ? null : [quote.code, quote.facts]).toEqual(variantIds && ['goods_excluded', { variantIds }]);
  });
});

describe('a refusal', () => {
  it.each<[Partial<ShippingMethod>, Parcel, Partial<Dispatch>, object]>([
    [
      {},
      weighing(1),
      { place: { country: 'CH' } },
      { code: 'not_in_zone', message: 'This way of shipping does not reach the place.' },
    ],
    [
      {},
      weighing(1),
      { currency: 'USD' },
      { code: 'currency_not_priced', message: 'This way of shipping has no price in USD.' },
    ],
    [
      { excludes: { variantIds: ['var_a'] } },
      weighing(1),
      {},
      {
        code: 'goods_excluded',
        message: 'Some of the goods cannot go this way.',
        facts: { variantIds: ['var_a'] },
      },
    ],
    [
      { limits: { maxWeightGrams: 31_500 } },
      weighing(31_750),
      {},
      {
        code: 'too_heavy',
        message: 'This comes to 31.75 kg, and this way takes up to 31.5 kg.',
        facts: { weightGrams: 31_750, maxWeightGrams: 31_500 },
      },
    ],
    [
      { limits: { minWeightGrams: 2000 } },
      weighing(5),
      {},
      {
        code: 'too_light',
        message: 'This comes to 0.005 kg, and this way starts at 2 kg.',
        facts: { weightGrams: 5, minWeightGrams: 2000 },
      },
    ],
    [
      { limits: { maxQuantity: 10 } },
      parcel([line(12)]),
      {},
      {
        code: 'too_many_items',
        message: 'At most 10 of these can go this way at once, not 12.',
        facts: { quantity: 12, maxQuantity: 10 },
      },
    ],
    [
      { limits: { minSubtotal: { EUR: 2000 } } },
      costing(1995),
      {},
      {
        code: 'subtotal_too_low',
        message: 'Goods for 0.05 EUR are missing to go this way.',
        facts: { missing: { amount: 5, currency: 'EUR' } },
      },
    ],
    [
      { prices: { JPY: [{ from: 0, amountMinor: 0 }] }, limits: { minSubtotal: { JPY: 2000 } } },
      costing(1995),
      { currency: 'JPY' },
      {
        code: 'subtotal_too_low',
        message: 'Goods for 5 JPY are missing to go this way.',
        facts: { missing: { amount: 5, currency: 'JPY' } },
      },
    ],
    [
      { limits: { maxSubtotal: { EUR: 50_000 } } },
      costing(50_001),
      {},
      {
        code: 'subtotal_too_high',
        message: 'Goods for more than 500.00 EUR cannot go this way.',
        facts: { maxSubtotal: { amount: 50_000, currency: 'EUR' } },
      },
    ],
    [
      { basis: 'weight', prices: { EUR: [{ from: 2, amountMinor: 1 }] } },
      weighing(1),
      {},
      { code: 'below_first_step', message: 'This way of shipping has no price for so little.' },
    ],
  ])('of %o says why, with what there is to know', (by, of, to, expected) => {
    expect(refusal(by, of, to)).toEqual({ offered: false, ...expected });
  });

  it('names the first reason: each falls away in its turn', () => {
    let by: Partial<ShippingMethod> = {
      zoneId: 'berlin',
      basis: 'quantity',
      prices: { USD: [{ from: 12, amountMinor: 1 }] },
      excludes: { variantIds: ['var_a'] },
      limits: {
        maxWeightGrams: 10,
        minWeightGrams: 9000,
        maxQuantity: 10,
        minSubtotal: { EUR: 6000 },
        maxSubtotal: { EUR: 1 },
      },
    };
    const eleven = parcel([line(11)]);
    const reasons: (string | number)[] = [priceOf(by, eleven)];
    const repairs: Partial<ShippingMethod>[] = [
      { zoneId: null },
      { prices: { EUR: [{ from: 12, amountMinor: 1 }] } },
      { excludes: null },
      { limits: { ...by.limits, maxWeightGrams: undefined } },
      { limits: { maxQuantity: 10, minSubtotal: { EUR: 6000 }, maxSubtotal: { EUR: 1 } } },
      { limits: { minSubtotal: { EUR: 6000 }, maxSubtotal: { EUR: 1 } } },
      { limits: { maxSubtotal: { EUR: 1 } } },
      { limits: {} },
      { basis: 'flat', prices: { EUR: [{ from: 0, amountMinor: 1 }] } },
    ];
    for (const repair of repairs) {
      by = { ...by, ...repair };
      reasons.push(priceOf(by, eleven));
    }
    expect(reasons).toEqual([
      'not_in_zone',
      'currency_not_priced',
      'goods_excluded',
      'too_heavy',
      'too_light',
      'too_many_items',
      'subtotal_too_low',
      'subtotal_too_high',
      'below_first_step',
      1,
    ]);
  });
});
