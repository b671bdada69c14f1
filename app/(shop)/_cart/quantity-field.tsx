'use client';

import { useId, useState } from 'react';
import { MinusIcon, PlusIcon } from '../_catalog/icons';
import styles from './quantity-field.module.css';

interface QuantityFieldProps {
  value: number;
  max: number;
  onChange(value: number): void;
  /** Says whose quantity it is. */
  label: string;
  disabled?: boolean;
  size?: 'small' | 'large';
}

/** A whole number from 1 to `max`, typed or stepped. What is typed counts once the field is left or Enter is pressed. */
export function QuantityField({ value, max, onChange, label, disabled = false, size = 'large' }: QuantityFieldProps) {
  const id = useId();
  /** What is in the field while somebody types there; null while it shows the value. */
  const [typed, setTyped] = useState<string | null>(null);

  function settle() {
    if (typed === null) return;
    setTyped(null);
    const number = Number(typed);
    const next = Number.isInteger(number) && number >= 1 ? Math.min(number, max) : value;
    if (next !== value) onChange(next);
  }

  return (
    <div className={styles.field} data-size={size}>
      <label htmlFor={id} className="visually-hidden">
        {label}
      </label>
      <button
        type="button"
        aria-label={`${label}: one less`}
        disabled={disabled || value <= 1}
        onClick={() => onChange(value - 1)}
      >
        <MinusIcon />
      </button>
      <input
        id={id}
        type="text"
        inputMode="numeric"
        pattern="[0-9]*"
        autoComplete="off"
        maxLength={3}
        value={typed ?? value}
        disabled={disabled}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={settle}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          settle();
        }}
      />
      <button
        type="button"
        aria-label={`${label}: one more`}
        disabled={disabled || value >= max}
        onClick={() => onChange(value + 1)}
      >
        <PlusIcon />
      </button>
    </div>
  );
}
