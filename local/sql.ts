import { timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import pg from 'pg';
import { BodyTooLarge, type Handler, readBody, sendJson } from './http';

/** Neon's own limit on a request over HTTP. */
const bodyLimitBytes = 64 * 1024 * 1024;

/** One query with its parameters as Postgres' text format. */
type SqlQuery = { query: string; params: (string | null)[] };

/** What a database is asked: one query on its own (`begin` null), or a batch inside the transaction `begin` opens. */
export type SqlRequest = {
  queries: SqlQuery[];
  begin: string | null;
  /** It may leave settings or the like in its connection, which must then not be used again as it is. */
  changesSession: boolean;
};

/** A result with every value as Postgres' text format: the driver at the other end parses them. */
export type SqlResult = {
  command: string;
  rowCount: number | null;
  fields: {
    name: string;
    tableID: number;
    columnID: number;
    dataTypeID: number;
    dataTypeSize: number;
    dataTypeModifier: number;
    format: 'text';
  }[];
  rows: (string | null)[][];
};

/** The fields of a Postgres error that Neon's protocol carries. */
type SqlErrorFields = { message: string } & Partial<Record<(typeof errorFieldNames)[number], string>>;

/** What the thread that holds PGlite sends back. */
type SqlWorkerMessage =
  | 'ready'
  | { failed: string }
  | { id: number; results: SqlResult[] }
  | { id: number; error: SqlErrorFields };

/** Statements, and functions, that outlive their transaction in a connection. */
const sessionChange =
  /^\s*(?:begin|start|set(?!\s+(?:local|transaction|constraints)\b)|prepare|listen|load|discard|create\s+temp)\b|\b(?:set_config|pg_advisory_lock|pg_try_advisory_lock)\b/i;

const errorFieldNames = [
  'severity',
  'code',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'file',
  'line',
  'routine',
] as const;

/** A fault that the database or the protocol reports: answered 400, as Neon does. */
class SqlError extends Error {
  readonly fields: SqlErrorFields;
  constructor(fields: SqlErrorFields) {
    super(fields.message);
    this.fields = fields;
  }
}

type SqlBackend = { run(request: SqlRequest): Promise<SqlResult[]>; close(): Promise<void> };

export type SqlOptions = {
  /** The folder that holds `postgres/`, or null to keep everything in memory. Not used with `postgresUrl`. */
  dataDir: string | null;
  /** A real Postgres to use instead of PGlite. */
  postgresUrl?: string | undefined;
  /** The connection string that clients must present: its user, password and database are checked. */
  connectionString: string;
};

/** Neon's SQL-over-HTTP protocol over PGlite or a real Postgres. A `queries` batch is one atomic transaction. */
export async function openSql(options: SqlOptions): Promise<{ handle: Handler; close(): Promise<void> }> {
  const backend = await (options.postgresUrl ? openServer(options.postgresUrl) : openEmbedded(options.dataDir));
  const expected = new URL(options.connectionString);

  const handle: Handler = async (request, response) => {
    try {
      if (request.method !== 'POST') {
        return sendJson(response, 405, '{"message":"this endpoint answers POST only"}', { allow: 'POST' });
      }
      const { headers } = request;
      requireCredentials(headers['neon-connection-string'], expected);
      const body = parseBody(await readBody(request, bodyLimitBytes));
      const batch = body.queries !== undefined;
      const queries = body.queries?.map(parseQuery) ?? [parseQuery(body)];
      const results = await backend.run({
        queries,
        changesSession: queries.some(({ query }) => sessionChange.test(query)),
        begin: batch ? beginStatement(headers) : null,
      });
      const shape = (result: SqlResult) =>
        shapeResult(result, headers['neon-array-mode'] === 'true', headers['neon-raw-text-output'] === 'true');
      const answer = batch ? { results: results.map(shape) } : shape(results[0]!);
      sendJson(response, 200, JSON.stringify(answer));
    } catch (error) {
      if (error instanceof BodyTooLarge) {
        sendJson(response, 413, '{"message":"request is too large (max is 67108864 bytes)"}', { connection: 'close' });
      } else if (error instanceof SqlError) {
        sendJson(response, 400, JSON.stringify(error.fields));
      } else if (error instanceof RangeError) {
        sendJson(response, 400, '{"message":"the request is nested too deeply"}');
      } else {
        throw error;
      }
    }
  };
  return { handle, close: () => backend.close() };
}

function requireCredentials(header: string | string[] | undefined, expected: URL): void {
  if (typeof header !== 'string') throw new SqlError({ message: 'missing header: Neon-Connection-String' });
  let given: URL;
  try {
    given = new URL(header);
  } catch {
    throw new SqlError({ message: 'invalid connection string' });
  }
  if (given.username !== expected.username || !sameSecret(given.password, expected.password)) {
    const user = decodeURIComponent(given.username);
    throw new SqlError({
      message: `password authentication failed for user '${user}'`,
      severity: 'FATAL',
      code: '28P01',
    });
  }
  if (given.pathname !== expected.pathname) {
    const database = decodeURIComponent(given.pathname.slice(1));
    throw new SqlError({ message: `database "${database}" does not exist`, severity: 'FATAL', code: '3D000' });
  }
}

function sameSecret(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function parseBody(text: string): { queries?: unknown[] } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new SqlError({ message: `could not parse the request body as JSON: ${(error as Error).message}` });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new SqlError({ message: 'the request body must be an object with "query" or "queries"' });
  }
  if ('queries' in body && !Array.isArray(body.queries)) {
    throw new SqlError({ message: '"queries" must be an array' });
  }
  return body as { queries?: unknown[] };
}

function parseQuery(value: unknown): SqlQuery {
  const { query, params = [] } = (value ?? {}) as { query?: unknown; params?: unknown };
  if (typeof query !== 'string') throw new SqlError({ message: 'each query needs a "query" that is a string' });
  if (!Array.isArray(params)) throw new SqlError({ message: '"params" must be an array' });
  return { query, params: params.map(toText) };
}

/** JSON values as Postgres' text format, as Neon's proxy converts them: arrays become array literals, objects JSON. */
function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return arrayLiteral(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function arrayLiteral(items: unknown[]): string {
  const parts = items.map((item) => {
    if (item === null) return 'NULL';
    if (Array.isArray(item)) return arrayLiteral(item);
    return `"${toText(item)!.replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${parts.join(',')}}`;
}

const isolationLevels: Record<string, string> = {
  serializable: 'SERIALIZABLE',
  readuncommitted: 'READ UNCOMMITTED',
  readcommitted: 'READ COMMITTED',
  repeatableread: 'REPEATABLE READ',
};

/** The BEGIN that a batch's headers ask for. */
function beginStatement(headers: NodeJS.Dict<string | string[]>): string {
  const clauses: string[] = [];
  const level = headers['neon-batch-isolation-level'];
  if (typeof level === 'string') {
    const name = isolationLevels[level.toLowerCase()];
    if (name === undefined) throw new SqlError({ message: 'invalid isolation level' });
    clauses.push(`ISOLATION LEVEL ${name}`);
  }
  if (headers['neon-batch-read-only'] === 'true') clauses.push('READ ONLY');
  if (headers['neon-batch-deferrable'] === 'true') clauses.push('DEFERRABLE');
  return `BEGIN ${clauses.join(', ')}`;
}

function shapeResult(result: SqlResult, arrayMode: boolean, rawText: boolean): unknown {
  const { fields } = result;
  let rows: unknown[][] = result.rows;
  if (!rawText) {
    rows = rows.map((row) => row.map((value, i) => toJson(value as string | null, fields[i]!.dataTypeID)));
  }
  return {
    ...result,
    rowAsArray: arrayMode,
    rows: arrayMode ? rows : rows.map((row) => Object.fromEntries(row.map((value, i) => [fields[i]!.name, value]))),
  };
}

/** Without `Neon-Raw-Text-Output` the simple types arrive as JSON values; object ids are those of `pg_type`. */
function toJson(value: string | null, typeId: number): unknown {
  if (value === null) return null;
  if (typeId === 16) return value === 't';
  if (typeId === 114 || typeId === 3802) return JSON.parse(value);
  if (typeId === 21 || typeId === 23 || typeId === 700 || typeId === 701) {
    const number = Number(value);
    return Number.isFinite(number) ? number : value;
  }
  return value;
}

/** PGlite, in a thread of its own. A kill of the process loses nothing that was answered: it recovers as Postgres does. */
async function openEmbedded(dataDir: string | null): Promise<SqlBackend> {
  const worker = new Worker(new URL('./sql-worker.mjs', import.meta.url), {
    workerData: { dataDir: dataDir === null ? null : join(dataDir, 'postgres') },
  });
  type Waiting = { resolve(results: SqlResult[]): void; reject(error: Error): void };
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let failure: Error | undefined;

  await new Promise<void>((resolve, reject) => {
    worker.on('message', (message: SqlWorkerMessage) => {
      if (message === 'ready') return resolve();
      if ('failed' in message) return reject(new Error(`PGlite did not start: ${message.failed}`));
      const request = waiting.get(message.id)!;
      waiting.delete(message.id);
      if ('results' in message) request.resolve(message.results);
      else request.reject(new SqlError(pickErrorFields(message.error)));
    });
    const fail = (error: Error) => {
      failure = error;
      reject(error);
      for (const request of waiting.values()) request.reject(error);
      waiting.clear();
    };
    worker.on('error', fail);
    worker.on('exit', () => fail(new Error('PGlite stopped')));
  });

  return {
    run: (request) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        worker.postMessage({ id: lastId, request });
      }),
    async close() {
      const exited = new Promise((resolve) => worker.once('exit', resolve));
      worker.postMessage('close');
      await exited;
    },
  };
}

/** A real Postgres behind a pool, with every value passed through as text. Throws where it does not answer. */
async function openServer(postgresUrl: string): Promise<SqlBackend> {
  const pool = new pg.Pool({
    connectionString: postgresUrl,
    max: 10,
    // Neon's defaults, so that a value's text does not depend on how the server at hand is set up.
    options: '-c TimeZone=GMT -c DateStyle=ISO,MDY -c IntervalStyle=postgres -c extra_float_digits=1',
  });
  // A lost idle connection is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {});

  try {
    await pool.query('SELECT 1');
  } catch (error) {
    await pool.end();
    throw new Error(`POSTGRES_URL does not answer: ${reason(error)}`);
  }

  const asText = { getTypeParser: () => (value: string) => value };
  async function run(client: pg.PoolClient, { query, params }: SqlQuery): Promise<SqlResult> {
    const result = await client.query({
      text: query,
      values: params,
      rowMode: 'array',
      types: asText,
      // Without it, a query with no parameters may hold several statements, which Neon refuses.
      queryMode: 'extended',
    } as pg.QueryArrayConfig);
    return {
      command: result.command ?? '',
      rowCount: result.rowCount,
      fields: result.fields as SqlResult['fields'],
      rows: result.rows as (string | null)[][],
    };
  }

  return {
    async run({ queries, begin, changesSession }) {
      let client: pg.PoolClient;
      try {
        client = await pool.connect();
      } catch (error) {
        throw toSqlError(error);
      }
      let reusable = false;
      try {
        if (begin !== null) await client.query(begin);
        const results: SqlResult[] = [];
        for (const query of queries) results.push(await run(client, query));
        if (begin !== null) await client.query('COMMIT');
        reusable = !changesSession;
        return results;
      } catch (error) {
        if (begin !== null)
          await client.query('ROLLBACK').then(
            () => (reusable = !changesSession),
            () => {},
          );
        else reusable = error instanceof pg.DatabaseError && !changesSession;
        throw toSqlError(error);
      } finally {
        // A connection whose session a request has changed is not handed to the next one.
        client.release(!reusable);
      }
    },
    close: () => pool.end(),
  };
}

function toSqlError(error: unknown): SqlError {
  if (error instanceof pg.DatabaseError) return new SqlError(pickErrorFields({ ...error, message: error.message }));
  return new SqlError({ message: `could not reach the database: ${reason(error)}`, severity: 'FATAL' });
}

/** Why a connection failed. Where every address of a host was tried in vain, the error itself has no words. */
const reason = (error: unknown) => (error as Error).message || (error as NodeJS.ErrnoException).code;

function pickErrorFields(source: object): SqlErrorFields {
  const from = source as Record<string, unknown>;
  const fields: SqlErrorFields = { message: String(from.message) };
  for (const name of errorFieldNames) {
    if (from[name] !== undefined && from[name] !== null) fields[name] = String(from[name]);
  }
  return fields;
}
