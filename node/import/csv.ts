/** Reads CSV as it is met in the world, row by row and in bounded memory, and says plainly why when it cannot. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline, Transform } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { parse as parseNow } from 'csv-parse/sync';
import { countKnown } from './columns';
import { ImportRefused } from './fault';

/** Shopify itself stops at 512 KB of description; a row beyond this is damage (a quote that never closes) or malice. */
const MAX_ROW_BYTES = 2 * 1024 * 1024;

const DELIMITERS = [',', ';', '\t'] as const;
const SNIFFED_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;

export interface CsvFile {
  path: string;
  bytes: number;
  delimiter: string;
  header: string[];
}

export interface CsvRow {
  /** Where the row begins; the header is line 1. */
  line: number;
  cells: string[];
}

/**
 * Opens a file by its first bytes: encoding, delimiter, header. Throws `file_unreadable`, `file_empty`,
 * `encoding_unsupported`, `not_csv`, or what a damaged header is refused for.
 */
export async function openCsv(path: string): Promise<CsvFile> {
  const { start, bytes } = await readStart(path);
  if (bytes === 0) throw new ImportRefused('file_empty', 'The file is empty.');
  requireText(start);
  if (bytes > start.length && !start.includes('\n') && !start.includes('\r')) {
    throw new ImportRefused('row_too_large', `The header is larger than ${SNIFFED_BYTES / 1024} KB.`);
  }
  const candidates = DELIMITERS.map((delimiter) => ({ delimiter, header: headerOf(start, delimiter) }));
  // A comma wins where nothing is known: the message about missing columns then shows the header as it is.
  const [best] = candidates.toSorted((a, b) => countKnown(b.header) - countKnown(a.header));
  if (!best) throw new ImportRefused('file_empty', 'The file is empty.');
  return { path, bytes, ...best };
}

/**
 * The rows below the header, empty lines left out. `onBytes` is told how much of the file has been read. Throws
 * `encoding_unsupported`, `quotes_unbalanced` or `row_too_large`, each naming its line.
 */
export async function* readRows(
  { path, delimiter, header }: Pick<CsvFile, 'path' | 'delimiter' | 'header'>,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<CsvRow> {
  let nextLine = 1;
  const parser = parse({
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    // Counted here, so that only the product with the faulty row is turned away.
    relax_column_count: true,
    max_record_size: MAX_ROW_BYTES,
    // The parser's own line numbers count a line break inside a cell twice when it is CR LF.
    on_record: (cells: string[]) => {
      const row: CsvRow = { line: nextLine, cells };
      nextLine += 1 + lineBreaksIn(cells);
      // The library's types know only of rows that stay arrays.
      return row as unknown as string[];
    },
  });
  const source = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  pipeline(source, utf8Check(onBytes), parser, () => {});
  try {
    for await (const row of parser as AsyncIterable<CsvRow>) {
      const isEmpty = row.cells.length === 1 && row.cells[0] === '';
      if (row.line > 1 && !isEmpty) yield row;
    }
  } catch (error) {
    throw error instanceof CsvError ? refusalOf(error, nextLine, header) : error;
  } finally {
    source.destroy();
  }
}

async function readStart(path: string): Promise<{ start: Buffer; bytes: number }> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('it is not a file');
    const buffer = Buffer.alloc(Math.min(SNIFFED_BYTES, stat.size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return { start: buffer.subarray(0, bytesRead), bytes: stat.size };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    throw new ImportRefused('file_unreadable', `${path} cannot be read: ${why}.`);
  } finally {
    await file?.close();
  }
}

/** What the first bytes give away. Whether all the others are UTF-8 shows as they are read. */
function requireText(start: Buffer): void {
  const encoding = foreignEncoding(start);
  if (encoding !== null) {
    throw new ImportRefused(
      'encoding_unsupported',
      `The file is encoded in ${encoding}. Save it as "CSV UTF-8" and import that.`,
    );
  }
  if (start.subarray(0, 2).toString('latin1') === 'PK') {
    throw new ImportRefused('not_csv', 'This is a ZIP archive or an Excel workbook. Save it as "CSV UTF-8".');
  }
}

function foreignEncoding(start: Buffer): string | null {
  const bom = start.subarray(0, 4).toString('hex');
  if (bom === 'fffe0000' || bom === '0000feff') return 'UTF-32';
  if (bom.startsWith('fffe')) return 'UTF-16 (little-endian)';
  if (bom.startsWith('feff')) return 'UTF-16 (big-endian)';
  // Latin letters in UTF-16 are every other byte zero, also where nothing marks it.
  const sample = start.subarray(0, 512);
  const zeros = [0, 0];
  for (const [index, byte] of sample.entries()) if (byte === 0) zeros[index % 2]! += 1;
  if (zeros[1]! > sample.length / 4) return 'UTF-16 (little-endian, without a byte order mark)';
  if (zeros[0]! > sample.length / 4) return 'UTF-16 (big-endian, without a byte order mark)';
  return null;
}

function headerOf(start: Buffer, delimiter: string): string[] {
  try {
    const options = { bom: true, delimiter, to: 1, relax_column_count: true, relax_quotes: true };
    const [header = []] = parseNow(start, { ...options, record_delimiter: ['\r\n', '\n', '\r'] }) as string[][];
    return header.map((name) => name.trim());
  } catch {
    // Damaged: reading the rows will say how.
    return [];
  }
}

function lineBreaksIn(cells: string[]): number {
  let count = 0;
  for (const cell of cells) {
    for (let index = 0; index < cell.length; index += 1) {
      const code = cell.charCodeAt(index);
      if (code === 10 || (code === 13 && cell.charCodeAt(index + 1) !== 10)) count += 1;
    }
  }
  return count;
}

/** Passes bytes on as long as they are UTF-8. */
function utf8Check(onBytes: (bytes: number) => void): Transform {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  let lines = 0;
  const refuse = (chunk: Buffer) => {
    const line = lines + 1 + faultyLine(chunk);
    return new ImportRefused(
      'encoding_unsupported',
      `The file is not UTF-8: line ${line} has bytes that UTF-8 does not know, as Windows-1252 or ISO 8859-1 would. Save it as "CSV UTF-8" and import that.`,
    );
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        decoder.decode(chunk, { stream: true });
      } catch {
        return done(refuse(chunk));
      }
      for (const byte of chunk) if (byte === 10) lines += 1;
      bytes += chunk.length;
      onBytes(bytes);
      done(null, chunk);
    },
    flush(done) {
      try {
        decoder.decode();
        done();
      } catch {
        done(refuse(Buffer.alloc(0)));
      }
    },
  });
}

/** The number of the first line of a chunk, counted from 0, that is not UTF-8. */
function faultyLine(chunk: Buffer): number {
  let start = 0;
  // A character that the chunk before began is not this chunk's fault.
  while (start < 3 && start < chunk.length && (chunk[start]! & 0xc0) === 0x80) start += 1;
  for (let line = 0; ; line += 1) {
    const end = chunk.indexOf(10, start);
    if (end < 0 || !isUtf8(chunk.subarray(start, end))) return line;
    start = end + 1;
  }
}

function refusalOf(error: CsvError, line: number, header: string[]): ImportRefused {
  const index = (error as unknown as { index?: number }).index ?? 0;
  const column = header[index] ? ` in column "${header[index]}"` : '';
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    return new ImportRefused(
      'row_too_large',
      `The row at line ${line} is larger than ${MAX_ROW_BYTES / 1024 / 1024} MB${column}. Is a quote open that never closes?`,
    );
  }
  const why =
    error.code === 'CSV_QUOTE_NOT_CLOSED'
      ? `a quote is opened${column} and never closed`
      : `a quote stands${column} where none may (inside a quoted cell it is written twice)`;
  return new ImportRefused('quotes_unbalanced', `The quotes are unbalanced in the row at line ${line}: ${why}.`);
}
