import { describe, expect, it } from 'vitest';
import type { PriceList } from '@/commerce/rules';
import type { UnitPrice } from '@/commerce/unit-price';
import { integer, oneOf, randomOf, rounds } from './random';
import { listPrice, priceList, priceOf, variant } from './unit-price-facts';

// A shirt at 20.00; from 5 on 18.00, from 10 on 15.00.
const TIERS = [listPrice('list_a', 1500, 10), listPrice('list_a', 1800, 5)];
const STEPS = [
  { minQuantity: 5, changeBps: -1000 },
  { minQuantity: 10, changeBps: -2500 },
];

describe.each<[string, ReturnType<typeof variant>, PriceList]>([
  ['fixed tiers', variant({ listPrices: TIERS }), priceList()],
  ['relative tiers', variant(), priceList({ steps: STEPS })],
])('%s', (_, facts, list) => {
  it.each<[number, number, UnitPrice['nextTier']]>([
    [1, 2000, { minQuantity: 5, missing: 4, amountMinor: 1800 }],
    [4, 2000, { minQuantity: 5, missing: 1, amountMinor: 1800 }],
    [5, 1800, { minQuantity: 10, missing: 5, amountMinor: 1500 }],
    [6, 1800, { minQuantity: 10, missing: 4, amountMinor: 1500 }],
    [9, 1800, { minQuantity: 10, missing: 1, amountMinor: 1500 }],
    [10, 1500, null],
    [11, 1500, null],
    [999, 1500, null],
  ])('at %i units each costs %i', (quantity, amountMinor, nextTier) => {
    const price = priceOf(facts, quantity, { priceLists: [list] });
    expect([price?.amountMinor, price?.nextTier]).toEqual([amountMinor, nextTier]);
  });

  it.each([
    [4, 'base', 1],
    [5, 'price_list', 5],
    [12, 'price_list', 10],
  ])('at %i units the %s decides, from %i on', (quantity, kind, minQuantity) => {
    expect(priceOf(facts, quantity, { priceLists: [list] })?.source).toMatchObject({ kind, minQuantity });
  });

  it('are no sale: nothing is struck through', () => {
    expect(priceOf(facts, 10, { priceLists: [list] })).toMatchObject({ compareAtMinor: null, lowestPriorMinor: null });
  });

  it.each<[string, number, number, number, UnitPrice['nextTier']]>([
    ['one of ten shirts in ten sizes', 1, 10, 1500, null],
    ['two of four shirts', 2, 4, 2000, { minQuantity: 5, missing: 1, amountMinor: 1800 }],
    ['two of five shirts', 2, 5, 1800, { minQuantity: 10, missing: 5, amountMinor: 1500 }],
  ])('counted over a product: %s', (_name, quantity, productQuantity, amountMinor, nextTier) => {
    const price = priceOf(facts, { quantity, productQuantity }, { priceLists: [{ ...list, tiersBy: 'product' }] });
    expect([price?.amountMinor, price?.nextTier]).toEqual([amountMinor, nextTier]);
  });

  it('counted over a variant, other sizes do not count', () => {
    expect(priceOf(facts, { quantity: 1, productQuantity: 10 }, { priceLists: [list] })?.amountMinor).toBe(2000);
  });
});

describe('tiers of one list', () => {
  it('are its own prices or its steps, never some of both', () => {
    const facts = variant({ listPrices: [listPrice('list_a', 1500, 10)] });
    const lists = [priceList({ steps: [{ minQuantity: 1, changeBps: -5000 }] })];
    expect(priceOf(facts, 9, { priceLists: lists })?.amountMinor).toBe(2000);
    expect(priceOf(facts, 10, { priceLists: lists })?.amountMinor).toBe(1500);
  });

  it('are each rounded as the list says', () => {
    const rounding = { EUR: { incrementMinor: 100, lessMinor: 1, mode: 'nearest' as const } };
    const lists = [priceList({ steps: STEPS, rounding })];
    expect([5, 10].map((quantity) => priceOf(variant(), quantity, { priceLists: lists })?.amountMinor)).toEqual([
      1799, 1499,
    ]);
  });

  it('hold from their quantity on, though one is dearer than the one before', () => {
    const listPrices = [listPrice('list_a', 1900, 5), listPrice('list_a', 1700, 8), listPrice('list_a', 1800, 1)];
    const prices = [4, 5, 7, 8].map((quantity) =>
      priceOf(variant({ listPrices }), quantity, { priceLists: [priceList()] }),
    );
    expect(prices.map((price) => price?.amountMinor)).toEqual([1800, 1900, 1900, 1700]);
  });

  it('offer no next one that is not cheaper', () => {
    const listPrices = [listPrice('list_a', 1800, 1), listPrice('list_a', 1800, 5), listPrice('list_a', 1900, 8)];
    expect(priceOf(variant({ listPrices }), 1, { priceLists: [priceList()] })?.nextTier).toBeNull();
  });

  it('offer the next one that is cheaper, past one that is not', () => {
    const listPrices = [listPrice('list_a', 1800, 1), listPrice('list_a', 1900, 5), listPrice('list_a', 1700, 8)];
    expect(priceOf(variant({ listPrices }), 1, { priceLists: [priceList()] })?.nextTier).toEqual({
      minQuantity: 8,
      missing: 7,
      amountMinor: 1700,
    });
  });

  it('sell what has no base price only from the first of them on', () => {
    const facts = variant({ prices: {}, listPrices: TIERS });
    expect(priceOf(facts, 4, { priceLists: [priceList()] })).toBeNull();
    expect(priceOf(facts, 5, { priceLists: [priceList()] })).toMatchObject({ amountMinor: 1800, baseMinor: null });
  });
});

describe('tiers of several lists', () => {
  it.each<[string, number, number, string | null]>([
    ['below both the base price holds', 2, 2000, null],
    ['the one that has begun holds, though its priority is lower', 3, 1900, 'list_b'],
    ['the higher priority holds from its quantity on, though it is dearer', 6, 1950, 'list_a'],
  ])('%s', (_, quantity, amountMinor, id) => {
    const listPrices = [listPrice('list_a', 1950, 6), listPrice('list_b', 1900, 3)];
    const lists = [priceList({ id: 'list_a', priority: 2 }), priceList({ id: 'list_b', priority: 1 })];
    const price = priceOf(variant({ listPrices }), quantity, { priceLists: lists });
    expect([price?.amountMinor, price?.source.id]).toEqual([amountMinor, id]);
  });

  it('name as the next what will really be asked, whichever list asks it', () => {
    const listPrices = [listPrice('list_a', 1700, 6), listPrice('list_b', 1900, 1), listPrice('list_b', 1500, 6)];
    const lists = [priceList({ id: 'list_a', priority: 2 }), priceList({ id: 'list_b', priority: 1 })];
    expect(priceOf(variant({ listPrices }), 1, { priceLists: lists })).toMatchObject({
      amountMinor: 1900,
      nextTier: { minQuantity: 6, missing: 5, amountMinor: 1700 },
    });
  });

  it('count each in its own way', () => {
    const lists = [priceList({ id: 'list_a', tiersBy: 'product' }), priceList({ id: 'list_b', tiersBy: 'variant' })];
    const listPrices = [listPrice('list_a', 1700, 12), listPrice('list_b', 1600, 4)];
    // Three more units make 12 of the product, two more make 4 of the variant.
    expect(
      priceOf(variant({ listPrices }), { quantity: 2, productQuantity: 9 }, { priceLists: lists })?.nextTier,
    ).toEqual({
      minQuantity: 4,
      missing: 2,
      amountMinor: 1600,
    });
  });
});

it('tiers whose prices fall never make a unit dearer at more units, and the next tier is what it says (1,000 lists)', () => {
  const random = randomOf(41);
  for (let run = 0; run < rounds(1_000); run += 1) {
    const quantities = [1, 2, 3, 5, 8, 12].filter(() => random() < 0.5);
    const list = priceList({ tiersBy: oneOf(random, ['variant', 'product']) });
    const falling = (min: number, max: number) => quantities.map(() => integer(random, min, max)).sort((a, b) => b - a);
    const isFixed = random() < 0.5;
    const amounts = isFixed ? falling(500, 2000) : [];
    const changes = isFixed ? [] : falling(-9000, 0);
    const listPrices = amounts.map((amountMinor, index) => listPrice('list_a', amountMinor, quantities[index]));
    const steps = changes.map((changeBps, index) => ({ minQuantity: quantities[index] as number, changeBps }));
    const rounding = {
      EUR: { incrementMinor: oneOf(random, [1, 10, 100]), lessMinor: oneOf(random, [0, 1]), mode: 'down' as const },
    };
    const rules = { priceLists: [{ ...list, steps, rounding }] };
    const facts = variant({ listPrices });
    let before = Number.POSITIVE_INFINITY;
    let promised: UnitPrice['nextTier'] = null;
    for (let quantity = 1; quantity <= 14; quantity += 1) {
      const price = priceOf(facts, quantity, rules) as UnitPrice;
      expect(price.amountMinor).toBeLessThanOrEqual(before);
      if (promised && quantity < promised.minQuantity) expect(price.amountMinor).toBe(before);
      if (promised?.minQuantity === quantity) expect(price.amountMinor).toBe(promised.amountMinor);
      if (!promised && quantity > 1) expect(price.amountMinor).toBe(before);
      before = price.amountMinor;
      promised = price.nextTier;
    }
  }
});
