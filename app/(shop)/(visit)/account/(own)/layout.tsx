import styles from '../../../_account/account.module.css';
import { AccountNav } from '../../../_account/account-nav';

/** The account's own pages. Each of them asks for itself who is signed in: a layout is not rendered anew with its pages. */
export default function OwnLayout({ children }: { children: React.ReactNode }) {
  return (
    <div className={`page ${styles.account}`}>
      <AccountNav />
      <div className={styles.content}>{children}</div>
    </div>
  );
}
