import { type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless';
import { eq, sql as raw } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/neon-http';
import { bigint, customType, integer, jsonb, numeric, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Platform } from '@/local/platform';
import { sqlSubjects } from './servers';

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });

const looms = pgTable('looms', {
  id: integer().primaryKey(),
  name: text().notNull(),
  picks: bigint({ mode: 'bigint' }),
  width: numeric(),
  tags: text().array(),
  notes: jsonb(),
  madeAt: timestamp('made_at', { withTimezone: true }),
  picture: bytea(),
});

describe.each(sqlSubjects)('Neon over HTTP by $name', ({ available, start }) => {
  describe.skipIf(!available)('', () => {
    let platform: Platform;
    let sql: NeonQueryFunction<false, false>;

    beforeAll(async () => {
      platform = await start();
      neonConfig.fetchEndpoint = platform.env.NEON_FETCH_ENDPOINT!;
      sql = neon(platform.env.DATABASE_URL!);
    });
    afterAll(() => platform?.close());
    beforeEach(async () => {
      await sql.transaction([
        sql`DROP TABLE IF EXISTS looms, yarns`,
        sql`CREATE TABLE looms (id integer PRIMARY KEY, name text NOT NULL, picks bigint, width numeric, tags text[],
              notes jsonb, made_at timestamptz, picture bytea)`,
        sql`CREATE TABLE yarns (id integer PRIMARY KEY, loom_id integer CONSTRAINT yarn_loom REFERENCES looms (id),
              metres integer NOT NULL CONSTRAINT metres_not_negative CHECK (metres >= 0), colour text UNIQUE)`,
      ]);
    });

    const post = (body: unknown, headers: Record<string, string> = {}) =>
      fetch(platform.env.NEON_FETCH_ENDPOINT!, {
        method: 'POST',
        headers: { 'Neon-Connection-String': platform.env.DATABASE_URL!, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });

    test('gives back values of every kind as the driver parses them', async () => {
      const [row] = await sql`SELECT ${null}::text AS nothing, ${42}::int AS whole, ${1.5}::float8 AS fraction,
        ${9007199254740993n}::int8 AS long, ${'0.10'}::numeric AS exact, ${true} :: bool AS yes,
        ${'ü "quoted" \\ back'}::text AS words, ${new Date('2026-11-20T12:00:00.123Z')}::timestamptz AS at,
        ${['a', 'b "c"', null, 'd,e']}::text[] AS list, ${[[1, 2], [3, 4]]}::int[] AS grid,
        ${JSON.stringify({ deep: [1, { x: null }] })}::jsonb AS tree, ${Buffer.from([0, 255, 10])}::bytea AS bytes`;
      // The query builder's driver, once made, has times left as text everywhere in the process.
      expect({ ...row, at: new Date(row!.at) }).toEqual({
        nothing: null,
        whole: 42,
        fraction: 1.5,
        long: '9007199254740993',
        exact: '0.10',
        yes: true,
        words: 'ü "quoted" \\ back',
        at: new Date('2026-11-20T12:00:00.123Z'),
        list: ['a', 'b "c"', null, 'd,e'],
        grid: [
          [1, 2],
          [3, 4],
        ],
        tree: { deep: [1, { x: null }] },
        bytes: Buffer.from([0, 255, 10]),
      });
    });

    test('writes times in UTC, whatever the server is set to', async () => {
      const [row] =
        await sql`SELECT '2026-07-01 12:00:00+00'::timestamptz::text AS at, '2026-07-01'::date::text AS day`;
      expect(row).toEqual({ at: '2026-07-01 12:00:00+00', day: '2026-07-01' });
    });

    test('answers command, row count and fields', async () => {
      const full = neon(platform.env.DATABASE_URL!, { fullResults: true });
      const inserted = await full`INSERT INTO looms (id, name) VALUES (1, 'a'), (2, 'b')`;
      expect(inserted).toMatchObject({ command: 'INSERT', rowCount: 2, rows: [], fields: [] });
      const updated = await full`UPDATE looms SET name = 'c' WHERE id > 1 RETURNING id, name`;
      expect(updated).toMatchObject({ command: 'UPDATE', rowCount: 1, rows: [{ id: 2, name: 'c' }] });
      expect(updated.fields.map(({ name, dataTypeID }) => [name, dataTypeID])).toEqual([
        ['id', 23],
        ['name', 25],
      ]);
      expect(await full`DELETE FROM looms`).toMatchObject({ command: 'DELETE', rowCount: 2 });
      expect(await full`SELECT 1 AS one WHERE false`).toMatchObject({ command: 'SELECT', rowCount: 0, rows: [] });
    });

    test('answers rows as arrays when asked to', async () => {
      const arrays = neon(platform.env.DATABASE_URL!, { arrayMode: true });
      expect(await arrays`SELECT 1 AS same, 2 AS same`).toEqual([[1, 2]]);
    });

    test('reports an error with its code, constraint, table and detail', async () => {
      await sql`INSERT INTO yarns VALUES (1, null, 5, 'red')`;
      const fault = (query: Promise<unknown>) =>
        query.then(
          () => null,
          (error: unknown) => error,
        );
      expect(await fault(sql`INSERT INTO yarns VALUES (2, null, -1, 'blue')`)).toMatchObject({
        name: 'NeonDbError',
        message: 'new row for relation "yarns" violates check constraint "metres_not_negative"',
        severity: 'ERROR',
        code: '23514',
        constraint: 'metres_not_negative',
        table: 'yarns',
        schema: 'public',
        detail: 'Failing row contains (2, null, -1, blue).',
      });
      expect(await fault(sql`INSERT INTO yarns VALUES (2, null, 1, 'red')`)).toMatchObject({
        code: '23505',
        constraint: 'yarns_colour_key',
        detail: 'Key (colour)=(red) already exists.',
      });
      expect(await fault(sql`INSERT INTO yarns VALUES (2, 99, 1, 'green')`)).toMatchObject({
        code: '23503',
        constraint: 'yarn_loom',
      });
      expect(await fault(sql`INSERT INTO yarns (id) VALUES (3)`)).toMatchObject({ code: '23502', column: 'metres' });
      expect(await fault(sql`SELECT nope FROM yarns`)).toMatchObject({ code: '42703', position: '8' });
      expect(await fault(sql`SELECT ${'x'}::int`)).toMatchObject({ code: '22P02' });
      expect(await fault(sql`SELECT 1/0`)).toMatchObject({ code: '22012' });
      expect(await fault(sql.query('SELECT 1; SELECT 2'))).toMatchObject({ code: '42601' });
      expect(await sql`SELECT 'and goes on' AS it`).toEqual([{ it: 'and goes on' }]);
    });

    test('does a batch whole or not at all', async () => {
      await sql.transaction([
        sql`INSERT INTO looms (id, name) VALUES (1, 'first')`,
        sql`INSERT INTO yarns VALUES (1, 1, 10, 'red')`,
      ]);
      await expect(
        sql.transaction([
          sql`UPDATE yarns SET metres = 4`,
          sql`UPDATE yarns SET metres = metres - 5`,
          sql`DELETE FROM yarns`,
        ]),
      ).rejects.toMatchObject({ code: '23514', constraint: 'metres_not_negative' });
      expect(await sql`SELECT metres FROM yarns`).toEqual([{ metres: 10 }]);
    });

    test('rolls a batch back that fails only when it commits', async () => {
      await sql`ALTER TABLE yarns ALTER CONSTRAINT yarn_loom DEFERRABLE INITIALLY DEFERRED`;
      await expect(
        sql.transaction([sql`INSERT INTO yarns VALUES (7, 404, 1, 'grey')`, sql`SELECT 1`]),
      ).rejects.toMatchObject({ code: '23503' });
      expect(await sql`SELECT count(*)::int AS n FROM yarns`).toEqual([{ n: 0 }]);
    });

    test('opens a batch with the isolation, access and deferral it asks for', async () => {
      const settings = () => [
        sql`SELECT current_setting('transaction_isolation') AS value`,
        sql`SELECT current_setting('transaction_read_only') AS value`,
        sql`SELECT current_setting('transaction_deferrable') AS value`,
      ];
      const values = async (options?: Parameters<typeof sql.transaction>[1]) =>
        ((await sql.transaction(settings(), options)) as { value: string }[][]).map(([row]) => row!.value);
      expect(await values()).toEqual(['read committed', 'off', 'off']);
      expect(await values({ isolationLevel: 'Serializable', readOnly: true, deferrable: true })).toEqual([
        'serializable',
        'on',
        'on',
      ]);
      expect(await values({ isolationLevel: 'RepeatableRead' })).toEqual(['repeatable read', 'off', 'off']);
      await expect(
        sql.transaction([sql`INSERT INTO looms (id, name) VALUES (1, 'x')`], { readOnly: true }),
      ).rejects.toMatchObject({ code: '25006' });
    });

    test('never lets another request in between the statements of a batch', async () => {
      await sql`INSERT INTO yarns VALUES (1, null, 0, 'red')`;
      const batch = () =>
        sql.transaction([
          sql`UPDATE yarns SET metres = metres + 1 RETURNING metres`,
          sql`SELECT pg_sleep(0.005)`,
          sql`UPDATE yarns SET metres = metres + 1 RETURNING metres`,
        ]);
      const metresOf = (rows: unknown) => (rows as { metres: number }[])[0]!.metres;
      const results = await Promise.all(Array.from({ length: 20 }, batch));
      for (const [before, , after] of results) expect(metresOf(after) - metresOf(before)).toBe(1);
      expect(await sql`SELECT metres FROM yarns`).toEqual([{ metres: 40 }]);
    });

    test('keeps nothing of one request for the next: no open transaction, no setting', async () => {
      await sql`BEGIN`;
      await sql`INSERT INTO looms (id, name) VALUES (5, 'kept')`;
      await sql`SET statement_timeout = 12345`;
      await sql`ROLLBACK`;
      expect(await sql`SELECT name FROM looms`).toEqual([{ name: 'kept' }]);
      const settings = await Promise.all(Array.from({ length: 12 }, () => sql`SHOW statement_timeout`));
      expect(new Set(settings.map(([row]) => row!.statement_timeout))).toEqual(new Set(['0']));
    });

    test('takes and gives megabytes', async () => {
      const long = 'wörst '.repeat(1_000_000);
      await sql`INSERT INTO looms (id, name) VALUES (1, ${long})`;
      const [row] = await sql`SELECT name FROM looms`;
      expect(row!.name === long).toBe(true);
    });

    test('serves the query builder', async () => {
      const db = drizzle({ client: sql });
      const row = {
        id: 1,
        name: 'Jacquard',
        picks: 2n ** 62n,
        width: '1.50',
        tags: ['wide', 'o"ld'],
        notes: { oiled: true },
        madeAt: new Date('1804-01-01T00:00:00Z'),
        picture: new Uint8Array([1, 2, 3]),
      };
      await db.insert(looms).values(row);
      const [found] = await db.select().from(looms).where(eq(looms.id, 1));
      expect({ ...found, picture: [...found!.picture!] }).toEqual({ ...row, picture: [1, 2, 3] });
    });

    test("serves the query builder's batch, as one transaction", async () => {
      const db = drizzle({ client: sql });
      const [, found] = await db.batch([
        db.insert(looms).values({ id: 1, name: 'a' }),
        db.select({ id: looms.id }).from(looms),
      ]);
      expect(found).toEqual([{ id: 1 }]);
      await expect(
        db.batch([db.update(looms).set({ name: 'b' }), db.insert(looms).values({ id: 1, name: 'twice' })]),
      ).rejects.toMatchObject({ code: '23505', constraint: 'looms_pkey' });
      expect(await db.select({ name: looms.name }).from(looms)).toEqual([{ name: 'a' }]);
      await expect(db.execute(raw`SELECT broken`)).rejects.toMatchObject({ cause: { code: '42703' } });
    });

    test('has the extensions that the shop searches with', async () => {
      await sql.transaction([
        sql`CREATE EXTENSION IF NOT EXISTS pg_trgm`,
        sql`CREATE EXTENSION IF NOT EXISTS unaccent`,
        sql`CREATE EXTENSION IF NOT EXISTS citext`,
      ]);
      expect(await sql`SELECT unaccent('Wörst') AS plain, similarity('tweed', 'twead') > 0.3 AS near`).toEqual([
        { plain: 'Worst', near: true },
      ]);
    });

    test('refuses a wrong password, user or database as Neon does', async () => {
      const withUrl = (change: (url: URL) => void) => {
        const url = new URL(platform.env.DATABASE_URL!);
        change(url);
        return neon(url.href)`SELECT 1`;
      };
      await expect(
        withUrl((url) => {
          url.password = 'wrong';
        }),
      ).rejects.toMatchObject({ code: '28P01' });
      await expect(
        withUrl((url) => {
          url.password = '';
        }),
      ).rejects.toMatchObject({ code: '28P01' });
      await expect(
        withUrl((url) => {
          url.username = 'other';
        }),
      ).rejects.toMatchObject({
        message: "password authentication failed for user 'other'",
      });
      await expect(
        withUrl((url) => {
          url.pathname = '/other';
        }),
      ).rejects.toMatchObject({ code: '3D000' });
      expect((await post({ query: 'SELECT 1' }, { 'Neon-Connection-String': 'nonsense' })).status).toBe(400);
    });

    test('answers 400 to what is not a request of the protocol', async () => {
      for (const body of ['', '{', '[]', 'null', '"x"', '{}', '{"query":1}', '{"queries":5}', '{"queries":[{}]}']) {
        const response = await post(body);
        expect([body, response.status]).toEqual([body, 400]);
        expect(await response.json()).toMatchObject({ message: expect.any(String) });
      }
      const batch = { queries: [{ query: 'SELECT 1', params: [] }] };
      expect((await post(batch, { 'Neon-Batch-Isolation-Level': 'Chaos' })).status).toBe(400);
      expect((await fetch(platform.env.NEON_FETCH_ENDPOINT!)).status).toBe(405);
      expect(await sql`SELECT 1 AS alive`).toEqual([{ alive: 1 }]);
    });

    test('converts plain JSON parameters and answers plain JSON rows without the driver', async () => {
      const response = await post({
        query:
          'SELECT $1::int AS n, $2::bool AS b, $3::text[] AS list, $4::jsonb AS tree, $5::text AS none, 0.1::float8 AS f',
        params: [7, true, ['a', 'b"', null], { x: 1 }, null],
      });
      const body = (await response.json()) as { rows: unknown[] };
      expect(body.rows).toEqual([{ n: 7, b: true, list: '{a,"b\\"",NULL}', tree: { x: 1 }, none: null, f: 0.1 }]);
    });

    test('answers an empty batch with no results', async () => {
      expect(await sql.transaction([])).toEqual([]);
    });

    test('counts the requests it answers', async () => {
      const before = platform.counters.sql;
      await sql`SELECT 1`;
      await sql.transaction([sql`SELECT 1`, sql`SELECT 2`]);
      expect(platform.counters.sql - before).toBe(2);
    });
  });
});
