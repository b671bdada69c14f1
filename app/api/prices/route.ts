import { quotePrices } from '@/edge/quotes';

export const runtime = 'edge';

export const POST = (request: Request) => quotePrices.handle(request);
