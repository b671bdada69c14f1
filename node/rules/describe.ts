/** The way back: rules of Postgres in a rule file's words. */
import { toDecimal } from '@/commerce/money';
import type { Condition, Effect, PriceRounding, Selection } from '@/commerce/rules';
import type { PriceListInput, PromotionInput, RuleSet } from '@/db/rules';
import {
  checkShape,
  type Entry,
  type FileCondition,
  type FileEffect,
  type FileSelection,
  type RuleFile,
} from './shape';
import { formatPercent } from './values';

/** What the ids in rules are called. */
export interface CatalogLabels {
  slugOfProduct: ReadonlyMap<string, string>;
  slugOfCollection: ReadonlyMap<string, string>;
  skuOfVariant: ReadonlyMap<string, string>;
}

/**
 * Rules as a rule file says them; loaded, it changes nothing. What is no longer in the catalog keeps its id, so that
 * nothing is lost without a word: a file that names one is refused until somebody decides.
 */
export function describeRules(set: RuleSet, labels: CatalogLabels): RuleFile {
  const describer = new Describer(labels);
  const file: RuleFile = {};
  if (set.customerGroups) file.customerGroups = set.customerGroups;
  if (set.conversions) {
    file.conversions = set.conversions.map(({ from, to, rate, rounding }) => ({
      from,
      to,
      rate,
      rounding: isPlain(rounding) ? null : roundingOf(rounding, to),
    }));
  }
  if (set.priceLists) file.priceLists = set.priceLists.map((list) => describer.priceList(list));
  if (set.taxZones) {
    file.taxZones = set.taxZones.map(({ rates, ...zone }) => ({
      ...zone,
      rates: Object.fromEntries(
        Object.entries(rates).map(([taxClass, taxes]) => [
          taxClass,
          taxes.map(({ label, rateBps, compound }) => ({ label, percent: formatPercent(rateBps), compound })),
        ]),
      ),
    }));
  }
  if (set.shippingZones) file.shippingZones = set.shippingZones;
  if (set.shippingMethods) {
    file.shippingMethods = set.shippingMethods.map(({ zoneId, prices, freeFrom, limits, excludes, ...method }) => {
      const { minSubtotal, maxSubtotal, ...others } = limits;
      return {
        ...method,
        zone: zoneId,
        prices: Object.fromEntries(
          Object.entries(prices).map(([currency, steps]) => [
            currency,
            steps.map(({ from, amountMinor }) => ({
              from: method.basis === 'subtotal' && from > 0 ? decimal(from, currency) : from,
              amount: decimal(amountMinor, currency),
            })),
          ]),
        ),
        freeFrom: amountsOf(freeFrom),
        limits: {
          ...others,
          ...(minSubtotal && { minSubtotal: amountsOf(minSubtotal) }),
          ...(maxSubtotal && { maxSubtotal: amountsOf(maxSubtotal) }),
        },
        excludes: describer.selection(excludes),
      };
    });
  }
  if (set.promotionGroups) file.promotionGroups = set.promotionGroups;
  if (set.promotions) file.promotions = set.promotions.map((promotion) => describer.promotion(promotion));
  return file;
}

/** The file as a person would have written it: without members that say what holds anyway. */
export function writeRuleFile(file: RuleFile): string {
  const sections = Object.entries(file).map(([section, entries]) => [
    section,
    entries.map((entry) => withoutDefaults(section, entry)),
  ]);
  return `${JSON.stringify(Object.fromEntries(sections), (_, value) => (isNull(value) ? undefined : value), 2)}\n`;
}

/** Leaves out each member without which the entry still reads the same. */
function withoutDefaults(section: string, entry: object): object {
  const rest: Record<string, unknown> = { ...entry };
  const read = (value: object) => JSON.stringify(checkShape({ [section]: [value] }).file);
  const whole = read(entry);
  for (const name of Object.keys(rest)) {
    const { [name]: _, ...without } = rest;
    if (read(without) === whole) delete rest[name];
  }
  return rest;
}

/** Wherever a rule file may have a null, leaving it out means the same. */
const isNull = (value: unknown) => value === null;

class Describer {
  readonly #labels: CatalogLabels;

  constructor(labels: CatalogLabels) {
    this.#labels = labels;
  }

  priceList({ startsAt, endsAt, of, steps, rounding, prices, ...list }: PriceListInput): Entry<'priceLists'> {
    return {
      ...list,
      startsAt: timeOf(startsAt),
      endsAt: timeOf(endsAt),
      of: this.selection(of),
      steps: steps.map(({ minQuantity, changeBps }) => ({ minQuantity, changePercent: formatPercent(changeBps) })),
      rounding: Object.fromEntries(Object.entries(rounding).map(([code, rule]) => [code, roundingOf(rule, code)])),
      prices: prices.map(({ variantId, currency, minQuantity, amountMinor }) => ({
        sku: this.#sku(variantId),
        currency,
        minQuantity,
        amount: decimal(amountMinor, currency),
      })),
    };
  }

  promotion({ groupId, startsAt, endsAt, conditions, effect, ...promotion }: PromotionInput): Entry<'promotions'> {
    return {
      ...promotion,
      startsAt: timeOf(startsAt),
      endsAt: timeOf(endsAt),
      conditions: conditions.map((condition) => this.#condition(condition)),
      effect: this.#effect(effect),
      group: groupId,
    };
  }

  selection(selection: Selection | null): FileSelection | null {
    return selection && this.#some(selection);
  }

  #condition(condition: Condition): FileCondition {
    switch (condition.kind) {
      case 'subtotal':
        return { kind: 'subtotal', of: this.selection(condition.of), from: amountsOf(condition.fromMinor) };
      case 'quantity':
        return { ...condition, of: this.selection(condition.of) };
      default:
        return condition;
    }
  }

  #effect(effect: Effect): FileEffect {
    switch (effect.kind) {
      case 'percent_off': {
        const { of, percentBps, maxMinor } = effect;
        const percent = formatPercent(percentBps);
        return { kind: 'percent_off', of: this.selection(of), percent, ...(maxMinor && { max: amountsOf(maxMinor) }) };
      }
      case 'amount_off': {
        const { of, per, amountMinor } = effect;
        return { kind: 'amount_off', of: this.selection(of), per, amount: amountsOf(amountMinor) };
      }
      case 'spend_steps':
        return {
          kind: 'spend_steps',
          of: this.selection(effect.of),
          steps: effect.steps.map((step) => ({
            from: amountsOf(step.fromMinor),
            ...('percentBps' in step
              ? { percent: formatPercent(step.percentBps) }
              : { amount: amountsOf(step.amountMinor) }),
          })),
        };
      case 'buy_get': {
        const { buy, get, percentBps, maxTimes } = effect;
        return {
          kind: 'buy_get',
          buy: { of: this.selection(buy.of), quantity: buy.quantity },
          get: { of: this.selection(get.of), quantity: get.quantity },
          percent: formatPercent(percentBps),
          maxTimes,
        };
      }
      case 'bundle': {
        const { parts, priceMinor, maxTimes } = effect;
        return {
          kind: 'bundle',
          parts: parts.map(({ of, quantity }) => ({ of: this.#some(of), quantity })),
          price: amountsOf(priceMinor),
          maxTimes,
        };
      }
      case 'gift':
        return { kind: 'gift', sku: this.#sku(effect.variantId), quantity: effect.quantity };
      case 'shipping_off':
        return { kind: 'shipping_off', percent: formatPercent(effect.percentBps), methods: effect.methodIds };
    }
  }

  #some({ except, ...named }: Selection): FileSelection {
    return { ...this.#names(named), ...(except && { except: this.#names(except) }) };
  }

  #names({ productIds, collectionIds, variantIds }: Omit<Selection, 'except'>): Omit<FileSelection, 'except'> {
    const { slugOfProduct, slugOfCollection } = this.#labels;
    return {
      ...(productIds && { products: productIds.map((id) => slugOfProduct.get(id) ?? id) }),
      ...(collectionIds && { collections: collectionIds.map((id) => slugOfCollection.get(id) ?? id) }),
      ...(variantIds && { skus: variantIds.map((id) => this.#sku(id)) }),
    };
  }

  #sku(variantId: string): string {
    return this.#labels.skuOfVariant.get(variantId) ?? variantId;
  }
}

function amountsOf(amounts: Record<string, number>): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).map(([currency, amount]) => [currency, decimal(amount, currency)]));
}

function decimal(amount: number, currency: string): string {
  return toDecimal({ amount, currency });
}

function roundingOf({ incrementMinor, lessMinor, mode }: PriceRounding, currency: string) {
  return { increment: decimal(incrementMinor, currency), less: decimal(lessMinor, currency), mode };
}

function isPlain({ incrementMinor, lessMinor, mode }: PriceRounding): boolean {
  return incrementMinor === 1 && lessMinor === 0 && mode === 'nearest';
}

function timeOf(moment: number | null): string | null {
  return moment === null ? null : new Date(moment).toISOString();
}
