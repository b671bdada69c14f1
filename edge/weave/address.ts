/**
 * A picture's address says the whole cloth: `/weave/{weave}/{form}.svg?warp=navy.4-chalk.4&weft=…`. Everything in it is
 * a name from a short list or a small number, so nothing that a caller writes is ever copied into a picture.
 */
import { type ClothSpec, FINISHES, type Finish, GAUGES, type Gauge } from './cloth';
import { isSolid, type Matrix, mirrored, repeatThreads, type Stripe, threadCount, WEAVES, type Weave } from './draft';
import { FORMS, type Form } from './forms';
import { SHADES, type Shade } from './shades';

const MAX_QUERY_LENGTH = 600;
const MAX_STRIPES = 24;
const MAX_STRIPE_THREADS = 120;
const MAX_REPEAT_THREADS = 480;
/** Stripes of the whole repeat, which is where colours and weave begin anew together. */
const MAX_REPEAT_STRIPES = 240;
const PARAMETERS = new Set(['warp', 'weft', 'sett', 'finish', 'gauge', 'resist']);

/** What an address asks for; `not_found` where no such picture can be, `invalid_input` where its cloth cannot be woven. */
export function parseAddress(url: URL): { form: Form; cloth: ClothSpec } | 'not_found' | 'invalid_input' {
  const match = /^\/weave\/([a-z]{1,20})\/([a-z-]{1,20})\.svg$/.exec(url.pathname);
  const [, weave = '', form = ''] = match ?? [];
  if (!Object.hasOwn(WEAVES, weave) || !Object.hasOwn(FORMS, form)) return 'not_found';
  if (url.search.length > MAX_QUERY_LENGTH) return 'invalid_input';
  const query = url.searchParams;
  const keys = [...query.keys()];
  if (keys.length !== new Set(keys).size || keys.some((key) => !PARAMETERS.has(key))) return 'invalid_input';

  const colours = parseColours(query);
  const finish = query.get('finish') ?? 'crisp';
  const gauge = query.get('gauge') ?? 'middle';
  const resist = query.get('resist');
  if (!colours || !isFinish(finish) || !Object.hasOwn(GAUGES, gauge) || (resist !== null && !isShade(resist))) {
    return 'invalid_input';
  }
  // What is tied off before it is dyed is a warp of one shade.
  if (resist !== null && !(isSolid(colours.warp) && isSolid(colours.weft))) return 'invalid_input';
  const matrix: Matrix = WEAVES[weave as Weave];
  if (!repeatsSoon(matrix[0]?.length ?? 1, colours.warp) || !repeatsSoon(matrix.length, colours.weft)) {
    return 'invalid_input';
  }
  return { form: form as Form, cloth: { matrix, ...colours, finish, gauge: gauge as Gauge, resist } };
}

/** A colour order that never meets its weave in step would need a picture without end. */
function repeatsSoon(weave: number, stripes: Stripe[]): boolean {
  const repeat = repeatThreads(weave, stripes);
  return repeat <= MAX_REPEAT_THREADS * 2 && (repeat / threadCount(stripes)) * stripes.length <= MAX_REPEAT_STRIPES;
}

/** Either a mirrored `sett` both ways, or a `warp` with its `weft` (the warp's own order where it is left out). */
function parseColours(query: URLSearchParams): { warp: Stripe[]; weft: Stripe[] } | null {
  const sett = query.get('sett');
  if (sett !== null) {
    const stripes = parseStripes(sett);
    if (!stripes || query.has('warp') || query.has('weft')) return null;
    const whole = mirrored(stripes);
    return threadCount(whole) <= MAX_REPEAT_THREADS ? { warp: whole, weft: whole } : null;
  }
  const warp = parseStripes(query.get('warp') ?? '');
  const weft = query.has('weft') ? parseStripes(query.get('weft') ?? '') : warp;
  return warp && weft ? { warp, weft } : null;
}

/** `navy.24-chalk.2-navy`: shades with their threads, one where no number follows. */
function parseStripes(text: string): Stripe[] | null {
  const parts = text.split('-');
  if (parts.length > MAX_STRIPES) return null;
  const stripes: Stripe[] = [];
  for (const part of parts) {
    const [, shade = '', count = '1'] = /^([a-z]+)(?:\.([1-9]\d{0,2}))?$/.exec(part) ?? [];
    const threads = Number(count);
    if (!isShade(shade) || threads > MAX_STRIPE_THREADS) return null;
    stripes.push({ shade, threads });
  }
  return threadCount(stripes) <= MAX_REPEAT_THREADS ? stripes : null;
}

const isShade = (name: string): name is Shade => Object.hasOwn(SHADES, name);
const isFinish = (name: string): name is Finish => (FINISHES as readonly string[]).includes(name);
