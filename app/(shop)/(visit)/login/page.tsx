import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { oauthProviders } from '@/node/oauth/providers';
import { returnPathOf } from '@/node/oauth/return-path';
import { getMeOperation } from '@/node/profile';
import { LoginForm } from '../../_account/login-form';
import { readOwnAsItIs, readOwnOrNull } from '../../_account/own-pages';
import { first, ProblemOfAddress } from '../../_account/problem-of-address';
import styles from '../../_account/sign-in.module.css';
import { SignInFrame } from '../../_account/sign-in-frame';
import { signInWords } from '../../_account/sign-in-words';

const words = signInWords.login;

export const metadata: Metadata = {
  title: words.title,
  description: words.description,
  alternates: { canonical: '/login' },
  robots: { index: false },
};

interface LoginPageProps {
  searchParams: Promise<{ [name: string]: string | string[] | undefined }>;
}

/** Leads on whoever is signed in already, unless they came to sign in again, or something went wrong. */
export default async function LoginPage({ searchParams }: LoginPageProps) {
  const query = await searchParams;
  const next = query.next === undefined ? '/account' : returnPathOf(first(query.next));
  const problem = first(query.problem);
  const isAgain = query.again !== undefined;
  // Nobody is led to refresh a session whose refresh has just failed.
  const me = await (isAgain || problem !== undefined
    ? readOwnAsItIs<Me>(getMeOperation, '/api/me')
    : readOwnOrNull<Me>(getMeOperation, '/api/me', `/login?${new URLSearchParams({ next })}`));
  if (me && !isAgain && problem === undefined) redirect(next);

  return (
    <SignInFrame>
      <h1>{isAgain ? words.again : words.title}</h1>
      {isAgain ? <p className={styles.lead}>{words.againLead}</p> : null}
      <ProblemOfAddress code={problem} />
      <LoginForm
        next={next}
        email={me?.email ?? ''}
        needsCode={problem === 'second_factor_required'}
        providers={oauthProviders().map(({ id, title }) => ({ id, title }))}
      />
      <p className={styles.ways}>
        <a href="/account/forgot">{words.forgot}</a>
        {me ? (
          <a href="/account">{words.back}</a>
        ) : (
          <span>
            {words.register} <a href="/register">{words.registerLink}</a>
          </span>
        )}
      </p>
    </SignInFrame>
  );
}

interface Me {
  email: string;
}
