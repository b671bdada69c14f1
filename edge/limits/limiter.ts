import { Ratelimit } from '@upstash/ratelimit';
import type { LimiterKv } from '../kv-limiter';
import type { Policy } from '../limits';
import { within } from '../within';
import { type SlidingCount, sureWaitMs, usedAt } from './sliding-count';

/** One policy, and whom it is held to: an address, an API key's digest. */
export interface Held {
  policy: Policy;
  id: string;
}

export interface Verdict {
  policy: Policy;
  isWithin: boolean;
  /** Requests left, as far as is known. */
  remaining: number;
  /** Until when a refused one should wait, and when at the latest the quota is whole again, in milliseconds. */
  resetMs: number;
}

interface Moment {
  nowMs: number;
  waitUntil(work: Promise<unknown>): void;
}

/** The limiter of one isolate, with what it remembers. */
export interface Limiter {
  /** Waits for KV, 150 ms at most. Exact over all isolates. Null where KV did not say anything in time. */
  decideStrictly(held: Held[], moment: Moment): Promise<Verdict[] | null>;
  /** At once, by what this isolate counted and what KV last said. Tells KV after the answer. */
  decideAtOnce(held: Held[], moment: Moment): Verdict[];
}

/** Of the 250 ms that a decision may take: 40 are for the account, the rest for a process that comes late to its timers. */
const DECISION_MS = 150;

/** How long a refusal is remembered, at most, before KV is asked again: its window slides, so it may relent early. */
const REMEMBERED_MS = 10_000;

/** How long KV is left alone by decisions that do not need it, after it failed. */
const REST_MS = 5_000;

/** The share of a quota that an isolate lets pass before it tells KV. */
const SHARE_UNTOLD = 0.05;

/** How many callers an isolate remembers, each for a policy. Some 100 bytes each. */
const REMEMBERED_CALLERS = 20_000;

interface Memory extends SlidingCount {
  blockedUntilMs: number;
  /** Let pass and not yet told to KV. */
  untold: number;
  /** What KV last said is left, less what passed since. */
  remaining: number;
  /** KV last said that nothing is left: it is told of each request until it relents. */
  isSuspect: boolean;
}

/** Makes the limiter of one isolate; `openKv` gives the client for one decision. */
export function createLimiter(openKv: () => LimiterKv): Limiter {
  const memories = new Map<string, Memory>();
  let kvRestsUntilMs = 0;

  function remembered({ policy, id }: Held): Memory {
    const key = `${policy.name}:${id}`;
    const known = memories.get(key);
    if (known) return known;
    const memory: Memory = {
      window: 0,
      current: 0,
      previous: 0,
      blockedUntilMs: 0,
      untold: 0,
      remaining: policy.quota,
      isSuspect: false,
    };
    // The oldest go first. Whoever is forgotten is counted anew here, and by KV as before.
    if (memories.size >= REMEMBERED_CALLERS) memories.delete(memories.keys().next().value as string);
    memories.set(key, memory);
    return memory;
  }

  /** Tells KV of `count` requests, and remembers what it says. */
  async function ask(kv: LimiterKv, held: Held, count: number, nowMs: number): Promise<Verdict> {
    const { policy, id } = held;
    const { success, remaining } = await counterOf(policy, kv).limit(id, { rate: count });
    const waitMs = sureWaitMs(policy, nowMs);
    const memory = remembered(held);
    memory.remaining = remaining;
    memory.isSuspect = !success || remaining === 0;
    if (memory.isSuspect) memory.blockedUntilMs = nowMs + Math.min(waitMs, REMEMBERED_MS);
    return { policy, isWithin: success, remaining, resetMs: waitMs };
  }

  /** What memory refuses by itself; KV need not be asked. */
  function refusals(held: Held[], nowMs: number): Verdict[] {
    return held
      .filter((one) => nowMs < (memories.get(`${one.policy.name}:${one.id}`)?.blockedUntilMs ?? 0))
      .map(({ policy }) => ({ policy, isWithin: false, remaining: 0, resetMs: sureWaitMs(policy, nowMs) }));
  }

  return {
    async decideStrictly(held, { nowMs, waitUntil }) {
      const refused = refusals(held, nowMs);
      if (refused.length > 0) return refused;
      const kv = openKv();
      const answer = Promise.all(held.map((one) => ask(kv, one, 1, nowMs))).catch(() => null);
      waitUntil(answer);
      return within(DECISION_MS, answer);
    },

    decideAtOnce(held, { nowMs, waitUntil }) {
      const refused = refusals(held, nowMs);
      if (refused.length > 0) return refused;
      const verdicts = held.map((one) => {
        const { policy } = one;
        const memory = remembered(one);
        const left = policy.quota - usedAt(memory, policy, nowMs);
        const remaining = Math.max(0, Math.min(left, memory.remaining) - 1);
        return { policy, isWithin: left > 0, remaining, resetMs: sureWaitMs(policy, nowMs) };
      });
      if (verdicts.some(({ isWithin }) => !isWithin)) return verdicts;
      const due = held.filter((one) => {
        const memory = remembered(one);
        memory.current += 1;
        memory.untold += 1;
        memory.remaining = Math.max(0, memory.remaining - 1);
        return memory.untold >= (memory.isSuspect ? 1 : Math.floor(one.policy.quota * SHARE_UNTOLD));
      });
      // A turn later: even the work of sending comes after the answer.
      if (due.length > 0 && nowMs >= kvRestsUntilMs) waitUntil(nextTurn().then(() => tell(due, nowMs)));
      return verdicts;
    },
  };

  async function tell(due: Held[], nowMs: number): Promise<void> {
    const kv = openKv();
    const told = due.map((one) => {
      const memory = remembered(one);
      const count = memory.untold;
      memory.untold = 0;
      return ask(kv, one, count, nowMs);
    });
    try {
      await Promise.all(told);
    } catch {
      kvRestsUntilMs = nowMs + REST_MS;
    }
  }
}

const nextTurn = () => new Promise<void>((resolve) => void setTimeout(resolve));

function counterOf({ name, quota, windowSeconds }: Policy, kv: LimiterKv): Ratelimit {
  return new Ratelimit({
    redis: kv,
    limiter: Ratelimit.slidingWindow(quota, `${windowSeconds} s`),
    prefix: `limit:${name}`,
    // Its own timeout lets everything through, and its own memory cannot tell a policy that never waits.
    timeout: 0,
    ephemeralCache: false,
    enableTelemetry: false,
  });
}
