import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { build } from 'esbuild';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type * as passkeyPage from '@/app/(shop)/_account/passkey';
import { dispatch, type Host } from '@/edge/http';
import { edgeOperations } from '@/edge/routes';
import { toHandler } from '@/local/pages';
import { hashPassword } from '@/node/passwords';
import { nodeOperations } from '@/node/routes';
import { bestDatabase } from '@/tests/databases';
import { hasBrowser, launchBrowser } from '../browser/browser-shop';
import { openStaffShop, type Person, type StaffShop } from '../staff/staff-shop';

declare global {
  interface Window {
    passkeys: typeof passkeyPage;
  }
}

const PASSWORD = 'linen tractor violet';

/** What the shop's own pages run, on a page of nothing else. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: "export * from './app/(shop)/_account/passkey'", resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'passkeys',
  });
  return outputFiles[0]!.text;
}

describe.skipIf(!hasBrowser)('a passkey in a browser', () => {
  let shop: StaffShop;
  let origin: string;
  let browser: Browser;
  let page: Page;
  let devtools: CDPSession;
  let authenticatorId: string;
  let ada: Person;
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const script = await bundle();
    const pending: Promise<unknown>[] = [];
    const host: Host = { waitUntil: (work) => void pending.push(work), revalidateTags: () => {} };
    const answer = toHandler((request) => dispatch([...edgeOperations, ...nodeOperations], request, host));
    const server = createServer((request, response) => {
      if (request.url !== '/') return answer(request, response);
      response.setHeader('content-type', 'text/html');
      return response.end(`<!doctype html><title>Passkeys</title><script>${script}</script>`);
    });
    await new Promise<void>((listening) => server.listen(0, listening));
    closers.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    // Browsers make no passkeys for a bare address.
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    shop = await openStaffShop((options) => bestDatabase('passkeys_browser').start({ ...options, siteUrl: origin }));
    closers.push(shop.close, () => Promise.all(pending));
    browser = await launchBrowser();
    closers.push(() => browser.close());
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  beforeEach(async () => {
    ada = await shop.signUp();
    await shop.db.execute(sql`
      update accounts set password_hash = ${await hashPassword(PASSWORD)} where id = ${ada.accountId}`);
    page = await browser.newPage();
    await page.goto(origin);
    devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const authenticator = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    authenticatorId = authenticator.authenticatorId;
    expect(await send('POST', '/api/auth/login', { email: ada.email, password: PASSWORD })).toBe(200);
  });
  afterEach(() => page.context().close());

  /** The status of what the page is answered, cookies and all. */
  const send = (method: string, path: string, body?: unknown) =>
    page.evaluate(
      async ([method, path, body]) => {
        const headers = { 'content-type': 'application/json' };
        const { status } = await fetch(path, { method, ...(body ? { headers, body } : {}) });
        return status;
      },
      [method, path, JSON.stringify(body) ?? ''] as const,
    );

  const register = () =>
    page.evaluate(() =>
      window.passkeys.registerPasskey('Laptop').then(
        (passkey) => passkey?.name ?? null,
        (error) => error.code as string,
      ),
    );
  const logIn = () =>
    page.evaluate(() =>
      window.passkeys.loginWithPasskey().then(
        (signedIn) => signedIn?.account.id ?? null,
        (error) => error.code as string,
      ),
    );

  it('is made, and then logs in without a password', async () => {
    expect(await page.evaluate(() => window.passkeys.hasPasskeys())).toBe(true);
    expect(await register()).toBe('Laptop');
    expect(await send('POST', '/api/auth/logout', {})).toBe(204);
    expect(await send('GET', '/api/me')).toBe(401);
    for (let times = 0; times < 3; times += 1) expect(await logIn()).toBe(ada.accountId);
    expect(await send('GET', '/api/me')).toBe(200);
  });

  it('is made once on each device', async () => {
    expect(await register()).toBe('Laptop');
    expect(await register()).toBe('passkey_exists');
  });

  it('is not made or used without a finger, a face or a PIN', async () => {
    expect(await register()).toBe('Laptop');
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    expect(await logIn()).toBe(null);
    await devtools.send('WebAuthn.clearCredentials', { authenticatorId });
    expect(await register()).toBe(null);
  });

  it('that was removed from the account logs in no more', async () => {
    expect(await register()).toBe('Laptop');
    await shop.db.execute(sql`delete from passkeys where account_id = ${ada.accountId}`);
    expect(await logIn()).toBe('login_failed');
  });

  it('that was copied is refused where the copy is behind', async () => {
    expect(await register()).toBe('Laptop');
    const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
    for (let times = 0; times < 3; times += 1) expect(await logIn()).toBe(ada.accountId);
    await devtools.send('WebAuthn.clearCredentials', { authenticatorId });
    await devtools.send('WebAuthn.addCredential', { authenticatorId, credential: credentials[0]! });
    expect(await logIn()).toBe('passkey_cloned');
  });
});
