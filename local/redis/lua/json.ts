import { formatG, jsonNull, LuaError, LuaTable, type LuaValue, typeName } from './values';

const maxDepth = 1_000;

/** `cjson.encode`: a table of 1, 2, 3 … is an array, any other (an empty one, too) is an object. */
export function encodeJson(value: LuaValue, depth = 0): string {
  switch (typeof value) {
    case 'string':
      return quoteJson(value);
    case 'number':
      if (!Number.isFinite(value)) throw new LuaError('Cannot serialise number: must not be NaN or Inf');
      return formatG(value, 14);
    case 'boolean':
      return String(value);
    case 'undefined':
    case 'symbol':
      return 'null';
  }
  if (!(value instanceof LuaTable)) throw new LuaError(`Cannot serialise ${typeName(value)}: type not supported`);
  if (depth >= maxDepth) throw new LuaError(`Cannot serialise, excessive depth (${depth + 1})`);
  const length = arrayLength(value);
  if (length > 0) {
    const parts: string[] = [];
    for (let i = 1; i <= length; i += 1) parts.push(encodeJson(value.get(i), depth + 1));
    return `[${parts.join(',')}]`;
  }
  const parts: string[] = [];
  for (const [key, item] of value.pairs()) {
    if (typeof key !== 'string' && typeof key !== 'number') {
      throw new LuaError('Cannot serialise table: table key must be a number or string');
    }
    const name = typeof key === 'number' ? `"${formatG(key, 14)}"` : quoteJson(key);
    parts.push(`${name}:${encodeJson(item, depth + 1)}`);
  }
  return `{${parts.join(',')}}`;
}

/** How many items an array has, its gaps included; 0 for what is no array. Throws where gaps are most of it. */
function arrayLength(table: LuaTable): number {
  let length = 0;
  let count = 0;
  for (const [key] of table.pairs()) {
    if (typeof key !== 'number' || key < 1 || !Number.isInteger(key)) return 0;
    length = Math.max(length, key);
    count += 1;
  }
  if (length > 10 && length > count * 2) {
    throw new LuaError('Cannot serialise table: excessively sparse array');
  }
  return length;
}

/** Quotes bytes without looking at what they encode; escapes slashes, as cjson does. */
function quoteJson(text: string): string {
  return JSON.stringify(text).replace(/\//g, '\\/').replace(/\x7f/g, '\\u007f');
}

/** `cjson.decode`: null becomes `cjson.null`. */
export function decodeJson(text: string): LuaValue {
  let parsed: unknown;
  try {
    parsed = JSON.parse(escapesToBytes(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new LuaError('Expected value but found invalid token at character 1');
  }
  return fromJson(parsed, 0);
}

/** `\u00e9` as the bytes of its UTF-8 encoding, like every other character of a byte string. */
function escapesToBytes(text: string): string {
  if (!text.includes('\\u')) return text;
  return text.replace(
    /\\(?:u(d[89ab][\da-f]{2})\\u(d[c-f][\da-f]{2})|u([\da-f]{4})|.)/gis,
    (escaped, high?: string, low?: string, single?: string) => {
      const codes = high && low ? [high, low] : single ? [single] : [];
      const character = String.fromCharCode(...codes.map((code) => Number.parseInt(code, 16)));
      return character === '' || character < '\x80' ? escaped : Buffer.from(character, 'utf8').toString('latin1');
    },
  );
}

function fromJson(value: unknown, depth: number): LuaValue {
  if (value === null) return jsonNull;
  if (typeof value !== 'object') return value as LuaValue;
  if (depth >= maxDepth) throw new LuaError('Found too many nested data structures (1001)');
  if (Array.isArray(value)) return LuaTable.of(value.map((item) => fromJson(item, depth + 1)));
  const table = new LuaTable();
  for (const [name, item] of Object.entries(value)) table.set(name, fromJson(item, depth + 1));
  return table;
}
