import { getProductOperation } from '@/edge/catalog';

export const runtime = 'edge';

export const GET = (request: Request) => getProductOperation.handle(request);
