import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One row to keep: the table, the row's id, and the whole row. */
export type Change = [table: string, id: string, row: object];

/**
 * Rows in memory, and an append-only file of JSON lines from which they come back. One line is one write, whole or
 * absent, so that an intent, its event and its idempotency key are kept together or not at all.
 */
export interface Journal {
  /** The rows of a table in the order they were first written. */
  rows<Row extends object>(table: string): ReadonlyMap<string, Row>;
  /** Changes the rows at once and resolves when they are on disk. Writes that come together share one sync. */
  write(changes: Change[]): Promise<void>;
  /** Resolves when everything that can be read now is on disk: nothing may be answered that a crash could take back. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a journal; null keeps the rows in memory alone. Throws on a file that is damaged anywhere but at its torn end. */
export async function openJournal(file: string | null): Promise<Journal> {
  const tables = new Map<string, Map<string, object>>();
  const table = (name: string) => {
    const rows = tables.get(name) ?? new Map<string, object>();
    tables.set(name, rows);
    return rows;
  };
  const apply = (changes: Change[]) => {
    for (const [name, id, row] of changes) table(name).set(id, row);
  };
  const handle = file === null ? null : await restore(file, apply, tables);

  let pending: string[] = [];
  // The tail of the chain of syncs. A failed one stays failed: memory would be ahead of the disk from then on.
  let flushing: Promise<void> = Promise.resolve();

  function flush(): Promise<void> {
    flushing = flushing.then(async () => {
      const lines = pending.join('');
      pending = [];
      if (!handle || lines === '') return;
      await handle.appendFile(lines);
      await handle.datasync();
    });
    return flushing;
  }

  return {
    rows: <Row extends object>(name: string) => table(name) as unknown as ReadonlyMap<string, Row>,
    write(changes) {
      apply(changes);
      if (!handle) return Promise.resolve();
      pending.push(`${JSON.stringify(changes)}\n`);
      return flush();
    },
    settled: () => flushing,
    async close() {
      await flush().finally(() => handle?.close());
    },
  };
}

async function restore(
  file: string,
  apply: (changes: Change[]) => void,
  tables: Map<string, Map<string, object>>,
): Promise<FileHandle> {
  await mkdir(dirname(file), { recursive: true });
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = kept.split('\n');
  // What follows the last line break was cut off by a crash and had been acknowledged to nobody.
  lines.pop();
  lines.forEach((line, index) => {
    try {
      apply(JSON.parse(line));
    } catch {
      throw new Error(`${file}, line ${index + 1}, is damaged. Mend it, or delete the file to begin anew.`);
    }
  });

  // The file is written anew, one line a row: it loses its torn end and all that was overwritten since.
  const fresh = `${file}.part`;
  await rm(fresh, { force: true });
  const handle = await open(fresh, 'a', 0o600);
  for (const [name, rows] of tables) {
    const written = [...rows].map(([id, row]) => `${JSON.stringify([[name, id, row]])}\n`);
    for (let from = 0; from < written.length; from += 1000)
      await handle.appendFile(written.slice(from, from + 1000).join(''));
  }
  await handle.datasync();
  await rename(fresh, file);
  return handle;
}
