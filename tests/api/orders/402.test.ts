import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breaches, LAST, type OrderShop, openOrderShop } from '@/tests/orders/order-shop';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop.close());

describe('POST /api/orders answers 402', () => {
  it('for a declined card, byte for byte again, and the cart and its last unit can be ordered anew', async () => {
    const filled = await shop.fill([LAST, 1]);
    const request = shop.orderRequest(filled, { card: 'decline' });
    const declined = await shop.call('POST', '/api/orders', request);
    expect(declined.status).toBe(402);
    expect(declined.headers.get('content-type')).toBe('application/problem+json');
    expect(declined.body).toMatchObject({
      code: 'payment_declined',
      failureCode: 'card_declined',
      orderId: expect.stringMatching(/^ord_/),
    });

    const again = await shop.call('POST', '/api/orders', request);
    expect([again.status, again.text]).toEqual([402, declined.text]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');

    expect((await shop.order(filled)).status).toBe(201);
    await shop.settled();
    expect(await breaches(shop.db)).toEqual([]);
    expect((await shop.mails()).map(({ subject }) => subject)).toEqual(['Your order 1002 is confirmed']);
  });
});
