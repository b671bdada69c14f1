import { addDays, isoDayOf, localTime, minutesOf } from './local-time';
import type { ShippingMethod } from './rules';

/** When something ordered now arrives, or can be picked up. */
export interface DeliveryEstimate {
  /** Days of handling and days on the way, as the method counts days. */
  minDays: number;
  maxDays: number;
  /** `YYYY-MM-DD`, on the calendar of the place where it is handed over. */
  earliest: string;
  latest: string;
}

/**
 * When an order of this moment (milliseconds since 1970) arrives: days of handling first, then days on the way.
 *
 * The first day is the order's own, in the time zone of the cut-off, or in UTC where the method has none. An order after
 * the cut-off begins a day later; one in the very minute of the cut-off is still in time. Where weekends do not count, an
 * order on a Saturday or Sunday begins on Monday whatever the time, and nothing is handed over or arrives on these days.
 * Public holidays are not known here.
 */
export function estimateDelivery(
  method: Pick<ShippingMethod, 'minDays' | 'maxDays' | 'handlingDays' | 'cutoff' | 'weekends'>,
  now: number,
): DeliveryEstimate {
  const { minDays, maxDays, handlingDays, weekends } = method;
  const begun = firstDay(method, now);
  const later = weekends ? addDays : addWorkingDays;
  const handedOver = later(begun, handlingDays);
  return {
    minDays: handlingDays + minDays,
    maxDays: handlingDays + maxDays,
    earliest: later(handedOver, minDays),
    latest: later(handedOver, maxDays),
  };
}

function firstDay({ cutoff, weekends }: Pick<ShippingMethod, 'cutoff' | 'weekends'>, now: number): string {
  const { date, minutes } = localTime(now, cutoff?.timeZone ?? 'UTC');
  const day = cutoff && minutes > minutesOf(cutoff.time) ? addDays(date, 1) : date;
  const isoDay = isoDayOf(day);
  const untilMonday = 8 - isoDay;
  return weekends || isoDay <= FRIDAY ? day : addDays(day, untilMonday);
}

const FRIDAY = 5;

/** From a working day to the one that is `days` working days later. */
function addWorkingDays(date: string, days: number): string {
  const left = days % 5;
  const overWeekend = isoDayOf(date) + left > FRIDAY;
  return addDays(date, ((days - left) / 5) * 7 + left + (overWeekend ? 2 : 0));
}
