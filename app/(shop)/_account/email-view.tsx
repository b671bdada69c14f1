'use client';

import { useState } from 'react';
import { TextField } from '../_checkout/field';
import { callApi } from '../api';
import { NeedsScripts, OwnForm } from './form';
import { useLinkToken } from './link-token';
import { Sent } from './sent';
import styles from './sign-in.module.css';
import { signInWords } from './sign-in-words';

const words = signInWords.emailChange;

/** Asks for a link to a new address, or moves the signed-in account by such a link. `email` is null for a guest. */
export function EmailView({ email }: { email: string | null }) {
  const token = useLinkToken();
  const [isSent, setSent] = useState(false);
  if (token && email !== null) return <Confirm token={token} />;
  if (isSent) return <Sent title={words.sentTitle} lead={words.sentLead} />;
  return (
    <>
      <h1>{words.title}</h1>
      {email === null ? (
        <>
          {token ? <p className={styles.lead}>{words.signIn}</p> : null}
          <p>
            <a href="/login?next=/account/email" className="button">
              {signInWords.login.submit}
            </a>
          </p>
        </>
      ) : (
        <>
          <p className={styles.lead}>
            {words.now} <b>{email}</b>. {words.lead}
          </p>
          <OwnForm
            label={words.title}
            submit={words.submit}
            page="/account/email"
            send={async (values) => {
              await callApi('POST', '/api/me/email', { body: { email: values.get('email') } });
              setSent(true);
              return true;
            }}
          >
            {(errors) => (
              <TextField
                path="email"
                label={words.newEmail}
                type="email"
                inputMode="email"
                autoComplete="email"
                maxLength={254}
                errors={errors}
              />
            )}
          </OwnForm>
        </>
      )}
    </>
  );
}

/** A press, and not the visit alone: programs that look through mail open links, too. */
function Confirm({ token }: { token: string }) {
  const [isDone, setDone] = useState(false);
  if (isDone) return <Sent title={words.doneTitle} lead={words.doneLead} />;
  return (
    <>
      <h1>{words.confirmTitle}</h1>
      <p className={styles.lead}>{words.confirmLead}</p>
      <NeedsScripts />
      <OwnForm
        label={words.confirmTitle}
        submit={words.confirm}
        page="/account/email"
        send={async () => {
          await callApi('POST', '/api/auth/email-change', { body: { token } });
          setDone(true);
          return true;
        }}
      >
        {() => null}
      </OwnForm>
    </>
  );
}
