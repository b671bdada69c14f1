import { describe, expect, it } from 'vitest';
import { choose, defaultVariant, optionValues, orderedMedia, stockLine } from '@/app/(shop)/_product/selection';
import type { Product, Variant } from '@/commerce/catalog';

const variant = (
  id: string,
  colour: string,
  size: string,
  available = 9,
  policy: 'deny' | 'continue' = 'deny',
): Variant => ({
  id,
  sku: id,
  title: `${colour} / ${size}`,
  options: { Colour: colour, Size: size },
  price: { amount: 100, currency: 'EUR' },
  compareAtPrice: null,
  lowestPriorPrice: null,
  tiers: [],
  stock: { available, policy },
});

const picture = (id: string, variantId: string | null) => ({
  id,
  url: `/${id}.svg`,
  alt: '',
  width: null,
  height: null,
  variantId,
});

const product = (variants: Variant[], media = [picture('general', null)]): Product => ({
  id: 'prod_1',
  slug: 'coat',
  title: 'Coat',
  description: '',
  vendor: '',
  type: '',
  tags: [],
  seo: { title: null, description: null },
  options: ['Colour', 'Size'],
  collections: [],
  media,
  variants,
});

describe('Choosing a variant', () => {
  const moss = variant('moss-s', 'Moss', 'S', 0);
  const coat = product([
    moss,
    variant('moss-m', 'Moss', 'M'),
    variant('rust-s', 'Rust', 'S'),
    variant('rust-l', 'Rust', 'L'),
  ]);

  it('begins with the first that can be bought', () => {
    expect(defaultVariant(coat)?.id).toBe('moss-m');
    expect(defaultVariant(product([moss]))?.id).toBe('moss-s');
    expect(defaultVariant(product([]))).toBeUndefined();
  });

  it('keeps the other choices where there is such a variant', () => {
    expect(choose(coat, moss, 'Colour', 'Rust').id).toBe('rust-s');
    expect(choose(coat, moss, 'Size', 'M').id).toBe('moss-m');
  });

  it('takes one that exists where there is not', () => {
    expect(choose(coat, moss, 'Size', 'L').id).toBe('rust-l');
  });

  it('stays where it is when nothing has the value', () => {
    expect(choose(coat, moss, 'Size', 'XXL')).toBe(moss);
  });

  it('tells which values are sold out with the other choices', () => {
    const values = optionValues(coat, coat.variants[1]!, 'Size').map(({ value, soldOut }) => [value, soldOut]);
    expect(values).toEqual([
      ['S', true],
      ['M', false],
      ['L', false],
    ]);
  });

  it('shows pictures beside the values that they tell apart, and beside no others', () => {
    const media = [picture('a', 'moss-s'), picture('b', 'rust-s')];
    const pictured = product(coat.variants, media);
    expect(optionValues(pictured, moss, 'Colour').map(({ swatch }) => swatch)).toEqual(['/a.svg', '/b.svg']);
    expect(optionValues(product(coat.variants), moss, 'Colour').every(({ swatch }) => swatch === null)).toBe(true);
  });

  it('puts the pictures of the chosen variant first and loses none', () => {
    const media = [picture('a', null), picture('b', 'rust-s'), picture('c', 'moss-s')];
    expect(orderedMedia(media, moss).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
  });
});

describe('The line about stock', () => {
  it.each([
    [6, 'deny', 'In stock'],
    [5, 'deny', 'Only 5 left'],
    [1, 'continue', 'Only 1 left'],
    [0, 'continue', 'Made to order'],
    [0, 'deny', 'Sold out'],
    [-2, 'deny', 'Sold out'],
  ] as const)('for %i under the policy %s says %j', (available, policy, text) => {
    expect(stockLine(variant('x', 'Moss', 'S', available, policy)).text).toBe(text);
  });
});
