/** What the rules price with, read from Postgres: fresh for an order, and behind the snapshot for everything else. */
import { asc, eq, inArray, sql } from 'drizzle-orm';
import type { ShippingMethod, ShopRules } from '@/commerce/market';
import type { VariantFacts } from '@/commerce/pricing';
import type { TaxZone } from '@/commerce/tax';
import type { Db } from '@/db/client';
import { products, shippingMethods, shippingPrices, taxRates, taxZones, variants } from '@/db/schema';

/**
 * The facts of those of the variants that can be bought, that is, whose product is active; the others are absent. One
 * round trip, none for no ids.
 */
export async function readVariants(db: Db, ids: readonly string[]): Promise<Map<string, VariantFacts>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({
      id: variants.id,
      productId: variants.productId,
      slug: products.slug,
      sku: variants.sku,
      title: products.title,
      variantTitle: variants.title,
      options: variants.options,
      imageUrl: sql<string | null>`(
        select m.url from media m
        where m.product_id = ${variants.productId} and (m.variant_id is null or m.variant_id = ${variants.id})
        order by m.variant_id is null, m.position limit 1)`,
      prices: sql<VariantFacts['prices']>`(
        select coalesce(
          json_object_agg(p.currency, json_build_object('amountMinor', p.amount_minor, 'compareAtMinor', p.compare_at_minor)),
          '{}')
        from prices p where p.variant_id = ${variants.id})`,
      taxClass: variants.taxClass,
      weightGrams: variants.weightGrams,
      requiresShipping: variants.requiresShipping,
      available: sql<number>`(
        select coalesce(sum(s.on_hand - s.held), 0) from stock s where s.variant_id = ${variants.id})`.mapWith(Number),
      policy: variants.stockPolicy,
    })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(sql`${inArray(variants.id, [...ids])} and ${eq(products.status, 'active')}`);
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * Where the shop sells, how it taxes and how it ships; one round trip. It sells in the currencies that some way of
 * shipping is priced in: an order in any other could not be sent.
 */
export async function readRules(db: Db): Promise<ShopRules> {
  const [zoneRows, methodRows] = await db.batch([
    db
      .select({
        country: taxZones.country,
        pricesIncludeTax: taxZones.pricesIncludeTax,
        taxClass: taxRates.taxClass,
        label: taxRates.label,
        rateBps: taxRates.rateBps,
      })
      .from(taxZones)
      .leftJoin(taxRates, eq(taxRates.country, taxZones.country))
      .orderBy(asc(taxZones.country), asc(taxRates.taxClass)),
    db
      .select({
        id: shippingMethods.id,
        title: shippingMethods.title,
        countries: shippingMethods.countries,
        minDays: shippingMethods.minDays,
        maxDays: shippingMethods.maxDays,
        taxClass: shippingMethods.taxClass,
        currency: shippingPrices.currency,
        amountMinor: shippingPrices.amountMinor,
      })
      .from(shippingMethods)
      .leftJoin(shippingPrices, eq(shippingPrices.methodId, shippingMethods.id))
      .orderBy(asc(shippingMethods.position), asc(shippingMethods.id)),
  ]);

  const zones: Record<string, TaxZone> = {};
  for (const { country, pricesIncludeTax, taxClass, label, rateBps } of zoneRows) {
    zones[country] ??= { pricesIncludeTax, rates: {} };
    if (taxClass !== null) zones[country].rates[taxClass] = { label: label ?? '', rateBps: rateBps ?? 0 };
  }
  const methods = new Map<string, ShippingMethod>();
  const currencies = new Set<string>();
  for (const { currency, amountMinor, ...row } of methodRows) {
    const method = methods.get(row.id) ?? { ...row, prices: {} };
    methods.set(row.id, method);
    if (currency === null || amountMinor === null) continue;
    method.prices[currency] = amountMinor;
    currencies.add(currency);
  }
  return { currencies: [...currencies].sort(), taxZones: zones, shippingMethods: [...methods.values()] };
}
