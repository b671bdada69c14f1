import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { CommerceError } from '@/commerce/error';
import { accountLinks } from '@/db/account-schema';
import type { Db } from '@/db/client';
import { prune } from './prune';
import { hmac, isSameSecret } from './secrets';

export type LinkPurpose = (typeof accountLinks.$inferSelect)['purpose'];

/** How long a mailed link is good. */
export const LINK_TTL_SECONDS: Record<LinkPurpose, number> = {
  registration: 24 * 60 * 60,
  password_reset: 60 * 60,
  email_change: 24 * 60 * 60,
};

/** The secret part of a mailed link. It follows from the link's id, so it is stored nowhere and logged nowhere. */
export function linkToken(authSecret: string, id: string): string {
  return `${id}.${hmac(authSecret, `account-link:${id}`)}`;
}

/**
 * The page that a mailed link opens. The token stands behind the `#`, which no server, log or referrer sees, and which
 * no program that follows links in mails can use up.
 */
export function linkUrl(authSecret: string, siteUrl: string, path: string, id: string): string {
  return new URL(`${path}#token=${linkToken(authSecret, id)}`, siteUrl).href;
}

/** The id of a token that `linkToken` made; null for any other text. */
export function linkIdOf(authSecret: string, token: string): string | null {
  const [id = '', secret = ''] = token.split('.', 2);
  return isSameSecret(secret, hmac(authSecret, `account-link:${id}`)) ? id : null;
}

/** The link that a token opens and that was not used yet. Throws `link_invalid` for any other. */
export async function requireLink(db: Db, authSecret: string, token: string, purpose: LinkPurpose) {
  const id = linkIdOf(authSecret, token);
  const [link] = id ? await db.select().from(accountLinks).where(isOpen(id, purpose)) : [];
  if (!link) throw invalidLink();
  return link;
}

/** The condition under which a link still does what it is for: what uses it up repeats it in its own statement. */
const isOpen = (id: string, purpose: LinkPurpose) =>
  and(
    eq(accountLinks.id, id),
    eq(accountLinks.purpose, purpose),
    isNull(accountLinks.usedAt),
    gt(accountLinks.expiresAt, sql`now()`),
  );

/** What every link that is used, too old, or none is answered. */
export function invalidLink(): CommerceError {
  return new CommerceError('link_invalid', 'This link was used already, or its time is over. Ask for a new one.');
}

/** Forgets links that are past their time. */
export function pruneLinks(db: Db): Promise<void> {
  return prune(
    db,
    (limit) => sql`
      delete from account_links where id in (select id from account_links where expires_at < now() limit ${limit})`,
  );
}
