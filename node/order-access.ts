import type { Context } from '@/edge/http';
import { bearerOf, hmac, isSameSecret } from './secrets';

const COOKIE_TTL_SECONDS = 30 * 24 * 60 * 60;

/** The secret that reaches one order without an account. It follows from the order's id, so it is stored nowhere. */
export function orderAccessToken(authSecret: string, orderId: string): string {
  return hmac(authSecret, `order-access:${orderId}`);
}

/** Whether a token reaches the order; takes the same time whatever is wrong with it. */
export function reachesOrder(authSecret: string, orderId: string, token: string | null): boolean {
  return isSameSecret(token ?? '', orderAccessToken(authSecret, orderId));
}

/** The token that a request shows for an order: `X-Order-Token`, `Authorization: Bearer`, or the order's own cookie. */
export function orderTokenOf({ request, env }: Pick<Context, 'request' | 'env'>, orderId: string): string | null {
  const shown = request.headers.get('x-order-token') ?? bearerOf(request);
  if (shown !== null) return shown;
  const name = orderCookieName(env.SITE_URL ?? request.url, orderId);
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined) return value;
  }
  return null;
}

/** The cookie that lets the browser that ordered see the order: one for each, and never the token in an address. */
export function orderCookie({ request, env }: Pick<Context, 'request' | 'env'>, orderId: string): string {
  const siteUrl = env.SITE_URL ?? request.url;
  const token = orderAccessToken(env.AUTH_SECRET, orderId);
  const secure = isHttps(siteUrl) ? '; Secure' : '';
  return `${orderCookieName(siteUrl, orderId)}=${token}; Path=/; Max-Age=${COOKIE_TTL_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
}

/** What an order's cookie is called. Browsers take no `__Host-` cookie on plain http, such as localhost. */
export function orderCookieName(siteUrl: string, orderId: string): string {
  return `${isHttps(siteUrl) ? '__Host-' : ''}order_access_${orderId}`;
}

function isHttps(url: string): boolean {
  return url.startsWith('https:');
}
