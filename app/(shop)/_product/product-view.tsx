'use client';

import { useEffect, useId, useState, useSyncExternalStore } from 'react';
import useSWR from 'swr';
import type { Product, Variant } from '@/commerce/catalog';
import { useCart } from '../_cart/cart-provider';
import { QuantityField } from '../_cart/quantity-field';
import { CheckIcon } from '../_catalog/icons';
import { Picture } from '../_catalog/picture';
import { Amount, Price } from '../_catalog/price';
import { ReferencePrice } from '../_catalog/reference-price';
import { callApi } from '../api';
import styles from './product-view.module.css';
import { choose, defaultVariant, isBuyable, optionValues, orderedMedia, stockLine } from './selection';

/**
 * The part of a product's page that lives: pictures, choices, price and stock. It starts with what the cached page
 * knows and asks once for what is true now. The chosen variant is in the address, so that it can be shared.
 */
export function ProductView({ product: cached, currency, children }: ProductViewProps) {
  const path = `/api/products/${cached.slug}?currency=${currency}`;
  const { data } = useSWR<Product>(path, (url: string) => callApi<Product>('GET', url), {
    fallbackData: cached,
    shouldRetryOnError: false,
  });
  const product = data ?? cached;
  const wished = useSyncExternalStore(subscribeToVariant, readVariant, () => null);
  const variant = product.variants.find((candidate) => candidate.id === wished) ?? defaultVariant(product);

  return (
    <div className={styles.view}>
      <Gallery key={variant?.id} product={product} variant={variant} />
      <div className={styles.side}>
        <div className={styles.sticky}>
          <h1 className={styles.title}>{product.title}</h1>
          {variant ? <BuyForm product={product} variant={variant} /> : <p>This is not sold at the moment.</p>}
          {children}
        </div>
      </div>
    </div>
  );
}

interface ProductViewProps {
  product: Product;
  currency: string;
  /** What stands below the form: the description and the details, rendered on the server. */
  children: React.ReactNode;
}

function Gallery({ product, variant }: { product: Product; variant: Variant | undefined }) {
  const media = orderedMedia(product.media, variant);
  const [shownId, setShownId] = useState(media[0]?.id);
  const shown = media.find((picture) => picture.id === shownId) ?? media[0];
  return (
    <section className={styles.gallery} aria-label="Pictures">
      <Picture src={shown?.url ?? null} alt={shown?.alt || product.title} eager />
      {media.length > 1 ? (
        <ul className={styles.thumbs}>
          {media.map((picture, index) => (
            <li key={picture.id}>
              {/* A link to the picture itself, for a browser without scripts. */}
              <a
                href={picture.url}
                aria-current={picture === shown ? 'true' : undefined}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                  event.preventDefault();
                  setShownId(picture.id);
                }}
              >
                <span className="visually-hidden">{picture.alt || `Picture ${index + 1}`}</span>
                <Picture src={picture.url} alt="" shape="square" />
              </a>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function BuyForm({ product, variant }: { product: Product; variant: Variant }) {
  const { add, say } = useCart();
  const [quantity, setQuantity] = useState(1);
  const [added, setAdded] = useState(false);
  const stock = stockLine(variant);
  const buyable = isBuyable(variant);
  const most = variant.stock.policy === 'continue' ? 999 : Math.min(999, Math.max(1, variant.stock.available));
  const wanted = Math.min(quantity, most);

  useEffect(() => {
    if (!added) return;
    const timer = setTimeout(() => setAdded(false), 2_500);
    return () => clearTimeout(timer);
  }, [added]);

  async function submit(event: React.FormEvent) {
    event.preventDefault();
    if (!buyable) return;
    const picture = orderedMedia(product.media, variant)[0];
    setAdded(true);
    const done = await add({
      variantId: variant.id,
      quantity: wanted,
      preview: {
        sku: variant.sku,
        title: product.title,
        variantTitle: variant.title,
        slug: product.slug,
        imageUrl: picture?.url ?? null,
        unitPrice: variant.price,
      },
    });
    if (done)
      say({ tone: 'calm', text: `${product.title} is in your cart.`, action: { label: 'View cart', href: '/cart' } });
    else setAdded(false);
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <div>
        <p className={styles.price}>
          <Price price={variant.price} compareAt={variant.compareAtPrice} />
        </p>
        {variant.compareAtPrice && variant.lowestPriorPrice ? (
          <ReferencePrice lowestPrior={variant.lowestPriorPrice} className={styles.reference} />
        ) : null}
      </div>
      <Tiers variant={variant} wanted={wanted} />
      {product.options.map((option) => (
        <OptionPicker key={option} product={product} variant={variant} option={option} />
      ))}
      <p className={styles.stock} data-tone={stock.tone} aria-live="polite">
        {stock.text}
      </p>
      <div className={styles.buy}>
        <QuantityField value={wanted} max={most} onChange={setQuantity} label="Quantity" disabled={!buyable} />
        <button type="submit" className="button" disabled={!buyable}>
          {buyable ? (
            added ? (
              <>
                <CheckIcon />
                Added
              </>
            ) : (
              'Add to cart'
            )
          ) : (
            'Sold out'
          )}
        </button>
      </div>
    </form>
  );
}

/** What a unit costs from which quantity on; the row that the wanted quantity falls into is marked. */
function Tiers({ variant, wanted }: { variant: Variant; wanted: number }) {
  if (variant.tiers.length === 0) return null;
  const reached = variant.tiers.findLast(({ minQuantity }) => minQuantity <= wanted);
  return (
    <table className={styles.tiers}>
      <caption>Price by quantity</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Quantity</th>
          <th scope="col">Price of each</th>
        </tr>
      </thead>
      <tbody>
        {variant.tiers.map((tier) => (
          <tr key={tier.minQuantity} data-reached={tier === reached ? '' : undefined}>
            <th scope="row">from {tier.minQuantity}</th>
            <td>
              <Amount money={tier.unitPrice} /> each
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function OptionPicker({ product, variant, option }: { product: Product; variant: Variant; option: string }) {
  const name = useId();
  const values = optionValues(product, variant, option);
  const chosen = variant.options[option];
  const pictured = values.some(({ swatch }) => swatch);
  return (
    <fieldset className={styles.option}>
      <legend>
        {option}
        <span className={styles.chosen}>{chosen}</span>
      </legend>
      <div className={styles.values} data-pictured={pictured ? '' : undefined}>
        {values.map(({ value, swatch, soldOut }) => (
          <label key={value} className={styles.value} data-sold-out={soldOut ? '' : undefined} title={value}>
            <input
              type="radio"
              className={styles.radio}
              name={name}
              value={value}
              checked={value === chosen}
              onChange={() => showVariant(choose(product, variant, option, value).id)}
            />
            {swatch ? <Picture src={swatch} alt="" shape="square" className={styles.swatch ?? ''} /> : null}
            <span className={swatch ? 'visually-hidden' : undefined}>{value}</span>
            {soldOut ? <span className="visually-hidden">, sold out</span> : null}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const VARIANT_PARAMETER = 'variant';
const listeners = new Set<() => void>();

function subscribeToVariant(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

function readVariant(): string | null {
  return new URLSearchParams(window.location.search).get(VARIANT_PARAMETER);
}

/** In place of the address, not after it: going back leads to the page before, not through every colour looked at. */
function showVariant(id: string): void {
  const url = new URL(window.location.href);
  url.searchParams.set(VARIANT_PARAMETER, id);
  window.history.replaceState(null, '', url);
  for (const listener of listeners) listener();
}
