/** The letters of an order, each as HTML that mail clients of all ages can show and as text that says the same. */
import { formatMoney } from '@/commerce/money';
import { isInvoicedNet } from '@/commerce/vat-id';
import type { AddressRecord } from '@/db/schema';
import { type Html, html } from './html';
import { INK, type Letter, type LetterParts, LINE, letter, SANS, SOFT } from './letter';
import type { OrderRecord } from './order-record';

/** Thanks for an order that is paid: what was bought, what it cost, where it goes. */
export function orderConfirmed(record: OrderRecord, siteUrl: string): Letter {
  const { order } = record;
  const money = moneyOf(record);
  const shipping = order.shippingMethodTitle;
  return letter({
    subject: `Your order ${order.number} is confirmed`,
    preview: `Thank you. We have your payment of ${money(order.totalMinor)} and are packing.`,
    heading: 'Thank you for your order',
    lead: `Order ${order.number} is paid and confirmed. We are preparing it now.`,
    ...orderButton(orderUrlOf(record, siteUrl)),
    sections: [linesSection(record, siteUrl), totalsSection(record), addressSection(order.shippingAddress, shipping)],
    text: [
      linesText(record),
      totalsText(record),
      `${shipping ? `${shipping} to` : 'For'}:\n${addressLines(order.shippingAddress).join('\n')}`,
    ],
  });
}

/** Says that an order will not come, and what becomes of the money. */
export function orderCancelled(record: OrderRecord, reason: string, siteUrl: string): Letter {
  const { order, payment } = record;
  const money = moneyOf(record);
  const why =
    reason === 'expired'
      ? `We did not receive a payment for order ${order.number} in time, so it was cancelled. Nothing was charged.`
      : reason === 'by_shop'
        ? `We are sorry: we had to cancel your order ${order.number}.`
        : `Order ${order.number} was cancelled as you asked.`;
  const refund =
    payment.capturedMinor > 0 ? ` Your payment of ${money(payment.capturedMinor)} is on its way back.` : '';
  return letter({
    subject: `Your order ${order.number} was cancelled`,
    preview: `${why}${refund}`,
    heading: 'Your order was cancelled',
    lead: `${why}${refund}`,
    ...orderButton(orderUrlOf(record, siteUrl)),
    sections: [linesSection(record, siteUrl)],
    text: [linesText(record)],
  });
}

/** Says that money was sent back. */
export function orderRefunded(record: OrderRecord, amountMinor: number, siteUrl: string): Letter {
  const { order } = record;
  const amount = moneyOf(record)(amountMinor);
  const lead =
    `We sent ${amount} for order ${order.number} back to the card or account that it came from. ` +
    'It can take a few days until your bank shows it.';
  return letter({
    subject: `We refunded ${amount} for your order ${order.number}`,
    preview: lead,
    heading: 'Your refund is on its way',
    lead,
    ...orderButton(orderUrlOf(record, siteUrl)),
    sections: [],
    text: [],
  });
}

function orderButton(url: string): Pick<LetterParts, 'button' | 'note'> {
  return { button: { label: 'View your order', url }, note: 'The page opens in the browser that you ordered with.' };
}

function linesSection(record: OrderRecord, siteUrl: string): Html {
  const money = moneyOf(record);
  const rows = record.lines.map((line) => {
    const image = line.imageUrl && absoluteUrl(line.imageUrl, siteUrl);
    return html`<tr>
<td class="line" width="64" valign="top" style="padding:14px 0;border-top:1px solid ${LINE}">${
      image &&
      html`<img src="${image}" width="56" height="56" alt="" style="display:block;width:56px;height:56px;border:0;background:${LINE}">`
    }</td>
<td class="line ink" valign="top" style="padding:14px 12px;border-top:1px solid ${LINE};${SANS};font-size:15px;line-height:22px;color:${INK}">${line.title}<br><span class="soft" style="font-size:13px;color:${SOFT}">${line.variantTitle ? `${line.variantTitle} · ` : ''}${line.quantity} × ${money(line.unitPriceMinor)}${reductionsOf(record, line.id).map((words) => html`<br>${words}`)}</span></td>
<td class="line ink" align="right" valign="top" style="padding:14px 0;border-top:1px solid ${LINE};${SANS};font-size:15px;line-height:22px;color:${INK};white-space:nowrap">${money(line.totalMinor)}</td>
</tr>`;
  });
  return html`<tr><td style="padding:20px 28px 0"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">${rows}</table></td></tr>`;
}

function linesText(record: OrderRecord): string {
  const money = moneyOf(record);
  return record.lines
    .map((line) => {
      const name = line.variantTitle ? `${line.title}, ${line.variantTitle}` : line.title;
      const reductions = reductionsOf(record, line.id).map((words) => `\n    ${words}`);
      return `${line.quantity} × ${name} (${line.sku}): ${money(line.totalMinor)}${reductions.join('')}`;
    })
    .join('\n');
}

/** What promotions took off a line, in words. */
function reductionsOf(record: OrderRecord, lineId: string): string[] {
  const money = moneyOf(record);
  return record.adjustments
    .filter((adjustment) => adjustment.lineId === lineId)
    .map(({ label, amountMinor }) => `${label}: ${money(amountMinor)}`);
}

function totalRows({ order, adjustments, taxLines }: OrderRecord): [label: string, amountMinor: number][] {
  const rows: [string, number][] = [['Subtotal', order.subtotalMinor]];
  const discounts = new Map<string, number>();
  for (const { lineId, label, amountMinor } of adjustments) {
    if (lineId !== null) discounts.set(label, (discounts.get(label) ?? 0) + amountMinor);
  }
  rows.push(...discounts);
  // Orders from before promotions were kept with them.
  if (discounts.size === 0 && order.discountMinor > 0) rows.push(['Discount', -order.discountMinor]);
  if (order.shippingMethodTitle) {
    const reasons = adjustments.flatMap(({ lineId, label }) => (lineId === null ? [label] : []));
    rows.push([[order.shippingMethodTitle, ...reasons].join(': '), order.shippingMinor]);
  }
  const taxes = taxLines.map(({ label, rateBps, amountMinor }): [string, number] => {
    return [`${label} ${Number((rateBps / 100).toFixed(4))} %`, amountMinor];
  });
  if (taxes.length === 0 && order.taxMinor > 0) taxes.push(['tax', order.taxMinor]);
  if (!order.taxIncluded) rows.push(...taxes);
  rows.push(['Total', order.totalMinor]);
  if (order.taxIncluded) rows.push(...taxes.map(([label, amount]): [string, number] => [`of which ${label}`, amount]));
  return rows;
}

/** Who owes the tax on an invoice that has none. */
const REVERSE_CHARGE = 'Reverse charge: the tax is owed by the recipient.';

function totalsSection(record: OrderRecord): Html {
  const money = moneyOf(record);
  const rows = totalRows(record).map(([label, amount]) => {
    const strong = label === 'Total';
    const style = `padding:4px 0;${SANS};font-size:${strong ? 17 : 15}px;line-height:24px;color:${strong ? INK : SOFT};font-weight:${strong ? 'bold' : 'normal'}`;
    return html`<tr><td class="${strong ? 'ink' : 'soft'}" style="${style}">${label}</td><td class="${strong ? 'ink' : 'soft'}" align="right" style="${style};white-space:nowrap">${money(amount)}</td></tr>`;
  });
  return html`<tr><td style="padding:6px 28px 0"><table role="presentation" class="line" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-top:1px solid ${LINE}"><tr><td colspan="2" style="font-size:0;line-height:10px">&nbsp;</td></tr>${rows}</table>${vatNote(record).map((words) => html`<p class="soft" style="margin:8px 0 0;${SANS};font-size:13px;line-height:20px;color:${SOFT}">${words}</p>`)}</td></tr>`;
}

function vatNote({ order }: OrderRecord): string[] {
  if (!order.vatId) return [];
  return [`VAT id ${order.vatId}.${isInvoicedNet(order) ? ` ${REVERSE_CHARGE}` : ''}`];
}

function totalsText(record: OrderRecord): string {
  const money = moneyOf(record);
  const rows = totalRows(record).map(([label, amount]) => `${label}: ${money(amount)}`);
  return [...rows, ...vatNote(record)].join('\n');
}

function addressSection(address: AddressRecord, shipping: string): Html {
  const lines = addressLines(address).map((line) => html`${line}<br>`);
  return html`<tr><td class="ink" style="padding:24px 28px 0;${SANS};font-size:15px;line-height:22px;color:${INK}"><span class="soft" style="font-size:13px;color:${SOFT}">${shipping ? `${shipping} to` : 'For'}</span><br>${lines}</td></tr>`;
}

function addressLines({ name, line1, line2, city, region, postalCode, country }: AddressRecord): string[] {
  const place = [postalCode, city, region].filter(Boolean).join(' ');
  const countryName = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' }).of(country) ?? country;
  return [name, line1, line2, place, countryName].filter((line): line is string => Boolean(line));
}

function moneyOf({ order }: OrderRecord): (amountMinor: number) => string {
  return (amount) => formatMoney({ amount, currency: order.currency }, `en-${order.country}`);
}

function orderUrlOf({ order }: OrderRecord, siteUrl: string): string {
  return new URL(`/orders/${order.id}`, siteUrl).href;
}

/** Mail has no address of its own to be relative to; what is no web address is left out. */
function absoluteUrl(url: string, siteUrl: string): string | null {
  const absolute = URL.canParse(url, siteUrl) ? new URL(url, siteUrl) : null;
  return absolute && /^https?:$/.test(absolute.protocol) ? absolute.href : null;
}
