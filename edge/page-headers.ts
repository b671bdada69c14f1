/** What every page tells the browser that it may do. Which policy is for which page, and why: docs/decisions/page-policies.md. */

/**
 * The pages of one visitor, as a regular expression of their paths. Middleware has to run on each of them, and each must
 * be rendered anew for every request, or its scripts would miss the nonce.
 */
export const PERSONAL_PAGES = 'cart|checkout|login|register|account(?:/.*)?|orders/[^/]+';

const PERSONAL_PAGE = new RegExp(`^/(?:${PERSONAL_PAGES})/?$`);

/** Takes a path as it is written, as Next does: `/c%61rt` is the cart. */
export function isPersonalPage(pathname: string): boolean {
  return PERSONAL_PAGE.test(decodeURIComponent(pathname));
}

/** Beside the content security policy, of which there is one for cached pages and one for personal ones. */
export const PAGE_HEADERS: Record<string, string> = {
  'X-Content-Type-Options': 'nosniff',
  // For browsers that do not know `frame-ancestors`.
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Permissions-Policy':
    'camera=(), geolocation=(), microphone=(), usb=(), payment=(self), publickey-credentials-get=(self), publickey-credentials-create=(self)',
  'Cross-Origin-Opener-Policy': 'same-origin',
  // Browsers heed it over https alone.
  'Strict-Transport-Security': 'max-age=63072000',
};

/**
 * For pages that are cached for everybody: nothing of another host, but any script that stands in the page. Next's own
 * inline scripts carry the page's data, and a nonce in them would be everybody's.
 */
export function cachedPagePolicy({ isDevelopment }: { isDevelopment: boolean }): string {
  return policyOf({ script: "'self' 'unsafe-inline'", style: ["style-src 'self' 'unsafe-inline'"], isDevelopment });
}

/** For the pages of one visitor: only the scripts that carry this answer's nonce run, and what those load. */
export function personalPagePolicy(nonce: string, { isDevelopment }: { isDevelopment: boolean }): string {
  return policyOf({
    script: `'self' 'nonce-${nonce}' 'strict-dynamic'`,
    // The development server puts its styles into the page.
    style: [
      `style-src 'self'${isDevelopment ? " 'unsafe-inline'" : ''}`,
      // The page that stands in for a broken document has nothing to load its look from.
      "style-src-attr 'unsafe-inline'",
    ],
    isDevelopment,
  });
}

/** 128 random bits, fresh for every answer. */
export function newNonce(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
}

interface Sources {
  script: string;
  style: string[];
  isDevelopment: boolean;
}

/** Pictures of an imported catalog come from anywhere over https. */
function policyOf({ script, style, isDevelopment }: Sources): string {
  return [
    "default-src 'self'",
    // React's and Turbopack's development builds evaluate strings.
    `script-src ${script}${isDevelopment ? " 'unsafe-eval'" : ''}`,
    ...style,
    "img-src 'self' https: data:",
    "font-src 'self'",
    `connect-src 'self'${isDevelopment ? ' ws:' : ''}`,
    "object-src 'none'",
    "frame-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'self'",
    "form-action 'self'",
  ].join('; ');
}
