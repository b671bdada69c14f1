import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Reply, Status } from '@/local/redis/reply';
import { openStore } from '@/local/redis/store';
import { claimDatabase } from './servers';

const commandsPerRun = 8_000;
const commandsPerRestart = 1_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'selvedge-random-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('The embedded store, on random commands and with restarts in between', () => {
  test.each([1, 2, 3])('is after a restart what it was before it (seed %i)', (seed) => {
    const file = join(folder, 'kv.log');
    const next = randomCommands(seed);
    let store = openStore(file);
    for (let i = 1; i <= commandsPerRun; i += 1) {
      store.run(next());
      if (i % commandsPerRestart !== 0) continue;
      const before = everything(store);
      store.close();
      store = openStore(file);
      expect(everything(store)).toEqual(before);
    }
    store.close();
  });

  test.skipIf(!process.env.REDIS_URL).each([1, 2, 3])('answers as a real Redis does (seed %i)', async (seed) => {
    const claimed = await claimDatabase(process.env.REDIS_URL!);
    const redis = new Redis(process.env.REDIS_URL!, { db: claimed.number });
    const file = join(folder, 'kv.log');
    const next = randomCommands(seed);
    let store = openStore(file);
    try {
      for (let i = 1; i <= commandsPerRun; i += 1) {
        const [name, ...args] = next() as [string, ...string[]];
        const theirs: unknown = await redis.callBuffer(name, ...args).catch((error: unknown) => error);
        expect([i, name, ...args, plain(store.run([name, ...args]))]).toEqual([
          i,
          name,
          ...args,
          plain(theirs as Buffer),
        ]);
        if (i % commandsPerRestart === 0) {
          store.close();
          store = openStore(file);
        }
      }
    } finally {
      store.close();
      redis.disconnect();
      await claimed.release();
    }
  });
});

/** A reply in the words that both sides share. */
function plain(reply: Reply | Buffer): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString('latin1');
  if (Array.isArray(reply)) return reply.map(plain);
  if (reply instanceof Error) return `error: ${reply.message}`;
  return reply instanceof Status ? reply.text : reply;
}

/** All that can be read of the keys. Sets and hashes are written anew in their own order, so order counts too. */
function everything(store: ReturnType<typeof openStore>): unknown[] {
  return keys.map((key) => [
    key,
    ...[
      ['TYPE', key],
      ['PEXPIRETIME', key],
      ['GET', key],
      ['HGETALL', key],
      ['LRANGE', key, '0', '-1'],
      ['SMEMBERS', key],
      ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
      ['XRANGE', key, '-', '+'],
    ].map((command) => plain(store.run(command))),
  ]);
}

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/**
 * A source of commands over few keys and few values, so that they meet: wrong types, missing keys, ranges that cross.
 * Left out is what Redis answers in an order of its own (members of sets, fields of hashes).
 */
function randomCommands(seed: number): () => string[] {
  let state = seed;
  const random = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * n);
  };
  const pick = (...from: string[]) => from[random(from.length)]!;
  const maybe = (...args: string[]) => (random(2) === 0 ? args : []);
  const key = () => pick(...keys);
  const value = () => pick('x', 'y', 'z', '1', '2', '10', '-3', '1.5', '', 'ab', 'foo');
  /** So few that collections are often emptied again. */
  const member = () => pick('x', 'y', '1', '');
  const index = () => String(random(9) - 4);
  const number = () => pick('1', '2', '3.5', '-1', '0', '10', 'x', '');
  const score = () => pick('1', '2', '3.5', '-1', '0', '10', '(2', '-inf', '+inf', 'x');
  const lex = () => pick('-', '+', '[a', '(a', '[x', '(z', 'bad');
  const side = () => pick('LEFT', 'RIGHT', 'LEFT', 'RIGHT', 'UP');
  const commands: (() => string[])[] = [
    () => ['SET', key(), value(), ...maybe(pick('NX', 'XX', 'GET', 'KEEPTTL', 'EX'))],
    () => ['GET', key()],
    () => ['GETSET', key(), value()],
    () => ['GETDEL', key()],
    () => ['MGET', key(), key()],
    () => ['MSETNX', key(), value(), key(), value()],
    () => ['APPEND', key(), value()],
    () => ['STRLEN', key()],
    () => ['GETRANGE', key(), index(), index()],
    () => ['SETRANGE', key(), index(), value()],
    () => ['INCR', key()],
    () => ['INCRBY', key(), number()],
    () => ['DECRBY', key(), number()],
    () => ['SETBIT', key(), index(), pick('0', '1', '2')],
    () => ['GETBIT', key(), String(random(20))],
    () => ['BITCOUNT', key()],
    () => ['DEL', key(), key()],
    () => ['EXISTS', key(), key()],
    () => ['TYPE', key()],
    () => ['RENAME', key(), key()],
    () => ['RENAMENX', key(), key()],
    () => ['COPY', key(), key(), ...maybe('REPLACE')],
    () => ['EXPIRE', key(), pick('10000', '20000', '-1', 'x'), ...maybe(pick('NX', 'XX', 'GT', 'LT'))],
    () => ['PERSIST', key()],
    () => ['DBSIZE'],
    () => ['HSET', key(), member(), value(), ...maybe(member(), value())],
    () => ['HSETNX', key(), member(), value()],
    () => ['HGET', key(), member()],
    () => ['HMGET', key(), member(), member()],
    () => ['HDEL', key(), member(), member()],
    () => ['HINCRBY', key(), member(), number()],
    () => ['HLEN', key()],
    () => ['HEXISTS', key(), member()],
    () => ['HSTRLEN', key(), member()],
    () => ['LPUSH', key(), value(), value()],
    () => ['RPUSH', key(), value()],
    () => ['RPUSHX', key(), value()],
    () => ['LPOP', key()],
    () => ['RPOP', key(), pick('1', '2', '0', '-1', '5')],
    () => ['LRANGE', key(), index(), index()],
    () => ['LINDEX', key(), index()],
    () => ['LSET', key(), index(), value()],
    () => ['LREM', key(), index(), value()],
    () => ['LTRIM', key(), index(), index()],
    () => ['LINSERT', key(), pick('BEFORE', 'AFTER'), value(), value()],
    () => ['LMOVE', key(), key(), side(), side()],
    () => ['LPOS', key(), value(), ...maybe('RANK', index()), ...maybe('COUNT', String(random(3)))],
    () => ['LLEN', key()],
    () => ['SADD', key(), member(), member()],
    () => ['SREM', key(), member()],
    () => ['SCARD', key()],
    () => ['SMISMEMBER', key(), member(), member()],
    () => ['SMOVE', key(), key(), member()],
    () => ['SINTERCARD', '2', key(), key()],
    () => ['SUNIONSTORE', key(), key(), key()],
    () => ['SINTERSTORE', key(), key(), key()],
    () => ['SDIFFSTORE', key(), key(), key()],
    () => ['ZADD', key(), ...maybe(pick('NX', 'XX', 'GT', 'LT', 'CH', 'INCR')), number(), member()],
    () => ['ZADD', key(), number(), member(), number(), member()],
    () => ['ZREM', key(), member()],
    () => ['ZMSCORE', key(), member(), member()],
    () => ['ZINCRBY', key(), number(), member()],
    () => ['ZRANK', key(), member()],
    () => ['ZREVRANK', key(), member()],
    () => ['ZRANGE', key(), index(), index(), ...maybe('REV'), ...maybe('WITHSCORES')],
    () => ['ZRANGE', key(), score(), score(), 'BYSCORE', ...maybe('REV'), ...maybe('LIMIT', index(), index())],
    () => ['ZRANGEBYLEX', key(), lex(), lex()],
    () => ['ZCOUNT', key(), score(), score()],
    () => ['ZPOPMIN', key()],
    () => ['ZPOPMAX', key(), '2'],
    () => ['ZREMRANGEBYSCORE', key(), score(), score()],
    () => ['ZREMRANGEBYRANK', key(), index(), index()],
    () => ['ZUNIONSTORE', key(), '2', key(), key(), ...maybe('WEIGHTS', '2', '1'), ...maybe('AGGREGATE', 'MAX')],
    () => ['ZINTERSTORE', key(), '2', key(), key()],
    () => ['XADD', key(), pick('1-1', '2-1', '2-*', '3', '5-5', '0-0', 'x'), 'f', value()],
    () => ['XLEN', key()],
    () => ['XRANGE', key(), pick('-', '1', '2-1', '(2-1'), pick('+', '3', '2', '(5-5')],
    () => ['XREVRANGE', key(), '+', '-', 'COUNT', '2'],
    () => ['XREAD', 'COUNT', '2', 'STREAMS', key(), pick('0', '1-1', '$')],
    () => ['XDEL', key(), pick('1-1', '2-1')],
    () => ['XTRIM', key(), 'MAXLEN', String(random(3))],
  ];
  // Now and then keys go, or all of them would soon be of some type for good.
  return () => (random(100) === 0 ? ['DEL', key(), key(), key()] : commands[random(commands.length)]!());
}
