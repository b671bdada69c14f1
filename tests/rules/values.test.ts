import { describe, expect, it } from 'vitest';
import { MAX_UNIT_PRICE_MINOR } from '@/commerce/pricing';
import {
  formatPercent,
  isCountry,
  isTimeZone,
  parseAmount,
  parsePercent,
  parseTime,
  parseTimeOfDay,
} from '@/node/rules/values';

describe('how a rule file writes values', () => {
  it.each([
    ['10.00', 'EUR', 1000],
    ['10', 'EUR', 1000],
    ['0.1', 'EUR', 10],
    ['0.10000', 'EUR', 10],
    ['980', 'JPY', 980],
    ['980.0', 'JPY', 980],
    ['1.005', 'KWD', 1005],
    // As floats, 4.35 * 100 is 434.99999999999994 and 1.15 * 100 is 114.99999999999999.
    ['4.35', 'EUR', 435],
    ['1.15', 'EUR', 115],
    [`${Math.floor(MAX_UNIT_PRICE_MINOR / 100)}.00`, 'EUR', MAX_UNIT_PRICE_MINOR - (MAX_UNIT_PRICE_MINOR % 100)],
  ])('%s %s is %d minor units', (text, currency, value) => {
    expect(parseAmount(text, currency)).toEqual({ value });
  });

  it.each([
    ['12.5', 2, 1250],
    [12.5, 2, 1250],
    [0.29, 2, 29],
    ['100', 2, 10_000],
    ['-12.50', 2, -1250],
    ['-0', 2, 0],
    ['9.975', 4, 997.5],
    ['8.25', 4, 825],
    // 0.57 * 100 is 56.99999999999999 as a float.
    ['0.57', 2, 57],
  ])('%s per cent with %d decimals are %d basis points', (written, decimals, value) => {
    expect(parsePercent(written, decimals)).toEqual({ value });
  });

  it.each([1250, 29, 10_000, -1250, 997.5, 0, 5, 100_000, 0.01])(
    '%d basis points are written so that they read back',
    (bps) => {
      expect(parsePercent(formatPercent(bps), 4)).toEqual({ value: bps });
    },
  );

  it.each(['1e-7', '1e21', '--5', '5%', '', '.5', '5.'])('"%s" is no percentage', (text) => {
    expect(parsePercent(text)).toMatchObject({ code: 'percent_malformed' });
  });

  it.each([
    ['2026-11-27T00:00:00+01:00', '2026-11-26T23:00:00.000Z'],
    ['2026-11-27T00:00Z', '2026-11-27T00:00:00.000Z'],
    ['2028-02-29T12:00:00.250-05:00', '2028-02-29T17:00:00.250Z'],
  ])('%s is %s', (text, moment) => {
    expect(parseTime(text)).toEqual({ value: Date.parse(moment) });
  });

  it.each([
    '2026-11-27',
    '2026-11-27T24:01:00Z',
    '2027-02-29T00:00:00Z',
    '27.11.2026',
    '2026-11-27 00:00:00Z',
    'tomorrow',
  ])('%s is no time', (text) => {
    expect(parseTime(text)).toMatchObject({ code: 'time_malformed' });
  });

  it('a day ends at 24:00, and not later', () => {
    expect(['00:00', '09:30', '23:59', '24:00'].map(parseTimeOfDay)).toEqual(
      [0, 570, 1439, 1440].map((value) => ({ value })),
    );
    for (const text of ['24:01', '9:30', '12:60'])
      expect(parseTimeOfDay(text)).toMatchObject({ code: 'time_of_day_malformed' });
  });

  it('knows the countries of ISO 3166-1 and the time zones of the IANA', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    expect(letters.flatMap((a) => letters.filter((b) => isCountry(a + b)))).toHaveLength(249);
    for (const code of ['UK', 'EU', 'XK', 'de', 'DEU', 'AN', 'SU']) expect(isCountry(code)).toBe(false);
    expect(['Europe/Berlin', 'America/St_Johns', 'UTC'].every(isTimeZone)).toBe(true);
    expect(['+01:00', 'Berlin', ''].some(isTimeZone)).toBe(false);
  });
});
