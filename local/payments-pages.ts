import { badge, type Html, html, moment, page } from './pages';
import type { Intent, Status } from './payments';
import type { Delivery, WebhookEvent } from './payments-webhooks';

const TONES: Record<Status, 'good' | 'bad' | 'wait' | 'plain'> = {
  succeeded: 'good',
  requires_action: 'wait',
  requires_capture: 'wait',
  processing: 'wait',
  failed: 'bad',
  cancelled: 'plain',
};

/** What went through the provider, and whether the shop has been told. */
export function paymentsPage({
  intents,
  events,
  deliveries,
}: {
  intents: Intent[];
  events: ReadonlyMap<string, WebhookEvent>;
  deliveries: Delivery[];
}): Response {
  return page({
    title: 'Payments',
    section: 'payments',
    body: html`
<div class="row"><h1>Payments</h1><a href="/payments/cards">Test cards</a></div>
${
  intents.length === 0
    ? html`<p class="empty">No payments yet. Place an order in the shop with one of the <a href="/payments/cards">test cards</a>.</p>`
    : html`<h2>Intents</h2>
<div class="table"><table><thead><tr><th scope="col">Created</th><th scope="col">Reference</th><th scope="col">Card</th><th scope="col">Amount</th><th scope="col">Refunded</th><th scope="col">Status</th></tr></thead>
<tbody>${intents.map(
        (
          intent,
        ) => html`<tr><td>${moment(intent.createdAt)}</td><td>${intent.reference}<br><small class="mono">${intent.id}</small></td><td class="mono">${intent.card}</td>
<td class="number">${money(intent.amount, intent.currency)}</td><td class="number">${intent.amountRefunded > 0 && money(intent.amountRefunded, intent.currency)}</td>
<td>${badge(intent.status, TONES[intent.status])}${intent.failureCode && html`<br><small class="mono">${intent.failureCode}</small>`}</td></tr>`,
      )}</tbody></table></div>`
}
${
  deliveries.length > 0 &&
  html`<h2 id="deliveries">Webhooks</h2>
<div class="table"><table><thead><tr><th scope="col">Event</th><th scope="col">State</th><th scope="col">Attempts</th><th scope="col"><span class="soft">Again</span></th></tr></thead>
<tbody>${deliveries.map(
    (delivery) => html`<tr><td>${events.get(delivery.eventId)?.type}<br><small class="mono">${delivery.id}</small></td>
<td>${badge(delivery.status, delivery.status === 'delivered' ? 'good' : delivery.status === 'pending' ? 'wait' : 'bad')}</td>
<td>${delivery.attemptCount > delivery.attempts.length && html`<small>${delivery.attemptCount} in all, the last ones:</small><br>`}${delivery.attempts.map(
      (attempt) =>
        html`${moment(attempt.at)} ${attempt.status ?? attempt.error} <small>${attempt.durationMs} ms</small><br>`,
    )}</td>
<td>${delivery.status !== 'pending' && html`<form method="post" action="/payments/deliveries/${delivery.id}/repetition"><button aria-label="Send ${delivery.id} again">Send again</button></form>`}</td></tr>`,
  )}</tbody></table></div>`
}`,
  });
}

/** The cards that a developer can pay with. */
export function cardsPage(cards: Record<string, string>, lateMs: number): Response {
  return page({
    title: 'Test cards',
    section: 'payments',
    body: html`
<p><a href="/payments">All payments</a></p>
<h1>Test cards</h1>
<p>Choose one in the checkout, or send its name as <code>payment.card</code> with <code>POST /api/orders</code>. No money moves.</p>
<div class="table"><table><thead><tr><th scope="col">Card</th><th scope="col">What it does</th></tr></thead><tbody>${Object.entries(
      cards,
    ).map(
      ([name, does]) =>
        html`<tr><td class="mono">${name}</td><td>${does}${name === 'late' && html` <span class="soft">(after ${lateMs / 1000} s)</span>`}</td></tr>`,
    )}</tbody></table></div>`,
  });
}

/** The bank's question in 3-D Secure. The shop is named by its host, as a bank would know it. */
export function bankPage(intent: Intent): Response {
  const shop = new URL(intent.returnUrl);
  return page({
    title: 'Confirm your payment',
    formTargets: [shop.origin],
    body: html`
<div class="card"><p class="soft">Test bank</p>
<h1>Is this you?</h1>
<p>${shop.host} asks for a payment from your card.</p>
<p class="sum">${money(intent.amount, intent.currency)}</p>
<dl><dt>Reference</dt><dd>${intent.reference}</dd><dt>Card</dt><dd>ending in 3220</dd></dl>
<form method="post" class="choices"><button class="main" name="decision" value="approve">Approve the payment</button><button name="decision" value="refuse">Refuse</button></form></div>
<p class="soft"><small>A page of the local machine. No bank is involved, and no money moves.</small></p>`,
  });
}

/** Shown to whoever comes back to the bank's page by the browser's history. */
export function decidedPage(intent: Intent): Response {
  return page({
    title: 'Nothing left to confirm',
    body: html`<div class="card"><h1>Nothing left to confirm</h1><p>This payment is ${badge(intent.status, TONES[intent.status])}</p>
<p><a href="${intent.returnUrl}">Back to the shop</a></p></div>`,
  });
}

function money(amountMinor: number, currency: string): Html {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    return html`${format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))}`;
  } catch {
    return html`${amountMinor} ${currency}`;
  }
}
