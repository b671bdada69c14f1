/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `min` to `max`, both included. */
export function integer(random: () => number, min: number, max: number): number {
  return Math.min(max, Math.floor(min + random() * (max - min + 1)));
}

export function oneOf<Value>(random: () => number, values: readonly Value[]): Value {
  return values[integer(random, 0, values.length - 1)] as Value;
}

/** How many inputs to generate: a twentieth where thousands of mutants each have to pass them (`npm run mutation`). */
export const rounds = (count: number) => (process.env.MUTATION === undefined ? count : count / 20);
