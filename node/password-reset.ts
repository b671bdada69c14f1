/** A new password: for whoever holds the mailed link, or knows the old one. */
import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { newId } from '@/db/ids';
import { EmailInput, inputError } from '@/edge/cart-input';
import { clientAddress } from '@/edge/client-address';
import { type Context, operation } from '@/edge/http';
import { DeliveryInput, PasswordInput, SecretInput } from './account-input';
import { letterSql, letterStatement } from './account-letters';
import { invalidLink, LINK_TTL_SECONDS, requireLink } from './account-links';
import { drainAfterResponse } from './deliveries';
import { beginGuess, endGuess } from './login-failures';
import type { Statement } from './order-record';
import { hashPassword, requireStrongPassword, verifyPassword } from './passwords';
import { endSessions, requireRecentLogin, requireSession, startSession } from './sessions';

const Ask = v.object({ email: EmailInput });

/**
 * Mails a link to an address that has an account, and nothing to any other: 202 for both, in the same time. For that, an
 * address without one has a link written as well: of no account, over as soon as it is there, and never mailed.
 */
export const askPasswordResetOperation = operation(
  { method: 'POST', path: '/api/auth/password-reset', body: Ask },
  async (context, { body: { email } }) => {
    const linkId = newId('link');
    await context.db.execute(sql`
      with account as (select id from accounts where lower(email) = lower(${email})),
      link as (
        insert into account_links (id, purpose, account_id, email, registration, expires_at)
        select ${linkId}, case when a.id is null then 'registration' else 'password_reset' end, a.id, ${email},
          case when a.id is null then '{}'::jsonb end,
          now() + make_interval(secs => case when a.id is null then 0 else ${LINK_TTL_SECONDS.password_reset} end)
        from (select) as one left join account a on true)
      ${letterSql(sql`
        select case when exists (select 1 from account) then 'password_reset' else 'none' end,
          jsonb_build_object('linkId', ${linkId}::text), ${email}::text`)}`);
    drainAfterResponse(context);
    return { status: 202, body: { status: 'link_sent' } };
  },
);

const Reset = v.object({ token: SecretInput, password: PasswordInput });

/** Sets the password of a link's account and ends all of its sessions. Throws `link_invalid`, `password_too_weak`. */
export const resetPasswordOperation = operation(
  { method: 'POST', path: '/api/auth/password-reset/confirmation', body: Reset },
  async (context, { body: { token, password } }) => {
    const { db, env } = context;
    const link = await requireLink(db, env.AUTH_SECRET, token, 'password_reset');
    await requireStrongPassword(password, { email: link.email, name: '' });
    const passwordHash = await hashPassword(password);
    // The link is used by the very statement that sets the password: of two at once, one finds it. It is worth something
    // while the account has the address that it was mailed to; the others that were mailed are of before this password.
    const set = db.execute(sql`
      with used as (
        update account_links set used_at = now()
        where id = ${link.id} and used_at is null and expires_at > now() returning id, account_id, email),
      others as (
        update account_links l set used_at = now() from used
        where l.account_id = used.account_id and l.id <> used.id and l.used_at is null)
      update accounts set password_hash = ${passwordHash} from used
      where accounts.id = used.account_id and lower(accounts.email) = lower(used.email)`);
    if (!(await endSessionsByPassword(context, link.accountId ?? '', passwordHash, set))) throw invalidLink();
    drainAfterResponse(context);
    return { status: 204 };
  },
);

const Change = v.object({
  currentPassword: v.optional(PasswordInput),
  password: PasswordInput,
  session: DeliveryInput,
});

/**
 * Changes the password, ends every session, and begins a new one for the caller. Whoever has a password shows it, whoever
 * has none yet signed in lately. Throws `password_wrong`, `password_too_weak`, `login_required`, `too_many_attempts`, and
 * `session_ended` where somebody else was first.
 */
export const changePasswordOperation = operation(
  { method: 'POST', path: '/api/me/password', body: Change, caller: requireSession },
  async (context, { body: { currentPassword, password, session: delivery }, caller: session }) => {
    const { db, now } = context;
    const { account } = session;
    const { rows } = await db.execute(sql`select password_hash from accounts where id = ${account.id}`);
    const current = (rows[0]?.password_hash ?? null) as string | null;
    if (current === null) requireRecentLogin(session, now);
    else {
      const address = clientAddress(context.request.headers);
      // Counted for itself: whoever found an open browser must not guess here.
      const guess = { kind: 'password' as const, account: account.id, address, knownDevice: null };
      await beginGuess(db, guess, now);
      if (!(await verifyPassword(current, currentPassword ?? ''))) {
        throw inputError('password_wrong', 'currentPassword', 'This is not your password.');
      }
      await endGuess(db, guess);
    }
    await requireStrongPassword(password, account);
    const passwordHash = await hashPassword(password);
    const set = db.execute(sql`
      update accounts set password_hash = ${passwordHash}
      where id = ${account.id} and password_hash is not distinct from ${current}
        and exists (select from sessions s where s.id = ${session.sessionId} and s.ended_at is null)`);
    const ended = await endSessionsByPassword(context, account.id, passwordHash, set);
    if (!ended) throw new CommerceError('session_ended', 'The password was changed meanwhile. Sign in again.');
    const reply = await startSession(context, {
      accountId: account.id,
      amr: session.amr,
      delivery,
      epoch: ended.epoch,
      // A password stands for no second factor: that was asked for when it was.
      authenticatedAt: session.authenticatedAt,
    });
    drainAfterResponse(context);
    return reply;
  },
);

/** Sets a password and ends every session, in one batch; null where `set` found that it may not be set any more. */
async function endSessionsByPassword(
  context: Context,
  accountId: string,
  passwordHash: string,
  set: Statement,
): Promise<{ epoch: number } | null> {
  // Its salt is in the hash: no other request sets the same.
  const isSet = sql`password_hash = ${passwordHash}`;
  const letter = letterStatement(
    context.db,
    { template: 'password_changed', data: {} },
    sql`select email from accounts where id = ${accountId} and ${isSet}`,
  );
  const ended = await endSessions(context, accountId, 'all', 'password', { first: [set, letter], onlyIf: isSet });
  return ended && { epoch: ended.epoch ?? 0 };
}
