import { eq, sql } from 'drizzle-orm';
import type { Cart, PromotionOutcome } from '@/commerce/cart';
import type { Money } from '@/commerce/money';
import { type RuleSet, writeRules } from '@/db/rules';
import { prices, products, shippingMethods, shippingPrices, stock, variants } from '@/db/schema';
import { dispatch } from '@/edge/http';
import { createKv } from '@/edge/kv';
import { edgeOperations } from '@/edge/routes';
import { invalidateCatalog } from '@/edge/snapshot';
import type { Platform, PlatformOptions } from '@/local/platform';
import { nodeOperations } from '@/node/routes';
import { percentOff, promotion, taxZone } from '../edge/rule-inputs';
import { FADING, HOME, type OrderShop, openOrderShop, TWEED } from './order-shop';

export interface Filled {
  token: string;
  cart: Cart;
  total: Money;
}

export interface PromotionShop extends OrderShop {
  /** Writes rules as a rule file does, and tells KV. */
  setRules(set: RuleSet): Promise<void>;
  /** Sets base prices in euros, tells KV. */
  reprice(variantId: string, amountMinor: number): Promise<void>;
  onHand(variantId: string, onHand: number): Promise<void>;
  /** A cart that goes to Germany by post, with codes. */
  fillWith(codes: string[], ...items: [variantId: string, quantity: number, metadata?: object][]): Promise<Filled>;
  /** A request whose body is the text as it is. */
  send(
    method: string,
    path: string,
    text: string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: unknown }>;
  uses(promotionId: string): Promise<number>;
  held(variantId: string): Promise<number>;
}

/** Written as the shop begins with it; tests that change rules write it again. */
export const RULES = {
  customerGroups: [{ id: 'wholesale', title: 'Wholesale' }],
  taxZones: [
    taxZone('DE', 'MwSt.', 1900),
    taxZone('DE', 'None', 0, { id: 'de-heligoland', postalCodes: ['27498'], rates: {} }),
    taxZone('AT', 'USt.', 2000, { reverseCharge: true }),
  ],
  promotions: [
    promotion('ten', percentOff(10), { title: '10 % off', codes: ['TEN'], priority: 2 }),
    promotion('once', percentOff(20), { codes: ['ONCE'], usageLimit: 1 }),
    promotion('each', percentOff(20), { codes: ['EACH'], usageLimitPerCustomer: 1 }),
    promotion('welcome', percentOff(5), {
      codes: ['WELCOME'],
      conditions: [{ kind: 'first_order' }],
      usageLimitPerCustomer: 1,
    }),
    promotion('gift', { kind: 'gift', variantId: FADING, quantity: 2 }, { title: 'Two on top', codes: ['GIFT'] }),
    promotion(
      'post',
      { kind: 'shipping_off', percentBps: 10_000, methodIds: null },
      { title: 'Free post', codes: ['POST'] },
    ),
  ],
} satisfies RuleSet;

/** An order shop with promotions, a second way of shipping, and prices in dollars too. */
export async function openPromotionShop(
  start?: (options: Partial<PlatformOptions>) => Promise<Platform>,
): Promise<PromotionShop> {
  const shop = await openOrderShop(start);
  const { db, platform } = shop;
  await db.batch([
    db.insert(shippingMethods).values({ id: 'ship_bike', title: 'Bike', minDays: 1, maxDays: 1, position: 1 }),
    db.insert(shippingPrices).values([
      { methodId: 'ship_bike', currency: 'EUR', amountMinor: 900 },
      { methodId: 'ship_post', currency: 'USD', amountMinor: 495 },
    ]),
    db.insert(prices).values({ variantId: TWEED, currency: 'USD', amountMinor: 2199 }),
  ]);
  const kv = createKv({ url: platform.env.KV_REST_API_URL!, token: platform.env.KV_REST_API_TOKEN! });
  const promotionShop: PromotionShop = {
    ...shop,
    async setRules(set) {
      await writeRules(db, set);
      await invalidateCatalog(kv, { everything: true });
    },
    async reprice(variantId, amountMinor) {
      await db
        .update(prices)
        .set({ amountMinor })
        .where(sql`${eq(prices.variantId, variantId)} and currency = 'EUR'`);
      await invalidateCatalog(kv, { variantIds: [variantId] });
    },
    async onHand(variantId, onHand) {
      await db.update(stock).set({ onHand }).where(eq(stock.variantId, variantId));
      await invalidateCatalog(kv, { variantIds: [variantId] });
    },
    async fillWith(codes, ...items) {
      const headers: Record<string, string> = {};
      const send = async (method: string, path: string, body: object) => {
        const answer = await shop.call<Cart>(method, path, { body, headers });
        if (answer.status >= 400) throw new Error(answer.text);
        if (answer.body.token) headers['x-cart-token'] = answer.body.token;
        return answer.body;
      };
      for (const [variantId, quantity, metadata] of items) {
        await send('POST', '/api/cart/items', { variantId, quantity, metadata });
      }
      for (const code of codes) await send('POST', '/api/cart/coupons', { code });
      const cart = await send('PATCH', '/api/cart', { shippingMethodId: 'ship_post', shippingAddress: HOME });
      return { token: headers['x-cart-token']!, cart, total: cart.totals.total };
    },
    async send(method, path, text, headers = {}) {
      const request = new Request(shop.siteUrl + path, {
        method,
        body: text,
        headers: { 'content-type': 'application/json', ...headers },
      });
      const work: Promise<unknown>[] = [];
      const host = { waitUntil: (more: Promise<unknown>) => void work.push(more), revalidateTags: () => {} };
      const response = await dispatch([...edgeOperations, ...nodeOperations], request, host);
      await Promise.allSettled(work);
      return { status: response.status, body: await response.json() };
    },
    async uses(promotionId) {
      const { rows } = await db.execute<{ count: number }>(sql`
        select count(*)::int as count from promotion_uses where promotion_id = ${promotionId} and status = 'counted'`);
      return rows[0]!.count;
    },
    async held(variantId) {
      const [row] = await db.select({ held: stock.held }).from(stock).where(eq(stock.variantId, variantId));
      return row!.held;
    },
  };
  await promotionShop.setRules(RULES);
  return promotionShop;
}

/** Puts a further variant on the shelf: for a test that sells it out, or sells it alone. */
export async function addVariant({ db }: OrderShop, id: string, priceMinor: number, onHand: number): Promise<string> {
  const productId = id.replace('var_', 'prod_');
  await db.batch([
    db.insert(products).values({ id: productId, slug: id.slice(4), title: 'Cloth' }),
    db.insert(variants).values({ id, productId, position: 0, sku: id, title: '' }),
    db.insert(prices).values({ variantId: id, currency: 'EUR', amountMinor: priceMinor }),
    db.insert(stock).values({ variantId: id, locationId: 'loc_mill', onHand }),
  ]);
  return id;
}

/** Why the promotion of a code did not apply, as a refused order tells. */
export function reasonOf(body: Record<string, unknown>, code: string): string | undefined {
  return (body.promotions as PromotionOutcome[]).find((outcome) => outcome.code === code)?.reason?.code;
}
