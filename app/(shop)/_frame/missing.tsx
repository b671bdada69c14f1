import Link from 'next/link';
import styles from './missing.module.css';

/** What stands where nothing is. */
export function Missing() {
  return (
    <div className={`page ${styles.missing}`}>
      <h1>A dropped stitch</h1>
      <p>There is nothing at this address. It may have been sold for good, or the link was mistyped.</p>
      <p className={styles.ways}>
        <Link href="/search" className="button">
          Look at all goods
        </Link>
        <Link href="/" className="button quiet">
          Go to the start
        </Link>
      </p>
    </div>
  );
}
