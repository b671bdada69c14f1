/** What was done under `/api/admin` and by the command line: written in the very statement that does it, and read here. */
import { and, eq, type SQL, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { auditLog } from '@/db/account-schema';
import { IdInput } from '@/edge/cart-input';
import type { Context } from '@/edge/http';
import { pageInput, pageOf } from '../lists';
import { permittedOperation } from './operation';
import type { Actor, Resource } from './permissions';

/** Whose deed it is; a command's is nobody's in particular. */
export interface Deed {
  actor: Actor | { kind: 'command' };
  requestId: string | null;
  /** What was done: `staff.invited`. */
  action: string;
  /** Of which resource's permissions it is. */
  resource: Resource;
}

/** A deed of a request. */
export function deed(
  { requestId }: Pick<Context, 'requestId'>,
  actor: Actor,
  action: string,
  resource: Deed['resource'],
): Deed {
  return { actor, requestId, action, resource };
}

/**
 * The end of a `with` that changes something: writes one row of the log for each row of `change`, a query above it that
 * has `subject_id`, `before` and `after` (jsonb) as the change itself saw and left them. So there is no change without
 * its row, and none that tells of another state than there was.
 */
export function logged({ actor, requestId, action, resource }: Deed): SQL {
  return sql`logged as (
    insert into audit_log (actor_kind, actor_id, action, resource, subject_id, before, after, request_id)
    select ${actor.kind}, ${actorIdOf(actor)}::text, ${action}, ${resource}, subject_id, before, after,
      ${requestId}::text
    from change)`;
}

/** The id that stands for the actor in logs and histories; null for a command. */
export function actorIdOf(actor: Deed['actor']): string | null {
  if (actor.kind === 'staff') return actor.accountId;
  return actor.kind === 'api_key' ? actor.keyId : null;
}

/**
 * The account of the person who answers for what an actor makes, as a value of SQL: for a key whoever made it; null for
 * one that nobody is known of, and for a command.
 */
export function makerOf(actor: Deed['actor']): SQL {
  if (actor.kind === 'staff') return sql`${actor.accountId}::text`;
  if (actor.kind === 'api_key') return sql`(select created_by from api_keys where id = ${actor.keyId})`;
  return sql`null::text`;
}

const ListAuditLog = v.object({
  ...pageInput,
  subject: v.optional(IdInput),
  actor: v.optional(IdInput),
});

/** What was done, the newest first; by `subject` (whatever has an id) or `actor` (an account or a key). */
export const listAuditLogOperation = permittedOperation(
  { method: 'GET', path: '/api/admin/audit-log', access: ['settings:read'], query: ListAuditLog },
  async ({ db }, _actor, { query }) => {
    const { subject, actor } = query;
    const page = pageOf(JSON.stringify(['audit-log', subject, actor]), query, { by: auditLog.id, as: 'number' });
    const rows = await db
      .select()
      .from(auditLog)
      .where(
        and(
          subject === undefined ? undefined : eq(auditLog.subjectId, subject),
          actor === undefined ? undefined : eq(auditLog.actorId, actor),
          page.isAfter,
        ),
      )
      .orderBy(page.order)
      .limit(page.take);
    return page.reply(
      rows,
      (row) => row.id,
      ({ id, at, actorKind, actorId, action, resource, subjectId, before, after, requestId }) => ({
        id,
        at,
        actor: { kind: actorKind, id: actorId },
        action,
        resource,
        subjectId,
        before,
        after,
        requestId,
      }),
    );
  },
);
