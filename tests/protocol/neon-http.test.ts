import * as theirs from '@neondatabase/serverless';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as ours from '@/db/neon-http';
import { type Platform, startPlatform } from '@/local/platform';

interface Driver {
  query(text: string, params?: unknown[], options?: object): PromiseLike<unknown>;
  transaction(queries: unknown[], options?: object): Promise<unknown>;
}

let platform: Platform;
let drivers: { package: Driver; module: Driver };

beforeAll(async () => {
  platform = await startPlatform({ dataDir: null });
  const { DATABASE_URL, NEON_FETCH_ENDPOINT } = platform.env;
  theirs.neonConfig.fetchEndpoint = NEON_FETCH_ENDPOINT!;
  ours.neonConfig.fetchEndpoint = NEON_FETCH_ENDPOINT!;
  drivers = {
    package: theirs.neon(DATABASE_URL!) as unknown as Driver,
    module: ours.neon(DATABASE_URL!) as unknown as Driver,
  };
  await drivers.package.query('create table pieces (id int primary key, length int check (length > 0))');
});

afterAll(() => platform.close());

describe('the HTTP half of the driver answers as the package does', () => {
  it.each<[string, string, unknown[]]>([
    ['numbers', 'select 1::int2, 2::int4, 3::int8, 1.5::float8, 1.50::numeric', []],
    ['text, truth and nothing', "select 'é'::text, true, null::text", []],
    ['times', "select '2026-01-02 03:04:05.678+00'::timestamptz, '2026-01-02'::date", []],
    ['JSON', `select '{"a":[1]}'::json, '{"a":[1]}'::jsonb`, []],
    ['arrays', `select '{a,"b c",NULL}'::text[], '{1,2}'::int4[]`, []],
    ['bytes', `select '\\x00ff'::bytea`, []],
    ['parameters', 'select $1::int4, $2::text, $3::bool, $4::jsonb, $5::text', [7, 'x', false, { a: 1 }, null]],
    ['a list as a parameter', 'select $1::text[]', [['a', 'b"c\\', 'd,e', null]]],
    ['a time as a parameter', 'select $1::timestamptz', [new Date(0)]],
    ['no row', 'select 1 where false', []],
  ])('on %s', async (_name, text, params) => {
    for (const options of [{}, { arrayMode: true }, { fullResults: true, arrayMode: true }]) {
      const rowsOf = (answer: unknown) => (Array.isArray(answer) ? answer : (answer as { rows: unknown }).rows);
      const expected = rowsOf(await drivers.package.query(text, params, options));
      expect(rowsOf(await drivers.module.query(text, params, options))).toEqual(expected);
    }
  });

  it('on a transaction, which is whole or absent', async () => {
    for (const driver of Object.values(drivers)) {
      const insert = (id: number, length: number) => driver.query('insert into pieces values ($1, $2)', [id, length]);
      await expect(driver.transaction([insert(1, 5), insert(2, 0)])).rejects.toMatchObject({
        name: 'NeonDbError',
        code: '23514',
        constraint: 'pieces_length_check',
      });
      expect(await driver.query('select * from pieces')).toEqual([]);
      const read = driver.transaction([driver.query('select 1 as one')], {
        isolationLevel: 'Serializable',
        readOnly: true,
      });
      expect(await read).toEqual([[{ one: 1 }]]);
    }
  });
});
