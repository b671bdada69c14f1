'use client';

import { useSyncExternalStore } from 'react';
import { PersonIcon } from '../_catalog/icons';
import styles from './account-link.module.css';

/**
 * The way to the account, marked where somebody is signed in. The page is the same for everybody, so it is a cookie of no
 * secret that tells, and it is only believed for the mark: the account's page asks the shop who it is.
 */
export function AccountLink() {
  const isSignedIn = useSyncExternalStore(unchanging, readHint, () => false);
  // No link of the router: the pages of the account come as documents, under a stricter policy than this one may have.
  return (
    <a href="/account" className={styles.link} data-signed-in={isSignedIn ? '' : undefined}>
      <PersonIcon />
      <span className={styles.word}>Account</span>
      {isSignedIn ? <span className="visually-hidden">, signed in</span> : null}
    </a>
  );
}

const unchanging = () => () => {};

const readHint = () => /(?:^|; )signed_in=1(?:;|$)/.test(document.cookie);
