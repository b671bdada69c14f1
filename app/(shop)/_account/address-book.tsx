'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { Address } from '@/commerce/cart';
import { AddressFields, addressIn, type Country } from '../_checkout/address-fields';
import { addressLines } from '../_checkout/address-lines';
import { callApi } from '../api';
import styles from './account.module.css';
import { accountWords } from './account-words';
import { NeedsScripts, OwnForm } from './form';
import { useRequests } from './request';

const words = accountWords.addresses;
const PAGE = '/account/addresses';

export interface KeptAddress {
  id: string;
  address: Address;
  isDefault: boolean;
}

/** The addresses of an account, the default one first, and the form for one at a time. */
export function AddressBook({ addresses, countries }: { addresses: KeptAddress[]; countries: Country[] }) {
  const router = useRouter();
  const { run, outcome, isBusy } = useRequests(PAGE);
  /** The one that is being changed; `new` for one that is being added. */
  const [edited, setEdited] = useState<KeptAddress | 'new' | null>(null);

  async function change(work: () => Promise<unknown>, said: string) {
    await run(work, said);
    router.refresh();
  }

  if (edited !== null) {
    const path = edited === 'new' ? '/api/me/addresses' : `/api/me/addresses/${edited.id}`;
    return (
      <AddressForm
        key={path}
        edited={edited === 'new' ? null : edited}
        firstCountry={addresses[0]?.address.country ?? countries[0]?.code ?? ''}
        countries={countries}
        cancel={() => setEdited(null)}
        save={async (body) => {
          await callApi(edited === 'new' ? 'POST' : 'PATCH', path, { body });
          setEdited(null);
          await change(async () => {}, edited === 'new' ? words.added : words.changed);
        }}
      />
    );
  }
  return (
    <>
      {outcome}
      {addresses.length > 0 ? (
        <ul className={styles.addresses}>
          {addresses.map((kept) => (
            <li key={kept.id}>
              <div>
                <address className={styles.address}>
                  {addressLines(kept.address).map((line) => (
                    <span key={line}>{line}</span>
                  ))}
                </address>
                {kept.isDefault ? (
                  <span className={styles.tag}>
                    {words.isDefault}
                    <span className="visually-hidden">{words.defaultOf(kept.address.name)}</span>
                  </span>
                ) : null}
              </div>
              <p className={styles.tools}>
                <button type="button" className="plain" onClick={() => setEdited(kept)}>
                  {words.change}
                  <span className="visually-hidden">{words.of(kept.address.name)}</span>
                </button>
                {kept.isDefault ? null : (
                  <button
                    type="button"
                    className="plain"
                    aria-disabled={isBusy}
                    onClick={() =>
                      void change(
                        () => callApi('PATCH', `/api/me/addresses/${kept.id}`, { body: { isDefault: true } }),
                        words.defaultChanged,
                      )
                    }
                  >
                    {words.makeDefault}
                    <span className="visually-hidden">{words.defaultOf(kept.address.name)}</span>
                  </button>
                )}
                <button
                  type="button"
                  className="plain"
                  aria-disabled={isBusy}
                  onClick={() => void change(() => callApi('DELETE', `/api/me/addresses/${kept.id}`), words.removed)}
                >
                  {words.remove}
                  <span className="visually-hidden">{words.of(kept.address.name)}</span>
                </button>
              </p>
            </li>
          ))}
        </ul>
      ) : (
        <p className={styles.lead}>{words.none}</p>
      )}
      <NeedsScripts />
      <button type="button" className={`button quiet ${styles.inline}`} onClick={() => setEdited('new')}>
        {words.add}
      </button>
    </>
  );
}

interface AddressFormProps {
  edited: KeptAddress | null;
  /** Of an address that is being added. */
  firstCountry: string;
  countries: Country[];
  save(body: { address: Address; isDefault?: true }): Promise<void>;
  cancel(): void;
}

function AddressForm({ edited, firstCountry, countries, save, cancel }: AddressFormProps) {
  const [country, setCountry] = useState(edited?.address.country ?? firstCountry);
  const title = edited ? words.changeTitle : words.addTitle;
  return (
    <section className={`${styles.section} ${styles.narrow}`} aria-labelledby="edited">
      {/* What was pressed is gone from the page; the reading goes on here. */}
      <h2 id="edited" tabIndex={-1} ref={(heading) => heading?.focus()} className={styles.focused}>
        {title}
      </h2>
      <OwnForm
        label={title}
        submit={accountWords.save}
        page={PAGE}
        send={async (values, form) => {
          const address = addressIn(form, 'address', country);
          await save({ address, ...(values.get('isDefault') === 'yes' ? { isDefault: true } : {}) });
          return true;
        }}
        beside={
          <button type="button" className="button quiet" onClick={cancel}>
            {accountWords.cancel}
          </button>
        }
      >
        {(errors) => (
          <>
            <AddressFields
              prefix="address"
              address={edited?.address ?? null}
              country={country}
              countries={countries}
              chooseCountry={setCountry}
              errors={errors}
            />
            {edited?.isDefault ? null : (
              <label className={styles.check}>
                <input type="checkbox" name="isDefault" value="yes" />
                {words.useByDefault}
              </label>
            )}
          </>
        )}
      </OwnForm>
    </section>
  );
}
