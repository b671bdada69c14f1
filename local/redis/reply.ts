/**
 * What a command answers, as in RESP2. Strings everywhere in the store are byte strings: one UTF-16 unit per byte,
 * so values of any bytes survive, and comparing and measuring them is what Redis does.
 */
export type Reply = string | number | null | Status | RedisError | Reply[];

/** A status line such as `OK`: plain text to clients, a table with `ok` to scripts. */
export class Status {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export const OK = new Status('OK');

/** An error in Redis' own words, beginning with its code (`ERR`, `WRONGTYPE`, `NOSCRIPT`, …). */
export class RedisError extends Error {
  override name = 'RedisError';
}

export const syntaxError = () => new RedisError('ERR syntax error');

/** A JavaScript string as the bytes of its UTF-8 encoding. */
export function toBytes(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Bytes as the JavaScript string they encode in UTF-8. */
export function fromBytes(bytes: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
  return /^[\x00-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A 64-bit integer argument that fits a JavaScript number; throws `ERR` otherwise. */
export function integer(text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || !/^-?\d{1,19}$/.test(text) || !Number.isSafeInteger(value)) {
    throw new RedisError('ERR value is not an integer or out of range');
  }
  return value;
}

/** A floating point argument, `inf` and `-inf` included; throws `ERR` otherwise. */
export function float(text: string | undefined, fault = 'ERR value is not a valid float'): number {
  if (text !== undefined) {
    if (/^[+-]?\d*\.?\d*(?:e[+-]?\d+)?$/i.test(text) && /\d/.test(text)) {
      const value = Number(text);
      if (!Number.isNaN(value)) return value;
    }
    const infinity = /^([+-]?)inf(?:inity)?$/i.exec(text);
    if (infinity) return infinity[1] === '-' ? -Infinity : Infinity;
  }
  throw new RedisError(fault);
}

/** A float as Redis prints it. */
export function floatText(value: number): string {
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

const patterns = new Map<string, RegExp>();

/** Redis' glob (`*`, `?`, `[a-z]`, `[^…]`, `\`) as a regular expression. */
export function globPattern(glob: string): RegExp {
  let pattern = patterns.get(glob);
  if (!pattern) {
    let source = '';
    for (let i = 0; i < glob.length; i += 1) {
      const c = glob[i]!;
      const close = c === '[' ? glob.indexOf(']', i + 1) : -1;
      if (c === '*') source += glob[i - 1] === '*' && glob[i - 2] !== '\\' ? '' : '[^]*';
      else if (c === '?') source += '[^]';
      else if (close > i + 1) {
        const negated = glob[i + 1] === '^';
        const set = glob.slice(i + (negated ? 2 : 1), close).replace(/[\\\]^]/g, '\\$&');
        source += `[${negated ? '^' : ''}${set}]`;
        i = close;
      } else {
        if (c === '\\' && i + 1 < glob.length) i += 1;
        source += glob[i]!.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      }
    }
    if (patterns.size > 500) patterns.clear();
    pattern = new RegExp(`^${source}$`);
    patterns.set(glob, pattern);
  }
  return pattern;
}
