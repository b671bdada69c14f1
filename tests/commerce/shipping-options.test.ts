import { describe, expect, it } from 'vitest';
import type { ShippingMethod } from '@/commerce/rules';
import { type Dispatch, type Parcel, type ParcelLine, quoteShipping, shippingOptions } from '@/commerce/shipping';
import { costing, dispatch, line, method, NOW, parcel, SHOP, size, weighing } from './parcels';
import { integer, oneOf, randomOf, rounds } from './random';

describe('the options of a cart', () => {
  const flat = (amountMinor: number) => ({ EUR: [{ from: 0, amountMinor }] });
  const options = (shippingMethods: ShippingMethod[], of = weighing(500), to: Partial<Dispatch> = {}) =>
    shippingOptions(of, dispatch({ rules: { ...SHOP, shippingMethods }, ...to }));

  it('say all that a shopper chooses by', () => {
    expect(options([method({ freeFrom: { EUR: 6000 }, handlingDays: 1 })])).toEqual({
      offered: [
        {
          id: 'parcel',
          title: 'Parcel',
          kind: 'delivery',
          price: { amount: 490, currency: 'EUR' },
          estimate: { minDays: 2, maxDays: 4, earliest: '2026-11-27', latest: '2026-11-29' },
          freeFrom: { amount: 6000, currency: 'EUR' },
          missingForFree: { amount: 1000, currency: 'EUR' },
          pickupAddress: null,
        },
      ],
      refused: [],
    });
  });

  it.each<[string, ShippingMethod[], string[]]>([
    [
      'by price',
      [
        method({ id: 'a', prices: flat(900) }),
        method({ id: 'b', prices: flat(300) }),
        method({ id: 'c', prices: flat(500) }),
      ],
      ['b', 'c', 'a'],
    ],
    [
      'by the latest day among equal prices',
      [method({ id: 'a', maxDays: 5 }), method({ id: 'b', maxDays: 2 }), method({ id: 'c', maxDays: 4 })],
      ['b', 'c', 'a'],
    ],
    [
      // From a Saturday on, four days of the calendar are over before three working days are.
      'by the day rather than the number of days',
      [method({ id: 'a', minDays: 1, maxDays: 3, weekends: false }), method({ id: 'b', minDays: 4, maxDays: 4 })],
      ['b', 'a'],
    ],
    ['in the order of the rules among equals', ['z', 'a', 'm'].map((id) => method({ id })), ['z', 'a', 'm']],
    [
      'by what is really paid',
      [method({ id: 'a', prices: flat(100) }), method({ id: 'b', prices: flat(900), freeFrom: { EUR: 5000 } })],
      ['b', 'a'],
    ],
    [
      'pickups among the others',
      [method({ id: 'a', prices: flat(100) }), method({ id: 'b', kind: 'pickup', prices: flat(0) })],
      ['b', 'a'],
    ],
  ])('are sorted %s', (_, methods, expected) => {
    const saturday = Date.parse('2026-11-28T12:00Z');
    expect(options(methods, weighing(500), { now: saturday }).offered.map(({ id }) => id)).toEqual(expected);
  });

  it.each<[ShippingMethod['kind'], string | null, string | null]>([
    ['pickup', 'Weberstraße 1, 10115 Berlin', 'Weberstraße 1, 10115 Berlin'],
    ['pickup', null, null],
    ['delivery', 'Weberstraße 1, 10115 Berlin', null],
  ])('of kind %s with the address %s carry %s', (kind, pickupAddress, expected) => {
    expect(options([method({ kind, pickupAddress })]).offered).toMatchObject([{ kind, pickupAddress: expected }]);
  });

  it('name those that are refused in the order of the rules, each with its reason', () => {
    const { offered, refused } = options(
      [
        method({ id: 'z', title: 'Berlin by bike', zoneId: 'berlin' }),
        method({ id: 'y', title: 'Letter', limits: { maxWeightGrams: 499 } }),
        method({ id: 'x' }),
        method({ id: 'a', title: 'Dollars only', prices: { USD: [{ from: 0, amountMinor: 1 }] } }),
      ],
      weighing(500),
      { place: { country: 'DE', postalCode: '80331' } },
    );
    expect(offered.map(({ id }) => id)).toEqual(['x']);
    expect(refused).toEqual([
      { id: 'z', title: 'Berlin by bike', code: 'not_in_zone', message: expect.any(String) },
      {
        id: 'y',
        title: 'Letter',
        code: 'too_heavy',
        message: 'This comes to 0.5 kg, and this way takes up to 0.499 kg.',
        weightGrams: 500,
        maxWeightGrams: 499,
      },
      { id: 'a', title: 'Dollars only', code: 'currency_not_priced', message: expect.any(String) },
    ]);
  });

  it('are none in a shop without methods', () => {
    expect(options([])).toEqual({ offered: [], refused: [] });
  });
});

describe('for any methods and parcels', () => {
  type Random = () => number;

  function anyLine(random: Random): ParcelLine {
    const id = oneOf(random, ['var_a', 'var_b', 'var_c', 'var_d']);
    const side = () => integer(random, 0, 800);
    return line(integer(random, 1, 20), {
      id,
      productId: `prod_${id}`,
      collectionIds: random() < 0.3 ? ['fragile'] : [],
      weightGrams: integer(random, 0, 4000),
      size: random() < 0.5 ? size(side(), side(), side()) : null,
      requiresShipping: random() < 0.8,
    });
  }

  function anyParcel(random: Random): Parcel {
    return parcel(
      Array.from({ length: integer(random, 0, 6) }, () => anyLine(random)),
      integer(random, 0, 20_000),
    );
  }

  function anySteps(random: Random, most: number) {
    let from = random() < 0.8 ? 0 : integer(random, 1, most);
    let amountMinor = integer(random, 0, 900);
    return Array.from({ length: integer(random, 1, 5) }, () => {
      const step = { from, amountMinor };
      from += integer(random, 1, most);
      amountMinor += integer(random, 0, 900);
      return step;
    });
  }

  function anyMethod(random: Random, id: string): ShippingMethod {
    const maybe = <Value>(value: Value) => (random() < 0.3 ? value : undefined);
    const basis = oneOf(random, ['flat', 'weight', 'subtotal', 'quantity'] as const);
    const most = { flat: 1, weight: 9000, subtotal: 5000, quantity: 10 }[basis];
    const minDays = integer(random, 0, 5);
    return method({
      id,
      kind: oneOf(random, ['delivery', 'pickup']),
      zoneId: oneOf(random, [null, null, 'berlin', 'islands', 'alps']),
      basis,
      prices: { [oneOf(random, ['EUR', 'EUR', 'EUR', 'JPY'])]: anySteps(random, most) },
      freeFrom: random() < 0.3 ? { EUR: integer(random, 0, 15_000) } : {},
      dimensionalDivisor: oneOf(random, [null, 4000, 5000, 6000]),
      limits: {
        minWeightGrams: maybe(integer(random, 0, 2000)),
        maxWeightGrams: maybe(integer(random, 2000, 90_000)),
        maxQuantity: maybe(integer(random, 1, 60)),
        minSubtotal: maybe({ EUR: integer(random, 0, 5000) }),
        maxSubtotal: maybe({ EUR: integer(random, 5000, 20_000) }),
      },
      excludes: random() < 0.2 ? { collectionIds: ['fragile'] } : null,
      minDays,
      maxDays: minDays + integer(random, 0, 5),
      handlingDays: integer(random, 0, 2),
      weekends: random() < 0.5,
    });
  }

  function shuffled<Value>(random: Random, values: readonly Value[]): Value[] {
    return values
      .map((value) => ({ value, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value);
  }

  const anyDispatch = (random: Random): Dispatch => {
    const count = integer(random, 0, 8);
    const shippingMethods = Array.from({ length: count }, (_, index) => anyMethod(random, `method-${index}`));
    const postalCode = oneOf(random, ['10115', '25980', '80331', undefined]);
    const now = NOW + integer(random, 0, 400 * 86_400_000);
    return dispatch({ place: { country: 'DE', postalCode }, rules: { ...SHOP, shippingMethods }, now });
  };

  it('each method is there once, offered or refused', () => {
    const random = randomOf(40);
    for (let round = 0; round < rounds(1000); round += 1) {
      const to = anyDispatch(random);
      const { offered, refused } = shippingOptions(anyParcel(random), to);
      const ids = [...offered, ...refused].map(({ id }) => id);
      expect(ids.sort()).toEqual(to.rules.shippingMethods.map(({ id }) => id).sort());
    }
  });

  it('prices are whole and not negative, and options ascend by price, then by day', () => {
    const random = randomOf(41);
    for (let round = 0; round < rounds(1000); round += 1) {
      const { offered } = shippingOptions(anyParcel(random), anyDispatch(random));
      for (const [index, { price, missingForFree }] of offered.entries()) {
        expect(Number.isSafeInteger(price.amount) && price.amount >= 0).toBe(true);
        expect(missingForFree?.amount ?? 0).toBeGreaterThanOrEqual(0);
        const before = offered[index - 1];
        if (!before) continue;
        expect(before.price.amount).toBeLessThanOrEqual(price.amount);
        const latest = offered[index]?.estimate.latest ?? '';
        if (before.price.amount === price.amount) expect(before.estimate.latest <= latest).toBe(true);
      }
    }
  });

  it('the order of lines changes nothing, nor does splitting one', () => {
    const random = randomOf(42);
    for (let round = 0; round < rounds(1000); round += 1) {
      const to = anyDispatch(random);
      const one = anyParcel(random);
      const split = one.lines.flatMap((whole) => {
        if (whole.quantity === 1) return [whole];
        const part = integer(random, 1, whole.quantity - 1);
        return [
          { ...whole, quantity: part },
          { ...whole, quantity: whole.quantity - part },
        ];
      });
      const expected = shippingOptions(one, to);
      expect(shippingOptions({ ...one, lines: shuffled(random, one.lines) }, to)).toEqual(expected);
      expect(shippingOptions({ ...one, lines: shuffled(random, split) }, to)).toEqual(expected);
    }
  });

  it('more weight is never cheaper where the table ascends', () => {
    const random = randomOf(43);
    for (let round = 0; round < rounds(2000); round += 1) {
      const by = method({
        basis: 'weight',
        prices: { EUR: anySteps(random, 9000) },
        dimensionalDivisor: oneOf(random, [null, 5000]),
        freeFrom: random() < 0.2 ? { EUR: 10_000 } : {},
      });
      const light = anyParcel(random);
      const heavy = { ...light, lines: [...light.lines, anyLine(random)] };
      const before = quoteShipping(by, light, dispatch());
      const after = quoteShipping(by, heavy, dispatch());
      if (before.offered) expect(after).toMatchObject({ offered: true });
      if (before.offered && after.offered) expect(after.priceMinor).toBeGreaterThanOrEqual(before.priceMinor);
    }
  });

  it('a higher price of the goods never takes free shipping away', () => {
    const random = randomOf(44);
    for (let round = 0; round < rounds(1000); round += 1) {
      const by = method({ freeFrom: { EUR: integer(random, 0, 20_000) } });
      const subtotal = integer(random, 0, 20_000);
      const more = subtotal + integer(random, 0, 20_000);
      const before = quoteShipping(by, costing(subtotal), dispatch());
      const after = quoteShipping(by, costing(more), dispatch());
      if (before.offered && before.priceMinor === 0) expect(after).toMatchObject({ offered: true, priceMinor: 0 });
    }
  });
});
