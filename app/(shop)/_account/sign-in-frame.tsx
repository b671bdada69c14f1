import { Picture } from '../_catalog/picture';
import styles from './sign-in.module.css';

/** What the pages that lead into an account stand in: their words and forms, beside a length of cloth. */
export function SignInFrame({ children }: { children: React.ReactNode }) {
  return (
    <div className={`page ${styles.frame}`}>
      <div className={styles.words}>{children}</div>
      <div className={styles.cloth} aria-hidden="true">
        <Picture src={CLOTH} alt="" shape="free" className={styles.bolt ?? ''} />
      </div>
    </div>
  );
}

const CLOTH = '/weave/herringbone/drape.svg?warp=charcoal&weft=oatmeal&gauge=bold&finish=brushed';
