import { type Operators, toNumber } from './operators';
import { findPattern, type Match } from './patterns';
import {
  first,
  formatG,
  LuaError,
  type LuaFunction,
  type LuaResult,
  LuaTable,
  type LuaValue,
  many,
  typeName,
} from './values';

/** The functions and tables of Lua 5.1 that Redis scripts have, by their global names. */
export function standardLibrary(operators: Operators): Map<string, LuaValue> {
  const fault = (message: string) => operators.fault(message);

  /** Errors of the library carry the line of the script that called it. */
  const placed =
    (call: LuaFunction): LuaFunction =>
    (...args) => {
      try {
        return call(...args);
      } catch (error) {
        if (error instanceof LuaError && typeof error.value === 'string' && !error.value.startsWith('user_script:')) {
          throw fault(error.value);
        }
        throw error;
      }
    };

  const library = (functions: Record<string, LuaFunction>, constants: Record<string, LuaValue> = {}) => {
    const entries = Object.entries(functions).map(([name, call]): [string, LuaValue] => [name, placed(call)]);
    const table = LuaTable.from({ ...Object.fromEntries(entries), ...constants });
    table.readonly = true;
    return table;
  };

  const string = library(stringFunctions(operators));
  operators.strings = string;

  /** Ends the iteration of `ipairs` at the first nil. */
  const nextItem: LuaFunction = (table, i) => {
    const value = operators.index(table, (i as number) + 1);
    return value === undefined ? undefined : [(i as number) + 1, value];
  };

  const protectedCall = (call: LuaFunction, args: LuaValue[], onError: (value: LuaValue) => LuaResult): LuaResult => {
    try {
      return [true, ...many(call(...args))];
    } catch (error) {
      if (error instanceof LuaError) return [false, ...many(onError(error.value))];
      if (error instanceof RangeError) return [false, ...many(onError(fault('stack overflow').value))];
      throw error;
    }
  };

  const base: Record<string, LuaFunction> = {
    type: (...args) => {
      if (args.length === 0) throw new LuaError("bad argument #1 to 'type' (value expected)");
      return typeName(args[0]);
    },
    tostring: (value) => textOf(value),
    tonumber: (value, base) => {
      if (base === undefined || base === 10) return toNumber(value);
      const radix = numberArgument(base, 2, 'tonumber');
      const digits = textArgument(value, 1, 'tonumber').trim().toLowerCase();
      const set = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, radix);
      const valid = digits !== '' && [...digits.replace(/^0x/, radix === 16 ? '' : '0x')].every((c) => set.includes(c));
      return valid ? Number.parseInt(digits, radix) : undefined;
    },
    ipairs: (table) => [nextItem, tableArgument(table, 1, 'ipairs'), 0],
    pairs: (table) => {
      const iterator = tableArgument(table, 1, 'pairs').pairs();
      const next: LuaFunction = () => {
        const step = iterator.next();
        return step.done ? undefined : step.value;
      };
      return [next, table, undefined];
    },
    next: (table, key) => {
      let found = key === undefined;
      for (const pair of tableArgument(table, 1, 'next').pairs()) {
        if (found) return pair;
        found = pair[0] === key;
      }
      if (!found) throw new LuaError("invalid key to 'next'");
      return undefined;
    },
    rawget: (table, key) => tableArgument(table, 1, 'rawget').get(key),
    rawset: (table, key, value) => {
      tableArgument(table, 1, 'rawset').set(key, value);
      return table;
    },
    rawequal: (a, b) => a === b,
    select: (which, ...rest) => {
      if (which === '#') return rest.length;
      const at = numberArgument(which, 1, 'select');
      if (at === 0 || at < -rest.length) throw new LuaError("bad argument #1 to 'select' (index out of range)");
      return rest.slice(at < 0 ? at : at - 1);
    },
    unpack: (table, from, to) => unpack(tableArgument(table, 1, 'unpack'), from, to),
    assert: (...args) => {
      if (operators.truthy(args[0])) return args;
      throw new LuaError(args.length > 1 ? args[1] : fault('assertion failed!').value);
    },
    setmetatable: (table, metatable) => {
      const target = tableArgument(table, 1, 'setmetatable');
      if (target.readonly) throw new LuaError('Attempt to modify a readonly table');
      target.metatable = metatable === undefined ? undefined : tableArgument(metatable, 2, 'setmetatable');
      return target;
    },
    getmetatable: (value) => (value instanceof LuaTable ? value.metatable : undefined),
    // As in Redis 7, the error of a command is its text by the time `pcall` gives it back.
    pcall: (call, ...args) =>
      protectedCall(operators.callable(call), args, (value) => {
        const text = value instanceof LuaTable ? value.get('err') : undefined;
        return typeof text === 'string' ? text : value;
      }),
    xpcall: (call, handler) =>
      protectedCall(operators.callable(call), [], (value) => operators.callable(handler)(value)),
  };

  const globals = new Map<string, LuaValue>(Object.entries(base).map(([name, call]) => [name, placed(call)]));
  globals.set('error', (value, level) => {
    throw typeof value === 'string' && level !== 0 ? fault(value) : new LuaError(value);
  });
  globals.set('string', string);
  globals.set('table', library(tableFunctions(operators)));
  globals.set('math', library(mathFunctions(), { huge: Infinity, pi: Math.PI }));
  globals.set('bit', library(bitFunctions()));
  globals.set('os', library({ clock: () => performance.now() / 1000 }));
  return globals;
}

function textOf(value: LuaValue): LuaResult {
  if (value instanceof LuaTable) {
    const handler = value.metatable?.get('__tostring');
    return typeof handler === 'function' ? first(handler(value)) : 'table: 0x0';
  }
  if (typeof value === 'number') return formatG(value, 14);
  if (typeof value === 'function') return 'function: 0x0';
  if (typeof value === 'symbol') return 'userdata: (nil)';
  return value === undefined ? 'nil' : String(value);
}

const expected = (what: string, at: number, name: string, value: LuaValue) =>
  new LuaError(
    `bad argument #${at} to '${name}' (${what} expected, got ${value === undefined ? 'no value' : typeName(value)})`,
  );

function tableArgument(value: LuaValue, at: number, name: string): LuaTable {
  if (value instanceof LuaTable) return value;
  throw expected('table', at, name, value);
}

function numberArgument(value: LuaValue, at: number, name: string): number {
  const number = toNumber(value);
  if (number === undefined) throw expected('number', at, name, value);
  return number;
}

const integerArgument = (value: LuaValue, at: number, name: string) => Math.trunc(numberArgument(value, at, name));

function textArgument(value: LuaValue, at: number, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatG(value, 14);
  throw expected('string', at, name, value);
}

function unpack(table: LuaTable, from: LuaValue, to: LuaValue): LuaValue[] {
  const start = from === undefined ? 1 : integerArgument(from, 2, 'unpack');
  const end = to === undefined ? table.length : integerArgument(to, 3, 'unpack');
  if (end - start >= 8_000) throw new LuaError('too many results to unpack');
  const values: LuaValue[] = [];
  for (let i = start; i <= end; i += 1) values.push(table.get(i));
  return values;
}

/** A position counted from either end, as an index from 0. */
const startIndex = (position: number, length: number) =>
  position > 0 ? position - 1 : position < 0 ? Math.max(length + position, 0) : 0;

function stringFunctions(operators: Operators): Record<string, LuaFunction> {
  /** The captures of a match, or the whole of it where it has none. */
  const captured = (text: string, { start, end, captures }: Match): LuaValue[] =>
    captures.length > 0 ? captures : [text.slice(start, end)];

  const find = (name: string, args: LuaValue[]): [string, string, number] => {
    const text = textArgument(args[0], 1, name);
    const from = args[2] === undefined ? 0 : startIndex(integerArgument(args[2], 3, name), text.length);
    return [text, textArgument(args[1], 2, name), from];
  };

  return {
    len: (text) => textArgument(text, 1, 'len').length,
    upper: (text) => textArgument(text, 1, 'upper').replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
    lower: (text) => textArgument(text, 1, 'lower').replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
    reverse: (text) => [...textArgument(text, 1, 'reverse')].reverse().join(''),
    rep: (text, times) => {
      const unit = textArgument(text, 1, 'rep');
      const count = Math.max(integerArgument(times, 2, 'rep'), 0);
      if (unit.length * count > 512 * 1024 * 1024) throw new LuaError('resulting string too large');
      return unit.repeat(count);
    },
    sub: (value, from, to) => {
      const text = textArgument(value, 1, 'sub');
      const last = to === undefined ? -1 : integerArgument(to, 3, 'sub');
      const end = last < 0 ? text.length + last + 1 : last;
      return text.slice(startIndex(integerArgument(from, 2, 'sub'), text.length), Math.max(end, 0));
    },
    byte: (value, from, to) => {
      const text = textArgument(value, 1, 'byte');
      const position = from === undefined ? 1 : integerArgument(from, 2, 'byte');
      const last = to === undefined ? position : integerArgument(to, 3, 'byte');
      const end = last < 0 ? text.length + last + 1 : Math.min(last, text.length);
      const codes: number[] = [];
      for (let i = startIndex(position, text.length); i < end; i += 1) codes.push(text.charCodeAt(i));
      return codes;
    },
    char: (...codes) =>
      codes
        .map((value, i) => {
          const code = integerArgument(value, i + 1, 'char');
          if (code < 0 || code > 255) throw new LuaError(`bad argument #${i + 1} to 'char' (invalid value)`);
          return String.fromCharCode(code);
        })
        .join(''),
    find: (...args) => {
      const [text, pattern, from] = find('find', args);
      if (from > text.length) return undefined;
      if (operators.truthy(args[3]) || !/[\^$*+?.([%-]/.test(pattern)) {
        const at = text.indexOf(pattern, from);
        return at === -1 ? undefined : [at + 1, at + pattern.length];
      }
      const match = findPattern(text, pattern, from);
      return match && [match.start + 1, match.end, ...match.captures];
    },
    match: (...args) => {
      const [text, pattern, from] = find('match', args);
      const match = findPattern(text, pattern, from);
      return match && captured(text, match);
    },
    gmatch: (value, sought) => {
      const [text, pattern] = find('gmatch', [value, sought]);
      let from = 0;
      return () => {
        const match = from <= text.length ? findPattern(text, pattern, from) : undefined;
        if (!match) return undefined;
        // An empty match moves on by one, or it would be found for ever.
        from = match.end > match.start ? match.end : match.end + 1;
        return captured(text, match);
      };
    },
    gsub: (value, sought, replacement, limit) => {
      const [text, pattern] = find('gsub', [value, sought]);
      const most = limit === undefined ? Infinity : integerArgument(limit, 4, 'gsub');
      let result = '';
      let from = 0;
      let count = 0;
      while (count < most && from <= text.length) {
        operators.tick();
        const match = findPattern(text, pattern, from);
        if (!match) break;
        count += 1;
        const whole = text.slice(match.start, match.end);
        result += text.slice(from, match.start) + replaced(whole, captured(text, match), replacement);
        from = match.end;
        if (match.end === match.start) {
          result += text.slice(from, from + 1);
          from += 1;
        }
        if (pattern.startsWith('^')) break;
      }
      return [result + text.slice(from), count];
    },
    format: (format, ...args) => formatText(textArgument(format, 1, 'format'), args),
  };
}

function replaced(whole: string, captures: LuaValue[], replacement: LuaValue): string {
  let value: LuaValue;
  if (typeof replacement === 'function') value = first(replacement(...captures));
  else if (replacement instanceof LuaTable) value = replacement.get(captures[0]);
  else {
    return textArgument(replacement, 3, 'gsub').replace(/%(.?)/gs, (_, c: string) => {
      if (c === '0') return whole;
      if (!/[1-9]/.test(c)) return c;
      if (Number(c) > captures.length) throw new LuaError(`invalid capture index`);
      return String(captures[Number(c) - 1]);
    });
  }
  if (value === undefined || value === false) return whole;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatG(value, 14);
  throw new LuaError(`invalid replacement value (a ${typeName(value)})`);
}

function formatText(format: string, args: LuaValue[]): string {
  let at = 0;
  return format.replace(
    /%(?:%|([-+ #0]*)(\d{0,2})(?:\.(\d{0,2}))?(.?))/gs,
    (directive, flags, width, precision, kind) => {
      if (directive === '%%') return '%';
      at += 1;
      const body = formatOne(kind, flags, precision, args[at - 1], at + 1);
      if (body.length >= Number(width)) return body;
      if (flags.includes('-')) return body.padEnd(Number(width));
      if (!flags.includes('0') || /[sqc]/.test(kind)) return body.padStart(Number(width));
      const sign = /^[-+ ]/.exec(body)?.[0] ?? '';
      return sign + body.slice(sign.length).padStart(Number(width) - sign.length, '0');
    },
  );
}

function formatOne(kind: string, flags: string, precision: string | undefined, value: LuaValue, at: number): string {
  const signed = (text: string) => {
    if (text.startsWith('-')) return text;
    return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text;
  };
  switch (kind) {
    case 'd':
    case 'i':
      return signed(BigInt(integerArgument(value, at, 'format')).toString());
    case 'u':
      return BigInt(integerArgument(value, at, 'format')).toString();
    case 'x':
    case 'X': {
      const hex = BigInt.asUintN(64, BigInt(integerArgument(value, at, 'format'))).toString(16);
      return kind === 'X' ? hex.toUpperCase() : hex;
    }
    case 'o':
      return BigInt.asUintN(64, BigInt(integerArgument(value, at, 'format'))).toString(8);
    case 'c':
      return String.fromCharCode(integerArgument(value, at, 'format') & 255);
    case 'e':
    case 'E': {
      const text = numberArgument(value, at, 'format').toExponential(Number(precision ?? 6));
      const padded = text.replace(/e([+-])(\d)$/, 'e$10$2');
      return signed(kind === 'E' ? padded.toUpperCase() : padded);
    }
    case 'f':
      return signed(numberArgument(value, at, 'format').toFixed(Number(precision ?? 6)));
    case 'g':
    case 'G':
      return signed(formatG(numberArgument(value, at, 'format'), Number(precision ?? 6) || 1));
    case 'q':
      return `"${textArgument(value, at, 'format')
        .replace(/["\\\n]/g, '\\$&')
        .replace(/\r/g, '\\r')
        .replace(/\0/g, '\\000')}"`;
    case 's': {
      const text = textArgument(value, at, 'format');
      return precision === undefined ? text : text.slice(0, Number(precision));
    }
    default:
      throw new LuaError(`invalid option '%${kind}' to 'format'`);
  }
}

function tableFunctions(operators: Operators): Record<string, LuaFunction> {
  return {
    getn: (table) => tableArgument(table, 1, 'getn').length,
    maxn: (table) => {
      let most = 0;
      for (const [key] of tableArgument(table, 1, 'maxn').pairs())
        if (typeof key === 'number' && key > most) most = key;
      return most;
    },
    insert: (...args) => {
      const table = tableArgument(args[0], 1, 'insert');
      if (args.length < 2 || args.length > 3) throw new LuaError("wrong number of arguments to 'insert'");
      const at = args.length === 3 ? integerArgument(args[1], 2, 'insert') : table.length + 1;
      for (let i = table.length; i >= at; i -= 1) table.set(i + 1, table.get(i));
      table.set(at, args.at(-1));
      return [];
    },
    remove: (value, position) => {
      const table = tableArgument(value, 1, 'remove');
      const { length } = table;
      const at = position === undefined ? length : integerArgument(position, 2, 'remove');
      if (at < 1 || at > length) return [];
      const removed = table.get(at);
      for (let i = at; i < length; i += 1) table.set(i, table.get(i + 1));
      table.set(length, undefined);
      return removed;
    },
    concat: (value, separator, from, to) => {
      const table = tableArgument(value, 1, 'concat');
      const end = to === undefined ? table.length : integerArgument(to, 4, 'concat');
      const parts: string[] = [];
      for (let i = from === undefined ? 1 : integerArgument(from, 3, 'concat'); i <= end; i += 1) {
        const part = table.get(i);
        if (typeof part !== 'string' && typeof part !== 'number') {
          throw new LuaError(`invalid value (${typeName(part)}) at index ${i} in table for 'concat'`);
        }
        parts.push(typeof part === 'number' ? formatG(part, 14) : part);
      }
      return parts.join(separator === undefined ? '' : textArgument(separator, 2, 'concat'));
    },
    sort: (value, comparison) => {
      const { items } = tableArgument(value, 1, 'sort');
      const less =
        comparison === undefined
          ? (a: LuaValue, b: LuaValue) => operators.less(a, b)
          : (a: LuaValue, b: LuaValue) => operators.truthy(first(operators.callable(comparison)(a, b)));
      const ordered = [...items].sort((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : 0));
      for (let i = 0; i < ordered.length; i += 1) items[i] = ordered[i];
      return [];
    },
    foreach: (table, call) => {
      for (const [key, item] of tableArgument(table, 1, 'foreach').pairs()) {
        const result = first(operators.callable(call)(key, item));
        if (result !== undefined) return result;
      }
      return [];
    },
  };
}

function mathFunctions(): Record<string, LuaFunction> {
  const unary = (name: string, compute: (x: number) => number): [string, LuaFunction] => [
    name,
    (x) => compute(numberArgument(x, 1, name)),
  ];
  const { floor, ceil, abs, sqrt, exp, log10, sin, cos, tan, asin, acos, atan } = Math;
  return {
    ...Object.fromEntries(
      Object.entries({ floor, ceil, abs, sqrt, exp, log10, sin, cos, tan, asin, acos, atan }).map(([name, compute]) =>
        unary(name, compute),
      ),
    ),
    log: (x) => Math.log(numberArgument(x, 1, 'log')),
    pow: (x, y) => numberArgument(x, 1, 'pow') ** numberArgument(y, 2, 'pow'),
    fmod: (x, y) => numberArgument(x, 1, 'fmod') % numberArgument(y, 2, 'fmod'),
    mod: (x, y) => numberArgument(x, 1, 'mod') % numberArgument(y, 2, 'mod'),
    modf: (x) => {
      const whole = Math.trunc(numberArgument(x, 1, 'modf'));
      return [whole, numberArgument(x, 1, 'modf') - whole];
    },
    max: (...all) => Math.max(numberArgument(all[0], 1, 'max'), ...all.map((x, i) => numberArgument(x, i + 1, 'max'))),
    min: (...all) => Math.min(numberArgument(all[0], 1, 'min'), ...all.map((x, i) => numberArgument(x, i + 1, 'min'))),
    random: (low, high) => {
      if (low === undefined) return Math.random();
      const from = high === undefined ? 1 : integerArgument(low, 1, 'random');
      const to = integerArgument(high ?? low, high === undefined ? 1 : 2, 'random');
      if (to < from) throw new LuaError("bad argument to 'random' (interval is empty)");
      return from + Math.floor(Math.random() * (to - from + 1));
    },
    randomseed: () => [],
  };
}

/** The part of the BitOp library that scripts use, on signed 32-bit numbers. */
function bitFunctions(): Record<string, LuaFunction> {
  const word = (value: LuaValue, at: number, name: string) =>
    Number(BigInt.asIntN(32, BigInt(integerArgument(value, at, name))));
  const fold =
    (name: string, combine: (a: number, b: number) => number): LuaFunction =>
    (...args) =>
      args.map((value, i) => word(value, i + 1, name)).reduce(combine);
  const shift =
    (name: string, move: (a: number, by: number) => number): LuaFunction =>
    (a, by) =>
      move(word(a, 1, name), word(by, 2, name) & 31);
  return {
    tobit: (a) => word(a, 1, 'tobit'),
    bnot: (a) => ~word(a, 1, 'bnot'),
    band: fold('band', (a, b) => a & b),
    bor: fold('bor', (a, b) => a | b),
    bxor: fold('bxor', (a, b) => a ^ b),
    lshift: shift('lshift', (a, by) => a << by),
    rshift: shift('rshift', (a, by) => (a >>> by) | 0),
    arshift: shift('arshift', (a, by) => a >> by),
    tohex: (a) => (word(a, 1, 'tohex') >>> 0).toString(16).padStart(8, '0'),
  };
}
