import type { PromotionOutcome, PromotionReason, UnappliedAdjustment } from '@/commerce/cart';
import { formatMoney } from '@/commerce/money';
import { localeOf } from '../currencies';

/** Why a promotion did not apply, with its figures as the shopper's currency writes them. */
export function reasonText({ code, message, missingAmount, missingQuantity, beatenBy }: PromotionReason): string {
  if (missingAmount) return `${formatMoney(missingAmount, localeOf(missingAmount.currency))} more in goods is needed.`;
  if (missingQuantity)
    return missingQuantity === 1 ? '1 more piece is needed.' : `${missingQuantity} more pieces are needed.`;
  if (code === 'beaten' && beatenBy) return `Beaten by ${promotionName(beatenBy)}.`;
  return message;
}

/** `WOOL10: beaten by SUMMER20`. */
export function unappliedText(unapplied: Pick<UnappliedAdjustment, 'label' | 'code' | 'reason'>): string {
  const { beatenBy } = unapplied.reason;
  const why = beatenBy ? `beaten by ${promotionName(beatenBy)}` : reasonText(unapplied.reason);
  return `${promotionName(unapplied)}: ${why}`;
}

/** Automatic promotions that a little more would bring about. */
export function withinReach(
  promotions: readonly PromotionOutcome[],
): (PromotionOutcome & { reason: PromotionReason })[] {
  return promotions.flatMap((promotion) => {
    const { code, status, reason } = promotion;
    if (code !== null || status === 'applied' || !(reason?.missingAmount || reason?.missingQuantity)) return [];
    return [{ ...promotion, reason }];
  });
}

/** The promotions that a cart was shown with and that the shop then did not grant, each with the shop's reason. */
export function fallenAway(shown: readonly PromotionOutcome[], decided: readonly PromotionOutcome[]): string[] {
  return shown.flatMap((promotion) => {
    if (promotion.status !== 'applied') return [];
    const now = decided.find(({ promotionId }) => promotionId === promotion.promotionId);
    if (now?.status === 'applied') return [];
    const why = now?.reason ? reasonText(now.reason) : 'It does not hold any more.';
    return [`${promotionName(promotion)}: ${why}`];
  });
}

/** A promotion by the name that the shopper knows it by: the code that was entered, else its title. */
function promotionName({ code, label }: { code: string | null; label: string }): string {
  return code ?? label;
}
