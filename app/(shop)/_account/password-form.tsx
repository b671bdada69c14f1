'use client';

import { useRouter } from 'next/navigation';
import { callApi } from '../api';
import { accountWords } from './account-words';
import { OwnForm, PasswordField } from './form';

const words = accountWords.security;

interface PasswordFormProps {
  /** Whose password it is, for whatever keeps passwords. */
  email: string;
  hasPassword: boolean;
}

export function PasswordForm({ email, hasPassword }: PasswordFormProps) {
  const router = useRouter();
  const title = hasPassword ? words.changePassword : words.setPassword;
  return (
    <OwnForm
      label={title}
      submit={title}
      done={words.passwordChanged}
      page="/account/security"
      isQuiet
      send={async (values, form) => {
        const currentPassword = values.get('currentPassword');
        await callApi('POST', '/api/me/password', {
          body: { password: values.get('password'), ...(currentPassword === null ? {} : { currentPassword }) },
        });
        form.reset();
        router.refresh();
        return false;
      }}
    >
      {(errors) => (
        <>
          <input type="hidden" autoComplete="username" value={email} readOnly />
          {hasPassword ? (
            <PasswordField path="currentPassword" label={words.currentPassword} kind="current" errors={errors} />
          ) : null}
          <PasswordField path="password" label={words.newPassword} kind="new" errors={errors} />
        </>
      )}
    </OwnForm>
  );
}
