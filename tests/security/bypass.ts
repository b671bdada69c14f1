/** Asks operations as a guest in every way that there is, and tells which of them let the guest in. */
import type { Operation } from '@/edge/http';
import { validBody } from './bodies';
import { nameOf, pathWith } from './routes';
import { headerTricks, pathVariants } from './tricks';
import type { Headers } from './world';

interface Asked {
  method: string;
  path: string;
  headers: Headers;
  /** JSON. */
  body: string | null;
}

interface Told {
  status: number;
  location: string | null;
  text: string;
  /** Next's `x-middleware-skip`, which it answers itself. */
  isSkipped?: boolean;
}

export type Ask = (asked: Asked) => Promise<Told>;

/** What a guest is answered: who are you, you may not, there is nothing here, not in this way. */
const REFUSALS = [401, 403, 404, 405];
/** A host may lead to the one way in which a path is written; or refuse what is no path at all. */
const REDIRECTS = [307, 308];

/**
 * Every way that let a guest in, as `GET /api/me (GET /api/me/): 200`. Each operation is asked at every variant of its path
 * and with every trick of headers, with a body that it takes, without one, and with nonsense; `id` is what its path names.
 */
export async function waysIn(
  ask: Ask,
  operations: readonly Operation[],
  idOf: (operation: Operation) => string | null,
): Promise<string[]> {
  const found: string[] = [];
  for (const operation of operations) {
    const { method } = operation;
    const path = pathWith(operation, idOf(operation));
    const given = { 'sec-fetch-site': 'same-origin' };
    const body = operation.body ? bodyOf(operation) : null;
    const asked: Asked[] = [
      ...pathVariants(path).map((variant) => ({ method, path: variant, headers: given, body })),
      ...headerTricks(path).map((headers) => ({ method, path, headers, body })),
      // Who asks is found out before a byte of the body is looked at.
      ...[null, '{}', '[', '"x"'].map((text) => ({ method, path, headers: given, body: text })),
      { method, path: `${path}?cursor=x&limit=x&q=x`, headers: given, body },
    ];
    for (const request of asked) {
      const status = await statusOf(ask, request);
      if (status !== null) {
        found.push(
          `${nameOf(operation)} (${request.method} ${request.path} ${JSON.stringify(request.headers)}): ${status}`,
        );
      }
    }
  }
  return found;
}

/** Null where the guest was refused. */
async function statusOf(ask: Ask, request: Asked): Promise<number | null> {
  const answer = await ask(request);
  if (REFUSALS.includes(answer.status)) return null;
  // No such path, for a server that reads paths more strictly.
  if (answer.status === 400 && answer.text === '') return null;
  // What Next answers to a prefetch of its old router: nothing, kept by nobody, and without asking the handler.
  if (answer.isSkipped && answer.text === '{}') return null;
  if (REDIRECTS.includes(answer.status) && answer.location?.startsWith('/') && !answer.location.startsWith('//')) {
    if (answer.location === request.path) return answer.status;
    return statusOf(ask, { ...request, path: answer.location });
  }
  return answer.status;
}

/** Of its schema alone; where that is not enough, the operation's answer to the caller comes before it all the same. */
function bodyOf({ body }: Operation): string {
  try {
    return JSON.stringify(validBody(body as NonNullable<Operation['body']>));
  } catch {
    return '{}';
  }
}
