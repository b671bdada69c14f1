/** One fault of an input: where it is (`items.0.quantity`), a permanent code, and words for people. */
export interface InputIssue {
  path: string;
  code: string;
  message: string;
}

/**
 * The one error that the rules throw. `code` is permanent and snake_case; which HTTP status it becomes is
 * decided in `edge/http.ts`, so that nothing here knows HTTP.
 */
export class CommerceError extends Error {
  readonly code: string;
  readonly issues: InputIssue[] | undefined;
  /** Facts for the caller to act on, rendered beside the problem's own members: `{ total }`, `{ version }`. */
  readonly facts: Record<string, unknown> | undefined;

  constructor(
    code: string,
    message: string,
    more: { issues?: InputIssue[]; facts?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'CommerceError';
    this.code = code;
    this.issues = more.issues;
    this.facts = more.facts;
  }
}
