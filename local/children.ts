import { type ChildProcess, spawn } from 'node:child_process';

export interface ChildOptions {
  /** What it is called when it has to be spoken of. */
  name: string;
  /** Arguments of Node: the script and its own. */
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Says that the process notices by itself when the launcher is gone, and cleans up before it ends. */
  unleashed?: boolean;
  onOutput?: (text: string) => void;
}

export interface Child {
  process: ChildProcess;
  name: string;
  /** The last lines that it printed, for when it fails. */
  output(): string;
  /** How it ended, in words. */
  ended: Promise<{ code: number | null; reason: string }>;
}

const leash = new URL('./leash.mjs', import.meta.url).href;
const KEPT_CHARACTERS = 64_000;
const STOP_WITHIN_MS = 8_000;

/**
 * Starts a Node process as the head of a group of its own, tied to this one: a Ctrl-C reaches only the launcher, which
 * stops its children in order, and none of them outlives it.
 */
export function startChild({ name, args, cwd, env, unleashed = false, onOutput }: ChildOptions): Child {
  const child = spawn(process.execPath, [...(unleashed ? [] : ['--import', leash]), ...args], {
    cwd,
    env: { ...env, SELVEDGE_LAUNCHER: String(process.pid) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_CHARACTERS);
      onOutput?.(text);
    });
  }
  const ended = new Promise<{ code: number | null; reason: string }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, reason: error.message }));
    child.once('close', (code, signal) => resolve({ code, reason: signal ?? `exit code ${code}` }));
  });
  return { process: child, name, output: () => output.trim(), ended };
}

/** Runs a process to its end and returns what it printed; throws that, where it failed. */
export async function runChild(options: ChildOptions, running: Set<Child>): Promise<string> {
  const child = startChild(options);
  running.add(child);
  const { code, reason } = await child.ended;
  running.delete(child);
  if (code !== 0) throw new Error(`${child.output()}\n\n${child.name} failed (${reason}).`);
  return child.output();
}

/** Asks a process and all that it started to end, and makes them where they do not. */
export async function stopChild({ process: child, ended }: Child): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      if (process.platform === 'win32') child.kill(name);
      else process.kill(-child.pid, name);
    } catch {
      // It has ended by itself.
    }
  };
  signal('SIGTERM');
  const timer = setTimeout(() => signal('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
  // Its own children, if it left any behind.
  signal('SIGKILL');
}
