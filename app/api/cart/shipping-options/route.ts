import { getShippingOptions } from '@/edge/cart-operations';

export const runtime = 'edge';

export const GET = (request: Request) => getShippingOptions.handle(request);
