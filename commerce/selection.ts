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

/** The ids that a selection names, and those that it leaves out. They are unique in all kinds, so one set holds them. */
export interface SelectionSets {
  all: ReadonlySet<string>;
  except: ReadonlySet<string> | null;
}

const known = new WeakMap<Selection, SelectionSets>();

/** Made once for each selection: it may name hundreds, and is asked about each line of each cart. */
export function setsOf(selection: Selection): SelectionSets {
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
