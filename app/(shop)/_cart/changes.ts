import type { Cart, CartItem } from '@/commerce/cart';
import type { Money } from '@/commerce/money';

/** What the shopper did and the shop has not yet confirmed. */
export type CartChange =
  | { kind: 'add'; variantId: string; quantity: number; preview: AddedPreview; metadata?: Record<string, unknown> }
  | { kind: 'quantity'; itemId: string; quantity: number }
  | { kind: 'remove'; itemId: string }
  | { kind: 'currency'; currency: string };

/** What is known of a variant before the cart's answer tells the rest. */
interface AddedPreview {
  sku: string;
  title: string;
  variantTitle: string;
  slug: string;
  imageUrl: string | null;
  unitPrice: Money;
}

/**
 * The cart as it will most likely be once the changes are confirmed. Lines and their sums are guessed, before promotions;
 * what promotions make of them nobody can guess. So what they took off before is kept for its words alone, and no page
 * shows its amount until the shop has answered, nor a total that it is part of.
 */
export function applyChanges(cart: Cart | undefined, changes: readonly CartChange[]): Cart | undefined {
  return changes.reduce(applyChange, cart);
}

function applyChange(cart: Cart | undefined, change: CartChange): Cart | undefined {
  if (change.kind === 'add') return withAdded(cart, change);
  if (!cart) return cart;
  switch (change.kind) {
    case 'quantity':
      return withItems(
        cart,
        cart.items.map((item) => (item.id === change.itemId ? withQuantity(item, change.quantity) : item)),
      );
    case 'remove':
      return withItems(
        cart,
        cart.items.filter((item) => item.id !== change.itemId),
      );
    case 'currency':
      // Nobody can guess prices in another currency.
      return cart;
  }
}

function withAdded(cart: Cart | undefined, change: Extract<CartChange, { kind: 'add' }>): Cart | undefined {
  // The first thing in a cart: there is nothing yet to show it in, and the answer is on its way.
  if (!cart) return cart;
  const { variantId, quantity, preview } = change;
  // Sums of two currencies make none.
  if (preview.unitPrice.currency !== cart.currency && cart.items.length > 0) return cart;
  const present = cart.items.find((item) => item.variantId === variantId && !item.isGift);
  if (present) {
    return withItems(
      cart,
      cart.items.map((item) => (item === present ? withQuantity(item, item.quantity + quantity) : item)),
    );
  }
  const added: CartItem = {
    id: `pending-${variantId}`,
    variantId,
    quantity,
    ...preview,
    total: { ...preview.unitPrice, amount: preview.unitPrice.amount * quantity },
    adjustments: [],
    unapplied: [],
    price: { source: 'base', label: null, compareAt: null, lowestPrior: null, nextTier: null },
    isGift: false,
    metadata: {},
  };
  return withItems(cart, [
    ...cart.items.filter((item) => !item.isGift),
    added,
    ...cart.items.filter((item) => item.isGift),
  ]);
}

function withQuantity(item: CartItem, quantity: number): CartItem {
  return { ...item, quantity, total: { ...item.unitPrice, amount: item.unitPrice.amount * quantity } };
}

function withItems(cart: Cart, items: CartItem[]): Cart {
  const before = sum(cart.items);
  const difference = sum(items) - before;
  const { subtotal, total } = cart.totals;
  return {
    ...cart,
    items,
    totals: {
      ...cart.totals,
      subtotal: { ...subtotal, amount: subtotal.amount + difference },
      total: { ...total, amount: total.amount + difference },
    },
  };
}

/** Before promotions. */
function sum(items: CartItem[]): number {
  return items.reduce((amount, { unitPrice, quantity }) => amount + unitPrice.amount * quantity, 0);
}
