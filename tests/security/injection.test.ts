import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hosts, type RunningHost } from '../contract/hosts';
import { HOME, TWEED } from '../orders/order-shop';
import { NAUGHTY } from './naughty';
import { sampleOf } from './samples';
import { cookieOf, OPERATIONS, openWorld, PASSWORD, PROVIDER, type World } from './world';

let world: World;
beforeAll(async () => {
  world = await openWorld('injection');
}, 120_000);
afterAll(() => world?.close());

// ---------------------------------------------------------------- open redirects

/** Pages to go on to that are no pages of the shop, in the ways in which browsers, proxies and parsers disagree. */
const ELSEWHERE = [
  'https://evil.example',
  'https:evil.example',
  'https:/evil.example',
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\x01https://evil.example',
  ' //evil.example',
  '/%09/evil.example',
  '/%2f/evil.example',
  '/%5cevil.example',
  '/%252f%252fevil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/a/..//evil.example',
  '/@evil.example',
  '//shop@evil.example',
  '//evil.example\\@shop',
  '//evil。example',
  '//[::1]/',
  '//evil.example:443/%2f..',
  '/;@evil.example',
  '/?https://evil.example',
  '/#//evil.example',
  'javascript:alert(1)',
  'JaVaScRiPt://%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'blob:https://evil.example/x',
  '/api/auth/logout',
  '/%61pi/auth/logout',
  '/a\r\nLocation: https://evil.example',
  '/a%0d%0aLocation:%20https://evil.example',
  '',
  '/',
  'a'.repeat(5_000),
  '/cart//../..//evil.example',
  ...NAUGHTY.filter((text) => text.length < 1_000),
];

/** Whether a browser that is on the shop is still on it after it went to a location. */
function staysHere(location: string, origin: string): boolean {
  const url = URL.canParse(location, origin) ? new URL(location, origin) : null;
  return url !== null && url.origin === new URL(origin).origin && !/^[\\/]{2}|[\r\n\t]/.test(location);
}

/** What a login holds of where to go on to; it is sealed in a cookie, and read back by the callback. */
async function pageAfterLogin(next: string): Promise<string | null> {
  const path = `/api/auth/oauth/${PROVIDER}`;
  const begun = await world.send('GET', `${path}?next=${encodeURIComponent(next)}`, {
    headers: { 'sec-fetch-site': 'same-origin' },
  });
  if (begun.status !== 302) return null;
  // To the provider alone, whatever `next` says.
  expect(new URL(begun.headers.get('location') as string).origin).toBe('https://github.com');
  const { unseal } = await import('@/node/sealed');
  const cookie = /^oauth=([^;]+)/.exec(begun.headers.getSetCookie()[0] ?? '')?.[1] as string;
  return JSON.parse(unseal('oauth attempt', cookie, process.env.AUTH_SECRET as string) as string).next;
}

describe('a login', () => {
  it.each(ELSEWHERE)('goes on to a page of the shop and nothing else: %j', async (next) => {
    const page = await pageAfterLogin(next.replaceAll(/[\ud800-\udfff]/g, ''));
    if (page === null) return expect(next).toContain('\0');
    expect(staysHere(page, world.siteUrl), page).toBe(true);
    expect(new URL(page, world.siteUrl).pathname).not.toMatch(/^\/api(\/|$)/);
  });

  it('of another site begins nothing here', async () => {
    for (const site of ['cross-site', 'same-site']) {
      const { headers } = await world.send('GET', `/api/auth/oauth/${PROVIDER}?next=//evil.example`, {
        headers: { 'sec-fetch-site': site },
      });
      expect(headers.get('location')).toBe('/login');
      expect(headers.getSetCookie()).toEqual([]);
    }
  });

  it('that fails leads to the login page, with a word of the shop’s own', async () => {
    for (const text of ['https://evil.example', 'a\r\nb', '<script>']) {
      const query = new URLSearchParams({ error: text, error_description: text, state: text, code: text, iss: text });
      const { headers } = await world.send('GET', `/api/auth/oauth/${PROVIDER}/callback?${query}`);
      expect(headers.get('location')).toMatch(/^\/login\?problem=[a-z_]+$/);
    }
  });
});

describe('the check of where one is led', () => {
  it.each(['//evil.example', 'https://evil.example/', '/\t/evil.example', '/\\evil.example', '\\/evil.example'])(
    'sees that %j leads away',
    (location) => expect(staysHere(location, 'https://shop.example')).toBe(false),
  );
});

describe('no answer', () => {
  it('leads to another site by a text that somebody sent, nor breaks a header', async () => {
    for (const { method, path } of OPERATIONS.filter((served) => served.method === 'GET')) {
      for (const text of sampleOf(ELSEWHERE, 8, 1)) {
        const escaped = encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, ''));
        const names = ['next', 'return', 'returnTo', 'redirect', 'redirect_uri', 'url', 'callbackUrl'];
        const query = names.map((name) => `${name}=${escaped}`).join('&');
        const answer = await world.send(method, `${path.replace(/\{\w+\}/, PROVIDER)}?${query}`);
        const location = answer.headers.get('location');
        if (location !== null)
          expect(['github.com', new URL(world.siteUrl).host]).toContain(new URL(location, world.siteUrl).host);
      }
    }
  });
});

// ---------------------------------------------------------------- letters

interface Mail {
  to: string[];
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
}

const mails = async () => {
  await world.settled();
  return (await world.mails()) as Mail[];
};

/** What a letter says beside what stands in it: which headers it has, and to whom it went. */
const frameOf = ({ headers, to }: Mail) => [Object.keys(headers).sort(), to.length];

describe('a letter', () => {
  const HOSTILE = [
    'Ada\r\nBcc: everybody@example.com',
    'Ada\nSubject: Yours',
    'Ada\u2028Bcc: everybody@example.com',
    'Ada%0d%0aBcc: everybody@example.com',
    '=?utf-8?q?=0d=0aBcc:_everybody@example.com?=',
    'Ada <everybody@example.com>, "B" <b@example.com>',
    '"><img src=//evil.example/x><script>alert(1)</script>',
    '$\u007b7*7} {{7*7}} <%= 7*7 %>',
    '.\r\n.\r\nMAIL FROM:<a@example.com>',
    'مرحبا \u202egnp.exe',
  ];

  it.each(HOSTILE)('has one recipient and its own headers, whatever somebody is called: %j', async (name) => {
    const plain = await register('Ada Weber');
    const hostile = await register(name);
    // What breaks a line is no name.
    if (/[\r\n\u2028]/.test(name)) return expect(hostile).toBeNull();
    expect(frameOf(hostile as Mail)).toEqual(frameOf(plain as Mail));
    expect(`${hostile?.html}`).not.toContain('<script>');
    expect(`${hostile?.html}`).not.toContain('<img src=//evil');
  });

  it.each([
    'a@example.com,everybody@example.com',
    'a@example.com;everybody@example.com',
    'a@example.com\r\nBcc: everybody@example.com',
    'a@example.com\u2028everybody@example.com',
    '<a@example.com>',
    'Ada <a@example.com>',
    'a@example.com>\r\nRCPT TO:<everybody@example.com',
    'a@example.com everybody@example.com',
    'everybody@example.com:a@example.com',
    '"a, everybody@example.com,"@example.com',
    '@everybody.example:a@example.com',
    'a%everybody.example@example.com',
    'group:a@example.com;@example.com',
  ])('goes to nobody by an address that is more than one: %j', async (email) => {
    const before = (await mails()).length;
    for (const [path, body] of [
      ['/api/auth/register', { email, password: PASSWORD }],
      ['/api/auth/password-reset', { email }],
    ] as const) {
      const { status } = await world.send('POST', path, { body });
      expect([202, 422]).toContain(status);
    }
    for (const mail of (await mails()).slice(0, -before || undefined)) {
      // At most the one that it names, as it names it.
      if (mail.to.length > 0) expect(mail.to).toHaveLength(1);
      expect(mail.to.join()).not.toMatch(/^everybody@/);
    }
  });

  it('about an order shows what was typed as text', async () => {
    const hostile = '<b onclick=alert(1)>Ada</b> "&\' {{7*7}}';
    const filled = await world.fill([TWEED, 1]);
    const email = 'order-letter@example.com';
    const address = { ...HOME, name: hostile, line1: hostile, line2: hostile };
    const placed = await world.order(filled, { body: { email, shippingAddress: address } });
    expect(placed.status).toBe(201);
    const letter = (await mails()).find(({ to }) => to.includes(email)) as Mail;
    expect(letter.to).toEqual([email]);
    expect(letter.html).not.toContain('<b onclick');
    expect(letter.text).toContain(hostile);
  });

  async function register(name: string): Promise<Mail | null> {
    const email = `letter-${crypto.randomUUID()}@example.com`;
    const { status } = await world.send('POST', '/api/auth/register', { body: { email, password: PASSWORD, name } });
    if (status === 422) return null;
    return (await mails()).find(({ to }) => to.includes(email)) ?? null;
  }
});

// ---------------------------------------------------------------- pages

const built = hosts.find(({ name }) => name === 'the built Next app')!;

describe.skipIf(!built.available)('the built app', () => {
  let host: RunningHost;
  beforeAll(async () => {
    host = await built.start({ ...world.platform.env });
  }, 120_000);
  afterAll(() => host?.close());

  it('leads to no other site after a refresh, a login or a logout of a browser without scripts', async () => {
    const origin = new URL((await host.fetch('/api/health')).url).origin;
    for (const next of ELSEWHERE.map((text) => text.replaceAll(/[\ud800-\udfff]/g, ''))) {
      const person = await world.person();
      const escaped = encodeURIComponent(next);
      const own = { origin, 'sec-fetch-site': 'same-origin' };
      const form = (fields: Record<string, string>) => ({
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: own,
      });
      const answers = [
        await host.fetch(`/session?next=${escaped}`, {
          headers: { cookie: cookieOf(person), 'sec-fetch-site': 'none' },
        }),
        await host.fetch(`/session?next=${escaped}`),
        await host.fetch(`/login?next=${escaped}`, { headers: { cookie: cookieOf(person) } }),
        await host.fetch('/session/login', form({ email: person.email, password: PASSWORD, next })),
        await host.fetch('/session/login', form({ email: person.email, password: 'wrong', next })),
        await host.fetch('/session/logout', form({ next })),
        await host.fetch(`/account?next=${escaped}`),
        await host.fetch(`/currency?currency=EUR&next=${escaped}&return=${escaped}`),
      ];
      await world.forgetFailures();
      for (const answer of answers) {
        const location = answer.headers.get('location');
        if (location !== null) expect(staysHere(location, origin), `${next} -> ${location}`).toBe(true);
        expect(answer.status, next).toBeLessThan(500);
        const text = await answer.text();
        expect(
          text.includes('href="//evil') || text.includes('href="javascript:') || text.includes('url=//evil'),
          next,
        ).toBe(false);
      }
    }
  }, 600_000);
});
