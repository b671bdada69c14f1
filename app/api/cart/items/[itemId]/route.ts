import { removeCartItem, updateCartItem } from '@/edge/cart-operations';

export const runtime = 'edge';

export const PATCH = (request: Request) => updateCartItem.handle(request);
export const DELETE = (request: Request) => removeCartItem.handle(request);
