import type { Problem } from '../api';
import { accountWords as words } from './account-words';
import styles from './form.module.css';

interface ProblemNoticeProps {
  problem: Problem;
  /** The page to come back to where the shop asks for a fresh sign-in first. */
  page?: string | undefined;
}

/** What is wrong, and the way out where there is one. */
export function ProblemNotice({ problem, page }: ProblemNoticeProps) {
  if (page && TO_SIGN_IN.has(problem.code)) {
    // A document of its own, under the policy of its own: not by the router.
    return (
      <div className="notice">
        <p>{words.signInAgainLead}</p>
        <a className={styles.again} href={`/login?${new URLSearchParams({ next: page, again: '' })}`}>
          {words.signInAgain}
        </a>
      </div>
    );
  }
  return (
    <div className="notice">
      <p>{problem.message}</p>
    </div>
  );
}

const TO_SIGN_IN = new Set(['login_required', 'unauthenticated']);
