import { describeError } from '@/edge/http';

/** One line of JSON for what went wrong behind a response. Never a query's parameters: they may be personal. */
export function logFault(code: string, error: unknown, facts: Record<string, unknown> = {}): void {
  console.error(JSON.stringify({ level: 'warn', code, ...facts, error: describeError(error) }));
}
