import type { Address } from '@/commerce/cart';

/** An address as it is written on a parcel, line by line. */
export function addressLines({ name, line1, line2, postalCode, city, region, country }: Address): string[] {
  const countryName = new Intl.DisplayNames('en', { type: 'region' }).of(country);
  return [name, line1, line2, `${postalCode} ${city}`, region, countryName].filter((line) => line !== undefined);
}
