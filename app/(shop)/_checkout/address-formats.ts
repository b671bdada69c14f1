/** How a country writes its addresses: what its parts are called, in which order, and which it has. */
export interface AddressFormat {
  postalCode: { label: string; required: boolean; inputMode: 'numeric' | 'text' };
  city: { label: string };
  /** Null where addresses have none. */
  region: { label: string; required: boolean } | null;
  /** `postalCode` before the city, as on most of the continent, or after it. */
  order: 'postal-first' | 'city-first';
}

const CONTINENTAL: AddressFormat = {
  postalCode: { label: 'Postal code', required: true, inputMode: 'numeric' },
  city: { label: 'City' },
  region: null,
  order: 'postal-first',
};

const FORMATS: Record<string, AddressFormat> = {
  US: {
    postalCode: { label: 'ZIP code', required: true, inputMode: 'numeric' },
    city: { label: 'City' },
    region: { label: 'State', required: true },
    order: 'city-first',
  },
  CA: {
    postalCode: { label: 'Postal code', required: true, inputMode: 'text' },
    city: { label: 'City' },
    region: { label: 'Province', required: true },
    order: 'city-first',
  },
  AU: {
    postalCode: { label: 'Postcode', required: true, inputMode: 'numeric' },
    city: { label: 'Suburb' },
    region: { label: 'State', required: true },
    order: 'city-first',
  },
  GB: {
    postalCode: { label: 'Postcode', required: true, inputMode: 'text' },
    city: { label: 'Town or city' },
    region: { label: 'County', required: false },
    order: 'city-first',
  },
  IE: {
    postalCode: { label: 'Eircode', required: true, inputMode: 'text' },
    city: { label: 'Town or city' },
    region: { label: 'County', required: true },
    order: 'city-first',
  },
  JP: {
    postalCode: { label: 'Postal code', required: true, inputMode: 'numeric' },
    city: { label: 'City or ward' },
    region: { label: 'Prefecture', required: true },
    order: 'postal-first',
  },
  IT: { ...CONTINENTAL, region: { label: 'Province', required: true } },
  ES: { ...CONTINENTAL, region: { label: 'Province', required: true } },
  NL: { ...CONTINENTAL, postalCode: { label: 'Postal code', required: true, inputMode: 'text' } },
};

/** The format of a country; that of the continent where none of its own is known. */
export function addressFormat(country: string): AddressFormat {
  return Object.hasOwn(FORMATS, country) ? (FORMATS[country] as AddressFormat) : CONTINENTAL;
}
