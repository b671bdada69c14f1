/** A cache that many people share, as a CDN or a company's proxy is one (RFC 9111), and as greedy as it may be. */
export type Fetch = (request: Request) => Promise<Response>;

interface Stored {
  status: number;
  headers: Headers;
  body: ArrayBuffer;
  /** The values of the request's headers that `Vary` names. */
  varied: Map<string, string | null>;
  freshUntil: number;
}

export interface SharedCache {
  fetch: Fetch;
  /** Answers that came from the cache, fresh or confirmed by the shop. */
  hits: number;
  stored: number;
}

/** Statuses that may be kept without a word about it (RFC 9110, 15.1). */
const HEURISTIC = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
const HEURISTIC_SECONDS = 3_600;

/**
 * Keeps whatever it may: also answers that say nothing of caches, and answers with `Set-Cookie`, which RFC 9111 does not
 * forbid (7.3); with its cookies. What must be asked for again (`no-cache`, stale) is asked for by its `ETag`.
 */
export function openSharedCache(origin: Fetch): SharedCache {
  const entries = new Map<string, Stored[]>();
  const cache: SharedCache = {
    hits: 0,
    stored: 0,
    async fetch(request) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return origin(request);
      const kept = entries.get(request.url)?.find(({ varied }) => isVariant(varied, request));
      if (kept && kept.freshUntil > Date.now()) {
        cache.hits += 1;
        return answerOf(kept);
      }
      const etag = kept?.headers.get('etag');
      const asked = new Request(request, etag ? { headers: withHeader(request.headers, 'if-none-match', etag) } : {});
      const answer = await origin(asked);
      if (kept && answer.status === 304) {
        cache.hits += 1;
        return answerOf(kept);
      }
      if (!mayKeep(request, answer)) return answer;
      const body = await answer.arrayBuffer();
      const stored = {
        status: answer.status,
        headers: answer.headers,
        body,
        varied: variedBy(request, answer),
        freshUntil: freshUntil(answer),
      };
      const others = (entries.get(request.url) ?? []).filter(({ varied }) => !isVariant(varied, request));
      entries.set(request.url, [...others, stored]);
      cache.stored += 1;
      return answerOf(stored);
    },
  };
  return cache;
}

/** What an answer says of caches, by directive: `max-age` → `60`. */
export function directivesOf(headers: Headers): Map<string, string> {
  const parts = (headers.get('cache-control') ?? '').toLowerCase().split(',');
  const pairs = parts.map((part) => part.trim().split('=', 2) as [string, string?]).filter(([name]) => name !== '');
  return new Map(pairs.map(([name, value]) => [name, value?.replaceAll('"', '') ?? '']));
}

function mayKeep(request: Request, { status, headers }: Response): boolean {
  const directives = directivesOf(headers);
  if (status === 304 || status === 206 || directives.has('no-store') || directives.has('private')) return false;
  if (headers.get('vary')?.includes('*')) return false;
  const isShared = ['public', 's-maxage', 'must-revalidate'].some((name) => directives.has(name));
  if (request.headers.has('authorization') && !isShared) return false;
  return isShared || directives.has('max-age') || headers.has('expires') || HEURISTIC.has(status);
}

function freshUntil({ headers }: Response): number {
  const directives = directivesOf(headers);
  if (directives.has('no-cache')) return 0;
  const seconds = directives.get('s-maxage') ?? directives.get('max-age');
  if (seconds !== undefined) return Date.now() + Number(seconds) * 1_000;
  const expires = Date.parse(headers.get('expires') ?? '');
  return Number.isNaN(expires) ? Date.now() + HEURISTIC_SECONDS * 1_000 : expires;
}

function variedBy(request: Request, { headers }: Response): Map<string, string | null> {
  const names = (headers.get('vary') ?? '').split(',').map((name) => name.trim().toLowerCase());
  return new Map(names.filter((name) => name !== '').map((name) => [name, request.headers.get(name)]));
}

function isVariant(varied: Map<string, string | null>, { headers }: Request): boolean {
  return [...varied].every(([name, value]) => headers.get(name) === value);
}

function withHeader(headers: Headers, name: string, value: string): Headers {
  const changed = new Headers(headers);
  changed.set(name, value);
  return changed;
}

function answerOf({ status, headers, body }: Stored): Response {
  return new Response(body.byteLength === 0 ? null : body, { status, headers });
}
