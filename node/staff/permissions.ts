/** Who may do what under `/api/admin`: the one place that decides it, from Postgres, at each request. */
import { type SQL, sql } from 'drizzle-orm';
import { CommerceError } from '@/commerce/error';
import { staffMembers } from '@/db/account-schema';
import { isTokenShaped } from '@/edge/access-token';
import { bearerOf } from '@/edge/bearer';
import { unauthenticated } from '@/edge/caller';
import type { Context } from '@/edge/http';
import { sha256 } from '../secrets';
import { findSessionWith, requireSession, type Session } from '../sessions';

export const PERMISSIONS = [
  'catalog:read',
  'catalog:write',
  'prices:read',
  'prices:write',
  'orders:read',
  'orders:write',
  'customers:read',
  'customers:write',
  'content:read',
  'content:write',
  'settings:read',
  'settings:write',
] as const;

/** `<resource>:<read|write>`. To write does not include to read. */
export type Permission = (typeof PERMISSIONS)[number];

/** What permissions are of. */
export type Resource = Permission extends `${infer Name}:${string}` ? Name : never;

/** A person of the staff, whether or not with a second factor; nothing but their own access is open to them by that. */
export interface Member {
  session: Session;
  role: { id: string; title: string };
  permissions: readonly Permission[];
  /** What they can prove themselves with beside their password. */
  factors: Factor[];
  recoveryCodesLeft: number;
}

export type Factor = 'otp' | 'passkey';

interface StaffActor {
  kind: 'staff';
  accountId: string;
  permissions: readonly Permission[];
}

/** Whoever holds a secret key of the shop. */
interface KeyActor {
  kind: 'api_key';
  keyId: string;
  permissions: readonly Permission[];
}

export type Actor = StaffActor | KeyActor;

/** Staff log in anew after this. */
const LOGIN_TTL_SECONDS = 12 * 60 * 60;

/** What a session's `amr` holds after a second factor (RFC 8176). */
const SECOND_FACTORS = ['otp', 'hwk', 'swk'];

/**
 * Who asks, where they may do it: any of `wanted` is enough. A person needs a session of the last 12 hours with a second
 * factor, a role that has the permission, and not to be disabled; a key needs the scope.
 *
 * Throws `unauthenticated`, `token_invalid`, `token_expired`, `session_ended`, `second_factor_required`, `login_required`
 * or `permission_denied`.
 */
export async function requirePermission(context: Context, ...wanted: Permission[]): Promise<Actor> {
  const bearer = bearerOf(context.request);
  const actor =
    bearer !== null && !isTokenShaped(bearer) ? await requireKey(context, bearer) : await requireStaff(context);
  if (!wanted.some((permission) => actor.permissions.includes(permission))) throw denied();
  return actor;
}

/** A member of staff in person, also without a second factor; one round trip. Throws as `requirePermission` does. */
export async function requireMember(context: Context): Promise<Member> {
  requirePerson(context);
  const found = await findSessionWith<Omit<Member, 'session'>>(context, MEMBER);
  if (!found) throw unauthenticated();
  if (!found.beside) throw denied();
  return { session: found.session, ...found.beside };
}

/** Whoever is signed in, in person. Throws `permission_denied` for a key. */
export async function requireAccount(context: Context): Promise<Session> {
  requirePerson(context);
  return requireSession(context);
}

/** Throws `permission_denied` where the actor lacks the permission. */
export function requireGranted(actor: Actor, permission: Permission): void {
  if (!actor.permissions.includes(permission)) throw denied();
}

/**
 * Throws `second_factor_required` where a member has a second factor and did not log in with one: nobody who knows the
 * password alone may add or take away another.
 */
export function requireProvenFactor({ factors, session }: Pick<Member, 'factors' | 'session'>): void {
  if (factors.length > 0 && !hasSecondFactor(session)) throw secondFactorRequired(factors);
}

/** Whether its login proved more than a password, a mailbox or a provider's word. */
export function hasSecondFactor({ amr }: Session): boolean {
  return amr.some((method) => SECOND_FACTORS.includes(method));
}

export function denied(message = 'You may not do this.'): CommerceError {
  return new CommerceError('permission_denied', message);
}

/** Whether a role, a row of `staff_roles`, may do nothing that is beyond `mine`: nobody hands on more than they have. */
export const isWithin = (mine: readonly Permission[]): SQL => sql`permissions <@ ${sql.param(mine)}::text[]`;

/** The second factors of a row of `staff_members`, as JSON. */
export const FACTORS = sql<Factor[]>`to_jsonb(array_remove(array[
  case when ${staffMembers.totpConfirmedAt} is not null then 'otp' end,
  case when exists (select from passkeys p where p.account_id = ${staffMembers.accountId}) then 'passkey' end], null))`;

async function requireStaff(context: Context): Promise<StaffActor> {
  const member = await requireMember(context);
  const { session, permissions, factors } = member;
  if (!hasSecondFactor(session)) throw secondFactorRequired(factors);
  if (context.now.getTime() - session.authenticatedAt.getTime() > LOGIN_TTL_SECONDS * 1000) {
    throw new CommerceError('login_required', 'Staff log in every 12 hours. Log in again, then repeat.');
  }
  return { kind: 'staff', accountId: session.account.id, permissions };
}

/** One round trip, which also notes the use, once a minute at most. */
async function requireKey(context: Context, key: string): Promise<KeyActor> {
  const { rows } = await context.db.execute<{ id: string; kind: string; scopes: Permission[] }>(sql`
    with found as (
      select id, kind, scopes from api_keys
      where hash = ${sha256(key)} and revoked_at is null and (expires_at is null or expires_at > now())),
    used as (
      update api_keys k set last_used_at = now() from found
      where k.id = found.id and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute'))
    select id, kind, to_json(scopes) as scopes from found`);
  const [found] = rows;
  if (!found) throw new CommerceError('token_invalid', 'This key is none of this shop, was revoked, or has expired.');
  if (found.kind !== 'secret') throw denied('A public key tells who asks, and opens nothing.');
  return { kind: 'api_key', keyId: found.id, permissions: found.scopes };
}

/** What Postgres knows of the account `a` as a member of staff; null for anybody else. */
const MEMBER = sql`
  select jsonb_build_object(
    'role', jsonb_build_object('id', r.id, 'title', r.title),
    'permissions', to_jsonb(r.permissions),
    'factors', ${FACTORS},
    'recoveryCodesLeft', cardinality(recovery_code_hashes))
  from staff_members join staff_roles r on r.id = role_id
  where account_id = a.id and disabled_at is null`;

function requirePerson({ request }: Context): void {
  const bearer = bearerOf(request);
  if (bearer !== null && !isTokenShaped(bearer)) throw denied('This needs a person who is signed in, not a key.');
}

function secondFactorRequired(factors: Factor[]): CommerceError {
  const message =
    factors.length > 0
      ? 'Log in with your second factor.'
      : 'Set up a second factor (a one-time code or a passkey), then log in with it.';
  return new CommerceError('second_factor_required', message, { facts: { factors } });
}
