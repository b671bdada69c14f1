import * as v from 'valibot';
import { CommerceError, type InputIssue } from '@/commerce/error';
import { createDb, type Db } from '@/db/client';
import { type EdgeEnv, edgeEnv } from './env';
import { createKv, type Kv } from './kv';

/** What the host lends a handler: work after the response, and the tags of cached pages. Next's own live in `app/`. */
export interface Host {
  waitUntil(work: Promise<unknown>): void;
  revalidateTags(tags: string[]): void;
}

/** One request, with everything a handler may use. Trips over `kv` and `db` are counted into `Server-Timing`. */
export interface Context {
  request: Request;
  url: URL;
  /** The `{name}` parts of the path, decoded. */
  params: Record<string, string>;
  requestId: string;
  env: EdgeEnv;
  kv: Kv;
  db: Db;
  now: Date;
  host: Host;
}

export interface Reply {
  status?: number;
  body?: unknown;
  /** A body that is JSON text already; it wins over `body`. */
  json?: string;
  headers?: Record<string, string>;
}

/** A handler bound to its method and path: a plain function of `Request` to `Response`. */
export interface Operation {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `{name}` for a part that varies: `/api/cart/items/{itemId}`. */
  path: string;
  handle(request: Request, host?: Host): Promise<Response>;
}

interface Spec<Query, Body> {
  method: Operation['method'];
  path: string;
  query?: v.GenericSchema<unknown, Query>;
  body?: v.GenericSchema<unknown, Body>;
}

const NO_HOST: Host = { waitUntil: (work) => void work.catch(() => {}), revalidateTags: () => {} };

/**
 * Makes an operation: finds the path's parameters, parses and bounds query and body by their schemas, runs `run`, and
 * renders its reply or its problem (RFC 9457). Every answer carries `x-request-id` and `Server-Timing`.
 */
export function operation<Query = undefined, Body = undefined>(
  spec: Spec<Query, Body>,
  run: (context: Context, input: { query: Query; body: Body }) => Promise<Reply>,
): Operation {
  const matchPath = pathMatcher(spec.path);
  return {
    method: spec.method,
    path: spec.path,
    async handle(request, host = NO_HOST) {
      const trips = { kv: 0, kvMs: 0, db: 0, dbMs: 0 };
      const requestId = request.headers.get('x-request-id') ?? crypto.randomUUID();
      let reply: Reply;
      try {
        const env = edgeEnv();
        const url = new URL(request.url);
        const params = matchPath(url.pathname);
        if (!params) throw new CommerceError('not_found', 'There is nothing at this address.');
        const context: Context = {
          request,
          url,
          params,
          requestId,
          env,
          kv: createKv({ url: env.KV_REST_API_URL, token: env.KV_REST_API_TOKEN }, (ms) => {
            trips.kv += 1;
            trips.kvMs += ms;
          }),
          db: createDb({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT }, (ms) => {
            trips.db += 1;
            trips.dbMs += ms;
          }),
          now: new Date(),
          host,
        };
        const query = spec.query ? parse(spec.query, Object.fromEntries(url.searchParams)) : undefined;
        const body = spec.body ? parse(spec.body, await readJson(request)) : undefined;
        reply = await run(context, { query: query as Query, body: body as Body });
      } catch (error) {
        reply = problem(error, requestId);
      }
      const headers = new Headers(reply.headers);
      headers.set('x-request-id', requestId);
      headers.set(
        'server-timing',
        `kv;desc="${trips.kv}";dur=${trips.kvMs.toFixed(1)}, db;desc="${trips.db}";dur=${trips.dbMs.toFixed(1)}`,
      );
      if (!headers.has('content-type')) headers.set('content-type', 'application/json');
      if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-store');
      const text = reply.json ?? (reply.body === undefined ? null : JSON.stringify(reply.body));
      return new Response(text, { status: reply.status ?? 200, headers });
    },
  };
}

/** The status of each code that the rules throw; a code that is not here is a fault of ours, 500. */
const STATUS_BY_CODE: Record<string, number> = {
  invalid_input: 422,
  malformed_json: 400,
  not_found: 404,
  payload_too_large: 413,
  unsupported_media_type: 415,
  version_mismatch: 412,
};

const MAX_BODY_BYTES = 64 * 1024;

function problem(error: unknown, requestId: string): Reply {
  const known = error instanceof CommerceError && STATUS_BY_CODE[error.code] !== undefined;
  if (!known) console.error(JSON.stringify({ level: 'error', requestId, error: String(error) }));
  const code = known ? error.code : 'internal_error';
  const status = STATUS_BY_CODE[code] ?? 500;
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: {
      type: `urn:selvedge:problem:${code}`,
      title: code.replaceAll('_', ' '),
      status,
      detail: known ? error.message : 'Something went wrong on our side. The request id helps us find it.',
      code,
      requestId,
      ...(known && error.issues ? { errors: error.issues } : {}),
      ...(known ? error.facts : {}),
    },
  };
}

function parse<Output>(schema: v.GenericSchema<unknown, Output>, input: unknown): Output {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const issues: InputIssue[] = result.issues.map((issue) => ({
    path: v.getDotPath(issue) ?? '',
    code: issue.type,
    message: issue.message,
  }));
  throw new CommerceError('invalid_input', 'Some of the input cannot be taken as it is.', { issues });
}

async function readJson(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text.length > MAX_BODY_BYTES) throw new CommerceError('payload_too_large', 'The body is over 64 KB.');
  try {
    return JSON.parse(text);
  } catch {
    throw new CommerceError('malformed_json', 'The body is not JSON.');
  }
}

function pathMatcher(path: string): (pathname: string) => Record<string, string> | null {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
  const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/]+)')}/?$`);
  return (pathname) => {
    const match = pattern.exec(pathname);
    if (!match) return null;
    try {
      return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] as string)]));
    } catch {
      return null;
    }
  };
}
