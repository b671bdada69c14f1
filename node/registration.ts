/**
 * How an account comes to be: nobody has one at an address that they did not prove. A registration waits in its link; the
 * link alone opens it only in the browser that registered, any other needs the password as well, so that nobody can be
 * made to confirm an account whose password somebody else chose.
 */
import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { newId } from '@/db/ids';
import { EmailInput } from '@/edge/cart-input';
import { cookieName, readCookie, setCookie } from '@/edge/cookies';
import { type Context, operation } from '@/edge/http';
import { DeliveryInput, NameInput, PasswordInput, SecretInput } from './account-input';
import { letterSql } from './account-letters';
import { invalidLink, LINK_TTL_SECONDS, requireLink } from './account-links';
import { drainAfterResponse } from './deliveries';
import { hashPassword, requireStrongPassword, verifyPassword } from './passwords';
import { hmac, isSameSecret } from './secrets';
import { startSession } from './sessions';

const REGISTRATION_COOKIE = 'registration';

const Register = v.object({ email: EmailInput, password: PasswordInput, name: v.optional(NameInput, '') });

/**
 * Asks for an account: 202 whether or not the address has one, in the same time. A new address gets a link that opens the
 * account, a known one a letter that says so. Throws `password_too_weak`.
 */
export const registerOperation = operation(
  { method: 'POST', path: '/api/auth/register', body: Register },
  async (context, { body: { email, password, name } }) => {
    await requireStrongPassword(password, { email, name });
    const linkId = newId('link');
    const registration = JSON.stringify({ passwordHash: await hashPassword(password), name });
    await context.db.execute(sql`
      with known as (select id from accounts where lower(email) = lower(${email})),
      link as (
        insert into account_links (id, purpose, email, registration, expires_at)
        select ${linkId}, 'registration', ${email}, ${registration}::jsonb,
          now() + make_interval(secs => ${LINK_TTL_SECONDS.registration})
        where not exists (select 1 from known))
      ${letterSql(sql`
        select case when exists (select 1 from known) then 'account_exists' else 'registration' end,
          case when exists (select 1 from known) then '{}'::jsonb
            else jsonb_build_object('linkId', ${linkId}::text) end, ${email}::text`)}`);
    drainAfterResponse(context);
    const cookie = setCookie(
      context,
      REGISTRATION_COOKIE,
      `${linkId}.${cookieSecret(context, linkId)}`,
      LINK_TTL_SECONDS.registration,
    );
    return { status: 202, body: { status: 'verification_sent' }, cookies: [cookie] };
  },
);

const Verify = v.object({ token: SecretInput, password: v.optional(PasswordInput), session: DeliveryInput });

/**
 * Opens the account of a registration's link and signs in. Throws `link_invalid`, and `password_required` or
 * `password_wrong` where the browser is not the one that registered.
 */
export const verifyRegistrationOperation = operation(
  { method: 'POST', path: '/api/auth/verification', body: Verify },
  async (context, { body: { token, password, session } }) => {
    const link = await requireLink(context.db, context.env.AUTH_SECRET, token, 'registration');
    if (!isRegisteringBrowser(context, link.id)) {
      if (password === undefined) {
        throw new CommerceError('password_required', 'Type the password that you registered with.');
      }
      const isRight = await verifyPassword(link.registration?.passwordHash ?? null, password);
      if (!isRight) throw new CommerceError('password_wrong', 'This is not the password that you registered with.');
    }
    const accountId = newId('acct');
    const { rows } = await context.db.execute(sql`
      with used as (
        update account_links set used_at = now()
        where id = ${link.id} and used_at is null and expires_at > now() returning email, registration)
      insert into accounts (id, email, name, password_hash)
      select ${accountId}, email, registration ->> 'name', registration ->> 'passwordHash' from used
      on conflict (lower(email)) do nothing returning id`);
    // Used a moment ago, or the address has got its account in another way meanwhile.
    if (rows.length === 0) throw invalidLink();
    const reply = await startSession(context, { accountId, amr: ['pwd'], delivery: session });
    return { ...reply, cookies: [...(reply.cookies ?? []), setCookie(context, REGISTRATION_COOKIE, '', 0)] };
  },
);

function isRegisteringBrowser(context: Context, linkId: string): boolean {
  const [id, secret = ''] = (readCookie(context.request, cookieName(context, REGISTRATION_COOKIE)) ?? '').split('.');
  return id === linkId && isSameSecret(secret, cookieSecret(context, linkId));
}

const cookieSecret = ({ env }: Context, linkId: string) => hmac(env.AUTH_SECRET, `registration-cookie:${linkId}`);
