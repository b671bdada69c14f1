const STORED_AS = 'selvedge.attempt';

/** The parts of `sessionStorage` that an attempt needs. */
type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * The idempotency key for placing an order with this body. While an attempt has not been answered, the same body keeps
 * its key, even over a reload: sent again it is the same order, not a second one. Another body is another attempt.
 */
export function attemptKey(body: string, store: Store): string {
  const stored = read(store);
  if (stored?.body === body) return stored.key;
  const key = crypto.randomUUID();
  try {
    store.setItem(STORED_AS, JSON.stringify({ key, body }));
  } catch {
    // A browser that keeps nothing still buys; only a reload in the middle would start another attempt.
  }
  return key;
}

/** The order of an attempt that was never answered, as it was sent; null where there is none. */
export function openAttempt(store: Store): string | null {
  return read(store)?.body ?? null;
}

/** Ends the attempt: it was answered, whichever way. */
export function endAttempt(store: Store): void {
  try {
    store.removeItem(STORED_AS);
  } catch {
    // As above.
  }
}

function read(store: Store): { key: string; body: string } | null {
  try {
    const value: unknown = JSON.parse(store.getItem(STORED_AS) ?? 'null');
    if (value === null || typeof value !== 'object') return null;
    const { key, body } = value as Record<string, unknown>;
    return typeof key === 'string' && typeof body === 'string' ? { key, body } : null;
  } catch {
    return null;
  }
}
