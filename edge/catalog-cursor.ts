import { CommerceError } from '@/commerce/error';
import { fromBase64url, toBase64url } from './base64url';
import { requireStorable } from './json-body';

/** Where a list goes on: the sort key and the id of the last product shown. */
export interface Position {
  key: string;
  id: string;
  /** For a search that put mistyped words right: by what, so that the next page finds the same. */
  corrections: Corrections | null;
}

/** For each word of a search the known words meant by it; null where it was meant as typed. */
export type Corrections = (string[] | null)[];

/**
 * An opaque cursor that is good only for the list it came from: `list` names sort and filters. Its checksum finds what
 * was cut, mistyped or moved to another list; it is no signature, so everything in it is checked like any other input.
 * Whether `key` fits the sort is for the caller to check.
 */
export function encodeCursor(list: string, { key, id, corrections }: Position): string {
  const content = JSON.stringify([key, id, corrections]);
  return toBase64url(new TextEncoder().encode(`${checksum(list + content)}${content}`));
}

/** Throws `invalid_input` with the path `cursor` for anything but a cursor that `encodeCursor` made for this list. */
export function decodeCursor(list: string, cursor: string): Position {
  const text = textOf(cursor);
  const content = text?.slice(CHECKSUM_LENGTH) ?? '';
  if (text === null || text.slice(0, CHECKSUM_LENGTH) !== checksum(list + content)) throw invalidCursor();
  let parts: unknown;
  try {
    parts = JSON.parse(content);
  } catch {
    throw invalidCursor();
  }
  const [key, id, corrections] = Array.isArray(parts) ? parts : [];
  if (typeof key !== 'string') throw invalidCursor();
  requireStorable(key, 'cursor');
  if (typeof id !== 'string' || !/^\w{1,64}$/.test(id)) throw invalidCursor();
  if (!isCorrections(corrections)) throw invalidCursor();
  return { key, id, corrections };
}

function isCorrections(value: unknown): value is Corrections | null {
  if (value === null) return true;
  if (!Array.isArray(value) || value.length > 10) return false;
  return value.every(
    (words) =>
      words === null ||
      (Array.isArray(words) &&
        words.length > 0 &&
        words.length <= 5 &&
        words.every((word) => typeof word === 'string' && /^[\p{L}\p{N}\p{M}]{1,40}$/u.test(word))),
  );
}

export function invalidCursor(): CommerceError {
  const message = 'This cursor does not belong to this list. Start again without one.';
  return new CommerceError('invalid_input', message, { issues: [{ path: 'cursor', code: 'invalid_cursor', message }] });
}

const CHECKSUM_LENGTH = 11;

/** 53 bits of a text, well mixed (cyrb53). Not for secrets. */
function checksum(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36).padStart(CHECKSUM_LENGTH, '0');
}

function textOf(cursor: string): string | null {
  const bytes = cursor.length <= 4_000 ? fromBase64url(cursor) : null;
  if (!bytes) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
