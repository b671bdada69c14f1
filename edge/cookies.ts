import type { Context } from './http';

type Site = Pick<Context, 'url' | 'env'>;

/** The value of one of a request's cookies, as it stands there; null where it has none of that name. */
export function readCookie(request: Request, name: string): string | null {
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const text = pair.trim();
    if (text.startsWith(`${name}=`)) return text.slice(name.length + 1);
  }
  return null;
}

/**
 * What a cookie of ours is called on this site: with `__Host-`, which no other host and no plain-http page can set, and
 * which browsers take over https alone.
 */
export function cookieName(site: Site, name: string): string {
  return isSecureSite(site) ? `__Host-${name}` : name;
}

/** A `Set-Cookie` that no script can read and no other site's page sends along, but for links. 0 seconds take it away. */
export function setCookie(site: Site, name: string, value: string, maxAgeSeconds: number): string {
  const secure = isSecureSite(site) ? '; Secure' : '';
  return `${cookieName(site, name)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}

/** As `setCookie`, for what is no secret and scripts of the shop's pages read. It has the same name on every site. */
export function setHint(site: Site, name: string, value: string, maxAgeSeconds: number): string {
  const secure = isSecureSite(site) ? '; Secure' : '';
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; SameSite=Lax${secure}`;
}

/** Behind a proxy that ends TLS the request's own URL may say http: then the shop's public address tells. */
function isSecureSite({ url, env }: Site): boolean {
  return url.protocol === 'https:' || (env.SITE_URL?.startsWith('https:') ?? false);
}
