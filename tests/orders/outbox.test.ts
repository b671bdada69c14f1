import { asc, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { outbox } from '@/db/schema';
import { type Deliver, type Delivery, drainOutbox, type Message, outboxStatement } from '@/node/outbox';
import { bestDatabase } from '@/tests/databases';
import { type OrderShop, openOrderShop, TWEED } from './order-shop';

const database = bestDatabase('ord_outbox');

describe(`the outbox, on ${database.server}`, () => {
  let shop: OrderShop;
  beforeAll(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    shop = await openOrderShop(database.start);
  });
  afterAll(() => shop.close());
  beforeEach(() => shop.db.delete(outbox));

  /** What was delivered, in its order; some of it may be made to fail. */
  function recorder(fails: (delivery: Delivery) => boolean = () => false) {
    const delivered: string[] = [];
    const deliver: Deliver = async (delivery) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      if (fails(delivery)) throw new Error('the neighbour is down');
      delivered.push(`${delivery.aggregateId} ${(delivery.payload as { orderId: string }).orderId}`);
    };
    return { delivered, deliver };
  }

  const message = (aggregateId: string, orderId: string): Message => ({
    topic: 'order.confirmed',
    aggregateId,
    payload: { orderId },
  });
  const write = (...messages: Message[]) => outboxStatement(shop.db, messages) as unknown as Promise<unknown>;
  const letTimePass = () =>
    shop.db.execute(sql`
      update outbox set available_at = available_at - interval '1 day', locked_until = locked_until - interval '1 day'`);

  it('delivers the messages of one aggregate in their order, beside ten dispatchers', async () => {
    const aggregates = Array.from({ length: 10 }, (_, index) => `ord_${index}`);
    for (let step = 0; step < 5; step += 1) await write(...aggregates.map((id) => message(id, String(step))));
    const { delivered, deliver } = recorder();
    await Promise.all(Array.from({ length: 10 }, () => drainOutbox(shop.db, deliver)));
    // The last of an aggregate may have waited for one that another dispatcher held.
    await drainOutbox(shop.db, deliver);
    for (const id of aggregates) {
      expect(delivered.filter((line) => line.startsWith(`${id} `))).toEqual([0, 1, 2, 3, 4].map((n) => `${id} ${n}`));
    }
    expect(delivered).toHaveLength(50);
  });

  it('would deliver twice without a claim: the negative control', async () => {
    await write(...Array.from({ length: 20 }, (_, index) => message(`ord_${index}`, '0')));
    const { delivered, deliver } = recorder();
    const dispatchWithoutClaim = async () => {
      const rows = await shop.db.select().from(outbox).where(sql`delivered_at is null`);
      await Promise.all(rows.map((row) => deliver(row as unknown as Delivery)));
    };
    await Promise.all([dispatchWithoutClaim(), dispatchWithoutClaim()]);
    expect(delivered).toHaveLength(40);
  });

  it('holds back what follows a message that fails, and only that', async () => {
    await write(message('ord_a', '1'), message('ord_a', '2'), message('ord_b', '1'));
    let isDown = true;
    const { delivered, deliver } = recorder(({ aggregateId }) => isDown && aggregateId === 'ord_a');
    expect(await drainOutbox(shop.db, deliver)).toEqual({ processed: 1, remaining: 0 });
    expect(delivered).toEqual(['ord_b 1']);
    const [failed] = await shop.db.select().from(outbox).orderBy(asc(outbox.id));
    expect(failed).toMatchObject({ attempts: 1, deadAt: null, lastError: 'Error: the neighbour is down' });
    expect(failed?.availableAt.getTime()).toBeGreaterThan(Date.now());

    isDown = false;
    await letTimePass();
    expect((await drainOutbox(shop.db, deliver)).processed).toBe(2);
    expect(delivered).toEqual(['ord_b 1', 'ord_a 1', 'ord_a 2']);
  });

  it('takes over from a dispatcher that died, once its lease is over', async () => {
    await write(message('ord_a', '1'));
    void drainOutbox(shop.db, () => new Promise<never>(() => {}));
    await expect.poll(() => shop.db.$count(outbox, sql`locked_until is not null`)).toBe(1);
    const { delivered, deliver } = recorder();
    expect((await drainOutbox(shop.db, deliver)).processed).toBe(0);
    await letTimePass();
    expect((await drainOutbox(shop.db, deliver)).processed).toBe(1);
    expect(delivered).toEqual(['ord_a 1']);
  });

  it('puts to rest what fails for good, and lets what follows go on', async () => {
    await write(message('ord_a', '1'), message('ord_a', '2'));
    const { delivered, deliver } = recorder(({ payload }) => (payload as { orderId: string }).orderId === '1');
    for (let attempt = 1; attempt <= 13; attempt += 1) {
      await drainOutbox(shop.db, deliver);
      await letTimePass();
    }
    expect(delivered).toEqual(['ord_a 2']);
    const [dead] = await shop.db.select().from(outbox).orderBy(asc(outbox.id));
    expect(dead).toMatchObject({ attempts: 12, deliveredAt: null, deadAt: expect.any(Date) });
  });

  it('has each effect once when everything is delivered ten times', async () => {
    const filled = await shop.fill([TWEED, 1]);
    const { body } = await shop.order(filled);
    await shop.settled();
    for (let time = 0; time < 10; time += 1) {
      await shop.db.execute(sql`update outbox set delivered_at = null, attempts = 0`);
      await shop.cron('outbox');
    }
    const letters = (await shop.mails()).filter(({ subject }) => subject.includes(String(body.order.number)));
    expect(letters).toHaveLength(1);
    // Not even the cart that the shopper has begun since is touched.
    const next = await shop.call<{ token: string }>('POST', '/api/cart/items', {
      body: { variantId: TWEED, quantity: 1 },
      headers: { 'x-cart-token': filled.token },
    });
    await shop.db.execute(sql`update outbox set delivered_at = null, attempts = 0`);
    await shop.cron('outbox');
    const cart = await shop.call<{ items: unknown[] }>('GET', '/api/cart', {
      headers: { 'x-cart-token': next.body.token },
    });
    expect(cart.body.items).toHaveLength(1);
  });
});
