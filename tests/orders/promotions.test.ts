import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cart } from '@/commerce/cart';
import type { Order } from '@/node/order-view';
import { bestDatabase } from '@/tests/databases';
import { breaches, FADING, TWEED } from './order-shop';
import { openPromotionShop, type PromotionShop, reasonOf } from './promotion-shop';

const database = bestDatabase('ord_promotions');

describe(`promotions in orders, on ${database.server}`, () => {
  let shop: PromotionShop;
  beforeAll(async () => {
    shop = await openPromotionShop(database.start);
  });
  afterAll(() => shop?.close());

  const eur = (amount: number) => ({ amount, currency: 'EUR' });
  const read = async (order: { id: string; accessToken: string }) =>
    (await shop.call<Order>('GET', `/api/orders/${order.id}`, { headers: { 'x-order-token': order.accessToken } }))
      .body;
  const cancel = (order: { id: string; accessToken: string }) =>
    shop.call<Order>('POST', `/api/orders/${order.id}/cancellation`, {
      headers: { 'x-order-token': order.accessToken },
    });
  const from = (email: string) => ({ body: { email } });
  const decide = (url: string, decision: string) =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ decision }), redirect: 'manual' }).catch(() => {});

  it('are kept with it, line by line, and shown by it ever after', async () => {
    const filled = await shop.fillWith(['TEN', 'GIFT', 'POST'], [TWEED, 3]);
    const { status, body } = await shop.order(filled);
    expect(status).toBe(201);
    const order = await read(body.order);
    expect(order.totals).toEqual(filled.cart.totals);
    // 59.97 and two gifts of 8.00; 10 % of 59.97 are 6.00, and the gifts cost nothing.
    expect(order.totals).toMatchObject({
      subtotal: eur(7597),
      discount: eur(2200),
      shipping: eur(0),
      total: eur(5397),
    });
    expect(
      order.items.map(({ variantId, quantity, isGift, total }) => [variantId, quantity, isGift, total.amount]),
    ).toEqual([
      [TWEED, 3, false, 5397],
      [FADING, 2, true, 0],
    ]);
    const source = 'promotion';
    expect(order.items.map(({ adjustments }) => adjustments)).toEqual([
      [{ source, promotionId: 'ten', label: '10 % off', code: 'TEN', amount: eur(-600) }],
      [{ source, promotionId: 'gift', label: 'Two on top', code: 'GIFT', amount: eur(-1600) }],
    ]);
    expect(order.shippingAdjustments).toEqual([
      { source, promotionId: 'post', label: 'Free post', code: 'POST', amount: eur(-495) },
    ]);
    // 19 % contained in 53.97 are 8.62.
    expect(order.taxLines).toEqual([{ label: 'MwSt.', rateBps: 1900, net: eur(4535), amount: eur(862) }]);
    expect(order.taxLines).toEqual(filled.cart.taxLines);
    expect([await shop.uses('ten'), await shop.uses('gift'), await shop.uses('post')]).toEqual([1, 1, 1]);
  });

  it('for a first order are decided by it, however the address is spelt', async () => {
    const first = await shop.order(await shop.fillWith(['WELCOME'], [TWEED, 1]), from('New@example.com'));
    // 5 % of 19.99 are 1.00.
    expect([first.status, first.body.order?.totals.discount]).toEqual([201, eur(100)]);
    const filled = await shop.fillWith(['WELCOME'], [TWEED, 1]);
    const refused = await shop.order(filled, from('new@EXAMPLE.com'));
    expect([refused.status, refused.body.code]).toEqual([409, 'price_changed']);
    expect(reasonOf(refused.body, 'WELCOME')).toBe('used_by_customer');
    expect(refused.body.total).toEqual(eur(1999 + 495));
    const agreed = await shop.order(filled, { ...from('new@example.com'), total: eur(2494) });
    expect([agreed.status, agreed.body.order?.totals.discount]).toEqual([201, eur(0)]);
  });

  it('for a first order are not for who has ordered without them', async () => {
    expect((await shop.order(await shop.fillWith([], [TWEED, 1]), from('old@example.com'))).status).toBe(201);
    const refused = await shop.order(await shop.fillWith(['WELCOME'], [TWEED, 1]), from('old@example.com'));
    expect([refused.status, reasonOf(refused.body, 'WELCOME')]).toEqual([409, 'not_first_order']);
  });

  it('for a first order go to one of several first orders at once', async () => {
    const carts = await Promise.all([1, 2, 3, 4].map(() => shop.fillWith(['WELCOME'], [TWEED, 1])));
    const answers = await Promise.all(carts.map((filled) => shop.order(filled, from('eager@example.com'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  });

  it('that each customer has once are refused the second time, and not to others', async () => {
    const buy = async (email: string) => shop.order(await shop.fillWith(['EACH'], [TWEED, 1]), from(email));
    expect((await buy('one@example.com')).status).toBe(201);
    const refused = await buy('ONE@example.com');
    expect([refused.status, refused.body.code]).toEqual([409, 'price_changed']);
    expect(reasonOf(refused.body, 'EACH')).toBe('used_by_customer');
    expect((await buy('two@example.com')).status).toBe(201);
  });

  it('that each customer has once are not had twice by two orders at once', async () => {
    const carts = await Promise.all([1, 2, 3, 4].map(() => shop.fillWith(['EACH'], [TWEED, 1])));
    const answers = await Promise.all(carts.map((filled) => shop.order(filled, from('hasty@example.com'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    for (const { body } of answers.filter(({ status }) => status === 409)) {
      expect([body.code, reasonOf(body, 'EACH')]).toEqual(['price_changed', 'used_by_customer']);
    }
  });

  describe('with one use', () => {
    const buy = async (email: string, card?: string) =>
      shop.order(await shop.fillWith(['ONCE'], [TWEED, 1]), { ...from(email), ...(card ? { card } : {}) });

    it('are gone with it, for orders at once and for carts soon, and come back when it is cancelled', async () => {
      const { status, body } = await buy('ada@example.com');
      expect([status, await shop.uses('once')]).toEqual([201, 1]);
      const filled = await shop.fillWith(['ONCE'], [TWEED, 1]);
      // 19.99 and post: whatever the cart shows yet, the order is not had for less.
      const refused = await shop.order({ ...filled, total: eur(1599 + 495) }, from('eve@example.com'));
      expect([refused.status, refused.body.code, refused.body.total]).toEqual([409, 'price_changed', eur(2494)]);
      expect(reasonOf(refused.body, 'ONCE')).toBe('used_up');
      await shop.settled();
      await shop.cron('outbox');
      const shown = async () =>
        (await shop.call<Cart>('GET', '/api/cart', { headers: { 'x-cart-token': filled.token } })).body;
      expect(reasonOf({ ...(await shown()) }, 'ONCE')).toBe('used_up');

      await cancel(body.order);
      expect(await shop.uses('once')).toBe(0);
      await shop.settled();
      await shop.cron('outbox');
      expect((await shown()).totals.discount).toEqual(eur(400));
      const second = await shop.order({ ...filled, total: eur(1599 + 495) }, from('eve@example.com'));
      expect(second.status).toBe(201);
      await cancel(second.body.order);
      // Cancelling again gives nothing more back.
      await cancel(second.body.order);
      expect(await shop.uses('once')).toBe(0);
    });

    it('come back when the card is declined', async () => {
      const { status } = await buy('ada@example.com', 'decline');
      expect([status, await shop.uses('once')]).toEqual([402, 0]);
    });

    it('come back when nobody pays in time', async () => {
      const { body } = await buy('ada@example.com', 'three_d_secure');
      expect([body.order.status, await shop.uses('once')]).toEqual(['pending', 1]);
      await shop.db.execute(sql`
        update orders set expires_at = now() - interval '1 minute', created_at = now() - interval '31 minutes'
        where status = 'pending'`);
      await shop.db.execute(sql`update payments set updated_at = now() - interval '1 minute'`);
      await shop.cron('payments');
      expect([(await read(body.order)).status, await shop.uses('once')]).toEqual(['cancelled', 0]);
    });

    it('serve the same cart again after a try that was abandoned at the bank', async () => {
      const filled = await shop.fillWith(['ONCE'], [TWEED, 1]);
      const first = await shop.order(filled, { card: 'three_d_secure' });
      expect([first.body.order.status, await shop.uses('once')]).toEqual(['pending', 1]);
      const second = await shop.order(filled);
      expect([second.status, second.body.order?.totals.discount]).toEqual([201, eur(400)]);
      expect((await read(first.body.order)).status).toBe('cancelled');
      expect(await shop.uses('once')).toBe(1);
      await cancel(second.body.order);
      expect(await shop.uses('once')).toBe(0);
    });
  });

  it('that give something hold its stock, and take no line out of the cart that the shopper put in', async () => {
    const before = await shop.held(FADING);
    const filled = await shop.fillWith(['GIFT'], [TWEED, 1]);
    const { body } = await shop.order(filled, { card: 'three_d_secure' });
    expect(await shop.held(FADING)).toBe(before + 2);
    const headers = { 'x-cart-token': filled.token };
    await shop.call('POST', '/api/cart/items', { body: { variantId: FADING, quantity: 2 }, headers });
    await decide(body.payment.redirectUrl!, 'approve');
    await expect.poll(async () => (await read(body.order)).status).toBe('confirmed');
    await shop.settled();
    await shop.cron('outbox');
    const rest = (await shop.call<Cart>('GET', '/api/cart', { headers })).body;
    expect(rest.items.filter(({ isGift }) => !isGift).map(({ variantId, quantity }) => [variantId, quantity])).toEqual([
      [FADING, 2],
    ]);
    await cancel(body.order);
    expect(await shop.held(FADING)).toBe(before);
  });

  it('leave nothing out of balance', async () => {
    await shop.settled();
    await shop.cron('outbox');
    expect(await breaches(shop.db)).toEqual([]);
    const { rows } = await shop.db.execute(sql`
      select o.id from orders o
      where o.discount_minor <> (select coalesce(sum(discount_minor), 0) from order_lines where order_id = o.id)
        or -o.discount_minor <> (
          select coalesce(sum(amount_minor), 0) from order_adjustments where order_id = o.id and line_id is not null)
        or o.tax_minor <> (select coalesce(sum(amount_minor), 0) from order_tax_lines where order_id = o.id)`);
    expect(rows).toEqual([]);
    expect(
      await shop.db.execute(sql`
      select id from promotions p where usage_limit is not null and used <> (
        select count(*) from promotion_uses u where u.promotion_id = p.id and u.status = 'counted')`),
    ).toMatchObject({ rows: [] });
  });
});
