/** How many requests somebody may make: `quota` in any `windowSeconds`, counted in a sliding window. */
export interface Policy {
  /** Unique among all policies: it names the count in KV, and the policy to clients. */
  name: string;
  quota: number;
  windowSeconds: number;
}

/** What kind of request something is, and what that kind is held to. All policies that apply hold together. */
export interface LimitClass {
  /**
   * A strict class waits for KV, counts exactly, and is closed while KV does not answer. The others never wait: what
   * an isolate remembers decides, KV is told afterwards, and without KV they are open up to the isolate's own count.
   */
  isStrict: boolean;
  /** For each client address that the platform vouches for. */
  perAddress: readonly Policy[];
  /** For all callers together whose address nobody vouches for. */
  perCrowd?: readonly Policy[];
  /** For each account whose access token is good, from whichever address. */
  perAccount?: readonly Policy[];
  /** For each API key that is shown. */
  perApiKey?: readonly Policy[];
}

export type LimitClassName =
  | 'browse'
  | 'cart'
  | 'code'
  | 'quote'
  | 'account'
  | 'login'
  | 'sign_up'
  | 'order'
  | 'admin'
  | 'webhook';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Where each number comes from is told in docs/decisions/rate-limits.md. */
export const LIMIT_CLASSES: Record<LimitClassName, LimitClass> = {
  browse: { isStrict: false, perAddress: [{ name: 'browse', quota: 1200, windowSeconds: MINUTE }] },
  cart: { isStrict: false, perAddress: [{ name: 'cart', quota: 600, windowSeconds: MINUTE }] },
  code: { isStrict: false, perAddress: [{ name: 'code', quota: 30, windowSeconds: MINUTE }] },
  quote: { isStrict: false, perAddress: [{ name: 'quote', quota: 300, windowSeconds: MINUTE }] },
  account: { isStrict: false, perAddress: [{ name: 'account', quota: 600, windowSeconds: MINUTE }] },
  login: {
    isStrict: true,
    perAddress: [
      { name: 'login', quota: 20, windowSeconds: MINUTE },
      { name: 'login-hour', quota: 100, windowSeconds: HOUR },
    ],
    perCrowd: [{ name: 'login-crowd', quota: 600, windowSeconds: MINUTE }],
  },
  sign_up: {
    isStrict: true,
    perAddress: [{ name: 'sign-up', quota: 10, windowSeconds: HOUR }],
    perCrowd: [{ name: 'sign-up-crowd', quota: 300, windowSeconds: MINUTE }],
  },
  order: {
    isStrict: true,
    perAddress: [{ name: 'order', quota: 60, windowSeconds: MINUTE }],
    perAccount: [{ name: 'order-account', quota: 300, windowSeconds: MINUTE }],
  },
  admin: {
    isStrict: true,
    perAddress: [{ name: 'admin', quota: 300, windowSeconds: MINUTE }],
    perAccount: [{ name: 'admin-account', quota: 600, windowSeconds: MINUTE }],
    perApiKey: [{ name: 'admin-key', quota: 600, windowSeconds: MINUTE }],
  },
  webhook: { isStrict: true, perAddress: [{ name: 'webhook', quota: 6000, windowSeconds: MINUTE }] },
};

/** What is not counted: who asks is known (cron), or asks so that the shop stays up (health), or gets a cached file. */
export type Exemption = 'unlimited';

/**
 * The class of each method and path; the first line that fits decides. `**` stands for any rest of a path, and for none,
 * `*` for any method. Where something new may come below a path, what is below it has the stricter class.
 */
const ROUTES: readonly [method: string, path: string, LimitClassName | Exemption][] = [
  ['GET', '/api/health', 'unlimited'],
  ['GET', '/api/cron/**', 'unlimited'],
  ['GET', '/.well-known/jwks.json', 'unlimited'],

  ['GET', '/api/products/**', 'browse'],
  ['GET', '/api/collections/**', 'browse'],
  // Somebody who tries codes is told by the answers which ones exist.
  ['POST', '/api/cart/coupons', 'code'],
  ['*', '/api/cart/**', 'cart'],
  ['POST', '/api/prices', 'quote'],

  // Both send a letter to an address that the caller chooses.
  ['POST', '/api/auth/register', 'sign_up'],
  ['POST', '/api/auth/password-reset', 'sign_up'],
  // A browser does these by itself, with a secret that cannot be guessed; and nobody may be kept from logging out.
  ['POST', '/api/auth/refresh', 'account'],
  ['POST', '/api/auth/logout', 'account'],
  ['GET', '/api/auth/oauth', 'browse'],
  ['*', '/api/auth/**', 'login'],
  // These take the password.
  ['POST', '/api/me/password', 'login'],
  ['POST', '/api/me/email', 'login'],
  ['DELETE', '/api/me', 'login'],
  ['*', '/api/me/**', 'account'],

  // The same, by the forms of browsers without scripts.
  ['POST', '/session/register', 'sign_up'],
  ['POST', '/session/forgot', 'sign_up'],
  ['POST', '/session/logout', 'account'],
  ['POST', '/session/**', 'login'],
  ['*', '/session/**', 'account'],

  ['GET', '/api/orders/**', 'account'],
  ['*', '/api/orders/**', 'order'],
  // Six digits, and an invitation's secret.
  ['POST', '/api/admin/totp/**', 'login'],
  ['POST', '/api/admin/invitations/acceptance', 'login'],
  ['*', '/api/admin/**', 'admin'],
  ['POST', '/api/webhooks/**', 'webhook'],
];

const COMPILED = ROUTES.map(([method, path, name]) => ({ method, pattern: patternOf(path), name }));

/**
 * The class that the table of routes names for a request; null where it names none. Escaped letters (`/session/log%69n`)
 * are what they stand for, as Next has it. Throws a URIError where they stand for no text.
 */
export function namedClass(method: string, pathname: string): LimitClassName | Exemption | null {
  const asked = method === 'HEAD' ? 'GET' : method;
  const path = decodeURIComponent(pathname);
  const found = COMPILED.find(({ method: named, pattern }) => (named === '*' || named === asked) && pattern.test(path));
  return found?.name ?? null;
}

/**
 * What a request is counted as. Where the table of routes has nothing for it, reading counts as browsing and everything
 * else as an order. Throws as `namedClass` does.
 */
export function classOf(method: string, pathname: string): LimitClassName | Exemption {
  const named = namedClass(method, pathname);
  if (named) return named;
  if (!pathname.startsWith('/api/')) return 'unlimited';
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'browse' : 'order';
}

function patternOf(path: string): RegExp {
  const pattern = path.replaceAll('.', '\\.').replace('/**', '(?:/.*)?');
  return new RegExp(`^${pattern}/?$`, 's');
}
