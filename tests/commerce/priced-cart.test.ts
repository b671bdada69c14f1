import { expect, it } from 'vitest';
import { ANYBODY, type PricingInput, priceCart, type VariantFacts } from '@/commerce/pricing';
import type { PriceList } from '@/commerce/rules';
import { effects, facts, group, NOW, promotion, shippingMethod, shop } from './examples';

const DAY = 86_400_000;
const words = expect.any(String);
const eur = (amount: number) => ({ amount, currency: 'EUR' });

const list = (title: string, more: Partial<PriceList>): PriceList => ({
  id: 'list_1',
  title,
  customerGroups: [],
  channels: [],
  countries: [],
  startsAt: null,
  endsAt: null,
  priority: 0,
  of: null,
  steps: [],
  tiersBy: 'variant',
  rounding: {},
  ...more,
});

const order = (lines: [variantId: string, quantity: number][], more: Partial<PricingInput>): PricingInput => ({
  ...ANYBODY,
  currency: 'EUR',
  country: 'DE',
  now: NOW,
  lines: lines.map(([variantId, quantity]) => ({
    id: `line-${variantId}`,
    variantId,
    quantity,
    metadata: { variantId },
  })),
  coupons: [],
  shippingMethodId: null,
  ...more,
});

const shelf = (...all: VariantFacts[]) => new Map(all.map((each) => [each.id, each]));

const POST = shippingMethod('post', '4.90');

it('a priced cart gives every figure with its reason', () => {
  const variants = shelf(
    facts('tea', '4.00', 'drinks', {
      variantTitle: 'Loose',
      imageUrl: '/tea.jpg',
      listPrices: [
        { listId: 'list_1', currency: 'EUR', minQuantity: 1, amountMinor: 350 },
        { listId: 'list_1', currency: 'EUR', minQuantity: 5, amountMinor: 300 },
      ],
      priceHistory: {
        EUR: [
          { from: NOW - 40 * DAY, amountMinor: 420 },
          { from: NOW - 10 * DAY, amountMinor: 400 },
        ],
      },
    }),
    facts('pan', '25.00', 'kitchen'),
    facts('pen', '0.05', 'paper'),
  );
  const rules = shop({
    priceLists: [list('Tea days', { startsAt: NOW - 5 * DAY })],
    promotionGroups: [group('sale', 1)],
    promotions: [
      promotion('Ten', effects.percent(10, ['kitchen']), { codes: ['TEN'], groupId: 'sale' }),
      promotion('Five', effects.percent(5, ['kitchen']), { groupId: 'sale' }),
      promotion('Half way', effects.shipping(50)),
      promotion('A pen', effects.gift('pen', 2)),
      promotion('Two hats', effects.buyGet(1, 1, { buyOf: ['pan'], getOf: ['hat'] })),
    ],
    shippingMethods: [POST],
  });
  const input = order(
    [
      ['pan', 1],
      ['gone', 2],
      ['tea', 3],
    ],
    { coupons: ['NONE', 'TEN'], shippingMethodId: 'post' },
  );

  const beatenByTen = { code: 'beaten', message: words, beatenBy: { promotionId: 'ten', label: 'Ten', code: 'TEN' } };
  const base = { source: 'base', label: null, compareAt: null, lowestPrior: null, nextTier: null };
  const pan = {
    id: 'line-pan',
    variantId: 'pan',
    sku: 'PAN',
    title: 'pan',
    variantTitle: '',
    slug: 'pan',
    imageUrl: null,
    quantity: 1,
    unitPrice: eur(2500),
    total: eur(2250),
    adjustments: [{ source: 'promotion', label: 'Ten', amount: eur(-250), promotionId: 'ten', code: 'TEN' }],
    unapplied: [{ source: 'promotion', label: 'Five', promotionId: 'five', code: null, reason: beatenByTen }],
    price: base,
    isGift: false,
    metadata: { variantId: 'pan' },
  };
  const gone = {
    ...pan,
    id: 'line-gone',
    variantId: 'gone',
    sku: '',
    title: '',
    slug: '',
    quantity: 2,
    unitPrice: eur(0),
    total: eur(0),
    adjustments: [],
    unapplied: [],
    metadata: { variantId: 'gone' },
  };
  const tea = {
    ...gone,
    id: 'line-tea',
    variantId: 'tea',
    sku: 'TEA',
    title: 'tea',
    variantTitle: 'Loose',
    slug: 'tea',
    imageUrl: '/tea.jpg',
    quantity: 3,
    unitPrice: eur(350),
    total: eur(1050),
    price: {
      source: 'price_list',
      label: 'Tea days',
      compareAt: eur(400),
      // What was asked from the tenth day before now to the fifth.
      lowestPrior: eur(400),
      nextTier: { minQuantity: 5, missing: 2, unitPrice: eur(300) },
    },
    metadata: { variantId: 'tea' },
  };
  const pens = {
    ...pan,
    id: 'gift_a-pen',
    variantId: 'pen',
    sku: 'PEN',
    title: 'pen',
    slug: 'pen',
    quantity: 2,
    unitPrice: eur(5),
    total: eur(0),
    adjustments: [{ source: 'promotion', label: 'A pen', amount: eur(-10), promotionId: 'a-pen', code: null }],
    unapplied: [],
    isGift: true,
    metadata: {},
  };
  expect(priceCart(input, variants, rules)).toEqual({
    items: [pan, gone, tea, pens],
    // 22.50 and 10.50 contain 19 %: 3.592 and 1.676.
    lines: [
      { item: pan, unitPriceMinor: 2500, discountMinor: 250, totalMinor: 2250, taxMinor: 359, taxRateBps: 1900 },
      { item: gone, unitPriceMinor: 0, discountMinor: 0, totalMinor: 0, taxMinor: 0, taxRateBps: 0 },
      { item: tea, unitPriceMinor: 350, discountMinor: 0, totalMinor: 1050, taxMinor: 168, taxRateBps: 1900 },
      { item: pens, unitPriceMinor: 5, discountMinor: 10, totalMinor: 0, taxMinor: 0, taxRateBps: 0 },
    ],
    // 2.45 for shipping contain 0.391.
    totals: {
      subtotal: eur(2500 + 1050 + 10),
      discount: eur(250 + 10),
      shipping: eur(245),
      tax: eur(359 + 168 + 39),
      total: eur(2250 + 1050 + 245),
      taxIncluded: true,
    },
    taxLines: [{ label: 'MwSt.', rateBps: 1900, net: eur(1891 + 882 + 206), amount: eur(359 + 168 + 39) }],
    limitedPromotionIds: [],
    reverseCharge: false,
    taxZoneId: 'de',
    promotions: [
      {
        promotionId: 'ten',
        label: 'Ten',
        code: 'TEN',
        status: 'applied',
        amount: eur(-250),
        itemIds: ['line-pan'],
        reason: null,
        provisional: false,
      },
      {
        promotionId: 'a-pen',
        label: 'A pen',
        code: null,
        status: 'applied',
        amount: eur(-10),
        itemIds: ['gift_a-pen'],
        reason: null,
        provisional: false,
      },
      {
        promotionId: 'half-way',
        label: 'Half way',
        code: null,
        status: 'applied',
        amount: eur(-245),
        itemIds: [],
        reason: null,
        provisional: false,
      },
      {
        promotionId: null,
        label: 'NONE',
        code: 'NONE',
        status: 'not_applied',
        amount: eur(0),
        itemIds: [],
        reason: { code: 'code_unknown', message: words },
        provisional: false,
      },
      {
        promotionId: 'five',
        label: 'Five',
        code: null,
        status: 'not_applied',
        amount: eur(0),
        itemIds: ['line-pan'],
        reason: beatenByTen,
        provisional: false,
      },
      {
        promotionId: 'two-hats',
        label: 'Two hats',
        code: null,
        status: 'not_applied',
        amount: eur(0),
        itemIds: ['line-pan'],
        reason: { code: 'needs_quantity', message: words, missingQuantity: 1 },
        provisional: false,
      },
    ],
    shipping: {
      methodId: 'post',
      title: 'post',
      price: eur(490),
      adjustments: [{ source: 'promotion', label: 'Half way', amount: eur(-245), promotionId: 'half-way', code: null }],
      total: eur(245),
    },
    shippingMethod: POST,
    missingForFreeShipping: null,
    requiresShipping: true,
    parcel: {
      lines: [
        { quantity: 1, variant: variants.get('pan') },
        { quantity: 3, variant: variants.get('tea') },
      ],
      subtotalMinor: 3550,
    },
    requirements: [{ code: 'variant_unavailable', path: 'items.1' }],
    warnings: [
      { code: 'variant_unavailable', path: 'items.1', message: words },
      { code: 'coupon_not_applicable', path: 'coupons.0', message: 'There is no such code.' },
    ],
  });
});

it('a business that owes the tax itself is shown every price without it', () => {
  const lamp = facts('lamp', '0.00', 'house', {
    prices: { EUR: { amountMinor: 10_000, compareAtMinor: 12_000 } },
    listPrices: [{ listId: 'list_1', currency: 'EUR', minQuantity: 3, amountMinor: 8400 }],
    priceHistory: {
      EUR: [
        { from: NOW - 40 * DAY, amountMinor: 9000 },
        { from: NOW - 5 * DAY, amountMinor: 10_000 },
      ],
    },
  });
  const rules = shop({ priceLists: [list('By three', {})], shippingMethods: [POST] });
  const input = order([], {
    country: 'AT',
    vatId: 'ATU13585627',
    shippingMethodId: 'post',
    // Changes are told by prices as they are set, with tax.
    lines: [{ id: 'a', variantId: 'lamp', quantity: 1, metadata: {}, seen: eur(10_000) }],
  });
  const { items, lines, totals, taxLines, shipping, warnings } = priceCart(input, shelf(lamp), rules);
  // A sixth of each is the tax of 20 %.
  expect(items).toMatchObject([
    {
      unitPrice: eur(8333),
      total: eur(8333),
      price: {
        compareAt: eur(10_000),
        lowestPrior: eur(7500),
        nextTier: { minQuantity: 3, missing: 2, unitPrice: eur(7000) },
      },
    },
  ]);
  expect(lines).toMatchObject([{ unitPriceMinor: 8333, totalMinor: 8333, taxMinor: 0, taxRateBps: 0 }]);
  expect(shipping).toMatchObject({ price: eur(408), total: eur(408) });
  expect(totals).toEqual({
    subtotal: eur(8333),
    discount: eur(0),
    shipping: eur(408),
    tax: eur(0),
    total: eur(8741),
    taxIncluded: false,
  });
  expect([taxLines, warnings]).toEqual([[], []]);
});

it('a business that owes the tax itself is shown no price before or after, where there is none', () => {
  const input = order([['lamp', 1]], { country: 'AT', vatId: 'ATU13585627' });
  const [item] = priceCart(input, shelf(facts('lamp', '100.00', 'house')), shop()).items;
  expect(item).toMatchObject({ unitPrice: eur(8333), price: { compareAt: null, lowestPrior: null, nextTier: null } });
});

it('a code that stands for the promotion of another code is warned of', () => {
  const rules = shop({ promotions: [promotion('Ten', effects.percent(10), { codes: ['TEN', 'ZEHN'] })] });
  const { warnings, promotions } = priceCart(
    order([['pan', 1]], { coupons: ['TEN', 'ZEHN'] }),
    shelf(facts('pan', '25.00', 'kitchen')),
    rules,
  );
  expect(promotions).toMatchObject([{ code: 'TEN', status: 'applied' }]);
  expect(warnings).toEqual([{ code: 'coupon_not_applicable', path: 'coupons.1', message: words }]);
});
