import type { Sql } from '@/db/client';

/** Fills a catalog by SQL alone (call `analyze` after many): five variants to a product, two currencies, eight collections, one in ten sold out. */
export async function generateCatalog(sql: Sql, products: number, { from = 1 } = {}): Promise<void> {
  const to = from + products - 1;
  await sql.transaction([
    sql.query(
      `insert into collections (id, slug, title, position)
       select 'coll_' || n, 'collection-' || n, 'Collection ' || n, n from generate_series(1, 8) n on conflict do nothing`,
    ),
    sql.query(
      `insert into products (id, slug, title, description, vendor, type, tags, created_at)
       select 'prod_' || lpad(n::text, 8, '0'), 'product-' || n,
              (array['Navy','Ash','Ecru','Moss','Rust','Slate'])[1 + n % 6] || ' ' ||
              (array['Herringbone','Twill','Houndstooth','Tartan','Plain','Basket','Satin'])[1 + n / 6 % 7] || ' ' ||
              (array['Scarf','Throw','Blanket','Cushion','Coat'])[1 + n / 42 % 5] || ' ' || n,
              'Woven of wool in the valley, for the ' || n || 'th time.', 'Mill ' || n % 40, 'Type ' || n % 12,
              array['tag' || n % 100],
              -- Ten share an instant, so that pages begin and end among equals.
              timestamptz '2026-01-01 00:00:00.123456' + interval '1 second' * (n / 10)
       from generate_series($1::integer, $2::integer) n`,
      [from, to],
    ),
    sql.query(
      `insert into variants (id, product_id, position, sku, title, options)
       select 'var_' || lpad(n::text, 8, '0') || '_' || k, 'prod_' || lpad(n::text, 8, '0'), k, 'SKU-' || n || '-' || k, 'Size ' || k,
              jsonb_build_object('Colour', (array['Indigo','Madder','Weld','Woad'])[1 + n % 4], 'Size', 'S' || k)
       from generate_series($1::integer, $2::integer) n, generate_series(1, 5) k`,
      [from, to],
    ),
    sql.query(
      `insert into prices (variant_id, currency, amount_minor)
       select v.id, c, 1000 + (v.position * 100) + (substr(v.product_id, 6)::integer * 37 % 500) * 10
       from variants v, unnest(array['EUR', 'USD']) c
       where v.product_id between 'prod_' || lpad($1::integer::text, 8, '0') and 'prod_' || lpad($2::integer::text, 8, '0')`,
      [from, to],
    ),
    sql.query(
      `insert into stock (variant_id, location_id, on_hand)
       select v.id, 'loc_mill', case when substr(v.product_id, 6)::integer % 10 = 0 then 0 else 20 end
       from variants v
       where v.product_id between 'prod_' || lpad($1::integer::text, 8, '0') and 'prod_' || lpad($2::integer::text, 8, '0')`,
      [from, to],
    ),
    sql.query(
      `insert into product_collections (product_id, collection_id, position)
       select 'prod_' || lpad(n::text, 8, '0'), 'coll_' || (1 + n % 8), n / 16
       from generate_series($1::integer, $2::integer) n`,
      [from, to],
    ),
  ]);
}
