import Link from 'next/link';
import { SearchIcon } from '../_catalog/icons';
import type { Currency } from '../currencies';
import { AccountLink } from './account-link';
import { CartLink } from './cart-link';
import { CurrencySwitch } from './currency-switch';
import styles from './header.module.css';

/** The same on every page and for everybody, so that it can be cached: what is personal arrives in the browser. */
export function Header({ currency }: { currency: Currency }) {
  return (
    <header className={styles.header}>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <div className="selvedge" aria-hidden="true" />
      <div className={`page ${styles.bar}`}>
        <Link href="/" className={styles.mark}>
          Selvedge
        </Link>
        <nav aria-label="Shop" className={styles.nav}>
          <Link href="/search">All goods</Link>
          <Link href="/#collections">Collections</Link>
          <Link href="/#mill">The mill</Link>
        </nav>
        <search className={styles.search}>
          <form action="/search" method="get">
            <label className="visually-hidden" htmlFor="site-search">
              Search the shop
            </label>
            <input
              id="site-search"
              className={styles.searchInput}
              type="search"
              name="q"
              placeholder="Search cloth and goods"
              maxLength={200}
              autoComplete="off"
              enterKeyHint="search"
            />
            <button type="submit" className={styles.searchButton}>
              <SearchIcon />
              <span className="visually-hidden">Search</span>
            </button>
          </form>
        </search>
        <div className={styles.tools}>
          <CurrencySwitch currency={currency} place="header" />
          <AccountLink />
          <CartLink />
        </div>
      </div>
    </header>
  );
}
