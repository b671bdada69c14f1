import type { Metadata } from 'next';
import { getMeOperation } from '@/node/profile';
import { EmailView } from '../../../_account/email-view';
import { readOwnOrNull } from '../../../_account/own-pages';
import styles from '../../../_account/sign-in.module.css';
import { SignInFrame } from '../../../_account/sign-in-frame';
import { signInWords } from '../../../_account/sign-in-words';

const words = signInWords.emailChange;

export const metadata: Metadata = {
  title: words.title,
  description: words.description,
  robots: { index: false, follow: false },
};

/** Also for whoever opens the link where nobody is signed in: they are told to sign in first. */
export default async function EmailPage() {
  const me = await readOwnOrNull<{ email: string }>(getMeOperation, '/api/me', '/account/email');
  return (
    <SignInFrame>
      <EmailView email={me?.email ?? null} />
      <p className={styles.ways}>
        <a href="/account">{words.back}</a>
      </p>
    </SignInFrame>
  );
}
