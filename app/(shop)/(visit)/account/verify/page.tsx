import type { Metadata } from 'next';
import { SignInFrame } from '../../../_account/sign-in-frame';
import { signInWords } from '../../../_account/sign-in-words';
import { VerifyView } from '../../../_account/verify-view';

export const metadata: Metadata = {
  title: signInWords.verify.title,
  description: signInWords.verify.description,
  robots: { index: false, follow: false },
};

/** The secret of the link stands behind its `#`: the server never sees it. */
export default function VerifyPage() {
  return (
    <SignInFrame>
      <VerifyView />
    </SignInFrame>
  );
}
