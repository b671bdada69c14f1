/** What can be wrong with taxes and shipping beyond their shape. */
import { isPostalPattern } from '@/commerce/place';
import { checkTimeZone } from './check-promotions';
import type { Scope } from './scope';
import type { Amounts, Entry } from './shape';
import { parseAmount, parsePercent, parseTimeOfDay } from './values';

/** Checks where the shop sells, how it taxes and how it ships. */
export function checkRegions(scope: Scope): void {
  checkTaxZones(scope);
  for (const [zone, path] of scope.entries('shippingZones')) checkShippingZone(scope, zone, path);
  for (const [method, path] of scope.entries('shippingMethods')) checkShippingMethod(scope, method, path);
  if (scope.rules.taxZones?.length === 0) {
    scope.error('taxZones', 'shop_without_tax_zone', 'Without a tax zone the shop sells to no country.');
  }
  if (scope.rules.shippingMethods?.length === 0) {
    scope.error('shippingMethods', 'shop_without_shipping_method', 'Without a way of shipping nothing can be ordered.');
  }
}

// ---------------------------------------------------------------- tax

function checkTaxZones(scope: Scope): void {
  const places = new Map<string, string>();
  const included = new Map<string, { id: string; pricesIncludeTax: boolean }>();
  const whole = new Set<string>();
  for (const [zone, path] of scope.entries('taxZones')) {
    const { id, country, region, postalCodes, pricesIncludeTax } = zone;
    scope.country(country, `${path}.country`);
    if (region !== null) checkRegion(scope, region, `${path}.region`);
    checkPostalCodes(scope, postalCodes, `${path}.postalCodes`);
    const place = JSON.stringify([country, region, postalCodes.toSorted()]);
    const same = places.get(place);
    if (same !== undefined) scope.error(path, 'zone_repeated', `"${same}" is for the same place.`);
    else places.set(place, id);
    const other = included.get(country);
    if (!other) included.set(country, { id, pricesIncludeTax });
    else if (other.pricesIncludeTax !== pricesIncludeTax) {
      const message = `Prices in ${country} contain tax everywhere or nowhere, and "${other.id}" says otherwise.`;
      scope.error(`${path}.pricesIncludeTax`, 'tax_display_contradicts', message);
    }
    if (region === null && postalCodes.length === 0) whole.add(country);
    checkRates(scope, zone, path);
  }
  for (const [{ country }, path] of scope.entries('taxZones')) {
    if (whole.has(country)) continue;
    whole.add(country);
    const message = `No zone is for ${country} as a whole: an address that fits none is taxed as the first one there.`;
    scope.warn(path, 'country_not_whole', message);
  }
}

function checkRates(scope: Scope, { rates, shipping }: Entry<'taxZones'>, path: string): void {
  for (const [taxClass, taxes] of Object.entries(rates)) {
    const at = `${path}.rates.${taxClass}`;
    if (!/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/.test(taxClass)) {
      scope.error(at, 'tax_class_malformed', 'A tax class is lower-case letters, digits and hyphens, such as reduced.');
    }
    scope.notEmpty(taxes, at);
    for (const [index, { percent, compound }] of taxes.entries()) {
      // Half a basis point and less is met: 9.975 % in Québec.
      const bps = scope.take(parsePercent(percent, 4), `${at}.${index}.percent`);
      if (bps !== null && (bps < 0 || bps > 10_000)) {
        scope.error(`${at}.${index}.percent`, 'percent_out_of_range', 'A tax is from 0 to 100 per cent.');
      }
      if (compound && index === 0) {
        scope.warn(`${at}.${index}.compound`, 'compound_needless', 'There is no tax before it to be taken on.');
      }
    }
  }
  if (Object.keys(rates).length > 0 && !Object.hasOwn(rates, 'standard')) {
    const message = 'There is no "standard" rate, so goods of a class that is not here are not taxed.';
    scope.warn(`${path}.rates`, 'standard_rate_missing', message);
  }
  if (shipping.by === 'class' && !Object.hasOwn(rates, shipping.taxClass) && Object.keys(rates).length > 0) {
    scope.warn(
      `${path}.shipping.taxClass`,
      'tax_class_without_rate',
      'The zone has no rate for this: "standard" holds.',
    );
  }
}

function checkRegion(scope: Scope, region: string, path: string): void {
  if (/^[A-Z0-9]{1,3}$/.test(region)) return;
  const message = `"${region}" is not the subdivision's part of ISO 3166-2, such as CA of US-CA.`;
  scope.error(path, 'region_malformed', message);
}

function checkPostalCodes(scope: Scope, patterns: readonly string[], path: string): void {
  for (const [index, pattern] of patterns.entries()) {
    if (isPostalPattern(pattern)) continue;
    const message = `"${pattern}" is not a postcode such as 10115, a beginning such as 97*, or a range such as 35000-35999.`;
    scope.error(`${path}.${index}`, 'postal_pattern_malformed', message);
  }
  scope.once(patterns, path);
}

// ---------------------------------------------------------------- shipping

function checkShippingZone(scope: Scope, { areas }: Entry<'shippingZones'>, path: string): void {
  scope.notEmpty(areas, `${path}.areas`);
  for (const [index, { country, regions, postalCodes }] of areas.entries()) {
    const at = `${path}.areas.${index}`;
    scope.country(country, `${at}.country`);
    for (const [place, region] of regions.entries()) checkRegion(scope, region, `${at}.regions.${place}`);
    scope.once(regions, `${at}.regions`);
    checkPostalCodes(scope, postalCodes, `${at}.postalCodes`);
    const zones = scope.rules.taxZones ?? [];
    if (!zones.some((zone) => zone === null || zone.country === country)) {
      scope.warn(
        `${at}.country`,
        'country_not_sold_to',
        `The shop has no tax zone for ${country}, so nothing is sold there.`,
      );
    }
  }
}

function checkShippingMethod(scope: Scope, method: Entry<'shippingMethods'>, path: string): void {
  const { kind, zone, prices, freeFrom, limits, excludes, minDays, maxDays, cutoff, pickupAddress } = method;
  if (zone !== null) scope.reference('shippingZones', zone, `${path}.zone`);
  if (Object.keys(prices).length === 0) {
    scope.error(`${path}.prices`, 'amounts_empty', 'There must be a price in one currency at least.');
  }
  for (const [currency, steps] of Object.entries(prices)) {
    const at = `${path}.prices.${currency}`;
    if (!scope.currency(currency, at)) continue;
    scope.notEmpty(steps, at);
    checkPriceSteps(scope, method, currency, at);
  }
  scope.amounts(freeFrom, `${path}.freeFrom`, { mayBeEmpty: true });
  checkWithoutPrice(scope, freeFrom, prices, `${path}.freeFrom`);
  checkLimits(scope, limits, `${path}.limits`);
  scope.selection(excludes, `${path}.excludes`);
  if (minDays > maxDays)
    scope.error(`${path}.maxDays`, 'days_contradict', `This must be ${minDays} ("minDays") or more.`);
  if (cutoff) {
    const minutes = scope.take(parseTimeOfDay(cutoff.time), `${path}.cutoff.time`);
    if (minutes === 1440) {
      scope.error(`${path}.cutoff.time`, 'time_of_day_malformed', 'The last moment of a day is 23:59 here.');
    }
    checkTimeZone(scope, cutoff.timeZone, `${path}.cutoff.timeZone`);
  }
  if (kind === 'pickup' && pickupAddress === null) {
    scope.warn(path, 'pickup_without_address', 'Nobody is told where to pick it up: "pickupAddress" is missing.');
  }
}

function checkPriceSteps(
  scope: Scope,
  { basis, prices }: Entry<'shippingMethods'>,
  currency: string,
  path: string,
): void {
  let before = -1;
  for (const [index, { from, amount }] of (prices[currency] ?? []).entries()) {
    const at = `${path}.${index}`;
    scope.take(parseAmount(amount, currency), `${at}.amount`);
    const measure = measureOf(scope, basis, from, currency, `${at}.from`);
    if (measure === null) continue;
    if (basis === 'flat' && index > 0) {
      scope.error(at, 'flat_with_steps', 'What costs the same whatever it is has one price in each currency.');
    } else if (measure === before) {
      scope.error(`${at}.from`, 'step_repeated', `There are two prices from ${from} on.`);
    } else if (measure < before) {
      scope.error(`${at}.from`, 'steps_not_ascending', 'Steps stand in the order of their measures.');
    }
    before = measure;
  }
}

/** A step's measure: an amount of the goods as a text, grams and units as a number; flat prices have none. */
function measureOf(
  scope: Scope,
  basis: Entry<'shippingMethods'>['basis'],
  from: string | number,
  currency: string,
  path: string,
): number | null {
  if (basis === 'subtotal') {
    if (from === 0) return 0;
    if (typeof from === 'string') return scope.take(parseAmount(from, currency), path);
    scope.error(path, 'measure_malformed', `Write this as an amount in ${currency}, such as "50".`);
    return null;
  }
  if (typeof from === 'number' && Number.isSafeInteger(from) && from >= 0) {
    if (basis !== 'flat' || from === 0) return from;
    scope.error(path, 'flat_with_steps', 'A flat price holds from 0 on; "basis" says what else is measured.');
    return null;
  }
  const unit = basis === 'quantity' ? 'units' : 'grams';
  scope.error(path, 'measure_malformed', `This must be a whole number of ${unit}.`);
  return null;
}

function checkWithoutPrice(scope: Scope, amounts: Amounts, prices: object, path: string): void {
  for (const currency of Object.keys(amounts)) {
    if (Object.hasOwn(prices, currency)) continue;
    const message = `The method has no price in ${currency}, so it is not offered there, free or not.`;
    scope.warn(`${path}.${currency}`, 'amount_without_price', message);
  }
}

function checkLimits(scope: Scope, limits: Entry<'shippingMethods'>['limits'], path: string): void {
  const { minWeightGrams = 0, maxWeightGrams = Number.POSITIVE_INFINITY, minSubtotal, maxSubtotal } = limits;
  if (minWeightGrams > maxWeightGrams) {
    scope.error(
      `${path}.maxWeightGrams`,
      'limits_contradict',
      `This must be ${minWeightGrams} ("minWeightGrams") or more.`,
    );
  }
  const least = minSubtotal ? scope.amounts(minSubtotal, `${path}.minSubtotal`) : new Map<string, number>();
  const most = maxSubtotal ? scope.amounts(maxSubtotal, `${path}.maxSubtotal`) : new Map<string, number>();
  for (const [currency, amount] of most) {
    if (amount >= (least.get(currency) ?? 0)) continue;
    scope.error(`${path}.maxSubtotal.${currency}`, 'limits_contradict', 'This must not be below "minSubtotal".');
  }
}
