import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkToken } from '@/node/account-links';
import { PERMISSIONS } from '@/node/staff/permissions';
import { bestDatabase } from '@/tests/databases';
import { allBut, openStaffShop, type Person, type StaffShop } from './staff-shop';

interface Answer {
  code: string;
  id: string;
  items: Record<string, unknown>[];
  nextCursor: string | null;
  apiKeys: { id: string }[];
  role: { id: string };
  errors?: { path: string }[];
}

const database = bestDatabase('staff_people');

describe(`people of the staff, on ${database.server}`, () => {
  let shop: StaffShop;
  let owner: Person;
  beforeAll(async () => {
    shop = await openStaffShop(database.start);
    owner = await shop.hire('owner');
  }, 120_000);
  afterAll(() => shop?.close());

  const call = (person: Person, method: string, path: string, body?: unknown) =>
    shop.call<Answer>(method, path, { headers: person.headers, ...(body === undefined ? {} : { body }) });
  const outcome = ({ status, body }: { status: number; body?: Answer }) => `${status} ${body?.code ?? ''}`.trim();
  const change = (by: Person, whom: Pick<Person, 'accountId'>, body: unknown) =>
    call(by, 'PATCH', `/api/admin/staff/${whom.accountId}`, body);
  const invite = (by: Person, email: string, roleId: string) =>
    call(by, 'POST', '/api/admin/invitations', { email, roleId });
  const accept = (by: Person, invitationId: string) =>
    call(by, 'POST', '/api/admin/invitations/acceptance', { token: tokenOf(invitationId) });
  const tokenOf = (id: string) => linkToken(shop.platform.env.AUTH_SECRET as string, id);
  const roleOf = async ({ accountId }: Person) => {
    const { rows } = await shop.db.execute<{ role_id: string; disabled: boolean }>(sql`
      select role_id, disabled_at is not null as disabled from staff_members where account_id = ${accountId}`);
    return rows[0];
  };

  describe('who they are', () => {
    it('tells a member what they may do and what they still need, in one round trip', async () => {
      const support = await shop.hire('support', { amr: ['pwd'] });
      await call(support, 'GET', '/api/admin/me');
      const { body, headers } = await call(support, 'GET', '/api/admin/me');
      expect(body).toMatchObject({
        account: { id: support.accountId, email: support.email },
        role: { id: 'support', title: 'Support' },
        permissions: expect.arrayContaining(['orders:write']),
        factors: [],
        amr: ['pwd'],
      });
      expect(headers.get('server-timing')).toMatch(/kv;desc="0".*db;desc="1"/);
    });

    it('lists the staff by pages, without a secret', async () => {
      const seen: unknown[] = [];
      let cursor = '';
      do {
        const { body, text } = await call(owner, 'GET', `/api/admin/staff?limit=1${cursor && `&cursor=${cursor}`}`);
        expect(text).not.toMatch(/secret|hash/i);
        seen.push(...body.items.map(({ accountId }) => accountId));
        cursor = body.nextCursor ?? '';
      } while (cursor !== '');
      expect(new Set(seen).size).toBe(seen.length);
      const { rows } = await shop.db.execute<{ count: number }>(sql`select count(*)::int from staff_members`);
      expect(seen).toHaveLength(rows[0]!.count);
    });

    it('takes no cursor of another list, and none that was made up', async () => {
      const { body } = await call(owner, 'GET', '/api/admin/roles?limit=1');
      for (const cursor of [body.nextCursor, 'x', 'AAAA']) {
        const answer = await call(owner, 'GET', `/api/admin/staff?cursor=${cursor}`);
        expect(outcome(answer)).toBe('422 invalid_input');
      }
      expect(outcome(await call(owner, 'GET', '/api/admin/staff?limit=101'))).toBe('422 invalid_input');
    });
  });

  describe('changing what they may do', () => {
    it('gives another role, and logs what was before and after', async () => {
      const person = await shop.hire('support');
      expect((await change(owner, person, { roleId: 'manager' })).body).toMatchObject({ roleId: 'manager' });
      expect(await shop.auditOf(person.accountId)).toMatchObject([
        {
          actor_kind: 'staff',
          actor_id: owner.accountId,
          action: 'staff.changed',
          resource: 'settings',
          before: { roleId: 'support', disabled: false },
          after: { roleId: 'manager', disabled: false },
          request_id: expect.any(String),
        },
      ]);
    });

    it('lets nobody rise above what they may do, nor raise others above it', async () => {
      const clerk = await shop.hire(['settings:read', 'settings:write', 'orders:read']);
      const colleague = await shop.hire(['orders:read']);
      for (const whom of [clerk, colleague]) {
        expect(outcome(await change(clerk, whom, { roleId: 'owner' }))).toBe('403 permission_denied');
        expect(outcome(await change(clerk, whom, { roleId: 'support' }))).toBe('403 permission_denied');
      }
      expect((await roleOf(colleague))?.role_id).not.toBe('support');
      expect(await shop.auditOf(colleague.accountId)).toEqual([]);
    });

    it('lets nobody touch whoever may do more than they', async () => {
      const clerk = await shop.hire(['settings:read', 'settings:write']);
      const other = await shop.hire('owner');
      expect(outcome(await change(clerk, other, { disabled: true }))).toBe('403 permission_denied');
      expect(outcome(await change(clerk, other, { roleId: (await roleOf(clerk))?.role_id }))).toBe(
        '403 permission_denied',
      );
      expect(await roleOf(other)).toEqual({ role_id: 'owner', disabled: false });
    });

    it('knows no role that is not there, and nothing else in the body', async () => {
      const person = await shop.hire('support');
      const unknown = await change(owner, person, { roleId: 'king' });
      expect(unknown.body).toMatchObject({ code: 'invalid_input', errors: [{ path: 'roleId' }] });
      expect(outcome(await change(owner, person, {}))).toBe('422 invalid_input');
      expect(outcome(await change(owner, person, { disabled: false, permissions: PERMISSIONS }))).toBe(
        '422 invalid_input',
      );
    });

    it('shuts out who is disabled everywhere, withdraws whom they invited, and names the keys they made', async () => {
      const leaver = await shop.hire('owner');
      const key = await shop.makeKey(['orders:read'], { createdBy: leaver.accountId });
      const gone = await shop.makeKey(['orders:read'], { createdBy: leaver.accountId, revokedAt: new Date() });
      const friend = await shop.signUp();
      const { body: invitation } = await invite(leaver, friend.email, 'manager');
      const second = await shop.signIn(leaver);

      const { body } = await change(owner, leaver, { disabled: true });
      expect(body.apiKeys.map(({ id }) => id)).toEqual([key.id]);
      expect(gone.id).not.toBe(key.id);
      for (const headers of [leaver.headers, second]) {
        expect(outcome(await shop.call<Answer>('GET', '/api/admin/me', { headers }))).toBe('401 session_ended');
      }
      expect(outcome(await accept(friend, invitation.id))).toBe('422 link_invalid');
      // At the edge as well, which asks KV alone.
      await shop.settled();
      for (const headers of [leaver.headers, second]) {
        expect(outcome(await shop.call<Answer>('GET', '/api/cart', { headers }))).toBe('401 session_ended');
      }
      // A login is still theirs, as a customer.
      const anew = { ...leaver, headers: await shop.signIn(leaver) };
      expect(outcome(await call(anew, 'GET', '/api/admin/me'))).toBe('403 permission_denied');

      await change(owner, leaver, { disabled: false });
      expect(outcome(await call(anew, 'GET', '/api/admin/staff'))).toBe('200');
    });
  });

  describe('the last owner', () => {
    // Everybody else who owns steps down, so that there are just these.
    const only = async (...owners: Person[]) => {
      const ids = owners.map(({ accountId }) => accountId);
      await shop.db.execute(sql`
        update staff_members set role_id = 'manager'
        where role_id = 'owner' and account_id <> all(${sql.param(ids)}::text[])`);
    };
    const restore = () =>
      shop.db.execute(sql`
        update staff_members set role_id = 'owner', disabled_at = null where account_id = ${owner.accountId}`);

    it('can neither step down nor be disabled, nor be taken away', async () => {
      await only(owner);
      expect(outcome(await change(owner, owner, { roleId: 'manager' }))).toBe('409 last_owner');
      expect(outcome(await change(owner, owner, { disabled: true }))).toBe('409 last_owner');
      expect(await roleOf(owner)).toEqual({ role_id: 'owner', disabled: false });
      expect(outcome(await call(owner, 'GET', '/api/admin/me'))).toBe('200');
    });

    it('is one of two who step down at once', async () => {
      for (let round = 0; round < 5; round += 1) {
        const [first, second] = [await shop.hire('owner'), await shop.hire('owner')];
        await only(first, second);
        const answers = await Promise.all([
          change(first, first, { roleId: 'support' }),
          change(second, second, { roleId: 'support' }),
        ]);
        expect(answers.map(outcome).sort()).toEqual(['200', '409 last_owner']);
        await restore();
      }
    });

    it('is nobody, without the trigger that keeps one: the race above is one', async () => {
      const trigger = (state: string) =>
        shop.db.execute(sql.raw(`alter table staff_members ${state} trigger staff_members_one_owner`));
      const [first, second] = [await shop.hire('owner'), await shop.hire('owner')];
      await only(first, second);
      await trigger('disable');
      const answers = await Promise.all([
        change(first, first, { roleId: 'support' }),
        change(second, second, { roleId: 'support' }),
      ]);
      await trigger('enable');
      expect(answers.map(outcome)).toEqual(['200', '200']);
      await restore();
    });

    it('is one of two who disable each other at once', async () => {
      for (let round = 0; round < 5; round += 1) {
        const [first, second] = [await shop.hire('owner'), await shop.hire('owner')];
        await only(first, second);
        await Promise.all([change(first, second, { disabled: true }), change(second, first, { disabled: true })]);
        const states = [await roleOf(first), await roleOf(second)];
        expect(states.filter((state) => !state?.disabled)).toHaveLength(1);
        await restore();
      }
    });
  });

  describe('roles', () => {
    it('are made, changed and taken away, each with its row in the log', async () => {
      const made = { id: 'packer', title: 'Packer', permissions: ['orders:write', 'orders:read'] };
      expect((await call(owner, 'POST', '/api/admin/roles', made)).status).toBe(201);
      expect(outcome(await call(owner, 'POST', '/api/admin/roles', made))).toBe('409 role_exists');
      expect((await call(owner, 'PATCH', '/api/admin/roles/packer', { title: 'Packing' })).body).toEqual({
        id: 'packer',
        title: 'Packing',
        permissions: ['orders:read', 'orders:write'],
      });
      expect((await call(owner, 'PATCH', '/api/admin/roles/packer', { permissions: [] })).body).toMatchObject({
        title: 'Packing',
        permissions: [],
      });
      expect((await call(owner, 'DELETE', '/api/admin/roles/packer')).status).toBe(204);
      const { body } = await call(owner, 'GET', '/api/admin/roles');
      expect(body.items.map(({ id }) => id)).not.toContain('packer');
      const log = await shop.auditOf('packer');
      expect(log.map(({ action }) => action)).toEqual(['role.made', 'role.changed', 'role.changed', 'role.removed']);
      for (const [index, row] of log.entries()) expect(row.before).toEqual(log[index - 1]?.after ?? null);
    });

    it('hold nothing that their maker may not do, neither before nor after', async () => {
      const clerk = await shop.hire(['settings:write', 'orders:read']);
      const made = { id: 'king', title: 'King', permissions: ['orders:write'] };
      expect(outcome(await call(clerk, 'POST', '/api/admin/roles', made))).toBe('403 permission_denied');
      expect(outcome(await call(clerk, 'PATCH', '/api/admin/roles/support', { permissions: [] }))).toBe(
        '403 permission_denied',
      );
      expect(outcome(await call(clerk, 'DELETE', '/api/admin/roles/editor'))).toBe('403 permission_denied');
      const own = (await roleOf(clerk))?.role_id;
      expect(outcome(await call(clerk, 'PATCH', `/api/admin/roles/${own}`, { permissions: [...PERMISSIONS] }))).toBe(
        '403 permission_denied',
      );
    });

    it('are kept while somebody has them or is invited to them, and the owner always', async () => {
      await call(owner, 'POST', '/api/admin/roles', { id: 'weaver', title: 'Weaver', permissions: [] });
      const { body: invitation } = await invite(owner, 'weaver@example.com', 'weaver');
      expect(outcome(await call(owner, 'DELETE', '/api/admin/roles/weaver'))).toBe('409 role_in_use');
      await call(owner, 'DELETE', `/api/admin/invitations/${invitation.id}`);
      expect((await call(owner, 'DELETE', '/api/admin/roles/weaver')).status).toBe(204);
      await shop.hire('support');
      expect(outcome(await call(owner, 'DELETE', '/api/admin/roles/support'))).toBe('409 role_in_use');
      for (const method of ['PATCH', 'DELETE']) {
        const body = method === 'PATCH' ? { permissions: [] } : undefined;
        expect(outcome(await call(owner, method, '/api/admin/roles/owner', body))).toBe('409 role_fixed');
      }
    });

    it.each([
      [{ id: 'Not Small', title: 'T', permissions: [] }],
      [{ id: 'x', title: '', permissions: [] }],
      [{ id: 'x', title: 'T\nT', permissions: [] }],
      [{ id: 'x', title: 'T', permissions: ['orders:delete'] }],
      [{ id: 'x', title: 'T' }],
    ])('are refused as %j', async (body) => {
      expect(outcome(await call(owner, 'POST', '/api/admin/roles', body))).toBe('422 invalid_input');
    });
  });

  describe('invitations', () => {
    it('come by mail, and make whoever has the address a member, once', async () => {
      const guest = await shop.signUp({ email: 'Grace@Example.com' });
      const { body: invitation, text } = await invite(owner, 'grace@example.com', 'support');
      expect(text).not.toContain(tokenOf(invitation.id).slice(-20));
      await shop.settled();
      const letter = (await shop.mails()).find(({ to }) => to.includes('grace@example.com'));
      const [, link] = /(http\S+#token=\S+)/.exec(letter?.text ?? '') ?? [];
      expect(link).toBe(`${shop.siteUrl}/account/invitation#token=${tokenOf(invitation.id)}`);

      expect((await accept(guest, invitation.id)).body).toMatchObject({ role: { id: 'support' } });
      expect(outcome(await accept(guest, invitation.id))).toBe('422 link_invalid');
      expect(await roleOf(guest)).toEqual({ role_id: 'support', disabled: false });
      expect(await shop.auditOf(guest.accountId)).toMatchObject([
        { actor_id: guest.accountId, action: 'staff.joined', before: null, after: { roleId: 'support' } },
      ]);
      expect(outcome(await invite(owner, 'GRACE@example.com', 'manager'))).toBe('409 already_staff');
    });

    it('make one member of whoever accepts many times at once', async () => {
      const guest = await shop.signUp();
      const { body: invitation } = await invite(owner, guest.email, 'support');
      const answers = await Promise.all(Array.from({ length: 8 }, () => accept(guest, invitation.id)));
      expect(answers.map(outcome).sort()).toEqual(['200', ...Array(7).fill('422 link_invalid')]);
      expect(await shop.auditOf(guest.accountId)).toHaveLength(1);
    });

    it('are of no use to another account, nor with another token', async () => {
      const guest = await shop.signUp();
      const thief = await shop.signUp();
      const { body: invitation } = await invite(owner, guest.email, 'owner');
      expect(outcome(await accept(thief, invitation.id))).toBe('422 link_invalid');
      for (const token of [invitation.id, `${invitation.id}.`, `${invitation.id}.AAAA`, tokenOf('invite_other')]) {
        const answer = await call(guest, 'POST', '/api/admin/invitations/acceptance', { token });
        expect(outcome(answer)).toBe('422 link_invalid');
      }
      expect(await roleOf(thief)).toBeUndefined();
      expect(outcome(await accept(guest, invitation.id))).toBe('200');
    });

    it('last seven days', async () => {
      const guest = await shop.signUp();
      const { body: invitation } = await invite(owner, guest.email, 'support');
      const age = (interval: string) =>
        shop.db.execute(sql`
          update staff_invitations set expires_at = created_at + interval '7 days' - ${interval}::interval
          where id = ${invitation.id}`);
      await age('7 days');
      expect(outcome(await accept(guest, invitation.id))).toBe('422 link_invalid');
      const { body } = await call(owner, 'GET', '/api/admin/invitations');
      expect(body.items.find(({ id }) => id === invitation.id)).toMatchObject({ status: 'expired' });
      await age('6 days 23 hours');
      expect(outcome(await accept(guest, invitation.id))).toBe('200');
    });

    it('are good for nothing once withdrawn', async () => {
      const guest = await shop.signUp();
      const { body: invitation } = await invite(owner, guest.email, 'support');
      const path = `/api/admin/invitations/${invitation.id}`;
      expect((await call(owner, 'DELETE', path)).status).toBe(204);
      expect(outcome(await call(owner, 'DELETE', path))).toBe('404 not_found');
      expect(outcome(await accept(guest, invitation.id))).toBe('422 link_invalid');
      expect((await shop.auditOf(invitation.id)).map(({ action }) => action)).toEqual([
        'staff.invited',
        'staff.invitation_withdrawn',
      ]);
    });

    it('of one address replace each other, so that one is open', async () => {
      const guest = await shop.signUp();
      const { body: first } = await invite(owner, guest.email, 'support');
      const { body: second } = await invite(owner, guest.email.toUpperCase(), 'manager');
      expect(await shop.auditOf(second.id)).toMatchObject([{ before: { invitationId: first.id, roleId: 'support' } }]);
      expect(outcome(await accept(guest, first.id))).toBe('422 link_invalid');
      expect((await accept(guest, second.id)).body).toMatchObject({ role: { id: 'manager' } });
      const crowd = await Promise.all(Array.from({ length: 6 }, () => invite(owner, 'crowd@example.com', 'support')));
      expect(crowd.map(({ status }) => status).every((status) => status === 201 || status === 409)).toBe(true);
      const { rows } = await shop.db.execute(sql`
        select id from staff_invitations
        where email = 'crowd@example.com' and accepted_at is null and withdrawn_at is null`);
      expect(rows).toHaveLength(1);
    });

    it('reach no further than whoever sends them', async () => {
      const clerk = await shop.hire(allBut('orders:write'));
      expect(outcome(await invite(clerk, 'friend@example.com', 'owner'))).toBe('403 permission_denied');
      expect(outcome(await invite(clerk, 'friend@example.com', 'support'))).toBe('403 permission_denied');
      const { body: invitation } = await invite(owner, 'friend@example.com', 'owner');
      expect(outcome(await call(clerk, 'DELETE', `/api/admin/invitations/${invitation.id}`))).toBe(
        '403 permission_denied',
      );
      // Nor is one that reaches further replaced by theirs.
      expect(outcome(await invite(clerk, 'friend@example.com', 'editor'))).toBe('409 invitation_open');
      const key = await shop.makeKey(['settings:write']);
      const byKey = { ...clerk, headers: { authorization: key.authorization as string } };
      expect(outcome(await invite(byKey, 'other@example.com', 'owner'))).toBe('403 permission_denied');
      expect(outcome(await invite(owner, 'other@example.com', 'king'))).toBe('422 invalid_input');
    });

    it('give nobody who was disabled a way back', async () => {
      const person = await shop.hire('support');
      const { body: invitation } = await invite(owner, 'temporary@example.com', 'manager');
      await shop.db.execute(sql`
        update staff_invitations set email = ${person.email} where id = ${invitation.id}`);
      await change(owner, person, { disabled: true });
      const anew = { ...person, headers: await shop.signIn(person) };
      expect(outcome(await accept(anew, invitation.id))).toBe('409 already_staff');
      expect(await roleOf(person)).toEqual({ role_id: 'support', disabled: true });
    });
  });

  describe('the log', () => {
    it('is read by subject and by actor, the newest first, page by page', async () => {
      const person = await shop.hire('support');
      const by = await shop.hire('owner');
      for (const roleId of ['manager', 'support', 'editor']) await change(by, person, { roleId });
      const path = `/api/admin/audit-log?subject=${person.accountId}&actor=${by.accountId}`;
      const { body } = await call(owner, 'GET', `${path}&limit=2`);
      expect(body.items).toMatchObject([
        { action: 'staff.changed', actor: { kind: 'staff', id: by.accountId }, after: { roleId: 'editor' } },
        { after: { roleId: 'support' } },
      ]);
      const { body: rest } = await call(owner, 'GET', `${path}&limit=2&cursor=${body.nextCursor}`);
      expect(rest).toMatchObject({ items: [{ after: { roleId: 'manager' } }], nextCursor: null });
      const foreign = await call(owner, 'GET', `/api/admin/audit-log?cursor=${body.nextCursor}`);
      expect(outcome(foreign)).toBe('422 invalid_input');
    });

    it('is written once: no row of it changes or goes', async () => {
      for (const statement of [
        sql`update audit_log set action = 'nothing'`,
        sql`delete from audit_log`,
        sql`truncate audit_log`,
      ]) {
        await expect(shop.db.execute(statement)).rejects.toThrow();
      }
      const { rows } = await shop.db.execute<{ count: number }>(sql`select count(*)::int from audit_log`);
      expect(rows[0]?.count).toBeGreaterThan(0);
    });

    it('has no row of what did not happen', async () => {
      const count = async () => (await shop.db.execute(sql`select id from audit_log`)).rows.length;
      const before = await count();
      const clerk = await shop.hire(['settings:write']);
      await change(clerk, owner, { disabled: true });
      await invite(clerk, 'nobody@example.com', 'owner');
      await call(owner, 'DELETE', '/api/admin/roles/none');
      await call(clerk, 'PATCH', '/api/admin/roles/support', { title: 'Mine' });
      expect(await count()).toBe(before);
    });
  });
});
