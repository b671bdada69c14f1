/** How somebody comes to be of the staff: by a link that was mailed to them, which follows from the invitation's id. */
import { eq, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { staffInvitations, staffRoles } from '@/db/account-schema';
import type { Db } from '@/db/client';
import { databaseFault } from '@/db/fault';
import { newId } from '@/db/ids';
import { EmailInput, IdInput } from '@/edge/cart-input';
import { SecretInput } from '../account-input';
import { letterSql } from '../account-letters';
import { linkIdOf } from '../account-links';
import { drainAfterResponse } from '../deliveries';
import { idOf, notFound, pageInput, pageOf } from '../lists';
import { type Deed, deed, logged, makerOf } from './audit';
import { unknownRole } from './members';
import { accountOperation, permittedOperation } from './operation';
import { denied, isWithin, type Permission } from './permissions';

export interface Invitation {
  id: string;
  email: string;
  roleId: string;
  expiresAt: string;
}

const TTL_DAYS = 7;

const NewInvitation = v.strictObject({ email: EmailInput, roleId: IdInput });

/** Invites whoever has the address, by mail, to a role that may not do more than the inviter. See `invite`. */
export const inviteOperation = permittedOperation(
  { method: 'POST', path: '/api/admin/invitations', access: ['settings:write'], body: NewInvitation },
  async (context, actor, { body }) => {
    const by = deed(context, actor, 'staff.invited', 'settings');
    const invitation = await invite(context.db, by, actor.permissions, body);
    drainAfterResponse(context);
    return { status: 201, body: invitation };
  },
);

/** Invitations, the newest first, with what became of them. */
export const listInvitationsOperation = permittedOperation(
  { method: 'GET', path: '/api/admin/invitations', access: ['settings:read'], query: v.object(pageInput) },
  async ({ db, now }, _actor, { query }) => {
    const page = pageOf('invitations', query, { by: staffInvitations.id, as: 'id' });
    const rows = await db
      .select({ invitation: staffInvitations, roleTitle: staffRoles.title })
      .from(staffInvitations)
      .innerJoin(staffRoles, eq(staffRoles.id, staffInvitations.roleId))
      .where(page.isAfter)
      .orderBy(page.order)
      .limit(page.take);
    return page.reply(
      rows,
      ({ invitation }) => invitation.id,
      ({ invitation: { id, email, roleId, invitedBy, createdAt, expiresAt, acceptedAt, withdrawnAt }, roleTitle }) => {
        const closed = acceptedAt ? 'accepted' : withdrawnAt ? 'withdrawn' : expiresAt <= now ? 'expired' : null;
        const role = { id: roleId, title: roleTitle };
        return { id, email, role, invitedBy, createdAt, expiresAt, status: closed ?? 'open' };
      },
    );
  },
);

/** Withdraws an invitation that is still open, to a role that may not do more than the caller. */
export const withdrawInvitationOperation = permittedOperation(
  { method: 'DELETE', path: '/api/admin/invitations/{invitationId}', access: ['settings:write'] },
  async (context, actor) => {
    const id = idOf(context, 'invitationId');
    const { rows } = await context.db.execute<{ is_there: boolean; is_withdrawn: boolean }>(sql`
      with target as (
        select i.id, i.email, i.role_id,
          (select ${isWithin(actor.permissions)} from staff_roles where id = i.role_id) as within
        from staff_invitations i
        where i.id = ${id} and accepted_at is null and withdrawn_at is null for update),
      withdrawn as (
        update staff_invitations i set withdrawn_at = now() from target
        where i.id = target.id and target.within returning i.id),
      change as (
        select target.id as subject_id,
          jsonb_build_object('email', target.email, 'roleId', target.role_id) as before, null::jsonb as after
        from target join withdrawn using (id)),
      ${logged(deed(context, actor, 'staff.invitation_withdrawn', 'settings'))}
      select exists (select from target) as is_there, exists (select from change) as is_withdrawn`);
    const { is_there: isThere, is_withdrawn: isWithdrawn } = rows[0]!;
    if (!isThere) throw notFound('There is no such invitation that is open.');
    if (!isWithdrawn) throw denied('This invitation is to a role that may do more than you may.');
    return { status: 204 };
  },
);

const Acceptance = v.strictObject({ token: SecretInput });

/**
 * The caller becomes staff by the link that was mailed to them; it works once. An account with another address, a link
 * that is used or too old, and a token that is none are all answered `link_invalid`; who is staff already, `already_staff`.
 */
export const acceptInvitationOperation = accountOperation(
  { method: 'POST', path: '/api/admin/invitations/acceptance', body: Acceptance },
  async (context, { account }, { body }) => {
    const id = linkIdOf(context.env.AUTH_SECRET, body.token);
    if (id === null) throw noInvitation();
    const actor = { kind: 'staff', accountId: account.id, permissions: [] } as const;
    try {
      const { rows } = await context.db.execute<{ id: string; title: string }>(sql`
        with invitation as (
          select i.id, i.role_id, i.invited_by from staff_invitations i
          where i.id = ${id} and i.accepted_at is null and i.withdrawn_at is null and i.expires_at > now()
            and lower(i.email) = (select lower(email) from accounts where id = ${account.id})
          for update),
        accepted as (
          update staff_invitations i set accepted_at = now() from invitation where i.id = invitation.id
          returning i.role_id),
        member as (
          insert into staff_members (account_id, role_id) select ${account.id}, role_id from accepted
          returning account_id, role_id),
        change as (
          select member.account_id as subject_id, null::jsonb as before,
            jsonb_build_object('roleId', member.role_id, 'invitationId', invitation.id) as after
          from member, invitation),
        ${logged(deed(context, actor, 'staff.joined', 'settings'))}
        select r.id, r.title from member join staff_roles r on r.id = member.role_id`);
      const [role] = rows;
      if (!role) throw noInvitation();
      return { body: { accountId: account.id, role } };
    } catch (error) {
      if (databaseFault(error)?.constraint !== 'staff_members_pkey') throw error;
      throw alreadyStaff(error);
    }
  },
);

/**
 * Invites an address, as whoever has the permissions `mine` may, and mails the link. One statement. An open invitation of
 * the same address is replaced, where the caller may withdraw it. Throws `invalid_input` for a role that is not there,
 * `permission_denied` for one that may do more, `already_staff`, and `invitation_open`.
 */
export async function invite(
  db: Db,
  by: Deed,
  mine: readonly Permission[],
  { email, roleId }: { email: string; roleId: string },
): Promise<Invitation> {
  try {
    const { rows } = await db.execute<{
      is_role_there: boolean;
      is_within: boolean;
      is_staff: boolean;
      invitation: Invitation | null;
    }>(sql`
      with role as (select id, ${isWithin(mine)} as within from staff_roles where id = ${roleId} for share),
      staff as (
        select from staff_members m join accounts a on a.id = m.account_id where lower(a.email) = lower(${email})),
      allowed as (select id from role where within and not exists (select from staff)),
      replaced as (
        update staff_invitations i set withdrawn_at = now()
        where lower(i.email) = lower(${email}) and i.accepted_at is null and i.withdrawn_at is null
          and exists (select from allowed)
          and (i.expires_at <= now() or (select ${isWithin(mine)} from staff_roles where id = i.role_id))
        returning i.id, i.role_id),
      invited as (
        insert into staff_invitations (id, email, role_id, invited_by, expires_at)
        select ${newId('invite')}, ${email}, id, ${makerOf(by.actor)}, now() + make_interval(days => ${TTL_DAYS})
        -- Counted so that it comes after: an address has one open invitation.
        from allowed where (select count(*) from replaced) >= 0
        returning id, email, role_id, expires_at),
      letters as (${letterSql(sql`
        select 'staff_invitation', jsonb_build_object('invitationId', id), email from invited`)}),
      change as (
        select invited.id as subject_id,
          (select jsonb_build_object('invitationId', id, 'roleId', role_id) from replaced) as before,
          jsonb_build_object('email', email, 'roleId', role_id, 'expiresAt', expires_at) as after
        from invited),
      ${logged(by)}
      select exists (select from role) as is_role_there, exists (select from role where within) as is_within,
        exists (select from staff) as is_staff,
        (select jsonb_build_object('id', subject_id) || after from change) as invitation`);
    const outcome = rows[0]!;
    if (!outcome.is_role_there) throw unknownRole();
    if (!outcome.is_within) throw denied('You can only invite to a role that may not do more than you.');
    if (outcome.is_staff) throw alreadyStaff();
    const { id, expiresAt } = outcome.invitation!;
    return { id, email, roleId, expiresAt: new Date(expiresAt).toISOString() };
  } catch (error) {
    if (databaseFault(error)?.constraint !== 'staff_invitations_one_open') throw error;
    const message = 'This address has an open invitation already: withdraw it first.';
    throw new CommerceError('invitation_open', message, { cause: error });
  }
}

function noInvitation(): CommerceError {
  const message = 'This invitation is for another address, was used or withdrawn, or its time is over.';
  return new CommerceError('link_invalid', message);
}

function alreadyStaff(cause?: unknown): CommerceError {
  return new CommerceError('already_staff', 'Whoever has this address is of the staff already.', { cause });
}
