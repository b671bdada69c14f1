import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cart } from '@/commerce/cart';
import { accounts } from '@/db/account-schema';
import { customerGroups, orderEvents, orders, stock } from '@/db/schema';
import { readOrder } from '@/node/order-record';
import { requireProvider } from '@/node/payments/providers';
import { settleByPayment } from '@/node/settlement';
import { bestDatabase } from '@/tests/databases';
import { breaches, LAST, SCARCE, TWEED } from '../orders/order-shop';
import { openStaffShop, type Person, type StaffShop } from './staff-shop';

interface Answer {
  code: string;
  id: string;
  items: Record<string, unknown>[];
  nextCursor: string | null;
  errors?: { path: string }[];
  events: { type: string; actor: string; data: Record<string, unknown> }[];
  [member: string]: unknown;
}

const database = bestDatabase('staff_shop');

describe(`what the staff does with the shop, on ${database.server}`, () => {
  let shop: StaffShop;
  let manager: Person;
  beforeAll(async () => {
    shop = await openStaffShop(database.start);
    manager = await shop.hire('manager');
  }, 120_000);
  afterAll(() => shop?.close());

  const call = (person: Pick<Person, 'headers'>, method: string, path: string, body?: unknown) =>
    shop.call<Answer>(method, path, { headers: person.headers, ...(body === undefined ? {} : { body }) });
  const outcome = ({ status, body }: { status: number; body?: Answer }) => `${status} ${body?.code ?? ''}`.trim();

  describe('orders', () => {
    const place = async (options: { card?: string; email?: string } = {}) => {
      const filled = await shop.fill([TWEED, 1]);
      const { email = 'ada@example.com', card = 'success' } = options;
      const { body } = await shop.order(filled, { card, body: { email } });
      return body.order;
    };
    const found = async (query: string) => {
      const { body } = await call(manager, 'GET', `/api/admin/orders?${query}`);
      return body.items.map(({ id }) => id);
    };

    it('are found by number, by a part of the mail address, and by status', async () => {
      const one = await place({ email: 'one-50%_off@example.com' });
      const other = await place({ email: 'other@example.com' });
      expect(await found(`q=${one.number}`)).toEqual([one.id]);
      expect(await found('q=ONE-50')).toEqual([one.id]);
      expect(await found(`q=${encodeURIComponent('%')}`)).toEqual([one.id]);
      expect(await found('q=nobody')).toEqual([]);
      expect(await found('status=confirmed&q=example.com')).toEqual(expect.arrayContaining([one.id, other.id]));
      expect(await found('status=cancelled&q=other')).toEqual([]);
      expect(outcome(await call(manager, 'GET', '/api/admin/orders?status=lost'))).toBe('422 invalid_input');
    });

    it('come page by page, the newest first, each once', async () => {
      for (let count = 0; count < 3; count += 1) await place({ email: 'pages@example.com' });
      const numbers: unknown[] = [];
      let cursor: string | null = null;
      do {
        const more = cursor === null ? '' : `&cursor=${cursor}`;
        const { body } = await call(manager, 'GET', `/api/admin/orders?q=pages&limit=1${more}`);
        numbers.push(...body.items.map(({ number }) => number));
        cursor = body.nextCursor;
      } while (cursor !== null);
      expect(numbers).toHaveLength(3);
      expect(numbers).toEqual(numbers.toSorted((a, b) => Number(b) - Number(a)));
    });

    it('are shown whole, with their history', async () => {
      const order = await place();
      const { body } = await call(manager, 'GET', `/api/admin/orders/${order.id}`);
      expect(body).toMatchObject({ id: order.id, accountId: null, items: [{ variantId: TWEED }] });
      expect(body.events.map(({ type }) => type)).toContain('order.confirmed');
      expect(body).not.toHaveProperty('accessToken');
    });

    it('are cancelled by name and with a reason: stock and money go back, and the letter blames the shop', async () => {
      const order = await place({ email: 'cancelled@example.com' });
      const { body } = await call(manager, 'POST', `/api/admin/orders/${order.id}/cancellation`, {
        reason: 'The cloth has a flaw.',
      });
      expect(body).toMatchObject({ id: order.id, status: 'cancelled' });
      await shop.settled();
      const events = await shop.db.select().from(orderEvents).where(eq(orderEvents.orderId, order.id));
      expect(events.find(({ type }) => type === 'order.cancelled')).toMatchObject({
        actor: `staff:${manager.accountId}`,
        data: { reason: 'by_shop', note: 'The cloth has a flaw.' },
      });
      expect(await shop.auditOf(order.id)).toMatchObject([
        {
          actor_id: manager.accountId,
          action: 'order.cancelled',
          resource: 'orders',
          before: { status: 'confirmed', paymentStatus: 'paid' },
          after: { status: 'cancelled', reason: 'The cloth has a flaw.' },
        },
      ]);
      const letters = (await shop.mails()).filter(({ to }) => to.includes('cancelled@example.com'));
      const letter = letters.find(({ subject }) => subject.includes('cancelled'));
      expect(letter?.text).toContain('we had to cancel your order');
      expect(letter?.text).not.toContain('flaw');
      const [kept] = await shop.db.select().from(orders).where(eq(orders.id, order.id));
      expect(kept?.paymentStatus).toBe('refunded');
      expect(await breaches(shop.db)).toEqual([]);
    });

    it('are cancelled once, however many ask at once, and logged once', async () => {
      for (const card of ['success', 'three_d_secure']) {
        const order = await place({ card });
        const path = `/api/admin/orders/${order.id}/cancellation`;
        const answers = await Promise.all(
          Array.from({ length: 5 }, () => call(manager, 'POST', path, { reason: 'Twice.' })),
        );
        expect(answers.map(outcome)).toEqual(Array(5).fill('200'));
        expect(outcome(await call(manager, 'POST', path, { reason: 'Again.' }))).toBe('200');
        expect(await shop.auditOf(order.id)).toHaveLength(1);
      }
      await shop.settled();
      expect(await breaches(shop.db)).toEqual([]);
    });

    it('have no row in the log of a payment that turns out to be made while they are being cancelled', async () => {
      const { id } = await place({ card: 'three_d_secure' });
      const record = await readOrder(shop.db, id);
      const { payment } = record!;
      const intent = await requireProvider(payment.provider).get(payment.providerPaymentId as string);
      const written: string[] = [];
      const settled = await settleByPayment(
        shop.db,
        id,
        { ...intent, status: 'succeeded', capturedMinor: payment.amountMinor },
        {
          actor: `staff:${manager.accountId}`,
          reason: 'by_shop',
          beside: ({ order }) => {
            written.push(order.status);
            return [];
          },
        },
      );
      expect({ status: settled.order.status, written }).toEqual({ status: 'confirmed', written: [] });
    });

    it('are cancelled by a key in its own name', async () => {
      const order = await place();
      const { id, authorization } = await shop.makeKey(['orders:write']);
      const headers = { authorization: authorization as string };
      await call({ headers }, 'POST', `/api/admin/orders/${order.id}/cancellation`, { reason: 'By a program.' });
      const events = await shop.db.select().from(orderEvents).where(eq(orderEvents.orderId, order.id));
      expect(events.find(({ type }) => type === 'order.cancelled')?.actor).toBe(`api_key:${id}`);
    });

    it('that were sent stay, and so does the log', async () => {
      const order = await place();
      await shop.db.update(orders).set({ fulfilmentStatus: 'fulfilled' }).where(eq(orders.id, order.id));
      const answer = await call(manager, 'POST', `/api/admin/orders/${order.id}/cancellation`, { reason: 'Late.' });
      expect(outcome(answer)).toBe('409 order_not_cancellable');
      expect(await shop.auditOf(order.id)).toEqual([]);
    });

    it.each([[{}], [{ reason: '' }], [{ reason: '   ' }], [{ reason: 'x'.repeat(501) }], [{ reason: 1 }]])(
      'are not cancelled for %j',
      async (body) => {
        const order = await place();
        expect(outcome(await call(manager, 'POST', `/api/admin/orders/${order.id}/cancellation`, body))).toBe(
          '422 invalid_input',
        );
      },
    );
  });

  describe('customers', () => {
    it('are found by a part of name or address, and shown without what opens their account', async () => {
      const customer = await shop.signUp({ email: 'Babbage@example.com' });
      await shop.db.update(accounts).set({ name: 'Charles' }).where(eq(accounts.id, customer.accountId));
      for (const q of ['babbage', 'CHARLES']) {
        const { body } = await call(manager, 'GET', `/api/admin/customers?q=${q}`);
        expect(body.items.map(({ id }) => id)).toEqual([customer.accountId]);
      }
      const { body } = await call(manager, 'GET', `/api/admin/customers/${customer.accountId}`);
      expect(Object.keys(body).sort()).toEqual(['createdAt', 'customerGroupId', 'email', 'id', 'name', 'orders']);
      expect(body.orders).toBe(0);
    });

    it('are put into a group and out of it, each with its row in the log', async () => {
      await shop.db.insert(customerGroups).values({ id: 'wholesale', title: 'Wholesale' });
      const { accountId } = await shop.signUp();
      const put = (customerGroupId: string | null) =>
        call(manager, 'PATCH', `/api/admin/customers/${accountId}`, { customerGroupId });
      expect((await put('wholesale')).body).toEqual({ id: accountId, customerGroupId: 'wholesale' });
      expect((await put('nobody')).body).toMatchObject({
        code: 'invalid_input',
        errors: [{ path: 'customerGroupId' }],
      });
      expect((await put(null)).status).toBe(200);
      expect(await shop.auditOf(accountId)).toMatchObject([
        { action: 'customer.changed', before: { customerGroupId: null }, after: { customerGroupId: 'wholesale' } },
        { before: { customerGroupId: 'wholesale' }, after: { customerGroupId: null } },
      ]);
    });

    it('that are changed by many at once have a log in which each row begins where the one before ended', async () => {
      const groups = Array.from({ length: 8 }, (_, index) => `group-${index}`);
      await shop.db.insert(customerGroups).values(groups.map((id) => ({ id, title: id })));
      const { accountId } = await shop.signUp();
      await Promise.all(
        groups.map((customerGroupId) =>
          call(manager, 'PATCH', `/api/admin/customers/${accountId}`, { customerGroupId }),
        ),
      );
      const log = await shop.auditOf(accountId);
      expect(log).toHaveLength(8);
      for (const [index, { before }] of log.entries()) {
        expect(before).toEqual(log[index - 1]?.after ?? { customerGroupId: null });
      }
    });
  });

  describe('stock and prices', () => {
    const change = (body: unknown, variantId = TWEED, by: Pick<Person, 'headers'> = manager) =>
      call(by, 'PATCH', `/api/admin/variants/${variantId}`, body);
    const euros = (amount: number, compareAtAmount?: number) => ({
      prices: [{ currency: 'EUR', amount, ...(compareAtAmount === undefined ? {} : { compareAtAmount }) }],
    });
    const cartWith = async (variantId: string) =>
      (await shop.call<Cart>('POST', '/api/cart/items', { body: { variantId, quantity: 1 } })).body;
    const onHandOf = async (variantId: string) => {
      const rows = await shop.db.select().from(stock).where(eq(stock.variantId, variantId));
      return Object.fromEntries(rows.map(({ locationId, onHand }) => [locationId, onHand]));
    };

    it('show in carts and on pages with the answer', async () => {
      expect((await cartWith(TWEED)).items[0]?.unitPrice.amount).toBe(1999);
      shop.revalidated.clear();
      expect((await change(euros(1500, 2100))).body).toEqual({ id: TWEED, ...euros(1500, 2100) });
      expect((await cartWith(TWEED)).items[0]?.unitPrice.amount).toBe(1500);
      expect([...shop.revalidated]).toEqual(expect.arrayContaining(['catalog', 'product:tweed00000000000000000000']));

      shop.revalidated.clear();
      const sold = await change({ stock: { onHand: 0 } }, LAST);
      expect(sold.body).toEqual({ id: LAST, stock: { locationId: 'loc_mill', onHand: 0 } });
      expect([...shop.revalidated]).toEqual(
        expect.arrayContaining(['product:last000000000000000000000', 'collection:all']),
      );
      expect((await cartWith(LAST)).warnings).toMatchObject([{ code: 'insufficient_stock' }]);
    });

    it('are told of by the outbox too, should the first telling fail', async () => {
      await shop.settled();
      const { loc_mill: onHand = 0 } = await onHandOf(TWEED);
      const { rows: before } = await shop.db.execute<{ id: string }>(
        sql`select coalesce(max(id), 0) as id from outbox`,
      );
      await change({ stock: { onHand: 777 }, ...euros(1234) });
      const { rows } = await shop.db.execute<{ topic: string; payload: object }>(sql`
        select topic, payload from outbox where id > ${Number(before[0]?.id)} order by topic`);
      expect(rows).toMatchObject([
        { topic: 'catalog.changed', payload: { variantIds: [TWEED] } },
        { topic: 'stock.changed', payload: { deltas: { [TWEED]: 777 - onHand } } },
      ]);
    });

    it('are logged as they were and as they became', async () => {
      await change({ stock: { onHand: 50 }, ...euros(1000) });
      await change({ stock: { onHand: 40 }, ...euros(900, 1000) });
      const log = await shop.auditOf(TWEED);
      expect(log.at(-1)).toMatchObject({
        actor_id: manager.accountId,
        action: 'variant.changed',
        before: { stock: { locationId: 'loc_mill', onHand: 50 }, prices: { EUR: { amountMinor: 1000 } } },
        after: {
          stock: { locationId: 'loc_mill', onHand: 40 },
          prices: { EUR: { amountMinor: 900, compareAtMinor: 1000 } },
        },
      });
    });

    it('that many set at once have a log in which each row begins where the one before ended', async () => {
      const chain = async (bodyOf: (index: number) => object) => {
        const seen = (await shop.auditOf(SCARCE)).length;
        await Promise.all(Array.from({ length: 8 }, (_, index) => change(bodyOf(index), SCARCE)));
        const log = (await shop.auditOf(SCARCE)).slice(seen);
        expect(log).toHaveLength(8);
        for (const [index, { before }] of log.entries()) if (index > 0) expect(before).toEqual(log[index - 1]?.after);
        return log;
      };
      for (let round = 0; round < 6; round += 1) {
        await shop.db.delete(stock).where(and(eq(stock.variantId, SCARCE), eq(stock.locationId, 'loc_shop')));
        const log = await chain((index) => ({ stock: { locationId: 'loc_shop', onHand: 10 + index } }));
        // The first of them found nothing at that location.
        expect(log[0]?.before).not.toHaveProperty('stock');
        expect({ stock: { locationId: 'loc_shop', onHand: (await onHandOf(SCARCE)).loc_shop } }).toEqual(
          log.at(-1)?.after,
        );
      }
      await chain((index) => euros(5000 + index));
      await chain((index) => ({ stock: { onHand: 10 + index }, ...euros(6000 + index) }));
    });

    it('never go below what orders hold', async () => {
      await change({ stock: { onHand: 2 } }, SCARCE);
      const filled = await shop.fill([SCARCE, 2]);
      await shop.order(filled);
      const before = await onHandOf(SCARCE);
      const log = await shop.auditOf(SCARCE);
      const answers = await Promise.all([
        change({ stock: { onHand: 0 } }, SCARCE),
        change({ stock: { onHand: 1 } }, SCARCE),
      ]);
      expect(answers.map(outcome)).toEqual(['409 stock_held', '409 stock_held']);
      expect(await onHandOf(SCARCE)).toEqual(before);
      expect(await shop.auditOf(SCARCE)).toEqual(log);
    });

    it('are set beside orders without a unit sold twice, and without a deadlock', async () => {
      await change({ stock: { onHand: 1000 }, ...euros(1000) });
      const carts = await Promise.all(Array.from({ length: 10 }, () => shop.fill([TWEED, 1])));
      const results = await Promise.all([
        ...carts.map((filled) => shop.order(filled)),
        ...Array.from({ length: 10 }, (_, index) => change({ stock: { onHand: 900 + index }, ...euros(1000) })),
      ]);
      expect(results.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
      await shop.settled();
      expect(await breaches(shop.db)).toEqual([]);
    });

    it('need the permission of what is set, each', async () => {
      const stocker = await shop.hire(['catalog:write']);
      const pricer = await shop.hire(['prices:write']);
      const log = await shop.auditOf(TWEED);
      expect(outcome(await change(euros(1), TWEED, stocker))).toBe('403 permission_denied');
      expect(outcome(await change({ stock: { onHand: 1 } }, TWEED, pricer))).toBe('403 permission_denied');
      for (const by of [stocker, pricer]) {
        expect(outcome(await change({ stock: { onHand: 1 }, ...euros(1) }, TWEED, by))).toBe('403 permission_denied');
      }
      expect(await shop.auditOf(TWEED)).toEqual(log);
      expect(outcome(await change(euros(1100), TWEED, pricer))).toBe('200');
      expect(outcome(await change({ stock: { onHand: 500 } }, TWEED, stocker))).toBe('200');
    });

    it('know no location that is not there, and then set no price either', async () => {
      const log = await shop.auditOf(TWEED);
      const { body } = await change({ stock: { locationId: 'moon', onHand: 1 }, ...euros(1) });
      expect(body).toMatchObject({ code: 'invalid_input', errors: [{ path: 'stock.locationId' }] });
      expect(await shop.auditOf(TWEED)).toEqual(log);
      expect((await cartWith(TWEED)).items[0]?.unitPrice.amount).toBe(1100);
    });

    it.each([
      [{}],
      [{ stock: { onHand: -1 } }],
      [{ stock: { onHand: 1.5 } }],
      [{ stock: { onHand: 2 ** 31 } }],
      [{ stock: {} }],
      [{ prices: [] }],
      [euros(-1)],
      [euros(2 ** 53)],
      [euros(100, 100)],
      [{ prices: [{ currency: 'eur', amount: 1 }] }],
      [{ prices: [...euros(1).prices, ...euros(2).prices] }],
      [{ prices: [{ currency: 'EUR', amount: '1' }] }],
      [{ held: 0, ...euros(1) }],
    ])('are refused as %j', async (body) => {
      expect(outcome(await change(body))).toBe('422 invalid_input');
    });
  });
});
