import { expect, it } from 'vitest';
import { orderConfirmed } from '@/node/mail-templates';
import type { OrderRecord } from '@/node/order-record';

// Oregon takes no sales tax, and the States know no reverse charge: a VAT id that was entered changes nothing there.
it('no letter says reverse charge where the zone simply has no tax', () => {
  const record = {
    order: {
      id: 'ord_1',
      number: 1,
      email: 'ada@example.com',
      currency: 'USD',
      country: 'US',
      vatId: 'DE136695976',
      taxIncluded: false,
      subtotalMinor: 7900,
      discountMinor: 0,
      shippingMinor: 2100,
      taxMinor: 0,
      totalMinor: 10000,
      shippingMethodTitle: 'International',
      shippingAddress: {
        name: 'Ada',
        line1: '1 Weir Lane',
        city: 'Portland',
        region: 'OR',
        postalCode: '97201',
        country: 'US',
      },
    },
    payment: { capturedMinor: 10000 },
    adjustments: [],
    taxLines: [],
    lines: [],
  } as unknown as OrderRecord;
  expect(orderConfirmed(record, 'https://shop.example').text).not.toContain('Reverse charge');
});
