/** What a thrown database error says, whichever of its wrappings it came in. */
export interface DatabaseFault {
  /**
   * The SQLSTATE; null where the request or its answer was lost on the way. Then nobody knows whether the batch took
   * place: it has to be sent again in a form that recognises itself.
   */
  sqlState: string | null;
  constraint: string | null;
  /** What the driver said, without the statement and its parameters that Drizzle puts before it. */
  message: string;
  detail: string | null;
}

/** The fault behind an error, or null where the error does not come from the database. */
export function databaseFault(error: unknown): DatabaseFault | null {
  // Drizzle wraps the driver's error for a single query, not for a batch.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error) || cause.name !== 'NeonDbError') return null;
  const { code, constraint, detail } = cause as Error & Record<'code' | 'constraint' | 'detail', string | undefined>;
  const { message } = cause;
  return { sqlState: code || null, constraint: constraint ?? null, message, detail: detail ?? null };
}

/** A batch that lost against another one, by a deadlock or because what it built on has moved, may be tried again. */
export function isLostRace(fault: DatabaseFault): boolean {
  return fault.sqlState === '40001' || fault.sqlState === '40P01';
}

/** Waits before the next try: longer each time, and never as long as the one that it lost against. */
export function pauseBefore(tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2 ** tries * (5 + Math.random() * 10)));
}
