import type { Metadata } from 'next';
import Link from 'next/link';
import type { Collection } from '@/commerce/catalog';
import { IntentLink } from '../../_catalog/intent-link';
import { Picture } from '../../_catalog/picture';
import { ProductGrid } from '../../_catalog/product-card';
import { loadCollections, loadProduct, loadProducts } from '../../catalog-pages';
import { currencyOr } from '../../currencies';
import styles from './home.module.css';

/** A net under the tags, for a change that nobody told of. */
export const revalidate = 900;

export const metadata: Metadata = { alternates: { canonical: '/' } };

export default async function HomePage({ params }: { params: Promise<{ currency: string }> }) {
  const currency = currencyOr((await params).currency);
  const [collections, list] = await Promise.all([
    loadCollections(),
    loadProducts({ currency, sort: 'newest', limit: 8 }),
  ]);
  // Which they are is the list's to say; how they stand is each one's own, which changes under a tag of its own.
  const newest = (await Promise.all(list.items.map(({ slug }) => loadProduct(slug, currency)))).filter(
    (product) => product !== null,
  );
  const pictures = [
    ...collections.flatMap(({ imageUrl }) => imageUrl ?? []),
    ...newest.flatMap(({ media }) => media[0]?.url ?? []),
  ];

  return (
    <>
      <section className={`page ${styles.hero}`}>
        <div className={styles.words}>
          <h1>
            Cloth that
            <br />
            finishes its
            <br />
            own edge
          </h1>
          <p>Woven slowly on narrow looms, from wool, linen and cotton, and made into plain things that last.</p>
          <Link href="/search" className="button">
            See everything
          </Link>
        </div>
        <div className={styles.bolts} aria-hidden="true">
          <Picture src={pictures[0] ?? null} alt="" shape="free" eager className={styles.bolt ?? ''} />
          <Picture src={pictures[1] ?? null} alt="" shape="free" eager className={styles.bolt ?? ''} />
          <Picture src={pictures[2] ?? null} alt="" shape="free" eager className={styles.bolt ?? ''} />
        </div>
      </section>

      {collections.length > 0 ? (
        <section className={`page ${styles.section}`} aria-labelledby="collections">
          <h2 id="collections">Collections</h2>
          <ul className={styles.collections}>
            {collections.map((collection) => (
              <li key={collection.id}>
                <CollectionTile collection={collection} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}

      <section className={`page ${styles.section}`} aria-labelledby="newest">
        <div className={styles.heading}>
          <h2 id="newest">New from the loom</h2>
          <Link href="/search?sort=newest">All that is new</Link>
        </div>
        {newest.length > 0 ? (
          <ProductGrid products={newest} />
        ) : (
          <p className="soft">The shelves are empty: nothing has been put on sale yet.</p>
        )}
      </section>

      <section className={styles.mill} aria-labelledby="mill">
        <div className={`page ${styles.millInside}`}>
          <h2 id="mill">
            The narrow loom takes its time. The weft turns at the edge and goes back, so the cloth cannot come undone.
          </h2>
          <div className={styles.story}>
            <div>
              <h3>Turned, not cut</h3>
              <p>
                A wide loom cuts its threads and hems them. Ours carries one thread there and back. The line of red in
                our edge marks where it turns.
              </p>
            </div>
            <div>
              <h3>Coloured in the yarn</h3>
              <p>
                We dye before we weave. A check or a herringbone is a pattern of threads, through and through, and not a
                print that wears off.
              </p>
            </div>
            <div>
              <h3>Made to be mended</h3>
              <p>
                Seams are wide enough to let out, buttons are sewn by hand, and there is a length of matching yarn in
                every pocket.
              </p>
            </div>
          </div>
        </div>
      </section>
    </>
  );
}

function CollectionTile({ collection: { slug, title, description, imageUrl } }: { collection: Collection }) {
  return (
    <article className={styles.tile}>
      <Picture src={imageUrl} alt="" shape="square" />
      <h3>
        <IntentLink href={`/collections/${slug}`}>{title}</IntentLink>
      </h3>
      {description ? <p>{description}</p> : null}
    </article>
  );
}
