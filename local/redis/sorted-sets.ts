import type { Keyspace } from './keyspace';
import { float, floatText, integer, RedisError, type Reply, syntaxError } from './reply';
import { scanCollection } from './scan';
import { SortedSet } from './sorted-set';
import { range } from './strings';
import { type CommandTable, read, write } from './table';

type Pair = SortedSet['pairs'][number];
type By = 'RANK' | 'SCORE' | 'LEX';

export const sortedSets: CommandTable = {
  ZCARD: read(2, (db, [, key]) => db.get(key!, 'zset')?.size ?? 0),
  ZSCORE: read(3, (db, [, key, member]) => scoreText(db.get(key!, 'zset')?.score(member!))),
  ZMSCORE: read(-3, (db, [, key, ...members]) => {
    const set = db.get(key!, 'zset');
    return members.map((member) => scoreText(set?.score(member)));
  }),
  ZRANK: read(3, (db, [, key, member]) => db.get(key!, 'zset')?.rank(member!) ?? null),
  ZREVRANK: read(3, (db, [, key, member]) => {
    const set = db.get(key!, 'zset');
    const rank = set?.rank(member!);
    return rank === undefined ? null : set!.size - 1 - rank;
  }),
  ZCOUNT: read(4, (db, [, key, min, max]) => select(db, key!, 'SCORE', min!, max!).length),
  ZLEXCOUNT: read(4, (db, [, key, min, max]) => select(db, key!, 'LEX', min!, max!).length),
  ZRANGE: read(-4, (db, args) => zrange(db, args)),
  ZREVRANGE: read(-4, (db, args) => zrange(db, [...args, 'REV'])),
  ZRANGEBYSCORE: read(-4, (db, args) => zrange(db, [...args, 'BYSCORE'])),
  ZREVRANGEBYSCORE: read(-4, (db, args) => zrange(db, [...args, 'BYSCORE', 'REV'])),
  ZRANGEBYLEX: read(-4, (db, args) => zrange(db, [...args, 'BYLEX'])),
  ZREVRANGEBYLEX: read(-4, (db, args) => zrange(db, [...args, 'BYLEX', 'REV'])),
  ZSCAN: read(-3, (db, args) => {
    const pairs = db.get(args[1]!, 'zset')?.pairs ?? [];
    return scanCollection(
      args,
      pairs.map(({ member, score }): [string, string] => [member, floatText(score)]),
    );
  }),
  ZADD: write(-4, zadd),
  ZINCRBY: write(4, (db, [, key, by, member]) => zadd(db, ['ZADD', key!, 'INCR', by!, member!])),
  ZREM: write(-3, (db, [, key, ...members]) => removeAll(db, key!, members)),
  ZREMRANGEBYRANK: write(4, (db, [, key, from, to]) => removeRange(db, key!, 'RANK', from!, to!)),
  ZREMRANGEBYSCORE: write(4, (db, [, key, min, max]) => removeRange(db, key!, 'SCORE', min!, max!)),
  ZREMRANGEBYLEX: write(4, (db, [, key, min, max]) => removeRange(db, key!, 'LEX', min!, max!)),
  ZPOPMIN: write(-2, (db, args) => pop(db, args, false)),
  ZPOPMAX: write(-2, (db, args) => pop(db, args, true)),
  ZUNIONSTORE: write(-4, (db, args) => combine(db, args, false)),
  ZINTERSTORE: write(-4, (db, args) => combine(db, args, true)),
};

const notFloat = 'ERR min or max is not a float';

const scoreText = (score: number | undefined) => (score === undefined ? null : floatText(score));

function zadd(db: Keyspace, args: string[]): Reply {
  const key = args[1]!;
  const flags = new Set<string>();
  let at = 2;
  for (; at < args.length; at += 1) {
    const flag = args[at]!.toUpperCase();
    if (!/^(NX|XX|GT|LT|CH|INCR)$/.test(flag)) break;
    flags.add(flag);
  }
  if (at === args.length || (args.length - at) % 2 !== 0) throw syntaxError();
  if (flags.has('NX') && flags.has('XX')) {
    throw new RedisError('ERR XX and NX options at the same time are not compatible');
  }
  if ([flags.has('GT'), flags.has('LT'), flags.has('NX')].filter(Boolean).length > 1) {
    throw new RedisError('ERR GT, LT, and/or NX options at the same time are not compatible');
  }
  const incremented = flags.has('INCR');
  if (incremented && args.length - at !== 2) {
    throw new RedisError('ERR INCR option supports a single increment-element pair');
  }
  const wanted: Pair[] = [];
  for (; at < args.length; at += 2) wanted.push({ score: float(args[at]), member: args[at + 1]! });

  const set = db.get(key, 'zset') ?? new SortedSet();
  const stored: string[] = [];
  let added = 0;
  let result: number | null = null;
  for (const { member, score: given } of wanted) {
    const old = set.score(member);
    const score = incremented ? (old ?? 0) + given : given;
    if (Number.isNaN(score)) throw new RedisError('ERR resulting score is not a number (NaN)');
    if (old === undefined ? flags.has('XX') : flags.has('NX')) continue;
    if (old !== undefined && ((flags.has('GT') && score <= old) || (flags.has('LT') && score >= old))) continue;
    result = score;
    if (old === score) continue;
    if (old === undefined) added += 1;
    set.set(member, score);
    stored.push(floatText(score), member);
  }
  if (stored.length > 0) {
    db.getOrCreate(key, 'zset', () => set);
    db.changed(['ZADD', key, ...stored]);
  }
  if (incremented) return result === null ? null : floatText(result);
  return flags.has('CH') ? stored.length / 2 : added;
}

function zrange(db: Keyspace, [, key, from, to, ...options]: string[]): Reply {
  let by: By = 'RANK';
  let reversed = false;
  let withScores = false;
  let limit: [number, number] | undefined;
  for (let i = 0; i < options.length; i += 1) {
    const option = options[i]!.toUpperCase();
    if (option === 'BYSCORE') by = 'SCORE';
    else if (option === 'BYLEX') by = 'LEX';
    else if (option === 'REV') reversed = true;
    else if (option === 'WITHSCORES') withScores = true;
    else if (option === 'LIMIT' && i + 2 < options.length) {
      limit = [integer(options[i + 1]), integer(options[i + 2])];
      i += 2;
    } else throw syntaxError();
  }
  if (limit && by === 'RANK') {
    throw new RedisError('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX');
  }
  if (withScores && by === 'LEX') {
    throw new RedisError('ERR syntax error, WITHSCORES not supported in combination with BYLEX');
  }
  let found: Pair[];
  if (by === 'RANK') {
    const pairs = db.get(key!, 'zset')?.pairs ?? [];
    const ordered = reversed ? [...pairs].reverse() : pairs;
    found = ordered.slice(...range(from!, to!, ordered.length));
  } else {
    // Reversed ranges by value are written from the highest.
    found = reversed ? select(db, key!, by, to!, from!).reverse() : select(db, key!, by, from!, to!);
  }
  if (limit) {
    const [offset, count] = limit;
    found = offset < 0 ? [] : found.slice(offset, count < 0 ? undefined : offset + count);
  }
  return withScores ? flatten(found) : found.map(({ member }) => member);
}

const flatten = (pairs: Pair[]) => pairs.flatMap(({ member, score }) => [member, floatText(score)]);

/** The pairs between two bounds, as each kind of range writes them. Malformed bounds are reported before a wrong type. */
function select(db: Keyspace, key: string, by: By, from: string, to: string): Pair[] {
  if (by === 'RANK') {
    const pairs = db.get(key, 'zset')?.pairs ?? [];
    return pairs.slice(...range(from, to, pairs.length));
  }
  const above = by === 'SCORE' ? scoreBound(from, false) : lexBound(from, false);
  const below = by === 'SCORE' ? scoreBound(to, true) : lexBound(to, true);
  return (db.get(key, 'zset')?.pairs ?? []).filter((pair) => above(pair) && below(pair));
}

function scoreBound(text: string, upper: boolean): (pair: Pair) => boolean {
  const exclusive = text.startsWith('(');
  const bound = float(exclusive ? text.slice(1) : text, notFloat);
  if (exclusive) return upper ? ({ score }) => score < bound : ({ score }) => score > bound;
  return upper ? ({ score }) => score <= bound : ({ score }) => score >= bound;
}

function lexBound(text: string, upper: boolean): (pair: Pair) => boolean {
  if (text === '-') return () => !upper;
  if (text === '+') return () => upper;
  const bound = text.slice(1);
  if (text[0] === '(') return upper ? ({ member }) => member < bound : ({ member }) => member > bound;
  if (text[0] === '[') return upper ? ({ member }) => member <= bound : ({ member }) => member >= bound;
  throw new RedisError('ERR min or max not valid string range item');
}

function removeAll(db: Keyspace, key: string, members: string[]): number {
  const set = db.get(key, 'zset');
  if (!set) return 0;
  const gone = members.filter((member) => set.delete(member));
  if (set.size === 0) db.remove(key);
  if (gone.length > 0) db.changed(['ZREM', key, ...gone]);
  return gone.length;
}

function removeRange(db: Keyspace, key: string, by: By, from: string, to: string): Reply {
  const found = select(db, key, by, from, to);
  return removeAll(
    db,
    key,
    found.map(({ member }) => member),
  );
}

function pop(db: Keyspace, [, key, times]: string[], highest: boolean): Reply {
  const count = times === undefined ? 1 : integer(times);
  if (count < 0) throw new RedisError('ERR value is out of range, must be positive');
  const pairs = db.get(key!, 'zset')?.pairs ?? [];
  const taken = highest ? pairs.slice(Math.max(pairs.length - count, 0)).reverse() : pairs.slice(0, count);
  removeAll(
    db,
    key!,
    taken.map(({ member }) => member),
  );
  return flatten(taken);
}

function combine(db: Keyspace, [, target, numkeys, ...rest]: string[], intersect: boolean): Reply {
  const count = integer(numkeys);
  if (count < 1 || rest.length < count) throw syntaxError();
  const sources = rest.slice(0, count).map((key) => scoresOf(db, key));
  let weights = sources.map(() => 1);
  let aggregate = 'SUM';
  for (let i = count; i < rest.length; i += 1) {
    const option = rest[i]!.toUpperCase();
    if (option === 'WEIGHTS' && rest.length >= i + 1 + count) {
      weights = rest.slice(i + 1, i + 1 + count).map((weight) => float(weight, 'ERR weight value is not a float'));
      i += count;
    } else if (option === 'AGGREGATE' && /^(SUM|MIN|MAX)$/i.test(rest[i + 1] ?? '')) {
      i += 1;
      aggregate = rest[i]!.toUpperCase();
    } else throw syntaxError();
  }
  const sums = new Map<string, { score: number; seen: number }>();
  sources.forEach((scores, i) => {
    for (const [member, raw] of scores) {
      const score = raw * weights[i]!;
      const sum = sums.get(member);
      if (!sum) sums.set(member, { score, seen: 1 });
      else {
        sum.seen += 1;
        if (aggregate === 'SUM') sum.score += score;
        else sum.score = aggregate === 'MIN' ? Math.min(sum.score, score) : Math.max(sum.score, score);
      }
    }
  });
  const result = new SortedSet();
  for (const [member, { score, seen }] of sums) if (!intersect || seen === count) result.set(member, score);
  if (result.size > 0) db.put(target!, 'zset', result);
  else db.remove(target!);
  db.changed();
  return result.size;
}

/** A sorted set's scores; a plain set counts as one whose scores are all 1. */
function scoresOf(db: Keyspace, key: string): [string, number][] {
  if (db.find(key)?.type === 'set') return [...db.get(key, 'set')!].map((member) => [member, 1]);
  return (db.get(key, 'zset')?.pairs ?? []).map(({ member, score }) => [member, score]);
}
