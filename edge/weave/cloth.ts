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

/**
 * The tiles that `threads` refers to; they belong into the picture's `<defs>` once. From `near`, a thread is shaded by
 * a gradient. From afar it is two or three pixels wide, where a gradient is only sampled and would shimmer: there its
 * light and dark side are lines, which are blended.
 */
export function threadDefs(cloth: ClothSpec, near: boolean): string {
  const { matrix } = cloth;
  const relief = RELIEF[cloth.finish];
  const { defs, width, height } = floatTile(matrix);
  const tile = (id: string, body: string) =>
    `<pattern id="${id}" width="${width}" height="${height}" patternUnits="userSpaceOnUse">${body}</pattern>`;
  const stroke = (colour: string, opacity: number, more: string) =>
    `<use href="#o" stroke="${colour}" stroke-opacity="${num(opacity * relief)}"${more}/>`;
  const roundness = near
    ? '<use href="#o" stroke="url(#e)"/>'
    : stroke('#000', 0.17, ' x=".34" stroke-width=".26"') + stroke('#fff', 0.12, ' x="-.12" stroke-width=".34"');
  const yarn = (shade: Shade) =>
    tile(
      `w-${shade}`,
      `${stroke('#000', near ? 0.34 : 0.2, ' stroke-width="1.14"')}<use href="#o" stroke="${SHADES[shade]}"/>${roundness}`,
    );
  const shades = [...new Set([...cloth.warp.map((stripe) => stripe.shade), ...(cloth.resist ? [cloth.resist] : [])])];
  return [
    defs,
    near ? bevel('e', 'x2="1"', relief) + bevel('f', 'x2="0" y2="1"', relief) : '',
    ...shades.map(yarn),
    tile('d', '<use href="#o" stroke="#000" stroke-opacity=".1"/>'),
    tile('l', '<use href="#o" stroke="#fff" stroke-opacity=".07"/>'),
    cloth.finish === 'wale'
      ? '<linearGradient id="wale" gradientUnits="userSpaceOnUse" x2="7" spreadMethod="repeat"><stop stop-opacity=".62"/><stop offset=".2" stop-opacity=".12"/><stop offset=".45" stop-color="#fff" stop-opacity=".16"/><stop offset=".75" stop-opacity=".1"/><stop offset="1" stop-opacity=".62"/></linearGradient>'
      : '',
  ].join('');
}

/** The threads of a window of the cloth, `ends` wide and `picks` high, from the first end and the first pick. */
export function threads(cloth: ClothSpec, ends: number, picks: number, near: boolean): string {
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
    near ? `<rect width="${ends}" height="${picks}" fill="url(#f)"/>` : weftRelief(ends, picks, RELIEF[cloth.finish]),
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

/** A tile is at least so many threads wide and high: renderers round its size to whole pixels, which a small one shows. */
const MIN_FLOAT_TILE_THREADS = 8;

/** The warp's floats, all of them strokes, as `#o`: the weave's own repeat, doubled until it fills a tile and a margin. */
function floatTile(matrix: Matrix): { defs: string; width: number; height: number } {
  const [unitWidth, unitHeight] = [matrix[0]?.length ?? 1, matrix.length];
  const [across, down] = [doublings(unitWidth), doublings(unitHeight)];
  const steps = [
    ...Array.from({ length: across }, (_, step) => `x="${unitWidth * 2 ** step}"`),
    ...Array.from({ length: down }, (_, step) => `y="${unitHeight * 2 ** step}"`),
  ];
  const doubled = steps.map(
    (shift, step) => `<g id="o${step + 1}"><use href="#o${step}"/><use href="#o${step}" ${shift}/></g>`,
  );
  // The first repeat of each direction lies outside of the tile, so that what reaches into it from there is drawn too.
  const placed = `<use id="o" href="#o${steps.length}" x="-${unitWidth}" y="-${unitHeight}" fill="none" stroke-linecap="round" stroke-width=".93"/>`;
  return {
    defs: `<path id="o0" d="${floats(matrix)}"/>${doubled.join('')}${placed}`,
    width: unitWidth * (2 ** across - 2),
    height: unitHeight * (2 ** down - 2),
  };
}

/** How often a repeat is doubled to make a tile, with one repeat of margin at either side. */
function doublings(unit: number): number {
  let count = 2;
  while (unit * (2 ** count - 2) < MIN_FLOAT_TILE_THREADS) count += 1;
  return count;
}

/**
 * The path of the floats of one repeat: runs of picks that one end lies over, each where it begins. Floats reach a
 * little over the picks beside them, as yarn does.
 */
function floats(matrix: Matrix): string {
  const height = matrix.length;
  const width = matrix[0]?.length ?? 1;
  const up = (pick: number, end: number) => matrix[(pick + height) % height]?.[end] ?? false;
  let path = '';
  for (let end = 0; end < width; end += 1) {
    for (let pick = 0; pick < height; pick += 1) {
      if (!up(pick, end) || up(pick - 1, end)) continue;
      let length = 1;
      while (length < height && up(pick + length, end)) length += 1;
      path += `M${num(end + 0.5)} ${num(pick + 0.28)}v${num(length - 0.56)}`;
    }
  }
  return path;
}

/** The dark and the light side of every pick: two dashed lines as broad as the cloth is wide, a dash for each pick. */
function weftRelief(ends: number, picks: number, relief: number): string {
  const dashes = (colour: string, opacity: number, from: number, size: number) =>
    `<path stroke="${colour}" stroke-opacity="${num(opacity * relief)}" stroke-width="${ends}" stroke-dasharray="${num(size)} ${num(1 - size)}" d="M${ends / 2} ${num(from)}V${picks}"/>`;
  return dashes('#000', 0.19, 0.7, 0.3) + dashes('#fff', 0.12, 0.22, 0.34);
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
    const length = Math.round(3 + random() * random() * along * 0.24);
    const start = Math.round(random() * (along - length));
    const thread = Math.floor(random() * across);
    const tone = random() < 0.5 ? 'dark' : 'light';
    paths[tone] +=
      system === 'warp' ? `M${thread} ${start}h1v${length}h-1z` : `M${start} ${thread}h${length}v1h-${length}z`;
  }
  if (system === 'warp') return `<path fill="url(#d)" d="${paths.dark}"/><path fill="url(#l)" d="${paths.light}"/>`;
  return `<path fill-opacity=".08" d="${paths.dark}"/><path fill="#fff" fill-opacity=".1" d="${paths.light}"/>`;
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

/** As many hollows as a large window has; wider cloths have no more, so that none becomes a large picture. */
const MAX_PUCKERS = 130;

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
    let marks = 0;
    let hollows = '';
    let ridges = '';
    for (const [shade, spans] of bands(cloth.warp, ends)) {
      if (shade !== slack?.shade) continue;
      for (const [at, size] of spans) {
        for (let y = 2 + random() * 4; y < picks - 3 && marks < MAX_PUCKERS; y += 5 + random() * 4) {
          marks += 1;
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
