'use client';

import { useState } from 'react';
import { TextField } from '../_checkout/field';
import { callApi } from '../api';
import { OwnForm } from './form';
import { Sent } from './sent';
import styles from './sign-in.module.css';
import { signInWords } from './sign-in-words';

const words = signInWords.forgot;

/** Asks for a link to choose another password. What it says afterwards is the same for every address. */
export function ForgotForm({ children }: { children: React.ReactNode }) {
  const [isSent, setSent] = useState(false);
  if (isSent) return <Sent title={words.sentTitle} lead={words.sentLead} />;
  return (
    <>
      <h1>{words.title}</h1>
      <p className={styles.lead}>{words.lead}</p>
      {children}
      <OwnForm
        label={words.title}
        submit={words.submit}
        action="/session/forgot"
        send={async (values) => {
          await callApi('POST', '/api/auth/password-reset', { body: { email: values.get('email') } });
          setSent(true);
          return true;
        }}
      >
        {(errors) => (
          <TextField
            path="email"
            label={signInWords.email}
            type="email"
            inputMode="email"
            autoComplete="username"
            maxLength={254}
            errors={errors}
          />
        )}
      </OwnForm>
    </>
  );
}
