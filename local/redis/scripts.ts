import { createHash } from 'node:crypto';
import { type Chunk, compile } from './lua/compile';
import { decodeJson, encodeJson } from './lua/json';
import { standardLibrary } from './lua/library';
import { Operators, ScriptTimeout } from './lua/operators';
import { first, formatG, jsonNull, LuaError, type LuaFunction, LuaTable, type LuaValue } from './lua/values';
import { integer, OK, RedisError, type Reply, Status } from './reply';
import { withoutShebang } from './shebang';

/** Runs a command for a script; throws `RedisError`. */
type Call = (args: string[], readOnly: boolean) => Reply;

/** Lua scripts as Redis runs them: compiled once, cached by the SHA-1 of their text, with `redis` and `cjson`. */
export class Scripts {
  readonly #operators = new Operators();
  readonly #globals: Map<string, LuaValue>;
  readonly #chunks = new Map<string, Chunk>();
  #readOnly = false;

  constructor(call: Call) {
    this.#globals = standardLibrary(this.#operators);
    this.#globals.set(
      'redis',
      redisTable((args) => call(args, this.#readOnly)),
    );
    this.#globals.set('cjson', jsonTable(this.#operators));
    const globals = new LuaTable();
    for (const [name, value] of this.#globals) globals.set(name, value);
    globals.readonly = true;
    this.#globals.set('_G', globals);
  }

  /** SCRIPT LOAD, EXISTS, FLUSH. */
  manage([, subcommand, ...args]: string[]): Reply {
    switch (subcommand!.toUpperCase()) {
      case 'LOAD': {
        if (args.length !== 1) break;
        const sha = sha1(args[0]!);
        this.#load(sha, args[0]!);
        return sha;
      }
      case 'EXISTS':
        return args.map((sha) => (this.#chunks.has(sha.toLowerCase()) ? 1 : 0));
      case 'FLUSH':
        this.#chunks.clear();
        return OK;
    }
    throw new RedisError(`ERR unknown subcommand or wrong number of arguments for '${subcommand}'. Try SCRIPT HELP.`);
  }

  /** EVAL: `args` are the number of keys, the keys, and the arguments. */
  evaluate(source: string, args: string[], readOnly: boolean): Reply {
    const sha = sha1(source);
    return this.#run(sha, this.#chunks.get(sha) ?? this.#load(sha, source), args, readOnly);
  }

  /** EVALSHA; throws `NOSCRIPT` for a script that was not seen since the start. */
  evaluateCached(sha: string, args: string[], readOnly: boolean): Reply {
    const chunk = this.#chunks.get(sha) ?? this.#chunks.get(sha.toLowerCase());
    if (!chunk) throw new RedisError('NOSCRIPT No matching script. Please use EVAL.');
    return this.#run(sha, chunk, args, readOnly);
  }

  #load(sha: string, source: string): Chunk {
    try {
      const chunk = compile(withoutShebang(source), this.#globals, this.#operators);
      this.#chunks.set(sha, chunk);
      return chunk;
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      throw new RedisError(`ERR Error compiling script (new function): ${error.message}`);
    }
  }

  #run(sha: string, chunk: Chunk, args: string[], readOnly: boolean): Reply {
    const count = integer(args[0]);
    if (count < 0) throw new RedisError("ERR Number of keys can't be negative");
    if (count > args.length - 1) throw new RedisError("ERR Number of keys can't be greater than number of args");
    const keys = LuaTable.of(args.slice(1, 1 + count));
    const argv = LuaTable.of(args.slice(1 + count));
    this.#readOnly = readOnly;
    this.#operators.begin();
    try {
      return toReply(first(chunk(keys, argv)));
    } catch (error) {
      throw this.#toRedisError(error, sha);
    }
  }

  #toRedisError(error: unknown, sha: string): unknown {
    const place = `script: ${sha}, on @user_script:${this.#operators.line}.`;
    if (error instanceof ScriptTimeout) return new RedisError(`ERR the script ran for too long ${place}`);
    if (error instanceof RangeError)
      return new RedisError(`ERR user_script:${this.#operators.line}: stack overflow ${place}`);
    if (!(error instanceof LuaError)) return error;
    const { value } = error;
    const message = value instanceof LuaTable ? value.get('err') : value;
    if (value instanceof LuaTable && typeof message === 'string') return new RedisError(`${message} ${place}`);
    const text =
      typeof message === 'string' || typeof message === 'number' ? message : '(error object is not a string)';
    return new RedisError(`ERR ${text} ${place}`);
  }
}

const sha1 = (bytes: string) => createHash('sha1').update(bytes, 'latin1').digest('hex');

function redisTable(call: (args: string[]) => Reply): LuaTable {
  const run: LuaFunction = (...args) => {
    if (args.length === 0)
      throw new LuaError(errorTable('ERR Please specify at least one argument for this redis lib call'));
    return toLua(call(args.map(toArgument)));
  };
  const single = (field: 'ok' | 'err', text: LuaValue) => {
    if (typeof text !== 'string') return LuaTable.from({ err: 'ERR wrong number or type of arguments' });
    return LuaTable.from({ [field]: text });
  };
  const table = LuaTable.from({
    call: (...args) => {
      try {
        return run(...args);
      } catch (error) {
        throw error instanceof RedisError ? new LuaError(errorTable(error.message)) : error;
      }
    },
    pcall: (...args) => {
      try {
        return run(...args);
      } catch (error) {
        if (error instanceof RedisError) return errorTable(error.message);
        if (error instanceof LuaError && error.value instanceof LuaTable) return error.value;
        throw error;
      }
    },
    error_reply: (text) => single('err', typeof text === 'string' ? text.replace(/^-/, '') : text),
    status_reply: (text) => single('ok', text),
    sha1hex: (text) => {
      if (typeof text !== 'string' && typeof text !== 'number') {
        throw new LuaError(errorTable('ERR wrong number of arguments'));
      }
      return sha1(toArgument(text));
    },
    // What these change elsewhere (replication, protocol, logging) does not exist here.
    log: () => [],
    setresp: () => [],
    set_repl: () => [],
    replicate_commands: () => true,
    LOG_DEBUG: 0,
    LOG_VERBOSE: 1,
    LOG_NOTICE: 2,
    LOG_WARNING: 3,
    REPL_ALL: 3,
  });
  table.readonly = true;
  return table;
}

function jsonTable(operators: Operators): LuaTable {
  const placed =
    (work: (value: LuaValue) => LuaValue): LuaFunction =>
    (value) => {
      try {
        return work(value);
      } catch (error) {
        throw error instanceof LuaError ? operators.fault(error.message) : error;
      }
    };
  const table = LuaTable.from({
    encode: placed((value) => encodeJson(value)),
    decode: placed((value) => {
      if (typeof value !== 'string') throw new LuaError("bad argument #1 to 'decode' (string expected)");
      return decodeJson(value);
    }),
    null: jsonNull,
  });
  table.readonly = true;
  return table;
}

const errorTable = (message: string) => LuaTable.from({ err: message });

/** A value of a script as an argument of a command; throws for what Redis does not take. */
function toArgument(value: LuaValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatG(value, 17);
  throw new LuaError(errorTable('ERR Lua redis lib command arguments must be strings or integers'));
}

/** Redis to Lua: null is false, a status is a table with `ok`, lists are tables. */
function toLua(reply: Reply): LuaValue {
  if (reply === null) return false;
  if (typeof reply !== 'object') return reply;
  if (Array.isArray(reply)) return LuaTable.of(reply.map(toLua));
  return reply instanceof Status ? LuaTable.from({ ok: reply.text }) : errorTable(reply.message);
}

/** Lua to Redis: numbers lose their fraction, true is 1, false is null, a table ends at its first nil. */
function toReply(value: LuaValue): Reply {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : 0;
  if (value === true) return 1;
  if (!(value instanceof LuaTable)) return null;
  const error = value.get('err');
  if (typeof error === 'string') return new RedisError(error);
  const status = value.get('ok');
  if (typeof status === 'string') return new Status(status);
  const items: Reply[] = [];
  for (const item of value.items) {
    if (item === undefined) break;
    items.push(toReply(item));
  }
  return items;
}
