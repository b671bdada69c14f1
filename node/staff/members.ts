/** People of the staff: who they are, what they may do, and who may say so. */
import { eq, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { accounts, staffMembers, staffRoles } from '@/db/account-schema';
import type { Db } from '@/db/client';
import { databaseFault } from '@/db/fault';
import { IdInput, inputError } from '@/edge/cart-input';
import type { Context } from '@/edge/http';
import { drainAfterResponse } from '../deliveries';
import { idOf, notFound, pageInput, pageOf } from '../lists';
import type { Statement } from '../order-record';
import { type Deed, deed, logged } from './audit';
import { memberOperation, permittedOperation } from './operation';
import { denied, FACTORS, isWithin, type Permission } from './permissions';

/** What the caller may do, and what they can prove themselves with. The one thing that needs no second factor. */
export const getStaffMeOperation = memberOperation(
  { method: 'GET', path: '/api/admin/me' },
  async (_context, member) => {
    const { session, role, permissions, factors, recoveryCodesLeft } = member;
    const { id, email, name } = session.account;
    return {
      body: {
        account: { id, email, name },
        role,
        permissions,
        factors,
        recoveryCodesLeft,
        amr: session.amr,
        authenticatedAt: session.authenticatedAt,
      },
    };
  },
);

/** The staff, disabled ones too. */
export const listStaffOperation = permittedOperation(
  { method: 'GET', path: '/api/admin/staff', access: ['settings:read'], query: v.object(pageInput) },
  async ({ db }, _actor, { query }) => {
    const page = pageOf('staff', query, { by: staffMembers.accountId, as: 'id' });
    const rows = await db
      .select({
        accountId: staffMembers.accountId,
        email: accounts.email,
        name: accounts.name,
        role: { id: staffRoles.id, title: staffRoles.title },
        factors: FACTORS,
        createdAt: staffMembers.createdAt,
        disabledAt: staffMembers.disabledAt,
      })
      .from(staffMembers)
      .innerJoin(accounts, eq(accounts.id, staffMembers.accountId))
      .innerJoin(staffRoles, eq(staffRoles.id, staffMembers.roleId))
      .where(page.isAfter)
      .orderBy(page.order)
      .limit(page.take);
    return page.reply(
      rows,
      (row) => row.accountId,
      (row) => row,
    );
  },
);

const ChangeMember = v.pipe(
  v.strictObject({ roleId: v.optional(IdInput), disabled: v.optional(v.boolean('This must be true or false.')) }),
  v.check(({ roleId, disabled }) => roleId !== undefined || disabled !== undefined, 'Name a roleId or disabled.'),
);

/**
 * Gives a person another role, or takes their access away and gives it back. Nobody changes a person who may do more than
 * they may, nor makes one: `permission_denied`. The shop keeps an owner: `last_owner`. Who is disabled is signed out, and
 * the invitations that they sent are withdrawn; keys that they made, and so may know, are named in `apiKeys`.
 */
export const changeMemberOperation = permittedOperation(
  { method: 'PATCH', path: '/api/admin/staff/{accountId}', access: ['settings:write'], body: ChangeMember },
  async (context, actor, { body }) => {
    const accountId = idOf(context, 'accountId');
    const action = body.disabled === true ? 'staff.disabled' : 'staff.changed';
    const changed = await changeMember(context.db, deed(context, actor, action, 'settings'), actor.permissions, {
      accountId,
      ...body,
    });
    drainAfterResponse(context);
    return { body: changed };
  },
);

interface MemberChange {
  accountId: string;
  roleId?: string | undefined;
  disabled?: boolean | undefined;
}

export interface ChangedMember {
  accountId: string;
  roleId: string;
  disabled: boolean;
  /** Keys that still open something and that the person made. */
  apiKeys: { id: string; title: string; start: string }[];
}

/**
 * Changes a member as whoever has the permissions `mine` may. One statement. Throws `not_found`, `permission_denied`,
 * `last_owner`, or `invalid_input` for a role that is not there.
 */
export async function changeMember(
  db: Db,
  by: Deed,
  mine: readonly Permission[],
  { accountId, roleId, disabled }: MemberChange,
): Promise<ChangedMember> {
  const disabledAt =
    disabled === undefined
      ? sql`m.disabled_at`
      : disabled
        ? sql`coalesce(m.disabled_at, now())`
        : sql`null::timestamptz`;
  const state = (row: string) =>
    sql.raw(`jsonb_build_object('roleId', ${row}.role_id, 'disabled', ${row}.disabled_at is not null)`);
  const { rows } = await refusingLastOwner(
    db.execute<{
      is_there: boolean;
      is_role_there: boolean;
      after: { roleId: string; disabled: boolean } | null;
      api_keys: ChangedMember['apiKeys'];
    }>(sql`
      with target as (
        -- Scalar: should the row have moved to another role while we waited for it, this is asked of that one.
        select m.account_id, m.role_id, m.disabled_at, (select ${isWithin(mine)} from staff_roles where id = m.role_id) as within
        from staff_members m where m.account_id = ${accountId} for update),
      role as (
        select id, ${isWithin(mine)} as within from staff_roles
        where id = coalesce(${roleId ?? null}::text, (select role_id from target))),
      changed as (
        update staff_members m set role_id = role.id, disabled_at = ${disabledAt}
        from target, role where m.account_id = target.account_id and target.within and role.within
        returning m.account_id, m.role_id, m.disabled_at),
      signed_out as (
        update accounts set session_epoch = session_epoch + 1
        where id in (select account_id from changed where disabled_at is not null) returning id, session_epoch),
      ended as (
        update sessions set ended_at = now(), end_reason = 'staff'
        where account_id in (select id from signed_out) and ended_at is null),
      told as (
        insert into outbox (topic, aggregate_id, payload)
        select 'session.ended', 'session:' || id, jsonb_build_object('accountId', id, 'epoch', session_epoch)
        from signed_out),
      withdrawn as (
        update staff_invitations set withdrawn_at = now()
        where invited_by in (select id from signed_out) and accepted_at is null and withdrawn_at is null),
      change as (
        select changed.account_id as subject_id, ${state('target')} as before, ${state('changed')} as after
        from changed, target),
      ${logged(by)}
      select exists (select from target) as is_there, exists (select from role) as is_role_there,
        (select after from change) as after,
        (select coalesce(json_agg(json_build_object('id', id, 'title', title, 'start', start) order by id), '[]')
         from api_keys where created_by = ${accountId} and revoked_at is null
           and (expires_at is null or expires_at > now())) as api_keys`),
  );
  const outcome = rows[0]!;
  if (!outcome.is_there) throw notFound('Nobody of the staff has this id.');
  if (!outcome.is_role_there) throw unknownRole();
  if (!outcome.after) throw denied('Nobody changes who may do more than they may themselves, nor makes one.');
  return { accountId, ...outcome.after, apiKeys: outcome.after.disabled ? outcome.api_keys : [] };
}

/**
 * What is left of a member of staff who deletes the account, for the batch that does so, before it does: the invitations
 * that they sent are withdrawn, and the log tells who left, and which keys they made. Nothing for whoever is not of the
 * staff.
 */
export function leaveStaffStatement(context: Pick<Context, 'db' | 'requestId'>, accountId: string): Statement {
  const by = deed(context, { kind: 'staff', accountId, permissions: [] }, 'staff.left', 'settings');
  return context.db.execute(sql`
    with withdrawn as (
      update staff_invitations set withdrawn_at = now()
      where invited_by = ${accountId} and accepted_at is null and withdrawn_at is null),
    change as (
      select m.account_id as subject_id,
        jsonb_build_object('roleId', m.role_id, 'disabled', m.disabled_at is not null, 'apiKeys', (
          select coalesce(jsonb_agg(k.id order by k.id), '[]') from api_keys k
          where k.created_by = m.account_id and k.revoked_at is null)) as before,
        null::jsonb as after
      from staff_members m where m.account_id = ${accountId}),
    ${logged(by)}
    select subject_id from change`);
}

/** A role that an input named and that is not there. */
export function unknownRole(): CommerceError {
  return inputError('invalid_input', 'roleId', 'There is no such role.', 'unknown');
}

/** Throws `last_owner` where the shop would be left without an owner. */
export async function refusingLastOwner<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (databaseFault(error)?.constraint !== 'staff_members_one_owner') throw error;
    throw new CommerceError('last_owner', 'The shop needs an owner: make another first.', { cause: error });
  }
}
