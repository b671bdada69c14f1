import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOldOrders, heading, send, signUp } from './account-visits';
import { type BrowserShop, hasBrowser, openBrowserShop, readingFaults } from './browser-shop';

const SCREENSHOTS = 'tests/browser/screenshots';

/** By whom each page is seen, and what it shows by then. */
const PAGES = {
  guest: {
    login: ['/login', 'Sign in'],
    'login-problem': ['/login?problem=second_factor_required', 'Sign in'],
    register: ['/register', 'Make an account'],
    'register-sent': ['/register?sent', 'Look into your mailbox'],
    verify: ['/account/verify#token=none', 'This link does not work'],
    forgot: ['/account/forgot', 'Forgot your password?'],
    reset: ['/account/reset#token=none', 'Choose a new password'],
    'email-guest': ['/account/email', 'Change your email address'],
    invitation: ['/account/invitation#token=none', 'Join the staff'],
  },
  owner: {
    account: ['/account', 'Hello, Ada Weaver'],
    orders: ['/account/orders', 'Orders'],
    addresses: ['/account/addresses', 'Addresses'],
    security: ['/account/security', 'Signing in'],
    sessions: ['/account/sessions', 'Devices'],
    privacy: ['/account/privacy', 'Your data'],
    email: ['/account/email', 'Change your email address'],
    'email-link': ['/account/email#token=none', 'Use this address?'],
    again: ['/login?again&next=/account', 'Sign in again'],
  },
} as const;

describe.skipIf(!hasBrowser)('The pages of accounts', { timeout: 180_000 }, () => {
  let shop: BrowserShop;
  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    shop = await openBrowserShop();
  }, 300_000);
  afterAll(() => shop?.close());

  describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
    it.each([390, 1280])('are accessible, free of errors and not too wide at %i px', async (width) => {
      const visit = await shop.open({
        colorScheme,
        viewport: { width, height: width < 600 ? 844 : 900 },
        reducedMotion: 'reduce',
      });
      const { page, faults } = visit;
      const found: string[] = [];
      const look = async (pages: Record<string, readonly [path: string, title: string]>) => {
        for (const [name, [path, title]] of Object.entries(pages)) {
          await page.goto(path, { waitUntil: 'networkidle' });
          await heading(page, title).waitFor();
          const file = `account-${name}-${width}-${colorScheme}.png`;
          await page.screenshot({ path: join(SCREENSHOTS, file), fullPage: true });
          found.push(...(await readingFaults(page)).map((fault) => `${name}: ${fault}`));
        }
      };
      await look(PAGES.guest);
      const email = `looks.${width}.${colorScheme}@example.com`;
      await signUp(shop, page, email);
      const address = { name: 'Ada Weaver', line1: 'Loom Lane 4', city: 'Berlin', postalCode: '10115', country: 'DE' };
      await send(shop, page, '/api/me/addresses', { address });
      await send(shop, page, '/api/me/addresses', { address: { ...address, line1: 'Mill Road 7' } });
      await addOldOrders(shop, email, 21);
      await shop.db.execute(`
        insert into passkeys (id, account_id, public_key, counter, transports, is_backed_up, name)
        select md5(id), id, '\\x00', 0, '{internal}', true, 'My laptop' from accounts
        where email = '${email}'`);
      await look(PAGES.owner);

      await page.goto('/account/addresses', { waitUntil: 'networkidle' });
      await page.getByRole('button', { name: 'Add an address' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('This is needed.').first().waitFor();
      await page.screenshot({
        path: join(SCREENSHOTS, `account-address-form-${width}-${colorScheme}.png`),
        fullPage: true,
      });
      found.push(...(await readingFaults(page)).map((fault) => `address form: ${fault}`));
      expect(found).toEqual([]);
      // A browser calls the link that is none an error.
      expect(faults.filter((fault) => !/status of 422/.test(fault))).toEqual([]);
      await visit.close();
    });
  });
});

describe.skipIf(!hasBrowser)('The policy of personal pages', { timeout: 120_000 }, () => {
  let shop: BrowserShop;
  beforeAll(async () => {
    shop = await openBrowserShop();
  }, 300_000);
  afterAll(() => shop?.close());

  const nonceOf = (response: Response) =>
    /script-src 'self' 'nonce-([^']+)' 'strict-dynamic';/.exec(
      response.headers.get('content-security-policy') ?? '',
    )?.[1];

  it.each(['/login', '/register', '/cart', '/checkout', '/account/forgot', '/account/nothing', '/orders/ord_none'])(
    'has a nonce of its own for every answer of %s, which nobody keeps',
    async (path) => {
      const nonces = new Set<string | undefined>();
      for (let visit = 0; visit < 2; visit += 1) {
        const response = await fetch(shop.origin + path);
        const nonce = nonceOf(response);
        expect(nonce).toBeDefined();
        nonces.add(nonce);
        expect(response.headers.get('cache-control')).toBe('private, no-store');
        expect(response.headers.get('permissions-policy')).toContain('publickey-credentials-get=(self)');
        expect(response.headers.get('strict-transport-security')).toBe('max-age=63072000');
        const scripts = (await response.text()).match(/<script(?=[\s>])[^>]*>/g) ?? [];
        expect(scripts.length).toBeGreaterThan(3);
        expect(scripts.filter((tag) => !tag.includes(`nonce="${nonce}"`))).toEqual([]);
      }
      expect(nonces.size).toBe(2);
    },
  );

  it('is on pages of everybody another one, without a nonce', async () => {
    for (const path of ['/', '/search', '/products/saltmarsh-linen-shirt', '/nothing/here']) {
      const policy = (await fetch(shop.origin + path)).headers.get('content-security-policy');
      expect(policy, path).toContain("script-src 'self' 'unsafe-inline';");
    }
  });

  it('is not chosen by whoever asks', async () => {
    const headers = { 'content-security-policy': "script-src 'nonce-bXkgb3du'", 'x-nonce': 'bXkgb3du' };
    expect(await (await fetch(`${shop.origin}/login`, { headers })).text()).not.toContain('bXkgb3du');
  });

  it.each([
    ['does not run', '/login', false],
    ['would run without it', '/search', true],
  ])('is why a script that was smuggled in %s', async (_, path, runs) => {
    const { page, faults, close } = await shop.open();
    await page.route(`**${path}`, async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace('</main>', '<script>window.smuggled = true</script></main>');
      await route.fulfill({ response, body });
    });
    await page.goto(path, { waitUntil: 'load' });
    expect(await page.evaluate(() => 'smuggled' in window)).toBe(runs);
    expect(faults.some((fault) => /Content Security Policy/.test(fault))).toBe(!runs);
    await close();
  });
});
