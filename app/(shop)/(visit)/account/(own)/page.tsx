import type { Metadata } from 'next';
import Link from 'next/link';
import { getMeOperation } from '@/node/profile';
import styles from '../../../_account/account.module.css';
import { accountWords, dayText } from '../../../_account/account-words';
import { NameForm } from '../../../_account/name-form';
import { readOwn } from '../../../_account/own-pages';
import type { Profile } from '../../../_account/profile';

const words = accountWords.overview;

export const metadata: Metadata = { title: words.title, robots: { index: false } };

export default async function AccountPage() {
  const me = await readOwn<Profile>(getMeOperation, '/api/me', '/account');
  return (
    <>
      <header className={styles.head}>
        <h1>{words.hello(me.name)}</h1>
        <p className="soft">
          {words.since(dayText(me.createdAt))} {me.staff ? words.staff(me.staff.title) : null}
        </p>
      </header>
      <ul className={styles.rooms}>
        {Object.entries(words.leads).map(([href, lead]) => (
          <li key={href}>
            <Link href={href} prefetch={false}>
              <strong>{accountWords.pages[href as keyof typeof words.leads]}</strong>
              <span className={styles.small}>{lead}</span>
            </Link>
          </li>
        ))}
      </ul>
      <section className={styles.section} aria-labelledby="details">
        <h2 id="details">{words.details}</h2>
        <dl className={styles.facts}>
          <dt>{words.email}</dt>
          <dd>
            {me.email}{' '}
            <a href="/account/email">
              {words.changeEmail}
              <span className="visually-hidden"> {words.email}</span>
            </a>
          </dd>
        </dl>
        <div className={styles.narrow}>
          <NameForm name={me.name} />
        </div>
      </section>
    </>
  );
}
