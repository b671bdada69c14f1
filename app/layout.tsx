import '@fontsource-variable/newsreader/opsz.css';
import '@fontsource-variable/instrument-sans/wght.css';
import './globals.css';
import { Analytics } from '@vercel/analytics/next';
import type { Metadata, Viewport } from 'next';
import { siteUrl } from '@/edge/env';
import { CartProvider } from './(shop)/_cart/cart-provider';

export const metadata: Metadata = {
  metadataBase: new URL(siteUrl() ?? 'http://localhost:3000'),
  title: { default: 'Selvedge, a mill for cloth that lasts', template: '%s · Selvedge' },
  description: 'Cloth woven slowly on narrow looms, and the plain good things that are made of it.',
  openGraph: { siteName: 'Selvedge', type: 'website' },
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f6f1e6' },
    { media: '(prefers-color-scheme: dark)', color: '#131210' },
  ],
};

/** The document around every page. The header and footer are the shop's frame, which each group of pages puts on. */
export default function RootLayout({ children }: { children: React.ReactNode }) {
  return (
    <html lang="en">
      <body>
        <CartProvider>{children}</CartProvider>
        {/* Only there: on any other machine nothing of the shop phones anywhere. */}
        {process.env.VERCEL ? <Analytics /> : null}
      </body>
    </html>
  );
}
