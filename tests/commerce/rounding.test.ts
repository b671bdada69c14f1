import { describe, expect, it } from 'vitest';
import { changePrice, convertPrice, isDecimalRate, roundPrice } from '@/commerce/rounding';
import type { PriceRounding } from '@/commerce/rules';
import { integer, oneOf, randomOf, rounds } from './random';

const MAX = Number.MAX_SAFE_INTEGER;
const outOfRange = expect.objectContaining({ code: 'amount_out_of_range' });

const WHOLE: PriceRounding = { incrementMinor: 100, lessMinor: 0, mode: 'nearest' };
const FIVE: PriceRounding = { incrementMinor: 5, lessMinor: 0, mode: 'nearest' };
const NINETY_NINE: PriceRounding = { incrementMinor: 100, lessMinor: 1, mode: 'nearest' };
const NINETY_FIVE: PriceRounding = { incrementMinor: 100, lessMinor: 5, mode: 'nearest' };
const NINES: PriceRounding = { incrementMinor: 1000, lessMinor: 1, mode: 'nearest' };
const PLAIN: PriceRounding = { incrementMinor: 1, lessMinor: 0, mode: 'nearest' };
const up = (rounding: PriceRounding): PriceRounding => ({ ...rounding, mode: 'up' });
const down = (rounding: PriceRounding): PriceRounding => ({ ...rounding, mode: 'down' });

describe('a price that may only end so', () => {
  it.each<[string, number, PriceRounding, number]>([
    ['12.34 stays 12.34 where every cent will do', 1234, PLAIN, 1234],
    ['12.34 ends on .99 below', 1234, NINETY_NINE, 1199],
    ['12.60 ends on .99 above', 1260, NINETY_NINE, 1299],
    ['12.49, halfway between 11.99 and 12.99, goes up', 1249, NINETY_NINE, 1299],
    ['12.48 does not yet', 1248, NINETY_NINE, 1199],
    ['12.99 is there already', 1299, NINETY_NINE, 1299],
    ['13.00 is a cent too much', 1300, NINETY_NINE, 1299],
    ['12.00 up is 12.99', 1200, up(NINETY_NINE), 1299],
    ['12.99 up stays', 1299, up(NINETY_NINE), 1299],
    ['13.00 up is 13.99', 1300, up(NINETY_NINE), 1399],
    ['12.98 down is 11.99', 1298, down(NINETY_NINE), 1199],
    ['12.99 down stays', 1299, down(NINETY_NINE), 1299],
    ['12.45 ends on .95 above, both being as near', 1245, NINETY_FIVE, 1295],
    ['12.44 ends on .95 below', 1244, NINETY_FIVE, 1195],
    ['12.50 in whole francs is 13', 1250, WHOLE, 1300],
    ['12.49 in whole francs is 12', 1249, WHOLE, 1200],
    ['12.01 up to whole francs is 13', 1201, up(WHOLE), 1300],
    ['12.99 down to whole francs is 12', 1299, down(WHOLE), 1200],
    ['12.32 in steps of five rappen is 12.30', 1232, FIVE, 1230],
    ['12.33 in steps of five rappen is 12.35', 1233, FIVE, 1235],
    ['1234 yen in nines is 999', 1234, NINES, 999],
    ['1499 yen in nines, halfway, is 1999', 1499, NINES, 1999],
  ])('%s', (_, amount, rounding, expected) => {
    expect(roundPrice(amount, rounding)).toBe(expected);
  });

  it.each<[string, number, PriceRounding, number]>([
    ['0.30 is not given away for an ending of .99', 30, NINETY_NINE, 99],
    ['nor where prices are rounded down', 30, down(NINETY_NINE), 99],
    ['0.01 is the lowest ending too', 1, up(NINETY_NINE), 99],
    ['what is free stays free', 0, NINETY_NINE, 0],
    ['what is free stays free where prices are rounded up', 0, up(NINETY_NINE), 0],
    ['a price below nothing is nothing', -500, NINETY_NINE, 0],
    ['0.49 in whole francs is nothing, which is a whole number of them', 49, WHOLE, 0],
    ['an ending that is less by a whole step is the step', 1234, { ...WHOLE, lessMinor: 100 }, 1200],
  ])('near zero: %s', (_, amount, rounding, expected) => {
    expect(roundPrice(amount, rounding)).toBe(expected);
  });

  it('is exact to 2^53 - 1, and refuses what it would lift beyond', () => {
    expect(roundPrice(MAX, PLAIN)).toBe(MAX);
    expect(roundPrice(MAX, down(WHOLE))).toBe(9007199254740900);
    expect(() => roundPrice(MAX, up(WHOLE), 'prices.EUR')).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path: 'prices.EUR' })] }),
    );
    for (const amount of [MAX + 1, 0.5, Number.NaN]) expect(() => roundPrice(amount, PLAIN)).toThrow(outOfRange);
  });
});

describe('a price that changes by basis points', () => {
  it.each<[string, number, number, PriceRounding | undefined, number]>([
    ['a tenth off 20.00', 2000, -1000, undefined, 1800],
    ['a tenth on 20.00', 2000, 1000, undefined, 2200],
    ['15 % off 19.99 is 16.9915, so 16.99', 1999, -1500, undefined, 1699],
    ['half of 0.01 is half a cent, so a cent', 1, -5000, undefined, 1],
    ['a third off 10.00 is 6.67', 1000, -3333, undefined, 667],
    ['everything off', 1999, -10_000, NINETY_NINE, 0],
    ['more than everything off is nothing', 1999, -12_000, undefined, 0],
    ['a fifth off 24.99 is 19.992, so 19.99', 2499, -2000, NINETY_NINE, 1999],
    ['a change of nothing still ends as the list wants', 2000, 0, NINETY_NINE, 1999],
    ['26.28 less 52.48 % is 12.488256, nearer to 11.99 than the cent 12.49 would be', 2628, -5248, NINETY_NINE, 1199],
  ])('%s', (_, amount, changeBps, rounding, expected) => {
    expect(changePrice(amount, changeBps, rounding)).toBe(expected);
  });

  it('goes to 2^53 - 1 and no further', () => {
    expect(changePrice(MAX, 0)).toBe(MAX);
    expect(() => changePrice(MAX, 1)).toThrow(outOfRange);
    expect(() => changePrice(1, 0.5)).toThrow(outOfRange);
  });
});

describe('a rate', () => {
  it.each(['1', '11.4321', '0.0000073', '0.000000000001', '999999999999', '163.250000000000', '0.5', '123456.789012'])(
    'may be %s',
    (rate) => {
      expect(isDecimalRate(rate)).toBe(true);
    },
  );

  it.each([
    ['of zero', '0'],
    ['of zero, with decimals', '0.000'],
    ['below zero', '-1.2'],
    ['with a sign', '+1.2'],
    ['with an exponent', '1e3'],
    ['with a comma', '1,2'],
    ['without a whole part', '.5'],
    ['without decimals after its point', '1.'],
    ['with a leading zero', '01.2'],
    ['with spaces', ' 1.2'],
    ['with a line break at its end', '1.2\n'],
    ['with two points', '1.2.3'],
    ['of 13 significant digits', '1234567.890123'],
    ['of 13 digits before the point', '1000000000000'],
    ['of 13 decimals', '0.0000000000001'],
    ['in words', 'Infinity'],
    ['of nothing', ''],
    ['in digits of another script', '١٫٢'],
  ])('is not taken %s: %j', (_, rate) => {
    expect(isDecimalRate(rate)).toBe(false);
    expect(() => convertPrice(100, { from: 'EUR', to: 'USD', rate, rounding: PLAIN })).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        issues: [expect.objectContaining({ path: 'rate', code: 'rate_invalid' })],
      }),
    );
  });
});

describe('for generated prices', () => {
  it('the ending is the nearest, the next or the last of all that there are (5,000 prices)', () => {
    const random = randomOf(11);
    for (let run = 0; run < rounds(5_000); run += 1) {
      const incrementMinor = oneOf(random, [1, 5, 10, 50, 100, 500, 1000]);
      const lessMinor = integer(random, 0, incrementMinor - 1);
      const mode = oneOf(random, ['nearest', 'up', 'down'] as const);
      const amount = integer(random, 1, 2_000);
      const changeBps = integer(random, -9_999, 10_000);
      // In ten-thousandths of a minor unit, so that the check has no fractions either.
      const exact = amount * (10_000 + changeBps);
      const endings: number[] = [];
      for (let ending = 0 - lessMinor; ending * 10_000 < exact + 20_000_000; ending += incrementMinor) {
        if (ending >= 0) endings.push(ending);
      }
      const above = endings.find((ending) => ending * 10_000 >= exact) as number;
      const below = endings.findLast((ending) => ending * 10_000 <= exact) ?? above;
      const nearest = above * 10_000 - exact <= exact - below * 10_000 ? above : below;
      const expected = { nearest, up: above, down: below }[mode];
      const input = { amount, changeBps, incrementMinor, lessMinor, mode };
      expect({ ...input, price: changePrice(amount, changeBps, input) }).toEqual({ ...input, price: expected });
    }
  });

  it('a dearer price never ends below a cheaper one', () => {
    const random = randomOf(12);
    for (let run = 0; run < rounds(5_000); run += 1) {
      const rounding = oneOf(random, [PLAIN, FIVE, WHOLE, NINETY_NINE, up(NINETY_FIVE), down(NINES)]);
      const amount = integer(random, 0, 5_000);
      expect(roundPrice(amount + integer(random, 0, 200), rounding)).toBeGreaterThanOrEqual(
        roundPrice(amount, rounding),
      );
    }
  });
});
