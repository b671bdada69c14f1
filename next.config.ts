import type { NextConfig } from 'next';
import { CURRENCIES, CURRENCY_COOKIE } from './app/(shop)/currencies';
import { cachedPagePolicy, PAGE_HEADERS, PERSONAL_PAGES } from './edge/page-headers';

const isDevelopment = process.env.NODE_ENV === 'development';

/** The public addresses of the pages that are cached for everybody, once for each currency. */
const CACHED_PAGES = ['/', '/products/:slug', '/collections/:slug'];

/** What makes a collection's page one visitor's own: its form always sends `sort`, its pages have a `cursor`. */
const NARROWING = ['sort', 'cursor'];

const config: NextConfig = {
  // Browser and contract tests build beside a running store, each into a folder of its own.
  distDir: process.env.NEXT_DIST_DIR ?? '.next',
  // `npm run bench` builds routes of its own beside the shop's: the floors that it measures from.
  pageExtensions: process.env.BENCH_BUILD ? ['bench.ts', 'tsx', 'ts'] : ['tsx', 'ts'],
  poweredByHeader: false,
  reactStrictMode: true,
  // What `revalidateTag` expired is known to the running process alone. Pages kept on disk would outlive that knowledge,
  // and come back after a restart with prices of before; and made-up addresses would fill the disk.
  experimental: { isrFlushToDisk: false },
  // Pictures are SVG woven by the program or remote files of an import; neither passes through an optimiser.
  images: { unoptimized: true },
  // The parts of Neon's driver and Upstash's client that the shop uses: see docs/decisions/edge-bundle.md.
  turbopack: {
    resolveAlias: { '@neondatabase/serverless': './db/neon-http.ts', '@upstash/redis': './edge/kv-upstash.ts' },
  },

  rewrites: async () => {
    const chosen = { type: 'cookie' as const, key: CURRENCY_COOKIE, value: `(?<currency>${CURRENCIES.join('|')})` };
    const cached = CACHED_PAGES.flatMap((source) => {
      const path = source === '/' ? '' : source;
      const missing = source.startsWith('/collections/')
        ? NARROWING.map((key) => ({ type: 'query' as const, key }))
        : [];
      return [
        { source, has: [chosen], missing, destination: `/in/:currency${path}` },
        { source, missing: [chosen, ...missing], destination: `/in/${CURRENCIES[0]}${path}` },
      ];
    });
    const narrowed = NARROWING.map((key) => ({
      source: '/collections/:slug',
      has: [{ type: 'query' as const, key }],
      destination: '/narrowed/:slug',
    }));
    return { beforeFiles: [...narrowed, ...cached], afterFiles: [], fallback: [] };
  },

  headers: async () => [
    // Woven pictures answer a stricter policy of their own.
    {
      source: '/((?!api/|_next/|weave/).*)',
      headers: Object.entries(PAGE_HEADERS).map(([key, value]) => ({ key, value })),
    },
    // Personal pages get theirs from the middleware, with a nonce. Two policies would both hold.
    {
      source: `/((?!api/|_next/|weave/|(?:${PERSONAL_PAGES})/?$).*)`,
      headers: [{ key: 'Content-Security-Policy', value: cachedPagePolicy({ isDevelopment }) }],
    },
    // The address does not tell the currency, so no cache but the shop's own may keep these pages.
    ...CACHED_PAGES.map((source) => ({ source, headers: [{ key: 'Cache-Control', value: 'private, no-cache' }] })),
  ],
};

export default config;
