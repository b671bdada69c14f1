/**
 * Passkeys (WebAuthn Level 3): challenges that are answered once, and what an answer proves. The verifier is loaded at
 * first need: it takes a second, and most requests ask for none.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import type { Db } from '@/db/client';
import { issuerOf } from '@/edge/access-token';
import type { Context } from '@/edge/http';
import { letterSql } from './account-letters';
import { drainAfterResponse } from './deliveries';
import { prune } from './prune';

const CHALLENGE_SECONDS = 5 * 60;

/** EdDSA, ES256 and RS256: every verifier of ours knows them, whichever Node runs it. */
const ALGORITHMS = [-8, -7, -257];

const SHOP_NAME = 'Selvedge';

const Base64Url = v.pipe(v.string(), v.maxLength(32_768), v.regex(/^[\w-]+$/, 'This must be base64url.'));
/** WebAuthn allows 1023 bytes. */
export const CredentialId = v.pipe(v.string(), v.maxLength(1_364), v.regex(/^[\w-]+$/, 'This must be base64url.'));

/** What a browser answers to `askForNewPasskey`: `RegistrationResponseJSON`. */
export const NewPasskeyInput = v.object({
  id: CredentialId,
  rawId: CredentialId,
  type: v.literal('public-key'),
  response: v.object({
    clientDataJSON: Base64Url,
    attestationObject: Base64Url,
    transports: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(20))), v.maxLength(10)), []),
  }),
});

/** What a browser answers to `askForPasskey`: `AuthenticationResponseJSON`. */
export const PasskeyInput = v.object({
  id: CredentialId,
  rawId: CredentialId,
  type: v.literal('public-key'),
  response: v.object({
    clientDataJSON: Base64Url,
    authenticatorData: Base64Url,
    signature: Base64Url,
    userHandle: v.optional(v.nullable(Base64Url)),
  }),
});

export interface NewPasskey {
  id: string;
  publicKey: string;
  counter: number;
  transports: string[];
  isBackedUp: boolean;
}

/**
 * What a browser needs to make a passkey for an account: one that tells by itself whose it is, and that asks its holder
 * for a finger, a face or a PIN. Its challenge is the account's alone, good for 5 minutes.
 */
export async function askForNewPasskey(context: Context, account: { id: string; email: string; name: string }) {
  const { generateRegistrationOptions } = await import('@simplewebauthn/server');
  const { rows } = await context.db.execute<{ id: string; transports: string[] }>(
    sql`select id, transports from passkeys where account_id = ${account.id}`,
  );
  return generateRegistrationOptions({
    rpName: SHOP_NAME,
    rpID: siteOf(context).rpId,
    userID: bytesOf(account.id),
    userName: account.email,
    userDisplayName: account.name || account.email,
    challenge: await newChallenge(context.db, account.id),
    timeout: CHALLENGE_SECONDS * 1000,
    attestationType: 'none',
    excludeCredentials: rows,
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/** What a browser needs to log somebody in with any passkey of theirs. Names nobody, so it tells nothing. */
export async function askForPasskey(context: Context) {
  const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
  return generateAuthenticationOptions({
    rpID: siteOf(context).rpId,
    challenge: await newChallenge(context.db, null),
    timeout: CHALLENGE_SECONDS * 1000,
    userVerification: 'required',
  });
}

/** The passkey that an answer brings. Throws `challenge_invalid`, and `passkey_invalid` for an answer of another site. */
export async function verifyNewPasskey(
  context: Context,
  accountId: string,
  response: v.InferOutput<typeof NewPasskeyInput>,
): Promise<NewPasskey> {
  const expectedChallenge = await takeChallenge(context.db, response.response.clientDataJSON, accountId);
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const { rpId, origin } = siteOf(context);
  const { registrationInfo } = await orNothing(
    verifyRegistrationResponse({
      response: { ...response, clientExtensionResults: {} },
      expectedChallenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    }),
  );
  // The id that is signed, not the one that stands beside it.
  if (!registrationInfo || registrationInfo.credential.id !== response.id) {
    throw new CommerceError('passkey_invalid', 'This passkey cannot be taken. Try again, or use another device.');
  }
  const { credential, credentialBackedUp } = registrationInfo;
  return {
    id: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: response.response.transports,
    isBackedUp: credentialBackedUp,
  };
}

/**
 * Whose passkey an answer proves, and by what (RFC 8176): `swk` for one that its maker copies to other devices, `hwk` for
 * one that is bound to its hardware, and `user`. Throws `challenge_invalid`; `login_failed` whatever else is wrong; and
 * `passkey_cloned` where the count of its uses went back, which its owner is told by mail.
 */
export async function verifyPasskey(
  context: Context,
  { id, response, ...rest }: v.InferOutput<typeof PasskeyInput>,
): Promise<{ accountId: string; amr: string[] }> {
  const { db } = context;
  const expectedChallenge = await takeChallenge(db, response.clientDataJSON, null);
  const passkey = await findPasskey(db, id);
  // Whose it is, as the authenticator says; the signature does not cover it, so it may only agree.
  const holder = response.userHandle ? Buffer.from(response.userHandle, 'base64url').toString() : null;
  if (!passkey || holder !== passkey.accountId) throw failed();
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { rpId, origin } = siteOf(context);
  const { verified, authenticationInfo } = await orNothing(
    verifyAuthenticationResponse({
      response: {
        ...rest,
        id,
        response: { ...response, userHandle: response.userHandle ?? undefined },
        clientExtensionResults: {},
      },
      expectedChallenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      // The statement that takes the new count compares it, so that of two answers with one count only one is taken.
      credential: { id, publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')), counter: 0 },
    }),
  );
  if (!verified || !authenticationInfo) throw failed();
  const { newCounter, credentialBackedUp, credentialDeviceType } = authenticationInfo;
  await countUse(context, { id, name: passkey.name, counter: newCounter, isBackedUp: credentialBackedUp });
  return { accountId: passkey.accountId, amr: [credentialDeviceType === 'multiDevice' ? 'swk' : 'hwk', 'user'] };
}

/** Forgets challenges that nobody answered. */
export function pruneChallenges(db: Db): Promise<void> {
  return prune(
    db,
    (limit) => sql`
      delete from webauthn_challenges where challenge in (
        select challenge from webauthn_challenges where expires_at < now() limit ${limit} for update skip locked)`,
  );
}

/** A passkey is of one host; browsers take none on plain http but for localhost. */
function siteOf(context: Context): { rpId: string; origin: string } {
  const { origin, hostname } = new URL(issuerOf(context));
  return { rpId: hostname, origin };
}

async function newChallenge(db: Db, accountId: string | null): Promise<Uint8Array<ArrayBuffer>> {
  const challenge = new Uint8Array(randomBytes(32));
  await db.execute(sql`
    insert into webauthn_challenges (challenge, account_id, expires_at)
    values (${Buffer.from(challenge).toString('base64url')}, ${accountId}, now() + make_interval(secs => ${CHALLENGE_SECONDS}))`);
  return challenge;
}

/** Takes the challenge that an answer was made for. Whatever the answer is worth, there is no second one. */
async function takeChallenge(db: Db, clientDataJson: string, accountId: string | null): Promise<string> {
  const challenge = challengeOf(clientDataJson);
  if (challenge !== null) {
    const { rows } = await db.execute(sql`
      delete from webauthn_challenges
      where challenge = ${challenge} and account_id is not distinct from ${accountId}::text
      returning expires_at > now() as is_open`);
    if (rows[0]?.is_open === true) return challenge;
  }
  throw new CommerceError('challenge_invalid', 'This was answered already, or it took too long. Try again.');
}

function challengeOf(clientDataJson: string): string | null {
  try {
    const { challenge } = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString());
    return typeof challenge === 'string' && /^[\w-]{43}$/.test(challenge) ? challenge : null;
  } catch {
    return null;
  }
}

async function findPasskey(db: Db, id: string) {
  const { rows } = await db.execute<{ accountId: string; publicKey: string; name: string }>(sql`
    select account_id as "accountId", public_key as "publicKey", name from passkeys where id = ${id}`);
  return rows[0];
}

/** The count goes up with each use, or stays 0 for ever where an authenticator does not count. */
async function countUse(
  context: Context,
  { id, name, counter, isBackedUp }: { id: string; name: string; counter: number; isBackedUp: boolean },
): Promise<void> {
  const { rows } = await context.db.execute<{ isUsed: boolean }>(sql`
    with used as (
      update passkeys set counter = ${counter}, is_backed_up = ${isBackedUp}, last_used_at = now()
      where id = ${id} and (counter < ${counter}::bigint or (counter = 0 and ${counter}::bigint = 0))
      returning 1),
    letter as (${letterSql(sql`
      select 'passkey_cloned', ${JSON.stringify({ name })}::jsonb, a.email
      from passkeys p join accounts a on a.id = p.account_id
      where p.id = ${id} and not exists (select from used)`)})
    select exists (select from used) as "isUsed"`);
  if (rows[0]?.isUsed) return;
  drainAfterResponse(context);
  throw new CommerceError(
    'passkey_cloned',
    'This passkey was used elsewhere since, as if there were two of it. Log in another way, and remove it.',
  );
}

/** The verifier throws for whatever it does not like; what that was is of no use to whoever sent it. */
async function orNothing<Verified extends object>(verification: Promise<Verified>): Promise<Partial<Verified>> {
  return verification.catch(() => ({}));
}

function failed(): CommerceError {
  return new CommerceError('login_failed', 'This passkey opens no account here. Log in another way.');
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));
