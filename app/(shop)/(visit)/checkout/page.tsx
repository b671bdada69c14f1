import type { Metadata } from 'next';
import { CheckoutView } from '../../_checkout/checkout-view';
import { loadCountries } from '../../catalog-pages';
import styles from './page.module.css';

export const metadata: Metadata = {
  title: 'Checkout',
  description: 'Where it goes, and how it is paid.',
  alternates: { canonical: '/checkout' },
  robots: { index: false },
};

export default async function CheckoutPage() {
  return (
    <div className={`page ${styles.checkout}`}>
      <h1>Checkout</h1>
      <CheckoutView countries={await loadCountries()} />
    </div>
  );
}
