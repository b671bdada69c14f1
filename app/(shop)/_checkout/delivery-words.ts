import type { ShippingOption } from '@/commerce/shipping';
import { localeOf } from '../currencies';

/** `Arrives Fri 27 – Mon 30 Nov`, as the place of the currency writes days. */
export function arrivalText({ kind, estimate }: Pick<ShippingOption, 'kind' | 'estimate'>, currency: string): string {
  const { earliest, latest } = estimate;
  if (kind === 'pickup') return `Ready to be picked up from ${daysText(earliest, earliest, currency)}`;
  return `Arrives ${daysText(earliest, latest, currency)}`;
}

/** Both days are `YYYY-MM-DD` on the calendar of the shop, and belong to no time zone. */
function daysText(from: string, until: string, currency: string): string {
  const format = new Intl.DateTimeFormat(localeOf(currency), {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
  return format.formatRange(new Date(`${from}T00:00:00Z`), new Date(`${until}T00:00:00Z`));
}
