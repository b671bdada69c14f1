import { createClient, type VercelKV } from '@vercel/kv';
import { CommerceError } from '@/commerce/error';

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

let client: VercelKV | undefined;

/** The one client of this isolate. The only file that knows which KV library is used. */
function kvClient(connection: { url: string; token: string }): VercelKV {
  client ??= createClient({
    ...connection,
    // workerd refuses the library's default cache mode; nothing here may be cached anyway.
    cache: 'no-store',
    // A write whose answer was lost may have happened: sent again it would add a shopper's item twice. And the default of
    // five tries waits 4.3 s on a dead server.
    retry: false,
    signal: () => AbortSignal.timeout(8_000),
    // A stored '12345' must stay a string.
    automaticDeserialization: false,
    // Requests of one isolate must not wait for each other, and a trip must be countable.
    enableAutoPipelining: false,
    // Values are UTF-8 text, so base64 would only cost time.
    responseEncoding: false,
  });
  return client;
}

/** KV for one request: `onTrip` is told the milliseconds of every round trip. */
export function createKv(connection: { url: string; token: string }, onTrip?: (milliseconds: number) => void): Kv {
  const redis = kvClient(connection);

  async function trip<Result>(call: () => Promise<Result>): Promise<Result> {
    const start = performance.now();
    try {
      return await call();
    } catch (error) {
      if (error instanceof Error && error.name === 'UpstashError') throw error;
      throw new CommerceError('kv_unavailable', 'The cart store does not answer. Try again in a moment.', {
        cause: error,
      });
    } finally {
      onTrip?.(performance.now() - start);
    }
  }

  return {
    get: (key) => trip(() => redis.get<string>(key)),
    mget: (keys) => trip(() => redis.mget<(string | null)[]>(...keys)),
    async set(key, value, { ttlSeconds }) {
      await trip(() => redis.set(key, value, { ex: ttlSeconds }));
    },
    async del(keys) {
      await trip(() => redis.del(...keys));
    },
    async run(script, keys, args) {
      script.sha1 ??= sha1Hex(script.source);
      const sha1 = await script.sha1;
      try {
        return await trip(() => redis.evalsha(sha1, keys, args));
      } catch (error) {
        if (!(error instanceof Error && error.message.includes('NOSCRIPT'))) throw error;
        return trip(() => redis.eval(script.source, keys, args));
      }
    },
    async ping() {
      await trip(() => redis.ping());
    },
  };
}

async function sha1Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
