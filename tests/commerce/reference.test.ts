import { describe, expect, it } from 'vitest';
import { ANYBODY, type PricingInput, priceCart, type VariantFacts } from '@/commerce/pricing';
import type { Promotion, ShopRules, TaxZone } from '@/commerce/rules';
import { facts, GERMANY, NOW, STATES, shippingMethod, shop } from './examples';
import { generatePromotion } from './generated';
import { integer, oneOf, randomOf } from './random';
import { referencePrice } from './reference';

/** Tests of mutants run all of this for each of them. */
const isBrief = process.env.MUTATION !== undefined;
const CASES = isBrief ? 300 : 6000;
const NAMES = ['var_a', 'var_b', 'var_c', 'var_d'];
const COLLECTIONS = ['col_a', 'col_b', 'col_c'];

/** At most four lines of little things, at most five promotions, taxes of one rate. */
function smallCart(seed: number): { input: PricingInput; variants: Map<string, VariantFacts>; rules: ShopRules } {
  const random = randomOf(seed);
  const names = NAMES.slice(0, integer(random, 1, 4));
  const variants = new Map(
    names.map((id) => {
      const price = (integer(random, 0, 300) / 100).toFixed(2);
      const collectionIds = COLLECTIONS.filter(() => random() < 0.5);
      const productId = oneOf(random, ['prod_1', 'prod_2', 'prod_3']);
      return [id, facts(id, price, '', { productId, collectionIds, requiresShipping: random() < 0.9 })];
    }),
  );
  const promotionGroups = [
    { id: 'goods-group', title: 'Goods', priority: integer(random, -1, 2) },
    { id: 'ship-group', title: 'Shipping', priority: integer(random, -1, 2) },
  ];
  const promotions = Array.from({ length: integer(random, 0, 5) }, (_, index): Promotion => {
    const made = generatePromotion(random, `promo_${index}`, promotionGroups);
    if (random() < 0.2) made.codes = [`CODE${index}`];
    if (made.hours.length > 0) {
      const timeZone = oneOf(random, ['UTC', 'Asia/Tokyo', 'America/Phoenix']);
      made.hours = [{ days: [3, 4], from: '05:00', until: oneOf(random, ['12:00', '12:01', '24:00']), timeZone }];
    }
    // Parts of a set that do not want the same goods.
    if (made.effect.kind === 'bundle') {
      made.effect.parts = made.effect.parts.slice(0, names.length).map(({ quantity }, part, all) => ({
        quantity,
        of: { variantIds: names.filter((_, i) => i % all.length === part) },
      }));
    }
    return made;
  });
  const rounding = oneOf(random, ['line', 'order'] as const);
  const country = oneOf(random, ['DE', 'US']);
  const taxZones = [GERMANY, STATES].map(
    (zone): TaxZone => ({ ...zone, rounding, rates: { standard: [{ label: 'Tax', rateBps: 1250, compound: false }] } }),
  );
  const shippingMethods = [shippingMethod('post', (integer(random, 0, 500) / 100).toFixed(2))];
  const input: PricingInput = {
    ...ANYBODY,
    currency: 'EUR',
    country,
    now: NOW,
    channel: oneOf(random, ['web', 'app']),
    customerGroup: oneOf(random, [null, 'trade']),
    customer: { orderCount: oneOf(random, [null, 0, 2]), uses: oneOf(random, [null, { promo_0: 1 }]) },
    coupons: ['CODE0', 'code1', 'CODE2'].filter(() => random() < 0.6),
    shippingMethodId: oneOf(random, [null, 'post']),
    lines: Array.from({ length: integer(random, 1, 4) }, (_, index) => ({
      id: `item_${index}`,
      variantId: oneOf(random, names),
      quantity: integer(random, 1, 4),
      metadata: {},
    })),
  };
  return { input, variants, rules: shop({ promotions, promotionGroups, taxZones, shippingMethods }) };
}

type Engine = typeof priceCart;

/** Where an engine asks for another amount than the least of all choices, or leaves a line something else. */
function divergences(engine: Engine, seeds: Iterable<number>): { found: string[]; choices: number } {
  const found: string[] = [];
  let choices = 0;
  for (const seed of seeds) {
    const { input, variants, rules } = smallCart(seed);
    const priced = engine(input, variants, rules);
    const reference = referencePrice(input, variants, rules);
    choices += reference.choices;
    const total = BigInt(priced.totals.total.amount);
    if (total !== reference.leastMinor)
      found.push(`seed ${seed}: ${total} is to pay, and ${reference.leastMinor} would do`);
    if (total !== reference.ruledMinor) found.push(`seed ${seed}: ${total} is to pay, not ${reference.ruledMinor}`);
    for (const { item, totalMinor } of priced.lines) {
      const left = reference.lefts.get(item.id);
      if (!item.isGift && BigInt(totalMinor) !== left) {
        found.push(`seed ${seed}: ${totalMinor} is left of ${item.id}, not ${left}`);
      }
    }
  }
  return { found, choices };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('the price of a cart', () => {
  it(`is the least that any choice of promotions leaves, in ${CASES} small carts`, { timeout: 300_000 }, () => {
    const { found, choices } = divergences(priceCart, upTo(CASES));
    expect(found.slice(0, 10)).toEqual([]);
    expect(choices).toBeGreaterThan(CASES * 3);
  });

  /** Engines that read the rules wrong. */
  const changed = (change: (promotion: Promotion) => Promotion): Engine => {
    return (input, variants, rules) =>
      priceCart(input, variants, { ...rules, promotions: rules.promotions.map(change) });
  };
  it.skipIf(isBrief).each<[string, Engine]>([
    ['lets what is exclusive join in', changed((promotion) => ({ ...promotion, exclusive: false }))],
    ['lets those of a group add up', changed((promotion) => ({ ...promotion, groupId: null }))],
    ['applies the last first', changed((promotion) => ({ ...promotion, priority: -promotion.priority }))],
    ['forgets the conditions', changed((promotion) => ({ ...promotion, conditions: [] }))],
    ['asks for no code', changed((promotion) => ({ ...promotion, codes: [] }))],
    [
      'begins a millisecond late',
      changed(({ startsAt, ...promotion }) => ({ ...promotion, startsAt: startsAt && startsAt + 1 })),
    ],
    [
      'forgets caps',
      changed(({ effect, ...promotion }) => {
        if (effect.kind !== 'percent_off') return { ...promotion, effect };
        const { maxMinor: _, ...uncapped } = effect;
        return { ...promotion, effect: uncapped };
      }),
    ],
    [
      'applies a set once too often',
      changed(({ effect, ...promotion }) => {
        if (!('maxTimes' in effect)) return { ...promotion, effect };
        return { ...promotion, effect: { ...effect, maxTimes: effect.maxTimes && effect.maxTimes + 1 } };
      }),
    ],
    [
      'drops a cent',
      (input, variants, rules) => {
        const priced = priceCart(input, variants, rules);
        if (priced.totals.discount.amount > 0) priced.totals.total.amount -= 1;
        return priced;
      },
    ],
  ])('is told from that of an engine that %s', (_name, engine) => {
    expect(divergences(engine, upTo(800)).found).not.toEqual([]);
  });
});
