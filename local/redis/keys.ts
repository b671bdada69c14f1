import type { Entry, Keyspace } from './keyspace';
import { globPattern, integer, OK, RedisError, type Reply, Status } from './reply';
import { scanKeys } from './scan';
import { SortedSet } from './sorted-set';
import { type CommandTable, read, write } from './table';

export const keys: CommandTable = {
  EXISTS: read(-2, (db, [, ...names]) => names.filter((key) => db.find(key)).length),
  TOUCH: read(-2, (db, [, ...names]) => names.filter((key) => db.find(key)).length),
  TYPE: read(2, (db, [, key]) => new Status(db.find(key!)?.type ?? 'none')),
  TTL: read(2, (db, [, key]) => remaining(db, key!, (ms) => Math.round(ms / 1000))),
  PTTL: read(2, (db, [, key]) => remaining(db, key!, (ms) => ms)),
  EXPIRETIME: read(2, (db, [, key]) => expiry(db, key!, (at) => Math.floor(at / 1000))),
  PEXPIRETIME: read(2, (db, [, key]) => expiry(db, key!, (at) => at)),
  KEYS: read(2, (db, [, pattern]) => living(db).filter((key) => globPattern(pattern!).test(key))),
  SCAN: read(-2, scanKeys),
  RANDOMKEY: read(1, (db) => {
    const all = living(db);
    return all[Math.floor(Math.random() * all.length)] ?? null;
  }),
  DBSIZE: read(1, (db) => db.entries.size),
  DEL: write(-2, remove),
  UNLINK: write(-2, remove),
  EXPIRE: write(-3, (db, args) => setExpiry(db, args, 1000, true)),
  PEXPIRE: write(-3, (db, args) => setExpiry(db, args, 1, true)),
  EXPIREAT: write(-3, (db, args) => setExpiry(db, args, 1000, false)),
  PEXPIREAT: write(-3, (db, args) => setExpiry(db, args, 1, false)),
  PERSIST: write(2, (db, [, key]) => {
    const entry = db.find(key!);
    if (!entry || entry.expiresAt === 0) return 0;
    db.expire(key!, entry, 0);
    db.changed();
    return 1;
  }),
  RENAME: write(3, (db, [, from, to]) => {
    rename(db, from!, to!);
    return OK;
  }),
  RENAMENX: write(3, (db, [, from, to]) => {
    if (db.find(to!) && db.find(from!)) return 0;
    rename(db, from!, to!);
    return 1;
  }),
  COPY: write(-3, (db, [, from, to, option]) => {
    if (from === to) throw new RedisError('ERR source and destination objects are the same');
    const entry = db.find(from!);
    if (!entry || (db.find(to!) && option?.toUpperCase() !== 'REPLACE')) return 0;
    db.put(to!, entry.type, copyValue(entry) as never, entry.expiresAt);
    db.changed();
    return 1;
  }),
  FLUSHDB: write(-1, flush),
  FLUSHALL: write(-1, flush),
};

const living = (db: Keyspace) => [...db.entries.keys()].filter((key) => db.find(key));

function remaining(db: Keyspace, key: string, unit: (ms: number) => number): Reply {
  return expiry(db, key, (at) => unit(Math.max(at - db.now, 0)));
}

function expiry(db: Keyspace, key: string, unit: (at: number) => number): Reply {
  const entry = db.find(key);
  if (!entry) return -2;
  return entry.expiresAt === 0 ? -1 : unit(entry.expiresAt);
}

function remove(db: Keyspace, [, ...names]: string[]): Reply {
  let removed = 0;
  for (const key of names) if (db.find(key) && db.remove(key)) removed += 1;
  if (removed > 0) db.changed();
  return removed;
}

function setExpiry(db: Keyspace, args: string[], unitMs: number, relative: boolean): Reply {
  const [name, key, time, option] = args as [string, string, string, string?];
  const at = integer(time) * unitMs + (relative ? db.now : 0);
  if (!Number.isSafeInteger(at)) {
    throw new RedisError(`ERR invalid expire time in '${name.toLowerCase()}' command`);
  }
  const flag = option?.toUpperCase();
  if (args.length > 4 || (flag !== undefined && !/^(NX|XX|GT|LT)$/.test(flag))) {
    throw new RedisError(`ERR Unsupported option ${args.at(-1)}`);
  }
  const entry = db.find(key);
  if (!entry) return 0;
  // A key that never expires counts as expiring after every other.
  const old = entry.expiresAt === 0 ? Infinity : entry.expiresAt;
  if (flag === 'NX' && old !== Infinity) return 0;
  if (flag === 'XX' && old === Infinity) return 0;
  if (flag === 'GT' && at <= old) return 0;
  if (flag === 'LT' && at >= old) return 0;
  if (at <= db.now && !db.replaying) {
    db.remove(key);
    db.changed(['DEL', key]);
  } else {
    db.expire(key, entry, at);
    db.changed(['PEXPIREAT', key, String(at)]);
  }
  return 1;
}

function rename(db: Keyspace, from: string, to: string): void {
  const entry = db.find(from);
  if (!entry) throw new RedisError('ERR no such key');
  db.remove(from);
  db.remove(to);
  db.put(to, entry.type, entry.value as never, entry.expiresAt);
  db.changed();
}

function copyValue(entry: Entry): Entry['value'] {
  switch (entry.type) {
    case 'string':
      return entry.value;
    case 'hash':
      return new Map(entry.value);
    case 'list':
      return [...entry.value];
    case 'set':
      return new Set(entry.value);
    case 'zset': {
      const copy = new SortedSet();
      for (const { member, score } of entry.value.pairs) copy.set(member, score);
      return copy;
    }
    case 'stream':
      return { entries: [...entry.value.entries], lastId: entry.value.lastId };
  }
}

function flush(db: Keyspace): Reply {
  db.clear();
  db.changed();
  return OK;
}
