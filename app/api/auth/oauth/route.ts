import { bind } from '@/app/api/bind';
import { listProvidersOperation } from '@/node/oauth';

export const GET = bind(listProvidersOperation);
