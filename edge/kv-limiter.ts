import type { Ratelimit } from '@upstash/ratelimit';
import { createClient } from '@vercel/kv';
import { exchange, type Pipeline, type Waiting } from './kv-batches';

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
 * KV for the decisions of one isolate. What each returned client is asked for within one turn leaves as one round trip;
 * a client is for one decision, so that no request ever waits for another's.
 */
export function limiterKv(connection: KvConnection): () => LimiterKv {
  const client = createClient({
    ...connection,
    // The reasons are those of `kv.ts`.
    cache: 'no-store',
    retry: false,
    signal: () => AbortSignal.timeout(TRIP_MS),
    automaticDeserialization: false,
    enableAutoPipelining: false,
    responseEncoding: false,
  });
  return () => {
    let turn: Waiting[] = [];
    function ask<Result>(add: (commands: Pipeline) => unknown): Promise<Result> {
      return new Promise<Result>((resolve, reject) => {
        if (turn.length === 0) {
          queueMicrotask(() => {
            const commands = turn;
            turn = [];
            void exchange(client, commands);
          });
        }
        turn.push({ add, resolve: (result) => resolve(result as Result), reject });
      });
    }
    return {
      evalsha: (sha1, keys, args) => ask((commands) => commands.evalsha(sha1, keys, args ?? [])),
      eval: (script: string, keys: string[], args: unknown[]) => ask((commands) => commands.eval(script, keys, args)),
      // Of the library's type, and asked for by nothing that is used here.
      get: client.get,
      set: client.set,
    } as LimiterKv;
  };
}
