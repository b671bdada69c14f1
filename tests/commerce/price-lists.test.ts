import { describe, expect, it } from 'vitest';
import type { PriceMarket } from '@/commerce/market';
import type { ListPrice, VariantFacts } from '@/commerce/pricing';
import type { PriceList, PriceRounding } from '@/commerce/rules';
import { priceListsFor } from '@/commerce/unit-price';
import { integer, oneOf, randomOf, rounds } from './random';
import { listPrice, market, NOW, priceList, priceOf, variant } from './unit-price-facts';

const START = Date.parse('2026-11-27T00:00:00+01:00');
const END = Date.parse('2026-11-30T00:00:00+01:00');

describe('a price list holds', () => {
  it.each<[string, Partial<PriceList>, Partial<PriceMarket>, boolean]>([
    ['for everybody where it names nobody', {}, {}, true],
    ['for a customer of its group', { customerGroups: ['wholesale'] }, { customerGroup: 'wholesale' }, true],
    [
      'for a customer of one of its groups',
      { customerGroups: ['staff', 'wholesale'] },
      { customerGroup: 'wholesale' },
      true,
    ],
    ['not for a customer of another group', { customerGroups: ['wholesale'] }, { customerGroup: 'staff' }, false],
    ['not for a customer of no group', { customerGroups: ['wholesale'] }, { customerGroup: null }, false],
    ['for a customer of a group too where it names none', {}, { customerGroup: 'wholesale' }, true],
    ['in its channel', { channels: ['app'] }, { channel: 'app' }, true],
    ['not in another channel', { channels: ['app'] }, { channel: 'web' }, false],
    ['in one of its countries', { countries: ['AT', 'DE'] }, { country: 'DE' }, true],
    ['not in another country', { countries: ['AT', 'DE'] }, { country: 'CH' }, false],
    [
      'not where only two of three fit',
      { countries: ['DE'], channels: ['app'], customerGroups: ['staff'] },
      { channel: 'app' },
      false,
    ],
    [
      'where all three fit',
      { countries: ['DE'], channels: ['app'], customerGroups: ['staff'] },
      { channel: 'app', customerGroup: 'staff' },
      true,
    ],
    ['not a millisecond before it starts', { startsAt: START }, { now: START - 1 }, false],
    ['from the millisecond on at which it starts', { startsAt: START }, { now: START }, true],
    ['to the millisecond before it ends', { endsAt: END }, { now: END - 1 }, true],
    ['no longer at the millisecond at which it ends', { endsAt: END }, { now: END }, false],
    ['between start and end', { startsAt: START, endsAt: END }, { now: START + 1 }, true],
    ['never where it ends as it starts', { startsAt: START, endsAt: START }, { now: START }, false],
  ])('%s', (_, list, where, holds) => {
    expect(priceListsFor([priceList(list)], market(where)).length === 1).toBe(holds);
  });

  it('in the order of priority, then of ids, and leaves what it was given as it was', () => {
    const given = Object.freeze([
      priceList({ id: 'list_c', priority: 1 }),
      priceList({ id: 'list_b', priority: 10 }),
      priceList({ id: 'list_d', priority: -5 }),
      priceList({ id: 'list_a', priority: 1 }),
    ]);
    expect(priceListsFor(given, market()).map(({ id }) => id)).toEqual(['list_b', 'list_a', 'list_c', 'list_d']);
  });
});

const NINETY_NINE: PriceRounding = { incrementMinor: 100, lessMinor: 1, mode: 'nearest' };
const step = (changeBps: number, minQuantity = 1) => ({ minQuantity, changeBps });

describe('what a list makes of 20.00 EUR', () => {
  it.each<[string, Partial<PriceList>, ListPrice[], number]>([
    ['its own price', {}, [listPrice('list_a', 1650)], 1650],
    ['its own price, dearer than the base price', {}, [listPrice('list_a', 2400)], 2400],
    ['its own price of nothing', {}, [listPrice('list_a', 0)], 0],
    ['nothing, where its own price is in another currency', {}, [listPrice('list_a', 1650, 1, 'USD')], 2000],
    ['nothing, where the price is of another list', {}, [listPrice('list_z', 1650)], 2000],
    ['nothing, where it has neither prices nor steps', {}, [], 2000],
    ['a quarter off', { steps: [step(-2500)] }, [], 1500],
    ['a tenth on', { steps: [step(1000)] }, [], 2200],
    ['all off', { steps: [step(-10_000)] }, [], 0],
    ['a third off, to the cent', { steps: [step(-3333)] }, [], 1333],
    ['an eighth off, ending on .99', { steps: [step(-1250)], rounding: { EUR: NINETY_NINE } }, [], 1799],
    [
      'an eighth off, to the cent where the ending is for dollars',
      { steps: [step(-1250)], rounding: { USD: NINETY_NINE } },
      [],
      1750,
    ],
    [
      'its own price before its steps, as it is',
      { steps: [step(-5000)], rounding: { EUR: NINETY_NINE } },
      [listPrice('list_a', 1650)],
      1650,
    ],
    [
      'a quarter off a product of its selection',
      { steps: [step(-2500)], of: { productIds: ['prod_shirt'] } },
      [],
      1500,
    ],
    [
      'a quarter off a collection of its selection',
      { steps: [step(-2500)], of: { collectionIds: ['col_linen'] } },
      [],
      1500,
    ],
    [
      'nothing of what its selection does not name',
      { steps: [step(-2500)], of: { variantIds: ['var_shirt_l'] } },
      [],
      2000,
    ],
    [
      'nothing of what its selection excepts',
      { steps: [step(-2500)], of: { productIds: ['prod_shirt'], except: { collectionIds: ['col_linen'] } } },
      [],
      2000,
    ],
    [
      'its own price, though its selection, which is for steps, does not name the variant',
      { of: { variantIds: [] } },
      [listPrice('list_a', 1650)],
      1650,
    ],
  ])('%s', (_, list, listPrices, expected) => {
    expect(priceOf(variant({ listPrices }), 1, { priceLists: [priceList(list)] })?.amountMinor).toBe(expected);
  });

  it('is said with the list that decided', () => {
    const lists = [priceList({ title: 'Winter sale', steps: [step(-2500)] })];
    expect(priceOf(variant(), 1, { priceLists: lists })).toEqual({
      amountMinor: 1500,
      baseMinor: 2000,
      compareAtMinor: 2000,
      lowestPriorMinor: null,
      source: { kind: 'price_list', id: 'list_a', label: 'Winter sale', minQuantity: 1 },
      nextTier: null,
    });
  });

  it('beyond 2^53 - 1 is refused', () => {
    const facts = variant({ prices: { EUR: { amountMinor: Number.MAX_SAFE_INTEGER, compareAtMinor: null } } });
    expect(() => priceOf(facts, 1, { priceLists: [priceList({ steps: [step(1)] })] })).toThrow(
      expect.objectContaining({ code: 'amount_out_of_range' }),
    );
  });
});

describe('of several lists', () => {
  it.each<[string, Partial<PriceList>[], ListPrice[], number, string | null]>([
    [
      'the highest priority decides, though another is cheaper',
      [
        { id: 'list_a', priority: 2 },
        { id: 'list_b', priority: 1 },
      ],
      [listPrice('list_a', 1900), listPrice('list_b', 1500)],
      1900,
      'list_a',
    ],
    [
      'the highest priority decides, though it is dearer than the base price',
      [
        { id: 'list_a', priority: 2 },
        { id: 'list_b', priority: 1 },
      ],
      [listPrice('list_a', 2100), listPrice('list_b', 1500)],
      2100,
      'list_a',
    ],
    [
      'the lower priority decides where the higher has no price for the variant',
      [
        { id: 'list_a', priority: 2, of: { productIds: ['prod_hat'] }, steps: [step(-5000)] },
        { id: 'list_b', priority: 1 },
      ],
      [listPrice('list_b', 1500)],
      1500,
      'list_b',
    ],
    [
      'the lower priority decides where the higher has a price for more units only',
      [
        { id: 'list_a', priority: 2 },
        { id: 'list_b', priority: 1 },
      ],
      [listPrice('list_a', 1000, 10), listPrice('list_b', 1500)],
      1500,
      'list_b',
    ],
    [
      'among equals the lowest price decides',
      [{ id: 'list_a' }, { id: 'list_b' }, { id: 'list_c' }],
      [listPrice('list_a', 1700), listPrice('list_b', 1500), listPrice('list_c', 1600)],
      1500,
      'list_b',
    ],
    [
      'among equals a step undercuts an own price',
      [{ id: 'list_a' }, { id: 'list_b', steps: [step(-3000)] }],
      [listPrice('list_a', 1500)],
      1400,
      'list_b',
    ],
    [
      'among equals of one price the first id decides',
      [{ id: 'list_b' }, { id: 'list_a' }],
      [listPrice('list_a', 1500), listPrice('list_b', 1500)],
      1500,
      'list_a',
    ],
    [
      'steps never add up',
      [
        { id: 'list_a', priority: 2, steps: [step(-1000)] },
        { id: 'list_b', priority: 1, steps: [step(-1000)] },
      ],
      [],
      1800,
      'list_a',
    ],
    [
      'what has ended leaves the next to decide',
      [
        { id: 'list_a', priority: 2, endsAt: NOW },
        { id: 'list_b', priority: 1 },
      ],
      [listPrice('list_a', 1000), listPrice('list_b', 1500)],
      1500,
      'list_b',
    ],
    ['none decides where none has a price', [{ id: 'list_a' }, { id: 'list_b' }], [], 2000, null],
  ])('%s', (_, lists, listPrices, amountMinor, id) => {
    const price = priceOf(variant({ listPrices }), 1, { priceLists: lists.map(priceList) });
    expect([price?.amountMinor, price?.source.id]).toEqual([amountMinor, id]);
  });
});

describe('the price that a reduction is compared with', () => {
  const at = (amountMinor: number, compareAtMinor: number | null) => ({
    prices: { EUR: { amountMinor, compareAtMinor } },
  });

  it.each<[string, Partial<VariantFacts>, Partial<PriceList>[], number | null]>([
    ['is the one that stands beside the base price', at(2000, 2500), [], 2500],
    ['is none where the base price has none', at(2000, null), [], null],
    ['is none where it is what is asked', at(2000, 2000), [], null],
    ['is none where it is below what is asked', at(2000, 1500), [], null],
    ['is the base price where a sale undercuts it', at(2000, null), [{ steps: [step(-2500)] }], 2000],
    ['is the greater of both in a sale', at(2000, 2500), [{ steps: [step(-2500)] }], 2500],
    ['is the base price in a sale where its own is lower', at(2000, 1800), [{ steps: [step(-2500)] }], 2000],
    ['is none where a list is dearer than the base price', at(2000, 2500), [{ steps: [step(1000)] }], null],
    ['is the base price’s own where a list asks no less', at(2000, 2500), [{ steps: [step(0)] }], 2500],
    [
      'is none where the price is for a group',
      at(2000, 2500),
      [{ customerGroups: ['wholesale'], steps: [step(-2500)] }],
      null,
    ],
    ['is none where the price is for a quantity', at(2000, 2500), [{ steps: [step(-2500, 2)] }], null],
    ['is the base price in a sale of one country', at(2000, null), [{ countries: ['DE'], steps: [step(-2500)] }], 2000],
    ['is the base price in a sale of one channel', at(2000, null), [{ channels: ['web'], steps: [step(-2500)] }], 2000],
  ])('%s', (_, facts, lists, expected) => {
    const price = priceOf(variant(facts), 2, { priceLists: lists.map(priceList) }, { customerGroup: 'wholesale' });
    expect(price?.compareAtMinor).toBe(expected);
  });
});

it('the order of lists, prices and steps of others changes nothing, for 2,000 generated shops', () => {
  const random = randomOf(31);
  const shuffled = <Value>(values: Value[]) =>
    values
      .map((value) => ({ value, key: random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ value }) => value);
  for (let run = 0; run < rounds(2_000); run += 1) {
    const lists = Array.from({ length: integer(random, 1, 5) }, (_, index) =>
      priceList({
        id: `list_${index}`,
        priority: integer(random, 0, 2),
        customerGroups: oneOf(random, [[], [], ['wholesale']]),
        startsAt: oneOf(random, [null, NOW - 1000, NOW + 1000]),
        tiersBy: oneOf(random, ['variant', 'product']),
        steps: oneOf(random, [[], [step(integer(random, -5000, 1000)), step(integer(random, -6000, 0), 5)]]),
      }),
    );
    const listPrices = lists.flatMap(({ id }) =>
      [1, 3, 10]
        .filter(() => random() < 0.4)
        .map((minQuantity) => listPrice(id, integer(random, 1000, 2200), minQuantity)),
    );
    const counts = { quantity: integer(random, 1, 6), productQuantity: integer(random, 6, 12) };
    const facts = variant({
      listPrices,
      prices: { EUR: { amountMinor: 2000, compareAtMinor: oneOf(random, [null, 2500]) } },
      priceHistory: {
        EUR: [
          { from: NOW - 5_000_000, amountMinor: 2100 },
          { from: NOW - 2000, amountMinor: 2000 },
        ],
      },
    });
    const where = { customerGroup: oneOf(random, [null, 'wholesale']) };
    const price = priceOf(facts, counts, { priceLists: lists }, where);
    const other = priceOf(
      { ...facts, listPrices: shuffled(listPrices) },
      counts,
      { priceLists: shuffled(lists) },
      where,
    );
    expect(other).toEqual(price);
  }
});
