import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { BodyTooLarge, type Handler, readBody, sendJson } from './http';
import { openServerKv } from './kv-server';
import { fromBytes, globPattern, RedisError, type Reply, Status, toBytes } from './redis/reply';
import { openStore } from './redis/store';

/** As large a request as Upstash's largest plans take. */
const bodyLimitBytes = 64 * 1024 * 1024;
const heartbeatMs = 15_000;

export type KvOptions = {
  /** The folder that holds `kv.log`, or null to keep everything in memory. Not used with `redisUrl`. */
  dataDir: string | null;
  /** A real Redis to use instead of the embedded store. */
  redisUrl?: string | undefined;
  /** What clients must present as `Authorization: Bearer`. */
  token: string;
};

/** What the REST protocol needs of a Redis. Strings are bytes, one UTF-16 unit each. */
export type KvBackend = {
  run(args: string[]): Reply | Promise<Reply>;
  runAll(commands: string[][]): Reply[] | Promise<Reply[]>;
  /** All or nothing; throws `RedisError` where the transaction as a whole is refused. */
  transact(commands: string[][]): Reply[] | Promise<Reply[]>;
  /** Calls back for every message on a channel (or on those a pattern matches) until the returned function is called. */
  listen(
    name: string,
    isPattern: boolean,
    onMessage: (channel: string, message: string) => void,
  ): Promise<() => void> | (() => void);
  close(): void | Promise<void>;
};

/** Upstash's REST protocol over the embedded store or a real Redis. */
export async function openKv(options: KvOptions): Promise<{ handle: Handler; close(): Promise<void> }> {
  const backend = options.redisUrl ? await openServerKv(options.redisUrl) : openEmbedded(options.dataDir);
  const tokenHash = digest(options.token);

  const handle: Handler = async (request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname.split('/').slice(2).filter(Boolean);
    if (!isAuthorized(request, tokenHash)) {
      return sendJson(response, 401, '{"error":"Unauthorized"}', { 'www-authenticate': 'Bearer' });
    }
    const encode = request.headers['upstash-encoding'] === 'base64' ? toBase64 : toText;
    try {
      if (path[0] === 'subscribe' || path[0] === 'psubscribe') {
        return await stream(backend, decode(path[1] ?? ''), path[0] === 'psubscribe', request, response);
      }
      if (path[0] === 'pipeline' || path[0] === 'multi-exec') {
        const commands = parseCommands(await readBody(request, bodyLimitBytes));
        const replies = await (path[0] === 'pipeline' ? backend.runAll(commands) : backend.transact(commands));
        return send(
          response,
          200,
          replies.map((reply) => envelope(reply, encode)),
          request,
        );
      }
      const reply = await backend.run(await singleCommand(request, path));
      send(response, reply instanceof RedisError ? 400 : 200, envelope(reply, encode), request);
    } catch (error) {
      if (error instanceof BodyTooLarge) {
        sendJson(response, 413, '{"error":"ERR max request size exceeded"}', { connection: 'close' });
      } else if (error instanceof RedisError) {
        send(response, 400, { error: fromBytes(error.message) }, request);
      } else if (error instanceof RangeError) {
        send(response, 400, { error: 'ERR failed to parse command: nested too deeply' }, request);
      } else throw error;
    }
  };
  return { handle, close: async () => backend.close() };
}

function isAuthorized(request: IncomingMessage, tokenHash: Buffer): boolean {
  const header = request.headers.authorization;
  const given = header?.startsWith('Bearer ') ? header.slice(7) : '';
  return timingSafeEqual(digest(given), tokenHash);
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** `POST /` with a command as an array; or the command in the path, with a POST body as its last argument. */
async function singleCommand(request: IncomingMessage, path: string[]): Promise<string[]> {
  const body = request.method === 'POST' ? await readBody(request, bodyLimitBytes) : '';
  if (path.length > 0) {
    const args = path.map((part) => toBytes(decode(part)));
    return body === '' ? args : [...args, toBytes(body)];
  }
  return parseCommand(parseJson(body));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new RedisError('ERR failed to parse the path');
  }
}

function parseCommands(body: string): string[][] {
  const commands = parseJson(body);
  if (!Array.isArray(commands)) throw new RedisError('ERR failed to parse pipeline request');
  return commands.map(parseCommand);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new RedisError('ERR failed to parse command');
  }
}

function parseCommand(value: unknown): string[] {
  if (!Array.isArray(value)) throw new RedisError('ERR failed to parse command');
  if (value.length === 0) throw new RedisError('ERR empty command');
  return value.map((arg) => {
    if (typeof arg === 'string') return toBytes(arg);
    if (typeof arg === 'number' || typeof arg === 'boolean') return String(arg);
    return toBytes(JSON.stringify(arg));
  });
}

type Encode = (reply: Reply) => unknown;

function envelope(reply: Reply, encode: Encode): { result: unknown } | { error: string } {
  return reply instanceof RedisError ? { error: fromBytes(reply.message) } : { result: encode(reply) };
}

function toText(reply: Reply): unknown {
  if (typeof reply === 'string') return fromBytes(reply);
  if (Array.isArray(reply)) return reply.map(toText);
  if (reply instanceof Status) return reply.text;
  return reply instanceof RedisError ? fromBytes(reply.message) : reply;
}

/** Every string as base64, in arrays too, except a status line `OK`: the client knows that one by its name. */
function toBase64(reply: Reply): unknown {
  if (typeof reply === 'string') return Buffer.from(reply, 'latin1').toString('base64');
  if (Array.isArray(reply)) return reply.map((item) => toBase64(item instanceof Status ? item.text : item));
  if (reply instanceof Status) return reply.text === 'OK' ? 'OK' : toBase64(reply.text);
  return reply instanceof RedisError ? toBase64(reply.message) : reply;
}

function send(response: ServerResponse, status: number, body: unknown, request: IncomingMessage): void {
  // Reads always see earlier writes here; the token a client sends for that is handed back as it came.
  const syncToken = request.headers['upstash-sync-token'];
  const headers = typeof syncToken === 'string' ? { 'upstash-sync-token': syncToken } : undefined;
  sendJson(response, status, JSON.stringify(body), headers);
}

/** Server-sent events, as Upstash words them: `message,channel,text`, one per published message. */
async function stream(
  backend: KvBackend,
  name: string,
  isPattern: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (name === '') return sendJson(response, 400, '{"error":"ERR a channel is missing"}');
  request.resume();
  const write = (text: string) => response.write(`data: ${text.replace(/\r?\n/g, '\\n')}\n\n`);
  const stop = await backend.listen(toBytes(name), isPattern, (channel, message) =>
    write(
      isPattern
        ? `pmessage,${name},${fromBytes(channel)},${fromBytes(message)}`
        : `message,${fromBytes(channel)},${fromBytes(message)}`,
    ),
  );
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
  });
  write(`${isPattern ? 'psubscribe' : 'subscribe'},${name},1`);
  const heartbeat = setInterval(() => response.write(': heartbeat\n\n'), heartbeatMs);
  response.on('close', () => {
    clearInterval(heartbeat);
    stop();
  });
}

function openEmbedded(dataDir: string | null): KvBackend {
  const store = openStore(dataDir === null ? null : join(dataDir, 'kv.log'));
  return {
    ...store,
    listen(name, isPattern, onMessage) {
      const pattern = isPattern ? globPattern(name) : null;
      const listener = ({ channel, message }: { channel: string; message: string }) => {
        if (pattern ? pattern.test(channel) : channel === name) onMessage(channel, message);
      };
      store.messages.on('message', listener);
      return () => store.messages.off('message', listener);
    },
  };
}
