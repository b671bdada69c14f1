import { type ClothSpec, GAUGES, IKAT, threadDefs, threads } from './cloth';
import { isSolid, leastCommonMultiple, repeatThreads, threadCount } from './draft';
import { num } from './ink';
import { SHADES } from './shades';

/** A stop of a gradient: where (0 to 1), black or white, how opaque. */
export type Stop = [offset: number, tone: 'dark' | 'light' | `#${string}`, opacity: number];

/** What a form is: the size of its picture and the drawing of it. */
export interface FormDrawing {
  width: number;
  height: number;
  draw(studio: Studio): string;
}

/** Threads narrower than this would shimmer on a card of 400 pixels. */
const MIN_PITCH = 3;

/** The least number of threads a tile is wide and high: on plain colours a small one would show how it repeats. */
const MIN_TILE_THREADS = { plain: 120, patterned: 48 };

/**
 * Where a picture is taken: it hands out cloth as paint (`fabric`), light and shade as gradients (`gradient`), and
 * collects what those need. Light falls from the upper left, always.
 */
export class Studio {
  readonly cloth: ClothSpec;
  /** The mean colour of the cloth: for thread ends, piping and the core of a roll. */
  readonly tone: string;
  readonly #defs: string[] = [];
  readonly #seen = new Map<string, string>();

  constructor(cloth: ClothSpec) {
    this.cloth = cloth;
    this.tone = meanColour(cloth);
  }

  /** The cloth as a paint: seen from `scale` times as near, turned by `angle` degrees about (`x`, `y`). */
  fabric({ scale = 1, angle = 0, x = 0, y = 0, squash = 1 } = {}): string {
    const pitch = Math.max(MIN_PITCH, GAUGES[this.cloth.gauge] * scale);
    const transform = [
      x || y ? `translate(${num(x)} ${num(y)})` : '',
      angle ? `rotate(${num(angle)})` : '',
      `scale(${num(pitch)}${squash === 1 ? '' : ` ${num(pitch * squash)}`})`,
    ].join('');
    return this.#once(transform, (id) => {
      const base = this.#seen.has('tile') ? '' : this.#tile();
      this.#seen.set('tile', 'tile');
      return `${base}<pattern id="${id}" href="#cloth" patternTransform="${transform}"/>`;
    });
  }

  /** The cloth itself from very near, as a drawing of `width` by `height` units at `pitch` units a thread. */
  closeUp(width: number, height: number, pitch: number, transform = ''): string {
    this.#defs.push(threadDefs(this.cloth, true));
    const content = threads(this.cloth, Math.ceil(width / pitch), Math.ceil(height / pitch), true);
    return `<g transform="${transform}scale(${num(pitch)})">${content}</g>`;
  }

  /** A linear gradient along (x1, y1) to (x2, y2): of the shape's box, or of the picture where `absolute`. */
  gradient(x1: number, y1: number, x2: number, y2: number, stops: Stop[], absolute = false): string {
    const units = absolute ? ' gradientUnits="userSpaceOnUse"' : '';
    const line = `x1="${num(x1)}" y1="${num(y1)}" x2="${num(x2)}" y2="${num(y2)}"`;
    const body = `${line}${units}>${stops.map(stopTag).join('')}`;
    return this.#once(body, (id) => `<linearGradient id="${id}" ${body}</linearGradient>`);
  }

  /** A radial gradient in the shape's box. */
  glow(cx: number, cy: number, r: number, stops: Stop[]): string {
    const body = `cx="${num(cx)}" cy="${num(cy)}" r="${num(r)}">${stops.map(stopTag).join('')}`;
    return this.#once(body, (id) => `<radialGradient id="${id}" ${body}</radialGradient>`);
  }

  /** A paint that repeats `body`, in the picture's units. */
  pattern(attributes: string, body: string): string {
    const rest = `patternUnits="userSpaceOnUse" ${attributes}>${body}`;
    return this.#once(rest, (id) => `<pattern id="${id}" ${rest}</pattern>`);
  }

  /** A blurring filter, for shadows and soft folds. */
  blur(deviation: number): string {
    const body = `<feGaussianBlur stdDeviation="${num(deviation)}"/>`;
    return this.#once(body, (id) => `<filter id="${id}" x="-30%" y="-30%" width="160%" height="160%">${body}</filter>`);
  }

  /** A clipping to an outline. */
  clip(d: string): string {
    return this.#once(`clip${d}`, (id) => `<clipPath id="${id}"><path d="${d}"/></clipPath>`);
  }

  /** The soft shadow that a shape throws on the wall or the table behind it. */
  shadow(d: string, { x = 14, y = 20, blur = 16, opacity = 0.26 } = {}): string {
    return `<path transform="translate(${x} ${y})" fill="#431" fill-opacity="${num(opacity)}" filter="${this.blur(blur)}" d="${d}"/>`;
  }

  /** The limewashed wall that everything hangs on. */
  wall(width = 800, height = 1000): string {
    const light = this.glow(0.3, 0.22, 0.95, [
      [0, '#fbf8f2', 1],
      [0.55, '#efe9df', 1],
      [1, '#ddd4c6', 1],
    ]);
    return `<path fill="${light}" d="M0 0h${width}v${height}H0z"/>`;
  }

  /** The wall with a table of the same plaster below it, its edge at `y`. */
  table(y: number): string {
    const top = this.gradient(0, 0, 0, 1, [
      [0, '#d3c8b8', 0],
      [0.05, '#d3c8b8', 0.9],
      [0.3, '#e4dbcd', 1],
      [1, '#eee7dc', 1],
    ]);
    return `${this.wall()}<path fill="${top}" d="M0 ${y}h800V1000H0z"/>`;
  }

  /** Everything that the drawing asked for. */
  defs(): string {
    return this.#defs.join('');
  }

  #once(key: string, make: (id: string) => string): string {
    const known = this.#seen.get(key);
    if (known) return `url(#${known})`;
    const id = `p${this.#seen.size.toString(36)}`;
    this.#seen.set(key, id);
    this.#defs.push(make(id));
    return `url(#${id})`;
  }

  #tile(): string {
    const { matrix, warp, weft, resist, finish } = this.cloth;
    const plain = isSolid(warp) && isSolid(weft) && !resist && finish !== 'pucker';
    const least = plain ? MIN_TILE_THREADS.plain : MIN_TILE_THREADS.patterned;
    const size = (weave: number, stripes: ClothSpec['warp'], motif: number) => {
      const repeat = leastCommonMultiple(repeatThreads(weave, stripes), resist ? motif : 1);
      return repeat * Math.ceil(least / repeat);
    };
    const ends = size(matrix[0]?.length ?? 1, warp, IKAT.ends);
    const picks = size(matrix.length, weft, IKAT.picks);
    return `${threadDefs(this.cloth, false)}<pattern id="cloth" width="${ends}" height="${picks}" patternUnits="userSpaceOnUse">${threads(this.cloth, ends, picks, false)}</pattern>`;
  }
}

function stopTag([offset, tone, opacity]: Stop): string {
  const colour = tone === 'dark' ? ' stop-color="#210"' : ` stop-color="${tone === 'light' ? '#fff' : tone}"`;
  return `<stop offset="${num(offset)}"${colour}${opacity === 1 ? '' : ` stop-opacity="${num(opacity)}"`}/>`;
}

function meanColour({ matrix, warp, weft }: ClothSpec): string {
  const up = matrix.flat().filter(Boolean).length / matrix.flat().length;
  const sum = [0, 0, 0];
  for (const [stripes, share] of [
    [warp, up],
    [weft, 1 - up],
  ] as const) {
    for (const { shade, threads: count } of stripes) {
      const weight = (share * count) / threadCount(stripes);
      for (let channel = 0; channel < 3; channel += 1) {
        sum[channel]! += weight * Number.parseInt(SHADES[shade].slice(1 + channel * 2, 3 + channel * 2), 16);
      }
    }
  }
  return `#${sum.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
}
