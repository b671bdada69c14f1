import { describe, expect, it } from 'vitest';
import { effects, NOW, paid, price, promotion, told } from './examples';

const { percent } = effects;
const ten = promotion('Ten off', percent(10), { codes: ['TEN', 'ZEHN'] });
const five = promotion('Five off', percent(5), { codes: ['FIVE'] });

describe('codes', () => {
  it.each<[string, string[], string, string]>([
    ['none', [], 'tea 4.00', ''],
    ['one', ['TEN'], 'tea 3.60', 'Ten off: -0.40'],
    ['one in small letters', ['ten'], 'tea 3.60', 'Ten off: -0.40'],
    ['the other one of the same promotion', ['ZEHN'], 'tea 3.60', 'Ten off: -0.40'],
    ['both of one promotion, which count once', ['TEN', 'ZEHN'], 'tea 3.60', 'Ten off: -0.40'],
    ['one twice, which counts once', ['TEN', 'TEN'], 'tea 3.60', 'Ten off: -0.40'],
    // 4.00 less 5 % is 3.80, less 10 % is 3.42: of equal priority, the lower id comes first.
    ['two of two promotions', ['TEN', 'FIVE'], 'tea 3.42', 'Five off: -0.20, Ten off: -0.38'],
    ['two of two promotions, the other way round', ['FIVE', 'TEN'], 'tea 3.42', 'Five off: -0.20, Ten off: -0.38'],
    ['one that is nobody’s', ['ELEVEN'], 'tea 4.00', 'ELEVEN: code_unknown'],
    ['one with a space', ['TEN '], 'tea 4.00', 'TEN : code_unknown'],
    [
      'one that every object has',
      ['__proto__', 'constructor'],
      'tea 4.00',
      '__proto__: code_unknown, constructor: code_unknown',
    ],
    ['one that is right and one that is not', ['NO', 'TEN'], 'tea 3.60', 'Ten off: -0.40, NO: code_unknown'],
  ])('%s', (_name, coupons, expected, outcome) => {
    const priced = price('1 tea', [ten, five], { coupons });
    expect([paid(priced), told(priced)]).toEqual([expected, outcome]);
  });

  it('are named as they were entered', () => {
    const { promotions, items } = price('1 tea', [ten], { coupons: ['zehn'] });
    expect(promotions[0]?.code).toBe('zehn');
    expect(items[0]?.adjustments[0]?.code).toBe('zehn');
  });

  it('warn where they do nothing', () => {
    const { warnings } = price('1 tea', [ten], { coupons: ['TEN', 'ZEHN', 'NO'] });
    expect(warnings).toEqual([
      {
        code: 'coupon_not_applicable',
        path: 'coupons.1',
        message: 'This code stands for what another one does already.',
      },
      { code: 'coupon_not_applicable', path: 'coupons.2', message: 'There is no such code.' },
    ]);
  });

  it('are not asked for by what is automatic', () => {
    expect(told(price('1 tea', [promotion('Sale', percent(10))]))).toBe('Sale: -0.40');
  });
});

describe('the time of a promotion', () => {
  it.each<[string, number | null, number | null, string]>([
    ['always', null, null, 'Ten off: -0.40'],
    ['from now on', NOW, null, 'Ten off: -0.40'],
    ['from a millisecond ago', NOW - 1, null, 'Ten off: -0.40'],
    // Its title is nobody's to know before.
    ['in a millisecond', NOW + 1, null, 'TEN: not_started'],
    ['until in a millisecond', null, NOW + 1, 'Ten off: -0.40'],
    ['until now', null, NOW, 'Ten off: ended'],
    ['until a millisecond ago', null, NOW - 1, 'Ten off: ended'],
    ['this millisecond alone', NOW, NOW + 1, 'Ten off: -0.40'],
    ['never', NOW, NOW, 'Ten off: ended'],
  ])('is %s', (_name, startsAt, endsAt, expected) => {
    expect(told(price('1 tea', [{ ...ten, startsAt, endsAt }], { coupons: ['TEN'] }))).toBe(expected);
  });

  it.each<[string, string, { days: number[]; from: string; until: string; timeZone: string }, boolean]>([
    ['on its day', '2026-11-25T12:00Z', { days: [3], from: '00:00', until: '24:00', timeZone: 'UTC' }, true],
    ['on another day', '2026-11-25T12:00Z', { days: [2, 4], from: '00:00', until: '24:00', timeZone: 'UTC' }, false],
    [
      'on a Sunday, which is 7',
      '2026-11-29T12:00Z',
      { days: [7], from: '00:00', until: '24:00', timeZone: 'UTC' },
      true,
    ],
    ['at the first minute', '2026-11-25T17:00Z', { days: [3], from: '17:00', until: '19:00', timeZone: 'UTC' }, true],
    ['a second before', '2026-11-25T16:59:59Z', { days: [3], from: '17:00', until: '19:00', timeZone: 'UTC' }, false],
    [
      'in the last minute',
      '2026-11-25T18:59:59.999Z',
      { days: [3], from: '17:00', until: '19:00', timeZone: 'UTC' },
      true,
    ],
    ['at the end', '2026-11-25T19:00Z', { days: [3], from: '17:00', until: '19:00', timeZone: 'UTC' }, false],
    [
      'in the last minute of the day',
      '2026-11-25T23:59:59Z',
      { days: [3], from: '20:00', until: '24:00', timeZone: 'UTC' },
      true,
    ],
    ['at midnight after', '2026-11-26T00:00Z', { days: [3], from: '20:00', until: '24:00', timeZone: 'UTC' }, false],
    [
      'at five in Berlin in winter, an hour ahead',
      '2026-11-25T16:00Z',
      { days: [3], from: '17:00', until: '19:00', timeZone: 'Europe/Berlin' },
      true,
    ],
    [
      'at five in Berlin in summer, two ahead',
      '2026-07-22T15:00Z',
      { days: [3], from: '17:00', until: '19:00', timeZone: 'Europe/Berlin' },
      true,
    ],
    [
      'an hour early in summer',
      '2026-07-22T14:59Z',
      { days: [3], from: '17:00', until: '19:00', timeZone: 'Europe/Berlin' },
      false,
    ],
    [
      'where it is Thursday already',
      '2026-11-25T16:00Z',
      { days: [4], from: '01:00', until: '02:00', timeZone: 'Asia/Tokyo' },
      true,
    ],
    [
      'where it is Tuesday still',
      '2026-11-25T05:00Z',
      { days: [2], from: '19:00', until: '20:00', timeZone: 'Pacific/Honolulu' },
      true,
    ],
    // In the night to 29 March 2026 the clocks of Berlin went from 2:00 to 3:00.
    [
      'when its hours are left out',
      '2026-03-29T01:00Z',
      { days: [7], from: '02:00', until: '03:00', timeZone: 'Europe/Berlin' },
      false,
    ],
    // In the night to 25 October 2026 they showed 2:30 twice.
    [
      'when its hour comes first',
      '2026-10-25T00:30Z',
      { days: [7], from: '02:00', until: '03:00', timeZone: 'Europe/Berlin' },
      true,
    ],
    [
      'when its hour comes again',
      '2026-10-25T01:30Z',
      { days: [7], from: '02:00', until: '03:00', timeZone: 'Europe/Berlin' },
      true,
    ],
  ])('in the week is kept %s', (_name, moment, hours, holds) => {
    const priced = price('1 tea', [{ ...ten, hours: [hours] }], { coupons: ['TEN'], now: Date.parse(moment) });
    expect(told(priced)).toBe(holds ? 'Ten off: -0.40' : 'Ten off: outside_hours');
  });

  it('may be any of several in the week', () => {
    const at = (from: string, until: string) => ({ days: [3], from, until, timeZone: 'UTC' });
    const lunch = { ...ten, hours: [at('08:00', '09:00'), at('12:00', '13:00')] };
    expect(told(price('1 tea', [lunch], { coupons: ['TEN'] }))).toBe('Ten off: -0.40');
  });
});
