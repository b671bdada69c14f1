/** The currencies that the shop's pages come in, the first for a visitor who has not chosen. */
export const CURRENCIES = ['EUR', 'USD', 'GBP', 'JPY'] as const;

export type Currency = (typeof CURRENCIES)[number];

/** The cookie that keeps a visitor's choice. It is read by rewrites and by scripts of the page, and is no secret. */
export const CURRENCY_COOKIE = 'currency';

/** How money is written beside English words, so that server and browser agree on every character. */
const LOCALES: Record<string, string> = { EUR: 'en-IE', USD: 'en-US', GBP: 'en-GB', JPY: 'en-JP' };

/** The known currency of that name, else the shop's first. */
export function currencyOr(name: string | undefined): Currency {
  return CURRENCIES.find((currency) => currency === name) ?? CURRENCIES[0];
}

export function localeOf(currency: string): string {
  return LOCALES[currency] ?? 'en';
}
