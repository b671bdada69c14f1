import Link from 'next/link';
import type { Currency } from '../currencies';
import styles from './footer.module.css';

export function Footer({ currency }: { currency: Currency }) {
  return (
    <footer className={styles.footer}>
      <div className={`page ${styles.inside}`}>
        <p className={styles.line}>
          The selvedge is the edge that a cloth finishes by itself.
          <br />
          It is the part that does not fray.
        </p>
        <nav aria-label="Footer" className={styles.links}>
          <Link href="/search">All goods</Link>
          <Link href="/#collections">Collections</Link>
          <Link href="/#mill">The mill</Link>
          <Link href="/cart" prefetch={false}>
            Cart
          </Link>
        </nav>
        <p className={styles.small}>Prices in {currency}. Tax and delivery are shown before you pay.</p>
      </div>
      <div className="selvedge" aria-hidden="true" />
    </footer>
  );
}
