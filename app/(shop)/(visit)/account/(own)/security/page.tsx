import type { Metadata } from 'next';
import { listIdentitiesOperation } from '@/node/oauth';
import { oauthProviders } from '@/node/oauth/providers';
import { listPasskeysOperation } from '@/node/passkeys';
import { getMeOperation } from '@/node/profile';
import styles from '../../../../_account/account.module.css';
import { accountWords, agoText, dayText } from '../../../../_account/account-words';
import { IdentityList } from '../../../../_account/identity-list';
import { readOwn } from '../../../../_account/own-pages';
import type { Passkey } from '../../../../_account/passkey';
import { PasskeyList } from '../../../../_account/passkey-list';
import { PasswordForm } from '../../../../_account/password-form';
import type { Profile } from '../../../../_account/profile';

const words = accountWords.security;
const PAGE = '/account/security';

export const metadata: Metadata = { title: words.title, robots: { index: false } };

interface Identity {
  id: string;
  provider: string | null;
  title: string;
  email: string;
}

export default async function SecurityPage() {
  const me = await readOwn<Profile>(getMeOperation, '/api/me', PAGE);
  const [passkeys, identities] = await Promise.all([
    readOwn<{ items: Passkey[] }>(listPasskeysOperation, '/api/me/passkeys', PAGE),
    readOwn<{ items: Identity[] }>(listIdentitiesOperation, '/api/me/identities', PAGE),
  ]);
  const providers = oauthProviders().map(({ id, title }) => ({ id, title }));
  const linked = new Set(identities.items.map(({ provider }) => provider));
  const now = new Date();
  return (
    <>
      <h1>{words.title}</h1>
      <section className={styles.section} aria-labelledby="password">
        <h2 id="password">{words.password}</h2>
        <p className="soft">{me.hasPassword ? words.passwordLead : words.noPasswordLead}</p>
        <div className={styles.narrow}>
          <PasswordForm email={me.email} hasPassword={me.hasPassword} />
        </div>
      </section>
      <section className={styles.section} aria-labelledby="passkeys">
        <h2 id="passkeys">{words.passkeys}</h2>
        <p className="soft">{words.passkeysLead}</p>
        <PasskeyList
          passkeys={passkeys.items.map(({ id, name, createdAt, lastUsedAt }) => ({
            id,
            name,
            facts: `${words.added(dayText(createdAt))}, ${lastUsedAt ? words.lastUsed(agoText(lastUsedAt, now)) : words.neverUsed}`,
          }))}
        />
      </section>
      {providers.length > 0 || identities.items.length > 0 ? (
        <section className={styles.section} aria-labelledby="providers">
          <h2 id="providers">{words.providers}</h2>
          <p className="soft">{words.providersLead}</p>
          <IdentityList
            identities={identities.items.map(({ id, title, email }) => ({ id, title, email }))}
            linkable={providers.filter(({ id }) => !linked.has(id))}
          />
        </section>
      ) : null}
    </>
  );
}
