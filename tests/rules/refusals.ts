import { method, priceList, promotion, taxZone } from './files';

export interface Refusal {
  why: string;
  file: unknown;
  path: string;
  code: string;
}

/** Rule files with one fault each: why it is refused, and where and under which code that is told. */
export const REFUSALS: Refusal[] = [
  // shape
  refusal('no object at all', [], '', 'value_invalid'),
  refusal('a section that there is not', { discounts: [] }, 'discounts', 'member_unknown'),
  refusal('a section that is no list', { promotions: {} }, 'promotions', 'value_invalid'),
  refusal('an entry that is no object', { promotions: ['ten'] }, 'promotions.0', 'value_invalid'),
  promotions('a member that there is not', { colour: 'red' }, 'colour', 'member_unknown'),
  promotions('a member that every object has', { constructor: 1 }, 'constructor', 'member_unknown'),
  promotions('a member that is missing', { title: undefined }, 'title', 'member_missing'),
  promotions('an empty title', { title: ' ' }, 'title', 'value_invalid'),
  promotions('a title with a line break', { title: 'a\nb' }, 'title', 'value_invalid'),
  promotions('an id with capitals', { id: 'Summer' }, 'id', 'value_invalid'),
  promotions('a priority that is no whole number', { priority: 1.5 }, 'priority', 'value_invalid'),
  promotions('a usage limit of zero', { usageLimit: 0 }, 'usageLimit', 'value_invalid'),
  promotions('a flag that is a text', { exclusive: 'yes' }, 'exclusive', 'value_invalid'),
  effects('an effect that there is not', { kind: 'half_off' }, 'kind', 'value_invalid'),
  effects('a member of another effect', { kind: 'gift', sku: 'SCARF', percent: 10 }, 'percent', 'member_unknown'),
  conditions('a condition that there is not', [{ kind: 'weather', in: ['rain'] }], '0.kind', 'value_invalid'),
  effects('an amount that is a number', amountOff({ EUR: 5 }), 'amount.EUR', 'value_invalid'),
  // money, percentages, times
  effects(
    'an amount with more decimals than the currency',
    amountOff({ EUR: '5.001' }),
    'amount.EUR',
    'amount_too_precise',
  ),
  effects('an amount with decimals in yen', amountOff({ JPY: '5.5' }), 'amount.JPY', 'amount_too_precise'),
  effects('an amount with a comma', amountOff({ EUR: '5,00' }), 'amount.EUR', 'amount_malformed'),
  effects('an amount with an exponent', amountOff({ EUR: '5e2' }), 'amount.EUR', 'amount_malformed'),
  effects('a negative amount', amountOff({ EUR: '-5' }), 'amount.EUR', 'amount_out_of_range'),
  effects('an amount beyond any price', amountOff({ EUR: '99999999999' }), 'amount.EUR', 'amount_out_of_range'),
  effects('an amount of nothing', amountOff({ EUR: '0.00' }), 'amount.EUR', 'amount_not_positive'),
  effects('no amount at all', amountOff({}), 'amount', 'amounts_empty'),
  effects('a currency that there is not', amountOff({ EURO: '5' }), 'amount.EURO', 'currency_unknown'),
  effects('a percentage of zero', { kind: 'percent_off', percent: 0 }, 'percent', 'percent_out_of_range'),
  effects('a percentage above 100', { kind: 'percent_off', percent: '100.01' }, 'percent', 'percent_out_of_range'),
  effects('a negative percentage', { kind: 'percent_off', percent: '-5' }, 'percent', 'percent_out_of_range'),
  effects('a percentage in words', { kind: 'percent_off', percent: 'ten' }, 'percent', 'percent_malformed'),
  effects(
    'a percentage beyond basis points',
    { kind: 'percent_off', percent: '12.345' },
    'percent',
    'percent_too_precise',
  ),
  promotions('a time without its offset', { startsAt: '2026-11-27T00:00:00' }, 'startsAt', 'time_malformed'),
  promotions('a day that there is not', { startsAt: '2026-02-30T00:00:00Z' }, 'startsAt', 'time_malformed'),
  promotions(
    'an end before its start, seen with the offsets',
    { startsAt: '2026-11-27T00:00:00+01:00', endsAt: '2026-11-26T23:00:00Z' },
    'endsAt',
    'ends_before_start',
  ),
  hours('hours that end before they begin', { from: '18:00', until: '09:00' }, 'until', 'ends_before_start'),
  hours('a time of day that there is not', { from: '25:00' }, 'from', 'time_of_day_malformed'),
  hours('a day of the week that there is not', { days: [8] }, 'days.0', 'value_invalid'),
  hours('the same day of the week twice', { days: [1, 1] }, 'days.1', 'value_repeated'),
  hours('no day of the week', { days: [] }, 'days', 'list_empty'),
  hours('a time zone that there is not', { timeZone: 'Europe/Kirkbeck' }, 'timeZone', 'time_zone_unknown'),
  // what is named
  effects(
    'a product that there is not',
    { kind: 'percent_off', percent: 10, of: { products: ['sock'] } },
    'of.products.0',
    'product_unknown',
  ),
  effects(
    'a collection that there is not',
    { kind: 'percent_off', percent: 10, of: { collections: ['socks'] } },
    'of.collections.0',
    'collection_unknown',
  ),
  effects(
    'an exception that there is not',
    { kind: 'percent_off', percent: 10, of: { products: ['shirt'], except: { skus: ['SOCK'] } } },
    'of.except.skus.0',
    'sku_unknown',
  ),
  effects(
    'a selection of nothing',
    { kind: 'percent_off', percent: 10, of: { products: [] } },
    'of',
    'selection_empty',
  ),
  effects(
    'a product that is named twice',
    { kind: 'percent_off', percent: 10, of: { products: ['shirt', 'shirt'] } },
    'of.products.1',
    'value_repeated',
  ),
  effects('a gift that there is not', { kind: 'gift', sku: 'SOCK' }, 'sku', 'sku_unknown'),
  effects(
    'a way of shipping that there is not',
    { kind: 'shipping_off', percent: 100, methods: ['pigeon'] },
    'methods.0',
    'shipping_method_unknown',
  ),
  effects('free shipping by no method', { kind: 'shipping_off', percent: 100, methods: [] }, 'methods', 'list_empty'),
  promotions('a group that there is not', { group: 'clearance' }, 'group', 'promotion_group_unknown'),
  conditions(
    'a customer group that there is not',
    [{ kind: 'customer_group', in: ['kings'] }],
    '0.in.0',
    'customer_group_unknown',
  ),
  conditions('a country that there is not', [{ kind: 'country', in: ['UK'] }], '0.in.0', 'country_unknown'),
  conditions('a condition that nothing can meet', [{ kind: 'country', in: [] }], '0.in', 'list_empty'),
  // ids and codes
  refusal('an id that is there twice', { promotions: [promotion, promotion] }, 'promotions.1.id', 'id_repeated'),
  promotions('a code that is there twice', { codes: ['TEN', 'TEN'] }, 'codes.1', 'code_repeated'),
  refusal(
    'a code that another promotion has in small letters',
    {
      promotions: [
        { ...promotion, codes: ['TEN'] },
        { ...promotion, id: 'b', codes: ['ten'] },
      ],
    },
    'promotions.1.codes.0',
    'code_repeated',
  ),
  promotions('a code with a space', { codes: ['TEN OFF'] }, 'codes.0', 'code_malformed'),
  promotions('a code that is too long', { codes: ['A'.repeat(65)] }, 'codes.0', 'code_malformed'),
  // conditions that contradict
  conditions(
    'two countries that exclude each other',
    [
      { kind: 'country', in: ['DE'] },
      { kind: 'country', in: ['JP'] },
    ],
    '1',
    'conditions_contradict',
  ),
  conditions(
    'two channels that exclude each other',
    [
      { kind: 'channel', in: ['web'] },
      { kind: 'channel', in: ['pos'] },
    ],
    '1',
    'conditions_contradict',
  ),
  conditions(
    'a quantity with its most below its least',
    [{ kind: 'quantity', min: 3, max: 2 }],
    '0.max',
    'conditions_contradict',
  ),
  conditions(
    'two quantities that exclude each other',
    [
      { kind: 'quantity', min: 1, max: 2 },
      { kind: 'quantity', min: 3 },
    ],
    '1',
    'conditions_contradict',
  ),
  conditions('a quantity that no cart holds', [{ kind: 'quantity', min: 100_000 }], '0.min', 'quantity_unreachable'),
  promotions(
    'a currency without an amount in it',
    { conditions: [{ kind: 'currency', in: ['EUR', 'JPY'] }], effect: amountOff({ EUR: '5' }) },
    'effect.amount',
    'amount_missing',
  ),
  promotions(
    'a threshold and a reduction in different currencies',
    { conditions: [{ kind: 'subtotal', from: { JPY: '5000' } }], effect: amountOff({ EUR: '5' }) },
    'effect.amount',
    'conditions_contradict',
  ),
  // effects
  spend('no step', [], 'steps', 'list_empty'),
  spend(
    'steps out of order',
    [
      { from: { EUR: '100' }, percent: 5 },
      { from: { EUR: '50' }, percent: 10 },
    ],
    'steps.1.from.EUR',
    'steps_not_ascending',
  ),
  spend(
    'the same step twice',
    [
      { from: { EUR: '50' }, percent: 5 },
      { from: { EUR: '50.00' }, percent: 10 },
    ],
    'steps.1.from.EUR',
    'steps_not_ascending',
  ),
  spend(
    'a step that takes off two things',
    [{ from: { EUR: '50' }, percent: 5, amount: { EUR: '5' } }],
    'steps.0',
    'step_ambiguous',
  ),
  spend('a step that takes off nothing', [{ from: { EUR: '50' } }], 'steps.0', 'step_ambiguous'),
  spend(
    'a step that leaves out a currency',
    [
      { from: { EUR: '50', JPY: '8000' }, percent: 5 },
      { from: { EUR: '100' }, percent: 10 },
    ],
    'steps.1.from',
    'amount_missing',
  ),
  spend(
    'a step that takes off nothing in a currency',
    [{ from: { EUR: '50', JPY: '8000' }, amount: { EUR: '5' } }],
    'steps.0.amount',
    'amount_missing',
  ),
  effects(
    'units to buy of none',
    { kind: 'buy_get', buy: { quantity: 0 }, get: { quantity: 1 }, percent: 100 },
    'buy.quantity',
    'value_invalid',
  ),
  effects(
    'units to get at no reduction',
    { kind: 'buy_get', buy: { quantity: 2 }, get: { quantity: 1 }, percent: 0 },
    'percent',
    'percent_out_of_range',
  ),
  effects('a bundle without parts', { kind: 'bundle', parts: [], price: { EUR: '50' } }, 'parts', 'list_empty'),
  effects(
    'a part of a bundle of none',
    { kind: 'bundle', parts: [{ of: { products: ['shirt'] }, quantity: 0 }], price: { EUR: '50' } },
    'parts.0.quantity',
    'value_invalid',
  ),
  effects(
    'more gifts than a line can hold',
    { kind: 'gift', sku: 'SCARF', quantity: 1_000 },
    'quantity',
    'quantity_unreachable',
  ),
  // together
  promotions('what applies alone in a group', { exclusive: true, group: 'sale' }, 'exclusive', 'exclusive_in_group'),
  promotions('a gift in a group', { effect: { kind: 'gift', sku: 'SCARF' }, group: 'sale' }, 'group', 'gift_in_group'),
  refusal(
    'a group on goods and on shipping',
    {
      promotions: [
        { ...promotion, group: 'sale' },
        { ...promotion, id: 'b', group: 'sale', effect: { kind: 'shipping_off', percent: 100 } },
      ],
    },
    'promotions.1.group',
    'group_mixed',
  ),
  refusal(
    'a limit below what was used',
    { promotions: [{ ...promotion, id: 'known', usageLimit: 6 }] },
    'promotions.0.usageLimit',
    'limit_below_used',
  ),
  refusal(
    'more promotions than can be held',
    { promotions: Array.from({ length: 1_001 }, (_, index) => ({ ...promotion, id: `p${index}` })) },
    'promotions',
    'too_many',
  ),
  promotions(
    'more codes than can be held',
    { codes: Array.from({ length: 2_001 }, (_, index) => `C${index}`) },
    'promotions',
    'too_many',
    true,
  ),
  // conversions
  conversion(
    'a conversion from a currency that is converted',
    [
      { from: 'EUR', to: 'SEK', rate: '11.4' },
      { from: 'SEK', to: 'NOK', rate: '1.02' },
    ],
    '1.from',
    'conversion_chained',
  ),
  conversion(
    'a conversion of a currency into itself',
    [{ from: 'EUR', to: 'EUR', rate: '1' }],
    '0.to',
    'conversion_to_itself',
  ),
  conversion(
    'two conversions to a currency',
    [
      { from: 'EUR', to: 'SEK', rate: '11.4' },
      { from: 'JPY', to: 'SEK', rate: '0.07' },
    ],
    '1.to',
    'conversion_repeated',
  ),
  conversion('a rate of zero', [{ from: 'EUR', to: 'SEK', rate: '0' }], '0.rate', 'rate_invalid'),
  conversion('a rate with a comma', [{ from: 'EUR', to: 'SEK', rate: '11,4' }], '0.rate', 'rate_invalid'),
  conversion(
    'a rate finer than is kept',
    [{ from: 'JPY', to: 'KWD', rate: '0.0000000000021' }],
    '0.rate',
    'rate_invalid',
  ),
  conversion(
    'a rounding to multiples of nothing',
    [{ from: 'EUR', to: 'SEK', rate: '11.4', rounding: { increment: '0' } }],
    '0.rounding.increment',
    'amount_not_positive',
  ),
  conversion(
    'a rounding that takes off a whole multiple',
    [{ from: 'EUR', to: 'SEK', rate: '11.4', rounding: { increment: '1', less: '1' } }],
    '0.rounding.less',
    'rounding_contradicts',
  ),
  // price lists
  lists(
    'a customer group that there is not',
    { customerGroups: ['kings'] },
    'customerGroups.0',
    'customer_group_unknown',
  ),
  lists(
    'two steps from the same quantity on',
    {
      steps: [
        { minQuantity: 5, changePercent: -5 },
        { minQuantity: 5, changePercent: -6 },
      ],
    },
    'steps.1.minQuantity',
    'tier_repeated',
  ),
  lists(
    'steps out of order',
    {
      steps: [
        { minQuantity: 5, changePercent: -5 },
        { minQuantity: 2, changePercent: -6 },
      ],
    },
    'steps.1.minQuantity',
    'steps_not_ascending',
  ),
  lists(
    'a step that no cart reaches',
    { steps: [{ minQuantity: 100_000, changePercent: -5 }] },
    'steps.0.minQuantity',
    'tier_unreachable',
  ),
  lists(
    'a step that takes off more than the price',
    { steps: [{ changePercent: '-100.01' }] },
    'steps.0.changePercent',
    'percent_out_of_range',
  ),
  lists('two prices for the same quantity', { prices: [price(), price({ amount: '8' })] }, 'prices.1', 'tier_repeated'),
  lists('a price of a SKU that there is not', { prices: [price({ sku: 'SOCK' })] }, 'prices.0.sku', 'sku_unknown'),
  lists(
    'a price from a quantity of zero on',
    { prices: [price({ minQuantity: 0 })] },
    'prices.0.minQuantity',
    'value_invalid',
  ),
  lists(
    'a price that is too precise',
    { prices: [price({ amount: '9.999' })] },
    'prices.0.amount',
    'amount_too_precise',
  ),
  refusal(
    'more price lists than can be held',
    { priceLists: Array.from({ length: 201 }, (_, index) => ({ ...priceList, id: `l${index}` })) },
    'priceLists',
    'too_many',
  ),
  // tax
  refusal('a shop without a tax zone', { taxZones: [] }, 'taxZones', 'shop_without_tax_zone'),
  zones('two zones for the same place', [taxZone, { ...taxZone, id: 'b' }], '1', 'zone_repeated'),
  zones(
    'a country whose zones disagree on what prices contain',
    [taxZone, { ...taxZone, id: 'b', region: 'BY', pricesIncludeTax: false }],
    '1.pricesIncludeTax',
    'tax_display_contradicts',
  ),
  zones(
    'a region with its country',
    [taxZone, { ...taxZone, id: 'b', region: 'DE-BY' }],
    '1.region',
    'region_malformed',
  ),
  zones(
    'a postcode pattern that fits nothing',
    [taxZone, { ...taxZone, id: 'b', postalCodes: ['9*7'] }],
    '1.postalCodes.0',
    'postal_pattern_malformed',
  ),
  zones(
    'a range of postcodes that goes down',
    [taxZone, { ...taxZone, id: 'b', postalCodes: ['35999-35000'] }],
    '1.postalCodes.0',
    'postal_pattern_malformed',
  ),
  zones(
    'a rate above 100 per cent',
    [{ ...taxZone, rates: { standard: [{ label: 'VAT', percent: 119 }] } }],
    '0.rates.standard.0.percent',
    'percent_out_of_range',
  ),
  zones(
    'a rate that is too precise',
    [{ ...taxZone, rates: { standard: [{ label: 'VAT', percent: '9.97505' }] } }],
    '0.rates.standard.0.percent',
    'percent_too_precise',
  ),
  zones('a class without a rate', [{ ...taxZone, rates: { standard: [] } }], '0.rates.standard', 'list_empty'),
  // shipping
  refusal(
    'a customer group that a price list which stays refers to',
    { customerGroups: [] },
    'customerGroups',
    'still_used',
  ),
  refusal(
    'a promotion group that a promotion which stays is in',
    { promotionGroups: [] },
    'promotionGroups',
    'still_used',
  ),
  refusal(
    'a way of shipping that a promotion which stays makes free',
    { shippingMethods: [method] },
    'shippingMethods',
    'still_used',
  ),
  refusal('a shipping zone that a method which stays needs', { shippingZones: [] }, 'shippingZones', 'still_used'),
  methods('a zone that there is not', { zone: 'moon' }, 'zone', 'shipping_zone_unknown'),
  methods('no price', { prices: {} }, 'prices', 'amounts_empty'),
  methods('prices without a step', { prices: { EUR: [] } }, 'prices.EUR', 'list_empty'),
  methods(
    'several flat prices',
    { prices: { EUR: [{ amount: '5' }, { from: 0, amount: '6' }] } },
    'prices.EUR.1',
    'flat_with_steps',
  ),
  methods(
    'a flat price from a weight on',
    { prices: { EUR: [{ from: 5, amount: '5' }] } },
    'prices.EUR.0.from',
    'flat_with_steps',
  ),
  methods(
    'steps of weight out of order',
    {
      basis: 'weight',
      prices: {
        EUR: [
          { from: 1000, amount: '5' },
          { from: 500, amount: '6' },
        ],
      },
    },
    'prices.EUR.1.from',
    'steps_not_ascending',
  ),
  methods(
    'the same step of weight twice',
    { basis: 'weight', prices: { EUR: [{ amount: '5' }, { from: 0, amount: '6' }] } },
    'prices.EUR.1.from',
    'step_repeated',
  ),
  methods(
    'grams as a text',
    { basis: 'weight', prices: { EUR: [{ from: '1 kg', amount: '5' }] } },
    'prices.EUR.0.from',
    'measure_malformed',
  ),
  methods(
    'a step of value as a number',
    { basis: 'subtotal', prices: { EUR: [{ from: 50, amount: '5' }] } },
    'prices.EUR.0.from',
    'measure_malformed',
  ),
  methods('days that contradict', { minDays: 5, maxDays: 2 }, 'maxDays', 'days_contradict'),
  methods(
    'weights that contradict',
    { limits: { minWeightGrams: 500, maxWeightGrams: 100 } },
    'limits.maxWeightGrams',
    'limits_contradict',
  ),
  methods(
    'values that contradict',
    { limits: { minSubtotal: { EUR: '50' }, maxSubtotal: { EUR: '20' } } },
    'limits.maxSubtotal.EUR',
    'limits_contradict',
  ),
  methods(
    'a cut-off at a time that there is not',
    { cutoff: { time: '2 pm', timeZone: 'Europe/Berlin' } },
    'cutoff.time',
    'time_of_day_malformed',
  ),
  methods(
    'a cut-off in a time zone that there is not',
    { cutoff: { time: '14:00', timeZone: 'CEST/Berlin' } },
    'cutoff.timeZone',
    'time_zone_unknown',
  ),
  refusal(
    'an area in a country that there is not',
    { shippingZones: [{ id: 'germany', title: 'Germany', areas: [{ country: 'EU' }] }] },
    'shippingZones.0.areas.0.country',
    'country_unknown',
  ),
  refusal(
    'a zone without an area',
    { shippingZones: [{ id: 'germany', title: 'Germany', areas: [] }] },
    'shippingZones.0.areas',
    'list_empty',
  ),
  // samples
  samples('a currency that the shop does not sell in', { currency: 'CHF' }, 'currency', 'currency_not_sold'),
  samples('a country that the shop does not sell to', { country: 'NO' }, 'country', 'country_not_sold_to'),
  samples('a SKU that there is not', { items: [{ sku: 'SOCK' }] }, 'items.0.sku', 'sku_unknown'),
  samples('an empty cart', { items: [] }, 'items', 'value_invalid'),
  samples(
    'a quantity that no line holds',
    { items: [{ sku: 'SCARF', quantity: 1_000 }] },
    'items.0.quantity',
    'value_invalid',
  ),
  samples('an expectation that is no amount', { expect: { total: 'cheap' } }, 'expect.total', 'amount_malformed'),
];

function refusal(why: string, file: unknown, path: string, code: string): Refusal {
  return { why, file, path, code };
}

function promotions(why: string, member: object, path: string, code: string, isWholePath = false): Refusal {
  return refusal(
    `a promotion with ${why}`,
    { promotions: [{ ...promotion, ...member }] },
    isWholePath ? path : `promotions.0.${path}`,
    code,
  );
}

function effects(why: string, effect: object, path: string, code: string): Refusal {
  return promotions(why, { effect }, `effect.${path}`, code);
}

function spend(why: string, steps: object[], path: string, code: string): Refusal {
  return effects(why, { kind: 'spend_steps', steps }, path, code);
}

function conditions(why: string, some: object[], path: string, code: string): Refusal {
  return promotions(why, { conditions: some }, `conditions.${path}`, code);
}

function hours(why: string, some: object, path: string, code: string): Refusal {
  const member = { hours: [{ days: [1], timeZone: 'Europe/Berlin', ...some }] };
  return promotions(why, member, `hours.0.${path}`, code);
}

function amountOff(amount: Record<string, unknown>) {
  return { kind: 'amount_off', per: 'order', amount };
}

function conversion(why: string, conversions: object[], path: string, code: string): Refusal {
  return refusal(why, { conversions }, `conversions.${path}`, code);
}

function lists(why: string, member: object, path: string, code: string): Refusal {
  return refusal(
    `a price list with ${why}`,
    { priceLists: [{ ...priceList, ...member }] },
    `priceLists.0.${path}`,
    code,
  );
}

function price(more: object = {}) {
  return { sku: 'SHIRT-S', currency: 'EUR', amount: '9', ...more };
}

function zones(why: string, taxZones: object[], path: string, code: string): Refusal {
  return refusal(why, { taxZones }, `taxZones.${path}`, code);
}

/** Under the id that a promotion of the tests' shop refers to. */
function methods(why: string, member: object, path: string, code: string): Refusal {
  const file = { shippingMethods: [{ ...method, id: 'express', ...member }] };
  return refusal(`a way of shipping with ${why}`, file, `shippingMethods.0.${path}`, code);
}

function samples(why: string, member: object, path: string, code: string): Refusal {
  const sample = { name: 'A', currency: 'EUR', country: 'DE', items: [{ sku: 'SCARF' }], ...member };
  return refusal(`a sample with ${why}`, { samples: [sample] }, `samples.0.${path}`, code);
}
