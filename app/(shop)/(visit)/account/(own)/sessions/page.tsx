import type { Metadata } from 'next';
import { listSessionsOperation } from '@/node/profile';
import styles from '../../../../_account/account.module.css';
import { accountWords, agoText, dayText } from '../../../../_account/account-words';
import { deviceText } from '../../../../_account/device-words';
import { readOwn } from '../../../../_account/own-pages';
import { SessionList } from '../../../../_account/session-list';

const words = accountWords.sessions;

export const metadata: Metadata = { title: words.title, robots: { index: false } };

interface SessionItem {
  id: string;
  userAgent: string;
  place: string;
  createdAt: string;
  lastSeenAt: string;
  isCurrent: boolean;
}

export default async function SessionsPage() {
  const { items } = await readOwn<{ items: SessionItem[] }>(
    listSessionsOperation,
    '/api/me/sessions',
    '/account/sessions',
  );
  const now = new Date();
  return (
    <>
      <header className={styles.head}>
        <h1>{words.title}</h1>
        <p className={styles.lead}>{words.lead}</p>
      </header>
      {/* Said here, where the clock and the words are: the browser only shows it. */}
      <SessionList
        sessions={items.map(({ id, userAgent, place, createdAt, lastSeenAt, isCurrent }) => ({
          id,
          isCurrent,
          device: deviceText(userAgent),
          facts: [
            words.seen(agoText(lastSeenAt, now)),
            ...(place ? [words.near(place)] : []),
            words.since(dayText(createdAt)),
          ].join(', '),
        }))}
      />
      <section className={styles.section} aria-labelledby="everywhere">
        <h2 id="everywhere">{words.everywhere}</h2>
        <p className="soft">{words.everywhereLead}</p>
        <form action="/session/logout" method="post">
          <input type="hidden" name="everywhere" value="true" />
          <button type="submit" className="button quiet">
            {words.everywhere}
          </button>
        </form>
      </section>
    </>
  );
}
