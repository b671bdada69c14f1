import type { NextConfig } from 'next';

const config: NextConfig = {
  // Browser and contract tests build beside a running store, each into a folder of its own.
  distDir: process.env.NEXT_DIST_DIR ?? '.next',
  poweredByHeader: false,
  reactStrictMode: true,
  // Pictures are SVG woven by the program or remote files of an import; neither passes through an optimiser.
  images: { unoptimized: true },
};

export default config;
