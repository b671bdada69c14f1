import type { Promotion, PromotionGroup, Selection, ShopRules } from './rules';
import { idsOf } from './selection';

/** The promotions of a shop, quick to ask: which of them a cart can concern. */
export interface RuleIndex {
  /** That the shop sells to, in the order of its zones. */
  countries: ReadonlySet<string>;
  /** By code in capital letters. */
  byCode: ReadonlyMap<string, Promotion>;
  groups: ReadonlyMap<string, PromotionGroup>;
  /** Variants that promotions give. */
  giftVariantIds: readonly string[];
  /** Automatic promotions that no selection ties to goods. */
  untargeted: readonly Promotion[];
  /** Automatic promotions by the product, collection or variant that they are about: by its id, which is unique in all. */
  byTarget: ReadonlyMap<string, readonly Promotion[]>;
}

const indexes = new WeakMap<ShopRules, RuleIndex>();

/** Made once for each set of rules: rules are values, and never changed in place. */
export function indexRules(rules: ShopRules): RuleIndex {
  let index = indexes.get(rules);
  if (!index) {
    index = build(rules);
    indexes.set(rules, index);
  }
  return index;
}

/** The automatic promotions that are about some of these variants, products or collections, or about all; each once. */
export function automaticPromotions(index: RuleIndex, ids: Iterable<string>): Set<Promotion> {
  const found = new Set(index.untargeted);
  for (const id of ids) {
    for (const promotion of index.byTarget.get(id) ?? []) found.add(promotion);
  }
  return found;
}

function build(rules: ShopRules): RuleIndex {
  const byCode = new Map<string, Promotion>();
  const untargeted: Promotion[] = [];
  const byTarget = new Map<string, Promotion[]>();
  for (const promotion of rules.promotions) {
    for (const code of promotion.codes) byCode.set(code, promotion);
    if (promotion.codes.length > 0) continue;
    const targets = targetsOf(promotion);
    if (targets === null) untargeted.push(promotion);
    for (const id of targets ?? []) {
      const known = byTarget.get(id);
      if (known) known.push(promotion);
      else byTarget.set(id, [promotion]);
    }
  }
  return {
    countries: new Set(rules.taxZones.map(({ country }) => country)),
    giftVariantIds: rules.promotions.flatMap(({ effect }) => (effect.kind === 'gift' ? [effect.variantId] : [])),
    byCode,
    groups: new Map(rules.promotionGroups.map((group) => [group.id, group])),
    untargeted,
    byTarget,
  };
}

/** Ids one of which must be in the cart for the promotion to be worth a word; null where it is about everything. */
function targetsOf({ effect }: Promotion): Set<string> | null {
  switch (effect.kind) {
    case 'percent_off':
    case 'amount_off':
    case 'spend_steps':
      return targets(effect.of);
    case 'buy_get':
      return union(targets(effect.buy.of), targets(effect.get.of));
    case 'bundle':
      return effect.parts.map((part) => targets(part.of)).reduce(union, new Set());
    case 'gift':
    case 'shipping_off':
      return null;
  }
}

const targets = (selection: Selection | null) => selection && idsOf(selection);

function union(a: Set<string> | null, b: Set<string> | null): Set<string> | null {
  return a && b ? new Set([...a, ...b]) : null;
}
