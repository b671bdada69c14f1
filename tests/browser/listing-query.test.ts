import { describe, expect, it } from 'vitest';
import { effectiveSort, isNarrowed, readWish, toHref, toProductQuery } from '@/app/(shop)/_listing/listing-query';

describe('The address of a list', () => {
  it('is read and written back alike', () => {
    const wish = readWish({
      q: ' linen shirt ',
      collection: 'linen',
      sort: 'price-asc',
      available: 'true',
      min: '10',
      max: '99.50',
      'option.Colour': ['Moss', 'Rust'],
      'option.Size': 'M',
      cursor: 'abc',
    });
    const { searchParams } = new URL(toHref('/search', wish), 'http://shop.test');
    const again: Record<string, string[]> = {};
    for (const name of searchParams.keys()) again[name] = searchParams.getAll(name);
    expect(readWish(again)).toEqual(wish);
  });

  it('always names its order, which leads a collection to its live page', () => {
    expect(toHref('/collections/linen', readWish({ collection: 'linen' }), { collection: true })).toBe(
      '/collections/linen?sort=featured',
    );
  });

  it.each([
    ['10', 'EUR', 1_000],
    ['10.5', 'EUR', 1_050],
    ['10,50', 'EUR', 1_050],
    ['10.559', 'EUR', 1_055],
    ['1200', 'JPY', 1_200],
    ['1200.9', 'JPY', 1_200],
    ['1.5', 'KWD', 1_500],
    ['-1', 'EUR', undefined],
    ['1e9', 'EUR', undefined],
    ['12345678901234567890', 'EUR', undefined],
    ['ten', 'EUR', undefined],
  ])('takes a lowest price of %s %s for %s minor units', (min, currency, minPrice) => {
    expect(toProductQuery(readWish({ min }), currency).minPrice).toBe(minPrice);
  });

  it('leaves out what it does not understand', () => {
    const wish = readWish({
      sort: 'DROP TABLE',
      available: 'perhaps',
      'option.': 'x',
      utm_source: 'mail',
      min: ['1', '2'],
    });
    expect(toProductQuery(wish, 'EUR')).toEqual({ currency: 'EUR', facets: true, minPrice: 100 });
    expect(isNarrowed(readWish({ utm_source: 'mail' }))).toBe(false);
  });

  it('falls back to the order that the list can have', () => {
    expect(effectiveSort(readWish({ q: 'linen' }))).toBe('relevance');
    expect(effectiveSort(readWish({ collection: 'linen' }))).toBe('featured');
    expect(effectiveSort(readWish({}))).toBe('newest');
    expect(effectiveSort(readWish({ sort: 'relevance' }))).toBe('newest');
    expect(effectiveSort(readWish({ sort: 'featured' }))).toBe('newest');
  });
});
