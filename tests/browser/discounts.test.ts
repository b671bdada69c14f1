import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { upsertProducts } from '@/db/products';
import { SEED_PRODUCTS } from '@/db/seed';
import { loadRules } from '@/node/rules/load';
import {
  answer,
  type BrowserShop,
  DESKTOP,
  fillIn,
  hasBrowser,
  openBrowserShop,
  PHONE,
  payButton,
  readingFaults,
  type Visit,
} from './browser-shop';

/** In place of what the seed has. Napkins of linen cost €22.00, the tartan shirt €119.00, the tea towel €16.00. */
const RULES = {
  priceLists: [
    {
      id: 'by-the-dozen',
      title: 'By the dozen',
      priority: 10,
      of: { products: ['larder-waffle-tea-towel'] },
      tiersBy: 'variant',
      steps: [
        { minQuantity: 4, changePercent: '-10' },
        { minQuantity: 12, changePercent: '-20' },
      ],
    },
  ],
  shippingMethods: [
    method('standard', 'Standard', '5.90', { freeFrom: { EUR: '250' }, minDays: 3, maxDays: 5 }),
    method('express', 'Express', '14.90', { minDays: 1, maxDays: 2 }),
    method('letter', 'Letter', '1.90', { limits: { maxWeightGrams: 20 }, minDays: 2, maxDays: 4 }),
    method('mill', 'Collect at the mill', '0', {
      kind: 'pickup',
      pickupAddress: 'Selvedge Mill, Weir Lane, Kirkbeck',
      minDays: 1,
      maxDays: 1,
    }),
  ],
  promotionGroups: [{ id: 'codes', title: 'One code for each line', priority: 10 }],
  promotions: [
    {
      id: 'summer',
      title: 'Linen summer',
      codes: ['SUMMER20'],
      group: 'codes',
      effect: { kind: 'percent_off', of: { collections: ['linen'] }, percent: '20' },
    },
    {
      id: 'ten',
      title: 'Ten per cent off',
      codes: ['TEN'],
      group: 'codes',
      effect: { kind: 'percent_off', percent: '10' },
    },
    {
      id: 'welcome',
      title: 'Welcome to the mill',
      codes: ['WELCOME5'],
      conditions: [{ kind: 'first_order' }],
      effect: { kind: 'amount_off', per: 'order', amount: { EUR: '5' } },
    },
    {
      id: 'big',
      title: 'Fifty off from 500',
      codes: ['BIG50'],
      conditions: [{ kind: 'subtotal', from: { EUR: '500' } }],
      effect: { kind: 'amount_off', per: 'order', amount: { EUR: '50' } },
    },
    {
      id: 'swatches',
      title: 'Swatches from 200',
      conditions: [{ kind: 'subtotal', from: { EUR: '200' } }],
      effect: { kind: 'gift', sku: 'MILL-SWATCH-SET-WOOLS' },
    },
    {
      id: 'express-week',
      title: 'Express week',
      effect: { kind: 'shipping_off', percent: '50', methods: ['express'] },
    },
  ],
};

function method(id: string, title: string, amount: string, more: Record<string, unknown>) {
  return { id, title, zone: 'europe', prices: { EUR: [{ amount }] }, weekends: false, ...more };
}

describe.skipIf(!hasBrowser)('Discounts in a browser', { timeout: 120_000 }, () => {
  let shop: BrowserShop;
  let visit: Visit;
  beforeAll(async () => {
    shop = await openBrowserShop();
    const { errors } = await loadRules(JSON.stringify(RULES), {}, shop.db);
    expect(errors).toEqual([]);
    await reduce(shop, 'kinloch-tartan');
    await shop.runCron('outbox');
  }, 300_000);
  afterAll(() => shop?.close());
  afterEach(() => visit?.close());

  const visitWith = async (options: typeof PHONE | typeof DESKTOP = DESKTOP, cart: [slug: string, units: number][]) => {
    visit = await shop.open(options);
    for (const [slug, quantity] of cart) await put(shop, visit.page, slug, quantity);
    return visit.page;
  };

  it.each([
    ['a phone', PHONE],
    ['a desktop', DESKTOP],
  ])('are entered as codes, explained line by line, and bought with on %s', async (_, device) => {
    const page = await visitWith(device, [
      ['stillwater-linen-napkins', 2],
      ['corrie-tartan-shirt', 1],
    ]);
    await page.goto('/cart');
    const napkins = page.getByRole('article', { name: 'Stillwater Linen Napkins' });
    const shirt = page.getByRole('article', { name: 'Corrie Tartan Shirt' });

    const field = page.getByLabel('Gift or discount code');
    await enter(page, 'nope');
    await page.getByText('There is no such code.').waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.inputValue()).toBe('nope');

    await enter(page, 'ten');
    await napkins.getByText('−€4.40').waitFor();
    expect(await field.inputValue()).toBe('');
    expect(await shirt.textContent()).toContain('−€11.90');
    expect(await summaryRow(page, 'Ten per cent off')).toBe('−€16.30');
    expect(await summaryRow(page, 'Total')).toBe('€146.70');

    await enter(page, 'SUMMER20');
    await napkins.getByText('TEN: beaten by SUMMER20').waitFor();
    expect(await napkins.locator('s').textContent()).toContain('€44.00');
    expect(await napkins.textContent()).toContain('€35.20');
    expect(await summaryRow(page, 'Linen summer')).toBe('−€8.80');
    expect(await summaryRow(page, 'Ten per cent off')).toBe('−€11.90');
    expect(await summaryRow(page, 'Discounts')).toBe('−€20.70');

    await enter(page, 'BIG50');
    const codes = page.getByRole('list', { name: 'Codes in this cart' });
    await codes.getByText('€337.00 more in goods is needed.').waitFor();
    expect(await readingFaults(page)).toEqual([]);

    await page.getByRole('button', { name: 'Take out TEN' }).click();
    await napkins.getByText('TEN: beaten by SUMMER20').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Take out BIG50' }).click();
    await expect.poll(() => codes.getByRole('listitem').count()).toBe(1);
    expect(await summaryRow(page, 'Total')).toBe('€154.20');

    await page.getByRole('link', { name: 'Check out' }).click();
    await chosen(page);
    await fillIn(page);
    expect(await payButton(page).textContent()).toBe('Pay €160.10');
    await payButton(page).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    const line = page.getByRole('listitem').filter({ hasText: 'Stillwater Linen Napkins' }).first();
    expect(await line.textContent()).toContain('Linen summer SUMMER20');
    expect(await line.textContent()).toContain('−€8.80');
    expect(await summaryRow(page, 'Total')).toBe('€160.10');
    expect(await summaryRow(page, 'incl. 19 % VAT')).toBe('€25.56');
    // A browser calls the code that is nobody's an error.
    expect(visit.faults.filter((fault) => !fault.includes('422'))).toEqual([]);
  });

  it('can be entered with the keyboard, and keep the focus where it was', async () => {
    const page = await visitWith(DESKTOP, [['stillwater-linen-napkins', 1]]);
    await page.goto('/cart');
    const field = page.getByLabel('Gift or discount code');
    await field.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Enter a code first.').waitFor();
    await page.keyboard.type('summer20');
    await page.keyboard.press('Enter');
    await page.getByText('Linen summer applies.').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('SUMMER20 was taken out.').waitFor();
    expect(await field.evaluate((input) => input === document.activeElement)).toBe(true);
    expect(visit.faults).toEqual([]);
  });

  it('tell how far it is to free delivery, and when it is reached', async () => {
    const page = await visitWith(PHONE, [['corrie-tartan-shirt', 1]]);
    await page.goto('/cart');
    const bar = page.getByRole('progressbar', { name: '€131.00 to free delivery' });
    await bar.waitFor();
    expect(await bar.getAttribute('value')).toBe('11900');
    await page.getByRole('button', { name: /one more$/ }).click();
    await page.getByRole('progressbar', { name: '€12.00 to free delivery' }).waitFor();
    await page.getByRole('button', { name: /one more$/ }).click();
    await expect.poll(() => page.getByRole('progressbar').count()).toBe(0);
    await page.goto('/checkout');
    await chosen(page);
    expect(await summaryRow(page, 'Delivery')).toBe('Free');
    expect(visit.faults).toEqual([]);
  });

  it('show a gift as a line that nobody can change', async () => {
    const page = await visitWith(DESKTOP, [['corrie-tartan-shirt', 1]]);
    await page.goto('/cart');
    await page.getByText('Swatches from 200').waitFor();
    expect(await page.getByRole('list', { name: 'Within reach' }).textContent()).toContain('€81.00 more in goods');
    await page.getByRole('button', { name: /one more$/ }).click();
    const gift = page.getByRole('article', { name: 'Gift: Mill Swatch Set' });
    await gift.waitFor();
    expect(await gift.textContent()).toMatch(/€7\.90.*Free/);
    expect(await gift.getByRole('textbox').count()).toBe(0);
    expect(await gift.getByRole('button').count()).toBe(0);
    expect(await readingFaults(page)).toEqual([]);
    await page.getByRole('button', { name: /one less$/ }).click();
    await gift.waitFor({ state: 'detached' });
    expect(visit.faults).toEqual([]);
  });

  it('are not shown as facts while a change is on its way', async () => {
    const page = await visitWith(DESKTOP, [['stillwater-linen-napkins', 1]]);
    await page.goto('/cart');
    await enter(page, 'SUMMER20');
    await page.getByText('Linen summer applies.').waitFor();
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    await page.route('**/api/cart/items/**', async (route) => {
      await held;
      return route.continue();
    });
    await page.getByRole('button', { name: /one more$/ }).click();
    const sums = page.locator('dl[aria-busy="true"]');
    await sums.waitFor();
    expect(await summaryRow(page, 'Goods')).toBe('€44.00');
    for (const row of ['Linen summer', 'Total']) expect(await summaryRow(page, row), row).toContain('…');
    expect(await page.getByText('−€4.40').count()).toBe(0);
    release();
    await page.locator('dl[aria-busy="false"]').waitFor();
    expect(await summaryRow(page, 'Linen summer')).toBe('−€8.80');
    expect(await summaryRow(page, 'Total')).toBe('€35.20');
  });

  it('price each way of sending, with its days, and say why another cannot be taken', async () => {
    const page = await visitWith(PHONE, [['corrie-tartan-shirt', 1]]);
    await page.goto('/checkout');
    await chosen(page);
    const way = (name: string) => page.locator('label').filter({ hasText: name });
    expect(await page.getByRole('radio', { name: /^Standard/ }).isChecked()).toBe(true);
    expect(await way('Standard').textContent()).toMatch(/Arrives .*\d.*–.*\d+ \w{3}.*€5\.90/);
    expect(await way('Express').textContent()).toMatch(/€14\.90.*€7\.45/);
    expect(await way('Collect at the mill').textContent()).toMatch(/Selvedge Mill, Weir Lane, Kirkbeck.*Free/);
    expect(await page.getByRole('list', { name: 'Not for this order' }).textContent()).toMatch(/^Letter: .* kg/);

    await page.getByRole('radio', { name: /^Express/ }).check();
    await expect.poll(() => summaryRow(page, 'Express week')).toBe('−€7.45');
    expect(await summaryRow(page, 'Delivery')).toContain('€7.45');
    await fillIn(page);
    await payButton(page).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    expect(await summaryRow(page, 'Express week')).toBe('−€7.45');
    expect(await summaryRow(page, 'Total')).toBe('€126.45');
    expect(visit.faults).toEqual([]);
  });

  it('leave a business of another country to its own tax', async () => {
    const page = await visitWith(DESKTOP, [['corrie-tartan-shirt', 1]]);
    await page.goto('/checkout');
    await chosen(page);
    await fillIn(page);
    await page.getByLabel('Country').selectOption('AT');
    await page.getByText('incl. 20 % VAT').waitFor();
    await page.getByText('Buying for a company?').click();
    const field = page.getByLabel('VAT id');
    await field.fill('ATU12345678');
    await page.getByLabel('City').focus();
    await page.getByText('This is no VAT id').waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    // Whoever has gone on is not called back.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('shippingAddress.city');

    await field.fill('atu 13585627');
    await page.getByLabel('City').focus();
    await page.getByText('Reverse charge: the business ATU13585627 owes it.').waitFor();
    expect(await summaryRow(page, 'Goods')).toBe('€99.17');
    expect(await summaryRow(page, 'Total, net')).toBe('€104.09');
    expect(await readingFaults(page)).toEqual([]);
    await payButton(page).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    await page.getByText('VAT id of the buyer: ATU13585627').waitFor();
    expect(await summaryRow(page, 'Total, net')).toBe('€104.09');
  });

  it('that only the order can check are marked so, and what the order found is agreed to anew', async () => {
    const page = await visitWith(DESKTOP, [['corrie-tartan-shirt', 1]]);
    for (const isFirst of [true, false]) {
      if (!isFirst) await put(shop, page, 'corrie-tartan-shirt', 1);
      await page.goto('/cart');
      await enter(page, 'WELCOME5');
      await page.getByText('Applied, checked when you order').waitFor();
      await page.goto('/checkout');
      await chosen(page);
      await fillIn(page, 'new@example.com');
      expect(await payButton(page).textContent()).toBe('Pay €119.90');
      await payButton(page).click();
      if (!isFirst) {
        const alert = page.getByRole('region', { name: 'Your order' }).getByRole('alert');
        await alert.getByText('A price has changed').waitFor();
        expect(await alert.textContent()).toContain('The total is €124.90 instead of €119.90.');
        expect(await alert.textContent()).toContain('WELCOME5: You have used this');
        expect(await summaryRow(page, 'Total')).toBe('€124.90');
        expect(await page.getByText('Applied, checked').count()).toBe(0);
        expect(await readingFaults(page)).toEqual([]);
        expect(await payButton(page).textContent()).toBe('Pay €124.90');
        await payButton(page).click();
      }
      await page.getByRole('heading', { name: 'Thank you' }).waitFor();
      expect(await summaryRow(page, 'Total')).toBe(isFirst ? '€119.90' : '€124.90');
    }
  });

  it('by quantity are on the page of the product, and those announced say the lowest price before, also without scripts', async () => {
    visit = await shop.open({ ...DESKTOP, javaScriptEnabled: false });
    const { page } = visit;
    await page.goto('/products/larder-waffle-tea-towel');
    const tiers = page.getByRole('table', { name: 'Price by quantity' });
    expect(await tiers.getByRole('row', { name: 'from 4' }).textContent()).toContain('€14.40');
    expect(await tiers.getByRole('row', { name: 'from 12' }).textContent()).toContain('€12.80');
    await page.goto('/products/kinloch-tartan');
    await page.getByText('Lowest price of the last 30 days: €74.00').waitFor();
    expect(visit.faults).toEqual([]);
  });

  describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
    it.each([390, 1440])('can be read by everybody at %i px', async (width) => {
      visit = await shop.open({ colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' });
      const { page, faults } = visit;
      await put(shop, page, 'stillwater-linen-napkins', 2);
      await put(shop, page, 'corrie-tartan-shirt', 2);
      await put(shop, page, 'kinloch-tartan', 1);
      await put(shop, page, 'larder-waffle-tea-towel', 3);
      for (const code of ['SUMMER20', 'TEN', 'WELCOME5', 'BIG50']) {
        await answer(
          await page.request.post(`${shop.origin}/api/cart/coupons`, {
            headers: { origin: shop.origin },
            data: { code },
          }),
        );
      }
      const found: string[] = [];
      const look = async (path: string) => {
        found.push(...(await readingFaults(page)).map((fault) => `${path}: ${fault}`));
      };
      for (const path of ['/cart', '/products/larder-waffle-tea-towel', '/products/kinloch-tartan', '/checkout']) {
        await page.goto(path, { waitUntil: 'networkidle' });
        await look(path);
      }
      await chosen(page);
      await fillIn(page, `${colorScheme}-${width}@example.com`);
      await payButton(page).click();
      await page.getByRole('heading', { name: 'Thank you' }).waitFor();
      await look('the order');
      expect(found).toEqual([]);
      expect(faults).toEqual([]);
    });
  });
});

/** A product that costs a fifth less from now on, and is announced so. */
async function reduce({ db }: BrowserShop, slug: string): Promise<void> {
  const input = SEED_PRODUCTS.find((product) => product.slug === slug)!;
  const variants = input.variants.map((variant) => {
    const { amountMinor } = variant.prices.EUR!;
    const EUR = { amountMinor: Math.round(amountMinor * 0.8), compareAtMinor: amountMinor };
    return { ...variant, prices: { ...variant.prices, EUR } };
  });
  await upsertProducts(db, [{ ...input, variants }]);
}

/** Puts units of a product's first variant into the cart of the window. */
async function put({ origin }: BrowserShop, { request }: Page, slug: string, quantity: number): Promise<void> {
  const product = await answer(await request.get(`${origin}/api/products/${slug}?currency=EUR`));
  const variantId: string = product.variants[0].id;
  await answer(await request.post(`${origin}/api/cart/items`, { headers: { origin }, data: { variantId, quantity } }));
}

async function enter(page: Page, code: string): Promise<void> {
  await page.getByLabel('Gift or discount code').fill(code);
  await page.getByRole('button', { name: 'Apply' }).click();
}

/** A way of sending is chosen by itself, and is part of the total from then on. */
async function chosen(page: Page): Promise<void> {
  await page.getByRole('radio', { name: /^Standard/ }).waitFor();
  await page.getByText('Chosen at checkout').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /^Pay/ }).waitFor();
}

/** What the sums say beside a name. */
async function summaryRow(page: Page, name: string): Promise<string | undefined> {
  const row = page.locator('dl[aria-busy] > div').filter({ has: page.locator('dt', { hasText: name }) });
  return (await row.first().locator('dd').textContent())?.trim();
}
