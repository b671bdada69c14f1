import type { Metadata } from 'next';
import { getMeOperation } from '@/node/profile';
import { InvitationView } from '../../../_account/invitation-view';
import { readOwnOrNull } from '../../../_account/own-pages';
import styles from '../../../_account/sign-in.module.css';
import { SignInFrame } from '../../../_account/sign-in-frame';
import { signInWords } from '../../../_account/sign-in-words';

const words = signInWords.invitation;

export const metadata: Metadata = {
  title: words.title,
  description: words.description,
  robots: { index: false, follow: false },
};

export default async function InvitationPage() {
  const me = await readOwnOrNull(getMeOperation, '/api/me', '/account/invitation');
  return (
    <SignInFrame>
      <InvitationView isSignedIn={me !== null} />
      <p className={styles.ways}>
        <a href="/account">{words.back}</a>
      </p>
    </SignInFrame>
  );
}
