import { eq } from 'drizzle-orm';
import { createDb } from '@/db/client';
import { migrate } from '@/db/migrate';
import { type ProductInput, upsertProducts } from '@/db/products';
import { writeRules } from '@/db/rules';
import { collections, locations, shippingMethods, shippingPrices, taxRates, taxZones, variants } from '@/db/schema';
import { percentOff, priceList, promotion } from '../edge/rule-inputs';

const CURRENCIES = { EUR: 4000, USD: 4400, GBP: 3500, JPY: 6400 };

/** A small shop whose every number the suite knows: 30 scarves, one of them in two sizes, one nearly sold out. */
export async function stockShop(env: Record<string, string>): Promise<void> {
  const connection = { url: env.DATABASE_URL!, fetchEndpoint: env.NEON_FETCH_ENDPOINT };
  await migrate(connection);
  const db = createDb(connection);
  await db.batch([
    db.insert(locations).values({ id: 'loc_mill', name: 'Mill', priority: 1 }),
    db.insert(taxZones).values([
      { id: 'de', country: 'DE', pricesIncludeTax: true },
      { id: 'us', country: 'US', pricesIncludeTax: false },
      { id: 'at', country: 'AT', pricesIncludeTax: true, reverseCharge: true },
    ]),
    db.insert(taxRates).values([
      { zoneId: 'at', taxClass: 'standard', label: 'USt.', rateBps: 2000 },
      { zoneId: 'de', taxClass: 'standard', label: 'MwSt.', rateBps: 1900 },
      { zoneId: 'us', taxClass: 'standard', label: 'Sales tax', rateBps: 825 },
    ]),
    db.insert(shippingMethods).values({ id: 'ship_standard', title: 'Standard', minDays: 2, maxDays: 4 }),
    db
      .insert(shippingPrices)
      .values(Object.keys(CURRENCIES).map((currency) => ({ methodId: 'ship_standard', currency, amountMinor: 500 }))),
    db.insert(collections).values({ id: 'coll_scarves', slug: 'scarves', title: 'Scarves' }),
  ]);
  const { rejected } = await upsertProducts(
    db,
    Array.from({ length: 30 }, (_, index) => scarf(index + 1)),
  );
  if (rejected.length > 0) throw new Error(`The fixture was refused: ${JSON.stringify(rejected)}`);
  const [fifth] = await db.select({ id: variants.id }).from(variants).where(eq(variants.sku, 'SCARF-5-LONG'));
  await writeRules(db, {
    customerGroups: [{ id: 'wholesale', title: 'Wholesale' }],
    priceLists: [
      priceList('wholesale', fifth!.id, 3000, { customerGroups: ['wholesale'], priority: 1 }),
      priceList('app', fifth!.id, 3500, { channels: ['app'] }),
    ],
    promotions: [
      promotion('ten', percentOff(10), { title: '10 % off', codes: ['TEN'] }),
      promotion('big', percentOff(20), {
        codes: ['BIG'],
        conditions: [{ kind: 'subtotal', of: null, fromMinor: { EUR: 50_000 } }],
      }),
      promotion('post', { kind: 'shipping_off', percentBps: 10_000, methodIds: null }, { codes: ['POST'] }),
    ],
  });
}

function scarf(number: number): ProductInput {
  const sizes = number === 1 ? ['Short', 'Long'] : ['Long'];
  return {
    slug: `scarf-${number}`,
    title: number === 2 ? 'Herringbone Scarf' : `Plain Scarf ${number}`,
    description: '<p>Woven.</p>',
    vendor: 'Selvedge',
    type: 'Scarf',
    tags: [],
    status: 'active',
    seo: { title: null, description: null },
    options: ['Size'],
    collections: ['scarves'],
    media: [],
    variants: sizes.map((size) => ({
      sku: `SCARF-${number}-${size.toUpperCase()}`,
      options: { Size: size },
      weightGrams: 200,
      taxClass: 'standard',
      stockPolicy: 'deny',
      requiresShipping: true,
      prices: Object.fromEntries(
        Object.entries(CURRENCIES).map(([currency, amountMinor]) => [
          currency,
          { amountMinor: amountMinor + number, compareAtMinor: null },
        ]),
      ),
      stock: { loc_mill: number === 3 ? 2 : 5000 },
    })),
  };
}
