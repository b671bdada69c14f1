import Link from 'next/link';
import { useId } from 'react';
import type { Facets, ProductList } from '@/commerce/catalog';
import { formatMoney, toDecimal } from '@/commerce/money';
import { ProductGrid } from '../_catalog/product-card';
import { localeOf } from '../currencies';
import { FilterForm } from './filter-form';
import styles from './listing.module.css';
import { effectiveSort, isNarrowed, OPTION_PREFIX, SORTS, toHref, type Wish } from './listing-query';

interface ListingProps {
  list: ProductList;
  wish: Wish;
  /** Where the form leads: the public address of this list without its query. */
  path: string;
  /** The list is a collection's own, so that the collection is not one of its choices. */
  fixedCollection?: boolean;
}

/** A list of products with what it can be narrowed down by. All of it is links and a form: it works without scripts. */
export function Listing({ list, wish, path, fixedCollection = false }: ListingProps) {
  const id = useId();
  const { items, nextCursor, facets, total } = list;
  const sort = effectiveSort(wish);
  const leave = { collection: fixedCollection };
  const unnarrowed = { ...wish, available: false, min: '', max: '', options: {}, cursor: '' };
  return (
    <div className={styles.listing}>
      <details className={styles.filters}>
        <summary>Filter and sort</summary>
        <FilterForm action={path} className={styles.form}>
          {wish.q ? <input type="hidden" name="q" value={wish.q} /> : null}
          <div className="field">
            <label htmlFor={`${id}-sort`}>Sort</label>
            <select id={`${id}-sort`} name="sort" className="select" defaultValue={sort} key={sort}>
              {SORTS.filter(({ value }) => sortFits(value, wish)).map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </div>
          {facets ? <FacetFields facets={facets} wish={wish} fixedCollection={fixedCollection} /> : null}
          <div className={styles.actions}>
            <button type="submit" className="button quiet">
              Show results
            </button>
            {isNarrowed(wish) ? (
              <Link href={toHref(path, unnarrowed, leave)} className={styles.clear}>
                Clear all
              </Link>
            ) : null}
          </div>
        </FilterForm>
      </details>

      <section className={styles.results} aria-labelledby={`${id}-results`}>
        <h2 className="visually-hidden" id={`${id}-results`}>
          Products
        </h2>
        <p className={styles.count} role="status">
          {total === undefined ? null : total === 1 ? '1 product' : `${total.toLocaleString('en')} products`}
        </p>
        {items.length > 0 ? (
          <ProductGrid products={items} eager={4} />
        ) : (
          <div className={styles.none}>
            <p>Nothing fits all of this at once.</p>
            {isNarrowed(wish) ? (
              <Link href={toHref(path, unnarrowed, leave)} className="button quiet">
                Clear the filters
              </Link>
            ) : (
              <Link href="/search" className="button quiet">
                Look at everything
              </Link>
            )}
          </div>
        )}
        <nav className={styles.pages} aria-label="Pages">
          {wish.cursor ? (
            <Link href={toHref(path, { ...wish, cursor: '' }, leave)} className="button quiet">
              Back to the first
            </Link>
          ) : null}
          {nextCursor ? (
            <Link href={toHref(path, { ...wish, cursor: nextCursor }, leave)} prefetch={false} className="button quiet">
              Show more
            </Link>
          ) : null}
        </nav>
      </section>
    </div>
  );
}

function sortFits(sort: (typeof SORTS)[number]['value'], wish: Wish): boolean {
  if (sort === 'featured') return wish.collection !== '' && wish.q === '';
  return sort === 'relevance' ? wish.q !== '' : true;
}

function FacetFields({ facets, wish, fixedCollection }: { facets: Facets; wish: Wish; fixedCollection: boolean }) {
  const id = useId();
  const { collections, options, price, availability } = facets;
  const currency = price?.min.currency ?? '';
  return (
    <>
      {fixedCollection || collections.length === 0 ? null : (
        <div className="field">
          <label htmlFor={`${id}-collection`}>Collection</label>
          <select
            id={`${id}-collection`}
            name="collection"
            className="select"
            defaultValue={wish.collection}
            key={wish.collection}
          >
            <option value="">All</option>
            {collections.map(({ slug, title, count }) => (
              <option key={slug} value={slug}>
                {title} ({count})
              </option>
            ))}
          </select>
        </div>
      )}
      <label className={styles.check}>
        <input
          type="checkbox"
          name="available"
          value="true"
          defaultChecked={wish.available}
          key={String(wish.available)}
        />
        <span>In stock</span>
        <span className={styles.number}>{availability.available}</span>
      </label>
      {price ? (
        <fieldset>
          <legend>Price</legend>
          <div className={styles.range}>
            {(['min', 'max'] as const).map((end) => (
              <div className="field" key={end}>
                <label htmlFor={`${id}-${end}`}>
                  {end === 'min' ? 'From' : 'To'}
                  <span className="visually-hidden"> in {currency}</span>
                </label>
                <input
                  id={`${id}-${end}`}
                  name={end}
                  className="input"
                  inputMode="decimal"
                  autoComplete="off"
                  defaultValue={wish[end]}
                  key={wish[end]}
                  maxLength={12}
                  placeholder={toDecimal(price[end])}
                />
              </div>
            ))}
          </div>
          <p className="label">
            {formatMoney(price.min, localeOf(currency))} to {formatMoney(price.max, localeOf(currency))}
          </p>
        </fieldset>
      ) : null}
      {options.map(({ name, values }) => {
        const chosen = wish.options[name] ?? [];
        return (
          // What is chosen shows; a long list of what is not can wait.
          <details key={name} className={styles.facet} open={chosen.length > 0 || undefined}>
            <summary>{name}</summary>
            <fieldset>
              <legend className="visually-hidden">{name}</legend>
              <div className={styles.checks}>
                {values.map(({ value, count }) => (
                  <label key={value} className={styles.check}>
                    <input
                      type="checkbox"
                      name={`${OPTION_PREFIX}${name}`}
                      value={value}
                      defaultChecked={chosen.includes(value)}
                      key={String(chosen.includes(value))}
                    />
                    <span>{value}</span>
                    <span className={styles.number}>{count}</span>
                  </label>
                ))}
              </div>
            </fieldset>
          </details>
        );
      })}
    </>
  );
}
