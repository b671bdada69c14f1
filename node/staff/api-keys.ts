/** Keys by which programs speak to the shop. What a key is, is shown once and kept as a hash. */
import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import { apiKeys } from '@/db/account-schema';
import { newId } from '@/db/ids';
import { idOf, notFound, pageInput, pageOf } from '../lists';
import { sha256 } from '../secrets';
import { deed, logged, makerOf } from './audit';
import { permittedOperation } from './operation';
import { PermissionsInput, requireOwn, TitleInput } from './roles';

const PREFIX = { public: 'pk_', secret: 'sk_' } as const;
/** Of the 43 characters after the prefix; enough to tell keys apart, and of no use to guess the rest. */
const SHOWN_CHARACTERS = 6;

const NOT_A_MOMENT = 'This must be a moment to come, such as 2030-01-31T00:00:00Z.';

const Timestamp = v.pipe(v.string(), v.isoTimestamp());

const NewKey = v.pipe(
  v.strictObject({
    kind: v.picklist(['public', 'secret'], 'A key is public or secret.'),
    title: TitleInput,
    scopes: v.optional(PermissionsInput, []),
    expiresAt: v.nullish(
      v.pipe(
        v.string(NOT_A_MOMENT),
        v.check((text) => v.is(Timestamp, text) && Date.parse(text) > Date.now(), NOT_A_MOMENT),
        // As written by us: Postgres knows no 30th of February.
        v.transform((text) => new Date(text).toISOString()),
      ),
    ),
  }),
  v.forward(
    v.check(({ kind, scopes }) => kind === 'secret' || scopes.length === 0, 'A public key opens nothing.'),
    ['scopes'],
  ),
);

/**
 * Makes a key of what its maker may do at most, and shows it this once. What a key makes is counted as its own maker's, who
 * may know it. Throws `permission_denied` beyond what the maker may do.
 */
export const makeApiKeyOperation = permittedOperation(
  { method: 'POST', path: '/api/admin/api-keys', access: ['settings:write'], body: NewKey },
  async (context, actor, { body: { kind, title, scopes, expiresAt = null } }) => {
    requireOwn(actor, scopes);
    const id = newId('key');
    const key = `${PREFIX[kind]}${randomBytes(32).toString('base64url')}`;
    const start = key.slice(0, PREFIX[kind].length + SHOWN_CHARACTERS);
    await context.db.execute(sql`
      with made as (
        insert into api_keys (id, kind, title, start, hash, scopes, created_by, expires_at)
        values (${id}, ${kind}, ${title}, ${start}, ${sha256(key)}, ${sql.param(scopes)}::text[],
          ${makerOf(actor)}, ${expiresAt}::timestamptz)
        returning id, kind, title, start, scopes, expires_at),
      change as (select id as subject_id, null::jsonb as before, ${STATE} as after from made),
      ${logged(deed(context, actor, 'api_key.made', 'settings'))}
      select subject_id from change`);
    return { status: 201, body: { id, kind, title, start, scopes, expiresAt, key } };
  },
);

/** Keys, the newest first, those that are revoked too. */
export const listApiKeysOperation = permittedOperation(
  { method: 'GET', path: '/api/admin/api-keys', access: ['settings:read'], query: v.object(pageInput) },
  async ({ db }, _actor, { query }) => {
    const shown = {
      id: apiKeys.id,
      kind: apiKeys.kind,
      title: apiKeys.title,
      start: apiKeys.start,
      scopes: apiKeys.scopes,
      createdBy: apiKeys.createdBy,
      createdAt: apiKeys.createdAt,
      lastUsedAt: apiKeys.lastUsedAt,
      expiresAt: apiKeys.expiresAt,
      revokedAt: apiKeys.revokedAt,
    };
    const page = pageOf('api-keys', query, { by: apiKeys.id, as: 'id' });
    const rows = await db.select(shown).from(apiKeys).where(page.isAfter).orderBy(page.order).limit(page.take);
    return page.reply(
      rows,
      (row) => row.id,
      (row) => row,
    );
  },
);

/** Revokes a key: nothing opens to it from the next request on. */
export const revokeApiKeyOperation = permittedOperation(
  { method: 'DELETE', path: '/api/admin/api-keys/{keyId}', access: ['settings:write'] },
  async (context, actor) => {
    const { rows } = await context.db.execute(sql`
      with revoked as (
        update api_keys set revoked_at = now() where id = ${idOf(context, 'keyId')} and revoked_at is null
        returning id, kind, title, start, scopes, expires_at),
      change as (select id as subject_id, ${STATE} as before, null::jsonb as after from revoked),
      ${logged(deed(context, actor, 'api_key.revoked', 'settings'))}
      select subject_id from change`);
    if (rows.length === 0) throw notFound('There is no such key, or it is revoked already.');
    return { status: 204 };
  },
);

const STATE = sql.raw(
  `jsonb_build_object('kind', kind, 'title', title, 'start', start, 'scopes', to_jsonb(scopes), 'expiresAt', expires_at)`,
);
