import { expect, it } from 'vitest';
import type { Condition } from '@/commerce/rules';
import { effects, minor, price, promotion } from '../commerce/examples';

// Conditions "all must hold"; the order in which a file lists them must not decide who hears of a promotion.
const SPEND: Condition = { kind: 'subtotal', of: null, fromMinor: { EUR: minor('50.00') } };
const TRADE: Condition = { kind: 'customer_group', in: ['trade'] };

it.each([
  ['group first', [TRADE, SPEND]],
  ['threshold first', [SPEND, TRADE]],
])('an automatic promotion for a customer group is told to nobody else (%s)', (_, conditions) => {
  const secret = promotion('Half price for the trade', effects.percent(50), { conditions });
  expect(price('1 tea', [secret], { coupons: [] }).promotions).toEqual([]);
});

it.each([
  ['group first', [TRADE, SPEND]],
  ['threshold first', [SPEND, TRADE]],
])('free shipping for a customer group is promised to nobody else (%s)', (_, conditions) => {
  const secret = promotion('Free post for the trade', effects.shipping(100), { conditions });
  expect(price('1 tea', [secret], { coupons: [] }).missingForFreeShipping).toBeNull();
});
