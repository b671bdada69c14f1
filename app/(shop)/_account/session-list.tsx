'use client';

import { useRouter } from 'next/navigation';
import { callApi } from '../api';
import styles from './account.module.css';
import { accountWords } from './account-words';
import { NeedsScripts } from './form';
import { useRequests } from './request';

const words = accountWords.sessions;

interface SessionListProps {
  sessions: { id: string; device: string; facts: string; isCurrent: boolean }[];
}

export function SessionList({ sessions }: SessionListProps) {
  const router = useRouter();
  const { run, outcome, isBusy } = useRequests('/account/sessions');

  async function end(id: string) {
    await run(() => callApi('DELETE', `/api/me/sessions/${id}`), words.ended);
    router.refresh();
  }

  return (
    <div>
      {outcome}
      <NeedsScripts />
      <ul className={styles.list}>
        {sessions.map(({ id, device, facts, isCurrent }) => (
          <li key={id} className={styles.row}>
            <div>
              {device} {isCurrent ? <span className={styles.tag}>{words.here}</span> : null}
              <span className={styles.small}>{facts}</span>
            </div>
            {isCurrent ? null : (
              <p className={styles.tools}>
                <button type="button" className="plain" aria-disabled={isBusy} onClick={() => void end(id)}>
                  {words.end}
                  <span className="visually-hidden">{words.endOf(device)}</span>
                </button>
              </p>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
