'use client';

import { useState, useSyncExternalStore } from 'react';
import { flushSync } from 'react-dom';
import { TextField } from '../_checkout/field';
import { callApi, Problem } from '../api';
import { OwnForm, PasswordField } from './form';
import { hasPasskeys, loginWithPasskey } from './passkey';
import { useRequests } from './request';
import styles from './sign-in.module.css';
import { signInWords } from './sign-in-words';

const words = signInWords.login;

interface LoginFormProps {
  /** The page that comes after it: a path of this shop. */
  next: string;
  /** Of whoever is signed in already. */
  email: string;
  /** The server knows already that there has to be a code. */
  needsCode: boolean;
  providers: { id: string; title: string }[];
}

/** The ways to sign in: by password, with a code where the account has an authenticator, by passkey, by a provider's word. */
export function LoginForm({ next, email, needsCode: atFirst, providers }: LoginFormProps) {
  const [needsCode, setNeedsCode] = useState(atFirst);
  const { run, outcome, isBusy } = useRequests('/login');
  // A page that was made on the server does not know.
  const canUsePasskeys = useSyncExternalStore(unchanging, hasPasskeys, () => false);

  async function send(values: FormData): Promise<boolean> {
    const code = String(values.get('code') ?? '').trim();
    try {
      await callApi('POST', '/api/auth/login', {
        body: { email: values.get('email'), password: values.get('password'), ...(code ? { code } : {}) },
      });
    } catch (thrown) {
      if (!(thrown instanceof Problem && thrown.code === 'second_factor_required')) throw thrown;
      // Said at its field, which has to be on the page by then, and takes the focus.
      flushSync(() => setNeedsCode(true));
      const issue = { path: 'code', code: thrown.code, message: words.codeNeeded };
      throw new Problem(401, { code: thrown.code, errors: [issue] });
    }
    leaveFor(next);
    return true;
  }

  async function signInByPasskey() {
    await run(async () => {
      try {
        if (!(await loginWithPasskey())) throw new Problem(0, { detail: words.passkeyNotChosen });
      } catch (thrown) {
        if (!(thrown instanceof Problem && thrown.code === 'login_failed')) throw thrown;
        throw new Problem(401, { code: thrown.code, detail: words.passkeyUnknown });
      }
      leaveFor(next);
    });
  }

  return (
    <>
      <OwnForm label={words.title} submit={words.submit} action="/session/login" send={send}>
        {(errors) => (
          <>
            <input type="hidden" name="next" value={next} />
            <TextField
              path="email"
              label={signInWords.email}
              type="email"
              inputMode="email"
              autoComplete="username"
              maxLength={254}
              defaultValue={email}
              errors={errors}
            />
            <PasswordField path="password" label={signInWords.password} kind="current" errors={errors} />
            {needsCode ? (
              <TextField
                path="code"
                label={words.code}
                hint={words.codeHint}
                autoComplete="one-time-code"
                maxLength={64}
                errors={errors}
              />
            ) : null}
          </>
        )}
      </OwnForm>
      {canUsePasskeys || providers.length > 0 ? (
        <div className={styles.actions}>
          <p className={styles.or}>{words.or}</p>
          {canUsePasskeys ? (
            <button
              type="button"
              className="button quiet"
              aria-disabled={isBusy}
              onClick={() => void signInByPasskey()}
            >
              {words.passkey}
            </button>
          ) : null}
          {providers.map(({ id, title }) => (
            <a key={id} className="button quiet" href={`/api/auth/oauth/${id}?${new URLSearchParams({ next })}`}>
              {words.provider(title)}
            </a>
          ))}
          {outcome}
        </div>
      ) : null}
    </>
  );
}

/** As a new document: nothing that was kept for the guest is shown to whoever is signed in now, and "back" leads past it. */
export function leaveFor(page: string): void {
  window.location.replace(page);
}

const unchanging = () => () => {};
