'use client';

import Link from 'next/link';
import { useState } from 'react';

/**
 * A link whose page is fetched ahead once somebody reaches for it, and not already when it comes into view: a list shows
 * dozens, and each that is fetched may have to be made.
 */
export function IntentLink({ href, className, children }: IntentLinkProps) {
  const [wanted, setWanted] = useState(false);
  const want = () => setWanted(true);
  return (
    <Link
      href={href}
      className={className}
      prefetch={wanted ? null : false}
      onMouseEnter={want}
      onFocus={want}
      onTouchStart={want}
    >
      {children}
    </Link>
  );
}

interface IntentLinkProps {
  href: string;
  className?: string | undefined;
  children: React.ReactNode;
}
