import type { Metadata } from 'next';
import { ResetView } from '../../../_account/reset-view';
import { SignInFrame } from '../../../_account/sign-in-frame';
import { signInWords } from '../../../_account/sign-in-words';

export const metadata: Metadata = {
  title: signInWords.reset.title,
  description: signInWords.reset.description,
  robots: { index: false, follow: false },
};

/** The secret of the link stands behind its `#`: the server never sees it. */
export default function ResetPage() {
  return (
    <SignInFrame>
      <ResetView />
    </SignInFrame>
  );
}
