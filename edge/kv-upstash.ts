/**
 * The part of `@upstash/redis` that the shop uses, in the package's place beneath `@vercel/kv` and `@upstash/ratelimit` in
 * all that Next bundles: see `docs/decisions/edge-bundle.md`. Commands, tests and a plain Node host use the package itself,
 * and one protocol suite holds both to the same requests and the same answers.
 *
 * Source of the protocol: the package's own client, version 1.39.
 */
type Command = (string | number)[];

const COMMANDS = {
  del: (...keys: string[]): Command => ['del', ...keys],
  eval: (source: string, keys: string[], args: Command = []): Command => [
    'eval',
    source,
    keys.length,
    ...keys,
    ...args,
  ],
  evalsha: (sha1: string, keys: string[], args: Command = []): Command => [
    'evalsha',
    sha1,
    keys.length,
    ...keys,
    ...args,
  ],
  get: (key: string): Command => ['get', key],
  mget: (...keys: string[]): Command => ['mget', ...keys],
  ping: (): Command => ['ping'],
  set: (
    key: string,
    value: string | number,
    { nx, ex, px }: { nx?: boolean; ex?: number; px?: number } = {},
  ): Command => [
    'set',
    key,
    value,
    ...(nx ? ['nx'] : []),
    ...(ex !== undefined ? ['ex', ex] : []),
    ...(px !== undefined ? ['px', px] : []),
  ],
};

type Commands<Answer> = {
  [Name in keyof typeof COMMANDS]: (...args: Parameters<(typeof COMMANDS)[Name]>) => Answer;
};

/** The names by which a client of what Next bundles can be asked: others are not there. */
export type KvCommandName = keyof typeof COMMANDS;

export interface Config {
  url: string;
  token: string;
  cache?: RequestCache;
  /** How often a request that reached nobody is sent again: five times where nothing is said, and once after `false`. */
  retry?: false | { retries?: number; backoff?: (tries: number) => number };
  signal?: () => AbortSignal;
  responseEncoding: false;
  automaticDeserialization: false;
  enableAutoPipelining: false;
}

interface Answer {
  result?: unknown;
  error?: string;
}

/** What KV refused as a whole, or a single command of it. */
class UpstashError extends Error {
  override name = 'UpstashError';
}

/** What answered was no KV. */
class UpstashJSONParseError extends Error {
  override name = 'UpstashJSONParseError';
}

/** `redis.get(key)` is a request of its own, `redis.pipeline()` gathers commands for one. */
export class Redis {
  pipeline: () => Pipeline;

  constructor(config: Config) {
    const { responseEncoding, automaticDeserialization, enableAutoPipelining } = config;
    // Nothing here decodes, guesses or waits: a client that expects it would get other values than the package's.
    if (responseEncoding !== false || automaticDeserialization !== false || enableAutoPipelining !== false) {
      throw new TypeError('Set responseEncoding, automaticDeserialization and enableAutoPipelining to false.');
    }
    const request = requester(config);
    this.pipeline = () => newPipeline(request);
    Object.assign(
      this,
      bound(async (command) => resultOf((await request('', command)) as Answer)),
    );
  }
}

interface Pipeline extends Commands<Pipeline> {
  exec(options?: { keepErrors?: boolean }): Promise<unknown[]>;
}

type Request = (path: string, body: unknown) => Promise<unknown>;

/** Sends bodies; one client reads what it wrote itself, by the token that KV's last answer brought. */
function requester({ url, token, cache, retry, signal }: Config): Request {
  const { retries = 5, backoff = (tries: number) => Math.exp(tries) * 50 } =
    retry === false ? { retries: 1, backoff: () => 0 } : (retry ?? {});
  let syncToken = '';
  return async (path, body) => {
    const init = {
      cache,
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        authorization: `Bearer ${token}`,
        'upstash-sync-token': syncToken,
      },
      body: JSON.stringify(body),
      keepalive: true,
      signal: signal?.(),
    };
    const response = await sent(`${url.replace(/\/$/, '')}${path}`, init as RequestInit, retries, backoff);
    const text = await response.text();
    const answer = parsed(text);
    if (!response.ok) {
      throw new UpstashError(`${(answer as Answer).error}, command was: ${JSON.stringify(body)}`);
    }
    syncToken = response.headers.get('upstash-sync-token') ?? '';
    return answer;
  };
}

async function sent(
  url: string,
  init: RequestInit,
  retries: number,
  backoff: (tries: number) => number,
): Promise<Response> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (init.signal?.aborted || tries >= retries) throw error;
      await new Promise((resolve) => setTimeout(resolve, backoff(tries)));
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const shown = text.length > 200 ? `${text.slice(0, 200)}...` : text;
    throw new UpstashJSONParseError(`Unable to parse response body: ${shown}`, { cause });
  }
}

function resultOf({ result, error }: Answer): unknown {
  if (error) throw new UpstashError(error);
  if (result === undefined) throw new TypeError('Request did not return a result');
  return result;
}

function newPipeline(request: Request): Pipeline {
  const commands: Command[] = [];
  const pipeline: Pipeline = {
    ...bound((command) => {
      commands.push(command);
      return pipeline;
    }),
    async exec({ keepErrors = false } = {}) {
      if (commands.length === 0) throw new Error('Pipeline is empty');
      const answers = (await request('/pipeline', commands)) as Answer[];
      return answers.map(({ error, result }, index) => {
        if (keepErrors) return { error, result };
        if (error) throw new UpstashError(`Command ${index + 1} [ ${commands[index]?.[0]} ] failed: ${error}`);
        return result;
      });
    },
  };
  return pipeline;
}

function bound<Result>(take: (command: Command) => Result): Commands<Result> {
  return Object.fromEntries(
    Object.entries(COMMANDS).map(([name, commandOf]) => [
      name,
      (...args: never[]) => take((commandOf as (...args: never[]) => Command)(...args)),
    ]),
  ) as Commands<Result>;
}
