import { type SQL, sql } from 'drizzle-orm';
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import type { Db } from '@/db/client';
import {
  ACCESS_ALGORITHM,
  ACCESS_AUDIENCE,
  ACCESS_CLIENT,
  ACCESS_TTL_SECONDS,
  ACCESS_TYPE,
  type AccessClaims,
  CLOCK_SKEW_SECONDS,
  issuerOf,
} from '@/edge/access-token';
import type { Context } from '@/edge/http';
import { JWKS_MAX_AGE_SECONDS, KEYS_ASKED_AGAIN_SECONDS, KEYS_KEPT_SECONDS } from '@/edge/signing-keys';
import { seal, unseal } from './sealed';

/** Whom a new access token is to speak of. */
export type AccessGrant = Omit<AccessClaims, 'issuedAt' | 'expiresAt'>;

export interface SigningKey {
  kid: string;
  createdAt: Date;
  signsFrom: Date;
  signsUntil: Date | null;
  publishedUntil: Date | null;
}

/** What private keys are sealed by. */
interface Secret {
  AUTH_SECRET: string;
}

/**
 * How long a new key is published before it signs, in seconds: all that knew the keys of before have forgotten them by
 * then, in isolates of the edge and outside. The rest is for a transaction that commits after its own clock.
 */
const PUBLISHED_AHEAD_SECONDS = Math.max(KEYS_KEPT_SECONDS, JWKS_MAX_AGE_SECONDS + KEYS_ASKED_AGAIN_SECONDS) + 55;
/** How long a key is published after it stopped signing, in seconds: a token may be under way while it does. */
const PUBLISHED_AFTER_SECONDS = ACCESS_TTL_SECONDS + CLOCK_SKEW_SECONDS + 55;

/**
 * An access token (RFC 9068) that is good for `ACCESS_TTL_SECONDS` from now on. Where the shop has no key that signs, or
 * none that this `AUTH_SECRET` opens, one is made, published and used at once; of many that need it at once, one makes it.
 */
export async function signAccessToken(
  context: Pick<Context, 'db' | 'env' | 'url' | 'now'>,
  grant: AccessGrant,
): Promise<string> {
  const { kid, key } = await signingKey(context.db, context.env);
  const iat = Math.floor(context.now.getTime() / 1000);
  const claims = {
    iss: issuerOf(context),
    aud: ACCESS_AUDIENCE,
    sub: grant.accountId,
    sid: grant.sessionId,
    iat,
    exp: iat + ACCESS_TTL_SECONDS,
    jti: crypto.randomUUID(),
    client_id: ACCESS_CLIENT,
    epoch: grant.epoch,
    grp: grant.customerGroup,
    amr: grant.amr,
    // Postgres, whose clock may be ahead, says when it was.
    auth_time: Math.min(grant.authTime, iat),
  };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: ACCESS_ALGORITHM, typ: ACCESS_TYPE, kid })
    .sign(key);
}

/** All keys that are still published, the one that signs first. */
export async function listSigningKeys(db: Db): Promise<SigningKey[]> {
  const { rows } = await db.execute<
    Record<'kid' | 'created' | 'from', string> & Record<'until' | 'published', string | null>
  >(sql`
    select kid, created_at as created, signs_from as from, signs_until as until, published_until as published
    from signing_keys where ${isPublished} order by signs_until desc nulls first, signs_from, kid`);
  const moment = (text: string | null) => (text === null ? null : new Date(text));
  return rows.map(({ kid, created, from, until, published }) => ({
    kid,
    createdAt: new Date(created),
    signsFrom: new Date(from),
    signsUntil: moment(until),
    publishedUntil: moment(published),
  }));
}

/**
 * Publishes a new key at once, which signs once every edge knows it, in six minutes; until then the old one signs, and it
 * stays published until its last token has expired: nobody is signed out. Forgets keys that are published no more. Two
 * rotations at once come one after the other. Answers the new key's name.
 */
export async function rotateSigningKeys(db: Db, env: Secret): Promise<string> {
  const key = await newKey(env);
  const ahead = sql`now() + make_interval(secs => ${PUBLISHED_AHEAD_SECONDS})`;
  await db.batch([
    db.execute(ONE_AT_A_TIME),
    db.execute(sql`delete from signing_keys where not ${isPublished}`),
    db.execute(sql`
      update signing_keys
      set signs_until = ${ahead}, published_until = ${ahead} + make_interval(secs => ${PUBLISHED_AFTER_SECONDS})
      where signs_until is null`),
    db.execute(insertion(key, sql`select ${ahead}`)),
  ]);
  return key.kid;
}

/**
 * Ends a key at once: what it signed is worth nothing as soon as an isolate reads the keys again, within five minutes.
 * Sessions go on: they are refreshed with another key, which is made where none is left. False where there is no such key.
 */
export async function revokeSigningKey(db: Db, kid: string): Promise<boolean> {
  const { rows } = await db.execute(sql`
    update signing_keys set signs_until = least(signs_until, now()), published_until = now()
    where kid = ${kid} and ${isPublished} returning kid`);
  return rows.length > 0;
}

const isPublished = sql`(published_until is null or published_until > now())`;
const isSigning = sql`(signs_until is null or signs_until > now())`;

/** Lets nobody else write keys until the batch that it begins has ended; who reads them does not wait. */
const ONE_AT_A_TIME = sql`lock table signing_keys in share row exclusive mode`;

interface NewKey {
  kid: string;
  publicJwk: JWK;
  sealed: string;
}

async function newKey({ AUTH_SECRET }: Secret): Promise<NewKey> {
  const { publicKey, privateKey } = await generateKeyPair(ACCESS_ALGORITHM, { extractable: true });
  const { kty, crv, x } = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint({ kty, crv, x });
  const sealed = seal(purposeOf(kid), JSON.stringify(await exportJWK(privateKey)), AUTH_SECRET);
  return { kid, publicJwk: { kty, crv, x }, sealed };
}

const purposeOf = (kid: string) => `signing key ${kid}`;

/** `signsFrom` is a query of one column: each of its rows is a key. */
function insertion({ kid, publicJwk, sealed }: NewKey, signsFrom: SQL): SQL {
  return sql`
    insert into signing_keys (kid, public_jwk, private_key_sealed, signs_from)
    select ${kid}, ${JSON.stringify(publicJwk)}::jsonb, ${sealed}, signs_from from (${signsFrom}) as moment (signs_from)`;
}

interface Signer {
  kid: string;
  key: CryptoKey;
}

async function signingKey(db: Db, env: Secret): Promise<Signer> {
  const first = await openedKey(db, env);
  if (first.signer) return first.signer;
  const key = await newKey(env);
  await db.batch([
    db.execute(ONE_AT_A_TIME),
    db.execute(
      insertion(
        key,
        sql`select now() where not exists (select 1 from signing_keys where ${isSigning} and kid <> all(${sql.param(first.closed)}::text[]))`,
      ),
    ),
  ]);
  const second = await openedKey(db, env);
  if (!second.signer) throw new Error('No key to sign access tokens with, though one was just made.');
  return second.signer;
}

/**
 * The newest key that signs and opens; one that is to sign later, where there is none. `closed` are those that do not
 * open: another `AUTH_SECRET` made them.
 */
async function openedKey(db: Db, env: Secret): Promise<{ signer: Signer | null; closed: string[] }> {
  const { rows } = await db.execute<{ kid: string; sealed: string }>(sql`
    select kid, private_key_sealed as sealed from signing_keys where ${isSigning}
    order by (signs_from <= now()) desc, case when signs_from <= now() then signs_from end desc, signs_from, kid`);
  const closed: string[] = [];
  for (const { kid, sealed } of rows) {
    const key = await opened(kid, sealed, env);
    if (key) return { signer: { kid, key }, closed };
    closed.push(kid);
  }
  return { signer: null, closed };
}

/** Null where another secret sealed it. Opened at every use, so that it follows the row and the secret. */
async function opened(kid: string, sealed: string, { AUTH_SECRET }: Secret): Promise<CryptoKey | null> {
  const jwk = unseal(purposeOf(kid), sealed, AUTH_SECRET);
  return jwk === null ? null : ((await importJWK(JSON.parse(jwk), ACCESS_ALGORITHM)) as CryptoKey);
}
