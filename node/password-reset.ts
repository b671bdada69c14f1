/** A new password: for whoever holds the mailed link, or knows the old one. */
import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import { newId } from '@/db/ids';
import { EmailInput, inputError } from '@/edge/cart-input';
import { clientAddress } from '@/edge/client-address';
import { operation } from '@/edge/http';
import { DeliveryInput, PasswordInput, SecretInput } from './account-input';
import { letterSql, letterStatement } from './account-letters';
import { invalidLink, LINK_TTL_SECONDS, requireLink } from './account-links';
import { drainAfterResponse } from './deliveries';
import { beginGuess, endGuess } from './login-failures';
import { hashPassword, requireStrongPassword, verifyPassword } from './passwords';
import { endSessions, requireRecentLogin, requireSession, startSession } from './sessions';

const Ask = v.object({ email: EmailInput });

/** Mails a link to an address that has an account, and nothing to any other: 202 for both, in the same time. */
export const askPasswordResetOperation = operation(
  { method: 'POST', path: '/api/auth/password-reset', body: Ask },
  async (context, { body: { email } }) => {
    const linkId = newId('link');
    await context.db.execute(sql`
      with account as (select id from accounts where lower(email) = lower(${email})),
      link as (
        insert into account_links (id, purpose, account_id, email, expires_at)
        select ${linkId}, 'password_reset', id, ${email}, now() + make_interval(secs => ${LINK_TTL_SECONDS.password_reset})
        from account)
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
    // The link is used by the very statement that sets the password: of two at once, one finds it.
    const { rows } = await db.execute(sql`
      with used as (
        update account_links set used_at = now()
        where id = ${link.id} and used_at is null and expires_at > now() returning account_id)
      update accounts set password_hash = ${passwordHash} from used where accounts.id = used.account_id
      returning accounts.id`);
    const accountId = rows[0]?.id as string | undefined;
    if (!accountId) throw invalidLink();
    await endSessions(context, accountId, 'all', 'password', {
      first: [
        letterStatement(
          db,
          { template: 'password_changed', data: {} },
          sql`select email from accounts where id = ${accountId}`,
        ),
      ],
    });
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
 * has none yet signed in lately. Throws `password_wrong`, `password_too_weak`, `login_required`, `too_many_attempts`.
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
    await endSessions(context, account.id, 'all', 'password', {
      first: [
        db.execute(sql`update accounts set password_hash = ${passwordHash} where id = ${account.id}`),
        letterStatement(
          db,
          { template: 'password_changed', data: {} },
          sql`select email from accounts where id = ${account.id}`,
        ),
      ],
    });
    const reply = await startSession(context, { accountId: account.id, amr: session.amr, delivery });
    drainAfterResponse(context);
    return reply;
  },
);
