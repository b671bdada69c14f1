import { describe, expect, it } from 'vitest';
import type { ProductDocument } from '@/commerce/catalog';
import { conversionInto, lowestConverted, priceProducts, publicMoments, spanAt } from '@/commerce/public-prices';
import { convertPrice } from '@/commerce/rounding';
import type { CurrencyConversion, PriceList } from '@/commerce/rules';
import { shopRules } from './builders';
import { integer, oneOf, randomOf, rounds } from './random';
import { NOW, priceList } from './unit-price-facts';

const PLAIN = { incrementMinor: 1, lessMinor: 0, mode: 'nearest' as const };

describe('the moments at which public prices change by themselves', () => {
  it.each<[string, Partial<PriceList>[], number[]]>([
    ['no lists', [], []],
    ['a list that always holds', [{}], []],
    ['a sale', [{ startsAt: 100, endsAt: 200 }], [100, 200]],
    ['the later of two first', [{ startsAt: 300 }, { endsAt: 200 }], [200, 300]],
    ['one list after another', [{ endsAt: 200 }, { startsAt: 200 }], [200]],
    ['a list for the web', [{ channels: ['app', 'web'], startsAt: 100 }], [100]],
    ['one for other channels', [{ channels: ['app', 'pos'], startsAt: 100 }], []],
    ['one for a group', [{ customerGroups: ['trade'], startsAt: 100 }], []],
    ['one for some countries', [{ countries: ['DE'], startsAt: 100 }], []],
  ])('%s', (_, lists, moments) => {
    expect(publicMoments({ priceLists: lists.map((more) => priceList(more)) })).toEqual(moments);
  });

  it.each([
    [99, { since: null, until: 100 }],
    [100, { since: 100, until: 200 }],
    [199, { since: 100, until: 200 }],
    [200, { since: 200, until: null }],
  ])('at %i the span is %o', (now, span) => {
    expect(spanAt([100, 200], now)).toEqual(span);
  });

  it('are none where nothing starts or ends', () => {
    expect(spanAt([], NOW)).toEqual({ since: null, until: null });
  });
});

describe('products for everybody', () => {
  const document: ProductDocument = {
    id: 'prod_shirt',
    slug: 'shirt',
    title: 'Shirt',
    description: '',
    vendor: '',
    type: '',
    tags: [],
    seo: { title: null, description: null },
    options: [],
    collections: [{ id: 'col_linen', slug: 'linen', title: 'Linen' }],
    media: [],
    variants: [
      {
        id: 'var_m',
        sku: 'M',
        title: 'M',
        options: {},
        stock: { available: 1, policy: 'deny' },
        prices: { EUR: { amountMinor: 2000, compareAtMinor: null } },
        listPrices: [],
        priceHistory: { EUR: [{ from: NOW - 1_000, amountMinor: 1900 }] },
      },
    ],
  };
  const spring = priceList({ of: { collectionIds: ['col_linen'] }, steps: [{ minQuantity: 1, changeBps: -2500 }] });

  it('show nothing of what their prices rest on', () => {
    const [product] = priceProducts([document], shopRules({ priceLists: [spring] }), 'EUR', NOW);
    expect(product?.variants).toEqual([
      {
        id: 'var_m',
        sku: 'M',
        title: 'M',
        options: {},
        stock: { available: 1, policy: 'deny' },
        price: { amount: 1500, currency: 'EUR' },
        compareAtPrice: { amount: 2000, currency: 'EUR' },
        lowestPriorPrice: null,
        tiers: [],
      },
    ]);
  });

  it('are left out in a currency that nothing of them is sold in', () => {
    expect(priceProducts([document, document], shopRules(), 'USD', NOW)).toEqual([]);
    expect(priceProducts([document], shopRules(), 'constructor', NOW)).toEqual([]);
  });
});

describe('the lowest price that is converted to at least another', () => {
  const conversion = (more: Partial<CurrencyConversion> = {}): CurrencyConversion => ({
    from: 'EUR',
    to: 'SEK',
    rate: '11.5',
    rounding: PLAIN,
    ...more,
  });

  it.each<[string, Partial<CurrencyConversion>, number, number]>([
    ['nothing', {}, 0, 0],
    ['115.00 SEK', {}, 11_500, 1000],
    // 9.99 EUR are 114.89 SEK, 10.00 EUR are 115.00 SEK.
    ['114.90 SEK', {}, 11_490, 1000],
    ['1635 JPY', { to: 'JPY', rate: '163.5' }, 1635, 1000],
    // 1550 yen are rounded to 1600; 9.48 EUR are 1549.98, 9.49 EUR are 1551.62.
    ['1600 JPY', { to: 'JPY', rate: '163.5', rounding: { ...PLAIN, incrementMinor: 100 } }, 1600, 949],
    ['more than any', { rate: '0.001' }, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('%s', (_, more, minor, lowest) => {
    expect(lowestConverted(conversion(more), minor)).toBe(lowest);
  });

  it('is reached, and by nothing below it', () => {
    const random = randomOf(5);
    for (let round = 0; round < rounds(500); round += 1) {
      const rounding = {
        incrementMinor: oneOf(random, [1, 5, 100]),
        lessMinor: oneOf(random, [0, 1]),
        mode: PLAIN.mode,
      };
      const rate = `${integer(random, 0, 200)}.${integer(random, 1, 9999)}`;
      const made = conversion({ rate, to: oneOf(random, ['SEK', 'JPY', 'KWD']), rounding });
      const minor = integer(random, 1, 1_000_000);
      const lowest = lowestConverted(made, minor);
      expect(convertPrice(lowest, made), `${minor} at ${rate}`).toBeGreaterThanOrEqual(minor);
      expect(convertPrice(lowest - 1, made), `${minor} at ${rate}`).toBeLessThan(minor);
    }
  });

  it('takes the one conversion into a currency', () => {
    const rules = { conversions: [conversion(), conversion({ to: 'JPY' })] };
    expect(conversionInto(rules, 'JPY')?.to).toBe('JPY');
    expect(conversionInto(rules, 'EUR')).toBeNull();
  });
});
