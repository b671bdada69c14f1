import { getCollectionOperation } from '@/edge/catalog';

export const runtime = 'edge';

export const GET = (request: Request) => getCollectionOperation.handle(request);
