import { describe, expect, it } from 'vitest';
import type { ShippingTax, TaxRate, TaxZone } from '@/commerce/rules';
import { netOfTax, type TaxableLine, taxCart } from '@/commerce/tax';
import { integer, oneOf, randomOf, rounds } from './random';

const RUNS = rounds(1000);
const CLASSES = ['standard', 'reduced', 'books', 'exempt', 'unknown'];

interface Cart {
  zone: TaxZone;
  goods: TaxableLine[];
  shipping: { amountMinor: number; taxClass: string } | null;
}

function randomRates(random: () => number): TaxRate[] {
  const compounds = random() < 0.2;
  // Rates that compound are those of real laws: odd ones, three deep, make fractions that no number holds.
  const odd = compounds ? [] : [integer(random, 0, 3000), integer(random, 0, 300_000) / 100];
  return Array.from({ length: oneOf(random, [0, 1, 1, 1, 2, 3]) }, () => ({
    label: oneOf(random, ['GST', 'PST', 'VAT']),
    rateBps: oneOf(random, [0, 500, 700, 997.5, 1900, 2550, ...odd]),
    compound: compounds && random() < 0.5,
  }));
}

function randomCart(random: () => number, fixed: Partial<TaxZone> = {}): Cart {
  const shippingTaxes: ShippingTax[] = [
    { by: 'method' },
    { by: 'class', taxClass: 'reduced' },
    { by: 'highest' },
    { by: 'proportion' },
  ];
  const standard = randomRates(random);
  const zone: TaxZone = {
    id: 'here',
    country: 'DE',
    region: null,
    postalCodes: [],
    pricesIncludeTax: random() < 0.5,
    rounding: oneOf(random, ['line', 'order']),
    rates: {
      standard,
      reduced: randomRates(random),
      books: oneOf(random, [standard, randomRates(random)]),
      exempt: [],
    },
    shipping: oneOf(random, shippingTaxes),
    reverseCharge: false,
    ...fixed,
  };
  const goods = Array.from({ length: integer(random, 0, 8) }, () => {
    const weightMinor = oneOf(random, [
      0,
      integer(random, 0, 20),
      integer(random, 0, 5000),
      integer(random, 0, 10 ** 11),
    ]);
    return { weightMinor, amountMinor: integer(random, 0, weightMinor), taxClass: oneOf(random, CLASSES) };
  });
  const shipping = { amountMinor: oneOf(random, [0, 499, integer(random, 0, 3000)]), taxClass: oneOf(random, CLASSES) };
  return { zone, goods, shipping: random() < 0.7 ? shipping : null };
}

const tax = ({ zone, goods, shipping }: Cart) => taxCart(zone, goods, shipping);

const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);

type Exact = [numerator: bigint, denominator: bigint];

const plus = ([a, b]: Exact, [c, d]: Exact): Exact => [a * d + c * b, b * d];
const times = ([a, b]: Exact, [c, d]: Exact): Exact => [a * c, b * d];
const over = (a: Exact, [c, d]: Exact): Exact => times(a, [d, c]);
const round = ([a, b]: Exact) => Number((2n * a + b) / (2n * b));

/** The taxes of a class as parts of an amount, the long way: no lowest terms, no shortcuts. */
function exactTaxes(zone: TaxZone, taxClass: string): { key: string; part: Exact }[] {
  const rates = zone.rates[taxClass] ?? zone.rates.standard ?? [];
  let before: Exact = [0n, 1n];
  const onNet = rates.map(({ label, rateBps, compound }) => {
    const plain: Exact = [BigInt(Math.round(rateBps * 100)), 1_000_000n];
    const part = compound ? times(plain, plus([1n, 1n], before)) : plain;
    before = plus(before, part);
    return { label, rateBps, part };
  });
  return onNet.map(({ label, rateBps, part }) => {
    const ofAmount = zone.pricesIncludeTax ? over(part, plus([1n, 1n], before)) : part;
    // Equal parts in different terms have one key.
    const value = (ofAmount[0] * 10n ** 30n) / ofAmount[1];
    return { key: `${label} ${rateBps} ${value}`, part: ofAmount };
  });
}

describe('the tax on generated carts', () => {
  it('is the sum of its parts, none below zero', () => {
    const random = randomOf(11);
    for (let run = 0; run < RUNS; run += 1) {
      const result = tax(randomCart(random));
      const parts = result.lines.map(({ taxMinor }) => taxMinor);
      expect(sum(parts) + result.shippingTaxMinor).toBe(result.taxMinor);
      expect(sum(result.rates.map(({ amountMinor }) => amountMinor))).toBe(result.taxMinor);
      expect([...parts, result.shippingTaxMinor].every((part) => Number.isInteger(part) && part >= 0)).toBe(true);
    }
  });

  it('is what exact fractions say, rounded once for each line', () => {
    const random = randomOf(12);
    for (let run = 0; run < RUNS; run += 1) {
      const { zone, goods } = randomCart(random, { rounding: 'line' });
      for (const [index, { taxMinor }] of taxCart(zone, goods, null).lines.entries()) {
        const { amountMinor, taxClass } = goods[index] as TaxableLine;
        const exact = exactTaxes(zone, taxClass).map(({ part }) => times([BigInt(amountMinor), 1n], part));
        const expected = zone.pricesIncludeTax ? round(exact.reduce(plus, [0n, 1n])) : sum(exact.map(round));
        expect(taxMinor).toBe(expected);
        if (zone.pricesIncludeTax) expect(netOfTax(zone, taxClass, amountMinor)).toBe(amountMinor - taxMinor);
      }
    }
  });

  it('is what exact fractions say, rounded once over the order, each line within one unit for each tax', () => {
    const random = randomOf(13);
    for (let run = 0; run < RUNS; run += 1) {
      const { zone, goods } = randomCart(random, { rounding: 'order' });
      const result = taxCart(zone, goods, null);
      const pools = new Map<string, Exact>();
      for (const [index, { amountMinor, taxClass }] of goods.entries()) {
        const taxes = exactTaxes(zone, taxClass);
        let ofLine: Exact = [0n, 1n];
        for (const { key, part } of taxes) {
          const exact = times([BigInt(amountMinor), 1n], part);
          pools.set(key, plus(pools.get(key) ?? [0n, 1n], exact));
          ofLine = plus(ofLine, exact);
        }
        const [off, by] = plus([BigInt(result.lines[index]?.taxMinor ?? 0), 1n], [-ofLine[0], ofLine[1]]);
        const bound = BigInt(taxes.length) * by;
        expect(off <= bound && off >= -bound).toBe(true);
      }
      expect(result.taxMinor).toBe(sum([...pools.values()].map(round)));
    }
  });

  it('is no different for goods in another order', () => {
    const random = randomOf(14);
    for (let run = 0; run < RUNS; run += 1) {
      const cart = randomCart(random);
      const shuffled = [...cart.goods].sort(() => random() - 0.5);
      const [one, other] = [tax(cart), tax({ ...cart, goods: shuffled })];
      expect({ ...other, lines: [] }).toEqual({ ...one, lines: [] });
      const ofLines = (goods: TaxableLine[], lines: { taxMinor: number }[]) =>
        goods.map(({ amountMinor, taxClass }, index) => `${amountMinor} ${taxClass} ${lines[index]?.taxMinor}`).sort();
      // By order, lines of one amount in classes that are taxed alike may change places.
      if (cart.zone.rounding === 'line') {
        expect(ofLines(shuffled, other.lines)).toEqual(ofLines(cart.goods, one.lines));
      } else {
        const alike = (goods: TaxableLine[]) => goods.map((line) => ({ ...line, taxClass: '' }));
        expect(ofLines(alike(shuffled), other.lines)).toEqual(ofLines(alike(cart.goods), one.lines));
      }
    }
  });

  it('is never more for less: whatever promotions take off goods and shipping', () => {
    const random = randomOf(15);
    for (let run = 0; run < 4 * RUNS; run += 1) {
      const cart = randomCart(random);
      const less = (amountMinor: number) =>
        oneOf(random, [amountMinor, Math.max(0, amountMinor - 1), integer(random, 0, amountMinor)]);
      const reduced = {
        ...cart,
        goods: cart.goods.map((line) => ({ ...line, amountMinor: less(line.amountMinor) })),
        shipping: cart.shipping && { ...cart.shipping, amountMinor: less(cart.shipping.amountMinor) },
      };
      expect(tax(reduced).taxMinor).toBeLessThanOrEqual(tax(cart).taxMinor);
    }
  });

  it('is the same by order however the goods are split into lines', () => {
    const random = randomOf(16);
    for (let run = 0; run < RUNS; run += 1) {
      const cart = randomCart(random, { rounding: 'order' });
      const { taxMinor, shippingTaxMinor, rates } = tax({ ...cart, goods: split(random, cart.goods) });
      const whole = tax(cart);
      expect([taxMinor, shippingTaxMinor]).toEqual([whole.taxMinor, whole.shippingTaxMinor]);
      expect(rates.map(({ amountMinor }) => amountMinor)).toEqual(whole.rates.map(({ amountMinor }) => amountMinor));
    }
  });

  it('differs by line from that of the whole by at most half a unit for each rounding', () => {
    const random = randomOf(17);
    for (let run = 0; run < RUNS; run += 1) {
      const { zone, goods } = randomCart(random, { rounding: 'line' });
      const parts = split(random, goods);
      const roundings = sum([...goods, ...parts].map(({ taxClass }) => exactTaxes(zone, taxClass).length));
      const difference = taxCart(zone, parts, null).taxMinor - taxCart(zone, goods, null).taxMinor;
      expect(Math.abs(difference)).toBeLessThanOrEqual(roundings / 2);
    }
  });

  it('within prices is that on top of the same net prices, within one unit a line', () => {
    const random = randomOf(18);
    for (let run = 0; run < RUNS; run += 1) {
      const rates = { standard: [{ label: 'VAT', rateBps: integer(random, 0, 300_000) / 100, compound: false }] };
      const { zone, goods } = randomCart(random, { pricesIncludeTax: true, rounding: 'line', rates });
      const within = taxCart(zone, goods, null);
      const net = goods.map((line) => ({ ...line, amountMinor: netOfTax(zone, line.taxClass, line.amountMinor) }));
      const onTop = taxCart({ ...zone, pricesIncludeTax: false }, net, null);
      for (const [index, { taxMinor }] of within.lines.entries()) {
        expect(Math.abs(taxMinor - (onTop.lines[index]?.taxMinor ?? 0))).toBeLessThanOrEqual(1);
      }
    }
  });

  it('comes with the net prices: they and the tax make up what is paid, where each price has one tax', () => {
    const random = randomOf(19);
    for (let run = 0; run < RUNS; run += 1) {
      const rates = { standard: [{ label: 'VAT', rateBps: integer(random, 1, 3000), compound: false }] };
      const cart = randomCart(random, {
        rates: { ...rates, reduced: [{ label: 'VAT', rateBps: 1, compound: false }] },
      });
      const { rates: listed, taxMinor } = tax(cart);
      const netMinor = sum(listed.map((entry) => entry.netMinor));
      const paid = sum(cart.goods.map(({ amountMinor }) => amountMinor)) + (cart.shipping?.amountMinor ?? 0);
      expect(cart.zone.pricesIncludeTax ? netMinor + taxMinor : netMinor).toBe(paid);
    }
  });
});

function split(random: () => number, goods: TaxableLine[]): TaxableLine[] {
  return goods.flatMap((line) => {
    const amountMinor = integer(random, 0, line.amountMinor);
    const weightMinor = integer(random, 0, line.weightMinor);
    return [
      { ...line, amountMinor, weightMinor },
      { ...line, amountMinor: line.amountMinor - amountMinor, weightMinor: line.weightMinor - weightMinor },
    ];
  });
}
