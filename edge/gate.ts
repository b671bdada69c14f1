import { CommerceError } from '@/commerce/error';
import { toBase64url } from './base64url';
import { bearerOf } from './bearer';
import { clientAddress } from './client-address';
import { notFound, problem } from './http';
import { type KvConnection, limiterKv } from './kv-limiter';
import { classOf, LIMIT_CLASSES, type LimitClass, type Policy } from './limits';
import { verifiedAccount } from './limits/account';
import { createLimiter, type Held, type Limiter, type Verdict } from './limits/limiter';

/** What the host lends the gate, and what a test may put in place of the isolate's own limiter. */
export interface GateHost {
  now: Date;
  waitUntil(work: Promise<unknown>): void;
  limiter?: Limiter;
}

/** Let in with what the handler is to see and what its answer is to carry as well, or answered at the gate. */
export type Admission =
  | { isAdmitted: true; requestHeaders: Headers; headers: Record<string, string> }
  | { isAdmitted: false; response: Response };

/**
 * What every API request passes before anything else sees it: names it, so that a fault can be found by the id that its
 * answer carries, and holds it to the limits of its class within 250 ms, whatever KV does. No handler trusts that this
 * ran: each checks for itself.
 *
 * Answers 404 `not_found` for a path whose percent escapes are no UTF-8 (Next fails on it with 500), 429 `rate_limited`
 * over a limit, and 503 `limiter_unavailable` where the class is strict and KV says nothing. Limits are told in
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers) and `Retry-After`.
 */
export async function admit(request: Request, host: GateHost): Promise<Admission> {
  const requestId = crypto.randomUUID();
  const { pathname } = new URL(request.url);
  if (!isDecodable(pathname)) return answered(requestId, notFound());
  const verdicts = await verdictsOf(request, pathname, host);
  if (verdicts === null) return answered(requestId, unavailable());
  const headers = limitHeaders(verdicts);
  const refusals = verdicts.filter(({ isWithin }) => !isWithin);
  if (refusals.length > 0) {
    const waitMs = Math.max(...refusals.map(({ resetMs }) => resetMs));
    return answered(requestId, limited(), { ...headers, 'retry-after': String(wholeSeconds(waitMs)) });
  }
  const requestHeaders = new Headers(request.headers);
  requestHeaders.set('x-request-id', requestId);
  return { isAdmitted: true, requestHeaders, headers };
}

async function verdictsOf(request: Request, pathname: string, host: GateHost): Promise<Verdict[] | null> {
  const name = classOf(request.method, pathname);
  if (name === 'unlimited') return [];
  const limits = LIMIT_CLASSES[name];
  const held = await heldTo(limits, request, host);
  if (held.length === 0) return [];
  const moment = { nowMs: host.now.getTime(), waitUntil: host.waitUntil };
  const limiter = host.limiter ?? ownLimiter();
  return limits.isStrict ? limiter.decideStrictly(held, moment) : limiter.decideAtOnce(held, moment);
}

/** The policies that a request is held to, each with whom it counts for. Nothing here rests on a claim of the caller. */
async function heldTo(limits: LimitClass, request: Request, host: GateHost): Promise<Held[]> {
  const { address, account, apiKey } = await subjectOf(limits, request, host);
  const each = (policies: readonly Policy[] | undefined, id: string | null) =>
    id === null ? [] : (policies ?? []).map((policy) => ({ policy, id }));
  return [
    ...each(limits.perAddress, address),
    ...each(limits.perCrowd, address === null ? 'all' : null),
    ...each(limits.perAccount, account),
    ...each(limits.perApiKey, apiKey),
  ];
}

interface Subject {
  address: string | null;
  account: string | null;
  /** The digest of the API key that was shown. It need not be a good one: who has no key cannot use up another's. */
  apiKey: string | null;
}

async function subjectOf(limits: LimitClass, request: Request, host: GateHost): Promise<Subject> {
  const bearer = limits.perApiKey ? bearerOf(request) : null;
  return {
    address: clientAddress(request.headers),
    account: limits.perAccount ? await verifiedAccount(request, host) : null,
    apiKey: bearer?.startsWith('sk_') ? await digest(bearer) : null,
  };
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return toBase64url(new Uint8Array(bytes));
}

let limiter: Limiter | undefined;

function ownLimiter(): Limiter {
  // Read when first asked for, and by itself: a store that is not set up yet browses, and its health tells what is missing.
  const connection: KvConnection = {
    url: process.env.KV_REST_API_URL ?? '',
    token: process.env.KV_REST_API_TOKEN ?? '',
  };
  limiter ??= createLimiter(limiterKv(connection));
  return limiter;
}

function limitHeaders(verdicts: Verdict[]): Record<string, string> {
  if (verdicts.length === 0) return {};
  return {
    'ratelimit-policy': verdicts
      .map(({ policy }) => `"${policy.name}";q=${policy.quota};w=${policy.windowSeconds}`)
      .join(', '),
    ratelimit: verdicts
      .map(({ policy, remaining, resetMs }) => `"${policy.name}";r=${remaining};t=${wholeSeconds(resetMs)}`)
      .join(', '),
  };
}

const wholeSeconds = (milliseconds: number) => Math.ceil(milliseconds / 1000);

function isDecodable(pathname: string): boolean {
  try {
    decodeURIComponent(pathname);
    return true;
  } catch {
    return false;
  }
}

function limited(): CommerceError {
  return new CommerceError('rate_limited', 'Too many requests in a short time. Try again later.');
}

function unavailable(): CommerceError {
  return new CommerceError('limiter_unavailable', 'This cannot be done at the moment. Try again in a moment.');
}

function answered(requestId: string, error: CommerceError, headers: Record<string, string> = {}): Admission {
  const { status, body, headers: own } = problem(error, requestId);
  const response = new Response(JSON.stringify(body), {
    status,
    headers: {
      ...own,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
      ...headers,
    },
  });
  return { isAdmitted: false, response };
}
