/** What an order is placed at: the prices of the moment, or those of a quote that still holds. */
import type { Adjustment, Totals } from '@/commerce/cart';
import { CommerceError } from '@/commerce/error';
import type { PricedCart, PricingInput, VariantFacts } from '@/commerce/pricing';
import { type QuoteClaims, type QuotedAdjustment, readQuote } from '@/edge/quote-token';

export interface Agreement {
  /** Null where it was not quoted. */
  quoteId: string | null;
  lines: AgreedLine[];
  /** Beside each line, the id of the cart's item, or one made for a gift. */
  itemIds: string[];
  shipping: { id: string; title: string; off: AgreedAdjustment[] } | null;
  taxLines: { label: string; rateBps: number; netMinor: number; amountMinor: number }[];
  totals: Totals;
  /** That were applied, and so are used once more. */
  promotionIds: string[];
  promotions: { promotionId: string; label: string; code: string | null; isLimited: boolean }[];
}

interface AgreedLine {
  variantId: string;
  sku: string;
  title: string;
  variantTitle: string;
  slug: string;
  imageUrl: string | null;
  quantity: number;
  unitPriceMinor: number;
  discountMinor: number;
  totalMinor: number;
  taxMinor: number;
  taxRateBps: number;
  isGift: boolean;
  metadata: Record<string, unknown>;
  off: AgreedAdjustment[];
}

interface AgreedAdjustment {
  promotionId: string;
  label: string;
  code: string | null;
  /** Below zero. */
  amountMinor: number;
}

/** The prices of this moment. */
export function agreementOf(priced: PricedCart): Agreement {
  const { shipping, totals } = priced;
  const applied = priced.promotions.flatMap(({ promotionId, label, code, status }) =>
    status === 'applied' && promotionId !== null
      ? [{ promotionId, label, code, isLimited: priced.limitedPromotionIds.includes(promotionId) }]
      : [],
  );
  return {
    quoteId: null,
    lines: priced.lines.map(({ item, ...figures }) => ({
      ...figures,
      ...textsOf(item),
      quantity: item.quantity,
      isGift: item.isGift,
      metadata: item.metadata,
      off: item.adjustments.map(agreed),
    })),
    itemIds: priced.items.map(({ id }) => id),
    shipping: shipping && { id: shipping.methodId, title: shipping.title, off: shipping.adjustments.map(agreed) },
    taxLines: priced.taxLines.map(({ label, rateBps, net, amount }) => {
      return { label, rateBps, netMinor: net.amount, amountMinor: amount.amount };
    }),
    totals,
    promotionIds: applied.map(({ promotionId }) => promotionId),
    promotions: applied,
  };
}

/** A quote's claims. Throws `quote_invalid` for one that is not this shop's, and `quote_expired`. */
export async function requireQuote(
  token: string,
  { authSecret, now }: { authSecret: string; now: Date },
): Promise<QuoteClaims> {
  const claims = await readQuote(token, { secret: authSecret, now });
  if (claims === 'expired') {
    throw new CommerceError('quote_expired', 'The quote has expired. Ask for the price again, then order.');
  }
  if (claims === 'invalid') {
    const message = 'This is no quote of this shop.';
    throw new CommerceError('quote_invalid', message, { issues: [{ path: 'quote', code: 'quote_invalid', message }] });
  }
  return claims;
}

/**
 * What a quote promised, for the cart that it was made for. `priced` is the same cart at the prices of this moment: it
 * tells which goods and which tax zone these are. Throws `quote_mismatch`, naming what differs.
 */
export function agreementOfQuote(
  quote: QuoteClaims,
  pricing: PricingInput,
  priced: PricedCart,
  variants: ReadonlyMap<string, VariantFacts>,
): Agreement {
  const { currency } = quote;
  const items = priced.items.filter(({ isGift }) => !isGift);
  const differing = differencesOf(quote, pricing, priced);
  if (differing.length > 0) {
    throw new CommerceError('quote_mismatch', 'The quote was made for something else.', {
      issues: differing.map((path) => {
        return { path, code: 'quote_mismatch', message: 'This is not what the quote was made for.' };
      }),
    });
  }
  // Lines of one variant and quantity differ by their metadata alone, which has no price.
  const left = [...items];
  const matched = quote.lines.map((line) => {
    const index = line.isGift
      ? -1
      : left.findIndex((item) => item.variantId === line.variantId && item.quantity === line.quantity);
    const [item] = index < 0 ? [] : left.splice(index, 1);
    return { line, item };
  });
  const money = (amount: number) => ({ amount, currency });
  const { totals } = quote;
  const promotions = quote.promotions.map(([promotionId, label, code, isLimited]) => {
    return { promotionId, label, code, isLimited };
  });
  const quoted = ([promotion, amountMinor]: QuotedAdjustment): AgreedAdjustment => {
    const { promotionId, label, code } = promotions[promotion]!;
    return { promotionId, label, code, amountMinor };
  };
  return {
    quoteId: quote.jti,
    lines: matched.map(({ line, item }) => ({
      ...textsOf(item ?? giftOf(line.variantId, variants)),
      quantity: line.quantity,
      unitPriceMinor: line.unit,
      discountMinor: line.unit * line.quantity - line.total,
      totalMinor: line.total,
      taxMinor: line.tax,
      taxRateBps: line.rateBps,
      isGift: line.isGift === true,
      metadata: item?.metadata ?? {},
      off: line.off.map(quoted),
    })),
    itemIds: matched.map(({ item, line }) => item?.id ?? `gift_${line.variantId}`),
    shipping: quote.shipping && { ...quote.shipping, off: quote.shipping.off.map(quoted) },
    taxLines: quote.tax.map(([label, rateBps, netMinor, amountMinor]) => ({ label, rateBps, netMinor, amountMinor })),
    totals: {
      subtotal: money(totals.subtotal),
      discount: money(totals.discount),
      shipping: money(totals.shipping),
      tax: money(totals.tax),
      total: money(totals.total),
      taxIncluded: totals.taxIncluded,
    },
    promotionIds: promotions.map(({ promotionId }) => promotionId),
    promotions,
  };
}

/** The paths of what an order has otherwise than the quote. */
function differencesOf(quote: QuoteClaims, pricing: PricingInput, priced: PricedCart): string[] {
  const goods = (lines: readonly { variantId: string; quantity: number }[]) =>
    JSON.stringify(lines.map(({ variantId, quantity }) => [variantId, quantity]).sort());
  const isSame: Record<string, boolean> = {
    items: goods(quote.lines.filter(({ isGift }) => !isGift)) === goods(priced.items.filter(({ isGift }) => !isGift)),
    currency: quote.currency === pricing.currency,
    'shippingAddress.country': quote.country === pricing.country,
    shippingAddress: quote.zone === priced.taxZoneId,
    shippingMethodId: (quote.shipping?.id ?? null) === (priced.requiresShipping ? pricing.shippingMethodId : null),
    coupons: JSON.stringify([...quote.coupons].sort()) === JSON.stringify([...pricing.coupons].sort()),
    channel: quote.channel === pricing.channel,
    vatId: quote.vatId === pricing.vatId,
    customerGroup: quote.group === pricing.customerGroup,
  };
  return Object.keys(isSame).filter((path) => !isSame[path]);
}

/** The texts of a gift that was promised; one that is not to be had any more is refused with the stock. */
function giftOf(variantId: string, variants: ReadonlyMap<string, VariantFacts>): Texts {
  const facts = variants.get(variantId);
  if (facts) return { ...facts, variantId };
  throw new CommerceError('out_of_stock', 'A gift of this quote is no longer to be had.');
}

type Texts = Pick<AgreedLine, 'variantId' | 'sku' | 'title' | 'variantTitle' | 'slug' | 'imageUrl'>;

function textsOf({ variantId, sku, title, variantTitle, slug, imageUrl }: Texts): Texts {
  return { variantId, sku, title, variantTitle, slug, imageUrl };
}

const agreed = ({ promotionId, label, code, amount }: Adjustment): AgreedAdjustment => {
  return { promotionId, label, code, amountMinor: amount.amount };
};
