import { describe, expect, it } from 'vitest';
import { addDays, isoDayOf, localTime } from '@/commerce/local-time';
import { integer, oneOf, randomOf, rounds } from './random';

// Offsets and the nights on which clocks change are those of the IANA time zone database (https://www.iana.org/time-zones).

const at = (moment: string) => Date.parse(moment);

describe('the time in a place', () => {
  it.each([
    ['2026-11-25T12:00:00Z', 'UTC', '2026-11-25', 3, 12 * 60],
    // Ahead of UTC.
    ['2026-11-25T12:00:00Z', 'Europe/Berlin', '2026-11-25', 3, 13 * 60],
    ['2026-07-01T12:00:00Z', 'Europe/Berlin', '2026-07-01', 3, 14 * 60],
    ['2026-11-25T15:00:00Z', 'Asia/Tokyo', '2026-11-26', 4, 0],
    ['2026-11-25T14:59:00Z', 'Asia/Tokyo', '2026-11-25', 3, 1439],
    ['2026-11-25T18:30:00Z', 'Asia/Kolkata', '2026-11-26', 4, 0],
    ['2026-11-25T12:00:00Z', 'Asia/Kathmandu', '2026-11-25', 3, 17 * 60 + 45],
    ['2026-11-25T10:00:00Z', 'Pacific/Kiritimati', '2026-11-26', 4, 0],
    // Behind it.
    ['2026-11-25T04:59:00Z', 'America/New_York', '2026-11-24', 2, 1439],
    ['2026-11-25T05:00:00Z', 'America/New_York', '2026-11-25', 3, 0],
    ['2026-11-25T03:29:00Z', 'America/St_Johns', '2026-11-24', 2, 1439],
    ['2026-11-25T10:59:00Z', 'Pacific/Pago_Pago', '2026-11-24', 2, 1439],
    ['2026-11-25T11:00:00Z', 'Pacific/Pago_Pago', '2026-11-25', 3, 0],
    // Seconds do not count until the minute is full.
    ['2026-11-25T12:00:59.999Z', 'UTC', '2026-11-25', 3, 12 * 60],
    // Around the year, and on a leap day.
    ['2026-12-31T23:00:00Z', 'Europe/Berlin', '2027-01-01', 5, 0],
    ['2027-01-01T04:30:00Z', 'America/New_York', '2026-12-31', 4, 23 * 60 + 30],
    ['2028-02-28T23:30:00Z', 'Europe/Berlin', '2028-02-29', 2, 30],
    ['2028-02-29T23:30:00Z', 'Europe/Berlin', '2028-03-01', 3, 30],
    // Sunday is 7.
    ['2026-11-29T12:00:00Z', 'UTC', '2026-11-29', 7, 12 * 60],
    ['1969-12-31T23:59:00Z', 'UTC', '1969-12-31', 3, 1439],
  ])('at %s in %s is %s, day %i, minute %i', (moment, timeZone, date, isoDay, minutes) => {
    expect(localTime(at(moment), timeZone)).toEqual({ date, isoDay, minutes });
  });

  it.each([
    // Berlin leaves out 02:00 to 03:00 on 29 March 2026, and has it twice on 25 October.
    ['2026-03-29T00:59:00Z', 'Europe/Berlin', '2026-03-29', 7, 60 + 59],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', '2026-03-29', 7, 3 * 60],
    ['2026-10-25T00:59:00Z', 'Europe/Berlin', '2026-10-25', 7, 2 * 60 + 59],
    ['2026-10-25T01:00:00Z', 'Europe/Berlin', '2026-10-25', 7, 2 * 60],
    ['2026-10-25T22:59:00Z', 'Europe/Berlin', '2026-10-25', 7, 1439],
    ['2026-10-25T23:00:00Z', 'Europe/Berlin', '2026-10-26', 1, 0],
    // New York on 8 March and 1 November 2026.
    ['2026-03-08T06:59:00Z', 'America/New_York', '2026-03-08', 7, 60 + 59],
    ['2026-03-08T07:00:00Z', 'America/New_York', '2026-03-08', 7, 3 * 60],
    ['2026-11-01T05:59:00Z', 'America/New_York', '2026-11-01', 7, 60 + 59],
    ['2026-11-01T06:00:00Z', 'America/New_York', '2026-11-01', 7, 60],
    // Lord Howe Island goes back by half an hour.
    ['2026-04-04T14:59:00Z', 'Australia/Lord_Howe', '2026-04-05', 7, 60 + 59],
    ['2026-04-04T15:00:00Z', 'Australia/Lord_Howe', '2026-04-05', 7, 60 + 30],
    // Samoa had no 30 December in 2011.
    ['2011-12-30T09:59:00Z', 'Pacific/Apia', '2011-12-29', 4, 1439],
    ['2011-12-30T10:00:00Z', 'Pacific/Apia', '2011-12-31', 6, 0],
  ])('when the clocks change: at %s in %s is %s, day %i, minute %i', (moment, timeZone, date, isoDay, minutes) => {
    expect(localTime(at(moment), timeZone)).toEqual({ date, isoDay, minutes });
  });

  it.each(['Europe/Atlantis', ''])('is unknown in %j', (timeZone) => {
    expect(() => localTime(0, timeZone)).toThrow(RangeError);
  });

  it('in UTC is what the moment itself says', () => {
    const random = randomOf(20);
    for (let round = 0; round < rounds(1000); round += 1) {
      const now = integer(random, 0, at('2100-01-01T00:00Z'));
      const written = new Date(now).toISOString();
      const minutes = Number(written.slice(11, 13)) * 60 + Number(written.slice(14, 16));
      expect(localTime(now, 'UTC')).toEqual({
        date: written.slice(0, 10),
        isoDay: isoDayOf(written.slice(0, 10)),
        minutes,
      });
    }
  });

  it('is on the day in every zone, or on the one beside it', () => {
    const random = randomOf(21);
    const zones = Intl.supportedValuesOf('timeZone');
    for (let round = 0; round < rounds(1000); round += 1) {
      const now = integer(random, 0, at('2100-01-01T00:00Z'));
      const day = localTime(now, 'UTC').date;
      const { date, minutes } = localTime(now, oneOf(random, zones));
      expect([addDays(day, -1), day, addDays(day, 1)]).toContain(date);
      expect(minutes).toBeGreaterThanOrEqual(0);
      expect(minutes).toBeLessThanOrEqual(1439);
    }
  });
});

describe('days of the calendar', () => {
  it.each([
    ['2026-11-25', 0, '2026-11-25'],
    ['2026-11-30', 1, '2026-12-01'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2028-02-28', 1, '2028-02-29'],
    ['2027-02-28', 1, '2027-03-01'],
    ['2100-02-28', 1, '2100-03-01'],
    ['2027-01-01', -1, '2026-12-31'],
    ['2026-03-28', 2, '2026-03-30'],
    ['2026-10-24', 2, '2026-10-26'],
  ])('%s and %i days is %s', (date, days, later) => {
    expect(addDays(date, days)).toBe(later);
  });

  it.each([
    ['2026-11-23', 1],
    ['2026-11-27', 5],
    ['2026-11-28', 6],
    ['2026-11-29', 7],
    ['2028-02-29', 2],
  ])('%s is day %i of its week', (date, isoDay) => {
    expect(isoDayOf(date)).toBe(isoDay);
  });
});
