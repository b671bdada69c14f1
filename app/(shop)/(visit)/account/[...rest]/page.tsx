import { notFound } from 'next/navigation';

/** Rendered for the one who asks, as the page of missing things is not: under the policy of these addresses its scripts need a nonce. */
export const dynamic = 'force-dynamic';

export default function NothingHere(): never {
  notFound();
}
