'use client';

import { useState } from 'react';
import { callApi } from '../api';
import { NeedsScripts, OwnForm, PasswordField } from './form';
import { useLinkToken } from './link-token';
import { Sent } from './sent';
import styles from './sign-in.module.css';
import { signInWords } from './sign-in-words';

const words = signInWords.reset;

/** Sets a new password by a mailed link. */
export function ResetView() {
  const token = useLinkToken();
  const [isDone, setDone] = useState(false);
  if (isDone) {
    return (
      <Sent title={words.doneTitle} lead={words.doneLead}>
        <p>
          <a href="/login" className="button">
            {words.login}
          </a>
        </p>
      </Sent>
    );
  }
  return (
    <>
      <h1>{words.title}</h1>
      {token ? (
        <>
          <p className={styles.lead}>{words.lead}</p>
          <OwnForm
            label={words.title}
            submit={words.submit}
            send={async (values) => {
              const body = { token, password: values.get('password') };
              await callApi('POST', '/api/auth/password-reset/confirmation', { body });
              setDone(true);
              return true;
            }}
          >
            {(errors) => <PasswordField path="password" label={signInWords.newPassword} kind="new" errors={errors} />}
          </OwnForm>
        </>
      ) : null}
      {token === null ? <p className={styles.lead}>{words.noToken}</p> : null}
      <NeedsScripts />
      <p className={styles.ways}>
        <a href="/account/forgot">{words.again}</a>
      </p>
    </>
  );
}
