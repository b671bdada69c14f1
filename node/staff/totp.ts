/** One-time codes of an authenticator app (TOTP, RFC 6238: SHA-1, 6 digits, 30 s), and the codes for when it is lost. */
import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { Secret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import type { Db } from '@/db/client';
import { inputError } from '@/edge/cart-input';
import { clientAddress } from '@/edge/client-address';
import type { Context } from '@/edge/http';
import { letterSql } from '../account-letters';
import { drainAfterResponse } from '../deliveries';
import { beginGuess, endGuess, type Guess } from '../login-failures';
import { seal, unseal } from '../sealed';
import { sha256 } from '../secrets';
import { requireRecentLogin, type Session } from '../sessions';
import { deed, logged } from './audit';
import { memberOperation } from './operation';
import { FACTORS, type Factor, hasSecondFactor, type Member, requireProvenFactor } from './permissions';

const PERIOD_SECONDS = 30;
/** Of 160 bits, as RFC 4226 recommends. */
const SECRET_BYTES = 20;
/** Codes of the step before and after are taken: clocks differ. */
const WINDOW_STEPS = 1;
const RECOVERY_CODES = 10;
/** 16 characters of 5 bits: too many to try, also for whoever reads the hashes. */
const RECOVERY_CODE_BYTES = 16;
/** Crockford's, in which nothing looks like anything else. */
const RECOVERY_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const CodeInput = v.strictObject({
  code: v.pipe(v.string('This must be a text.'), v.maxLength(64, 'This is no code.')),
});

/**
 * Makes a secret for an authenticator app and shows it this once; it counts from its confirmation on. Throws
 * `login_required` without a recent login, `second_factor_required` where the member has another factor and did not log
 * in with it, and `totp_exists`.
 */
export const startTotpOperation = memberOperation(
  { method: 'POST', path: '/api/admin/totp' },
  async (context, member) => {
    const { account } = member.session;
    requireRecentLogin(member.session, context.now);
    requireProvenFactor(member);
    const secret = new Secret({ size: SECRET_BYTES });
    const { rows } = await context.db.execute(sql`
    with started as (
      update staff_members set totp_secret_sealed = ${seal(purposeOf(account.id), secret.base32)}, totp_last_step = null
      where account_id = ${account.id} and disabled_at is null and totp_confirmed_at is null returning account_id),
    change as (select account_id as subject_id, null::jsonb as before, null::jsonb as after from started),
    ${logged(deed(context, actorOf(member), 'totp.started', 'settings'))}
    select subject_id from change`);
    if (rows.length === 0) throw new CommerceError('totp_exists', 'You have one-time codes: remove them first.');
    const issuer = new URL(context.env.SITE_URL ?? context.url).host;
    const otpauthUrl = new TOTP({ ...parametersOf(secret), issuer, label: account.email }).toString();
    const qrCode = `data:image/svg+xml;base64,${Buffer.from(renderSVG(otpauthUrl)).toString('base64')}`;
    return { status: 201, body: { secret: secret.base32, otpauthUrl, qrCode } };
  },
);

/**
 * Turns one-time codes on by the first of them, and shows the recovery codes this once. The session stays what it was:
 * log in again with a code. Throws `code_wrong`, `totp_not_started`, `totp_exists` and `too_many_attempts`.
 */
export const confirmTotpOperation = memberOperation(
  { method: 'POST', path: '/api/admin/totp/confirmation', body: CodeInput },
  async (context, member, { body: { code } }) => {
    const { account } = member.session;
    requireProvenFactor(member);
    if (member.factors.includes('otp')) throw new CommerceError('totp_exists', 'You have one-time codes already.');
    const guess = guessOf(context, account.id);
    await beginGuess(context.db, guess, context.now);
    const sealed = await readSecret(context.db, account.id, 'pending');
    if (sealed === null) {
      await endGuess(context.db, guess);
      throw new CommerceError('totp_not_started', 'There is no secret to confirm: POST /api/admin/totp first.');
    }
    const step = stepOf(account.id, sealed, withoutSpaces(code), context.now);
    if (step === null) throw wrongCode();
    const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
    const { rows } = await context.db.execute(sql`
      with confirmed as (
        update staff_members
        set totp_confirmed_at = now(), totp_last_step = ${step}::bigint,
            recovery_code_hashes = ${sql.param(codes.map(hashOfRecoveryCode))}::text[]
        where account_id = ${account.id} and disabled_at is null and totp_confirmed_at is null
          and totp_secret_sealed = ${sealed}
        returning account_id),
      letters as (${letterSql(sql`
        select 'second_factor_changed', '{"isOn": true}'::jsonb, ${account.email}::text from confirmed`)}),
      change as (
        select account_id as subject_id, '{"totp": false}'::jsonb as before, '{"totp": true}'::jsonb as after
        from confirmed),
      ${logged(deed(context, actorOf(member), 'totp.confirmed', 'settings'))}
      select subject_id from change`);
    // Another request was first: with this secret, or with a new one.
    if (rows.length === 0) throw wrongCode();
    await endGuess(context.db, guess);
    drainAfterResponse(context);
    return { body: { recoveryCodes: codes } };
  },
);

/** Turns one-time codes off, by one of them or a recovery code. Throws `code_wrong` and `too_many_attempts`. */
export const removeTotpOperation = memberOperation(
  { method: 'DELETE', path: '/api/admin/totp', body: CodeInput },
  async (context, member, { body: { code } }) => {
    const { account } = member.session;
    const guess = guessOf(context, account.id);
    await beginGuess(context.db, guess, context.now);
    if ((await verifySecondFactor(context.db, account.id, code, context.now)) === null) throw wrongCode();
    await endGuess(context.db, guess);
    await context.db.execute(sql`
      with removed as (
        update staff_members
        set totp_secret_sealed = null, totp_confirmed_at = null, totp_last_step = null, recovery_code_hashes = '{}'
        where account_id = ${account.id} and totp_confirmed_at is not null returning account_id),
      letters as (${letterSql(sql`
        select 'second_factor_changed', '{"isOn": false}'::jsonb, ${account.email}::text from removed`)}),
      change as (
        select account_id as subject_id, '{"totp": true}'::jsonb as before, '{"totp": false}'::jsonb as after
        from removed),
      ${logged(deed(context, actorOf(member), 'totp.removed', 'settings'))}
      select subject_id from change`);
    drainAfterResponse(context);
    return { status: 204 };
  },
);

/**
 * What a code proves: a one-time code of a member's app, or one of the recovery codes; null where it proves nothing. Each
 * is good once, however many try it at once. Whoever calls this counts the guesses (`beginGuess`).
 */
export async function verifySecondFactor(
  db: Db,
  accountId: string,
  code: string,
  now: Date = new Date(),
): Promise<'otp' | 'recovery' | null> {
  const typed = withoutSpaces(code);
  if (/^\d{6}$/.test(typed)) return (await takeOneTimeCode(db, accountId, typed, now)) ? 'otp' : null;
  const { rows } = await db.execute(sql`
    update staff_members set recovery_code_hashes = array_remove(recovery_code_hashes, ${hashOfRecoveryCode(typed)})
    where account_id = ${accountId} and disabled_at is null and totp_confirmed_at is not null
      and ${hashOfRecoveryCode(typed)} = any(recovery_code_hashes)
    returning account_id`);
  return rows.length > 0 ? 'recovery' : null;
}

/**
 * The second factors that an account must log in with one of: those of a member of staff. None for anybody else, whose
 * passkeys are a way to log in by themselves.
 */
export async function secondFactorsOf(db: Db, accountId: string): Promise<Factor[]> {
  const { rows } = await db.execute<{ factors: Factor[] }>(sql`
    select ${FACTORS} as factors from staff_members where account_id = ${accountId} and disabled_at is null`);
  return rows[0]?.factors ?? [];
}

/**
 * For whoever changes what an account is logged in to with. Throws `second_factor_required` where that is a member of
 * staff with a second factor, and this session is without: who has a password or a mailbox alone gets no further by it.
 */
export async function requireOwnFactor({ db }: Pick<Context, 'db'>, session: Session): Promise<void> {
  if (hasSecondFactor(session)) return;
  requireProvenFactor({ session, factors: await secondFactorsOf(db, session.account.id) });
}

async function takeOneTimeCode(db: Db, accountId: string, code: string, now: Date): Promise<boolean> {
  const sealed = await readSecret(db, accountId, 'confirmed');
  const step = sealed === null ? null : stepOf(accountId, sealed, code, now);
  if (step === null) return false;
  const { rows } = await db.execute(sql`
    update staff_members set totp_last_step = ${step}::bigint
    where account_id = ${accountId} and disabled_at is null and totp_confirmed_at is not null
      and totp_secret_sealed = ${sealed} and (totp_last_step is null or totp_last_step < ${step}::bigint)
    returning account_id`);
  return rows.length > 0;
}

async function readSecret(db: Db, accountId: string, which: 'pending' | 'confirmed'): Promise<string | null> {
  const { rows } = await db.execute<{ sealed: string | null }>(sql`
    select totp_secret_sealed as sealed from staff_members
    where account_id = ${accountId} and disabled_at is null
      and (totp_confirmed_at is null) = ${which === 'pending'}::boolean`);
  return rows[0]?.sealed ?? null;
}

/** The time step whose code this is; null for a code of none that is near, and where another `AUTH_SECRET` sealed the secret. */
function stepOf(accountId: string, sealed: string, code: string, now: Date): number | null {
  const secret = unseal(purposeOf(accountId), sealed);
  if (secret === null) return null;
  const timestamp = now.getTime();
  const totp = new TOTP(parametersOf(Secret.fromBase32(secret)));
  const delta = totp.validate({ token: code, timestamp, window: WINDOW_STEPS });
  return delta === null ? null : totp.counter({ timestamp }) + delta;
}

const parametersOf = (secret: Secret) => ({ secret, algorithm: 'SHA1', digits: 6, period: PERIOD_SECONDS });

const purposeOf = (accountId: string) => `totp ${accountId}`;

/** `X7P2-…`: four groups of four. */
function newRecoveryCode(): string {
  const characters = Array.from(randomBytes(RECOVERY_CODE_BYTES), (byte) => RECOVERY_ALPHABET[byte % 32]);
  return characters.join('').replaceAll(/(.{4})(?!$)/g, '$1-');
}

/** Of the code however it was typed: what looks alike is alike. */
function hashOfRecoveryCode(code: string): string {
  return sha256(withoutSpaces(code).toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1'));
}

const withoutSpaces = (code: string) => code.replaceAll(/[\s-]/g, '');

function guessOf({ request }: Context, accountId: string): Guess {
  return { kind: 'second_factor', account: accountId, address: clientAddress(request.headers), knownDevice: null };
}

function actorOf({ session, permissions }: Member) {
  return { kind: 'staff', accountId: session.account.id, permissions } as const;
}

function wrongCode(): CommerceError {
  return inputError('code_wrong', 'code', 'This code is wrong, was used, or its time is over.');
}
