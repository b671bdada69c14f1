'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import styles from './account.module.css';
import { accountWords } from './account-words';

/** The way through the account's pages, and out. */
export function AccountNav() {
  const pathname = usePathname();
  return (
    <nav aria-label={accountWords.navigation} className={styles.nav}>
      <ul>
        {Object.entries(accountWords.pages).map(([href, title]) => (
          <li key={href}>
            <Link href={href} prefetch={false} aria-current={pathname === href ? 'page' : undefined}>
              {title}
            </Link>
          </li>
        ))}
      </ul>
      {/* A new document comes after it, which knows nothing of whoever was signed in. */}
      <form action="/session/logout" method="post">
        <button type="submit" className="plain">
          {accountWords.signOut}
        </button>
      </form>
    </nav>
  );
}
