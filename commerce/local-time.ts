/** A moment as the clock and the calendar of a place show it. */
interface LocalTime {
  /** As ISO 8601 counts: 1 is Monday, 7 is Sunday. */
  isoDay: number;
  /** Whole minutes that the clock shows since midnight, 0 to 1439. A night that changes to summer time leaves some out. */
  minutes: number;
  /** `YYYY-MM-DD`. */
  date: string;
}

/**
 * What clock and calendar show at `now` (milliseconds since 1970) in a time zone of the IANA database, by the rules for
 * summer time that the runtime knows. Rule files are checked before they get here: a zone that the runtime does not know
 * is a fault of ours, and throws the runtime's `RangeError`.
 */
export function localTime(now: number, timeZone: string): LocalTime {
  const shown: Record<string, string> = {};
  for (const { type, value } of formatterFor(timeZone).formatToParts(now)) shown[type] = value;
  const date = `${shown.year?.padStart(4, '0')}-${shown.month}-${shown.day}`;
  return { isoDay: isoDayOf(date), minutes: Number(shown.hour) * 60 + Number(shown.minute), date };
}

/** A time of day, `HH:MM`, in minutes since midnight: 1440 for `24:00`. */
export function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

/** The day of the week of a `YYYY-MM-DD`, as ISO 8601 counts: 1 is Monday, 7 is Sunday. */
export function isoDayOf(date: string): number {
  return new Date(`${date}T00:00Z`).getUTCDay() || 7;
}

/** The `YYYY-MM-DD` that is some whole days later. Days of the calendar: no time zone and no summer time in them. */
export function addDays(date: string, days: number): string {
  const day = new Date(`${date}T00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      // `hour12: false` would show midnight as 24.
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}
