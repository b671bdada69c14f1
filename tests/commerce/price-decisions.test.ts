import { describe, expect, it } from 'vitest';
import { MAX_UNIT_PRICE_MINOR, type PricedCart, type VariantFacts } from '@/commerce/pricing';
import type { PriceList, Promotion } from '@/commerce/rules';
import { priceList } from './builders';
import { type Circumstances, effects, NOW, paid, price, promotion, STATES, shippingMethod, told } from './examples';

const { gift, off, percent, shipping } = effects;
const DAY = 86_400_000;
const eur = (amount: number) => ({ amount, currency: 'EUR' });

const own = (listId: string, minQuantity: number, amountMinor: number) => ({
  listId,
  currency: 'EUR',
  minQuantity,
  amountMinor,
});

const tea = (changes: Partial<VariantFacts>, priceLists: PriceList[], more: Circumstances = {}): Circumstances => ({
  changes: { tea: changes },
  ...more,
  rules: { ...more.rules, priceLists },
});

const first = ({ items }: PricedCart) => items[0]!;

describe('the price of a line', () => {
  it('counts all variants of its product, where its list does', () => {
    const lists = [priceList('by-product', { tiersBy: 'product', steps: [{ minQuantity: 5, changeBps: -5000 }] })];
    const changes = { tea: { productId: 'prod_drink' }, coffee: { productId: 'prod_drink' } };
    const paidFor = (cart: string) => paid(price(cart, [], { changes, rules: { priceLists: lists } }));
    expect(paidFor('2 tea, 2 coffee, 5 pen')).toBe('tea 8.00, coffee 13.00, pen 0.15');
    expect(paidFor('2 tea, 3 coffee')).toBe('tea 4.00, coffee 9.75');
  });

  it.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('comes from the list with the first id, of lists that ask as much: %s, %s', (...ids) => {
    const lists = ids.map((id) => priceList(id, { steps: [{ minQuantity: 1, changeBps: -1000 }] }));
    expect(first(price('1 tea', [], { rules: { priceLists: lists } })).price.label).toBe('a');
  });

  it.each([
    [300, 200],
    [200, 300],
  ])('is the lower of two in a list for the same quantity: %i, %i', (...amounts) => {
    const listPrices = amounts.map((amount) => own('a', 1, amount));
    expect(paid(price('1 tea', [], tea({ listPrices }, [priceList('a')])))).toBe('tea 2.00');
  });

  it('has no next tier but one with more units', () => {
    const listPrices = [own('a', 1, 300), own('a', 5, 350)];
    expect(first(price('5 tea', [], tea({ listPrices }, [priceList('a')]))).price.nextTier).toBeNull();
  });

  it.each<[string, Partial<PriceList>, number]>([
    ['the price of a list for everybody', {}, 310],
    ['the price of a list for this country', { countries: ['DE'] }, 310],
    ['no price of a list for another country', { countries: ['US'] }, 380],
    ['the price of a list for this channel', { channels: ['web'] }, 310],
    ['no price of a list for another channel', { channels: ['pos'] }, 380],
    ['no price of a list for a group', { customerGroups: ['trade'] }, 380],
  ])('was lowest at %s', (_name, more, lowest) => {
    const facts = {
      prices: { EUR: { amountMinor: 400, compareAtMinor: 500 } },
      listPrices: [own('a', 1, 310)],
      priceHistory: {
        EUR: [
          { from: NOW - 90 * DAY, amountMinor: 380 },
          { from: NOW - 5 * DAY, amountMinor: 400 },
        ],
      },
    };
    const list = priceList('a', { startsAt: NOW - 20 * DAY, endsAt: NOW - 10 * DAY, ...more });
    expect(first(price('1 tea', [], tea(facts, [list]))).price.lowestPrior).toEqual(eur(lowest));
  });

  it('did not change since it was seen, where only a list has one', () => {
    const facts = { prices: {}, listPrices: [own('a', 1, 300)] };
    const warningsOf = (amount: number) =>
      price('', [], {
        ...tea(facts, [priceList('a')]),
        lines: [{ id: 'x', variantId: 'tea', quantity: 1, metadata: {}, seen: eur(amount) }],
      }).warnings.map(({ code }) => code);
    expect([warningsOf(300), warningsOf(301)]).toEqual([[], []]);
  });
});

describe('rules that no price can be made by', () => {
  const issues = (code: string, ...paths: string[]) =>
    expect.objectContaining({ code, issues: paths.map((path) => expect.objectContaining({ path })) });

  it('name the rate of a conversion, not a line', () => {
    const rounding = { incrementMinor: 1, lessMinor: 0, mode: 'nearest' as const };
    const rules = { conversions: [{ from: 'EUR', to: 'USD', rate: '1e3', rounding }] };
    expect(() => price('1 tea', [], { currency: 'USD', rules })).toThrow(issues('invalid_input', 'rate'));
    // Nor does a gift hide it.
    const changes = { tea: { prices: { USD: { amountMinor: 1, compareAtMinor: null } } } };
    expect(() => price('1 tea', [promotion('A pen', gift('pen'))], { currency: 'USD', rules, changes })).toThrow(
      issues('invalid_input', 'rate'),
    );
  });

  it('name shipping that costs more than any cart can hold', () => {
    const prices = { EUR: [{ from: 0, amountMinor: MAX_UNIT_PRICE_MINOR + 1 }] };
    const rules = { shippingMethods: [shippingMethod('post', '0.00', { prices })] };
    expect(() => price('1 tea', [], { shippingMethodId: 'post', rules })).toThrow(
      issues('amount_out_of_range', 'totals.shipping'),
    );
  });

  it('are told from a quantity that is none', () => {
    expect(() => price('1000 tea', [])).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        issues: [{ path: 'items.0.quantity', code: 'quantity_out_of_range', message: expect.any(String) }],
      }),
    );
  });
});

describe('what is to pay decides between promotions', () => {
  const alone = (title: string, effect: Promotion['effect']) => promotion(title, effect, { exclusive: true });

  it('as prices are shown, where they contain tax', () => {
    // 5.10 off a book contain less tax than 5.00 off a mug, and are more to the shopper.
    const promotions = [promotion('Mug', off('line', '5.00', ['mug'])), alone('Book', off('line', '5.10', ['book']))];
    const priced = price('1 mug, 1 book', promotions, { changes: { book: { taxClass: 'books' } } });
    expect(paid(priced)).toBe('mug 9.50, book 6.90');
  });

  it('with the tax on shipping, where tax is added', () => {
    // 4.95 off goods without tax are less than 4.90 off shipping with its tax of 0.49.
    const promotions = [promotion('Mug', off('line', '4.95', ['mug'])), alone('Shipping', shipping(100))];
    const priced = price('1 mug', promotions, {
      country: 'US',
      shippingMethodId: 'post',
      changes: { mug: { taxClass: 'free' } },
      rules: { taxZones: [{ ...STATES, rates: { ...STATES.rates, free: [] } }] },
    });
    expect([paid(priced), priced.totals.shipping.amount, priced.totals.tax.amount]).toEqual(['mug 9.50', 0, 0]);
  });
});

it('nothing is missing for free shipping that a promotion has made free', () => {
  const methods = [shippingMethod('post', '4.90', { freeFrom: { EUR: 5000 } })];
  const missing = (promotions: Promotion[]) =>
    price('1 tea', promotions, { shippingMethodId: 'post', rules: { shippingMethods: methods } })
      .missingForFreeShipping;
  expect(missing([])).toEqual(eur(4600));
  expect(missing([promotion('Half', shipping(50))])).toEqual(eur(4600));
  expect(missing([promotion('Free', shipping(100))])).toBeNull();
});

it('a promotion names the lines that it took something off', () => {
  // A tenth of 0.04 is less than half a cent.
  const { promotions } = price('1 pen at 0.04, 1 lamp', [promotion('Ten', percent(10))]);
  expect(promotions).toMatchObject([{ status: 'applied', itemIds: ['lamp'] }]);
});

describe('gifts', () => {
  const pens = [promotion('A', gift('pen')), promotion('B', gift('pen'))];

  it('are counted one after the other, after what is bought', () => {
    const left = (available: number) => ({ changes: { pen: { available } } });
    expect(told(price('1 tea', pens, left(2)))).toBe('A: -0.05, B: -0.05');
    expect(told(price('1 pen', pens, left(3)))).toBe('A: -0.05, B: -0.05');
    const { promotions } = price('1 pen', pens, left(2));
    expect(promotions.map(({ label, status }) => `${label} ${status}`)).toEqual(['A applied', 'B not_applied']);
  });

  it('are worth what one of them costs, by the lists that hold', () => {
    const changes = { pen: { listPrices: [own('a', 1, 3), own('a', 2, 1)] } };
    const { items } = price('1 tea', [promotion('A pen', gift('pen', 2))], {
      changes,
      rules: { priceLists: [priceList('a')] },
    });
    expect(items[1]).toMatchObject({ unitPrice: eur(3), price: { source: 'price_list', nextTier: null } });
    expect(items[1]?.adjustments).toMatchObject([{ amount: eur(-6) }]);
  });

  it('that cost nothing are adjusted by nothing', () => {
    const changes = { pen: { prices: { EUR: { amountMinor: 0, compareAtMinor: null } } } };
    expect(price('1 tea', [promotion('A pen', gift('pen'))], { changes }).items[1]?.adjustments).toEqual([]);
  });
});
