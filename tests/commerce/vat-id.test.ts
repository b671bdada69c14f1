import { describe, expect, it } from 'vitest';
import { checkVatId, isReverseCharge } from '@/commerce/vat-id';
import { taxZone } from './builders';

/** Numbers of companies and authorities, who publish them, and samples; those of persons are all made up. */
const VALID = [
  'ATU13585627',
  'ATU66889218',
  'BE0428759497',
  'BE0403170701',
  'BE1000000021',
  'BG175074752',
  'BG7523169263',
  'BG8032056031',
  'CY10259033P',
  'CZ25123891',
  'CZ27082440',
  'CZ640903926',
  'CZ7103192745',
  'CZ531220123',
  'DE136695976',
  'DE129273398',
  'DK13585628',
  'DK24256790',
  'EE100931558',
  'EE100594102',
  'EL094259216',
  'EL094014201',
  'ESA28015865',
  'ESB58378431',
  'ES54362315K',
  'ESX2482300W',
  'ESM1234567L',
  'ESJ99216582',
  'ESQ2826000H',
  'FI20774740',
  'FI01120389',
  'FR40303265045',
  'FR23334175221',
  'FR83404833048',
  'FRK7399859412',
  'FR4Z123456782',
  'GB980780684',
  'GB340804329',
  'GB346270013',
  'GBGD001',
  'GBHA500',
  'HR33392005961',
  'HU12892312',
  'HU10597190',
  'IE6433435F',
  'IE6433435OA',
  'IE8D79739I',
  'IE1234567FA',
  'IE6388047V',
  'IT00743110157',
  'IT00905811006',
  'LT119511515',
  'LT100001919017',
  'LT100004801610',
  'LU15027442',
  'LU26375245',
  'LV40003521600',
  'LV16117519997',
  'LV32001234567',
  'MT11679112',
  'NL004495445B01',
  'NL123456789B13',
  'NL000099998B57',
  'PL8567346215',
  'PL5260250995',
  'PT501964843',
  'RO18547290',
  'RO11198699',
  'SE123456789701',
  'SE556703748501',
  'SI50223054',
  'SI15012557',
  'SK2022749619',
  'XI980780684',
];

/** The same with a wrong check digit, or two digits changed about: what a shopper mistypes. */
const WRONG_CHECK = [
  'ATU13585626',
  'BE0428759498',
  'BE1000000022',
  'BG175074751',
  'BG7523169264',
  'CY10259033Q',
  'CZ25123890',
  'CZ640903927',
  'CZ7103192746',
  'DE136695978',
  'DE163695976',
  'DK13585627',
  'EE100931557',
  'EL094259215',
  'ESB58378432',
  'ES54362315L',
  'ESX2482300A',
  'ESM1234567M',
  'FI20774741',
  'FR84404833048',
  'FRK6399859412',
  'GB980780685',
  'GB802311781',
  'HR33392005962',
  'HU12892313',
  'IE6433435E',
  'IE6433435PA',
  'IE8D79738J',
  'IT00743110158',
  'LT119511516',
  'LT100001919018',
  'LU15027443',
  'LV40013521600',
  'MT11679113',
  'NL123456788B12',
  'PL8567346216',
  'PT501964842',
  'RO18547291',
  'SE123456789101',
  'SI50223055',
  'SK2022749618',
  'XI980780685',
];

const MALFORMED: [string, string][] = [
  ['nothing', ''],
  ['a country and nothing more', 'DE'],
  ['a number without its country', '136695976'],
  ['a country that is in no union', 'US123456789'],
  ['a member of EFTA', 'CHE116281710'],
  ['a name that every object has', 'constructor'],
  ['a digit too many', 'DE1366959761'],
  ['a digit too few', 'DE13669597'],
  ['a letter among the digits', 'DE13669597O'],
  ['zeros alone', 'EL000000000'],
  ['an Austrian number without its U', 'AT13585627'],
  ['a Belgian number that begins with neither 0 nor 1', 'BE2428759497'],
  ['a Danish number that begins with 0', 'DK01794442'],
  ['a Czech company that begins with 9', 'CZ98039962'],
  ['a Czech birth number of a thirteenth month', 'CZ531320123'],
  ['a Czech birth number without a day', 'CZ531200123'],
  ['a French key with an O', 'FRO7399859412'],
  ['an Italian office that there is not', 'IT12345673004'],
  ['a Lithuanian number without its 1', 'LT119511525'],
  ['a Latvian of a thirty-second day', 'LV33117519997'],
  ['a Dutch number without its B', 'NL004495445001'],
  ['a Swedish number that ends with 00', 'SE123456789700'],
  ['a Spanish entity of a kind that there is not', 'ESI58378431'],
  ['a government department above 499', 'GBGD500'],
  ['a health authority below 500', 'GBHA499'],
  ['a Slovenian number whose check digit would be 11', 'SI22643681'],
  ['letters of another alphabet', 'DΕ136695976'],
  ['a slash', 'DE 136/695/976'],
  ['more than any number is long', `DE${' '.repeat(60)}136695976`],
];

const countryOf = (id: string) => ({ EL: 'GR', XI: 'GB' })[id.slice(0, 2)] ?? id.slice(0, 2);

describe('a VAT id', () => {
  it.each(VALID)('is valid as %s', (id) => {
    expect(checkVatId(id)).toEqual({ id, country: countryOf(id) });
  });

  it.each(WRONG_CHECK)('is not valid as %s', (id) => {
    expect(checkVatId(id)).toBeNull();
  });

  it.each(MALFORMED)('is not valid as %s', (_name, text) => {
    expect(checkVatId(text)).toBeNull();
  });

  it('is known for the 27 members of the EU, Great Britain and Northern Ireland', () => {
    const members = 'AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');
    const valid = new Set(VALID.map((id) => id.slice(0, 2)));
    const wrong = new Set(WRONG_CHECK.map((id) => id.slice(0, 2)));
    expect([...valid].sort()).toEqual([...members, 'GB', 'XI'].sort());
    expect(wrong).toEqual(valid);
  });

  it.each([
    ['DE 136 695 976', 'DE136695976'],
    ['de136695976', 'DE136695976'],
    ['BE 0428.759.497', 'BE0428759497'],
    ['BE 428.759.497', 'BE0428759497'],
    ['ATU-1358-5627', 'ATU13585627'],
    ['FR\u00a023\u202f334\u2009175\u2009221', 'FR23334175221'],
    ['DE\u2013136695976', 'DE136695976'],
    ['nl 0044.95.445.b01', 'NL004495445B01'],
    ['GR 094259216', 'EL094259216'],
    ['el094259216', 'EL094259216'],
  ])('%j is written %s', (text, id) => {
    expect(checkVatId(text)?.id).toBe(id);
  });

  it('notices any single wrong digit where the modulus is a prime above 10', () => {
    for (const id of ['DK13585628', 'PL8567346215', 'SK2022749619', 'FI20774740', 'LU15027442', 'FR40303265045']) {
      for (let at = 2; at < id.length; at += 1) {
        for (const digit of '0123456789') {
          const other = id.slice(0, at) + digit + id.slice(at + 1);
          expect([other, checkVatId(other) !== null]).toEqual([other, other === id]);
        }
      }
    }
  });
});

describe('reverse charge', () => {
  const zone = (country: string, reverseCharge: boolean) => taxZone(country, { reverseCharge });

  it.each([
    ['a business of the zone’s country', zone('AT', true), 'ATU13585627', true],
    ['one that writes its id with spaces', zone('AT', true), 'atu 1358 5627', true],
    ['a Greek business', zone('GR', true), 'EL094259216', true],
    ['a business of Northern Ireland', zone('GB', true), 'XI980780684', true],
    ['a British business, which is none of the EU', zone('GB', true), 'GB980780684', false],
    ['a business of another country', zone('AT', true), 'DE136695976', false],
    ['an id that is not valid', zone('AT', true), 'ATU13585626', false],
    ['a shopper without an id', zone('AT', true), null, false],
    ['a shopper with an empty id', zone('AT', true), '', false],
    ['a zone that does not allow it', zone('DE', false), 'DE136695976', false],
  ])('%s: %#', (_name, where, vatId, applies) => {
    expect(isReverseCharge(where, vatId)).toBe(applies);
  });
});
