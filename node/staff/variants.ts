/** Stock and prices that the staff sets by hand. */
import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { databaseFault } from '@/db/fault';
import { CurrencyInput, IdInput, inputError } from '@/edge/cart-input';
import { type CatalogChange, drainAfterResponse, showChanges } from '../deliveries';
import { idOf, notFound } from '../lists';
import { runBatch } from '../order-record';
import { deed, logged } from './audit';
import { permittedOperation } from './operation';
import { requireGranted } from './permissions';

/** As Postgres counts units; no shelf is near it. */
const MAX_UNITS = 2_147_483_647;

const NOT_AN_AMOUNT = 'An amount is a whole number of minor units, 0 or more.';
const AmountInput = v.pipe(v.number(NOT_AN_AMOUNT), v.safeInteger(NOT_AN_AMOUNT), v.minValue(0, NOT_AN_AMOUNT));

const PriceInput = v.pipe(
  v.strictObject({ currency: CurrencyInput, amount: AmountInput, compareAtAmount: v.nullish(AmountInput) }),
  v.forward(
    v.check(
      ({ amount, compareAtAmount }) => compareAtAmount == null || compareAtAmount > amount,
      'What it is compared with must be above the price.',
    ),
    ['compareAtAmount'],
  ),
);

const NOT_UNITS = 'This must be a whole number of units, 0 or more.';

const ChangeVariant = v.pipe(
  v.strictObject({
    stock: v.optional(
      v.strictObject({
        locationId: v.optional(IdInput),
        onHand: v.pipe(
          v.number(NOT_UNITS),
          v.safeInteger(NOT_UNITS),
          v.minValue(0, NOT_UNITS),
          v.maxValue(MAX_UNITS, NOT_UNITS),
        ),
      }),
    ),
    prices: v.optional(
      v.pipe(
        v.array(PriceInput),
        v.nonEmpty('Name a price.'),
        v.maxLength(200, 'There are not so many currencies.'),
        v.check(
          (prices) => new Set(prices.map(({ currency }) => currency)).size === prices.length,
          'Name a currency once.',
        ),
      ),
    ),
  }),
  v.check(({ stock, prices }) => stock !== undefined || prices !== undefined, 'Name stock or prices.'),
);

interface Outcome {
  slug: string;
  after: { stock?: { locationId: string; onHand: number } } | null;
  delta: number;
}

/**
 * Sets how many units of a variant are at a location (without one, at the location that is sold from first), and its base
 * prices; pages and carts show it at once. Stock needs `catalog:write`, prices `prices:write`. Throws `stock_held` for
 * less than orders hold; what a price was before stays in its history.
 */
export const changeVariantOperation = permittedOperation(
  {
    method: 'PATCH',
    path: '/api/admin/variants/{variantId}',
    access: ['catalog:write', 'prices:write'],
    body: ChangeVariant,
  },
  async (context, actor, { body: { stock, prices } }) => {
    if (stock) requireGranted(actor, 'catalog:write');
    if (prices) requireGranted(actor, 'prices:write');
    const { db } = context;
    const id = idOf(context, 'variantId');
    const wanted = (prices ?? []).map(({ currency, amount, compareAtAmount = null }) => ({
      currency,
      amount_minor: amount,
      compare_at_minor: compareAtAmount,
    }));
    const currencies = wanted.map(({ currency }) => currency);
    const place = sql`
      select id from locations
      where ${stock !== undefined}::boolean
        and id = coalesce(${stock?.locationId ?? null}::text, (select id from locations order by priority limit 1))`;
    const isPlaced = sql`(${stock === undefined}::boolean or exists (select from place))`;
    const by = deed(context, actor, 'variant.changed', stock ? 'catalog' : 'prices');
    let outcome: Outcome | undefined;
    try {
      const results = await runBatch(db, [
        // What is there is locked before it is read, and in the order in which an import takes it.
        db.execute(sql`select from variants where id = ${id} for no key update`),
        db.execute(sql`
          select from prices where variant_id = ${id} and currency = any(${sql.param(currencies)}::text[])
          order by currency for update`),
        db.execute(sql`select from stock where variant_id = ${id} and location_id = (${place}) for update`),
        db.execute(sql`
          with target as (
            select v.id, p.slug from variants v join products p on p.id = v.product_id where v.id = ${id}),
          wanted as (
            select * from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
              as r (currency text, amount_minor bigint, compare_at_minor bigint)),
          place as (${place}),
          shelf as (
            select location_id, on_hand from stock
            where variant_id = ${id} and location_id in (select id from place)),
          tags as (
            select currency, amount_minor, compare_at_minor from prices
            where variant_id = ${id} and currency in (select currency from wanted)),
          priced as (
            insert into prices (variant_id, currency, amount_minor, compare_at_minor)
            select target.id, w.currency, w.amount_minor, w.compare_at_minor from target, wanted w
            where ${isPlaced} order by w.currency
            on conflict (variant_id, currency) do update
              set amount_minor = excluded.amount_minor, compare_at_minor = excluded.compare_at_minor, updated_at = now()
            returning currency, amount_minor, compare_at_minor),
          stocked as (
            insert into stock (variant_id, location_id, on_hand)
            select target.id, place.id, ${stock?.onHand ?? 0}::integer from target, place
            on conflict (variant_id, location_id) do update set on_hand = excluded.on_hand, updated_at = now()
            returning location_id, on_hand),
          change as (
            select target.id as subject_id, target.slug,
              jsonb_strip_nulls(jsonb_build_object('stock', (select ${SHELF} from shelf)))
                || jsonb_strip_nulls(jsonb_build_object('prices', (select ${TAGS} from tags))) as before,
              jsonb_strip_nulls(jsonb_build_object('stock', (select ${SHELF} from stocked)))
                || jsonb_strip_nulls(jsonb_build_object('prices', (select ${TAGS} from priced))) as after,
              coalesce((select on_hand from stocked), 0) - coalesce((select on_hand from shelf), 0) as delta
            from target where ${isPlaced}),
          shown as (
            insert into outbox (topic, aggregate_id, payload)
            select 'stock.changed', 'stock:' || subject_id,
              jsonb_build_object('deltas', jsonb_build_object(subject_id, delta))
            from change where delta <> 0
            union all
            select 'catalog.changed', 'catalog',
              jsonb_build_object('slugs', jsonb_build_array(slug), 'variantIds', jsonb_build_array(subject_id))
            from change where exists (select from priced)),
          ${logged(by)}
          select target.slug, change.after, coalesce(change.delta, 0) as delta
          from target left join change on change.subject_id = target.id`),
      ]);
      outcome = (results.at(-1) as { rows: Outcome[] }).rows[0];
    } catch (error) {
      if (databaseFault(error)?.constraint !== 'stock_held_within_on_hand') throw error;
      throw new CommerceError('stock_held', 'Orders hold more than that: cancel them first.', { cause: error });
    }
    if (!outcome) throw notFound('There is no such variant.');
    const { slug, after, delta } = outcome;
    if (!after) throw inputError('invalid_input', 'stock.locationId', 'There is no such stock location.', 'unknown');
    const changes: CatalogChange[] = [];
    if (delta !== 0) {
      changes.push({ topic: 'stock.changed', aggregateId: `stock:${id}`, payload: { deltas: { [id]: delta } } });
    }
    if (prices) {
      changes.push({ topic: 'catalog.changed', aggregateId: 'catalog', payload: { slugs: [slug], variantIds: [id] } });
    }
    await showChanges(context, ...changes);
    drainAfterResponse(context);
    return { body: { id, ...(after.stock ? { stock: after.stock } : {}), ...(prices ? { prices } : {}) } };
  },
);

const SHELF = sql.raw(`jsonb_build_object('locationId', location_id, 'onHand', on_hand)`);
const TAGS = sql.raw(
  `jsonb_object_agg(currency, jsonb_build_object('amountMinor', amount_minor, 'compareAtMinor', compare_at_minor))`,
);
