import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import { notFound } from 'next/navigation';
import { CollectionIntro } from '../../../_listing/collection-intro';
import { Listing } from '../../../_listing/listing';
import { readWish, type SearchParams, toProductQuery } from '../../../_listing/listing-query';
import { findCollection, searchProducts } from '../../../catalog-pages';
import { CURRENCY_COOKIE, currencyOr } from '../../../currencies';

interface NarrowedPageProps {
  params: Promise<{ slug: string }>;
  searchParams: Promise<SearchParams>;
}

export async function generateMetadata({ params }: NarrowedPageProps): Promise<Metadata> {
  const { slug } = await params;
  const collection = await findCollection(slug);
  return {
    title: collection?.title,
    description: collection?.description,
    alternates: { canonical: `/collections/${slug}` },
    robots: { index: false },
  };
}

/** A collection, sorted or narrowed down: `/collections/{slug}?sort=…` leads here. Without that it is a cached page. */
export default async function NarrowedPage({ params, searchParams }: NarrowedPageProps) {
  const { slug } = await params;
  const wish = { ...readWish(await searchParams), collection: slug };
  const currency = currencyOr((await cookies()).get(CURRENCY_COOKIE)?.value);
  const [collection, list] = await Promise.all([findCollection(slug), searchProducts(toProductQuery(wish, currency))]);
  if (!collection) notFound();
  return (
    <CollectionIntro collection={collection}>
      <Listing list={list} wish={wish} path={`/collections/${slug}`} fixedCollection />
    </CollectionIntro>
  );
}
