import { currencyExponent } from '@/commerce/money';
import type { ProductQuery } from '@/edge/catalog';

/** What Next hands a page of its address's query. */
export type SearchParams = Record<string, string | string[] | undefined>;

export const SORTS = [
  { value: 'featured', label: 'As we arranged it' },
  { value: 'relevance', label: 'Best match' },
  { value: 'newest', label: 'Newest' },
  { value: 'price-asc', label: 'Price, low to high' },
  { value: 'price-desc', label: 'Price, high to low' },
  { value: 'title', label: 'Name' },
] as const;

type SortName = (typeof SORTS)[number]['value'];

/** Before the name of an option in an address: `option.Colour=Indigo`. */
export const OPTION_PREFIX = 'option.';

/** What an address asks for. Whatever it says that cannot be understood is left out: a link never breaks a page. */
export interface Wish {
  q: string;
  collection: string;
  sort: SortName | '';
  available: boolean;
  /** As the visitor typed them, in whole or decimal units of the currency. */
  min: string;
  max: string;
  options: Record<string, string[]>;
  cursor: string;
}

export function readWish(params: SearchParams): Wish {
  const one = (name: string) => firstOf(params[name]).slice(0, 500).trim();
  const options: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(params)) {
    if (!name.startsWith(OPTION_PREFIX) || name === OPTION_PREFIX) continue;
    const values = (Array.isArray(value) ? value : [value ?? '']).filter((text) => text !== '');
    if (values.length > 0) options[name.slice(OPTION_PREFIX.length)] = values;
  }
  return {
    q: one('q').slice(0, 200),
    collection: one('collection'),
    sort: SORTS.find(({ value }) => value === one('sort'))?.value ?? '',
    available: one('available') === 'true',
    min: one('min'),
    max: one('max'),
    options,
    cursor: one('cursor'),
  };
}

/** The wish as the catalog takes it. */
export function toProductQuery(wish: Wish, currency: string): ProductQuery {
  const minPrice = toMinor(wish.min, currency);
  const maxPrice = toMinor(wish.max, currency);
  return {
    currency,
    facets: true,
    ...(wish.q ? { q: wish.q } : {}),
    ...(wish.collection ? { collection: wish.collection } : {}),
    ...(wish.sort ? { sort: wish.sort } : {}),
    ...(wish.available ? { available: true } : {}),
    ...(minPrice === null ? {} : { minPrice }),
    ...(maxPrice === null ? {} : { maxPrice }),
    ...(Object.keys(wish.options).length > 0 ? { options: wish.options } : {}),
    ...(wish.cursor ? { cursor: wish.cursor } : {}),
  };
}

/** The address that asks for the wish; `sort` is always in it, since that is what sends a collection to its live page. */
export function toHref(path: string, wish: Wish, leave: { collection?: boolean } = {}): string {
  const params = new URLSearchParams();
  if (wish.q) params.set('q', wish.q);
  if (wish.collection && !leave.collection) params.set('collection', wish.collection);
  params.set('sort', effectiveSort(wish));
  if (wish.available) params.set('available', 'true');
  if (wish.min) params.set('min', wish.min);
  if (wish.max) params.set('max', wish.max);
  for (const [name, values] of Object.entries(wish.options)) {
    for (const value of values) params.append(`${OPTION_PREFIX}${name}`, value);
  }
  if (wish.cursor) params.set('cursor', wish.cursor);
  return `${path}?${params}`;
}

/** The order of a list whose address does not name one, or names one that it cannot have: as the catalog has it. */
export function effectiveSort(wish: Wish): SortName {
  const otherwise = wish.q ? 'relevance' : wish.collection ? 'featured' : 'newest';
  if (wish.sort === 'relevance' && !wish.q) return otherwise;
  if (wish.sort === 'featured' && !wish.collection) return otherwise;
  return wish.sort || otherwise;
}

/** Whether anything is narrowed down; words, collection and order are not counted. */
export function isNarrowed(wish: Wish): boolean {
  return wish.available || wish.min !== '' || wish.max !== '' || Object.keys(wish.options).length > 0;
}

/** `19.90` in euros is 1990; a comma counts as a point; null for what is no amount. */
function toMinor(text: string, currency: string): number | null {
  const match = /^(\d{1,9})(?:[.,](\d{1,4}))?$/.exec(text);
  if (!match) return null;
  const exponent = currencyExponent(currency);
  const fraction = (match[2] ?? '').padEnd(exponent, '0').slice(0, exponent);
  return Number(`${match[1]}${fraction}`);
}

function firstOf(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
