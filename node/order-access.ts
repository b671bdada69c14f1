import { bearerOf } from '@/edge/bearer';
import { cookieName, readCookie, setCookie } from '@/edge/cookies';
import type { Context } from '@/edge/http';
import { hmac, isSameSecret } from './secrets';

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
export function orderTokenOf(context: Pick<Context, 'request' | 'url' | 'env'>, orderId: string): string | null {
  return (
    context.request.headers.get('x-order-token') ??
    bearerOf(context.request) ??
    readCookie(context.request, cookieName(context, orderCookieName(orderId)))
  );
}

/** The cookie that lets the browser that ordered see the order: one for each, and never the token in an address. */
export function orderCookie(context: Pick<Context, 'url' | 'env'>, orderId: string): string {
  const token = orderAccessToken(context.env.AUTH_SECRET, orderId);
  return setCookie(context, orderCookieName(orderId), token, COOKIE_TTL_SECONDS);
}

/** What an order's cookie is called, before the `__Host-` that it has over https. */
const orderCookieName = (orderId: string) => `order_access_${orderId}`;
