import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestDatabase } from '@/tests/databases';
import { type Headers, openStaffShop, type Person, type StaffShop } from './staff-shop';

interface Answer {
  code: string;
  id: string;
  key: string;
  start: string;
  items: Record<string, unknown>[];
  errors?: { path: string }[];
}

const database = bestDatabase('staff_keys');

describe(`API keys, on ${database.server}`, () => {
  let shop: StaffShop;
  let owner: Person;
  beforeAll(async () => {
    shop = await openStaffShop(database.start);
    owner = await shop.hire('owner');
  }, 120_000);
  afterAll(() => shop?.close());

  const call = (headers: Headers, method: string, path: string, body?: unknown) =>
    shop.call<Answer>(method, path, { headers, ...(body === undefined ? {} : { body }) });
  const outcome = ({ status, body }: { status: number; body?: Answer }) => `${status} ${body?.code ?? ''}`.trim();
  const make = (body: object, headers = owner.headers) => call(headers, 'POST', '/api/admin/api-keys', body);
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const lastUseOf = async (id: string) => {
    const { rows } = await shop.db.execute<{ at: string | null }>(sql`
      select to_json(last_used_at) as at from api_keys where id = ${id}`);
    return rows[0]?.at ?? null;
  };

  it('are shown once, and kept as a hash', async () => {
    const { status, body } = await make({ kind: 'secret', title: 'Warehouse', scopes: ['orders:read'] });
    expect(status).toBe(201);
    expect(body.key).toMatch(/^sk_[\w-]{43}$/);
    expect(body.key.startsWith(body.start)).toBe(true);
    expect(body.start).toHaveLength(9);
    const { rows } = await shop.db.execute<{ hash: string; row: object }>(sql`
      select hash, to_jsonb(k) as row from api_keys k where id = ${body.id}`);
    expect(rows[0]?.hash).toBe(createHash('sha256').update(body.key).digest('base64url'));
    const listed = await call(owner.headers, 'GET', '/api/admin/api-keys');
    const log = JSON.stringify(await shop.auditOf(body.id));
    for (const text of [JSON.stringify(rows[0]?.row), listed.text, log]) expect(text).not.toContain(body.key);
    for (const text of [listed.text, log]) expect(text).not.toContain(rows[0]?.hash);
    expect(listed.body.items.find(({ id }) => id === body.id)).toMatchObject({
      kind: 'secret',
      title: 'Warehouse',
      start: body.start,
      scopes: ['orders:read'],
      createdBy: owner.accountId,
      lastUsedAt: null,
      revokedAt: null,
    });
  });

  it('open what their scopes say, in one round trip, until they are revoked', async () => {
    const { body } = await make({ kind: 'secret', title: 'Reader', scopes: ['settings:read'] });
    const listed = await call(bearer(body.key), 'GET', '/api/admin/staff');
    expect(listed.status).toBe(200);
    // One to find out who asks, one for the list.
    expect(listed.headers.get('server-timing')).toMatch(/kv;desc="0".*db;desc="2"/);
    expect(outcome(await call(bearer(body.key), 'GET', '/api/admin/orders'))).toBe('403 permission_denied');
    expect((await call(owner.headers, 'DELETE', `/api/admin/api-keys/${body.id}`)).status).toBe(204);
    expect(outcome(await call(bearer(body.key), 'GET', '/api/admin/staff'))).toBe('401 token_invalid');
    expect(outcome(await call(owner.headers, 'DELETE', `/api/admin/api-keys/${body.id}`))).toBe('404 not_found');
    expect((await shop.auditOf(body.id)).map(({ action }) => action)).toEqual(['api_key.made', 'api_key.revoked']);
  });

  it.each([
    ['with a character changed', (key: string) => `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`],
    ['with a character more', (key: string) => `${key}A`],
    ['in capitals', (key: string) => key.toUpperCase()],
    ['by its hash', (key: string) => createHash('sha256').update(key).digest('base64url')],
    ['by what is shown of it', (key: string) => key.slice(0, 9)],
    ['under the other prefix', (key: string) => key.replace('sk_', 'pk_')],
  ])('open nothing %s', async (_, change) => {
    const { body } = await make({ kind: 'secret', title: 'Reader', scopes: ['settings:read'] });
    expect(outcome(await call(bearer(change(body.key)), 'GET', '/api/admin/staff'))).toBe('401 token_invalid');
  });

  it('expire when they say', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const { body } = await make({ kind: 'secret', title: 'Guest', scopes: ['settings:read'], expiresAt });
    expect((await call(bearer(body.key), 'GET', '/api/admin/staff')).status).toBe(200);
    await shop.db.execute(sql`update api_keys set expires_at = now() - interval '1 second' where id = ${body.id}`);
    expect(outcome(await call(bearer(body.key), 'GET', '/api/admin/staff'))).toBe('401 token_invalid');
  });

  it('note their last use, once a minute at most', async () => {
    const { body } = await make({ kind: 'secret', title: 'Reader', scopes: ['settings:read'] });
    const use = () => call(bearer(body.key), 'GET', '/api/admin/staff');
    await use();
    const first = await lastUseOf(body.id);
    expect(first).not.toBeNull();
    await Promise.all([use(), use(), use()]);
    expect(await lastUseOf(body.id)).toBe(first);
    await shop.db.execute(sql`
      update api_keys set last_used_at = now() - interval '61 seconds' where id = ${body.id}`);
    const aged = await lastUseOf(body.id);
    await use();
    expect(await lastUseOf(body.id)).not.toBe(aged);
  });

  it('hand on no more than their maker has, be it a person or a key', async () => {
    const clerk = await shop.hire(['settings:write', 'orders:read']);
    const wanted = { kind: 'secret', title: 'More', scopes: ['orders:read', 'orders:write'] };
    expect(outcome(await make(wanted, clerk.headers))).toBe('403 permission_denied');
    const { body } = await make({ ...wanted, scopes: ['settings:write', 'orders:read'] }, clerk.headers);
    expect(outcome(await make(wanted, bearer(body.key)))).toBe('403 permission_denied');
    const child = await make({ ...wanted, scopes: ['orders:read'] }, bearer(body.key));
    expect(child.status).toBe(201);
    expect(await shop.auditOf(child.body.id)).toMatchObject([{ actor_kind: 'api_key', actor_id: body.id }]);
  });

  it('of the public kind have no scopes, and open nothing here', async () => {
    const { body } = await make({ kind: 'public', title: 'Shop' });
    expect(body.key).toMatch(/^pk_[\w-]{43}$/);
    expect(outcome(await call(bearer(body.key), 'GET', '/api/admin/staff'))).toBe('403 permission_denied');
    expect(outcome(await make({ kind: 'public', title: 'Shop', scopes: ['orders:read'] }))).toBe('422 invalid_input');
  });

  it.each([
    [{ kind: 'other', title: 'T', scopes: [] }, 'kind'],
    [{ kind: 'secret', scopes: [] }, 'title'],
    [{ kind: 'secret', title: 'T', scopes: ['everything'] }, 'scopes.0'],
    [{ kind: 'secret', title: 'T', scopes: [], expiresAt: 'tomorrow' }, 'expiresAt'],
    [{ kind: 'secret', title: 'T', scopes: [], expiresAt: '2001-01-01T00:00:00Z' }, 'expiresAt'],
    [{ kind: 'secret', title: 'T', scopes: [], hash: 'x' }, 'hash'],
  ])('are refused as %j', async (body, path) => {
    const { status, body: problem } = await make(body);
    expect(status).toBe(422);
    expect(problem.errors?.map((issue) => issue.path)).toEqual([path]);
  });
});
