/**
 * Who may do what: accounts, their sessions and keys, staff and what they did. The same conventions as `schema.ts`.
 *
 * Nothing here opens anything by itself: passwords, tokens and keys are hashes, secrets that must be read again are
 * sealed (`node/sealed.ts`).
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { type AddressRecord, customerGroups } from './schema';

const moment = (name: string) => timestamp(name, { withTimezone: true });
const createdAt = () => moment('created_at').notNull().defaultNow();
const texts = (name: string) => text(name).array().notNull().default(sql`'{}'::text[]`);
const accountId = () =>
  text('account_id')
    .notNull()
    .references(() => accounts.id, { onDelete: 'cascade' });

/** A person. There is none before the mail address was proved: by a link that was mailed, or by a provider's word. */
export const accounts = pgTable(
  'accounts',
  {
    id: text().primaryKey(),
    email: text().notNull(),
    name: text().notNull().default(''),
    /** argon2id in PHC form; null where the account has passkeys or a provider alone. */
    passwordHash: text('password_hash'),
    /** Goes up when every session must end: access tokens of an earlier epoch are worth nothing. */
    sessionEpoch: integer('session_epoch').notNull().default(0),
    customerGroupId: text('customer_group_id').references(() => customerGroups.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('accounts_email_unique').on(sql`lower(${t.email})`),
    check('accounts_email_form', sql`${t.email} ~ '^[^@[:space:]]+@[^@[:space:]]+$' and length(${t.email}) <= 254`),
    check('accounts_password_is_argon2id', sql`${t.passwordHash} like '$argon2id$%'`),
    check('accounts_epoch_not_negative', sql`${t.sessionEpoch} >= 0`),
  ],
);

export const accountAddresses = pgTable(
  'account_addresses',
  {
    id: text().primaryKey(),
    accountId: accountId(),
    address: jsonb().$type<AddressRecord>().notNull(),
    isDefault: boolean('is_default').notNull().default(false),
    createdAt: createdAt(),
  },
  (t) => [
    index('account_addresses_account_index').on(t.accountId, t.createdAt),
    uniqueIndex('account_addresses_one_default').on(t.accountId).where(sql`is_default`),
  ],
);

/** Browsers that an account was used from: one that is not here is told of by mail, one that is cannot be locked out. */
export const accountDevices = pgTable(
  'account_devices',
  {
    accountId: accountId(),
    /** SHA-256 of what the browser's device cookie holds. */
    deviceHash: text('device_hash').notNull(),
    createdAt: createdAt(),
    lastSeenAt: moment('last_seen_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.deviceHash] })],
);

/** A login on one device: one family of refresh tokens. */
export const sessions = pgTable(
  'sessions',
  {
    id: text().primaryKey(),
    accountId: accountId(),
    /** The account's epoch when it began; its access tokens carry it. */
    epoch: integer().notNull(),
    /** How the person was recognised (RFC 8176): `pwd`, `otp`, `hwk`, `swk`; `fed` is a provider's word. */
    amr: texts('amr'),
    /** When the person was last asked to prove who they are. */
    authenticatedAt: moment('authenticated_at').notNull().defaultNow(),
    userAgent: text('user_agent').notNull().default(''),
    /** As the platform places the address: a city and a country, or nothing. */
    place: text().notNull().default(''),
    createdAt: createdAt(),
    lastSeenAt: moment('last_seen_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
    endedAt: moment('ended_at'),
    endReason: text('end_reason', { enum: ['logout', 'everywhere', 'revoked', 'reuse', 'password', 'email', 'staff'] }),
  },
  (t) => [
    index('sessions_account_index').on(t.accountId, t.createdAt),
    index('sessions_expiry_index').on(t.expiresAt),
    check('sessions_end_has_reason', sql`(${t.endedAt} is null) = (${t.endReason} is null)`),
    check(
      'sessions_end_reason_known',
      sql`${t.endReason} in ('logout', 'everywhere', 'revoked', 'reuse', 'password', 'email', 'staff')`,
    ),
  ],
);

/** Every refresh token that a session ever had, so that one that comes twice is known for what it is. */
export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    /** SHA-256 of the token, base64url. */
    hash: text().primaryKey(),
    sessionId: text('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    generation: integer().notNull(),
    createdAt: createdAt(),
    /** When its successor was made. */
    replacedAt: moment('replaced_at'),
  },
  (t) => [
    unique('refresh_tokens_one_per_generation').on(t.sessionId, t.generation),
    uniqueIndex('refresh_tokens_one_current').on(t.sessionId).where(sql`replaced_at is null`),
  ],
);

/** The keys that access tokens are signed with. Only the public halves are read at the edge. */
export const signingKeys = pgTable(
  'signing_keys',
  {
    /** The thumbprint of the public key (RFC 7638). */
    kid: text().primaryKey(),
    publicJwk: jsonb('public_jwk').$type<{ kty: 'OKP'; crv: 'Ed25519'; x: string }>().notNull(),
    privateKeySealed: text('private_key_sealed').notNull(),
    createdAt: createdAt(),
    /** A key is published before it signs, so that every edge knows it by then. */
    signsFrom: moment('signs_from').notNull().defaultNow(),
    /** Null while it signs. */
    signsUntil: moment('signs_until'),
    /** Null while it is published. */
    publishedUntil: moment('published_until'),
  },
  (t) => [
    check(
      'signing_keys_public_half_only',
      sql`jsonb_typeof(${t.publicJwk} -> 'x') = 'string' and not ${t.publicJwk} ? 'd'`,
    ),
  ],
);

/**
 * What a mailed link does, once. The link's secret follows from the id, so none is kept. A registration waits here with
 * its password's hash: nobody has an account at an address that they did not prove.
 */
export const accountLinks = pgTable(
  'account_links',
  {
    id: text().primaryKey(),
    purpose: text({ enum: ['registration', 'password_reset', 'email_change'] }).notNull(),
    /** Null for a registration. */
    accountId: text('account_id').references(() => accounts.id, { onDelete: 'cascade' }),
    /** Where the letter went, and what it proves. */
    email: text().notNull(),
    registration: jsonb().$type<{ passwordHash: string; name: string }>(),
    createdAt: createdAt(),
    expiresAt: moment('expires_at').notNull(),
    usedAt: moment('used_at'),
  },
  (t) => [
    index('account_links_expiry_index').on(t.expiresAt),
    index('account_links_account_index').on(t.accountId),
    check('account_links_purpose_known', sql`${t.purpose} in ('registration', 'password_reset', 'email_change')`),
    check(
      'account_links_registration_or_account',
      sql`(${t.purpose} = 'registration') = (${t.accountId} is null)
        and (${t.purpose} = 'registration') = (${t.registration} is not null)`,
    ),
  ],
);

/** An account at an OpenID or OAuth provider that logs in to an account here. */
export const oauthIdentities = pgTable(
  'oauth_identities',
  {
    issuer: text().notNull(),
    subject: text().notNull(),
    accountId: accountId(),
    email: text().notNull(),
    createdAt: createdAt(),
    lastUsedAt: moment('last_used_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.issuer, t.subject] }), index('oauth_identities_account_index').on(t.accountId)],
);

export const passkeys = pgTable(
  'passkeys',
  {
    /** The credential's id, base64url. */
    id: text().primaryKey(),
    accountId: accountId(),
    /** COSE, base64url. */
    publicKey: text('public_key').notNull(),
    counter: bigint({ mode: 'number' }).notNull(),
    transports: texts('transports'),
    isBackedUp: boolean('is_backed_up').notNull(),
    name: text().notNull(),
    createdAt: createdAt(),
    lastUsedAt: moment('last_used_at'),
  },
  (t) => [
    index('passkeys_account_index').on(t.accountId),
    check('passkeys_counter_not_negative', sql`${t.counter} >= 0`),
  ],
);

/** A challenge is taken out by the answer to it, so that no answer is good twice. */
export const webauthnChallenges = pgTable(
  'webauthn_challenges',
  {
    challenge: text().primaryKey(),
    /** Whose passkey is being made; null where somebody logs in. */
    accountId: text('account_id').references(() => accounts.id, { onDelete: 'cascade' }),
    expiresAt: moment('expires_at').notNull(),
  },
  (t) => [index('webauthn_challenges_expiry_index').on(t.expiresAt)],
);

/** How often something failed of late; the key says what (a hash, so that nobody's address can be read here). */
export const loginFailures = pgTable(
  'login_failures',
  {
    key: text().primaryKey(),
    count: integer().notNull(),
    lastAt: moment('last_at').notNull(),
    blockedUntil: moment('blocked_until').notNull(),
  },
  (t) => [index('login_failures_last_index').on(t.lastAt), check('login_failures_count_positive', sql`${t.count} > 0`)],
);

// ---------------------------------------------------------------- staff

const PERMISSIONS = sql.raw(
  `array[${['catalog', 'prices', 'orders', 'customers', 'content', 'settings']
    .flatMap((resource) => [`'${resource}:read'`, `'${resource}:write'`])
    .join(', ')}]`,
);

export const staffRoles = pgTable(
  'staff_roles',
  { id: text().primaryKey(), title: text().notNull(), permissions: texts('permissions') },
  (t) => [check('staff_roles_permissions_known', sql`${t.permissions} <@ ${PERMISSIONS}`)],
);

/** Deferred triggers keep one owner who can get in (`staff_members_one_owner`), once there was one. */
export const staffMembers = pgTable(
  'staff_members',
  {
    accountId: text('account_id')
      .primaryKey()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    roleId: text('role_id')
      .notNull()
      .references(() => staffRoles.id, { onDelete: 'restrict' }),
    /** Of time-based codes (RFC 6238). */
    totpSecretSealed: text('totp_secret_sealed'),
    totpConfirmedAt: moment('totp_confirmed_at'),
    /** The last time step whose code was taken: no code is good twice. */
    totpLastStep: bigint('totp_last_step', { mode: 'number' }),
    recoveryCodeHashes: texts('recovery_code_hashes'),
    createdAt: createdAt(),
    disabledAt: moment('disabled_at'),
  },
  (t) => [
    check('staff_members_confirmed_has_secret', sql`${t.totpConfirmedAt} is null or ${t.totpSecretSealed} is not null`),
  ],
);

export const staffInvitations = pgTable(
  'staff_invitations',
  {
    id: text().primaryKey(),
    email: text().notNull(),
    roleId: text('role_id')
      .notNull()
      .references(() => staffRoles.id, { onDelete: 'restrict' }),
    /** Null where it came from the command line. */
    invitedBy: text('invited_by').references(() => accounts.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    expiresAt: moment('expires_at').notNull(),
    acceptedAt: moment('accepted_at'),
    withdrawnAt: moment('withdrawn_at'),
  },
  (t) => [
    uniqueIndex('staff_invitations_one_open')
      .on(sql`lower(${t.email})`)
      .where(sql`accepted_at is null and withdrawn_at is null`),
  ],
);

export const apiKeys = pgTable(
  'api_keys',
  {
    id: text().primaryKey(),
    /** `public` (`pk_…`) tells who asks; `secret` (`sk_…`) may do what its scopes say. */
    kind: text({ enum: ['public', 'secret'] }).notNull(),
    title: text().notNull(),
    /** What is shown of it ever after. */
    start: text().notNull(),
    /** SHA-256 of the key, base64url: 256 random bits need no slow hash. */
    hash: text().notNull().unique('api_keys_hash_unique'),
    scopes: texts('scopes'),
    createdBy: text('created_by').references(() => accounts.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    lastUsedAt: moment('last_used_at'),
    expiresAt: moment('expires_at'),
    revokedAt: moment('revoked_at'),
  },
  (t) => [
    check('api_keys_scopes_known', sql`${t.scopes} <@ ${PERMISSIONS}`),
    check('api_keys_kind_known', sql`${t.kind} in ('public', 'secret')`),
    check('api_keys_public_has_no_scopes', sql`${t.kind} = 'secret' or cardinality(${t.scopes}) = 0`),
  ],
);

/** Who changed what, with before and after. A trigger refuses every change and deletion (`audit_log_append_only`). */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    at: moment('at').notNull().defaultNow(),
    actorKind: text('actor_kind', { enum: ['staff', 'api_key', 'command', 'system'] }).notNull(),
    /** An account's or a key's id; null for a command. */
    actorId: text('actor_id'),
    /** What was done: `staff.invited`, `order.cancelled`. */
    action: text().notNull(),
    /** Of which resource's permissions it is. */
    resource: text().notNull(),
    subjectId: text('subject_id').notNull(),
    before: jsonb().$type<unknown>(),
    after: jsonb().$type<unknown>(),
    requestId: text('request_id'),
  },
  (t) => [
    index('audit_log_subject_index').on(t.subjectId, t.id),
    index('audit_log_actor_index').on(t.actorId, t.id),
    check('audit_log_actor_kind_known', sql`${t.actorKind} in ('staff', 'api_key', 'command', 'system')`),
    check('audit_log_actor_named', sql`(${t.actorId} is null) = (${t.actorKind} in ('command', 'system'))`),
  ],
);
