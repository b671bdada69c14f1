import { getJwks } from '@/edge/signing-keys';

export const runtime = 'edge';

export const GET = (request: Request) => getJwks.handle(request);
