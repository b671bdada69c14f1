'use client';

import { useEffect, useState } from 'react';

/**
 * The secret of a mailed link, which stands behind the `#` of the address: undefined until it is looked for, null where
 * there is none. It is taken out of the address bar and the history at once.
 */
export function useLinkToken(): string | null | undefined {
  const [token, setToken] = useState<string | null>();
  useEffect(() => {
    const read = () => {
      const found = new URLSearchParams(window.location.hash.slice(1)).get('token');
      if (found) window.history.replaceState(null, '', window.location.pathname);
      setToken((known) => found ?? known ?? null);
    };
    read();
    // A link that is opened where its page stands already does not load the page anew.
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }, []);
  return token;
}
