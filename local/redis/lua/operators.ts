import {
  first,
  formatG,
  LuaError,
  type LuaFunction,
  type LuaResult,
  LuaTable,
  type LuaValue,
  many,
  parseNumber,
  typeName,
} from './values';

const deadlineMs = 5_000;
const stepsBetweenChecks = 100_000;

/** What compiled code calls for everything that JavaScript does otherwise than Lua. */
export class Operators {
  /** The line being executed, for messages. */
  line = 0;
  /** Where methods of strings are found. */
  strings = new LuaTable();
  #steps = 0;
  #deadline = 0;

  readonly first = first;
  readonly many = many;
  readonly none: LuaValue[] = [];

  /** Begins a run, which may take five seconds, as a Redis script may. */
  begin(): void {
    this.#steps = 0;
    this.#deadline = Date.now() + deadlineMs;
  }

  /** Called in every round of every loop. */
  tick(): void {
    this.#steps += 1;
    if (this.#steps < stepsBetweenChecks) return;
    this.#steps = 0;
    if (Date.now() > this.#deadline) throw new ScriptTimeout();
  }

  /** An error with the place it happened at, as Lua writes it. */
  fault(message: string): LuaError {
    return new LuaError(`user_script:${this.line}: ${message}`);
  }

  truthy(value: LuaValue): boolean {
    return value !== undefined && value !== false;
  }

  index(object: LuaValue, key: LuaValue, name?: string): LuaValue {
    if (object instanceof LuaTable) {
      const value = object.get(key);
      if (value !== undefined || object.metatable === undefined) return value;
      const handler = object.metatable.get('__index');
      if (handler === undefined) return undefined;
      return typeof handler === 'function' ? first(handler(object, key)) : this.index(handler, key);
    }
    if (typeof object === 'string') return this.strings.get(key);
    throw this.fault(`attempt to index ${described(object, name)}`);
  }

  setIndex(object: LuaValue, key: LuaValue, value: LuaValue, name?: string): void {
    if (!(object instanceof LuaTable)) throw this.fault(`attempt to index ${described(object, name)}`);
    const handler = object.metatable?.get('__newindex');
    if (handler === undefined || object.get(key) !== undefined) {
      try {
        object.set(key, value);
      } catch (error) {
        throw error instanceof LuaError ? this.fault(error.message) : error;
      }
    } else if (typeof handler === 'function') handler(object, key, value);
    else this.setIndex(handler, key, value);
  }

  /** The function to call for a value. */
  callable(value: LuaValue, name?: string): LuaFunction {
    if (typeof value === 'function') return value;
    const handler = metamethod(value, '__call');
    if (typeof handler === 'function') return (...args) => handler(value, ...args);
    throw this.fault(`attempt to call ${described(value, name)}`);
  }

  /** `object:name(…)`. */
  invoke(object: LuaValue, method: string, name: string | undefined, ...args: LuaValue[]): LuaResult {
    return this.callable(this.index(object, method, name), `method '${method}'`)(object, ...args);
  }

  table(pairs: LuaValue[], items: LuaValue[]): LuaTable {
    const table = LuaTable.of(items);
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] === undefined) throw this.fault('table index is nil');
      // A positional item wins over a field of the same number, whichever is written first.
      if (table.get(pairs[i]) === undefined) table.set(pairs[i], pairs[i + 1]);
    }
    return table;
  }

  add(a: LuaValue, b: LuaValue): LuaValue {
    return typeof a === 'number' && typeof b === 'number' ? a + b : this.#arithmetic('__add', a, b);
  }
  sub(a: LuaValue, b: LuaValue): LuaValue {
    return typeof a === 'number' && typeof b === 'number' ? a - b : this.#arithmetic('__sub', a, b);
  }
  mul(a: LuaValue, b: LuaValue): LuaValue {
    return typeof a === 'number' && typeof b === 'number' ? a * b : this.#arithmetic('__mul', a, b);
  }
  div(a: LuaValue, b: LuaValue): LuaValue {
    return typeof a === 'number' && typeof b === 'number' ? a / b : this.#arithmetic('__div', a, b);
  }
  mod(a: LuaValue, b: LuaValue): LuaValue {
    return this.#arithmetic('__mod', a, b);
  }
  pow(a: LuaValue, b: LuaValue): LuaValue {
    return this.#arithmetic('__pow', a, b);
  }
  negate(a: LuaValue): LuaValue {
    return typeof a === 'number' ? -a : this.#arithmetic('__unm', a, a);
  }

  concat(a: LuaValue, b: LuaValue): LuaValue {
    const left = typeof a === 'number' ? formatG(a, 14) : a;
    const right = typeof b === 'number' ? formatG(b, 14) : b;
    if (typeof left === 'string' && typeof right === 'string') return left + right;
    const handler = metamethod(a, '__concat') ?? metamethod(b, '__concat');
    if (typeof handler === 'function') return first(handler(a, b));
    throw this.fault(`attempt to concatenate a ${typeName(typeof left === 'string' ? b : a)} value`);
  }

  length(value: LuaValue): number {
    if (typeof value === 'string' || value instanceof LuaTable) return value.length;
    throw this.fault(`attempt to get length of a ${typeName(value)} value`);
  }

  equal(a: LuaValue, b: LuaValue): boolean {
    if (a === b) return true;
    if (!(a instanceof LuaTable) || !(b instanceof LuaTable)) return false;
    const handler = metamethod(a, '__eq');
    return typeof handler === 'function' && handler === metamethod(b, '__eq') && this.truthy(first(handler(a, b)));
  }

  less(a: LuaValue, b: LuaValue): boolean {
    if (typeof a === 'number' && typeof b === 'number') return a < b;
    if (typeof a === 'string' && typeof b === 'string') return a < b;
    return this.#compare('__lt', a, b);
  }
  lessOrEqual(a: LuaValue, b: LuaValue): boolean {
    if (typeof a === 'number' && typeof b === 'number') return a <= b;
    if (typeof a === 'string' && typeof b === 'string') return a <= b;
    return this.#compare('__le', a, b);
  }
  greater(a: LuaValue, b: LuaValue): boolean {
    return this.less(b, a);
  }
  greaterOrEqual(a: LuaValue, b: LuaValue): boolean {
    return this.lessOrEqual(b, a);
  }

  /** A bound of a numeric `for`. */
  loopNumber(value: LuaValue, what: string): number {
    const number = toNumber(value);
    if (number === undefined) throw this.fault(`'for' ${what} must be a number`);
    return number;
  }

  missingGlobal(name: string): never {
    throw this.fault(`Script attempted to access nonexistent global variable '${name}'`);
  }

  setGlobal(_value: LuaValue): never {
    throw this.fault('Attempt to modify a readonly table');
  }

  #arithmetic(event: string, a: LuaValue, b: LuaValue): LuaValue {
    const left = toNumber(a);
    const right = toNumber(b);
    if (left === undefined || right === undefined) {
      const handler = metamethod(a, event) ?? metamethod(b, event);
      if (typeof handler === 'function') return first(handler(a, b));
      throw this.fault(`attempt to perform arithmetic on a ${typeName(left === undefined ? a : b)} value`);
    }
    switch (event) {
      case '__add':
        return left + right;
      case '__sub':
        return left - right;
      case '__mul':
        return left * right;
      case '__div':
        return left / right;
      case '__mod':
        return left - Math.floor(left / right) * right;
      case '__pow':
        return left ** right;
      default:
        return -left;
    }
  }

  #compare(event: string, a: LuaValue, b: LuaValue): boolean {
    const handler = metamethod(a, event) ?? metamethod(b, event);
    if (typeof handler === 'function') return this.truthy(first(handler(a, b)));
    const [left, right] = [typeName(a), typeName(b)];
    throw this.fault(
      left === right ? `attempt to compare two ${left} values` : `attempt to compare ${left} with ${right}`,
    );
  }
}

/** A script ran too long. `pcall` does not catch it. */
export class ScriptTimeout extends Error {
  override name = 'ScriptTimeout';
}

/** A number, or the number that a string spells. */
export function toNumber(value: LuaValue): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? parseNumber(value) : undefined;
}

const metamethod = (value: LuaValue, event: string): LuaValue =>
  value instanceof LuaTable ? value.metatable?.get(event) : undefined;

const described = (value: LuaValue, name?: string) =>
  name === undefined ? `a ${typeName(value)} value` : `${name} (a ${typeName(value)} value)`;
