import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orders } from '@/db/schema';
import { type OrderShop, openOrderShop, TWEED } from '@/tests/orders/order-shop';

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop.close());

describe('POST /api/orders answers 400', () => {
  it.each([
    ['without an Idempotency-Key', undefined, 'idempotency_key_required'],
    ['with an empty one', '', 'idempotency_key_required'],
    ['with one of 256 characters', 'k'.repeat(256), 'idempotency_key_invalid'],
  ])('%s', async (_, key, code) => {
    const request = shop.orderRequest(await shop.fill([TWEED, 1]));
    const headers: Record<string, string> = { ...request.headers };
    delete headers['idempotency-key'];
    if (key !== undefined) headers['idempotency-key'] = key;
    const answer = await shop.call('POST', '/api/orders', { ...request, headers });
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect(await shop.db.$count(orders)).toBe(0);
  });

  it('but takes one of 255 characters', async () => {
    expect((await shop.order(await shop.fill([TWEED, 1]), { key: 'k'.repeat(255) })).status).toBe(201);
  });
});
