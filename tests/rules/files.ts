import type { CatalogNames, Shop } from '@/node/rules/scope';
import { checkShape, type PartialRuleFile, type RuleFile, type WrittenRuleFile } from '@/node/rules/shape';

/** A promotion that is good in itself, to be made bad one member at a time. */
export const promotion = {
  id: 'ten-off',
  title: 'Ten per cent off',
  effect: { kind: 'percent_off', percent: '10' },
} as const;

export const priceList = { id: 'wholesale', title: 'Wholesale' };

export const taxZone = {
  id: 'de',
  country: 'DE',
  pricesIncludeTax: true,
  rates: { standard: [{ label: 'VAT', percent: '19' }] },
};

export const method = {
  id: 'standard',
  title: 'Standard',
  prices: { EUR: [{ amount: '5.90' }], JPY: [{ amount: '980' }] },
  minDays: 2,
  maxDays: 4,
};

/** The catalog of the tests: two products of one collection each, and one that is not sold. */
const catalog: CatalogNames = {
  products: new Map([
    ['shirt', { id: 'prod_shirt', collections: ['clothes'] }],
    ['scarf', { id: 'prod_scarf', collections: ['clothes', 'small-things'] }],
    ['old-hat', { id: 'prod_hat', collections: [] }],
  ]),
  collections: new Map([
    ['clothes', 'coll_clothes'],
    ['small-things', 'coll_small'],
  ]),
  skus: new Map([
    ['SHIRT-S', { id: 'var_shirt_s', product: 'shirt', isSold: true }],
    ['SHIRT-M', { id: 'var_shirt_m', product: 'shirt', isSold: true }],
    ['SCARF', { id: 'var_scarf', product: 'scarf', isSold: true }],
    ['OLD-HAT', { id: 'var_hat', product: 'old-hat', isSold: false }],
  ]),
  candidates: {
    products: ['shirt', 'scarf', 'old-hat'],
    collections: ['clothes', 'small-things'],
    skus: ['SHIRT-S', 'SHIRT-M', 'SCARF', 'OLD-HAT'],
  },
};

/** What holds in the tests' shop before a file is loaded. */
const present = withDefaults({
  customerGroups: [{ id: 'trade', title: 'Trade' }],
  conversions: [],
  priceLists: [{ id: 'trade', title: 'Trade', customerGroups: ['trade'] }],
  taxZones: [taxZone, { ...taxZone, id: 'jp', country: 'JP' }],
  shippingZones: [{ id: 'germany', title: 'Germany', areas: [{ country: 'DE' }] }],
  shippingMethods: [method, { ...method, id: 'express', title: 'Express', zone: 'germany' }],
  promotionGroups: [{ id: 'sale', title: 'Sale' }],
  promotions: [
    { ...promotion, id: 'known', usageLimit: 10, group: 'sale' },
    { id: 'free-express', title: 'Free', effect: { kind: 'shipping_off', percent: 100, methods: ['express'] } },
  ],
});

export const shop: Shop = { catalog, present, used: { known: 7 } };

/** A written file with its defaults filled in; throws where its shape is wrong. */
export function withDefaults(written: WrittenRuleFile): RuleFile {
  const { file, issues } = checkShape(written);
  if (issues.length > 0) throw new Error(JSON.stringify(issues, null, 2));
  return file as PartialRuleFile as RuleFile;
}
