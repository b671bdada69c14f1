import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findStoreEnv } from '@/db/connection';
import { migrate } from '@/db/migrate';

export interface Store {
  env: Record<string, string | undefined>;
  close(): Promise<void>;
}

/**
 * The store to work on: the configured one, else the one that runs here, else one that is brought up for this command
 * alone, with its database migrated. Throws, in words, where that cannot be.
 */
export async function openStore(onStarting: () => void): Promise<Store> {
  const env = findStoreEnv();
  if (env) return { env, close: async () => {} };
  onStarting();
  return startOwn();
}

/** A process of its own, because nothing of the shop may depend on the local machine. */
async function startOwn(): Promise<Store> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'local/main.ts'], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });
  const ended = once(child, 'exit');
  const close = async () => {
    // It leaves in order when it is asked to, and when the channel to this process closes, however that happens.
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  const message = await Promise.race([once(child, 'message').then(([sent]) => sent), ended.then(() => null)]);
  if (message === null) throw new Error(`The local database could not be started. ${complaint.trim()}`);
  const { env } = message as { env: Record<string, string> };
  try {
    await migrate({ url: env.DATABASE_URL ?? '', fetchEndpoint: env.NEON_FETCH_ENDPOINT });
    return { env: { ...process.env, ...env }, close };
  } catch (error) {
    await close();
    throw error;
  }
}
