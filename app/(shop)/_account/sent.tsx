'use client';

import { useEffect, useRef } from 'react';
import styles from './sign-in.module.css';

interface SentProps {
  title: string;
  lead: string;
  children?: React.ReactNode;
}

/** What takes the place of a form that is done: its heading takes the focus, so that it is read out. */
export function Sent({ title, lead, children }: SentProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <h1 ref={heading} tabIndex={-1} className={styles.heading}>
        {title}
      </h1>
      <p className={styles.lead}>{lead}</p>
      {children}
    </>
  );
}
