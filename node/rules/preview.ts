/** What rules would do to sample carts, by the code that prices every cart. */
import type { CartItem, PromotionOutcome } from '@/commerce/cart';
import { CommerceError, type InputIssue } from '@/commerce/error';
import { type Money, toDecimal } from '@/commerce/money';
import { ANYBODY, type PricedCart, type PricingInput, priceCart, type VariantFacts } from '@/commerce/pricing';
import type { ShopRules } from '@/commerce/rules';
import { shippingOptions } from '@/commerce/shipping';
import type { RuleSet } from '@/db/rules';
import type { CatalogNames } from './scope';
import type { Entry } from './shape';
import { parseAmount, parseTime } from './values';

export type Sample = Entry<'samples'>;

/** Rules, with the facts of the variants as they price them. */
export interface Priced {
  rules: ShopRules;
  variants: ReadonlyMap<string, VariantFacts>;
}

export interface SamplePreview {
  name: string;
  currency: string;
  country: string;
  /** Null where it could not be priced at all, for the reason beside it. */
  before: PricedCart | null;
  after: PricedCart | null;
  refusals: { before: string | null; after: string | null };
}

/** A sample without a way of shipping goes by the cheapest, where `ships`. */
export interface PreviewOptions {
  now: number;
  ships?: boolean;
}

/**
 * Prices samples before and after. A total that is not what a sample expects is an issue, and so is one that cannot be
 * priced: `sample_differs`, `sample_unpriced`.
 */
export function previewRules(
  samples: readonly Sample[],
  before: Priced,
  after: Priced,
  catalog: Pick<CatalogNames, 'skus'>,
  options: PreviewOptions,
): { previews: SamplePreview[]; issues: InputIssue[] } {
  const issues: InputIssue[] = [];
  const previews = samples.map((sample, index) => {
    const { name, currency, country } = sample;
    const was = priceSample(sample, before, catalog, options);
    const is = priceSample(sample, after, catalog, options);
    const path = `samples.${index}`;
    if (!is.cart) issues.push({ path, code: 'sample_unpriced', message: `"${name}" has no price: ${is.refusal}` });
    else if (sample.expect) issues.push(...differences(sample, is.cart, `${path}.expect.total`));
    const refusals = { before: was.refusal, after: is.refusal };
    return { name, currency, country, before: was.cart, after: is.cart, refusals };
  });
  return { previews, issues };
}

/** The facts of variants as the rules of a set would have them: with its own prices in price lists. */
export function withListPrices(
  variants: ReadonlyMap<string, VariantFacts>,
  { priceLists }: RuleSet,
): Map<string, VariantFacts> {
  const prices = (priceLists ?? []).flatMap(({ id, prices }) => prices.map((price) => ({ ...price, listId: id })));
  return new Map(
    [...variants].map(([id, facts]) => {
      const own = prices.filter(({ variantId }) => variantId === id);
      return [id, { ...facts, listPrices: own.map(({ variantId: _, ...price }) => price) }];
    }),
  );
}

/** Every variant that samples hold, and that promotions could give with them. */
export function variantsOf(samples: readonly Sample[], sets: readonly RuleSet[], catalog: Pick<CatalogNames, 'skus'>) {
  const held = samples.flatMap(({ items }) => items.flatMap(({ sku }) => catalog.skus.get(sku)?.id ?? []));
  const given = sets.flatMap(({ promotions = [] }) =>
    promotions.flatMap(({ effect }) => (effect.kind === 'gift' ? [effect.variantId] : [])),
  );
  return [...new Set([...held, ...given])];
}

function priceSample(
  sample: Sample,
  { rules, variants }: Priced,
  { skus }: Pick<CatalogNames, 'skus'>,
  { now, ships = false }: PreviewOptions,
): { cart: PricedCart; refusal: null } | { cart: null; refusal: string } {
  const { currency, country, region, postalCode, channel, customerGroup, coupons, shippingMethod, at } = sample;
  const time = at === null ? null : parseTime(at);
  const input: PricingInput = {
    ...ANYBODY,
    currency,
    country,
    region,
    postalCode,
    channel,
    customerGroup,
    now: time && 'value' in time ? time.value : now,
    lines: sample.items.map(({ sku, quantity }, index) => ({
      id: String(index),
      variantId: skus.get(sku)?.id ?? sku,
      quantity,
      metadata: {},
    })),
    coupons: coupons.map((code) => code.toUpperCase()),
    shippingMethodId: shippingMethod,
  };
  try {
    const cart = priceCart(input, variants, rules);
    if (shippingMethod !== null || !ships) return { cart, refusal: null };
    const dispatch = { currency, place: { country, region, postalCode }, rules, now: input.now };
    const cheapest = shippingOptions(cart.parcel, dispatch).offered[0];
    if (!cheapest) return { cart, refusal: null };
    return { cart: priceCart({ ...input, shippingMethodId: cheapest.id }, variants, rules), refusal: null };
  } catch (error) {
    if (error instanceof CommerceError) return { cart: null, refusal: error.message };
    throw error;
  }
}

function differences({ name, currency, expect }: Sample, { totals }: PricedCart, path: string): InputIssue[] {
  const wanted = parseAmount(expect?.total ?? '', currency);
  if ('value' in wanted && wanted.value === totals.total.amount) return [];
  const message = `"${name}" would cost ${toDecimal(totals.total)} ${currency}, not ${expect?.total}.`;
  return [{ path, code: 'sample_differs', message }];
}

// ---------------------------------------------------------------- for people

type Row = [label: string, before: string, after: string];

/** Samples as tables: lines with what was taken off them, sums before and after, and what did not apply and why. */
export function renderPreviews(previews: readonly SamplePreview[]): string {
  return previews.map(renderPreview).join('\n\n');
}

function renderPreview({ name, currency, country, before, after, refusals }: SamplePreview): string {
  const rows: Row[] = [['', 'before', 'after'], ...rowsOf(before, after)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  const [labelWidth = 0, beforeWidth = 0, afterWidth = 0] = widths;
  const table = rows.map(([label, was, is]) =>
    `  ${pad(label, labelWidth)}  ${was.padStart(beforeWidth)}  ${is.padStart(afterWidth)}`.trimEnd(),
  );
  const notes = [
    ...(refusals.before === null ? [] : [`Before, it has no price: ${refusals.before}`]),
    ...(refusals.after === null ? [] : [`After, it has no price: ${refusals.after}`]),
    ...(after?.promotions ?? []).filter(({ status }) => status === 'not_applied').map(whyNot),
    // What became of codes is told by their promotions.
    ...(after?.warnings ?? [])
      .filter(({ path }) => !path.startsWith('coupons'))
      .map(({ message, path }) => `${itemName(after?.items ?? [], path)}${message}`),
    ...(after?.requirements ?? [])
      .filter(({ path }) => path === 'shippingMethodId')
      .map(() => 'The way of shipping is not offered for this.'),
  ];
  return [`${name} (${currency}, ${country})`, ...table, ...new Set(notes.map((note) => `  ${note}`))].join('\n');
}

function rowsOf(before: PricedCart | null, after: PricedCart | null): Row[] {
  const rows: Row[] = [];
  const byId = (cart: PricedCart | null) => new Map((cart?.items ?? []).map((item) => [item.id, item]));
  const [was, is] = [byId(before), byId(after)];
  for (const id of new Set([...was.keys(), ...is.keys()])) {
    const [one, other] = [was.get(id), is.get(id)];
    const { quantity, sku, title, isGift } = (other ?? one) as CartItem;
    const label = `${quantity} × ${sku || '?'}${title ? `, ${title}` : ''}${isGift ? ' (gift)' : ''}`;
    rows.push([label, gross(one), gross(other)]);
    const source = other?.price.label ?? null;
    if (source !== null && source !== one?.price.label) rows.push([`    price of ${source}`, '', '']);
    rows.push(...adjustmentRows(one?.adjustments ?? [], other?.adjustments ?? []));
  }
  const [shippedBefore, shippedAfter] = [before?.shipping ?? null, after?.shipping ?? null];
  if (shippedBefore || shippedAfter) {
    const title = shippedAfter?.title ?? shippedBefore?.title;
    rows.push([`Shipping: ${title}`, decimal(shippedBefore?.price), decimal(shippedAfter?.price)]);
    rows.push(...adjustmentRows(shippedBefore?.adjustments ?? [], shippedAfter?.adjustments ?? []));
  }
  const isIncluded = (after ?? before)?.totals.taxIncluded === true;
  rows.push([isIncluded ? 'Tax, included' : 'Tax', decimal(before?.totals.tax), decimal(after?.totals.tax)]);
  rows.push(['Total', decimal(before?.totals.total), decimal(after?.totals.total)]);
  return rows;
}

function adjustmentRows(before: CartItem['adjustments'], after: CartItem['adjustments']): Row[] {
  const ids = new Set([...before, ...after].map(({ promotionId }) => promotionId));
  return [...ids].map((id) => {
    const [was, is] = [before, after].map((some) => some.find(({ promotionId }) => promotionId === id));
    const { label, code } = (is ?? was) as CartItem['adjustments'][number];
    return [`    ${label}${code === null ? '' : ` (${code})`}`, decimal(was?.amount), decimal(is?.amount)];
  });
}

function whyNot({ label, code, reason }: PromotionOutcome): string {
  const name = code === null ? label : label === '' || label === code ? code : `${code}, ${label}`;
  return `Did not apply: ${name}. ${reason?.message ?? ''}`.trimEnd();
}

function itemName(items: readonly CartItem[], path: string): string {
  const match = /^items\.(\d+)/.exec(path);
  const item = match ? items[Number(match[1])] : undefined;
  return item?.sku ? `${item.sku}: ` : '';
}

function gross(item: CartItem | undefined): string {
  if (!item) return '';
  const { amount, currency } = item.unitPrice;
  return decimal({ amount: amount * item.quantity, currency });
}

function decimal(money: Money | undefined): string {
  return money ? toDecimal(money) : '';
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(width - [...text].length);
}
