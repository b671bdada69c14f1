import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import type { KvBackend } from './kv';
import { OK, RedisError, type Reply } from './redis/reply';
import { withoutShebang } from './redis/shebang';

/** What would hold up, or change the mode of, the one connection that all requests share. */
const unavailable =
  /^(AUTH|BLMOVE|BLMPOP|BLPOP|BRPOP|BRPOPLPUSH|BZMPOP|BZPOPMAX|BZPOPMIN|CLIENT|CONFIG|DEBUG|DISCARD|EXEC|HELLO|MONITOR|MULTI|PSUBSCRIBE|PUNSUBSCRIBE|QUIT|RESET|SELECT|SHUTDOWN|SSUBSCRIBE|SUBSCRIBE|SUNSUBSCRIBE|SWAPDB|SYNC|UNSUBSCRIBE|UNWATCH|WAIT|WATCH)$/;

/**
 * A real Redis behind the REST protocol, through one pipelined connection. Upstash is one database, so FLUSHALL
 * empties the chosen one alone. Scripts run without their `#!lua flags=…` line, whose flags only Upstash knows,
 * under the SHA-1 of their original text. Throws where the server does not answer.
 */
export async function openServerKv(redisUrl: string): Promise<KvBackend> {
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    maxRetriesPerRequest: 3,
    // A command that was under way when the connection broke may have been done: it fails rather than run twice.
    autoResendUnfulfilledCommands: false,
  });
  // Each command reports its own failure; without a listener a lost connection would be printed as unhandled.
  let fault = 'no connection';
  redis.on('error', (error: NodeJS.ErrnoException) => {
    fault = error.message || error.code || fault;
  });
  try {
    await redis.connect();
  } catch {
    redis.disconnect();
    throw new Error(`REDIS_URL does not answer: ${fault}`);
  }

  /** The SHA-1 of what runs, by the SHA-1 of what was sent. */
  const rewritten = new Map<string, string>();

  function rewrite(source: string): string {
    const stripped = withoutShebang(source);
    if (stripped !== source) rewritten.set(sha1(source), sha1(stripped));
    return stripped;
  }
  const runs = (sha: string) => rewritten.get(sha.toLowerCase()) ?? sha;

  function toServer(args: string[]): string[] {
    const [name = '', subject = '', ...rest] = args;
    switch (name.toUpperCase()) {
      case 'FLUSHALL':
        return ['FLUSHDB', ...args.slice(1)];
      case 'EVAL':
      case 'EVAL_RO':
        return [name, rewrite(subject), ...rest];
      case 'EVALSHA':
      case 'EVALSHA_RO':
        return [name, runs(subject), ...rest];
      case 'SCRIPT':
        if (/^EXISTS$/i.test(subject)) return [name, subject, ...rest.map(runs)];
        return /^LOAD$/i.test(subject) ? [name, subject, ...rest.map(rewrite)] : args;
      default:
        return args;
    }
  }

  async function send(args: string[]): Promise<Reply> {
    const [name, ...rest] = args;
    try {
      // In capitals the client does not know this name, and leaves its reply a list.
      const sent = name === 'hgetall' ? 'HGETALL' : name!;
      return fromServer(await redis.callBuffer(sent, ...rest.map((arg) => Buffer.from(arg, 'latin1'))));
    } catch (error) {
      if (error instanceof Error && error.name === 'ReplyError') return new RedisError(error.message);
      throw error;
    }
  }

  async function run(args: string[]): Promise<Reply> {
    const refusal = refused(args);
    if (refusal) return refusal;
    const reply = await send(toServer(args));
    const loads = args[0]!.toUpperCase() === 'SCRIPT' && args[1]?.toUpperCase() === 'LOAD';
    return loads && typeof reply === 'string' ? sha1(args[2]!) : reply;
  }

  return {
    run,
    runAll: (commands) => Promise.all(commands.map(run)),
    async transact(commands) {
      const refusal = commands.map(refused).find((error) => error !== null);
      if (refusal)
        throw new RedisError(`EXECABORT Transaction discarded because of previous errors. (${refusal.message})`);
      // All written in one go to the one connection: nothing of another request comes in between.
      const sent = [['MULTI'], ...commands.map(toServer), ['EXEC']].map(send);
      const replies = (await Promise.all(sent)).at(-1)!;
      if (replies instanceof RedisError) throw replies;
      return replies as Reply[];
    },
    async listen(name, isPattern, onMessage) {
      const subscriber = redis.duplicate();
      subscriber.on('error', () => {});
      if (isPattern) {
        subscriber.on('pmessageBuffer', (_pattern: Buffer, channel: Buffer, message: Buffer) =>
          onMessage(channel.toString('latin1'), message.toString('latin1')),
        );
        await subscriber.psubscribe(Buffer.from(name, 'latin1') as unknown as string);
      } else {
        subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) =>
          onMessage(channel.toString('latin1'), message.toString('latin1')),
        );
        await subscriber.subscribe(Buffer.from(name, 'latin1') as unknown as string);
      }
      return () => subscriber.disconnect();
    },
    close: () => redis.disconnect(),
  };
}

function refused(args: string[]): RedisError | null {
  const name = args[0]!.toUpperCase();
  const blocks = /^XREAD(GROUP)?$/.test(name) && args.some((arg) => /^BLOCK$/i.test(arg));
  return blocks || unavailable.test(name) ? new RedisError(`ERR Command is not available: '${args[0]}'`) : null;
}

const sha1 = (bytes: string) => createHash('sha1').update(bytes, 'latin1').digest('hex');

const okBytes = Buffer.from('OK');

function fromServer(reply: unknown): Reply {
  // The client does not tell a status from a string; to clients over HTTP only this one reads differently.
  if (Buffer.isBuffer(reply)) return reply.equals(okBytes) ? OK : reply.toString('latin1');
  if (Array.isArray(reply)) return reply.map(fromServer);
  if (reply instanceof Error) return new RedisError(reply.message);
  return reply as number | null;
}
