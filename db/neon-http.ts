/**
 * The half of `@neondatabase/serverless` that speaks HTTP, in the package's place in all that Next bundles: see
 * `docs/decisions/edge-bundle.md`. Commands, tests and a plain Node host use the package itself, and one protocol suite
 * holds both to the same answers.
 *
 * Source of the protocol: the package's own `neon()`, version 1.2.
 */
import pgTypes from 'pg-types';

/** Type parsers by OID, which Drizzle overrides for dates. */
export const types = pgTypes;

interface NeonConfig {
  fetchEndpoint: string | ((host: string) => string);
}

export const neonConfig: NeonConfig = {
  // Neon's HTTP endpoint is the database's host with its first label replaced by `api`.
  fetchEndpoint: (host) => `https://${host.replace(/^[^.]+\./, 'api.')}/sql`,
};

const ERROR_FIELDS = [
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

/** What Postgres refused (`code` is its SQLSTATE), or, without a `code`, a request that reached no database. */
export class NeonDbError extends Error {
  override name = 'NeonDbError';
  sourceError?: unknown;

  constructor(message: string, fields: Record<string, unknown> = {}) {
    super(message);
    for (const field of ERROR_FIELDS) Object.assign(this, { [field]: fields[field] ?? undefined });
  }
}

interface QueryOptions {
  arrayMode?: boolean;
  fullResults?: boolean;
  types?: { getTypeParser(oid: number): (text: string) => unknown };
}

interface BatchOptions extends QueryOptions {
  isolationLevel?: string;
  readOnly?: boolean;
  deferrable?: boolean;
}

interface Statement {
  query: string;
  params: unknown[];
}

interface WireResult {
  fields: { name: string; dataTypeID: number }[];
  rows: (string | null)[][];
}

/** A query that runs when awaited, or as a part of the transaction that it is handed to. */
class NeonQueryPromise implements PromiseLike<unknown> {
  constructor(
    public execute: (statement: Statement, options?: QueryOptions) => Promise<unknown>,
    readonly statement: Statement,
    readonly options: QueryOptions = {},
  ) {}

  // biome-ignore lint/suspicious/noThenProperty: being lazy until awaited is the driver's contract.
  then<Result = unknown, Fault = never>(
    onFulfilled?: ((value: unknown) => Result | PromiseLike<Result>) | null,
    onRejected?: ((reason: unknown) => Fault | PromiseLike<Fault>) | null,
  ): Promise<Result | Fault> {
    return this.execute(this.statement, this.options).then(onFulfilled, onRejected);
  }
}

/** `` sql`…${value}` ``, `sql.query(text, params)` and `sql.transaction([queries], { isolationLevel, … })`. */
export function neon(connectionString: string) {
  const { hostname } = new URL(connectionString.replace(/^postgres(ql)?:/, 'http:'));

  async function post(body: unknown, headers: Record<string, string> = {}): Promise<unknown> {
    const { fetchEndpoint } = neonConfig;
    let response: Response;
    try {
      response = await fetch(typeof fetchEndpoint === 'function' ? fetchEndpoint(hostname) : fetchEndpoint, {
        method: 'POST',
        headers: {
          'Neon-Connection-String': connectionString,
          'Neon-Raw-Text-Output': 'true',
          'Neon-Array-Mode': 'true',
          ...headers,
        },
        body: JSON.stringify(body),
      });
    } catch (error) {
      const unreachable = new NeonDbError(`Error connecting to database: ${error}`);
      unreachable.sourceError = error;
      throw unreachable;
    }
    if (response.ok) return response.json();
    if (response.status !== 400) {
      throw new NeonDbError(`Server error (HTTP status ${response.status}): ${await response.text()}`);
    }
    const fault = (await response.json()) as Record<string, unknown>;
    throw new NeonDbError(String(fault.message), fault);
  }

  const execute = async (statement: Statement, options: QueryOptions = {}) =>
    resultOf((await post(statement)) as WireResult, options);
  const query = (text: string, params: unknown[] = [], options?: QueryOptions) =>
    new NeonQueryPromise(execute, { query: text, params: params.map(parameterOf) }, options);
  const template = (strings: TemplateStringsArray, ...values: unknown[]) =>
    query(
      strings.reduce((text, part, index) => `${text}$${index}${part}`),
      values,
    );

  async function transaction(queries: NeonQueryPromise[], options: BatchOptions = {}): Promise<unknown[]> {
    const headers: Record<string, string> = {};
    if (options.isolationLevel !== undefined) headers['Neon-Batch-Isolation-Level'] = options.isolationLevel;
    if (options.readOnly !== undefined) headers['Neon-Batch-Read-Only'] = String(options.readOnly);
    if (options.deferrable !== undefined) headers['Neon-Batch-Deferrable'] = String(options.deferrable);
    const body = { queries: queries.map(({ statement }) => statement) };
    const { results } = (await post(body, headers)) as { results: WireResult[] };
    return results.map((result, index) => resultOf(result, { ...options, ...queries[index]?.options }));
  }

  return Object.assign(template, { query, transaction });
}

/** As node-postgres prepares a value for the wire, for the types that a Drizzle column hands over. */
function parameterOf(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return arrayLiteral(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function arrayLiteral(values: unknown[]): string {
  const parts = values.map((value) => {
    if (value === null || value === undefined) return 'NULL';
    return Array.isArray(value) ? arrayLiteral(value) : `"${String(parameterOf(value)).replace(/[\\"]/g, '\\$&')}"`;
  });
  return `{${parts.join(',')}}`;
}

function resultOf(result: WireResult, { arrayMode = false, fullResults = false, types: own = types }: QueryOptions) {
  const parsers = result.fields.map(({ dataTypeID }) => own.getTypeParser(dataTypeID));
  const read = (text: string | null, index: number) => (text === null ? null : parsers[index]?.(text));
  const rows = arrayMode
    ? result.rows.map((row) => row.map(read))
    : result.rows.map((row) =>
        Object.fromEntries(row.map((text, index) => [result.fields[index]?.name, read(text, index)])),
      );
  return fullResults ? { ...result, rows, rowAsArray: arrayMode, viaNeonFetch: true } : rows;
}
