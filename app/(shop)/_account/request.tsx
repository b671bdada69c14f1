'use client';

import { useEffect, useRef, useState } from 'react';
import { Problem } from '../api';
import styles from './form.module.css';
import { ProblemNotice } from './problem-notice';

interface Requests {
  isBusy: boolean;
  /** Does one thing at a time, and answers whether it was done. `said` is told then; what `work` throws is told instead. */
  run(work: () => Promise<unknown>, said?: string): Promise<boolean>;
  /** Where it is told. */
  outcome: React.ReactNode;
}

/** What buttons do that stand in no form: the page tells how it went, to those who listen as well. */
export function useRequests(page: string): Requests {
  const place = useRef<HTMLDivElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const [timesDone, setDone] = useState(0);

  async function run(work: () => Promise<unknown>, words?: string): Promise<boolean> {
    if (isBusy) return false;
    setBusy(true);
    setProblem(null);
    setSaid(null);
    try {
      await work();
      setSaid(words ?? null);
      return true;
    } catch (thrown) {
      setProblem(thrown instanceof Problem ? thrown : new Problem(0, {}));
      return false;
    } finally {
      setBusy(false);
      setDone((times) => times + 1);
    }
  }

  // What was pressed may be gone from the page by then, and the focus with it.
  useEffect(() => {
    if (timesDone > 0 && place.current?.textContent) place.current.focus();
  }, [timesDone]);

  const outcome = (
    <div ref={place} tabIndex={-1} className={styles.outcome}>
      <div role="alert">{problem ? <ProblemNotice problem={problem} page={page} /> : null}</div>
      <div role="status">{said ? <p className="notice calm">{said}</p> : null}</div>
    </div>
  );
  return { isBusy, run, outcome };
}
