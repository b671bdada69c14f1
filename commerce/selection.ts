import type { Selection } from './rules';

/** What a selection looks at of a variant. */
export interface Selectable {
  id: string;
  productId: string;
  collectionIds: readonly string[];
}

/** Whether a variant is among what a selection names. Null is everything. */
export function isSelected(selection: Selection | null, variant: Selectable): boolean {
  if (selection === null) return true;
  const { all, except } = setsOf(selection);
  return isNamed(all, variant) && !(except && isNamed(except, variant));
}

/** Ids of products, collections and variants are unique in all, so one set holds them. */
interface Sets {
  all: ReadonlySet<string>;
  except: ReadonlySet<string> | null;
}

/** A selection may name hundreds, and is asked about each line of each cart: its sets are made once. */
const known = new WeakMap<Selection, Sets>();

function setsOf(selection: Selection): Sets {
  let sets = known.get(selection);
  if (!sets) {
    sets = { all: idsOf(selection), except: selection.except ? idsOf(selection.except) : null };
    known.set(selection, sets);
  }
  return sets;
}

function isNamed(ids: ReadonlySet<string>, { id, productId, collectionIds }: Selectable): boolean {
  if (ids.has(id) || ids.has(productId)) return true;
  for (const collectionId of collectionIds) if (ids.has(collectionId)) return true;
  return false;
}

/** The ids that a selection names. */
export function idsOf({
  productIds = [],
  collectionIds = [],
  variantIds = [],
}: Omit<Selection, 'except'>): Set<string> {
  return new Set([...productIds, ...collectionIds, ...variantIds]);
}
