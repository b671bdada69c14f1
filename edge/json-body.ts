import { CommerceError } from '@/commerce/error';

const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 32;

/**
 * Reads a request's JSON body within bounds: at most 64 KB, at most 32 levels, UTF-8, and no string that a database
 * would refuse (NUL, half a surrogate pair). Throws `unsupported_media_type`, `payload_too_large`, `malformed_json`,
 * `json_too_deep` or `invalid_input`.
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const mediaType = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new CommerceError('unsupported_media_type', 'Send the body as application/json.');
  }
  return parseJson(await readText(request));
}

/**
 * Parses JSON of at most 32 levels without a string that a database would refuse. Throws `malformed_json`,
 * `json_too_deep` or `invalid_input`.
 */
export function parseJson(text: string): unknown {
  if (isDeeperThan(text, MAX_DEPTH)) {
    throw new CommerceError('json_too_deep', `The body is nested deeper than ${MAX_DEPTH} levels.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CommerceError('malformed_json', 'The body is not JSON (RFC 8259).');
  }
  requireStorableStrings(value, '');
  return value;
}

/** The body as it was sent, at most 64 KB of UTF-8. Throws `payload_too_large` or `malformed_json`. */
export async function readText(request: Request): Promise<string> {
  // A declared length is refused before a byte is read; an undeclared one is counted while it comes.
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BYTES) throw tooLarge();
  if (!request.body) return '';
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > MAX_BYTES) {
      // Not awaited: a sender that never stops must not be able to hold the answer back.
      void reader.cancel().catch(() => {});
      throw tooLarge();
    }
    chunks.push(value);
  }
  const bytes = chunks.length === 1 ? (chunks[0] as Uint8Array) : concatenate(chunks, length);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CommerceError('malformed_json', 'The body is not UTF-8.');
  }
}

function tooLarge(): CommerceError {
  return new CommerceError('payload_too_large', `The body is larger than ${MAX_BYTES} bytes.`);
}

function concatenate(chunks: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/** Counts brackets outside strings, so that a hostile depth is refused before the parser builds it. */
function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

function requireStorableStrings(value: unknown, path: string): void {
  if (typeof value === 'string') requireStorable(value, path);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) requireStorableStrings(item, join(path, index));
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      requireStorable(key, path);
      requireStorableStrings(item, join(path, key));
    }
  }
}

/** Throws `invalid_input` at `path` for text that Postgres cannot store: NUL, or an unpaired surrogate. */
export function requireStorable(text: string, path: string): void {
  if (isWellFormed(text) && !text.includes('\0')) return;
  throw new CommerceError('invalid_input', 'Some of the input cannot be taken as it is.', {
    issues: [{ path, code: 'invalid_text', message: 'The text holds a NUL or half a surrogate pair.' }],
  });
}

/** `String.prototype.isWellFormed` of ES2024, which Node 20 and every edge runtime have. */
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

function join(path: string, part: string | number): string {
  return path === '' ? String(part) : `${path}.${part}`;
}
