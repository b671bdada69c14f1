import {
  addCartCoupon,
  addCartItem,
  getCart,
  getShippingOptions,
  removeCartCoupon,
  removeCartItem,
  updateCart,
  updateCartItem,
} from './cart-operations';
import type { Operation } from './http';
import { quotePrices } from './quotes';

/**
 * Every operation that runs at the edge: what a host without Next's files serves. `app/api/**` binds the same ones,
 * which a test holds to this table.
 */
export const edgeOperations: readonly Operation[] = [
  getCart,
  updateCart,
  addCartItem,
  updateCartItem,
  removeCartItem,
  addCartCoupon,
  removeCartCoupon,
  getShippingOptions,
  quotePrices,
];
