import * as v from 'valibot';
import { CommerceError, type InputIssue } from '@/commerce/error';
import { createDb, type Db } from '@/db/client';
import { databaseFault } from '@/db/fault';
import { bearerOf } from './bearer';
import { type EdgeEnv, edgeEnv } from './env';
import { readJsonBody, requireStorable } from './json-body';
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
  /** Each a whole `Set-Cookie`. */
  cookies?: string[];
}

/** A handler bound to its method and path: a plain function of `Request` to `Response`. */
export interface Operation {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `{name}` for a part that varies: `/api/cart/items/{itemId}`. */
  path: string;
  /** What its body has to be. */
  body?: v.GenericSchema;
  matches(pathname: string): boolean;
  handle(request: Request, host?: Host): Promise<Response>;
}

interface Spec<Query, Body, Caller> {
  method: Operation['method'];
  path: string;
  query?: v.GenericSchema<unknown, Query>;
  body?: v.GenericSchema<unknown, Body>;
  /** A request without a body counts as one with `{}`. */
  bodyIsOptional?: boolean;
  /** Finds out who asks, or refuses: before anything of the input is looked at, or a byte of the body read. */
  caller?: (context: Context) => Promise<Caller>;
}

const NO_HOST: Host = { waitUntil: (work) => void work.catch(() => {}), revalidateTags: () => {} };

/**
 * Makes an operation: finds the path's parameters and the caller, parses and bounds query and body by their schemas, runs
 * `run`, and renders its reply or its problem (RFC 9457). Every answer carries `x-request-id` and `Server-Timing`.
 */
export function operation<Query = undefined, Body = undefined, Caller = undefined>(
  spec: Spec<Query, Body, Caller>,
  run: (context: Context, input: { query: Query; body: Body; caller: Caller }) => Promise<Reply>,
): Operation {
  const matchPath = pathMatcher(spec.path);
  return {
    method: spec.method,
    path: spec.path,
    ...(spec.body ? { body: spec.body } : {}),
    matches: (pathname) => matchPath(pathname) !== null,
    async handle(request, host = NO_HOST) {
      const trips = { kv: 0, kvMs: 0, db: 0, dbMs: 0 };
      const requestId = requestIdOf(request);
      let reply: Reply;
      try {
        const url = new URL(request.url);
        const params = matchPath(url.pathname);
        if (!params) throw notFound();
        requireSameSite(request);
        const contextOf = () => createContext(request, { url, params, requestId, host, trips });
        const known = spec.caller && contextOf();
        const caller = known && (await spec.caller?.(known));
        for (const [name, value] of url.searchParams) requireStorable(value, name);
        const query = spec.query ? parse(spec.query, Object.fromEntries(url.searchParams)) : undefined;
        const isLeftOut = spec.bodyIsOptional && !request.headers.has('content-type');
        const body = spec.body ? parse(spec.body, isLeftOut ? {} : await readJsonBody(request)) : undefined;
        const input = { query: query as Query, body: body as Body, caller: caller as Caller };
        reply = await run(known ?? contextOf(), input);
      } catch (error) {
        reply = problem(error, requestId);
      }
      return render(reply, requestId, trips);
    },
  };
}

interface Trips {
  kv: number;
  kvMs: number;
  db: number;
  dbMs: number;
}

function createContext(
  request: Request,
  { trips, ...known }: Pick<Context, 'url' | 'params' | 'requestId' | 'host'> & { trips: Trips },
): Context {
  const env = edgeEnv();
  let db: Db | undefined;
  return {
    request,
    ...known,
    env,
    now: new Date(),
    kv: createKv({ url: env.KV_REST_API_URL, token: env.KV_REST_API_TOKEN }, (milliseconds) => {
      trips.kv += 1;
      trips.kvMs += milliseconds;
    }),
    // Made when first asked for: a warm cart write never needs it.
    get db() {
      db ??= createDb({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT }, (milliseconds) => {
        trips.db += 1;
        trips.dbMs += milliseconds;
      });
      return db;
    },
  };
}

function render(reply: Reply, requestId: string, trips: Trips): Response {
  const headers = new Headers(reply.headers);
  for (const cookie of reply.cookies ?? []) headers.append('set-cookie', cookie);
  headers.set('x-request-id', requestId);
  headers.set(
    'server-timing',
    `kv;desc="${trips.kv}";dur=${trips.kvMs.toFixed(1)}, db;desc="${trips.db}";dur=${trips.dbMs.toFixed(1)}`,
  );
  if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-store');
  const text = reply.json ?? (reply.body === undefined ? null : JSON.stringify(reply.body));
  if (text !== null && !headers.has('content-type')) headers.set('content-type', 'application/json');
  headers.set('x-content-type-options', 'nosniff');
  return new Response(text, { status: reply.status ?? 200, headers });
}

/**
 * Answers with the operation of `operations` that fits the request's method and path: how plain Node and workerd
 * serve what Next serves by its files. 404 and 405 are problem documents.
 */
export async function dispatch(operations: readonly Operation[], request: Request, host?: Host): Promise<Response> {
  const { pathname } = new URL(request.url);
  const atPath = operations.filter((candidate) => candidate.matches(pathname));
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const found = atPath.find((candidate) => candidate.method === method);
  if (found) return found.handle(request, host);
  const requestId = requestIdOf(request);
  const none = { kv: 0, kvMs: 0, db: 0, dbMs: 0 };
  if (atPath.length === 0) {
    return render(problem(notFound(), requestId), requestId, none);
  }
  const allow = atPath.map((candidate) => candidate.method).join(', ');
  const reply = problem(new CommerceError('method_not_allowed', `This address takes ${allow}.`), requestId);
  return render({ ...reply, headers: { ...reply.headers, allow } }, requestId, none);
}

/** The id that the middleware or a client gave, where it is harmless; a fresh one otherwise. */
function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[\w-]{8,64}$/.test(given) ? given : crypto.randomUUID();
}

/**
 * Refuses an unsafe request that may have come from a page of another site with the shopper's cookies (CSRF): it has to
 * prove that it is our own page's, by `Sec-Fetch-Site` or `Origin`, which every browser sends. A client that shows its
 * credential in a header needs no proof, since no page can do that to another site unasked; nor does one without cookies.
 */
function requireSameSite(request: Request): void {
  if (request.method === 'GET' || request.method === 'HEAD' || !request.headers.has('cookie')) return;
  if (hasOwnCredential(request)) return;
  if (!isFromOwnPage(request)) {
    throw new CommerceError('cross_site_request', 'This request did not come from a page of this shop.');
  }
}

/** Whether a request proves, by `Sec-Fetch-Site` or `Origin`, that a page of this very host sent it. */
export function isFromOwnPage(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  const ownHost = request.headers.get('x-forwarded-host') ?? request.headers.get('host') ?? new URL(request.url).host;
  const isOwnOrigin = origin !== null && URL.canParse(origin) && new URL(origin).host === ownHost;
  return site === null ? isOwnOrigin : site === 'same-origin' && (origin === null || isOwnOrigin);
}

/** Whether a browser says that a page of another site, or of another host of this one, led to a request. */
export function isFromOtherSite(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  return site === 'cross-site' || site === 'same-site';
}

/** Only those that a page cannot send unasked: `Authorization: Basic` browsers send by themselves, wherever it leads. */
function hasOwnCredential(request: Request): boolean {
  return bearerOf(request) !== null || ['x-cart-token', 'x-order-token'].some((name) => request.headers.has(name));
}

/** The status of each code that the rules throw; a code that is not here is a fault of ours, 500. */
const STATUS_BY_CODE: Record<string, number> = {
  malformed_json: 400,
  json_too_deep: 400,
  idempotency_key_required: 400,
  idempotency_key_invalid: 400,
  unauthenticated: 401,
  token_invalid: 401,
  token_expired: 401,
  session_ended: 401,
  login_failed: 401,
  login_required: 401,
  password_required: 401,
  passkey_cloned: 401,
  second_factor_required: 401,
  webhook_signature_invalid: 401,
  payment_declined: 402,
  cross_site_request: 403,
  permission_denied: 403,
  not_found: 404,
  item_not_found: 404,
  coupon_not_found: 404,
  method_not_allowed: 405,
  request_in_progress: 409,
  price_changed: 409,
  quote_expired: 409,
  quote_mismatch: 409,
  promotion_used_up: 409,
  out_of_stock: 409,
  order_already_placed: 409,
  order_not_cancellable: 409,
  passkey_exists: 409,
  last_login_method: 409,
  last_owner: 409,
  already_staff: 409,
  invitation_open: 409,
  role_exists: 409,
  role_fixed: 409,
  role_in_use: 409,
  totp_exists: 409,
  totp_not_started: 409,
  stock_held: 409,
  version_mismatch: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  invalid_input: 422,
  amount_out_of_range: 422,
  variant_not_found: 422,
  variant_not_sold_in_currency: 422,
  too_many_lines: 422,
  quantity_above_limit: 422,
  currency_not_sold: 422,
  country_not_sold_to: 422,
  shipping_method_unknown: 422,
  coupon_unknown: 422,
  too_many_coupons: 422,
  group_pass_invalid: 422,
  quote_invalid: 422,
  link_invalid: 422,
  code_wrong: 422,
  password_wrong: 422,
  password_too_weak: 422,
  passkey_invalid: 422,
  challenge_invalid: 422,
  too_many_passkeys: 422,
  too_many_addresses: 422,
  idempotency_key_reused: 422,
  cart_empty: 422,
  cart_not_ready: 422,
  payment_provider_unknown: 422,
  too_many_attempts: 429,
  rate_limited: 429,
  kv_unavailable: 503,
  limiter_unavailable: 503,
  passwords_busy: 503,
  database_unavailable: 503,
  payment_provider_unavailable: 503,
};

/** Seconds after which what was refused may be tried again. */
const RETRY_AFTER_BY_CODE: Record<string, number> = {
  request_in_progress: 1,
  passwords_busy: 2,
  kv_unavailable: 1,
  limiter_unavailable: 1,
  database_unavailable: 1,
  payment_provider_unavailable: 5,
};

/** What is said of an address that nothing answers at. */
export function notFound(): CommerceError {
  return new CommerceError('not_found', 'There is nothing at this address.');
}

/** Renders any thrown thing as a problem document; what is not ours to tell is logged, never shown. */
export function problem(thrown: unknown, requestId: string): Reply {
  const error = databaseProblem(thrown) ?? thrown;
  const known = error instanceof CommerceError && STATUS_BY_CODE[error.code] !== undefined ? error : null;
  const code = known?.code ?? 'internal_error';
  const status = STATUS_BY_CODE[code] ?? 500;
  const retryAfter = known?.facts?.retryAfterSeconds ?? RETRY_AFTER_BY_CODE[code];
  if (status >= 500) console.error(JSON.stringify({ level: 'error', requestId, code, error: describeError(thrown) }));
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    body: {
      type: `urn:selvedge:problem:${code}`,
      title: titleOf(code),
      status,
      detail: known?.message ?? 'Something went wrong on our side. The request id helps us find it.',
      code,
      requestId,
      ...(known?.issues ? { errors: known.issues } : {}),
      ...known?.facts,
    },
  };
}

function databaseProblem(thrown: unknown): CommerceError | null {
  const fault = databaseFault(thrown);
  if (fault?.sqlState === null) {
    return new CommerceError('database_unavailable', 'The database does not answer. Try again in a moment.');
  }
  // Whatever refers to an account is written by its owner: it was deleted while they asked.
  if (fault?.constraint?.endsWith('_account_id_accounts_id_fk')) {
    return new CommerceError('session_ended', 'This session has ended. Sign in again.');
  }
  return null;
}

function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** For the log: the messages of an error and of what caused it. A query's parameters may be personal, so not them. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message.replace(/\nparams:[\s\S]*$/, '');
  const cause = error.cause instanceof Error ? ` <- ${describeError(error.cause)}` : '';
  return `${error.name}: ${message}${cause}`;
}

/** What a schema makes of an input. Throws `invalid_input` with every fault and its path. */
function parse<Output>(schema: v.GenericSchema<unknown, Output>, input: unknown): Output {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const issues: InputIssue[] = result.issues.map((issue) => ({
    path: v.getDotPath(issue) ?? '',
    code: issue.input === undefined ? 'required' : issue.type,
    message: issue.message,
  }));
  throw new CommerceError('invalid_input', 'Some of the input cannot be taken as it is.', { issues });
}

function pathMatcher(path: string): (pathname: string) => Record<string, string> | null {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
  const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/]+)')}/?$`);
  return (pathname) => {
    const match = pattern.exec(pathname);
    if (!match) return null;
    try {
      const parts = names.map((name, index) => [name, decodeURIComponent(match[index + 1] as string)] as const);
      // No text in Postgres holds a NUL, so nothing is there.
      return parts.some(([, value]) => value.includes('\0')) ? null : Object.fromEntries(parts);
    } catch {
      return null;
    }
  };
}
