import { describe, expect, it } from 'vitest';
import { arrivalText } from '@/app/(shop)/_checkout/delivery-words';

const estimate = (earliest: string, latest: string) => ({ minDays: 0, maxDays: 0, earliest, latest });

/** ICU sets narrow spaces around the dash of a range. */
const plain = (text: string) => text.replaceAll(/[\u2009\u202f]/g, ' ');

describe('When an order arrives', () => {
  it.each([
    ['within a month', 'EUR', '2026-11-27', '2026-11-30', 'Arrives Fri 27 – Mon 30 Nov'],
    ['over the end of a month', 'EUR', '2026-11-30', '2026-12-02', 'Arrives Mon 30 Nov – Wed 2 Dec'],
    ['on one day', 'EUR', '2026-11-27', '2026-11-27', 'Arrives Fri, 27 Nov'],
    ['as dollars are at home', 'USD', '2026-11-27', '2026-11-30', 'Arrives Fri, Nov 27 – Mon, Nov 30'],
  ])('is told in words %s', (_, currency, earliest, latest, words) => {
    expect(plain(arrivalText({ kind: 'delivery', estimate: estimate(earliest, latest) }, currency))).toBe(words);
  });

  it('is the first day for what is picked up', () => {
    const text = arrivalText({ kind: 'pickup', estimate: estimate('2026-11-27', '2026-11-30') }, 'EUR');
    expect(plain(text)).toBe('Ready to be picked up from Fri, 27 Nov');
  });
});
