import { LuaError, parseNumber } from './values';

/** `text` is a name, a keyword or an operator (`symbol`), a number as JavaScript writes it, or a string's bytes. */
export type Token = { type: 'name' | 'symbol' | 'number' | 'string' | 'end of file'; text: string; line: number };

const keywords = new Set(
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
);
const escapes: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '\n': '\n',
};

/** Lua 5.1's tokens, one at a time. Throws `LuaError` with the line. */
export class Lexer {
  token: Token = { type: 'end of file', text: '<eof>', line: 1 };
  readonly #source: string;
  #at = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
    this.next();
  }

  next(): void {
    this.#skipBlanks();
    this.token = this.#read();
  }

  /** Whether `=` (not `==`) comes right behind the current token. */
  peekIsAssignment(): boolean {
    return /^(?:\s|--\[\[.*?\]\]|--[^\n]*\n)*=(?!=)/s.test(this.#source.slice(this.#at, this.#at + 2_000));
  }

  fault(message: string): LuaError {
    return new LuaError(`user_script:${this.token.line}: ${message}`);
  }

  #read(): Token {
    const line = this.#line;
    const source = this.#source;
    const c = source[this.#at];
    if (c === undefined) return { type: 'end of file', text: '<eof>', line };
    const name = this.#match(/[A-Za-z_]\w*/y);
    if (name !== undefined) return { type: keywords.has(name) ? 'symbol' : 'name', text: name, line };
    if (/\d/.test(c) || (c === '.' && /\d/.test(source[this.#at + 1] ?? ''))) {
      const text = this.#match(/0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y)!;
      if (/\w/.test(source[this.#at] ?? '')) throw this.#malformed(line, `malformed number near '${text}'`);
      return { type: 'number', text: String(parseNumber(text)), line };
    }
    if (c === '"' || c === "'") return { type: 'string', text: this.#quoted(c), line };
    const long = this.#longBracket();
    if (long !== undefined) return { type: 'string', text: long, line };
    const symbol = this.#match(/\.\.\.|\.\.|==|~=|<=|>=|[-+*/%^#<>=(){}[\];:,.]/y);
    if (symbol === undefined) throw this.#malformed(line, `unexpected symbol near '${c}'`);
    return { type: 'symbol', text: symbol, line };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#source)?.[0];
    if (text !== undefined) this.#at += text.length;
    return text;
  }

  #skipBlanks(): void {
    for (;;) {
      this.#countLines(this.#match(/\s+/y) ?? '');
      if (!this.#source.startsWith('--', this.#at)) return;
      this.#at += 2;
      if (this.#longBracket() === undefined) this.#match(/[^\n]*/y);
    }
  }

  #countLines(text: string): void {
    for (const c of text) if (c === '\n') this.#line += 1;
  }

  #quoted(quote: string): string {
    const line = this.#line;
    let text = '';
    this.#at += 1;
    for (;;) {
      text += this.#match(/[^\\\n"']+/y) ?? '';
      const c = this.#source[this.#at];
      this.#at += 1;
      if (c === quote) return text;
      if (c === undefined) throw this.#malformed(line, "unfinished string near '<eof>'");
      if (c === '\n') throw this.#malformed(line, `unfinished string near '${quote}${text}'`);
      if (c !== '\\') {
        text += c;
        continue;
      }
      const code = this.#match(/\d{1,3}/y);
      if (code !== undefined) {
        if (Number(code) > 255) throw this.#malformed(line, 'escape sequence too large');
        text += String.fromCharCode(Number(code));
      } else {
        const escaped = this.#source[this.#at] ?? '';
        this.#at += 1;
        this.#countLines(escaped);
        text += escapes[escaped] ?? escaped;
      }
    }
  }

  /** `[[…]]` or `[==[…]==]`; its first line break does not count. */
  #longBracket(): string | undefined {
    const open = this.#match(/\[=*\[/y);
    if (open === undefined) return undefined;
    const line = this.#line;
    const close = `]${open.slice(1, -1)}]`;
    const end = this.#source.indexOf(close, this.#at);
    if (end === -1) throw this.#malformed(line, 'unfinished long string');
    const text = this.#source.slice(this.#at, end);
    this.#countLines(text);
    this.#at = end + close.length;
    return text.replace(/^\r?\n/, '');
  }

  #malformed(line: number, message: string): LuaError {
    return new LuaError(`user_script:${line}: ${message}`);
  }
}
