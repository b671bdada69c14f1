import type { PaymentStatus } from '@/commerce/order-status';

/** A payment as its provider knows it. */
export interface Intent {
  /** The provider's own id. */
  id: string;
  /** The order's id, which the provider keeps for us. */
  reference: string;
  status: PaymentStatus;
  currency: string;
  amountMinor: number;
  capturedMinor: number;
  refundedMinor: number;
  failureCode: string | null;
  /** Where the shopper has to go while the status is `requires_action`. */
  redirectUrl: string | null;
}

/** What a provider tells on its own accord. */
export interface PaymentEvent {
  /** Stays the same when the event is sent again. */
  id: string;
  type: string;
  /** The payment as it was then; null for an event that tells of something else. */
  intent: Intent | null;
}

export interface CreateIntent {
  orderId: string;
  currency: string;
  amountMinor: number;
  /** What the shopper chose, as the provider wants it. Kept with the payment, so never a card's number. */
  method: Record<string, unknown>;
  /** Where the shopper comes back to. */
  returnUrl: string;
}

/**
 * What the shop asks of a payment provider. Every method may be repeated: the provider does it once and answers the same.
 * Throws `payment_provider_unavailable` where the provider did not answer; then it may or may not have done it.
 */
export interface PaymentProvider {
  readonly name: string;
  /** Asks for the money, under an idempotency key that follows from the order's id. */
  create(input: CreateIntent): Promise<Intent>;
  get(intentId: string): Promise<Intent>;
  /** The intent that was made for an order, or null where none was. */
  find(orderId: string): Promise<Intent | null>;
  /** Cancels what can be cancelled, and answers what the intent then is: one that was paid stays paid. */
  cancel(intentId: string): Promise<Intent>;
  /** Gives money back, once for a `key`, and answers the intent after it. */
  refund(intentId: string, refund: { amountMinor: number; key: string }): Promise<Intent>;
  /**
   * The event in a webhook's raw body. Throws `webhook_signature_invalid` for a forged, altered or stale one, and
   * `malformed_json`, `json_too_deep` or `invalid_input` for one that is signed and yet no event.
   */
  verifyWebhook(rawBody: string, headers: Headers, now: Date): PaymentEvent;
}
