import { eq } from 'drizzle-orm';
import type { Page } from 'playwright-core';
import { accounts } from '@/db/account-schema';
import { newId } from '@/db/ids';
import { orders, payments } from '@/db/schema';
import type { BrowserShop } from './browser-shop';

export const PASSWORD = 'saffron kettle orbit';

/** The link in the newest letter to an address whose subject holds these words; waits for the letter. */
export async function linkFrom({ platform }: BrowserShop, email: string, words: string): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const response = await fetch(`${platform.url}/mailbox/messages?to=${encodeURIComponent(email)}`);
    const { items } = (await response.json()) as { items: { subject: string; text: string }[] };
    const letter = items.find(({ subject }) => subject.includes(words));
    const link = /https?:\/\/\S+#token=[\w.-]+/.exec(letter?.text ?? '')?.[0];
    if (link) return link;
    await new Promise((wait) => setTimeout(wait, 100));
  }
  throw new Error(`${email} has no letter about "${words}" with a link.`);
}

/** Opens an account, and signs the page's window in to it, by the API alone. */
export async function signUp(shop: BrowserShop, page: Page, email: string, name = 'Ada Weaver'): Promise<void> {
  await send(shop, page, '/api/auth/register', { email, password: PASSWORD, name });
  const token = new URL(await linkFrom(shop, email, 'Confirm your email')).hash.replace('#token=', '');
  await send(shop, page, '/api/auth/verification', { token });
}

export async function signIn(shop: BrowserShop, page: Page, email: string, password = PASSWORD): Promise<void> {
  await send(shop, page, '/api/auth/login', { email, password });
}

/** Sends to the API with the window's cookies, as a page of the shop does; again where the gate asks for patience. */
export async function send({ origin }: BrowserShop, page: Page, path: string, data: unknown): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const response = await page.request.post(origin + path, { data, headers: { origin } });
    if (response.ok()) return;
    const answer = await response.text();
    if (tries > 5 || !answer.includes('"limiter_unavailable"')) {
      throw new Error(`${path} answered ${response.status()} ${answer}`);
    }
    await new Promise((wait) => setTimeout(wait, 1_000));
  }
}

/** Signs in by the form of the page. */
export async function logIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click();
}

export const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });

/** What the page complained about, but for what a browser says of a request that was refused as it had to be. */
export const unexpected = (faults: string[]) =>
  faults.filter((fault) => !/^console: Failed to load resource: .* status of 4(01|22|09)/.test(fault));

/** Gives an account orders of earlier, whose payment failed. */
export async function addOldOrders({ db }: BrowserShop, email: string, count: number): Promise<void> {
  const [account] = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.email, email));
  const address = { name: 'Ada Weaver', line1: 'Loom Lane 4', city: 'Berlin', postalCode: '10115', country: 'DE' };
  const rows = Array.from({ length: count }, () => {
    const id = newId('ord');
    return {
      order: {
        id,
        accountId: account!.id,
        cartId: newId('cart'),
        cartKey: `cart:${id}`,
        cartVersion: 1,
        email,
        status: 'cancelled' as const,
        paymentStatus: 'failed' as const,
        currency: 'EUR',
        country: 'DE',
        taxIncluded: true,
        subtotalMinor: 11_900,
        shippingMinor: 0,
        taxMinor: 1_900,
        totalMinor: 11_900,
        shippingMethodId: 'standard',
        shippingMethodTitle: 'Standard',
        shippingAddress: address,
        billingAddress: address,
        expiresAt: new Date(),
      },
      payment: {
        id: newId('pay'),
        orderId: id,
        provider: 'local',
        status: 'failed' as const,
        currency: 'EUR',
        amountMinor: 11_900,
      },
    };
  });
  await db.insert(orders).values(rows.map(({ order }) => order));
  await db.insert(payments).values(rows.map(({ payment }) => payment));
}
