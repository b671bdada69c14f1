/** What kinds of staff there are, and what each may do. */
import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { staffMembers, staffRoles } from '@/db/account-schema';
import { databaseFault } from '@/db/fault';
import { lineInput } from '@/edge/cart-input';
import { idOf, notFound, pageInput, pageOf } from '../lists';
import { deed, logged } from './audit';
import { permittedOperation } from './operation';
import { type Actor, denied, isWithin, PERMISSIONS, type Permission } from './permissions';

const NOT_A_ROLE_ID = 'A role is small letters, digits and hyphens, such as packer.';

const RoleIdInput = v.pipe(
  v.string(NOT_A_ROLE_ID),
  v.maxLength(40, NOT_A_ROLE_ID),
  v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, NOT_A_ROLE_ID),
);

/** What something is called: one line, not empty, at most 100 characters. */
export const TitleInput = lineInput(100);

/** Permissions, each once, in the order that they are always named in. */
export const PermissionsInput = v.pipe(
  v.array(v.picklist(PERMISSIONS, 'There is no such permission.')),
  v.maxLength(100, 'There are not so many permissions.'),
  v.transform((given): Permission[] => PERMISSIONS.filter((permission) => given.includes(permission))),
);

/** Every role, with how many people have it. */
export const listRolesOperation = permittedOperation(
  { method: 'GET', path: '/api/admin/roles', access: ['settings:read'], query: v.object(pageInput) },
  async ({ db }, _actor, { query }) => {
    const page = pageOf('roles', query, { by: staffRoles.id, as: 'id', ascending: true });
    const rows = await db
      .select({
        id: staffRoles.id,
        title: staffRoles.title,
        permissions: staffRoles.permissions,
        members: sql<number>`(
          select count(*) from ${staffMembers}
          where ${staffMembers.roleId} = ${staffRoles.id} and ${staffMembers.disabledAt} is null)`.mapWith(Number),
      })
      .from(staffRoles)
      .where(page.isAfter)
      .orderBy(page.order)
      .limit(page.take);
    return page.reply(
      rows,
      (row) => row.id,
      (row) => row,
    );
  },
);

const NewRole = v.strictObject({ id: RoleIdInput, title: TitleInput, permissions: PermissionsInput });

/** Makes a role, of what its maker may do at most. Throws `permission_denied` beyond that, and `role_exists`. */
export const makeRoleOperation = permittedOperation(
  { method: 'POST', path: '/api/admin/roles', access: ['settings:write'], body: NewRole },
  async (context, actor, { body }) => {
    requireOwn(actor, body.permissions);
    try {
      await context.db.execute(sql`
        with made as (
          insert into staff_roles (id, title, permissions)
          values (${body.id}, ${body.title}, ${sql.param(body.permissions)}::text[]) returning *),
        change as (select id as subject_id, null::jsonb as before, ${state('made')} as after from made),
        ${logged(deed(context, actor, 'role.made', 'settings'))}
        select subject_id from change`);
    } catch (error) {
      if (databaseFault(error)?.constraint !== 'staff_roles_pkey') throw error;
      throw new CommerceError('role_exists', 'There is a role with this id.', { cause: error });
    }
    return { status: 201, body };
  },
);

const ChangeRole = v.strictObject({ title: v.optional(TitleInput), permissions: v.optional(PermissionsInput) });

/**
 * Changes a role, for everybody who has it. Neither before nor after may it hold what its changer may not do:
 * `permission_denied`. The owner's is fixed: `role_fixed`.
 */
export const changeRoleOperation = permittedOperation(
  { method: 'PATCH', path: '/api/admin/roles/{roleId}', access: ['settings:write'], body: ChangeRole },
  async (context, actor, { body: { title, permissions } }) => {
    const id = changeableRoleOf(idOf(context, 'roleId'));
    requireOwn(actor, permissions ?? []);
    const { rows } = await context.db.execute<{ is_there: boolean; after: { title: string } | null }>(sql`
      with target as (
        select id, title, permissions, ${isWithin(actor.permissions)} as within from staff_roles where id = ${id} for update),
      changed as (
        update staff_roles r
        set title = coalesce(${title ?? null}::text, r.title),
            permissions = coalesce(${sql.param(permissions ?? null)}::text[], r.permissions)
        from target where r.id = target.id and target.within returning r.*),
      change as (
        select target.id as subject_id, ${state('target')} as before, ${state('changed')} as after
        from target join changed using (id)),
      ${logged(deed(context, actor, 'role.changed', 'settings'))}
      select exists (select from target) as is_there, (select after from change) as after`);
    const { is_there: isThere, after } = rows[0]!;
    if (!isThere) throw noRole();
    if (!after) throw denied('This role may do more than you may.');
    return { body: { id, ...after } };
  },
);

/** Takes away a role that nobody has: `role_in_use` otherwise. */
export const removeRoleOperation = permittedOperation(
  { method: 'DELETE', path: '/api/admin/roles/{roleId}', access: ['settings:write'] },
  async (context, actor) => {
    const id = changeableRoleOf(idOf(context, 'roleId'));
    let outcome: { is_there: boolean; is_gone: boolean };
    try {
      const { rows } = await context.db.execute<typeof outcome>(sql`
        with target as (
          select id, title, permissions, ${isWithin(actor.permissions)} as within from staff_roles where id = ${id} for update),
        -- Invitations that are over need the role no more; what they were stands in the log.
        forgotten as (
          delete from staff_invitations
          where role_id in (select id from target where within)
            and (accepted_at is not null or withdrawn_at is not null or expires_at <= now())),
        removed as (delete from staff_roles where id in (select id from target where within) returning *),
        change as (select id as subject_id, ${state('removed')} as before, null::jsonb as after from removed),
        ${logged(deed(context, actor, 'role.removed', 'settings'))}
        select exists (select from target) as is_there, exists (select from change) as is_gone`);
      outcome = rows[0]!;
    } catch (error) {
      if (!IN_USE.has(databaseFault(error)?.constraint ?? '')) throw error;
      throw new CommerceError('role_in_use', 'Somebody has this role, or is invited to it.', { cause: error });
    }
    if (!outcome.is_there) throw noRole();
    if (!outcome.is_gone) throw denied('This role may do more than you may.');
    return { status: 204 };
  },
);

/** Throws `permission_denied` where somebody would hand on what they do not have. */
export function requireOwn(actor: Actor, permissions: readonly Permission[]): void {
  const beyond = permissions.filter((permission) => !actor.permissions.includes(permission));
  if (beyond.length > 0) throw denied(`You can only hand on what you have yourself; not ${beyond.join(', ')}.`);
}

const state = (row: string) =>
  sql.raw(`jsonb_build_object('title', ${row}.title, 'permissions', to_jsonb(${row}.permissions))`);

/** By which Postgres keeps a role that somebody has or is invited to; its SQLSTATE depends on its version. */
const IN_USE = new Set(['staff_members_role_id_staff_roles_id_fk', 'staff_invitations_role_id_staff_roles_id_fk']);

function changeableRoleOf(id: string): string {
  if (id === 'owner') throw new CommerceError('role_fixed', "The owner's role is fixed: it may do everything.");
  return id;
}

function noRole(): CommerceError {
  return notFound('There is no such role.');
}
