import type { Adjustment } from '@/commerce/cart';
import type { PricedCart, PricingInput } from '@/commerce/pricing';
import { newId } from '@/db/ids';
import { MAX_SIGNED_CHARACTERS, readSigned, type Signing, sign } from './signed';

/** How long a quote binds the shop. */
export const QUOTE_TTL_SECONDS = 15 * 60;

/**
 * What a quote promises: every figure that an order keeps, so that the order pays them whatever has changed since. Amounts
 * are minor units of `currency`.
 */
export interface QuoteClaims {
  jti: string;
  currency: string;
  country: string;
  channel: string;
  group: string | null;
  vatId: string | null;
  /** The tax zone that its address was in; an address in another one has another price. */
  zone: string;
  coupons: string[];
  /** That were applied, and whether their uses are counted against a limit. */
  promotions: [id: string, label: string, code: string | null, isLimited: boolean][];
  shipping: { id: string; title: string; off: QuotedAdjustment[] } | null;
  lines: QuotedLine[];
  tax: [label: string, rateBps: number, netMinor: number, amountMinor: number][];
  totals: { subtotal: number; discount: number; shipping: number; tax: number; total: number; taxIncluded: boolean };
}

interface QuotedLine {
  variantId: string;
  quantity: number;
  isGift?: true;
  unit: number;
  total: number;
  tax: number;
  rateBps: number;
  off: QuotedAdjustment[];
}

/** Where its promotion stands among the quote's, so that a full cart's quote stays small, and what it takes off: below zero. */
export type QuotedAdjustment = [promotion: number, amountMinor: number];

/**
 * Signs what a cart was priced at; null where that is more than an order could present, as of a full cart under dozens of
 * promotions: better no promise than one that cannot be kept.
 */
export async function signQuote(
  priced: PricedCart,
  input: PricingInput,
  signing: Signing,
): Promise<{ token: string; expiresAt: string } | null> {
  const { totals, shipping } = priced;
  const promotions = priced.promotions.flatMap(({ promotionId, label, code, status }): QuoteClaims['promotions'] =>
    status === 'applied' && promotionId !== null
      ? [[promotionId, label, code, priced.limitedPromotionIds.includes(promotionId)]]
      : [],
  );
  const places = new Map(promotions.map(([id], place) => [id, place]));
  const quoted = ({ promotionId, amount }: Adjustment): QuotedAdjustment => [places.get(promotionId)!, amount.amount];
  const claims: QuoteClaims = {
    jti: newId('quote'),
    currency: input.currency,
    country: input.country,
    channel: input.channel,
    group: input.customerGroup,
    vatId: input.vatId,
    zone: priced.taxZoneId,
    coupons: input.coupons,
    promotions,
    shipping: shipping && { id: shipping.methodId, title: shipping.title, off: shipping.adjustments.map(quoted) },
    lines: priced.lines.map(({ item, ...line }) => ({
      variantId: item.variantId,
      quantity: item.quantity,
      ...(item.isGift ? { isGift: true as const } : {}),
      unit: line.unitPriceMinor,
      total: line.totalMinor,
      tax: line.taxMinor,
      rateBps: line.taxRateBps,
      off: item.adjustments.map(quoted),
    })),
    tax: priced.taxLines.map(({ label, rateBps, net, amount }) => [label, rateBps, net.amount, amount.amount]),
    totals: {
      subtotal: totals.subtotal.amount,
      discount: totals.discount.amount,
      shipping: totals.shipping.amount,
      tax: totals.tax.amount,
      total: totals.total.amount,
      taxIncluded: totals.taxIncluded,
    },
  };
  const token = await sign('quote', claims, QUOTE_TTL_SECONDS, signing);
  if (token.length > MAX_SIGNED_CHARACTERS) return null;
  const expiresAt = new Date(Math.floor(signing.now.getTime() / 1000 + QUOTE_TTL_SECONDS) * 1000);
  return { token, expiresAt: expiresAt.toISOString() };
}

/** What a quote promises; or that its time is over; or that it is none of ours. */
export const readQuote = (token: string, signing: Signing) => readSigned<QuoteClaims>('quote', token, signing);
