import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendMail } from '@/node/mail';
import { orderCancelled, orderConfirmed, orderRefunded } from '@/node/mail-templates';
import type { OrderRecord } from '@/node/order-record';
import { type OrderShop, openOrderShop } from './order-shop';

const SITE = 'https://shop.example';

function recordOf(line: Partial<OrderRecord['lines'][number]> = {}, order: Partial<OrderRecord['order']> = {}) {
  return {
    order: {
      id: 'ord_1',
      number: 1042,
      email: 'ada@example.com',
      currency: 'EUR',
      country: 'DE',
      taxIncluded: true,
      subtotalMinor: 3998,
      discountMinor: 0,
      shippingMinor: 495,
      taxMinor: 717,
      totalMinor: 4493,
      shippingMethodTitle: 'Post',
      shippingAddress: { name: 'Ada', line1: 'Webergasse 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
      ...order,
    },
    payment: { capturedMinor: 4493 },
    adjustments: [],
    taxLines: [],
    lines: [
      {
        id: 'line_1',
        title: 'Tweed',
        variantTitle: 'Indigo',
        sku: 'TW-1',
        quantity: 2,
        unitPriceMinor: 1999,
        totalMinor: 3998,
        imageUrl: '/weave/tweed.svg',
        ...line,
      },
    ],
  } as unknown as OrderRecord;
}

describe('the letters of an order', () => {
  it('say the same in HTML and in text', () => {
    const { subject, html, text } = orderConfirmed(recordOf(), SITE);
    expect(subject).toBe('Your order 1042 is confirmed');
    for (const words of ['Tweed', 'Indigo', '€39.98', '€4.95', '€44.93', '€7.17', 'Webergasse 1', 'Germany']) {
      expect(html).toContain(words);
      expect(text).toContain(words);
    }
    expect(html).toContain('src="https://shop.example/weave/tweed.svg"');
    expect(html).toContain('href="https://shop.example/orders/ord_1"');
    expect(text).toContain('https://shop.example/orders/ord_1');
    // A secret in an address would lie in every log on its way.
    expect(html).not.toContain('token');
  });

  it('give the reason for each reduction, and each tax by its rate', () => {
    const record = recordOf(
      { totalMinor: 2998 },
      { discountMinor: 1000, shippingMinor: 0, totalMinor: 2998, taxMinor: 479, vatId: 'DE136695976' },
    );
    const by = { orderId: 'ord_1', promotionId: 'p', code: null, id: 1 };
    const { html, text } = orderConfirmed(
      {
        ...record,
        adjustments: [
          { ...by, lineId: 'line_1', label: 'Linen <weeks>', amountMinor: -1000 },
          { ...by, lineId: null, label: 'The post is on us', amountMinor: -495 },
        ],
        taxLines: [{ orderId: 'ord_1', position: 0, label: 'VAT', rateBps: 1900, netMinor: 2519, amountMinor: 479 }],
      },
      SITE,
    );
    expect(text).toContain(': €29.98\n    Linen <weeks>: -€10.00');
    expect(text).toContain('Subtotal: €39.98\nLinen <weeks>: -€10.00\nPost: The post is on us: €0.00\nTotal: €29.98');
    expect(text).toContain('of which VAT 19 %: €4.79\nVAT id DE136695976.');
    expect(html.match(/Linen &#60;weeks&#62;/g)).toHaveLength(2);
    expect(html).toContain('of which VAT 19 %');
    expect(html).not.toContain('<weeks>');
  });

  it('say who owes the tax that a business is not charged', () => {
    const net = {
      discountMinor: 0,
      taxMinor: 0,
      taxIncluded: false,
      totalMinor: 4493,
      vatId: 'FR83404833048',
      country: 'FR',
    };
    const { html, text } = orderConfirmed(recordOf({}, net), SITE);
    for (const words of [html, text]) expect(words).toContain('Reverse charge: the tax is owed by the recipient.');
    expect(text).not.toContain('tax: ');
  });

  it('add the tax where the prices do not contain it', () => {
    const { text } = orderConfirmed(recordOf({}, { taxIncluded: false, currency: 'USD', country: 'US' }), SITE);
    expect(text).toContain('tax: $7.17\nTotal: $44.93');
  });

  it('let no title become markup, and show no picture that is not on the web', () => {
    const { html } = orderConfirmed(
      recordOf({ title: '<img src=x onerror=alert(1)>', imageUrl: 'javascript:1' }),
      SITE,
    );
    expect(html).not.toContain('<img');
    expect(html).toContain('&#60;img src=x onerror=alert(1)&#62;');
  });

  it('say why an order was cancelled, and what becomes of the money', () => {
    expect(orderCancelled(recordOf(), 'requested', SITE).text).toContain('Your payment of €44.93 is on its way back.');
    const unpaid = { ...recordOf(), payment: { capturedMinor: 0 } } as OrderRecord;
    expect(orderCancelled(unpaid, 'expired', SITE).text).toContain('Nothing was charged.');
    expect(orderRefunded(recordOf(), 1000, SITE).subject).toBe('We refunded €10.00 for your order 1042');
  });
});

describe('a mail', () => {
  let shop: OrderShop;
  beforeAll(async () => {
    shop = await openOrderShop();
  });
  afterAll(() => shop.close());

  const letter = { to: 'ada@example.com', subject: 'Hello', text: 'Hello.', html: '<p>Hello.</p>', name: 'hello.1' };

  it('arrives once, however often it is sent', async () => {
    await sendMail(letter);
    await sendMail(letter);
    const mails = await shop.mails();
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({ to: ['ada@example.com'], subject: 'Hello', text: 'Hello.\n' });
    expect(mails[0]?.headers['auto-submitted']).toBe('auto-generated');
  });

  it.each([
    { subject: 'Hello\r\nBcc: eve@example.com', name: 'hello.2' },
    { subject: 'Hello\u2028Bcc: eve@example.com', name: 'hello.3' },
    { to: 'ada@example.com\r\nBcc: eve@example.com', name: 'hello.4' },
    { to: 'ada@example.com, eve@example.com', name: 'hello.5' },
    { to: 'Ada <ada@example.com>, eve@example.com', name: 'hello.6' },
  ])('goes to nobody whom its texts smuggle in: %j', async (smuggled) => {
    await sendMail({ ...letter, ...smuggled }).catch(() => {});
    const mails = await shop.mails();
    expect(mails.flatMap(({ to }) => to)).not.toContain('eve@example.com');
    for (const { headers } of mails) expect(headers.bcc).toBeUndefined();
  });
});
