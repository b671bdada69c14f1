'use client';

import { useRouter } from 'next/navigation';
import { useId, useState, useSyncExternalStore } from 'react';
import { callApi, Problem } from '../api';
import styles from './account.module.css';
import { accountWords } from './account-words';
import { NeedsScripts } from './form';
import { hasPasskeys, registerPasskey } from './passkey';
import { useRequests } from './request';

const words = accountWords.security;

interface PasskeyItem {
  id: string;
  name: string;
  facts: string;
}

export function PasskeyList({ passkeys }: { passkeys: PasskeyItem[] }) {
  const router = useRouter();
  const { run, outcome, isBusy } = useRequests('/account/security');
  const [renamed, setRenamed] = useState<string | null>(null);
  // A page that was made on the server does not know; most browsers have them.
  const canUsePasskeys = useSyncExternalStore(unchanging, hasPasskeys, () => true);

  async function change(work: () => Promise<unknown>, said: string) {
    if (await run(work, said)) setRenamed(null);
    router.refresh();
  }

  async function add() {
    if (!(await registerPasskey())) throw new Problem(0, { detail: words.passkeyNotMade });
  }

  return (
    <>
      {outcome}
      {passkeys.length > 0 ? (
        <ul className={styles.list} aria-label={words.passkeys}>
          {passkeys.map(({ id, name, facts }) => {
            const path = `/api/me/passkeys/${encodeURIComponent(id)}`;
            return (
              <li key={id} className={styles.row}>
                {renamed === id ? (
                  <Rename
                    name={name}
                    save={(changed) =>
                      void change(() => callApi('PATCH', path, { body: { name: changed } }), words.passkeyRenamed)
                    }
                    cancel={() => setRenamed(null)}
                  />
                ) : (
                  <>
                    <div>
                      {name}
                      <span className={styles.small}>{facts}</span>
                    </div>
                    <p className={styles.tools}>
                      <button type="button" className="plain" onClick={() => setRenamed(id)}>
                        {words.rename}
                        <span className="visually-hidden"> {name}</span>
                      </button>
                      <button
                        type="button"
                        className="plain"
                        aria-disabled={isBusy}
                        onClick={() => void change(() => callApi('DELETE', path), words.passkeyRemoved)}
                      >
                        {words.remove}
                        <span className="visually-hidden"> {name}</span>
                      </button>
                    </p>
                  </>
                )}
              </li>
            );
          })}
        </ul>
      ) : (
        <p>{words.noPasskeys}</p>
      )}
      <NeedsScripts />
      {canUsePasskeys ? (
        <button
          type="button"
          className={`button quiet ${styles.inline}`}
          aria-disabled={isBusy}
          onClick={() => void change(add, words.passkeyAdded)}
        >
          {words.addPasskey}
        </button>
      ) : (
        <p className="soft">{words.passkeysUnsupported}</p>
      )}
    </>
  );
}

interface RenameProps {
  name: string;
  save(name: string): void;
  cancel(): void;
}

function Rename({ name, save, cancel }: RenameProps) {
  const id = useId();
  return (
    <form
      className={styles.rename}
      onSubmit={(event) => {
        event.preventDefault();
        save(String(new FormData(event.currentTarget).get('passkey')));
      }}
    >
      <label htmlFor={id} className="visually-hidden">
        {words.passkeyName}
      </label>
      <input
        id={id}
        // Pressing "Rename" is asking for it.
        ref={(input) => input?.focus()}
        className="input"
        name="passkey"
        defaultValue={name}
        maxLength={100}
        required
        autoComplete="off"
      />
      <button type="submit" className="button quiet">
        {accountWords.save}
      </button>
      <button type="button" className="plain" onClick={cancel}>
        {accountWords.cancel}
      </button>
    </form>
  );
}

const unchanging = () => () => {};
