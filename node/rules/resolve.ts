import { PLAIN_ROUNDING } from '@/commerce/rounding';
import type { Condition, Effect, PriceRounding, Selection, ShopRules, SpendStep } from '@/commerce/rules';
import type { PriceListInput, PromotionInput, RuleSet } from '@/db/rules';
import type { CatalogNames } from './scope';
import type { Amounts, Entry, FileCondition, FileEffect, FileRounding, FileSelection, RuleFile } from './shape';
import { type Parsed, parseAmount, parsePercent, parseTime } from './values';

/**
 * What a checked rule file says, as Postgres and the prices take it: slugs and SKUs as ids, decimals as minor units,
 * percentages as basis points, times as milliseconds. A name that the catalog does not have stays as it is.
 */
export function resolveRules(file: RuleFile, catalog: CatalogNames): RuleSet {
  const resolver = new Resolver(catalog);
  const set: RuleSet = {};
  if (file.customerGroups) set.customerGroups = file.customerGroups;
  if (file.conversions) {
    set.conversions = file.conversions.map(({ from, to, rate, rounding }) => ({
      from,
      to,
      rate,
      rounding: rounding ? roundingIn(rounding, to) : PLAIN_ROUNDING,
    }));
  }
  if (file.priceLists) set.priceLists = file.priceLists.map((list) => resolver.priceList(list));
  if (file.taxZones) {
    set.taxZones = file.taxZones.map(({ rates, ...zone }) => ({
      ...zone,
      rates: mapValues(rates, (taxes) =>
        taxes.map(({ label, percent, compound }) => ({ label, rateBps: certain(parsePercent(percent, 4)), compound })),
      ),
    }));
  }
  if (file.shippingZones) set.shippingZones = file.shippingZones;
  if (file.shippingMethods) set.shippingMethods = file.shippingMethods.map((method) => resolver.shippingMethod(method));
  if (file.promotionGroups) set.promotionGroups = file.promotionGroups;
  if (file.promotions) set.promotions = file.promotions.map((promotion) => resolver.promotion(promotion));
  return set;
}

/** Rules as prices are computed with, of sections that are complete; `used` is how often promotions were used. */
export function toShopRules(set: RuleSet, used: Readonly<Record<string, number>>): ShopRules {
  const { conversions = [], priceLists = [], promotionGroups = [], promotions = [] } = set;
  const { taxZones = [], shippingZones = [], shippingMethods = [] } = set;
  return {
    currencies: [...new Set(shippingMethods.flatMap(({ prices }) => Object.keys(prices)))].sort(),
    conversions,
    priceLists: priceLists.map(({ prices: _, ...list }) => list),
    promotionGroups,
    promotions: promotions.map((promotion) => {
      const { id, usageLimit } = promotion;
      const count = Object.hasOwn(used, id) ? (used[id] as number) : 0;
      return { ...promotion, usedUp: usageLimit !== null && count >= usageLimit };
    }),
    taxZones,
    shippingZones,
    shippingMethods,
  };
}

class Resolver {
  readonly #catalog: CatalogNames;

  constructor(catalog: CatalogNames) {
    this.#catalog = catalog;
  }

  priceList({ of, startsAt, endsAt, steps, rounding, prices, ...list }: Entry<'priceLists'>): PriceListInput {
    return {
      ...list,
      startsAt: momentOf(startsAt),
      endsAt: momentOf(endsAt),
      of: this.#selection(of),
      steps: steps.map(({ minQuantity, changePercent }) => ({
        minQuantity,
        changeBps: certain(parsePercent(changePercent)),
      })),
      rounding: Object.fromEntries(Object.entries(rounding).map(([code, rule]) => [code, roundingIn(rule, code)])),
      prices: prices.map(({ sku, currency, minQuantity, amount }) => ({
        variantId: this.#variantId(sku),
        currency,
        minQuantity,
        amountMinor: certain(parseAmount(amount, currency)),
      })),
    };
  }

  promotion({ group, codes, startsAt, endsAt, conditions, effect, ...promotion }: Entry<'promotions'>): PromotionInput {
    const isFirstOrder = conditions.some(({ kind }) => kind === 'first_order');
    return {
      ...promotion,
      // Nobody has more than one first order, and the count of uses is what holds that when two come at once.
      usageLimitPerCustomer: isFirstOrder ? 1 : promotion.usageLimitPerCustomer,
      codes: codes.map((code) => code.toUpperCase()),
      startsAt: momentOf(startsAt),
      endsAt: momentOf(endsAt),
      conditions: conditions.map((condition) => this.#condition(condition)),
      effect: this.#effect(effect),
      groupId: group,
    };
  }

  shippingMethod({ zone, prices, freeFrom, limits, excludes, ...method }: Entry<'shippingMethods'>) {
    const { minSubtotal, maxSubtotal, ...others } = limits;
    return {
      ...method,
      zoneId: zone,
      prices: Object.fromEntries(
        Object.entries(prices).map(([currency, steps]) => [
          currency,
          steps.map(({ from, amount }) => ({
            from: typeof from === 'number' ? from : certain(parseAmount(from, currency)),
            amountMinor: certain(parseAmount(amount, currency)),
          })),
        ]),
      ),
      freeFrom: minorOf(freeFrom),
      limits: {
        ...others,
        ...(minSubtotal && { minSubtotal: minorOf(minSubtotal) }),
        ...(maxSubtotal && { maxSubtotal: minorOf(maxSubtotal) }),
      },
      excludes: this.#selection(excludes),
    };
  }

  #condition(condition: FileCondition): Condition {
    switch (condition.kind) {
      case 'subtotal':
        return { kind: 'subtotal', of: this.#selection(condition.of), fromMinor: minorOf(condition.from) };
      case 'quantity': {
        const { min, max } = condition;
        return { kind: 'quantity', of: this.#selection(condition.of), min, ...(max !== undefined && { max }) };
      }
      default:
        return condition;
    }
  }

  #effect(effect: FileEffect): Effect {
    switch (effect.kind) {
      case 'percent_off': {
        const { of, percent, max } = effect;
        const percentBps = certain(parsePercent(percent));
        return { kind: 'percent_off', of: this.#selection(of), percentBps, ...(max && { maxMinor: minorOf(max) }) };
      }
      case 'amount_off': {
        const { of, per, amount } = effect;
        return { kind: 'amount_off', of: this.#selection(of), per, amountMinor: minorOf(amount) };
      }
      case 'spend_steps':
        return { kind: 'spend_steps', of: this.#selection(effect.of), steps: effect.steps.map(spendStep) };
      case 'buy_get': {
        const { buy, get, percent, maxTimes } = effect;
        return {
          kind: 'buy_get',
          buy: { of: this.#selection(buy.of), quantity: buy.quantity },
          get: { of: this.#selection(get.of), quantity: get.quantity },
          percentBps: certain(parsePercent(percent)),
          maxTimes,
        };
      }
      case 'bundle': {
        const { parts, price, maxTimes } = effect;
        return {
          kind: 'bundle',
          parts: parts.map(({ of, quantity }) => ({ of: this.#some(of), quantity })),
          priceMinor: minorOf(price),
          maxTimes,
        };
      }
      case 'gift':
        return { kind: 'gift', variantId: this.#variantId(effect.sku), quantity: effect.quantity };
      case 'shipping_off':
        return { kind: 'shipping_off', percentBps: certain(parsePercent(effect.percent)), methodIds: effect.methods };
    }
  }

  #selection(selection: FileSelection | null): Selection | null {
    return selection && this.#some(selection);
  }

  #some({ except, ...named }: FileSelection): Selection {
    return { ...this.#ids(named), ...(except && { except: this.#ids(except) }) };
  }

  #ids({ products, collections, skus }: Omit<FileSelection, 'except'>): Omit<Selection, 'except'> {
    const { products: productsBySlug, collections: collectionsBySlug } = this.#catalog;
    return {
      ...(products && { productIds: products.map((slug) => productsBySlug.get(slug)?.id ?? slug) }),
      ...(collections && { collectionIds: collections.map((slug) => collectionsBySlug.get(slug) ?? slug) }),
      ...(skus && { variantIds: skus.map((sku) => this.#variantId(sku)) }),
    };
  }

  #variantId(sku: string): string {
    return this.#catalog.skus.get(sku)?.id ?? sku;
  }
}

function spendStep({
  from,
  percent,
  amount,
}: Extract<FileEffect, { kind: 'spend_steps' }>['steps'][number]): SpendStep {
  const fromMinor = minorOf(from);
  if (amount) return { fromMinor, amountMinor: minorOf(amount) };
  return { fromMinor, percentBps: certain(parsePercent(percent ?? '')) };
}

function minorOf(amounts: Amounts): Record<string, number> {
  return Object.fromEntries(
    Object.entries(amounts).map(([currency, text]) => [currency, certain(parseAmount(text, currency))]),
  );
}

function roundingIn({ increment, less, mode }: FileRounding, currency: string): PriceRounding {
  return {
    incrementMinor: certain(parseAmount(increment, currency)),
    lessMinor: certain(parseAmount(less, currency)),
    mode,
  };
}

function momentOf(text: string | null): number | null {
  return text === null ? null : certain(parseTime(text));
}

/** What was checked stands for something. */
function certain<Value>(parsed: Parsed<Value>): Value {
  if ('value' in parsed) return parsed.value;
  throw new Error(`Rules were resolved that were not checked: ${parsed.message}`);
}

function mapValues<From, To>(record: Record<string, From>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
}
