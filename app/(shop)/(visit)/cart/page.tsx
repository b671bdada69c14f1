import type { Metadata } from 'next';
import { CartView } from './cart-view';

export const metadata: Metadata = {
  title: 'Your cart',
  description: 'What you have put aside.',
  alternates: { canonical: '/cart' },
  robots: { index: false },
};

export default function CartPage() {
  return <CartView />;
}
