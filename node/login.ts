/** Signing in with a password, keeping a session alive, and signing out. */
import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { EmailInput } from '@/edge/cart-input';
import { clientAddress } from '@/edge/client-address';
import { type Context, operation, problem, type Reply } from '@/edge/http';
import { DeliveryInput, PasswordInput, SecretInput } from './account-input';
import { drainAfterResponse } from './deliveries';
import { beginGuess, endGuess, type Guess } from './login-failures';
import { hashPassword, needsRehash, verifyPassword } from './passwords';
import { sha256 } from './secrets';
import {
  clearedCookies,
  deviceOf,
  endSessions,
  findSession,
  refreshSession,
  refreshTokenOf,
  sessionOfRefreshToken,
  startSession,
} from './sessions';
import { secondFactorsOf, verifySecondFactor } from './staff/totp';

const Login = v.object({
  email: EmailInput,
  password: PasswordInput,
  /** A staff member's second step: of an authenticator, or one of the recovery codes. */
  code: v.optional(SecretInput),
  session: DeliveryInput,
});

/**
 * Signs in. Throws `login_failed` whatever is wrong, in the same time for an address with an account and one without;
 * `too_many_attempts`; `session_ended` where the password was changed meanwhile; and for staff whose password was right
 * `second_factor_required`, with the factors that they have.
 */
export const loginOperation = operation(
  { method: 'POST', path: '/api/auth/login', body: Login },
  async (context, { body: { email, password, code, session } }) => {
    const { db } = context;
    const device = deviceOf(context);
    const deviceHash = device && sha256(device);
    const account = await findAccount(context, email, deviceHash);
    const guess: Guess = {
      kind: 'password',
      account: email.toLowerCase(),
      address: clientAddress(context.request.headers),
      knownDevice: account?.isDeviceKnown ? deviceHash : null,
    };
    await beginGuess(db, guess, context.now);
    if (!(await verifyPassword(account?.passwordHash ?? null, password)) || !account) throw failed();
    await endGuess(db, guess);
    const factor = await secondStep(context, account.id, code, {
      ...guess,
      kind: 'second_factor',
      account: account.id,
    });
    if (account.passwordHash && needsRehash(account.passwordHash)) {
      const passwordHash = await hashPassword(password);
      await db.execute(sql`
        update accounts set password_hash = ${passwordHash}
        where id = ${account.id} and password_hash = ${account.passwordHash}`);
    }
    const amr = ['pwd', ...(factor ? [factor] : [])];
    const { id: accountId, epoch } = account;
    const reply = await startSession(context, { accountId, amr, delivery: session, epoch });
    // The letter about a new device.
    drainAfterResponse(context);
    return reply;
  },
);

interface LoginAccount {
  id: string;
  passwordHash: string | null;
  epoch: number;
  isDeviceKnown: boolean;
}

async function findAccount({ db }: Context, email: string, deviceHash: string | null): Promise<LoginAccount | null> {
  const { rows } = await db.execute(sql`
    select a.id, a.password_hash as "passwordHash", a.session_epoch as epoch, exists (
      select 1 from account_devices d where d.account_id = a.id and d.device_hash = ${deviceHash}) as "isDeviceKnown"
    from accounts a where lower(a.email) = lower(${email})`);
  return (rows[0] as LoginAccount | undefined) ?? null;
}

/** What the session may say of a second step; null for whoever has none. */
async function secondStep(
  { db, now }: Context,
  accountId: string,
  code: string | undefined,
  guess: Guess,
): Promise<'otp' | null> {
  const factors = await secondFactorsOf(db, accountId);
  if (!factors.includes('otp')) return null;
  if (code === undefined) {
    throw new CommerceError('second_factor_required', 'Send the code of your authenticator as well.', {
      facts: { factors },
    });
  }
  await beginGuess(db, guess, now);
  if (!(await verifySecondFactor(db, accountId, code, now))) throw failed();
  await endGuess(db, guess);
  return 'otp';
}

function failed(): CommerceError {
  return new CommerceError(
    'login_failed',
    'The address or the password is wrong, or the address was not confirmed yet by the link that we mailed.',
  );
}

const Refresh = v.object({ refreshToken: v.optional(SecretInput) });

/**
 * A new access token, and the successor of the refresh token, which is good from then on. Tabs that ask at once are
 * answered the same. Throws `session_ended`, and takes the cookies away.
 */
export const refreshOperation = operation(
  { method: 'POST', path: '/api/auth/refresh', body: Refresh, bodyIsOptional: true },
  async (context, { body: { refreshToken } }) => {
    const token = refreshTokenOf(context, refreshToken);
    try {
      if (token === null) throw new CommerceError('session_ended', 'There is no session to refresh. Sign in again.');
      return await refreshSession(context, token, refreshToken === undefined ? 'cookie' : 'token');
    } catch (error) {
      if (!(error instanceof CommerceError && error.code === 'session_ended')) throw error;
      return {
        ...problem(error, context.requestId),
        cookies: refreshToken === undefined ? clearedCookies(context) : [],
      };
    }
  },
);

const Logout = v.object({ refreshToken: v.optional(SecretInput), everywhere: v.optional(v.boolean(), false) });

/** Ends this session, or all of the account's, and takes the cookies away. 204 also where there is no session. */
export const logoutOperation = operation(
  { method: 'POST', path: '/api/auth/logout', body: Logout, bodyIsOptional: true },
  async (context, { body: { refreshToken, everywhere } }) => {
    const reply: Reply = { status: 204, cookies: clearedCookies(context) };
    const session = await anySession(context, refreshToken);
    if (!session) return reply;
    const which = everywhere ? 'all' : [session.sessionId];
    await endSessions(context, session.accountId, which, everywhere ? 'everywhere' : 'logout');
    return reply;
  },
);

/** By the refresh token first: the access token may have expired, which must not keep anybody from signing out. */
async function anySession(context: Context, given: string | undefined) {
  const token = refreshTokenOf(context, given);
  const session = token && (await sessionOfRefreshToken(context.db, token));
  if (session) return session;
  try {
    const found = await findSession(context);
    return found && { accountId: found.account.id, sessionId: found.sessionId };
  } catch (error) {
    if (error instanceof CommerceError && SIGNED_OUT.has(error.code)) return null;
    throw error;
  }
}

const SIGNED_OUT = new Set(['token_expired', 'token_invalid', 'session_ended']);
