'use client';

import { useId, useRef, useState } from 'react';
import type { Cart, PromotionOutcome } from '@/commerce/cart';
import { Problem } from '../api';
import { CodeTag } from './adjustments';
import { useCart } from './cart-provider';
import styles from './code-field.module.css';
import { reasonText } from './promotion-words';

/**
 * Where gift and discount codes are entered, and what became of each. It is no form of its own, so that it can stand in
 * another one.
 */
export function CodeField({ cart, onChange }: { cart: Cart; onChange?: () => void }) {
  const { enterCode, removeCode, pending } = useCart();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);

  /** Answers whether it was done; says so, or why not. */
  async function run(work: () => Promise<Cart>, told: (changed: Cart) => string): Promise<boolean> {
    if (isBusy) return false;
    setBusy(true);
    setError(null);
    setSaid('');
    try {
      setSaid(told(await work()));
      onChange?.();
      return true;
    } catch (thrown) {
      setError(wordsFor(thrown));
      return false;
    } finally {
      setBusy(false);
      field.current?.focus();
    }
  }

  async function apply() {
    const input = field.current;
    const code = input?.value.trim() ?? '';
    if (!input || isBusy) return;
    if (code === '') {
      setError('Enter a code first.');
      input.focus();
      return;
    }
    const isDone = await run(
      () => enterCode(code),
      (changed) => {
        const entered = outcomeOf(code.toUpperCase(), changed.promotions);
        return entered?.status === 'applied'
          ? `${entered.label} applies.`
          : 'The code is kept, and does not apply yet.';
      },
    );
    if (isDone) input.value = '';
  }

  return (
    <div className={styles.codes}>
      <div className="field">
        <label htmlFor={id}>Gift or discount code</label>
        <div className={styles.entry}>
          <input
            id={id}
            ref={field}
            className="input"
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            enterKeyHint="done"
            maxLength={64}
            aria-invalid={error ? true : undefined}
            aria-describedby={`${id}-said`}
            onInput={() => setError(null)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              void apply();
            }}
          />
          <button type="button" className="button quiet" aria-disabled={isBusy} onClick={() => void apply()}>
            Apply
          </button>
        </div>
        <p id={`${id}-said`} aria-live="polite" className={error ? 'field-error' : styles.said}>
          {error ?? said}
        </p>
      </div>
      {cart.coupons.length > 0 ? (
        <ul className={styles.entered} aria-label="Codes in this cart">
          {cart.coupons.map(({ code }) => (
            <li key={code}>
              <CodeTag code={code} />
              <CodeOutcome outcome={outcomeOf(code, cart.promotions)} pending={pending} />
              <button
                type="button"
                className={styles.remove}
                aria-disabled={isBusy}
                onClick={() =>
                  void run(
                    () => removeCode(code),
                    () => `${code} was taken out.`,
                  )
                }
              >
                <span aria-hidden="true">×</span>
                <span className="visually-hidden">Take out {code}</span>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function CodeOutcome({ outcome, pending }: { outcome: PromotionOutcome | undefined; pending: boolean }) {
  if (pending) return <span className={styles.why}>…</span>;
  if (!outcome) return <span className={styles.why}>Another code does the same already.</span>;
  const { status, label, reason, provisional } = outcome;
  if (status === 'not_applied') return <span className={styles.why}>{reason ? reasonText(reason) : label}</span>;
  return (
    <span className={styles.applied}>
      Applied{provisional ? <span className={styles.why}>, checked when you order</span> : null}
    </span>
  );
}

const outcomeOf = (code: string, promotions: readonly PromotionOutcome[]) =>
  promotions.find((promotion) => promotion.code === code);

function wordsFor(thrown: unknown): string {
  if (!(thrown instanceof Problem)) return 'Something went wrong. Please try again.';
  if (thrown.code === 'coupon_unknown') return 'There is no such code. Look at its letters once more.';
  return thrown.errors[0]?.message ?? thrown.message;
}
