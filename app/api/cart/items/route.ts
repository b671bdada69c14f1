import { addCartItem } from '@/edge/cart-operations';

export const runtime = 'edge';

export const POST = (request: Request) => addCartItem.handle(request);
