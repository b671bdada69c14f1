'use client';

import { usePathname, useRouter } from 'next/navigation';
import { startTransition, useId, useSyncExternalStore } from 'react';
import { useCart } from '../_cart/cart-provider';
import { CURRENCIES, CURRENCY_COOKIE, type Currency, currencyOr } from '../currencies';
import styles from './currency-switch.module.css';

/**
 * Changes the currency of all pages and of the cart. Without scripts it is a form with a button: `/currency` sets the
 * same cookie.
 */
export function CurrencySwitch({ currency, place }: { currency: Currency; place: 'header' | 'footer' }) {
  const id = useId();
  const router = useRouter();
  const pathname = usePathname();
  const { cart, setCurrency } = useCart();
  // A page that is the same for everybody was rendered without knowing the visitor.
  const chosen = useSyncExternalStore(subscribe, readCookie, () => currency);

  function choose(next: Currency) {
    const secure = window.location.protocol === 'https:' ? '; secure' : '';
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere yet.
    document.cookie = `${CURRENCY_COOKIE}=${next}; path=/; max-age=31536000; samesite=lax${secure}`;
    for (const listener of listeners) listener();
    // An empty one that exists keeps a currency too.
    if (cart?.id) setCurrency(next);
    startTransition(() => router.refresh());
  }

  return (
    <form action="/currency" method="post" className={styles.switch} data-place={place}>
      <input type="hidden" name="back" value={pathname} />
      <label htmlFor={id} className="visually-hidden">
        Currency
      </label>
      <select
        id={id}
        name="currency"
        className={styles.select}
        value={chosen}
        onChange={(event) => choose(currencyOr(event.currentTarget.value))}
      >
        {CURRENCIES.map((code) => (
          <option key={code}>{code}</option>
        ))}
      </select>
      <noscript>
        <button type="submit" className="plain">
          Change
        </button>
      </noscript>
    </form>
  );
}

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function readCookie(): Currency {
  return currencyOr(new RegExp(`(?:^|; )${CURRENCY_COOKIE}=(\\w+)`).exec(document.cookie)?.[1]);
}
