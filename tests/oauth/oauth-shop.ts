import { sql } from 'drizzle-orm';
import { createDb, type Db } from '@/db/client';
import { migrate } from '@/db/migrate';
import { dispatch, type Host } from '@/edge/http';
import type { Platform } from '@/local/platform';
import { nodeOperations } from '@/node/routes';
import type { TestDatabase } from '@/tests/databases';
import { Browser } from './browser';
import { logInAtProvider, type OpenIdServer } from './openid-server';

/** Where the shop answers; requests to it are handed to its operations, and never leave the process. */
export const SHOP = 'http://localhost:3000';
export const SHOP_HOST = 'localhost:3000';

export const redirectUri = (provider: string) => `${SHOP}/api/auth/oauth/${provider}/callback`;

export interface OAuthShop {
  db: Db;
  platform: Platform;
  /** A fresh browser, with nobody signed in. */
  browser(): Browser;
  /** Begins a login as a press of the button on the shop's own page does; answers where the browser is sent. */
  begin(browser: Browser, provider: string, options?: { next?: string; site?: string }): Promise<string>;
  /** A whole login at a provider: answers where the shop sends the browser in the end. */
  logIn(
    browser: Browser,
    provider: string,
    subject: string,
    options?: { next?: string; site?: string },
  ): Promise<string>;
  /** Whose session the browser holds, as the shop knows it; null for nobody. */
  whoIs(browser: Browser): Promise<{ id: string; email: string; name: string } | null>;
  /** Rows of accounts and of what is linked to them. */
  accounts(email: string): Promise<{ id: string; identities: number }[]>;
  mails(): Promise<{ to: string[]; subject: string; text: string }[]>;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a shop on a platform of its own, with the environment of this process pointed at it and at the providers. */
export async function openOAuthShop(database: TestDatabase, variables: Record<string, string>): Promise<OAuthShop> {
  const platform = await database.start({ siteUrl: SHOP });
  Object.assign(process.env, platform.env, variables);
  const connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
  await migrate(connection);
  const db = createDb(connection);
  const pending = new Set<Promise<unknown>>();
  const host: Host = {
    waitUntil(work) {
      const tracked = work.catch(() => {}).finally(() => pending.delete(tracked));
      pending.add(tracked);
    },
    revalidateTags: () => {},
  };
  const settled = async () => {
    while (pending.size > 0) await Promise.all(pending);
  };
  const send = (request: Request) =>
    new URL(request.url).host === SHOP_HOST ? dispatch(nodeOperations, request, host) : fetch(request);

  const shop: OAuthShop = {
    db,
    platform,
    browser: () => new Browser(send),
    async begin(browser, provider, { next, site = 'same-origin' } = {}) {
      const query = next === undefined ? '' : `?next=${encodeURIComponent(next)}`;
      const response = await browser.visit(`${SHOP}/api/auth/oauth/${provider}${query}`, {
        headers: { 'sec-fetch-site': site },
      });
      return response.headers.get('location') as string;
    },
    async logIn(browser, provider, subject, options) {
      const back = await logInAtProvider(browser, await shop.begin(browser, provider, options), subject);
      return (await browser.visit(back)).headers.get('location') as string;
    },
    async whoIs(browser) {
      const response = await browser.visit(`${SHOP}/api/me`);
      return response.status === 200 ? response.json() : null;
    },
    async accounts(email) {
      const { rows } = await db.execute(sql`
        select a.id, (select count(*)::int from oauth_identities i where i.account_id = a.id) as identities
        from accounts a where lower(a.email) = lower(${email})`);
      return rows as { id: string; identities: number }[];
    },
    async mails() {
      const response = await fetch(`${platform.url}/mailbox/messages?limit=1000`);
      return ((await response.json()) as { items: { to: string[]; subject: string; text: string }[] }).items;
    },
    settled,
    async close() {
      await settled();
      await platform.close();
    },
  };
  return shop;
}

/** The variables that make a server one of the shop's providers. */
export function openIdVariables(name: string, { issuer }: Pick<OpenIdServer, 'issuer'>): Record<string, string> {
  return {
    [`OAUTH_${name}_ISSUER`]: issuer,
    [`OAUTH_${name}_CLIENT_ID`]: 'shop',
    [`OAUTH_${name}_CLIENT_SECRET`]: 'of-the-shop',
    [`OAUTH_${name}_TITLE`]: `${name} accounts`,
  };
}
