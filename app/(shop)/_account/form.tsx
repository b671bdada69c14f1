'use client';

import { useEffect, useId, useRef, useState } from 'react';
import { type FieldErrors, fieldId, TextField } from '../_checkout/field';
import { Problem } from '../api';
import styles from './form.module.css';
import { ProblemNotice } from './problem-notice';
import { signInWords as words } from './sign-in-words';

interface OwnFormProps {
  label: string;
  submit: string;
  /** Where a browser without scripts sends it; without one it is told that it needs them. */
  action?: string;
  /** The page to come back to where the shop asks for a fresh sign-in first. */
  page?: string;
  /** Sends what was entered; throws `Problem`. Answers true where the page is being left, so that nothing is sent twice. */
  send(values: FormData, form: HTMLFormElement): Promise<boolean | undefined>;
  /** Said when it was done, where the form stays. */
  done?: string;
  /** Another button beside the one that sends. */
  beside?: React.ReactNode;
  isQuiet?: boolean;
  children(errors: FieldErrors): React.ReactNode;
}

/**
 * A form of the account: says at each field what is wrong with it, and above the button what is wrong with all of it.
 * While its answer is on the way it does not send again.
 */
export function OwnForm({ label, submit, action, page, send, done, beside, isQuiet = false, children }: OwnFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const notice = useRef<HTMLDivElement>(null);
  const [errors, setErrors] = useState<FieldErrors>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  /** How often something was told to be wrong. */
  const [timesShown, setShown] = useState(0);

  async function submitted(event: React.FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (isBusy) return;
    const sent = event.currentTarget;
    setProblem(null);
    setDone(false);
    const missing = missingFields(sent);
    if (Object.keys(missing).length > 0) return show(missing, null);
    setErrors({});
    setBusy(true);
    try {
      if (await send(new FormData(sent), sent)) return;
      setDone(true);
    } catch (thrown) {
      const refused = thrown instanceof Problem ? thrown : new Problem(0, {});
      const found: FieldErrors = {};
      for (const { path, message } of refused.errors) {
        if (document.getElementById(fieldId(path))) found[path] ??= message;
      }
      show(found, Object.keys(found).length > 0 ? null : refused);
    }
    setBusy(false);
  }

  function show(found: FieldErrors, refused: Problem | null) {
    setErrors(found);
    setProblem(refused);
    setShown((times) => times + 1);
  }

  // After the messages are on the page: the focus then reads them out.
  useEffect(() => {
    if (timesShown === 0) return;
    const invalid = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    (invalid ?? notice.current)?.focus();
  }, [timesShown]);

  return (
    <form
      ref={form}
      className={styles.form}
      action={action}
      method="post"
      onSubmit={submitted}
      onInput={({ target }) => {
        const { name } = target as HTMLInputElement;
        if (errors[name]) setErrors(({ [name]: _mended, ...others }) => others);
      }}
      noValidate
      aria-label={label}
    >
      {children(errors)}
      {action ? null : <NeedsScripts />}
      <div>
        <div ref={notice} tabIndex={-1} role="alert" className={styles.notice}>
          {problem ? <ProblemNotice problem={problem} page={page} /> : null}
        </div>
        <div role="status" className={styles.notice}>
          {isDone && done ? <p className="notice calm">{done}</p> : null}
        </div>
        <div className={styles.buttons}>
          <button type="submit" className={isQuiet ? 'button quiet' : 'button'} aria-disabled={isBusy}>
            {isBusy ? words.oneMoment : submit}
          </button>
          {beside}
        </div>
      </div>
    </form>
  );
}

export function NeedsScripts() {
  return (
    <noscript>
      <p className="notice">{words.needsScripts}</p>
    </noscript>
  );
}

interface PasswordFieldProps {
  path: string;
  label: string;
  errors: FieldErrors;
  /** Of which the browser, or a keeper of passwords, offers one. */
  kind: 'current' | 'new';
}

/** A password, to be looked at by whoever types it. */
export function PasswordField({ kind, ...field }: PasswordFieldProps) {
  const id = useId();
  const [isShown, setShown] = useState(false);
  return (
    <div>
      <TextField
        {...field}
        type={isShown ? 'text' : 'password'}
        autoComplete={`${kind}-password`}
        maxLength={512}
        {...(kind === 'new' ? { hint: words.passwordHint } : {})}
      />
      <label htmlFor={id} className={styles.show}>
        <input
          id={id}
          type="checkbox"
          checked={isShown}
          onChange={(event) => setShown(event.currentTarget.checked)}
          aria-controls={fieldId(field.path)}
        />
        {words.showPassword}
      </label>
    </div>
  );
}

/** What the browser can tell by itself; everything else the shop tells. */
function missingFields(form: HTMLFormElement): FieldErrors {
  const found: FieldErrors = {};
  for (const element of form.elements) {
    if (element instanceof HTMLInputElement && element.required && element.value.trim() === '') {
      found[element.name] = words.needed;
    }
  }
  return found;
}
