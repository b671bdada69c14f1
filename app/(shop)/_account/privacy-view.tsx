'use client';

import { useState } from 'react';
import { useCart } from '../_cart/cart-provider';
import { FieldError, fieldId } from '../_checkout/field';
import { callApi, Problem } from '../api';
import styles from './account.module.css';
import { accountWords } from './account-words';
import { OwnForm } from './form';
import { useRequests } from './request';
import { Sent } from './sent';

const words = accountWords.privacy;

/** What the shop has of an account: to take along, and to have deleted. */
export function PrivacyView() {
  const { reload } = useCart();
  const { run, outcome } = useRequests('/account/privacy');
  const [isDeleted, setDeleted] = useState(false);
  if (isDeleted) {
    return (
      <Sent title={words.removedTitle} lead={words.removedLead}>
        <p>
          <a href="/" className="button">
            {words.home}
          </a>
        </p>
      </Sent>
    );
  }
  return (
    <>
      <h1>{words.title}</h1>
      <section className={styles.section} aria-labelledby="download">
        <h2 id="download">{words.download}</h2>
        <p className="soft">{words.downloadLead}</p>
        <p>
          <a
            href="/api/me/export"
            download
            className="button quiet"
            onClick={(event) => {
              const { href } = event.currentTarget;
              event.preventDefault();
              // The browser fetches the file by itself, and would save the shop's word on a session that is to be refreshed.
              void run(() => callApi('GET', '/api/me')).then((isLive) => isLive && window.location.assign(href));
            }}
          >
            {words.downloadButton}
          </a>
        </p>
        {outcome}
      </section>
      <section className={styles.section} aria-labelledby="remove">
        <h2 id="remove">{words.remove}</h2>
        <p className="soft">{words.removeLead}</p>
        <OwnForm
          label={words.remove}
          submit={words.removeButton}
          page="/account/privacy"
          isQuiet
          send={async (values) => {
            if (values.get('confirm') !== 'yes') {
              throw new Problem(0, { errors: [{ path: 'confirm', code: 'required', message: words.confirmNeeded }] });
            }
            await callApi('DELETE', '/api/me');
            setDeleted(true);
            // It was the account's.
            reload().catch(() => {});
            return true;
          }}
        >
          {(errors) => (
            <div>
              <label className={styles.check}>
                <input
                  id={fieldId('confirm')}
                  type="checkbox"
                  name="confirm"
                  value="yes"
                  aria-invalid={errors.confirm ? true : undefined}
                  aria-describedby={errors.confirm ? `${fieldId('confirm')}-error` : undefined}
                />
                {words.confirm}
              </label>
              <FieldError path="confirm" errors={errors} />
            </div>
          )}
        </OwnForm>
      </section>
    </>
  );
}
