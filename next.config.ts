import type { NextConfig } from 'next';

const config: NextConfig = {
  // Browser and contract tests build beside a running store, each into a folder of its own.
  distDir: process.env.NEXT_DIST_DIR ?? '.next',
  // `npm run bench` builds routes of its own beside the shop's: the floors that it measures from.
  pageExtensions: process.env.BENCH_BUILD ? ['bench.ts', 'tsx', 'ts'] : ['tsx', 'ts'],
  poweredByHeader: false,
  reactStrictMode: true,
  // Pictures are SVG woven by the program or remote files of an import; neither passes through an optimiser.
  images: { unoptimized: true },
  // The HTTP half of Neon's driver without its WebSocket half: see docs/decisions/edge-bundle.md.
  turbopack: { resolveAlias: { '@neondatabase/serverless': './db/neon-http.ts' } },
};

export default config;
