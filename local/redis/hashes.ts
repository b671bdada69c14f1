import type { Keyspace } from './keyspace';
import { integer, OK, RedisError, type Reply } from './reply';
import { scanCollection } from './scan';
import { addFloats, addIntegers, pairsOf } from './strings';
import { type CommandTable, read, write } from './table';

export const hashes: CommandTable = {
  HGET: read(3, (db, [, key, field]) => db.get(key!, 'hash')?.get(field!) ?? null),
  HMGET: read(-3, (db, [, key, ...fields]) => {
    const hash = db.get(key!, 'hash');
    return fields.map((field) => hash?.get(field) ?? null);
  }),
  HGETALL: read(2, (db, [, key]) => [...(db.get(key!, 'hash') ?? [])].flat()),
  HKEYS: read(2, (db, [, key]) => [...(db.get(key!, 'hash')?.keys() ?? [])]),
  HVALS: read(2, (db, [, key]) => [...(db.get(key!, 'hash')?.values() ?? [])]),
  HLEN: read(2, (db, [, key]) => db.get(key!, 'hash')?.size ?? 0),
  HEXISTS: read(3, (db, [, key, field]) => (db.get(key!, 'hash')?.has(field!) ? 1 : 0)),
  HSTRLEN: read(3, (db, [, key, field]) => db.get(key!, 'hash')?.get(field!)?.length ?? 0),
  HSCAN: read(-3, (db, args) => scanCollection(args, db.get(args[1]!, 'hash') ?? new Map())),
  HRANDFIELD: read(-2, (db, [, key, count, withValues]) => {
    const pairs = [...(db.get(key!, 'hash') ?? [])];
    if (count === undefined) return pairs[Math.floor(Math.random() * pairs.length)]?.[0] ?? null;
    const picked = pick(pairs, integer(count));
    return withValues?.toUpperCase() === 'WITHVALUES' ? picked.flat() : picked.map(([field]) => field);
  }),
  HSET: write(-4, (db, args) => setFields(db, args)),
  HMSET: write(-4, (db, args) => {
    setFields(db, args);
    return OK;
  }),
  HSETNX: write(4, (db, [, key, field, value]) => {
    if (db.get(key!, 'hash')?.has(field!)) return 0;
    db.getOrCreate(key!, 'hash', () => new Map()).set(field!, value!);
    db.changed();
    return 1;
  }),
  HDEL: write(-3, (db, [, key, ...fields]) => {
    const hash = db.get(key!, 'hash');
    if (!hash) return 0;
    let removed = 0;
    for (const field of fields) if (hash.delete(field)) removed += 1;
    if (hash.size === 0) db.remove(key!);
    if (removed > 0) db.changed();
    return removed;
  }),
  HINCRBY: write(4, (db, [, key, field, by]) => {
    const amount = integer(by);
    const sum = addIntegers(db.get(key!, 'hash')?.get(field!), amount, 'ERR hash value is not an integer');
    db.getOrCreate(key!, 'hash', () => new Map()).set(field!, sum);
    db.changed();
    return Number(sum);
  }),
  HINCRBYFLOAT: write(4, (db, [, key, field, by]) => {
    const sum = addFloats(db.get(key!, 'hash')?.get(field!), by!, 'ERR hash value is not a float');
    db.getOrCreate(key!, 'hash', () => new Map()).set(field!, sum);
    db.changed(['HSET', key!, field!, sum]);
    return sum;
  }),
};

/** Redis' random picks: a positive count gives that many different ones, a negative one allows repeats. */
export function pick<T>(items: T[], count: number): T[] {
  if (count < 0) {
    if (items.length === 0) return [];
    if (count < -1_000_000) throw new RedisError('ERR value is out of range');
    return Array.from({ length: -count }, () => items[Math.floor(Math.random() * items.length)]!);
  }
  const shuffled = [...items];
  const taken = Math.min(count, shuffled.length);
  for (let i = 0; i < taken; i += 1) {
    const j = i + Math.floor(Math.random() * (shuffled.length - i));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled.slice(0, taken);
}

function setFields(db: Keyspace, args: string[]): Reply {
  const pairs = pairsOf(args, 2);
  const hash = db.getOrCreate(args[1]!, 'hash', () => new Map());
  const before = hash.size;
  for (const [field, value] of pairs) hash.set(field, value);
  db.changed();
  return hash.size - before;
}
