import type { Product } from '@/commerce/catalog';
import { IntentLink } from './intent-link';
import { Picture } from './picture';
import { Price } from './price';
import styles from './product-card.module.css';

/** A product among others: its cloth, its name, where its prices begin. The second picture shows under the pointer. */
function ProductCard({ product, eager = false }: { product: Product; eager?: boolean }) {
  const { media, variants, title, slug } = product;
  const cheapest = variants.reduce<Product['variants'][number] | undefined>(
    (least, variant) => (!least || variant.price.amount < least.price.amount ? variant : least),
    undefined,
  );
  const varies = variants.some((variant) => variant.price.amount !== cheapest?.price.amount);
  const soldOut = variants.every((variant) => variant.stock.available <= 0 && variant.stock.policy === 'deny');
  const [first, second] = media;
  return (
    <article className={styles.card}>
      <div className={styles.pictures}>
        <Picture src={first?.url ?? null} alt="" eager={eager} />
        {second ? <Picture src={second.url} alt="" className={styles.second ?? ''} /> : null}
        {soldOut ? <span className={styles.flag}>Sold out</span> : null}
      </div>
      <h3 className={styles.title}>
        <IntentLink href={`/products/${slug}`} className={styles.link}>
          {title}
        </IntentLink>
      </h3>
      <p className={styles.facts}>
        {cheapest ? <Price price={cheapest.price} compareAt={cheapest.compareAtPrice} from={varies} /> : null}
        <span className={styles.choice}>{choiceOf(product)}</span>
      </p>
    </article>
  );
}

/** `6 colours`: how many there are of the first thing to choose. */
function choiceOf({ options, variants }: Product): string | null {
  const name = options[0];
  if (!name) return null;
  const values = new Set(variants.map((variant) => variant.options[name]));
  if (values.size < 2) return null;
  const noun = name.toLowerCase();
  return `${values.size} ${noun.endsWith('s') ? noun : `${noun}s`}`;
}

/** Cards in as many columns as fit. */
export function ProductGrid({ products, eager = 0 }: { products: readonly Product[]; eager?: number }) {
  return (
    <ul className={styles.grid}>
      {products.map((product, index) => (
        <li key={product.id}>
          <ProductCard product={product} eager={index < eager} />
        </li>
      ))}
    </ul>
  );
}
