import type { Command, Keyspace } from './keyspace';
import type { Reply } from './reply';

/** Commands by their upper-case names. */
export type CommandTable = Record<string, Command>;

type Run = (keyspace: Keyspace, args: string[]) => Reply;

/** A command that changes nothing. */
export const read = (arity: number, run: Run) => ({ arity, write: false, run });

/**
 * A command that may change something. It must check everything before the first change, and record each change
 * with `changed()`: what it does not record is lost at the next start.
 */
export const write = (arity: number, run: Run) => ({ arity, write: true, run });
