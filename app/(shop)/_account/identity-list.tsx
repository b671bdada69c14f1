'use client';

import { useRouter } from 'next/navigation';
import { callApi } from '../api';
import styles from './account.module.css';
import { accountWords } from './account-words';
import { useRequests } from './request';

const words = accountWords.security;

interface IdentityListProps {
  identities: { id: string; title: string; email: string }[];
  /** The providers that can still be linked. */
  linkable: { id: string; title: string }[];
}

export function IdentityList({ identities, linkable }: IdentityListProps) {
  const router = useRouter();
  const { run, outcome, isBusy } = useRequests('/account/security');
  return (
    <>
      {outcome}
      {identities.length > 0 ? (
        <ul className={styles.list} aria-label={words.providers}>
          {identities.map(({ id, title, email }) => (
            <li key={id} className={styles.row}>
              <div>
                {title}
                <span className={styles.small}>{email}</span>
              </div>
              <p className={styles.tools}>
                <button
                  type="button"
                  className="plain"
                  aria-disabled={isBusy}
                  onClick={async () => {
                    await run(() => callApi('DELETE', `/api/me/identities/${id}`), words.unlinked(title));
                    router.refresh();
                  }}
                >
                  {words.unlink}
                  <span className="visually-hidden"> {title}</span>
                </button>
              </p>
            </li>
          ))}
        </ul>
      ) : (
        <p>{words.noProviders}</p>
      )}
      {linkable.length > 0 ? (
        <p className={styles.pages}>
          {linkable.map(({ id, title }) => (
            <a key={id} className="button quiet" href={`/api/auth/oauth/${id}?next=/account/security`}>
              {words.link(title)}
            </a>
          ))}
        </p>
      ) : null}
    </>
  );
}
