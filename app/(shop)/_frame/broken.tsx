'use client';

import Link from 'next/link';
import styles from './missing.module.css';

interface BrokenProps {
  error: unknown;
  retry: () => void;
}

/** What stands where a page could not be made. The number under it is the one that the log has. */
export function Broken({ error, retry }: BrokenProps) {
  const digest = error instanceof Error && 'digest' in error ? String(error.digest) : null;
  return (
    <div className={`page ${styles.missing}`} role="alert">
      <h1>A thread has snapped</h1>
      <p>This page could not be made just now. Nothing in your cart is lost.</p>
      <p className={styles.ways}>
        <button type="button" className="button" onClick={() => retry()}>
          Try again
        </button>
        <Link href="/" className="button quiet">
          Go to the start
        </Link>
      </p>
      {digest ? <p className="label">Number {digest}</p> : null}
    </div>
  );
}
