import { listProductsOperation } from '@/edge/catalog';

export const runtime = 'edge';

export const GET = (request: Request) => listProductsOperation.handle(request);
