/** Something in a file that its owner should know: `error` turned a product away, `warning` did not. */
export interface Fault {
  severity: 'error' | 'warning';
  /** Counted from 1, the header being line 1, as an editor counts; of a row of several lines the first. */
  line: number;
  /** The header of the column; empty where it is about the row as a whole. */
  column: string;
  handle: string;
  code: string;
  message: string;
}

/** The whole file is refused, and nothing of it was written. `code` is permanent. */
export class ImportRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ImportRefused';
    this.code = code;
  }
}

/** The import had to stop half-way: what was written stays, and running it again completes it. */
export class ImportStopped extends Error {
  override readonly name = 'ImportStopped';
}
