import { describe, expect, it } from 'vitest';
import { estimateDelivery } from '@/commerce/delivery';
import { addDays, isoDayOf } from '@/commerce/local-time';
import type { ShippingMethod } from '@/commerce/rules';
import { integer, oneOf, randomOf, rounds } from './random';

// 25 November 2026 is a Wednesday. Nights on which clocks change: IANA time zone database.

type Timing = Pick<ShippingMethod, 'minDays' | 'maxDays' | 'handlingDays' | 'cutoff' | 'weekends'>;

const METHOD: Timing = { minDays: 1, maxDays: 3, handlingDays: 0, cutoff: null, weekends: true };

function estimate(moment: string, timing: Partial<Timing>) {
  return estimateDelivery({ ...METHOD, ...timing }, Date.parse(moment));
}

describe('an estimate whose days are days of the calendar', () => {
  it.each([
    ['the days on the way', '2026-11-25T12:00Z', 0, 1, 3, '2026-11-26', '2026-11-28'],
    ['handling first', '2026-11-25T12:00Z', 2, 1, 3, '2026-11-28', '2026-11-30'],
    ['the same day', '2026-11-25T12:00Z', 0, 0, 0, '2026-11-25', '2026-11-25'],
    ['over the end of a month', '2026-11-29T12:00Z', 1, 1, 2, '2026-12-01', '2026-12-02'],
    ['over the end of a year', '2026-12-30T12:00Z', 0, 2, 4, '2027-01-01', '2027-01-03'],
    ['to a leap day', '2028-02-27T12:00Z', 1, 1, 2, '2028-02-29', '2028-03-01'],
    ['over an end of February without one', '2027-02-27T12:00Z', 1, 1, 2, '2027-03-01', '2027-03-02'],
  ])('%s: at %s with %i of handling and %i to %i on the way', (_, moment, handlingDays, minDays, maxDays, from, to) => {
    expect(estimate(moment, { handlingDays, minDays, maxDays })).toEqual({
      minDays: handlingDays + minDays,
      maxDays: handlingDays + maxDays,
      earliest: from,
      latest: to,
    });
  });
});

describe('an estimate without weekends', () => {
  it.each([
    ['Wednesday', '2026-11-25T12:00Z', 0, 1, 2, '2026-11-26', '2026-11-27'],
    ['Wednesday', '2026-11-25T12:00Z', 0, 3, 5, '2026-11-30', '2026-12-02'],
    ['Thursday', '2026-11-26T12:00Z', 0, 1, 2, '2026-11-27', '2026-11-30'],
    ['Friday', '2026-11-27T12:00Z', 0, 0, 1, '2026-11-27', '2026-11-30'],
    ['Friday', '2026-11-27T12:00Z', 1, 1, 5, '2026-12-01', '2026-12-07'],
    ['Saturday', '2026-11-28T12:00Z', 0, 0, 1, '2026-11-30', '2026-12-01'],
    ['Saturday', '2026-11-28T12:00Z', 1, 1, 2, '2026-12-02', '2026-12-03'],
    ['Sunday', '2026-11-29T12:00Z', 0, 0, 1, '2026-11-30', '2026-12-01'],
    ['Sunday', '2026-11-29T12:00Z', 0, 5, 10, '2026-12-07', '2026-12-14'],
    ['Monday', '2026-11-30T12:00Z', 0, 4, 5, '2026-12-04', '2026-12-07'],
    ['Thursday, with the year ending', '2026-12-31T12:00Z', 0, 1, 2, '2027-01-01', '2027-01-04'],
    ['Friday before a leap day', '2028-02-25T12:00Z', 0, 2, 3, '2028-02-29', '2028-03-01'],
  ])('on a %s (%s), %i of handling and %i to %i on the way', (_, moment, handlingDays, minDays, maxDays, from, to) => {
    const { earliest, latest } = estimate(moment, { handlingDays, minDays, maxDays, weekends: false });
    expect([earliest, latest]).toEqual([from, to]);
  });

  it('says the days as the method counts them', () => {
    const { minDays, maxDays } = estimate('2026-11-28T12:00Z', {
      handlingDays: 1,
      minDays: 2,
      maxDays: 3,
      weekends: false,
    });
    expect([minDays, maxDays]).toEqual([3, 4]);
  });
});

describe('an estimate with a cut-off', () => {
  const berlin = { time: '14:00', timeZone: 'Europe/Berlin' };
  const newYork = { time: '17:30', timeZone: 'America/New_York' };
  const tokyo = { time: '09:00', timeZone: 'Asia/Tokyo' };

  it.each([
    // Berlin is an hour ahead of UTC in winter, two in summer.
    ['a minute before', berlin, '2026-11-25T12:59:59Z', '2026-11-26'],
    ['in the minute', berlin, '2026-11-25T13:00:00Z', '2026-11-26'],
    ['in the minute', berlin, '2026-11-25T13:00:59Z', '2026-11-26'],
    ['a minute after', berlin, '2026-11-25T13:01:00Z', '2026-11-27'],
    ['in summer', berlin, '2026-07-01T12:00:00Z', '2026-07-02'],
    ['in summer', berlin, '2026-07-01T12:01:00Z', '2026-07-03'],
    ['just after midnight there', berlin, '2026-11-24T23:00:00Z', '2026-11-26'],
    ['just before midnight there', berlin, '2026-11-25T22:59:00Z', '2026-11-27'],
    // Five hours behind.
    ['a minute before', newYork, '2026-11-25T22:29:00Z', '2026-11-26'],
    ['a minute after', newYork, '2026-11-25T22:31:00Z', '2026-11-27'],
    ['while UTC is a day ahead', newYork, '2026-11-26T04:59:00Z', '2026-11-27'],
    ['as the day begins there', newYork, '2026-11-26T05:00:00Z', '2026-11-27'],
    // Nine hours ahead.
    ['while UTC is a day behind', tokyo, '2026-11-24T23:59:00Z', '2026-11-26'],
    ['a minute after', tokyo, '2026-11-25T00:01:00Z', '2026-11-27'],
    // The nights of 29 March and 25 October: the first has no 02:30, the second has it twice.
    ['on the night to summer time', { time: '02:30', timeZone: 'Europe/Berlin' }, '2026-03-29T00:59:00Z', '2026-03-30'],
    ['on the night to summer time', { time: '02:30', timeZone: 'Europe/Berlin' }, '2026-03-29T01:00:00Z', '2026-03-31'],
    ['before 14:00 on a day of 23 hours', berlin, '2026-03-29T12:00:00Z', '2026-03-30'],
    ['after 14:00 on a day of 23 hours', berlin, '2026-03-29T12:01:00Z', '2026-03-31'],
    ['before 14:00 on a day of 25 hours', berlin, '2026-10-25T13:00:00Z', '2026-10-26'],
    ['after 14:00 on a day of 25 hours', berlin, '2026-10-25T13:01:00Z', '2026-10-27'],
    ['after it on the last day of the year', berlin, '2026-12-31T13:01:00Z', '2027-01-02'],
    ['after it on the day before a leap day', berlin, '2028-02-28T13:01:00Z', '2028-03-01'],
    ['never after the last minute', { time: '23:59', timeZone: 'UTC' }, '2026-11-25T23:59:59Z', '2026-11-26'],
  ])('%s of %o, at %s', (_, cutoff, moment, earliest) => {
    expect(estimate(moment, { cutoff }).earliest).toBe(earliest);
  });

  it.each([
    ['Friday in time', '2026-11-27T13:00Z', '2026-11-30'],
    ['Friday too late', '2026-11-27T13:01Z', '2026-12-01'],
    ['Saturday morning', '2026-11-28T09:00Z', '2026-12-01'],
    ['Saturday evening', '2026-11-28T19:00Z', '2026-12-01'],
    ['Sunday morning', '2026-11-29T09:00Z', '2026-12-01'],
    ['Sunday evening', '2026-11-29T19:00Z', '2026-12-01'],
    ['Monday in time', '2026-11-30T13:00Z', '2026-12-01'],
    ['Monday too late', '2026-11-30T13:01Z', '2026-12-02'],
  ])('without weekends: on %s (%s), a day on the way', (_, moment, earliest) => {
    expect(estimate(moment, { cutoff: berlin, weekends: false }).earliest).toBe(earliest);
  });

  it('does not say more days for an order after it', () => {
    const { minDays, maxDays } = estimate('2026-11-25T20:00Z', { cutoff: berlin });
    expect([minDays, maxDays]).toEqual([1, 3]);
  });

  it('goes by the calendar of its place, and by UTC where there is none', () => {
    const midnight = { time: '23:59', timeZone: 'Pacific/Kiritimati' };
    expect(estimate('2026-11-25T10:00Z', { cutoff: midnight, minDays: 0 }).earliest).toBe('2026-11-26');
    expect(estimate('2026-11-25T00:00Z', { minDays: 0 }).earliest).toBe('2026-11-25');
    expect(estimate('2026-11-25T23:59Z', { minDays: 0 }).earliest).toBe('2026-11-25');
  });
});

it('counts working days as walking the calendar does', () => {
  const random = randomOf(30);
  for (let round = 0; round < rounds(2000); round += 1) {
    const day = addDays('2026-01-01', integer(random, 0, 1500));
    const handlingDays = integer(random, 0, 12);
    const minDays = integer(random, 0, 12);
    const { earliest } = estimate(`${day}T12:00Z`, { handlingDays, minDays, weekends: false });
    let walked = day;
    while (isoDayOf(walked) > 5) walked = addDays(walked, 1);
    for (let left = handlingDays + minDays; left > 0; ) {
      walked = addDays(walked, 1);
      if (isoDayOf(walked) <= 5) left -= 1;
    }
    expect([day, handlingDays, minDays, earliest]).toEqual([day, handlingDays, minDays, walked]);
  }
});

it('is never earlier for a later order, and never on a weekend that does not count', () => {
  const random = randomOf(31);
  const timeZones = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Lord_Howe', 'Pacific/Apia'];
  for (let round = 0; round < rounds(2000); round += 1) {
    const now = Date.UTC(2026, 0, 1) + integer(random, 0, 3 * 366 * 86_400_000);
    const weekends = random() < 0.5;
    const timing = {
      handlingDays: integer(random, 0, 3),
      minDays: integer(random, 0, 5),
      maxDays: integer(random, 5, 9),
      weekends,
      cutoff: { time: oneOf(random, ['00:00', '02:30', '12:00', '23:59']), timeZone: oneOf(random, timeZones) },
    };
    const first = estimateDelivery(timing, now);
    const second = estimateDelivery(timing, now + integer(random, 0, 3 * 86_400_000));
    expect(second.earliest >= first.earliest && second.latest >= first.latest).toBe(true);
    expect(first.latest >= first.earliest).toBe(true);
    if (!weekends) expect(Math.max(isoDayOf(first.earliest), isoDayOf(first.latest))).toBeLessThanOrEqual(5);
  }
});
