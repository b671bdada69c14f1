import { CommerceError } from '@/commerce/error';
import { nodeEnv } from '../env';
import { localPayments } from './local';
import type { PaymentProvider } from './provider';

/** The provider of a name, as the environment sets it up. Throws `payment_provider_unknown` where it does not. */
export function requireProvider(name: string): PaymentProvider {
  const env = nodeEnv();
  if (
    name === 'local' &&
    env.LOCAL_PAYMENTS_URL &&
    env.LOCAL_PAYMENTS_SECRET_KEY &&
    env.LOCAL_PAYMENTS_WEBHOOK_SECRET
  ) {
    return localPayments({
      url: env.LOCAL_PAYMENTS_URL,
      secretKey: env.LOCAL_PAYMENTS_SECRET_KEY,
      webhookSecret: env.LOCAL_PAYMENTS_WEBHOOK_SECRET,
    });
  }
  throw new CommerceError('payment_provider_unknown', 'This shop does not take payments by this provider.');
}
