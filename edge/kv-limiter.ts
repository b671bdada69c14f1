import type { Ratelimit } from '@upstash/ratelimit';
import { createClient } from '@vercel/kv';
import { batched, mayShareTrips, type Pipeline } from './kv-batches';

/** Where the counts of the limiter are kept. */
export interface KvConnection {
  url: string;
  token: string;
}

/** What the limiter's library asks of KV, set up as it is here: scripts by their SHA-1, or by their text. */
export type LimiterKv = ConstructorParameters<typeof Ratelimit>[0]['redis'];

/**
 * How long a trip lives, in milliseconds. It may outlive the decision that it was for: the connection is warm then for
 * the next one, and what was asked is counted.
 */
const TRIP_MS = 2_000;

/**
 * KV for the decisions of one isolate; each call gives the client for one decision, whose commands of one turn leave as
 * one round trip. Where requests may share trips, decisions do: see `docs/decisions/kv-batches.md`.
 */
export function limiterKv(connection: KvConnection): () => LimiterKv {
  const client = createClient({
    ...connection,
    // The reasons are those of `kv.ts`.
    cache: 'no-store',
    retry: { retries: 0 },
    signal: () => AbortSignal.timeout(TRIP_MS),
    automaticDeserialization: false,
    enableAutoPipelining: false,
    responseEncoding: false,
  });
  const shared = mayShareTrips() ? batched(client, queueMicrotask) : null;
  return () => {
    const exchange = shared ?? batched(client, queueMicrotask);
    const ask = <Result>(add: (commands: Pipeline) => unknown) => exchange(add) as Promise<Result>;
    return {
      evalsha: (sha1, keys, args) => ask((commands) => commands.evalsha(sha1, keys, args ?? [])),
      eval: (script: string, keys: string[], args: unknown[]) => ask((commands) => commands.eval(script, keys, args)),
      // Of the library's type, and asked for by nothing that is used here.
      get: client.get,
      set: client.set,
    } as LimiterKv;
  };
}
