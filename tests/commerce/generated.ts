import { ANYBODY, type PricingInput, type VariantFacts } from '@/commerce/pricing';
import type {
  AmountByCurrency,
  Condition,
  Effect,
  PriceList,
  PriceRounding,
  Promotion,
  PromotionGroup,
  Selection,
  ShippingMethod,
  ShippingTax,
  ShopRules,
  TaxRate,
  TaxZone,
} from '@/commerce/rules';
import { NOW, promotion, shippingMethod } from './examples';
import { integer, oneOf, randomOf } from './random';

export interface GeneratedCart {
  input: PricingInput;
  variants: Map<string, VariantFacts>;
  rules: ShopRules;
}

type Random = () => number;

const DAY = 86_400_000;
const CURRENCIES = ['EUR', 'USD', 'JPY', 'SEK'];
const COLLECTIONS = ['col_a', 'col_b', 'col_c'];
const VARIANTS = ['var_a', 'var_b', 'var_c', 'var_d', 'var_e', 'var_f'];
const GROUPS = ['retail', 'trade'];
const CHANNELS = ['web', 'app'];
const COUNTRIES = ['DE', 'US', 'CA', 'AT'];
const CODES = ['TEN', 'FREE', 'SPRING', 'NOBODYS'];
/** Austria's, by the example in the description of its check digit. */
const VAT_ID = 'ATU13585627';

/** A cart and a shop, both of which follow from the seed; every kind of rule comes up. */
export function generateCart(seed: number): GeneratedCart {
  const random = randomOf(seed);
  const rules = generateRules(random);
  const variants = new Map(VARIANTS.slice(0, 5).map((id) => [id, variant(random, id, rules.priceLists)]));
  return { input: generateInput(random, rules), variants, rules };
}

/** A promotion more, with an id that no generated one has; `index` keeps several of them apart. */
export function generatePromotion(random: Random, id: string, groups: readonly PromotionGroup[] = []): Promotion {
  const effect = generateEffect(random);
  const isOnShipping = effect.kind === 'shipping_off';
  const fitting = effect.kind === 'gift' ? [] : groups.filter((group) => group.id.startsWith('ship') === isOnShipping);
  return promotion(id, effect, {
    id,
    priority: integer(random, -1, 2),
    groupId: fitting.length > 0 && random() < 0.4 ? oneOf(random, fitting).id : null,
    exclusive: random() < 0.2,
    conditions: random() < 0.35 ? [generateCondition(random)] : [],
    startsAt: maybe(random, 0.1, () => NOW + oneOf(random, [-DAY, -1, 0, 1])),
    endsAt: maybe(random, 0.1, () => NOW + oneOf(random, [DAY, 1, 0])),
    hours: random() < 0.05 ? [{ days: [1, 3, 5], from: '09:00', until: '18:00', timeZone: 'Europe/Berlin' }] : [],
    usageLimit: maybe(random, 0.05, () => 10),
    usageLimitPerCustomer: maybe(random, 0.1, () => 1),
    usedUp: random() < 0.03,
  });
}

function generateRules(random: Random): ShopRules {
  const promotionGroups = [
    { id: 'goods-group', title: 'Goods', priority: integer(random, -1, 2) },
    { id: 'ship-group', title: 'Shipping', priority: integer(random, -1, 2) },
  ];
  const free = [...CODES];
  const promotions = Array.from({ length: integer(random, 0, 6) }, (_, index) => {
    const made = generatePromotion(random, `promo_${index}`, promotionGroups);
    // A code belongs to one promotion.
    if (random() < 0.3 && free.length > 1) made.codes = [free.shift()!];
    return made;
  });
  return {
    currencies: CURRENCIES,
    conversions: random() < 0.4 ? [{ from: 'EUR', to: 'SEK', rate: '11.4321', rounding: rounding(random) }] : [],
    priceLists: Array.from({ length: oneOf(random, [0, 0, 1, 2]) }, (_, index) => priceList(random, `list_${index}`)),
    promotionGroups,
    promotions,
    taxZones: taxZones(random),
    shippingZones: [
      { id: 'near', title: 'Near', areas: [{ country: 'DE', regions: [], postalCodes: ['1*'] }] },
      { id: 'far', title: 'Far', areas: COUNTRIES.map((country) => ({ country, regions: [], postalCodes: [] })) },
    ],
    shippingMethods: ['post', 'express'].map((id) => generateMethod(random, id)),
  };
}

function generateInput(random: Random, rules: ShopRules): PricingInput {
  const country = oneOf(random, COUNTRIES);
  const ids = rules.promotions.map(({ id }) => id);
  return {
    ...ANYBODY,
    currency: oneOf(random, ['EUR', 'EUR', ...CURRENCIES]),
    country,
    region: country === 'US' ? oneOf(random, [null, 'CA', 'NY']) : null,
    postalCode: oneOf(random, [null, '10115', '94110']),
    channel: oneOf(random, CHANNELS),
    customerGroup: oneOf(random, [null, ...GROUPS]),
    now: NOW,
    vatId: random() < 0.15 ? VAT_ID : null,
    customer: {
      orderCount: oneOf(random, [null, 0, 3]),
      uses: oneOf(random, [null, {}, Object.fromEntries(ids.map((id) => [id, 1]))]),
    },
    lines: Array.from({ length: integer(random, 0, 5) }, (_, index) => ({
      id: `item_${index}`,
      // The last of them is gone from the catalog.
      variantId: random() < 0.03 ? VARIANTS[5]! : oneOf(random, VARIANTS.slice(0, 5)),
      quantity: oneOf(random, [1, 1, 2, 3, 5, integer(random, 1, 40)]),
      metadata: {},
    })),
    coupons: CODES.filter(() => random() < 0.3).map((code) => (random() < 0.2 ? code.toLowerCase() : code)),
    shippingMethodId: oneOf(random, [null, 'post', 'post', 'express']),
  };
}

function variant(random: Random, id: string, lists: readonly PriceList[]): VariantFacts {
  const amounts = CURRENCIES.filter((currency) => currency === 'EUR' || random() < 0.8);
  return {
    id,
    productId: oneOf(random, ['prod_1', 'prod_2', 'prod_3']),
    slug: id,
    sku: id,
    title: id,
    variantTitle: '',
    options: {},
    imageUrl: null,
    prices: Object.fromEntries(
      amounts.map((currency) => [currency, { amountMinor: amount(random), compareAtMinor: null }]),
    ),
    collectionIds: COLLECTIONS.filter(() => random() < 0.4),
    listPrices: lists.flatMap(({ id: listId }) =>
      random() < 0.3
        ? [{ listId, currency: 'EUR', minQuantity: oneOf(random, [1, 3]), amountMinor: amount(random) }]
        : [],
    ),
    priceHistory: {},
    taxClass: oneOf(random, ['standard', 'standard', 'books', 'unheard-of']),
    weightGrams: integer(random, 0, 2000),
    size: null,
    requiresShipping: random() < 0.85,
    available: oneOf(random, [0, 2, 1000, 1000]),
    policy: oneOf(random, ['deny', 'continue']),
  };
}

/** Small and odd amounts, where rounding shows, and now and then a great one. */
function amount(random: Random): number {
  const kind = random();
  if (kind < 0.04) return 0;
  if (kind < 0.3) return integer(random, 1, 20);
  return kind < 0.97 ? integer(random, 20, 9999) : integer(random, 1, 30_000_000_000);
}

function amounts(random: Random, from: number, to: number): AmountByCurrency {
  const made: AmountByCurrency = {};
  for (const currency of CURRENCIES) if (random() < 0.9) made[currency] = integer(random, from, to);
  return made;
}

function generateEffect(random: Random): Effect {
  const bps = () => oneOf(random, [10_000, 5000, 1000, 3333, 1, integer(random, 0, 10_000)]);
  switch (oneOf(random, ['percent', 'percent', 'amount', 'steps', 'buy', 'bundle', 'gift', 'shipping'])) {
    case 'percent':
      return {
        kind: 'percent_off',
        of: selection(random),
        percentBps: bps(),
        ...(random() < 0.3 ? { maxMinor: amounts(random, 0, 2000) } : {}),
      };
    case 'amount':
      return {
        kind: 'amount_off',
        of: selection(random),
        per: oneOf(random, ['unit', 'line', 'order']),
        amountMinor: amounts(random, 0, oneOf(random, [10, 700, 20_000])),
      };
    case 'steps': {
      const from = amounts(random, 0, 3000);
      const further = Object.fromEntries(Object.entries(from).map(([currency, minor]) => [currency, minor + 2000]));
      return {
        kind: 'spend_steps',
        of: selection(random),
        steps: [
          { fromMinor: from, percentBps: bps() },
          { fromMinor: further, amountMinor: amounts(random, 0, 5000) },
        ],
      };
    }
    case 'buy': {
      const buy = selection(random);
      return {
        kind: 'buy_get',
        buy: { of: buy, quantity: integer(random, 1, 4) },
        get: { of: random() < 0.5 ? buy : selection(random), quantity: integer(random, 1, 2) },
        percentBps: bps(),
        maxTimes: oneOf(random, [null, null, 1, 3]),
      };
    }
    case 'bundle':
      return {
        kind: 'bundle',
        parts: Array.from({ length: integer(random, 1, 3) }, () => ({
          of: someGoods(random),
          quantity: integer(random, 1, 2),
        })),
        priceMinor: amounts(random, 0, 5000),
        maxTimes: oneOf(random, [null, null, 1, 2]),
      };
    case 'gift':
      return { kind: 'gift', variantId: oneOf(random, VARIANTS), quantity: integer(random, 1, 3) };
    default:
      return { kind: 'shipping_off', percentBps: bps(), methodIds: oneOf(random, [null, null, ['post']]) };
  }
}

function generateCondition(random: Random): Condition {
  const some = <Value>(values: readonly Value[]) => values.filter(() => random() < 0.6);
  switch (oneOf(random, ['subtotal', 'quantity', 'country', 'currency', 'channel', 'customer_group', 'first_order'])) {
    case 'subtotal':
      return { kind: 'subtotal', of: selection(random), fromMinor: amounts(random, 0, 8000) };
    case 'quantity': {
      const min = integer(random, 0, 5);
      return { kind: 'quantity', of: selection(random), min, ...(random() < 0.3 ? { max: min + 3 } : {}) };
    }
    case 'country':
      return { kind: 'country', in: some(COUNTRIES) };
    case 'currency':
      return { kind: 'currency', in: some(CURRENCIES) };
    case 'channel':
      return { kind: 'channel', in: some(CHANNELS) };
    case 'customer_group':
      return { kind: 'customer_group', in: some(GROUPS) };
    default:
      return { kind: 'first_order' };
  }
}

const selection = (random: Random): Selection | null => (random() < 0.35 ? null : someGoods(random));

function someGoods(random: Random): Selection {
  switch (integer(random, 0, 3)) {
    case 0:
      return { collectionIds: [oneOf(random, COLLECTIONS)] };
    case 1:
      return { productIds: [oneOf(random, ['prod_1', 'prod_2', 'prod_3'])] };
    case 2:
      return { variantIds: VARIANTS.slice(0, 5).filter(() => random() < 0.5) };
    default:
      return { collectionIds: COLLECTIONS, except: { variantIds: [oneOf(random, VARIANTS)] } };
  }
}

function priceList(random: Random, id: string): PriceList {
  return {
    id,
    title: id,
    priority: integer(random, 0, 1),
    customerGroups: oneOf(random, [[], [], ['trade']]),
    channels: oneOf(random, [[], [], ['app']]),
    countries: oneOf(random, [[], [], ['DE', 'AT']]),
    startsAt: oneOf(random, [null, NOW, NOW + 1]),
    endsAt: oneOf(random, [null, null, NOW + 1]),
    tiersBy: oneOf(random, ['variant', 'product']),
    of: selection(random),
    steps: [
      { minQuantity: 1, changeBps: -integer(random, 0, 2000) },
      { minQuantity: 5, changeBps: -integer(random, 2000, 5000) },
    ],
    rounding: random() < 0.3 ? { EUR: rounding(random) } : {},
  };
}

const rounding = (random: Random): PriceRounding =>
  oneOf(random, [
    { incrementMinor: 1, lessMinor: 0, mode: 'nearest' },
    { incrementMinor: 100, lessMinor: 1, mode: 'nearest' },
    { incrementMinor: 5, lessMinor: 0, mode: 'up' },
  ] as const);

function taxZones(random: Random): TaxZone[] {
  const zone = (id: string, country: string, pricesIncludeTax: boolean, more: Partial<TaxZone>): TaxZone => ({
    id,
    country,
    region: null,
    postalCodes: [],
    pricesIncludeTax,
    rounding: oneOf(random, ['line', 'order']),
    rates: { standard: [rate('VAT', 1900)], books: [rate('Reduced', 700)] },
    shipping: oneOf<ShippingTax>(random, [
      { by: 'method' },
      { by: 'class', taxClass: 'books' },
      { by: 'highest' },
      { by: 'proportion' },
    ]),
    reverseCharge: false,
    ...more,
  });
  return [
    zone('de', 'DE', true, {}),
    zone('at', 'AT', true, { rates: { standard: [rate('USt.', 2000)] }, reverseCharge: true }),
    zone('us', 'US', false, { rates: {} }),
    zone('us-ca', 'US', false, { region: 'CA', rates: { standard: [rate('State', 725), rate('District', 137.5)] } }),
    zone('ca', 'CA', oneOf(random, [true, false]), {
      rates: { standard: [rate('GST', 500), rate('QST', 997.5, random() < 0.5)], books: [rate('GST', 500)] },
    }),
  ];
}

const rate = (label: string, rateBps: number, compound = false): TaxRate => ({ label, rateBps, compound });

function generateMethod(random: Random, id: string): ShippingMethod {
  const prices: ShippingMethod['prices'] = {};
  for (const currency of CURRENCIES) {
    if (random() < 0.05) continue;
    prices[currency] = [0, 3000].map((from) => ({ from, amountMinor: integer(random, 0, 1500) }));
  }
  return shippingMethod(id, '0.00', {
    zoneId: oneOf(random, [null, null, 'far', 'near']),
    taxClass: oneOf(random, ['standard', 'books']),
    basis: oneOf(random, ['flat', 'weight', 'subtotal', 'quantity']),
    prices,
    freeFrom: random() < 0.3 ? amounts(random, 0, 9000) : {},
    limits: random() < 0.2 ? { maxWeightGrams: 20_000 } : {},
    excludes: random() < 0.1 ? someGoods(random) : null,
  });
}

function maybe<Value>(random: Random, chance: number, make: () => Value): Value | null {
  return random() < chance ? make() : null;
}
