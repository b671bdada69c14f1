import type { Keyspace } from './keyspace';
import { float, floatText, integer, OK, RedisError, type Reply, syntaxError } from './reply';
import { type CommandTable, read, write } from './table';

/** Redis' own default bound on a value, in bytes. */
const maxLength = 512 * 1024 * 1024;

export const strings: CommandTable = {
  GET: read(2, (db, [, key]) => db.get(key!, 'string') ?? null),
  MGET: read(-2, (db, [, ...keys]) =>
    keys.map((key) => {
      const entry = db.find(key);
      return entry?.type === 'string' ? entry.value : null;
    }),
  ),
  STRLEN: read(2, (db, [, key]) => db.get(key!, 'string')?.length ?? 0),
  GETRANGE: read(4, getRange),
  SUBSTR: read(4, getRange),
  SET: write(-3, (db, args) => {
    const [, key, value] = args as [string, string, string];
    const options = setOptions(db, args.slice(3));
    const old = options.get ? (db.get(key, 'string') ?? null) : null;
    const entry = db.find(key);
    const refused = (options.condition === 'NX' && entry) || (options.condition === 'XX' && !entry);
    if (!refused) store(db, key, value, options.keepTtl ? (entry?.expiresAt ?? 0) : options.expiresAt);
    if (options.get) return old;
    return refused ? null : OK;
  }),
  SETNX: write(3, (db, [, key, value]) => {
    if (db.find(key!)) return 0;
    store(db, key!, value!, 0);
    return 1;
  }),
  SETEX: write(4, (db, [name, key, seconds, value]) => setFor(db, key!, value!, seconds!, 1000, name!)),
  PSETEX: write(4, (db, [name, key, milliseconds, value]) => setFor(db, key!, value!, milliseconds!, 1, name!)),
  GETSET: write(3, (db, [, key, value]) => {
    const old = db.get(key!, 'string') ?? null;
    store(db, key!, value!, 0);
    return old;
  }),
  GETDEL: write(2, (db, [, key]) => {
    const value = db.get(key!, 'string');
    if (value === undefined) return null;
    db.remove(key!);
    db.changed(['DEL', key!]);
    return value;
  }),
  GETEX: write(-2, (db, args) => {
    const key = args[1]!;
    const value = db.get(key, 'string');
    const persist = args.length === 3 && args[2]!.toUpperCase() === 'PERSIST';
    const { expiresAt } = persist ? { expiresAt: 0 } : setOptions(db, args.slice(2));
    if (value === undefined) return null;
    if (persist || expiresAt !== 0) {
      db.expire(key, db.find(key)!, expiresAt);
      db.changed(persist ? ['PERSIST', key] : ['PEXPIREAT', key, String(expiresAt)]);
    }
    return value;
  }),
  MSET: write(-3, (db, args) => {
    const pairs = pairsOf(args, 1);
    for (const [key, value] of pairs) db.put(key, 'string', value);
    db.changed();
    return OK;
  }),
  MSETNX: write(-3, (db, args) => {
    const pairs = pairsOf(args, 1);
    if (pairs.some(([key]) => db.find(key))) return 0;
    for (const [key, value] of pairs) db.put(key, 'string', value);
    db.changed();
    return 1;
  }),
  INCR: write(2, (db, [, key]) => increment(db, key!, 1)),
  DECR: write(2, (db, [, key]) => increment(db, key!, -1)),
  INCRBY: write(3, (db, [, key, by]) => increment(db, key!, integer(by))),
  DECRBY: write(3, (db, [, key, by]) => increment(db, key!, -integer(by))),
  INCRBYFLOAT: write(3, (db, [, key, by]) => {
    const sum = addFloats(db.get(key!, 'string'), by!);
    const expiresAt = db.find(key!)?.expiresAt ?? 0;
    store(db, key!, sum, expiresAt);
    return sum;
  }),
  APPEND: write(3, (db, [, key, tail]) => {
    const value = (db.get(key!, 'string') ?? '') + tail!;
    replace(db, key!, value);
    db.changed();
    return value.length;
  }),
  SETRANGE: write(4, (db, [, key, at, part]) => {
    const offset = integer(at);
    if (offset < 0) throw new RedisError('ERR offset is out of range');
    const old = db.get(key!, 'string') ?? '';
    if (part === '') return old.length;
    if (offset + part!.length > maxLength) throw tooLong();
    const value = old.slice(0, offset).padEnd(offset, '\0') + part! + old.slice(offset + part!.length);
    replace(db, key!, value);
    db.changed();
    return value.length;
  }),
  GETBIT: read(3, (db, [, key, at]) => {
    const bit = integer(at);
    return ((db.get(key!, 'string') ?? '').charCodeAt(bit >> 3) >> (7 - (bit & 7))) & 1;
  }),
  SETBIT: write(4, (db, [, key, at, to]) => {
    const bit = Number(at);
    if (!/^\d{1,10}$/.test(at!) || bit >= maxLength * 8) {
      throw new RedisError('ERR bit offset is not an integer or out of range');
    }
    if (to !== '0' && to !== '1') throw new RedisError('ERR bit is not an integer or out of range');
    const index = Math.floor(bit / 8);
    const old = (db.get(key!, 'string') ?? '').padEnd(index + 1, '\0');
    const mask = 1 << (7 - (bit % 8));
    const byte = old.charCodeAt(index);
    const changed = String.fromCharCode(to === '1' ? byte | mask : byte & ~mask);
    replace(db, key!, old.slice(0, index) + changed + old.slice(index + 1));
    db.changed();
    return byte & mask ? 1 : 0;
  }),
  BITCOUNT: read(2, (db, [, key]) => {
    let count = 0;
    for (const byte of Buffer.from(db.get(key!, 'string') ?? '', 'latin1')) {
      for (let rest = byte; rest > 0; rest &= rest - 1) count += 1;
    }
    return count;
  }),
};

/** Flat `key value key value …` arguments as pairs; throws where one is missing. */
export function pairsOf(args: string[], from: number): [string, string][] {
  if ((args.length - from) % 2 !== 0) {
    throw new RedisError(`ERR wrong number of arguments for '${args[0]!.toLowerCase()}' command`);
  }
  const pairs: [string, string][] = [];
  for (let i = from; i < args.length; i += 2) pairs.push([args[i]!, args[i + 1]!]);
  return pairs;
}

/** `old + by` as 64-bit integers; a missing value counts as 0. */
export function addIntegers(old: string | undefined, by: number, fault: string): string {
  if (old === undefined) return String(by);
  if (!/^(?:0|-?[1-9]\d{0,18})$/.test(old)) throw new RedisError(fault);
  const sum = Number(old) + by;
  // Beyond 2^53 numbers lose their last digits, so those few go the long way.
  if (Number.isSafeInteger(sum) && Number.isSafeInteger(Number(old))) return String(sum);
  const exact = BigInt(old) + BigInt(by);
  if (BigInt.asIntN(64, exact) !== exact) throw new RedisError('ERR increment or decrement would overflow');
  return exact.toString();
}

/** `old + by` as floats, printed as Redis prints them. */
export function addFloats(old: string | undefined, by: string, fault?: string): string {
  const sum = (old === undefined ? 0 : float(old, fault)) + float(by);
  if (!Number.isFinite(sum)) throw new RedisError('ERR increment would produce NaN or Infinity');
  // Redis adds in 80-bit precision and prints 17 digits; trimming to 15 hides the difference in the last ones.
  return floatText(Number.isInteger(sum) ? sum : Number(sum.toPrecision(15)));
}

function increment(db: Keyspace, key: string, by: number): Reply {
  const entry = db.find(key);
  const sum = addIntegers(db.get(key, 'string'), by, 'ERR value is not an integer or out of range');
  if (entry) entry.value = sum;
  else db.put(key, 'string', sum);
  db.changed();
  return Number(sum);
}

function getRange(db: Keyspace, [, key, from, to]: string[]): Reply {
  const value = db.get(key!, 'string') ?? '';
  const first = integer(from);
  const last = integer(to);
  // An end before the beginning means the first byte here, unless both count from the end and cross: Redis' quirk.
  const end = last < -value.length && (first >= 0 || first <= last) ? String(-value.length) : to!;
  return value.slice(...range(from!, end, value.length));
}

/** Redis' inclusive range, from either end, as a half-open one within `length`. */
export function range(from: string, to: string, length: number): [start: number, end: number] {
  const start = integer(from);
  const last = integer(to);
  const begin = Math.max(start < 0 ? length + start : start, 0);
  const end = Math.min((last < 0 ? length + last : last) + 1, length);
  return begin >= end ? [0, 0] : [begin, end];
}

function replace(db: Keyspace, key: string, value: string): void {
  if (value.length > maxLength) throw tooLong();
  const entry = db.find(key);
  if (entry) entry.value = value;
  else db.put(key, 'string', value);
}

const tooLong = () => new RedisError('ERR string exceeds maximum allowed size (proto-max-bulk-len)');

function store(db: Keyspace, key: string, value: string, expiresAt: number): void {
  db.put(key, 'string', value, expiresAt);
  db.changed(expiresAt === 0 ? ['SET', key, value] : ['SET', key, value, 'PXAT', String(expiresAt)]);
}

function setFor(db: Keyspace, key: string, value: string, time: string, unitMs: number, name: string): Reply {
  store(db, key, value, expiryTime(db, time, unitMs, true, name));
  return OK;
}

/** When something expires that was given a time; throws `ERR` unless it lies after the epoch and in range. */
function expiryTime(db: Keyspace, time: string, unitMs: number, relative: boolean, name: string): number {
  const amount = integer(time);
  const at = amount * unitMs + (relative ? db.now : 0);
  if (amount <= 0 || !Number.isSafeInteger(at)) {
    throw new RedisError(`ERR invalid expire time in '${name.toLowerCase()}' command`);
  }
  return at;
}

type SetOptions = { condition?: 'NX' | 'XX'; get: boolean; keepTtl: boolean; expiresAt: number };

function setOptions(db: Keyspace, args: string[]): SetOptions {
  const options: SetOptions = { get: false, keepTtl: false, expiresAt: 0 };
  for (let i = 0; i < args.length; i += 1) {
    const option = args[i]!.toUpperCase();
    const timed = options.expiresAt !== 0 || options.keepTtl;
    if ((option === 'NX' || option === 'XX') && !options.condition) options.condition = option;
    else if (option === 'GET') options.get = true;
    else if (option === 'KEEPTTL' && !timed) options.keepTtl = true;
    else if (/^(EX|PX|EXAT|PXAT)$/.test(option) && !timed && i + 1 < args.length) {
      i += 1;
      options.expiresAt = expiryTime(db, args[i]!, option.startsWith('E') ? 1000 : 1, !option.endsWith('AT'), 'set');
    } else throw syntaxError();
  }
  return options;
}
