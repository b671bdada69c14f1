import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { and, eq, inArray } from 'drizzle-orm';
import type { APIRequestContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upsertProducts } from '@/db/products';
import { products, stock, variants } from '@/db/schema';
import { SEED_PRODUCTS } from '@/db/seed';
import { LOCATIONS } from '@/db/seed/product';
import { answer, type BrowserShop, hasBrowser, openBrowserShop, readingFaults } from './browser-shop';

const SCREENSHOTS = 'tests/browser/screenshots';

const PAGES = {
  home: '/',
  collection: '/collections/tartans',
  narrowed: '/collections/tartans?sort=price-desc&available=true',
  product: '/products/corrie-tartan-shirt',
  search: '/search?q=linen',
  'search-nothing': '/search?q=zzzzzz',
  cart: '/cart',
  checkout: '/checkout',
  order: '/orders/{order}',
  'not-found': '/nothing/here',
};

describe.skipIf(!hasBrowser)('The pages of the shop', { timeout: 180_000 }, () => {
  let shop: BrowserShop;
  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    shop = await openBrowserShop();
  }, 300_000);
  afterAll(() => shop?.close());

  describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
    it.each([390, 1440])('are accessible, free of errors and not too wide at %i px', async (width) => {
      const visit = await shop.open({
        colorScheme,
        viewport: { width, height: width < 600 ? 844 : 900 },
        reducedMotion: 'reduce',
      });
      const { page, faults } = visit;
      const order = await fillCart(shop.origin, page.request);
      const found: string[] = [];
      for (const [name, path] of Object.entries(PAGES)) {
        const response = await page.goto(path.replace('{order}', order), { waitUntil: 'networkidle' });
        expect(response?.status(), name).toBe(name === 'not-found' ? 404 : 200);
        // Lazy pictures come when they are scrolled to.
        await page.evaluate(async () => {
          for (let y = 0; y < document.body.scrollHeight; y += 600) {
            window.scrollTo(0, y);
            await new Promise((wait) => setTimeout(wait, 30));
          }
          window.scrollTo(0, 0);
        });
        await page.waitForLoadState('networkidle');
        await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}-${colorScheme}.png`), fullPage: true });

        found.push(...(await readingFaults(page)).map((fault) => `${name}: ${fault}`));
      }
      expect(found).toEqual([]);
      // A browser calls the page that is meant to be missing an error.
      expect(faults.filter((fault) => !fault.includes('404'))).toEqual([]);
      await visit.close();
    });
  });

  it('are told to be accessible by a check that can tell', async () => {
    const { page, close } = await shop.open();
    await page.goto('/', { waitUntil: 'networkidle' });
    await page.evaluate(() => {
      const input = document.createElement('input');
      document.querySelector('main')?.append(input);
    });
    expect(await readingFaults(page)).toContainEqual(expect.stringMatching(/^label at/));
    await close();
  });

  it('can be browsed, searched, narrowed down and put in another currency without scripts', async () => {
    const { page, faults, close } = await shop.open({ javaScriptEnabled: false });
    await page.goto('/');
    await page.getByRole('searchbox', { name: 'Search the shop' }).fill('tartan');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('heading', { name: '“tartan”' }).waitFor();
    await page.getByLabel('Sort').selectOption({ label: 'Price, high to low' });
    await page.getByRole('button', { name: 'Show results' }).click();
    expect(page.url()).toContain('sort=price-desc');

    await page.goto('/collections/tartans');
    await page.getByLabel('Sort').selectOption({ label: 'Price, low to high' });
    await page.getByRole('button', { name: 'Show results' }).click();
    expect(new URL(page.url()).pathname).toBe('/collections/tartans');
    const shown = await page.locator('article').allTextContents();
    const amounts = shown.map((text) => Number(/€([\d,.]+)/.exec(text)?.[1]?.replace(',', '')));
    expect(amounts).toEqual(amounts.toSorted((a, b) => a - b));

    await page.getByRole('link', { name: 'Corrie Tartan Shirt' }).click();
    await page.getByRole('heading', { level: 1, name: 'Corrie Tartan Shirt' }).waitFor();
    await page.getByRole('combobox', { name: 'Currency' }).selectOption('USD');
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByText('$129.00').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/products/corrie-tartan-shirt');
    expect(faults).toEqual([]);
    await close();
  });

  it('page through a long list by links that lead to every product once', async () => {
    const { page, close } = await shop.open({ javaScriptEnabled: false });
    const seen: string[] = [];
    await page.goto('/search');
    for (;;) {
      seen.push(...(await page.locator('article h3 a').allTextContents()));
      const more = page.getByRole('link', { name: 'Show more' });
      if ((await more.count()) === 0) break;
      await more.click();
    }
    expect(seen).toHaveLength(SEED_PRODUCTS.length);
    expect(new Set(seen).size).toBe(SEED_PRODUCTS.length);
    await close();
  });

  it('are cached once for each currency, and by nobody else', async () => {
    const { origin } = shop;
    const read = async (currency: string) => {
      const response = await fetch(`${origin}/products/kinloch-tartan`, {
        headers: { cookie: `currency=${currency}` },
      });
      return { response, text: await response.text() };
    };
    for (const [currency, sign] of [
      ['EUR', '€'],
      ['JPY', '¥'],
      ['EUR', '€'],
    ] as const) {
      const { response, text } = await read(currency);
      expect(text).toContain(sign);
      expect(response.headers.get('cache-control')).toBe('private, no-cache');
    }
    expect((await read('EUR')).response.headers.get('x-nextjs-cache')).toBe('HIT');
  });

  it('show a changed price at once', async () => {
    const { origin, db } = shop;
    const slug = 'saltmarsh-linen-shirt';
    const read = async (path: string) => (await fetch(origin + path)).text();
    expect(await shows(read(`/products/${slug}`), '€94.00')).toBe(true);
    expect(await shows(read('/collections/linen'), '€94.00')).toBe(true);

    const input = SEED_PRODUCTS.find((product) => product.slug === slug)!;
    const dearer = {
      ...input,
      variants: input.variants.map((variant) => ({
        ...variant,
        prices: { ...variant.prices, EUR: { amountMinor: 9_717, compareAtMinor: null } },
      })),
    };
    await upsertProducts(db, [dearer]);
    // The control: until the change is told, the cached page stands.
    expect(await shows(read(`/products/${slug}`), '€94.00')).toBe(true);
    await shop.runCron('outbox');
    expect(await shows(read(`/products/${slug}`), '€97.17')).toBe(true);
    expect(await shows(read('/collections/linen'), '€97.17')).toBe(true);
  });

  it('show at once that a unit was sold', async () => {
    const { origin, db } = shop;
    const slug = 'stillwater-linen-napkins';
    const sold = db
      .select({ id: variants.id })
      .from(variants)
      .innerJoin(products, eq(products.id, variants.productId))
      .where(eq(products.slug, slug));
    await db.update(stock).set({ onHand: 0 }).where(inArray(stock.variantId, sold));
    const [first] = await sold.orderBy(variants.position).limit(1);
    await db
      .update(stock)
      .set({ onHand: 4 })
      .where(and(eq(stock.variantId, first!.id), eq(stock.locationId, LOCATIONS[0]!.id)));
    const read = async () => (await fetch(`${origin}/products/${slug}`)).text();
    expect(await shows(read(), 'Only 4 left')).toBe(true);

    const buyer = await shop.open();
    await placeOrder(origin, buyer.page.request, slug);
    await buyer.close();
    expect(await shows(read(), 'Only 3 left')).toBe(true);
  });

  it('say what they may load and who may frame them', async () => {
    const response = await fetch(`${shop.origin}/search`);
    const policy = response.headers.get('content-security-policy') ?? '';
    for (const rule of ["default-src 'self'", "object-src 'none'", "frame-ancestors 'none'", "form-action 'self'"]) {
      expect(policy).toContain(rule);
    }
    expect(policy).not.toContain('unsafe-eval');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
    expect(response.headers.get('x-powered-by')).toBeNull();
  });

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example/', '/%0d%0aset-cookie:a=b', ''])(
    'send a visitor who chose a currency nowhere but back: %j',
    async (back) => {
      const body = new URLSearchParams({ currency: 'GBP', back });
      const response = await fetch(`${shop.origin}/currency`, { method: 'POST', body, redirect: 'manual' });
      expect(response.status).toBe(303);
      const location = new URL(response.headers.get('location') ?? '', shop.origin);
      expect(location.origin).toBe(shop.origin);
      expect(response.headers.get('set-cookie')).toMatch(/^currency=GBP; /);
    },
  );
});

/** Whether a page holds the words; said so, because a whole page is no message for a failed test. */
async function shows(page: Promise<string>, words: string): Promise<boolean> {
  return (await page).includes(words);
}

/** Gives the window an order that was paid, and something in its cart again. Answers the order's id. */
async function fillCart(origin: string, request: APIRequestContext): Promise<string> {
  const { orderId, variantId } = await placeOrder(origin, request, 'corrie-tartan-shirt');
  await answer(
    await request.post(`${origin}/api/cart/items`, { headers: { origin }, data: { variantId, quantity: 1 } }),
  );
  return orderId;
}

/** Buys one of a product's first variant with a card that pays at once. */
async function placeOrder(origin: string, request: APIRequestContext, slug: string) {
  const product = await answer(await request.get(`${origin}/api/products/${slug}?currency=EUR`));
  const variantId: string = product.variants[0].id;
  await answer(
    await request.post(`${origin}/api/cart/items`, { headers: { origin }, data: { variantId, quantity: 1 } }),
  );
  const options = await answer(await request.get(`${origin}/api/cart/shipping-options`));
  const details = {
    email: 'ada@example.com',
    shippingAddress: { name: 'Ada Weaver', line1: 'Loom Lane 4', city: 'Berlin', postalCode: '10115', country: 'DE' },
    shippingMethodId: options.items[0].id,
  };
  const cart = await answer(await request.patch(`${origin}/api/cart`, { headers: { origin }, data: details }));
  const placed = await answer(
    await request.post(`${origin}/api/orders`, {
      data: { ...details, payment: { provider: 'local', card: 'success' }, expectedTotal: cart.totals.total },
      headers: { origin, 'idempotency-key': crypto.randomUUID() },
    }),
  );
  return { orderId: placed.order.id as string, variantId };
}
