import type { Metadata } from 'next';
import { first, ProblemOfAddress } from '../../_account/problem-of-address';
import { RegisterForm } from '../../_account/register-form';
import { Sent } from '../../_account/sent';
import styles from '../../_account/sign-in.module.css';
import { SignInFrame } from '../../_account/sign-in-frame';
import { signInWords } from '../../_account/sign-in-words';

const words = signInWords.register;

export const metadata: Metadata = {
  title: words.title,
  description: words.description,
  alternates: { canonical: '/register' },
  robots: { index: false },
};

interface RegisterPageProps {
  searchParams: Promise<{ [name: string]: string | string[] | undefined }>;
}

export default async function RegisterPage({ searchParams }: RegisterPageProps) {
  const { problem, sent } = await searchParams;
  return (
    <SignInFrame>
      {sent === undefined ? (
        <RegisterForm>
          <ProblemOfAddress code={first(problem)} />
        </RegisterForm>
      ) : (
        <Sent title={words.sentTitle} lead={words.sentLead} />
      )}
      <p className={styles.ways}>
        <span>
          {words.login} <a href="/login">{words.loginLink}</a>
        </span>
      </p>
    </SignInFrame>
  );
}
