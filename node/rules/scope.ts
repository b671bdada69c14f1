import type { InputIssue } from '@/commerce/error';
import {
  type Amounts,
  didYouMean,
  type FileSelection,
  type PartialRuleFile,
  type RuleFile,
  type Section,
} from './shape';
import { isCountry, isCurrency, type Parsed, parseAmount } from './values';

/** What a rule file may refer to in the catalog. */
export interface CatalogNames {
  /** By slug; `collections` are slugs. */
  products: ReadonlyMap<string, { id: string; collections: readonly string[] }>;
  /** Slug to id. */
  collections: ReadonlyMap<string, string>;
  /** By SKU; `product` is a slug. */
  skus: ReadonlyMap<string, { id: string; product: string; isSold: boolean }>;
  /** What exists besides, to say what a misspelt name may have meant. */
  candidates: { products: readonly string[]; collections: readonly string[]; skus: readonly string[] };
}

/** What a rule file is held against. */
export interface Shop {
  catalog: CatalogNames;
  /** What holds now, in a rule file's words. */
  present: RuleFile;
  /** How often each promotion was used that has a limit. */
  used: Readonly<Record<string, number>>;
}

/** Which other entry a name refers to: the section that has it, and what the fault is called. */
const REFERENCES = {
  customerGroups: { code: 'customer_group_unknown', what: 'customer group' },
  promotionGroups: { code: 'promotion_group_unknown', what: 'promotion group' },
  shippingZones: { code: 'shipping_zone_unknown', what: 'shipping zone' },
  shippingMethods: { code: 'shipping_method_unknown', what: 'way of shipping' },
} as const;

/** What the checks of one file share: the rules as they would be, and the faults found so far. */
export class Scope {
  readonly shop: Shop;
  /** The file's sections, and the present ones where it has none. */
  readonly rules: PartialRuleFile;
  /** What the shop would sell in. */
  readonly currencies: ReadonlySet<string>;
  readonly errors: InputIssue[] = [];
  readonly warnings: InputIssue[] = [];
  readonly #file: PartialRuleFile;

  constructor(file: PartialRuleFile, shop: Shop) {
    this.shop = shop;
    this.rules = { ...shop.present, ...file };
    this.#file = file;
    this.currencies = new Set(
      (this.rules.shippingMethods ?? []).flatMap((method) => Object.keys(method?.prices ?? {})),
    );
  }

  error(path: string, code: string, message: string): void {
    if (this.isInFile(path)) this.errors.push({ path, code, message });
  }

  warn(path: string, code: string, message: string): void {
    if (this.isInFile(path)) this.warnings.push({ path, code, message });
  }

  /** What stays as it is was checked when it was loaded. */
  isInFile(path: string): boolean {
    const [section = ''] = path.split('.');
    return section === '' || Object.hasOwn(this.#file, section) || !Object.hasOwn(this.rules, section);
  }

  /** The entries of a section whose shape is right, with their paths. */
  *entries<Name extends Section>(section: Name): Generator<[NonNullable<RuleFile[Name]>[number], string]> {
    for (const [index, entry] of (this.rules[section] ?? []).entries()) {
      if (entry !== null) yield [entry as NonNullable<RuleFile[Name]>[number], `${section}.${index}`];
    }
  }

  /** Takes what a text stands for; where it is at fault, notes that and takes null. */
  take<Value>(parsed: Parsed<Value>, path: string): Value | null {
    if ('value' in parsed) return parsed.value;
    this.error(path, parsed.code, parsed.message);
    return null;
  }

  /** An entry of another section that must be there. Where that section has faults of shape, nothing can be said. */
  reference(section: keyof typeof REFERENCES, id: string, path: string): void {
    const entries = this.rules[section] ?? [];
    if (entries.some((entry) => entry === null || entry.id === id)) return;
    const { code, what } = REFERENCES[section];
    if (this.isInFile(path)) {
      const known = entries.flatMap((entry) => entry?.id ?? []);
      this.error(path, code, `There is no ${what} "${id}".${didYouMean(id, known)}`);
    } else {
      this.error(section, 'still_used', `The ${what} "${id}" is missing here, and ${path}, which stays, refers to it.`);
    }
  }

  country(code: string, path: string): void {
    if (isCountry(code)) return;
    this.error(path, 'country_unknown', `"${code}" is not a country of ISO 3166-1 in two capital letters, such as DE.`);
  }

  /** Countries of which each is one, and there only once. */
  countries(codes: readonly string[], path: string): void {
    for (const [index, code] of codes.entries()) this.country(code, `${path}.${index}`);
    this.once(codes, path);
  }

  currency(code: string, path: string): boolean {
    if (isCurrency(code)) return true;
    const meant = isCurrency(code.toUpperCase()) ? ` Did you mean "${code.toUpperCase()}"?` : '';
    this.error(path, 'currency_unknown', `"${code}" is not a currency of ISO 4217, such as EUR.${meant}`);
    return false;
  }

  once(values: readonly (string | number)[], path: string): void {
    for (const [index, value] of values.entries()) {
      if (values.indexOf(value) === index) continue;
      this.error(`${path}.${index}`, 'value_repeated', `"${value}" is there twice.`);
    }
  }

  notEmpty(values: readonly unknown[], path: string): void {
    if (values.length > 0) return;
    this.error(path, 'list_empty', 'This list must not be empty: it would fit nothing.');
  }

  /**
   * Amounts by currency in minor units, those that are right. There must be one at least, and with `positive` none may be
   * zero.
   */
  amounts(amounts: Amounts, path: string, { positive = false, mayBeEmpty = false } = {}): Map<string, number> {
    const taken = new Map<string, number>();
    if (Object.keys(amounts).length === 0 && !mayBeEmpty) {
      this.error(path, 'amounts_empty', 'There must be an amount in one currency at least.');
    }
    for (const [currency, text] of Object.entries(amounts)) {
      const at = `${path}.${currency}`;
      if (!this.currency(currency, at)) continue;
      const amount = this.take(parseAmount(text, currency), at);
      if (amount === null) continue;
      if (positive && amount === 0) this.error(at, 'amount_not_positive', 'This amount must be more than zero.');
      if (!this.currencies.has(currency)) {
        this.warn(
          at,
          'currency_not_sold',
          `The shop does not sell in ${currency}: no way of shipping has a price in it.`,
        );
      }
      taken.set(currency, amount);
    }
    return taken;
  }

  /** What a selection names must be there, and it must name something. */
  selection(selection: FileSelection | null, path: string): void {
    if (selection === null) return;
    const { except, ...named } = selection;
    this.#named(named, path);
    if (except) this.#named(except, `${path}.except`);
  }

  sku(sku: string, path: string): void {
    this.#inCatalog('skus', sku, path);
  }

  #named(named: Omit<FileSelection, 'except'>, path: string): void {
    let count = 0;
    for (const kind of ['products', 'collections', 'skus'] as const) {
      const names = named[kind] ?? [];
      count += names.length;
      for (const [index, name] of names.entries()) this.#inCatalog(kind, name, `${path}.${kind}.${index}`);
      this.once(names, `${path}.${kind}`);
    }
    if (count > 0) return;
    const message = 'This names no product, collection or SKU, so it fits nothing. Leave it out for everything.';
    this.error(path, 'selection_empty', message);
  }

  #inCatalog(kind: 'products' | 'collections' | 'skus', name: string, path: string): void {
    const { catalog } = this.shop;
    if (catalog[kind].has(name)) return;
    const what = { products: 'product', collections: 'collection', skus: 'SKU' }[kind];
    const code = { products: 'product_unknown', collections: 'collection_unknown', skus: 'sku_unknown' }[kind];
    this.error(path, code, `There is no ${what} "${name}".${didYouMean(name, catalog.candidates[kind])}`);
  }
}
