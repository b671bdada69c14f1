import { pick } from './hashes';
import type { Keyspace } from './keyspace';
import { integer, RedisError, type Reply, syntaxError } from './reply';
import { scanCollection } from './scan';
import { type CommandTable, read, write } from './table';

type Combine = (sets: Set<string>[]) => Set<string>;

export const sets: CommandTable = {
  SMEMBERS: read(2, (db, [, key]) => [...(db.get(key!, 'set') ?? [])]),
  SCARD: read(2, (db, [, key]) => db.get(key!, 'set')?.size ?? 0),
  SISMEMBER: read(3, (db, [, key, member]) => (db.get(key!, 'set')?.has(member!) ? 1 : 0)),
  SMISMEMBER: read(-3, (db, [, key, ...members]) => {
    const set = db.get(key!, 'set');
    return members.map((member) => (set?.has(member) ? 1 : 0));
  }),
  SRANDMEMBER: read(-2, (db, [, key, count]) => {
    const members = [...(db.get(key!, 'set') ?? [])];
    if (count === undefined) return members[Math.floor(Math.random() * members.length)] ?? null;
    return pick(members, integer(count));
  }),
  SSCAN: read(-3, (db, args) => scanCollection(args, db.get(args[1]!, 'set') ?? [])),
  SINTER: read(-2, (db, [, ...keys]) => [...intersection(members(db, keys))]),
  SUNION: read(-2, (db, [, ...keys]) => [...union(members(db, keys))]),
  SDIFF: read(-2, (db, [, ...keys]) => [...difference(members(db, keys))]),
  SINTERCARD: read(-3, (db, [, numkeys, ...rest]) => {
    const count = integer(numkeys);
    const [option, limit] = rest.slice(count);
    if (count < 1 || rest.length < count || (option !== undefined && option.toUpperCase() !== 'LIMIT')) {
      throw syntaxError();
    }
    const { size } = intersection(members(db, rest.slice(0, count)));
    const bound = limit === undefined ? 0 : integer(limit);
    return bound === 0 ? size : Math.min(size, bound);
  }),
  SADD: write(-3, (db, [, key, ...added]) => {
    const set = db.getOrCreate(key!, 'set', () => new Set());
    const before = set.size;
    for (const member of added) set.add(member);
    if (set.size > before) db.changed();
    return set.size - before;
  }),
  SREM: write(-3, (db, [, key, ...gone]) => {
    const set = db.get(key!, 'set');
    if (!set) return 0;
    const before = set.size;
    for (const member of gone) set.delete(member);
    if (set.size === 0) db.remove(key!);
    if (set.size < before) db.changed();
    return before - set.size;
  }),
  SPOP: write(-2, (db, [, key, times]) => {
    const count = times === undefined ? 1 : integer(times);
    if (count < 0) throw new RedisError('ERR value is out of range, must be positive');
    const set = db.get(key!, 'set');
    if (!set) return times === undefined ? null : [];
    const taken = pick([...set], count);
    for (const member of taken) set.delete(member);
    if (set.size === 0) db.remove(key!);
    if (taken.length > 0) db.changed(['SREM', key!, ...taken]);
    return times === undefined ? (taken[0] ?? null) : taken;
  }),
  SMOVE: write(4, (db, [, from, to, member]) => {
    const source = db.get(from!, 'set');
    if (!source) return 0;
    db.get(to!, 'set'); // Refuses a wrong type before anything is taken.
    if (!source.has(member!)) return 0;
    if (from === to) return 1;
    source.delete(member!);
    if (source.size === 0) db.remove(from!);
    db.getOrCreate(to!, 'set', () => new Set()).add(member!);
    db.changed();
    return 1;
  }),
  SINTERSTORE: write(-3, (db, args) => store(db, args, intersection)),
  SUNIONSTORE: write(-3, (db, args) => store(db, args, union)),
  SDIFFSTORE: write(-3, (db, args) => store(db, args, difference)),
};

const members = (db: Keyspace, keys: string[]) => keys.map((key) => db.get(key, 'set') ?? new Set<string>());

const union: Combine = (all) => new Set(all.flatMap((set) => [...set]));

const intersection: Combine = ([first, ...others]) =>
  new Set([...first!].filter((member) => others.every((set) => set.has(member))));

const difference: Combine = ([first, ...others]) =>
  new Set([...first!].filter((member) => !others.some((set) => set.has(member))));

function store(db: Keyspace, [, target, ...keys]: string[], combine: Combine): Reply {
  const result = combine(members(db, keys));
  if (result.size > 0) db.put(target!, 'set', result);
  else db.remove(target!);
  db.changed();
  return result.size;
}
