import type { Collection } from '@/commerce/catalog';
import { Picture } from '../_catalog/picture';
import styles from './collection-intro.module.css';

/** The head of a collection's page: its cloth, its name and what it is about. */
export function CollectionIntro({ collection, children }: { collection: Collection; children: React.ReactNode }) {
  const { title, description, imageUrl } = collection;
  return (
    <>
      <header className={styles.intro} data-pictured={imageUrl ? '' : undefined}>
        <div className={`page ${styles.words}`}>
          <h1>{title}</h1>
          {description ? <p>{description}</p> : null}
        </div>
        {imageUrl ? <Picture src={imageUrl} alt="" shape="free" eager className={styles.cloth ?? ''} /> : null}
      </header>
      <div className="page">{children}</div>
    </>
  );
}
