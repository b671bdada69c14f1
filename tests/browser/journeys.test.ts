import { and, eq, sql } from 'drizzle-orm';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { orders, prices, products, stock, variants } from '@/db/schema';
import {
  type BrowserShop,
  DESKTOP,
  fillIn,
  hasBrowser,
  openBrowserShop,
  PHONE,
  payButton,
  type Visit,
} from './browser-shop';

describe.skipIf(!hasBrowser)('Buying in a browser', { timeout: 120_000 }, () => {
  let shop: BrowserShop;
  let visit: Visit;
  beforeAll(async () => {
    shop = await openBrowserShop();
  }, 300_000);
  afterAll(() => shop?.close());
  afterEach(() => visit?.close());

  const visitWith = async (options: typeof PHONE | typeof DESKTOP = DESKTOP) => {
    visit = await shop.open(options);
    return visit.page;
  };

  it.each([
    ['a phone', PHONE],
    ['a desktop', DESKTOP],
  ])('leads from a search over 3-D Secure to a confirmed order on %s', async (_, device) => {
    const page = await visitWith(device);
    await page.goto('/');
    await page.getByRole('searchbox', { name: 'Search the shop' }).fill('tartn shirt');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/search\?q=/);
    await page.getByRole('link', { name: 'Corrie Tartan Shirt' }).click();
    await page.waitForURL('**/products/corrie-tartan-shirt');

    await page.getByRole('radio', { name: 'L', exact: true }).check();
    await expect.poll(() => new URL(page.url()).searchParams.get('variant')).toMatch(/^var_/);
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await page.getByRole('status').getByText('Corrie Tartan Shirt is in your cart.').waitFor();
    await page.getByRole('link', { name: 'View cart' }).click();
    await page.waitForURL('**/cart');
    await page.getByRole('button', { name: /one more$/ }).click();
    await expect.poll(() => cartLink(page).textContent()).toContain('2');
    await page.getByRole('link', { name: 'Check out' }).click();

    await page.getByRole('heading', { name: 'Checkout' }).waitFor();
    await fillIn(page);
    await page.getByRole('radio', { name: /Asks for 3-D Secure/ }).check();
    await payButton(page).click();
    await page.waitForURL(/\/payments\/challenges\//);
    await page.getByRole('button', { name: 'Approve the payment' }).click();

    await page.waitForURL(/\/orders\/ord_/);
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    expect(await page.getByText('Moss / L × 2').isVisible()).toBe(true);
    // The cart became the order.
    await expect.poll(() => cartLink(page).textContent()).not.toContain('2');
    expect(visit.faults).toEqual([]);

    // Whoever has only the address does not see the order.
    const stranger = await shop.open();
    const response = await stranger.page.goto(page.url());
    expect(response?.status()).toBe(404);
    await stranger.close();
  });

  it('keeps the cart of a declined card, and takes another card', async () => {
    const page = await visitWith();
    await toCheckout(page);
    await fillIn(page);
    await page.getByRole('radio', { name: /Declines/ }).check();
    await payButton(page).click();
    await page.getByRole('alert').getByText('The card was declined').waitFor();
    expect(await cartLink(page).textContent()).toContain('1');
    expect(await page.getByLabel('Full name').inputValue()).toBe('Ada Weaver');

    await page.getByRole('radio', { name: /Pays at once/ }).check();
    await payButton(page).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    expect(visit.faults.filter((fault) => !fault.includes('402'))).toEqual([]);
  });

  it('keeps the cart where the bank is told no', async () => {
    const page = await visitWith(PHONE);
    await toCheckout(page);
    await fillIn(page);
    await page.getByRole('radio', { name: /Asks for 3-D Secure/ }).check();
    await payButton(page).click();
    await page.waitForURL(/\/payments\/challenges\//);
    await page.getByRole('button', { name: 'Refuse' }).click();
    await page.waitForURL(/\/orders\/ord_/);
    await page.getByRole('heading', { name: 'The payment did not go through' }).waitFor();
    await page.getByRole('link', { name: 'Back to checkout' }).click();
    await page.getByText('Saltmarsh Linen Shirt').first().waitFor();
    expect(await page.getByLabel('Full name').inputValue()).toBe('Ada Weaver');
    expect(visit.faults).toEqual([]);
  });

  it('says what is left when somebody else was faster', async () => {
    const page = await visitWith();
    await toCheckout(page);
    await fillIn(page);
    const [line] = (await (await page.request.get('/api/cart')).json()).items;
    const kept = await shop.db.select().from(stock).where(eq(stock.variantId, line.variantId));
    await shop.db
      .update(stock)
      .set({ onHand: sql`${stock.held}` })
      .where(eq(stock.variantId, line.variantId));
    await payButton(page).click();
    await page.getByRole('alert').getByText('Saltmarsh Linen Shirt: none is left.').waitFor();
    for (const { variantId, locationId, onHand } of kept) {
      const row = and(eq(stock.variantId, variantId), eq(stock.locationId, locationId));
      await shop.db.update(stock).set({ onHand }).where(row);
    }
    await payButton(page).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  });

  it('waits on the page of the order for a payment that is late', async () => {
    const page = await visitWith();
    await toCheckout(page);
    await fillIn(page);
    await page.getByRole('radio', { name: /Answers late/ }).check();
    await payButton(page).click();
    await page.getByRole('heading', { name: 'Waiting for your payment' }).waitFor();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor({ timeout: 40_000 });
    expect(visit.faults).toEqual([]);
  });

  it('shows the taxes of a state as soon as the address is there, before anybody pays', async () => {
    const page = await visitWith();
    await toCheckout(page);
    await page.getByRole('combobox', { name: 'Country' }).selectOption('US');
    await page.getByText('Sales tax', { exact: false }).first().waitFor();
    for (const [label, text] of [
      ['Full name', 'Ada Weaver'],
      ['Street and number', '1 Bobbin Street'],
      ['City', 'New York'],
      [/^State/, 'NY'],
      [/^ZIP/, '10001'],
    ] as const) {
      await page.getByLabel(label).fill(text);
    }
    await page.getByLabel('Email').focus();
    await page.getByText('New York City sales tax', { exact: false }).first().waitFor();
    expect(visit.faults).toEqual([]);
  });

  it('says at each field what is missing, and goes to the first', async () => {
    const page = await visitWith(PHONE);
    await toCheckout(page);
    await page.getByLabel('Email').fill('ada@nowhere');
    await payButton(page).click();
    await page.getByText('Enter the name on the door.').waitFor();
    await expect.poll(() => focusedName(page)).toBe('shippingAddress.name');
    expect(await page.getByLabel('City').getAttribute('aria-invalid')).toBe('true');
    await fillIn(page, 'ada@nowhere');
    expect(await page.getByText('Enter the name on the door.').isVisible()).toBe(false);
    // What only the shop can tell comes back to its field as well.
    await payButton(page).click();
    await page.getByText('This must be an email address').waitFor();
    await expect.poll(() => focusedName(page)).toBe('email');
  });

  it('asks again when a price has changed behind the page', async () => {
    const page = await visitWith();
    await toCheckout(page);
    await fillIn(page);
    const before = await payButton(page).textContent();
    const changed = shop.db
      .select({ id: variants.id })
      .from(variants)
      .innerJoin(products, eq(products.id, variants.productId))
      .where(eq(products.slug, 'saltmarsh-linen-shirt'));
    await shop.db
      .update(prices)
      .set({ amountMinor: sql`${prices.amountMinor} + 100` })
      .where(sql`${prices.variantId} in ${changed} and ${prices.currency} = 'EUR'`);
    await payButton(page).click();
    await page.getByRole('alert').getByText('A price has changed').waitFor();
    const after = await payButton(page).textContent();
    expect(after).not.toBe(before);
    await payButton(page).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    const paid = await page.locator('dt:has-text("Total") + dd').first().textContent();
    expect(after).toContain(paid);
  });

  it('orders once when the answer to the order is lost', async () => {
    const page = await visitWith();
    await toCheckout(page);
    await fillIn(page);
    const keys: string[] = [];
    await page.route('**/api/orders', async (route) => {
      keys.push(route.request().headers()['idempotency-key'] ?? '');
      if (keys.length > 2) return route.continue();
      // The shop hears it and answers; the answer does not arrive.
      await route.fetch();
      return route.abort('connectionreset');
    });
    const before = await countOrders(shop);
    await payButton(page).click();
    await page.getByRole('alert').getByText('you will not be charged twice').waitFor();
    await payButton(page).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(await countOrders(shop)).toBe(before + 1);
  });

  it('finds the order again whose answer was lost, after the page was loaded anew', async () => {
    const page = await visitWith();
    await toCheckout(page);
    await fillIn(page);
    await page.route('**/api/orders', async (route) => {
      await route.fetch();
      return route.abort('connectionreset');
    });
    const before = await countOrders(shop);
    await payButton(page).click();
    await page.getByRole('alert').getByText('you will not be charged twice').waitFor();
    await page.unroute('**/api/orders');
    // The order is paid, so the shop has emptied its cart.
    const inCart = async () => (await (await page.request.get('/api/cart')).json()).items.length;
    await expect.poll(inCart, { timeout: 10_000 }).toBe(0);
    await page.reload();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    expect(await countOrders(shop)).toBe(before + 1);
  });

  it('takes back what it showed too early when the cart cannot be written', async () => {
    const page = await visitWith();
    await addShirt(page);
    await page.route('**/api/cart/items**', async (route) => {
      await new Promise((wait) => setTimeout(wait, 1_000));
      return route.abort('connectionreset');
    });
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await expect.poll(() => cartLink(page).textContent()).toContain('2');
    await page.getByRole('alert').getByText('It was not added to your cart.').waitFor();
    await expect.poll(() => cartLink(page).textContent()).toContain('1');

    await page.unroute('**/api/cart/items**');
    await page.goto('/cart');
    const quantity = page.getByLabel('Quantity of Saltmarsh Linen Shirt', { exact: true });
    await quantity.waitFor();
    await page.route('**/api/cart/items/**', async (route) => {
      await new Promise((wait) => setTimeout(wait, 500));
      await route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'kv_unavailable', detail: 'The cart store does not answer.' }),
      });
    });
    await page.getByRole('button', { name: /one more$/ }).click();
    expect(await quantity.inputValue()).toBe('2');
    await page.getByRole('alert').getByText('The quantity was not changed. The cart store does not answer.').waitFor();
    await expect.poll(() => quantity.inputValue()).toBe('1');
  });

  it('brings back what was removed by mistake', async () => {
    const page = await visitWith(PHONE);
    await addShirt(page);
    await page.goto('/cart');
    await page.getByRole('button', { name: 'Remove Saltmarsh Linen Shirt' }).click();
    await page.getByText('Nothing in it yet.').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Remove Saltmarsh Linen Shirt' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Remove Saltmarsh Linen Shirt' }).waitFor();
    expect(visit.faults).toEqual([]);
  });

  it('sends one request for many presses on a stepper, and keeps the last', async () => {
    const page = await visitWith();
    await addShirt(page);
    await page.goto('/cart');
    let patches = 0;
    await page.route('**/api/cart/items/**', async (route) => {
      patches += 1;
      await new Promise((wait) => setTimeout(wait, 300));
      return route.continue();
    });
    const more = page.getByRole('button', { name: /one more$/ });
    for (let press = 0; press < 6; press += 1) await more.click();
    const quantity = page.getByLabel('Quantity of Saltmarsh Linen Shirt', { exact: true });
    expect(await quantity.inputValue()).toBe('7');
    await expect.poll(() => page.locator('dl[aria-busy="false"]').count()).toBe(1);
    expect(await quantity.inputValue()).toBe('7');
    expect(patches).toBeLessThan(6);
    await page.unroute('**/api/cart/items/**');
    await page.reload();
    await expect.poll(() => quantity.inputValue()).toBe('7');
  });

  it('can be done with the keyboard alone up to the cart', async () => {
    const page = await visitWith();
    await page.goto('/products/saltmarsh-linen-shirt');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    await tabTo(page, 'input[type=radio]');
    const first = await page.evaluate(() => (document.activeElement as HTMLInputElement).value);
    await page.keyboard.press('ArrowRight');
    const second = await page.evaluate(() => (document.activeElement as HTMLInputElement).value);
    expect(second).not.toBe(first);
    await tabTo(page, 'button[type=submit]:not(header *)');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('is in your cart.').waitFor();
    await tabTo(page, 'a[href="/cart"]:not(header *, footer *)');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/cart');
    await page.getByText(second).waitFor();
    expect(visit.faults).toEqual([]);
  });

  it('changes the currency of pages and cart together', async () => {
    const page = await visitWith();
    await addShirt(page);
    await page.getByRole('combobox', { name: 'Currency' }).selectOption('JPY');
    await page
      .locator('form')
      .getByText(/^¥[\d,]+$/)
      .first()
      .waitFor();
    await page.goto('/cart');
    await page
      .getByText(/^¥[\d,]+$/)
      .first()
      .waitFor();
    await page.goto('/');
    expect(await page.getByText(/¥[\d,]+/).count()).toBeGreaterThan(4);
    expect(await page.getByText(/€[\d,]+/).count()).toBe(0);
    expect(visit.faults).toEqual([]);
  });
});

const cartLink = (page: Page) => page.getByRole('banner').getByRole('link', { name: /^Cart/ });

async function addShirt(page: Page): Promise<void> {
  await page.goto('/products/saltmarsh-linen-shirt');
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await page.getByRole('status').getByText('is in your cart.').waitFor();
}

async function toCheckout(page: Page): Promise<void> {
  await addShirt(page);
  await page.goto('/checkout');
  // The first way of sending is chosen by itself, and is part of the total from then on.
  await page.getByRole('radio', { name: /^Standard/ }).waitFor();
  await page.getByText('Chosen at checkout').waitFor({ state: 'detached' });
}

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

async function countOrders({ db }: BrowserShop): Promise<number> {
  return (await db.select({ id: orders.id }).from(orders)).length;
}
