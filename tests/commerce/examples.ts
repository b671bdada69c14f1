import type { CartItem, PromotionOutcome } from '@/commerce/cart';
import { currencyExponent, toDecimal } from '@/commerce/money';
import { ANYBODY, type PricedCart, type PricingInput, priceCart, type VariantFacts } from '@/commerce/pricing';
import type {
  AmountByCurrency,
  Effect,
  Promotion,
  PromotionGroup,
  Selection,
  ShippingMethod,
  ShopRules,
  TaxZone,
} from '@/commerce/rules';
import * as builders from './builders';

/** A Wednesday, at noon in UTC. */
export const NOW = Date.parse('2026-11-25T12:00Z');

/** What the shop of these examples sells: a price in euros, and the collection. */
const SHELF: Record<string, [price: string, collection: string]> = {
  tea: ['4.00', 'drinks'],
  coffee: ['6.50', 'drinks'],
  mug: ['9.50', 'kitchen'],
  pan: ['25.00', 'kitchen'],
  lamp: ['100.00', 'house'],
  scarf: ['19.99', 'winter'],
  hat: ['14.95', 'winter'],
  sock: ['3.33', 'winter'],
  pen: ['0.05', 'paper'],
  book: ['12.00', 'paper'],
};

const COLLECTIONS = new Set(Object.values(SHELF).map(([, collection]) => collection));

/** `12.50` in minor units. */
export function minor(decimal: string, currency = 'EUR'): number {
  const [whole = '', digits = ''] = decimal.split('.');
  return Number(whole + digits.padEnd(currencyExponent(currency), '0'));
}

const euros = (decimal: string): AmountByCurrency => ({ EUR: minor(decimal) });

/** What is named: collections, or single goods. Nothing named is everything. */
export function only(...names: string[]): Selection | null {
  if (names.length === 0) return null;
  return {
    collectionIds: names.filter((name) => COLLECTIONS.has(name)),
    variantIds: names.filter((name) => !COLLECTIONS.has(name)),
  };
}

const named = (...names: string[]) => only(...names) as Selection;

/** An automatic promotion for everybody and always. Its id is made of its title. */
export function promotion(title: string, effect: Effect, more: Partial<Promotion> = {}): Promotion {
  return builders.promotion(title.toLowerCase().replaceAll(' ', '-'), effect, { title, ...more });
}

export const group = (id: string, priority = 0): PromotionGroup => ({ id, title: id, priority });

/** Effects as a price tag would word them; amounts in euros, percentages in per cent. */
export const effects = {
  percent: (percent: number, of: string[] = [], max?: string): Effect => ({
    kind: 'percent_off',
    of: only(...of),
    percentBps: Math.round(percent * 100),
    ...(max === undefined ? {} : { maxMinor: euros(max) }),
  }),
  off: (per: 'unit' | 'line' | 'order', amount: string, of: string[] = []): Effect => ({
    kind: 'amount_off',
    of: only(...of),
    per,
    amountMinor: euros(amount),
  }),
  /** Steps such as `['50.00', '5.00']` or `['50.00', 10]`: from a price on, so much or so many per cent. */
  steps: (steps: [from: string, off: string | number][], of: string[] = []): Effect => ({
    kind: 'spend_steps',
    of: only(...of),
    steps: steps.map(([from, off]) =>
      typeof off === 'number'
        ? { fromMinor: euros(from), percentBps: off * 100 }
        : { fromMinor: euros(from), amountMinor: euros(off) },
    ),
  }),
  buyGet: (
    buy: number,
    get: number,
    more: { buyOf?: string[]; getOf?: string[]; percent?: number; maxTimes?: number } = {},
  ): Effect => ({
    kind: 'buy_get',
    buy: { of: only(...(more.buyOf ?? [])), quantity: buy },
    get: { of: only(...(more.getOf ?? more.buyOf ?? [])), quantity: get },
    percentBps: (more.percent ?? 100) * 100,
    maxTimes: more.maxTimes ?? null,
  }),
  bundle: (parts: [quantity: number, ...of: string[]][], price: string, maxTimes: number | null = null): Effect => ({
    kind: 'bundle',
    parts: parts.map(([quantity, ...of]) => ({ of: named(...of), quantity })),
    priceMinor: euros(price),
    maxTimes,
  }),
  gift: (variantId: string, quantity = 1): Effect => ({ kind: 'gift', variantId, quantity }),
  shipping: (percent: number, methodIds: string[] | null = null): Effect => ({
    kind: 'shipping_off',
    percentBps: Math.round(percent * 100),
    methodIds,
  }),
};

/** Prices in Germany contain 19 % tax, for books 7 %. */
export const GERMANY: TaxZone = builders.taxZone('DE', {
  rates: {
    standard: [{ label: 'MwSt.', rateBps: 1900, compound: false }],
    books: [{ label: 'MwSt. ermäßigt', rateBps: 700, compound: false }],
  },
});

/** In the States a tax of 10 % is added. */
export const STATES: TaxZone = {
  ...GERMANY,
  id: 'us',
  country: 'US',
  pricesIncludeTax: false,
  rates: { standard: [{ label: 'Sales tax', rateBps: 1000, compound: false }] },
};

/** Austria's businesses buy net. */
const AUSTRIA: TaxZone = {
  ...GERMANY,
  id: 'at',
  country: 'AT',
  rates: { standard: [{ label: 'USt.', rateBps: 2000, compound: false }] },
  reverseCharge: true,
};

/** A way of shipping that costs so many euros wherever the shop sells. */
export function shippingMethod(id: string, price: string, more: Partial<ShippingMethod> = {}): ShippingMethod {
  return builders.shippingMethod(id, { prices: { EUR: [{ from: 0, amountMinor: minor(price) }] }, ...more });
}

export function shop(more: Partial<ShopRules> = {}): ShopRules {
  return builders.shopRules({
    currencies: ['EUR', 'JPY', 'USD'],
    taxZones: [GERMANY, STATES, AUSTRIA],
    shippingMethods: [shippingMethod('post', '4.90'), shippingMethod('express', '9.90')],
    ...more,
  });
}

/** Facts of goods that cost so many euros. */
export function facts(id: string, price: string, collection: string, more: Partial<VariantFacts> = {}): VariantFacts {
  return builders.variantFacts(id, {
    prices: { EUR: { amountMinor: minor(price), compareAtMinor: null } },
    collectionIds: [collection],
    ...more,
  });
}

/** Everything on the shelf; `changes` by name. */
export function shelf(changes: Record<string, Partial<VariantFacts>> = {}): Map<string, VariantFacts> {
  return new Map(
    Object.entries(SHELF).map(([id, [price, collection]]) => [id, facts(id, price, collection, changes[id])]),
  );
}

export interface Circumstances extends Partial<PricingInput> {
  rules?: Partial<ShopRules>;
  changes?: Record<string, Partial<VariantFacts>>;
}

/** `2 tea, 1 mug` as lines, and `1 tea at 3.50` at a price of its own. A second line of the same goods is `tea/2`. */
export function price(cart: string, promotions: readonly Promotion[], circumstances: Circumstances = {}): PricedCart {
  const { rules, changes, ...more } = circumstances;
  const variants = shelf(changes);
  const counts = new Map<string, number>();
  const lines = cart.split(', ').flatMap((text) => {
    const [, quantity, id = '', at] = /^(\d+) (\S+)(?: at (\S+))?$/.exec(text) ?? [];
    if (!quantity) return [];
    if (at)
      variants.set(id, { ...variants.get(id)!, prices: { EUR: { amountMinor: minor(at), compareAtMinor: null } } });
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    return { id: count > 1 ? `${id}/${count}` : id, variantId: id, quantity: Number(quantity), metadata: {} };
  });
  const input: PricingInput = {
    ...ANYBODY,
    currency: 'EUR',
    country: 'DE',
    now: NOW,
    lines,
    coupons: [],
    shippingMethodId: null,
    ...more,
  };
  return priceCart(input, variants, shop({ promotions: [...promotions], ...rules }));
}

/** What is to pay for each line: `tea 10.80, mug 9.50`; a gift is `pen as a gift`. */
export function paid({ items }: Pick<PricedCart, 'items'>): string {
  const words = ({ id, variantId, isGift, total }: CartItem) =>
    isGift ? `${variantId} as a gift` : `${id} ${toDecimal(total)}`;
  return items.map(words).join(', ');
}

/** What became of each promotion: `Ten off: -1.20`, or `Ten off: needs_amount`. */
export function told({ promotions }: Pick<PricedCart, 'promotions'>): string {
  const words = ({ label, status, amount, reason }: PromotionOutcome) =>
    `${label}: ${status === 'applied' ? toDecimal(amount) : reason?.code}`;
  return promotions.map(words).join(', ');
}
