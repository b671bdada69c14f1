import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addOldOrders, heading, linkFrom, logIn, PASSWORD, send, signIn, signUp, unexpected } from './account-visits';
import {
  answer,
  type BrowserShop,
  DESKTOP,
  hasBrowser,
  openBrowserShop,
  PHONE,
  payButton,
  type Visit,
} from './browser-shop';

describe.skipIf(!hasBrowser)('An account in a browser', { timeout: 120_000 }, () => {
  let shop: BrowserShop;
  const visits: Visit[] = [];
  beforeAll(async () => {
    shop = await openBrowserShop();
  }, 300_000);
  afterAll(() => shop?.close());
  afterEach(async () => {
    for (const visit of visits.splice(0)) await visit.close();
  });

  const open = async (options: Parameters<BrowserShop['open']>[0] = DESKTOP) => {
    const visit = await shop.open(options);
    visits.push(visit);
    return visit;
  };

  it.each([
    ['phone', PHONE],
    ['desktop', DESKTOP],
  ])('is made by way of the mailbox, takes the cart along, and is left again on a %s', async (kind, device) => {
    const { page, faults } = await open(device);
    const email = `made.${kind}@example.com`;
    await page.goto('/products/saltmarsh-linen-shirt');
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await page.getByRole('status').getByText('is in your cart.').waitFor();

    await accountLink(page).click();
    await page.waitForURL('**/login?next=%2Faccount');
    await page.getByRole('link', { name: 'Make an account' }).click();
    await heading(page, 'Make an account').waitFor();
    await page.getByLabel('What shall we call you?').fill('Ada Weaver');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill('password12');
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByText('among the first that others would try').waitFor();
    await expect.poll(() => focusedName(page)).toBe('password');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await heading(page, 'Look into your mailbox').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');

    await page.goto(await linkFrom(shop, email, 'Confirm your email'));
    await heading(page, 'Hello, Ada Weaver').waitFor();
    expect(page.url()).toBe(`${shop.origin}/account`);
    await expect.poll(() => accountLink(page).textContent()).toBe('Account, signed in');
    await expect.poll(() => cartLink(page).textContent()).toContain('1');

    for (const [name, title] of [
      ['Orders', 'Orders'],
      ['Addresses', 'Addresses'],
      ['Signing in', 'Signing in'],
      ['Devices', 'Devices'],
      ['Your data', 'Your data'],
      ['Overview', /^Hello/],
    ] as const) {
      await nav(page).getByRole('link', { name }).click();
      await heading(page, title).waitFor();
      expect(await nav(page).locator('[aria-current=page]').textContent()).toBe(name);
    }
    // The router asks for pages, and no page is asked for before it is wanted.
    await page.getByLabel('Name').fill('Ada Lovelace');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Your name is saved.').waitFor();
    await heading(page, 'Hello, Ada Lovelace').waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${shop.origin}/`);
    await expect.poll(() => accountLink(page).textContent()).toBe('Account');
    // The cart is the account's.
    await expect.poll(() => cartLink(page).textContent()).not.toContain('1');
    await page.goto('/account/addresses');
    await page.waitForURL('**/login?next=%2Faccount%2Faddresses');
    expect(unexpected(faults)).toEqual([]);
  });

  it('is opened by the link in another browser with the password alone', async () => {
    const { page } = await open();
    await send(shop, page, '/api/auth/register', { email: 'other@example.com', password: PASSWORD });
    const link = await linkFrom(shop, 'other@example.com', 'Confirm your email');
    const other = await open(PHONE);
    await other.page.goto(link);
    await other.page.getByText('You opened the link in another browser.').waitFor();
    // Nobody finds the secret in the address, or goes back to it.
    expect(other.page.url()).toBe(`${shop.origin}/account/verify`);
    await other.page.getByLabel('Password', { exact: true }).fill('not the right words');
    await other.page.getByRole('button', { name: 'Open the account' }).click();
    await other.page.getByRole('alert').getByText('This is not the password').waitFor();
    await other.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await other.page.getByRole('button', { name: 'Open the account' }).click();
    await heading(other.page, 'Hello').waitFor();

    await page.goto(link);
    await heading(page, 'This link does not work').waitFor();
    expect(unexpected([...other.faults])).toEqual([]);
  });

  it('is signed in to by the right password, and leads to where one wanted to go', async () => {
    const { page, faults } = await open();
    await signUp(shop, page, 'back@example.com');
    await page.context().clearCookies();
    await page.goto('/account/security');
    await logIn(page, 'back@example.com', 'the wrong password');
    await page.getByRole('alert').getByText('The address or the password is wrong').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('alert');
    await logIn(page, 'nobody@example.com');
    await page.getByRole('alert').getByText('The address or the password is wrong').waitFor();
    await logIn(page, 'back@example.com');
    await heading(page, 'Signing in').waitFor();
    expect(page.url()).toBe(`${shop.origin}/account/security`);
    // Whoever is signed in need not sign in.
    await page.goto('/login?next=/account/orders');
    expect(page.url()).toBe(`${shop.origin}/account/orders`);
    expect(unexpected(faults)).toEqual([]);
  });

  it.each(['//evil.example/', 'https://evil.example/', '/\\evil.example', '/%09/evil.example', 'javascript:alert(1)'])(
    'is never left for another site by %j',
    async (next) => {
      const { page } = await open();
      await signUp(shop, page, `next.${encodeURIComponent(next).replaceAll(/\W/g, '-')}@example.com`);
      for (const path of ['/login', '/session']) {
        await page.goto(`${path}?${new URLSearchParams({ next })}`);
        expect(page.url()).toBe(`${shop.origin}/`);
      }
    },
  );

  it('gets another password by way of the mailbox, which ends every session', async () => {
    const { page, faults } = await open();
    await signUp(shop, page, 'lost@example.com');
    const other = await open(PHONE);
    await other.page.goto('/login');
    await other.page.getByRole('link', { name: 'Forgot your password?' }).click();
    await other.page.getByLabel('Email').fill('lost@example.com');
    await other.page.getByRole('button', { name: 'Send the link' }).click();
    await heading(other.page, 'Look into your mailbox').waitFor();
    const link = await linkFrom(shop, 'lost@example.com', 'Choose a new password');
    await other.page.goto(link);
    await other.page.getByLabel('New password', { exact: true }).fill('short');
    await other.page.getByRole('button', { name: 'Save the password' }).click();
    await other.page.getByText('Take at least 10 characters').waitFor();
    await other.page.getByLabel('New password', { exact: true }).fill('copper lantern tide');
    await other.page.getByRole('button', { name: 'Save the password' }).click();
    await heading(other.page, 'Your password is changed').waitFor();
    await other.page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
    await logIn(other.page, 'lost@example.com', 'copper lantern tide');
    await heading(other.page, 'Hello, Ada Weaver').waitFor();
    // The link is used up.
    await other.page.goto(link);
    await other.page.getByLabel('New password', { exact: true }).fill('another lantern tide');
    await other.page.getByRole('button', { name: 'Save the password' }).click();
    await other.page.getByRole('alert').getByText('This link was used already').waitFor();

    await page.goto('/account');
    await page.waitForURL('**/login?next=%2Faccount');
    expect(unexpected([...faults, ...other.faults])).toEqual([]);
  });

  it('changes its password, keeps this browser signed in, and signs out the others', async () => {
    const { page, faults } = await open();
    await signUp(shop, page, 'change@example.com');
    const other = await open(PHONE);
    await signIn(shop, other.page, 'change@example.com');
    await page.goto('/account/security');
    await page.getByLabel('Present password').fill('not the right one');
    await page.getByLabel('New password', { exact: true }).fill('copper lantern tide');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('This is not your password.').waitFor();
    await expect.poll(() => focusedName(page)).toBe('currentPassword');
    await page.getByLabel('Present password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('Your password is changed').waitFor();
    await page.reload();
    await heading(page, 'Signing in').waitFor();
    await other.page.goto('/account');
    await other.page.waitForURL('**/login?next=%2Faccount');
    expect(unexpected([...faults, ...other.faults])).toEqual([]);
  });

  it('moves to another mail address by a link and a press', async () => {
    const { page, faults } = await open();
    await signUp(shop, page, 'old.place@example.com');
    await page.goto('/account');
    await page.getByRole('link', { name: 'Change Email' }).click();
    await page.getByLabel('New email address').fill('new.place@example.com');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await heading(page, 'Look into your new mailbox').waitFor();
    const link = await linkFrom(shop, 'new.place@example.com', 'Confirm your new email');
    // Whoever only reads the letter moves nothing.
    const reader = await open(PHONE);
    await reader.page.goto(link);
    await reader.page.getByText('Sign in to your account first').waitFor();
    expect(await reader.page.getByRole('button', { name: 'Use this address' }).count()).toBe(0);
    await page.goto(link);
    await page.getByRole('button', { name: 'Use this address' }).click();
    await heading(page, 'Your address is changed').waitFor();
    await page.getByRole('link', { name: 'To your account' }).click();
    await page.getByText('new.place@example.com').waitFor();
    expect(unexpected(faults)).toEqual([]);
  });

  it('is asked for a fresh sign-in before what could do harm, and goes on from there', async () => {
    const { page, faults } = await open();
    await signUp(shop, page, 'again@example.com');
    await shop.db.execute("update sessions set authenticated_at = now() - interval '11 minutes'");
    await page.goto('/account/privacy');
    await page.getByLabel('Yes, delete my account for good').check();
    await page.getByRole('button', { name: 'Delete the account' }).click();
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await heading(page, 'Sign in again').waitFor();
    expect(await page.getByLabel('Email').inputValue()).toBe('again@example.com');
    await logIn(page, 'again@example.com');
    await heading(page, 'Your data').waitFor();
    await page.getByRole('button', { name: 'Delete the account' }).click();
    await page.getByText('Tick this first').waitFor();
    await page.getByLabel('Yes, delete my account for good').check();
    await page.getByRole('button', { name: 'Delete the account' }).click();
    await heading(page, 'Your account is deleted').waitFor();
    await page.goto('/account');
    await page.waitForURL('**/login?next=%2Faccount');
    await logIn(page, 'again@example.com');
    await page.getByRole('alert').getByText('The address or the password is wrong').waitFor();
    expect(unexpected(faults)).toEqual([]);
  });

  it('is signed in to by a passkey that its owner added, named and at last removed', async () => {
    const { page, faults } = await open();
    await signUp(shop, page, 'keys@example.com');
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.goto('/account/security');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('The passkey is added.').waitFor();
    await page.getByRole('button', { name: 'Rename Passkey' }).click();
    await page.getByLabel('Name of the passkey').fill('My laptop');
    await page.keyboard.press('Enter');
    await page.getByRole('list', { name: 'Passkeys' }).getByText('My laptop').first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${shop.origin}/`);

    await page.goto('/login?next=/account/security');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await heading(page, 'Signing in').waitFor();
    await page.getByRole('button', { name: 'Remove My laptop' }).click();
    await page.getByText('The passkey is removed.').waitFor();
    await page.getByText('There is none yet.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${shop.origin}/`);
    // The device still has it, and the shop no longer knows it.
    await page.goto('/login');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('alert').getByText('This passkey does not belong to an account').waitFor();
    expect(unexpected(faults)).toEqual([]);
  });

  it('ends the session of another browser, which goes on as a guest', async () => {
    const { page, faults } = await open();
    await signUp(shop, page, 'two@example.com');
    const other = await open({ ...PHONE, userAgent: FIREFOX });
    await signIn(shop, other.page, 'two@example.com');
    await other.page.goto('/account');
    await heading(other.page, /Hello/).waitFor();

    await page.goto('/account/sessions');
    await page.getByText('This device').waitFor();
    await page.getByRole('button', { name: 'Sign out Firefox on Android' }).click();
    await page.getByText('It is signed out.').waitFor();
    await expect.poll(() => page.getByText('Firefox on Android').count()).toBe(0);

    await nav(other.page).getByRole('link', { name: 'Orders' }).click();
    await other.page.waitForURL('**/login?next=%2Faccount%2Forders');
    await expect.poll(() => accountLink(other.page).textContent()).toBe('Account');
    // And buys as a guest.
    await other.page.goto('/products/saltmarsh-linen-shirt');
    await other.page.getByRole('button', { name: 'Add to cart' }).click();
    await other.page.getByRole('status').getByText('is in your cart.').waitFor();
    await page.getByRole('main').getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.waitForURL(`${shop.origin}/`);
    expect(unexpected([...faults, ...other.faults])).toEqual([]);
  });

  it('stays signed in beyond its access token, on pages of its own and on those of everybody', async () => {
    const { page, faults } = await open();
    await signUp(shop, page, 'long@example.com');
    const expire = () => page.context().clearCookies({ name: 'access' });
    await expire();
    await page.goto('/account/orders');
    await heading(page, 'Orders').waitFor();
    expect(page.url()).toBe(`${shop.origin}/account/orders`);
    await expire();
    // By the router, which fetches.
    await nav(page).getByRole('link', { name: 'Devices' }).click();
    await heading(page, 'Devices').waitFor();
    expect(page.url()).toBe(`${shop.origin}/account/sessions`);
    await expire();
    await page.goto('/products/saltmarsh-linen-shirt');
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await page.getByRole('status').getByText('is in your cart.').waitFor();
    expect((await page.context().cookies()).map(({ name }) => name)).toContain('access');
    expect(unexpected(faults)).toEqual([]);
  });

  it('fills in the checkout, and shows the order to its owner in any browser', async () => {
    const { page, faults } = await open();
    await signUp(shop, page, 'buyer@example.com');
    await page.goto('/account/addresses');
    for (const street of ['Loom Lane 4', 'Mill Road 7']) {
      await page.getByRole('button', { name: 'Add an address' }).click();
      await page.getByLabel('Country').selectOption('DE');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('This is needed.').first().waitFor();
      await page.getByLabel('Full name').fill('Ada Weaver');
      await page.getByLabel('Street and number').fill(street);
      await page.getByLabel('Postal code').fill('10115');
      await page.getByLabel('City').fill('Berlin');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('The address is kept.').waitFor();
      await page.getByText(street).waitFor();
    }
    await page.goto('/products/saltmarsh-linen-shirt');
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await page.getByRole('status').getByText('is in your cart.').waitFor();
    await page.goto('/checkout');
    await page.getByRole('radio', { name: /^Standard/ }).waitFor();
    expect(await page.getByLabel('Email').inputValue()).toBe('buyer@example.com');
    expect(await page.getByLabel('Street and number').inputValue()).toBe('Loom Lane 4');
    await page.getByLabel('Your addresses').selectOption({ label: 'Ada Weaver, Mill Road 7, Berlin' });
    await expect.poll(() => page.getByLabel('Street and number').inputValue()).toBe('Mill Road 7');
    await payButton(page).click();
    await heading(page, 'Thank you').waitFor();
    const order = page.url();

    const other = await open(PHONE);
    expect((await other.page.goto(order))?.status()).toBe(404);
    await signIn(shop, other.page, 'buyer@example.com');
    await other.page.goto('/account/orders');
    await other.page.getByRole('link', { name: /^Order \d+/ }).click();
    await heading(other.page, 'Thank you').waitFor();
    await other.page.getByText('Mill Road 7').waitFor();
    expect(other.page.url()).toBe(order);
    // Another account's is not there.
    const stranger = await open();
    await signUp(shop, stranger.page, 'stranger@example.com');
    expect((await stranger.page.goto(order))?.status()).toBe(404);
    expect(unexpected(faults)).toEqual([]);
  });

  it('shows older orders page by page', async () => {
    const { page } = await open();
    await signUp(shop, page, 'many@example.com');
    await addOldOrders(shop, 'many@example.com', 23);
    await page.goto('/account/orders');
    const shown = () => page.getByRole('main').getByRole('listitem').filter({ hasText: 'Payment failed' }).count();
    expect(await shown()).toBe(20);
    await page.getByRole('link', { name: 'Older orders' }).click();
    await expect.poll(shown).toBe(3);
    await page.getByRole('link', { name: 'Newest orders' }).click();
    await expect.poll(shown).toBe(20);
    expect((await page.goto('/account/orders?cursor=made-up'))?.status()).toBe(404);
  });

  it('can be signed in to with the keyboard alone', async () => {
    const { page, faults } = await open();
    await signUp(shop, page, 'fingers@example.com');
    await page.context().clearCookies();
    await page.goto('/account/addresses');
    await tabTo(page, 'input[name=email]');
    await page.keyboard.type('fingers@example.com');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await page.getByLabel('Password', { exact: true }).getAttribute('type')).toBe('text');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await heading(page, 'Addresses').waitFor();
    await tabTo(page, 'main section button, main > * button:not(nav *)');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'A new address' }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('edited');
    await tabTo(page, 'form[aria-label="A new address"] button:not([type=submit])');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Add an address' }).waitFor();
    await tabTo(page, 'nav[aria-label=Account] form button');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${shop.origin}/`);
    expect(unexpected(faults)).toEqual([]);
  });

  it('can be asked for, signed in to and left without scripts', async () => {
    const { page, faults } = await open({ ...DESKTOP, javaScriptEnabled: false });
    await page.goto('/register');
    await page.getByLabel('Email').fill('plain@example.com');
    await page.getByLabel('Password', { exact: true }).fill('password12');
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByRole('alert').getByText('Take another password').waitFor();
    await page.getByLabel('Email').fill('plain@example.com');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await heading(page, 'Look into your mailbox').waitFor();
    expect(page.url()).not.toContain('plain');
    // Its link needs scripts, and says so.
    await page.goto(await linkFrom(shop, 'plain@example.com', 'Confirm your email'));
    await page.locator('noscript p', { hasText: 'This page needs JavaScript' }).waitFor();
    const scripted = await open();
    await signUp(shop, scripted.page, 'without@example.com');

    await page.goto('/account/orders');
    await logIn(page, 'without@example.com', 'the wrong password');
    await page.getByRole('alert').getByText('The address or the password is wrong').waitFor();
    await logIn(page, 'without@example.com');
    await heading(page, 'Orders').waitFor();
    await page.context().clearCookies({ name: 'access' });
    await nav(page).getByRole('link', { name: 'Devices' }).click();
    await heading(page, 'Devices').waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL(`${shop.origin}/`);
    await page.goto('/account/forgot');
    await page.getByLabel('Email').fill('without@example.com');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await heading(page, 'Look into your mailbox').waitFor();
    expect(await linkFrom(shop, 'without@example.com', 'Choose a new password')).toContain('/account/reset#token=');
    expect(faults).toEqual([]);
  });

  it('is signed in to by no form of another site', async () => {
    const { page } = await open();
    await signUp(shop, page, 'victim@example.com');
    const body = new URLSearchParams({ email: 'victim@example.com', password: PASSWORD });
    const post = (headers: Record<string, string>) =>
      fetch(`${shop.origin}/session/login`, { method: 'POST', body, headers, redirect: 'manual' });
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
      { origin: 'https://evil.example' },
      {},
    ]) {
      const response = await post(headers as Record<string, string>);
      expect(response.headers.get('location')).toMatch(/\/login\?problem=cross_site_request$/);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
    // The control: of the shop's own page it is taken.
    const response = await post({ 'sec-fetch-site': 'same-origin', origin: shop.origin });
    expect(response.headers.get('location')).toMatch(/\/account$/);
    expect(response.headers.getSetCookie().join()).toMatch(/access=.*refresh=/);
  });

  it('has its session refreshed for no other site, and for a link from one with one more step', async () => {
    const { page } = await open();
    await signUp(shop, page, 'linked@example.com');
    await page.context().clearCookies({ name: 'access' });
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const ask = (site: string) =>
      fetch(`${shop.origin}/session?next=/account/orders`, {
        headers: { cookie, 'sec-fetch-site': site },
        redirect: 'manual',
      });
    const foreign = await ask('cross-site');
    expect(foreign.status).toBe(200);
    expect(foreign.headers.getSetCookie()).toEqual([]);
    const own = await ask('same-origin');
    expect(own.headers.get('location')).toMatch(/\/account\/orders$/);
    expect(own.headers.getSetCookie().join()).toMatch(/access=.*refresh=/);

    // A letter is read on another site: its link still leads to the page.
    await page.context().clearCookies({ name: 'access' });
    await page.route('https://mail.example/', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<!doctype html><title>Mail</title><a href="${shop.origin}/account/sessions">See your devices</a>`,
      }),
    );
    await page.goto('https://mail.example/');
    await page.getByRole('link', { name: 'See your devices' }).click();
    await heading(page, 'Devices').waitFor();
    expect(page.url()).toBe(`${shop.origin}/account/sessions`);
  });

  it('has a page that is missing look like one', async () => {
    const { page, faults } = await open();
    const response = await page.goto('/account/nothing/here');
    expect(response?.status()).toBe(404);
    await heading(page, 'A dropped stitch').waitFor();
    expect(faults.filter((fault) => !fault.includes('404'))).toEqual([]);
  });

  it('is downloaded whole', async () => {
    const { page } = await open();
    await signUp(shop, page, 'whole@example.com');
    await page.goto('/account/privacy');
    await page.context().clearCookies({ name: 'access' });
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download your data' }).click();
    expect((await download).suggestedFilename()).toBe('selvedge-account.json');
    const file = await answer(await page.request.get(`${shop.origin}/api/me/export`));
    expect(file.account.email).toBe('whole@example.com');
  });
});

const FIREFOX = 'Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0';

const accountLink = (page: Page) => page.getByRole('banner').getByRole('link', { name: /^Account/ });
const cartLink = (page: Page) => page.getByRole('banner').getByRole('link', { name: /^Cart/ });
const nav = (page: Page) => page.getByRole('navigation', { name: 'Account' });

function focusedName(page: Page): Promise<string | null | undefined> {
  return page.evaluate(() => document.activeElement?.getAttribute('name'));
}

/** Presses Tab until the focus is on what the selector names. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`The Tab key never reached ${selector}.`);
}
