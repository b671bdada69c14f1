import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import type { InputIssue } from '@/commerce/error';

/** A rule file as text is read: its value, and where in it each path stands. */
export interface JsonText {
  value: unknown;
  issues: InputIssue[];
  /** The line, counted from 1, of a dotted path, or of the nearest part of it that the text has. */
  lineOf: (path: string) => number;
}

/** Far more than any rule file needs; deeper ones would exhaust the stack of whoever walks through them. */
const MAX_DEPTH = 32;

/**
 * Reads JSON (RFC 8259) strictly: a member that is there twice is a fault, since one of the two would be lost. Faults:
 * `json_malformed` with its line and column, `json_too_deep`, `member_repeated`. A byte order mark is fine.
 */
export function readJson(source: string): JsonText {
  const text = source.replace(/^\uFEFF/, '');
  const depth = depthOf(text);
  if (depth > MAX_DEPTH) {
    return broken(
      'json_too_deep',
      `The file is nested ${depth} deep; a rule file is never nested beyond ${MAX_DEPTH}.`,
    );
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const value = parseStrictly(text);
  if (value === undefined || !root) {
    const { line, column } = placeOf(text, errors[0]?.offset ?? text.length);
    const what = errors[0] ? ` (${inWords(printParseErrorCode(errors[0].error))})` : '';
    return broken('json_malformed', `The file is not JSON: line ${line}, column ${column}${what}.`);
  }
  return { value: value.value, issues: repeatedMembers(root, text), lineOf: (path) => lineOf(root, text, path) };
}

function broken(code: string, message: string): JsonText {
  return { value: null, issues: [{ path: '', code, message }], lineOf: () => 1 };
}

function parseStrictly(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Brackets outside of strings: good enough for text that may not be JSON at all. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === '\\') index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** `CommaExpected` is `comma expected`. */
function inWords(name: string): string {
  return name.replaceAll(/(?<=.)([A-Z])/g, ' $1').toLowerCase();
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function repeatedMembers(node: Node, text: string, path: string[] = []): InputIssue[] {
  const issues: InputIssue[] = [];
  const seen = new Set<string>();
  for (const [index, child] of (node.children ?? []).entries()) {
    const [name, value] = node.type === 'object' ? (child.children ?? []) : [undefined, child];
    const step = name ? String(getNodeValue(name)) : String(index);
    if (name && seen.has(step)) {
      const { line } = placeOf(text, name.offset);
      const message = `"${step}" is there twice, the second time in line ${line}.`;
      issues.push({ path: [...path, step].join('.'), code: 'member_repeated', message });
    }
    seen.add(step);
    if (value) issues.push(...repeatedMembers(value, text, [...path, step]));
  }
  return issues;
}

function lineOf(root: Node, text: string, path: string): number {
  const steps = path === '' ? [] : path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  for (let length = steps.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(root, steps.slice(0, length));
    if (node) return placeOf(text, node.offset).line;
  }
  return 1;
}
