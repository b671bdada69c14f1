/** Bodies that an operation takes, made of its schema alone: so one that is new is asked with a body of its own. */
import * as v from 'valibot';

/** The parts of a valibot schema that a body is made of. */
interface Part extends v.GenericSchema {
  entries?: Record<string, Part>;
  wrapped?: Part;
  item?: Part;
  options?: readonly unknown[];
  literal?: unknown;
}

/** A way into a body: `['shippingAddress', 'line1']`. */
export type Path = readonly (string | number)[];

/** What texts of the shop look like; the first that a schema takes is taken. */
const TEXTS = [
  'Ada Weber',
  'ada@example.com',
  'DE',
  'EUR',
  'web',
  'DE136695976',
  '10115',
  '2090-01-31T00:00:00Z',
  'QWRh',
  'public-key',
];

/**
 * A body that a schema takes, with every member that it may have, and `given` in place of some of them (`undefined` leaves
 * one out). Throws for a schema of a kind that it does not know.
 */
export function validBody(schema: v.GenericSchema, given: Record<string, unknown> = {}): unknown {
  const made = madeOf(schema as Part);
  const members = Object.entries({ ...(made as object), ...given }).filter(([, value]) => value !== undefined);
  const body = Object.fromEntries(members);
  const { success, issues } = v.safeParse(schema, body);
  if (!success) {
    throw new Error(`No valid body was made: ${issues.map((issue) => `${v.getDotPath(issue)} ${issue.message}`)}`);
  }
  return body;
}

/** Where a body may hold a text of the caller's choice: not one of a list, nor one that stands fixed. */
export function textPaths(schema: v.GenericSchema): Path[] {
  return pathsIn(schema as Part, []);
}

/** A body with another value at one place. */
export function withValue(body: unknown, path: Path, value: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  const copy = Array.isArray(body) ? [...body] : { ...(body as object) };
  const inner = (body as Record<string, unknown>)[head];
  // As JSON has it: a member of its own, whatever its name.
  Object.defineProperty(copy, head, {
    value: withValue(inner, rest, value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

function madeOf(schema: Part): unknown {
  switch (schema.type) {
    case 'object':
    case 'strict_object':
    case 'loose_object':
      return Object.fromEntries(Object.entries(schema.entries ?? {}).map(([name, part]) => [name, madeOf(part)]));
    case 'optional':
    case 'nullish':
    case 'nullable':
      return madeOf(schema.wrapped as Part);
    case 'array':
      return [madeOf(schema.item as Part)];
    case 'picklist':
      return schema.options?.[0];
    case 'literal':
      return schema.literal;
    case 'union':
      return madeOf(richest(schema));
    case 'variant':
      return madeOf(schema.options?.[0] as Part);
    case 'string':
      return fitting(schema, TEXTS);
    case 'number':
      return fitting(schema, [1, 0, 100]);
    case 'boolean':
      return fitting(schema, [false, true]);
    case 'custom':
      return fitting(schema, [{ note: 'blue' }, 'text', 1]);
    default:
      throw new Error(`The suites know no bodies of the kind "${schema.type}" yet: say in tests/security/bodies.ts.`);
  }
}

/** Of alternatives the one that takes a text that says something. */
function richest(schema: Part): Part {
  const options = (schema.options ?? []) as Part[];
  return options.find((option) => v.is(option, TEXTS[0])) ?? (options.at(-1) as Part);
}

function fitting(schema: Part, candidates: unknown[]): unknown {
  const found = candidates.find((candidate) => v.is(schema, candidate));
  if (found === undefined) throw new Error(`None of ${JSON.stringify(candidates)} is taken: ${schema.expects}`);
  return found;
}

function pathsIn(schema: Part, path: Path): Path[] {
  switch (schema.type) {
    case 'object':
    case 'strict_object':
    case 'loose_object':
      return Object.entries(schema.entries ?? {}).flatMap(([name, part]) => pathsIn(part, [...path, name]));
    case 'optional':
    case 'nullish':
    case 'nullable':
      return pathsIn(schema.wrapped as Part, path);
    case 'array':
      return pathsIn(schema.item as Part, [...path, 0]);
    case 'union':
      return pathsIn(richest(schema), path);
    case 'variant':
      return pathsIn(schema.options?.[0] as Part, path);
    case 'string':
      return [path];
    case 'custom':
      return [[...path, 'note']];
    default:
      return [];
  }
}
