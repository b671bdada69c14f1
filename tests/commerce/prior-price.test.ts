import { describe, expect, it } from 'vitest';
import type { PricePoint } from '@/commerce/pricing';
import { lowestPriorPrice, reducedSince } from '@/commerce/prior-price';
import type { PriceList } from '@/commerce/rules';
import { integer, randomOf, rounds } from './random';
import { listPrice, NOW, priceList, priceOf, variant } from './unit-price-facts';

// Directive 98/6/EC, Art. 6a, inserted by Directive (EU) 2019/2161, Art. 2: (1) the announcement of a reduction shows the
// prior price; (2) that is the lowest applied during at least 30 days before; (4) less for what has been on the market for
// less; (5) before the first of reductions that progressively increase, where a member state provides so. The examples are
// our own.

const DAY = 86_400_000;
/** `days` before today, in milliseconds. */
const ago = (days: number) => NOW - days * DAY;
/** What was asked, and from how many days ago on. */
const history = (...points: [daysAgo: number, amountMinor: number][]): PricePoint[] =>
  points.map(([days, amountMinor]) => ({ from: ago(days), amountMinor }));

describe('the prior price of a reduction today', () => {
  it.each<[string, PricePoint[], number | null]>([
    ['is the price of always', history([400, 10_000], [0, 8000]), 10_000],
    ['is the lowest of 30 days, not the last', history([400, 10_000], [20, 7000], [15, 10_000], [0, 8000]), 7000],
    [
      'is the price before a rise that only prepares the reduction',
      history([400, 8000], [10, 10_000], [0, 8500]),
      8000,
    ],
    ['may be lower than the reduced price', history([400, 10_000], [20, 7000], [10, 10_000], [0, 8000]), 7000],
    ['is not one that ended more than 30 days ago', history([400, 5000], [31, 10_000], [0, 8000]), 10_000],
    ['is not one that ended exactly 30 days ago', history([400, 5000], [30, 10_000], [0, 8000]), 10_000],
    ['is one that ended a day later', history([400, 5000], [29, 10_000], [0, 8000]), 5000],
    ['is one that held for an hour', history([400, 10_000], [3, 6000], [3 - 1 / 24, 10_000], [0, 8000]), 6000],
    [
      'is the last reduced price, where the next reduction follows at once',
      history([400, 10_000], [10, 8000], [0, 6000]),
      8000,
    ],
    ['is the first of three days for what was new then', history([3, 10_000], [0, 8000]), 10_000],
    ['is the lowest of three days for what was new then', history([3, 10_000], [2, 9000], [1, 9500], [0, 8000]), 9000],
    ['does not see the reduced price itself', history([400, 10_000], [0, 1000]), 10_000],
    ['does not see a price that comes later', history([400, 10_000], [0, 8000], [-5, 1000]), 10_000],
    [
      'is not one that another replaced at the same moment',
      history([400, 10_000], [5, 1000], [5, 9000], [0, 8000]),
      9000,
    ],
    ['is nothing for what has only just come', history([0, 8000]), null],
    ['is nothing without a history', [], null],
    ['may be nothing at all', history([400, 0], [0, 8000]), 0],
  ])('%s', (_, points, expected) => {
    expect(lowestPriorPrice(points, NOW)).toBe(expected);
  });

  it('looks back to the millisecond', () => {
    const points = [
      { from: ago(400), amountMinor: 5000 },
      { from: ago(30) + 1, amountMinor: 10_000 },
    ];
    expect(lowestPriorPrice(points, NOW)).toBe(5000);
    expect(lowestPriorPrice(points, NOW + 1)).toBe(10_000);
  });

  it.each<[string, Parameters<typeof lowestPriorPrice>[2], number | null]>([
    ['30 days where nothing else is said', {}, 9000],
    ['a longer time, which the Directive allows', { days: 60 }, 7000],
    ['a shorter one, which a member state may allow for what is new', { days: 7 }, 10_000],
    ['no further than to the day from which on it was sold', { soldSince: ago(12) }, 10_000],
    ['30 days, however long it was sold', { soldSince: ago(400) }, 9000],
    ['no time at all for what is sold from today on', { soldSince: NOW }, null],
  ])('looks back %s', (_, options, expected) => {
    const points = history([400, 10_000], [50, 7000], [40, 10_000], [20, 9000], [15, 10_000], [0, 8000]);
    expect(lowestPriorPrice(points, NOW, options)).toBe(expected);
  });

  it.each<[string, PricePoint[], number, number]>([
    ['10 % and then 20 % off', history([400, 10_000], [10, 9000], [0, 8000]), 9000, 10_000],
    ['three steps', history([400, 10_000], [20, 9000], [10, 8000], [0, 7000]), 8000, 10_000],
    ['steps over more than 30 days', history([400, 10_000], [50, 9000], [25, 8000], [0, 7000]), 8000, 10_000],
    [
      'the lowest of the 30 days before the first step',
      history([400, 10_000], [40, 8500], [30, 10_000], [20, 9000], [0, 8000]),
      9000,
      8500,
    ],
    ['a rise between the steps ends the series', history([400, 10_000], [20, 8000], [10, 9000], [0, 7000]), 8000, 8000],
    ['a price set again as it was does not', history([400, 10_000], [20, 9000], [10, 9000], [0, 8000]), 9000, 10_000],
    ['a single step', history([400, 10_000], [0, 8000]), 10_000, 10_000],
  ])('of reductions that increase, by the rule and by Art. 6a(5): %s', (_, points, plain, progressive) => {
    expect(lowestPriorPrice(points, NOW)).toBe(plain);
    expect(lowestPriorPrice(points, NOW, { progressive: true })).toBe(progressive);
  });

  it('is the lowest of what was asked in any hour of the 30 days before, for 2,000 generated histories', () => {
    const random = randomOf(51);
    for (let run = 0; run < rounds(2_000); run += 1) {
      const points = Array.from({ length: integer(random, 1, 12) }, () => ({
        from: ago(integer(random, 1, 80)),
        amountMinor: integer(random, 100, 999),
      })).sort((a, b) => a.from - b.from);
      const asked: number[] = [];
      for (let hours = 1; hours <= 30 * 24; hours += 1) {
        const point = points.findLast(({ from }) => from <= NOW - hours * 3_600_000);
        if (point) asked.push(point.amountMinor);
      }
      expect(lowestPriorPrice(points, NOW)).toBe(Math.min(...asked));
    }
  });
});

describe('the moment from which on a price has been asked', () => {
  it.each<[string, (PricePoint & { listId?: string | null })[], number | null]>([
    ['is when it fell', history([400, 10_000], [5, 8000]), 5],
    ['is when it rose, since that may have been announced as less than another', history([400, 8000], [5, 10_000]), 5],
    ['is when it first was so, though it was set again', history([400, 10_000], [9, 8000], [5, 8000]), 9],
    ['is not of a price that is still to come', history([400, 10_000], [5, 8000], [-3, 5000]), 5],
    ['is unknown where nothing was asked before', history([5, 8000]), null],
    ['is unknown where nothing is known', [], null],
    ['is unknown before the first price', history([-3, 8000]), null],
    [
      'is when its list began to decide',
      [...history([400, 10_000]), { from: ago(5), amountMinor: 8000, listId: 'list_a' }],
      5,
    ],
    [
      'is when its list began to decide, though the list has changed its price since',
      [
        ...history([400, 10_000]),
        { from: ago(5), amountMinor: 8000, listId: 'list_a' },
        { from: ago(2), amountMinor: 7000, listId: 'list_a' },
      ],
      5,
    ],
    [
      'is when its list took over from another',
      [
        ...history([400, 10_000]),
        { from: ago(5), amountMinor: 8000, listId: 'list_a' },
        { from: ago(2), amountMinor: 8000, listId: 'list_b' },
      ],
      2,
    ],
  ])('%s', (_, points, daysAgo) => {
    expect(reducedSince(points, NOW)).toBe(daysAgo === null ? null : ago(daysAgo));
  });
});

describe('a price that is shown as reduced', () => {
  const shirt = (amountMinor: number, compareAtMinor: number | null, points: PricePoint[]) =>
    variant({ prices: { EUR: { amountMinor, compareAtMinor } }, priceHistory: { EUR: points } });
  const sale = (more: Partial<PriceList> = {}) =>
    priceList({ id: 'list_sale', steps: [{ minQuantity: 1, changeBps: -2000 }], startsAt: ago(2), ...more });

  it.each<[string, ReturnType<typeof variant>, PriceList[], number | null, number | null]>([
    ['shows none where it is not', shirt(8000, null, history([400, 10_000], [5, 8000])), [], null, null],
    ['shows the price before', shirt(8000, 10_000, history([400, 10_000], [5, 8000])), [], 10_000, 10_000],
    [
      'shows the lowest before, not the one struck through',
      shirt(8000, 12_000, history([400, 10_000], [20, 9000], [10, 10_000], [5, 8000])),
      [],
      12_000,
      9000,
    ],
    [
      'keeps it while the reduction lasts, however long',
      shirt(8000, 10_000, history([400, 10_000], [200, 8000])),
      [],
      10_000,
      10_000,
    ],
    ['shows none where no earlier price is known', shirt(8000, 10_000, history([5, 8000])), [], 10_000, null],
    ['shows none where no history is kept', shirt(8000, 10_000, []), [], 10_000, null],
    ['in a sale shows the base price', shirt(10_000, null, history([400, 10_000])), [sale()], 10_000, 10_000],
    [
      'in a sale shows the lowest of the 30 days before it began',
      shirt(10_000, null, history([400, 10_000], [31, 9000], [20, 10_000])),
      [sale()],
      10_000,
      9000,
    ],
    [
      'in a sale does not see what was asked 30 days before it began',
      shirt(10_000, null, history([400, 9000], [32, 10_000])),
      [sale()],
      10_000,
      10_000,
    ],
    [
      'in a sale keeps it, though the base price has changed since',
      shirt(11_000, null, history([400, 10_000], [1, 11_000])),
      [sale()],
      11_000,
      10_000,
    ],
    [
      'in a sale after another shows the price of that one',
      shirt(10_000, null, history([400, 10_000])),
      [
        sale(),
        sale({ id: 'list_before', startsAt: ago(20), endsAt: ago(15), steps: [{ minQuantity: 1, changeBps: -3000 }] }),
      ],
      10_000,
      7000,
    ],
    [
      'in a sale long after another does not',
      shirt(10_000, null, history([400, 10_000])),
      [sale(), sale({ id: 'list_before', startsAt: ago(50), endsAt: ago(32) })],
      10_000,
      10_000,
    ],
    [
      'in a sale of another country earlier does not either',
      shirt(10_000, null, history([400, 10_000])),
      [sale(), sale({ id: 'list_before', countries: ['AT'], startsAt: ago(20), endsAt: ago(15) })],
      10_000,
      10_000,
    ],
    [
      'in a sale after prices for a group does not see those',
      shirt(10_000, null, history([400, 10_000])),
      [
        sale(),
        priceList({ id: 'list_staff', customerGroups: ['staff'], steps: [{ minQuantity: 1, changeBps: -5000 }] }),
      ],
      10_000,
      10_000,
    ],
    [
      'in a sale after prices for a quantity does not see those',
      shirt(10_000, null, history([400, 10_000])),
      [sale(), priceList({ id: 'list_many', priority: 9, steps: [{ minQuantity: 10, changeBps: -5000 }] })],
      10_000,
      10_000,
    ],
    [
      'back at the base price sees the sale that has just ended',
      shirt(10_000, 12_000, history([400, 10_000])),
      [sale({ startsAt: ago(10), endsAt: ago(5) })],
      12_000,
      8000,
    ],
    [
      'in a sale without a beginning shows none',
      shirt(10_000, null, history([400, 10_000])),
      [sale({ startsAt: null })],
      10_000,
      null,
    ],
    [
      'in a sale that began with the product shows none',
      shirt(10_000, null, history([1, 10_000])),
      [sale()],
      10_000,
      null,
    ],
    [
      'in a sale that is to come shows none',
      shirt(10_000, null, history([400, 10_000])),
      [sale({ startsAt: NOW + 1 })],
      null,
      null,
    ],
  ])('%s', (_, facts, lists, compareAtMinor, lowestPriorMinor) => {
    expect(priceOf(facts, 1, { priceLists: lists })).toMatchObject({ compareAtMinor, lowestPriorMinor });
  });

  it('shows it by own prices of a list as by its steps', () => {
    const facts = {
      ...shirt(10_000, null, history([400, 10_000], [20, 9500], [10, 10_000])),
      listPrices: [listPrice('list_sale', 7777)],
    };
    expect(priceOf(facts, 1, { priceLists: [sale({ steps: [] })] })).toMatchObject({
      amountMinor: 7777,
      compareAtMinor: 10_000,
      lowestPriorMinor: 9500,
    });
  });

  it('does not see what only the shopper’s own group was asked', () => {
    const staff = priceList({ id: 'list_staff', customerGroups: ['staff'], priority: 5, endsAt: ago(1) });
    const rules = { priceLists: [sale(), { ...staff, steps: [{ minQuantity: 1, changeBps: -5000 }] }] };
    const price = priceOf(shirt(10_000, null, history([400, 10_000])), 1, rules, { customerGroup: 'staff' });
    expect(price).toMatchObject({ amountMinor: 8000, compareAtMinor: 10_000, lowestPriorMinor: 10_000 });
  });

  it('goes by the history of its own currency', () => {
    const facts = variant({
      prices: {
        EUR: { amountMinor: 8000, compareAtMinor: 10_000 },
        USD: { amountMinor: 9000, compareAtMinor: 11_000 },
      },
      priceHistory: { EUR: history([400, 10_000], [5, 8000]), USD: history([400, 10_500], [5, 9000]) },
    });
    expect(priceOf(facts, 1, {}, { currency: 'USD' })?.lowestPriorMinor).toBe(10_500);
  });
});
