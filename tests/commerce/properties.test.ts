import { describe, expect, it } from 'vitest';
import { CommerceError } from '@/commerce/error';
import { ANYBODY, MAX_UNIT_PRICE_MINOR, type PricedCart, type PricingInput, priceCart } from '@/commerce/pricing';
import { mostTaxSaved, taxCart } from '@/commerce/tax';
import { facts, GERMANY, NOW, promotion, STATES, shop } from './examples';
import { type GeneratedCart, generateCart, generatePromotion } from './generated';
import { differences, faultsOf } from './invariants';
import { integer, oneOf, randomOf } from './random';

/** Tests of mutants run all of this for each of them. */
const isBrief = process.env.MUTATION !== undefined;
const CARTS = isBrief ? 300 : 100_000;
const CHUNK = isBrief ? 300 : 10_000;

type Engine = typeof priceCart;

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

describe(`${CARTS} generated carts`, () => {
  it.each(numbers(0, CARTS / CHUNK).map((chunk) => chunk * CHUNK + 1))(
    'keep every rule of prices, from seed %i on',
    { timeout: 300_000 },
    (from) => {
      let priced = 0;
      for (const seed of numbers(from, CHUNK)) {
        const faults = faultsOfSeed(priceCart, seed);
        if (faults === null) continue;
        priced += 1;
        if (faults.length > 0) throw new Error(`Seed ${seed}: ${faults.join('; ')}.`);
      }
      // What is refused, because it costs too much to be paid, is rare.
      expect(priced).toBeGreaterThan(CHUNK * 0.99);
    },
  );

  it.skipIf(isBrief)('need everything that rules can say', () => {
    const seen = new Set<string>();
    for (const seed of numbers(1, 1000)) {
      const { input, variants, rules } = generateCart(seed);
      const { promotions, items, shipping } =
        pricedOrNull(priceCart, { input, variants, rules }) ?? priceCart({ ...input, lines: [] }, variants, rules);
      const byId = new Map(rules.promotions.map((each) => [each.id, each]));
      for (const { status, promotionId, reason } of promotions) {
        seen.add(status === 'applied' ? byId.get(promotionId!)!.effect.kind : reason!.code);
      }
      for (const { price } of items) seen.add(price.source);
      if (shipping) seen.add('shipping');
    }
    const effects = ['percent_off', 'amount_off', 'spend_steps', 'buy_get', 'bundle', 'gift', 'shipping_off'];
    const reasons = [
      'code_unknown',
      'not_started',
      'ended',
      'used_up',
      'used_by_customer',
      'not_first_order',
      'beaten',
    ];
    const sources = ['base', 'price_list', 'conversion', 'shipping'];
    for (const each of [...effects, ...reasons, ...sources]) expect(seen).toContain(each);
  });
});

/** Null where the cart is refused. */
function pricedOrNull(engine: Engine, { input, variants, rules }: GeneratedCart): PricedCart | null {
  try {
    return engine(input, variants, rules);
  } catch (error) {
    if (error instanceof CommerceError && error.code === 'amount_out_of_range' && error.issues?.[0]?.path) return null;
    throw error;
  }
}

/** All that is wrong with how an engine prices a generated cart; null where it is refused. */
function faultsOfSeed(engine: Engine, seed: number): string[] | null {
  const cart = generateCart(seed);
  deepFreeze(cart.input);
  deepFreeze(cart.rules);
  for (const variant of cart.variants.values()) deepFreeze(variant);
  const priced = pricedOrNull(engine, cart);
  if (!priced) return null;
  const faults = faultsOf(priced);

  const again = () => engine(cart.input, cart.variants, cart.rules);
  if (seed % 4 === 0) faults.push(...differences(priced, again()).map((words) => `priced again, ${words}`));
  const turned = turnedRound(cart);
  if (seed % 4 === 1) {
    const other = engine(turned.input, turned.variants, turned.rules);
    faults.push(...differences(priced, other).map((words) => `in another order, ${words}`));
  }
  const more = generatePromotion(randomOf(seed), 'promo_more', turned.rules.promotionGroups);
  const rules = { ...turned.rules, promotions: [more, ...turned.rules.promotions] };
  const cheaper = engine(turned.input, turned.variants, rules);
  if (cheaper.totals.total.amount > priced.totals.total.amount) {
    faults.push(`${more.effect.kind} raises ${priced.totals.total.amount} to ${cheaper.totals.total.amount}`);
  }
  return faults;
}

/** The same cart with everything in another order in which order means nothing. */
function turnedRound({ input, variants, rules }: GeneratedCart): GeneratedCart {
  return {
    input: { ...input, lines: input.lines.toReversed(), coupons: input.coupons.toReversed() },
    variants: new Map([...variants].reverse()),
    rules: {
      ...rules,
      promotions: rules.promotions.toReversed(),
      promotionGroups: rules.promotionGroups.toReversed(),
      priceLists: rules.priceLists.toReversed(),
      taxZones: rules.taxZones.toReversed(),
      shippingZones: rules.shippingZones.toReversed(),
      currencies: rules.currencies.toReversed(),
    },
  };
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const key in value) deepFreeze(value[key as keyof typeof value]);
}

describe('a price that contains tax and one that it is added to', () => {
  it.each([
    ['line', 1900],
    ['line', 837.5],
    ['order', 700],
    ['order', 997.5],
  ] as const)('are the same to within a cent for each line, rounded by %s at %d basis points', (rounding, rateBps) => {
    const rates = { standard: [{ label: 'Tax', rateBps, compound: false }] };
    const zones = [GERMANY, STATES].map((zone) => ({ ...zone, rounding, rates }));
    for (const seed of numbers(1, isBrief ? 100 : 5000)) {
      const random = randomOf(seed);
      const prices = Array.from({ length: integer(random, 1, 6) }, () => integer(random, 0, 20_000));
      const promotions = [
        promotion('Percent', { kind: 'percent_off', of: null, percentBps: integer(random, 0, 9000) }),
      ];
      const priced = (country: string, amounts: readonly number[], some: typeof promotions) => {
        const ids = amounts.map((_, index) => `var_${index}`);
        const variants = new Map(
          ids.map((id, index) => [
            id,
            facts(id, '0.00', 'any', { prices: { EUR: { amountMinor: amounts[index]!, compareAtMinor: null } } }),
          ]),
        );
        const lines = ids.map((id) => ({ id, variantId: id, quantity: 1, metadata: {} }));
        const input = { ...ANYBODY, currency: 'EUR', country, now: NOW, lines, coupons: [], shippingMethodId: null };
        return priceCart(input, variants, shop({ taxZones: zones, promotions: some })).lines;
      };
      const gross = priced('DE', prices, promotions);
      const net = priced(
        'US',
        gross.map(({ totalMinor, taxMinor }) => totalMinor - taxMinor),
        [],
      );
      for (const [index, { totalMinor, taxMinor }] of net.entries()) {
        expect(Math.abs(totalMinor + taxMinor - gross[index]!.totalMinor)).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('the tax that is saved where something is taken off', () => {
  it('is never less than nothing, and never more than its bound', () => {
    for (const seed of numbers(1, isBrief ? 100 : 5000)) {
      const random = randomOf(seed);
      for (const zone of generateCart(seed).rules.taxZones.filter(({ pricesIncludeTax }) => !pricesIncludeTax)) {
        const goods = Array.from({ length: integer(random, 1, 6) }, () => ({
          amountMinor: integer(random, 0, random() < 0.5 ? 30 : 9999),
          taxClass: oneOf(random, ['standard', 'books', 'unheard-of']),
          weightMinor: integer(random, 0, 9999),
        }));
        const shipping = { amountMinor: integer(random, 0, 900), taxClass: 'standard' };
        const fewer = goods.map((line) => ({ ...line, amountMinor: integer(random, 0, line.amountMinor) }));
        const lessShipping = { ...shipping, amountMinor: integer(random, 0, shipping.amountMinor) };
        const sum = (amounts: { amountMinor: number }[]) =>
          amounts.reduce((all, { amountMinor }) => all + amountMinor, 0);
        const taken = sum([...goods, shipping]) - sum([...fewer, lessShipping]);
        const saved = taxCart(zone, goods, shipping).taxMinor - taxCart(zone, fewer, lessShipping).taxMinor;
        if (saved < 0 || saved > mostTaxSaved(zone, taken, goods.length)) {
          throw new Error(`Seed ${seed}: ${saved} of tax was saved by ${taken} in ${zone.id}.`);
        }
      }
    }
  });

  it('is none where prices contain it, since the price does not change with it', () => {
    expect(mostTaxSaved(GERMANY, 1000, 3)).toBe(0);
    expect(mostTaxSaved(STATES, 1000, 0)).toBe(101);
  });
});

describe('what a broken or hostile client sends', () => {
  const QUANTITIES: unknown[] = [
    0,
    -1,
    0.5,
    1000,
    Number('1e309'),
    Number('-1e309'),
    Number.NaN,
    '1',
    null,
    true,
    [],
    {},
  ];
  const PRICES = [-1, 0.5, Number.NaN, Number('1e309'), 2 ** 53, MAX_UNIT_PRICE_MINOR + 1];
  const NAMES = ['__proto__', 'constructor', 'toString', '', 'eur', 'EUR ', 'de', 'XXX', 'a'.repeat(10_000)];
  const SEEDS = numbers(1, isBrief ? 100 : 3000);

  function refusal(run: () => PricedCart): { code: string; path: string | undefined } | PricedCart {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof CommerceError)) throw error;
      return { code: error.code, path: error.issues?.[0]?.path };
    }
  }

  function someLine(seed: number): { cart: GeneratedCart; random: () => number; index: number } | null {
    const cart = generateCart(seed);
    const random = randomOf(seed);
    return cart.input.lines.length === 0
      ? null
      : { cart, random, index: integer(random, 0, cart.input.lines.length - 1) };
  }

  it('is no quantity but a whole number from 1 to 999', () => {
    for (const seed of SEEDS) {
      const some = someLine(seed);
      if (!some) continue;
      const { cart, random, index } = some;
      cart.input.lines[index]!.quantity = oneOf(random, QUANTITIES) as number;
      const refused = refusal(() => priceCart(cart.input, cart.variants, cart.rules));
      expect(refused).toEqual({ code: 'invalid_input', path: `items.${index}.quantity` });
    }
  });

  it.each([
    ['currency', 'currency_not_sold'],
    ['country', 'country_not_sold_to'],
  ] as const)('is no %s that the shop does not know', (field, code) => {
    for (const seed of SEEDS) {
      const { input, variants, rules } = generateCart(seed);
      const refused = refusal(() => priceCart({ ...input, [field]: NAMES[seed % NAMES.length] }, variants, rules));
      expect(refused).toEqual({ code, path: field });
    }
  });

  it('meets a price of the catalog that is none: it is refused at its place, or not used', () => {
    let refusals = 0;
    for (const seed of SEEDS) {
      const some = someLine(seed);
      if (!some) continue;
      const { cart, random, index } = some;
      const { input, variants, rules } = cart;
      const variant = variants.get(input.lines[index]!.variantId);
      if (!variant) continue;
      variant.prices[input.currency] = { amountMinor: oneOf(random, PRICES), compareAtMinor: null };
      const priced = refusal(() => priceCart(input, variants, rules));
      if ('code' in priced) {
        refusals += 1;
        expect(priced).toEqual({ code: 'amount_out_of_range', path: expect.stringMatching(/^items\.\d+\.unitPrice$/) });
        continue;
      }
      expect(faultsOf(priced)).toEqual([]);
      // Only a price list can have a price where the base price is none.
      const sources = priced.items.filter(({ variantId }) => variantId === variant.id).map(({ price }) => price.source);
      expect(new Set(sources)).toEqual(new Set(['price_list']));
    }
    expect(refusals).toBeGreaterThan(SEEDS.length / 2);
  });

  it('is no name that changes what is to pay', () => {
    for (const seed of SEEDS) {
      const cart = generateCart(seed);
      const plain = pricedOrNull(priceCart, { ...cart, input: { ...cart.input, channel: 'x', customerGroup: 'x' } });
      const name = NAMES[seed % NAMES.length]!;
      const odd = pricedOrNull(priceCart, {
        ...cart,
        input: {
          ...cart.input,
          channel: name,
          customerGroup: name,
          region: cart.input.region,
          coupons: [...cart.input.coupons, name, name],
          lines: [...cart.input.lines, { id: 'odd', variantId: name, quantity: 1, metadata: {} }],
        },
      });
      expect(odd?.totals).toEqual(plain?.totals);
      if (!odd) continue;
      expect(odd.requirements).toContainEqual({
        code: 'variant_unavailable',
        path: `items.${cart.input.lines.length}`,
      });
    }
  });

  it('is no price: none that a client adds is read', () => {
    for (const seed of SEEDS) {
      const { input, variants, rules } = generateCart(seed);
      const lines = input.lines.map((line) => ({
        ...line,
        unitPrice: 1,
        unitMinor: 1,
        price: 1,
        total: -1,
        discount: 1e9,
      }));
      const plain = pricedOrNull(priceCart, { input, variants, rules });
      expect(pricedOrNull(priceCart, { input: { ...input, lines }, variants, rules })).toEqual(plain);
    }
  });
});

describe.skipIf(isBrief)('the check of these rules', () => {
  const altered =
    (alter: (priced: PricedCart, input: PricingInput) => void): Engine =>
    (input, variants, rules) => {
      const priced = priceCart(input, variants, rules);
      alter(priced, input);
      return priced;
    };
  const discounted = (priced: PricedCart) => priced.lines.find(({ discountMinor }) => discountMinor > 0);
  const first = ({ lines }: PricedCart) => lines[0];

  it.each<[string, string, Engine]>([
    [
      'drops a cent of a line',
      'does not cost its price less its discount',
      altered((priced) => {
        const line = discounted(priced);
        if (line) line.totalMinor -= 1;
      }),
    ],
    [
      'drops a cent of the total',
      'the total does not add up',
      altered(({ totals }) => {
        if (totals.total.amount > 0) totals.total.amount -= 1;
      }),
    ],
    ['forgets a tax', 'the tax is not the sum of the taxes', altered(({ taxLines }) => void taxLines.pop())],
    [
      'forgets why a line is reduced',
      'are not its discount',
      altered((priced) => void discounted(priced)?.item.adjustments.pop()),
    ],
    [
      'takes off more than there is',
      'an amount is negative',
      altered((priced) => {
        const line = first(priced);
        if (line) line.totalMinor = -1;
      }),
    ],
    [
      'answers fractions',
      'an amount is negative, or no whole number',
      altered((priced) => {
        const line = first(priced);
        if (line) line.taxMinor += 0.5;
      }),
    ],
    [
      'charges for gifts',
      'costs something',
      altered((priced) => {
        for (const line of priced.lines) {
          if (!line.item.isGift || line.discountMinor === 0) continue;
          line.discountMinor -= 1;
          line.totalMinor += 1;
        }
      }),
    ],
    [
      'says of a promotion that it took more',
      'is not what it took off',
      altered(({ promotions }) => {
        const applied = promotions.find(({ status }) => status === 'applied');
        if (applied) applied.amount.amount -= 1;
      }),
    ],
    [
      'gives the first line of a cart something',
      'in another order',
      altered(({ lines, totals }) => {
        const line = lines[0];
        if (!line || line.totalMinor === 0 || line.item.isGift) return;
        line.totalMinor -= 1;
        totals.total.amount -= 1;
      }),
    ],
    [
      'changes the rules that it is given',
      'Cannot assign to read only property',
      (input, variants, rules) => {
        const [some] = rules.promotions;
        if (some) some.usedUp = true;
        return priceCart(input, variants, rules);
      },
    ],
    [
      'is not the same twice',
      'priced again',
      (() => {
        let count = 0;
        return altered((priced) => {
          const line = first(priced);
          count += 1;
          if (line) line.item.title = `${count}`;
        });
      })(),
    ],
    [
      'asks of a condition what is left after promotions',
      'raises',
      (input, variants, rules) => {
        const { totals } = priceCart(input, variants, rules);
        if (totals.subtotal.amount - totals.discount.amount >= 3000) return priceCart(input, variants, rules);
        const free = rules.promotions.filter(({ conditions }) => conditions.length === 0);
        return priceCart(input, variants, { ...rules, promotions: free });
      },
    ],
    [
      'lets the newest promotion drive out the others',
      'raises',
      (input, variants, rules) =>
        priceCart(input, variants, {
          ...rules,
          promotions: rules.promotions.some(({ id }) => id === 'promo_more')
            ? rules.promotions.slice(0, 1)
            : rules.promotions,
        }),
    ],
  ])('finds an engine out that %s', (_name, words, engine) => {
    expect(isFound(engine, words)).toBe(true);
  });

  function isFound(engine: Engine, words: string): boolean {
    return numbers(1, 5000).some((seed) => {
      try {
        return faultsOfSeed(engine, seed)?.some((fault) => fault.includes(words));
      } catch (error) {
        return String(error).includes(words);
      }
    });
  }
});
