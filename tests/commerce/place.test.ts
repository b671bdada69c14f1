import { describe, expect, it } from 'vitest';
import type { Place } from '@/commerce/market';
import { fitsPlace, isPostalPattern } from '@/commerce/place';

const area = (country: string, regions: string[], postalCodes: string[] = []) => ({ country, regions, postalCodes });
const at = (country: string, region?: string | null, postalCode?: string | null): Place => ({
  country,
  region,
  postalCode,
});

describe('an area of regions', () => {
  // Subdivisions as ISO 3166-2 names them.
  it.each([
    ['the whole country', area('US', []), at('US', 'CA'), true],
    ['the whole country, where nothing more is known', area('US', []), at('US'), true],
    ['another country', area('US', []), at('CA', 'ON'), false],
    ['its region', area('US', ['CA']), at('US', 'CA'), true],
    ['its region, named with the country by the address', area('US', ['CA']), at('US', 'US-CA'), true],
    ['its region, named with the country by the area', area('US', ['US-CA']), at('US', 'CA'), true],
    ['its region, in small letters', area('US', ['CA']), at('US', 'us-ca'), true],
    ['its region, with spaces around', area('US', ['CA']), at('US', ' CA '), true],
    ['one of several', area('US', ['NY', 'NJ']), at('US', 'NJ'), true],
    ['none of several', area('US', ['NY', 'NJ']), at('US', 'CT'), false],
    ['a region of the same name elsewhere', area('IT', ['CA']), at('US', 'CA'), false],
    ['a region with the prefix of another country', area('US', ['CA']), at('US', 'IT-CA'), false],
    ['a region that is not known', area('US', ['CA']), at('US', null), false],
    ['a region that is not given', area('US', ['CA']), at('US'), false],
    ['an empty region', area('US', ['CA']), at('US', ''), false],
    ['a prefix and nothing after it', area('US', ['CA']), at('US', 'US-'), false],
    ['a region of letters and digits', area('FR', ['20R']), at('FR', 'FR-20R'), true],
  ])('%s', (_name, asked, place, fits) => {
    expect(fitsPlace(asked, place)).toBe(fits);
  });
});

describe('an area of postcodes', () => {
  it.each([
    ['DE', '10115', '10115', true],
    ['DE', '10115', '10117', false],
    ['DE', '10115', ' 10115 ', true],
    ['DE', '1011', '10115', false],
    ['FR', '97*', '97400', true],
    ['FR', '97*', '75001', false],
    ['FR', '97*', '97', true],
    ['ES', '35000-35999', '35000', true],
    ['ES', '35000-35999', '35500', true],
    ['ES', '35000-35999', '35999', true],
    ['ES', '35000-35999', '36000', false],
    ['ES', '35000-35999', '34999', false],
    ['ES', '35000-35999', '3550', false],
    ['ES', '35000-35999', '355000', false],
    ['ES', '35000-35999', '35A00', false],
    ['ES', '35999-35000', '35500', false],
    ['DE', '01000-01999', '01067', true],
    ['US', '10115', '10115-1234', true],
    ['US', '10115', '10116-1234', false],
    ['US', '10000-10999', '10115-1234', true],
    ['US', '101*', '10115-1234', true],
    ['GB', 'BT*', 'BT1 5GS', true],
    ['GB', 'BT*', 'bt15gs', true],
    ['GB', 'bt*', 'BT48 6DQ', true],
    ['GB', 'BT*', 'B1 1BB', false],
    ['GB', 'SW1A 1AA', 'sw1a1aa', true],
    ['GB', 'SW1A1AA', 'SW1A 1AA', true],
    ['GB', 'SW1A 1AA', 'SW1A 2AA', false],
    ['CA', 'H2*', 'H2X 1Y4', true],
    ['CA', 'K1A 0B1', 'k1a0b1', true],
    ['JP', '100-0001', '100-0001', true],
    ['JP', '100-0001', '1000001', true],
    ['JP', '1000000-1009999', '100-0001', true],
    ['JP', '100*', '100-0001', true],
    ['PL', '00-950', '00-950', true],
    ['PL', '00-950', '00950', true],
    ['PT', '1000-205', '1000-205', true],
    ['BR', '01310-100', '01310-100', true],
    ['IS', '101-200', '150', true],
  ])('in %s, %s and an address at %s: %s', (country, pattern, postalCode, fits) => {
    expect(fitsPlace(area(country, [], [pattern]), at(country, null, postalCode))).toBe(fits);
  });

  it.each([null, undefined, '', ' ', '-'])('does not hold a postcode that is not known: %j', (postalCode) => {
    expect(fitsPlace(area('DE', [], ['10115', '1*']), at('DE', null, postalCode))).toBe(false);
    expect(fitsPlace(area('DE', []), at('DE', null, postalCode))).toBe(true);
  });

  it('holds what any of its patterns fits', () => {
    const canaries = area('ES', [], ['35000-35999', '38*']);
    expect(fitsPlace(canaries, at('ES', null, '38001'))).toBe(true);
    expect(fitsPlace(canaries, at('ES', null, '28001'))).toBe(false);
  });

  it('asks for region and postcode where it names both', () => {
    const both = area('US', ['NY'], ['100*']);
    expect(fitsPlace(both, at('US', 'NY', '10001'))).toBe(true);
    expect(fitsPlace(both, at('US', 'NJ', '10001'))).toBe(false);
    expect(fitsPlace(both, at('US', 'NY', '14201'))).toBe(false);
    expect(fitsPlace(both, at('US', null, '10001'))).toBe(false);
    expect(fitsPlace(both, at('US', 'NY'))).toBe(false);
  });
});

describe('a postal pattern', () => {
  it.each(['10115', '97*', '35000-35999', '10115-10115', 'BT*', 'SW1A 1AA', '100-0001', '00-950', 'h2x 1y4', '9*'])(
    'may be %s',
    (text) => expect(isPostalPattern(text)).toBe(true),
  );

  it.each([
    ['nothing', ''],
    ['a space', ' '],
    ['everything, which no pattern says already', '*'],
    ['a star that is not at its end', '9*7'],
    ['two stars', '97**'],
    ['a range that ends before it begins', '35999-35000'],
    ['a range without an end', '35000-'],
    ['a range without a beginning', '-35999'],
    ['a range of prefixes', '97*-98*'],
    ['other signs', '10_15'],
    ['a list', '10115,10117'],
    ['a regular expression', '^10.*$'],
    ['more than any postcode', '1'.repeat(33)],
  ])('may not be %s', (_name, text) => {
    expect(isPostalPattern(text)).toBe(false);
  });
});
