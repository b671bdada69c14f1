/**
 * Lua values as JavaScript values: nil is undefined, strings are byte strings, tables are `LuaTable`, functions are
 * JavaScript functions. A function answers nothing or one value as it is, and several as an array: arrays are never
 * values themselves.
 */
export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction | typeof jsonNull;
export type LuaFunction = (...args: LuaValue[]) => LuaResult;
export type LuaResult = LuaValue | LuaValue[];

/** `cjson.null`, a value of its own. */
export const jsonNull = Symbol('cjson.null');

/** An error with the value that was thrown, as `pcall` gives it back. */
export class LuaError extends Error {
  override name = 'LuaError';
  readonly value: LuaValue;
  constructor(value: LuaValue) {
    super(typeof value === 'string' ? value : 'Lua error');
    this.value = value;
  }
}

/** A table: the items 1, 2, 3 … in an array, everything else in a map. */
export class LuaTable {
  readonly items: LuaValue[] = [];
  readonly #rest = new Map<LuaValue, LuaValue>();
  metatable: LuaTable | undefined;
  readonly = false;

  static of(items: LuaValue[]): LuaTable {
    const table = new LuaTable();
    for (let i = 0; i < items.length; i += 1) table.set(i + 1, items[i]);
    return table;
  }

  static from(fields: Record<string, LuaValue>): LuaTable {
    const table = new LuaTable();
    for (const name of Object.keys(fields)) table.#rest.set(name, fields[name]);
    return table;
  }

  /** The length: no item behind it, and none of the array's last items is nil. */
  get length(): number {
    return this.items.length;
  }

  get(key: LuaValue): LuaValue {
    if (typeof key === 'number' && key >= 1 && key <= this.items.length && Number.isInteger(key)) {
      return this.items[key - 1];
    }
    return this.#rest.get(key);
  }

  set(key: LuaValue, value: LuaValue): void {
    if (this.readonly) throw new LuaError('Attempt to modify a readonly table');
    if (typeof key === 'number') {
      const { items } = this;
      if (key >= 1 && key <= items.length && Number.isInteger(key)) {
        items[key - 1] = value;
        // The length counts up to the last item that is there.
        if (value === undefined) while (items.length > 0 && items.at(-1) === undefined) items.pop();
        return;
      }
      if (key === items.length + 1) {
        if (value === undefined) {
          this.#rest.delete(key);
          return;
        }
        items.push(value);
        if (this.#rest.size > 0) this.#adopt();
        return;
      }
      if (Number.isNaN(key)) throw new LuaError('table index is NaN');
    }
    if (key === undefined) throw new LuaError('table index is nil');
    if (value === undefined) this.#rest.delete(key);
    else this.#rest.set(key, value);
  }

  /** All pairs, in an order that setting existing fields (to nil, too) does not disturb. */
  *pairs(): Generator<[LuaValue, LuaValue]> {
    for (let i = 0; i < this.items.length; i += 1) {
      const value = this.items[i];
      if (value !== undefined) yield [i + 1, value];
    }
    yield* this.#rest;
  }

  /** Items that waited behind the end move into the array. */
  #adopt(): void {
    const { items } = this;
    for (let next = this.#rest.get(items.length + 1); next !== undefined; next = this.#rest.get(items.length + 1)) {
      this.#rest.delete(items.length + 1);
      items.push(next);
    }
  }
}

export function typeName(value: LuaValue): string {
  if (value === undefined) return 'nil';
  if (value instanceof LuaTable) return 'table';
  return typeof value === 'symbol' ? 'userdata' : typeof value;
}

/** C's `%.{precision}g`, which is how Lua 5.1 (14) and Redis (17) write numbers. */
export function formatG(value: number, precision: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15 && Math.abs(value) < 10 ** precision) {
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  const [mantissa, exponent] = value.toExponential(precision - 1).split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= precision) {
    const digits = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const fixed = value.toFixed(Math.min(precision - 1 - power, 100));
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
}

/** A string as the number it spells (decimal, hexadecimal, surrounded by spaces), or undefined. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed);
  const hex = /^([+-]?)(0x[\da-f]+)$/i.exec(trimmed);
  if (hex) return hex[1] === '-' ? -Number(hex[2]) : Number(hex[2]);
  const word = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(trimmed);
  if (!word) return undefined;
  if (word[2]!.toLowerCase() === 'nan') return Number.NaN;
  return word[1] === '-' ? -Infinity : Infinity;
}

/** The values a function answered, as a list. */
export const many = (result: LuaResult): LuaValue[] => (Array.isArray(result) ? result : [result]);

/** The first of the values a function answered. */
export const first = (result: LuaResult): LuaValue => (Array.isArray(result) ? result[0] : result);
