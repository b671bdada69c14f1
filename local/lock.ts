import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Takes the data folder for this process and returns what gives it back.
 * Throws, naming the process, while another living one holds it: two would corrupt the files between them.
 * A lock left by a killed process is taken over, even where its process id has been given to another program since.
 */
export function lockFolder(dataDir: string): () => void {
  const file = join(dataDir, 'platform.lock');
  const mine = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) });
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder !== null && isAlive(holder.pid) && startOf(holder.pid) === holder.startedAt) {
      throw new Error(
        `${dataDir} is in use by process ${holder.pid}. Stop it first, or choose another folder with DATA_DIR.`,
      );
    }
    rmSync(file, { force: true });
  }
}

function readHolder(file: string): { pid: number; startedAt: string } | null {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; startedAt: string };
    return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : null;
  } catch {
    return null; // Torn by a kill, or removed in the meantime.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, in the system's own words: with its id, this names one process. Empty where unknown. */
function startOf(pid: number): string {
  try {
    // Field 22 of /proc/PID/stat, counted from behind the name, which may hold spaces and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    try {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    } catch {
      return '';
    }
  }
}
