import { closeSync, fsyncSync, openSync, readFileSync, renameSync, truncateSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Entry, Keyspace } from './keyspace';
import { floatText } from './reply';
import { idText } from './streams';

/** The log is written anew when it has grown to twice its last compact size, and by at least this much. */
const compactionBytes = 32 * 1024 * 1024;

export type Log = {
  /** Writes one record. When it returns, the record outlives a kill of the process. */
  append(effects: string[][]): void;
  close(): void;
};

/**
 * The store's file: one line per request that changed something, a checksum and then the commands that bring the
 * change about again, with absolute times. A line is applied whole or not at all, so a script or a transaction is
 * never half remembered. Throws where the file is damaged elsewhere than at its end.
 */
export function openLog(file: string, keyspace: Keyspace, replay: (args: string[]) => void): Log {
  replayFile(file, replay);
  let { fd, size } = compact(file, keyspace);
  let limit = size * 2 + compactionBytes;
  return {
    append(effects) {
      try {
        if (size <= limit) size += writeAll(fd, line(effects));
        else {
          const old = fd;
          ({ fd, size } = compact(file, keyspace));
          limit = size * 2 + compactionBytes;
          closeSync(old);
        }
      } catch (error) {
        // A full disk may have torn this record. Everything is written anew before anything follows it.
        limit = -1;
        throw error;
      }
    },
    close: () => closeSync(fd),
  };
}

function line(effects: string[][]): Buffer {
  const json = JSON.stringify(effects);
  return Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} ${json}\n`);
}

function writeAll(fd: number, bytes: Buffer): number {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written);
  return written;
}

function replayFile(file: string, replay: (args: string[]) => void): void {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start);
    const effects = end === -1 ? null : readLine(bytes.toString('utf8', start, end));
    if (effects === null) {
      // A kill can tear only the last write, and what it tore was never acknowledged.
      if (end !== -1 && end + 1 < bytes.length) {
        throw new Error(`${file} is damaged at byte ${start}. Move it away to start with an empty store.`);
      }
      truncateSync(file, start);
      return;
    }
    effects.forEach(replay);
    start = end + 1;
  }
}

function readLine(text: string): string[][] | null {
  const json = text.slice(9);
  return crc32(json).toString(16).padStart(8, '0') === text.slice(0, 8) ? JSON.parse(json) : null;
}

/** Writes what the keyspace holds to a new file, then puts it in the old one's place in one step. */
function compact(file: string, keyspace: Keyspace): { fd: number; size: number } {
  const fresh = `${file}.new`;
  const fd = openSync(fresh, 'w', 0o600);
  try {
    let size = 0;
    for (const [key, entry] of keyspace.entries) size += writeAll(fd, line(effectsOf(key, entry)));
    fsyncSync(fd);
    renameSync(fresh, file);
    return { fd, size };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The commands that make an entry. */
function effectsOf(key: string, entry: Entry): string[][] {
  const effects: string[][] = [];
  switch (entry.type) {
    case 'string':
      effects.push(['SET', key, entry.value]);
      break;
    case 'hash':
      effects.push(['HSET', key, ...[...entry.value].flat()]);
      break;
    case 'list':
      effects.push(['RPUSH', key, ...entry.value]);
      break;
    case 'set':
      effects.push(['SADD', key, ...entry.value]);
      break;
    case 'zset':
      effects.push(['ZADD', key, ...entry.value.pairs.flatMap(({ score, member }) => [floatText(score), member])]);
      break;
    case 'stream':
      for (const { id, fields } of entry.value.entries) effects.push(['XADD', key, idText(id), ...fields]);
      // An emptied stream still exists: it is made by an entry that is trimmed away again.
      if (effects.length === 0) effects.push(['XADD', key, 'MAXLEN', '0', idText(entry.value.lastId), '', '']);
      effects.push(['XSETID', key, idText(entry.value.lastId)]);
      break;
  }
  if (entry.expiresAt !== 0) effects.push(['PEXPIREAT', key, String(entry.expiresAt)]);
  return effects;
}
