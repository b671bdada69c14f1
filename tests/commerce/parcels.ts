import type { ShippingArea, ShippingMethod } from '@/commerce/rules';
import type { Dispatch, Parcel, ParcelLine } from '@/commerce/shipping';
import { shippingMethod, taxZone } from './builders';

/** A Wednesday, at noon in UTC. */
export const NOW = Date.parse('2026-11-25T12:00Z');

/** 4.90 €, whatever it is, wherever the shop sells. */
const METHOD = shippingMethod('parcel', { title: 'Parcel', prices: { EUR: [{ from: 0, amountMinor: 490 }] } });

export const method = (changes: Partial<ShippingMethod>): ShippingMethod => ({ ...METHOD, ...changes });

export function line(quantity: number, changes: Partial<ParcelLine['variant']> = {}): ParcelLine {
  const variant = { id: 'var_a', productId: 'prod_a', collectionIds: [], weightGrams: 500, size: null };
  return { quantity, variant: { ...variant, requiresShipping: true, ...changes } };
}

export const parcel = (lines: ParcelLine[], subtotalMinor = 5000): Parcel => ({ lines, subtotalMinor });
export const weighing = (weightGrams: number) => parcel([line(1, { weightGrams })]);
export const costing = (subtotalMinor: number) => parcel([line(1)], subtotalMinor);
export const size = (lengthMm: number, widthMm: number, heightMm: number) => ({ lengthMm, widthMm, heightMm });

const area = (country: string, postalCodes: string[] = [], regions: string[] = []): ShippingArea => ({
  country,
  regions,
  postalCodes,
});

// Föhr, Amrum, Sylt, Langeoog, Spiekeroog, Wangerooge, Norderney, Juist, Baltrum, Borkum, Heligoland.
const ISLANDS = '25938 25946 25980-25999 26465 26474 26486 26548 26571 26579 26757 27498'.split(' ');

export const SHOP: Dispatch['rules'] = {
  taxZones: ['DE', 'AT', 'FR', 'US', 'JP'].map((country) => taxZone(country)),
  shippingZones: [
    { id: 'berlin', title: 'Berlin', areas: [area('DE', ['10*', '12*', '13*', '14050-14199'])] },
    { id: 'islands', title: 'North Sea islands', areas: [area('DE', ISLANDS)] },
    { id: 'alps', title: 'Alps', areas: [area('AT'), area('FR', ['73*', '74*'])] },
    { id: 'west', title: 'West coast', areas: [area('US', [], ['CA', 'OR', 'WA'])] },
    { id: 'nowhere', title: 'Nowhere', areas: [] },
  ],
  shippingMethods: [],
};

export const dispatch = (changes: Partial<Dispatch> = {}): Dispatch => ({
  currency: 'EUR',
  place: { country: 'DE' },
  rules: SHOP,
  now: NOW,
  ...changes,
});
