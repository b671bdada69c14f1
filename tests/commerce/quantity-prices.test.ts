import { describe, expect, it } from 'vitest';
import type { VariantFacts } from '@/commerce/pricing';
import type { PriceList, ShopRules } from '@/commerce/rules';
import { priceListsFor, quantityPrices } from '@/commerce/unit-price';
import { shopRules } from './builders';
import { integer, oneOf, randomOf, rounds } from './random';
import { listPrice, market, priceList, priceOf, variant } from './unit-price-facts';

// A shirt at 20.00 EUR.
const SHIRT = variant();
const FROM_5_AND_10 = [listPrice('list_a', 1500, 10), listPrice('list_a', 1800, 5)];

function tableOf(facts: VariantFacts, rules: Partial<ShopRules>, where: Parameters<typeof market>[0] = {}) {
  const whole = shopRules(rules);
  const here = market(where);
  const rows = quantityPrices(facts, priceListsFor(whole.priceLists, here), whole, here);
  return rows.map(({ minQuantity, amountMinor }) => [minQuantity, amountMinor]);
}

describe('the table of quantity prices', () => {
  it.each<[string, VariantFacts, PriceList[], [from: number, each: number][]]>([
    ['no list at all', SHIRT, [], []],
    ['one price whatever the quantity', variant({ listPrices: [listPrice('list_a', 1900)] }), [priceList()], []],
    [
      'from 5 on 18.00, from 10 on 15.00',
      variant({ listPrices: FROM_5_AND_10 }),
      [priceList()],
      [
        [5, 1800],
        [10, 1500],
      ],
    ],
    [
      'steps: 10 % off from 5 on, a quarter off from 10 on',
      SHIRT,
      [
        priceList({
          steps: [
            { minQuantity: 5, changeBps: -1000 },
            { minQuantity: 10, changeBps: -2500 },
          ],
        }),
      ],
      [
        [5, 1800],
        [10, 1500],
      ],
    ],
    [
      'a step that changes nothing has no row',
      SHIRT,
      [
        priceList({
          steps: [
            { minQuantity: 3, changeBps: 0 },
            { minQuantity: 6, changeBps: -500 },
          ],
        }),
      ],
      [[6, 1900]],
    ],
    [
      'a tier that is dearer than the one before has one',
      variant({ listPrices: [listPrice('list_a', 1800), listPrice('list_a', 1900, 5)] }),
      [priceList()],
      [[5, 1900]],
    ],
    [
      'of two lists of one priority the cheaper at each quantity',
      variant({ listPrices: [...FROM_5_AND_10, listPrice('list_b', 1700, 8)] }),
      [priceList(), priceList({ id: 'list_b' })],
      [
        [5, 1800],
        [8, 1700],
        [10, 1500],
      ],
    ],
    [
      'a higher priority decides, though it is dearer',
      variant({ listPrices: [...FROM_5_AND_10, listPrice('list_b', 1900, 8)] }),
      [priceList(), priceList({ id: 'list_b', priority: 1 })],
      [
        [5, 1800],
        [8, 1900],
      ],
    ],
    [
      'counted over a product, all units being of this variant',
      variant({ listPrices: FROM_5_AND_10 }),
      [priceList({ tiersBy: 'product' })],
      [
        [5, 1800],
        [10, 1500],
      ],
    ],
    [
      'sold from 5 on only',
      variant({ prices: {}, listPrices: FROM_5_AND_10 }),
      [priceList()],
      [
        [5, 1800],
        [10, 1500],
      ],
    ],
    ['for a group', variant({ listPrices: FROM_5_AND_10 }), [priceList({ customerGroups: ['trade'] })], []],
    ['of other goods', SHIRT, [priceList({ of: { productIds: ['prod_hat'] }, steps: [step(5, -1000)] })], []],
  ])('%s', (_, facts, priceLists, rows) => {
    expect(tableOf(facts, { priceLists })).toEqual(rows);
  });

  it('is in the currency that is asked for, converted where it has to be', () => {
    // 20.00 EUR at 11.5 are 230.00 SEK; a tenth off is 207.00.
    const rules = {
      conversions: [{ from: 'EUR', to: 'SEK', rate: '11.5', rounding: PLAIN }],
      priceLists: [priceList({ steps: [step(5, -1000)] })],
    };
    expect(tableOf(SHIRT, rules, { currency: 'SEK' })).toEqual([[5, 20_700]]);
    expect(tableOf(variant({ listPrices: FROM_5_AND_10 }), { priceLists: [priceList()] }, { currency: 'USD' })).toEqual(
      [],
    );
  });

  it('says of every quantity what a cart asks for it', () => {
    const random = randomOf(11);
    for (let round = 0; round < rounds(300); round += 1) {
      const priceLists = ['list_a', 'list_b', 'list_c'].map((id) =>
        priceList({
          id,
          priority: integer(random, 0, 1),
          tiersBy: oneOf(random, ['variant', 'product']),
          steps: integer(random, 0, 1) === 0 ? [] : [step(integer(random, 1, 9), integer(random, -5000, 1000))],
        }),
      );
      const listPrices = Array.from({ length: integer(random, 0, 5) }, () =>
        listPrice(oneOf(random, ['list_a', 'list_b']), integer(random, 1500, 2100), integer(random, 1, 12)),
      );
      const facts = variant({ listPrices });
      const table = tableOf(facts, { priceLists });
      for (let quantity = 1; quantity <= 14; quantity += 1) {
        const row = table.findLast(([from]) => from! <= quantity);
        const single = priceOf(facts, 1, { priceLists })?.amountMinor;
        expect(row?.[1] ?? single, `round ${round}, ${quantity} units`).toBe(
          priceOf(facts, quantity, { priceLists })?.amountMinor,
        );
      }
    }
  });

  it('refuses a price beyond the range of amounts', () => {
    const facts = variant({ prices: { EUR: { amountMinor: Number.MAX_SAFE_INTEGER, compareAtMinor: null } } });
    expect(() => tableOf(facts, { priceLists: [priceList({ steps: [step(2, 10_000)] })] })).toThrow(
      expect.objectContaining({ code: 'amount_out_of_range' }),
    );
  });
});

const PLAIN = { incrementMinor: 1, lessMinor: 0, mode: 'nearest' as const };

function step(minQuantity: number, changeBps: number) {
  return { minQuantity, changeBps };
}
