/** The shape of a rule file: which members there are, of what type, and what stands for one that is left out. */
import * as v from 'valibot';
import type { InputIssue } from '@/commerce/error';
import { MAX_QUANTITY } from '@/commerce/pricing';
import { nearestWords } from '@/edge/search';

const MAX_TEXT = 200;

const text = v.pipe(
  v.string('This must be a text.'),
  v.trim(),
  v.nonEmpty('This must not be empty.'),
  v.maxLength(MAX_TEXT, `This must be at most ${MAX_TEXT} characters.`),
  v.regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'This must not hold control characters.'),
);

const NOT_AN_ID = 'An id is 1 to 64 lower-case letters and digits, with single hyphens or underscores between them.';
const id = v.pipe(v.string(NOT_AN_ID), v.maxLength(64, NOT_AN_ID), v.regex(/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/, NOT_AN_ID));

/** What is checked further in `check.ts`, where a fault has a code of its own. */
const written = (example: string) => v.string(`This must be a text such as "${example}".`);
const amount = written('10.00');
const amounts = v.record(v.string(), amount, 'This must be amounts by currency, such as { "EUR": "10.00" }.');
const percent = v.union([v.string(), v.number()], 'This must be a percentage such as "12.5".');
const time = v.optional(v.nullable(written('2026-11-27T00:00:00+01:00')), null);
const country = written('DE');
const currency = written('EUR');
const flag = v.optional(v.boolean('This must be true or false.'), false);

function list<Item extends v.GenericSchema>(item: Item) {
  return v.array(item, 'This must be a list.');
}

function listOrNone<Item extends v.GenericSchema>(item: Item) {
  return v.optional(list(item), []);
}

function whole(min: number, max: number) {
  const message = `This must be a whole number from ${min} to ${max}.`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
}

const MAX_INTEGER = 2_147_483_647;
/** Quantities beyond what a cart can hold are told apart from malformed ones in `check.ts`. */
const quantity = whole(1, MAX_INTEGER);
const priority = v.optional(whole(-1_000_000, 1_000_000), 0);
const limit = v.optional(v.nullable(whole(1, MAX_INTEGER)), null);

const named = {
  products: v.optional(list(written('a-product'))),
  collections: v.optional(list(written('a-collection'))),
  skus: v.optional(list(written('SKU-1'))),
};
const someOf = v.strictObject({ ...named, except: v.optional(v.strictObject(named)) }, 'This must be an object.');
const selection = v.optional(v.nullable(someOf), null);

// ---------------------------------------------------------------- prices

const rounding = v.strictObject(
  {
    increment: amount,
    less: v.optional(amount, '0'),
    mode: v.optional(v.picklist(['nearest', 'up', 'down'], 'This must be nearest, up or down.'), 'nearest'),
  },
  'This must be a rounding, such as { "increment": "1.00", "less": "0.01" }.',
);

const CustomerGroup = v.strictObject({ id, title: text });

const Conversion = v.strictObject({
  from: currency,
  to: currency,
  rate: written('11.4321'),
  rounding: v.optional(v.nullable(rounding), null),
});

const PriceList = v.strictObject({
  id,
  title: text,
  priority,
  customerGroups: listOrNone(written('wholesale')),
  channels: listOrNone(id),
  countries: listOrNone(country),
  startsAt: time,
  endsAt: time,
  tiersBy: v.optional(v.picklist(['variant', 'product'], 'This must be variant or product.'), 'variant'),
  of: selection,
  steps: listOrNone(v.strictObject({ minQuantity: v.optional(quantity, 1), changePercent: percent })),
  rounding: v.optional(v.record(v.string(), rounding), {}),
  prices: listOrNone(v.strictObject({ sku: written('SKU-1'), currency, minQuantity: v.optional(quantity, 1), amount })),
});

// ---------------------------------------------------------------- promotions

const PromotionGroup = v.strictObject({ id, title: text, priority });

const kinds = (...names: string[]) => `"kind" must be one of ${names.join(', ')}.`;

const condition = v.variant(
  'kind',
  [
    v.strictObject({ kind: v.literal('subtotal'), of: selection, from: amounts }),
    v.strictObject({ kind: v.literal('quantity'), of: selection, min: quantity, max: v.optional(quantity) }),
    v.strictObject({ kind: v.literal('country'), in: list(country) }),
    v.strictObject({ kind: v.literal('currency'), in: list(currency) }),
    v.strictObject({ kind: v.literal('channel'), in: list(id) }),
    v.strictObject({ kind: v.literal('customer_group'), in: list(written('wholesale')) }),
    v.strictObject({ kind: v.literal('first_order') }),
  ],
  kinds('subtotal', 'quantity', 'country', 'currency', 'channel', 'customer_group', 'first_order'),
);

const counted = v.strictObject({ of: selection, quantity }, 'This must be a quantity, and of what.');

const effect = v.variant(
  'kind',
  [
    v.strictObject({ kind: v.literal('percent_off'), of: selection, percent, max: v.optional(amounts) }),
    v.strictObject({
      kind: v.literal('amount_off'),
      of: selection,
      per: v.picklist(['unit', 'line', 'order'], 'This must be unit, line or order.'),
      amount: amounts,
    }),
    v.strictObject({
      kind: v.literal('spend_steps'),
      of: selection,
      steps: list(v.strictObject({ from: amounts, percent: v.optional(percent), amount: v.optional(amounts) })),
    }),
    v.strictObject({ kind: v.literal('buy_get'), buy: counted, get: counted, percent, maxTimes: limit }),
    v.strictObject({
      kind: v.literal('bundle'),
      parts: list(v.strictObject({ of: someOf, quantity })),
      price: amounts,
      maxTimes: limit,
    }),
    v.strictObject({ kind: v.literal('gift'), sku: written('SKU-1'), quantity: v.optional(quantity, 1) }),
    v.strictObject({
      kind: v.literal('shipping_off'),
      percent,
      methods: v.optional(v.nullable(list(written('standard'))), null),
    }),
  ],
  kinds('percent_off', 'amount_off', 'spend_steps', 'buy_get', 'bundle', 'gift', 'shipping_off'),
);

const hours = v.strictObject({
  days: list(whole(1, 7)),
  from: v.optional(written('09:00'), '00:00'),
  until: v.optional(written('18:00'), '24:00'),
  timeZone: written('Europe/Berlin'),
});

const Promotion = v.strictObject({
  id,
  title: text,
  codes: listOrNone(written('SUMMER10')),
  startsAt: time,
  endsAt: time,
  hours: listOrNone(hours),
  conditions: listOrNone(condition),
  effect,
  group: v.optional(v.nullable(written('sale')), null),
  exclusive: flag,
  priority,
  usageLimit: limit,
  usageLimitPerCustomer: limit,
});

// ---------------------------------------------------------------- tax and shipping

const taxClass = v.optional(id, 'standard');

const TaxZone = v.strictObject({
  id,
  country,
  region: v.optional(v.nullable(written('CA')), null),
  postalCodes: listOrNone(written('10115')),
  pricesIncludeTax: v.boolean('This must be true or false.'),
  rounding: v.optional(v.picklist(['line', 'order'], 'This must be line or order.'), 'line'),
  rates: v.optional(v.record(v.string(), list(v.strictObject({ label: text, percent, compound: flag }))), {}),
  shipping: v.optional(
    v.variant(
      'by',
      [
        v.strictObject({ by: v.literal('method') }),
        v.strictObject({ by: v.literal('class'), taxClass }),
        v.strictObject({ by: v.literal('highest') }),
        v.strictObject({ by: v.literal('proportion') }),
      ],
      '"by" must be one of method, class, highest, proportion.',
    ),
    { by: 'method' },
  ),
  reverseCharge: flag,
});

const ShippingZone = v.strictObject({
  id,
  title: text,
  areas: list(
    v.strictObject({ country, regions: listOrNone(written('CA')), postalCodes: listOrNone(written('10115')) }),
  ),
});

const days = v.optional(whole(0, 365), 0);

const ShippingMethod = v.strictObject({
  id,
  title: text,
  kind: v.optional(v.picklist(['delivery', 'pickup'], 'This must be delivery or pickup.'), 'delivery'),
  zone: v.optional(v.nullable(written('europe')), null),
  taxClass,
  basis: v.optional(
    v.picklist(['flat', 'weight', 'subtotal', 'quantity'], 'This must be flat, weight, subtotal or quantity.'),
    'flat',
  ),
  prices: v.record(
    v.string(),
    list(
      v.strictObject({
        from: v.optional(v.union([v.string(), v.number()], 'This must be grams, units or an amount.'), 0),
        amount,
      }),
    ),
    'This must be steps by currency, such as { "EUR": [{ "amount": "4.90" }] }.',
  ),
  freeFrom: v.optional(amounts, {}),
  dimensionalDivisor: v.optional(v.nullable(whole(1, 1_000_000)), null),
  limits: v.optional(
    v.strictObject({
      minWeightGrams: v.optional(whole(0, MAX_INTEGER)),
      maxWeightGrams: v.optional(whole(0, MAX_INTEGER)),
      maxQuantity: v.optional(quantity),
      minSubtotal: v.optional(amounts),
      maxSubtotal: v.optional(amounts),
    }),
    {},
  ),
  excludes: selection,
  minDays: days,
  maxDays: days,
  handlingDays: days,
  cutoff: v.optional(v.nullable(v.strictObject({ time: written('14:00'), timeZone: written('Europe/Berlin') })), null),
  weekends: v.optional(v.boolean('This must be true or false.'), true),
  pickupAddress: v.optional(v.nullable(text), null),
});

// ---------------------------------------------------------------- samples

const Sample = v.strictObject({
  name: text,
  currency,
  country,
  region: v.optional(v.nullable(text), null),
  postalCode: v.optional(v.nullable(text), null),
  channel: v.optional(id, 'web'),
  customerGroup: v.optional(v.nullable(written('wholesale')), null),
  items: v.pipe(
    list(v.strictObject({ sku: written('SKU-1'), quantity: v.optional(whole(1, MAX_QUANTITY), 1) })),
    v.minLength(1, 'A sample needs something in its cart.'),
  ),
  coupons: listOrNone(written('SUMMER10')),
  shippingMethod: v.optional(v.nullable(written('standard')), null),
  at: time,
  expect: v.optional(v.strictObject({ total: amount })),
});

const ENTRIES = {
  customerGroups: CustomerGroup,
  conversions: Conversion,
  priceLists: PriceList,
  promotionGroups: PromotionGroup,
  promotions: Promotion,
  taxZones: TaxZone,
  shippingZones: ShippingZone,
  shippingMethods: ShippingMethod,
  samples: Sample,
};

export type Section = keyof typeof ENTRIES;

/** What a rule file replaces, in the order in which a section may refer to those before it. */
export const SECTIONS = [
  'customerGroups',
  'conversions',
  'priceLists',
  'taxZones',
  'shippingZones',
  'shippingMethods',
  'promotionGroups',
  'promotions',
] as const satisfies Section[];

export type Entry<Name extends Section> = v.InferOutput<(typeof ENTRIES)[Name]>;
export type Amounts = v.InferOutput<typeof amounts>;
export type FileSelection = v.InferOutput<typeof someOf>;
export type FileEffect = v.InferOutput<typeof effect>;
export type FileCondition = v.InferOutput<typeof condition>;
export type FileRounding = v.InferOutput<typeof rounding>;

/** A rule file of the right shape, defaults filled in. A section that it does not have stays as it is in the shop. */
export type RuleFile = { [Name in Section]?: Entry<Name>[] };

/** As a rule file may be written, with what has a default left out. */
export type WrittenRuleFile = { [Name in Section]?: v.InferInput<(typeof ENTRIES)[Name]>[] };

/** A rule file as far as its shape is right: an entry that is not is null, so that the others can still be checked. */
export type PartialRuleFile = { [Name in Section]?: (Entry<Name> | null)[] };

/**
 * Holds a value against the shape of a rule file, and names every fault: `member_unknown`, `member_missing`,
 * `value_invalid`, with the path of each.
 */
export function checkShape(value: unknown): { file: PartialRuleFile; issues: InputIssue[] } {
  if (!isObject(value)) {
    const message = 'A rule file is a JSON object.';
    return { file: {}, issues: [{ path: '', code: 'value_invalid', message }] };
  }
  const issues: InputIssue[] = [];
  const file: Record<string, unknown[]> = {};
  for (const [name, entries] of Object.entries(value)) {
    const schema = Object.hasOwn(ENTRIES, name) ? ENTRIES[name as Section] : undefined;
    if (!schema) issues.push(unknownMember(name, Object.keys(ENTRIES)));
    else if (!Array.isArray(entries))
      issues.push({ path: name, code: 'value_invalid', message: 'This must be a list.' });
    else file[name] = entries.map((entry, index) => parseEntry(schema, entry, `${name}.${index}`, issues));
  }
  return { file: file as PartialRuleFile, issues };
}

function parseEntry(schema: v.GenericSchema, entry: unknown, path: string, issues: InputIssue[]): unknown {
  const before = issues.length;
  let rest = structuredClone(entry);
  dropForeign(rest, path, issues);
  for (;;) {
    const result = v.safeParse(schema, rest);
    if (result.success) return issues.length > before ? null : result.output;
    const unknown = result.issues.filter(isUnknownMember);
    if (unknown.length === 0) {
      issues.push(...result.issues.map((issue) => toIssue(issue, path)));
      return null;
    }
    // A schema stops at the first member that it does not know: without it, the next can be told, and all the rest.
    rest = structuredClone(rest);
    for (const issue of unknown) {
      issues.push(unknownMember(joinPath(path, v.getDotPath(issue)), MEMBERS));
      drop(rest, issue.path?.map((step) => step.key) ?? []);
    }
  }
}

function isUnknownMember(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

/** Takes away, and names, members such as `constructor`, which a schema would overlook. */
function dropForeign(value: unknown, path: string, issues: InputIssue[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name in Object.prototype) {
      issues.push(unknownMember(`${path}.${name}`, []));
      delete (value as Record<string, unknown>)[name];
    } else dropForeign(member, `${path}.${name}`, issues);
  }
}

function drop(root: unknown, keys: unknown[]): void {
  let at = root as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) at = at[key as string] as Record<string, unknown>;
  delete at[keys.at(-1) as string];
}

function toIssue(issue: v.BaseIssue<unknown>, path: string): InputIssue {
  const where = joinPath(path, v.getDotPath(issue));
  if (issue.input === undefined) {
    return { path: where, code: 'member_missing', message: `"${where.split('.').at(-1)}" is missing.` };
  }
  const message = /^Invalid (?:type|key)/.test(issue.message) ? 'This must be an object.' : issue.message;
  return { path: where, code: 'value_invalid', message };
}

function unknownMember(path: string, known: readonly string[]): InputIssue {
  const name = path.split('.').at(-1) ?? '';
  const message = `There is no member "${name}" here.${didYouMean(name, known)}`;
  return { path, code: 'member_unknown', message };
}

/** ` Did you mean "priority"?` where one of the known words is near, else nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const [nearest] = nearestWords(word, known);
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
}

/** Every member's name anywhere in a rule file. */
const MEMBERS = [...new Set(Object.values(ENTRIES).flatMap(memberNames))];

function memberNames(schema: unknown): string[] {
  if (!isObject(schema)) return [];
  const { entries, wrapped, item, options, value, pipe } = schema as Record<string, unknown>;
  const names = isObject(entries) ? Object.entries(entries).flatMap(([name, of]) => [name, ...memberNames(of)]) : [];
  const parts = [
    wrapped,
    item,
    value,
    ...(Array.isArray(options) ? options : []),
    ...(Array.isArray(pipe) ? [pipe[0]] : []),
  ];
  return [...names, ...parts.filter((part) => part !== schema).flatMap(memberNames)];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function joinPath(path: string, more: string | null): string {
  return more ? `${path}.${more}` : path;
}
