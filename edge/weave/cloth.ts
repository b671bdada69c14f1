/**
 * Draws a draft as threads. One unit is one thread, so a form only has to scale, turn and shade what comes out.
 *
 * The weft lies below as bands of its colours; above it, each warp colour is a tile of the warp's floats, so that the
 * pattern comes from which thread is on top, as on a loom, and a cloth of 40,000 crossings takes some hundred bytes.
 */
import { type Draft, isSolid, type Matrix, type Stripe, threadCount } from './draft';
import { chance, num } from './ink';
import { SHADES, type Shade } from './shades';

/** What happens to the cloth after the loom, or to the yarn before it. */
export const FINISHES = ['crisp', 'slub', 'brushed', 'lustre', 'fleck', 'pucker', 'wale'] as const;
export type Finish = (typeof FINISHES)[number];

/** The pitch of a thread in units of the picture, seen at arm's length. */
export const GAUGES = { fine: 3.2, middle: 4, bold: 5.6 } as const;
export type Gauge = keyof typeof GAUGES;

export interface ClothSpec extends Draft {
  finish: Finish;
  gauge: Gauge;
  /** Ikat: the shade that shows where the warp was tied off before it was dyed. */
  resist: Shade | null;
}

/** The tiles that `threads` refers to; they belong into the picture's `<defs>` once. */
export function threadDefs(cloth: ClothSpec): string {
  const { matrix } = cloth;
  const width = matrix[0]?.length ?? 1;
  const height = matrix.length;
  const relief = RELIEF[cloth.finish];
  const tile = (id: string, body: string) =>
    `<pattern id="${id}" width="${width}" height="${height}" patternUnits="userSpaceOnUse">${body}</pattern>`;
  const yarn = (id: string, colour: string) =>
    tile(
      id,
      `<use href="#o" stroke="#000" stroke-opacity="${num(0.34 * relief)}" stroke-width="1.14"/><use href="#o" stroke="${colour}"/><use href="#o" stroke="url(#e)"/>`,
    );
  const shades = [...new Set([...cloth.warp.map((stripe) => stripe.shade), ...(cloth.resist ? [cloth.resist] : [])])];
  return [
    `<path id="o" fill="none" stroke-linecap="round" stroke-width=".93" d="${floats(matrix)}"/>`,
    bevel('e', 'x2="1"', relief),
    bevel('f', 'x2="0" y2="1"', relief),
    ...shades.map((shade) => yarn(`w-${shade}`, SHADES[shade])),
    tile('d', '<use href="#o" stroke="#000" stroke-opacity=".13"/>'),
    tile('l', '<use href="#o" stroke="#fff" stroke-opacity=".1"/>'),
    cloth.finish === 'wale'
      ? '<linearGradient id="wale" gradientUnits="userSpaceOnUse" x2="7" spreadMethod="repeat"><stop stop-opacity=".62"/><stop offset=".2" stop-opacity=".12"/><stop offset=".45" stop-color="#fff" stop-opacity=".16"/><stop offset=".75" stop-opacity=".1"/><stop offset="1" stop-opacity=".62"/></linearGradient>'
      : '',
  ].join('');
}

/** The threads of a window of the cloth, `ends` wide and `picks` high, from the first end and the first pick. */
export function threads(cloth: ClothSpec, ends: number, picks: number): string {
  const whole = `width="${ends}" height="${picks}"`;
  const weft = bands(cloth.weft, picks).map(
    ([shade, spans]) =>
      `<path fill="${SHADES[shade]}" d="${spans.map(([at, size]) => `M0 ${at}h${ends}v${size}H0z`).join('')}"/>`,
  );
  const warp = bands(cloth.warp, ends).map(
    ([shade, spans]) =>
      `<path fill="url(#w-${shade})" d="${spans.map(([at, size]) => `M${at} 0h${size}v${picks}h-${size}z`).join('')}"/>`,
  );
  const uneven = UNEVENNESS[cloth.finish];
  return [
    ...weft,
    `<rect ${whole} fill="url(#f)"/>`,
    slubs('weft', ends, picks, uneven),
    ...warp,
    cloth.resist ? ikat(cloth.resist, ends, picks) : '',
    slubs('warp', ends, picks, uneven),
    FINISHING[cloth.finish]?.(cloth, ends, picks) ?? '',
  ].join('');
}

/** The size of the motif that ikat is tied off in, in threads. */
export const IKAT = { ends: 48, picks: 60 };

/** How deep the shading of the threads is: a brushed cloth hides them. */
const RELIEF: Record<ClothSpec['finish'], number> = {
  crisp: 1,
  slub: 1,
  brushed: 0.6,
  lustre: 0.75,
  fleck: 0.85,
  pucker: 0.85,
  wale: 0.6,
};

/** How many thick and thin places a hundred threads by a hundred have. */
const UNEVENNESS: Record<ClothSpec['finish'], number> = {
  crisp: 26,
  slub: 110,
  brushed: 44,
  lustre: 16,
  fleck: 60,
  pucker: 30,
  wale: 36,
};

/**
 * The path of all warp floats: runs of picks that one end lies over. Floats reach a little over the picks beside them,
 * as yarn does; the margin of one thread makes the tile join with itself.
 */
function floats(matrix: Matrix): string {
  const height = matrix.length;
  const width = matrix[0]?.length ?? 1;
  const up = (pick: number, end: number) => matrix[(pick + height) % height]?.[(end + width) % width] ?? false;
  let path = '';
  for (let end = -1; end <= width; end += 1) {
    let start: number | null = null;
    for (let pick = -2; pick <= height + 2; pick += 1) {
      const over = pick < height + 2 && up(pick, end);
      if (over && start === null) start = pick;
      if (!over && start !== null) {
        if (pick > -1) path += `M${num(end + 0.5)} ${num(start + 0.28)}v${num(pick - start - 0.56)}`;
        start = null;
      }
    }
  }
  return path;
}

/** The roundness of a thread, lit from the upper left, across every thread of the cloth at once. */
function bevel(id: string, direction: string, relief: number): string {
  const stop = (offset: number, colour: string, opacity: number) =>
    `<stop offset="${offset}"${colour && ` stop-color="${colour}"`} stop-opacity="${num(opacity * relief)}"/>`;
  return `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" ${direction} spreadMethod="repeat">${[
    stop(0, '', 0.3),
    stop(0.2, '', 0.04),
    stop(0.38, '#fff', 0.2),
    stop(0.6, '', 0.03),
    stop(1, '', 0.42),
  ].join('')}</linearGradient>`;
}

/** Where each shade lies within `size` threads: `[start, threads]` by shade. */
function bands(stripes: Stripe[], size: number): [Shade, [number, number][]][] {
  const spans = new Map<Shade, [number, number][]>();
  const order = isSolid(stripes) && stripes[0] ? [{ shade: stripes[0].shade, threads: size }] : stripes;
  if (threadCount(order) === 0) return [];
  for (let at = 0; at < size; ) {
    for (const { shade, threads: count } of order) {
      const visible = Math.min(count, size - at);
      if (visible <= 0) break;
      const own = spans.get(shade) ?? [];
      own.push([at, visible]);
      spans.set(shade, own);
      at += visible;
    }
  }
  return [...spans];
}

/** Thick and thin places of the yarn, and threads a shade lighter or darker: what keeps cloth from looking printed. */
function slubs(system: 'warp' | 'weft', ends: number, picks: number, density: number): string {
  const random = chance(system === 'warp' ? 7 : 11);
  const [along, across] = system === 'warp' ? [picks, ends] : [ends, picks];
  const count = Math.min(36, Math.round((density * ends * picks) / 10_000));
  const paths = { dark: '', light: '' };
  for (let index = 0; index < count; index += 1) {
    const length = Math.round(4 + random() * random() * along * 0.4);
    const start = Math.round(random() * (along - length));
    const thread = Math.floor(random() * across);
    const tone = random() < 0.5 ? 'dark' : 'light';
    paths[tone] +=
      system === 'warp' ? `M${thread} ${start}h1v${length}h-1z` : `M${start} ${thread}h${length}v1h-${length}z`;
  }
  if (system === 'warp') return `<path fill="url(#d)" d="${paths.dark}"/><path fill="url(#l)" d="${paths.light}"/>`;
  return `<path fill-opacity=".1" d="${paths.dark}"/><path fill="#fff" fill-opacity=".1" d="${paths.light}"/>`;
}

/** Diamonds with the feathered edges of yarn that crept while it was dyed. */
function ikat(resist: Shade, ends: number, picks: number): string {
  const random = chance(23);
  const { ends: width, picks: height } = IKAT;
  let path = '';
  for (let end = 0; end < ends; end += 1) {
    const fromMiddle = Math.abs((end % width) - width / 2 + 0.5) / (width / 2);
    for (let row = 0; row <= Math.ceil(picks / height); row += 1) {
      for (const [inner, outer] of [
        [0, 0.26],
        [0.5, 0.84],
      ] as const) {
        const reach = (limit: number) => Math.max(0, limit - fromMiddle) * (height / 2);
        const [near, far] = [reach(inner), reach(outer)];
        if (far < 1) continue;
        const middle = row * height + height / 2;
        const spread = () => Math.round((random() - 0.5) * 5);
        const strokes =
          near > 1
            ? [
                [-far, -near],
                [near, far],
              ]
            : [[-far, far]];
        for (const [from, to] of strokes as [number, number][]) {
          const top = Math.round(middle + from) + spread();
          const size = Math.round(middle + to) + spread() - top;
          if (size > 0 && top >= 0 && top < picks) path += `M${end} ${top}h1v${Math.min(size, picks - top)}h-1z`;
        }
      }
    }
  }
  return `<path fill="url(#w-${resist})" d="${path}"/>`;
}

type Finishing = (cloth: ClothSpec, ends: number, picks: number) => string;

const FINISHING: Partial<Record<ClothSpec['finish'], Finishing>> = {
  /** Nap: short hairs that lie over the threads in all directions. */
  brushed(_cloth, ends, picks) {
    const random = chance(31);
    const count = Math.min(52, Math.round((ends * picks) / 48));
    const hairs = { dark: '', light: '' };
    for (let index = 0; index < count; index += 1) {
      const curl = () => Math.round((random() - 0.5) * 50) / 10;
      hairs[index % 2 ? 'dark' : 'light'] +=
        `M${Math.round(random() * ends)} ${Math.round(random() * picks)}q${curl()} ${curl()} ${curl()} ${curl()}`;
    }
    const layer = (tone: string, d: string, opacity: number) =>
      `<path fill="none" stroke="${tone}" stroke-opacity="${opacity}" stroke-width=".45" stroke-linecap="round" d="${d}"/>`;
    return layer('#000', hairs.dark, 0.16) + layer('#fff', hairs.light, 0.26);
  },
  /** Donegal: nubs of other wools, spun into the yarn. */
  fleck(_cloth, ends, picks) {
    const random = chance(43);
    return (['ecru', 'saffron', 'rust', 'sea', 'raspberry'] as const)
      .map((shade) => {
        let nubs = '';
        for (let index = 0; index < Math.min(26, Math.ceil((ends * picks) / 420)); index += 1) {
          nubs += `M${Math.floor(random() * ends) + 0.5} ${Math.floor(random() * picks) + 0.3}v${num(0.3 + random())}`;
        }
        return `<path stroke="${SHADES[shade]}" stroke-opacity=".85" stroke-width=".9" stroke-linecap="round" d="${nubs}"/>`;
      })
      .join('');
  },
  /** Seersucker: every other stripe was warped slack, and crinkles. */
  pucker(cloth, ends, picks) {
    const random = chance(59);
    const [slack] = cloth.warp;
    let hollows = '';
    let ridges = '';
    for (const [shade, spans] of bands(cloth.warp, ends)) {
      if (shade !== slack?.shade) continue;
      for (const [at, size] of spans) {
        for (let y = 2 + random() * 4; y < picks - 3; y += 5 + random() * 4) {
          const tilt = num((random() - 0.5) * 4);
          const wave = `q${num(size * (0.3 + random() * 0.4))} ${num((random() - 0.5) * 4)} ${size} ${tilt}`;
          hollows += `M${at} ${num(y)}${wave}`;
          ridges += `M${at} ${num(y - 2.6)}${wave}`;
        }
      }
    }
    const layer = (tone: string, d: string, opacity: number, width: number) =>
      `<path fill="none" stroke="${tone}" stroke-opacity="${opacity}" stroke-width="${width}" stroke-linecap="round" d="${d}"/>`;
    return layer('#000', hollows, 0.1, 2.6) + layer('#000', hollows, 0.12, 1.1) + layer('#fff', ridges, 0.28, 1.8);
  },
  /** Corduroy: the pile stands in ribs. */
  wale: (_cloth, ends, picks) => `<rect width="${ends}" height="${picks}" fill="url(#wale)"/>`,
};
