import { describe, expect, it } from 'vitest';
import { ANYBODY, type PricingInput, priceCart, type VariantFacts } from '@/commerce/pricing';
import type { Promotion, ShopRules } from '@/commerce/rules';
import { effects, facts, NOW, promotion, shop } from './examples';

const COLLECTIONS = 50;

function cart(count: number): { input: PricingInput; variants: Map<string, VariantFacts> } {
  const variants = new Map(
    Array.from({ length: count }, (_, index) => {
      const price = `${5 + (index % 90)}.${10 + (index % 89)}`;
      return [`var_${index}`, facts(`var_${index}`, price, `col_${index % COLLECTIONS}`)];
    }),
  );
  const lines = [...variants.keys()].map((variantId) => ({ id: variantId, variantId, quantity: 3, metadata: {} }));
  const where = { ...ANYBODY, currency: 'EUR', country: 'DE', now: NOW };
  return { input: { ...where, lines, coupons: [], shippingMethodId: 'post' }, variants };
}

/** Promotions of all kinds, each about one collection. */
function promotions(count: number, collectionOf: (index: number) => string, from = 0): Promotion[] {
  return Array.from({ length: count }, (_, offset) => {
    const index = from + offset;
    const of = { collectionIds: [collectionOf(index)] };
    const kinds = [
      { kind: 'percent_off' as const, of, percentBps: 100 },
      { kind: 'amount_off' as const, of, per: 'order' as const, amountMinor: { EUR: 30 } },
      { ...effects.buyGet(2, 1, { percent: 10 }), ...{ buy: { of, quantity: 2 }, get: { of, quantity: 1 } } },
    ];
    return promotion(`P${index}`, kinds[index % kinds.length]!);
  });
}

const matching = (count: number) => promotions(count, (index) => `col_${index % COLLECTIONS}`);
const others = (count: number) => promotions(count, (index) => `elsewhere_${index % COLLECTIONS}`, 100_000);

/** The least CPU time of several runs, side by side so that what else the machine does weighs on both. */
function ratio(than: () => unknown, is: () => unknown): number {
  const cost = (run: () => unknown) => {
    const before = process.cpuUsage();
    for (let round = 0; round < 20; round += 1) run();
    const { user } = process.cpuUsage(before);
    return user;
  };
  for (const run of [than, is]) cost(run);
  let [base, other] = [Infinity, Infinity];
  for (let round = 0; round < 15; round += 1) {
    base = Math.min(base, cost(than));
    other = Math.min(other, cost(is));
  }
  return other / base;
}

// Mutants that are slower are no concern of the tests of mutants.
describe.skipIf(process.env.MUTATION !== undefined)('the cost of a price', { timeout: 120_000, retry: 4 }, () => {
  const hundred = cart(100);
  const pricing =
    ({ input, variants }: typeof hundred, rules: ShopRules) =>
    () =>
      priceCart(input, variants, rules);

  it('does not grow with promotions that are about other goods', () => {
    const few = shop({ promotions: [...matching(100), ...others(500)] });
    const many = shop({ promotions: [...matching(100), ...others(1000)] });
    expect(ratio(pricing(hundred, few), pricing(hundred, many))).toBeLessThan(1.3);
  });

  it('does not grow with codes that nobody entered', () => {
    const coded = matching(2000).map((each, index) => ({ ...each, id: `coded-${index}`, codes: [`CODE${index}`] }));
    const few = shop({ promotions: matching(100) });
    const many = shop({ promotions: [...matching(100), ...coded] });
    expect(ratio(pricing(hundred, few), pricing(hundred, many))).toBeLessThan(1.3);
  });

  it('grows no faster than the lines', () => {
    const rules = shop({ promotions: matching(200) });
    expect(ratio(pricing(cart(50), rules), pricing(hundred, rules))).toBeLessThan(3);
  });

  it('grows no faster than the promotions that match', () => {
    const few = shop({ promotions: matching(250) });
    const many = shop({ promotions: matching(500) });
    expect(ratio(pricing(hundred, few), pricing(hundred, many))).toBeLessThan(2.6);
  });

  it('does not grow with the units of a set that the cart lacks', () => {
    const of = { collectionIds: ['col_0'] };
    const set = (quantity: number) =>
      shop({
        promotions: [
          promotion('Set', { kind: 'bundle', parts: [{ of, quantity }], priceMinor: { EUR: 1 }, maxTimes: null }),
        ],
      });
    expect(ratio(pricing(hundred, set(20)), pricing(hundred, set(20_000)))).toBeLessThan(2);
  });

  it('would be told to grow, if it did', () => {
    // Promotions that match are not to be had for nothing.
    const few = shop({ promotions: matching(100) });
    const many = shop({ promotions: matching(500) });
    expect(ratio(pricing(hundred, few), pricing(hundred, many))).toBeGreaterThan(1.3);
  });
});
