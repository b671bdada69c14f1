import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { neon, neonConfig } from '@neondatabase/serverless';
import { createClient } from '@vercel/kv';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockFolder } from '@/local/lock';
import { openStore } from '@/local/redis/store';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'selvedge-durability-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  rmSync(folder, { recursive: true, force: true });
});

type Started = { env: Record<string, string>; refused?: string };

async function start(): Promise<Started & { child: ChildProcess }> {
  const script = fileURLToPath(new URL('./platform-child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout! })) {
    return { ...(JSON.parse(line) as Started), child };
  }
  throw new Error('the platform ended without a word');
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

const clients = (env: Record<string, string>) => {
  neonConfig.fetchEndpoint = env.NEON_FETCH_ENDPOINT!;
  return {
    sql: neon(env.DATABASE_URL!),
    kv: createClient({ url: env.KV_REST_API_URL!, token: env.KV_REST_API_TOKEN!, cache: 'no-store', retry: false }),
  };
};

describe('A platform that is killed', () => {
  test('has everything it acknowledged when it starts again, round after round', async () => {
    const acknowledged = { rows: [] as number[], fields: [] as number[], scripts: 0 };
    let lastId = 0;
    const next = () => {
      lastId += 1;
      return lastId;
    };
    for (let round = 0; round < 4; round += 1) {
      const { env, child } = await start();
      const { sql, kv } = clients(env);
      await sql`CREATE TABLE IF NOT EXISTS kept (n integer PRIMARY KEY, twin integer NOT NULL)`;
      const rows = await sql`SELECT n, twin FROM kept`;
      const fields = (await kv.hgetall<Record<string, number>>('kept')) ?? {};
      const [count, total] = await kv.mget<(number | null)[]>('count', 'total');
      expect(rows.map((row) => row.n)).toEqual(expect.arrayContaining(acknowledged.rows));
      expect(Object.keys(fields).map(Number)).toEqual(expect.arrayContaining(acknowledged.fields));
      expect(count ?? 0).toBeGreaterThanOrEqual(acknowledged.scripts);
      // A script, or a batch, is there as a whole: both of its writes or neither.
      expect(total ?? 0).toBe((count ?? 0) * 10);
      for (const { n, twin } of rows) expect(twin).toBe(n);
      acknowledged.scripts = count ?? 0;

      const writers = [
        async () => {
          const id = next();
          await sql.transaction([
            sql`INSERT INTO kept VALUES (${id}, 0)`,
            sql`UPDATE kept SET twin = n WHERE n = ${id}`,
          ]);
          acknowledged.rows.push(id);
        },
        async () => {
          const id = next();
          await kv.hset('kept', { [id]: 1 });
          acknowledged.fields.push(id);
        },
        async () => {
          await kv.eval("redis.call('INCR', KEYS[1]) redis.call('INCRBY', KEYS[2], 10)", ['count', 'total'], []);
          acknowledged.scripts += 1;
        },
      ];
      // The kill follows an acknowledgement at once, each kind of write in turn: what is kept late is lost.
      const last = writers[round % writers.length];
      let dead: Promise<void> | undefined;
      const working = writers.flatMap((write) =>
        [0, 1].map(async () => {
          for (let done = 0; !dead; ) {
            done += await write().then(
              () => 1,
              () => 0,
            );
            if (write === last && done >= 15 && !dead) dead = kill(child);
          }
        }),
      );
      await Promise.all(working);
      await dead;
    }
    expect(acknowledged.rows.length).toBeGreaterThanOrEqual(15);
    expect(acknowledged.fields.length).toBeGreaterThanOrEqual(15);
  }, 120_000);

  test('keeps its secrets, and frees its folder', async () => {
    const first = await start();
    await kill(first.child);
    expect(existsSync(join(folder, 'platform.lock'))).toBe(true);
    const second = await start();
    expect(second.refused).toBeUndefined();
    expect(second.env.AUTH_SECRET).toBe(first.env.AUTH_SECRET);
    expect(second.env.DATABASE_URL).toBe(first.env.DATABASE_URL);
  }, 60_000);
});

describe('A data folder', () => {
  test('is refused to a second process while the first one lives, which goes on undisturbed', async () => {
    const first = await start();
    const second = await start();
    expect(second.refused).toContain(`is in use by process ${first.child.pid}`);
    const { sql, kv } = clients(first.env);
    expect(await sql`SELECT 1 AS alive`).toEqual([{ alive: 1 }]);
    expect(await kv.ping()).toBe('PONG');
    const { pid, env } = JSON.parse(readFileSync(join(folder, 'local.json'), 'utf8'));
    expect(pid).toBe(first.child.pid);
    expect(env).toEqual(first.env);
    expect(statSync(join(folder, 'local.json')).mode & 0o077).toBe(0);
  }, 60_000);

  test('is taken over from a process that is gone, whoever has its id now', () => {
    const file = join(folder, 'platform.lock');
    for (const left of [
      JSON.stringify({ pid: process.pid, startedAt: 'another time' }),
      '{"pid":2147483647}',
      '{"p',
      '',
    ]) {
      writeFileSync(file, left);
      const release = lockFolder(folder);
      expect(() => lockFolder(folder)).toThrow(`is in use by process ${process.pid}`);
      release();
      expect(existsSync(file)).toBe(false);
    }
  });
});

describe("The embedded store's log", () => {
  const file = () => join(folder, 'kv.log');
  const reopened = <T>(work: (store: ReturnType<typeof openStore>) => T): T => {
    const store = openStore(file());
    try {
      return work(store);
    } finally {
      store.close();
    }
  };

  test('brings back every type, with expiry times as they were', () => {
    const at = String(Date.now() + 3_600_000);
    const writes = [
      ['SET', 'string', 'b\u00ffytes\0\n'],
      ['SET', 'timed', 'x', 'PX', '3600000'],
      ['SET', 'timed', 'y', 'KEEPTTL'],
      ['SET', 'at', 'x', 'PXAT', at],
      ['INCRBYFLOAT', 'float', '0.5'],
      ['HSET', 'hash', 'f', 'v', 'g', 'w'],
      ['HINCRBY', 'hash', 'n', '5'],
      ['PEXPIREAT', 'hash', at],
      ['RPUSH', 'list', 'a', 'b', 'c'],
      ['LPOP', 'list'],
      ['LMOVE', 'list', 'list2', 'LEFT', 'LEFT'],
      ['SADD', 'set', 'a', 'b', 'c', 'd'],
      ['SPOP', 'set', '2'],
      ['ZADD', 'zset', '1.5', 'a', '-inf', 'b'],
      ['ZINCRBY', 'zset', '2', 'a'],
      ['XADD', 'stream', '*', 'f', 'v'],
      ['XADD', 'emptied', '5-1', 'f', 'v'],
      ['XDEL', 'emptied', '5-1'],
      ['RENAME', 'at', 'renamed'],
      ['COPY', 'hash', 'copied'],
      ['EVAL', "redis.call('SET', 'byscript', ARGV[1]) redis.call('DEL', 'list2')", '0', 'é'],
      ['SET', 'gone', 'x', 'PX', '1'],
      ['SETEX', 'removed', '100', 'x'],
      ['EXPIRE', 'removed', '-1'],
    ];
    const reads = [
      ['GET', 'string'],
      ['GET', 'timed'],
      ['PEXPIRETIME', 'timed'],
      ['PEXPIRETIME', 'renamed'],
      ['GET', 'float'],
      ['HGETALL', 'hash'],
      ['PEXPIRETIME', 'copied'],
      ['LRANGE', 'list', '0', '-1'],
      ['EXISTS', 'list2', 'gone', 'removed', 'at'],
      ['SMEMBERS', 'set'],
      ['ZRANGE', 'zset', '0', '-1', 'WITHSCORES'],
      ['XRANGE', 'stream', '-', '+'],
      ['XLEN', 'emptied'],
      ['XADD', 'emptied', 'NOMKSTREAM', '5-1', 'f', 'v'],
      ['GET', 'byscript'],
      ['DBSIZE'],
    ];
    const before = reopened((store) => {
      for (const command of writes) expect(store.run(command)).not.toBeInstanceOf(Error);
      const until = Date.now() + 5;
      while (Date.now() < until);
      return reads.map((command) => store.run(command));
    });
    // Once from the commands as they were logged, once from the compact form that the first start wrote.
    for (let i = 0; i < 2; i += 1) {
      expect(reopened((store) => reads.map((command) => store.run(command)))).toEqual(before);
    }
  });

  test('does not bring back what had expired, nor lose what came after it', () => {
    reopened((store) => {
      store.run(['SET', 'k', '1', 'PX', '1']);
      const until = Date.now() + 5;
      while (Date.now() < until);
      store.run(['INCR', 'k']);
    });
    expect(reopened((store) => [store.run(['GET', 'k']), store.run(['TTL', 'k'])])).toEqual(['1', -1]);
  });

  test('drops a torn last record and keeps all before it', () => {
    reopened((store) => {
      store.run(['SET', 'a', '1']);
      store.runAll([
        ['SET', 'b', '1'],
        ['SET', 'c', '1'],
      ]);
    });
    const whole = readFileSync(file());
    for (const length of [whole.length - 1, whole.length - 10]) {
      writeFileSync(file(), whole.subarray(0, length));
      // The two writes of one request were one record: they are gone together.
      expect(reopened((store) => store.run(['MGET', 'a', 'b', 'c']))).toEqual(['1', null, null]);
    }
  });

  test('stops the start where it is damaged before its end', () => {
    reopened((store) => ['a', 'b', 'c'].map((key) => store.run(['SET', key, '1'])));
    const text = readFileSync(file(), 'utf8');
    writeFileSync(file(), text.replace('"b"', '"x"'));
    expect(() => openStore(file())).toThrow(/is damaged at byte \d+/);
    appendFileSync(file(), text);
    expect(() => openStore(file())).toThrow('damaged');
  });

  test('is written anew before it grows without bounds', () => {
    reopened((store) => {
      const value = 'x'.repeat(1_000_000);
      for (let i = 0; i < 100; i += 1) store.run(['SET', 'same', `${i}${value}`]);
      store.run(['SET', 'last', 'kept']);
    });
    expect(statSync(file()).size).toBeLessThan(40_000_000);
    expect(reopened((store) => [store.run(['STRLEN', 'same']), store.run(['GET', 'last'])])).toEqual([
      1_000_002,
      'kept',
    ]);
    expect(statSync(file()).size).toBeLessThan(1_100_000);
  });
});
