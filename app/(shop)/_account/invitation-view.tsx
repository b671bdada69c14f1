'use client';

import { useState } from 'react';
import { callApi } from '../api';
import { NeedsScripts, OwnForm } from './form';
import { useLinkToken } from './link-token';
import { Sent } from './sent';
import styles from './sign-in.module.css';
import { signInWords } from './sign-in-words';

const words = signInWords.invitation;

interface Joined {
  role: { title: string };
}

/** Makes the signed-in account one of the staff, by the link of an invitation. */
export function InvitationView({ isSignedIn }: { isSignedIn: boolean }) {
  const token = useLinkToken();
  const [title, setTitle] = useState<string | null>(null);
  if (title !== null) return <Sent title={words.doneTitle} lead={words.doneLead(title)} />;
  return (
    <>
      <h1>{words.title}</h1>
      <NeedsScripts />
      {isSignedIn ? null : (
        <>
          <p className={styles.lead}>{words.signIn}</p>
          <p>
            <a href="/login" className="button">
              {signInWords.login.submit}
            </a>
          </p>
        </>
      )}
      {isSignedIn && token === null ? <p className={styles.lead}>{words.noToken}</p> : null}
      {isSignedIn && token ? (
        <>
          <p className={styles.lead}>{words.lead}</p>
          <OwnForm
            label={words.title}
            submit={words.confirm}
            page="/account"
            send={async () => {
              const { role } = await callApi<Joined>('POST', '/api/admin/invitations/acceptance', { body: { token } });
              setTitle(role.title);
              return true;
            }}
          >
            {() => null}
          </OwnForm>
        </>
      ) : null}
    </>
  );
}
