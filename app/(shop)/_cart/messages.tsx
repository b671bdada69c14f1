'use client';

import Link from 'next/link';
import { useEffect } from 'react';
import styles from './messages.module.css';

export interface ShownMessage {
  id: number;
  /** An alert interrupts a screen reader and stays longer. */
  tone: 'calm' | 'alert';
  text: string;
  action?: { label: string; run: () => void } | { label: string; href: string };
}

/** The shop's word on what just happened, at the foot of the window and in the ear of a screen reader. */
export function Messages({ messages, dismiss }: { messages: readonly ShownMessage[]; dismiss: (id: number) => void }) {
  const calm = messages.filter((message) => message.tone === 'calm');
  const alerts = messages.filter((message) => message.tone === 'alert');
  // Both regions exist from the start: a region that appears together with its words is often not read out.
  return (
    <div className={styles.messages}>
      <div role="status" aria-live="polite">
        {calm.map((message) => (
          <Message key={message.id} message={message} dismiss={dismiss} />
        ))}
      </div>
      <div role="alert">
        {alerts.map((message) => (
          <Message key={message.id} message={message} dismiss={dismiss} />
        ))}
      </div>
    </div>
  );
}

function Message({ message, dismiss }: { message: ShownMessage; dismiss: (id: number) => void }) {
  const { id, tone, text, action } = message;
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), tone === 'alert' ? 15_000 : 9_000);
    return () => clearTimeout(timer);
  }, [id, tone, dismiss]);

  return (
    <div className={styles.message} data-tone={tone}>
      <p>{text}</p>
      {action && 'href' in action ? (
        <Link href={action.href} className={styles.action} onClick={() => dismiss(id)}>
          {action.label}
        </Link>
      ) : null}
      {action && 'run' in action ? (
        <button
          type="button"
          className={styles.action}
          onClick={() => {
            action.run();
            dismiss(id);
          }}
        >
          {action.label}
        </button>
      ) : null}
      <button type="button" className={styles.close} onClick={() => dismiss(id)}>
        <span aria-hidden="true">×</span>
        <span className="visually-hidden">Dismiss this message</span>
      </button>
    </div>
  );
}
