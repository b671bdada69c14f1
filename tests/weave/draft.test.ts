import { describe, expect, it } from 'vitest';
import {
  type Draft,
  drawdown,
  type Matrix,
  mirrored,
  repeatThreads,
  shadeAt,
  threadCount,
  WEAVES,
} from '@/edge/weave/draft';

const at = (matrix: Matrix, pick: number, end: number): boolean => {
  const row = matrix[((pick % matrix.length) + matrix.length) % matrix.length]!;
  return row[((end % row.length) + row.length) % row.length]!;
};

/** Every crossing of a window that holds a whole repeat of each weave, and more. */
const CROSSINGS = Array.from({ length: 60 }, (_, pick) =>
  Array.from({ length: 60 }, (_, end) => [pick, end] as const),
).flat();

/** The longest run of picks an end lies over, and of ends a pick lies over. */
function longestFloats(matrix: Matrix): { warp: number; weft: number } {
  const run = (along: (index: number) => boolean, length: number) => {
    let [longest, current] = [0, 0];
    for (let index = 0; index < length * 2; index += 1) {
      current = along(index) ? current + 1 : 0;
      longest = Math.max(longest, current);
    }
    return longest;
  };
  const [height, width] = [matrix.length, matrix[0]!.length];
  return {
    warp: Math.max(...Array.from({ length: width }, (_, end) => run((pick) => at(matrix, pick, end), height))),
    weft: Math.max(...Array.from({ length: height }, (_, pick) => run((end) => !at(matrix, pick, end), width))),
  };
}

describe('a drawdown', () => {
  it('lifts an end exactly in the picks whose treadle lifts its shaft', () => {
    const matrix = drawdown({ threading: [0, 1, 2], tieUp: [[0, 2], [1]], treadling: [0, 1, 1] });
    expect(matrix).toEqual([
      [true, false, true],
      [false, true, false],
      [false, true, false],
    ]);
  });
});

describe('the weaves', () => {
  it.each(Object.entries(WEAVES))('%s hangs together: every end and every pick is bound', (_, matrix) => {
    for (const row of matrix) expect(new Set(row)).toEqual(new Set([true, false]));
    for (let end = 0; end < matrix[0]!.length; end += 1) {
      expect(new Set(matrix.map((row) => row[end]))).toEqual(new Set([true, false]));
    }
  });

  it.each(Object.entries(WEAVES))('%s has no float over more than seven threads', (_, matrix) => {
    const { warp, weft } = longestFloats(matrix);
    expect(Math.max(warp, weft)).toBeLessThanOrEqual(7);
  });

  it('plain weave crosses at every thread', () => {
    for (const [pick, end] of CROSSINGS) expect(at(WEAVES.plain, pick, end)).toBe((pick + end) % 2 === 0);
  });

  it('2/2 twill goes over two and under two, and shifts one end with every pick', () => {
    expect(longestFloats(WEAVES.twill)).toEqual({ warp: 2, weft: 2 });
    for (const [pick, end] of CROSSINGS) {
      expect(at(WEAVES.twill, pick + 1, end + 1)).toBe(at(WEAVES.twill, pick, end));
    }
  });

  it('denim is a 3/1 twill: three quarters of its face are warp, and it shifts one end with every pick', () => {
    expect(longestFloats(WEAVES.denim)).toEqual({ warp: 3, weft: 1 });
    for (const [pick, end] of CROSSINGS) {
      expect(at(WEAVES.denim, pick + 1, end + 1)).toBe(at(WEAVES.denim, pick, end));
    }
  });

  it('herringbone turns its twill after eight ends', () => {
    for (const [pick, end] of CROSSINGS) {
      // Between the breaks, the line runs one way in the first stripe and the other way in the second.
      if (end % 8 === 7) continue;
      const direction = end % 16 < 8 ? 1 : -1;
      expect(at(WEAVES.herringbone, pick + direction, end + 1)).toBe(at(WEAVES.herringbone, pick, end));
    }
  });

  it('herringbone breaks where it turns: the ends on either side of a break are opposite in every pick', () => {
    for (let pick = 0; pick < 4; pick += 1) {
      for (const end of [7, 15]) {
        expect(at(WEAVES.herringbone, pick, end + 1)).toBe(!at(WEAVES.herringbone, pick, end));
      }
    }
  });

  it.each(['birdseye', 'diamond'] as const)('%s mirrors itself in both directions', (name) => {
    const matrix: Matrix = WEAVES[name];
    // Found, not assumed: some end and some pick about which everything is the same on both sides.
    const mirrorEnds = matrix[0]!.map((_, axis) =>
      CROSSINGS.every(([pick, end]) => at(matrix, pick, axis + end) === at(matrix, pick, axis - end)),
    );
    expect(mirrorEnds).toContain(true);
    // Point treadling mirrors the treadles, so that the picture turns over about a pick.
    const mirrorPicks = matrix.map((_, axis) =>
      CROSSINGS.every(([pick, end]) => at(matrix, axis + pick, end) === at(matrix, axis - pick, end)),
    );
    expect(mirrorPicks).toContain(true);
  });

  it('satin binds once in five, and no binding point touches another', () => {
    for (const row of WEAVES.satin) expect(row.filter((up) => !up)).toHaveLength(1);
    for (const [pick, end] of CROSSINGS) {
      if (at(WEAVES.satin, pick, end)) continue;
      for (const [dPick, dEnd] of [
        [0, 1],
        [1, 0],
        [1, 1],
        [1, -1],
      ] as const) {
        expect(at(WEAVES.satin, pick + dPick, end + dEnd)).toBe(true);
      }
    }
  });

  it('damask is warp satin on the ground and weft satin in its dots', () => {
    const faces = (pick: number, end: number) =>
      CROSSINGS.filter(([p, e]) => Math.abs(p - pick) <= 2 && Math.abs(e - end) <= 2).filter(([p, e]) =>
        at(WEAVES.damask, p, e),
      ).length / 25;
    expect(faces(7, 7)).toBeCloseTo(0.2, 5);
    expect(faces(22, 22)).toBeCloseTo(0.2, 5);
    expect(faces(7, 22)).toBeCloseTo(0.8, 5);
  });
});

describe('colour and weave', () => {
  const shades = (draft: Draft, picks: number, ends: number) =>
    Array.from({ length: picks }, (_, pick) =>
      Array.from({ length: ends }, (_, end) => (shadeAt(draft, pick, end) === 'ink' ? '#' : '.')).join(''),
    );
  const fourAndFour = [
    { shade: 'ink', threads: 4 },
    { shade: 'chalk', threads: 4 },
  ] as const;

  it('four and four on a 2/2 twill is a houndstooth', () => {
    const houndstooth: Draft = { matrix: WEAVES.twill, warp: [...fourAndFour], weft: [...fourAndFour] };
    // A dark square, the light square opposite, and the twill's own steps in between: the broken check with its teeth.
    expect(shades(houndstooth, 8, 8)).toEqual([
      '####..##',
      '#####..#',
      '######..',
      '####.##.',
      '##......',
      '.##.....',
      '..##....',
      '#..#....',
    ]);
  });

  it('gingham has squares of both colours, and of their mixture in even parts', () => {
    const gingham: Draft = { matrix: WEAVES.plain, warp: [...fourAndFour], weft: [...fourAndFour] };
    const share = (picks: number, ends: number) => {
      let dark = 0;
      for (let pick = 0; pick < 4; pick += 1) {
        for (let end = 0; end < 4; end += 1) dark += Number(shadeAt(gingham, picks + pick, ends + end) === 'ink');
      }
      return dark / 16;
    };
    expect([share(0, 0), share(0, 4), share(4, 0), share(4, 4)]).toEqual([1, 0.5, 0.5, 0]);
  });

  it('a sett is mirrored at its pivots, which are not doubled', () => {
    const sett = mirrored([
      { shade: 'bottle', threads: 10 },
      { shade: 'navy', threads: 4 },
      { shade: 'ink', threads: 6 },
      { shade: 'saffron', threads: 2 },
    ]);
    expect(sett.map(({ shade, threads }) => `${shade} ${threads}`)).toEqual([
      'bottle 10',
      'navy 4',
      'ink 6',
      'saffron 2',
      'ink 6',
      'navy 4',
    ]);
    expect(threadCount(sett)).toBe(32);
  });

  it('a tartan is the same along both diagonals of its crossing: pure where a stripe meets itself', () => {
    const sett = mirrored([
      { shade: 'bottle', threads: 8 },
      { shade: 'navy', threads: 8 },
      { shade: 'saffron', threads: 4 },
    ]);
    const tartan: Draft = { matrix: WEAVES.twill, warp: sett, weft: sett };
    for (let thread = 0; thread < threadCount(sett); thread += 1) {
      let start = 0;
      const stripe = sett.find(({ threads }) => {
        start += threads;
        return thread < start;
      });
      expect(shadeAt(tartan, thread, thread)).toBe(stripe?.shade);
    }
  });

  it('repeats where colours and weave are in step again', () => {
    expect(repeatThreads(4, [...fourAndFour])).toBe(8);
    expect(
      repeatThreads(16, [
        { shade: 'ink', threads: 24 },
        { shade: 'chalk', threads: 16 },
      ]),
    ).toBe(80);
    expect(repeatThreads(6, [{ shade: 'ink', threads: 7 }])).toBe(6);
  });
});
