import { RedisError, type Reply } from './reply';
import type { SortedSet } from './sorted-set';
import type { Stream } from './streams';

type Values = {
  string: string;
  hash: Map<string, string>;
  list: string[];
  set: Set<string>;
  zset: SortedSet;
  stream: Stream;
};

export type Type = keyof Values;

export type Entry = {
  [T in Type]: {
    type: T;
    value: Values[T];
    /** Milliseconds since the epoch; 0 never expires. */
    expiresAt: number;
    /** Rises with every new key, and so with the order of iteration: SCAN's cursor. */
    sequence: number;
  };
}[Type];

/** The keys, their expiry, and the record of what the commands of a request changed. */
export class Keyspace {
  readonly entries = new Map<string, Entry>();
  /** Stands still while a request is answered, as time does for a Redis script. */
  now = Date.now();
  /** While the log is replayed nothing expires by itself: the log says when something did. */
  replaying = false;
  /** The commands that bring about again what this request changed. */
  effects: string[][] = [];
  /** Set by a command whose own words are its effect. */
  changedAsWritten = false;
  readonly #volatile = new Set<string>();
  #sweep: Iterator<string> = this.#volatile.values();
  #sequence = 0;

  /** The living entry of a key. */
  find(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry !== undefined && entry.expiresAt !== 0 && entry.expiresAt <= this.now && !this.replaying) {
      this.remove(key);
      this.effects.push(['DEL', key]);
      return undefined;
    }
    return entry;
  }

  /** The value of a key that must be of this type where it exists; throws `WRONGTYPE`. */
  get<T extends Type>(key: string, type: T): Values[T] | undefined {
    const entry = this.find(key);
    if (entry === undefined) return undefined;
    if (entry.type !== type) {
      throw new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value');
    }
    return entry.value as Values[T];
  }

  /** As `get`, but makes the key where it does not exist. Call it only when something will be stored in it. */
  getOrCreate<T extends Type>(key: string, type: T, create: () => Values[T]): Values[T] {
    let value = this.get(key, type);
    if (value === undefined) {
      value = create();
      this.put(key, type, value);
    }
    return value;
  }

  /** Stores a whole value, whatever was there. */
  put<T extends Type>(key: string, type: T, value: Values[T], expiresAt = 0): void {
    const old = this.entries.get(key);
    if (old === undefined) this.#sequence += 1;
    const sequence = old?.sequence ?? this.#sequence;
    this.entries.set(key, { type, value, expiresAt, sequence } as Entry);
    this.#track(key, expiresAt);
  }

  expire(key: string, entry: Entry, expiresAt: number): void {
    entry.expiresAt = expiresAt;
    this.#track(key, expiresAt);
  }

  remove(key: string): boolean {
    this.#volatile.delete(key);
    return this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
    this.#volatile.clear();
  }

  /** Records a change: by the command as it was written, or by the one given. */
  changed(effect?: string[]): void {
    if (effect) this.effects.push(effect);
    else this.changedAsWritten = true;
  }

  /** Removes some of the keys whose time has passed, so that keys nobody asks for again do not pile up. */
  sweep(limit = 500): void {
    for (let i = 0; i < Math.min(limit, this.#volatile.size); i += 1) {
      const next = this.#sweep.next();
      if (next.done) this.#sweep = this.#volatile.values();
      else this.find(next.value);
    }
  }

  #track(key: string, expiresAt: number): void {
    if (expiresAt === 0) this.#volatile.delete(key);
    else this.#volatile.add(key);
  }
}

/** One command: its arity as Redis counts it (with the name; negative: at least), and what it does. */
export type Command = {
  arity: number;
  /** Refused in read-only scripts. */
  write: boolean;
  run(keyspace: Keyspace, args: string[]): Reply;
};
