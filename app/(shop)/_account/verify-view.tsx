'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { callApi, Problem } from '../api';
import { NeedsScripts, OwnForm, PasswordField } from './form';
import { useLinkToken } from './link-token';
import { leaveFor } from './login-form';
import { Sent } from './sent';
import styles from './sign-in.module.css';
import { signInWords } from './sign-in-words';

const words = signInWords.verify;

/**
 * Opens the account of a registration's link. By itself in the browser that registered; in any other the shop asks for
 * the password, which nobody has whom the letter was only forwarded to.
 */
export function VerifyView() {
  const token = useLinkToken();
  const [failure, setFailure] = useState<Problem | null>(null);
  const asked = useRef<string | null>(null);

  const open = useCallback(
    async (password?: string) => {
      await callApi('POST', '/api/auth/verification', { body: { token, ...(password ? { password } : {}) } });
      leaveFor('/account');
    },
    [token],
  );

  useEffect(() => {
    if (!token || asked.current === token) return;
    asked.current = token;
    open().catch((thrown) => setFailure(thrown instanceof Problem ? thrown : new Problem(0, {})));
  }, [token, open]);

  if (failure?.code === 'password_required') {
    return (
      <>
        <Sent title={words.title} lead={words.passwordLead} />
        <OwnForm
          label={words.title}
          submit={words.submit}
          send={async (values) => {
            await open(String(values.get('password')));
            return true;
          }}
        >
          {(errors) => <PasswordField path="password" label={signInWords.password} kind="current" errors={errors} />}
        </OwnForm>
      </>
    );
  }
  if (failure || token === null) {
    return (
      <Sent title={words.failedTitle} lead={failure?.message ?? signInWords.invitation.noToken}>
        <p className={styles.ways}>
          <a href="/register">{words.register}</a>
          <a href="/login">{words.login}</a>
        </p>
      </Sent>
    );
  }
  return (
    <>
      <h1>{words.title}</h1>
      <NeedsScripts />
      <p role="status" className={`soft ${styles.scripted}`}>
        {words.working}
      </p>
    </>
  );
}
