import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { Secret, TOTP } from 'otpauth';
import { accounts, apiKeys, staffMembers, staffRoles } from '@/db/account-schema';
import { newId } from '@/db/ids';
import { dispatch, operation } from '@/edge/http';
import type { Platform, PlatformOptions } from '@/local/platform';
import { seal } from '@/node/sealed';
import { startSession } from '@/node/sessions';
import { PERMISSIONS, type Permission } from '@/node/staff/permissions';
import { type OrderShop, openOrderShop } from '../orders/order-shop';

export type Headers = Record<string, string>;

export interface Person {
  accountId: string;
  email: string;
  /** What a request of theirs carries. */
  headers: Headers;
}

export interface StaffShop extends OrderShop {
  /** An account that is signed in, by a password alone where nothing else is said. */
  signUp(options?: { email?: string; amr?: string[] }): Promise<Person>;
  /** Another session of an account. */
  signIn(person: Pick<Person, 'accountId'>, amr?: string[]): Promise<Headers>;
  /** Of the staff, signed in with a second factor where nothing else is said. */
  hire(role: string | readonly Permission[], options?: { email?: string; amr?: string[] }): Promise<Person>;
  /** An API key's headers. */
  makeKey(
    scopes: readonly Permission[],
    more?: Partial<typeof apiKeys.$inferInsert>,
  ): Promise<Headers & { id: string }>;
  /** Gives a member one-time codes; answers what an app would show at a moment. */
  giveCodes(person: Pick<Person, 'accountId'>): Promise<(at: Date) => string>;
  /** The log, the oldest first. */
  auditOf(subjectId: string): Promise<AuditRow[]>;
}

interface AuditRow extends Record<string, unknown> {
  actor_kind: string;
  actor_id: string | null;
  action: string;
  resource: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  request_id: string | null;
}

export async function openStaffShop(
  start?: (options: Partial<PlatformOptions>) => Promise<Platform>,
): Promise<StaffShop> {
  const shop = await openOrderShop(start);
  const { db } = shop;
  let count = 0;
  const next = (name: string) => {
    count += 1;
    return `${name}-${count}`;
  };

  async function signIn({ accountId }: Pick<Person, 'accountId'>, amr = ['pwd', 'otp']): Promise<Headers> {
    const signInOperation = operation({ method: 'POST', path: '/sign-in' }, (context) =>
      startSession(context, { accountId, amr, delivery: 'token' }),
    );
    const response = await dispatch([signInOperation], new Request(`${shop.siteUrl}/sign-in`, { method: 'POST' }));
    const { accessToken } = (await response.json()) as { accessToken: string };
    return { authorization: `Bearer ${accessToken}` };
  }

  const staffShop: StaffShop = {
    ...shop,
    signIn,
    async signUp({ email = `${next('person')}@example.com`, amr = ['pwd'] } = {}) {
      const accountId = newId('acct');
      await db.insert(accounts).values({ id: accountId, email, name: 'Ada Weber' });
      return { accountId, email, headers: await signIn({ accountId }, amr) };
    },
    async hire(role, { email, amr = ['pwd', 'otp'] } = {}) {
      const roleId = typeof role === 'string' ? role : next('role');
      if (typeof role !== 'string') {
        await db.insert(staffRoles).values({ id: roleId, title: roleId, permissions: [...role] });
      }
      const person = await staffShop.signUp({ amr, ...(email === undefined ? {} : { email }) });
      await db.insert(staffMembers).values({ accountId: person.accountId, roleId });
      return person;
    },
    async makeKey(scopes, more = {}) {
      const kind = more.kind ?? 'secret';
      const key = `${kind === 'secret' ? 'sk' : 'pk'}_${randomBytes(32).toString('base64url')}`;
      const id = newId('key');
      await db.insert(apiKeys).values({
        id,
        kind,
        title: 'Key',
        start: key.slice(0, 9),
        hash: createHash('sha256').update(key).digest('base64url'),
        scopes: [...scopes],
        ...more,
      });
      return { id, authorization: `Bearer ${key}` };
    },
    async giveCodes({ accountId }) {
      const secret = new Secret({ size: 20 });
      await db.execute(sql`
        update staff_members
        set totp_secret_sealed = ${seal(`totp ${accountId}`, secret.base32)}, totp_confirmed_at = now()
        where account_id = ${accountId}`);
      return (at) => new TOTP({ secret }).generate({ timestamp: at.getTime() });
    },
    async auditOf(subjectId) {
      const { rows } = await db.execute<AuditRow>(sql`
        select actor_kind, actor_id, action, resource, before, after, request_id from audit_log
        where subject_id = ${subjectId} order by id`);
      return rows;
    },
  };
  return staffShop;
}

/** Every permission but these. */
export const allBut = (...left: Permission[]) => PERMISSIONS.filter((permission) => !left.includes(permission));
