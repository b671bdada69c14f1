import { expect, it } from 'vitest';
import type { ProductDocument } from '@/commerce/catalog';
import { lowestPriorPrice, reducedSince } from '@/commerce/prior-price';
import { priceProducts } from '@/commerce/public-prices';
import type { ShopRules } from '@/commerce/rules';
import { priceList, shopRules } from './builders';
import { NOW } from './examples';

const DAY = 86_400_000;

function shirt(more: Partial<ProductDocument['variants'][number]>): ProductDocument {
  return {
    id: 'prod_shirt',
    slug: 'shirt',
    title: 'Shirt',
    description: '',
    vendor: '',
    type: '',
    tags: [],
    seo: { title: null, description: null },
    options: [],
    collections: [],
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
        priceHistory: {},
        ...more,
      },
    ],
  };
}

const shown = (document: ProductDocument, rules: Partial<ShopRules> = {}, currency = 'EUR') =>
  priceProducts([document], shopRules(rules), currency, NOW)[0]?.variants[0];

const eur = (amount: number) => ({ amount, currency: 'EUR' });

it('a price that is not reduced is shown beside none', () => {
  expect(shown(shirt({}))).toMatchObject({ price: eur(2000), compareAtPrice: null, lowestPriorPrice: null, tiers: [] });
});

it('a reduced price is shown beside the one before, the lowest of 30 days, and those of more units', () => {
  const document = shirt({
    prices: { EUR: { amountMinor: 2000, compareAtMinor: 2500 } },
    priceHistory: {
      EUR: [
        { from: NOW - 60 * DAY, amountMinor: 1900 },
        { from: NOW, amountMinor: 2000 },
      ],
    },
  });
  const steps = [
    { minQuantity: 3, changeBps: -1000 },
    { minQuantity: 6, changeBps: -2000 },
  ];
  expect(shown(document, { priceLists: [priceList('By three', { steps })] })).toMatchObject({
    price: eur(2000),
    compareAtPrice: eur(2500),
    lowestPriorPrice: eur(1900),
    tiers: [
      { minQuantity: 3, unitPrice: eur(1800) },
      { minQuantity: 6, unitPrice: eur(1600) },
    ],
  });
});

it('a rate that is none is a fault, not a product that is missing', () => {
  const rounding = { incrementMinor: 1, lessMinor: 0, mode: 'nearest' as const };
  const conversions = [{ from: 'EUR', to: 'USD', rate: '1e3', rounding }];
  expect(() => shown(shirt({}), { conversions }, 'USD')).toThrow(expect.objectContaining({ code: 'invalid_input' }));
});

it('a price counts from the very moment at which it begins', () => {
  expect(
    reducedSince(
      [
        { from: 0, amountMinor: 900 },
        { from: NOW, amountMinor: 800 },
      ],
      NOW,
    ),
  ).toBe(NOW);
});

it('reductions that follow one another count from the first, up to the very moment of the last', () => {
  const history = [
    { from: 0, amountMinor: 1000 },
    { from: NOW - 40 * DAY, amountMinor: 900 },
    { from: NOW, amountMinor: 800 },
  ];
  expect(lowestPriorPrice(history, NOW, { progressive: true })).toBe(1000);
  expect(lowestPriorPrice(history, NOW)).toBe(900);
  // A price that is set again as it was is no reduction, and one that is still to come has not followed yet.
  const again = [
    { from: 0, amountMinor: 700 },
    { from: NOW - 50 * DAY, amountMinor: 900 },
    { from: NOW - 40 * DAY, amountMinor: 900 },
  ];
  expect(lowestPriorPrice(again, NOW, { progressive: true })).toBe(900);
  expect(
    lowestPriorPrice([...history.slice(0, 2), { from: NOW + DAY, amountMinor: 950 }], NOW, { progressive: true }),
  ).toBe(1000);
});
