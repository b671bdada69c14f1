import { describe, expect, it } from 'vitest';
import { agoText } from '@/app/(shop)/_account/account-words';
import { deviceText } from '@/app/(shop)/_account/device-words';

describe('What a device is called', () => {
  it.each([
    [
      'Chrome on Windows',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    ],
    [
      'Edge on Windows',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
    ],
    ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'],
    [
      'Safari on Mac',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
    ],
    [
      'Safari on iPhone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
    ],
    [
      'Chrome on iPhone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1',
    ],
    [
      'Samsung Internet on Android',
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
    ],
    [
      'Chrome on ChromeOS',
      'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    ],
    [
      'Opera on Mac',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0',
    ],
    ['An unknown device', 'curl/8.14.1'],
    ['An unknown device', ''],
    ['An unknown device', '<script>alert(1)</script>'],
  ])('is %s', (words, userAgent) => {
    expect(deviceText(userAgent)).toBe(words);
  });
});

describe('How long ago something was', () => {
  const now = new Date('2026-11-29T12:00:00Z');

  it.each([
    ['2026-11-29T11:59:31Z', 'just now'],
    // Clocks of servers differ.
    ['2026-11-29T12:00:05Z', 'just now'],
    ['2026-11-29T11:59:00Z', '1 minute ago'],
    ['2026-11-29T09:00:01Z', '2 hours ago'],
    ['2026-11-28T11:00:00Z', 'yesterday'],
    ['2026-11-01T12:00:00Z', '28 days ago'],
    ['2026-09-01T12:00:00Z', '2 months ago'],
    ['2024-11-28T12:00:00Z', '2 years ago'],
  ])('%s is said as %s', (iso, words) => {
    expect(agoText(iso, now)).toBe(words);
  });
});
