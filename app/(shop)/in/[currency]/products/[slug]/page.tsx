import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import type { Product } from '@/commerce/catalog';
import { ProductGrid } from '../../../../_catalog/product-card';
import { ProductView } from '../../../../_product/product-view';
import { loadProduct, loadProducts } from '../../../../catalog-pages';
import { currencyOr } from '../../../../currencies';
import styles from './page.module.css';

export const revalidate = 900;

interface ProductPageProps {
  params: Promise<{ currency: string; slug: string }>;
}

export async function generateMetadata({ params }: ProductPageProps): Promise<Metadata> {
  const { slug, currency } = await params;
  const product = await loadProduct(slug, currencyOr(currency));
  if (!product) return { title: 'Nothing here' };
  const title = product.seo.title ?? product.title;
  const description = product.seo.description ?? plainText(product.description, 155);
  const picture = product.media[0];
  return {
    // Whoever wrote a title for search engines wrote the whole of it.
    title: product.seo.title ? { absolute: product.seo.title } : product.title,
    description: description || `${product.title} at Selvedge.`,
    alternates: { canonical: `/products/${slug}` },
    openGraph: { title, description, images: picture ? [{ url: picture.url, alt: picture.alt }] : [] },
  };
}

const RELATED = 4;

export default async function ProductPage({ params }: ProductPageProps) {
  const { slug, currency: named } = await params;
  const currency = currencyOr(named);
  const product = await loadProduct(slug, currency);
  if (!product) notFound();
  const collection = product.collections[0];
  const related = collection
    ? (await loadProducts({ currency, collection: collection.slug, limit: RELATED + 1 })).items
        .filter((other) => other.slug !== slug)
        .slice(0, RELATED)
    : [];

  return (
    <div className={`page ${styles.product}`}>
      {collection ? (
        <nav aria-label="Where you are" className={styles.crumbs}>
          <ol>
            <li>
              <Link href="/">Selvedge</Link>
            </li>
            <li>
              <Link href={`/collections/${collection.slug}`}>{collection.title}</Link>
            </li>
            <li aria-current="page">{product.title}</li>
          </ol>
        </nav>
      ) : null}

      <ProductView product={product} currency={currency}>
        {product.description ? (
          <div
            className={styles.description}
            // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised when it was written to the database, by an allow-list.
            dangerouslySetInnerHTML={{ __html: product.description }}
          />
        ) : null}
        <Details product={product} />
      </ProductView>

      {related.length > 0 && collection ? (
        <section className={styles.related} aria-labelledby="related">
          <h2 id="related">Also in {collection.title}</h2>
          <ProductGrid products={related} />
        </section>
      ) : null}
    </div>
  );
}

function Details({ product: { vendor, type, tags, collections } }: { product: Product }) {
  return (
    <dl className={styles.details}>
      {vendor ? (
        <div>
          <dt>Made by</dt>
          <dd>{vendor}</dd>
        </div>
      ) : null}
      {type ? (
        <div>
          <dt>Kind</dt>
          <dd>{type}</dd>
        </div>
      ) : null}
      {collections.length > 0 ? (
        <div>
          <dt>Found in</dt>
          <dd>
            {collections.map(({ slug, title }, index) => (
              <span key={slug}>
                {index > 0 ? ', ' : ''}
                <Link href={`/collections/${slug}`}>{title}</Link>
              </span>
            ))}
          </dd>
        </div>
      ) : null}
      {tags.length > 0 ? (
        <div>
          <dt>Known for</dt>
          <dd>{[...new Set(tags)].join(', ')}</dd>
        </div>
      ) : null}
    </dl>
  );
}

/** The words of sanitised HTML, cut at a word's end. */
function plainText(html: string, maxLength: number): string {
  const text = html
    .slice(0, 5_000)
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, (entity) => ENTITIES[entity] ?? ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return text.length <= maxLength ? text : `${text.slice(0, maxLength).replace(/\s+\S*$/, '')}…`;
}

const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };

/** None at build time; see the layout. */
export function generateStaticParams(): { slug: string }[] {
  return [];
}
