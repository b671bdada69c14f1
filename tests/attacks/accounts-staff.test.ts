import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { passkeys } from '@/db/account-schema';
import { bestDatabase } from '@/tests/databases';
import type { Said } from '../accounts/people';
import { openStaffShop, type Person, type StaffShop } from '../staff/staff-shop';

let shop: StaffShop;
let owner: Person;
beforeAll(async () => {
  shop = await openStaffShop(bestDatabase('attack_staff').start);
  owner = await shop.hire('owner');
});
afterAll(() => shop?.close());

describe('whoever knows the password of a member of staff, and has not their passkey', () => {
  async function withPasskey(amr: string[]): Promise<Person> {
    const person = await shop.hire('manager', { amr });
    await shop.db.insert(passkeys).values({
      id: `passkey-of-${person.accountId}`,
      accountId: person.accountId,
      publicKey: 'none',
      counter: 0,
      isBackedUp: false,
      name: 'Key',
    });
    return person;
  }

  it('neither deletes the account nor moves it to an address of theirs', async () => {
    const { headers, accountId } = await withPasskey(['pwd']);
    const gone = await shop.call<Said>('DELETE', '/api/me', { headers });
    expect.soft(gone.body?.code).toBe('second_factor_required');
    const moved = await shop.call<Said>('POST', '/api/me/email', { headers, body: { email: 'thief@example.com' } });
    expect.soft(moved.body.code).toBe('second_factor_required');
    const { rows } = await shop.db.execute(sql`select 1 from staff_members where account_id = ${accountId}`);
    expect(rows).toHaveLength(1);
  });

  it('does not stand in the way of the member, who has it', async () => {
    const { headers } = await withPasskey(['hwk', 'user']);
    const body = { email: 'elsewhere@example.com' };
    expect((await shop.call('POST', '/api/me/email', { headers, body })).status).toBe(202);
    expect((await shop.call('DELETE', '/api/me', { headers })).status).toBe(204);
  });
});

it('what a member of staff made by a key of theirs is known as theirs when they are disabled', async () => {
  const leaving = await shop.hire(['settings:read', 'settings:write', 'orders:read']);
  const key = await shop.makeKey(['settings:write', 'orders:read'], { createdBy: leaving.accountId });
  const headers = { authorization: key.authorization! };
  const made = await shop.call<Said>('POST', '/api/admin/api-keys', {
    headers,
    body: { kind: 'secret', title: 'Quiet', scopes: ['settings:write', 'orders:read'] },
  });
  expect(made.status).toBe(201);
  const role = { id: 'quiet', title: 'Quiet', permissions: ['orders:read'] };
  expect((await shop.call('POST', '/api/admin/roles', { headers, body: role })).status).toBe(201);
  const invited = await shop.call<Said>('POST', '/api/admin/invitations', {
    headers,
    body: { email: 'accomplice@example.com', roleId: 'quiet' },
  });
  expect(invited.status).toBe(201);
  const disabled = await shop.call<{ apiKeys: { id: string }[] }>('PATCH', `/api/admin/staff/${leaving.accountId}`, {
    headers: owner.headers,
    body: { disabled: true },
  });
  expect(disabled.body.apiKeys.map(({ id }) => id).sort()).toEqual([key.id, made.body.id].sort());
  const { rows } = await shop.db.execute(sql`
    select withdrawn_at is not null as is_withdrawn from staff_invitations where id = ${invited.body.id}`);
  expect(rows).toEqual([{ is_withdrawn: true }]);
});

it('a member of staff who deletes the account leaves no invitation of theirs open, and a line in the log', async () => {
  const leaving = await shop.hire(['settings:read', 'settings:write']);
  const role = { id: 'left-behind', title: 'Left behind', permissions: ['settings:read'] };
  expect((await shop.call('POST', '/api/admin/roles', { headers: leaving.headers, body: role })).status).toBe(201);
  const invited = await shop.call<Said>('POST', '/api/admin/invitations', {
    headers: leaving.headers,
    body: { email: 'accomplice2@example.com', roleId: 'left-behind' },
  });
  expect(invited.status).toBe(201);
  expect((await shop.call('DELETE', '/api/me', { headers: leaving.headers })).status).toBe(204);
  const { rows } = await shop.db.execute(sql`
    select withdrawn_at is not null as is_withdrawn from staff_invitations where id = ${invited.body.id}`);
  expect.soft(rows).toEqual([{ is_withdrawn: true }]);
  expect((await shop.auditOf(leaving.accountId)).map(({ action }) => action)).toContain('staff.left');
});
