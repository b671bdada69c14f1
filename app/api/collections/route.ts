import { listCollectionsOperation } from '@/edge/catalog';

export const runtime = 'edge';

export const GET = (request: Request) => listCollectionsOperation.handle(request);
