import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers one request of the local machine. A rejection is answered 500 by the server, without its message. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Thrown by `readBody` when the body is longer than allowed; the rest is dropped as it comes. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/** Reads a whole request body as UTF-8 text; rejects with `BodyTooLarge` as soon as it passes `limitBytes`. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        request.removeAllListeners('data');
        request.resume();
        reject(new BodyTooLarge());
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8')));
    request.on('error', reject);
  });
}

/** Sends a JSON text with its length, so that the connection can be used again. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}
