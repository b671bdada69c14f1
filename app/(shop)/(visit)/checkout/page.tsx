import type { Metadata } from 'next';
import { getMeOperation, listAddressesOperation } from '@/node/profile';
import { readOwnOrNull } from '../../_account/own-pages';
import { type CheckoutAccount, CheckoutView } from '../../_checkout/checkout-view';
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
      <CheckoutView countries={await loadCountries()} account={await readAccount()} />
    </div>
  );
}

async function readAccount(): Promise<CheckoutAccount | null> {
  const me = await readOwnOrNull<Omit<CheckoutAccount, 'addresses'>>(getMeOperation, '/api/me', '/checkout');
  const kept = me && (await readOwnOrNull<Kept>(listAddressesOperation, '/api/me/addresses', '/checkout'));
  return kept && { email: me.email, name: me.name, addresses: kept.items };
}

interface Kept {
  items: CheckoutAccount['addresses'];
}
