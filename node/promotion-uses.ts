/** The uses of promotions that have limits: counted in the batch that writes an order, given back in the one that cancels it. */
import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import type { DatabaseFault } from '@/db/fault';
import type { Statement } from './order-record';

/**
 * The key under which a customer's uses are counted: SHA-256, in hex, of the address in small letters. Without a secret,
 * since limits must outlive one that is changed, and since the address itself lies beside it in `orders`.
 */
export function customerKeyOf(email: string): string {
  return createHash('sha256').update(email.toLowerCase()).digest('hex');
}

/**
 * Counts an order's use of each promotion, all or none; for the batch that writes the order, after its row and before
 * stock is held. A limit that is reached aborts the batch: `refusedPromotions` tells which.
 */
export function redeemStatement(
  db: Db,
  orderId: string,
  { customerKey, promotionIds }: { customerKey: string; promotionIds: readonly string[] },
): Statement {
  return db.execute(sql`select redeem_promotions(${orderId}, ${customerKey}, ${JSON.stringify(promotionIds)}::jsonb)`);
}

/** Gives back what an order used, once; for the batch that cancels it, before stock is released. */
export function releaseStatement(db: Db, orderId: string): Statement {
  return db.execute(sql`select release_promotions(${orderId})`);
}

export interface RefusedPromotions {
  /** Used as often as it may be, by all or by this customer; or taken away since it was read. */
  reason: 'used_up' | 'used_up_by_customer' | 'gone';
  promotionIds: string[];
}

const REASONS: Record<string, RefusedPromotions['reason']> = {
  promotions_used_within_limit: 'used_up',
  promotion_customers_used_within_limit: 'used_up_by_customer',
  promotions_unchanged: 'gone',
};

/** Which promotions a batch failed for; null where it failed for another reason. */
export function refusedPromotions({ constraint, detail }: DatabaseFault): RefusedPromotions | null {
  const reason = constraint !== null && Object.hasOwn(REASONS, constraint) ? REASONS[constraint] : undefined;
  return reason === undefined ? null : { reason, promotionIds: JSON.parse(detail ?? '[]') as string[] };
}
