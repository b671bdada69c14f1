import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { CollectionIntro } from '../../../../_listing/collection-intro';
import { Listing } from '../../../../_listing/listing';
import { readWish, toProductQuery } from '../../../../_listing/listing-query';
import { loadCollection, loadProducts } from '../../../../catalog-pages';
import { currencyOr } from '../../../../currencies';

export const revalidate = 900;

interface CollectionPageProps {
  params: Promise<{ currency: string; slug: string }>;
}

export async function generateMetadata({ params }: CollectionPageProps): Promise<Metadata> {
  const { slug } = await params;
  const collection = await loadCollection(slug);
  if (!collection) return { title: 'Nothing here' };
  return {
    title: collection.title,
    description: collection.description || `Everything in ${collection.title} at Selvedge.`,
    alternates: { canonical: `/collections/${slug}` },
    openGraph: { title: collection.title, images: collection.imageUrl ? [collection.imageUrl] : [] },
  };
}

export default async function CollectionPage({ params }: CollectionPageProps) {
  const { slug, currency } = await params;
  const wish = { ...readWish({}), collection: slug };
  const collection = await loadCollection(slug);
  if (!collection) notFound();
  const list = await loadProducts(toProductQuery(wish, currencyOr(currency)));
  return (
    <CollectionIntro collection={collection}>
      <Listing list={list} wish={wish} path={`/collections/${slug}`} fixedCollection />
    </CollectionIntro>
  );
}

/** None at build time; see the layout. */
export function generateStaticParams(): { slug: string }[] {
  return [];
}
