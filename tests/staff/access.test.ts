import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staffRoles } from '@/db/account-schema';
import type { Operation } from '@/edge/http';
import { nodeOperations } from '@/node/routes';
import type { Access, AdminOperation } from '@/node/staff/operation';
import { PERMISSIONS } from '@/node/staff/permissions';
import { adminOperations } from '@/node/staff/routes';
import { TWEED } from '../orders/order-shop';
import { allBut, type Headers, openStaffShop, type StaffShop } from './staff-shop';

/** What is wrong with a table of operations: those of the staff that do not say, or do not well say, whom they are for. */
function unguarded(operations: readonly Operation[]): string[] {
  return operations
    .filter(({ path }) => path.startsWith('/api/admin'))
    .filter((operation) => !isAccess((operation as Partial<AdminOperation>).access))
    .map(({ method, path }) => `${method} ${path}`);
}

function isAccess(access: Access | undefined): boolean {
  if (access === 'staff' || access === 'account') return true;
  return Array.isArray(access) && access.length > 0 && access.every((permission) => PERMISSIONS.includes(permission));
}

let shop: StaffShop;
/** Ids of things that are there, so that a 404 is not one of an empty shop. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  shop = await openStaffShop();
  const owner = await shop.hire('owner');
  const filled = await shop.fill([TWEED, 1]);
  ids.orderId = (await shop.order(filled)).body.order.id;
  ids.accountId = owner.accountId;
  ids.variantId = TWEED;
  // Roles that may do nothing, so that whoever may change any may change these.
  await shop.db.insert(staffRoles).values([
    { id: 'idle', title: 'Idle' },
    { id: 'guest', title: 'Guest' },
  ]);
  ids.roleId = 'idle';
  ids.keyId = (await shop.makeKey(['orders:read'])).id;
  const invited = await shop.call<{ id: string }>('POST', '/api/admin/invitations', {
    headers: owner.headers,
    body: { email: 'new@example.com', roleId: 'guest' },
  });
  ids.invitationId = invited.body.id;
}, 120_000);
afterAll(() => shop?.close());

const isPermitted = ({ access }: AdminOperation) => Array.isArray(access);
const permissionsOf = ({ access }: AdminOperation) => (Array.isArray(access) ? access : []);
const named = (operations: readonly AdminOperation[]) =>
  operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const);

function send({ method, path }: AdminOperation, headers: Headers = {}) {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] as string);
  // A body that no schema takes: whoever may not do it must be told so before anything is read.
  const body = method === 'GET' ? {} : { body: { nothing: 'of use' } };
  return shop.call<{ code?: string }>(method, filled, { headers, ...body });
}

const outcome = async (operation: AdminOperation, headers?: Headers) => {
  const { status, body } = await send(operation, headers);
  return `${status} ${body?.code ?? ''}`.trim();
};

/** What is answered where access is given: the input is looked at, or the answer is there. */
const LET_IN = /^(200|201|204|404 not_found|409 \w+|422 (invalid_input|link_invalid))$/;

describe('the table of operations', () => {
  it('says of every operation under /api/admin whom it is for', () => {
    expect(unguarded(nodeOperations)).toEqual([]);
    expect(nodeOperations.filter(({ path }) => path.startsWith('/api/admin'))).toEqual(adminOperations);
  });

  it('is not passed by an operation that says nothing, or names a permission that there is not', () => {
    const [some] = adminOperations as [AdminOperation];
    const { access: _, ...silent } = some;
    const misspelt = { ...some, access: ['order:read'] } as unknown as AdminOperation;
    const open = { ...some, access: [] } as AdminOperation;
    expect(unguarded([silent, misspelt, open, some])).toHaveLength(3);
  });

  it('has a file for each, and no file besides', () => {
    const files = readdirSync(join(process.cwd(), 'app/api/admin'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('route.ts'))
      .map((file) => `/api/admin/${file.replace(/\/route\.ts$/, '').replaceAll(/\[(\w+)\]/g, '{$1}')}`);
    expect(files.sort()).toEqual([...new Set(adminOperations.map(({ path }) => path))].sort());
  });
});

describe.each(named(adminOperations))('%s', (_, operation) => {
  it('is not for anonymous callers', async () => {
    expect(await outcome(operation)).toBe('401 unauthenticated');
  });

  it.each([
    ['is nonsense', 'Bearer nonsense'],
    ['is a key of nobody', `Bearer sk_${'A'.repeat(43)}`],
  ])('is not for a bearer token that %s', async (_what, authorization) => {
    expect(await outcome(operation, { authorization })).toMatch(/^(401 token_invalid|403 permission_denied)$/);
  });

  it('is not for a session that has ended', async () => {
    const person = await shop.hire('owner');
    await shop.db.execute(sql`
      update sessions set ended_at = now(), end_reason = 'logout' where account_id = ${person.accountId}`);
    expect(await outcome(operation, person.headers)).toBe('401 session_ended');
  });
});

describe.each(named(adminOperations.filter(({ method }) => method !== 'GET')))('%s', (_, operation) => {
  it('is not for pages of other sites', async () => {
    const { headers } = await shop.hire('owner');
    const cookie = `access=${headers.authorization?.slice('Bearer '.length)}`;
    for (const proof of [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
    ]) {
      expect(await outcome(operation, { cookie, ...(proof as Headers) })).toBe('403 cross_site_request');
    }
    expect(await outcome(operation, { cookie, 'sec-fetch-site': 'same-origin' })).not.toContain('cross_site_request');
  });
});

describe.each(named(adminOperations.filter(({ access }) => access !== 'account')))('%s', (_, operation) => {
  it('is not for customers', async () => {
    const { headers } = await shop.signUp({ amr: ['pwd', 'otp'] });
    expect(await outcome(operation, headers)).toBe('403 permission_denied');
  });

  it('is not for a member who was disabled', async () => {
    const person = await shop.hire('owner');
    await shop.db.execute(sql`update staff_members set disabled_at = now() where account_id = ${person.accountId}`);
    expect(await outcome(operation, person.headers)).toBe('403 permission_denied');
  });
});

describe.each(named(adminOperations.filter(isPermitted)))('%s', (_, operation) => {
  const wanted = permissionsOf(operation);

  it('is for staff with any of its permissions, and nothing beside', async () => {
    for (const permission of wanted) {
      const { headers } = await shop.hire([permission]);
      // Where several are named, the input decides which it needs.
      expect(await outcome(operation, headers)).toMatch(LET_IN);
    }
  });

  it('is for staff with a passkey, of either kind', async () => {
    for (const method of ['hwk', 'swk']) {
      const { headers } = await shop.hire(wanted, { amr: [method, 'user'] });
      expect(await outcome(operation, headers)).toMatch(LET_IN);
    }
  });

  it('is not for staff with every other permission', async () => {
    const { headers } = await shop.hire(allBut(...wanted));
    expect(await outcome(operation, headers)).toBe('403 permission_denied');
  });

  it.each([[['pwd']], [['fed']], [['otp2']]])('is not for an owner who logged in with %j alone', async (amr) => {
    const { headers } = await shop.hire('owner', { amr });
    expect(await outcome(operation, headers)).toBe('401 second_factor_required');
  });

  it('is not for a login of more than 12 hours ago', async () => {
    const person = await shop.hire('owner');
    const loggedInAgo = (interval: string) =>
      shop.db.execute(sql`
        update sessions set authenticated_at = now() - ${interval}::interval where account_id = ${person.accountId}`);
    await loggedInAgo('12 hours 1 minute');
    expect(await outcome(operation, person.headers)).toBe('401 login_required');
    await loggedInAgo('11 hours 59 minutes');
    expect(await outcome(operation, person.headers)).toMatch(LET_IN);
  });

  it('is for a key with the scope, and nothing beside', async () => {
    const { authorization } = await shop.makeKey(wanted);
    expect(await outcome(operation, { authorization: authorization as string })).toMatch(LET_IN);
  });

  it.each([
    ['without the scope', '403 permission_denied', () => shop.makeKey(allBut(...wanted))],
    ['of the public kind', '403 permission_denied', () => shop.makeKey([], { kind: 'public' })],
    ['that was revoked', '401 token_invalid', () => shop.makeKey(PERMISSIONS, { revokedAt: new Date() })],
    [
      'that has expired',
      '401 token_invalid',
      () => shop.makeKey(PERMISSIONS, { expiresAt: new Date(Date.now() - 1000) }),
    ],
  ])('is not for a key %s', async (_what, expected, make) => {
    const { authorization } = await make();
    expect(await outcome(operation, { authorization: authorization as string })).toBe(expected);
  });

  it('takes no key from a cookie, and a key over a session', async () => {
    const { authorization } = await shop.makeKey(allBut(...wanted));
    const owner = await shop.hire('owner');
    const key = (authorization as string).slice('Bearer '.length);
    expect(await outcome(operation, { cookie: `access=${key}`, 'sec-fetch-site': 'same-origin' })).toBe(
      '401 token_expired',
    );
    const cookie = `access=${owner.headers.authorization?.slice('Bearer '.length)}`;
    expect(await outcome(operation, { cookie, authorization: authorization as string })).toBe('403 permission_denied');
  });
});

describe.each(named(adminOperations.filter(({ access }) => access === 'staff')))('%s', (_, operation) => {
  it('is for staff without a second factor or any permission', async () => {
    const { headers } = await shop.hire([], { amr: ['pwd'] });
    expect(await outcome(operation, headers)).toMatch(LET_IN);
  });

  it('is not for keys', async () => {
    const { authorization } = await shop.makeKey(PERMISSIONS);
    expect(await outcome(operation, { authorization: authorization as string })).toBe('403 permission_denied');
  });
});

describe.each(
  named(adminOperations.filter(({ access, path }) => isPermitted({ access } as AdminOperation) && /\{/.test(path))),
)('%s', (_, operation) => {
  it('answers the same of what is not there, whatever the id looks like', async () => {
    const { headers } = await shop.hire('owner');
    const body = BODIES[`${operation.method} ${operation.path}`];
    const answers = ['nobody', 'acct_01jd0000000000000000000000', '%00', '..%2F..', "x'%20or%20true--", 'a'.repeat(65)];
    for (const id of answers) {
      const path = operation.path.replace(/\{\w+\}/, id);
      const { status, body: problem } = await shop.call<{ code: string }>(operation.method, path, {
        headers,
        ...(body ? { body } : {}),
      });
      expect(`${id} ${status} ${problem.code}`).toBe(`${id} 404 not_found`);
    }
  });
});

/** Input that is well formed, for operations that have any. */
const BODIES: Record<string, object> = {
  'PATCH /api/admin/staff/{accountId}': { disabled: true },
  'PATCH /api/admin/roles/{roleId}': { title: 'Other' },
  'PATCH /api/admin/customers/{accountId}': { customerGroupId: null },
  'POST /api/admin/orders/{orderId}/cancellation': { reason: 'No cloth.' },
  'PATCH /api/admin/variants/{variantId}': { prices: [{ currency: 'EUR', amount: 100 }] },
};
