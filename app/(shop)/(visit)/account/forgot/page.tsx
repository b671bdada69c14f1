import type { Metadata } from 'next';
import { ForgotForm } from '../../../_account/forgot-form';
import { first, ProblemOfAddress } from '../../../_account/problem-of-address';
import { Sent } from '../../../_account/sent';
import styles from '../../../_account/sign-in.module.css';
import { SignInFrame } from '../../../_account/sign-in-frame';
import { signInWords } from '../../../_account/sign-in-words';

const words = signInWords.forgot;

export const metadata: Metadata = {
  title: words.title,
  description: words.description,
  robots: { index: false },
};

interface ForgotPageProps {
  searchParams: Promise<{ [name: string]: string | string[] | undefined }>;
}

export default async function ForgotPage({ searchParams }: ForgotPageProps) {
  const { problem, sent } = await searchParams;
  return (
    <SignInFrame>
      {sent === undefined ? (
        <ForgotForm>
          <ProblemOfAddress code={first(problem)} />
        </ForgotForm>
      ) : (
        <Sent title={words.sentTitle} lead={words.sentLead} />
      )}
      <p className={styles.ways}>
        <a href="/login">{words.login}</a>
      </p>
    </SignInFrame>
  );
}
