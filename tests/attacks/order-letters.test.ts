import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestDatabase } from '@/tests/databases';
import { type OrderShop, openOrderShop, TWEED } from '../orders/order-shop';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop(bestDatabase('attack_order_letters').start);
});
afterAll(() => shop?.close());

const VICTIM = 'victim@example.test';

/** An order for which nobody pays, to be confirmed to somebody else's address. */
async function unpaid(): Promise<{ id: string; headers: Record<string, string> }> {
  const { body, status } = await shop.order(await shop.fill([TWEED, 1]), {
    card: 'three_d_secure',
    body: { email: VICTIM },
  });
  expect([status, body.order.status]).toEqual([201, 'pending']);
  return { id: body.order.id, headers: { 'x-order-token': body.order.accessToken } };
}

const lettersToVictim = async () => {
  await shop.settled();
  await shop.cron('outbox');
  return (await shop.mails()).filter(({ to }) => to.includes(VICTIM)).length;
};

describe('orders that are never paid', () => {
  it('send nobody a letter when whoever placed them cancels them', async () => {
    for (let count = 0; count < 12; count += 1) {
      const { id, headers } = await unpaid();
      expect((await shop.call('POST', `/api/orders/${id}/cancellation`, { headers })).status).toBe(200);
    }
    expect(await lettersToVictim()).toBe(0);
  });

  it('do not fill anybody’s mailbox when their time is over', async () => {
    for (let count = 0; count < 15; count += 1) await unpaid();
    await shop.db.execute(sql`update payments set updated_at = now() - interval '1 hour'`);
    await shop.db.execute(sql`update orders set expires_at = now() - interval '1 minute' where status = 'pending'`);
    for (let run = 0; run < 3; run += 1) await shop.cron('payments');
    const { rows } = await shop.db.execute(sql`select count(*)::int from orders where status = 'pending'`);
    expect(rows).toEqual([{ count: 0 }]);
    expect(await lettersToVictim()).toBeLessThanOrEqual(10);
  });
});
