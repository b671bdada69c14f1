import { createClient } from '@vercel/kv';
import { CommerceError } from '@/commerce/error';
import { alone, batched, KvCommandError, mayShareTrips, type Pipeline } from './kv-batches';

/** A Lua script and, once it was asked for, its SHA-1: Redis knows scripts by it. */
export interface Script {
  readonly source: string;
  sha1?: Promise<string>;
}

/** What the shop asks of KV. Every method is one round trip. Values are strings: nothing guesses at JSON. */
export interface Kv {
  get(key: string): Promise<string | null>;
  mget(keys: string[]): Promise<(string | null)[]>;
  set(key: string, value: string, options: { ttlSeconds: number }): Promise<void>;
  del(keys: string[]): Promise<void>;
  /** Runs a script by its SHA-1; only the first run on a fresh server costs a second trip, to send the source. */
  run(script: Script, keys: string[], args: (string | number)[]): Promise<unknown>;
  ping(): Promise<void>;
}

let send: ReturnType<typeof alone> | undefined;

/** Sends one command by the one client of this isolate. Only this file knows how the KV library is set up. */
function sender(connection: { url: string; token: string }): ReturnType<typeof alone> {
  if (send) return send;
  const client = createClient({
    ...connection,
    // workerd refuses the library's default cache mode; nothing here may be cached anyway.
    cache: 'no-store',
    // A write whose answer was lost may have happened: sent again it would add a shopper's item twice. And the default of
    // five tries waits 4.3 s on a dead server. (`false` means one more try to the library.)
    retry: { retries: 0 },
    signal: () => AbortSignal.timeout(8_000),
    // A stored '12345' must stay a string.
    automaticDeserialization: false,
    // The library's own batches form even where requests may not share I/O.
    enableAutoPipelining: false,
    // Values are UTF-8 text, so base64 would only cost time.
    responseEncoding: false,
  });
  send = mayShareTrips() ? batched(client) : alone(client);
  return send;
}

/** KV for one request: `onTrip` is told the milliseconds of every round trip. */
export function createKv(connection: { url: string; token: string }, onTrip?: (milliseconds: number) => void): Kv {
  const exchange = sender(connection);

  /** One command, as one trip. Throws `kv_unavailable` where KV does not answer, or not as KV. */
  async function command<Result>(add: (commands: Pipeline) => unknown): Promise<Result> {
    const start = performance.now();
    try {
      return (await exchange(add)) as Result;
    } catch (error) {
      if (error instanceof KvCommandError) throw error;
      throw new CommerceError('kv_unavailable', 'The cart store does not answer. Try again in a moment.', {
        cause: withoutCommand(error),
      });
    } finally {
      onTrip?.(performance.now() - start);
    }
  }

  return {
    get: (key) => command((commands) => commands.get(key)),
    mget: (keys) => command((commands) => commands.mget(...keys)),
    async set(key, value, { ttlSeconds }) {
      await command((commands) => commands.set(key, value, { ex: ttlSeconds }));
    },
    async del(keys) {
      await command((commands) => commands.del(...keys));
    },
    async run(script, keys, args) {
      script.sha1 ??= sha1Hex(script.source);
      const sha1 = await script.sha1;
      try {
        return await command((commands) => commands.evalsha(sha1, keys, args));
      } catch (error) {
        if (!(error instanceof Error && error.message.includes('NOSCRIPT'))) throw error;
        return command((commands) => commands.eval(script.source, keys, args));
      }
    },
    async ping() {
      await command((commands) => commands.ping());
    },
  };
}

/** The library's message goes on with the command, and a cart's command holds an address: that is nobody's log's. */
function withoutCommand(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'UpstashError') return error;
  return new Error(error.message.split(', command was: ', 1)[0]);
}

async function sha1Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
