import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { BodyTooLarge, type Handler, readBody } from './http';

/** Markup that is safe to send: every value that went into it through `html` has been escaped. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand inside `html`: text is escaped, markup is kept, lists are joined, nothing is left out quietly. */
export type Fragment = string | number | Html | null | undefined | false | readonly Fragment[];

/** Builds markup; every interpolated value is escaped, for text and for double-quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...values: Fragment[]): Html {
  return new Html(strings.reduce((markup, part, index) => markup + render(values[index - 1]) + part));
}

function render(value: Fragment): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(render).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export interface PageOptions {
  title: string;
  body: Html;
  status?: number;
  /** The heading of the machine that is lit in the navigation; absent on pages that are not the machine's own, such as the bank's. */
  section?: 'overview' | 'mailbox' | 'payments' | 'cron';
  /** Origins that a form of this page may be redirected to; browsers check redirects after a submit as well. */
  formTargets?: string[];
}

/** A whole page of the local machine. It runs no script at all, and its policy says so. */
export function page({ title, body, status = 200, section, formTargets = [] }: PageOptions): Response {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${title}</title>
${new Html(`<style>${STYLE}</style>`)}
</head>
<body>
${
  section &&
  html`<header class="bar"><a class="name" href="/">Selvedge <span>local machine</span></a>
<nav aria-label="Sections">${SECTIONS.map(
    ([name, href, label]) => html`<a href="${href}"${name === section && html` aria-current="page"`}>${label}</a>`,
  )}</nav></header>`
}
<main${!section && html` class="alone"`}>
${body}
</main>
</body>
</html>
`;
  return new Response(document.markup, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': [
        "default-src 'none'",
        `style-src '${STYLE_HASH}'`,
        "img-src 'self' data:",
        "frame-src 'self'",
        `form-action ${["'self'", ...formTargets].join(' ')}`,
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ].join('; '),
      'referrer-policy': 'no-referrer',
      ...PLAIN_HEADERS,
    },
  });
}

/** A JSON answer, never kept by a cache. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...PLAIN_HEADERS, ...headers },
  });
}

/** An RFC 9457 problem document; `code` is permanent. */
export function problem(status: number, code: string, detail: string): Response {
  return json({ type: 'about:blank', title: code.replaceAll('_', ' '), status, detail, code }, status, {
    'content-type': 'application/problem+json; charset=utf-8',
  });
}

/** Plain text under the browser's strictest reading: nothing in it can become a page. */
export function text(value: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Response {
  return new Response(value, {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-security-policy': "default-src 'none'; sandbox",
      ...PLAIN_HEADERS,
      ...headers,
    },
  });
}

/** Sends the browser on with GET, as after a form. */
export function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location, ...PLAIN_HEADERS } });
}

/**
 * Whether a form was sent by a page of another origin. The shop on the next port counts as another one: browsers call it
 * `same-site`, so only `same-origin`, a typed address and clients that are no browsers pass.
 */
export function isForeignForm(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  return site !== null && site !== 'same-origin' && site !== 'none';
}

/** A moment for people, with the exact one for programs and for pointing at. The machine speaks UTC, as cron does. */
export function moment(iso: string): Html {
  return html`<time datetime="${iso}" title="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)}</time>`;
}

/** A coloured word for a state; the word says it all, the colour only helps. */
export function badge(word: string, tone: 'good' | 'bad' | 'wait' | 'plain'): Html {
  return html`<span class="badge ${tone}">${word}</span>`;
}

/** Binds a function of `Request` to a Node server. The body may have up to `limitBytes`; a longer one is answered 413. */
export function toHandler(handle: (request: Request) => Promise<Response>, limitBytes = 64 * 1024): Handler {
  return async (incoming, outgoing) => {
    const method = incoming.method ?? 'GET';
    const headers = new Headers();
    for (const [name, value] of Object.entries(incoming.headers)) if (value) headers.set(name, String(value));
    let response: Response;
    try {
      const body = method === 'GET' || method === 'HEAD' ? null : await readBody(incoming, limitBytes);
      // Put together, not resolved: in `//name` the name is no host.
      const url = `http://${incoming.headers.host || 'localhost'}${incoming.url ?? '/'}`;
      response = URL.canParse(url)
        ? await handle(new Request(url, { method, headers, body }))
        : problem(400, 'bad_address', 'This is no address.');
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      response = problem(413, 'body_too_large', `A body has at most ${limitBytes} bytes.`);
    }
    // One by one: each cookie has a header of its own.
    for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
    outgoing.writeHead(response.status);
    if (!response.body || method === 'HEAD') outgoing.end();
    else Readable.fromWeb(response.body as import('node:stream/web').ReadableStream).pipe(outgoing);
  };
}

const PLAIN_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

const SECTIONS = [
  ['overview', '/', 'Overview'],
  ['mailbox', '/mailbox', 'Mailbox'],
  ['payments', '/payments', 'Payments'],
  ['cron', '/cron', 'Cron'],
] as const;

// The red thread along the top is the mark that mills weave into a selvedge.
const STYLE = `
:root{color-scheme:light dark;--paper:#faf8f4;--card:#fff;--ink:#1d2230;--soft:#5d6373;--line:#e2ddd3;--indigo:#2a3f86;--on-indigo:#fff;--red:#b3262e;--green:#1c6b3f;--amber:#8a5a00;--tint:#f1eee6}
@media (prefers-color-scheme:dark){:root{--paper:#14161c;--card:#1c1f28;--ink:#ebe8e1;--soft:#a3a9b8;--line:#313644;--indigo:#a9b8f5;--on-indigo:#141a33;--red:#ff8f8f;--green:#7fd6a3;--amber:#e9bd6a;--tint:#242833}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,sans-serif;border-top:3px solid var(--red)}
a{color:var(--indigo);text-underline-offset:.18em}
:focus-visible{outline:3px solid var(--indigo);outline-offset:2px;border-radius:4px}
.bar{display:flex;flex-wrap:wrap;gap:.25rem 2rem;align-items:baseline;padding:1rem clamp(1rem,4vw,3rem);border-bottom:1px solid var(--line)}
.name{font-weight:700;letter-spacing:-.01em;text-decoration:none;color:inherit}
.name span{font-weight:400;color:var(--soft)}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
nav a{padding:.25rem 0;text-decoration:none;color:var(--soft);border-bottom:2px solid transparent}
nav a:hover{color:var(--ink)}
nav a[aria-current]{color:var(--ink);border-color:var(--red)}
main{max-width:68rem;margin:0 auto;padding:2rem clamp(1rem,4vw,3rem) 4rem}
main.alone{max-width:30rem;padding-top:clamp(1.5rem,9vh,6rem)}
h1{font-size:1.7rem;line-height:1.2;letter-spacing:-.02em;margin:0 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2.5rem 0 .75rem}
p{margin:.5rem 0 1rem;max-width:46rem}
.soft,small{color:var(--soft)}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:.875em}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem;margin:0;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1rem;margin:1.5rem 0;padding:0;list-style:none}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.25rem}
.card h2{margin:0 0 .25rem}
.card p{margin:0;color:var(--soft)}
.table{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.65rem 1rem;border-top:1px solid var(--line)}
thead th{border-top:0;font-size:.8rem;font-weight:600;color:var(--soft);white-space:nowrap}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
time{white-space:nowrap;font-variant-numeric:tabular-nums}
.list{list-style:none;margin:1.25rem 0;padding:0;background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden}
.list li+li{border-top:1px solid var(--line)}
.list a{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.1rem 1rem;padding:.8rem 1rem;color:inherit;text-decoration:none}
.list a:hover{background:var(--tint)}
.list b,.list small{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.list small{grid-column:1/-1}
.badge{display:inline-block;padding:.05rem .55rem;border-radius:99px;border:1px solid currentColor;font-size:.8rem;line-height:1.5;white-space:nowrap}
.good{color:var(--green)}.bad{color:var(--red)}.wait{color:var(--amber)}.plain{color:var(--soft)}
.row{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;justify-content:space-between}
.empty{padding:2.5rem 1rem;text-align:center;color:var(--soft);background:var(--card);border:1px dashed var(--line);border-radius:12px;margin:1.25rem 0}
form{margin:0}
input{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.5rem .75rem;min-width:0;width:16rem;max-width:100%}
button{font:inherit;font-weight:600;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.5rem 1rem;min-height:2.75rem;cursor:pointer}
button:hover{border-color:var(--soft)}
button.main{background:var(--indigo);border-color:var(--indigo);color:var(--on-indigo)}
.choices{display:grid;gap:.75rem;margin-top:1.5rem}
.choices button{width:100%;min-height:3.25rem}
.search{display:flex;gap:.5rem}
.tabs{display:flex;gap:1.25rem;border-bottom:1px solid var(--line);margin:1.5rem 0 1rem}
.tabs a{padding:.35rem 0;color:var(--soft);text-decoration:none;border-bottom:2px solid transparent;margin-bottom:-1px}
.tabs a[aria-current]{color:var(--ink);border-color:var(--red)}
iframe{display:block;width:100%;height:75vh;border:1px solid var(--line);border-radius:12px;background:#fff}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.25rem 1rem;margin:1rem 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.card .sum{color:var(--ink);font-size:2.4rem;font-weight:700;letter-spacing:-.03em;font-variant-numeric:tabular-nums;margin:.5rem 0 0}
@media (max-width:40rem){thead{display:none}tr,td,td.number{display:block;text-align:left}tr{border-top:1px solid var(--line);padding:.6rem 0}tbody tr:first-child{border-top:0}td{border:0;padding:.15rem 1rem}td:empty{display:none}}
`;

const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;
