'use client';

import { useState } from 'react';
import { TextField } from '../_checkout/field';
import { callApi } from '../api';
import { OwnForm, PasswordField } from './form';
import { Sent } from './sent';
import { signInWords } from './sign-in-words';

const words = signInWords.register;

/** Asks for an account. What it says afterwards is the same for every address, as the shop's answer is. */
export function RegisterForm({ children }: { children: React.ReactNode }) {
  const [isSent, setSent] = useState(false);

  async function send(values: FormData): Promise<boolean> {
    await callApi('POST', '/api/auth/register', {
      body: { email: values.get('email'), password: values.get('password'), name: values.get('name') },
    });
    setSent(true);
    return true;
  }

  if (isSent) {
    return (
      <Sent title={words.sentTitle} lead={words.sentLead}>
        <p className="soft">
          {words.sentHint}{' '}
          <button type="button" className="plain" onClick={() => setSent(false)}>
            {words.sentAgain}
          </button>
        </p>
      </Sent>
    );
  }
  return (
    <>
      <h1>{words.title}</h1>
      {children}
      <OwnForm label={words.title} submit={words.submit} action="/session/register" send={send}>
        {(errors) => (
          <>
            <TextField
              path="name"
              label={words.name}
              autoComplete="name"
              maxLength={100}
              required={false}
              errors={errors}
            />
            <TextField
              path="email"
              label={signInWords.email}
              type="email"
              inputMode="email"
              autoComplete="username"
              maxLength={254}
              errors={errors}
            />
            <PasswordField path="password" label={signInWords.password} kind="new" errors={errors} />
          </>
        )}
      </OwnForm>
    </>
  );
}
