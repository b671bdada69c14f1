type Pair = { member: string; score: number };

/** Members in order of score, then of bytes. Finding is a binary search; inserting moves what comes behind. */
export class SortedSet {
  readonly #scores = new Map<string, number>();
  readonly #order: Pair[] = [];

  get size(): number {
    return this.#order.length;
  }

  score(member: string): number | undefined {
    return this.#scores.get(member);
  }

  set(member: string, score: number): void {
    this.delete(member);
    this.#scores.set(member, score);
    this.#order.splice(this.#position(member, score), 0, { member, score });
  }

  delete(member: string): boolean {
    const score = this.#scores.get(member);
    if (score === undefined) return false;
    this.#scores.delete(member);
    this.#order.splice(this.#position(member, score), 1);
    return true;
  }

  /** The place of a member from the lowest, or undefined. */
  rank(member: string): number | undefined {
    const score = this.#scores.get(member);
    return score === undefined ? undefined : this.#position(member, score);
  }

  /** All pairs from the lowest. Not a copy: do not change the set while using it. */
  get pairs(): readonly Pair[] {
    return this.#order;
  }

  #position(member: string, score: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.#order[middle]!;
      if (at.score < score || (at.score === score && at.member < member)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
