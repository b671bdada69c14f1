import type { Place } from './market';

/**
 * Whether a place lies within an area: in its country, in one of its regions, at one of its postcodes. Empty lists are
 * all. What is not known of the place fits only an area that does not ask for it.
 *
 * Regions are subdivisions of ISO 3166-2, `CA` or `US-CA`. Postcodes are patterns: `10115`, `97*`, or `35000-35999`, which
 * holds all between of as many digits. Case, spaces and dashes make no difference, and a ZIP+4 (`10115-1234`) fits by its
 * first part.
 */
export function fitsPlace(
  area: { country: string; regions: readonly string[]; postalCodes: readonly string[] },
  place: Place,
): boolean {
  if (area.country !== place.country) return false;
  if (area.regions.length > 0) {
    const region = bareRegion(place.region ?? '', place.country);
    if (region === '' || !area.regions.some((wanted) => bareRegion(wanted, area.country) === region)) return false;
  }
  if (area.postalCodes.length === 0) return true;
  const code = barePostalCode(place.postalCode ?? '');
  return code !== '' && area.postalCodes.some((pattern) => fitsPattern(pattern, code));
}

/** Whether a text is a pattern that `fitsPlace` can fit something to: a range has ends of equal length, in order. */
export function isPostalPattern(text: string): boolean {
  if (text.length > MAX_PATTERN_LENGTH) return false;
  const range = rangeOf(text);
  return range ? range.from <= range.to : /^[a-z0-9](?:[ -]?[a-z0-9])*\*?$/i.test(text);
}

const MAX_PATTERN_LENGTH = 32;

function bareRegion(text: string, country: string): string {
  const region = text.trim().toUpperCase();
  return region.startsWith(`${country}-`) ? region.slice(country.length + 1) : region;
}

function barePostalCode(text: string): string {
  const code = text.trim().toUpperCase();
  return (ZIP_PLUS_FOUR.test(code) ? code.slice(0, 5) : code).replace(/[\s-]/g, '');
}

const ZIP_PLUS_FOUR = /^\d{5}-\d{4}$/;

function fitsPattern(pattern: string, code: string): boolean {
  const range = rangeOf(pattern);
  // Digits of one length stand in the order of their numbers.
  if (range) return code.length === range.from.length && isDigits(code) && range.from <= code && code <= range.to;
  const text = barePostalCode(pattern);
  return text.endsWith('*') ? code.startsWith(text.slice(0, -1)) : code === text;
}

/** Ends of different lengths are no range but a code with a dash in it: `100-0001` in Japan, `00-950` in Poland. */
function rangeOf(pattern: string): { from: string; to: string } | null {
  const dash = pattern.indexOf('-');
  const from = pattern.slice(0, dash).trim();
  const to = pattern.slice(dash + 1).trim();
  return dash > 0 && from.length === to.length && isDigits(from) && isDigits(to) ? { from, to } : null;
}

function isDigits(text: string): boolean {
  return /^\d+$/.test(text);
}
