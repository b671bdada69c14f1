import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommerceError } from '@/commerce/error';
import type { LineInput } from '@/commerce/pricing';
import { newId } from '@/db/ids';
import { prices, products, stock, variants } from '@/db/schema';
import type { StoredCart } from '@/edge/carts';
import type { Claim } from '@/node/idempotency';
import { sweepPayments } from '@/node/payment-sweep';
import { placeOrder } from '@/node/placement';
import { settleByPayment } from '@/node/settlement';
import { bestDatabase } from '@/tests/databases';
import { breaches, HOME, type OrderShop, openOrderShop } from '@/tests/orders/order-shop';
import { randomFrom, shuffled } from '@/tests/orders/random';

const database = bestDatabase('ord_stock_rush');
// PGlite does one thing after the other: there a rush shows the sums, not the races.
const { SEEDS, BUYERS } =
  database.server === 'PGlite' ? { SEEDS: 2, BUYERS: 100 } : { SEEDS: Number(process.env.SEEDS ?? 50), BUYERS: 500 };
/** More than there are units: who comes first has to be decided by the database. */
const AT_ONCE = 60;
const UNITS = 50;
const PRICE = 1000;

describe(`${BUYERS} buyers on ${UNITS} units, ${SEEDS} times, on ${database.server}`, () => {
  let shop: OrderShop;
  beforeAll(async () => {
    shop = await openOrderShop(database.start);
  });
  afterAll(() => shop.close());

  /** A scarce variant, spread over two locations, and one that there is plenty of. */
  async function stockUp(seed: number): Promise<{ hot: string; plenty: string }> {
    const [hot, plenty] = [newId('var'), newId('var')];
    const ids = [hot, plenty];
    const productOf = (id: string) => id.replace('var_', 'prod_');
    const inMill = 10 + (seed % 30);
    await shop.db.batch([
      shop.db.insert(products).values(ids.map((id) => ({ id: productOf(id), slug: id.slice(4), title: 'Cloth' }))),
      shop.db
        .insert(variants)
        .values(ids.map((id) => ({ id, productId: productOf(id), position: 0, sku: id, title: 'One' }))),
      shop.db.insert(prices).values(ids.map((id) => ({ variantId: id, currency: 'EUR', amountMinor: PRICE }))),
      shop.db.insert(stock).values([
        { variantId: hot, locationId: 'loc_mill', onHand: inMill },
        { variantId: hot, locationId: 'loc_shop', onHand: UNITS - inMill },
        { variantId: plenty, locationId: 'loc_mill', onHand: 100_000 },
      ]),
    ]);
    return { hot, plenty };
  }

  /** Each wants some of the scarce one, in up to three lines that share its SKU, and mostly something else as well. */
  function cartsOf(
    seed: number,
    { hot, plenty }: { hot: string; plenty: string },
  ): { cart: StoredCart; wanted: number }[] {
    const random = randomFrom(seed);
    return Array.from({ length: BUYERS }, () => {
      const parts = Array.from({ length: 1 + Math.floor(random() * 3) }, () => 1 + Math.floor(random() * 2));
      const lines: LineInput[] = parts.map((quantity, index) => ({
        id: `item_${index}`,
        variantId: hot,
        quantity,
        metadata: { part: index },
      }));
      if (random() < 0.7) lines.push({ id: 'item_more', variantId: plenty, quantity: 1, metadata: {} });
      return {
        wanted: parts.reduce((sum, quantity) => sum + quantity, 0),
        cart: {
          key: `cart:${seed}`,
          id: newId('cart'),
          version: 1,
          currency: 'EUR',
          country: 'DE',
          email: null,
          shippingAddress: null,
          billingAddress: null,
          shippingMethodId: null,
          channel: 'web',
          vatId: null,
          group: null,
          coupons: [],
          lines: shuffled(lines, random),
        },
      };
    });
  }

  async function buy(cart: StoredCart): Promise<string | null> {
    const units = cart.lines.reduce((sum, { quantity }) => sum + quantity, 0);
    const input = {
      email: 'ada@example.com',
      shippingAddress: HOME,
      shippingMethodId: 'ship_post',
      payment: { provider: 'local', card: 'success' },
      expectedTotal: { amount: units * PRICE + 495, currency: 'EUR' },
    };
    const claim: Claim = { scope: cart.id, key: 'rush', requestHash: 'same' };
    try {
      const placed = await placeOrder(cart, input, claim, {
        db: shop.db,
        now: new Date(),
        siteUrl: shop.siteUrl,
        authSecret: shop.platform.env.AUTH_SECRET!,
      });
      return placed?.order.id ?? null;
    } catch (error) {
      if (error instanceof CommerceError && error.code === 'out_of_stock') return null;
      throw error;
    }
  }

  async function stockOf(variantId: string): Promise<{ onHand: number; held: number }> {
    const { rows } = await shop.db.execute<{ on_hand: string; held: string }>(
      sql`select sum(on_hand) as on_hand, sum(held) as held from stock where variant_id = ${variantId}`,
    );
    return { onHand: Number(rows[0]?.on_hand), held: Number(rows[0]?.held) };
  }

  async function rush(seed: number) {
    const shelves = await stockUp(seed);
    const buyers = cartsOf(seed, shelves);
    const orders: { wanted: number; orderId: string | null }[] = [];
    const queue = buyers.values();
    const standInLine = async () => {
      for (const { cart, wanted } of queue) orders.push({ wanted, orderId: await buy(cart) });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, standInLine));
    const won = orders.filter((order): order is { wanted: number; orderId: string } => order.orderId !== null);
    const lost = orders.filter(({ orderId }) => orderId === null);
    return {
      ...shelves,
      won,
      sold: won.reduce((sum, { wanted }) => sum + wanted, 0),
      leastRefused: Math.min(...lost.map(({ wanted }) => wanted)),
    };
  }

  it(
    'sells what there is and not one more, and what is not paid comes back',
    async () => {
      const paid = new Map<string, number>();
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const { hot, won, sold, leastRefused } = await rush(seed);
        const { held } = await stockOf(hot);
        expect(held, `seed ${seed}`).toBe(sold);
        expect(sold, `seed ${seed}`).toBeLessThanOrEqual(UNITS);
        // Nobody was refused what there was.
        expect(UNITS - sold, `seed ${seed}`).toBeLessThan(leastRefused);

        // Every second one pays.
        for (const [index, { orderId, wanted }] of won.entries()) {
          if (index % 2 === 0) continue;
          const { rows } = await shop.db.execute<{ amount: string }>(
            sql`select total_minor as amount from orders where id = ${orderId}`,
          );
          const amountMinor = Number(rows[0]?.amount);
          await settleByPayment(
            shop.db,
            orderId,
            {
              id: `pi_${orderId}`,
              reference: orderId,
              status: 'succeeded',
              currency: 'EUR',
              amountMinor,
              capturedMinor: amountMinor,
              refundedMinor: 0,
              failureCode: null,
              redirectUrl: null,
            },
            { actor: 'provider' },
          );
          paid.set(hot, (paid.get(hot) ?? 0) + wanted);
        }
      }
      expect(await breaches(shop.db)).toEqual([]);

      await shop.db.execute(sql`
        update orders set expires_at = now() - interval '1 minute', created_at = now() - interval '31 minutes'
        where status = 'pending'`);
      await shop.db.execute(sql`update payments set updated_at = now() - interval '1 minute'`);
      for (let remaining = 1; remaining > 0; ) ({ remaining } = await sweepPayments(shop.db));
      for (const [hot, units] of paid) expect(await stockOf(hot)).toEqual({ onHand: UNITS, held: units });
      expect(await breaches(shop.db)).toEqual([]);
    },
    20 * 60_000,
  );

  it('would sell too many with a function that reads before it writes: the negative control', async () => {
    await shop.db.execute(sql`alter table stock drop constraint stock_held_within_on_hand`);
    await shop.db.execute(sql`
      create or replace function hold_stock(p_order_id text, p_lines jsonb) returns void language plpgsql as $$
      declare v_line record;
      begin
        -- Line by line, and each looks at what was there when it began.
        for v_line in select l ->> 'variantId' as id, (l ->> 'quantity')::integer as quantity,
          (select sum(on_hand - held) from stock where variant_id = l ->> 'variantId') as free
          from jsonb_array_elements(p_lines) l
        loop
          if v_line.free < v_line.quantity then
            raise exception 'short' using errcode = 'check_violation', constraint = 'stock_holds_available', detail = '[]';
          end if;
          update stock set held = held + v_line.quantity where variant_id = v_line.id and location_id = 'loc_mill';
        end loop;
      end $$`);
    const { sold } = await rush(99);
    expect(sold).toBeGreaterThan(UNITS);
    expect((await breaches(shop.db)).some((breach) => breach.startsWith('stock below zero or oversold'))).toBe(true);
  });
});
