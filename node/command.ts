import { createDb, type Db } from '@/db/client';
import { openStore, type Store } from './import/store';

interface CommandLine<Command> {
  usage: string;
  /** What the arguments ask for; null where they are not understood. */
  read(args: string[]): Command | null;
  run(command: Command, db: Db, env: Store['env']): Promise<void>;
  /** What is told of a fault; its message where nothing is said. */
  inWords?(error: unknown): string;
}

/**
 * Runs this process as a command on the store (see `openStore`). Ends with 0 where it was done; with 1 where it could not
 * be, which is told on the error output, and where the arguments are not understood, which shows how to use it.
 */
export async function runCommand<Command>(line: CommandLine<Command>): Promise<void> {
  try {
    process.exitCode = await carryOut(line);
  } catch (error) {
    console.error((line.inWords ?? messageOf)(error));
    process.exitCode = 1;
  }
}

async function carryOut<Command>({ usage, read, run }: CommandLine<Command>): Promise<0 | 1> {
  const command = read(process.argv.slice(2));
  if (command === null) {
    console.error(usage);
    return 1;
  }
  const { env, close } = await openStore(() =>
    console.error('No store is running here: starting its database for this command.'),
  );
  try {
    await run(command, createDb({ url: env.DATABASE_URL ?? '', fetchEndpoint: env.NEON_FETCH_ENDPOINT }), env);
    return 0;
  } finally {
    await close();
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
