import { describe, expect, it } from 'vitest';
import { Basket } from '@/commerce/basket';
import type { Selection } from '@/commerce/rules';
import { isSelected, type Selectable } from '@/commerce/selection';

const variant = (id: string, productId: string, ...collectionIds: string[]): Selectable => ({
  id,
  productId,
  collectionIds,
});

const SMALL = variant('var_small', 'prod_shirt', 'col_linen', 'col_new');
const LARGE = variant('var_large', 'prod_shirt', 'col_linen', 'col_new');
const HAT = variant('var_hat', 'prod_hat', 'col_new');
const PEN = variant('var_pen', 'prod_pen');
const ALL = [SMALL, LARGE, HAT, PEN];

const CASES: [string, Selection | null, Selectable[]][] = [
  ['everything', null, [SMALL, LARGE, HAT, PEN]],
  ['nothing, where it names nothing', {}, []],
  ['nothing, where its lists are empty', { productIds: [], collectionIds: [], variantIds: [] }, []],
  ['all variants of a product', { productIds: ['prod_shirt'] }, [SMALL, LARGE]],
  ['one variant', { variantIds: ['var_large'] }, [LARGE]],
  ['a collection', { collectionIds: ['col_new'] }, [SMALL, LARGE, HAT]],
  ['what any of the three names', { productIds: ['prod_pen'], variantIds: ['var_large'] }, [LARGE, PEN]],
  ['what several collections name, once', { collectionIds: ['col_new', 'col_linen'] }, [SMALL, LARGE, HAT]],
  ['nothing by names that nobody has', { collectionIds: ['col_gone'], productIds: ['__proto__'] }, []],
  ['a collection less a product', { collectionIds: ['col_new'], except: { productIds: ['prod_shirt'] } }, [HAT]],
  ['a product less a variant', { productIds: ['prod_shirt'], except: { variantIds: ['var_small'] } }, [LARGE]],
  ['a collection less another', { collectionIds: ['col_new'], except: { collectionIds: ['col_linen'] } }, [HAT]],
  ['a variant less itself', { variantIds: ['var_hat'], except: { variantIds: ['var_hat'] } }, []],
  ['all of it, where the exception is empty', { productIds: ['prod_shirt'], except: {} }, [SMALL, LARGE]],
  // An exception takes away from what is named, and names nothing itself.
  ['nothing, where there is only an exception', { except: { variantIds: ['var_hat'] } }, []],
];

describe('a selection', () => {
  it.each(CASES)('is %s', (_name, selection, expected) => {
    expect(ALL.filter((some) => isSelected(selection, some))).toEqual(expected);
  });

  it.each(CASES)('of the lines of a cart is %s', (_name, selection, expected) => {
    const lines = ALL.map((some) => ({ variant: some, quantity: 1, unitMinor: 1, grossMinor: 1 }));
    expect(new Basket(lines).at(selection)).toEqual(expected.map((some) => ALL.indexOf(some)));
  });
});

describe('a basket', () => {
  const basket = new Basket([
    { variant: SMALL, quantity: 2, unitMinor: 500, grossMinor: 1000 },
    { variant: HAT, quantity: 1, unitMinor: 300, grossMinor: 300 },
    { variant: LARGE, quantity: 3, unitMinor: 500, grossMinor: 1500 },
  ]);

  it('adds up what a selection finds in it', () => {
    expect([basket.subtotal(null), basket.units(null)]).toEqual([2800, 6]);
    expect([basket.subtotal({ productIds: ['prod_shirt'] }), basket.units({ productIds: ['prod_shirt'] })]).toEqual([
      2500, 5,
    ]);
    expect([basket.subtotal({ productIds: ['prod_pen'] }), basket.units({ productIds: ['prod_pen'] })]).toEqual([0, 0]);
  });

  it('tells the cheapest lines first, those of one price in their order', () => {
    expect(basket.cheapestFirst(null)).toEqual([1, 0, 2]);
    expect(basket.cheapestFirst({ productIds: ['prod_shirt'] })).toEqual(
      [1, 0, 2].filter((index) => basket.at({ productIds: ['prod_shirt'] }).includes(index)),
    );
  });
});
