import { addCartCoupon } from '@/edge/cart-operations';

export const runtime = 'edge';

export const POST = (request: Request) => addCartCoupon.handle(request);
