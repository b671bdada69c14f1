import { expect, it } from 'vitest';
import { ANYBODY, MAX_LINES, type PricingInput, priceCart } from '@/commerce/pricing';
import { readQuote, signQuote } from '@/edge/quote-token';
import { promotion, shippingMethod, shopRules, taxZone, variantFacts } from '../commerce/builders';
import { effects } from '../commerce/examples';

it('a quote of a full cart is one that is taken back, or none, however many promotions apply to it', async () => {
  const rules = shopRules({
    taxZones: [taxZone('DE')],
    shippingMethods: [shippingMethod('post', { prices: { EUR: [{ from: 0, amountMinor: 0 }] } })],
    promotions: Array.from({ length: 40 }, (_, index) => promotion(`autumn-${index}`, effects.percent(1))),
  });
  const id = 'var_01m8a1ged4f20sy09a08hedd7j';
  const variants = new Map([[id, variantFacts(id, { prices: { EUR: { amountMinor: 790, compareAtMinor: null } } })]]);
  const input: PricingInput = {
    ...ANYBODY,
    currency: 'EUR',
    country: 'DE',
    now: Date.now(),
    lines: Array.from({ length: MAX_LINES }, (_, i) => ({ id: `item_${i}`, variantId: id, quantity: 1, metadata: {} })),
    coupons: [],
    shippingMethodId: 'post',
  };
  const signing = { secret: 'a secret of thirty-two characters', now: new Date() };
  const quote = await signQuote(priceCart(input, variants, rules), input, signing);
  if (quote === null) return;
  const { token } = quote;
  expect(await readQuote(token, signing)).toMatchObject({ currency: 'EUR' });
});
