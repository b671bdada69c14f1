import { EventEmitter } from 'node:events';
import { hashes } from './hashes';
import { keys } from './keys';
import { type Command, Keyspace } from './keyspace';
import { lists } from './lists';
import { openLog } from './log';
import { OK, RedisError, type Reply, Status } from './reply';
import { Scripts } from './scripts';
import { sets } from './sets';
import { sortedSets } from './sorted-sets';
import { streams } from './streams';
import { strings } from './strings';
import { type CommandTable, read, write } from './table';

/** A message on a channel, as bytes. */
type Message = { channel: string; message: string };

export type Store = {
  /** Answers one command. Errors are answers too. Nothing answered is lost by a kill of the process. */
  run(args: string[]): Reply;
  /** Answers commands in order, with nothing in between and one write to the log; errors do not stop the others. */
  runAll(commands: string[][]): Reply[];
  /** Answers as MULTI … EXEC: throws `EXECABORT`, having done nothing, where a command is unknown or misses arguments. */
  transact(commands: string[][]): Reply[];
  /** Emits `message` for everything published. */
  readonly messages: EventEmitter<{ message: [Message] }>;
  close(): void;
};

/** A Redis-compatible store in this process, kept in `file`; null keeps it in memory alone. */
export function openStore(file: string | null): Store {
  const keyspace = new Keyspace();
  const messages = new EventEmitter<{ message: [Message] }>();
  messages.setMaxListeners(0);

  const server: CommandTable = {
    PING: read(-1, (_, [, message]) => message ?? new Status('PONG')),
    ECHO: read(2, (_, [, message]) => message!),
    TIME: read(1, (db) => [String(Math.floor(db.now / 1000)), String((db.now % 1000) * 1000)]),
    SELECT: read(2, (_, [, index]) => {
      if (index !== '0') throw new RedisError('ERR DB index is out of range');
      return OK;
    }),
    INFO: read(-1, (db) => `# Server\r\nredis_version:7.0.0\r\n# Keyspace\r\ndb0:keys=${db.entries.size}\r\n`),
    PUBLISH: read(3, (_, [, channel, message]) => {
      const listeners = messages.listenerCount('message');
      messages.emit('message', { channel: channel!, message: message! });
      return listeners;
    }),
    SCRIPT: read(-2, (_, args) => scripts.manage(args)),
    EVAL: write(-3, (_, [, source, ...rest]) => scripts.evaluate(source!, rest, false)),
    EVALSHA: write(-3, (_, [, sha, ...rest]) => scripts.evaluateCached(sha!, rest, false)),
    EVAL_RO: read(-3, (_, [, source, ...rest]) => scripts.evaluate(source!, rest, true)),
    EVALSHA_RO: read(-3, (_, [, sha, ...rest]) => scripts.evaluateCached(sha!, rest, true)),
  };
  const commands = new Map(
    Object.entries({ ...strings, ...hashes, ...lists, ...sets, ...sortedSets, ...streams, ...keys, ...server }),
  );

  const scripts = new Scripts((args, readOnly) => {
    const { name, command, fits } = find(args);
    if (!command) throw new RedisError('ERR Unknown Redis command called from script');
    if (!fits) throw new RedisError('ERR Wrong number of args calling Redis command from script');
    if (/^(EVAL|EVALSHA|EVAL_RO|EVALSHA_RO|SCRIPT)$/.test(name)) {
      throw new RedisError('ERR This Redis command is not allowed from script');
    }
    if (readOnly && command.write) {
      throw new RedisError('ERR Write commands are not allowed from read-only scripts.');
    }
    return execute(command, args);
  });

  function find(args: string[]) {
    const given = args[0]!;
    const name = commands.has(given) ? given : given.toUpperCase();
    const command = commands.get(name);
    const arity = command?.arity ?? 0;
    return { name, command, fits: arity > 0 ? args.length === arity : args.length >= -arity };
  }

  function requireCommand(args: string[]): Command {
    const { name, command, fits } = find(args);
    if (!command) {
      const rest = args.slice(1, 20).map((arg) => `'${arg.slice(0, 128)}' `);
      throw new RedisError(
        `ERR unknown command '${args[0]!.slice(0, 128)}', with args beginning with: ${rest.join('')}`,
      );
    }
    if (!fits) throw new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
    return command;
  }

  /** Runs a command and notes its effect; throws what it throws. */
  function execute(command: Command, args: string[]): Reply {
    const reply = command.run(keyspace, args);
    if (keyspace.changedAsWritten) {
      keyspace.changedAsWritten = false;
      keyspace.effects.push(args);
    }
    return reply;
  }

  function answer(args: string[]): Reply {
    try {
      return execute(requireCommand(args), args);
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  }

  keyspace.replaying = true;
  const log = file === null ? null : openLog(file, keyspace, (args) => void execute(requireCommand(args), args));
  keyspace.replaying = false;
  keyspace.effects = [];

  /** Everything a request changed goes to the log as one record before the request is answered. */
  function request<T>(work: () => T): T {
    keyspace.now = Date.now();
    try {
      return work();
    } finally {
      const { effects } = keyspace;
      if (effects.length > 0) {
        keyspace.effects = [];
        log?.append(effects);
      }
    }
  }

  const sweeping = setInterval(() => request(() => keyspace.sweep()), 250);
  sweeping.unref();

  return {
    messages,
    run: (args) => request(() => answer(args)),
    runAll: (list) => request(() => list.map(answer)),
    transact: (list) =>
      request(() => {
        try {
          list.forEach(requireCommand);
        } catch (error) {
          throw new RedisError(
            `EXECABORT Transaction discarded because of previous errors. (${(error as Error).message})`,
          );
        }
        return list.map(answer);
      }),
    close() {
      clearInterval(sweeping);
      log?.close();
    },
  };
}
