/** What the mill's shop does with prices besides asking them: tiers, trade prices, promotions. */
import type { Promotion } from '@/commerce/rules';
import type { PriceListInput, PromotionInput, RuleSet } from '../rules';

/** Ids of what rules name, by slug. Each throws for a name that nothing has. */
export interface SeedIds {
  product(slug: string): string;
  collection(slug: string): string;
  /** The first variant of a product. */
  variantOf(slug: string): string;
  /** Of the products with a tag. */
  tagged(tag: string): string[];
}

/** Amounts as the shop's four lists have them. */
const amounts = (EUR: number, USD: number, GBP: number, JPY: number) => ({ EUR, USD, GBP, JPY });

/** The rules of the shop, for the catalog that the ids are of. */
export function demoRules(ids: SeedIds): RuleSet {
  return {
    customerGroups: [{ id: 'trade', title: 'Trade' }],
    priceLists: [
      list('by-the-metre', 'By the metre', {
        priority: 10,
        tiersBy: 'product',
        of: { productIds: ids.tagged('by-the-metre') },
        steps: [
          { minQuantity: 5, changeBps: -800 },
          { minQuantity: 10, changeBps: -1500 },
        ],
        rounding: { JPY: { incrementMinor: 10, lessMinor: 0, mode: 'nearest' } },
      }),
      list('trade', 'Trade prices', {
        priority: 20,
        customerGroups: ['trade'],
        tiersBy: 'product',
        steps: [
          { minQuantity: 1, changeBps: -2000 },
          { minQuantity: 20, changeBps: -3000 },
        ],
      }),
    ],
    promotionGroups: [{ id: 'codes', title: 'One code for each thing', priority: 20 }],
    promotions: [
      promotion('scarves-three-for-two', 'Three for two on scarves, caps and ties', {
        priority: 100,
        effect: {
          kind: 'buy_get',
          buy: { of: { collectionIds: [ids.collection('scarves-and-caps')] }, quantity: 2 },
          get: { of: { collectionIds: [ids.collection('scarves-and-caps')] }, quantity: 1 },
          percentBps: 10_000,
          maxTimes: null,
        },
      }),
      promotion('for-the-train', 'For the train: denim tote and pouch', {
        priority: 100,
        effect: {
          kind: 'bundle',
          parts: [
            { of: { productIds: [ids.product('millrace-denim-tote')] }, quantity: 1 },
            { of: { productIds: [ids.product('millrace-denim-pouch')] }, quantity: 1 },
          ],
          priceMinor: amounts(7900, 8900, 6900, 12_800),
          maxTimes: null,
        },
      }),
      promotion('more-cloth', 'More cloth, less money', {
        priority: 50,
        effect: {
          kind: 'spend_steps',
          of: null,
          steps: [
            { fromMinor: amounts(30_000, 33_600, 26_000, 48_600), percentBps: 500 },
            { fromMinor: amounts(60_000, 67_200, 52_000, 97_200), percentBps: 800 },
          ],
        },
      }),
      promotion('welcome', 'Ten per cent off a first order', {
        codes: ['WELCOME10'],
        groupId: 'codes',
        conditions: [{ kind: 'first_order' }],
        usageLimitPerCustomer: 1,
        effect: { kind: 'percent_off', of: null, percentBps: 1000 },
      }),
      promotion('linen-weeks', 'Linen weeks', {
        codes: ['LINEN15'],
        groupId: 'codes',
        effect: { kind: 'percent_off', of: { collectionIds: [ids.collection('linen')] }, percentBps: 1500 },
      }),
      promotion('mill-twenty', 'Twenty per cent, and nothing besides', {
        codes: ['MILL20'],
        exclusive: true,
        usageLimit: 500,
        effect: { kind: 'percent_off', of: null, percentBps: 2000, maxMinor: amounts(10_000, 11_200, 8700, 16_200) },
      }),
      promotion('swatches', 'A swatch set with your order', {
        codes: ['SWATCH'],
        conditions: [{ kind: 'subtotal', of: null, fromMinor: amounts(6000, 6700, 5200, 9700) }],
        effect: { kind: 'gift', variantId: ids.variantOf('mill-swatch-set'), quantity: 1 },
      }),
      promotion('friday-evening', 'Friday evening at the mill: five off', {
        codes: ['FRIDAY'],
        hours: [{ days: [5], from: '17:00', until: '24:00', timeZone: 'Europe/London' }],
        conditions: [{ kind: 'subtotal', of: null, fromMinor: amounts(4000, 4500, 3500, 6500) }],
        effect: { kind: 'amount_off', of: null, per: 'order', amountMinor: amounts(500, 560, 435, 810) },
      }),
      promotion('post-on-us', 'The post is on us', {
        codes: ['FREEPOST'],
        conditions: [{ kind: 'subtotal', of: null, fromMinor: amounts(4000, 4500, 3500, 6500) }],
        effect: { kind: 'shipping_off', percentBps: 10_000, methodIds: ['standard'] },
      }),
    ],
  };
}

function list(id: string, title: string, more: Partial<PriceListInput>): PriceListInput {
  return {
    id,
    title,
    priority: 0,
    customerGroups: [],
    channels: [],
    countries: [],
    startsAt: null,
    endsAt: null,
    tiersBy: 'variant',
    of: null,
    steps: [],
    rounding: {},
    prices: [],
    ...more,
  };
}

function promotion(id: string, title: string, more: Partial<Promotion> & Pick<Promotion, 'effect'>): PromotionInput {
  return {
    id,
    title,
    codes: [],
    startsAt: null,
    endsAt: null,
    hours: [],
    conditions: [],
    groupId: null,
    exclusive: false,
    priority: 0,
    usageLimit: null,
    usageLimitPerCustomer: null,
    ...more,
  };
}
