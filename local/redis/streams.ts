import type { Keyspace } from './keyspace';
import { integer, OK, RedisError, type Reply, syntaxError } from './reply';
import { type CommandTable, read, write } from './table';

/** Milliseconds, then a number within them. */
type Id = [ms: number, sequence: number];

export type Stream = { entries: { id: Id; fields: string[] }[]; lastId: Id };

export const streams: CommandTable = {
  XLEN: read(2, (db, [, key]) => db.get(key!, 'stream')?.entries.length ?? 0),
  XRANGE: read(-4, (db, [, key, from, to, ...options]) => between(db, key!, from!, to!, options, false)),
  XREVRANGE: read(-4, (db, [, key, to, from, ...options]) => between(db, key!, from!, to!, options, true)),
  XREAD: read(-4, xread),
  XADD: write(-5, xadd),
  XDEL: write(-3, (db, [, key, ...ids]) => {
    const stream = db.get(key!, 'stream');
    const gone = new Set(ids.map((id) => idText(parseId(id, 0))));
    if (!stream) return 0;
    const before = stream.entries.length;
    stream.entries = stream.entries.filter(({ id }) => !gone.has(idText(id)));
    if (stream.entries.length < before) db.changed();
    return before - stream.entries.length;
  }),
  XTRIM: write(-4, (db, args) => {
    const stream = db.get(args[1]!, 'stream');
    const { trim } = trimOption(args, 2);
    if (!stream) return 0;
    const removed = trim(stream);
    if (removed > 0) db.changed();
    return removed;
  }),
  XSETID: write(3, (db, [, key, id]) => {
    const stream = db.get(key!, 'stream');
    if (!stream) throw new RedisError('ERR no such key');
    stream.lastId = parseId(id!, 0);
    db.changed();
    return OK;
  }),
};

/** An id as Redis writes it. */
export const idText = ([ms, sequence]: Id) => `${ms}-${sequence}`;

const compareIds = (a: Id, b: Id) => a[0] - b[0] || a[1] - b[1];

function parseId(text: string, missingSequence: number): Id {
  const [, ms, sequence] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text) ?? [];
  if (ms === undefined) throw new RedisError('ERR Invalid stream ID specified as stream command argument');
  return [Number(ms), sequence === undefined ? missingSequence : Number(sequence)];
}

function xadd(db: Keyspace, args: string[]): Reply {
  const key = args[1]!;
  let at = 2;
  let create = true;
  let trim: ((stream: Stream) => number) | undefined;
  if (args[at]!.toUpperCase() === 'NOMKSTREAM') {
    create = false;
    at += 1;
  }
  if (/^(MAXLEN|MINID)$/i.test(args[at] ?? '')) ({ trim, next: at } = trimOption(args, at));
  const wanted = args[at];
  const fields = args.slice(at + 1);
  if (wanted === undefined || fields.length === 0 || fields.length % 2 !== 0) {
    throw new RedisError("ERR wrong number of arguments for 'xadd' command");
  }
  // A malformed id is reported before a wrong type.
  const given = wanted === '*' ? null : parseId(wanted.replace(/-\*$/, ''), 0);
  if (given && !wanted.endsWith('*') && compareIds(given, [0, 0]) === 0) {
    throw new RedisError('ERR The ID specified in XADD must be greater than 0-0');
  }
  const existing = db.get(key, 'stream');
  if (!existing && !create) return null;
  const last: Id = existing?.lastId ?? [0, 0];
  const id = nextId(wanted, last, db.now);
  if (compareIds(id, last) <= 0) {
    throw new RedisError('ERR The ID specified in XADD is equal or smaller than the target stream top item');
  }
  const stream = db.getOrCreate(key, 'stream', () => ({ entries: [], lastId: last }));
  stream.entries.push({ id, fields });
  stream.lastId = id;
  trim?.(stream);
  db.changed([...args.slice(0, at), idText(id), ...fields]);
  return idText(id);
}

function nextId(wanted: string, last: Id, now: number): Id {
  if (wanted === '*') return now > last[0] ? [now, 0] : [last[0], last[1] + 1];
  if (wanted.endsWith('-*')) {
    const [ms] = parseId(wanted.slice(0, -2), 0);
    return [ms, ms === last[0] ? last[1] + 1 : ms === 0 ? 1 : 0];
  }
  return parseId(wanted, 0);
}

/** `MAXLEN|MINID [=|~] threshold [LIMIT count]`. Approximate trimming is done exactly: that is allowed, and simpler. */
function trimOption(args: string[], at: number): { trim(stream: Stream): number; next: number } {
  const kind = args[at]!.toUpperCase();
  let next = at + 1;
  if (args[next] === '=' || args[next] === '~') next += 1;
  const threshold = args[next];
  next += 1;
  if (args[next]?.toUpperCase() === 'LIMIT') next += 2;
  if (threshold === undefined || (kind !== 'MAXLEN' && kind !== 'MINID')) throw syntaxError();
  const lowest = kind === 'MINID' ? parseId(threshold, 0) : undefined;
  const length = kind === 'MAXLEN' ? integer(threshold) : 0;
  if (length < 0) throw new RedisError('ERR The MAXLEN argument must be >= 0.');
  return {
    next,
    trim(stream) {
      const { entries } = stream;
      const from = lowest
        ? entries.findIndex(({ id }) => compareIds(id, lowest) >= 0)
        : Math.max(entries.length - length, 0);
      stream.entries = from === -1 ? [] : entries.slice(from);
      return entries.length - stream.entries.length;
    },
  };
}

function between(db: Keyspace, key: string, from: string, to: string, options: string[], reversed: boolean): Reply {
  if (options.length > 0 && (options.length !== 2 || options[0]!.toUpperCase() !== 'COUNT')) throw syntaxError();
  const count = options.length > 0 ? integer(options[1]) : Infinity;
  const low = from === '-' ? ([0, 0] as Id) : parseId(from.replace(/^\(/, ''), 0);
  const high = to === '+' ? ([Infinity, 0] as Id) : parseId(to.replace(/^\(/, ''), Infinity);
  const found = (db.get(key, 'stream')?.entries ?? []).filter(({ id }) => {
    const above = compareIds(id, low);
    const below = compareIds(id, high);
    return (from.startsWith('(') ? above > 0 : above >= 0) && (to.startsWith('(') ? below < 0 : below <= 0);
  });
  if (reversed) found.reverse();
  return found.slice(0, Math.max(count, 0)).map(({ id, fields }) => [idText(id), fields]);
}

function xread(db: Keyspace, args: string[]): Reply {
  let at = 1;
  let count = Infinity;
  for (; at < args.length && args[at]!.toUpperCase() !== 'STREAMS'; at += 2) {
    const option = args[at]!.toUpperCase();
    if (option === 'BLOCK') throw new RedisError("ERR Command is not available: 'XREAD'");
    if (option !== 'COUNT') throw syntaxError();
    count = integer(args[at + 1]);
  }
  const rest = args.slice(at + 1);
  if (rest.length === 0 || rest.length % 2 !== 0) {
    throw new RedisError("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
  }
  const keys = rest.slice(0, rest.length / 2);
  const found: Reply[] = [];
  keys.forEach((key, i) => {
    const stream = db.get(key, 'stream');
    const after = rest[keys.length + i]!;
    const last = after === '$' ? (stream?.lastId ?? [0, 0]) : parseId(after, 0);
    const entries = (stream?.entries ?? []).filter(({ id }) => compareIds(id, last as Id) > 0).slice(0, count);
    if (entries.length > 0) found.push([key, entries.map(({ id, fields }) => [idText(id), fields])]);
  });
  return found.length > 0 ? found : null;
}
