import { notFound } from 'next/navigation';
import { Frame } from '../../_frame/frame';
import { currencyOr } from '../../currencies';

/**
 * The pages that are cached for everybody, once for each currency. Their public addresses have no `/in/EUR`: a rewrite
 * in next.config.ts adds it from the visitor's cookie. That keeps prices from flashing and the build from needing data.
 */
export default async function CachedLayout({
  children,
  params,
}: {
  children: React.ReactNode;
  params: Promise<{ currency: string }>;
}) {
  const { currency } = await params;
  if (currencyOr(currency) !== currency) notFound();
  return <Frame currency={currencyOr(currency)}>{children}</Frame>;
}

/** None at build time: a first deploy has no database yet. Each page is made when it is first asked for. */
export function generateStaticParams(): { currency: string }[] {
  return [];
}
