import type { Keyspace } from './keyspace';
import { globPattern, integer, RedisError, type Reply, syntaxError } from './reply';

/**
 * SCAN. The cursor is the sequence number of the last key looked at: it needs no memory here, survives any number
 * of other writes, and never misses a key that exists throughout.
 */
export function scanKeys(db: Keyspace, args: string[]): Reply {
  const { cursor, matches, count, type } = scanOptions(args, 1);
  const found: string[] = [];
  let looked = 0;
  let last = 0;
  for (const [key, { sequence }] of db.entries) {
    if (sequence <= cursor) continue;
    if (looked === count) return [String(last), found];
    looked += 1;
    last = sequence;
    const entry = db.find(key);
    if (entry && matches(key) && (type === undefined || entry.type === type)) found.push(key);
  }
  return ['0', found];
}

/** HSCAN, SSCAN, ZSCAN: everything at once, as Redis itself answers for collections it keeps compact. */
export function scanCollection(args: string[], items: Iterable<string | [string, string]>): Reply {
  const { matches } = scanOptions(args, 2);
  const found: string[] = [];
  for (const item of items) {
    if (typeof item === 'string') {
      if (matches(item)) found.push(item);
    } else if (matches(item[0])) found.push(...item);
  }
  return ['0', found];
}

function scanOptions(args: string[], at: number) {
  if (!/^\d{1,15}$/.test(args[at]!)) throw new RedisError('ERR invalid cursor');
  let count = 10;
  let pattern: RegExp | undefined;
  let type: string | undefined;
  for (let i = at + 1; i < args.length; i += 2) {
    const option = args[i]!.toUpperCase();
    const value = args[i + 1];
    if (value === undefined) throw syntaxError();
    if (option === 'MATCH') pattern = globPattern(value);
    else if (option === 'COUNT') count = integer(value);
    else if (option === 'TYPE' && at === 1) type = value.toLowerCase();
    else throw syntaxError();
  }
  if (count < 1) throw syntaxError();
  return { cursor: Number(args[at]), count, type, matches: (key: string) => !pattern || pattern.test(key) };
}
