import type { VercelKV } from '@vercel/kv';
import type { KvCommandName } from './kv-upstash';

type WholePipeline = ReturnType<VercelKV['pipeline']>;

/** With the commands alone that what Next bundles knows. */
export type Pipeline = Pick<WholePipeline, KvCommandName>;

interface Waiting {
  add(pipeline: Pipeline): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** How long a command waits at most for the batch before it, in milliseconds. */
const MAX_WAIT_MS = 25;

/** What KV answered to a command that it refused. */
export class KvCommandError extends Error {
  override name = 'KvCommandError';
}

/**
 * Sends the commands of requests that run at once together: a command that comes while a batch is under way waits for
 * its end, never longer than 25 ms, and goes out with all others that came meanwhile. One that comes alone leaves at once,
 * or as `leave` has it: with `queueMicrotask`, together with what else its turn sends.
 * Each is still one round trip for its request, but a trip costs the process more than the work in it does.
 */
export function batched(
  client: VercelKV,
  leave: (send: () => void) => void = (send) => send(),
): (add: (pipeline: Pipeline) => unknown) => Promise<unknown> {
  let waiting: Waiting[] = [];
  let underWay = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function send(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    underWay += 1;
    await exchange(client, batch);
    underWay -= 1;
    if (waiting.length > 0) void send();
  }

  return (add) =>
    new Promise((resolve, reject) => {
      waiting.push({ add, resolve, reject });
      if (underWay > 0) timer ??= setTimeout(send, MAX_WAIT_MS);
      else if (waiting.length === 1) leave(send);
    });
}

/** A command as a trip of its own. */
export function alone(client: VercelKV): (add: (pipeline: Pipeline) => unknown) => Promise<unknown> {
  return (add) => new Promise((resolve, reject) => void exchange(client, [{ add, resolve, reject }]));
}

/** Sends commands in one trip and settles each by its own answer: a refused one by `KvCommandError`. Never throws. */
async function exchange(client: VercelKV, commands: Waiting[]): Promise<void> {
  try {
    const pipeline = client.pipeline();
    for (const { add } of commands) add(pipeline);
    const answers = await pipeline.exec<unknown[]>({ keepErrors: true });
    for (const [index, { resolve, reject }] of commands.entries()) {
      const answer = answers[index];
      if (answer?.error === undefined) resolve(answer?.result);
      else reject(new KvCommandError(answer.error));
    }
  } catch (error) {
    for (const { reject } of commands) reject(error);
  }
}

/**
 * Whether requests of this process may wait for each other's I/O. Isolates of an edge network forbid it: there a promise
 * that another request's answer settles never settles.
 */
export function mayShareTrips(): boolean {
  const { EdgeRuntime, navigator } = globalThis as { EdgeRuntime?: string; navigator?: { userAgent?: string } };
  return EdgeRuntime !== 'vercel' && navigator?.userAgent !== 'Cloudflare-Workers';
}
