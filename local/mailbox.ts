import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime, { type Address, type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerEnvelope } from 'smtp-server';
import { messagePage, messagesPage, renderedBody } from './mailbox-pages';
import { isForeignForm, json, problem, seeOther, text } from './pages';

export interface MailboxOptions {
  /** Messages are files under its `mail/`; null keeps them in memory. */
  dataDir: string | null;
  /** Port of the SMTP server on 127.0.0.1; 0 takes any. */
  smtpPort?: number | undefined;
  /** The shop: the one origin whose pictures a shown mail may load. */
  siteUrl?: string | undefined;
}

export interface Mailbox {
  /** Where to send mail to, for `MAIL_URL`. */
  mailUrl: string;
  /** Answers everything under `/mailbox`. */
  handle(request: Request): Promise<Response>;
  close(): Promise<void>;
}

export interface Message {
  id: string;
  from: string;
  /** Who it was delivered to: the envelope, so blind copies count. */
  to: string[];
  subject: string;
  receivedAt: string;
}

export interface WholeMessage extends Message {
  text: string | null;
  html: string | null;
  /** Names in lower case; a repeated header is joined by a comma. */
  headers: Record<string, string>;
  attachments: Email['attachments'];
  source: Uint8Array<ArrayBuffer>;
}

const MAX_MESSAGE_BYTES = 25 * 1024 * 1024;
const PAGE_SIZE = 50;

/**
 * A mail provider for one developer: whatever is sent to its SMTP port is kept and shown, nothing leaves the machine.
 * A message that was acknowledged is on disk. A Message-ID that comes twice is kept once, as mail clients do.
 */
export async function openMailbox({ dataDir, smtpPort = 0, siteUrl }: MailboxOptions): Promise<Mailbox> {
  const store = dataDir === null ? memoryStore() : await folderStore(join(dataDir, 'mail'));
  // Summaries are read once, at the first need: a mailbox of ten thousand messages must not slow the start.
  let summaries: Promise<Map<string, Message>> | undefined;
  const loadSummaries = () => (summaries ??= readSummaries(store));

  async function receive(raw: Buffer, envelope: SMTPServerEnvelope): Promise<void> {
    const email = await PostalMime.parse(raw);
    const key = createHash('sha256')
      .update(email.messageId ?? raw)
      .digest('hex')
      .slice(0, 16);
    const source = Buffer.concat([Buffer.from(traceHeaders(envelope)), raw]);
    const id = await store.add(key, source);
    if (id !== null && summaries) (await summaries).set(id, summarise(id, await PostalMime.parse(source)));
  }

  const smtp = new SMTPServer({
    name: 'localhost',
    banner: 'Selvedge local mailbox',
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: MAX_MESSAGE_BYTES,
    logger: false,
    closeTimeout: 200,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => {
        if (!stream.sizeExceeded) chunks.push(chunk);
      });
      stream.once('end', () => {
        if (stream.sizeExceeded) return done(refusal(552, 'This message is larger than 25 MB.'));
        receive(Buffer.concat(chunks), session.envelope).then(
          () => done(),
          (error: Error) => done(refusal(451, `The message could not be kept: ${error.message}`)),
        );
      });
    },
  });
  // A client that hangs up in mid-sentence is no fault of the mailbox.
  smtp.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', reject);
    smtp.listen(smtpPort, '127.0.0.1', () => {
      smtp.server.off('error', reject);
      resolve();
    });
  });
  const address = smtp.server.address();
  const port = typeof address === 'object' && address ? address.port : smtpPort;

  async function find(id: string): Promise<WholeMessage | null> {
    const source = await store.read(id);
    return source && describe(id, source);
  }

  async function list(url: URL, limit: number) {
    const to = url.searchParams.get('to')?.trim().toLowerCase();
    const before = url.searchParams.get('cursor');
    const wanted = [...(await loadSummaries()).values()]
      .filter((message) => !to || message.to.some((address) => address.toLowerCase() === to))
      .filter((message) => !before || message.id < before)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    const items = wanted.slice(0, limit);
    return { items, nextCursor: wanted.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  async function clear(): Promise<void> {
    (await loadSummaries()).clear();
    await store.clear();
  }

  async function handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const [, , first, second, third] = url.pathname.split('/').map(decode);
    const reads = request.method === 'GET' || request.method === 'HEAD';

    if (first === 'messages' && !second && request.method === 'DELETE') {
      if (isForeignForm(request)) return problem(403, 'foreign_origin', 'Only the mailbox itself may empty it.');
      await clear();
      return new Response(null, { status: 204 });
    }
    if (first === 'deletion' && !second && request.method === 'POST') {
      if (isForeignForm(request)) return problem(403, 'foreign_origin', 'Only the mailbox itself may empty it.');
      await clear();
      return seeOther('/mailbox');
    }
    if (!reads) return problem(405, 'method_not_allowed', `${request.method} is not understood here.`);

    if (!first) return messagesPage({ ...(await list(url, PAGE_SIZE)), url });
    if (first === 'messages' && !second) {
      const limit = Math.min(Math.max(Math.trunc(Number(url.searchParams.get('limit') ?? 100)) || 100, 1), 1000);
      const { items, nextCursor } = await list(url, limit);
      const whole = await Promise.all(items.map((item) => find(item.id)));
      return json({ items: whole.filter((message) => message !== null).map(toJson), nextCursor });
    }
    const message = await find((first === 'messages' ? second : first) ?? '');
    if (!message) return problem(404, 'message_not_found', 'There is no such message; it may have been deleted.');
    if (first === 'messages') return json(toJson(message));
    if (!second) return messagePage(message, url.searchParams.get('view'));
    if (second === 'body') return renderedBody(message, siteUrl);
    if (second === 'source') return text(message.source);
    const attachment = second === 'attachments' ? message.attachments[Number(third)] : undefined;
    if (!attachment) return problem(404, 'attachment_not_found', 'This message has no such attachment.');
    const name = encodeURIComponent(attachment.filename ?? `attachment-${third}`);
    return text(bytesOf(attachment.content), {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename*=UTF-8''${name}`,
    });
  }

  return {
    mailUrl: `smtp://127.0.0.1:${port}`,
    handle,
    close: () => new Promise((resolve) => smtp.close(() => resolve())),
  };
}

/** Where messages are kept. Ids sort by the time of arrival. */
interface MessageStore {
  /** Keeps a message under a key that stands for its Message-ID; answers null if it is there already. */
  add(key: string, source: Buffer<ArrayBuffer>): Promise<string | null>;
  ids(): Promise<string[]>;
  read(id: string): Promise<Uint8Array<ArrayBuffer> | null>;
  clear(): Promise<void>;
}

function memoryStore(): MessageStore {
  const messages = new Map<string, Uint8Array<ArrayBuffer>>();
  const keys = new Set<string>();
  const newId = idMaker();
  return {
    async add(key, source) {
      if (keys.has(key)) return null;
      const id = newId(key);
      keys.add(key);
      messages.set(id, source);
      return id;
    },
    ids: async () => [...messages.keys()],
    read: async (id) => messages.get(id) ?? null,
    async clear() {
      messages.clear();
      keys.clear();
    },
  };
}

async function folderStore(folder: string): Promise<MessageStore> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  const kept = new Set(names.filter((name) => name.endsWith('.eml')).map((name) => name.slice(0, -4)));
  const keys = new Map([...kept].map((id) => [keyOf(id), Promise.resolve<string | null>(id)]));
  const newId = idMaker([...kept].sort().at(-1));
  // What a crash left half written was never acknowledged.
  await Promise.all(names.filter((name) => name.endsWith('.part')).map((name) => rm(join(folder, name))));

  async function write(key: string, source: Buffer): Promise<string> {
    const id = newId(key);
    const part = join(folder, `${id}-${randomBytes(4).toString('hex')}.part`);
    const file = await open(part, 'wx', 0o600);
    try {
      await file.writeFile(source);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(part, join(folder, `${id}.eml`));
    kept.add(id);
    return id;
  }

  return {
    async add(key, source) {
      const earlier = keys.get(key);
      // The sender of a double waits too: it may only hear of success once the first copy is safe.
      if (earlier) return earlier.then(() => null);
      const writing = write(key, source);
      keys.set(key, writing);
      writing.catch(() => keys.delete(key));
      return writing;
    },
    ids: async () => [...kept],
    // Only names that this store gave are opened, whatever the URL said.
    read: async (id) => (kept.has(id) ? new Uint8Array(await readFile(join(folder, `${id}.eml`))) : null),
    async clear() {
      const gone = [...kept];
      kept.clear();
      keys.clear();
      await Promise.all(gone.map((id) => rm(join(folder, `${id}.eml`), { force: true })));
    },
  };
}

// The id holds the time of arrival, made strictly increasing, and the key: 20261120T093015123Z-3f1c….
function idMaker(last = ''): (key: string) => string {
  let lastMs = last ? receivedMs(last) : 0;
  return (key) => {
    lastMs = Math.max(Date.now(), lastMs + 1);
    return `${new Date(lastMs).toISOString().replace(/[-:.]/g, '')}-${key}`;
  };
}

function keyOf(id: string): string {
  return id.slice(id.indexOf('-') + 1);
}

function receivedMs(id: string): number {
  const iso = id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-.*$/, '$1-$2-$3T$4:$5:$6.$7Z');
  return Date.parse(iso) || 0;
}

// As a real server does on final delivery: the envelope is written into the message, or blind copies would be lost.
function traceHeaders({ mailFrom, rcptTo }: SMTPServerEnvelope): string {
  const lines = [`Return-Path: <${mailFrom ? oneLine(mailFrom.address) : ''}>`];
  for (const { address } of rcptTo) lines.push(`Delivered-To: ${oneLine(address)}`);
  return `${lines.join('\r\n')}\r\n`;
}

function oneLine(value: string): string {
  return value.replace(/[\r\n]/g, '');
}

async function readSummaries(store: MessageStore): Promise<Map<string, Message>> {
  const summaries = new Map<string, Message>();
  for (const id of await store.ids()) {
    const source = await store.read(id);
    if (source) summaries.set(id, summarise(id, await PostalMime.parse(source)));
  }
  return summaries;
}

async function describe(id: string, source: Uint8Array<ArrayBuffer>): Promise<WholeMessage> {
  const email = await PostalMime.parse(source);
  const headers: Record<string, string> = {};
  for (const { key, value } of email.headers) headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  return {
    ...summarise(id, email),
    text: email.text ?? null,
    html: email.html ?? null,
    headers,
    attachments: email.attachments,
    source,
  };
}

function summarise(id: string, email: Email): Message {
  return {
    id,
    from: email.from ? written(email.from) : (email.returnPath ?? ''),
    to: email.headers.filter(({ key }) => key === 'delivered-to').map(({ value }) => value),
    subject: email.subject ?? '',
    receivedAt: new Date(receivedMs(id)).toISOString(),
  };
}

function written({ name, address }: Address): string {
  return name && address ? `${name} <${address}>` : (address ?? name);
}

function toJson({ attachments, source, ...message }: WholeMessage) {
  return {
    ...message,
    attachments: attachments.map(({ filename, mimeType }) => ({ filename, mimeType })),
    sizeBytes: source.byteLength,
  };
}

function bytesOf(content: Email['attachments'][number]['content']): Uint8Array<ArrayBuffer> {
  return typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
