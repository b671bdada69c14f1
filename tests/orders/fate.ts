import { AsyncLocalStorage } from 'node:async_hooks';
import { vi } from 'vitest';

// Several machines share this process here, and one that dies must take only its own requests along: none shares a trip.
vi.stubGlobal('EdgeRuntime', 'vercel');

/** What becomes of one request that goes out, and of whoever sent it. */
export type Fate =
  | 'live'
  /** The process dies before the request is sent. */
  | 'die_before'
  /** The process dies when the request has been carried out, and before it knows. */
  | 'die_after'
  /** The request never arrives, and the sender learns it. */
  | 'refuse'
  /** The request is carried out, and its answer is lost on the way. */
  | 'lose';

interface Life {
  count: number;
  dead: boolean;
  background: Promise<unknown>[];
  decide(label: string, index: number): Fate;
  died(): void;
}

const lives = new AsyncLocalStorage<Life>();
const realFetch = globalThis.fetch;
const never = new Promise<never>(() => {});

/** Takes work that goes on behind a response as part of the fated process; false where the caller is under no fate. */
export function sharesFate(work: Promise<unknown>): boolean {
  const life = lives.getStore();
  life?.background.push(work);
  return life !== undefined;
}

/**
 * Runs something as a process of its own that may die at any of its outgoing requests. The dead do nothing more: their
 * requests never end, so what they had begun stays as it was. Answers its outcome, or 'died', and every request it sent, in
 * the background too.
 */
export async function underFate<Result>(
  decide: Life['decide'],
  run: () => Promise<Result>,
): Promise<{ outcome: Result | 'died'; requests: string[] }> {
  const requests: string[] = [];
  let died = () => {};
  const death = new Promise<'died'>((resolve) => {
    died = () => resolve('died');
  });
  const life: Life = {
    count: 0,
    dead: false,
    background: [],
    decide(label, index) {
      requests.push(label);
      return decide(label, index);
    },
    died: () => died(),
  };
  const whole = async () => {
    const result = await lives.run(life, run);
    for (let work = life.background.shift(); work; work = life.background.shift()) await work.catch(() => {});
    return result;
  };
  const outcome = await Promise.race([whole(), death]);
  return { outcome, requests };
}

/** `sql`, `kv` or `payments`: which of its neighbours a request goes to, and what for. */
function labelOf(input: string | URL | Request, init?: RequestInit): string {
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  const [, first = '', ...rest] = pathname.split('/');
  const what = first === 'payments' ? `${init?.method ?? 'GET'} ${rest.at(-1)}` : statementOf(init?.body);
  return `${first} ${what}`.trim();
}

function statementOf(body: unknown): string {
  const text = String(body);
  return /(insert into|update|delete from|select) [\s\S]{0,40}/i.exec(text)?.[0].replaceAll(/[\s\\"]+/g, ' ') ?? '';
}

globalThis.fetch = async (input, init) => {
  const life = lives.getStore();
  if (!life) return realFetch(input, init);
  if (life.dead) return never;
  const index = life.count;
  life.count += 1;
  const fate = life.decide(labelOf(input as string, init), index);
  if (fate === 'refuse') throw new TypeError('fetch failed');
  if (fate === 'die_before') return die(life);
  const response = await realFetch(input, init);
  if (fate === 'live') return response;
  await response.arrayBuffer();
  if (fate === 'lose') throw new TypeError('fetch failed');
  return die(life);
};

function die(life: Life): Promise<never> {
  life.dead = true;
  life.died();
  return never;
}
