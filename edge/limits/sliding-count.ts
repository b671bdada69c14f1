import type { Policy } from '../limits';

/** What was counted in the window that a moment falls into, and in the one before it. */
export interface SlidingCount {
  window: number;
  current: number;
  previous: number;
}

/**
 * How much of a policy's quota is used at a moment, as `@upstash/ratelimit` reckons it in KV: what the window before
 * counted fades as this one passes. Moves the count on to the moment's window.
 */
export function usedAt(count: SlidingCount, { windowSeconds }: Policy, nowMs: number): number {
  const windowMs = windowSeconds * 1000;
  const window = Math.floor(nowMs / windowMs);
  if (window !== count.window) {
    count.previous = window === count.window + 1 ? count.current : 0;
    count.current = 0;
    count.window = window;
  }
  return count.current + Math.floor((1 - (nowMs % windowMs) / windowMs) * count.previous);
}

/** The milliseconds after which somebody who waits is let through, whatever this window and the one before counted. */
export function sureWaitMs({ windowSeconds, quota }: Policy, nowMs: number): number {
  const windowMs = windowSeconds * 1000;
  // At the window's end all of it still counts; a quota'th of the next one later, one request fewer does.
  return windowMs - (nowMs % windowMs) + windowMs / quota;
}
