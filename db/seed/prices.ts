export type Currency = 'EUR' | 'USD' | 'GBP' | 'JPY';

/** What a euro is worth to a price list, which is not what a bank says: prices are made, not converted. */
const PER_EURO: Record<Currency, number> = { EUR: 1, USD: 1.12, GBP: 0.87, JPY: 162 };

/** The price in a currency's minor units, as its shoppers are used to see prices; with what it was before, if reduced. */
export function priceIn(
  currency: Currency,
  eurMinor: number,
  reducedBy = 0,
): { amountMinor: number; compareAtMinor: number | null } {
  const before = charm(currency, (eurMinor / 100) * PER_EURO[currency]);
  if (reducedBy === 0) return { amountMinor: before, compareAtMinor: null };
  const now = charm(currency, (eurMinor / 100) * PER_EURO[currency] * (1 - reducedBy / 100));
  return { amountMinor: now, compareAtMinor: before };
}

/** 6.90 and 24.50, 49 and 129; in yen 1,980 and 12,800. */
function charm(currency: Currency, amount: number): number {
  if (currency === 'JPY') {
    return amount < 10_000 ? Math.round(amount / 100) * 100 - 20 : Math.round(amount / 1000) * 1000 - 200;
  }
  if (amount < 12) return Math.round(amount) * 100 - 10;
  if (amount < 40) return Math.round(amount * 2) * 50;
  if (amount < 100) return Math.round((amount - 4) / 5) * 500 + 400;
  return Math.round((amount - 9) / 10) * 1000 + 900;
}
