import { removeCartCoupon } from '@/edge/cart-operations';

export const runtime = 'edge';

export const DELETE = (request: Request) => removeCartCoupon.handle(request);
