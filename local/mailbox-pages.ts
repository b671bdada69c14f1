import type { Message, WholeMessage } from './mailbox';
import { type Html, html, moment, page } from './pages';

/** The list, newest first. */
export function messagesPage({
  items,
  nextCursor,
  url,
}: {
  items: Message[];
  nextCursor: string | null;
  url: URL;
}): Response {
  const to = url.searchParams.get('to') ?? '';
  const older = new URLSearchParams({ ...(to && { to }), cursor: nextCursor ?? '' });
  return page({
    title: 'Mailbox',
    section: 'mailbox',
    body: html`
<div class="row"><h1>Mailbox</h1>
<form class="search" role="search" action="/mailbox"><label><small>Sent to</small> <input type="email" name="to" value="${to}" placeholder="ada@example.com"></label><button>Find</button></form></div>
${
  items.length === 0
    ? html`<p class="empty">${to ? html`Nothing was sent to ${to} yet.` : 'No mail yet. Place an order: its confirmation lands here.'}</p>`
    : html`<ul class="list">${items.map(
        (
          message,
        ) => html`<li><a href="/mailbox/${message.id}"><b>${message.subject || '(no subject)'}</b>${moment(message.receivedAt)}
<small>${message.from} to ${message.to.join(', ')}</small></a></li>`,
      )}</ul>`
}
<div class="row"><span>${nextCursor && html`<a href="/mailbox?${older.toString()}" rel="next">Older messages</a>`}</span>
${items.length > 0 && html`<form method="post" action="/mailbox/deletion"><button>Delete all messages</button></form>`}</div>
<p class="soft">For programs: <code>GET /mailbox/messages?to=…</code>, <code>DELETE /mailbox/messages</code>. Nothing that is sent here leaves this machine.</p>`,
  });
}

/** One message; the tabs are links, so they work without script. */
export function messagePage(message: WholeMessage, view: string | null): Response {
  const here = `/mailbox/${message.id}`;
  const tabs = [
    ...(message.html === null ? [] : [['html', 'HTML'] as const]),
    ...(message.text === null ? [] : [['text', 'Text'] as const]),
    ['source', 'Source'] as const,
  ];
  const shown = tabs.find(([name]) => name === view)?.[0] ?? tabs[0]?.[0];
  return page({
    title: message.subject || '(no subject)',
    section: 'mailbox',
    body: html`
<p><a href="/mailbox">All messages</a></p>
<h1>${message.subject || '(no subject)'}</h1>
<dl><dt>From</dt><dd>${message.from}</dd><dt>To</dt><dd>${message.to.join(', ')}</dd><dt>Received</dt><dd>${moment(message.receivedAt)} UTC</dd>
${
  message.attachments.length > 0 &&
  html`<dt>Attached</dt><dd>${message.attachments.map(
    ({ filename, mimeType }, index) => html`<a href="${here}/attachments/${index}">${filename ?? mimeType}</a> `,
  )}</dd>`
}</dl>
<nav class="tabs" aria-label="Ways to read it">${tabs.map(
      ([name, label]) =>
        html`<a href="${here}?view=${name}"${name === shown && html` aria-current="page"`}>${label}</a>`,
    )}</nav>
${shownBody(message, shown)}`,
  });
}

function shownBody(message: WholeMessage, view: string | undefined): Html {
  // Links of the mail must work, in a tab of their own; its scripts, forms and frames must not.
  if (view === 'html')
    return html`<iframe title="The message" src="/mailbox/${message.id}/body" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>`;
  if (view === 'text') return html`<pre>${message.text}</pre>`;
  return html`<pre>${new TextDecoder().decode(message.source)}</pre><p><a href="/mailbox/${message.id}/source">As plain text</a></p>`;
}

/**
 * The HTML part, as hostile as it came: the policy gives it an origin of its own, no script, no form, no frame, and
 * pictures from the shop alone, so that opening a mail tells nobody.
 */
export function renderedBody(message: WholeMessage, siteUrl: string | undefined): Response {
  let body = message.html ?? '';
  for (const { contentId, mimeType, content } of message.attachments) {
    if (!contentId || !/^image\/[\w.+-]+$/.test(mimeType) || typeof content === 'string') continue;
    const picture = `data:${mimeType};base64,${Buffer.from(new Uint8Array(content)).toString('base64')}`;
    body = body.replaceAll(`cid:${contentId.replace(/^<|>$/g, '')}`, picture);
  }
  const pictures = ['data:', ...(siteUrl ? [new URL(siteUrl).origin] : [])].join(' ');
  return new Response(`<!doctype html><base target="_blank">${body}`, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        `sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; ` +
        `style-src 'unsafe-inline'; img-src ${pictures}; form-action 'none'; base-uri 'none'; frame-ancestors 'self'`,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  });
}
