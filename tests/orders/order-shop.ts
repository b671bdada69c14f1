import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import type { Cart } from '@/commerce/cart';
import type { Money } from '@/commerce/money';
import { createDb, type Db } from '@/db/client';
import { migrate } from '@/db/migrate';
import {
  collections,
  locations,
  prices,
  productCollections,
  products,
  shippingMethods,
  shippingPrices,
  stock,
  taxRates,
  taxZones,
  variants,
} from '@/db/schema';
import { dispatch, type Host } from '@/edge/http';
import { edgeOperations } from '@/edge/routes';
import { toHandler } from '@/local/pages';
import { type Platform, type PlatformOptions, startPlatform } from '@/local/platform';
import type { Order } from '@/node/order-view';
import { nodeOperations } from '@/node/routes';
import { sharesFate } from './fate';

/** Plenty of it. */
export const TWEED = 'var_tweed00000000000000000000';
/** Two left. */
export const SCARCE = 'var_scarce0000000000000000000';
/** One left. */
export const LAST = 'var_last000000000000000000000';
/** None left, and sold on. */
export const BACKORDER = 'var_backorder0000000000000000';
/** Of a product that can be taken off sale. */
export const FADING = 'var_fading0000000000000000000';

const SHELVES: Record<string, { priceMinor: number; onHand: number; policy?: 'continue' }> = {
  [TWEED]: { priceMinor: 1999, onHand: 100_000 },
  [SCARCE]: { priceMinor: 5000, onHand: 2 },
  [LAST]: { priceMinor: 9900, onHand: 1 },
  [BACKORDER]: { priceMinor: 1200, onHand: 1, policy: 'continue' },
  [FADING]: { priceMinor: 800, onHand: 50 },
};

export const HOME = { name: 'Ada Weber', line1: 'Webergasse 1', city: 'Berlin', postalCode: '10115', country: 'DE' };

interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
  text: string;
}

interface Problem {
  code: string;
  requestId: string;
  errors?: { path: string; code: string }[];
  [fact: string]: unknown;
}

export interface Placed {
  order: Order & { accessToken: string };
  payment: { status: string; redirectUrl?: string };
}

interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
}

export interface OrderShop {
  platform: Platform;
  db: Db;
  siteUrl: string;
  /** Tags of pages that were told to be made anew. */
  revalidated: Set<string>;
  call<Body = Placed & Problem>(method: string, path: string, options?: CallOptions): Promise<Answer<Body>>;
  /** A cart of these variants and quantities; answers its token and what it costs with post to Germany. */
  fill(...items: [variantId: string, quantity: number][]): Promise<{ token: string; cart: Cart; total: Money }>;
  /** The request that orders a cart, ready to be sent. */
  orderRequest(filled: { token: string; total: Money }, options?: OrderOptions): CallOptions;
  order(filled: { token: string; total: Money }, options?: OrderOptions): Promise<Answer<Placed & Problem>>;
  cron(job: string): Promise<{ processed: number; remaining: number }>;
  mails(): Promise<Mail[]>;
  /** Resolves when all work behind responses is done. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

interface OrderOptions {
  card?: string;
  key?: string;
  total?: Money;
  body?: Record<string, unknown>;
}

interface Mail {
  to: string[];
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
}

/** Starts a shop on a platform of its own, served on a port so that the payment provider's webhooks arrive. */
export async function openOrderShop(
  start: (options: Partial<PlatformOptions>) => Promise<Platform> = (options) =>
    startPlatform({ dataDir: null, ...options }),
): Promise<OrderShop> {
  const pending = new Set<Promise<unknown>>();
  const revalidated = new Set<string>();
  const host: Host = {
    waitUntil(work) {
      if (sharesFate(work)) return;
      const tracked = work.catch(() => {}).finally(() => pending.delete(tracked));
      pending.add(tracked);
    },
    revalidateTags: (tags) => {
      for (const tag of tags) revalidated.add(tag);
    },
  };
  const operations = [...edgeOperations, ...nodeOperations];
  const server = createServer(toHandler((request) => dispatch(operations, request, host)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const siteUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const platform = await start({ siteUrl, latePaymentMs: 300 });
  Object.assign(process.env, platform.env);
  const connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
  await migrate(connection);
  const db = createDb(connection);
  await stockShelves(db);

  async function call<Body>(method: string, path: string, { body, headers = {} }: CallOptions = {}) {
    const response = await dispatch(
      operations,
      new Request(siteUrl + path, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
      host,
    );
    const text = await response.text();
    const parsed = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, text, body: parsed as Body };
  }

  const shop: OrderShop = {
    platform,
    db,
    siteUrl,
    revalidated,
    call,
    async fill(...items) {
      let token = '';
      for (const [variantId, quantity] of items) {
        const headers: Record<string, string> = token ? { 'x-cart-token': token } : {};
        const added = await call<Cart>('POST', '/api/cart/items', { body: { variantId, quantity }, headers });
        token ||= added.body.token!;
      }
      const headers = { 'x-cart-token': token };
      const { body: cart } = await call<Cart>('PATCH', '/api/cart', {
        body: { shippingMethodId: 'ship_post', shippingAddress: HOME },
        headers,
      });
      return { token, cart, total: cart.totals.total };
    },
    orderRequest({ token, total }, { card = 'success', key = crypto.randomUUID(), ...more } = {}) {
      return {
        headers: { 'x-cart-token': token, 'idempotency-key': key },
        body: {
          email: 'ada@example.com',
          shippingAddress: HOME,
          shippingMethodId: 'ship_post',
          payment: { provider: 'local', card },
          expectedTotal: more.total ?? total,
          ...more.body,
        },
      };
    },
    order: (filled, options) => call<Placed & Problem>('POST', '/api/orders', shop.orderRequest(filled, options)),
    async cron(job) {
      const headers = { authorization: `Bearer ${platform.env.CRON_SECRET}` };
      return (await call<{ processed: number; remaining: number }>('GET', `/api/cron/${job}`, { headers })).body;
    },
    async mails() {
      const response = await fetch(`${platform.url}/mailbox/messages?limit=1000`);
      return ((await response.json()) as { items: Mail[] }).items;
    },
    async settled() {
      while (pending.size > 0) await Promise.all(pending);
    },
    async close() {
      await shop.settled();
      await platform.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return shop;
}

async function stockShelves(db: Db): Promise<void> {
  const ids = Object.keys(SHELVES);
  const productOf = (id: string) => id.replace('var_', 'prod_');
  await db.batch([
    db
      .insert(products)
      .values(ids.map((id) => ({ id: productOf(id), slug: id.slice(4), title: `Cloth ${id.slice(4, 9)}` }))),
    db.insert(collections).values({ id: 'coll_all', slug: 'all', title: 'All' }),
    db.insert(productCollections).values(ids.map((id) => ({ productId: productOf(id), collectionId: 'coll_all' }))),
    db.insert(variants).values(
      ids.map((id) => ({
        id,
        productId: productOf(id),
        position: 0,
        sku: id.slice(4, 12).toUpperCase(),
        title: 'Indigo',
        stockPolicy: SHELVES[id]?.policy ?? ('deny' as const),
      })),
    ),
    db
      .insert(prices)
      .values(ids.map((id) => ({ variantId: id, currency: 'EUR', amountMinor: SHELVES[id]!.priceMinor }))),
    db.insert(locations).values([
      { id: 'loc_mill', name: 'Mill', priority: 1 },
      { id: 'loc_shop', name: 'Shop', priority: 2 },
    ]),
    db
      .insert(stock)
      .values(ids.map((variantId) => ({ variantId, locationId: 'loc_mill', onHand: SHELVES[variantId]!.onHand }))),
    db.insert(taxZones).values({ id: 'de', country: 'DE', pricesIncludeTax: true }),
    db.insert(taxRates).values({ zoneId: 'de', taxClass: 'standard', label: 'MwSt.', rateBps: 1900 }),
    db.insert(shippingMethods).values({ id: 'ship_post', title: 'Post', minDays: 2, maxDays: 4 }),
    db.insert(shippingPrices).values({ methodId: 'ship_post', currency: 'EUR', amountMinor: 495 }),
  ]);
}

/** What must hold whatever happened; each row is one breach, so an empty list is what one wants to see. */
export async function breaches(db: Db): Promise<string[]> {
  const { rows } = await db.execute<{ breach: string }>(sql`
    select 'stock below zero or oversold: ' || variant_id as breach from stock where held < 0 or held > on_hand
    union all
    select 'stock held differs from what orders hold: ' || s.variant_id from stock s
    where s.held <> coalesce((
      select sum(h.quantity) from stock_holds h
      where h.variant_id = s.variant_id and h.location_id = s.location_id and h.status <> 'released'), 0)
    union all
    select 'cancelled, and holds stock: ' || o.id from orders o
    where o.status = 'cancelled' and exists (
      select 1 from stock_holds h where h.order_id = o.id and h.status <> 'released')
    union all
    select 'confirmed without holding all of its stock: ' || o.id from orders o
    where o.status = 'confirmed' and exists (
      select 1 from order_lines l join variants v on v.id = l.variant_id
      where l.order_id = o.id and v.stock_policy = 'deny'
      group by l.variant_id
      having sum(l.quantity) <> coalesce((
        select sum(h.quantity) from stock_holds h
        where h.order_id = o.id and h.variant_id = l.variant_id and h.status = 'committed'), 0))
    union all
    select 'without lines or payment: ' || o.id from orders o
    where not exists (select 1 from order_lines l where l.order_id = o.id)
      or not exists (select 1 from payments p where p.order_id = o.id)
    union all
    select 'confirmed and not paid: ' || o.id from orders o join payments p on p.order_id = o.id
    where o.status = 'confirmed' and (o.payment_status not in ('paid', 'refunded') or p.captured_minor <> o.total_minor)
    union all
    select 'the ledger does not sum to zero: ' || order_id from ledger_entries
    group by order_id, currency having sum(amount_minor) <> 0
    union all
    select 'the customer account is not even: ' || e.order_id from ledger_entries e join payments p on p.id = e.payment_id
    where e.account = 'customer' and p.refunded_minor in (0, p.captured_minor)
    group by e.order_id, p.refunded_minor having sum(e.amount_minor) <> 0
      and not exists (select 1 from outbox where topic = 'payment.refund' and delivered_at is null)
      -- Money given back for what the customer keeps stays on the account.
      and not exists (select 1 from orders o where o.id = e.order_id and o.status = 'confirmed' and p.refunded_minor > 0)
    union all
    select 'the ledger knows another sum than the payment: ' || p.order_id from payments p
    where p.captured_minor - p.refunded_minor <> coalesce((
      select sum(e.amount_minor) from ledger_entries e where e.payment_id = p.id and e.account = 'provider'), 0)`);
  return rows.map((row) => row.breach);
}
