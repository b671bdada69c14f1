'use client';

import { useEffect, useRef, useState } from 'react';

/**
 * The secret of a mailed link, which stands behind the `#` of the address: undefined until it is looked for, null where
 * there is none. It is taken out of the address bar and the history at once.
 */
export function useLinkToken(): string | null | undefined {
  const [token, setToken] = useState<string | null>();
  const wasRead = useRef(false);
  useEffect(() => {
    if (wasRead.current) return;
    wasRead.current = true;
    const found = new URLSearchParams(window.location.hash.slice(1)).get('token');
    if (found) window.history.replaceState(null, '', window.location.pathname);
    setToken(found);
  }, []);
  return token;
}
