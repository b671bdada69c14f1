import { describe, expect, it } from 'vitest';
import { fallenAway, reasonText, unappliedText, withinReach } from '@/app/(shop)/_cart/promotion-words';
import type { PromotionOutcome, PromotionReason } from '@/commerce/cart';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

const beaten: PromotionReason = {
  code: 'beaten',
  message: 'SUMMER20 is better for you, and cannot be combined with this.',
  beatenBy: { promotionId: 'summer', label: 'Summer', code: 'SUMMER20' },
};

const outcome = (promotionId: string, more: Partial<PromotionOutcome> = {}): PromotionOutcome => ({
  promotionId,
  label: promotionId,
  code: null,
  status: 'applied',
  amount: eur(-100),
  itemIds: [],
  reason: null,
  provisional: false,
  ...more,
});

describe('A promotion that did not apply', () => {
  it.each<[string, PromotionReason, string]>([
    [
      'an amount, as the currency is written',
      { code: 'needs_amount', message: 'Goods for 12.00 EUR are missing.', missingAmount: eur(1_200) },
      '€12.00 more in goods is needed.',
    ],
    ['one piece', { code: 'needs_quantity', message: '', missingQuantity: 1 }, '1 more piece is needed.'],
    ['pieces', { code: 'needs_items', message: '', missingQuantity: 3 }, '3 more pieces are needed.'],
    ['the one that did better', beaten, 'Beaten by SUMMER20.'],
    ['what the shop says, of all else', { code: 'ended', message: 'This has ended.' }, 'This has ended.'],
  ])('names %s', (_, reason, words) => {
    expect(reasonText(reason)).toBe(words);
  });

  it('is called by its code where one was entered, else by its title', () => {
    expect(unappliedText({ label: 'Wool week', code: 'WOOL10', reason: beaten })).toBe('WOOL10: beaten by SUMMER20');
    const automatic = { ...beaten, beatenBy: { promotionId: 'autumn', label: 'Autumn sale', code: null } };
    expect(unappliedText({ label: 'Wool week', code: null, reason: automatic })).toBe(
      'Wool week: beaten by Autumn sale',
    );
  });
});

describe('What is within reach', () => {
  const near: PromotionReason = { code: 'needs_amount', message: '', missingAmount: eur(500) };

  it('is what no code was entered for and a little more would bring', () => {
    const promotions = [
      outcome('applied'),
      outcome('near', { status: 'not_applied', reason: near }),
      outcome('entered', { status: 'not_applied', code: 'X', reason: near }),
      outcome('beaten', { status: 'not_applied', reason: beaten }),
    ];
    expect(withinReach(promotions).map(({ promotionId }) => promotionId)).toEqual(['near']);
  });
});

describe('What fell away between the page and the order', () => {
  const notFirst: PromotionReason = { code: 'not_first_order', message: 'This is for a first order.' };

  it('is told with the reason of the order', () => {
    const shown = [outcome('kept'), outcome('welcome', { code: 'WELCOME10' }), outcome('gone')];
    const decided = [
      outcome('kept'),
      outcome('welcome', { code: 'WELCOME10', status: 'not_applied', reason: notFirst }),
    ];
    expect(fallenAway(shown, decided)).toEqual([
      'WELCOME10: This is for a first order.',
      'gone: It does not hold any more.',
    ]);
  });

  it('is nothing of what the page did not grant either', () => {
    const refused = outcome('refused', { status: 'not_applied', reason: notFirst });
    expect(fallenAway([refused], [refused])).toEqual([]);
  });
});
