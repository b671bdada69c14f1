import { html, page } from './pages';

/** The front page of the machine: where everything is. */
export function overviewPage(siteUrl: string): Response {
  const rooms = [
    [siteUrl, 'Shop', 'The store itself.'],
    ['/mailbox', 'Mailbox', 'Every mail that the shop sends.'],
    ['/payments', 'Payments', 'What was paid and refunded, and the webhooks about it.'],
    ['/payments/cards', 'Test cards', 'Cards that succeed, decline, ask the bank or come late.'],
    ['/cron', 'Cron', 'The scheduled jobs, and a button to run them now.'],
  ];
  return page({
    title: 'Selvedge local machine',
    section: 'overview',
    body: html`
<h1>One machine, the protocols of production</h1>
<p>Here Neon, Upstash, a mail provider, a payment provider and Vercel Cron are all one small program. The shop cannot tell the difference.</p>
<ul class="cards">${rooms.map(
      ([href, label, about]) => html`<li class="card"><h2><a href="${href}">${label}</a></h2><p>${about}</p></li>`,
    )}</ul>`,
  });
}
