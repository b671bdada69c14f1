import type { Metadata } from 'next';
import { getMeOperation } from '@/node/profile';
import { accountWords } from '../../../../_account/account-words';
import { readOwn } from '../../../../_account/own-pages';
import { PrivacyView } from '../../../../_account/privacy-view';

export const metadata: Metadata = { title: accountWords.privacy.title, robots: { index: false } };

export default async function PrivacyPage() {
  await readOwn(getMeOperation, '/api/me', '/account/privacy');
  return <PrivacyView />;
}
