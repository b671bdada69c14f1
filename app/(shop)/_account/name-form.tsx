'use client';

import { useRouter } from 'next/navigation';
import { TextField } from '../_checkout/field';
import { callApi } from '../api';
import { accountWords } from './account-words';
import { OwnForm } from './form';

const words = accountWords.overview;

export function NameForm({ name }: { name: string }) {
  const router = useRouter();
  return (
    <OwnForm
      label={words.details}
      submit={accountWords.save}
      done={words.saved}
      page="/account"
      isQuiet
      send={async (values) => {
        await callApi('PATCH', '/api/me', { body: { name: values.get('name') } });
        router.refresh();
        return false;
      }}
    >
      {(errors) => (
        <TextField
          path="name"
          label={words.name}
          autoComplete="name"
          maxLength={100}
          required={false}
          defaultValue={name}
          errors={errors}
        />
      )}
    </OwnForm>
  );
}
