import { getHealth } from '@/edge/health';

export const runtime = 'edge';

export const GET = (request: Request) => getHealth.handle(request);
