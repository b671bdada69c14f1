import { describe, expect, it } from 'vitest';
import { forbiddenArrows } from './arrows';

describe('the import arrows', () => {
  it.each([
    ['edge/carts.ts', "import { priceCart } from '@/commerce/pricing';"],
    ['node/orders.ts', "import { readCart } from '@/edge/carts';\nimport nodemailer from 'nodemailer';"],
    ['db/products.ts', "import type { Money } from '@/commerce/money';"],
    ['app/api/cart/route.ts', "import { getCart } from '@/edge/carts';\nimport { after } from 'next/server';"],
    ['edge/carts.ts', "import { operation } from './http';"],
  ])('let %s import what its room may', (path, source) => {
    expect(forbiddenArrows(path, source)).toEqual([]);
  });

  it.each([
    ['edge/carts.ts', "import { placeOrder } from '@/node/orders';", 'may not import node/'],
    ['commerce/cart.ts', "import { orders } from '@/db/schema';", 'may not import db/'],
    ['local/payments.ts', "import type { Money } from '@/commerce/money';", 'may not import commerce/'],
    ['db/products.ts', "import { money } from '@/commerce/money';", 'only types'],
    ['db/products.ts', "import { money, type Money } from '@/commerce/money';", 'only types'],
    ['edge/kv.ts', "import { createHash } from 'node:crypto';", 'runs at the edge'],
    ['edge/carts.ts', "import { cookies } from 'next/headers';", 'know Next'],
    ['edge/carts.ts', "import { kv } from '@vercel/kv';", 'KV library'],
    ['edge/carts.ts', "import { money } from '../commerce/money';", 'not by'],
    ['edge/carts.ts', "export * from '@/node/orders';", 'may not import node/'],
    ['edge/carts.ts', "const orders = await import('@/node/orders');", 'may not import node/'],
  ])('catch a forbidden one in %s: %s', (path, source, words) => {
    expect(forbiddenArrows(path, source).join()).toContain(words);
  });
});
