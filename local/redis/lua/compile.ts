import { Lexer, type Token } from './lexer';
import type { Operators } from './operators';
import type { LuaError, LuaFunction, LuaValue } from './values';

/** A script ready to run. */
export type Chunk = (keys: LuaValue, argv: LuaValue) => ReturnType<LuaFunction>;

/**
 * Compiles a Lua 5.1 script to JavaScript, in one pass from tokens to text. `globals` are the only global names that
 * exist: reading another one, or setting any, is an error at run time, as it is in Redis.
 * Throws `LuaError` with the line where the source is not Lua.
 */
export function compile(source: string, globals: Map<string, LuaValue>, operators: Operators): Chunk {
  const used = new Set<string>();
  const body = new Compiler(source, globals, used).chunk();
  const constants = [...used].map((name) => `const g_${name} = globals.get("${name}");`).join('\n');
  const build = new Function(
    'R',
    'globals',
    `"use strict";\n${constants}\nreturn function (l_KEYS, l_ARGV) {\n${body}\n};`,
  );
  return build(operators, globals) as Chunk;
}

/** JavaScript for an expression, and what is known about it. */
type Expression = {
  js: string;
  /** Answers any number of values: a call, or `...`. */
  multiple?: 'call' | 'varargs';
  /** Always a JavaScript boolean. */
  boolean?: true;
  /** How messages call it. */
  name?: string;
  /** Where an assignment to it goes. */
  assign?: (value: string) => string;
};

type FunctionState = { varargs: boolean; usesTemporary: boolean };

const binaryPriority: Record<string, [left: number, right: number]> = {
  or: [1, 1],
  and: [2, 2],
  '<': [3, 3],
  '>': [3, 3],
  '<=': [3, 3],
  '>=': [3, 3],
  '~=': [3, 3],
  '==': [3, 3],
  '..': [5, 4],
  '+': [6, 6],
  '-': [6, 6],
  '*': [7, 7],
  '/': [7, 7],
  '%': [7, 7],
  '^': [10, 9],
};
const unaryPriority = 8;

const operatorNames: Record<string, string> = {
  '<': 'less',
  '>': 'greater',
  '<=': 'lessOrEqual',
  '>=': 'greaterOrEqual',
  '..': 'concat',
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'mod',
  '^': 'pow',
};

class Compiler {
  readonly #lexer: Lexer;
  readonly #globals: Map<string, LuaValue>;
  readonly #used: Set<string>;
  /** Innermost last. Each local has a name of its own in JavaScript, so shadowing needs no care. */
  #scopes: Map<string, string>[] = [
    new Map([
      ['KEYS', 'l_KEYS'],
      ['ARGV', 'l_ARGV'],
    ]),
  ];
  #function: FunctionState = { varargs: false, usesTemporary: false };
  #locals = 0;
  #loops = 0;
  #depth = 0;

  constructor(source: string, globals: Map<string, LuaValue>, used: Set<string>) {
    this.#lexer = new Lexer(source);
    this.#globals = globals;
    this.#used = used;
  }

  chunk(): string {
    const body = this.#block();
    if (this.#token.type !== 'end of file') throw this.#unexpected();
    return this.#functionBody(body);
  }

  get #token(): Token {
    return this.#lexer.token;
  }

  #at(symbol: string): boolean {
    const { type, text } = this.#token;
    return type === 'symbol' && text === symbol;
  }

  #accept(symbol: string): boolean {
    if (!this.#at(symbol)) return false;
    this.#lexer.next();
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#accept(symbol)) throw this.#lexer.fault(`'${symbol}' expected near '${this.#token.text}'`);
  }

  #name(): string {
    const { type, text } = this.#token;
    if (type !== 'name') throw this.#lexer.fault(`<name> expected near '${text}'`);
    this.#lexer.next();
    return text;
  }

  #unexpected(): LuaError {
    return this.#lexer.fault(`unexpected symbol near '${this.#token.text}'`);
  }

  #declare(name: string): string {
    this.#locals += 1;
    const js = `l_${name}_${this.#locals}`;
    this.#scopes.at(-1)!.set(name, js);
    return js;
  }

  #scoped<T>(work: () => T): T {
    this.#scopes.push(new Map());
    try {
      return work();
    } finally {
      this.#scopes.pop();
    }
  }

  #functionBody(body: string): string {
    return `${this.#function.usesTemporary ? 'let t;\n' : ''}${body}return R.none;`;
  }

  /** Statements up to the end of their block, in a scope of their own. */
  #block(): string {
    return this.#scoped(() => this.#statements());
  }

  #statements(): string {
    // Deeply nested source would otherwise exhaust JavaScript's own stack, here or in its parser.
    this.#depth += 1;
    if (this.#depth > 190) throw this.#lexer.fault('chunk has too many syntax levels');
    let js = '';
    while (!this.#atBlockEnd()) {
      const { line } = this.#token;
      if (this.#accept('return')) {
        js += `R.line = ${line}; return ${this.#returned()};\n`;
        this.#accept(';');
        if (!this.#atBlockEnd()) throw this.#lexer.fault(`'<eof>' expected near '${this.#token.text}'`);
        break;
      }
      js += `R.line = ${line}; ${this.#statement()}\n`;
      this.#accept(';');
    }
    this.#depth -= 1;
    return js;
  }

  #atBlockEnd(): boolean {
    const { type, text } = this.#token;
    if (type === 'end of file') return true;
    return type === 'symbol' && (text === 'end' || text === 'else' || text === 'elseif' || text === 'until');
  }

  #returned(): string {
    if (this.#atBlockEnd() || this.#at(';')) return 'R.none';
    const values = this.#expressions();
    if (values.length === 1) return values[0]!.js;
    return `[${this.#list(values)}]`;
  }

  #statement(): string {
    const { type, text } = this.#token;
    if (type === 'symbol') {
      switch (text) {
        case 'if':
          return this.#if();
        case 'while':
          return this.#while();
        case 'repeat':
          return this.#repeat();
        case 'for':
          return this.#for();
        case 'do': {
          this.#lexer.next();
          const body = this.#block();
          this.#expect('end');
          return `{ ${body} }`;
        }
        case 'local':
          this.#lexer.next();
          return this.#accept('function') ? this.#localFunction() : this.#local();
        case 'function':
          return this.#functionStatement();
        case 'break':
          this.#lexer.next();
          if (this.#loops === 0) throw this.#lexer.fault('no loop to break');
          return 'break;';
      }
    }
    return this.#expressionStatement();
  }

  #if(): string {
    let js = '';
    do {
      this.#lexer.next();
      const test = this.#condition();
      this.#expect('then');
      js += `${js === '' ? '' : ' else '}if (${test}) { ${this.#block()} }`;
    } while (this.#at('elseif'));
    if (this.#accept('else')) js += ` else { ${this.#block()} }`;
    this.#expect('end');
    return js;
  }

  #condition(): string {
    return this.#test(this.#expression());
  }

  #test(expression: Expression): string {
    return expression.boolean ? expression.js : `R.truthy(${this.#single(expression)})`;
  }

  #while(): string {
    this.#lexer.next();
    const test = this.#condition();
    this.#expect('do');
    const body = this.#loop();
    this.#expect('end');
    return `while (${test}) { ${body} }`;
  }

  /** `until` sees the locals of the body. */
  #repeat(): string {
    this.#lexer.next();
    return this.#scoped(() => {
      this.#loops += 1;
      const body = this.#statements();
      this.#loops -= 1;
      this.#expect('until');
      return `for (;;) { R.tick(); ${body} if (${this.#condition()}) break; }`;
    });
  }

  #loop(): string {
    this.#loops += 1;
    const body = this.#block();
    this.#loops -= 1;
    return `R.tick(); ${body}`;
  }

  #for(): string {
    this.#lexer.next();
    const names = [this.#name()];
    if (this.#accept('=')) {
      const bounds = this.#expressions().map((bound) => this.#single(bound));
      if (bounds.length < 2 || bounds.length > 3) throw this.#unexpected();
      this.#expect('do');
      return this.#scoped(() => {
        const local = this.#declare(names[0]!);
        const [i, limit, step] = [`${local}_i`, `${local}_limit`, `${local}_step`];
        const body = this.#loop();
        this.#expect('end');
        return `{ let ${i} = R.loopNumber(${bounds[0]}, "initial value");
const ${limit} = R.loopNumber(${bounds[1]}, "limit"), ${step} = R.loopNumber(${bounds[2] ?? '1'}, "step");
for (; ${step} > 0 ? ${i} <= ${limit} : ${i} >= ${limit}; ${i} += ${step}) { let ${local} = ${i}; ${body} } }`;
      });
    }
    while (this.#accept(',')) names.push(this.#name());
    this.#expect('in');
    const values = this.#list(this.#expressions());
    this.#expect('do');
    return this.#scoped(() => {
      const locals = names.map((name) => this.#declare(name));
      const prefix = `${locals[0]}`;
      const body = this.#loop();
      this.#expect('end');
      const taken = locals.map((local, i) => `${local} = ${prefix}_r[${i}]`).join(', ');
      return `{ let [${prefix}_f, ${prefix}_s, ${prefix}_c] = [${values}];
for (;;) { const ${prefix}_r = R.many(R.callable(${prefix}_f)(${prefix}_s, ${prefix}_c)); let ${taken};
if (${prefix} === undefined) break; ${prefix}_c = ${prefix}; ${body} } }`;
    });
  }

  #localFunction(): string {
    const local = this.#declare(this.#name());
    return `let ${local}; ${local} = ${this.#function_(false)};`;
  }

  #local(): string {
    const names = [this.#name()];
    while (this.#accept(',')) names.push(this.#name());
    // The values are compiled first: they do not see the new names.
    const values = this.#accept('=') ? this.#expressions() : [];
    if (values.length === names.length || !values.some(({ multiple }) => multiple)) {
      const js = values.map((value) => this.#single(value));
      const locals = names.map((name, i) => `${this.#declare(name)} = ${js[i] ?? 'undefined'}`);
      return `let ${locals.join(', ')};${js
        .slice(names.length)
        .map((extra) => ` ${extra};`)
        .join('')}`;
    }
    const list = this.#list(values);
    return `let [${names.map((name) => this.#declare(name)).join(', ')}] = [${list}];`;
  }

  #functionStatement(): string {
    this.#lexer.next();
    let target = this.#variable(this.#name());
    let isMethod = false;
    while (this.#at('.') || this.#at(':')) {
      isMethod = this.#accept(':');
      if (!isMethod) this.#lexer.next();
      target = this.#indexed(target, JSON.stringify(this.#name()));
      if (isMethod) break;
    }
    return `${target.assign!(this.#function_(isMethod))};`;
  }

  #expressionStatement(): string {
    const target = this.#suffixed();
    if (!this.#at('=') && !this.#at(',')) {
      if (target.multiple !== 'call') throw this.#lexer.fault(`'=' expected near '${this.#token.text}'`);
      return `${target.js};`;
    }
    const targets = [target];
    while (this.#accept(',')) targets.push(this.#suffixed());
    this.#expect('=');
    const values = this.#expressions();
    for (const { assign } of targets) if (!assign) throw this.#unexpected();
    if (targets.length === 1 && values.length === 1) return `${target.assign!(this.#single(values[0]!))};`;
    // Everything is evaluated before anything is assigned.
    const assigned = targets.map(({ assign }, i) => `${assign!(`v[${i}]`)};`);
    return `{ const v = [${this.#list(values)}]; ${assigned.join(' ')} }`;
  }

  #expressions(): Expression[] {
    const all = [this.#expression()];
    while (this.#accept(',')) all.push(this.#expression());
    return all;
  }

  /** Expressions as the items of a JavaScript list: each one value, but the last one all of its values. */
  #list(expressions: Expression[]): string {
    return expressions
      .map((expression, i) => {
        if (i < expressions.length - 1 || !expression.multiple) return this.#single(expression);
        return expression.multiple === 'varargs' ? '...va' : `...R.many(${expression.js})`;
      })
      .join(', ');
  }

  #single({ js, multiple }: Expression): string {
    if (multiple === 'call') return `R.first(${js})`;
    return multiple === 'varargs' ? 'va[0]' : js;
  }

  #expression(limit = 0): Expression {
    this.#depth += 1;
    if (this.#depth > 190) throw this.#lexer.fault('chunk has too many syntax levels');
    let left = this.#unary();
    for (;;) {
      const { type, text } = this.#token;
      const priority = type === 'symbol' ? binaryPriority[text] : undefined;
      if (!priority || priority[0] <= limit) break;
      this.#lexer.next();
      left = this.#binary(text, left, this.#expression(priority[1]));
    }
    this.#depth -= 1;
    return left;
  }

  #unary(): Expression {
    if (this.#accept('not')) return { js: `!${this.#test(this.#expression(unaryPriority))}`, boolean: true };
    if (this.#accept('-')) return { js: `R.negate(${this.#single(this.#expression(unaryPriority))})` };
    if (this.#accept('#')) return { js: `R.length(${this.#single(this.#expression(unaryPriority))})` };
    return this.#simple();
  }

  #binary(operator: string, left: Expression, right: Expression): Expression {
    const b = this.#single(right);
    if (operator === 'and' || operator === 'or') {
      if (left.boolean && right.boolean) {
        return { js: `(${left.js} ${operator === 'and' ? '&&' : '||'} ${right.js})`, boolean: true };
      }
      // One temporary is enough: it is read again before anything else can be evaluated.
      this.#function.usesTemporary = true;
      const test = `R.truthy(t = ${this.#single(left)})`;
      return { js: operator === 'and' ? `(${test} ? ${b} : t)` : `(${test} ? t : ${b})` };
    }
    const a = this.#single(left);
    if (operator === '==') return { js: `R.equal(${a}, ${b})`, boolean: true };
    if (operator === '~=') return { js: `!R.equal(${a}, ${b})`, boolean: true };
    const js = `R.${operatorNames[operator]}(${a}, ${b})`;
    return /^[<>]/.test(operator) ? { js, boolean: true } : { js };
  }

  #simple(): Expression {
    const { type, text } = this.#token;
    if (type === 'number' || type === 'string') {
      this.#lexer.next();
      return { js: type === 'number' ? text : JSON.stringify(text) };
    }
    if (type === 'symbol') {
      if (text === 'nil' || text === 'true' || text === 'false') {
        this.#lexer.next();
        return text === 'nil' ? { js: 'undefined' } : { js: text, boolean: true };
      }
      if (text === '...') {
        this.#lexer.next();
        if (!this.#function.varargs) throw this.#lexer.fault("cannot use '...' outside a vararg function");
        return { js: 'va', multiple: 'varargs' };
      }
      if (text === '{') return this.#table();
      if (text === 'function') {
        this.#lexer.next();
        return { js: this.#function_(false) };
      }
    }
    return this.#suffixed();
  }

  /** A name or a bracketed expression, and the fields, methods and calls behind it. */
  #suffixed(): Expression {
    let expression: Expression;
    if (this.#accept('(')) {
      expression = { js: `(${this.#single(this.#expression())})` };
      this.#expect(')');
    } else if (this.#token.type === 'name') {
      expression = this.#variable(this.#name());
    } else throw this.#unexpected();
    for (;;) {
      const { type, text } = this.#token;
      if (type === 'string' || (type === 'symbol' && (text === '(' || text === '{'))) {
        const name = expression.name === undefined ? '' : `, ${JSON.stringify(expression.name)}`;
        const callee = `R.callable(${this.#single(expression)}${name})`;
        expression = { js: `${callee}(${this.#arguments()})`, multiple: 'call' };
      } else if (this.#accept('.')) {
        expression = this.#indexed(expression, JSON.stringify(this.#name()));
      } else if (this.#accept('[')) {
        const key = this.#single(this.#expression());
        this.#expect(']');
        expression = this.#indexed(expression, key);
      } else if (this.#accept(':')) {
        const method = JSON.stringify(this.#name());
        const name = expression.name === undefined ? 'undefined' : JSON.stringify(expression.name);
        const args = this.#arguments();
        const object = this.#single(expression);
        expression = { js: `R.invoke(${object}, ${method}, ${name}${args && `, ${args}`})`, multiple: 'call' };
      } else return expression;
    }
  }

  #arguments(): string {
    const { type, text } = this.#token;
    if (type === 'string') {
      this.#lexer.next();
      return JSON.stringify(text);
    }
    if (this.#at('{')) return this.#table().js;
    this.#expect('(');
    if (this.#accept(')')) return '';
    const list = this.#list(this.#expressions());
    this.#expect(')');
    return list;
  }

  #variable(name: string): Expression {
    for (let i = this.#scopes.length - 1; i >= 0; i -= 1) {
      const local = this.#scopes[i]!.get(name);
      if (local === 'l_KEYS' || local === 'l_ARGV') return { js: local, assign: (value) => `R.setGlobal(${value})` };
      if (local !== undefined) return { js: local, name: `local '${name}'`, assign: (value) => `${local} = ${value}` };
    }
    const assign = (value: string) => `R.setGlobal(${value})`;
    if (!this.#globals.has(name)) return { js: `R.missingGlobal("${name}")`, assign };
    this.#used.add(name);
    return { js: `g_${name}`, name: `global '${name}'`, assign };
  }

  #indexed(object: Expression, key: string): Expression {
    const js = this.#single(object);
    const name = object.name === undefined ? '' : `, ${JSON.stringify(object.name)}`;
    return {
      js: `R.index(${js}, ${key}${name})`,
      name: key.startsWith('"') ? `field '${JSON.parse(key)}'` : "field '?'",
      assign: (value) => `R.setIndex(${js}, ${key}, ${value}${name})`,
    };
  }

  #table(): Expression {
    this.#expect('{');
    const pairs: string[] = [];
    const items: Expression[] = [];
    while (!this.#at('}')) {
      if (this.#accept('[')) {
        const key = this.#single(this.#expression());
        this.#expect(']');
        this.#expect('=');
        pairs.push(key, this.#single(this.#expression()));
      } else if (this.#token.type === 'name' && this.#lexer.peekIsAssignment()) {
        const key = JSON.stringify(this.#name());
        this.#expect('=');
        pairs.push(key, this.#single(this.#expression()));
      } else items.push(this.#expression());
      if (!this.#accept(',') && !this.#accept(';')) break;
    }
    this.#expect('}');
    return { js: `R.table([${pairs.join(', ')}], [${this.#list(items)}])` };
  }

  #function_(isMethod: boolean): string {
    const outer = { state: this.#function, loops: this.#loops };
    this.#function = { varargs: false, usesTemporary: false };
    this.#loops = 0;
    const js = this.#scoped(() => {
      const parameters = isMethod ? [this.#declare('self')] : [];
      this.#expect('(');
      while (!this.#at(')')) {
        if (this.#accept('...')) {
          this.#function.varargs = true;
          parameters.push('...va');
          break;
        }
        parameters.push(this.#declare(this.#name()));
        if (!this.#accept(',')) break;
      }
      this.#expect(')');
      const body = this.#block();
      this.#expect('end');
      return `function (${parameters.join(', ')}) { ${this.#functionBody(body)} }`;
    });
    this.#function = outer.state;
    this.#loops = outer.loops;
    return js;
  }
}
