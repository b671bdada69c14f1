/**
 * Holds a rule file against its shape, against itself and against the shop, without changing anything: pure, and the same
 * for a command, a form or an API.
 */
import type { InputIssue } from '@/commerce/error';
import { checkPrices } from './check-prices';
import { checkPromotions } from './check-promotions';
import { checkRegions } from './check-regions';
import { resolveRules, toShopRules } from './resolve';
import { Scope, type Shop } from './scope';
import { checkShape, type PartialRuleFile, type RuleFile, SECTIONS } from './shape';
import { parseAmount, parseTime } from './values';

export interface CheckedRules {
  /** Null where there are errors. */
  file: RuleFile | null;
  /** What must be mended, all of it, by path. Empty: it can be loaded. */
  errors: InputIssue[];
  /** What is allowed, and probably not meant. */
  warnings: InputIssue[];
}

/** A promotion is looked at for every cart, and all rules are one value in KV. */
const MAX_PROMOTIONS = 1_000;
const MAX_CODES = 2_000;
const MAX_PRICE_LISTS = 200;
const MAX_PRICES = 50_000;
const MAX_RULES_BYTES = 512 * 1024;

/**
 * Checks a rule file, as parsed from JSON. Every fault is told at once, with its dotted path and a permanent code; the
 * manual, `docs/rules.md`, lists the codes. Sections that the file does not have count as they are in the shop.
 */
export function checkRules(value: unknown, shop: Shop): CheckedRules {
  const { file, issues } = checkShape(value);
  const scope = new Scope(file, shop);
  scope.errors.push(...issues);
  checkIds(scope);
  checkPrices(scope);
  checkRegions(scope);
  checkPromotions(scope);
  checkSamples(scope);
  checkSizes(scope);
  if (scope.errors.length === 0) checkBytes(scope, file as RuleFile);
  return {
    file: scope.errors.length === 0 ? (file as RuleFile) : null,
    errors: byPath(scope.errors),
    warnings: byPath(scope.warnings),
  };
}

/** Paths in the order of the file: `promotions.9` before `promotions.10`. A fault that is found twice is told once. */
export function byPath(issues: readonly InputIssue[]): InputIssue[] {
  const key = ({ path, code, message }: InputIssue) => JSON.stringify([path, code, message]);
  const once = [...new Map(issues.map((issue) => [key(issue), issue])).values()];
  return once.sort((a, b) => comparePaths(a.path.split('.'), b.path.split('.')) || compare(a.code, b.code));
}

function comparePaths(a: string[], b: string[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const [left = '', right = ''] = [a[index], b[index]];
    if (left === right) continue;
    const numbers = /^\d+$/.test(left) && /^\d+$/.test(right);
    return numbers ? Number(left) - Number(right) : compare(left, right);
  }
  return a.length - b.length;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function checkIds(scope: Scope): void {
  for (const section of SECTIONS) {
    if (section === 'conversions') continue;
    const first = new Map<string, string>();
    for (const [{ id }, path] of scope.entries(section)) {
      const other = first.get(id);
      if (other === undefined) first.set(id, path);
      else scope.error(`${path}.id`, 'id_repeated', `"${id}" is the id of ${other} already.`);
    }
  }
}

function checkSamples(scope: Scope): void {
  for (const [sample, path] of scope.entries('samples')) {
    const { currency, country, customerGroup, items, shippingMethod, at, expect } = sample;
    const isKnown = scope.currency(currency, `${path}.currency`);
    if (isKnown && !scope.currencies.has(currency)) {
      scope.error(`${path}.currency`, 'currency_not_sold', `The shop would not sell in ${currency}.`);
    }
    const zones = scope.rules.taxZones ?? [];
    if (!zones.some((zone) => zone === null || zone.country === country)) {
      scope.error(`${path}.country`, 'country_not_sold_to', `The shop would not sell to "${country}".`);
    }
    if (customerGroup !== null) scope.reference('customerGroups', customerGroup, `${path}.customerGroup`);
    for (const [index, { sku }] of items.entries()) scope.sku(sku, `${path}.items.${index}.sku`);
    if (shippingMethod !== null) scope.reference('shippingMethods', shippingMethod, `${path}.shippingMethod`);
    if (at !== null) scope.take(parseTime(at), `${path}.at`);
    if (expect && isKnown) scope.take(parseAmount(expect.total, currency), `${path}.expect.total`);
  }
}

function checkSizes(scope: Scope): void {
  const { promotions = [], priceLists = [] } = scope.rules;
  const codes = promotions.reduce((sum, promotion) => sum + (promotion?.codes.length ?? 0), 0);
  const prices = priceLists.reduce((sum, list) => sum + (list?.prices.length ?? 0), 0);
  const bounds: [keyof PartialRuleFile, string, number, number][] = [
    ['promotions', 'promotions', promotions.length, MAX_PROMOTIONS],
    ['promotions', 'codes of promotions', codes, MAX_CODES],
    ['priceLists', 'price lists', priceLists.length, MAX_PRICE_LISTS],
    ['priceLists', 'prices in price lists', prices, MAX_PRICES],
  ];
  for (const [section, what, count, most] of bounds) {
    if (count > most) scope.error(section, 'too_many', `There are ${count} ${what}, and ${most} at most can be held.`);
  }
}

/** All rules together are one value in KV, which every cart reads. */
function checkBytes(scope: Scope, file: RuleFile): void {
  const set = resolveRules({ ...scope.shop.present, ...file }, scope.shop.catalog);
  const bytes = new TextEncoder().encode(JSON.stringify(toShopRules(set, {}))).length;
  if (bytes <= MAX_RULES_BYTES) return;
  const message = `The rules are ${Math.ceil(bytes / 1024)} KB as a whole, and ${MAX_RULES_BYTES / 1024} KB at most can be held.`;
  scope.errors.push({ path: '', code: 'rules_too_large', message });
}
