import type { Selection } from './rules';
import { isSelected, type Selectable, setsOf } from './selection';

/** A line as promotions see it; amounts in minor units. */
export interface GoodsLine {
  variant: Selectable;
  quantity: number;
  /** Before promotions. */
  unitMinor: number;
  /** `quantity` times `unitMinor`. */
  grossMinor: number;
}

/**
 * The lines of a cart, quick to ask what a selection finds among them: hundreds of promotions ask, and an answer costs no
 * more than the lines that it names. Lines come in an order of their own that does not depend on how the cart was filled:
 * it decides where odd minor units go.
 */
export class Basket {
  readonly lines: readonly GoodsLine[];
  readonly #all: readonly number[];
  /** By the id of a variant, product or collection: the lines of it, ascending. */
  readonly #byId = new Map<string, number[]>();
  readonly #found = new Map<Selection, readonly number[]>();
  readonly #subtotals = new Map<Selection | null, number>();
  readonly #sorted = new Map<Selection | null, readonly number[]>();

  constructor(lines: readonly GoodsLine[]) {
    this.lines = lines;
    this.#all = lines.map((_, index) => index);
    for (const [index, { variant }] of lines.entries()) {
      this.#note(variant.id, index);
      this.#note(variant.productId, index);
      for (const collectionId of variant.collectionIds) this.#note(collectionId, index);
    }
  }

  /** Of the variants in it, of their products and of their collections, each once. */
  ids(): Iterable<string> {
    return this.#byId.keys();
  }

  /** The lines that a selection names, by index, ascending. */
  at(selection: Selection | null): readonly number[] {
    if (selection === null) return this.#all;
    let found = this.#found.get(selection);
    if (!found) {
      found = this.#find(selection);
      this.#found.set(selection, found);
    }
    return found;
  }

  /** The price before promotions of what a selection names, in minor units. */
  subtotal(selection: Selection | null): number {
    let sum = this.#subtotals.get(selection);
    if (sum === undefined) {
      sum = 0;
      for (const index of this.at(selection)) sum += this.lines[index]!.grossMinor;
      this.#subtotals.set(selection, sum);
    }
    return sum;
  }

  units(selection: Selection | null): number {
    let sum = 0;
    for (const index of this.at(selection)) sum += this.lines[index]!.quantity;
    return sum;
  }

  /** The lines that a selection names by unit price, those of one price in their own order. */
  cheapestFirst(selection: Selection | null): readonly number[] {
    let sorted = this.#sorted.get(selection);
    if (!sorted) {
      const { lines } = this;
      sorted = [...this.at(selection)].sort((a, b) => lines[a]!.unitMinor - lines[b]!.unitMinor || a - b);
      this.#sorted.set(selection, sorted);
    }
    return sorted;
  }

  #note(id: string, index: number): void {
    const known = this.#byId.get(id);
    if (known) known.push(index);
    else this.#byId.set(id, [index]);
  }

  #find(selection: Selection): readonly number[] {
    const { all, except } = setsOf(selection);
    if (all.size === 1 && !except) {
      const [id] = all;
      return this.#byId.get(id!) ?? [];
    }
    const found = new Set<number>();
    for (const id of all) {
      for (const index of this.#byId.get(id) ?? []) found.add(index);
    }
    if (except) {
      for (const index of found) if (!isSelected(selection, this.lines[index]!.variant)) found.delete(index);
    }
    return [...found].sort((a, b) => a - b);
  }
}
