/** How lists that Postgres pages are asked for and answered: by cursor, mostly the newest first. */
import { asc, type Column, desc, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { decodeCursor, encodeCursor, invalidCursor } from '@/edge/catalog-cursor';
import type { Context, Reply } from '@/edge/http';

const NOT_A_LIMIT = 'This must be a whole number from 1 to 100.';

/** The members that every list's query has. */
export const pageInput = {
  limit: v.optional(
    v.pipe(
      v.string(NOT_A_LIMIT),
      v.regex(/^\d{1,3}$/, NOT_A_LIMIT),
      v.transform(Number),
      v.minValue(1, NOT_A_LIMIT),
      v.maxValue(100, NOT_A_LIMIT),
    ),
    '50',
  ),
  cursor: v.optional(v.string()),
};

/** What is looked for: trimmed, bounded. */
export const SearchInput = v.pipe(v.string(), v.trim(), v.maxLength(254, 'This must be at most 254 characters.'));

interface Page {
  limit: number;
  cursor?: string | undefined;
}

/** How a list is sorted: by a number or by an id, the greatest first, or by an id from the least on. */
interface Order {
  by: Column;
  as: 'number' | 'id';
  ascending?: boolean;
}

/**
 * The condition, order and bound of one page of a list, and what makes the answer of its rows. `list` names the list and
 * its filters: a cursor is good for no other. Throws `invalid_input` with the path `cursor`.
 */
export function pageOf(list: string, { limit, cursor }: Page, { by, as, ascending = false }: Order) {
  const after = cursor === undefined ? null : decodeCursor(list, cursor).key;
  if (after !== null && !(as === 'number' ? /^\d{1,15}$/ : /^[\w-]{1,64}$/).test(after)) throw invalidCursor();
  const bound = sql`${after}::${sql.raw(as === 'number' ? 'bigint' : 'text')}`;
  return {
    isAfter: after === null ? sql`true` : ascending ? sql`${by} > ${bound}` : sql`${by} < ${bound}`,
    order: ascending ? asc(by) : desc(by),
    /** One more than is shown, which tells whether there is another page. */
    take: limit + 1,
    reply<Row>(rows: Row[], keyOf: (row: Row) => string | number, view: (row: Row) => unknown): Reply {
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return {
        body: {
          items: rows.slice(0, limit).map(view),
          nextCursor: last ? encodeCursor(list, { key: String(keyOf(last)), id: '_', corrections: null }) : null,
        },
      };
    },
  };
}

/** An id of the path; what no id of ours looks like is not there. Throws `not_found`. */
export function idOf({ params }: Context, name: string): string {
  const id = params[name] ?? '';
  if (!/^[\w-]{1,64}$/.test(id)) throw notFound();
  return id;
}

export function notFound(message = 'There is no such thing here.'): CommerceError {
  return new CommerceError('not_found', message);
}
