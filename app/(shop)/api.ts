/** The words that a visitor sees where the shop could not be reached at all. */
const UNREACHED = 'The shop could not be reached. Check your connection and try again.';

export interface FieldFault {
  path: string;
  code: string;
  message: string;
}

/** A problem document (RFC 9457) as the pages use it; `code` is `unreachable` where no answer came. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly errors: FieldFault[];
  /** Every member of the document, for the facts that some codes bring along. */
  readonly facts: Record<string, unknown>;

  constructor(status: number, facts: Record<string, unknown>) {
    super(typeof facts.detail === 'string' ? facts.detail : 'Something went wrong. Please try again.');
    this.name = 'Problem';
    this.status = status;
    this.code = typeof facts.code === 'string' ? facts.code : 'unknown';
    this.errors = Array.isArray(facts.errors) ? (facts.errors as FieldFault[]) : [];
    this.facts = facts;
  }
}

/** Whether the request may have taken effect all the same: it was lost on its way, or its answer was. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Problem && error.code === 'unreachable';
}

interface Options {
  body?: unknown;
  headers?: Record<string, string>;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/**
 * Asks the shop's own API. A session whose time is over is refreshed once, and the request repeated; where it has ended
 * for good, it is repeated as a guest's. Throws `Problem` for whatever is no success, also where no answer came within
 * 20 s.
 */
export async function callApi<Answer>(method: Method, path: string, options: Options = {}): Promise<Answer> {
  try {
    return await send<Answer>(method, path, options);
  } catch (thrown) {
    if (!(thrown instanceof Problem && TO_REFRESH.has(thrown.code))) throw thrown;
    await refreshSession();
    return send<Answer>(method, path, options);
  }
}

/** Both are told before a request has done anything. */
const TO_REFRESH = new Set(['token_expired', 'session_ended']);

let refreshing: Promise<void> | null = null;

/** One for all requests that wait for it: a refresh token is good for one successor. */
function refreshSession(): Promise<void> {
  refreshing ??= send('POST', '/api/auth/refresh')
    .then(
      () => {},
      (thrown) => {
        // The shop has taken the cookies away: this browser is a guest's now.
        if (!(thrown instanceof Problem && thrown.code === 'session_ended')) throw thrown;
      },
    )
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

async function send<Answer>(method: Method, path: string, options: Options = {}): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      signal: AbortSignal.timeout(20_000),
    });
    text = await response.text();
  } catch {
    throw new Problem(0, { code: 'unreachable', detail: UNREACHED });
  }
  let answer: unknown;
  try {
    answer = text === '' ? {} : JSON.parse(text);
  } catch {
    // A proxy's error page, or an answer that was cut off.
    throw new Problem(response.status, response.ok ? { code: 'unreachable', detail: UNREACHED } : {});
  }
  if (!response.ok) throw new Problem(response.status, answer as Record<string, unknown>);
  return answer as Answer;
}
