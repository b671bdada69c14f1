/** What the rules alone cost: the CPU time of pricing one cart of 100 lines against 500 promotions, and their weight. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { ANYBODY, type PricingInput, type VariantFacts } from '@/commerce/pricing';
import type { Effect, Promotion, Selection, ShopRules } from '@/commerce/rules';

export interface PricingMeasurement {
  name: string;
  /** Milliseconds of its thread. */
  medianMs: number;
  p99Ms: number;
}

const LINES = 100;
const PROMOTIONS = 500;
const RUNS = 300;
/** Before the clock counts: an isolate serves many carts, and compiles what it runs often. */
const WARM_RUNS = 1000;

/** The median and the 99th percentile of many runs, for promotions that concern everything, a shelf, or stand alone. */
export async function measurePricing(): Promise<PricingMeasurement[]> {
  // As an edge function carries it: what runs a TypeScript file adds to each closure is not ours to measure.
  const [bundle] = await bundleRules(['commerce/pricing.ts']);
  const source = `data:text/javascript;base64,${Buffer.from(bundle!).toString('base64')}`;
  const { priceCart } = (await import(source)) as typeof import('@/commerce/pricing');

  function measure(name: string, promotions: Promotion[]): PricingMeasurement {
    const rules = { ...RULES, promotions };
    const times: number[] = [];
    for (let run = -WARM_RUNS; run < RUNS; run += 1) {
      const before = performance.now();
      priceCart(CART, VARIANTS, rules);
      // Without a pause that is what its thread works; the process as a whole also compiles and collects beside it.
      if (run >= 0) times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    return { name, medianMs: times[RUNS >> 1]!, p99Ms: times[Math.floor(RUNS * 0.99)]! };
  }

  return [
    measure('no promotions', []),
    measure(
      '500 promotions, each about one collection of 50',
      promotions((index) => shelf(index % 50)),
    ),
    measure(
      '500 promotions, each about every line',
      promotions(() => null),
    ),
    measure(
      '500 exclusive promotions, each about every line',
      promotions(() => null).map((promotion) => ({ ...promotion, groupId: null, exclusive: true })),
    ),
  ];
}

/** The rules of prices as an edge function carries them: bytes, minified and gzipped. */
export async function weighRules(): Promise<number> {
  const bundles = await bundleRules(['commerce/pricing.ts', 'commerce/shipping-choice.ts', 'commerce/vat-id.ts']);
  return bundles.reduce((sum, contents) => sum + gzipSync(contents).length, 0);
}

async function bundleRules(entryPoints: string[]): Promise<Uint8Array[]> {
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    minify: true,
    format: 'esm',
    splitting: entryPoints.length > 1,
    outdir: 'bundle',
    write: false,
  });
  return outputFiles.map(({ contents }) => contents);
}

const shelf = (index: number): Selection => ({ collectionIds: [`coll_${index}`] });

function promotions(of: (index: number) => Selection | null): Promotion[] {
  return Array.from({ length: PROMOTIONS }, (_, index) => ({
    id: `promo_${index}`,
    title: `Promotion ${index}`,
    codes: [],
    startsAt: null,
    endsAt: null,
    hours: [],
    conditions: [{ kind: 'subtotal', of: null, fromMinor: { EUR: 100 } }],
    effect: effectOf(index, of(index)),
    groupId: index % 5 === 4 ? `group_${index % 3}` : null,
    exclusive: false,
    priority: index % 7,
    usageLimit: null,
    usageLimitPerCustomer: null,
    usedUp: false,
  }));
}

function effectOf(index: number, of: Selection | null): Effect {
  switch (index % 5) {
    case 0:
      return { kind: 'amount_off', of, per: 'unit', amountMinor: { EUR: 1 } };
    case 1:
      return { kind: 'buy_get', buy: { of, quantity: 9 }, get: { of, quantity: 1 }, percentBps: 100, maxTimes: 1 };
    case 2:
      return { kind: 'spend_steps', of, steps: [{ fromMinor: { EUR: 1000 }, percentBps: 50 }] };
    default:
      return { kind: 'percent_off', of, percentBps: 50 + (index % 40) };
  }
}

const VARIANTS = new Map(
  Array.from({ length: LINES }, (_, index): [string, VariantFacts] => {
    const id = `var_${index}`;
    return [
      id,
      {
        id,
        productId: `prod_${index >> 1}`,
        slug: `product-${index >> 1}`,
        sku: `SKU-${index}`,
        title: `Product ${index}`,
        variantTitle: '',
        options: {},
        imageUrl: null,
        prices: { EUR: { amountMinor: 1000 + index * 37, compareAtMinor: null } },
        collectionIds: [`coll_${index % 50}`],
        listPrices: [],
        priceHistory: {},
        taxClass: 'standard',
        weightGrams: 100,
        size: null,
        requiresShipping: true,
        available: 1000,
        policy: 'deny',
      },
    ];
  }),
);

const CART: PricingInput = {
  ...ANYBODY,
  currency: 'EUR',
  country: 'DE',
  now: 0,
  lines: [...VARIANTS.keys()].map((variantId, index) => ({
    id: `item_${index}`,
    variantId,
    quantity: 1 + (index % 5),
    metadata: {},
  })),
  coupons: [],
  shippingMethodId: null,
};

const RULES: ShopRules = {
  currencies: ['EUR'],
  conversions: [],
  priceLists: [],
  promotionGroups: [0, 1, 2].map((index) => ({ id: `group_${index}`, title: `Group ${index}`, priority: index })),
  promotions: [],
  taxZones: [
    {
      id: 'de',
      country: 'DE',
      region: null,
      postalCodes: [],
      pricesIncludeTax: true,
      rounding: 'line',
      rates: { standard: [{ label: 'MwSt.', rateBps: 1900, compound: false }] },
      shipping: { by: 'method' },
      reverseCharge: false,
    },
  ],
  shippingZones: [],
  shippingMethods: [],
};
