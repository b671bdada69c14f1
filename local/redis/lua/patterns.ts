import { LuaError } from './values';

/** Where a capture lies; a position capture has the length -1. */
type Capture = { start: number; length: number };

export type Match = { start: number; end: number; captures: (string | number)[] };

const open = -2;
const position = -1;
/** As in Lua's own matcher: deeper nesting is an error rather than an exhausted stack. */
const maxDepth = 200;

const classes: Record<string, RegExp> = {
  a: /[A-Za-z]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  c: /[\x00-\x1f\x7f]/,
  d: /\d/,
  l: /[a-z]/,
  p: /[!-/:-@[-`{-~]/,
  s: /[ \t-\r]/,
  u: /[A-Z]/,
  w: /[A-Za-z0-9]/,
  x: /[A-Fa-f0-9]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the zero byte is what it is about
  z: /\x00/,
};

/** Finds a Lua pattern in a string, from an index on (from 0). Throws `LuaError` for a malformed pattern. */
export function findPattern(text: string, pattern: string, from: number): Match | undefined {
  const anchored = pattern.startsWith('^');
  const matcher = new Matcher(text, pattern);
  for (let start = from; start <= text.length; start += 1) {
    const end = matcher.matchAt(start, anchored ? 1 : 0);
    if (end !== undefined) return { start, end, captures: matcher.values() };
    if (anchored) break;
  }
  return undefined;
}

/** Lua's backtracking matcher (lstrlib.c), over byte strings. */
class Matcher {
  readonly #text: string;
  readonly #pattern: string;
  #captures: Capture[] = [];
  #depth = 0;

  constructor(text: string, pattern: string) {
    this.#text = text;
    this.#pattern = pattern;
  }

  matchAt(start: number, p: number): number | undefined {
    this.#captures = [];
    this.#depth = 0;
    return this.#match(start, p);
  }

  values(): (string | number)[] {
    return this.#captures.map(({ start, length }) => {
      if (length === open) throw new LuaError('unfinished capture');
      return length === position ? start + 1 : this.#text.slice(start, start + length);
    });
  }

  #match(s: number, p: number): number | undefined {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new LuaError('pattern too complex');
    try {
      return this.#step(s, p);
    } finally {
      this.#depth -= 1;
    }
  }

  #step(from: number, at: number): number | undefined {
    const pattern = this.#pattern;
    const text = this.#text;
    let s = from;
    let p = at;
    for (;;) {
      const c = pattern[p];
      if (c === undefined) return s;
      if (c === '(') {
        const isPosition = pattern[p + 1] === ')';
        this.#captures.push({ start: s, length: isPosition ? position : open });
        const end = this.#match(s, p + (isPosition ? 2 : 1));
        if (end === undefined) this.#captures.pop();
        return end;
      }
      if (c === ')') return this.#closeCapture(s, p + 1);
      if (c === '$' && p + 1 === pattern.length) return s === text.length ? s : undefined;
      if (c === '%') {
        const escaped = pattern[p + 1];
        if (escaped === 'b') {
          const end = this.#balanced(s, p + 2);
          if (end === undefined) return undefined;
          s = end;
          p += 4;
          continue;
        }
        if (escaped === 'f') {
          p += 2;
          if (pattern[p] !== '[') throw new LuaError("missing '[' after '%f' in pattern");
          const end = this.#itemEnd(p);
          const before = s === 0 ? '\0' : text[s - 1]!;
          if (this.#inSet(before, p, end) || !this.#inSet(text[s] ?? '\0', p, end)) return undefined;
          p = end;
          continue;
        }
        if (escaped !== undefined && /\d/.test(escaped)) {
          const captured = this.#captured(Number(escaped));
          if (!text.startsWith(captured, s)) return undefined;
          s += captured.length;
          p += 2;
          continue;
        }
      }
      const end = this.#itemEnd(p);
      const suffix = pattern[end];
      if (suffix === '?') {
        if (this.#single(s, p, end)) {
          const matched = this.#match(s + 1, end + 1);
          if (matched !== undefined) return matched;
        }
        p = end + 1;
      } else if (suffix === '*') return this.#most(s, p, end);
      else if (suffix === '+') return this.#single(s, p, end) ? this.#most(s + 1, p, end) : undefined;
      else if (suffix === '-') return this.#fewest(s, p, end);
      else {
        if (!this.#single(s, p, end)) return undefined;
        s += 1;
        p = end;
      }
    }
  }

  #most(s: number, p: number, end: number): number | undefined {
    let count = 0;
    while (this.#single(s + count, p, end)) count += 1;
    for (; count >= 0; count -= 1) {
      const matched = this.#match(s + count, end + 1);
      if (matched !== undefined) return matched;
    }
    return undefined;
  }

  #fewest(from: number, p: number, end: number): number | undefined {
    for (let s = from; ; s += 1) {
      const matched = this.#match(s, end + 1);
      if (matched !== undefined) return matched;
      if (!this.#single(s, p, end)) return undefined;
    }
  }

  #closeCapture(s: number, p: number): number | undefined {
    const capture = this.#captures.findLast(({ length }) => length === open);
    if (!capture) throw new LuaError('invalid pattern capture');
    capture.length = s - capture.start;
    const end = this.#match(s, p);
    if (end === undefined) capture.length = open;
    return end;
  }

  #captured(number: number): string {
    const capture = this.#captures[number - 1];
    if (!capture || capture.length === open) throw new LuaError('invalid capture index');
    return this.#text.slice(capture.start, capture.start + capture.length);
  }

  #balanced(s: number, p: number): number | undefined {
    const [opening, closing] = [this.#pattern[p], this.#pattern[p + 1]];
    if (closing === undefined) throw new LuaError('unbalanced pattern');
    if (this.#text[s] !== opening) return undefined;
    for (let depth = 1, i = s + 1; i < this.#text.length; i += 1) {
      if (this.#text[i] === closing) {
        depth -= 1;
        if (depth === 0) return i + 1;
      } else if (this.#text[i] === opening) depth += 1;
    }
    return undefined;
  }

  /** Where the single-character item at `p` ends. */
  #itemEnd(p: number): number {
    const pattern = this.#pattern;
    if (pattern[p] === '%') {
      if (p + 1 >= pattern.length) throw new LuaError("malformed pattern (ends with '%')");
      return p + 2;
    }
    if (pattern[p] !== '[') return p + 1;
    let end = p + (pattern[p + 1] === '^' ? 2 : 1);
    do {
      if (end >= pattern.length) throw new LuaError("malformed pattern (missing ']')");
      end += pattern[end] === '%' ? 2 : 1;
    } while (pattern[end] !== ']');
    return end + 1;
  }

  #single(s: number, p: number, end: number): boolean {
    const c = this.#text[s];
    if (c === undefined) return false;
    const item = this.#pattern[p]!;
    if (item === '.') return true;
    if (item === '%') return inClass(c, this.#pattern[p + 1]!);
    return item === '[' ? this.#inSet(c, p, end) : item === c;
  }

  #inSet(c: string, p: number, end: number): boolean {
    const pattern = this.#pattern;
    const negated = pattern[p + 1] === '^';
    let i = p + (negated ? 2 : 1);
    while (i < end - 1) {
      if (pattern[i] === '%') {
        if (inClass(c, pattern[i + 1]!)) return !negated;
        i += 2;
      } else if (pattern[i + 1] === '-' && i + 2 < end - 1) {
        if (pattern[i]! <= c && c <= pattern[i + 2]!) return !negated;
        i += 3;
      } else {
        if (pattern[i] === c) return !negated;
        i += 1;
      }
    }
    return negated;
  }
}

function inClass(c: string, letter: string): boolean {
  const set = classes[letter.toLowerCase()];
  if (!set) return c === letter;
  return set.test(c) === (letter === letter.toLowerCase());
}
