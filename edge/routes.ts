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
import {
  getCollectionOperation,
  getProductOperation,
  listCollectionsOperation,
  listProductsOperation,
} from './catalog';
import { getHealth } from './health';
import type { Operation } from './http';
import { quotePrices } from './quotes';
import { getJwks } from './signing-keys';

/**
 * Every operation that runs at the edge: what a host without Next's files serves. `app/api/**` and
 * `app/.well-known/**` bind the same ones, which a test holds to this table.
 */
export const edgeOperations: readonly Operation[] = [
  getHealth,
  listProductsOperation,
  getProductOperation,
  listCollectionsOperation,
  getCollectionOperation,
  getCart,
  updateCart,
  addCartItem,
  updateCartItem,
  removeCartItem,
  addCartCoupon,
  removeCartCoupon,
  getShippingOptions,
  quotePrices,
  getJwks,
];
