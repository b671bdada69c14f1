/** Moves an account to another mail address, once the new one is proved. */
import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import { databaseFault } from '@/db/fault';
import { newId } from '@/db/ids';
import { EmailInput } from '@/edge/cart-input';
import { operation } from '@/edge/http';
import { SecretInput } from './account-input';
import { letterSql } from './account-letters';
import { invalidLink, LINK_TTL_SECONDS, requireLink } from './account-links';
import { drainAfterResponse } from './deliveries';
import { requireRecentLogin, requireSession } from './sessions';
import { requireOwnFactor } from './staff/totp';

const Ask = v.object({ email: EmailInput });

/**
 * Mails a link to the new address: 202 whether or not it has an account of its own, which gets a letter that says so.
 * Throws `login_required`, and `second_factor_required` for staff who signed in without the one that they have.
 */
export const askEmailChangeOperation = operation(
  { method: 'POST', path: '/api/me/email', body: Ask, caller: requireSession },
  async (context, { body: { email }, caller: session }) => {
    requireRecentLogin(session, context.now);
    await requireOwnFactor(context, session);
    const linkId = newId('link');
    // Also where the address is another's: over as soon as it is there, and never mailed, it takes the same time.
    await context.db.execute(sql`
      with taken as (
        select 1 from accounts where lower(email) = lower(${email}) and id <> ${session.account.id}),
      link as (
        insert into account_links (id, purpose, account_id, email, expires_at)
        select ${linkId}, 'email_change', ${session.account.id}, ${email},
          now() + make_interval(secs => case when exists (select 1 from taken) then 0
            else ${LINK_TTL_SECONDS.email_change} end))
      ${letterSql(sql`
        select case when exists (select 1 from taken) then 'email_taken' else 'email_change' end,
          jsonb_build_object('linkId', ${linkId}::text), ${email}::text`)}`);
    drainAfterResponse(context);
    return { status: 202, body: { status: 'link_sent' } };
  },
);

const Confirm = v.object({ token: SecretInput });

/**
 * Moves the caller's account to the address of its link, and tells the old one. Whoever only reads the letter moves
 * nothing: an account that somebody else has the password of would come to their address, and get their orders. Guest
 * orders of the new address become the account's with its next session. Throws `link_invalid`, also for the link of
 * another account, and where somebody else has the address by now.
 */
export const confirmEmailChangeOperation = operation(
  { method: 'POST', path: '/api/auth/email-change', body: Confirm, caller: requireSession },
  async (context, { body: { token }, caller: { account } }) => {
    const { db, env } = context;
    const link = await requireLink(db, env.AUTH_SECRET, token, 'email_change');
    if (link.accountId !== account.id) throw invalidLink();
    const moved = await db
      .execute(sql`
        with old as (select email from accounts where id = ${link.accountId}),
        used as (
          update account_links set used_at = now()
          where id = ${link.id} and used_at is null and expires_at > now() returning account_id, email),
        moved as (
          update accounts set email = used.email from used where accounts.id = used.account_id returning accounts.id),
        letter as (${letterSql(sql`
          select 'email_changed', jsonb_build_object('email', ${link.email}::text), old.email from old, moved`)})
        select id from moved`)
      .catch((error) => {
        if (databaseFault(error)?.constraint === 'accounts_email_unique') throw invalidLink();
        throw error;
      });
    if (moved.rows.length === 0) throw invalidLink();
    drainAfterResponse(context);
    return { status: 204 };
  },
);
