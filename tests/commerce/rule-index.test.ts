import { describe, expect, it } from 'vitest';
import { automaticPromotions, indexRules } from '@/commerce/rule-index';
import type { Effect, Selection } from '@/commerce/rules';
import { idsOf } from '@/commerce/selection';
import { effects, promotion, shop } from './examples';

const { buyGet, bundle, gift, off, percent, shipping, steps } = effects;

describe('automatic promotions that goods can concern', () => {
  const found = (effect: Effect, ids: string[], codes: string[] = []) =>
    automaticPromotions(indexRules(shop({ promotions: [promotion('Offer', effect, { codes })] })), ids).size === 1;

  it.each<[string, Effect, string[]]>([
    ['a percentage', percent(10, ['tea', 'drinks']), ['tea', 'drinks']],
    ['an amount', off('order', '1.00', ['tea']), ['tea']],
    ['steps of spending', steps([['1.00', 1]], ['tea']), ['tea']],
    ['what is bought for what is got', buyGet(1, 1, { buyOf: ['tea'], getOf: ['mug'] }), ['tea', 'mug']],
    [
      'a set',
      bundle(
        [
          [1, 'tea'],
          [1, 'mug'],
          [1, 'drinks'],
        ],
        '1.00',
      ),
      ['tea', 'mug', 'drinks'],
    ],
  ])('are those that name one of them: %s', (_name, effect, ids) => {
    for (const id of ids) expect([id, found(effect, ['pan', id])]).toEqual([id, true]);
    expect(found(effect, ['pan'])).toBe(false);
    expect(found(effect, [])).toBe(false);
  });

  it.each<[string, Effect]>([
    ['a percentage off everything', percent(10)],
    ['anything got for a tea', { ...buyGet(1, 1, { buyOf: ['tea'] }), get: { of: null, quantity: 1 } } as Effect],
    ['a tea got for anything', { ...buyGet(1, 1, { getOf: ['tea'] }), buy: { of: null, quantity: 1 } } as Effect],
    ['a gift', gift('pen')],
    ['shipping', shipping(100)],
  ])('are those that name none, too: %s', (_name, effect) => {
    expect(found(effect, ['pan'])).toBe(true);
    expect(found(effect, ['pan'], ['CODE'])).toBe(false);
  });
});

it('the rules of a shop name the variants that they give', () => {
  const promotions = [promotion('Ten', percent(10)), promotion('A', gift('pen')), promotion('B', gift('mug'))];
  expect(indexRules(shop({ promotions })).giftVariantIds).toEqual(['pen', 'mug']);
});

it('rules are looked at once', () => {
  const rules = shop();
  expect(indexRules(rules)).toBe(indexRules(rules));
});

it.each<[Selection, string[]]>([
  [{}, []],
  [{ productIds: ['p'] }, ['p']],
  [{ collectionIds: ['c'] }, ['c']],
  [{ variantIds: ['v'] }, ['v']],
  [{ productIds: ['p'], collectionIds: ['c'], variantIds: ['v', 'v'] }, ['p', 'c', 'v']],
])('the selection %j names %j', (selection, ids) => {
  expect([...idsOf(selection)]).toEqual(ids);
});
