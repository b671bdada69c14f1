import type { Keyspace } from './keyspace';
import { integer, OK, RedisError, type Reply, syntaxError } from './reply';
import { range } from './strings';
import { type CommandTable, read, write } from './table';

export const lists: CommandTable = {
  LLEN: read(2, (db, [, key]) => db.get(key!, 'list')?.length ?? 0),
  LRANGE: read(4, (db, [, key, from, to]) => {
    const list = db.get(key!, 'list') ?? [];
    return list.slice(...range(from!, to!, list.length));
  }),
  LINDEX: read(3, (db, [, key, at]) => db.get(key!, 'list')?.at(integer(at)) ?? null),
  LPOS: read(-3, (db, [, key, element, ...options]) => {
    const given = new Map<string, number>();
    for (let i = 0; i < options.length; i += 2) given.set(options[i]!.toUpperCase(), integer(options[i + 1]));
    const rank = given.get('RANK') ?? 1;
    const count = given.get('COUNT');
    if (rank === 0) {
      throw new RedisError(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
      );
    }
    const list = db.get(key!, 'list') ?? [];
    const wanted = count === undefined ? 1 : count === 0 ? Infinity : count;
    const found: number[] = [];
    for (let i = 0, skip = Math.abs(rank) - 1; i < list.length && found.length < wanted; i += 1) {
      const at = rank > 0 ? i : list.length - 1 - i;
      if (list[at] !== element) continue;
      if (skip > 0) skip -= 1;
      else found.push(at);
    }
    return count === undefined ? (found[0] ?? null) : found;
  }),
  LPUSH: write(-3, (db, args) => push(db, args, 'left', true)),
  RPUSH: write(-3, (db, args) => push(db, args, 'right', true)),
  LPUSHX: write(-3, (db, args) => push(db, args, 'left', false)),
  RPUSHX: write(-3, (db, args) => push(db, args, 'right', false)),
  LPOP: write(-2, (db, args) => pop(db, args, 'left')),
  RPOP: write(-2, (db, args) => pop(db, args, 'right')),
  LSET: write(4, (db, [, key, at, value]) => {
    const list = db.get(key!, 'list');
    if (!list) throw new RedisError('ERR no such key');
    const index = integer(at) < 0 ? list.length + integer(at) : integer(at);
    if (index < 0 || index >= list.length) throw new RedisError('ERR index out of range');
    list[index] = value!;
    db.changed();
    return OK;
  }),
  LREM: write(4, (db, [, key, times, element]) => {
    const count = integer(times);
    const list = db.get(key!, 'list') ?? [];
    const limit = count === 0 ? list.length : Math.abs(count);
    const gone = new Set<number>();
    for (let i = 0; i < list.length && gone.size < limit; i += 1) {
      const at = count < 0 ? list.length - 1 - i : i;
      if (list[at] === element) gone.add(at);
    }
    if (gone.size > 0) {
      keep(
        db,
        key!,
        list.filter((_, at) => !gone.has(at)),
      );
      db.changed();
    }
    return gone.size;
  }),
  LTRIM: write(4, (db, [, key, from, to]) => {
    const list = db.get(key!, 'list');
    const [start, end] = range(from!, to!, list?.length ?? 0);
    if (list && end - start !== list.length) {
      keep(db, key!, list.slice(start, end));
      db.changed();
    }
    return OK;
  }),
  LINSERT: write(5, (db, [, key, where, pivot, element]) => {
    const side = where!.toUpperCase();
    if (side !== 'BEFORE' && side !== 'AFTER') throw syntaxError();
    const list = db.get(key!, 'list');
    if (!list) return 0;
    const at = list.indexOf(pivot!);
    if (at === -1) return -1;
    list.splice(side === 'BEFORE' ? at : at + 1, 0, element!);
    db.changed();
    return list.length;
  }),
  RPOPLPUSH: write(3, (db, [, from, to]) => move(db, from!, to!, 'RIGHT', 'LEFT')),
  LMOVE: write(5, (db, [, from, to, take, give]) => move(db, from!, to!, take!.toUpperCase(), give!.toUpperCase())),
};

type Side = 'left' | 'right';

function push(db: Keyspace, [, key, ...elements]: string[], side: Side, create: boolean): Reply {
  if (!create && !db.get(key!, 'list')) return 0;
  const list = db.getOrCreate(key!, 'list', () => []);
  for (const element of elements) {
    if (side === 'left') list.unshift(element);
    else list.push(element);
  }
  db.changed();
  return list.length;
}

function pop(db: Keyspace, [, key, times]: string[], side: Side): Reply {
  const count = times === undefined ? 1 : integer(times);
  if (count < 0) throw new RedisError('ERR value is out of range, must be positive');
  const list = db.get(key!, 'list');
  if (!list) return null;
  const taken = side === 'left' ? list.splice(0, count) : list.splice(Math.max(list.length - count, 0)).reverse();
  if (list.length === 0) db.remove(key!);
  if (taken.length > 0) db.changed();
  return times === undefined ? (taken[0] ?? null) : taken;
}

function move(db: Keyspace, from: string, to: string, take: string, give: string): Reply {
  if (!/^(LEFT|RIGHT)$/.test(take) || !/^(LEFT|RIGHT)$/.test(give)) throw syntaxError();
  const source = db.get(from, 'list');
  if (!source) return null;
  db.get(to, 'list'); // Refuses a wrong type before anything is taken.
  const element = (take === 'LEFT' ? source.shift() : source.pop())!;
  if (source.length === 0 && from !== to) db.remove(from);
  const target = db.getOrCreate(to, 'list', () => []);
  if (give === 'LEFT') target.unshift(element);
  else target.push(element);
  db.changed();
  return element;
}

function keep(db: Keyspace, key: string, list: string[]): void {
  if (list.length === 0) db.remove(key);
  else db.find(key)!.value = list;
}
