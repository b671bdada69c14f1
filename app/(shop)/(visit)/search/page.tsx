import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import { Listing } from '../../_listing/listing';
import { readWish, type SearchParams, toProductQuery } from '../../_listing/listing-query';
import { searchProducts } from '../../catalog-pages';
import { CURRENCY_COOKIE, currencyOr } from '../../currencies';
import styles from './page.module.css';

interface SearchPageProps {
  searchParams: Promise<SearchParams>;
}

export async function generateMetadata({ searchParams }: SearchPageProps): Promise<Metadata> {
  const { q } = readWish(await searchParams);
  return {
    title: q ? `Search: ${q}` : 'All goods',
    description: 'Everything that the mill has for sale, to search and to narrow down.',
    alternates: { canonical: '/search' },
    // Results of a search are no pages of their own to an index.
    robots: q ? { index: false } : null,
  };
}

export default async function SearchPage({ searchParams }: SearchPageProps) {
  const wish = readWish(await searchParams);
  const currency = currencyOr((await cookies()).get(CURRENCY_COOKIE)?.value);
  const list = await searchProducts(toProductQuery(wish, currency));
  return (
    <div className={`page ${styles.search}`}>
      <header>
        <h1>{wish.q ? <>“{wish.q}”</> : 'All goods'}</h1>
        {list.correctedQuery ? (
          <p className="soft">
            Nothing here is called “{wish.q}”. This is what there is for “{list.correctedQuery}”.
          </p>
        ) : null}
      </header>
      <Listing list={list} wish={wish} path="/search" />
    </div>
  );
}
