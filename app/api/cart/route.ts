import { getCart, updateCart } from '@/edge/cart-operations';

export const runtime = 'edge';

export const GET = (request: Request) => getCart.handle(request);
export const PATCH = (request: Request) => updateCart.handle(request);
