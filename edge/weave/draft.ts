/**
 * How a cloth is woven, as a weaver writes it down: which shaft each warp end is threaded on, which shafts each treadle
 * lifts, in which order the treadles are trodden, and the colours of the warp and of the weft. Every pattern of the shop
 * comes out of this; none is drawn.
 */
import type { Shade } from './shades';

/** `matrix[pick][end]` is true where the warp end lies on top of the weft pick. It repeats in both directions. */
export type Matrix = boolean[][];

/** Neighbouring threads of one shade. */
export interface Stripe {
  shade: Shade;
  threads: number;
}

export interface Draft {
  matrix: Matrix;
  warp: Stripe[];
  weft: Stripe[];
}

interface Loom {
  /** The shaft of each end, from left to right. */
  threading: number[];
  /** The shafts that each treadle lifts. */
  tieUp: number[][];
  /** The treadle of each pick. */
  treadling: number[];
}

/** What a loom weaves: an end is up in a pick where that pick's treadle lifts the end's shaft. */
export function drawdown({ threading, tieUp, treadling }: Loom): Matrix {
  return treadling.map((treadle) => threading.map((shaft) => tieUp[treadle]?.includes(shaft) ?? false));
}

const TWO_UP_TWO_DOWN = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 0],
];
const STRAIGHT = [0, 1, 2, 3];
const POINT = [0, 1, 2, 3, 2, 1];
const LONG_POINT = [0, 1, 2, 3, 0, 1, 2, 3, 0, 3, 2, 1, 0, 3, 2, 1];

/** The weaves of the mill. Houndstooth, gingham and tartan are not here: they are colour orders on a plain or twill. */
export const WEAVES = {
  plain: drawdown({ threading: [0, 1], tieUp: [[0], [1]], treadling: [0, 1] }),
  basket: drawdown({ threading: [0, 0, 1, 1], tieUp: [[0], [1]], treadling: [0, 0, 1, 1] }),
  /** A warp rib: every shed holds two picks, so that the cloth is ribbed across (grosgrain, ottoman). */
  rep: drawdown({ threading: [0, 1], tieUp: [[0], [1]], treadling: [0, 0, 1, 1] }),
  twill: drawdown({ threading: STRAIGHT, tieUp: TWO_UP_TWO_DOWN, treadling: STRAIGHT }),
  /** Three up, one down: the warp covers the face, as in jeans. */
  denim: drawdown({
    threading: STRAIGHT,
    tieUp: [
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 0],
      [3, 0, 1],
    ],
    treadling: STRAIGHT,
  }),
  /** The twill turns after eight ends, on the opposite shaft: the break is what tells a herringbone from a zigzag. */
  herringbone: drawdown({
    threading: [...STRAIGHT, ...STRAIGHT, 1, 0, 3, 2, 1, 0, 3, 2],
    tieUp: TWO_UP_TWO_DOWN,
    treadling: STRAIGHT,
  }),
  birdseye: drawdown({ threading: POINT, tieUp: TWO_UP_TWO_DOWN, treadling: POINT }),
  diamond: drawdown({ threading: LONG_POINT, tieUp: TWO_UP_TWO_DOWN, treadling: LONG_POINT }),
  /** Five-end satin with a step of two: one binding point in five, none touching another. */
  satin: drawdown({
    threading: [0, 1, 2, 3, 4],
    tieUp: [0, 2, 4, 1, 3].map((down) => [0, 1, 2, 3, 4].filter((shaft) => shaft !== down)),
    treadling: [0, 1, 2, 3, 4],
  }),
  /** Long floats around a plain middle make the cells. */
  waffle: drawdown({
    threading: [0, 1, 2, 3, 4, 3, 2, 1],
    tieUp: [0, 1, 2, 3, 4].map((t) => [0, 1, 2, 3, 4].filter((shaft) => shaft === t || shaft > t + 1)),
    treadling: [0, 1, 2, 3, 4, 3, 2, 1],
  }),
  /** A damask: dots of weft satin, half-dropped on a ground of warp satin. */
  damask: damaskDots(),
} satisfies Record<string, Matrix>;

export type Weave = keyof typeof WEAVES;

function damaskDots(): Matrix {
  const size = 30;
  const radius = 5.2;
  const near = (pick: number, end: number, cy: number, cx: number) =>
    Math.hypot(pick + 0.5 - cy, end + 0.5 - cx) < radius;
  return Array.from({ length: size }, (_, pick) =>
    Array.from({ length: size }, (_, end) => {
      const inDot = [
        [7.5, 7.5],
        [22.5, 22.5],
      ].some(([cy, cx]) => near(pick, end, cy as number, cx as number));
      const binding = (end * 2 + pick) % 5 === 0;
      return inDot ? binding : !binding;
    }),
  );
}

/** How many threads a colour order takes before it repeats. */
export function threadCount(stripes: Stripe[]): number {
  return stripes.reduce((sum, stripe) => sum + stripe.threads, 0);
}

/** Whether all threads of an order are of one shade. */
export function isSolid(stripes: Stripe[]): boolean {
  return stripes.every((stripe) => stripe.shade === stripes[0]?.shade);
}

/** The threads after which both the weave and the colours begin anew. */
export function repeatThreads(weave: number, stripes: Stripe[]): number {
  return isSolid(stripes) ? weave : leastCommonMultiple(weave, threadCount(stripes));
}

export function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y) [x, y] = [y, x % y];
  return (a / x) * b;
}

/** A tartan's whole order from its half sett: there and back, the first and the last stripe (the pivots) only once. */
export function mirrored(sett: Stripe[]): Stripe[] {
  return [...sett, ...sett.slice(1, -1).reverse()];
}

/** The shade that lies on top where a pick crosses an end: all that a weave and its colours come to. */
export function shadeAt({ matrix, warp, weft }: Draft, pick: number, end: number): Shade {
  const row = matrix[pick % matrix.length] as boolean[];
  return row[end % row.length] ? threadAt(warp, end) : threadAt(weft, pick);
}

function threadAt(stripes: Stripe[], index: number): Shade {
  let rest = index % threadCount(stripes);
  for (const { shade, threads } of stripes) {
    if (rest < threads) return shade;
    rest -= threads;
  }
  throw new RangeError('A colour order without threads has no colour.');
}
