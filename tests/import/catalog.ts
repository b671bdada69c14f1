import type { Sql } from '@/db/client';

export interface StoredProduct {
  slug: string;
  title: string;
  description: string;
  vendor: string;
  type: string;
  tags: string[];
  status: string;
  seo_title: string | null;
  seo_description: string | null;
  options: string[];
  collections: string[];
  media: { url: string; alt: string; position: number; sku: string | null }[];
  variants: {
    sku: string;
    barcode: string | null;
    title: string;
    options: Record<string, string>;
    weight_grams: number;
    tax_class: string;
    stock_policy: string;
    requires_shipping: boolean;
    prices: Record<string, [amountMinor: number, compareAtMinor: number | null]>;
    stock: Record<string, [onHand: number, held: number]>;
  }[];
}

/** The whole catalog without ids and times, so that two of them can be compared. */
export async function readCatalog(sql: Sql): Promise<StoredProduct[]> {
  const rows = await sql.query(`
    select p.slug, p.title, p.description, p.vendor, p.type, p.tags, p.status, p.seo_title, p.seo_description,
      array(select name from product_options where product_id = p.id order by position) as options,
      array(select c.slug from product_collections pc join collections c on c.id = pc.collection_id
            where pc.product_id = p.id order by c.slug) as collections,
      coalesce((select jsonb_agg(jsonb_build_object('url', m.url, 'alt', m.alt, 'position', m.position,
        'sku', (select sku from variants where id = m.variant_id)) order by m.position)
        from media m where m.product_id = p.id), '[]') as media,
      coalesce((select jsonb_agg(jsonb_build_object('sku', v.sku, 'barcode', v.barcode, 'title', v.title,
        'options', v.options, 'weight_grams', v.weight_grams, 'tax_class', v.tax_class,
        'stock_policy', v.stock_policy, 'requires_shipping', v.requires_shipping,
        'prices', coalesce((select jsonb_object_agg(currency, jsonb_build_array(amount_minor, compare_at_minor))
                            from prices where variant_id = v.id), '{}'),
        'stock', coalesce((select jsonb_object_agg(location_id, jsonb_build_array(on_hand, held))
                           from stock where variant_id = v.id), '{}')) order by v.position, v.sku)
        from variants v where v.product_id = p.id), '[]') as variants
    from products p order by p.slug`);
  return rows as StoredProduct[];
}

/** Empties what an import can write, and the orders that refer to it. */
export async function clearCatalog(sql: Sql): Promise<void> {
  const tables = ['orders', 'products', 'collections', 'outbox', 'locations', 'tax_zones', 'shipping_methods'];
  await sql.transaction(tables.map((table) => sql.query(`delete from ${table}`)));
}

/** An order of one variant, as bare as the constraints allow, that holds some of its stock at every location. */
export async function placeTestOrder(sql: Sql, variantId: string, { held }: { held: number }): Promise<void> {
  await sql.transaction([
    sql.query(
      `insert into orders (id, cart_id, cart_key, cart_version, email, currency, country, tax_included, subtotal_minor,
         shipping_minor, tax_minor, total_minor, shipping_method_id, shipping_method_title, shipping_address,
         billing_address, expires_at)
       values ('ord_test', 'cart_test', 'key', 1, 'a@example.com', 'EUR', 'DE', true, 0, 0, 0, 0, 'post', 'Post', '{}',
         '{}', now())`,
    ),
    sql.query(
      `insert into order_lines (id, order_id, position, variant_id, sku, title, variant_title, slug, quantity,
         unit_price_minor, total_minor, tax_minor, tax_rate_bps)
       values ('line_test', 'ord_test', 0, $1, 'X', 'X', 'X', 'x', $2, 0, 0, 0, 0)`,
      [variantId, held],
    ),
    sql.query(`update stock set held = $2 where variant_id = $1`, [variantId, held]),
    sql.query(
      `insert into stock_holds (order_id, variant_id, location_id, quantity)
       select 'ord_test', variant_id, location_id, held from stock where variant_id = $1`,
      [variantId],
    ),
  ]);
}
